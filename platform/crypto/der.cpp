#include "platform/crypto/der.h"

namespace slipway::crypto {

Result<DerElement> take_der(std::string_view& rest, unsigned char tag, std::string_view what) {
    const auto bad = [&](const char* why) {
        return fail(Code::invalid, std::string(what) + " is not valid DER: " + why);
    };
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(rest[i]); };
    if (rest.size() < 2) return bad("it ends too early");
    if (byte(0) != tag) return bad("another element stands there");
    std::size_t head = 2;
    std::size_t length = byte(1);
    if (length >= 0x80) {
        const std::size_t count = length & 0x7F;
        if (count < 1 || count > 3) return bad("its length is indefinite or too large");
        head += count;
        if (rest.size() < head) return bad("it ends too early");
        length = 0;
        for (std::size_t i = 2; i < head; ++i) length = length << 8 | byte(i);
        if (length < 0x80 || byte(2) == 0) return bad("its length is not in the shortest form");
    }
    if (rest.size() - head < length) return bad("it ends too early");
    const DerElement element{rest.substr(0, head + length), rest.substr(head, length)};
    rest.remove_prefix(head + length);
    return element;
}

}  // namespace slipway::crypto
