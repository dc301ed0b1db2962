#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/ids.h"
#include "platform/os/files.h"
#include "platform/os/watch.h"

namespace slipway::os {

struct MemoryNode;
struct MemoryState;

/// A file system that knows what a power cut may take. Bytes are durable after File::sync or sync_data, names after
/// Directory::sync, each directory for itself: no journal helps. For one thread.
class MemoryFiles final : public Files {
public:
    /// `clock` gives the times of change and outlives everything.
    explicit MemoryFiles(Clock& clock);
    ~MemoryFiles() override;

    Result<std::unique_ptr<Directory>> open_directory(const std::string& path) override;
    Result<std::unique_ptr<Directory>> make_directories(const std::string& path, std::uint32_t mode) override;

    /// The machine loses its power: of what was not synced each part is kept, lost, or torn as `random` decides.
    /// Whatever was open before is dead: its calls fail with Code::io.
    void power_cut(Random& random);
    /// A process is killed: all is kept, its locks are free.
    void process_crash();

    /// Of the bytes that files grow by, only so many more fit; nothing: as many as you like.
    void set_free_bytes(std::optional<std::uint64_t> bytes);
    /// Asked before every operation ("open", "write", "append", "sync", "rename", ...); what it returns is its error.
    void on_operation(
        std::function<std::optional<Error>(std::string_view operation, const std::string& path)> function);

    static constexpr std::uint32_t user = 1000;       ///< who owns all files
    void set_process_id(std::int64_t process) const;  ///< that locks are taken by

private:
    std::shared_ptr<MemoryState> state_;
};

/// Watches files of MemoryFiles for the owner of `loop`.
class MemoryFileWatches final : public FileWatches {
public:
    explicit MemoryFileWatches(Loop& loop) : loop_(loop) {}
    Result<Handle> watch(Directory& directory, std::string name, std::function<void()> function) override;

private:
    Loop& loop_;
};

}  // namespace slipway::os
