#include "agent/cli/configuration.h"

#include <catch2/catch.hpp>

#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"

namespace slipway::cli {
namespace {

struct Machine {
    os::ManualClock clock;
    os::MemoryFiles files{clock};
    os::Environment environment;
    std::vector<std::string> arguments;

    void write(const std::string& text) {
        const auto directory = files.make_directories("/etc/slipway", 0755).value();
        REQUIRE(os::replace_whole(*directory, "agent.yaml", text));
    }
    Result<Configuration> read() {
        const auto parsed =
            Arguments::parse(arguments, {{std::begin(configuration_options), std::end(configuration_options)}, {}});
        if (!parsed) return fail(parsed.error());
        return read_configuration(*parsed, environment, files);
    }
    std::string refusal() {
        const auto configuration = read();
        REQUIRE_FALSE(configuration);
        return configuration.error().message;
    }
};

}  // namespace

TEST_CASE("without a file the defaults count") {
    Machine machine;
    const auto read = machine.read().value();
    CHECK(read.state == "/var/lib/slipway-agent");
    CHECK(read.slots == 1);
    CHECK(read.cache_bytes == limits::agent_cache_bytes_max);
}

TEST_CASE("the file is read, and an empty one is no error") {
    Machine machine;
    machine.write("");
    CHECK(machine.read().value().slots == 1);
    machine.write(
        "state: /srv/agent\nslots: 4\ntags: { region: eu-west, dmz: '' }\ncache_bytes: 5000000\n"
        "https_proxy: http://proxy:3128\nno_proxy: localhost\nlog_level: debug\nlog_format: json\n");
    const auto read = machine.read().value();
    CHECK(read.state == "/srv/agent");
    CHECK(read.slots == 4);
    CHECK(read.tags == std::map<std::string, std::string>{{"region", "eu-west"}, {"dmz", ""}});
    CHECK(read.cache_bytes == 5'000'000);
    CHECK(read.proxy.https_proxy == "http://proxy:3128");
    CHECK(read.proxy.no_proxy == "localhost");
    CHECK(read.log_level == LogLevel::debug);
    CHECK(read.log_format == LogFormat::json);
}

TEST_CASE("an option goes before a variable, that before the file") {
    Machine machine;
    machine.write("slots: 2\nstate: /from/file\n");
    CHECK(machine.read().value().slots == 2);
    machine.environment = {{"SLIPWAY_AGENT_SLOTS", "3"}, {"SLIPWAY_AGENT_STATE", "/from/variable"}};
    CHECK(machine.read().value().slots == 3);
    CHECK(machine.read().value().state == "/from/variable");
    machine.arguments = {"--slots", "5", "--state=/from/option"};
    CHECK(machine.read().value().slots == 5);
    CHECK(machine.read().value().state == "/from/option");
}

TEST_CASE("the environment's proxy counts when ours is not said") {
    Machine machine;
    machine.environment = {{"https_proxy", "http://theirs:1"}, {"no_proxy", "a"}};
    CHECK(machine.read().value().proxy.https_proxy == "http://theirs:1");
    CHECK(machine.read().value().proxy.no_proxy == "a");
    machine.environment["SLIPWAY_AGENT_HTTPS_PROXY"] = "http://ours:2";
    CHECK(machine.read().value().proxy.https_proxy == "http://ours:2");
    CHECK(machine.read().value().proxy.no_proxy.empty());
}

TEST_CASE("what makes no sense is refused with the place where it stands") {
    Machine machine;
    SECTION("an unknown name") {
        machine.write("slots: 2\nslot: 3\n");
        const auto message = machine.refusal();
        CHECK(message.find("/etc/slipway/agent.yaml:2") != std::string::npos);
    }
    SECTION("no slot, and one too many") {
        machine.write("slots: 0\n");
        CHECK(machine.refusal().find("slots") != std::string::npos);
        machine.write("slots: " + std::to_string(limits::slots_max + 1) + "\n");
        CHECK(machine.refusal().find("slots") != std::string::npos);
        machine.write("slots: " + std::to_string(limits::slots_max) + "\n");
        CHECK(machine.read().has_value());
    }
    SECTION("a variable that is no number") {
        machine.environment = {{"SLIPWAY_AGENT_SLOTS", "4x"}};
        CHECK(machine.refusal().find("SLIPWAY_AGENT_SLOTS") != std::string::npos);
    }
    SECTION("a relative path") {
        machine.arguments = {"--state", "here"};
        CHECK(machine.refusal().find("--state") != std::string::npos);
    }
    SECTION("a tag that the agent finds out by itself") {
        machine.write("tags: { os: beos }\n");
        CHECK(machine.refusal().find("'os'") != std::string::npos);
    }
    SECTION("a file that was named and is not there") {
        machine.arguments = {"--config", "/etc/other.yaml"};
        CHECK(machine.refusal().find("/etc/other.yaml") != std::string::npos);
    }
    SECTION("an option that nobody knows, stands twice or lacks its value") {
        machine.arguments = {"--speed", "9"};
        CHECK(machine.refusal().find("--speed") != std::string::npos);
        machine.arguments = {"--slots", "1", "--slots", "2"};
        CHECK(machine.refusal().find("twice") != std::string::npos);
        machine.arguments = {"--slots"};
        CHECK(machine.refusal().find("needs a value") != std::string::npos);
    }
}

}  // namespace slipway::cli
