#include "platform/archive/tar_screen.h"

#include <algorithm>
#include <charconv>

#include "platform/archive/format.h"
#include "platform/archive/name_policy.h"
#include "platform/archive/refusal.h"
#include "platform/base/bytes.h"

namespace slipway::archive {
namespace {

constexpr std::size_t block_bytes = 512;

/// A number field: octal digits after spaces, ended by NUL or space; or base 256 (GNU) if the first bit is set.
Result<std::uint64_t> read_number(std::string_view entry, std::string_view field) {
    const auto first = static_cast<unsigned char>(field[0]);
    std::uint64_t value = 0;
    if ((first & 0x80) != 0) {
        if (first != 0x80) return refuse_corrupt(entry, "its header holds a negative or endless number");
        for (const char c : field.substr(1)) {
            if (value >> 55 != 0) return refuse_corrupt(entry, "its header holds an endless number");
            value = value << 8 | static_cast<unsigned char>(c);
        }
        return value;
    }
    std::size_t at = 0;
    while (at < field.size() && field[at] == ' ') ++at;
    for (; at < field.size() && field[at] >= '0' && field[at] <= '7'; ++at)
        value = value << 3 | static_cast<std::uint64_t>(field[at] - '0');
    if (field.find_first_not_of(std::string_view("\0 ", 2), at) != std::string_view::npos)
        return refuse_corrupt(entry, "its header holds a number that is none");
    return value;
}

/// A text field ends at its first NUL; what follows has to be NULs, or two readers could see two names.
Result<std::string> read_text(std::string_view field) {
    const std::size_t end = field.find('\0');
    const std::string_view text = field.substr(0, end);
    if (end != std::string_view::npos && field.find_first_not_of('\0', end) != std::string_view::npos)
        return refuse(field.substr(0, field.find_last_not_of('\0') + 1), "the name holds a NUL");
    return std::string(text);
}

std::string_view type_name(char type) {
    switch (type) {
        case '3': return "a character device";
        case '4': return "a block device";
        case '6': return "a FIFO";
        case '7': return "a contiguous file";
        case 'S': return "a sparse file";
        case 's': return "a socket";
        case 'D': return "a GNU directory dump";
        case 'M':
        case 'V': return "a part of a volume set";
        default: return "of a type that is not unpacked";
    }
}

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
    return std::any_of(starts.begin(), starts.end(), [&](std::string_view start) { return text.starts_with(start); });
}

}  // namespace

std::string_view TarScreen::last_name() const {
    return last_name_.empty() ? whole_archive : std::string_view(last_name_);
}

std::optional<Entry> TarScreen::take_entry() {
    if (ready_.empty()) return std::nullopt;
    Entry entry = std::move(ready_.front());
    ready_.pop_front();
    return entry;
}

Result<> TarScreen::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        if (state_ == State::content || state_ == State::padding) {
            std::uint64_t& left = state_ == State::content ? left_ : padding_;
            const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
            left -= taken;
            bytes.remove_prefix(taken);
            if (left == 0) state_ = state_ == State::content && padding_ != 0 ? State::padding : State::header;
            continue;
        }
        const std::size_t taken = std::min(block_bytes - block_.size(), bytes.size());
        block_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        if (block_.size() == block_bytes) {
            TRY(take_block());
            block_.clear();
        }
    }
    return {};
}

Result<> TarScreen::take_block() {
    if (state_ == State::extension) {
        const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, block_bytes));
        extension_.append(block_, 0, taken);
        left_ -= taken;
        return left_ == 0 ? end_extension() : Result<>{};
    }
    const bool zeros = block_.find_first_not_of('\0') == std::string::npos;
    if (state_ == State::end_zeros) {
        if (!zeros) return refuse(whole_archive, "bytes follow its end: a second archive, or garbage");
        ++zero_blocks_;
        return {};
    }
    if (!zeros) return take_header();
    if (extended_) return refuse_corrupt(last_name(), "an extension header at the end belongs to no entry");
    state_ = State::end_zeros;
    zero_blocks_ = 1;
    return {};
}

Result<> TarScreen::take_header() {
    const std::string_view block = block_;
    if (!tar_checksum_matches(block))
        return entries_ == 0 && !extended_
                   ? refuse(whole_archive, "it is not a tar archive")
                   : refuse_corrupt(last_name(), "the header after this entry is damaged (checksum)");
    TRY_ASSIGN(std::string name, read_text(block.substr(0, 100)));
    TRY_ASSIGN(std::string link, read_text(block.substr(157, 100)));
    const bool ustar = block.substr(257, 5) == "ustar" && block.substr(257, 8) != std::string_view("ustar  \0", 8);
    if (ustar && block[345] != '\0') {
        TRY_ASSIGN(std::string prefix, read_text(block.substr(345, 155)));
        if (!prefix.ends_with('/')) prefix += '/';
        name.insert(0, prefix);
    }
    TRY_ASSIGN(std::uint64_t size, read_number(name, block.substr(124, 12)));
    const char type = block[156];
    if (type == 'x' || type == 'g' || type == 'L' || type == 'K') return begin_extension(type, size);
    if (size_) size = *size_;
    return begin_entry(type, name_.value_or(std::move(name)), link_.value_or(std::move(link)), size);
}

