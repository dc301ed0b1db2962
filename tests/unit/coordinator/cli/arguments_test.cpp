#include "coordinator/cli/arguments.h"

#include <catch2/catch.hpp>

#include "coordinator/cli/completion.h"

using namespace slipway;
using namespace slipway::cli;

namespace {

constexpr const char* job_id = "01a1fec9-834a-7db6-8848-dc8c990f6b8d";

Arguments parsed(const std::vector<std::string>& words) {
    auto result = parse_arguments(words);
    INFO((result ? "" : result.error().message));
    REQUIRE(result);
    return std::get<Arguments>(*result);
}

std::string refusal(const std::vector<std::string>& words) {
    const auto result = parse_arguments(words);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Code::invalid);
    return result.error().message;
}

}  // namespace

TEST_CASE("a job is run with its file, its variables and what comes then") {
    const auto arguments =
        parsed({"job", "run", "-f", "job.yaml", "--set", "port=80", "--set", "text=a=b", "--follow"});
    const auto& run = std::get<JobRun>(arguments.command);
    CHECK(run.path == "job.yaml");
    REQUIRE(run.variables.size() == 2);
    CHECK(run.variables[0].name == "port");
    CHECK(run.variables[0].value == "80");
    CHECK(run.variables[1].value == "a=b");
    CHECK(run.then == JobRun::Then::follow);
    CHECK(std::get<JobRun>(parsed({"job", "run", "-f", "x", "--wait"}).command).then == JobRun::Then::wait);
    CHECK(std::get<JobRun>(parsed({"job", "run", "-f", "x"}).command).then == JobRun::Then::leave);
}

TEST_CASE("options of all commands stand before or behind the command") {
    const auto before = parsed({"--json", "--url", "https://a", "job", "list", "--state", "failed", "--limit", "7"});
    const auto behind = parsed({"job", "list", "--state", "failed", "--limit", "7", "--json", "--url", "https://a"});
    for (const Arguments& arguments : {before, behind}) {
        CHECK(arguments.json);
        CHECK(arguments.settings.url == "https://a");
        CHECK(std::get<JobList>(arguments.command).state == "failed");
        CHECK(std::get<JobList>(arguments.command).paging.limit == 7);
    }
}

TEST_CASE("commands of one kind are told apart") {
    CHECK(std::get<JobMove>(parsed({"job", "cancel", job_id}).command).to == JobMove::To::cancel);
    CHECK(std::get<JobMove>(parsed({"job", "retry", job_id}).command).to == JobMove::To::retry);
    CHECK(std::get<JobMove>(parsed({"job", "release", job_id}).command).to == JobMove::To::release);
    CHECK(std::get<AgentSwitch>(parsed({"agent", "disable", "x"}).command).to == AgentSwitch::To::disabled);
    CHECK(std::get<AgentSwitch>(parsed({"agent", "enable", "x"}).command).to == AgentSwitch::To::enabled);
    CHECK(std::get<JoinTokenCreate>(parsed({"agent", "token", "create", "--pool", "a"}).command).pool == "a");
    CHECK(std::get<TokenCreate>(parsed({"token", "create", "ci", "--role", "deployer"}).command).role == "deployer");
    CHECK(std::get<LoginCommand>(parsed({"login", "--bootstrap", "f"}).command).bootstrap_path == "f");
    CHECK(std::get<LoginCommand>(parsed({"login", "https://a", "--token", "-"}).command).token_path == "-");
    CHECK(std::get<ArtifactPull>(parsed({"artifact", "pull", "docs", "3.11", "-o", "f"}).command).output == "f");
    CHECK(std::holds_alternative<JobSchema>(parsed({"job", "schema"}).command));
    CHECK(std::holds_alternative<AuditList>(parsed({"audit", "list"}).command));
}

TEST_CASE("a command line that is not understood says what fits") {
    struct Case {
        std::vector<std::string> words;
        std::string said;
    };
    const auto [words, said] = GENERATE(values<Case>({
        {{}, "slipway needs one of: login"},
        {{"job"}, "slipway job needs one of: run list show"},
        {{"jobs"}, "did you mean job?"},
        {{"job", "lst"}, "slipway job does not know lst; did you mean list?"},
        {{"job", "list", "--stat", "x"}, "did you mean --state?"},
        {{"job", "list", "--state", "gone"}, "queued"},
        {{"job", "list", "--limit", "0"}, "--limit"},
        {{"job", "run"}, "--file is required"},
        {{"job", "run", "-f", "x", "--set", "port"}, "expected NAME=VALUE; found port"},
        {{"job", "run", "-f", "x", "--follow", "--wait"}, "excludes"},
        {{"job", "show"}, "ID is required"},
        {{"job", "show", job_id, "b"}, "does not know b"},
        {{"job", "show", "docs"}, "docs is no job's id; see them with: slipway job list"},
        {{"token", "create", "a", "--role", "root"}, "viewer"},
        {{"login", "https://a", "--token", "slt_secret"}, "--token"},
        {{"completion", "tcsh"}, "bash"},
    }));
    CHECK_THAT(refusal(words), Catch::Contains(said));
}

TEST_CASE("help is not an error") {
    for (const auto& words :
         std::vector<std::vector<std::string>>{{"--help"}, {"job", "--help"}, {"job", "run", "-h"}}) {
        const auto result = parse_arguments(words);
        REQUIRE(result);
        CHECK_FALSE(std::get<HelpText>(*result).text.empty());
    }
}

TEST_CASE("help names the whole command") {
    const auto help = parse_arguments({"artifact", "push", "--help"});
    REQUIRE(help);
    CHECK_THAT(std::get<HelpText>(*help).text, Catch::Contains("Usage: slipway artifact push [OPTIONS] FILE"));
}

TEST_CASE("completion knows every command and option") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const std::string script = completion_script(command_words(), shell);
        for (const char* word : {"login", "resolve", "schema", "follow", "re-enroll", "ca-sha256"})
            CHECK_THAT(script, Catch::Contains(word));
        CHECK_THAT(script, Catch::Contains("agent token create"));
    }
}
