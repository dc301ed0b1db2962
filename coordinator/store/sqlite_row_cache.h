#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"

namespace slipway::store::sqlite {

/// The rows that the writing connection read or wrote last: one job on its way passes through a handful of
/// transactions, and each asks for the same three rows again. What stands here is what the database would answer,
/// because nobody else writes it; a transaction that does not commit forgets all of it. The writer's thread only.
class RowCache {
public:
    std::optional<core::Agent> agent(std::int64_t row) const { return find(agents_, row); }
    std::optional<core::Job> job(std::int64_t row) const { return find(jobs_, row); }
    std::optional<core::Attempt> attempt(std::int64_t row) const { return find(attempts_, row); }
    std::optional<core::Attempt> attempt_by_id(std::string_view id) const {
        const auto found = attempt_rows_.find(std::string(id));
        return found == attempt_rows_.end() ? std::nullopt : attempt(found->second);
    }

    void put(const core::Agent& agent) { insert(agents_, agent); }
    void put(const core::Job& job) {
        if (job.spec.size() <= spec_bytes_max) insert(jobs_, job);
    }
    void put(const core::Attempt& attempt) {
        if (insert(attempts_, attempt)) attempt_rows_.clear();
        attempt_rows_[attempt.id] = attempt.row;
    }

    /// After an update, which leaves some columns as they are: a row that would have changed one of these is forgotten.
    void updated(const core::Agent& agent) { replace(agents_, agent); }
    void updated(const core::Job& job) { replace(jobs_, job); }
    void updated(const core::Attempt& attempt) { replace(attempts_, attempt); }

    void clear() {
        agents_.clear();
        jobs_.clear();
        attempts_.clear();
        attempt_rows_.clear();
    }

private:
    template <typename Row>
    using Rows = std::unordered_map<std::int64_t, Row>;
    static constexpr std::size_t rows_max = 1024;                          ///< of each kind; then it begins anew
    static constexpr std::size_t spec_bytes_max = std::size_t{16} * 1024;  ///< of a job that is worth its memory

    template <typename Row>
    static std::optional<Row> find(const Rows<Row>& rows, std::int64_t row) {
        const auto found = rows.find(row);
        return found == rows.end() ? std::nullopt : std::optional<Row>(found->second);
    }
    /// True if the others had to go.
    template <typename Row>
    static bool insert(Rows<Row>& rows, const Row& row) {
        const bool full = rows.size() >= rows_max && !rows.contains(row.row);
        if (full) rows.clear();
        rows.insert_or_assign(row.row, row);
        return full;
    }
    template <typename Row>
    static void replace(Rows<Row>& rows, const Row& row) {
        const auto found = rows.find(row.row);
        if (found == rows.end()) return;
        if (given_at_insertion(found->second) == given_at_insertion(row))
            found->second = row;
        else
            rows.erase(found);
    }

    static auto given_at_insertion(const core::Agent& agent) { return std::tie(agent.id, agent.created); }
    static auto given_at_insertion(const core::Job& job) {
        return std::tie(job.id, job.name, job.pool_row, job.demands, job.priority, job.idempotent, job.timeout_s,
                        job.cancel_grace_s, job.spec, job.created, job.created_by);
    }
    static auto given_at_insertion(const core::Attempt& attempt) {
        return std::tie(attempt.id, attempt.job_row, attempt.agent_row, attempt.fence, attempt.leased);
    }

    Rows<core::Agent> agents_;
    Rows<core::Job> jobs_;
    Rows<core::Attempt> attempts_;
    std::unordered_map<std::string, std::int64_t> attempt_rows_;
};

}  // namespace slipway::store::sqlite
