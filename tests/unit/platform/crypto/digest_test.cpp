#include <catch2/catch.hpp>

#include "platform/crypto/hmac.h"
#include "platform/crypto/secret.h"
#include "platform/crypto/sha256.h"

using namespace slipway;
using namespace slipway::crypto;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(to_hex(sha256_raw("abc")) == sha256("abc"));
}

TEST_CASE("SHA-256 in pieces is SHA-256 of the whole, and a digest so far does not end it") {
    Sha256 pieces;
    pieces.update("a");
    CHECK(pieces.hex() == sha256("a"));
    pieces.update("");
    pieces.update("bc");
    CHECK(pieces.hex() == sha256("abc"));
    CHECK(pieces.hex() == sha256("abc"));
}

TEST_CASE("a copy of a SHA-256 goes on by itself from the same middle state") {
    Sha256 first;
    first.update("log so far ");
    Sha256 second(first);
    first.update("one");
    second.update("two");
    CHECK(first.hex() == sha256("log so far one"));
    CHECK(second.hex() == sha256("log so far two"));
    second = first;
    CHECK(second.hex() == first.hex());
}

TEST_CASE("HMAC-SHA256 gives the codes of RFC 4231") {
    CHECK(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("an empty HMAC key is the empty key, not the key of the call before") {
    static_cast<void>(hmac_sha256("another key", "text"));
    CHECK(to_hex(hmac_sha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("a secret moves and leaves nothing behind where it was") {
    Secret first("hunter2");
    const Secret second(std::move(first));
    CHECK(second.view() == "hunter2");
    CHECK(first.empty());
}
