#pragma once

#include <map>
#include <memory>
#include <utility>

#include "coordinator/store/store.h"

namespace slipway::store::memory {

/// Rows by number. A copy shares them until one side edits: then that side makes its own, so the other, which may be
/// in another thread, never sees a change.
template <typename Key, typename Row>
class Table {
public:
    using Rows = std::map<Key, Row>;

    Table() : rows_(std::make_shared<Rows>()) {}
    Table(const Table& other) : rows_(other.rows_), last_(other.last_) {}
    Table& operator=(const Table& other) {
        rows_ = other.rows_;
        last_ = other.last_;
        own_ = false;
        return *this;
    }

    const Rows& rows() const { return *rows_; }
    Rows& edit() {
        if (!std::exchange(own_, true)) rows_ = std::make_shared<Rows>(*rows_);
        return *rows_;
    }
    /// A number that no row ever had.
    std::int64_t next_row() { return ++last_; }

private:
    std::shared_ptr<Rows> rows_;
    std::int64_t last_ = 0;
    bool own_ = false;
};

struct StoredJob {
    core::Job job;
    std::map<std::string, core::JobArtifact> artifacts;
};

struct StoredAttempt {
    core::Attempt attempt;
    std::string order_document;
};

/// Everything that is stored.
struct State {
    Table<Counter, std::int64_t> counters;
    Table<std::int64_t, core::Pool> pools;
    Table<std::int64_t, core::Agent> agents;
    Table<std::int64_t, core::JoinToken> join_tokens;
    Table<std::int64_t, core::Token> tokens;
    Table<std::int64_t, StoredJob> jobs;
    Table<std::int64_t, StoredAttempt> attempts;
    Table<std::pair<std::int64_t, std::int64_t>, core::AttemptTask> tasks;
    Table<std::int64_t, core::Artifact> artifacts;
    Table<std::int64_t, core::Upload> uploads;
    Table<std::pair<std::int64_t, std::string>, IdempotencyRecord> idempotency;
    Table<std::int64_t, core::AuditRecord> audit;
};

/// The row of a table for which `wanted(row)` is true.
template <typename Row, typename Wanted>
std::optional<Row> find_if(const Table<std::int64_t, Row>& table, Wanted wanted) {
    for (const auto& [number, row] : table.rows())
        if (wanted(row)) return row;
    return std::nullopt;
}

template <typename Key, typename Row>
std::optional<Row> find(const Table<Key, Row>& table, const Key& key) {
    const auto found = table.rows().find(key);
    return found == table.rows().end() ? std::nullopt : std::optional<Row>(found->second);
}

/// Newest first.
template <typename Row, typename Wanted>
std::vector<Row> page_of(const Table<std::int64_t, Row>& table, const Page& page, Wanted wanted) {
    std::vector<Row> items;
    const auto& rows = table.rows();
    auto next = page.before_row ? rows.lower_bound(*page.before_row) : rows.end();
    while (next != rows.begin() && items.size() < page.limit) {
        --next;
        if (wanted(next->second)) items.push_back(next->second);
    }
    return items;
}

}  // namespace slipway::store::memory
