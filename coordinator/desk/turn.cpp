#include <algorithm>

#include "coordinator/desk/desk.h"
#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"

namespace slipway::desk {

std::string Turn::new_id() { return make_uuid7(now_, desk_.parts_.random); }

// The hash covers the hash before it and each field with its length, so that no two rows can be spelled alike.
Result<> Turn::audit(const Actor& actor, std::string action, std::string object, std::string result) {
    core::AuditRecord record;
    record.time = now_;
    record.actor = actor.name;
    record.address = actor.address;
    record.action = std::move(action);
    record.object = std::move(object);
    record.result = std::move(result);
    const std::string before = desk_.last_audit_ ? desk_.last_audit_->hash : std::string();
    std::string text;
    for (const std::string& field :
         {before, to_rfc3339(record.time), record.actor, record.address, record.action, record.object, record.result})
        text += std::to_string(field.size()) + ":" + field;
    record.hash = crypto::sha256(text);
    TRY(tx_.append(record));
    desk_.last_audit_ = std::move(record);
    return {};
}

Result<> Turn::write(const core::Case& of) {
    if (of.attempt_changed) {
        TRY(tx_.update(of.attempt));
        if (is_final(of.attempt.state))
            desk_.clear_deadline(Desk::Deadline::lease, of.attempt.row);
        else if (of.attempt.state != AttemptState::unknown)
            desk_.set_deadline(Desk::Deadline::lease, of.attempt.row, of.attempt.lease_until - now_);
        touch(of.attempt.agent_row);
    }
    if (of.attempt_changed || of.job_changed) changed(of.job.row);
    if (of.job_changed) {
        TRY(tx_.update(of.job));
        if (of.queued_again) queued(of.job);
    }
    return {};
}

void Turn::queued(const core::Job& job) {
    if (job.state != JobState::queued || job.held_by_restore != 0) return;
    desk_.queue_.add(job);
    queued_.push_back(job.row);
}

std::int64_t Turn::next_fence() {
    fence_moved_ = true;
    return ++desk_.fence_;
}

void Turn::lift_fence(std::int64_t seen) {
    if (seen <= desk_.fence_) return;
    fence_moved_ = true;
    desk_.fence_ = seen;
}

Result<std::vector<core::Case>> Turn::cases_of(std::int64_t agent_row, const core::Poll& poll) {
    if (auto kept = cases_.extract(agent_row)) return std::move(kept.mapped());
    return load_cases(*this, agent_row, poll);
}

void Turn::unqueue(std::int64_t job_row) { desk_.queue_.remove(job_row); }

Result<std::vector<core::Case>> load_cases(Turn& turn, std::int64_t agent_row, const core::Poll& poll) {
    store::Transaction& tx = turn.tx();
    std::vector<core::Case> cases;
    const auto add = [&](core::Attempt attempt) -> Result<> {
        TRY_ASSIGN(auto job, tx.job(attempt.job_row));
        if (!job) return fail(Code::corrupt, "the job of attempt " + attempt.id + " is missing");
        cases.push_back({std::move(attempt), *std::move(job)});
        return {};
    };
    TRY_ASSIGN(auto open, tx.open_attempts(agent_row));
    for (core::Attempt& attempt : open) TRY(add(std::move(attempt)));
    const auto add_named = [&](const std::string& id, std::int64_t fence) -> Result<> {
        if (std::ranges::any_of(cases, [&](const core::Case& of) { return of.attempt.id == id; })) return {};
        TRY_ASSIGN(auto attempt, tx.attempt_by_id(id));
        if (attempt && attempt->agent_row == agent_row && attempt->fence == fence) TRY(add(*std::move(attempt)));
        return {};
    };
    for (const core::Poll::Held& held : poll.attempts) TRY(add_named(held.attempt, held.fence));
    for (const core::Poll::Refused& refused : poll.refused) TRY(add_named(refused.attempt, refused.fence));
    return cases;
}

}  // namespace slipway::desk
