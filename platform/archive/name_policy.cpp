#include "platform/archive/name_policy.h"

#include <algorithm>
#include <array>
#include <optional>

#include "platform/archive/entry.h"
#include "platform/archive/refusal.h"
#include "platform/archive/unicode_tables.h"
#include "platform/base/bytes.h"

namespace slipway::archive {

std::string_view to_string(EntryKind kind) {
    switch (kind) {
        case EntryKind::file: return "file";
        case EntryKind::folder: return "folder";
        case EntryKind::symbolic_link: return "symbolic link";
        case EntryKind::hard_link: return "hard link";
    }
    return "entry";
}

namespace {

constexpr std::size_t component_bytes_max = limits::archive_component_bytes_max;

/// Takes one code point from the front of valid UTF-8.
std::uint32_t take_code_point(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text[0]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    std::uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    text.remove_prefix(length);
    return value;
}

void append_code_point(std::string& out, std::uint32_t value) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (value < 0x80) return put(value);
    if (value < 0x800) {
        put(0xC0 | value >> 6);
    } else {
        if (value < 0x10000) {
            put(0xE0 | value >> 12);
        } else {
            put(0xF0 | value >> 18);
            put(0x80 | (value >> 12 & 0x3F));
        }
        put(0x80 | (value >> 6 & 0x3F));
    }
    put(0x80 | (value & 0x3F));
}

template <typename Row>
const Row* find_row(std::span<const Row> rows, std::uint32_t value) {
    const auto after = std::upper_bound(rows.begin(), rows.end(), value,
                                        [](std::uint32_t v, const Row& row) { return v < row.first; });
    if (after == rows.begin() || value > std::prev(after)->last) return nullptr;
    return &*std::prev(after);
}

std::uint32_t fold(std::uint32_t value) {
    if (value < 128) return value >= 'A' && value <= 'Z' ? value + 32 : value;
    const auto* row = find_row(case_folds(), value);
    if (row == nullptr || (value - row->first) % row->step != 0) return value;
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(value) + row->delta);
}

bool composes(std::uint32_t first, std::uint32_t second) {
    const auto pairs = composing_pairs();
    return std::any_of(pairs.begin(), pairs.end(),
                       [&](const auto& pair) { return pair.first == first && pair.second == second; });
}

/// Code points that are not seen, that turn the direction of what follows, or that are no characters.
bool invisible(std::uint32_t value) {
    static constexpr CodeRange rows[] = {
        {0x00, 0x1F},     {0x7F, 0x9F},     {0xAD, 0xAD},     {0x34F, 0x34F},   {0x61C, 0x61C},    {0x115F, 0x1160},
        {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},  {0xFDD0, 0xFDEF},
        {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0xE0FFF}};
    return find_row(std::span<const CodeRange>(rows), value) != nullptr || (value & 0xFFFE) == 0xFFFE;
}

/// What is wrong with the characters of `text`, which is valid UTF-8.
std::optional<std::string_view> bad_characters(std::string_view text) {
    std::uint32_t starter = 0;
    unsigned last_class = 0;
    while (!text.empty()) {
        const std::uint32_t value = take_code_point(text);
        if (value == 0) return "the name holds a NUL";
        if (value < 32 || value == 127) return "the name holds a control character";
        if (invisible(value)) return "the name holds an invisible character";
        if (value < 128) {
            if (value == '\\') return "the name holds a backslash";
            if (value == ':') return "the name holds a colon";
            if (std::string_view("*?\"<>|").find(static_cast<char>(value)) != std::string_view::npos)
                return "the name holds a character that Windows does not allow";
        }
        constexpr std::string_view not_normal = "the name is not in Unicode normal form C and could have a twin";
        if (find_row(other_normal_form(), value) != nullptr || composes(starter, value)) return not_normal;
        const auto* row = find_row(combining_classes(), value);
        const unsigned combining_class = row == nullptr ? 0 : row->combining_class;
        if (combining_class != 0 && combining_class < last_class) return not_normal;
        last_class = combining_class;
        if (combining_class == 0) starter = value;
    }
    return std::nullopt;
}

/// CON, nul.txt, "COM1 .log", COM¹: the part before the first dot, without spaces at its end, is a device of Windows.
bool is_device_name(std::string_view component) {
    std::string stem = collision_key(component.substr(0, component.find('.')));
    stem.erase(stem.find_last_not_of(' ') + 1);
    static constexpr std::array<std::string_view, 7> names = {"con",    "prn",     "aux",   "nul",
                                                              "conin$", "conout$", "clock$"};
    if (std::find(names.begin(), names.end(), stem) != names.end()) return true;
    if (!stem.starts_with("com") && !stem.starts_with("lpt")) return false;
    const std::string_view rest = std::string_view(stem).substr(3);
    return (rest.size() == 1 && rest[0] >= '0' && rest[0] <= '9') || rest == "\xc2\xb9" || rest == "\xc2\xb2" ||
           rest == "\xc2\xb3";
}

