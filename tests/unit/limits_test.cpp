#include "platform/base/limits.h"

#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <variant>

#include <catch2/catch.hpp>

#include "coordinator/api/job_document.h"
#include "platform/archive/ledger.h"
#include "platform/json/parse.h"
#include "tests/unit/platform/wire/edit.h"

namespace slipway {
namespace {

/// How a limit is tested: at the limit something is taken, one beyond it is refused.
struct Here {
    std::uint64_t limit;
    std::function<Result<>(std::uint64_t size)> take;
};
/// By another test, in which this text stands.
struct Elsewhere {
    const char* file;
    const char* text;
};
/// No limit but what counts when nobody says anything.
struct Default {
    const char* file;
    const char* text;
};
using Row = std::variant<Here, Elsewhere, Default>;

/// A job whose place `pointer` has the value that `make` gives.
Here in_job(std::uint64_t limit, std::string pointer, std::function<std::string(std::uint64_t)> make) {
    return {limit, [pointer = std::move(pointer), make = std::move(make)](std::uint64_t size) -> Result<> {
                const std::string good =
                    R"({"name":"n","variables":{},"tasks":[{"name":"t","task":"shell@1","inputs":{"script":"s"}}]})";
                TRY_ASSIGN(const auto job, json::parse(samples::with(good, pointer, make(size))));
                TRY(api::read_job_document(job));
                return {};
            }};
}

std::string number(std::uint64_t value) { return std::to_string(value); }
std::string artifacts(std::uint64_t count) {
    std::string text;
    for (std::uint64_t i = 0; i < count; ++i)
        text += (i ? ",{" : "{") + (R"("name":"n","version":"1","alias":"a)" + std::to_string(i)) + "\"}";
    return "[" + text + "]";
}

/// An archive that declares so many bytes.
Result<> declare_bytes(std::uint64_t bytes) {
    archive::Ledger ledger{archive::UnpackLimits{}};
    TRY(ledger.accept({.name = "large", .size = bytes}));
    return {};
}

std::map<std::string, Row> rows() {
    const auto tasks = [](std::uint64_t count) {
        return samples::list_of(count, R"({"name":"t","task":"shell@1","inputs":{"script":"s"}})");
    };
    const char* head = "tests/unit/coordinator/http/head_test.cpp";
    const char* json = "tests/unit/platform/json/parse_test.cpp";
    const char* yaml = "tests/unit/platform/yaml/read_test.cpp";
    const char* poll = "tests/unit/platform/wire/poll_test.cpp";
    const char* report = "tests/unit/platform/wire/report_test.cpp";
    const char* order = "tests/unit/platform/wire/order_test.cpp";
    const char* agents = "tests/integration/coordinator_agents_test.py";
    const char* input = "tests/integration/coordinator_input_test.py";
    const char* archives = "tests/integration/archives/make.py";
    const char* certificates = "tests/unit/platform/crypto/certificate_test.cpp";
    const char* handshakes = "tests/unit/coordinator/http/server_tls_openssl_test.cpp";
    const char* logs = "tests/unit/coordinator/blobs/attempt_logs_test.cpp";
    const char* job_file = "tests/unit/coordinator/cli/job_file_test.cpp";
    return {
        {"request_header_bytes_max", Elsewhere{head, "limits::request_header_bytes_max + 1"}},
        {"response_header_bytes_max",
         Elsewhere{"tests/unit/platform/net/exchange_test.cpp", "limits::response_header_bytes_max"}},
        {"request_target_bytes_max", Elsewhere{head, "limits::request_target_bytes_max + 1"}},
        {"request_fields_max", Elsewhere{head, "limits::request_fields_max + 1"}},
        {"json_bytes_max", Elsewhere{json, "limits::json_bytes_max, ' '"}},
        {"json_depth_max", Elsewhere{json, "limits::json_depth_max + 1"}},
        {"json_keys_max", Elsewhere{json, "limits::json_keys_max + 1"}},
        {"yaml_bytes_max", Elsewhere{yaml, "limits::yaml_bytes_max - 2"}},
        {"yaml_nodes_max", Elsewhere{yaml, "limits::yaml_nodes_max"}},
        {"poll_bytes_max", Elsewhere{poll, "limits::poll_bytes_max - good.size() + 1"}},
        {"poll_answer_bytes_max", Elsewhere{poll, "limits::poll_answer_bytes_max - text.size() + 1"}},
        {"order_bytes_max", Elsewhere{order, "limits::order_bytes_max - good.size() + 1"}},
        {"report_bytes_max", Elsewhere{report, "limits::report_bytes_max - whole.size() + 1"}},
        {"report_log_bytes_max", Elsewhere{report, "limits::report_log_bytes_max + 1"}},
        {"report_content_bytes_max", Elsewhere{report, "in all, at most 1048576"}},
        {"report_attempts_max", Elsewhere{report, "limits::report_attempts_max + 1"}},
        {"report_events_max", Elsewhere{report, "limits::report_events_max + 1"}},
        {"report_marks_max", Elsewhere{report, "limits::report_marks_max + 1"}},
        {"poll_attempts_max", Elsewhere{poll, "limits::poll_attempts_max + 1"}},
        {"poll_refused_max", Elsewhere{poll, "limits::poll_refused_max + 1"}},
        {"capabilities_max", Elsewhere{poll, "limits::capabilities_max + 1"}},
        {"capability_bytes_max", Elsewhere{poll, "limits::capability_bytes_max"}},
        {"log_chunk_bytes_max", Elsewhere{agents, "256 * 1024 + 1"}},
        {"list_items_max", Elsewhere{input, "limit=501"}},
        {"list_items_default", Default{input, "test_pages_hold_every_item_once_newest_first"}},
        {"tasks_max", in_job(limits::tasks_max, "/tasks", tasks)},
        {"inputs_max", Elsewhere{order, "limits::inputs_max + 1"}},
        {"input_bytes_max", in_job(limits::input_bytes_max, "/tasks/0/inputs/script", samples::text_of)},
        {"variables_max", in_job(limits::variables_max, "/variables", samples::texts)},
        {"variable_bytes_max", in_job(limits::variable_bytes_max, "/variables/v", samples::text_of)},
        {"artifacts_per_job_max", in_job(limits::artifacts_per_job_max, "/artifacts", artifacts)},
        {"path_bytes_max", in_job(limits::path_bytes_max, "/working_directory",
                                  [](std::uint64_t bytes) { return "\"/" + std::string(bytes - 1, 'x') + "\""; })},
        {"title_bytes_max", in_job(limits::title_bytes_max, "/name", samples::text_of)},
        {"jobs_queued_max", Elsewhere{"tests/unit/coordinator/desk/desk_test.cpp", "jobs_queued_max"}},
        {"job_timeout_s_max", in_job(limits::job_timeout_s_max, "/timeout_s", number)},
        {"job_timeout_s_default", Default{job_file, "timeout"}},
        {"cancel_grace_s_max", in_job(limits::cancel_grace_s_max, "/cancel_grace_s", number)},
        {"cancel_grace_s_default", Default{job_file, "cancel_grace"}},
        {"priority_max", in_job(limits::priority_max, "/priority", number)},
        {"priority_default", Default{job_file, "priority"}},
        {"automatic_retries_max",
         Elsewhere{"tests/unit/coordinator/core/transitions_test.cpp", "retry <= limits::automatic_retries_max"}},
        {"summary_bytes_max", Elsewhere{report, "limits::summary_bytes_max + 1"}},
        {"log_bytes_max", Elsewhere{logs, "limits::log_bytes_max) - 2, \"abc\""}},
        {"events_max", Elsewhere{logs, "limits::events_max), {\"x\", \"y\"}"}},
        {"event_bytes_max", Elsewhere{logs, "limits::event_bytes_max + 1"}},
        {"issue_bytes_max", Elsewhere{report, "limits::issue_bytes_max"}},
        {"slots_max", Elsewhere{"tests/unit/agent/cli/configuration_test.cpp", "limits::slots_max + 1"}},
        {"artifact_bytes_max",
         Elsewhere{"tests/unit/coordinator/blobs/blob_store_test.cpp", "limits::artifact_bytes_max + 1"}},
        {"agent_cache_bytes_max",
         Default{"tests/unit/agent/cli/configuration_test.cpp", "limits::agent_cache_bytes_max"}},
        {"reserve_bytes", Default{"tests/unit/coordinator/blobs/power_cut_test.cpp", "limits::reserve_bytes"}},
        {"archive_entries_max", Elsewhere{archives, "many_links(200_001)"}},
        {"archive_depth_max",
         Elsewhere{"tests/unit/platform/archive/name_policy_test.cpp", "nested(limits::archive_depth_max)"}},
        {"archive_ratio_max", Elsewhere{archives, "limit=200"}},
        {"archive_ratio_free_bytes", Elsewhere{archives, "b35_zeros_below_the_free_bytes"}},
        {"archive_name_bytes_max",
         Elsewhere{"tests/unit/platform/archive/name_policy_test.cpp", "limits::archive_name_bytes_max"}},
        {"archive_component_bytes_max",
         Elsewhere{"tests/unit/platform/archive/name_policy_test.cpp", "limits::archive_component_bytes_max + 1"}},
        {"archive_names_bytes_max", Elsewhere{archives, "b35_names_total"}},
        {"archive_header_bytes_max", Elsewhere{archives, "b35_extension_header"}},
        {"archive_bytes_max", Here{limits::archive_bytes_max, declare_bytes}},
        {"handshakes_max", Elsewhere{handshakes, "options.handshakes_max = 4"}},
        {"handshakes_per_address_max", Elsewhere{handshakes, "options.handshakes_per_address_max = 2"}},
        {"tls_sessions_max", Elsewhere{"tests/unit/platform/crypto/tls_openssl_test.cpp", "limits::tls_sessions_max"}},
        {"certificate_bytes_max", Elsewhere{certificates, "limits::certificate_bytes_max + 1"}},
        {"certificate_request_bytes_max", Elsewhere{"tests/unit/platform/crypto/certificate_request_test.cpp",
                                                    "limits::certificate_request_bytes_max + 1"}},
        {"certificate_chain_max", Elsewhere{certificates, "limits::certificate_chain_max"}},
    };
}

std::string content_of(const std::string& path) {
    std::ifstream file(path);
    INFO(path);
    REQUIRE(file);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The names of all constants of limits.h.
std::set<std::string> constants() {
    std::istringstream lines(content_of("platform/base/limits.h"));
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("inline constexpr ")) continue;
        const std::size_t end = line.find(" = ");
        REQUIRE(end != std::string::npos);
        const std::size_t begin = line.rfind(' ', end - 1) + 1;
        names.insert(line.substr(begin, end - begin));
    }
    return names;
}

}  // namespace

