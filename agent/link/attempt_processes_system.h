#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/link/attempt_processes.h"
#include "platform/base/ids.h"
#include "platform/base/logger.h"
#include "platform/os/group.h"
#include "platform/os/loop.h"
#include "platform/os/process.h"

namespace slipway::link {

/// What a waiting process is told on its command line.
struct AttemptProgram {
    std::string executable;                ///< this program
    std::string attempts;                  ///< absolute path of the folder of all attempts
    std::string cache;                     ///< absolute path of the verified blobs
    std::vector<std::string> environment;  ///< "NAME=value", all that it gets
};

/// Attempt processes of this machine: `slipway-agent attempt --wait ...`, each in "<group>/run" and a session of its
/// own, with a pipe as standard input, nothing as standard output and this program's standard error.
class SystemAttemptProcesses final : public AttemptProcesses {
public:
    /// All outlive it.
    struct Parts {
        os::Loop& loop;
        os::Launcher& launcher;
        os::Groups& groups;
        Random& random;
        Logger& logger;
        os::Native error_output;  ///< where the standard error of attempt processes goes
    };
    SystemAttemptProcesses(Parts parts, AttemptProgram program);
    ~SystemAttemptProcesses() override;

    /// Groups that an earlier run left empty. Those that hold a process stay.
    void remove_empty_groups();

    Result<std::unique_ptr<AttemptProcess>> start(const std::string& directory, const std::string& group,
                                                  std::function<void()> ended) override;
    Result<std::unique_ptr<AttemptProcess>> attach(const os::ProcessIdentity& identity,
                                                   std::function<void()> ended) override;
    Result<bool> alive(const os::ProcessIdentity& identity) override;
    void kill_groups(const std::string& group, std::function<void()> empty) override;
    void remove_groups(const std::string& group) override;
    std::string new_group() override;

private:
    struct Killing;
    void kill_later(const std::shared_ptr<Killing>& killing);
    void kill_now(const std::shared_ptr<Killing>& killing);
    void part_is_empty(std::uint64_t id);
    Result<> kill_part(const std::shared_ptr<Killing>& killing, std::string_view part);

    Parts parts_;
    AttemptProgram program_;
    /// By number of the start: a process tells its end also when nobody holds its AttemptProcess any more.
    std::map<std::uint64_t, std::unique_ptr<os::Process>> running_;
    std::uint64_t last_ = 0;
    std::map<std::uint64_t, std::shared_ptr<Killing>> killings_;
};

}  // namespace slipway::link