Result<> TarScreen::begin_entry(char type, std::string name, std::string link, std::uint64_t size) {
    name_.reset();
    link_.reset();
    size_.reset();
    extended_ = false;
    Entry entry{.name = std::move(name), .size = size};
    switch (type) {
        case '\0':
        case '0': entry.kind = entry.name.ends_with('/') ? EntryKind::folder : EntryKind::file; break;
        case '1': entry.kind = EntryKind::hard_link; break;
        case '2': entry.kind = EntryKind::symbolic_link; break;
        case '5': entry.kind = EntryKind::folder; break;
        default: return refuse(entry.name, std::string("it is ").append(type_name(type)));
    }
    TRY(entry_components(entry.name, limits_));
    if (size > limits_.bytes_max)
        return refuse_limit(entry.name, "it declares more bytes than allowed", limits_.bytes_max);
    if (size != 0 && entry.kind != EntryKind::file)
        return refuse(entry.name, "it is a " + std::string(to_string(entry.kind)) + " with content");
    if (entry.kind == EntryKind::hard_link || entry.kind == EntryKind::symbolic_link) entry.link = std::move(link);
    if (++entries_ > limits_.entries_max)
        return refuse_limit(entry.name, "more entries than allowed", limits_.entries_max);
    last_name_ = entry.name;
    ready_.push_back(std::move(entry));
    begin_content(State::content, size);
    return {};
}

void TarScreen::begin_content(State state, std::uint64_t size) {
    left_ = size;
    padding_ = (block_bytes - size % block_bytes) % block_bytes;
    state_ = size == 0 ? State::header : state;
}

Result<> TarScreen::begin_extension(char type, std::uint64_t size) {
    if (size > limits::archive_header_bytes_max)
        return refuse_limit(whole_archive, "an extension header is larger than allowed",
                            limits::archive_header_bytes_max);
    extension_type_ = type;
    global_ = type == 'g';
    extension_.clear();
    begin_content(State::extension, size);
    return size == 0 ? end_extension() : Result<>{};
}

Result<> TarScreen::end_extension() {
    state_ = State::header;
    if (!global_) extended_ = true;
    if (extension_type_ == 'x' || extension_type_ == 'g') return read_pax(extension_);
    auto& target = extension_type_ == 'L' ? name_ : link_;
    if (target) return refuse(extension_, "its long name comes twice");
    if (extension_.ends_with('\0')) extension_.pop_back();
    if (extension_.find('\0') != std::string::npos) return refuse(extension_, "the name holds a NUL");
    target = extension_;
    return {};
}

/// Records "<length> <key>=<value>\n", the length in decimal and of the whole record (POSIX.1-2001, pax, extended
/// header).
Result<> TarScreen::read_pax(std::string_view text) {
    while (!text.empty()) {
        std::size_t length = 0;
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + std::min<std::size_t>(text.size(), 10), length);
        const auto digits = static_cast<std::size_t>(end - text.data());
        if (error != std::errc{} || digits == 0 || length > text.size() || length < digits + 4 || *end != ' ' ||
            text[length - 1] != '\n')
            return refuse_corrupt(last_name(), "the extension header after this entry is damaged");
        const std::string_view record = text.substr(digits + 1, length - digits - 2);
        const std::size_t equals = record.find('=');
        if (equals == std::string_view::npos || equals == 0)
            return refuse_corrupt(last_name(), "the extension header after this entry is damaged");
        TRY(take_pax_record(record.substr(0, equals), record.substr(equals + 1)));
        text.remove_prefix(length);
    }
    return {};
}

Result<> TarScreen::take_pax_record(std::string_view key, std::string_view value) {
    const auto no = [&](std::string_view what) {
        return refuse(last_name(),
                      "in the extension header after it, " + printable(key, 60) + ": " + std::string(what));
    };
    // Meaning nothing here: times, owners, notes; attributes and access lists are not restored.
    if (starts_with_any(key, {"comment",
                              "mtime",
                              "atime",
                              "ctime",
                              "uid",
                              "gid",
                              "uname",
                              "gname",
                              "SCHILY.xattr.",
                              "SCHILY.acl.",
                              "SCHILY.dev",
                              "SCHILY.ino",
                              "SCHILY.nlink",
                              "SCHILY.fflags",
                              "LIBARCHIVE.creationtime",
                              "LIBARCHIVE.xattr.",
                              "RHT.security.",
                              "security.",
                              "MSWINDOWS.",
                              "APPLE."}))
        return {};
    if (key == "hdrcharset" && (value == "ISO-IR 10646 2000 UTF-8" || value == "BINARY")) return {};
    if (global_) return no("such a key is not allowed for the whole archive");
    if (key == "path" || key == "linkpath") {
        if (value.find('\0') != std::string_view::npos) return refuse(value, "the name holds a NUL");
        auto& target = key == "path" ? name_ : link_;
        if (target) return refuse(value, "its long name comes twice");
        target = std::string(value);
        return {};
    }
    if (key == "size") {
        std::uint64_t size = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), size);
        if (error != std::errc{} || end != value.data() + value.size() || size_) return no("this is no size");
        size_ = size;
        return {};
    }
    if (starts_with_any(key, {"GNU.sparse.", "SUN.holesdata", "SCHILY.realsize"}))
        return no("sparse files are not unpacked");
    return no("this key is not known");
}

Result<> TarScreen::finish() {
    if (state_ == State::end_zeros && zero_blocks_ >= 2 && !block_.empty())
        return refuse(whole_archive, "bytes follow its end: a second archive, or garbage");
    if (state_ != State::end_zeros || zero_blocks_ < 2 || !block_.empty())
        return refuse_corrupt(last_name(), "the archive is cut off after the beginning of this entry");
    if (entries_ == 0) return refuse(whole_archive, "it holds no entries");
    return {};
}

}  // namespace slipway::archive