TEST_CASE("each constant of limits.h is exceeded by a test, and each row of this table is a constant") {
    std::set<std::string> covered;
    for (const auto& [name, row] : rows()) covered.insert(name);
    CHECK(covered == constants());
}

TEST_CASE("at its limit a thing is taken, one beyond it is refused") {
    for (const auto& [name, row] : rows()) {
        const Here* here = std::get_if<Here>(&row);
        if (here == nullptr) continue;
        INFO(name);
        const auto at_limit = here->take(here->limit);
        CHECK((at_limit ? "" : at_limit.error().message) == std::string());
        const auto beyond = here->take(here->limit + 1);
        REQUIRE_FALSE(beyond);
        CHECK_THAT(beyond.error().message, Catch::Contains(std::to_string(here->limit)));
    }
}

TEST_CASE("the tests that this table names are there") {
    for (const auto& [name, row] : rows()) {
        const auto look = [&, &name = name](const char* file, const char* text) {
            INFO(name << " in " << file << ": " << text);
            CHECK(content_of(file).find(text) != std::string::npos);
        };
        if (const auto* other = std::get_if<Elsewhere>(&row)) look(other->file, other->text);
        if (const auto* usual = std::get_if<Default>(&row)) look(usual->file, usual->text);
    }
}

}  // namespace slipway
