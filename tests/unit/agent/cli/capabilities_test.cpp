#include "agent/cli/capabilities.h"

#include <catch2/catch.hpp>

#include "agent/cli/status_file.h"
#include "agent/cli/version_probe.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"
#include "tests/suites/os_fixtures.h"

namespace slipway::cli {

TEST_CASE("a version is the first number with a dot in what a program says") {
    CHECK(version_in("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)") == "5.2.15");
    CHECK(version_in("nginx version: nginx/1.22.1\n") == "1.22.1");
    CHECK(version_in("v18.19.0") == "18.19.0");
    CHECK(version_in("*** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***") == "1.5.4");
    CHECK(version_in("systemd 252 (252.36-1~deb12u1)") == "252.36");
    CHECK(version_in("ends with 1.2.") == "1.2");
    CHECK(version_in("12 apes").empty());
    CHECK(version_in("").empty());
}

TEST_CASE("facts of the machine, tools on the PATH and tags are capabilities") {
    os::Host host;
    host.system = "linux";
    host.architecture = "x86_64";
    host.name = "web\x01";
    const auto found = find_capabilities(host, "/usr/bin:/bin", {{"region", "eu"}, {"sh", "tagged"}}, "1.2.3");
    CHECK(found.capabilities.at("os") == "linux");
    CHECK(found.capabilities.at("arch") == "x86_64");
    CHECK(found.capabilities.at("hostname") == "web?");
    CHECK(found.capabilities.at("slipway-agent") == "1.2.3");
    CHECK(found.capabilities.at("region") == "eu");
    CHECK(found.capabilities.at("sh") == "tagged");
    CHECK(found.capabilities.at("tar").empty());
    CHECK_FALSE(found.capabilities.contains("distribution"));
    CHECK(found.programs.contains("tar"));
}

TEST_CASE("the digest of capabilities changes with a name and with a value") {
    const wire::Capabilities before{{"a", "1"}, {"b", ""}};
    CHECK(digest_of(before) == digest_of({{"b", ""}, {"a", "1"}}));
    CHECK(digest_of(before) != digest_of({{"a", "2"}, {"b", ""}}));
    CHECK(digest_of(before) != digest_of({{"a", "1"}, {"c", ""}}));
    CHECK(is_digest(digest_of({})));
}

TEST_CASE_METHOD(os::SystemFilesFixture,
                 "programs are asked one after another, and one that hangs or fails only lacks its version") {
    const auto script = [&](const std::string& name, const std::string& text) {
        auto file =
            VALUE_OF(root().open(name, {.access = os::Access::write, .create = os::Create::exclusive, .mode = 0700}));
        REQUIRE_DONE(file->append("#!/bin/sh\n" + text + "\n"));
        REQUIRE_DONE(file->set_mode(0700));
        return root().path() + "/" + name;
    };
    os::SystemClock clock;
    const auto loop = VALUE_OF(os::make_event_loop(clock));
    const auto launcher = VALUE_OF(os::make_launcher(*loop));
    const auto groups = VALUE_OF(os::make_groups(*loop, {.instance = "versions-test"}));
    VersionProbe probe(*loop, *launcher, *groups);
    std::optional<VersionProbe::Versions> versions;
    probe.start({{"bash", script("answers", "echo bash 5.2.15")},
                 {"curl", script("fails", "echo curl 7.1; exit 3")},
                 {"git", "/nowhere/git"},
                 {"java", script("hangs", "exec sleep 600")},
                 {"nginx", script("on-error-output", "echo nginx/1.22.1 >&2")}},
                [&](VersionProbe::Versions found) { versions = std::move(found); });
    const Steady deadline = clock.steady() + 30s;
    while (!versions && clock.steady() < deadline) REQUIRE(loop->run_once(100ms));
    REQUIRE(versions);
    CHECK(*versions == VersionProbe::Versions{{"bash", "5.2.15"}, {"curl", "7.1"}, {"nginx", "1.22.1"}});
}

TEST_CASE("what a running agent says of itself is read as it was written") {
    os::ManualClock clock;
    os::MemoryFiles files(clock);
    const auto state = files.make_directories("/state", 0700).value();
    CHECK_FALSE(read_status(*state).value().has_value());
    Status status;
    status.version = "1.2.3";
    status.process = "boot 1 2";
    status.written = clock.wall();
    status.url = "https://localhost:8441";
    status.online = true;
    status.last_contact = clock.wall();
    status.clock_ahead_ms = -1500;
    status.slots = 3;
    status.attempts.push_back({"attempt", "job", "running"});
    REQUIRE(write_status(*state, status));
    const auto read = read_status(*state).value().value();
    CHECK(read.version == "1.2.3");
    CHECK(read.written == status.written);
    CHECK(read.last_contact == status.last_contact);
    CHECK(read.clock_ahead_ms == -1500);
    CHECK(read.slots == 3);
    REQUIRE(read.attempts.size() == 1);
    CHECK(read.attempts[0].state == "running");
}

}  // namespace slipway::cli
