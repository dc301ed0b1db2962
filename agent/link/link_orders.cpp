#include <algorithm>

#include "agent/link/link.h"
#include "platform/base/crash_point.h"
#include "platform/run/cancel.h"
#include "platform/run/handover.h"
#include "platform/wire/envelope.h"

// Orders, from an answer to `go`, and what else the coordinator asks.
namespace slipway::link {
namespace {

constexpr Duration overdue_after_time_out = 60s;
constexpr std::size_t refused_max = limits::poll_refused_max;

}  // namespace

bool Link::take_order(const wire::PolledOrder& order) {
    if (held_.contains(order.attempt)) return false;
    const auto refuse = [&] {
        refuse_attempt({order.attempt, order.fence});
        return false;
    };
    if (order.fence <= parts_.journal.highest_fence()) return refuse();
    const auto decoded = wire::open_order(order.document);
    if (!decoded || decoded->attempt != order.attempt || decoded->fence != order.fence) {
        parts_.logger.error("an order makes no sense", {{"attempt", order.attempt}});
        return refuse();
    }
    const bool enough = options_.orders_max && orders_taken_ >= *options_.orders_max;
    if (passed_over_ || enough || busy_slots() >= options_.slots) {
        passed_over_ = true;
        return false;
    }
    journal::JournalledOrder record{order.attempt, decoded->job, order.fence, options_.boot_id, order.document};
    HeldAttempt& held = hold(record);
    ++orders_taken_;
    parts_.journal.add(std::move(record));
    hand_over(held);
    parts_.logger.info("order taken", {{"attempt", held.id}, {"job", held.job}, {"fence", held.fence}});
    return true;
}

void Link::refuse_attempt(wire::AttemptFence attempt) {
    const bool known = std::ranges::find(refused_, attempt) != refused_.end();
    if (!known && refused_.size() < refused_max) refused_.push_back(std::move(attempt));
}

HeldAttempt& Link::hold(const journal::JournalledOrder& order) {
    kept_.take_back(order.attempt);
    auto held = std::make_unique<HeldAttempt>();
    held->id = order.attempt;
    held->job = order.job;
    held->fence = order.fence;
    held->document = order.document;
    // What does not open any more was opened once, before it was journalled: the attempt still has to be told of.
    if (auto decoded = wire::open_order(order.document)) held->order = *std::move(decoded);
    HeldAttempt& reference = *held;
    held_[order.attempt] = std::move(held);
    return reference;
}

void Link::hand_over(HeldAttempt& held) {
    auto waiting = slots_.take();
    if (!waiting) {
        parts_.logger.error("no attempt process could be started",
                            {{"attempt", held.id}, {"error", waiting.error().message}});
        return end_unbegun(held, Ending::failed, Reason::start_failed, waiting.error().message);
    }
    ++held.starts;
    held.group = waiting->group;
    held.process = std::move(waiting->process);
    held.process_ended = waiting->ended;
    *held.process_ended = [this, id = held.id] { process_ended(id); };
    held.process->write(run::order_frame(held.document));
}

void Link::fetch_artifacts(HeldAttempt& held) {
    if (held.ended() || held.ends_unbegun) return;
    fetch_.fetch(held.id, held.order.artifacts, [this, id = held.id](const Result<>& fetched) {
        const auto found = held_.find(id);
        if (found == held_.end() || found->second->went || found->second->ends_unbegun) return;
        if (fetched) return go(*found->second);
        const Reason reason = reason_from(fetched.error().reason).value_or(Reason::artifact_missing);
        end_unbegun(*found->second, Ending::failed, reason, fetched.error().message);
    });
}

void Link::go(HeldAttempt& held) {
    if (held.went || !held.process || held.ends_unbegun) return;
    CRASH_POINT("link.go_before");
    held.went = true;
    held.state = HeldState::running;
    held.process->write(run::go_frame());
    CRASH_POINT("link.go_after");
    watch_time_out(held);
}

void Link::watch_time_out(HeldAttempt& held) {
    const Duration life =
        std::chrono::seconds{held.order.timeout_s + held.order.cancel_grace_s} + overdue_after_time_out;
    held.overdue = parts_.loop.after(life, [this, id = held.id] {
        const auto found = held_.find(id);
        if (found == held_.end() || found->second->ended()) return;
        parts_.logger.error("an attempt process is past its time-out: its groups are killed", {{"attempt", id}});
        end_dead(*found->second, Reason::attempt_process_died);
    });
}

bool Link::take_cancel(const wire::PolledCancel& cancel) {
    const auto found = held_.find(cancel.attempt);
    if (found == held_.end()) {
        refuse_attempt({cancel.attempt, cancel.fence});
        return false;
    }
    HeldAttempt& held = *found->second;
    if (held.ended() || held.cancel_grace_s == cancel.grace_s) return false;
    held.cancel_grace_s = cancel.grace_s;
    if (!held.went) {
        end_unbegun(held, Ending::canceled, Reason::canceled_by_user, "cancelled before it began");
        return true;
    }
    held.state = HeldState::canceling;
    if (!held.view) return true;  // written as soon as the directory has its name
    if (auto written = run::write_cancel(held.view->directory(), cancel.grace_s); !written)
        parts_.logger.error("a cancel could not be written",
                            {{"attempt", held.id}, {"error", written.error().message}});
    return true;
}

bool Link::forget(const std::string& attempt) {
    const auto found = held_.find(attempt);
    if (found == held_.end() || !found->second->ended()) return false;
    CRASH_POINT("link.forget_before");
    if (!found->second->group.empty()) parts_.processes.remove_groups(found->second->group);
    shipper_.forget(attempt);
    fetch_.release(attempt);
    parts_.journal.end(attempt);
    const bool lives_on = std::ranges::any_of(found->second->order.tasks, &wire::OrderTask::leave_running);
    kept_.add(attempt, found->second->fence,
              lives_on ? KeptAttempts::WorkFolder::keep : KeptAttempts::WorkFolder::remove);
    const auto outcome = std::move(found->second->outcome);
    held_.erase(found);
    CRASH_POINT("link.forget_after");
    parts_.logger.info("attempt acknowledged", {{"attempt", attempt}});
    if (options_.attempt_acknowledged && outcome) options_.attempt_acknowledged(*outcome);
    return true;
}

}  // namespace slipway::link
