#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

#define JOIN_TOKEN_COLUMNS                                                                              \
    "SELECT row, id, secret_sha256, pool_row, agent_name, created, created_by, expires, revoked, used," \
    " used_key_sha256, agent_row, certificate FROM join_token "
#define TOKEN_COLUMNS \
    "SELECT row, id, name, role, secret_sha256, created, created_by, expires, revoked, last_used FROM token "

Result<core::JoinToken> read_join_token(const Query& query) {
    core::JoinToken token;
    Columns columns(query);
    columns.read(token.row, token.id, token.secret_sha256, token.pool_row, token.agent_name, token.created,
                 token.created_by, token.expires, token.revoked, token.used, token.used_key_sha256, token.agent_row,
                 token.certificate);
    TRY(columns.finish("join_token"));
    return token;
}

Result<core::Token> read_token(const Query& query) {
    core::Token token;
    Columns columns(query);
    columns.read(token.row, token.id, token.name, token.role, token.secret_sha256, token.created, token.created_by,
                 token.expires, token.revoked, token.last_used);
    TRY(columns.finish("token"));
    return token;
}

}  // namespace

Result<std::optional<core::JoinToken>> join_token(Connection& db, std::string_view id) {
    return one_row(db.query(JOIN_TOKEN_COLUMNS "WHERE id = $1", id), &read_join_token);
}

Result<std::vector<core::JoinToken>> join_tokens(Connection& db, const Page& page) {
    return all_rows(db.query(JOIN_TOKEN_COLUMNS "WHERE row < $1 ORDER BY row DESC LIMIT $2", before(page), page.limit),
                    &read_join_token);
}

Result<> insert(Connection& db, core::JoinToken& token) {
    return set_row(db,
                   db.execute("INSERT INTO join_token (id, secret_sha256, pool_row, agent_name, created, created_by,"
                              " expires, revoked, used, used_key_sha256, agent_row, certificate)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                              token.id, token.secret_sha256, token.pool_row, token.agent_name, token.created,
                              token.created_by, token.expires, token.revoked, token.used, token.used_key_sha256,
                              Reference{token.agent_row}, token.certificate),
                   token.row);
}

Result<> update(Connection& db, const core::JoinToken& token) {
    return must_change_one(db.execute("UPDATE join_token SET expires = $2, revoked = $3, used = $4,"
                                      " used_key_sha256 = $5, agent_row = $6, certificate = $7 WHERE row = $1",
                                      token.row, token.expires, token.revoked, token.used, token.used_key_sha256,
                                      Reference{token.agent_row}, token.certificate),
                           "join token");
}

Result<std::optional<core::Token>> token(Connection& db, std::string_view id) {
    return one_row(db.query(TOKEN_COLUMNS "WHERE id = $1", id), &read_token);
}

Result<std::optional<core::Token>> token_named(Connection& db, std::string_view name) {
    return one_row(db.query(TOKEN_COLUMNS "WHERE name = $1 AND revoked IS NULL", name), &read_token);
}

Result<std::vector<core::Token>> tokens(Connection& db, const Page& page) {
    return all_rows(db.query(TOKEN_COLUMNS "WHERE row < $1 ORDER BY row DESC LIMIT $2", before(page), page.limit),
                    &read_token);
}

Result<> insert(Connection& db, core::Token& token) {
    return set_row(db,
                   db.execute("INSERT INTO token (id, name, role, secret_sha256, created, created_by, expires,"
                              " revoked, last_used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                              token.id, token.name, token.role, token.secret_sha256, token.created, token.created_by,
                              token.expires, token.revoked, token.last_used),
                   token.row);
}

Result<> update(Connection& db, const core::Token& token) {
    return must_change_one(
        db.execute("UPDATE token SET role = $2, expires = $3, revoked = $4, last_used = $5 WHERE row = $1", token.row,
                   token.role, token.expires, token.revoked, token.last_used),
        "token");
}

}  // namespace slipway::store::sqlite
