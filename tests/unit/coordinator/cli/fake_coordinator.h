#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "coordinator/cli/program.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/tls.h"
#include "platform/os/clock.h"
#include "tests/unit/platform/net/openssl_server.h"

namespace slipway::cli::tests {

using net::tests::answer;
using net::tests::Line;
using net::tests::Seen;

/// Waits between tries take no time: full jitter, always the least.
class NoJitter final : public Random {
public:
    void fill(std::span<unsigned char> bytes) override {
        for (unsigned char& byte : bytes) byte = 0;
        if (!bytes.empty()) bytes.front() = 1;  // a number of 0 would be drawn again for ever
    }
};

inline std::string problem(int status, const std::string& reason, const std::string& detail) {
    return answer(status,
                  R"({"type": "urn:slipway:problem:)" + reason + R"(", "title": "t", "status": )" +
                      std::to_string(status) + R"(, "detail": ")" + detail + "\"}",
                  "Content-Type: application/problem+json\r\nX-Request-Id: r1\r\n");
}

/// A coordinator on a real TLS port that answers as the test says, and runs of `slipway` against it in a folder of
/// their own. The client trusts its authority by digest.
class FakeCoordinator {
public:
    using Answer = net::tests::Server::Answer;

    explicit FakeCoordinator(Answer answer_to) : server_(users_.context(), std::move(answer_to)) {
        std::string name = (std::filesystem::temp_directory_path() / "slipway-cli-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    ~FakeCoordinator() { std::filesystem::remove_all(folder_); }
    FakeCoordinator(const FakeCoordinator&) = delete;
    FakeCoordinator& operator=(const FakeCoordinator&) = delete;

    std::string url() const { return server_.url(""); }
    std::string ca_sha256() const { return authority_.certificate().digest(); }
    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string config() const { return path("home/slipway/config.json"); }
    std::vector<Seen> seen() { return server_.seen(); }

    std::string write(const std::string& name, const std::string& bytes) {
        std::ofstream(path(name), std::ios::binary) << bytes;
        return path(name);
    }
    std::string read(const std::string& name) const {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    struct Ran {
        int code = 0;
        std::string out, err;
    };
    /// As somebody who is logged in.
    Ran run(std::vector<std::string> arguments, const std::string& input = {}) {
        arguments.insert(arguments.end(), {"--url", url(), "--ca-sha256", ca_sha256()});
        return run_as(std::move(arguments), {{"SLIPWAY_TOKEN", "slt_test"}}, input);
    }
    Ran run_as(std::vector<std::string> arguments, os::Environment environment, const std::string& input = {}) {
        environment["XDG_CONFIG_HOME"] = path("home");
        std::istringstream in(input);
        std::ostringstream out, err;
        const auto files = os::make_system_files();
        const ExitCode code = run_program({.arguments = std::move(arguments),
                                           .environment = std::move(environment),
                                           .version = "test",
                                           .clock = clock_,
                                           .random = random_,
                                           .files = *files,
                                           .in = in,
                                           .out = out,
                                           .err = err});
        return {static_cast<int>(code), out.str(), err.str()};
    }

private:
    os::SystemRandom real_random_;
    os::SystemClock clock_;
    NoJitter random_;
    crypto::CertificateAuthority authority_ =
        crypto::CertificateAuthority::create("test", clock_.wall(), real_random_).value();
    crypto::PrivateKey key_ = crypto::PrivateKey::generate().value();
    crypto::TlsServer users_ =
        crypto::TlsServer::for_users(
            {{authority_.issue_server({key_.public_key(), {"localhost"}, clock_.wall()}, real_random_).value(),
              authority_.certificate()},
             key_})
            .value();
    std::filesystem::path folder_;
    net::tests::Server server_;
};

}  // namespace slipway::cli::tests
