#include "coordinator/http/percent.h"

#include "platform/base/bytes.h"

namespace slipway::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return fail(Code::invalid, "'" + printable(text.substr(i, 3)) + "' is not an escape of the form %2B");
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus == Plus::is_space) {
            c = ' ';
        }
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F)
            return fail(Code::invalid, "the address holds a control character (%" + to_hex(std::string(1, c)) + ")");
        out += c;
    }
    if (!is_utf8(out)) return fail(Code::invalid, "the address is not valid UTF-8");
    return out;
}

}  // namespace slipway::http
