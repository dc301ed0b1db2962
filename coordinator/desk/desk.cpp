#include "coordinator/desk/desk.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/job_rules.h"
#include "platform/base/assert.h"
#include "platform/base/crash_point.h"
#include "platform/base/limits.h"

namespace slipway::desk {
namespace {

constexpr Duration contact_row_age_max = 60s;
constexpr Duration jump_max = 5s;

}  // namespace

Result<> Desk::load() {
    TRY_ASSIGN(auto reader, parts_.store.read());
    TRY_ASSIGN(restore_epoch_, reader->counter(store::Counter::restore_epoch));
    TRY_ASSIGN(fence_, reader->counter(store::Counter::fence));
    TRY_ASSIGN(last_audit_, reader->last_audit());
    TRY_ASSIGN(const auto agents, reader->all_agents());
    TRY_ASSIGN(const auto jobs, reader->unfinished_jobs());
    TRY_ASSIGN(const auto attempts, reader->open_attempts(std::nullopt));
    queue_ = {};
    std::erase_if(deadlines_, [](const DeadlineKey& key) { return key.kind == Deadline::lease; });
    std::erase_if(deadline_of_, [](const auto& entry) { return entry.first.first == Deadline::lease; });
    for (const core::Agent& agent : agents) follow(agent);
    holds_jobs_ = false;
    for (const core::Job& job : jobs) {
        if (core::may_be_leased(job)) queue_.add(job);
        holds_jobs_ |= job.held_by_restore != 0;
    }
    for (const core::Attempt& attempt : attempts)
        if (attempt.state != AttemptState::unknown) set_deadline(Deadline::lease, attempt.row, core::lease_time);
    // Polls that were parked before a failure are answered soon: their agents come again with a whole list.
    for (const auto& [agent_row, session] : sessions_)
        if (session.parked) set_deadline(Deadline::hold, agent_row, 1s);
    return {};
}

void Desk::run(std::span<const Work> works) { run_turn(works, {}); }

void Desk::tick() {
    begin_anew_if_time_jumped();
    std::vector<DeadlineKey> due;
    const Steady now = parts_.clock.steady();
    for (const DeadlineKey& key : deadlines_) {
        if (key.at > now) break;
        due.push_back(key);
    }
    for (const DeadlineKey& key : due) clear_deadline(key.kind, key.row);
    if (!due.empty()) run_turn({}, due);
}

std::optional<Steady> Desk::next_deadline() const {
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->at;
}

// Everything that a turn changes in memory is made again from rows when its commit fails, so works need not undo.
void Desk::run_turn(std::span<const Work> works, std::span<const DeadlineKey> due) {
    begin_anew_if_time_jumped();
    if (must_load_) must_load_ = !load().has_value();
    if (parts_.make_room) parts_.make_room();
    auto begun = parts_.store.begin();
    if (!begun) {
        for (const Work& work : works) work.failed(begun.error());
        for (const DeadlineKey& key : due) set_deadline(key.kind, key.row, 1s);
        return;
    }
    Turn turn(*this, **begun, parts_.clock.wall());
    Result<> done;
    for (const Work& work : works) work.run(turn);
    for (const DeadlineKey& key : due) {
        if (auto expired = expire(turn, key); !expired) done = std::move(expired);
    }
    if (auto settled = settle(turn); !settled) done = std::move(settled);
    if (turn.broken_) done = fail(*std::move(turn.broken_));
    if (done) {
        CRASH_POINT("desk.commit_before");
        done = turn.tx_.commit();
        CRASH_POINT("desk.commit_after");
    }
    begun->reset();
    if (!done) {
        for (const DeadlineKey& key : due) set_deadline(key.kind, key.row, 1s);
        must_load_ = !load().has_value();
        if (done.error().code == Code::disk_full && parts_.disk_is_full) parts_.disk_is_full();
    }
    for (const auto& function : turn.after_) function(done);
    if (done)
        for (const std::int64_t job_row : turn.changed_) parts_.watchers.tell(job_row);
}

// The newly queued jobs first look for an agent, then each agent that something happened to looks for jobs and mail.
Result<> Desk::settle(Turn& turn) {
    const auto queued = std::exchange(turn.queued_, {});
    const bool leases = !queued.empty() && may_lease();
    for (const std::int64_t job_row : queued)
        if (const auto agent_row = leases ? queue_.agent_for(job_row) : std::nullopt)
            TRY(lease_job(turn, job_row, *agent_row));
    while (!turn.touched_.empty())
        for (const std::int64_t agent_row : std::exchange(turn.touched_, {})) TRY(serve(turn, agent_row));
    return turn.fence_moved_ ? turn.tx().set_counter(store::Counter::fence, fence_) : Result<>();
}

Result<core::Case> Desk::lease_job(Turn& turn, std::int64_t job_row, std::int64_t agent_row) {
    store::Transaction& tx = turn.tx();
    TRY_ASSIGN(auto job, tx.job(job_row));
    TRY_ASSIGN(auto agent, tx.agent(agent_row));
    TRY_ASSIGN(const auto artifacts, tx.artifacts_of_job(job_row));
    ASSERT(job && agent);
    const std::int64_t fence = turn.next_fence();
    core::Attempt attempt = core::lease(*job, *agent, fence, turn.new_id(), turn.now());
    std::string document = parts_.orders.write(*job, attempt, *agent, artifacts);
    TRY(tx.insert(attempt, document));
    core::leased(*job, attempt);
    TRY(tx.update(*job));
    TRY(tx.update(*agent));
    TRY(turn.audit({"coordinator", ""}, "attempt_leased", "job:" + job->id,
                   "attempt " + attempt.id + " on agent " + agent->name + ", fence " + std::to_string(fence)));
    turn.changed(job_row);
    turn.documents_[attempt.row] = std::move(document);
    queue_.remove(job_row);
    const core::Station* station = queue_.station(agent_row);
    queue_.set_availability(agent_row, {station->contact, station->free_slots - 1, fence});
    set_deadline(Deadline::lease, attempt.row, core::lease_time);
    turn.touch(agent_row);
    return core::Case{std::move(attempt), *std::move(job)};
}

/// An agent whose poll is parked takes what it has free slots for, and its poll is answered if there is anything to
/// say.
Result<> Desk::serve(Turn& turn, std::int64_t agent_row) {
    const auto found = sessions_.find(agent_row);
    if (found == sessions_.end() || !found->second.parked) {
        set_free(agent_row, 0);
        return {};
    }
    const core::Poll poll = found->second.parked->poll;
    TRY_ASSIGN(const auto agent, turn.tx().agent(agent_row));
    ASSERT(agent);
    const bool orders_allowed = agent->status() == AgentStatus::enabled && poll.restore_epoch == restore_epoch_;
    TRY_ASSIGN(auto cases, turn.cases_of(agent_row, poll));
    core::Mail mail = core::mail_for(poll, orders_allowed, cases);
    set_free(agent_row, orders_allowed && may_lease() ? core::free_slots(poll, cases, mail) : 0);
    bool more = false;
    while (const auto job_row = queue_.job_for(agent_row)) {
        TRY_ASSIGN(cases.emplace_back(), lease_job(turn, *job_row, agent_row));
        more = true;
    }
    if (more) mail = core::mail_for(poll, orders_allowed, cases);
    turn.touched_.erase(agent_row);
    const bool want = poll.capabilities_sha256 != agent->capabilities_sha256;
    if (!mail.urgent && !want && poll.restore_epoch == restore_epoch_) return {};
    TRY_ASSIGN(PollAnswer answer, make_answer(turn, mail, poll));
    answer.want_capabilities = want;
    reply(turn, found->second, agent_row, std::move(answer));
    return {};
}

Result<PollAnswer> Desk::make_answer(Turn& turn, const core::Mail& mail, const core::Poll& poll) {
    PollAnswer answer;
    answer.restore_epoch = restore_epoch_;
    answer.hold_s = core::hold_s(poll);
    answer.cancels = mail.cancels;
    answer.forget = mail.forget;
    std::size_t bytes = 0;
    for (const core::Mail::Order& order : mail.orders) {
        std::string document;
        if (const auto made = turn.documents_.find(order.attempt_row); made != turn.documents_.end()) {
            document = made->second;
        } else {
            TRY_ASSIGN(auto stored, turn.tx().order_document(order.attempt_row));
            if (!stored) return fail(Code::corrupt, "the order document of attempt " + order.attempt + " is missing");
            document = *std::move(stored);
        }
        // Base64 and the fields around it; the rest of the orders comes with the next answer.
        bytes += document.size() / 3 * 4 + 256;
        if (!answer.orders.empty() && bytes > limits::poll_answer_bytes_max) break;
        answer.orders.push_back({order.attempt, order.fence, std::move(document)});
    }
    return answer;
}

void Desk::reply(Turn& turn, Session& session, std::int64_t agent_row, PollAnswer answer) {
    ASSERT(session.parked);
    clear_deadline(Deadline::hold, agent_row);
    set_free(agent_row, 0);
    turn.after_commit(
        [reply = std::move(session.parked->reply), answer = std::move(answer)](const Result<>& done) mutable {
            if (done)
                reply(std::move(answer));
            else
                reply(fail(done.error()));
        });
    session.parked.reset();
}

Result<> Desk::park(Turn& turn, const core::Agent& agent, const core::Poll& poll, PollReply poll_reply) {
    Session& session = sessions_[agent.row];
    if (session.parked) reply(turn, session, agent.row, {restore_epoch_, core::hold_s(poll), {}, {}, {}, false});
    session.parked = Parked{poll, std::move(poll_reply)};
    session.parked->poll.capabilities.reset();  // taken already, and the largest part of a poll that waits
    set_deadline(Deadline::hold, agent.row, std::chrono::seconds{core::hold_s(poll)});
    turn.touch(agent.row);
    return {};
}

void Desk::end_poll(Turn& turn, std::int64_t agent_row, const Error& error) {
    const auto found = sessions_.find(agent_row);
    if (found == sessions_.end() || !found->second.parked) return;
    clear_deadline(Deadline::hold, agent_row);
    set_free(agent_row, 0);
    turn.after_commit([reply = std::move(found->second.parked->reply), error](const Result<>& done) {
        reply(fail(done ? error : done.error()));
    });
    found->second.parked.reset();
}

void Desk::line_closed(std::int64_t agent_row, std::string_view instance, std::int64_t seq) {
    const auto found = sessions_.find(agent_row);
    if (found == sessions_.end()) return;
    Session& session = found->second;
    if (session.instance != instance || session.seq != seq) return;
    session.parked.reset();
    session.contact = AgentContact::offline;
    clear_deadline(Deadline::hold, agent_row);
    clear_deadline(Deadline::contact, agent_row);
    set_free(agent_row, 0);
}

std::int64_t Desk::last_seq(std::int64_t agent_row, std::string_view instance) const {
    const auto found = sessions_.find(agent_row);
    return found == sessions_.end() || found->second.instance != instance ? 0 : found->second.seq;
}

void Desk::saw(std::int64_t agent_row, std::string_view instance, std::int64_t seq, std::int64_t hold_s) {
    Session& session = sessions_[agent_row];
    session.instance = instance;
    session.seq = seq;
    session.contact = AgentContact::online;
    set_deadline(Deadline::contact, agent_row, core::contact_time(hold_s));
}

std::optional<Steady> Desk::instance_since(std::int64_t agent_row) const {
    const auto found = sessions_.find(agent_row);
    return found == sessions_.end() ? std::nullopt : found->second.instance_since;
}

bool Desk::contact_is_old(const core::Agent& agent, Time now) const {
    return now - agent.last_contact > contact_row_age_max || contact(agent.row) == AgentContact::offline;
}

AgentContact Desk::contact(std::int64_t agent_row) const {
    const auto found = sessions_.find(agent_row);
    return found == sessions_.end() ? AgentContact::offline : found->second.contact;
}

std::int64_t Desk::online() const {
    return std::ranges::count_if(sessions_,
                                 [](const auto& entry) { return entry.second.contact == AgentContact::online; });
}

void Desk::follow(const core::Agent& agent) {
    if (agent.deleted) return forget_agent(agent.row);
    core::Station station;
    station.agent_row = agent.row;
    station.pool_row = agent.pool_row;
    station.status = agent.status();
    station.contact = contact(agent.row);
    station.last_used_fence = agent.last_used_fence;
    station.capabilities = agent.capabilities;
    queue_.put(station);
}

void Desk::forget_agent(std::int64_t agent_row) {
    queue_.remove_agent(agent_row);
    sessions_.erase(agent_row);
    clear_deadline(Deadline::hold, agent_row);
    clear_deadline(Deadline::contact, agent_row);
}

void Desk::set_free(std::int64_t agent_row, std::int64_t free_slots) {
    const core::Station* station = queue_.station(agent_row);
    if (station == nullptr) return;
    queue_.set_availability(agent_row, {contact(agent_row), free_slots, station->last_used_fence});
}

Result<> Desk::expire(Turn& turn, const DeadlineKey& deadline) {
    switch (deadline.kind) {
        case Deadline::contact: {
            const auto found = sessions_.find(deadline.row);
            if (found == sessions_.end()) return {};
            found->second.contact = AgentContact::offline;
            set_free(deadline.row, 0);
            return {};
        }
        case Deadline::hold: {
            const auto found = sessions_.find(deadline.row);
            if (found == sessions_.end() || !found->second.parked) return {};
            const core::Poll poll = found->second.parked->poll;
            TRY_ASSIGN(const auto cases, load_cases(turn, deadline.row, poll));
            core::Mail mail = core::mail_for(poll, false, cases);
            TRY_ASSIGN(PollAnswer answer, make_answer(turn, mail, poll));
            reply(turn, found->second, deadline.row, std::move(answer));
            return {};
        }
        case Deadline::lease: {
            TRY_ASSIGN(auto attempt, turn.tx().attempt(deadline.row));
            if (!attempt || is_final(attempt->state)) return {};
            TRY_ASSIGN(auto job, turn.tx().job(attempt->job_row));
            ASSERT(job);
            core::Case of{*std::move(attempt), *std::move(job)};
            core::take_silence(of, turn.now());
            if (of.attempt_changed)
                TRY(turn.audit({"coordinator", ""}, "contact_lost", "job:" + of.job.id, "attempt " + of.attempt.id));
            return turn.write(of);
        }
    }
    return {};
}

// A coordinator that did not run, or whose clock was set, has not listened: silence proves nothing then, and every
// lease and contact begins anew.
void Desk::begin_anew_if_time_jumped() {
    const Steady now = parts_.clock.steady();
    const Duration beyond{parts_.clock.wall().us - now.us};
    const bool clock_set = wall_beyond_steady_ && std::chrono::abs(beyond - *wall_beyond_steady_) > jump_max;
    const bool slept = !deadlines_.empty() && now - deadlines_.begin()->at > jump_max;
    wall_beyond_steady_ = beyond;
    if (!clock_set && !slept) return;
    const auto all = std::exchange(deadline_of_, {});
    deadlines_.clear();
    for (const auto& [key, at] : all) {
        const bool listening = key.first == Deadline::lease || key.first == Deadline::contact;
        set_deadline(key.first, key.second, listening ? core::lease_time : Duration{0});
    }
}

void Desk::set_deadline(Deadline kind, std::int64_t row, Duration from_now) {
    clear_deadline(kind, row);
    const Steady at = parts_.clock.steady() + from_now;
    deadlines_.insert({at, kind, row});
    deadline_of_[{kind, row}] = at;
}

void Desk::clear_deadline(Deadline kind, std::int64_t row) {
    const auto found = deadline_of_.find({kind, row});
    if (found == deadline_of_.end()) return;
    deadlines_.erase({found->second, kind, row});
    deadline_of_.erase(found);
}

}  // namespace slipway::desk
