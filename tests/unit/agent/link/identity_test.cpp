#include "agent/link/identity.h"

#include <catch2/catch.hpp>

#include "agent/link/renewal.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"
#include "platform/wire/enroll.h"

namespace slipway::link {
namespace {

struct Host {
    os::SystemRandom random;
    os::ManualClock clock;
    os::MemoryFiles files{clock};
    std::unique_ptr<os::Directory> state = files.make_directories("/state", 0700).value();
    crypto::CertificateAuthority authority = crypto::CertificateAuthority::create("test", clock.wall(), random).value();
    std::string agent = make_uuid7(clock.wall(), random);

    Host() { REQUIRE(files.open_directory("/").value()->sync()); }

    Credentials credentials() {
        const auto key = crypto::PrivateKey::generate().value();
        const auto certificate = authority.issue_agent({key.public_key(), agent, clock.wall()}, random).value();
        return {certificate.pem(), std::string(key.pem()->view()), authority.certificate().pem(),
                certificate.not_before(), certificate.not_after()};
    }
    Identity::Enrolled enrolled() { return {agent, "web-01", "default", "https://localhost:8441", credentials()}; }
    void reopen() { state = files.make_directories("/state", 0700).value(); }
};

}  // namespace

TEST_CASE("a host that is not enrolled is told so") {
    Host host;
    const auto identity = Identity::open(*host.state);
    REQUIRE_FALSE(identity);
    CHECK(identity.error().code == Code::not_found);
}

TEST_CASE("an identity is read as it was made and only its owner may read the key") {
    Host host;
    const auto made = host.enrolled();
    REQUIRE(Identity::create(*host.state, made));
    const auto identity = Identity::open(*host.state).value();
    CHECK(identity->agent() == host.agent);
    CHECK(identity->name() == "web-01");
    CHECK(identity->pool() == "default");
    CHECK(identity->url() == "https://localhost:8441");
    CHECK(identity->credentials().certificate == made.credentials.certificate);
    CHECK(identity->credentials().key == made.credentials.key);
    CHECK(identity->credentials().not_after == made.credentials.not_after);
    CHECK(identity->start_epoch() == 0);
    const auto pki = host.state->open_directory("pki").value();
    CHECK(pki->status("current").value()->mode == 0700);
    CHECK(pki->open_directory("current").value()->status("key.pem").value()->mode == 0600);
}

TEST_CASE("a renewed certificate for another key is refused") {
    Host host;
    const auto wish = make_renewal().value();
    const auto answer_with = [&](const crypto::PublicKey& key) {
        const auto certificate = host.authority.issue_agent({key, host.agent, host.clock.wall()}, host.random).value();
        net::Response response;
        response.status = 200;
        response.body = wire::encode(wire::RenewAnswer{0, certificate.pem(), host.authority.certificate().pem()});
        return response;
    };
    const auto own = crypto::PrivateKey::from_pem(wish.key).value();
    const auto renewed = read_renewal(answer_with(own.public_key()), wish.key);
    REQUIRE(renewed);
    CHECK(renewed->key == wish.key);
    const auto foreign = read_renewal(answer_with(crypto::PrivateKey::generate().value().public_key()), wish.key);
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code == Code::corrupt);
}

TEST_CASE("each start has a higher epoch, also after a power cut") {
    Host host;
    REQUIRE(Identity::create(*host.state, host.enrolled()));
    for (std::int64_t epoch = 1; epoch < 5; ++epoch) {
        const auto identity = Identity::open(*host.state).value();
        REQUIRE(identity->begin_epoch());
        CHECK(identity->start_epoch() == epoch);
        REQUIRE(identity->set_restore_epoch(epoch * 10));
        host.files.power_cut(host.random);
        host.reopen();
    }
    CHECK(Identity::open(*host.state).value()->restore_epoch() == 40);
}

