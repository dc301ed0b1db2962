#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "platform/os/group.h"
#include "platform/os/loop.h"
#include "platform/os/process.h"

namespace slipway::cli {

/// Asks programs of a fixed list for their versions, one after another, 2 s each, with a clean environment and without
/// new privileges. Used in the loop's thread, after the agent is ready: a program that hangs delays nothing.
class VersionProbe {
public:
    using Versions = std::map<std::string, std::string>;  ///< by capability

    VersionProbe(os::Loop& loop, os::Launcher& launcher, os::Groups& groups)
        : loop_(loop), launcher_(launcher), groups_(groups) {}
    ~VersionProbe();

    /// `done` is called once with all that answered, not inside this call; what an earlier call began is given up.
    void start(std::map<std::string, std::string> programs, std::function<void(Versions)> done);
    /// Gives up what was begun; `ended` is called once, when no asked program lives; maybe inside this call.
    void stop(std::function<void()> ended);

private:
    void next();
    void ask(const std::string& name, const std::string& path);
    void read();
    void answered();
    void give_up();

    os::Loop& loop_;
    os::Launcher& launcher_;
    os::Groups& groups_;
    std::map<std::string, std::string> programs_;
    std::function<void(Versions)> done_;
    Versions versions_;
    std::size_t index_ = 0;
    std::string asked_;
    std::string said_;
    std::unique_ptr<os::Group> group_;
    std::unique_ptr<os::Process> process_;
    std::unique_ptr<os::PipeReader> output_;
    os::Handle timer_;
    os::Handle empty_;
};

}  // namespace slipway::cli
