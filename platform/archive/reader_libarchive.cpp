#include <algorithm>
#include <array>
#include <cerrno>

#include <archive.h>
#include <archive_entry.h>

#include "platform/archive/reader.h"
#include "platform/archive/refusal.h"
#include "platform/archive/tar_screen.h"
#include "platform/archive/zip_screen.h"
#include "platform/base/bytes.h"

/// libarchive 3.6.2. Formats and filters are enabled by name, one of each: its readers for other formats (RAR, 7z, CAB,
/// ISO, ...) are not even linked. It does not check gzip's trailer, takes concatenated members for one stream, stops
/// reading at a tar's end mark and looks at no overlaps in a zip: the screens and the trailer check here do.
namespace slipway::archive {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

struct FreeArchive {
    void operator()(::archive* handle) const { archive_read_free(handle); }
};
using Handle = std::unique_ptr<::archive, FreeArchive>;

/// What libarchive says about the failure of `handle`; `entry` is named.
tl::unexpected<Error> library_error(::archive* handle, std::string_view entry) {
    if (archive_errno(handle) == ENOMEM)
        return fail(Code::limit, "\"" + printable(entry) + "\": unpacking it takes more memory than allowed",
                    "archive_refused");
    const char* text = archive_error_string(handle);
    return refuse_corrupt(entry, "damaged or cut off (" + printable(text == nullptr ? "unknown" : text) + ")");
}

/// A file as libarchive's callbacks want it. A failed read is kept here, for libarchive has only a number for it.
class Input {
public:
    Input(os::File& file, std::uint64_t size, std::vector<ScreenedZip::Patch> patches = {})
        : file_(file), size_(size), patches_(std::move(patches)) {}

    static la_ssize_t on_read(::archive*, void* self, const void** buffer) {
        auto& input = *static_cast<Input*>(self);
        auto got = input.file_.read_at(input.at_, input.buffer_);
        if (!got) {
            input.error_ = std::move(got).error();
            return -1;
        }
        input.patch(*got);
        input.at_ += *got;
        *buffer = input.buffer_.data();
        return static_cast<la_ssize_t>(*got);
    }

    static la_int64_t on_seek(::archive*, void* self, la_int64_t offset, int whence) {
        auto& input = *static_cast<Input*>(self);
        const auto size = static_cast<la_int64_t>(input.size_);
        const la_int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<la_int64_t>(input.at_) : size;
        if (offset < -base || offset > size - base) return ARCHIVE_FATAL;
        input.at_ = static_cast<std::uint64_t>(base + offset);
        return base + offset;
    }

    std::uint64_t consumed() const { return at_; }
    std::uint64_t size() const { return size_; }
    os::File& file() { return file_; }
    std::optional<Error>& error() { return error_; }

private:
    void patch(std::size_t count) {
        auto next = std::lower_bound(patches_.begin(), patches_.end(), at_,
                                     [](const auto& one, std::uint64_t offset) { return one.offset < offset; });
        for (; next != patches_.end() && next->offset < at_ + count; ++next) buffer_[next->offset - at_] = next->byte;
    }

    os::File& file_;
    std::uint64_t size_;
    std::vector<ScreenedZip::Patch> patches_;
    std::uint64_t at_ = 0;
    std::array<char, buffer_bytes> buffer_{};
    std::optional<Error> error_;
};

/// The bytes of the tar inside one compression filter, or the file's own.
class Stream {
public:
    Stream(os::File& file, std::uint64_t size, Format format, const UnpackLimits& limits)
        : input_(file, size), format_(format), limits_(limits) {}

    Result<> open();
    /// Empty at the end, when all check values were right.
    Result<std::string_view> next(std::string_view entry);

private:
    Result<std::string_view> next_plain();
    Result<> check_gzip_trailer(std::string_view entry);
    tl::unexpected<Error> failed(std::string_view entry) {
        return input_.error() ? fail(*input_.error()) : library_error(filter_.get(), entry);
    }

