#include "coordinator/http/router.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::http;

namespace {

Route route(Method method, std::string_view pattern, Port port, Access access) {
    const Scope scope = access.is_open() ? Scope::none : port == Port::user ? Scope::all : Scope::own;
    return {.method = method,
            .pattern = pattern,
            .port = port,
            .access = access,
            .scope = scope,
            .query = QueryNames{},
            .body_bytes_max = 0,
            .handler = Plain{[](const Request&, const Reply& reply) { reply.send(Response::empty()); }}};
}

Router table() {
    const Access read = Access::token(core::Permission::read);
    Router router;
    router.add(route(Method::get, "/healthz", Port::user, Access::open()));
    router.add(route(Method::post, "/api/v1/bootstrap", Port::user, Access::bootstrap()));
    router.add(route(Method::get, "/api/v1/jobs", Port::user, read));
    router.add(route(Method::post, "/api/v1/jobs", Port::user, read));
    router.add(route(Method::get, "/api/v1/jobs/{id:uuid}", Port::user, read));
    router.add(route(Method::get, "/api/v1/jobs/{id:uuid}/log", Port::user, read));
    router.add(route(Method::get, "/api/v1/artifacts/{name:name}/{version:version}", Port::user, read));
    router.add(route(Method::get, "/api/v1/artifacts/{name:name}/latest", Port::user, read));
    router.add(route(Method::get, "/blobs/{sha256:digest}", Port::agent, Access::agent()));
    router.add(route(Method::post, "/agent/v1/enroll", Port::agent, Access::open()));
    return router;
}

const std::string uuid = "0190a3c2-7b1e-7000-8000-000000000001";

}  // namespace

TEST_CASE("a path and method find their route and its parameters") {
    const Router router = table();
    const Match match = router.match(Port::user, Method::get, "/api/v1/jobs/" + uuid + "/log");
    REQUIRE(match.route != nullptr);
    CHECK(match.route->pattern.value == "/api/v1/jobs/{id:uuid}/log");
    REQUIRE(match.parameters.size() == 1);
    CHECK(match.parameters[0].first == "id");
    CHECK(match.parameters[0].second == uuid);
}

TEST_CASE("HEAD is answered by GET's route") {
    CHECK(table().match(Port::user, Method::head, "/healthz").route != nullptr);
}

TEST_CASE("a literal goes before a parameter") {
    const Router router = table();
    CHECK(router.match(Port::user, Method::get, "/api/v1/artifacts/docs/latest").route->pattern.value ==
          "/api/v1/artifacts/{name:name}/latest");
    const Match match = router.match(Port::user, Method::get, "/api/v1/artifacts/docs/3.11");
    CHECK(match.parameters.at(1).second == "3.11");
}

TEST_CASE("what is not in the table is not found") {
    const Router router = table();
    for (const std::string path : {"/", "/api", "/api/v1", "/API/v1/jobs", "/api/v1/Jobs", "/api/v1/jobs/1",
                                   "/api/v1/jobs/x.json", "/api/v1/jobs/0190A3C2-7B1E-7000-8000-000000000001x",
                                   "/healthz/x", "/agent/v1/enroll", "/api/v1/artifacts/UPPER/1"}) {
        const Match match = router.match(Port::user, Method::get, path);
        INFO(path);
        CHECK(match.route == nullptr);
        CHECK(match.allow.empty());
    }
}

TEST_CASE("a route of one port does not exist on the other") {
    const Router router = table();
    CHECK(router.match(Port::agent, Method::get, "/api/v1/jobs").route == nullptr);
    CHECK(router.match(Port::user, Method::post, "/agent/v1/enroll").route == nullptr);
}

TEST_CASE("a path that exists for other methods names them") {
    const Router router = table();
    CHECK(router.match(Port::user, Method::delete_, "/api/v1/jobs").allow == "GET, HEAD, POST");
    CHECK(router.match(Port::user, Method::other, "/api/v1/bootstrap").allow == "POST");
    CHECK(router.match(Port::agent, Method::put, "/blobs/" + std::string(64, 'a')).allow == "GET, HEAD");
}

TEST_CASE("open routes are listed, and only they") {
    CHECK(table().open_routes() ==
          std::vector<std::string>{"agent POST /agent/v1/enroll", "user GET /healthz", "user POST /api/v1/bootstrap"});
}

TEST_CASE("a target is decoded once") {
    const auto target = parse_target("/api/v1/artifacts/docs/1%2B2?q=a%2Fb");
    REQUIRE(target);
    CHECK(target->path == "/api/v1/artifacts/docs/1+2");
    CHECK(target->query == "q=a%2Fb");
    CHECK(parse_target("/caf%C3%A9").value().path == "/caf\xc3\xa9");
    CHECK(parse_target("/").value().path == "/");
    CHECK(parse_target("/a.b/.c").value().path == "/a.b/.c");
}

TEST_CASE("a path that could be read in two ways is refused before routing") {
    const std::vector<std::string> bad = {"",
                                          "*",
                                          "http://h/a",
                                          "a",
                                          "//",
                                          "//a",
                                          "/a//b",
                                          "/a/",
                                          "/.",
                                          "/..",
                                          "/api/v1/../x",
                                          "/api/./v1",
                                          "/a.",
                                          "/a./b",
                                          "/a...",
                                          "/%2e%2e/x",
                                          "/%2E",
                                          "/a%2fb",
                                          "/a%2Fb",
                                          "/a%5cb",
                                          "/a\\b",
                                          "/a;x=1",
                                          "/a%3bx",
                                          "/%6aobs",
                                          "/a%00b",
                                          "/a%0ab",
                                          "/a%7f",
                                          "/a%25b",
                                          "/a%2",
                                          "/a%",
                                          "/a%zz",
                                          "/a%G0",
                                          "/%c0%ae%c0%ae/",
                                          "/%c0%af",
                                          "/%e0%80%af",
                                          "/%f0%80%80%af",
                                          "/%ed%a0%80",
                                          "/%ff"};
    for (const std::string& text : bad) {
        INFO(text);
        const auto target = parse_target(text);
        REQUIRE_FALSE(target);
        CHECK(target.error().code == Code::invalid);
    }
}
