#include "tasks/copy/pattern.h"

#include <span>

namespace slipway::tasks::copy {
namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        parts.emplace_back(path.substr(0, slash));
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return parts;
}

// Both walks remember only the last star: trying that one further on finds every match, in quadratic time at most.
bool match_name(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, star_name = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_name = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
            ++p, ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool match_parts(std::span<const std::string> pattern, std::span<const std::string> path) {
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::size_t p = 0, n = 0, star = none, star_part = 0;
    while (n < path.size()) {
        if (p < pattern.size() && pattern[p] == "**") {
            star = p++;
            star_part = n;
        } else if (p < pattern.size() && match_name(pattern[p], path[n])) {
            ++p, ++n;
        } else if (star != none) {
            p = star + 1;
            n = ++star_part;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == "**") ++p;
    return p == pattern.size();
}

std::string_view trim(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

Patterns::Patterns(std::string_view lines) {
    while (!lines.empty()) {
        const std::size_t end = lines.find('\n');
        std::string_view line = trim(lines.substr(0, end));
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
        if (line.empty()) continue;
        Pattern pattern;
        pattern.takes = line.front() != '!';
        if (!pattern.takes) line.remove_prefix(1);
        if (line.starts_with("./")) line.remove_prefix(2);
        pattern.parts = split(line);
        if (line.ends_with('/')) pattern.parts.emplace_back("**");
        patterns_.push_back(std::move(pattern));
    }
}

bool Patterns::match(std::string_view path) const {
    const std::vector<std::string> parts = split(path);
    bool taken = false;
    for (const Pattern& pattern : patterns_)
        if (pattern.takes != taken && match_parts(pattern.parts, parts)) taken = pattern.takes;
    return taken;
}

}  // namespace slipway::tasks::copy
