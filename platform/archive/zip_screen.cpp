#include "platform/archive/zip_screen.h"

#include <algorithm>
#include <optional>

#include "platform/archive/name_policy.h"
#include "platform/archive/refusal.h"
#include "platform/base/bytes.h"

namespace slipway::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t end_bytes = 22;
constexpr std::size_t end64_bytes = 56;
constexpr std::size_t locator64_bytes = 20;
constexpr std::size_t central_bytes = 46;
constexpr std::size_t local_bytes = 30;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t end64_signature = 0x06064b50;
constexpr std::uint32_t locator64_signature = 0x07064b50;
constexpr std::uint32_t descriptor_signature = 0x08074b50;
constexpr int utf8_mark = 0x08;  // in the second byte of the flags
constexpr std::uint32_t all32 = 0xFFFFFFFF;

/// Little-endian number of `count` bytes; the caller has checked that they are there.
std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = count; i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
    return value;
}

bool has_signature(std::string_view bytes, std::uint32_t signature) {
    return bytes.size() >= 4 && number(bytes, 0, 4) == signature;
}

struct Directory {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t entries = 0;
    std::uint64_t end = 0;  ///< where the records after it begin
};

struct Record {
    Entry entry;
    std::uint64_t local_offset = 0;
    std::uint64_t packed = 0;
    std::uint32_t crc = 0;
    std::uint64_t flags = 0;
    std::uint64_t method = 0;
    std::uint64_t stamp = 0;  ///< DOS time and date
};

tl::unexpected<Error> damaged(std::string_view what) { return refuse_corrupt(whole_archive, what); }

class Screen {
public:
    Screen(os::File& file, std::uint64_t size, const UnpackLimits& limits)
        : file_(file), size_(size), limits_(limits) {}

    Result<ScreenedZip> run();

private:
    Result<std::string> read(std::uint64_t offset, std::uint64_t count);
    Result<Directory> find_directory();
    Result<> read_end64(Directory& directory, std::uint64_t end_at, std::string_view end);
    Result<> read_directory(const Directory& directory);
    Result<Record> read_record(std::uint64_t at, std::string_view bytes, std::size_t name_bytes);
    Result<> check_extra(const Record& record, std::uint64_t at, std::string_view extra);
    Result<> check_local(const Record& record, std::uint64_t next);
    Result<> check_descriptor(const Record& record, std::uint64_t at, std::uint64_t count);
    Result<> check_sums();

    os::File& file_;
    std::uint64_t size_;
    UnpackLimits limits_;
    std::vector<Record> records_;
    std::vector<ScreenedZip::Patch> patches_;
};

Result<std::string> Screen::read(std::uint64_t offset, std::uint64_t count) {
    if (count > size_ || offset > size_ - count) return damaged("a part of it lies past the end of the file");
    std::string bytes(static_cast<std::size_t>(count), '\0');
    TRY_ASSIGN(const std::size_t got, file_.read_at(offset, bytes));
    if (got != bytes.size()) return damaged("the file became shorter while it was read");
    return bytes;
}

/// The end record has to end where the file ends: then nothing follows it, and there is only one.
Result<Directory> Screen::find_directory() {
    const std::uint64_t tail_bytes = std::min<std::uint64_t>(size_, end_bytes + 0xFFFF);
    TRY_ASSIGN(const std::string tail, read(size_ - tail_bytes, tail_bytes));
    std::optional<std::size_t> found;
    for (std::size_t at = tail.rfind("PK\x05\x06"); at != std::string::npos && !found;
         at = at == 0 ? std::string::npos : tail.rfind("PK\x05\x06", at - 1))
        if (tail.size() - at >= end_bytes && number(tail, at + 20, 2) == tail.size() - at - end_bytes) found = at;
    if (!found) return damaged("no zip directory ends at the end of the file: it is cut off, or bytes follow it");
    const std::string_view end = std::string_view(tail).substr(*found);
    const std::uint64_t end_at = size_ - tail_bytes + *found;
    Directory directory{
        .offset = number(end, 16, 4), .size = number(end, 12, 4), .entries = number(end, 10, 2), .end = end_at};
    if (end_at >= locator64_bytes) {
        TRY_ASSIGN(const std::string locator, read(end_at - locator64_bytes, locator64_bytes));
        if (has_signature(locator, locator64_signature)) {
            TRY(read_end64(directory, end_at, end));
            return directory;
        }
    }
    if (number(end, 4, 2) != 0 || number(end, 6, 2) != 0 || number(end, 8, 2) != directory.entries)
        return refuse(whole_archive, "it is one part of several");
    return directory;
}

