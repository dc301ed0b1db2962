#include "coordinator/api/token_routes.h"

#include "coordinator/api/credentials.h"
#include "coordinator/api/field_rules.h"
#include "coordinator/api/handling.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"
#include "coordinator/desk/tokens.h"
#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/crypto/api_token.h"
#include "platform/crypto/join_token.h"
#include "platform/crypto/sha256.h"
#include "platform/json/reader.h"

namespace slipway::api {
namespace {

constexpr std::int64_t token_lifetime_s = 90 * 24 * 3600;
constexpr json::Range token_lifetimes{60, 365 * 24 * 3600};
constexpr std::int64_t join_token_lifetime_s = 3600;
constexpr json::Range join_token_lifetimes{60, 7 * 24 * 3600};

std::string created_json(const core::Token& token, const std::string& text) {
    json::Writer out;
    out.begin_object();
    write_fields(out, token);
    out.field("token", text);
    out.end_object();
    return std::move(out).take();
}

struct BootstrapWish {
    std::string code_sha256;
    std::string name;
};

Result<BootstrapWish> read_bootstrap(const http::Request& request) {
    TRY_ASSIGN(const auto value, read_json(request));
    std::string code;
    BootstrapWish wish;
    json::Reader in(value, json::UnknownFields::refuse);
    in.required("code", code, {.bytes_min = 1, .bytes_max = 128});
    in.required("name", wish.name, name_text);
    TRY(in.finish());
    wish.code_sha256 = crypto::sha256(code);
    return wish;
}

Result<JoinTokenView> view_of(store::Reader& reader, core::JoinToken token) {
    JoinTokenView view;
    TRY_ASSIGN(const auto pool, reader.pool(token.pool_row));
    if (pool) view.pool = pool->name;
    if (token.agent_row != 0) {
        TRY_ASSIGN(const auto agent, reader.agent(token.agent_row));
        if (agent) view.agent = agent->name;
    }
    view.token = std::move(token);
    return view;
}

}  // namespace

TokenRoutes::TokenRoutes(Services& services, const Cursors& cursors, Bootstrap bootstrap, std::string agent_url,
                         std::string version)
    : services_(services),
      cursors_(cursors),
      bootstrap_(std::move(bootstrap)),
      agent_url_(std::move(agent_url)),
      version_(std::move(version)) {}

// Whether there has been an administrator is asked inside the turn: of two who race one wins. Once there is one, every
// request is answered alike, whatever it says.
void TokenRoutes::bootstrap(http::Request request, http::Reply reply) {
    const auto wish = read_bootstrap(request);
    const bool right =
        wish && !bootstrap_.code_sha256.empty() && equal_constant_time(wish->code_sha256, bootstrap_.code_sha256);
    const auto token = crypto::ApiToken::make(services_.random);
    const desk::NewToken asked{token.id, token.hash(), wish ? wish->name : "", core::Role::admin,
                               services_.clock.wall() + std::chrono::seconds{token_lifetime_s}};
    const Result<> readable = wish ? Result<>() : fail(wish.error());
    change<core::Token>(
        services_, reply,
        [this, asked, readable, right, address = request.peer_address](desk::Turn& turn) -> Result<core::Token> {
            // Once for each run: only a restart, which may have swallowed the answer, lets the code count again.
            TRY_ASSIGN(const bool awaited, desk::awaits_bootstrap(turn.tx()));
            if (!awaited || bootstrapped_)
                return fail(Code::not_found, "this coordinator has its first administrator", "bootstrap_done");
            TRY(readable);
            if (!right)
                return fail(Code::forbidden, "the code is not the one of the bootstrap file", "bootstrap_code_wrong");
            TRY_ASSIGN(auto made, desk::bootstrap(turn, {"bootstrap", address}, asked));
            bootstrapped_ = true;
            turn.after_commit([this](const Result<>& committed) { bootstrapped_ = committed.has_value(); });
            return made;
        },
        [this, text = token.text()](const core::Token& made) {
            bootstrap_.when_done();
            return http::Response::json(201, created_json(made, text));
        });
}

void TokenRoutes::show_self(http::Request request, http::Reply reply) {
    answer_from_store(services_, reply,
                      [this, id = request.principal.id()](store::Reader& reader) -> Result<http::Response> {
                          TRY_ASSIGN(const auto token, reader.token(id));
                          if (!token)
                              return fail(Code::unauthenticated, "the token is not known here", "token_unknown");
                          json::Writer out;
                          out.begin_object();
                          out.begin_object("token");
                          write_fields(out, *token);
                          out.end_object();
                          out.field("version", version_);
                          out.end_object();
                          return http::Response::json(200, std::move(out).take());
                      });
}

void TokenRoutes::list(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "tokens");
    if (!page) return reply.send(page.error());
    answer_from_store(services_, reply, [this, page = *page](store::Reader& reader) -> Result<http::Response> {
        TRY_ASSIGN(auto tokens, reader.tokens(page));
        const std::string next = cursors_.cut(tokens, page, "tokens");
        return http::Response::json(200, list_json(tokens, next, [](json::Writer& out, const core::Token& token) {
                                        out.begin_object();
                                        write_fields(out, token);
                                        out.end_object();
                                    }));
    });
}

