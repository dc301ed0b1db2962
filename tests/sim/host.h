#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/attempt/waiting_process.h"
#include "agent/link/attempt_processes_system.h"
#include "agent/link/link.h"
#include "platform/os/memory/memory_files.h"
#include "platform/os/memory/memory_machine.h"
#include "tests/sim/disk_image.h"
#include "tests/sim/judge.h"
#include "tests/sim/network.h"

namespace slipway::sim {

/// The disk of a host that has just enrolled.
DiskImage enrolled_disk(const core::Agent& agent, const link::Credentials& credentials);

/// One machine with an agent: the real link, journal and attempt runner on files, processes and groups in memory. What
/// tasks do is a script; the judge is the witness of their starts.
class Host {
public:
    struct Options {
        int number = 0;
        int slots = 1;
        core::Agent agent;
        DiskImage disk;
    };
    Host(Scene& scene, Network& network, Judge& judge, Options options);
    ~Host();

    const core::Agent& agent() const { return options_.agent; }
    const Options& options() const { return options_; }
    const std::string& instance() const { return instance_; }  ///< of the link that runs, or ran last
    bool is_off() const { return off_; }
    bool has_link() const { return link_ != nullptr; }
    bool resting() const;  ///< lists nothing
    os::ManualClock& clock() { return clock_; }

    void kill_link();     ///< starts again by itself
    void cut_power();     ///< boots and starts again by itself
    void kill_attempt();  ///< one of the attempt processes
    void pause(Duration duration);
    void fill_disk(Duration duration);
    void switch_off();  ///< for good

    /// REQUIRES: has_link(). The judge knows what is not over on it.
    DiskImage copy_disk();
    void keep_copy();     ///< of the disk, for
    void restore_copy();  ///< a power cut, after which the disk is what it was then

    std::optional<Steady> next();
    void act();  ///< one turn of one of the loops that are due
    void look_at_outcomes();

private:
    struct LinkRun;
    struct AttemptRun;
    class Script;

    void start_link();
    Result<> start(LinkRun& run);
    void lose_power();
    void boot_later();
    void run_attempt(const std::shared_ptr<os::MemoryProcess>& process);
    void run_task(const std::shared_ptr<os::MemoryProcess>& process);
    void run_child(const std::shared_ptr<os::MemoryProcess>& process);
    void start_child(const std::shared_ptr<os::MemoryProcess>& parent);
    void write_output(const std::weak_ptr<os::MemoryProcess>& process,
                      const std::shared_ptr<std::shared_ptr<os::PipeWriter>>& output, const std::string& text);
    void look_at_artifacts(const os::MemoryProcess& process, const std::string& attempt);
    void look_at_directories();
    void look_at_outcome(const std::string& attempt);
    void blur(bool also_ended);
    std::vector<std::string> attempts_here();
    void spoil_disk(bool held);
    void turn_link();
    void clear();
    void when_running(std::function<void()> function);

    Scene& scene_;
    Network& network_;
    Judge& judge_;
    const Options options_;
    os::ManualClock& clock_;
    std::unique_ptr<os::MemoryFiles> files_;
    os::MemoryMachine machine_;
    os::ManualLoop children_loop_;  ///< of nobody: children are started here
    std::unique_ptr<Script> script_;
    std::vector<std::unique_ptr<AttemptRun>> attempts_;
    std::unique_ptr<LinkRun> link_;
    std::string instance_;
    std::set<std::string> directories_;
    std::set<std::string> with_outcome_;
    std::optional<DiskImage> copy_;
    std::vector<std::string> open_in_copy_;
    Steady paused_until_;
    bool disk_full_ = false;
    bool off_ = false;
    int life_ = 0;
};

}  // namespace slipway::sim
