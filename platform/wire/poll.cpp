#include "platform/wire/poll.h"

#include <algorithm>

#include "platform/json/value.h"
#include "platform/wire/fields.h"
#include "platform/wire/protocol.h"

namespace slipway::wire {
namespace {

constexpr json::Text boot_id_text = version_text;
constexpr json::Range grace_range{0, limits::cancel_grace_s_max};

/// Base64 of the longest envelope.
constexpr std::size_t document_text_bytes_max = (limits::order_bytes_max + 2) / 3 * 4;

void read(json::Reader& in, HeldAttempt& attempt) {
    in.required("id", attempt.id, id_text);
    in.required("job", attempt.job, id_text);
    in.required("fence", attempt.fence, fence_range);
    in.required("state", attempt.state, held_state_from);
}

void read(json::Reader& in, AttemptFence& pair) {
    in.required("attempt", pair.attempt, id_text);
    in.required("fence", pair.fence, fence_range);
}

void read(json::Reader& in, PollRequest& message) {
    required_protocol(in, message.protocol);
    in.required("instance", message.instance,
                {.bytes_max = 32, .valid = is_instance, .expected = "32 lower-case hex digits"});
    in.required("start_epoch", message.start_epoch, json::Range{.min = 1});
    in.required("boot_id", message.boot_id, boot_id_text);
    in.required("seq", message.seq, json::Range{.min = 1});
    in.required("slots", message.slots, json::Range{1, limits::slots_max});
    in.required("capabilities_sha256", message.capabilities_sha256, digest_text);
    Capabilities capabilities;
    if (in.has("capabilities")) {
        in.text_map("capabilities", limits::capabilities_max, capabilities, version_text,
                    {.bytes_max = limits::capability_bytes_max, .valid = is_line, .expected = "one line"});
        message.capabilities = std::move(capabilities);
    }
    in.required("restore_epoch", message.restore_epoch);
    in.required("highest_fence", message.highest_fence);
    in.required("pruned_fence", message.pruned_fence);
    in.array("attempts", limits::poll_attempts_max,
             [&](json::Reader& item) { read(item, message.attempts.emplace_back()); });
    in.array("refused", limits::poll_refused_max,
             [&](json::Reader& item) { read(item, message.refused.emplace_back()); });
}

void read(json::Reader& in, PolledOrder& order) {
    in.required("attempt", order.attempt, id_text);
    in.required("fence", order.fence, fence_range);
    std::string document;
    in.required("document", document, {.bytes_min = 1, .bytes_max = document_text_bytes_max});
    auto bytes = from_base64(document);
    if (bytes)
        order.document = std::move(*bytes);
    else
        in.refuse("document", bytes.error().message);
}

void read(json::Reader& in, PolledCancel& cancel) {
    in.required("attempt", cancel.attempt, id_text);
    in.required("fence", cancel.fence, fence_range);
    in.required("grace_s", cancel.grace_s, grace_range);
}

void read(json::Reader& in, PollAnswer& message) {
    in.required("restore_epoch", message.restore_epoch);
    in.required("hold_s", message.hold_s, json::Range{0, 3600});
    in.array("orders", limits::slots_max, [&](json::Reader& item) { read(item, message.orders.emplace_back()); });
    in.array("cancels", limits::poll_attempts_max,
             [&](json::Reader& item) { read(item, message.cancels.emplace_back()); });
    in.texts("forget", limits::poll_attempts_max, message.forget, id_text);
    in.texts("want", 16, message.want, {.bytes_max = 64});
    in.optional_object("problem", [&](json::Reader& problem) { read(problem, message.problem.emplace()); });
}

void write_pair(json::Writer& out, std::string_view attempt, std::int64_t fence) {
    out.field("attempt", attempt);
    out.field("fence", fence);
}

}  // namespace

std::string encode(const PollRequest& message) {
    json::Writer out;
    out.begin_object();
    out.field("protocol", message.protocol);
    out.field("instance", message.instance);
    out.field("start_epoch", message.start_epoch);
    out.field("boot_id", message.boot_id);
    out.field("seq", message.seq);
    out.field("slots", message.slots);
    out.field("capabilities_sha256", message.capabilities_sha256);
    if (message.capabilities) {
        out.begin_object("capabilities");
        for (const auto& [name, value] : *message.capabilities) out.field(name, value);
        out.end_object();
    }
    out.field("restore_epoch", message.restore_epoch);
    out.field("highest_fence", message.highest_fence);
    out.field("pruned_fence", message.pruned_fence);
    out.begin_array("attempts");
    for (const HeldAttempt& attempt : message.attempts) {
        out.begin_object();
        out.field("id", attempt.id);
        out.field("job", attempt.job);
        out.field("fence", attempt.fence);
        out.field("state", to_string(attempt.state));
        out.end_object();
    }
    out.end_array();
    out.begin_array("refused");
    for (const AttemptFence& pair : message.refused) {
        out.begin_object();
        write_pair(out, pair.attempt, pair.fence);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

std::string encode(const PollAnswer& message) {
    json::Writer out;
    out.begin_object();
    out.field("restore_epoch", message.restore_epoch);
    out.field("hold_s", message.hold_s);
    out.begin_array("orders");
    for (const PolledOrder& order : message.orders) {
        out.begin_object();
        write_pair(out, order.attempt, order.fence);
        out.field("document", to_base64(order.document));
        out.end_object();
    }
    out.end_array();
    out.begin_array("cancels");
    for (const PolledCancel& cancel : message.cancels) {
        out.begin_object();
        write_pair(out, cancel.attempt, cancel.fence);
        out.field("grace_s", cancel.grace_s);
        out.end_object();
    }
    out.end_array();
    out.begin_array("forget");
    for (const std::string& attempt : message.forget) out.item(attempt);
    out.end_array();
    out.begin_array("want");
    for (const std::string& want : message.want) out.item(want);
    out.end_array();
    if (message.problem) {
        out.name("problem");
        write(out, *message.problem);
    }
    out.end_object();
    return std::move(out).take();
}

Result<PollRequest> decode_poll_request(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text, {.bytes_max = limits::poll_bytes_max}));
    return read_whole<PollRequest>(value, unknown_fields_of(value), read);
}

Result<PollAnswer> decode_poll_answer(std::string_view body) {
    while (body.starts_with(beat)) body.remove_prefix(beat.size());
    TRY_ASSIGN(const auto value, json::parse(body, {.bytes_max = limits::poll_answer_bytes_max}));
    TRY_ASSIGN(auto answer, read_whole<PollAnswer>(value, json::UnknownFields::ignore, read));
    return answer;
}

std::size_t encoded_order_bytes(std::size_t document_bytes) {
    constexpr std::string_view around = R"({"attempt":"","fence":,"document":""},)";
    return around.size() + 36 + 19 + (document_bytes + 2) / 3 * 4;
}

}  // namespace slipway::wire
