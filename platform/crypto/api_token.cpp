#include "platform/crypto/api_token.h"

#include <array>

#include "platform/crypto/sha256.h"
#include "platform/crypto/token_text.h"

namespace slipway::crypto {
namespace {

constexpr std::array<std::size_t, 2> lengths{32, 43};
constexpr TokenForm form{"token", "slt", lengths};

}  // namespace

ApiToken ApiToken::make(Random& random) { return {to_hex(random.bytes(16)), to_base64url(random.bytes(32))}; }

Result<ApiToken> ApiToken::parse(std::string_view text) {
    TRY_ASSIGN(const std::vector<std::string> fields, cut_token(form, text));
    if (!is_lower_hex(fields[0]) || !from_base64url(fields[1]))
        return fail(Code::invalid, "the token's fields hold characters that do not belong there");
    return ApiToken{fields[0], fields[1]};
}

std::string ApiToken::text() const {
    const std::array<std::string, 2> fields{id, secret};
    return token_text(form, fields);
}

Digest ApiToken::hash() const { return sha256(id + "_" + secret); }

}  // namespace slipway::crypto
