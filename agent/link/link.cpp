#include "agent/link/link.h"

#include <algorithm>

#include "platform/base/crash_point.h"
#include "platform/os/file_steps.h"
#include "platform/run/names.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::link {
namespace {

constexpr Duration answer_within = 3min;   // of a poll: it is held for 50 s, and 4 MiB come on a slow line, too
constexpr Duration held_at_least = 500ms;  // by a coordinator that has nothing to say and is in its right mind

Result<wire::PollAnswer> answer_of(const Result<net::Response>& response) {
    if (!response) return fail(response.error());
    if (response->status != 200) return fail(wire::to_error(wire::decode_problem(response->body, response->status)));
    TRY_ASSIGN(auto answer, wire::decode_poll_answer(response->body));
    if (answer.problem) return fail(wire::to_error(*answer.problem));
    return answer;
}

/// When a refused poll may be repeated: once a beat has gone out, the body says what the header would have said.
std::optional<Duration> retry_after_of(const Result<net::Response>& response, Time now) {
    if (!response) return std::nullopt;
    if (response->status == 200) {
        const auto answer = wire::decode_poll_answer(response->body);
        if (answer && answer->problem && answer->problem->retry_after_s)
            return std::chrono::seconds(*answer->problem->retry_after_s);
    }
    return response->headers.retry_after(now);
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
    TRY(parts_.reserve.or_release([&] { return parts_.identity.begin_epoch(); }));
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
    if (const auto date = response.headers.date()) their_clock_ = TheirClock{*date, parts_.clock.steady()};
}

bool Link::end_is_journalled(const std::string& attempt) {
    return !parts_.journal.dirty() && std::ranges::any_of(parts_.journal.orders(), [&](const auto& entry) {
        return entry.second.attempt == attempt && entry.second.given_up;
    });
}

std::optional<Time> Link::their_time() const {
    if (!their_clock_) return std::nullopt;
    return their_clock_->said + (parts_.clock.steady() - their_clock_->heard);
}

Result<> Link::sync_journal() {
    return parts_.reserve.or_release([&] { return parts_.journal.sync(); });
}

/// An attempt process may have given it back, too; the disk has room again when directories were removed.
void Link::make_reserve() {
    if (auto made = parts_.reserve.make(); !made)
        parts_.logger.warning("the reserve could not be made", {{"error", made.error().message}});
}

int Link::busy_slots() const {
    return static_cast<int>(std::ranges::count_if(held_, [](const auto& entry) { return !entry.second->ended(); }));
}

void Link::tell_status() {
    if (options_.status_changed) options_.status_changed();
}

LinkStatus Link::status() const {
    LinkStatus status{last_contact_, online_, last_error_, std::nullopt, {}};
    if (const auto theirs = their_time()) status.ahead_of_us = *theirs - parts_.clock.wall();
    for (const auto& [id, held] : held_) status.attempts.push_back({id, held->job, held->state});
    return status;
}

void Link::retire(std::function<void()> done) {
    poll_.reset();
    poll_timer_.reset();
    slots_.release(std::move(done));
}

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
        if (auto synced = sync_journal(); !synced) {
            parts_.logger.error("the journal could not be written: no poll before it is",
                                {{"error", synced.error().message}});
            return poll_later(std::nullopt);
        }
    }
    kept_.prune(parts_.journal);
    make_reserve();
    wire::PollRequest message = what_is_held();
    message.seq = next_seq();
    net::Request request;
    request.method = net::Method::post;
    request.url = url(wire::poll_path);
    request.headers = {{"Content-Type", std::string(wire::json_type)}};
    request.body = wire::encode(message);
    request.body_bytes_max = limits::poll_answer_bytes_max + 64 * 1024;
    request.timeouts.silence = wire::silence_max;
    request.timeouts.whole = answer_within;
    polled_at_ = parts_.clock.steady();
    CRASH_POINT("link.poll_before");
    // The date is that of the head, which comes with the first beat, long before the end.
    poll_ = client_->send(std::move(request),
                          {.on_head = [this](const net::Response& head) { poll_begun(head); },
                           .on_end = [this](Result<net::Response> response) { poll_ended(std::move(response)); }});
}

void Link::poll_begun(const net::Response& head) {
    heard(head);
    if (head.status != 200) return;
    last_contact_ = parts_.clock.wall();
    online_ = true;
    tell_status();
}

void Link::poll_later(std::optional<Duration> retry_after) {
    poll_timer_ = parts_.loop.after(poll_backoff_.next(retry_after), [this] { poll(); });
}

void Link::poll_ended(Result<net::Response> response) {
    poll_.reset();
    CRASH_POINT("link.poll_after");
    if (response) last_contact_ = parts_.clock.wall();
    auto answer = answer_of(response);
    if (answer && epoch_is_old(answer->restore_epoch))
        answer = fail(Code::conflict, "the answer is older than the last restore of the coordinator");
    if (!answer) return poll_refused(answer.error(), retry_after_of(response, parts_.clock.wall()));
    online_ = true;
    last_error_.clear();
    if (parts_.identity.has_next()) {
        if (auto promoted = parts_.identity.promote_next(); !promoted)
            parts_.logger.error("the renewed certificate could not be put in place",
                                {{"error", promoted.error().message}});
    }
    take(*answer);
}

