#pragma once

#include <string>

#include "coordinator/desk/desk.h"

/// Credentials of people and programs, and join tokens of agents. Run in a turn of the desk; a refusal changes nothing.
namespace slipway::desk {

struct NewToken {
    std::string id;
    std::string secret_sha256;
    std::string name;
    core::Role role = core::Role::viewer;
    Time expires;
};
/// `name_taken` while a token of this name is not revoked.
Result<core::Token> create_token(Turn& turn, const Actor& actor, const NewToken& asked);
/// `token_missing`; `last_administrator` for the only usable token that could make another.
Result<core::Token> revoke_token(Turn& turn, const Actor& actor, const std::string& name);

/// The first administrator: only while there has never been one (`bootstrap_done`, Code::not_found). One whose token
/// was never used may never have got it, for the answer can be lost: the same code makes another in its place.
Result<core::Token> bootstrap(Turn& turn, const Actor& actor, const NewToken& asked);
/// Whether the bootstrap code still counts: nobody has shown a token yet.
Result<bool> awaits_bootstrap(store::Reader& reader);

/// A request came with it. The row says so within an hour.
Result<> used_token(Turn& turn, const std::string& id);

struct NewJoinToken {
    std::string id;
    std::string secret_sha256;
    std::string pool;
    std::string agent_name;  ///< empty: the agent says its own
    Time expires;
};
Result<core::JoinToken> create_join_token(Turn& turn, const Actor& actor, const NewJoinToken& asked);
Result<core::JoinToken> revoke_join_token(Turn& turn, const Actor& actor, const std::string& id);

}  // namespace slipway::desk
