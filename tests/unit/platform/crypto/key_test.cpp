#include "platform/crypto/key.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/crypto/dsse.h"
#include "platform/crypto/sha256.h"
#include "tests/unit/platform/crypto/fixtures.h"

using namespace slipway;
using namespace slipway::crypto;
using namespace slipway::crypto::tests;

TEST_CASE("a key goes to PKCS#8 and back, and signs what its public half verifies") {
    const PrivateKey key = PrivateKey::generate().value();
    const Secret pem = key.pem().value();
    CHECK(pem.view().starts_with("-----BEGIN PRIVATE KEY-----"));
    const PrivateKey again = PrivateKey::from_pem(pem.view()).value();
    CHECK(again.public_key() == key.public_key());
    const std::string signature = again.sign("text").value();
    CHECK(key.public_key().verify("text", signature));
    CHECK(key.public_key().verify("texts", signature).error().code == Code::unauthenticated);
    CHECK(key.public_key().verify("text", "").error().code == Code::unauthenticated);
    CHECK_FALSE(PrivateKey::generate()->public_key().verify("text", signature));
}

TEST_CASE("the openssl command verifies our signatures and names our key by the same digest") {
    const ScratchFolder folder;
    const PrivateKey key = PrivateKey::generate().value();
    const std::string private_file = folder.write("key.pem", key.pem()->view());
    const std::string text = folder.write("text", "signed by us");
    const std::string signature = folder.write("signature", key.sign("signed by us").value());
    CHECK(run("openssl pkey -in " + private_file + " -pubout -out " + folder.path("public.pem")).code == 0);
    CHECK(run("openssl dgst -sha256 -verify " + folder.path("public.pem") + " -signature " + signature + " " + text)
              .output == "Verified OK\n");
    CHECK(
        run("openssl pkey -pubin -in " + folder.path("public.pem") + " -outform DER | sha256sum | cut -c1-64").output ==
        key.public_key().digest() + "\n");
    CHECK(PublicKey::from_pem(folder.read("public.pem")).value() == key.public_key());
}

TEST_CASE("only unencrypted P-256 keys are read") {
    const ScratchFolder folder;
    const auto made = [&](const std::string& arguments) {
        REQUIRE(run("openssl genpkey " + arguments + " -out " + folder.path("key.pem")).code == 0);
        return PrivateKey::from_pem(folder.read("key.pem"));
    };
    CHECK(made("-algorithm EC -pkeyopt ec_paramgen_curve:P-256"));
    CHECK_FALSE(made("-algorithm EC -pkeyopt ec_paramgen_curve:P-384"));
    CHECK_FALSE(made("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit"));
    CHECK_FALSE(made("-algorithm RSA -pkeyopt rsa_keygen_bits:2048"));
    CHECK_FALSE(made("-algorithm ED25519"));
    CHECK_FALSE(made("-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-128-cbc -pass pass:x"));
    CHECK_FALSE(PrivateKey::from_pem("not a key"));
    const auto large = PrivateKey::from_pem(std::string(limits::certificate_bytes_max + 1, '\n'));
    CHECK(large.error().code == Code::limit);
    CHECK(PublicKey::from_pem(std::string(limits::certificate_bytes_max + 1, '\n')).error().code == Code::limit);
}

TEST_CASE("a public key whose point is not on the curve is refused") {
    std::string spki = PrivateKey::generate()->public_key().spki();
    CHECK(PublicKey::from_spki(spki));
    spki.back() = static_cast<char>(spki.back() ^ 1);
    CHECK_FALSE(PublicKey::from_spki(spki));
    CHECK_FALSE(PublicKey::from_spki(spki.substr(0, spki.size() - 1)));
}

TEST_CASE("the pre-authentication encoding is the one of the DSSE 1.0 text") {
    CHECK(dsse_pae("http://example.com/HelloWorld", "hello world") ==
          "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    CHECK(dsse_pae("", "") == "DSSEv1 0  0 ");
}

TEST_CASE("a DSSE signature binds the type and the payload") {
    const PrivateKey key = PrivateKey::generate().value();
    const std::string signature = dsse_sign(key, "type", "payload").value();
    CHECK(dsse_verify(key.public_key(), "type", "payload", signature));
    CHECK_FALSE(dsse_verify(key.public_key(), "type2", "payload", signature));
    CHECK_FALSE(dsse_verify(key.public_key(), "type", "payloads", signature));
}
