#include <algorithm>

#include "platform/os/memory/memory_node.h"

namespace slipway::os {
namespace {

class MemoryFile final : public File {
public:
    MemoryFile(std::shared_ptr<MemoryState> state, NodePtr node, std::string path, Access access)
        : state_(std::move(state)),
          node_(std::move(node)),
          path_(std::move(path)),
          access_(access),
          power_(state_->power) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
        TRY(check("read"));
        if (access_ == Access::write) return fail(Code::io, "reading " + path_ + ": it is open for writing only");
        if (offset >= node_->bytes.size()) return std::size_t{0};
        const std::size_t length = std::min(into.size(), node_->bytes.size() - static_cast<std::size_t>(offset));
        std::copy_n(node_->bytes.data() + offset, length, into.data());
        return length;
    }

    Result<> write_at(std::uint64_t offset, std::string_view bytes) override {
        TRY(check_writing("write"));
        return write(offset, bytes);
    }

    Result<> append(std::string_view bytes) override {
        TRY(check_writing("append"));
        return write(node_->bytes.size(), bytes);
    }

    Result<> truncate(std::uint64_t size) override {
        TRY(check_writing("truncate"));
        return resize(size);
    }

    Result<> allocate(std::uint64_t size) override {
        TRY(check_writing("allocate"));
        if (size <= node_->bytes.size()) return {};
        const std::uint64_t growth = size - node_->bytes.size();
        if (state_->free_bytes && *state_->free_bytes < growth) return full();
        if (state_->free_bytes) *state_->free_bytes -= growth;
        return resize(size);
    }

    Result<> sync_data() override { return sync(); }

    Result<> sync() override {
        TRY(check("sync"));
        // A new length without bytes is a growth by zeros: the bytes tell the whole state.
        node_->durable_bytes = node_->bytes;
        node_->pending_writes.clear();
        return {};
    }

    Result<Status> status() override {
        TRY(check("status"));
        return to_status(*node_);
    }

    Result<> set_mode(std::uint32_t mode) override {
        TRY(check("set_mode"));
        node_->mode = mode & 07777;
        return {};
    }

    Result<> set_modified(Time time) override {
        TRY(check("set_modified"));
        node_->modified = time;
        return {};
    }

    std::optional<Native> native() override { return std::nullopt; }

private:
    Result<> check(std::string_view operation) { return check_operation(*state_, power_, operation, path_); }

    Result<> check_writing(std::string_view operation) {
        TRY(check(operation));
        if (access_ == Access::read) return fail(Code::io, "writing " + path_ + ": it is open for reading only");
        return {};
    }

    tl::unexpected<Error> full() const { return fail(Code::disk_full, "writing " + path_ + ": no space left"); }

    Result<> resize(std::uint64_t size) {
        node_->bytes.resize(size);
        node_->pending_writes.push_back({size, {}, true});
        state_->tell_written(*node_);
        return {};
    }

    // On a disk that is nearly full what fits is written: callers must expect a torn end.
    Result<> write(std::uint64_t offset, std::string_view bytes) {
        const std::uint64_t end = offset + bytes.size();
        const std::uint64_t growth =
            end > node_->bytes.size() ? end - std::max<std::uint64_t>(offset, node_->bytes.size()) : 0;
        const bool fits = !state_->free_bytes || growth <= *state_->free_bytes;
        const std::uint64_t missing = fits ? 0 : growth - *state_->free_bytes;
        if (state_->free_bytes) *state_->free_bytes -= growth - missing;
        const std::string_view part = bytes.substr(0, bytes.size() - missing);
        if (!part.empty()) {
            if (node_->bytes.size() < offset + part.size()) node_->bytes.resize(offset + part.size());
            node_->bytes.replace(offset, part.size(), part);
            node_->pending_writes.push_back({offset, std::string(part), false});
            state_->tell_written(*node_);
        }
        if (!fits) return full();
        return {};
    }

    std::shared_ptr<MemoryState> state_;
    NodePtr node_;
    std::string path_;
    Access access_;
    std::uint64_t power_;
};

}  // namespace

std::unique_ptr<File> make_memory_file(std::shared_ptr<MemoryState> state, NodePtr node, std::string path,
                                       Access access) {
    return std::make_unique<MemoryFile>(std::move(state), std::move(node), std::move(path), access);
}

}  // namespace slipway::os
