#include <catch2/catch.hpp>

#include "platform/crypto/api_token.h"
#include "platform/crypto/join_token.h"
#include "platform/crypto/sha256.h"
#include "tests/unit/platform/crypto/fixtures.h"

using namespace slipway;
using namespace slipway::crypto;
using namespace slipway::crypto::tests;

TEST_CASE("a join token comes back from its text, whatever underscores its fields hold") {
    bool underscore_seen = false;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SeededRandom random(seed);
        const JoinToken token = JoinToken::make(random, sha256("authority " + std::to_string(seed)));
        const std::string text = token.text();
        CHECK(text.size() == 4 + 1 + 32 + 1 + 43 + 1 + 43 + 1 + 8);
        underscore_seen = underscore_seen || token.secret.find('_') != std::string::npos;
        const auto parsed = JoinToken::parse(text);
        REQUIRE(parsed);
        CHECK(parsed->id == token.id);
        CHECK(parsed->secret == token.secret);
        CHECK(parsed->ca_digest == token.ca_digest);
        CHECK(parsed->hash() == token.hash());
    }
    CHECK(underscore_seen);
}

TEST_CASE("one changed character anywhere in a join token is called a typing error") {
    SeededRandom random;
    const std::string text = JoinToken::make(random, sha256("x")).text();
    for (std::size_t i = 5; i < text.size(); ++i) {
        std::string mistyped = text;
        mistyped[i] = mistyped[i] == 'a' ? 'b' : 'a';
        const auto parsed = JoinToken::parse(mistyped);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == Code::invalid);
        CHECK(parsed.error().message.find("typing error") != std::string::npos);
        CHECK(parsed.error().message.find(mistyped.substr(38, 43)) == std::string::npos);
    }
}

TEST_CASE("a join token that was cut off says so, with both lengths") {
    SeededRandom random;
    const std::string text = JoinToken::make(random, sha256("x")).text();
    for (const std::string& wrong : {text.substr(0, 100), text + "\n", text.substr(0, text.size() - 1)}) {
        const auto parsed = JoinToken::parse(wrong);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().message == "the join token has " + std::to_string(wrong.size()) +
                                            " characters instead of 134: was it cut off when it was copied?");
    }
}

TEST_CASE("another kind of token is not taken for a join token") {
    SeededRandom random;
    const auto parsed = JoinToken::parse(ApiToken::make(random).text());
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message == "this is not a join token: one begins with slj1_");
    CHECK_FALSE(JoinToken::parse(""));
}

TEST_CASE("a token with a fitting checksum but foreign characters is refused") {
    SeededRandom random;
    JoinToken token = JoinToken::make(random, sha256("x"));
    token.id[3] = 'G';
    CHECK_FALSE(JoinToken::parse(token.text()));
    ApiToken api = ApiToken::make(random);
    api.secret[0] = '+';
    CHECK_FALSE(ApiToken::parse(api.text()));
}

TEST_CASE("an API token comes back from its text, and its hash depends on id and secret") {
    SeededRandom random;
    const ApiToken token = ApiToken::make(random);
    CHECK(token.text().size() == 3 + 1 + 32 + 1 + 43 + 1 + 8);
    const auto parsed = ApiToken::parse(token.text());
    REQUIRE(parsed);
    CHECK(parsed->id == token.id);
    CHECK(parsed->secret == token.secret);
    ApiToken other = token;
    other.id = std::string(32, '0');
    CHECK(other.hash() != token.hash());
    CHECK(token.hash() == sha256(token.id + "_" + token.secret));
}

TEST_CASE("a join token's text is exactly as the protocol writes it") {
    JoinToken token;
    token.id = std::string(32, '0');
    token.secret = std::string(43, 'A');
    token.ca_digest = std::string(64, '0');
    const std::string body = "slj1_" + token.id + "_" + token.secret + "_" + std::string(43, 'A');
    CHECK(token.text() == body + "_" +
                              run("printf %s '" + body +
                                  "' | python3 -c 'import sys,zlib; "
                                  "sys.stdout.write(\"%08x\" % zlib.crc32(sys.stdin.buffer.read()))'")
                                  .output);
}
