#include "coordinator/api/translation.h"

namespace slipway::api {
namespace {

constexpr std::string_view version_capability = "slipway-agent";

void take_event(const wire::Event& event, core::ReportItem& item) {
    if (const auto* started = std::get_if<wire::TaskStarted>(&event.what)) {
        core::AttemptTask task;
        task.index = started->task;
        task.name = started->name;
        task.state = TaskState::running;
        task.log_begin = started->log_offset;
        task.started = event.at;
        item.tasks.push_back(std::move(task));
        item.started = true;
    } else if (const auto* finished = std::get_if<wire::TaskFinished>(&event.what)) {
        core::AttemptTask task;
        task.index = finished->task;
        task.state = finished->state;
        task.reason = finished->reason;
        task.exit_code = finished->exit_code;
        task.log_end = finished->log_offset;
        task.ended = event.at;
        item.tasks.push_back(std::move(task));
    } else if (std::holds_alternative<wire::LogGap>(event.what)) {
        item.log_gap = true;
    }
}

core::Outcome to_core(const wire::Outcome& from) {
    core::Outcome outcome;
    outcome.ending = from.result;
    outcome.reason = from.reason;
    outcome.flags = from.flags;
    if (from.with_issues) outcome.flags.insert(Flag::with_issues);
    outcome.summary = from.summary;
    outcome.log_length = from.log_length;
    outcome.log_sha256 = from.log_sha256.value_or("");
    outcome.started = from.started;
    outcome.ended = from.ended;
    outcome.text = wire::encode(from);
    return outcome;
}

}  // namespace

core::Poll to_core(wire::PollRequest&& message, PollPeer peer) {
    core::Poll poll;
    poll.instance = std::move(message.instance);
    poll.start_epoch = message.start_epoch;
    poll.boot_id = std::move(message.boot_id);
    poll.seq = message.seq;
    poll.slots = message.slots;
    poll.capabilities_sha256 = std::move(message.capabilities_sha256);
    poll.capabilities = std::move(message.capabilities);
    if (poll.capabilities)
        if (const auto found = poll.capabilities->find(std::string(version_capability));
            found != poll.capabilities->end())
            poll.version = found->second;
    poll.restore_epoch = message.restore_epoch;
    poll.highest_fence = message.highest_fence;
    poll.pruned_fence = message.pruned_fence;
    for (wire::HeldAttempt& held : message.attempts)
        poll.attempts.push_back({std::move(held.id), std::move(held.job), held.fence, held.state});
    for (wire::AttemptFence& refused : message.refused)
        poll.refused.push_back({std::move(refused.attempt), refused.fence});
    poll.address = std::move(peer.address);
    poll.serial = std::move(peer.serial);
    poll.handshake = peer.handshake;
    return poll;
}

wire::PollAnswer to_wire(desk::PollAnswer&& from) {
    wire::PollAnswer answer;
    answer.restore_epoch = from.restore_epoch;
    answer.hold_s = from.hold_s;
    for (desk::PollAnswer::Order& order : from.orders)
        answer.orders.push_back({std::move(order.attempt), order.fence, std::move(order.document)});
    for (core::Mail::Cancel& cancel : from.cancels)
        answer.cancels.push_back({std::move(cancel.attempt), cancel.fence, cancel.grace_s});
    answer.forget = std::move(from.forget);
    if (from.want_capabilities) answer.want = {"capabilities"};
    return answer;
}

desk::Reported to_core(const wire::ReportedAttempt& from, const StoredBytes& stored) {
    desk::Reported reported;
    reported.attempt = from.id;
    reported.fence = from.fence;
    // An event behind a hole is not kept: its task is told again when the ones before it have come.
    for (const wire::Event& event : from.events)
        if (event.seq <= stored.event_seq) take_event(event, reported.item);
    reported.item.event_seq = stored.event_seq;
    if (from.outcome) reported.item.outcome = to_core(*from.outcome);
    reported.log = {stored.log.bytes, stored.log.sha256};
    return reported;
}

wire::JudgedAttempt to_wire(const desk::ReportAnswer& from) {
    wire::JudgedAttempt judged;
    judged.id = from.attempt;
    judged.log_offset = from.log_offset;
    judged.event_seq = from.event_seq;
    judged.outcome_stored = from.verdict.outcome_stored;
    judged.superseded = from.verdict.superseded;
    if (from.stale_fence) judged.error = "stale_fence";
    return judged;
}

}  // namespace slipway::api
