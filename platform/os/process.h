#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/os/files.h"
#include "platform/os/group.h"
#include "platform/os/loop.h"
#include "platform/os/pipe.h"

namespace slipway::os {

/// Names a process for ever: ids are used again, but not with the same start in the same boot.
struct ProcessIdentity {
    std::string boot;         ///< boot id
    std::int64_t id = 0;      ///< pid
    std::uint64_t start = 0;  ///< ticks since boot
    bool operator==(const ProcessIdentity&) const = default;
};
std::string to_text(const ProcessIdentity& identity);  ///< "boot pid start", for files
Result<ProcessIdentity> parse_identity(std::string_view text);

struct Exit {
    enum class How { exited, signaled, unknown };  ///< unknown: not our child
    How how = How::unknown;
    int number = 0;  ///< exit code, or signal
    bool operator==(const Exit&) const = default;
};
std::string to_text(const Exit& exit);  ///< "exit code 3", "killed by SIGKILL"

struct Stream {
    enum class To { null, pipe, native, output };  ///< output: where standard output goes (of standard error only)
    To to = To::null;
    Native native = 0;
};

struct Inherited {
    Native from = 0;
    int as = 3;  ///< its number in the child, 3 or more
};

struct ResourceLimits {
    std::optional<std::uint64_t> open_files = {};
    std::optional<std::uint64_t> processes = {};
    std::optional<std::uint64_t> memory_bytes = {};
    std::optional<std::uint64_t> file_bytes = {};
    std::optional<std::uint64_t> cpu_seconds = {};
    std::optional<std::uint64_t> core_bytes = {};
};

enum class Session { own, shared };
enum class NewPrivileges { allowed, refused };

/// Nothing is inherited but what stands here.
struct SpawnOptions {
    std::string program = {};                   ///< absolute path
    std::vector<std::string> arguments = {};    ///< from argv[0] on
    std::vector<std::string> environment = {};  ///< "NAME=value", all of it
    Directory* directory = nullptr;             ///< to work in; else `directory_path`
    std::string directory_path = "/";
    Stream input = {};
    Stream output = {};
    Stream error = {};
    std::vector<Inherited> inherited = {};
    Group* group = nullptr;  ///< entered before the program runs
    Session session = Session::own;
    NewPrivileges new_privileges = NewPrivileges::allowed;
    std::optional<std::uint32_t> umask = {};
    ResourceLimits limits = {};
};

/// A child, or a process attached to. Destroying the object leaves the process alone (a child is still waited for), and
/// its end is not told any more.
class Process {
public:
    virtual ~Process() = default;
    virtual const ProcessIdentity& identity() const = 0;
    virtual Result<> kill(Signal signal) = 0;  ///< never hits another process; not_found once it has ended

    /// For each Stream::To::pipe, once.
    virtual std::unique_ptr<PipeWriter> take_input() = 0;
    virtual std::unique_ptr<PipeReader> take_output() = 0;
    virtual std::unique_ptr<PipeReader> take_error() = 0;
};

/// Starts processes. Used in the loop's thread.
class Launcher {
public:
    virtual ~Launcher() = default;

    /// Returns when the program has begun (execve succeeded) or could not: the error names the program and why.
    /// `ended` is called exactly once in the loop's thread, never inside this call, and says nothing about pipes, which
    /// may be held open by others.
    virtual Result<std::unique_ptr<Process>> spawn(const SpawnOptions& options, std::function<void(Exit)> ended) = 0;

    /// A process that runs already, such as one that an earlier run of this program started; not_found if it is gone.
    virtual Result<std::unique_ptr<Process>> attach(const ProcessIdentity& identity,
                                                    std::function<void(Exit)> ended) = 0;
    virtual Result<bool> alive(const ProcessIdentity& identity) = 0;  ///< ended but not waited for is not alive
    virtual Result<ProcessIdentity> self() = 0;
    virtual std::vector<std::int64_t> children() = 0;  ///< started here and not yet waited for
};

/// How a child is made. `automatic` takes the best that the kernel allows and remembers it.
enum class SpawnMethod { automatic, clone3, clone };

/// `loop` outlives it.
Result<std::unique_ptr<Launcher>> make_launcher(EventLoop& loop, SpawnMethod method = SpawnMethod::automatic);

}  // namespace slipway::os
