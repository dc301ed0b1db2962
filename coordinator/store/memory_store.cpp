#include "coordinator/store/memory_store.h"

#include <mutex>

#include "coordinator/store/memory_reader.h"
#include "platform/base/assert.h"

namespace slipway::store {

namespace {

using namespace memory;

Result<> taken(std::string_view what) {
    return fail(Code::conflict, "the name or id of the " + std::string(what) + " is taken", "name_taken");
}

/// The state that was committed last.
struct Committed {
    std::mutex mutex;
    State state;
    bool writing = false;

    State copy() {
        const std::lock_guard lock(mutex);
        return state;
    }
};

class MemoryTransaction : public memory::ReaderOn<Transaction> {
public:
    explicit MemoryTransaction(Committed& committed) : ReaderOn(committed.copy()), committed_(committed) {
        ASSERT(!std::exchange(committed_.writing, true));
    }
    ~MemoryTransaction() override {
        if (!ended_) committed_.writing = false;
    }

    Result<> set_counter(Counter counter, std::int64_t value) override {
        TRY(usable());
        state_.counters.edit()[counter] = value;
        return {};
    }

    Result<> insert(core::Pool& pool) override {
        TRY(usable());
        return add(state_.pools, pool, "pool", [&](const core::Pool& other) { return same_live_name(other, pool); });
    }
    Result<> update(const core::Pool& pool) override {
        TRY(usable());
        if (find_if(state_.pools,
                    [&](const core::Pool& other) { return other.row != pool.row && same_live_name(other, pool); }))
            return taken("pool");
        return change(state_.pools, pool.row, "pool", [&](core::Pool& stored) {
            stored.name = pool.name;
            stored.deleted = pool.deleted;
        });
    }

    Result<> insert(core::Agent& agent) override {
        TRY(usable());
        TRY(must_exist(state_.pools, agent.pool_row));
        return add(state_.agents, agent, "agent",
                   [&](const core::Agent& other) { return other.id == agent.id || same_live_name(other, agent); });
    }
    Result<> update(const core::Agent& agent) override {
        TRY(usable());
        if (find_if(state_.agents,
                    [&](const core::Agent& other) { return other.row != agent.row && same_live_name(other, agent); }))
            return taken("agent");
        return change(state_.agents, agent.row, "agent", [&](core::Agent& stored) {
            core::Agent next = agent;
            next.id = stored.id;
            next.created = stored.created;
            stored = std::move(next);
        });
    }

    Result<> insert(core::JoinToken& token) override {
        TRY(usable());
        TRY(must_exist(state_.pools, token.pool_row));
        return add(state_.join_tokens, token, "join token",
                   [&](const core::JoinToken& other) { return other.id == token.id; });
    }
    Result<> update(const core::JoinToken& token) override {
        TRY(usable());
        return change(state_.join_tokens, token.row, "join token", [&](core::JoinToken& stored) {
            stored.expires = token.expires;
            stored.revoked = token.revoked;
            stored.used = token.used;
            stored.used_key_sha256 = token.used_key_sha256;
            stored.agent_row = token.agent_row;
            stored.certificate = token.certificate;
        });
    }

    Result<> insert(core::Token& token) override {
        TRY(usable());
        return add(state_.tokens, token, "token", [&](const core::Token& other) {
            return other.id == token.id || (other.name == token.name && !other.revoked && !token.revoked);
        });
    }
    Result<> update(const core::Token& token) override {
        TRY(usable());
        return change(state_.tokens, token.row, "token", [&](core::Token& stored) {
            stored.role = token.role;
            stored.expires = token.expires;
            stored.revoked = token.revoked;
            stored.last_used = token.last_used;
        });
    }

    Result<> insert(core::Job& job, const std::vector<core::JobArtifact>& artifacts) override {
        TRY(usable());
        TRY(must_exist(state_.pools, job.pool_row));
        StoredJob stored{job, {}};
        for (const core::JobArtifact& artifact : artifacts)
            if (!stored.artifacts.emplace(artifact.alias, artifact).second)
                return broken("a job has two artifacts of alias " + artifact.alias);
        if (find_if(state_.jobs, [&](const StoredJob& other) { return other.job.id == job.id; })) return taken("job");
        stored.job.row = state_.jobs.next_row();
        job.row = stored.job.row;
        state_.jobs.edit().emplace(job.row, std::move(stored));
        return {};
    }
    Result<> update(const core::Job& job) override {
        TRY(usable());
        const auto current = find(state_.attempts, job.current_attempt_row);
        return change(state_.jobs, job.row, "job", [&](StoredJob& stored) {
            copy_changing(job, stored.job);
            stored.job.agent_row = current ? current->attempt.agent_row : 0;
        });
    }

    Result<> insert(core::Attempt& attempt, std::string_view order_document) override {
        TRY(usable());
        TRY(must_exist(state_.jobs, attempt.job_row));
        TRY(must_exist(state_.agents, attempt.agent_row));
        if (find_if(state_.attempts, [&](const StoredAttempt& other) { return other.attempt.id == attempt.id; }))
            return taken("attempt");
        attempt.row = state_.attempts.next_row();
        state_.attempts.edit().emplace(attempt.row, StoredAttempt{attempt, std::string(order_document)});
        return {};
    }
    Result<> update(const core::Attempt& attempt) override {
        TRY(usable());
        return change(state_.attempts, attempt.row, "attempt", [&](StoredAttempt& stored) {
            core::Attempt next = attempt;
            next.id = stored.attempt.id;
            next.job_row = stored.attempt.job_row;
            next.agent_row = stored.attempt.agent_row;
            next.fence = stored.attempt.fence;
            next.leased = stored.attempt.leased;
            stored.attempt = std::move(next);
        });
    }
    Result<> put(const core::AttemptTask& task) override {
        TRY(usable());
        TRY(must_exist(state_.attempts, task.attempt_row));
        state_.tasks.edit().insert_or_assign({task.attempt_row, task.index}, task);
        return {};
    }