TEST_CASE("a renewed certificate counts at once and takes the place of the current one when it was seen") {
    Host host;
    const auto made = host.enrolled();
    REQUIRE(Identity::create(*host.state, made));
    const auto next = host.credentials();
    auto identity = Identity::open(*host.state).value();
    REQUIRE(identity->put_next(next));
    CHECK(identity->credentials().certificate == next.certificate);
    identity = Identity::open(*host.state).value();
    CHECK(identity->has_next());
    CHECK(identity->credentials().key == next.key);
    SECTION("seen") {
        REQUIRE(identity->promote_next());
        CHECK_FALSE(identity->has_next());
        identity = Identity::open(*host.state).value();
        CHECK_FALSE(identity->has_next());
        CHECK(identity->credentials().certificate == next.certificate);
    }
    SECTION("refused") {
        REQUIRE(identity->drop_next());
        CHECK(identity->credentials().certificate == made.credentials.certificate);
        identity = Identity::open(*host.state).value();
        CHECK(identity->credentials().certificate == made.credentials.certificate);
    }
}

TEST_CASE("a half-written next certificate is ignored") {
    Host host;
    const auto made = host.enrolled();
    REQUIRE(Identity::create(*host.state, made));
    const auto pki = host.state->open_directory("pki").value();
    const auto next = pki->make_directory("next", 0700).value();
    REQUIRE(os::create_durably(*next, "certificate.pem", host.credentials().certificate));
    REQUIRE(os::create_durably(*next, "key.pem", made.credentials.key));  // of another certificate
    auto identity = Identity::open(*host.state).value();
    CHECK_FALSE(identity->has_next());
    CHECK(identity->credentials().certificate == made.credentials.certificate);
    REQUIRE(identity->put_next(host.credentials()));
    CHECK(Identity::open(*host.state).value()->has_next());
}

TEST_CASE("after a power cut at any operation of a renewal there is one whole identity") {
    for (int stop = 0;; ++stop) {
        Host host;
        const auto made = host.enrolled();
        REQUIRE(Identity::create(*host.state, made));
        const auto next = host.credentials();
        const auto identity = Identity::open(*host.state).value();
        int operations = 0;
        bool cut = false;
        host.files.on_operation([&](std::string_view, const std::string&) -> std::optional<Error> {
            if (cut || operations++ == stop) {
                cut = true;
                return Error{Code::io, "the power is gone"};
            }
            return std::nullopt;
        });
        const bool put = identity->put_next(next).has_value();
        const bool promoted = put && identity->promote_next().has_value();
        host.files.on_operation(nullptr);
        host.files.power_cut(host.random);
        host.reopen();
        INFO("power cut at operation " << stop);
        const auto again = Identity::open(*host.state);
        if (!again) FAIL(again.error().message);
        const std::string& certificate = (*again)->credentials().certificate;
        CHECK((certificate == made.credentials.certificate || certificate == next.certificate));
        if (put) CHECK(certificate == next.certificate);
        if (promoted) CHECK_FALSE((*again)->has_next());
        if (!cut) break;
        REQUIRE(stop < 1000);
    }
}

TEST_CASE("after a power cut at any operation of enrolling the host is enrolled or it is not") {
    for (int stop = 0;; ++stop) {
        Host host;
        int operations = 0;
        bool cut = false;
        host.files.on_operation([&](std::string_view, const std::string&) -> std::optional<Error> {
            if (cut || operations++ == stop) {
                cut = true;
                return Error{Code::io, "the power is gone"};
            }
            return std::nullopt;
        });
        const bool created = Identity::create(*host.state, host.enrolled()).has_value();
        host.files.on_operation(nullptr);
        host.files.power_cut(host.random);
        host.reopen();
        INFO("power cut at operation " << stop);
        const auto again = Identity::open(*host.state);
        CHECK((again.has_value() || again.error().code == Code::not_found));
        if (created) CHECK(again.has_value());
        if (!again) CHECK(Identity::create(*host.state, host.enrolled()));
        if (!cut) break;
        REQUIRE(stop < 1000);
    }
}

}  // namespace slipway::link
