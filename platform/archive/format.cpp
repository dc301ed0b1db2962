#include "platform/archive/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "platform/archive/refusal.h"
#include "platform/base/bytes.h"

namespace slipway::archive {
namespace {

using namespace std::string_view_literals;

struct Foreign {
    std::size_t offset;
    std::string_view magic;
    std::string_view name;
};

constexpr std::array<Foreign, 17> foreign = {{
    {0, "Rar!\x1a\x07"sv, "RAR"},
    {0, "7z\xbc\xaf\x27\x1c"sv, "7z"},
    {0, "MSCF"sv, "CAB"},
    {0x8001, "CD001"sv, "ISO 9660"},
    {0, "BZh"sv, "bzip2"},
    {0, "\x04\x22\x4d\x18"sv, "lz4"},
    {0, "\x1f\x9d"sv, "compress (.Z)"},
    {0, "\x1f\xa0"sv, "compress (.Z)"},
    {0, "LZIP"sv, "lzip"},
    {0, "\x5d\x00\x00"sv, "lzma"},
    {0, "!<arch>\n"sv, "ar (deb)"},
    {0, "070701"sv, "cpio"},
    {0, "070707"sv, "cpio"},
    {0, "\xed\xab\xee\xdb"sv, "RPM"},
    {0, "xar!"sv, "xar"},
    {0, "MZ"sv, "Windows program"},
    {0,
     "\x7f"
     "ELF"sv,
     "ELF program"},
}};

constexpr std::string_view accepted = "; tar, tar.gz, tar.xz, tar.zst and zip are unpacked";

bool is_tar(std::string_view bytes) { return bytes.size() >= 512 && tar_checksum_matches(bytes.substr(0, 512)); }

}  // namespace

std::string_view to_string(Format format) {
    switch (format) {
        case Format::tar: return "tar";
        case Format::tar_gz: return "tar.gz";
        case Format::tar_xz: return "tar.xz";
        case Format::tar_zst: return "tar.zst";
        case Format::zip: return "zip";
    }
    return "tar";
}

bool tar_checksum_matches(std::string_view block) {
    std::int64_t stored = 0;
    std::size_t at = 148;
    while (at < 156 && block[at] == ' ') ++at;
    const std::size_t first_digit = at;
    for (; at < 156 && block[at] >= '0' && block[at] <= '7'; ++at) stored = stored * 8 + (block[at] - '0');
    if (at == first_digit) return false;
    std::int64_t sum_unsigned = 0;
    std::int64_t sum_signed = 0;
    for (std::size_t i = 0; i < 512; ++i) {
        const char c = i >= 148 && i < 156 ? ' ' : block[i];
        sum_unsigned += static_cast<unsigned char>(c);
        sum_signed += static_cast<signed char>(c);
    }
    return stored == sum_unsigned || stored == sum_signed;
}

Result<Format> detect_format(std::string_view bytes) {
    if (bytes.starts_with("\x1f\x8b\x08"sv)) return Format::tar_gz;
    if (bytes.starts_with("\xfd\x37zXZ\0"sv)) return Format::tar_xz;
    if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return Format::tar_zst;
    if (bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv)) return Format::zip;
    // Before tar: an image may have room for a tar header in front of it.
    for (const auto& kind : foreign)
        if (bytes.size() > kind.offset && bytes.substr(kind.offset).starts_with(kind.magic) &&
            (kind.offset != 0 || !is_tar(bytes)))
            return refuse(whole_archive, std::string(kind.name).append(" content").append(accepted));
    if (is_tar(bytes)) return Format::tar;
    if (bytes.empty()) return refuse_corrupt(whole_archive, "the file is empty");
    if (std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; }))
        return refuse(whole_archive, "it holds zeros only");
    return refuse(whole_archive, std::string("its format is not known").append(accepted));
}

Result<> check_extension(std::string_view file_name, Format format) {
    struct Extension {
        std::string_view end;
        std::string_view name;
    };
    static constexpr std::array<Extension, 16> extensions = {{{".tar", "tar"},
                                                              {".tar.gz", "tar.gz"},
                                                              {".tgz", "tar.gz"},
                                                              {".tar.xz", "tar.xz"},
                                                              {".txz", "tar.xz"},
                                                              {".tar.zst", "tar.zst"},
                                                              {".tzst", "tar.zst"},
                                                              {".zip", "zip"},
                                                              {".rar", "rar"},
                                                              {".7z", "7z"},
                                                              {".iso", "iso"},
                                                              {".cab", "cab"},
                                                              {".tar.bz2", "tar.bz2"},
                                                              {".tbz2", "tar.bz2"},
                                                              {".gz", "tar.gz"},
                                                              {".xz", "tar.xz"}}};
    std::string lower(file_name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    for (const auto& extension : extensions)
        if (lower.ends_with(extension.end) && extension.name != to_string(format))
            return refuse(whole_archive, "the file is named \"" + printable(file_name) + "\" but holds " +
                                             std::string(to_string(format)) + "; give it its right name");
    return {};
}

}  // namespace slipway::archive