void Link::poll_refused(const Error& error, std::optional<Duration> retry_after) {
    parts_.logger.warning("a poll was not answered", {{"error", error.message}});
    online_ = false;
    last_error_ = error.message;
    tell_status();
    if (error.reason == "certificate_expired") renew_expired();
    if (!parts_.identity.has_next() || error.reason != "certificate_revoked") return poll_later(retry_after);
    if (auto dropped = parts_.identity.drop_next(); !dropped)
        parts_.logger.error("the renewed certificate could not be dropped", {{"error", dropped.error().message}});
    parts_.loop.post([this] { reconnect(); });
}

void Link::take(const wire::PollAnswer& answer) {
    refused_.clear();
    const bool told = tell_capabilities_;
    tell_capabilities_ = std::ranges::find(answer.want, "capabilities") != answer.want.end();
    bool news = tell_capabilities_ && !told;
    if (answer.restore_epoch > parts_.identity.restore_epoch()) {
        // The coordinator may have forgotten anything: all that is still kept here is told once more. That it will be
        // is durable before the epoch is, which makes it happen once.
        list_kept();
        const auto set = parts_.reserve.or_release([&]() -> Result<> {
            TRY(parts_.journal.sync());
            return parts_.identity.set_restore_epoch(answer.restore_epoch);
        });
        if (!set) return poll_later(std::nullopt);
        news = true;
    }
    // Before the orders: their records and the ends go to the disk with one sync.
    for (const std::string& attempt : answer.forget) news |= forget(attempt);
    std::vector<HeldAttempt*> taken;
    passed_over_ = false;
    for (const wire::PolledOrder& order : answer.orders)
        if (take_order(order)) taken.push_back(held_.at(order.attempt).get());
    if (auto synced = sync_journal(); !synced) {
        // Nothing was started yet, and nothing is listed: the coordinator sends the orders again.
        parts_.logger.error("the journal could not be written: orders are not taken",
                            {{"error", synced.error().message}});
        for (HeldAttempt* held : taken) {
            refuse_attempt({held->id, held->fence});
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
    for (const wire::PolledCancel& cancel : answer.cancels) {
        // Of an order that was passed over: both come again.
        const bool waits =
            passed_over_ && !held_.contains(cancel.attempt) &&
            std::ranges::find(answer.orders, cancel.attempt, &wire::PolledOrder::attempt) != answer.orders.end() &&
            std::ranges::find(refused_, wire::AttemptFence{cancel.attempt, cancel.fence}) == refused_.end();
        if (!waits) news |= take_cancel(cancel);
    }
    news |= !taken.empty() || passed_over_;
    shipper_.ask_all();
    renew_if_due();
    slots_.keep(options_.slots - busy_slots());
    tell_status();
    // At once is the next poll's time only if this one's answer was worth it.
    const bool held = parts_.clock.steady() - polled_at_ >= held_at_least;
    if (news || held) poll_backoff_.reset();
    if (passed_over_ || (!news && !held)) return poll_later(std::nullopt);
    poll();
}

// By the coordinator's clock: ours may be a year off, or be set at any moment.
void Link::renew_if_due() {
    const auto their_now = their_time();
    if (renewal_ || parts_.identity.has_next() || !their_now) return;
    const Credentials& now = parts_.identity.credentials();
    const Duration life = now.not_after - now.not_before;
    if (*their_now < now.not_before + life / 3 * 2) return;
    auto wish = make_renewal();
    if (!wish) return parts_.logger.error("no key could be made for a renewal", {{"error", wish.error().message}});
    net::Request request;
    request.method = net::Method::post;
    request.url = url(wire::renew_path);
    request.headers = {{"Content-Type", std::string(wire::json_type)}};
    request.body = wish->body;
    renewal_ = client_->send(
        std::move(request), {.on_end = [this, key = wish->key](Result<net::Response> response) {
            const auto done = std::move(renewal_);
            auto credentials = read_renewal(response, key);
            if (credentials) {
                CRASH_POINT("link.renewal_before");
                const auto put = parts_.reserve.or_release([&] { return parts_.identity.put_next(*credentials); });
                if (!put) credentials = fail(put.error());
                CRASH_POINT("link.renewal_after");
            }
            if (!credentials)
                return parts_.logger.warning("the certificate was not renewed, the next poll tries again",
                                             {{"error", credentials.error().message}});
            parts_.loop.post([this] { reconnect(); });
        }});
}

// After a long absence. The coordinator has seen this certificate, so a renewed one that was never used takes its place
// first: what is left must not be one that is no longer in force.
void Link::renew_expired() {
    if (renewal_) return;
    if (auto promoted = parts_.identity.promote_next(); !promoted)
        return parts_.logger.error("the renewed certificate could not be put in place",
                                   {{"error", promoted.error().message}});
    renew_if_due();
}

/// From now on with the renewed certificate. What was under way is sent again by whoever sent it.
void Link::reconnect() {
    auto client = parts_.connect(parts_.identity.credentials());
    if (!client) {
        parts_.logger.error("the certificate cannot be used", {{"error", client.error().message}});
        if (!poll_) poll_later(std::nullopt);
        return;
    }
    poll_.reset();
    retired_ = std::exchange(client_, *std::move(client));
    poll();
}

}  // namespace slipway::link
