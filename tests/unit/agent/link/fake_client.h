#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "platform/net/http_client.h"

namespace slipway::link::tests {

/// A request that waits for the test to answer it.
struct Sent {
    net::Request request;
    net::Callbacks callbacks;
    bool live = true;

    std::string header(std::string_view name) const {
        for (const net::Header& header : request.headers)
            if (header.name == name) return header.value;
        return {};
    }
    /// The body comes in pieces of `piece` bytes. An answer to a request that was given up is nobody's.
    void answer(int status, const std::string& body, std::vector<net::Header> headers = {}, std::size_t piece = 1000) {
        if (!live) return;
        net::Response response;
        response.status = status;
        for (net::Header& header : headers) response.headers.add(header.name, header.value);
        if (callbacks.on_head) callbacks.on_head(response);
        for (std::size_t at = 0; callbacks.on_data && live && at < body.size(); at += piece) {
            const auto taken = callbacks.on_data(std::string_view(body).substr(at, piece));
            if (!taken) return fail(taken.error());
        }
        if (!live) return;
        if (!callbacks.on_data) response.body = body;
        live = false;
        const auto on_end = callbacks.on_end;
        on_end(std::move(response));
    }
    /// Only a part of the body, then the line breaks.
    void break_after(const std::string& part, std::vector<net::Header> headers = {}, int status = 200) {
        if (!live) return;
        net::Response response;
        response.status = status;
        for (net::Header& header : headers) response.headers.add(header.name, header.value);
        if (callbacks.on_head) callbacks.on_head(response);
        if (callbacks.on_data) REQUIRE(callbacks.on_data(part));
        fail(Error{Code::unavailable, "the line broke"});
    }
    void fail(const Error& error) {
        if (!live) return;
        live = false;
        const auto on_end = callbacks.on_end;
        on_end(slipway::fail(error));
    }
};

class FakeClient final : public net::HttpClient {
public:
    explicit FakeClient(std::deque<std::shared_ptr<Sent>>& sent) : sent_(sent) {}

    std::unique_ptr<net::Exchange> send(net::Request request, net::Callbacks callbacks) override {
        sent_.push_back(std::make_shared<Sent>(Sent{std::move(request), std::move(callbacks)}));
        return std::make_unique<Handle>(sent_.back());
    }

private:
    struct Handle final : net::Exchange {
        explicit Handle(std::shared_ptr<Sent> s) : sent(std::move(s)) {}
        ~Handle() override { sent->live = false; }
        void resume() override {}
        std::shared_ptr<Sent> sent;
    };
    std::deque<std::shared_ptr<Sent>>& sent_;
};

}  // namespace slipway::link::tests
