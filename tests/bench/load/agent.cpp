#include "tests/bench/load/agent.h"

#include <algorithm>
#include <utility>

#include "platform/base/bytes.h"
#include "platform/crypto/sha256.h"
#include "platform/wire/envelope.h"
#include "platform/wire/protocol.h"

namespace slipway::bench {
namespace {

const std::string empty_sha256 = crypto::sha256("");

wire::Capabilities capabilities_of(const Identity& identity) {
    return {{"arch", "x86_64"}, {"os", "linux"}, {"slipway-agent", "0.1.0"}, {identity.name, ""}};
}

}  // namespace

wire::ReportedAttempt success_of(const wire::HeldAttempt& attempt, std::int64_t log_length, Time now) {
    wire::ReportedAttempt reported;
    reported.id = attempt.id;
    reported.fence = attempt.fence;
    wire::Outcome& outcome = reported.outcome.emplace();
    outcome.result = Ending::succeeded;
    outcome.exit_codes = {0};
    outcome.log_length = log_length;
    // Without a digest the coordinator seals at what it holds.
    if (log_length == 0) outcome.log_sha256 = empty_sha256;
    outcome.started = outcome.ended = now;
    return reported;
}

Agent::Agent(World& world, const Identity& identity, Owner& owner, Setting setting)
    : world_(world), identity_(identity), owner_(owner), setting_(setting) {
    state_.protocol = wire::protocol_version;
    state_.instance = to_hex(world.random.bytes(16));
    state_.start_epoch = world.clock.wall().us;  // grows from one process to the next
    state_.boot_id = "bench";
    state_.slots = setting.slots;
    state_.capabilities = capabilities_of(identity);
    state_.capabilities_sha256 = crypto::sha256(identity.name);
}

void Agent::start(std::function<void()> polled) {
    first_poll_ = std::move(polled);
    open_line();
}

void Agent::open_line() {
    line_ = connect(*world_.loop, world_.peer(setting_.port, setting_.number), &identity_, [this](Result<> opened) {
        if (!opened) {
            ++troubles_.lines_broken;
            return come_back(std::nullopt);
        }
        go_on();
    });
}

void Agent::go_on() {
    if (!line_ || !line_->is_open()) return open_line();
    if (!to_report_.empty()) return send_report();
    poll();
}

std::string Agent::poll_text() {
    ++state_.seq;
    state_.attempts.clear();
    for (const auto& [id, held] : held_) state_.attempts.push_back(held);
    const std::string body = wire::encode(state_);
    return to_text({.path = wire::poll_path, .body = body});
}

void Agent::poll() {
    if (polling_) return;
    polling_ = true;
    polled_ = world_.now();
    line_->ask(poll_text(), [this](Result<Answer> answer) { take_answer(std::move(answer)); });
    if (auto told = std::exchange(first_poll_, nullptr)) told();
}

void Agent::take_answer(Result<Answer> answer) {
    polling_ = false;
    owner_.answered(*this);
    if (auto woken = std::exchange(woken_, nullptr)) {
        // The newer poll is parked on the other line: they change their parts.
        woken();
        return;
    }
    if (!answer) {
        ++troubles_.lines_broken;
        return come_back(std::nullopt);
    }
    if (answer->status != 200) return refused(answer->status, answer->retry_after_s, answer->body);
    auto message = wire::decode_poll_answer(answer->body);
    if (!message) return world_.give_up(message.error());
    if (message->problem)
        return refused(message->problem->status, message->problem->retry_after_s, message->problem->detail);
    take_poll(*std::move(message));
}

void Agent::refused(int status, std::optional<std::int64_t> retry_after_s, std::string_view what) {
    ++troubles_.refused;
    if (asked_to_wait_) ++troubles_.refused_again;
    if (status == 503 || status == 429) return come_back(retry_after_s);
    world_.give_up({Code::invalid, identity_.name + " was answered " + std::to_string(status) + ": " +
                                       std::string(what.substr(0, 300))});
}

void Agent::take_poll(wire::PollAnswer answer) {
    failures_ = 0;
    asked_to_wait_ = false;
    state_.restore_epoch = answer.restore_epoch;
    // The coordinator knows them now, or asks for them again.
    state_.capabilities.reset();
    if (std::ranges::find(answer.want, "capabilities") != answer.want.end())
        state_.capabilities = capabilities_of(identity_);
    for (const std::string& id : answer.forget) held_.erase(id);
    std::vector<wire::HeldAttempt> orders;
    for (const wire::PolledOrder& polled : answer.orders) {
        if (held_.contains(polled.attempt)) continue;
        const auto order = wire::open_order(polled.document);
        if (!order) return world_.give_up(order.error());
        orders.push_back({polled.attempt, order->job, polled.fence, HeldState::received});
        held_[polled.attempt] = orders.back();
        state_.highest_fence = std::max(state_.highest_fence, polled.fence);
    }
    if (!orders.empty()) owner_.take(*this, orders);
    go_on();
}

void Agent::end(const std::vector<wire::HeldAttempt>& attempts) {
    for (const wire::HeldAttempt& attempt : attempts) {
        to_report_.push_back(success_of(attempt, 0, world_.clock.wall()));
        held_[attempt.id].state = HeldState::ended;
    }
}

void Agent::send_report() {
    ++state_.seq;
    wire::ReportRequest report{state_.seq, std::exchange(to_report_, {})};
    const std::string body = wire::encode(report);
    line_->ask(to_text({.path = wire::report_path, .body = body}), [this](Result<Answer> answer) {
        if (!answer) return come_back(std::nullopt);
        if (answer->status != 200)
            return world_.give_up({Code::invalid, "a report was answered " + std::to_string(answer->status) + ": " +
                                                      answer->body.substr(0, 300)});
        go_on();
    });
}

void Agent::come_back(std::optional<std::int64_t> after_s) {
    Duration wait = std::chrono::seconds{after_s.value_or(0)};
    asked_to_wait_ = after_s.has_value();
    if (!after_s) {
        const Duration bound = std::min<Duration>(Duration{wire::back_off_first} * (1 << std::min(failures_, 6)),
                                                  Duration{wire::back_off_max});
        wait = Duration{static_cast<std::int64_t>(world_.random.below(static_cast<std::uint64_t>(bound.count())))};
        ++failures_;
    }
    timer_ = world_.loop->after(wait, [this] { go_on(); });
}

void Agent::open_second_line(std::function<void(Result<>)> opened) {
    second_ = connect(*world_.loop, world_.peer(setting_.port, setting_.number), &identity_, std::move(opened));
}

void Agent::wake_by_newer_poll(std::function<void()> woken) {
    woken_ = [this, woken = std::move(woken)] {
        std::swap(line_, second_);
        polling_ = true;
        woken();
    };
    second_->ask(poll_text(), [this](Result<Answer> answer) { take_answer(std::move(answer)); });
}

}  // namespace slipway::bench
