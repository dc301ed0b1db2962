#include "platform/crypto/certificate.h"

#include <catch2/catch.hpp>

#include "platform/base/limits.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/ip_text.h"
#include "platform/crypto/sha256.h"
#include "tests/unit/platform/crypto/fixtures.h"

using namespace slipway;
using namespace slipway::crypto;
using namespace slipway::crypto::tests;
using namespace std::string_literals;

namespace {

struct Fixture {
    SeededRandom random;
    CertificateAuthority authority = CertificateAuthority::create("Slipway test authority", some_day, random).value();
    PrivateKey key = PrivateKey::generate().value();

    Certificate agent() { return authority.issue_agent({key.public_key(), some_agent, some_day}, random).value(); }
    Certificate server(std::vector<std::string> names) {
        return authority.issue_server({key.public_key(), std::move(names), some_day}, random).value();
    }
};

std::string at(Time time) { return std::to_string(time.us / 1'000'000); }

}  // namespace

TEST_CASE_METHOD(Fixture, "an agent's certificate says who it is and nothing more") {
    const Certificate certificate = agent();
    CHECK(certificate.agent_id() == some_agent);
    CHECK(certificate.uris() == std::vector<std::string>{"urn:slipway:agent:" + some_agent});
    CHECK(certificate.dns_names().empty());
    CHECK_FALSE(certificate.is_ca());
    CHECK(certificate.not_before() == some_day - 5min);
    CHECK(certificate.not_after() == some_day + 30 * 24h);
    CHECK(certificate.public_key_digest() == key.public_key().digest());
    CHECK(certificate.issuer() == "CN=Slipway test authority");
    CHECK(certificate.serial().size() == 32);
    CHECK(certificate.serial() != agent().serial());
}

TEST_CASE_METHOD(Fixture, "the openssl command verifies each certificate for its own purpose only") {
    const ScratchFolder folder;
    const std::string root = folder.write("root.pem", authority.certificate().pem());
    const std::string client = folder.write("agent.pem", agent().pem());
    const std::string host = folder.write("server.pem", server({"deploy.example", "127.0.0.1", "::1"}).pem());
    const std::string verify = "openssl verify -x509_strict -CAfile " + root + " -attime ";
    CHECK(run(verify + at(some_day) + " -purpose sslclient " + client).code == 0);
    CHECK(run(verify + at(some_day) + " -purpose sslserver " + client).code != 0);
    CHECK(run(verify + at(some_day) + " -purpose sslserver " + host).code == 0);
    CHECK(run(verify + at(some_day) + " -purpose sslclient " + host).code != 0);
    CHECK(run(verify + at(some_day) + " -verify_hostname deploy.example " + host).code == 0);
    CHECK(run(verify + at(some_day) + " -verify_ip ::1 " + host).code == 0);
    CHECK(run(verify + at(some_day) + " -verify_hostname other.example " + host).code != 0);
    CHECK(run(verify + at(some_day - 6min) + " " + client).code != 0);
    CHECK(run(verify + at(some_day + 30 * 24h + 1s) + " " + client).code != 0);
    CHECK(run(verify + at(some_day + 9 * 365 * 24h) + " " + root).code == 0);
    SeededRandom other_random(2);
    const auto other = CertificateAuthority::create("Slipway test authority", some_day, other_random).value();
    const std::string other_root = folder.write("other.pem", other.certificate().pem());
    CHECK(run("openssl verify -CAfile " + other_root + " -attime " + at(some_day) + " " + client).code != 0);
}

TEST_CASE_METHOD(Fixture, "the authority's certificate may sign leaves and no further authorities") {
    const ScratchFolder folder;
    CHECK(authority.certificate().is_ca());
    const std::string text =
        run("openssl x509 -noout -text -in " + folder.write("root.pem", authority.certificate().pem())).output;
    CHECK(text.find("CA:TRUE, pathlen:0") != std::string::npos);
    CHECK(text.find("Certificate Sign, CRL Sign") != std::string::npos);
    CHECK(authority.certificate().not_after() > some_day + 3650 * 24h);
}

TEST_CASE_METHOD(Fixture, "an authority is loaded from its two files and issues under the same root") {
    const auto loaded = CertificateAuthority::load(authority.certificate().pem(), authority.key().pem()->view());
    REQUIRE(loaded);
    CHECK(loaded->certificate() == authority.certificate());
    CHECK_FALSE(CertificateAuthority::load(authority.certificate().pem(), key.pem()->view()));
    CHECK_FALSE(CertificateAuthority::load(agent().pem(), key.pem()->view()));
    CHECK_FALSE(CertificateAuthority::load("", key.pem()->view()));
}

