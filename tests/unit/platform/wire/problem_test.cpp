#include "platform/wire/problem.h"

#include <catch2/catch.hpp>

#include "platform/wire/enroll.h"
#include "tests/unit/platform/wire/edit.h"
#include "tests/unit/platform/wire/samples.h"

using namespace slipway;

TEST_CASE("a refusal comes out of its problem document with code, reason and words") {
    const Error error{Code::forbidden, "the join token was used already", "token_used"};
    const wire::Problem problem = wire::decode_problem(wire::encode(wire::to_problem(error, 403)), 403);
    const Error read = wire::to_error(problem);
    CHECK(read.code == error.code);
    CHECK(read.message == error.message);
    CHECK(read.reason == error.reason);
    CHECK(problem.title == "Forbidden");
    CHECK(wire::decode_problem(wire::encode(samples::problem()), 409) == samples::problem());
}

TEST_CASE("an answer that is no problem document is a problem by its status") {
    const auto [body, status, code] = GENERATE(table<std::string, int, Code>({
        {"<html>502</html>", 502, Code::unavailable},
        {"", 401, Code::unauthenticated},
        {"[]", 404, Code::not_found},
        {"{}", 409, Code::conflict},
        {R"({"status":"x"})", 413, Code::limit},
        {R"({"code":"no_such_code"})", 507, Code::disk_full},
        {"\xff\xfe", 500, Code::internal},
    }));
    const wire::Problem problem = wire::decode_problem(body, status);
    CHECK(problem.status == status);
    CHECK(wire::to_error(problem).code == code);
    CHECK_FALSE(wire::to_error(problem).message.empty());
}

TEST_CASE("the status line counts, not what a body says of it") {
    CHECK(wire::decode_problem(R"({"status":200})", 503).status == 503);
}

TEST_CASE("enrolment is refused for the first field that breaks its rule, and the field is named") {
    const std::string good = wire::encode(samples::enroll_request());
    const auto [pointer, value] = GENERATE(table<std::string, std::string>({
        {"/protocol", "0"},
        {"/token", "\"\""},
        {"/csr", "\"MIIB\""},
        {"/csr", "\"-----BEGIN CERTIFICATE REQUEST-----\\n\\u00e4\\n-----END CERTIFICATE REQUEST-----\""},
        {"/name", "\"Web\""},
        {"/version", "\"\""},
        {"/extra", "1"},
    }));
    const auto request = wire::decode_enroll_request(samples::with(good, pointer, value));
    REQUIRE_FALSE(request);
    CHECK(request.error().message.substr(0, pointer.size() + 2) == pointer + ": ");
    CHECK(wire::decode_enroll_request(samples::with(samples::with(good, "/protocol", "2"), "/extra", "1")));
}