void TokenRoutes::create(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    std::string name;
    core::Role role = core::Role::viewer;
    std::int64_t lifetime_s = token_lifetime_s;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.required("name", name, name_text);
    in.required("role", role, core::role_from);
    in.optional("lifetime_s", lifetime_s, token_lifetimes);
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    const auto token = crypto::ApiToken::make(services_.random);
    const desk::NewToken asked{token.id, token.hash(), name, role,
                               services_.clock.wall() + std::chrono::seconds{lifetime_s}};
    api::create(services_, request, reply, desk::Keep::only_that_it_was,
                [asked, actor = actor_of(request), text = token.text()](desk::Turn& turn) -> Result<desk::Created> {
                    TRY_ASSIGN(const auto made, desk::create_token(turn, actor, asked));
                    return desk::Created{201, created_json(made, text), ""};
                });
}

void TokenRoutes::revoke(http::Request request, http::Reply reply) {
    change<core::Token>(
        services_, reply,
        [actor = actor_of(request), name = request.parameter("name")](desk::Turn& turn) {
            return desk::revoke_token(turn, actor, name);
        },
        [this](const core::Token&) {
            services_.credentials.forget();
            return http::Response::empty();
        });
}

void TokenRoutes::list_join(http::Request request, http::Reply reply) {
    const auto page = cursors_.page(request, "join-tokens");
    if (!page) return reply.send(page.error());
    answer_from_store(services_, reply, [this, page = *page](store::Reader& reader) -> Result<http::Response> {
        TRY_ASSIGN(auto tokens, reader.join_tokens(page));
        const std::string next = cursors_.cut(tokens, page, "join-tokens");
        std::vector<JoinTokenView> views;
        for (core::JoinToken& token : tokens) {
            TRY_ASSIGN(auto view, view_of(reader, std::move(token)));
            views.push_back(std::move(view));
        }
        return http::Response::json(
            200, list_json(views, next, [now = services_.clock.wall()](json::Writer& out, const JoinTokenView& view) {
                out.begin_object();
                write_fields(out, view, now);
                out.end_object();
            }));
    });
}

void TokenRoutes::create_join(http::Request request, http::Reply reply) {
    const auto value = read_json(request);
    if (!value) return reply.send(value.error());
    std::string pool = "default";
    std::string agent_name;
    std::int64_t lifetime_s = join_token_lifetime_s;
    json::Reader in(*value, json::UnknownFields::refuse);
    in.optional("pool", pool, name_text);
    in.optional("agent_name", agent_name, name_text);
    in.optional("lifetime_s", lifetime_s, join_token_lifetimes);
    if (auto finished = in.finish(); !finished) return reply.send(finished.error());
    const auto token = crypto::JoinToken::make(services_.random, services_.authority.certificate().digest());
    const desk::NewJoinToken asked{token.id, token.hash(), pool, agent_name,
                                   services_.clock.wall() + std::chrono::seconds{lifetime_s}};
    api::create(
        services_, request, reply, desk::Keep::only_that_it_was,
        [this, asked, actor = actor_of(request), text = token.text()](desk::Turn& turn) -> Result<desk::Created> {
            TRY_ASSIGN(auto made, desk::create_join_token(turn, actor, asked));
            json::Writer out;
            out.begin_object();
            write_fields(out, JoinTokenView{std::move(made), asked.pool, ""}, turn.now());
            out.field("token", text);
            out.field("url", agent_url_);
            out.end_object();
            return desk::Created{201, std::move(out).take(), ""};
        });
}

void TokenRoutes::revoke_join(http::Request request, http::Reply reply) {
    change<core::JoinToken>(
        services_, reply,
        [actor = actor_of(request), id = request.parameter("id")](desk::Turn& turn) {
            return desk::revoke_join_token(turn, actor, id);
        },
        [](const core::JoinToken&) { return http::Response::empty(); });
}

void TokenRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    const Access tokens = Access::token(Permission::manage_tokens);
    const Access agents = Access::token(Permission::manage_agents);
    const Takes page{.query = {"limit", "cursor"}};
    const Takes small_body{.body_bytes_max = small_body_bytes_max};
    table.add(Method::post, "/api/v1/bootstrap", Access::bootstrap(), small_body, &TokenRoutes::bootstrap);
    table.add(Method::get, "/api/v1/self", Access::token(Permission::read), {}, &TokenRoutes::show_self);
    table.add(Method::get, "/api/v1/tokens", tokens, page, &TokenRoutes::list);
    table.add(Method::post, "/api/v1/tokens", tokens, small_body, &TokenRoutes::create);
    table.add(Method::delete_, "/api/v1/tokens/{name:name}", tokens, {}, &TokenRoutes::revoke);
    table.add(Method::get, "/api/v1/join-tokens", agents, page, &TokenRoutes::list_join);
    table.add(Method::post, "/api/v1/join-tokens", agents, small_body, &TokenRoutes::create_join);
    table.add(Method::delete_, "/api/v1/join-tokens/{id:name}", agents, {}, &TokenRoutes::revoke_join);
}

}  // namespace slipway::api