Result<> Screen::read_end64(Directory& directory, std::uint64_t end_at, std::string_view end) {
    TRY_ASSIGN(const std::string locator, read(end_at - locator64_bytes, locator64_bytes));
    const std::uint64_t at = number(locator, 8, 8);
    if (number(locator, 4, 4) != 0 || number(locator, 16, 4) != 1)
        return refuse(whole_archive, "it is one part of several");
    if (at > end_at - locator64_bytes || end_at - locator64_bytes - at < end64_bytes)
        return damaged("its zip64 end record lies in the wrong place");
    TRY_ASSIGN(const std::string record, read(at, end64_bytes));
    if (!has_signature(record, end64_signature) || number(record, 4, 8) != end_at - locator64_bytes - at - 12)
        return damaged("its zip64 end record lies in the wrong place");
    if (number(record, 16, 4) != 0 || number(record, 20, 4) != 0 || number(record, 24, 8) != number(record, 32, 8))
        return refuse(whole_archive, "it is one part of several");
    const Directory wide{
        .offset = number(record, 48, 8), .size = number(record, 40, 8), .entries = number(record, 32, 8), .end = at};
    const auto agrees = [](std::uint64_t narrow, std::uint64_t all, std::uint64_t value) {
        return narrow == all || narrow == value;
    };
    if (!agrees(directory.offset, all32, wide.offset) || !agrees(directory.size, all32, wide.size) ||
        !agrees(directory.entries, 0xFFFF, wide.entries) || !agrees(number(end, 8, 2), 0xFFFF, wide.entries))
        return damaged("its zip64 end record and its end record differ");
    directory = wide;
    return {};
}

Result<> Screen::read_directory(const Directory& directory) {
    if (directory.entries > limits_.entries_max)
        return refuse_limit(whole_archive, "more entries than allowed", limits_.entries_max);
    if (directory.entries == 0) return refuse(whole_archive, "it holds no entries");
    if (directory.offset > directory.end || directory.end - directory.offset != directory.size)
        return damaged("its directory does not lie just before its end: a second archive, or bytes in front of it");
    // Names are bounded together, extras and comments by what three times as much allows.
    const std::uint64_t bytes_max = limits_.names_bytes_max * 4 + directory.entries * central_bytes;
    if (directory.size > bytes_max)
        return refuse_limit(whole_archive, "its directory is larger than allowed", bytes_max);
    TRY_ASSIGN(const std::string bytes, read(directory.offset, directory.size));
    std::string_view rest = bytes;
    records_.reserve(static_cast<std::size_t>(directory.entries));
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        if (rest.size() < central_bytes || !has_signature(rest, central_signature))
            return damaged("its directory is damaged");
        const auto name_bytes = static_cast<std::size_t>(number(rest, 28, 2));
        const auto extra_bytes = static_cast<std::size_t>(number(rest, 30, 2));
        const auto comment_bytes = static_cast<std::size_t>(number(rest, 32, 2));
        const std::size_t all = central_bytes + name_bytes + extra_bytes + comment_bytes;
        if (rest.size() < all) return damaged("its directory is damaged");
        TRY_ASSIGN(Record record,
                   read_record(directory.end - rest.size(), rest.substr(0, all - comment_bytes), name_bytes));
        records_.push_back(std::move(record));
        rest.remove_prefix(all);
    }
    if (!rest.empty()) return damaged("its directory holds more than it says");
    return {};
}

/// The value of a field of 0xFFFFFFFF lies in the extra field 1, in a fixed order, only for such fields.
Result<> take_zip64(std::string_view name, std::string_view extra, std::initializer_list<std::uint64_t*> fields) {
    const bool wanted = std::any_of(fields.begin(), fields.end(), [](const auto* field) { return *field == all32; });
    if (!wanted) return {};
    while (extra.size() >= 4) {
        const std::size_t length = static_cast<std::size_t>(number(extra, 2, 2));
        if (number(extra, 0, 2) != 1) {
            extra.remove_prefix(4 + length);
            continue;
        }
        std::string_view values = extra.substr(4, length);
        for (auto* field : fields) {
            if (*field != all32) continue;
            if (values.size() < 8) return refuse_corrupt(name, "its zip64 sizes are missing");
            *field = number(values, 0, 8);
            values.remove_prefix(8);
        }
        return {};
    }
    return refuse_corrupt(name, "its zip64 sizes are missing");
}