    Input input_;
    Format format_;
    UnpackLimits limits_;
    Handle filter_;
    bool ended_ = false;
    std::uint64_t unpacked_ = 0;
    std::uint32_t crc_ = 0;
};

Result<> Stream::open() {
    if (format_ == Format::tar) return {};
    filter_.reset(archive_read_new());
    if (!filter_) return fail(Code::internal, "libarchive has no memory for a reader");
    archive_read_support_format_raw(filter_.get());
    const int code = format_ == Format::tar_gz   ? ARCHIVE_FILTER_GZIP
                     : format_ == Format::tar_xz ? ARCHIVE_FILTER_XZ
                                                 : ARCHIVE_FILTER_ZSTD;
    if (code == ARCHIVE_FILTER_GZIP) archive_read_support_filter_gzip(filter_.get());
    if (code == ARCHIVE_FILTER_XZ) archive_read_support_filter_xz(filter_.get());
    if (code == ARCHIVE_FILTER_ZSTD) archive_read_support_filter_zstd(filter_.get());
    archive_entry* entry = nullptr;
    if (archive_read_open2(filter_.get(), &input_, nullptr, &Input::on_read, nullptr, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(filter_.get(), &entry) != ARCHIVE_OK)
        return failed(whole_archive);
    // libarchive would take off one layer after the other, as many as there are.
    if (archive_filter_count(filter_.get()) != 2 || archive_filter_code(filter_.get(), 0) != code)
        return refuse(whole_archive, "it is compressed more than once, or its first bytes are damaged");
    return {};
}

Result<std::string_view> Stream::next_plain() {
    const void* buffer = nullptr;
    const auto got = Input::on_read(nullptr, &input_, &buffer);
    if (got < 0) return failed(whole_archive);
    return std::string_view(static_cast<const char*>(buffer), static_cast<std::size_t>(got));
}

Result<std::string_view> Stream::next(std::string_view entry) {
    if (ended_) return std::string_view();
    if (format_ == Format::tar) return next_plain();
    const void* buffer = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(filter_.get(), &buffer, &size, &offset);
    if (status == ARCHIVE_EOF) {
        ended_ = true;
        if (format_ == Format::tar_gz) TRY(check_gzip_trailer(entry));
        return std::string_view();
    }
    if (status != ARCHIVE_OK) return failed(entry);
    const std::string_view bytes(static_cast<const char*>(buffer), size);
    unpacked_ += size;
    if (unpacked_ > limits_.ratio_free_bytes && unpacked_ / limits_.ratio_max > input_.consumed())
        return refuse_limit(entry, "the archive unpacks to more than its packed bytes allow, one to",
                            limits_.ratio_max);
    if (format_ == Format::tar_gz) crc_ = crc32(bytes, crc_);
    return bytes;
}

/// RFC 1952: CRC-32 and length modulo 2^32 end a member. One member only, so they end the file.
Result<> Stream::check_gzip_trailer(std::string_view entry) {
    std::array<char, 8> trailer{};
    TRY_ASSIGN(const std::size_t got,
               input_.file().read_at(input_.size() - std::min<std::uint64_t>(input_.size(), 8), trailer));
    std::uint64_t value = 0;
    for (std::size_t i = 8; i > 0; --i) value = value << 8 | static_cast<unsigned char>(trailer[i - 1]);
    if (got != trailer.size() || static_cast<std::uint32_t>(value) != crc_ || value >> 32 != (unpacked_ & 0xFFFFFFFF))
        return refuse_corrupt(entry,
                              "the check value at the file's end is wrong: damaged, cut off, or more than one "
                              "gzip member, or bytes follow it");
    return {};
}

std::string text_or(const char* text, const char* utf8) { return text != nullptr ? text : utf8 != nullptr ? utf8 : ""; }

std::string_view without_slash(std::string_view name) {
    if (name.ends_with('/')) name.remove_suffix(1);
    return name;
}

/// Takes mode and time from libarchive and demands that it read the same entry as the screen did.
Result<> complete(Entry& entry, archive_entry* read) {
    const std::string name = text_or(archive_entry_pathname(read), archive_entry_pathname_utf8(read));
    const std::string hard_link = text_or(archive_entry_hardlink(read), archive_entry_hardlink_utf8(read));
    const std::string symbolic_link = text_or(archive_entry_symlink(read), archive_entry_symlink_utf8(read));
    const auto type = archive_entry_filetype(read);
    EntryKind kind = EntryKind::file;
    if (!hard_link.empty())
        kind = EntryKind::hard_link;
    else if (type == AE_IFDIR)
        kind = EntryKind::folder;
    else if (type == AE_IFLNK)
        kind = EntryKind::symbolic_link;
    else if (type != AE_IFREG)
        return refuse(entry.name, "it is of a type that is not unpacked");
    const bool file_differs =
        kind == EntryKind::file && archive_entry_size(read) != static_cast<la_int64_t>(entry.size);
    if (kind == EntryKind::symbolic_link && entry.link.empty()) {
        entry.link = symbolic_link;
        entry.size = 0;
    }
    const std::string& link = kind == EntryKind::hard_link ? hard_link : symbolic_link;
    if (kind != entry.kind || file_differs || without_slash(name) != without_slash(entry.name) || link != entry.link)
        return refuse(entry.name, "it can be read in two ways (the second is \"" + printable(name) + "\")");
    entry.mode = archive_entry_perm(read) & 07777;
    entry.modified_s = archive_entry_mtime(read);
    return {};
}

/// What both formats share: one open libarchive reader and the content of its present entry.
class LibraryReader : public Reader {
public:
    Result<std::string_view> read() final {
        const void* buffer = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        const int status = archive_read_data_block(handle_.get(), &buffer, &size, &offset);
        if (status == ARCHIVE_EOF) {
            if (at_ != present_.size) return refuse_corrupt(present_.name, "it has fewer bytes than it declares");
            return std::string_view();
        }
        if (status != ARCHIVE_OK) return failed();
        if (offset != static_cast<la_int64_t>(at_)) return refuse(present_.name, "it has holes");
        at_ += size;
        if (at_ > present_.size) return refuse_corrupt(present_.name, "it has more bytes than it declares");
        if (size == 0) return read();
        return std::string_view(static_cast<const char*>(buffer), size);
    }

protected:
    Result<> make_handle() {
        handle_.reset(archive_read_new());
        return handle_ ? Result<>{} : fail(Code::internal, "libarchive has no memory for a reader");
    }

    virtual std::optional<Error>& kept_error() = 0;

    tl::unexpected<Error> failed() {
        return kept_error() ? fail(*kept_error())
                            : library_error(handle_.get(), present_.name.empty() ? whole_archive : present_.name);
    }

    /// Nothing at libarchive's end of the archive.
    Result<archive_entry*> next_header() {
        archive_entry* read = nullptr;
        const int status = archive_read_next_header(handle_.get(), &read);
        if (status == ARCHIVE_EOF) return nullptr;
        // A warning is what names outside ASCII give in the C locale; they arrive as they are.
        if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return failed();
        return read;
    }

    Handle handle_;
    Entry present_ = {.name = ""};
    std::uint64_t at_ = 0;
};

class TarReader final : public LibraryReader {
public:
    TarReader(os::File& file, std::uint64_t size, Format format, const UnpackLimits& limits)
        : stream_(file, size, format, limits), screen_(limits) {}

    Result<> open() {
        TRY(stream_.open());
        TRY(make_handle());
        archive_read_support_format_tar(handle_.get());
        if (archive_read_open2(handle_.get(), this, nullptr, &on_read, nullptr, nullptr) != ARCHIVE_OK) return failed();
        return {};
    }

    Result<std::optional<Entry>> next() override {
        TRY_ASSIGN(archive_entry * read, next_header());
        auto screened = screen_.take_entry();
        if (read == nullptr) {
            TRY(drain());
            if (screened || screen_.take_entry())
                return refuse(whole_archive, "it can be read in two ways (one ends before the other)");
            return std::nullopt;
        }
        if (!screened) return refuse(whole_archive, "it can be read in two ways (one ends before the other)");
        present_ = std::move(*screened);
        at_ = 0;
        TRY(complete(present_, read));
        return present_;
    }

private:
    std::optional<Error>& kept_error() override { return error_; }

    Result<std::string_view> pull() {
        TRY_ASSIGN(const std::string_view bytes, stream_.next(screen_.last_name()));
        if (bytes.empty()) {
            TRY(screen_.finish());
        } else {
            TRY(screen_.feed(bytes));
        }
        return bytes;
    }

    static la_ssize_t on_read(::archive*, void* self, const void** buffer) {
        auto& reader = *static_cast<TarReader*>(self);
        auto bytes = reader.pull();
        if (!bytes) {
            reader.error_ = std::move(bytes).error();
            return -1;
        }
        *buffer = bytes->data();
        return static_cast<la_ssize_t>(bytes->size());
    }

    /// libarchive stops at the end mark; the rest must be zeros and the compressed stream sound to its end.
    Result<> drain() {
        if (error_) return fail(*error_);
        while (true) {
            TRY_ASSIGN(const std::string_view bytes, pull());
            if (bytes.empty()) return {};
        }
    }

    Stream stream_;
    TarScreen screen_;
    std::optional<Error> error_;
};

class ZipReader final : public LibraryReader {
public:
    ZipReader(os::File& file, std::uint64_t size, ScreenedZip screened)
        : input_(file, size, std::move(screened.patches)),
          entries_(std::move(screened.entries)),
          crcs_(std::move(screened.crcs)) {}

    Result<> open() {
        TRY(make_handle());
        archive_read_support_format_zip_seekable(handle_.get());
        archive_read_set_seek_callback(handle_.get(), &Input::on_seek);
        if (archive_read_open2(handle_.get(), &input_, nullptr, &Input::on_read, nullptr, nullptr) != ARCHIVE_OK)
            return failed();
        return {};
    }

    Result<std::optional<Entry>> next() override {
        TRY_ASSIGN(archive_entry * read, next_header());
        if ((read == nullptr) != (index_ == entries_.size()))
            return refuse(whole_archive, "it can be read in two ways (one ends before the other)");
        if (read == nullptr) return std::nullopt;
        const std::uint32_t crc = crcs_[index_];
        present_ = std::move(entries_[index_++]);
        at_ = 0;
        TRY(complete(present_, read));
        if (present_.kind == EntryKind::symbolic_link && crc32(present_.link) != crc)
            return refuse_corrupt(present_.name, "the check value of its target is wrong");
        return present_;
    }

private:
    std::optional<Error>& kept_error() override { return input_.error(); }

    Input input_;
    std::vector<Entry> entries_;
    std::vector<std::uint32_t> crcs_;
    std::size_t index_ = 0;
};

}  // namespace

Result<std::unique_ptr<Reader>> open_reader(os::File& file, Format format, const UnpackLimits& limits) {
    TRY_ASSIGN(const os::Status status, file.status());
    if (format == Format::zip) {
        TRY_ASSIGN(auto screened, screen_zip(file, limits));
        auto reader = std::make_unique<ZipReader>(file, status.size, std::move(screened));
        TRY(reader->open());
        return reader;
    }
    auto reader = std::make_unique<TarReader>(file, status.size, format, limits);
    TRY(reader->open());
    return reader;
}

}  // namespace slipway::archive
