#include "platform/crypto/certificate_request.h"

#include <algorithm>

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "tests/unit/platform/crypto/fixtures.h"

using namespace slipway;
using namespace slipway::crypto;
using namespace slipway::crypto::tests;
using namespace std::literals;

namespace {

/// A DER element around `content`, for requests that no tool would make.
std::string der(unsigned char tag, std::string_view content) {
    std::string text(1, static_cast<char>(tag));
    int bytes = content.size() < 0x80 ? 0 : 1;
    while (bytes > 0 && content.size() >> 8 * bytes != 0) ++bytes;
    if (bytes > 0) text += static_cast<char>(0x80 | bytes);
    for (int i = std::max(bytes, 1) - 1; i >= 0; --i) text += static_cast<char>(content.size() >> 8 * i & 255);
    return text.append(content);
}

std::string request_of(const std::string& folder_arguments, const ScratchFolder& folder) {
    const CommandEnd end = run("openssl req -new -nodes -keyout " + folder.path("key.pem") + " -out " +
                               folder.path("request.pem") + " " + folder_arguments);
    INFO(end.output);
    REQUIRE(end.code == 0);
    return folder.read("request.pem");
}

constexpr const char* p256 = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=agent ";

}  // namespace

TEST_CASE("a request made here is read here and accepted by the openssl command") {
    const ScratchFolder folder;
    const PrivateKey key = PrivateKey::generate().value();
    const std::string pem = CertificateRequest::make(key).value();
    CHECK(CertificateRequest::parse(pem)->public_key() == key.public_key());
    const CommandEnd judge = run("openssl req -verify -noout -in " + folder.write("request.pem", pem));
    CHECK(judge.code == 0);
    CHECK(judge.output.find("verify OK") != std::string::npos);
}

TEST_CASE("a request is read as PEM and as DER") {
    const ScratchFolder folder;
    const std::string pem = request_of(p256, folder);
    REQUIRE(run("openssl req -in " + folder.path("request.pem") + " -outform DER -out " + folder.path("request.der"))
                .code == 0);
    const auto from_pem = CertificateRequest::parse(pem);
    const auto from_der = CertificateRequest::parse(folder.read("request.der"));
    REQUIRE(from_pem);
    REQUIRE(from_der);
    CHECK(from_pem->public_key() == from_der->public_key());
    CHECK_FALSE(CertificateRequest::parse(folder.read("request.der") + "x"));
    CHECK_FALSE(CertificateRequest::parse(pem + pem));
}

TEST_CASE("names and extensions that a request wishes for are not even read") {
    const ScratchFolder folder;
    CHECK(CertificateRequest::parse(request_of(
        std::string(p256) + "-subj '/CN=admin/O=root' -addext subjectAltName=URI:urn:slipway:agent:other,DNS:evil "
                            "-addext basicConstraints=critical,CA:TRUE -addext extendedKeyUsage=serverAuth",
        folder)));
}

TEST_CASE("keys of other kinds and sizes are refused by their bytes") {
    const ScratchFolder folder;
    const auto refused = [&](const std::string& arguments) {
        const auto parsed = CertificateRequest::parse(request_of(arguments + " -subj /CN=agent", folder));
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == Code::invalid);
    };
    refused("-newkey rsa:512");
    refused("-newkey rsa:2048");
    refused("-newkey ec -pkeyopt ec_paramgen_curve:P-384");
    refused("-newkey ec -pkeyopt ec_paramgen_curve:secp256k1");
    refused("-newkey ec -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit");
    refused("-newkey ed25519");
    refused(std::string(p256) + "-sha1");
    refused(std::string(p256) + "-sha512");
}

