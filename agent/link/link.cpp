#include "agent/link/link.h"

#include <algorithm>

#include "platform/base/assert.h"
#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/crypto/sha256.h"
#include "platform/os/file_steps.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/cancel.h"
#include "platform/run/handover.h"
#include "platform/run/names.h"
#include "platform/wire/envelope.h"
#include "platform/wire/protocol.h"

namespace slipway::link {
namespace {

constexpr Duration overdue_after_time_out = 60s;
constexpr int starts_max = 3;
constexpr std::size_t refused_max = 1000;

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
    if (reason != Reason::host_restarted) outcome.log_sha256 = digest.hex();
    if (view.log_tampered()) outcome.flags.insert(Flag::log_tampered);
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

Link::Link(LinkParts parts, LinkOptions options)
    : parts_(parts),
      options_(std::move(options)),
      slots_(parts.processes, parts.loop, parts.logger),
      shipper_(*this, parts.loop, parts.clock, parts.random, parts.logger),
      fetch_({parts.loop, parts.clock, parts.random, parts.logger, [this]() -> net::HttpClient& { return *client_; },
              [this](std::string_view path) { return url(path); }},
             {.cache_bytes_max = options_.cache_bytes_max}),
      kept_(parts.clock, parts.logger, options_.owner, parts.remove_directory),
      poll_backoff_(parts.random) {}

Link::~Link() = default;

Result<> Link::start() {
    TRY_ASSIGN(attempts_, os::open_or_make(parts_.state, run::attempts_name, 0711));
    TRY_ASSIGN(cache_, os::open_or_make(parts_.state, run::cache_name, 0700));
    TRY(fetch_.open(*cache_));
    TRY_ASSIGN(client_, parts_.connect(parts_.identity.credentials()));
    TRY_ASSIGN(attempts_watch_, parts_.watches.watch(*attempts_, "", [this] { look_at_directories(); }));
    TRY(parts_.identity.begin_epoch());
    CRASH_POINT("link.epoch_after");
    TRY(recover());
    TRY(kept_.open(*attempts_, [this](const std::string& attempt) { return held_.contains(attempt); }));
    slots_.keep(options_.slots - busy_slots());
    poll();
    return {};
}

void Link::set_capabilities(wire::Capabilities capabilities, std::string sha256) {
    if (sha256 == options_.capabilities_sha256) return;
    options_.capabilities = std::move(capabilities);
    options_.capabilities_sha256 = std::move(sha256);
    tell_capabilities_ = true;
    if (!poll_timer_) poll();
}

std::string Link::url(std::string_view path) { return parts_.identity.url() + std::string(path); }

void Link::heard(const net::Response& response) {
    if (const auto date = response.headers.date()) ahead_of_us_ = *date - parts_.clock.wall();
}

int Link::busy_slots() const {
    return static_cast<int>(std::ranges::count_if(held_, [](const auto& entry) { return !entry.second->ended(); }));
}

void Link::tell_status() {
    if (options_.status_changed) options_.status_changed();
}

LinkStatus Link::status() const {
    LinkStatus status{last_contact_, online_, last_error_, ahead_of_us_, {}};
    for (const auto& [id, held] : held_) status.attempts.push_back({id, held->job, held->state});
    return status;
}

// Orders of one turn share one write and one sync, and so do the ends that happened meanwhile.
void Link::sync_journal() {
    if (auto synced = parts_.journal.sync(); !synced)
        parts_.logger.error("the journal could not be written", {{"error", synced.error().message}});
}

// --- polls ---

wire::PollRequest Link::what_is_held() const {
    wire::PollRequest message;
    message.protocol = wire::protocol_version;
    message.instance = options_.instance;
    message.start_epoch = parts_.identity.start_epoch();
    message.boot_id = options_.boot_id;
    message.slots = options_.slots;
    message.capabilities_sha256 = options_.capabilities_sha256;
    if (tell_capabilities_) message.capabilities = options_.capabilities;
    message.restore_epoch = parts_.identity.restore_epoch();
    message.highest_fence = parts_.journal.highest_fence();
    message.pruned_fence = parts_.journal.pruned_fence();
    for (const auto& [id, held] : held_) message.attempts.push_back({id, held->job, held->fence, held->state});
    message.refused = refused_;
    return message;
}

// No poll leaves while a record waits for its sync: the list would lack an order that starts a moment later, or name
// one that a power cut takes away.
void Link::poll() {
    poll_.reset();
    poll_timer_.reset();
    if (parts_.journal.dirty()) {
        if (auto synced = parts_.journal.sync(); !synced) {
            parts_.logger.error("the journal could not be written: no poll before it is",
                                {{"error", synced.error().message}});
            return poll_later(std::nullopt);
        }
    }
    kept_.prune(parts_.journal);
    wire::PollRequest message = what_is_held();
    message.seq = next_seq();
    net::Request request;
    request.method = net::Method::post;
    request.url = url(wire::poll_path);
    request.headers = {{"Content-Type", std::string(wire::json_type)}};
    request.body = wire::encode(message);
    request.body_bytes_max = limits::poll_answer_bytes_max + 64 * 1024;
    request.timeouts.silence = wire::silence_max;
    CRASH_POINT("link.poll_before");
    poll_ = client_->send(std::move(request),
                          {.on_end = [this](Result<net::Response> response) { poll_ended(std::move(response)); }});
}

void Link::poll_later(std::optional<Duration> retry_after) {
    poll_timer_ = parts_.loop.after(poll_backoff_.next(retry_after), [this] { poll(); });
}

void Link::poll_ended(Result<net::Response> response) {
    poll_.reset();
    CRASH_POINT("link.poll_after");
    if (!response) {
        parts_.logger.warning("no contact", {{"error", response.error().message}});
        online_ = false;
        last_error_ = response.error().message;
        tell_status();
        return poll_later(std::nullopt);
    }
    heard(*response);
    last_contact_ = parts_.clock.wall();
    auto answer = response->status == 200
                      ? wire::decode_poll_answer(response->body)
                      : fail(wire::to_error(wire::decode_problem(response->body, response->status)));
    if (answer && answer->problem) answer = fail(wire::to_error(*answer->problem));
    if (!answer) {
        parts_.logger.warning("a poll was refused", {{"status", response->status}, {"error", answer.error().message}});
        online_ = false;
        last_error_ = answer.error().message;
        tell_status();
        if (parts_.identity.has_next() && answer.error().reason == "certificate_revoked") {
            if (auto dropped = parts_.identity.drop_next(); !dropped)
                parts_.logger.error("the renewed certificate could not be dropped",
                                    {{"error", dropped.error().message}});
            parts_.loop.post([this] { reconnect(); });
            return;
        }
        return poll_later(response->headers.retry_after(parts_.clock.wall()));
    }
    if (epoch_is_old(answer->restore_epoch)) return poll_later(std::nullopt);
    poll_backoff_.reset();
    online_ = true;
    last_error_.clear();
    if (parts_.identity.has_next()) {
        if (auto promoted = parts_.identity.promote_next(); !promoted)
            parts_.logger.error("the renewed certificate could not be put in place",
                                {{"error", promoted.error().message}});
    }
    take(*answer);
}

void Link::take(const wire::PollAnswer& answer) {
    refused_.clear();
    tell_capabilities_ = std::ranges::find(answer.want, "capabilities") != answer.want.end();
    if (answer.restore_epoch > parts_.identity.restore_epoch()) {
        // The coordinator may have forgotten anything: all that is still kept here is told once more.
        if (auto set = parts_.identity.set_restore_epoch(answer.restore_epoch); !set) return poll_later(std::nullopt);
        list_kept();
    }
    std::vector<HeldAttempt*> taken;
    passed_over_ = false;
    for (const wire::PolledOrder& order : answer.orders)
        if (take_order(order)) taken.push_back(held_.at(order.attempt).get());
    if (auto synced = parts_.journal.sync(); !synced) {
        // Nothing was started yet, and nothing is listed: the coordinator sends the orders again.
        parts_.logger.error("the journal could not be written: orders are not taken",
                            {{"error", synced.error().message}});
        for (HeldAttempt* held : taken) {
            refused_.push_back({held->id, held->fence});
            parts_.journal.end(held->id);
            held_.erase(held->id);
        }
        return poll_later(std::nullopt);
    }
    for (HeldAttempt* held : taken) {
        if (held->order.artifacts.empty())
            go(*held);
        else
            fetch_artifacts(*held);
    }
    for (const wire::PolledCancel& cancel : answer.cancels) take_cancel(cancel);
    for (const std::string& attempt : answer.forget) forget(attempt);
    shipper_.ask_all();
    renew_if_due();
    slots_.keep(options_.slots - busy_slots());
    tell_status();
    if (passed_over_) return poll_later(std::nullopt);
    poll();
}

// --- orders ---

bool Link::take_order(const wire::PolledOrder& order) {
    if (held_.contains(order.attempt)) return false;
    const auto refuse = [&] {
        if (refused_.size() < refused_max) refused_.push_back({order.attempt, order.fence});
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

HeldAttempt& Link::hold(const journal::JournalledOrder& order) {
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
    *waiting->ended = [this, id = held.id, keep = waiting->ended] { process_ended(id); };
    held.process->write(run::order_frame(held.document));
}

void Link::fetch_artifacts(HeldAttempt& held) {
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

void Link::take_cancel(const wire::PolledCancel& cancel) {
    const auto found = held_.find(cancel.attempt);
    if (found == held_.end()) {
        if (refused_.size() < refused_max) refused_.push_back({cancel.attempt, cancel.fence});
        return;
    }
    HeldAttempt& held = *found->second;
    if (held.ended() || held.cancel_grace_s == cancel.grace_s) return;
    held.cancel_grace_s = cancel.grace_s;
    if (!held.went) return end_unbegun(held, Ending::canceled, Reason::canceled_by_user, "cancelled before it began");
    held.state = HeldState::canceling;
    if (!held.view) return;  // written as soon as the directory has its name
    if (auto written = run::write_cancel(held.view->directory(), cancel.grace_s); !written)
        parts_.logger.error("a cancel could not be written",
                            {{"attempt", held.id}, {"error", written.error().message}});
}

void Link::forget(const std::string& attempt) {
    const auto found = held_.find(attempt);
    if (found == held_.end() || !found->second->ended()) return;
    CRASH_POINT("link.forget_before");
    if (!found->second->group.empty()) parts_.processes.remove_groups(found->second->group);
    shipper_.forget(attempt);
    fetch_.release(attempt);
    parts_.journal.end(attempt);
    const auto outcome = std::move(found->second->outcome);
    held_.erase(found);
    CRASH_POINT("link.forget_after");
    parts_.logger.info("attempt acknowledged", {{"attempt", attempt}});
    if (options_.attempt_acknowledged && outcome) options_.attempt_acknowledged(*outcome);
}

// --- attempts ---

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
    if (found == held_.end() || found->second->ended()) return;
    HeldAttempt& held = *found->second;
    held.process.reset();
    if (!held.view) open_view(held);
    conclude(held);
}

void Link::conclude(HeldAttempt& held) {
    if (held.ends_unbegun) return ended(held, *held.ends_unbegun);
    if (!held.view) {
        // It was never claimed, so nothing of it has begun.
        if (held.starts < starts_max) return give_again(held);
        return end_unbegun(held, Ending::failed, Reason::start_failed, "attempt processes end before they begin");
    }
    auto outcome = held.view->outcome();
    if (outcome && *outcome) return ended(held, **std::move(outcome));
    const auto begun = held.view->begun();
    if (begun && !*begun && held.starts < starts_max) return give_again(held);
    end_dead(held, Reason::attempt_process_died);
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
    const auto finish = [this, id = held.id, reason] {
        const auto found = held_.find(id);
        if (found == held_.end() || found->second->ended()) return;
        HeldAttempt& dead = *found->second;
        if (auto remade = run::remake_attempt(*attempts_, dead.id, dead.document); !remade)
            parts_.logger.error("an attempt's directory could not be made again", {{"attempt", dead.id}});
        if (!dead.view) open_view(dead);
        wire::Outcome outcome = own_outcome(
            Ending::lost, reason,
            reason == Reason::host_restarted ? "the host was restarted while it ran" : "its attempt process died",
            parts_.clock.wall());
        if (dead.view) measure_log(*dead.view, reason, outcome);
        ended(dead, std::move(outcome));
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
    if (held.process) return held.process->end_input();
    ended(held, *held.ends_unbegun);
}

void Link::ended(HeldAttempt& held, wire::Outcome outcome) {
    if (!held.view) {
        if (auto remade = run::remake_attempt(*attempts_, held.id, held.document); !remade)
            parts_.logger.error("an attempt's directory could not be made again", {{"attempt", held.id}});
        open_view(held);
    }
    if (held.view) {
        CRASH_POINT("link.outcome_before");
        auto created = run::create_outcome(held.view->directory(), outcome);
        // What its own process wrote is what counts, and it is there already.
        if (!created && created.error().code != Code::conflict)
            created = run::create_outcome_beside_foreign(held.view->directory(), outcome);
        if (!created && created.error().code != Code::conflict)
            parts_.logger.error("an outcome could not be written",
                                {{"attempt", held.id}, {"error", created.error().message}});
        CRASH_POINT("link.outcome_after");
    }
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

// --- what a restart finds ---

Result<> Link::recover() {
    TRY_ASSIGN(const auto listing, run::list_attempts(*attempts_));
    for (const std::string& name : listing.waiting) TRY(run::discard_attempt(*attempts_, name));
    for (const auto& [fence, order] : parts_.journal.orders()) TRY(recover_one(order));
    return {};
}

/// Each order without an end has one next step (protocol.md 6).
Result<> Link::recover_one(const journal::JournalledOrder& order) {
    HeldAttempt& held = hold(order);
    fetch_.keep(held.id, held.order.artifacts);
    const bool same_boot = order.boot_id == options_.boot_id;
    open_view(held);
    std::optional<run::Holder> holder;
    if (held.view) {
        TRY_ASSIGN(holder, held.view->holder());
    }
    if (holder) held.group = holder->group;

    if (same_boot && holder) {
        auto process = parts_.processes.attach(holder->process, [this, id = held.id] { process_ended(id); });
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
        if (held_.contains(id)) {
            HeldAttempt& held = *held_.at(id);
            held.log_offset = 0;
            held.event_seq = 0;
            held.outcome_stored = false;
            continue;
        }
        auto view = run::AttemptView::open(*attempts_, id, options_.owner);
        if (!view) continue;
        const auto document = (*view)->order();
        auto outcome = (*view)->outcome();
        if (!document || !*document || !outcome || !*outcome) continue;
        const auto order = wire::open_order(**document);
        if (!order || order->attempt != id) continue;
        HeldAttempt& held = hold({id, order->job, order->fence, options_.boot_id, **document});
        held.view = *std::move(view);
        held.outcome = **std::move(outcome);
        held.state = HeldState::ended;
        held.document.clear();
    }
}

// --- certificates ---

// By the coordinator's clock: ours may be a year off.
void Link::renew_if_due() {
    if (renewal_ || parts_.identity.has_next() || !ahead_of_us_) return;
    const Credentials& now = parts_.identity.credentials();
    const Duration life = now.not_after - now.not_before;
    if (parts_.clock.wall() + *ahead_of_us_ < now.not_before + life / 3 * 2) return;
    auto wish = make_renewal();
    if (!wish) return parts_.logger.error("no key could be made for a renewal", {{"error", wish.error().message}});
    net::Request request;
    request.method = net::Method::post;
    request.url = url(wire::renew_path);
    request.headers = {{"Content-Type", std::string(wire::json_type)}};
    request.body = wish->body;
    renewal_ =
        client_->send(std::move(request), {.on_end = [this, key = wish->key](Result<net::Response> response) {
                          const auto done = std::move(renewal_);
                          auto credentials = read_renewal(response, key);
                          if (credentials) {
                              CRASH_POINT("link.renewal_before");
                              if (auto put = parts_.identity.put_next(*credentials); !put)
                                  credentials = fail(put.error());
                              CRASH_POINT("link.renewal_after");
                          }
                          if (!credentials)
                              return parts_.logger.warning("the certificate was not renewed, the next poll tries again",
                                                           {{"error", credentials.error().message}});
                          parts_.loop.post([this] { reconnect(); });
                      }});
}

/// From now on with the renewed certificate. What was under way is sent again by whoever sent it.
void Link::reconnect() {
    auto client = parts_.connect(parts_.identity.credentials());
    if (!client)
        return parts_.logger.error("the renewed certificate cannot be used", {{"error", client.error().message}});
    poll_.reset();
    retired_ = std::exchange(client_, *std::move(client));
    poll();
}

}  // namespace slipway::link
