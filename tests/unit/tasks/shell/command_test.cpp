#include "tasks/shell/command.h"

#include <catch2/catch.hpp>

using namespace slipway;
using tasks::shell::command_of;

TEST_CASE("a script's text never stands in argv") {
    const auto command = command_of({{"interpreter", "bash"}, {"script", "echo secret"}}, "/usr/bin:/bin");
    REQUIRE(command);
    CHECK_THAT(command->program, Catch::EndsWith("/bash"));
    CHECK(command->arguments == std::vector<std::string>{"bash", "--noprofile", "--norc", "-eo", "pipefail"});
    CHECK(command->script == "echo secret");
}

TEST_CASE("sh stops at the first failure too") {
    const auto command = command_of({{"interpreter", "sh"}, {"script", "true"}}, "/usr/bin:/bin");
    REQUIRE(command);
    CHECK(command->arguments == std::vector<std::string>{"sh", "-e"});
}

TEST_CASE("a script file is never taken for an option nor looked for on the PATH") {
    const auto relative = command_of({{"interpreter", "sh"}, {"file", "-x"}}, "/usr/bin:/bin");
    REQUIRE(relative);
    CHECK(relative->arguments.back() == "./-x");
    CHECK_FALSE(relative->script);
    const auto absolute = command_of({{"interpreter", "sh"}, {"file", "/srv/deploy.sh"}}, "/usr/bin:/bin");
    REQUIRE(absolute);
    CHECK(absolute->arguments.back() == "/srv/deploy.sh");
}

TEST_CASE("a missing interpreter is named with what to do") {
    const auto command = command_of({{"interpreter", "bash"}, {"script", "true"}}, "/nonexistent");
    REQUIRE_FALSE(command);
    CHECK_THAT(command.error().message,
               Catch::Contains("there is no bash on this host") && Catch::Contains("interpreter: sh"));
}