    Result<> insert(core::Artifact& artifact) override {
        TRY(usable());
        return add(state_.artifacts, artifact, "artifact", [&](const core::Artifact& other) {
            return other.id == artifact.id || (other.name == artifact.name && other.version == artifact.version);
        });
    }
    Result<> remove(const core::Artifact& artifact) override {
        TRY(usable());
        return erase(state_.artifacts, artifact.row, "artifact");
    }
    Result<> insert(core::Upload& upload) override {
        TRY(usable());
        return add(state_.uploads, upload, "upload", [&](const core::Upload& other) { return other.id == upload.id; });
    }
    Result<> update(const core::Upload& upload) override {
        TRY(usable());
        return change(state_.uploads, upload.row, "upload",
                      [&](core::Upload& stored) { stored.touched = upload.touched; });
    }
    Result<> remove(const core::Upload& upload) override {
        TRY(usable());
        return erase(state_.uploads, upload.row, "upload");
    }

    Result<> insert(const IdempotencyRecord& record) override {
        TRY(usable());
        if (!state_.idempotency.edit().emplace(std::pair(record.token_row, record.key), record).second)
            return taken("idempotency key");
        return {};
    }
    Result<> remove_idempotency_before(Time time) override {
        TRY(usable());
        std::erase_if(state_.idempotency.edit(), [&](const auto& item) { return item.second.created < time; });
        return {};
    }

    Result<> append(core::AuditRecord& record) override {
        TRY(usable());
        record.seq = state_.audit.next_row();
        state_.audit.edit().emplace(record.seq, record);
        return {};
    }

    Result<> commit() override {
        TRY(usable());
        ended_ = true;
        const std::lock_guard lock(committed_.mutex);
        committed_.state = std::move(state_);
        committed_.writing = false;
        return {};
    }

private:
    template <typename Named>
    static bool same_live_name(const Named& a, const Named& b) {
        return a.name == b.name && !a.deleted && !b.deleted;
    }

    static void copy_changing(const core::Job& from, core::Job& to) {
        to.state = from.state;
        to.reason = from.reason;
        to.with_issues = from.with_issues;
        to.summary = from.summary;
        to.started = from.started;
        to.ended = from.ended;
        to.current_attempt_row = from.current_attempt_row;
        to.attempts = from.attempts;
        to.automatic_retries = from.automatic_retries;
        to.cancel_requested = from.cancel_requested;
        to.resolved_by = from.resolved_by;
        to.resolved_reason = from.resolved_reason;
        to.held_by_restore = from.held_by_restore;
    }

    Result<> usable() const {
        ASSERT(!ended_);
        if (broken_) return fail(*broken_);
        return {};
    }
    Result<> broken(std::string message) {
        broken_ = Error{Code::internal, std::move(message)};
        return fail(*broken_);
    }

    template <typename Row, typename Same>
    Result<> add(Table<std::int64_t, Row>& table, Row& item, std::string_view what, Same same) {
        if (find_if(table, same)) return taken(what);
        item.row = table.next_row();
        table.edit().emplace(item.row, item);
        return {};
    }
    template <typename Row>
    Result<> erase(Table<std::int64_t, Row>& table, std::int64_t row, std::string_view what) {
        if (table.rows().contains(row))
            table.edit().erase(row);
        else
            return absent(what);
        return {};
    }
    template <typename Row, typename Change>
    Result<> change(Table<std::int64_t, Row>& table, std::int64_t row, std::string_view what, Change change) {
        if (!table.rows().contains(row)) return absent(what);
        change(table.edit().at(row));
        return {};
    }
    static Result<> absent(std::string_view what) {
        return fail(Code::not_found, "the " + std::string(what) + " is not in the database");
    }
    template <typename Row>
    Result<> must_exist(const Table<std::int64_t, Row>& table, std::int64_t row) {
        if (table.rows().contains(row)) return {};
        return fail(Code::conflict, "a row refers to one that does not exist", "in_use");
    }

    Committed& committed_;
    bool ended_ = false;
    std::optional<Error> broken_;
};

class MemoryReader : public memory::ReaderOn<Reader> {
public:
    using ReaderOn::ReaderOn;
};

class MemoryStore : public Store {
public:
    explicit MemoryStore(State state) { committed_.state = std::move(state); }
    State copy() { return committed_.copy(); }

    Result<std::unique_ptr<Transaction>> begin() override { return std::make_unique<MemoryTransaction>(committed_); }
    Result<std::unique_ptr<Reader>> read() override { return std::make_unique<MemoryReader>(committed_.copy()); }

private:
    Committed committed_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() { return std::make_unique<MemoryStore>(State{}); }

std::unique_ptr<Store> copy_memory_store(Store& store) {
    auto* original = dynamic_cast<MemoryStore*>(&store);
    ASSERT(original != nullptr);
    return std::make_unique<MemoryStore>(original->copy());
}

}  // namespace slipway::store