TEST_CASE_METHOD(Fixture, "server certificates carry host names and addresses, each as what it is") {
    const Certificate certificate = server({"localhost", "a_b.example", "127.0.0.1", "2001:db8::1", "::1"});
    CHECK(certificate.dns_names() == std::vector<std::string>{"localhost", "a_b.example"});
    CHECK(certificate.ip_addresses() == std::vector<std::string>{"127.0.0.1", "2001:db8::1", "::1"});
    CHECK(certificate.not_after() == some_day + 365 * 24h);
    CHECK_FALSE(certificate.agent_id());
    for (const std::string bad : {"", "a b", "*.example", ".x", "x.", "a..b", "a/b"})
        CHECK_FALSE(authority.issue_server({key.public_key(), {bad}, some_day}, random));
    CHECK_FALSE(authority.issue_server({key.public_key(), {"evil\0.example"s}, some_day}, random));
    CHECK_FALSE(authority.issue_server({key.public_key(), {std::string(64, 'a')}, some_day}, random));
    CHECK_FALSE(authority.issue_server({key.public_key(), {}, some_day}, random));
    CHECK(authority.issue_server({key.public_key(), {std::string(63, 'a') + "." + std::string(63, 'b')}, some_day},
                                 random));
}

TEST_CASE_METHOD(Fixture, "an agent's certificate is made for an id only") {
    CHECK_FALSE(authority.issue_agent({key.public_key(), "x", some_day}, random));
    CHECK_FALSE(authority.issue_agent({key.public_key(), some_agent + "/..", some_day}, random));
}

TEST_CASE_METHOD(Fixture, "a certificate goes through PEM and names itself as the openssl command does") {
    const ScratchFolder folder;
    const Certificate certificate = agent();
    const std::string file = folder.write("agent.pem", certificate.pem());
    CHECK(Certificate::from_pem(certificate.pem()).value() == certificate);
    CHECK(run("openssl x509 -in " + file + " -outform DER | sha256sum | cut -c1-64").output ==
          certificate.digest() + "\n");
    std::string serial = run("openssl x509 -noout -serial -in " + file).output;
    for (char& c : serial) c = static_cast<char>(std::tolower(c));
    CHECK(serial == "serial=" + certificate.serial() + "\n");
    CHECK(run("openssl x509 -in " + file).output == certificate.pem());
}

TEST_CASE_METHOD(Fixture, "a chain is read in its order, and only as far as its limits") {
    const std::vector<Certificate> chain{agent(), authority.certificate()};
    CHECK(Certificate::chain_from_pem(to_pem(chain)).value() == chain);
    CHECK_FALSE(Certificate::from_pem(to_pem(chain)));
    CHECK_FALSE(Certificate::chain_from_pem(""));
    CHECK_FALSE(Certificate::chain_from_pem(to_pem(chain) + "more"));
    CHECK_FALSE(Certificate::chain_from_pem(key.pem()->view()));
    const std::vector<Certificate> full(limits::certificate_chain_max, chain[1]);
    CHECK(Certificate::chain_from_pem(to_pem(full)));
    CHECK(Certificate::chain_from_pem(to_pem(full) + chain[1].pem()).error().code == Code::limit);
    CHECK(Certificate::from_der(std::string(limits::certificate_bytes_max + 1, '\x30')).error().code == Code::limit);
    CHECK(Certificate::from_der(std::string(limits::certificate_bytes_max, '\x30')).error().code == Code::invalid);
    CHECK_FALSE(Certificate::from_der(chain[0].der() + "x"));
}

TEST_CASE_METHOD(Fixture, "every cut of a certificate is refused without a crash") {
    const std::string whole = agent().der();
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK_FALSE(Certificate::from_der(whole.substr(0, i)));
}

TEST_CASE("addresses are written as RFC 5952 says") {
    CHECK(ip_to_text("\x0a\x00\x00\x01"s).value() == "10.0.0.1");
    CHECK(ip_to_text(std::string(16, '\0')).value() == "::");
    CHECK(ip_to_text(std::string(15, '\0') + "\x01").value() == "::1");
    CHECK(ip_to_text("\x20\x01\x0d\xb8"s + std::string(12, '\0')).value() == "2001:db8::");
    CHECK(ip_to_text(from_hex("20010db8000000010001000100010001").value()).value() == "2001:db8:0:1:1:1:1:1");
    CHECK(ip_to_text(from_hex("20010000000000010000000000000001").value()).value() == "2001:0:0:1::1");
    CHECK_FALSE(ip_to_text("abc"));
}