TEST_CASE("a 16,384-bit RSA key is refused before any arithmetic") {
    const std::string rsa = der(0x30, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"sv);
    const std::string modulus = der(0x02, "\0"s + std::string(2048, '\xff'));
    const std::string key = der(0x30, modulus + "\x02\x03\x01\x00\x01"s);
    const std::string spki = der(0x30, rsa + der(0x03, "\0"s + key));
    const std::string info = der(0x30, "\x02\x01\x00\x30\x00"s + spki + "\xa0\x00"s);
    const std::string rsa_sha256 = der(0x30, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"sv);
    const auto parsed = CertificateRequest::parse(der(0x30, info + rsa_sha256 + der(0x03, std::string(2049, '\0'))));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Code::invalid);
}

TEST_CASE("a request whose signature is not its key's proves nothing and is refused") {
    const PrivateKey key = PrivateKey::generate().value();
    const PrivateKey other = PrivateKey::generate().value();
    const std::string info = der(0x30, "\x02\x01\x00\x30\x00"s + key.public_key().spki() + "\xa0\x00"s);
    const std::string algorithm = "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"s;
    const auto request = [&](const std::string& signature) {
        return CertificateRequest::parse(der(0x30, info + algorithm + der(0x03, "\0"s + signature)));
    };
    CHECK(request(key.sign(info).value()));
    const auto stolen = request(other.sign(info).value());
    REQUIRE_FALSE(stolen);
    CHECK(stolen.error().message == "the certificate request is not signed with the key that it names");
    CHECK_FALSE(request(""));
    CHECK_FALSE(request(std::string(2000, 'x')));
}

TEST_CASE("ten megabytes of attributes are refused by their length alone") {
    const PrivateKey key = PrivateKey::generate().value();
    const auto with_attributes = [&](std::size_t size) {
        const std::string info =
            der(0x30, "\x02\x01\x00\x30\x00"s + key.public_key().spki() + der(0xA0, der(0x30, std::string(size, 'x'))));
        return der(0x30, info + "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"s +
                             der(0x03, "\0"s + key.sign(info).value()));
    };
    const auto huge = CertificateRequest::parse(with_attributes(10 * 1024 * 1024));
    REQUIRE_FALSE(huge);
    CHECK(huge.error().code == Code::limit);
    CHECK(huge.error().message.find("the limit is 16384") != std::string::npos);
    CHECK(CertificateRequest::parse(with_attributes(10'000)));

    std::string one_too_many = with_attributes(10'000);
    one_too_many.resize(limits::certificate_request_bytes_max + 1);
    CHECK(CertificateRequest::parse(one_too_many).error().code == Code::limit);
    one_too_many.resize(limits::certificate_request_bytes_max);
    CHECK(CertificateRequest::parse(one_too_many).error().code == Code::invalid);
}

TEST_CASE("every cut and every changed byte of a request is refused without a crash") {
    const ScratchFolder folder;
    request_of(p256, folder);
    REQUIRE(run("openssl req -in " + folder.path("request.pem") + " -outform DER -out " + folder.path("request.der"))
                .code == 0);
    const std::string whole = folder.read("request.der");
    REQUIRE(CertificateRequest::parse(whole));
    for (std::size_t i = 0; i < whole.size(); ++i) {
        CHECK_FALSE(CertificateRequest::parse(whole.substr(0, i)));
        std::string changed = whole;
        changed[i] = static_cast<char>(changed[i] ^ 0x55);
        CHECK_FALSE(CertificateRequest::parse(changed));
    }
}

TEST_CASE("lengths in other than their shortest form are refused") {
    const PrivateKey key = PrivateKey::generate().value();
    CHECK_FALSE(CertificateRequest::parse("\x30\x80\x00\x00"sv));
    CHECK_FALSE(CertificateRequest::parse("\x30\x81\x05\x02\x01\x00\x30\x00"sv));
    CHECK_FALSE(CertificateRequest::parse("\x30\x84\xff\xff\xff\xff"sv));
    CHECK_FALSE(CertificateRequest::parse("\x30"sv));
    CHECK_FALSE(CertificateRequest::parse(""));
}