/// PROGRA~1, FOO~12.TXT: eight characters or fewer that end in a tilde and digits, and at most three after a dot.
bool is_short_name(std::string_view component) {
    const std::size_t dot = component.find('.');
    const std::string_view base = component.substr(0, dot);
    if (dot != std::string_view::npos &&
        (component.size() - dot - 1 > 3 || component.find('.', dot + 1) != std::string_view::npos))
        return false;
    const std::size_t tilde = base.rfind('~');
    if (base.size() > 8 || tilde == std::string_view::npos || tilde == 0 || tilde + 1 == base.size()) return false;
    return std::all_of(base.begin() + static_cast<std::ptrdiff_t>(tilde) + 1, base.end(),
                       [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::string_view> bad_component(std::string_view component) {
    if (component.empty()) return "the name has an empty part";
    if (component == "..") return "the name climbs out of its folder (..)";
    if (component == ".") return "the name has a part \".\"";
    if (component.back() == '.') return "a part of the name ends in a dot";
    if (component.back() == ' ') return "a part of the name ends in a space";
    if (is_device_name(component)) return "a part of the name is a device on Windows";
    if (is_short_name(component)) return "a part of the name is a short (8.3) name of Windows";
    return std::nullopt;
}

bool has_drive(std::string_view name) {
    return name.size() >= 2 && name[1] == ':' && fold(static_cast<unsigned char>(name[0])) >= 'a' &&
           fold(static_cast<unsigned char>(name[0])) <= 'z';
}

std::optional<std::string_view> bad_whole(std::string_view name) {
    if (name.empty()) return "the name is empty";
    if (name.starts_with("//") || name.starts_with("\\\\")) return "the name is a network path";
    if (name.front() == '/' || name.front() == '\\') return "the name is absolute";
    if (has_drive(name)) return "the name begins with a drive";
    if (!is_utf8(name)) return "the name is not valid UTF-8";
    return bad_characters(name);
}

}  // namespace

Result<std::vector<std::string_view>> entry_components(std::string_view name, const UnpackLimits& limits) {
    if (name.size() > limits.name_bytes_max)
        return refuse_limit(name, "the name is longer than allowed", limits.name_bytes_max);
    if (const auto bad = bad_whole(name)) return refuse(name, *bad);
    std::vector<std::string_view> components;
    if (name == "./") return components;
    std::string_view rest = name.starts_with("./") ? name.substr(2) : name;
    if (rest.ends_with('/')) rest.remove_suffix(1);
    while (true) {
        const std::size_t slash = rest.find('/');
        const std::string_view component = rest.substr(0, slash);
        if (const auto bad = bad_component(component)) return refuse(name, *bad);
        if (component.size() > component_bytes_max)
            return refuse_limit(name, "a part of the name is longer than allowed", component_bytes_max);
        components.push_back(component);
        if (components.size() > limits.depth_max)
            return refuse_limit(name, "folders are nested too deep", limits.depth_max);
        if (slash == std::string_view::npos) return components;
        rest.remove_prefix(slash + 1);
    }
}

Result<std::vector<std::string_view>> link_components(std::string_view entry, std::string_view target,
                                                      const UnpackLimits& limits) {
    const auto bad_target = [&](std::string_view what) {
        return refuse(entry, "its target \"" + printable(target) + "\" is refused: " + std::string(what));
    };
    if (target.size() > limits.name_bytes_max)
        return refuse_limit(entry, "the link's target is longer than allowed", limits.name_bytes_max);
    if (const auto bad = bad_whole(target)) return bad_target(*bad);
    std::vector<std::string_view> components;
    if (target.ends_with('/')) target.remove_suffix(1);
    while (true) {
        const std::size_t slash = target.find('/');
        const std::string_view component = target.substr(0, slash);
        if (component != "." && component != "..")
            if (const auto bad = bad_component(component)) return bad_target(*bad);
        if (component.size() > component_bytes_max)
            return refuse_limit(entry, "a part of the link's target is longer than allowed", component_bytes_max);
        components.push_back(component);
        if (slash == std::string_view::npos) return components;
        target.remove_prefix(slash + 1);
    }
}

std::string collision_key(std::string_view component) {
    std::string key;
    key.reserve(component.size());
    while (!component.empty()) append_code_point(key, fold(take_code_point(component)));
    return key;
}

}  // namespace slipway::archive
