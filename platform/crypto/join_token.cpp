#include "platform/crypto/join_token.h"

#include <array>

#include "platform/crypto/sha256.h"
#include "platform/crypto/token_text.h"

namespace slipway::crypto {
namespace {

constexpr std::array<std::size_t, 3> lengths{32, 43, 43};
constexpr TokenForm form{"join token", "slj1", lengths};

}  // namespace

JoinToken JoinToken::make(Random& random, const Digest& ca_digest) {
    return {to_hex(random.bytes(16)), to_base64url(random.bytes(32)), ca_digest};
}

Result<JoinToken> JoinToken::parse(std::string_view text) {
    TRY_ASSIGN(const std::vector<std::string> fields, cut_token(form, text));
    const auto digest = from_base64url(fields[2]);
    if (!is_lower_hex(fields[0]) || !from_base64url(fields[1]) || !digest || digest->size() != 32)
        return fail(Code::invalid, "the join token's fields hold characters that do not belong there");
    return JoinToken{fields[0], fields[1], to_hex(*digest)};
}

std::string JoinToken::text() const {
    const std::array<std::string, 3> fields{id, secret, to_base64url(from_hex(ca_digest).value_or(""))};
    return token_text(form, fields);
}

Digest JoinToken::hash() const { return sha256(id + "_" + secret); }

}  // namespace slipway::crypto