Result<EntryKind> kind_of(std::string_view name, std::uint64_t made_by, std::uint64_t attributes) {
    const bool folder_name = name.ends_with('/');
    const bool unix_host = made_by >> 8 == 3 || made_by >> 8 == 19;
    const std::uint64_t type = unix_host ? attributes >> 16 & 0170000 : 0;
    switch (type) {
        case 0: return folder_name ? EntryKind::folder : EntryKind::file;
        case 0100000:
            if (folder_name) return refuse(name, "the name ends in a slash but is no folder");
            return EntryKind::file;
        case 0040000:
            if (!folder_name) return refuse(name, "it is a folder without a slash at its end");
            return EntryKind::folder;
        case 0120000:
            if (folder_name) return refuse(name, "the name ends in a slash but is no folder");
            return EntryKind::symbolic_link;
        case 0010000: return refuse(name, "it is a FIFO");
        case 0020000: return refuse(name, "it is a character device");
        case 0060000: return refuse(name, "it is a block device");
        case 0140000: return refuse(name, "it is a socket");
        default: return refuse(name, "it is of a type that is not unpacked");
    }
}

/// `bytes` are a directory record without its comment, `at` is where it lies in the file.
Result<Record> Screen::read_record(std::uint64_t at, std::string_view bytes, std::size_t name_bytes) {
    const std::string_view name = bytes.substr(central_bytes, name_bytes);
    const std::string_view extra = bytes.substr(central_bytes + name_bytes);
    TRY(entry_components(name, limits_));
    Record record;
    record.entry.name = std::string(name);
    record.flags = number(bytes, 8, 2);
    record.method = number(bytes, 10, 2);
    record.stamp = number(bytes, 12, 4);
    record.crc = static_cast<std::uint32_t>(number(bytes, 16, 4));
    record.packed = number(bytes, 20, 4);
    record.entry.size = number(bytes, 24, 4);
    record.local_offset = number(bytes, 42, 4);
    TRY_ASSIGN(record.entry.kind, kind_of(name, number(bytes, 4, 2), number(bytes, 38, 4)));
    TRY(check_extra(record, at + central_bytes + name_bytes, extra));
    patches_.push_back({at + 9, static_cast<char>(bytes[9] & ~utf8_mark)});
    TRY(take_zip64(name, extra, {&record.entry.size, &record.packed, &record.local_offset}));
    if ((record.flags & 0x2041) != 0) return refuse(name, "it is encrypted");
    if ((record.flags & ~0x080Eull) != 0) return refuse(name, "it uses a feature of zip that is not unpacked");
    if (number(bytes, 34, 2) != 0) return refuse(name, "it lies in another part of several");
    if (record.method != 0 && record.method != 8)
        return refuse(
            name, "it is compressed by method " + std::to_string(record.method) + "; store and deflate are unpacked");
    if (record.method == 0 && record.packed != record.entry.size)
        return refuse_corrupt(name, "its two sizes differ though it is stored");
    if (record.entry.size > limits_.bytes_max)
        return refuse_limit(name, "it declares more bytes than allowed", limits_.bytes_max);
    if (record.packed > size_) return refuse_corrupt(name, "it declares more packed bytes than the file has");
    if (record.entry.kind == EntryKind::folder && record.entry.size != 0)
        return refuse(name, "it is a folder with content");
    if (record.entry.kind == EntryKind::symbolic_link &&
        (record.entry.size == 0 || record.entry.size > limits_.name_bytes_max))
        return refuse_limit(name, "the link's target is empty or longer than allowed", limits_.name_bytes_max);
    return record;
}

Result<> Screen::check_extra(const Record& record, std::uint64_t at, std::string_view extra) {
    const std::string& name = record.entry.name;
    while (!extra.empty()) {
        if (extra.size() < 4 || extra.size() - 4 < number(extra, 2, 2))
            return refuse_corrupt(name, "its extra field is damaged");
        const std::uint64_t tag = number(extra, 0, 2);
        const std::string_view value = extra.substr(4, static_cast<std::size_t>(number(extra, 2, 2)));
        if (tag == 0x7075 && (value.size() < 5 || value.substr(5) != name))
            return refuse(name, "its second, Unicode name differs from the first");
        if (tag == 0x7075) patches_.push_back({at, 0});  // a tag that means nothing
        if (tag == 0x9901) return refuse(name, "it is encrypted");
        if (tag == 0x6c78) return refuse(name, "its extra field changes its type");
        extra.remove_prefix(4 + value.size());
        at += 4 + value.size();
    }
    return {};
}

