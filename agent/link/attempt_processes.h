#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/os/process.h"

namespace slipway::link {

/// One attempt process, as the link sees it: started ahead and fed through its standard input, or found alive after a
/// restart. Destroying the object leaves the process alone, but ends its standard input.
class AttemptProcess {
public:
    virtual ~AttemptProcess() = default;
    virtual void write(std::string_view bytes) = 0;  ///< to its standard input; frames of platform/run/handover.h
    virtual void end_input() = 0;                    ///< before `go`: the process ends itself
};

/// Attempt processes and their groups; real ones, or those of a simulation. Used in the loop's thread.
class AttemptProcesses {
public:
    virtual ~AttemptProcesses() = default;

    /// Starts a waiting process in "<group>/run" that makes attempts/<directory>. `ended` is called once, not inside
    /// this call, also when the object is still held.
    virtual Result<std::unique_ptr<AttemptProcess>> start(const std::string& directory, const std::string& group,
                                                          std::function<void()> ended) = 0;
    /// One that runs already; not_found if it does not.
    virtual Result<std::unique_ptr<AttemptProcess>> attach(const os::ProcessIdentity& identity,
                                                           std::function<void()> ended) = 0;
    virtual Result<bool> alive(const os::ProcessIdentity& identity) = 0;

    /// Kills both groups and calls `empty` once when nothing lives in them; at once or later, never inside this call.
    virtual void kill_groups(const std::string& group, std::function<void()> empty) = 0;
    virtual void remove_groups(const std::string& group) = 0;  ///< REQUIRES: they are empty
    /// A name that no living group has.
    virtual std::string new_group() = 0;
};

}  // namespace slipway::link
