#include "agent/attempt/summary.h"

#include <algorithm>
#include <array>

#include "platform/base/limits.h"

namespace slipway::attempt {
namespace {

constexpr std::size_t tail_bytes = 4096;

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return result;
}

bool speaks_of_error(std::string_view line) {
    static constexpr std::array words{"error",     "fatal",     "fail",      "denied",    "cannot",
                                      "not found", "no such",   "refused",   "invalid",   "unable to",
                                      "emerg",     "exception", "timed out", "unexpected"};
    const std::string text = lower(line);
    return std::ranges::any_of(words, [&](const char* word) { return text.find(word) != std::string::npos; });
}

/// Without CSI sequences (ECMA-48: ESC [ parameters, one byte from @ to ~) and other control characters.
std::string plain(std::string_view line) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
            i += 2;
            while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
        } else if (static_cast<unsigned char>(line[i]) >= 0x20 && line[i] != '\x7f') {
            text.push_back(line[i]);
        } else if (line[i] == '\t') {
            text.push_back(' ');
        }
    }
    const std::size_t begin = text.find_first_not_of(' ');
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

void LastLines::feed(std::string_view bytes) {
    if (bytes.size() > tail_bytes) bytes.remove_prefix(bytes.size() - tail_bytes);
    tail_.append(bytes);
    if (tail_.size() > 2 * tail_bytes) tail_.erase(0, tail_.size() - tail_bytes);
}

std::string LastLines::telling_line() const {
    std::string_view rest = tail_;
    if (rest.size() > tail_bytes) rest.remove_prefix(rest.size() - tail_bytes);
    std::string last;
    while (!rest.empty()) {
        const std::size_t end = rest.find_last_of("\r\n");
        std::string line = plain(end == std::string_view::npos ? rest : rest.substr(end + 1));
        if (!line.empty() && speaks_of_error(line)) return line;
        if (last.empty()) last = std::move(line);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
    }
    return last;
}

}  // namespace slipway::attempt
