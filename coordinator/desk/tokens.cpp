#include "coordinator/desk/tokens.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"

namespace slipway::desk {
namespace {

constexpr const char* bootstrap_actor = "bootstrap";

Result<core::Token> insert(Turn& turn, const Actor& actor, const NewToken& asked) {
    core::Token token;
    token.id = asked.id;
    token.name = asked.name;
    token.role = asked.role;
    token.secret_sha256 = asked.secret_sha256;
    token.created = turn.now();
    token.created_by = actor.name;
    token.expires = asked.expires;
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().insert(token));
        return turn.audit(actor, "token_created", "token:" + token.id,
                          token.name + ", " + std::string(core::to_string(token.role)));
    }));
    return token;
}

bool usable_administrator(const core::Token& token, Time now) {
    return token.role == core::Role::admin && !token.revoked && token.expires > now;
}

Result<bool> is_last_administrator(Turn& turn, const core::Token& token) {
    if (!usable_administrator(token, turn.now())) return false;
    store::Page page{limits::list_items_max, {}};
    for (;;) {
        TRY_ASSIGN(const auto tokens, turn.tx().tokens(page));
        for (const core::Token& other : tokens)
            if (other.row != token.row && usable_administrator(other, turn.now())) return false;
        if (tokens.size() < page.limit) return true;
        page.before_row = tokens.back().row;
    }
}

}  // namespace

Result<core::Token> create_token(Turn& turn, const Actor& actor, const NewToken& asked) {
    TRY_ASSIGN(const auto taken, turn.tx().token_named(asked.name));
    if (taken)
        return fail(Code::conflict, "a token named " + asked.name + " exists: revoke it or choose another name",
                    "name_taken");
    return insert(turn, actor, asked);
}

Result<core::Token> revoke_token(Turn& turn, const Actor& actor, const std::string& name) {
    TRY_ASSIGN(auto token, turn.tx().token_named(name));
    if (!token) return fail(Code::not_found, "there is no token named " + printable(name, 64), "token_missing");
    TRY_ASSIGN(const bool last, is_last_administrator(turn, *token));
    if (last)
        return fail(Code::conflict, "this is the only administrator's token: create another one before it is revoked",
                    "last_administrator");
    token->revoked = turn.now();
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().update(*token));
        return turn.audit(actor, "token_revoked", "token:" + token->id, token->name);
    }));
    return *std::move(token);
}

Result<bool> awaits_bootstrap(store::Reader& reader) {
    TRY_ASSIGN(const auto newest, reader.tokens({1, {}}));
    return newest.empty() || (newest[0].created_by == bootstrap_actor && !newest[0].last_used && !newest[0].revoked);
}

Result<core::Token> bootstrap(Turn& turn, const Actor& actor, const NewToken& asked) {
    TRY_ASSIGN(const bool awaited, awaits_bootstrap(turn.tx()));
    if (!awaited) return fail(Code::not_found, "this coordinator has its first administrator", "bootstrap_done");
    TRY_ASSIGN(auto unused, turn.tx().tokens({1, {}}));
    for (core::Token& token : unused) {
        token.revoked = turn.now();
        TRY(turn.all_or_nothing([&] { return turn.tx().update(token); }));
    }
    return insert(turn, {bootstrap_actor, actor.address}, asked);
}

Result<> used_token(Turn& turn, const std::string& id) {
    TRY_ASSIGN(auto token, turn.tx().token(id));
    if (!token) return {};
    token->last_used = turn.now();
    return turn.all_or_nothing([&] { return turn.tx().update(*token); });
}

Result<core::JoinToken> create_join_token(Turn& turn, const Actor& actor, const NewJoinToken& asked) {
    TRY_ASSIGN(const auto pool, turn.tx().pool_named(asked.pool));
    if (!pool)
        return fail(Code::invalid, "pool " + printable(asked.pool, 64) + " does not exist: see slipway pool list",
                    "pool_missing");
    core::JoinToken token;
    token.id = asked.id;
    token.secret_sha256 = asked.secret_sha256;
    token.pool_row = pool->row;
    token.agent_name = asked.agent_name;
    token.created = turn.now();
    token.created_by = actor.name;
    token.expires = asked.expires;
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().insert(token));
        return turn.audit(actor, "join_token_created", "join_token:" + token.id, "for pool " + asked.pool);
    }));
    return token;
}

Result<core::JoinToken> revoke_join_token(Turn& turn, const Actor& actor, const std::string& id) {
    TRY_ASSIGN(auto token, turn.tx().join_token(id));
    if (!token) return fail(Code::not_found, "there is no join token " + printable(id, 64), "token_missing");
    if (token->used)
        return fail(Code::conflict, "the join token was used already: delete the agent instead", "token_used");
    if (token->revoked) return *std::move(token);
    token->revoked = turn.now();
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().update(*token));
        return turn.audit(actor, "join_token_revoked", "join_token:" + token->id);
    }));
    return *std::move(token);
}

}  // namespace slipway::desk
