#include "agent/link/link.h"
#include "platform/base/crash_point.h"
#include "platform/crypto/sha256.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/cancel.h"
#include "platform/wire/envelope.h"

// How attempts go on and end, and what a restart finds of them.
namespace slipway::link {
namespace {

constexpr int starts_max = 3;
constexpr Duration unbegun_end_within = 10s;
constexpr std::uint64_t directory_bytes = 1024 * 1024;  ///< an order, and a block for each file and folder

/// What the log holds. After a power cut its end may be missing, and no digest is promised.
void measure_log(run::AttemptView& view, Reason reason, wire::Outcome& outcome) {
    constexpr std::size_t piece_bytes = 256 * 1024;
    crypto::Sha256 digest;
    for (;;) {
        const auto piece = view.read_log(static_cast<std::uint64_t>(outcome.log_length), piece_bytes);
        if (!piece || piece->empty()) break;
        digest.update(*piece);
        outcome.log_length += static_cast<std::int64_t>(piece->size());
    }
    if (reason != Reason::host_restarted && view.sync_log()) outcome.log_sha256 = digest.hex();
    if (view.log_tampered()) outcome.flags.insert(Flag::log_tampered);
}

/// What a power cut took of the log, or a task hid, will never come: the coordinator is not to wait for it.
void promise_what_is_there(run::AttemptView& view, wire::Outcome& outcome) {
    const auto length = view.log_length();
    if (!length || static_cast<std::int64_t>(*length) >= outcome.log_length) return;
    outcome.log_length = static_cast<std::int64_t>(*length);
    outcome.log_sha256.reset();
    outcome.flags.insert(view.log_tampered() ? Flag::log_tampered : Flag::log_gap);
}

/// The outcome of an attempt that no attempt process told.
wire::Outcome own_outcome(Ending ending, Reason reason, std::string summary, Time now) {
    wire::Outcome outcome;
    outcome.result = ending;
    outcome.reason = reason;
    outcome.summary = wire::to_summary(summary);
    outcome.ended = now;
    return outcome;
}

}  // namespace

void Link::look_at_directories() {
    for (auto& [id, held] : held_)
        if (!held->view && held->process) open_view(*held);
}

void Link::open_view(HeldAttempt& held) {
    auto view = run::AttemptView::open(*attempts_, held.id, options_.owner);
    if (!view) return;  // not claimed yet
    held.view = *std::move(view);
    auto watch = parts_.watches.watch(held.view->directory(), "", [this, id = held.id] { shipper_.changed(id); });
    if (watch) held.watch = *std::move(watch);
    if (held.cancel_grace_s && held.went && !held.ended()) {
        if (auto written = run::write_cancel(held.view->directory(), *held.cancel_grace_s); !written)
            parts_.logger.error("a cancel could not be written", {{"attempt", held.id}});
    }
    shipper_.changed(held.id);
}

// The outcome is read only now: while the process lived it could still be another's.
void Link::process_ended(const std::string& attempt) {
    const auto found = held_.find(attempt);
    if (found == held_.end() || found->second->ended() || found->second->dying) return;
    HeldAttempt& held = *found->second;
    held.process.reset();
    if (!held.view) open_view(held);
    conclude(held);
}

void Link::conclude(HeldAttempt& held) {
    if (held.ends_unbegun) return write_end(held, *held.ends_unbegun);
    if (!held.view) {
        // It was never claimed, so nothing of it has begun.
        if (held.starts < starts_max) return give_again(held);
        return end_unstartable(held);
    }
    auto outcome = held.view->outcome();
    if (outcome && *outcome) return ended(held, **std::move(outcome));
    const auto begun = held.view->begun();
    if (begun && !*begun && held.starts < starts_max) return give_again(held);
    end_dead(held, Reason::attempt_process_died);
}

/// Attempt processes end before they begin. A full disk is why, or who knows.
void Link::end_unstartable(HeldAttempt& held) {
    const auto space = parts_.state.space();
    if (!space || space->free_bytes >= directory_bytes)
        return end_unbegun(held, Ending::failed, Reason::start_failed, "attempt processes end before they begin");
    end_unbegun(held, Ending::failed, Reason::disk_full,
                "the disk of " + parts_.state.path() + " has no room for an attempt; make room");
}

/// Its process is gone and no task had started: the same order goes to another one, in a directory of its own.
void Link::give_again(HeldAttempt& held) {
    const auto finish = [this, id = held.id] {
        const auto found = held_.find(id);
        if (found == held_.end() || found->second->ended()) return;
        HeldAttempt& again = *found->second;
        again.view.reset();
        again.watch.reset();
        again.went = false;
        again.state = HeldState::received;
        if (auto discarded = run::discard_attempt(*attempts_, id); !discarded)
            return end_unbegun(again, Ending::failed, Reason::start_failed, discarded.error().message);
        if (again.cancel_grace_s)
            return end_unbegun(again, Ending::canceled, Reason::canceled_by_user, "cancelled before it began");
        hand_over(again);
        if (again.order.artifacts.empty())
            go(again);
        else
            fetch_artifacts(again);
    };
    if (held.group.empty()) return finish();
    parts_.processes.kill_groups(held.group, finish);
}

// Both groups first: nothing of the attempt may run on when its end is told.
void Link::end_dead(HeldAttempt& held, Reason reason) {
    held.process.reset();
    held.dying = true;
    const auto finish = [this, id = held.id, reason] {
        const auto found = held_.find(id);
        if (found == held_.end() || found->second->ended()) return;
        HeldAttempt& dead = *found->second;
        // One that was killed for its time-out may just have told its end.
        if (dead.view) {
            if (auto told = dead.view->outcome(); told && *told) return ended(dead, **std::move(told));
        }
        if (auto remade = remake(dead); !remade)
            parts_.logger.error("an attempt's directory could not be made again", {{"attempt", dead.id}});
        if (!dead.view) open_view(dead);
        wire::Outcome outcome = own_outcome(
            Ending::lost, reason,
            reason == Reason::host_restarted ? "the host was restarted while it ran" : "its attempt process died",
            parts_.clock.wall());
        if (dead.view) measure_log(*dead.view, reason, outcome);
        write_end(dead, std::move(outcome));
    };
    if (held.group.empty() || reason == Reason::host_restarted) return finish();
    parts_.processes.kill_groups(held.group, finish);
}

/// No task has begun, and none will: the process ends when its standard input does, then the outcome is told.
void Link::end_unbegun(HeldAttempt& held, Ending ending, Reason reason, std::string summary) {
    wire::Outcome outcome = own_outcome(ending, reason, std::move(summary), parts_.clock.wall());
    outcome.log_sha256 = crypto::sha256("");
    held.ends_unbegun = std::move(outcome);
    fetch_.release(held.id);
    if (!held.process) return write_end(held, *held.ends_unbegun);
    held.process->end_input();
    held.overdue = parts_.loop.after(unbegun_end_within, [this, id = held.id] {
        const auto found = held_.find(id);
        if (found != held_.end() && !found->second->ended()) parts_.processes.kill_groups(found->second->group, [] {});
    });
}

/// The end of an attempt whose process is dead or was never told `go`.
void Link::write_end(HeldAttempt& held, wire::Outcome outcome) {
    if (!held.view) {
        if (auto remade = remake(held); !remade)
            parts_.logger.error("an attempt's directory could not be made again", {{"attempt", held.id}});
        open_view(held);
    }
    if (held.view) {
        CRASH_POINT("link.outcome_before");
        const auto created = parts_.reserve.or_release([&] { return write_outcome(held, outcome); });
        if (!created)
            parts_.logger.error("an outcome could not be written",
                                {{"attempt", held.id}, {"error", created.error().message}});
        CRASH_POINT("link.outcome_after");
    } else {
        // Nothing but the journal will know of this end; if it has no room either, the next poll tries again.
        parts_.journal.give_up(held.id);
        static_cast<void>(sync_journal());
    }
    ended(held, std::move(outcome));
}

void Link::ended(HeldAttempt& held, wire::Outcome outcome) {
    if (held.view) promise_what_is_there(*held.view, outcome);
    held.outcome = std::move(outcome);
    held.state = HeldState::ended;
    held.process.reset();
    held.overdue.reset();
    held.document.clear();
    fetch_.release(held.id);
    shipper_.changed(held.id);
    slots_.keep(options_.slots - busy_slots());
    tell_status();
    if (passed_over_ && poll_timer_) poll();
}

Result<> Link::remake(const HeldAttempt& held) {
    return parts_.reserve.or_release([&] { return run::remake_attempt(*attempts_, held.id, held.document); });
}

Result<> Link::write_outcome(HeldAttempt& held, wire::Outcome& outcome) {
    auto created = run::create_outcome(held.view->directory(), outcome);
    if (!created && created.error().code == Code::conflict) {
        // Not what its own process told: that was looked for before.
        outcome.flags.insert(Flag::outcome_tampered);
        TRY(run::put_foreign_outcome_aside(held.view->directory()));
        created = run::create_outcome(held.view->directory(), outcome);
    }
    TRY(std::move(created));
    // The name of a directory that was claimed a moment ago may not be durable yet.
    return attempts_->sync();
}

Result<> Link::recover() {
    TRY_ASSIGN(const auto listing, run::list_attempts(*attempts_));
    for (const std::string& name : listing.waiting) TRY(run::discard_attempt(*attempts_, name));
    for (const auto& [fence, order] : parts_.journal.orders()) TRY(recover_one(order));
    const std::set<std::string> told_again = parts_.journal.told_again();
    for (const std::string& attempt : told_again) {
        if (hold_kept(attempt))
            shipper_.changed(attempt);
        else
            parts_.journal.end(attempt);
    }
    return {};
}

/// Each order without an end has one next step (protocol.md 6).
Result<> Link::recover_one(const journal::JournalledOrder& order) {
    HeldAttempt& held = hold(order);
    if (order.given_up) {
        end_unbegun(held, Ending::failed, Reason::disk_full, "there was no room for its directory");
        return {};
    }
    fetch_.keep(held.id, held.order.artifacts);
    const bool same_boot = order.boot_id == options_.boot_id;
    if (!same_boot) {
        // Of a directory that a power cut left, the order may be missing: it is needed as long as the directory is
        // kept.
        if (auto remade = run::remake_attempt(*attempts_, held.id, order.document); !remade)
            parts_.logger.error("an attempt's directory could not be made again",
                                {{"attempt", held.id}, {"error", remade.error().message}});
    }
    open_view(held);
    std::optional<run::Holder> holder;
    if (held.view) {
        TRY_ASSIGN(holder, held.view->holder());
    }
    if (holder) held.group = holder->group;

    if (same_boot && holder) {
        held.process_ended = std::make_shared<std::function<void()>>([this, id = held.id] { process_ended(id); });
        const std::weak_ptr<std::function<void()>> ended = held.process_ended;
        auto process = parts_.processes.attach(holder->process, [ended] {
            if (const auto function = ended.lock()) (*function)();
        });
        if (process) {
            held.process = *std::move(process);
            TRY_ASSIGN(const bool begun, held.view->begun());
            held.went = true;
            held.state = HeldState::running;
            // A process that was never told `go` ended with its standard input; until it has, this is not known.
            if (begun) watch_time_out(held);
            return {};
        }
    }
    if (held.view) {
        auto outcome = held.view->outcome();
        if (outcome && *outcome) {
            ended(held, **std::move(outcome));
            return {};
        }
    }
    if (!same_boot) {
        end_dead(held, Reason::host_restarted);
        return {};
    }
    bool begun = false;
    if (held.view) {
        TRY_ASSIGN(begun, held.view->begun());
    }
    if (begun) {
        end_dead(held, Reason::attempt_process_died);
        return {};
    }
    give_again(held);
    return {};
}

void Link::list_kept() {
    const auto listing = run::list_attempts(*attempts_);
    if (!listing) return;
    for (const std::string& id : listing->attempts) {
        if (const auto found = held_.find(id); found != held_.end()) {
            found->second->log_offset = 0;
            found->second->event_seq = 0;
            found->second->outcome_stored = false;
        } else if (hold_kept(id)) {
            parts_.journal.tell_again(id);
        }
    }
}

/// Holds an attempt again whose end was acknowledged before; false if not enough of it is left to tell.
bool Link::hold_kept(const std::string& attempt) {
    auto view = run::AttemptView::open(*attempts_, attempt, options_.owner);
    if (!view) return false;
    const auto document = (*view)->order();
    auto outcome = (*view)->outcome();
    if (!document || !*document || !outcome || !*outcome) return false;
    const auto order = wire::open_order(**document);
    if (!order || order->attempt != attempt) return false;
    HeldAttempt& held = hold({attempt, order->job, order->fence, options_.boot_id, **document});
    held.view = *std::move(view);
    held.outcome = **std::move(outcome);
    held.state = HeldState::ended;
    held.document.clear();
    return true;
}

}  // namespace slipway::link
