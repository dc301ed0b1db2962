#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/states.h"
#include "platform/wire/problem.h"

/// POST poll: heartbeat, lease renewal and mailbox in one (PROTOCOL.md 3.2).
namespace slipway::wire {

/// Name to value; the value of what merely exists is empty. User tags stand among them. The agent's own version is the
/// capability `slipway-agent`.
using Capabilities = std::map<std::string, std::string>;

struct HeldAttempt {
    std::string id;
    std::string job;
    std::int64_t fence = 0;
    HeldState state = HeldState::received;
    bool operator==(const HeldAttempt&) const = default;
};

struct AttemptFence {
    std::string attempt;
    std::int64_t fence = 0;
    bool operator==(const AttemptFence&) const = default;
};

struct PollRequest {
    int protocol = 0;
    std::string instance;          ///< 32 hex digits, random for each start of the link
    std::int64_t start_epoch = 0;  ///< durable, one more for each start of the link
    std::string boot_id;
    std::int64_t seq = 0;  ///< one more for each request of this instance
    int slots = 0;         ///< 1 to limits::slots_max
    std::string capabilities_sha256;
    std::optional<Capabilities> capabilities;  ///< when the answer before wanted them
    std::int64_t restore_epoch = 0;            ///< the highest that this agent has seen
    std::int64_t highest_fence = 0;
    std::int64_t pruned_fence = 0;
    std::vector<HeldAttempt> attempts;
    std::vector<AttemptFence> refused;
};

struct PolledOrder {
    std::string attempt;
    std::int64_t fence = 0;
    std::string document;  ///< the envelope's bytes as they are; base64 only on the wire
    bool operator==(const PolledOrder&) const = default;
};

struct PolledCancel {
    std::string attempt;
    std::int64_t fence = 0;
    std::int64_t grace_s = 0;
    bool operator==(const PolledCancel&) const = default;
};

struct PollAnswer {
    std::int64_t restore_epoch = 0;
    std::int64_t hold_s = 0;          ///< for how long the next poll may be held
    std::vector<PolledOrder> orders;  ///< ascending by fence
    std::vector<PolledCancel> cancels;
    std::vector<std::string> forget;
    std::vector<std::string> want;   ///< "capabilities"; words that are not known are passed over
    std::optional<Problem> problem;  ///< a refusal after the first beat has gone out with status 200
};

std::string encode(const PollRequest& message);
std::string encode(const PollAnswer& message);

Result<PollRequest> decode_poll_request(std::string_view text);
/// `body` may begin with beats.
Result<PollAnswer> decode_poll_answer(std::string_view body);

/// How many bytes of an answer's JSON an order with a document of `document_bytes` takes: an answer holds at most
/// limits::poll_answer_bytes_max, the rest comes next.
std::size_t encoded_order_bytes(std::size_t document_bytes);

}  // namespace slipway::wire
