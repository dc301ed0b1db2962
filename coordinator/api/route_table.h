#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "coordinator/http/router.h"

namespace slipway::api {

/// What a request may bring beside its path.
struct Takes {
    std::uint64_t body_bytes_max = 0;
    http::QueryNames query = {};
};

inline constexpr std::uint64_t small_body_bytes_max = 4096;  ///< a handful of short fields

/// Puts the member functions of `Handlers` into the one table, a line each:
///     RouteTable table(router, http::Port::user, this);
///     table.add(Method::get, "/api/v1/jobs", Access::token(Permission::read), {.query = {"limit"}}, &JobRoutes::list);
/// The scope follows from port and access.
template <typename Handlers>
class RouteTable {
public:
    RouteTable(http::Router& router, http::Port port, Handlers* handlers)
        : router_(router), port_(port), handlers_(handlers) {}

    void add(http::Method method, std::string_view pattern, http::Access access, Takes takes,
             void (Handlers::*handle)(http::Request, http::Reply)) {
        put(method, pattern, access, std::move(takes), http::Plain{call(handle)});
    }
    void add_parked(http::Method method, std::string_view pattern, http::Access access, Takes takes,
                    void (Handlers::*handle)(http::Request, http::Reply)) {
        put(method, pattern, access, std::move(takes), http::Parked{call(handle)});
    }
    void add(http::Method method, std::string_view pattern, http::Access access, Takes takes,
             void (Handlers::*handle)(http::Request, http::Upload, http::Reply)) {
        put(method, pattern, access, std::move(takes), http::Streamed{call(handle)});
    }
    void add(http::Method method, std::string_view pattern, http::Access access, Takes takes,
             void (Handlers::*handle)(http::Request, http::EventReply)) {
        put(method, pattern, access, std::move(takes), http::Events{call(handle)});
    }

private:
    template <typename... Given>
    auto call(void (Handlers::*handle)(Given...)) {
        return [handlers = handlers_, handle](Given... given) { (handlers->*handle)(std::move(given)...); };
    }
    void put(http::Method method, std::string_view pattern, http::Access access, Takes takes, http::Handler handler) {
        const http::Scope scope = access.is_open()            ? http::Scope::none
                                  : port_ == http::Port::user ? http::Scope::all
                                                              : http::Scope::own;
        router_.add({.method = method,
                     .pattern = pattern,
                     .port = port_,
                     .access = access,
                     .scope = scope,
                     .query = std::move(takes.query),
                     .body_bytes_max = takes.body_bytes_max,
                     .handler = std::move(handler)});
    }

    http::Router& router_;
    const http::Port port_;
    Handlers* const handlers_;
};

}  // namespace slipway::api
