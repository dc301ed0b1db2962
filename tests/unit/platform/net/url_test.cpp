#include "platform/net/url.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::net;

TEST_CASE("a URL is taken apart and put together again") {
    const Url url = Url::parse("https://Deploy.Example:8440/api/v1/jobs?limit=5&state=running").value();
    CHECK(url.scheme == "https");
    CHECK(url.host == "deploy.example");
    CHECK(url.port == 8440);
    CHECK(url.path == "/api/v1/jobs");
    CHECK(url.query == "limit=5&state=running");
    CHECK(url.text() == "https://deploy.example:8440/api/v1/jobs?limit=5&state=running");
    CHECK(url.origin() == "https://deploy.example:8440");
    CHECK(Url::parse("https://h")->text() == "https://h/");
    CHECK(Url::parse("https://h")->origin() == "https://h:443");
    CHECK(Url::parse("http://h?x")->text() == "http://h/?x");
    CHECK(Url::parse("http://[2001:DB8::1]:80/x")->text() == "http://[2001:db8::1]/x");
    CHECK(Url::parse("http://[::1]")->host == "::1");
}

TEST_CASE("what is not a URL of ours is refused with its reason") {
    const auto reason = [](std::string_view text) {
        const auto url = Url::parse(text);
        return url ? std::string("accepted") : url.error().message;
    };
    CHECK(reason("localhost:8440") == "a URL begins with https:// or http://");
    CHECK(reason("ftp://h/") == "a URL begins with https:// or http://");
    CHECK(reason("https://user:secret@h/") == "the URL holds a user name, which is not supported there");
    CHECK(reason("https://h/#x") == "the URL holds a fragment (#)");
    CHECK(reason("https://h:0/") == "the URL's port is not a number from 1 to 65535");
    CHECK(reason("https://h:65536/") == "the URL's port is not a number from 1 to 65535");
    CHECK(reason("https://h:/") == "the URL's port is not a number from 1 to 65535");
    CHECK(reason("https://h:8x/") == "the URL's port is not a number from 1 to 65535");
    CHECK(reason("https:///x") == "\"\" in the URL is not a host name or address");
    CHECK(reason("https://a b/") == "\"a b\" in the URL is not a host name or address");
    CHECK(reason("https://[zz]/") == "\"zz\" in the URL is not a host name or address");
    CHECK(reason("https://[::1/") == "the URL's address has no closing ]");
    CHECK(reason("https://[::1]x/") == "after the URL's address comes a port or a path");
    CHECK(reason("https://h/a b") == "the URL holds a character that must be written as %XX");
    CHECK(reason("https://h/a\r\nHost: evil") == "the URL holds a character that must be written as %XX");
    CHECK(reason("https://h/\xc3\xa4") == "the URL holds a character that must be written as %XX");
    CHECK(reason("https://h/%2") == "the URL holds a % that is not followed by two hex digits");
    CHECK(reason("https://h/" + std::string(4096, 'x')).find("the limit is 4096") != std::string::npos);
    CHECK(reason("https://h/%2f") == "accepted");
}

TEST_CASE("names and values are percent-encoded into segments and queries") {
    CHECK(percent_encode("docs-3.11_a~b") == "docs-3.11_a~b");
    CHECK(percent_encode("a/b c?d&e=f%") == "a%2Fb%20c%3Fd%26e%3Df%25");
    CHECK(percent_encode("\xc3\xa4") == "%C3%A4");
    CHECK(Query().text().empty());
    CHECK(Query().add("limit", 5).add("name", "a b").text() == "?limit=5&name=a%20b");
}
