#include <cstdio>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "platform/archive/reader.h"

/// damage_tool ARCHIVE POSITION... : reads the archive, then again with one bit wrong in each byte in turn, in memory.
/// Each time it must be refused or say the same entries with the same content. The positions named are left alone.
/// Prints how many were read and how many refused.
namespace {

using namespace slipway;

class BytesFile final : public os::File {
public:
    explicit BytesFile(std::string& bytes) : bytes_(bytes) {}

    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
        if (offset >= bytes_.size()) return std::size_t{0};
        return bytes_.copy(into.data(), into.size(), static_cast<std::size_t>(offset));
    }
    Result<os::Status> status() override {
        return os::Status{.kind = os::Kind::file, .size = bytes_.size(), .modified = {}};
    }

    Result<> write_at(std::uint64_t, std::string_view) override { return read_only(); }
    Result<> append(std::string_view) override { return read_only(); }
    Result<> truncate(std::uint64_t) override { return read_only(); }
    Result<> allocate(std::uint64_t) override { return read_only(); }
    Result<> sync_data() override { return read_only(); }
    Result<> sync() override { return read_only(); }
    Result<> set_mode(std::uint32_t) override { return read_only(); }
    Result<> set_modified(Time) override { return read_only(); }
    std::optional<os::Native> native() override { return std::nullopt; }

private:
    static tl::unexpected<Error> read_only() { return fail(Code::unsupported, "these bytes are only read"); }
    std::string& bytes_;
};

/// Everything the archive says that a check value can cover, as one text.
Result<std::string> read_all(std::string& bytes) {
    BytesFile file(bytes);
    TRY_ASSIGN(const auto format, archive::detect_format(std::string_view(bytes).substr(0, archive::detect_bytes)));
    TRY_ASSIGN(const auto reader, archive::open_reader(file, format, {}));
    std::string all;
    while (true) {
        TRY_ASSIGN(const auto entry, reader->next());
        if (!entry) return all;
        all.append(to_string(entry->kind)).append(" ").append(entry->name).append(" ").append(entry->link).append("\n");
        while (entry->kind == archive::EntryKind::file) {
            TRY_ASSIGN(const auto piece, reader->read());
            if (piece.empty()) break;
            all += piece;
        }
    }
}

}  // namespace

int main(int count, char** values) {
    std::ifstream input(values[1], std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(input)), {});
    std::set<std::size_t> left_alone;
    for (int i = 2; i < count; ++i) left_alone.insert(std::stoul(values[i]));
    const auto right = read_all(bytes);
    if (!right) {
        std::printf("the undamaged archive is refused: %s\n", right.error().message.c_str());
        return 1;
    }
    unsigned same = 0;
    unsigned refused = 0;
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        if (left_alone.contains(at)) continue;
        const char before = bytes[at];
        bytes[at] = static_cast<char>(before ^ (1 << at % 8));
        const auto damaged = read_all(bytes);
        bytes[at] = before;
        if (damaged && *damaged != *right) {
            std::printf("position %zu: read as something else\n", at);
            return 1;
        }
        ++(damaged ? same : refused);
    }
    std::printf("%u positions: %u refused, %u without effect\n", same + refused, refused, same);
    return 0;
}
