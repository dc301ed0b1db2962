#include "coordinator/store/sqlite_rows.h"

namespace slipway::store::sqlite {

namespace {

Result<core::Pool> read_pool(const Query& query) {
    core::Pool pool;
    Columns columns(query);
    columns.read(pool.row, pool.name, pool.created, pool.deleted);
    TRY(columns.finish("pool"));
    return pool;
}

#define AGENT_COLUMNS                                                                                              \
    "SELECT row, id, name, pool_row, created, disabled, deleted, instance, start_epoch, instance_since, boot_id,"  \
    " address, slots, version, capabilities_sha256, restore_epoch, highest_fence, pruned_fence, last_contact,"     \
    " last_used_fence, rejected_instance, serial, next_serial, capabilities, conflict_instance, conflict_address," \
    " conflict_start_epoch, conflict_seen FROM agent "

Result<core::Agent> read_agent(const Query& query) {
    core::Agent agent;
    std::optional<std::string> conflict;
    Columns columns(query);
    columns.read(agent.row, agent.id, agent.name, agent.pool_row, agent.created, agent.disabled, agent.deleted,
                 agent.instance, agent.start_epoch, agent.instance_since, agent.boot_id, agent.address, agent.slots,
                 agent.version, agent.capabilities_sha256, agent.restore_epoch, agent.highest_fence, agent.pruned_fence,
                 agent.last_contact, agent.last_used_fence, agent.rejected_instance, agent.serial, agent.next_serial,
                 agent.capabilities, conflict);
    if (conflict) {
        core::Conflict& with = agent.conflict.emplace();
        with.instance = std::move(*conflict);
        columns.read(with.address, with.start_epoch, with.seen);
    }
    TRY(columns.finish("agent"));
    return agent;
}

template <typename Member>
auto of_conflict(const core::Agent& agent, Member core::Conflict::*member) {
    return agent.conflict ? std::optional<Member>((*agent.conflict).*member) : std::nullopt;
}

}  // namespace

Result<std::optional<core::Pool>> pool(Connection& db, std::int64_t row) {
    return one_row(db.query("SELECT row, name, created, deleted FROM pool WHERE row = $1", row), &read_pool);
}

Result<std::optional<core::Pool>> pool_named(Connection& db, std::string_view name) {
    return one_row(db.query("SELECT row, name, created, deleted FROM pool WHERE name = $1 AND deleted IS NULL", name),
                   &read_pool);
}

Result<std::vector<core::Pool>> pools(Connection& db) {
    return all_rows(db.query("SELECT row, name, created, deleted FROM pool WHERE deleted IS NULL ORDER BY name"),
                    &read_pool);
}

Result<> insert(Connection& db, core::Pool& pool) {
    return set_row(db,
                   db.execute("INSERT INTO pool (name, created, deleted) VALUES ($1, $2, $3)", pool.name, pool.created,
                              pool.deleted),
                   pool.row);
}

Result<> update(Connection& db, const core::Pool& pool) {
    return must_change_one(
        db.execute("UPDATE pool SET name = $2, deleted = $3 WHERE row = $1", pool.row, pool.name, pool.deleted),
        "pool");
}

Result<std::optional<core::Agent>> agent(Connection& db, std::int64_t row) {
    return one_row(db.query(AGENT_COLUMNS "WHERE row = $1", row), &read_agent);
}

Result<std::optional<std::string>> agent_name(Connection& db, std::int64_t row) {
    return one_row(db.query("SELECT name FROM agent WHERE row = $1", row), &read_text);
}

Result<std::optional<core::Agent>> agent_by_id(Connection& db, std::string_view id) {
    return one_row(db.query(AGENT_COLUMNS "WHERE id = $1", id), &read_agent);
}

Result<std::optional<core::Agent>> agent_named(Connection& db, std::string_view name) {
    return one_row(db.query(AGENT_COLUMNS "WHERE name = $1 AND deleted IS NULL", name), &read_agent);
}

Result<std::vector<core::Agent>> agents(Connection& db, const Page& page, std::optional<std::int64_t> pool_row) {
    if (!pool_row)
        return all_rows(db.query(AGENT_COLUMNS "WHERE row < $1 AND deleted IS NULL ORDER BY row DESC LIMIT $2",
                                 before(page), page.limit),
                        &read_agent);
    return all_rows(
        db.query(AGENT_COLUMNS "WHERE pool_row = $3 AND row < $1 AND deleted IS NULL ORDER BY row DESC LIMIT $2",
                 before(page), page.limit, *pool_row),
        &read_agent);
}

Result<std::vector<core::Agent>> all_agents(Connection& db) {
    return all_rows(db.query(AGENT_COLUMNS "WHERE deleted IS NULL ORDER BY row"), &read_agent);
}

Result<> insert(Connection& db, core::Agent& agent) {
    return set_row(
        db,
        db.execute("INSERT INTO agent (id, name, pool_row, created, disabled, deleted, instance, start_epoch,"
                   " instance_since, boot_id, address, slots, version, capabilities_sha256, restore_epoch,"
                   " highest_fence, pruned_fence, last_contact, last_used_fence, conflict_instance, conflict_address,"
                   " conflict_start_epoch, conflict_seen, rejected_instance, serial, next_serial, capabilities)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"
                   " $20, $21, $22, $23, $24, $25, $26, $27)",
                   agent.id, agent.name, agent.pool_row, agent.created, agent.disabled, agent.deleted, agent.instance,
                   agent.start_epoch, agent.instance_since, agent.boot_id, agent.address, agent.slots, agent.version,
                   agent.capabilities_sha256, agent.restore_epoch, agent.highest_fence, agent.pruned_fence,
                   agent.last_contact, agent.last_used_fence, of_conflict(agent, &core::Conflict::instance),
                   of_conflict(agent, &core::Conflict::address), of_conflict(agent, &core::Conflict::start_epoch),
                   of_conflict(agent, &core::Conflict::seen), agent.rejected_instance, agent.serial, agent.next_serial,
                   encode(agent.capabilities)),
        agent.row);
}

Result<> update(Connection& db, const core::Agent& agent) {
    return must_change_one(
        db.execute("UPDATE agent SET name = $2, disabled = $3, deleted = $4, instance = $5, start_epoch = $6,"
                   " instance_since = $7, boot_id = $8, address = $9, slots = $10, version = $11,"
                   " capabilities_sha256 = $12, restore_epoch = $13, highest_fence = $14, pruned_fence = $15,"
                   " last_contact = $16, last_used_fence = $17, conflict_instance = $18, conflict_address = $19,"
                   " conflict_start_epoch = $20, conflict_seen = $21, rejected_instance = $22, serial = $23,"
                   " next_serial = $24, capabilities = $25, pool_row = $26 WHERE row = $1",
                   agent.row, agent.name, agent.disabled, agent.deleted, agent.instance, agent.start_epoch,
                   agent.instance_since, agent.boot_id, agent.address, agent.slots, agent.version,
                   agent.capabilities_sha256, agent.restore_epoch, agent.highest_fence, agent.pruned_fence,
                   agent.last_contact, agent.last_used_fence, of_conflict(agent, &core::Conflict::instance),
                   of_conflict(agent, &core::Conflict::address), of_conflict(agent, &core::Conflict::start_epoch),
                   of_conflict(agent, &core::Conflict::seen), agent.rejected_instance, agent.serial, agent.next_serial,
                   encode(agent.capabilities), agent.pool_row),
        "agent");
}

}  // namespace slipway::store::sqlite
