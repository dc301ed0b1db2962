#include "platform/net/proxy.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::net;

namespace {

std::string chosen(const std::string& url, const ProxySettings& settings) {
    const auto proxy = proxy_for(Url::parse(url).value(), settings);
    if (!proxy) return proxy.error().message;
    if (!*proxy) return "none";
    return (*proxy)->host + ":" + std::to_string((*proxy)->port);
}

}  // namespace

TEST_CASE("each scheme has its own proxy") {
    const ProxySettings settings{"http://plain:3128", "secure:8080", ""};
    CHECK(chosen("http://h/", settings) == "plain:3128");
    CHECK(chosen("https://h/", settings) == "secure:8080");
    CHECK(chosen("https://h/", {"http://plain:3128", "", ""}) == "none");
    CHECK(chosen("https://h/", {}) == "none");
}

TEST_CASE("no_proxy excepts hosts, everything below them, addresses, or all") {
    const auto with = [](const std::string& url, const std::string& no_proxy) {
        return chosen(url, {"p:1", "p:1", no_proxy});
    };
    CHECK(with("https://deploy.example/", "example") == "none");
    CHECK(with("https://deploy.example/", ".example") == "none");
    CHECK(with("https://deploy.example/", " other , Deploy.Example ") == "none");
    CHECK(with("https://deploy.example/", "ploy.example") == "p:1");
    CHECK(with("https://deploy.example/", "") == "p:1");
    CHECK(with("https://deploy.example/", ",,.") == "p:1");
    CHECK(with("https://10.0.0.7/", "10.0.0.7") == "none");
    CHECK(with("https://10.0.0.7/", "7") == "p:1");
    CHECK(with("https://[::1]/", "[::1]") == "none");
    CHECK(with("https://[::1]/", "::1") == "none");
    CHECK(with("https://h/", "*") == "none");
}

TEST_CASE("a proxy's user name and password are decoded") {
    const auto proxy = proxy_for(Url::parse("https://h/").value(), {"", "http://me%40corp:p%3Aw:x@proxy:3128/", ""});
    REQUIRE(proxy);
    REQUIRE(*proxy);
    CHECK((*proxy)->user == "me@corp");
    CHECK((*proxy)->password == "p:w:x");
    CHECK((*proxy)->host == "proxy");
}

TEST_CASE("a proxy setting that makes no sense is refused without repeating its password") {
    for (const std::string bad : {"socks5://me:secret@h:1", "http://me:secret@:1", "http://me:secret@h:x",
                                  "http://me:secret%2@h:1", "http://me:secret@h:1/path"}) {
        const std::string message = chosen("https://h/", {"", bad, ""});
        INFO(bad);
        CHECK(message.find("proxy") != std::string::npos);
        CHECK(message.find("secret") == std::string::npos);
    }
}
