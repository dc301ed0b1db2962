#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/attempt/attempt_files.h"
#include "agent/attempt/runner.h"
#include "platform/os/pipe.h"
#include "platform/run/handover.h"

namespace slipway::attempt {

/// How the life of a waiting attempt process ends.
enum class WaitingEnd {
    ran,        ///< its attempt has an outcome
    abandoned,  ///< standard input ended before `go`; nothing was begun
    lost,       ///< another process had claimed the attempt
};

struct WaitingOptions {
    std::string attempts;  ///< absolute path of the folder of all attempts
    std::string name;      ///< ".next-7"
    std::string group;
    std::string state;  ///< see RunnerOptions
    std::string cache;
    std::map<std::string, std::string> environment;
};

/// An attempt process before `go`: has everything ready, takes the order, claims the attempt by the rename, waits for
/// `go`, then runs it. One thread.
class WaitingProcess {
public:
    using Ended = std::function<void(Result<WaitingEnd>)>;

    /// `input` is the link's end of standard input. `ended` is called once, not inside a call of this class.
    WaitingProcess(const World& world, WaitingOptions options, std::unique_ptr<os::PipeReader> input, Ended ended);

    /// Makes the directory and the group, and listens.
    Result<> start();

private:
    void listen();
    Result<> take_in();
    Result<> claim(const std::string& document);
    void go();
    void end(Result<WaitingEnd> how);

    World world_;
    WaitingOptions options_;
    std::unique_ptr<os::PipeReader> input_;
    Ended ended_;
    run::HandoverReader handover_;
    std::unique_ptr<os::Directory> attempts_;
    std::optional<AttemptFiles> files_;
    std::unique_ptr<os::Group> tasks_;
    std::optional<wire::Order> order_;
    bool lost_ = false;
    std::unique_ptr<Runner> runner_;
    os::Handle end_;
};

}  // namespace slipway::attempt