Result<> Screen::check_local(const Record& record, std::uint64_t next) {
    const std::string& name = record.entry.name;
    if (record.local_offset > next || next - record.local_offset < local_bytes)
        return refuse(name, "it overlaps another entry or the directory");
    TRY_ASSIGN(const std::string local, read(record.local_offset, local_bytes));
    const std::uint64_t name_bytes = number(local, 26, 2);
    const std::uint64_t extra_bytes = number(local, 28, 2);
    if (!has_signature(local, local_signature)) return refuse_corrupt(name, "the directory points to no entry");
    const std::uint64_t data_at = record.local_offset + local_bytes + name_bytes + extra_bytes;
    if (data_at > next || next - data_at < record.packed)
        return refuse(name, "it overlaps another entry or the directory");
    TRY_ASSIGN(const std::string rest, read(record.local_offset + local_bytes, name_bytes + extra_bytes));
    const std::string_view local_name = std::string_view(rest).substr(0, static_cast<std::size_t>(name_bytes));
    if (local_name != name) return refuse(name, "its local header names it \"" + printable(local_name) + "\"");
    const std::string_view extra = std::string_view(rest).substr(static_cast<std::size_t>(name_bytes));
    TRY(check_extra(record, data_at - extra_bytes, extra));
    patches_.push_back({record.local_offset + 7, static_cast<char>(local[7] & ~utf8_mark)});
    const bool described = (record.flags & 8) != 0;
    std::uint64_t packed = number(local, 18, 4);
    std::uint64_t unpacked = number(local, 22, 4);
    TRY(take_zip64(name, extra, {&unpacked, &packed}));
    const auto same = [&](std::uint64_t value, std::uint64_t stated) {
        return value == stated || (described && value == 0);
    };
    if (number(local, 6, 2) != record.flags || number(local, 8, 2) != record.method ||
        number(local, 10, 4) != record.stamp || !same(number(local, 14, 4), record.crc) ||
        !same(packed, record.packed) || !same(unpacked, record.entry.size))
        return refuse(name, "its local header and the directory differ");
    const std::uint64_t gap = next - data_at - record.packed;
    if (described) return check_descriptor(record, next - gap, gap);
    if (gap != 0) return refuse(name, "bytes that belong to no entry follow it");
    return {};
}

/// CRC-32, packed and unpacked size, in 4 or 8 bytes each, with or without a signature.
Result<> Screen::check_descriptor(const Record& record, std::uint64_t at, std::uint64_t count) {
    const std::string& name = record.entry.name;
    if (count != 12 && count != 16 && count != 20 && count != 24)
        return refuse(name, "bytes that belong to no entry follow it");
    TRY_ASSIGN(const std::string bytes, read(at, count));
    std::string_view rest = bytes;
    if (count == 16 || count == 24) {
        if (!has_signature(rest, descriptor_signature)) return refuse_corrupt(name, "its data descriptor is damaged");
        rest.remove_prefix(4);
    }
    const std::size_t width = rest.size() == 12 ? 4 : 8;
    if (number(rest, 0, 4) != record.crc || number(rest, 4, width) != record.packed ||
        number(rest, 4 + width, width) != record.entry.size)
        return refuse(name, "its data descriptor and the directory differ");
    return {};
}

Result<> Screen::check_sums() {
    std::uint64_t packed = 0;
    std::uint64_t unpacked = 0;
    for (const auto& record : records_) {
        packed += record.packed;
        unpacked += record.entry.size;
        if (unpacked > limits_.bytes_max)
            return refuse_limit(record.entry.name, "the archive declares more bytes than allowed", limits_.bytes_max);
        if (unpacked > limits_.ratio_free_bytes && unpacked / limits_.ratio_max > packed)
            return refuse_limit(record.entry.name, "the archive unpacks to more than its packed bytes allow, one to",
                                limits_.ratio_max);
    }
    return {};
}

Result<ScreenedZip> Screen::run() {
    TRY_ASSIGN(const Directory directory, find_directory());
    TRY(read_directory(directory));
    std::stable_sort(records_.begin(), records_.end(),
                     [](const Record& a, const Record& b) { return a.local_offset < b.local_offset; });
    if (records_.front().local_offset != 0)
        return refuse(whole_archive, "bytes that belong to no entry come before the first");
    for (std::size_t i = 0; i < records_.size(); ++i)
        TRY(check_local(records_[i], i + 1 < records_.size() ? records_[i + 1].local_offset : directory.offset));
    TRY(check_sums());
    ScreenedZip screened{.entries = {}, .crcs = {}, .patches = std::move(patches_)};
    screened.entries.reserve(records_.size());
    for (auto& record : records_) {
        screened.entries.push_back(std::move(record.entry));
        screened.crcs.push_back(record.crc);
    }
    std::sort(screened.patches.begin(), screened.patches.end(),
              [](const auto& a, const auto& b) { return a.offset < b.offset; });
    return screened;
}

}  // namespace

Result<ScreenedZip> screen_zip(os::File& file, const UnpackLimits& limits) {
    TRY_ASSIGN(const os::Status status, file.status());
    return Screen(file, status.size, limits).run();
}

}  // namespace slipway::archive
