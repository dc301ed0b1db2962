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
#include "tests/sim/judge.h"
#include "tests/sim/network.h"

namespace slipway::sim {

/// A certificate with its key, made once for all histories; nothing looks at it but the code that reads it.
link::Credentials make_credentials();

/// One machine with an agent: the real link, journal and attempt runner on files, processes and groups in memory. What
/// tasks do is a script; the judge is the witness of their starts.
class Host {
public:
    Host(Scene& scene, Network& network, Judge& judge, int number, const core::Agent& agent,
         const link::Credentials& credentials);
    ~Host();

    void start_link();
    void kill_link();      ///< starts again by itself
    void cut_power();      ///< boots and starts again by itself
    void kill_attempt();   ///< one of the attempt processes
    bool resting() const;  ///< lists nothing

    std::optional<Steady> next();
    void act();  ///< one turn of one of the loops that are due

private:
    struct LinkRun;
    struct AttemptRun;
    class Script;

    void run_attempt(const std::shared_ptr<os::MemoryProcess>& process);
    void run_task(const std::shared_ptr<os::MemoryProcess>& process);
    void note_outcome(AttemptRun& run);
    void forget_outcomes();
    void look_at_directories();
    void turn_link();
    void clear();

    Scene& scene_;
    Network& network_;
    Judge& judge_;
    const int number_;
    const int slots_;
    os::MemoryFiles files_;
    os::MemoryMachine machine_;
    std::unique_ptr<os::Directory> state_;
    std::unique_ptr<Script> script_;
    std::vector<std::unique_ptr<AttemptRun>> attempts_;
    std::unique_ptr<LinkRun> link_;
    std::set<std::string> directories_;
};

}  // namespace slipway::sim
