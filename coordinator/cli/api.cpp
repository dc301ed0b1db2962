#include "coordinator/cli/api.h"

#include "coordinator/cli/problem.h"
#include "coordinator/cli/terminal_text.h"
#include "platform/json/parse.h"

namespace slipway::cli {
namespace {

constexpr int tries_max = 3;
constexpr Duration patience_max = 30s;  // a longer Retry-After is for the caller to know
constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;

bool is_passing(Code code) { return code == Code::unavailable || code == Code::timed_out; }

}  // namespace

std::string_view to_string(net::Method method) {
    switch (method) {
        case net::Method::get: return "GET";
        case net::Method::head: return "HEAD";
        case net::Method::post: return "POST";
        case net::Method::put: return "PUT";
        case net::Method::patch: return "PATCH";
        case net::Method::remove: return "DELETE";
    }
    return "";
}

Api::Api(Transport& transport, Clock& clock, Random& random, const Screen& screen, Endpoint endpoint)
    : transport_(transport), clock_(clock), random_(random), screen_(screen), endpoint_(std::move(endpoint)) {}

net::Request Api::request(net::Method method, const std::string& path) const {
    net::Request request;
    request.method = method;
    request.url = endpoint_.url + path;
    if (!endpoint_.token.empty()) request.headers.push_back({"Authorization", "Bearer " + endpoint_.token});
    return request;
}

Result<Answer> Api::call(const Call& call) {
    net::Backoff backoff(random_);
    for (int tried = 1;; ++tried) {
        net::Request request = this->request(call.method, call.path);
        for (const net::Header& header : call.headers) request.headers.push_back(header);
        if (!call.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
        request.body = call.body;
        request.timeouts.silence = call.silence;
        request.body_bytes_max = answer_bytes_max;
        const Steady begun = clock_.steady();
        auto response = transport_.send(std::move(request));
        trace(call, response, begun);
        const bool repeatable = call.repeat == Repeat::safe && tried < tries_max;
        if (!response) {
            if (!repeatable || !is_passing(response.error().code)) return fail(std::move(response).error());
            TRY(transport_.wait(backoff.next()));
            continue;
        }
        if (response->status < 300) return Answer{response->status, std::move(response->body), response->headers};
        Error problem = problem_of(*response, std::string(to_string(call.method)) + " " + call.path);
        const auto patience = response->headers.retry_after(clock_.wall());
        if (!repeatable || !is_passing(problem.code) || patience.value_or(0s) > patience_max)
            return fail(std::move(problem));
        TRY(transport_.wait(backoff.next(patience)));
    }
}

Result<json::Value> Api::read(const Call& call) {
    TRY_ASSIGN(const Answer answer, this->call(call));
    auto value = json::parse(answer.text, {.bytes_max = answer_bytes_max, .keys_max = answer_bytes_max});
    if (!value)
        return fail(Code::internal,
                    endpoint_.url + call.path + " answers with what is no JSON: " + value.error().message,
                    "not_a_coordinator");
    return value;
}

Result<json::Value> Api::get(const std::string& path) { return read({.path = path, .repeat = Repeat::safe}); }

void Api::trace(const Call& call, const Result<net::Response>& response, Steady begun) const {
    if (!screen_.verbose) return;
    std::string line = std::string(to_string(call.method)) + " " + endpoint_.url + call.path + ": ";
    if (response) {
        line += "status " + std::to_string(response->status);
        if (const auto id = response->headers.get("X-Request-Id")) line += ", request " + std::string(*id);
    } else {
        line += response.error().message;
    }
    screen_.note(line + " (" + format_duration(clock_.steady() - begun) + ")");
}

}  // namespace slipway::cli
