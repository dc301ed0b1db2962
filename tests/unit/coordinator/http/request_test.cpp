#include "coordinator/http/request.h"

#include <string>

#include <catch2/catch.hpp>

#include "coordinator/http/conditional.h"
#include "coordinator/http/response.h"

using namespace slipway;
using namespace slipway::http;

namespace {

Request with(std::string_view name, std::string_view value) {
    Request request;
    request.headers.add(name, value);
    return request;
}

FileDescription description(std::uint64_t size) {
    FileDescription file;
    file.size = size;
    file.etag = "\"v1\"";
    return file;
}

}  // namespace

TEST_CASE("header names do not depend on case") {
    Headers headers;
    headers.add("X-Thing", "One");
    headers.add("Accept", "two");
    CHECK(headers.get("x-thing").value() == "One");
    CHECK_FALSE(headers.get("x-thin"));
    CHECK(headers.count("accept") == 1);
}

TEST_CASE("a query is decoded into names and values") {
    const Query query = Query::parse("limit=50&name=a%26b&empty=&flag&q=x+y").value();
    CHECK(query.get("limit").value() == "50");
    CHECK(query.get("name").value() == "a&b");
    CHECK(query.get("empty").value().empty());
    CHECK(query.get("flag").value().empty());
    CHECK(query.get("q").value() == "x y");
    CHECK_FALSE(query.get("other"));
    CHECK(Query::parse("").value().only({}));
}

TEST_CASE("a query that is doubled, nameless, malformed or endless is refused") {
    std::string many;
    for (int i = 0; i < 33; ++i) many += "p" + std::to_string(i) + "=1&";
    for (const std::string& text : {std::string("a=1&a=2"), std::string("=1"), std::string("a=%zz"),
                                    std::string("a=%00"), std::string("a=%ff"), std::string("a&&b"), many}) {
        INFO(text);
        CHECK_FALSE(Query::parse(text));
    }
}

TEST_CASE("an unknown query parameter is refused by name") {
    const Query query = Query::parse("limit=1&lmit=2").value();
    const auto refused = query.only({"limit", "cursor"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("'lmit'") != std::string::npos);
    CHECK(refused.error().message.find("cursor") != std::string::npos);
}

TEST_CASE("a number in a query is digits within its bound") {
    CHECK(Query::parse("n=500").value().number("n", 500).value().value() == 500);
    CHECK_FALSE(Query::parse("m=5").value().number("n", 500).value());
    for (const std::string text : {"n=501", "n=-1", "n=+1", "n=", "n=0x1", "n=1e3", "n=99999999999999999999"})
        CHECK(Query::parse(text).value().number("n", 500).error().code == Code::invalid);
}

TEST_CASE("the content type is compared without its parameters") {
    CHECK(with("Content-Type", "application/json").content_type_is("application/json"));
    CHECK(with("Content-Type", "Application/JSON ; charset=utf-8").content_type_is("application/json"));
    CHECK(with("Content-Type", "text/plain").content_type_is("application/json").error().reason ==
          "unsupported_media_type");
    CHECK_FALSE(Request().content_type_is("application/json"));
}

TEST_CASE("Idempotency-Key is 1 to 128 visible characters") {
    CHECK_FALSE(Request().idempotency_key().value());
    CHECK(with("Idempotency-Key", "k-1").idempotency_key().value().value() == "k-1");
    CHECK(with("Idempotency-Key", std::string(128, 'k')).idempotency_key());
    CHECK_FALSE(with("Idempotency-Key", std::string(129, 'k')).idempotency_key());
    CHECK_FALSE(with("Idempotency-Key", "").idempotency_key());
    CHECK_FALSE(with("Idempotency-Key", "a b").idempotency_key());
}

TEST_CASE("Upload-Offset is demanded and exact") {
    CHECK(with("Upload-Offset", "18446744073709551615").upload_offset().value() == ~0ull);
    CHECK_FALSE(Request().upload_offset());
    for (const std::string text : {"", "-1", "+1", "1.0", "0x1", "18446744073709551616", "1 "})
        CHECK_FALSE(with("Upload-Offset", text).upload_offset());
}

TEST_CASE("If-Match lets pass what names the present version") {
    CHECK(check_if_match(Request(), "\"7\""));
    CHECK(check_if_match(with("If-Match", "*"), "\"7\""));
    CHECK(check_if_match(with("If-Match", "\"6\", \"7\""), "\"7\""));
    const auto refused = check_if_match(with("If-Match", "\"6\""), "\"7\"");
    CHECK(refused.error().reason == "precondition_failed");
    CHECK_FALSE(check_if_match(with("If-Match", "W/\"7\""), "W/\"7\""));
}

TEST_CASE("If-None-Match compares weakly") {
    CHECK_FALSE(is_not_modified(Request(), "\"7\""));
    CHECK(is_not_modified(with("If-None-Match", "W/\"7\""), "\"7\""));
    CHECK(is_not_modified(with("If-None-Match", "*"), "\"7\""));
    CHECK_FALSE(is_not_modified(with("If-None-Match", "\"8\""), "\"7\""));
    CHECK(make_etag("a\"b,c") == "\"abc\"");
}

TEST_CASE("a file is answered whole, in part, not at all, or as unchanged") {
    CHECK(file_response(Request(), description(10)).status == 200);
    CHECK(file_response(Request(), description(10)).body_bytes() == 10);

    const Response part = file_response(with("Range", "bytes=2-4"), description(10));
    CHECK(part.status == 206);
    CHECK(part.body_bytes() == 3);
    CHECK(std::get<FilePart>(part.body).offset == 2);
    CHECK(part.get("Content-Range").value() == "bytes 2-4/10");

    const Response outside = file_response(with("Range", "bytes=10-"), description(10));
    CHECK(outside.status == 416);
    CHECK(outside.get("Content-Range").value() == "bytes */10");

    CHECK(file_response(with("If-None-Match", "\"v1\""), description(10)).status == 304);
}

TEST_CASE("a stale If-Range gets the whole, a fresh one the part") {
    Request request = with("Range", "bytes=2-4");
    request.headers.add("If-Range", "\"v0\"");
    CHECK(file_response(request, description(10)).status == 200);
    Request fresh = with("Range", "bytes=2-4");
    fresh.headers.add("If-Range", "\"v1\"");
    CHECK(file_response(fresh, description(10)).status == 206);
    Request dated = with("Range", "bytes=2-4");
    dated.headers.add("If-Range", "Sat, 21 Nov 2026 12:40:31 GMT");
    CHECK(file_response(dated, description(10)).status == 200);
}

TEST_CASE("a header that is set cannot begin another") {
    const Response response = Response::empty().set("X-A", "a\r\nX-Evil: b");
    CHECK(response.get("X-A").value() == "a  X-Evil: b");
}

TEST_CASE("a file name in Content-Disposition cannot leave its place") {
    FileDescription file = description(1);
    file.file_name = "a\"; x=\r\n/../b";
    const Response response = file_response(Request(), file);
    CHECK(response.get("Content-Disposition").value() == "attachment; filename*=UTF-8''a%22%3B%20x%3D%0D%0A%2F..%2Fb");
}
