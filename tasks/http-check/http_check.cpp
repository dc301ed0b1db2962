#include "tasks/http-check/http_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "platform/net/http_client.h"

namespace slipway::tasks::http_check {
namespace {

constexpr std::size_t searched_bytes_max = 1024 * 1024;

struct Wish {
    std::string url;
    std::int64_t status = 200;
    std::string contains;
    Duration timeout = 10s;
    std::int64_t tries = 1;
    Duration interval = 2s;
};

Result<std::int64_t> integer(const Kit& kit, std::string_view name) {
    const std::string text = kit.input(name);
    std::int64_t number = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || stopped != text.data() + text.size())
        return fail(Code::invalid, "input " + std::string(name) + " is no whole number: " + text);
    return number;
}

Result<Wish> read_wish(const Kit& kit) {
    Wish wish;
    wish.url = kit.input("url");
    wish.contains = kit.input("contains");
    TRY_ASSIGN(wish.status, integer(kit, "expect"));
    TRY_ASSIGN(const std::int64_t retries, integer(kit, "retries"));
    wish.tries = retries + 1;
    TRY_ASSIGN(wish.timeout, parse_duration(kit.input("timeout")));
    TRY_ASSIGN(wish.interval, parse_duration(kit.input("interval")));
    return wish;
}

net::ProxySettings proxy_of(const Kit& kit) {
    const auto value = [&](const char* name) {
        const auto found = kit.environment.find(name);
        return found == kit.environment.end() ? std::string() : found->second;
    };
    return {.http_proxy = value("http_proxy"), .https_proxy = value("https_proxy"), .no_proxy = value("no_proxy")};
}

/// One try after another, in the loop, until one is good or none is left.
class Check {
public:
    Check(const Kit& kit, const Wish& wish, net::HttpClient& client) : kit_(kit), wish_(wish), client_(client) {}

    Result<> run() {
        again_ = kit_.loop.after(Duration::zero(), [this] { begin(); });
        TRY(kit_.loop.run());
        return std::move(result_);
    }

private:
    void begin() {
        ++count_;
        body_.clear();
        net::Request request;
        request.url = wish_.url;
        request.timeouts = {.connect = wish_.timeout, .whole = wish_.timeout, .silence = {}};
        net::Callbacks callbacks;
        callbacks.on_data = [this](std::string_view bytes) -> Result<net::Flow> {
            body_.append(bytes.substr(0, searched_bytes_max - std::min(searched_bytes_max, body_.size())));
            return net::Flow::go_on;
        };
        callbacks.on_end = [this](Result<net::Response> response) { end(std::move(response)); };
        exchange_ = client_.send(std::move(request), std::move(callbacks));
    }

    Result<std::string> judge(const Result<net::Response>& response) const {
        if (!response) return fail(response.error());
        const std::string status = "status " + std::to_string(response->status);
        if (response->status != wish_.status)
            return fail(Code::unavailable, status + ", expected " + std::to_string(wish_.status));
        if (!wish_.contains.empty() && body_.find(wish_.contains) == std::string::npos)
            return fail(Code::unavailable, status + ", but the answer does not contain \"" + wish_.contains + "\"");
        return status;
    }

    void end(Result<net::Response> response) {
        const auto judged = judge(response);
        const std::string try_name = "try " + std::to_string(count_) + " of " + std::to_string(wish_.tries) + ": ";
        print(try_name + (judged ? *judged : judged.error().message));
        if (judged) return kit_.loop.stop();
        const bool hopeless = judged.error().code == Code::invalid;
        if (count_ < wish_.tries && !hopeless) {
            again_ = kit_.loop.after(wish_.interval, [this] { begin(); });
            return;
        }
        result_ = fail(response ? Error(judged.error()).within(wish_.url) : judged.error());
        kit_.loop.stop();
    }

    const Kit& kit_;
    const Wish& wish_;
    net::HttpClient& client_;
    std::unique_ptr<net::Exchange> exchange_;
    os::Handle again_;
    std::int64_t count_ = 0;
    std::string body_;
    Result<> result_;
};

}  // namespace

Result<> run(const Kit& kit) {
    TRY_ASSIGN(const Wish wish, read_wish(kit));
    net::ClientOptions options;
    options.proxy = proxy_of(kit);
    options.user_agent = "slipway-http-check";
    TRY_ASSIGN(const auto client, net::make_http_client(kit.loop, kit.clock, std::move(options)));
    Check check(kit, wish, *client);
    return check.run();
}

}  // namespace slipway::tasks::http_check
