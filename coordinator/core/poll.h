#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "platform/base/states.h"
#include "platform/base/time.h"

namespace slipway::core {

/// What a poll says (protocol.md 3), already checked against the limits.
struct Poll {
    struct Held {
        std::string attempt;
        std::string job;
        std::int64_t fence = 0;
        HeldState state = HeldState::received;
    };
    struct Refused {
        std::string attempt;
        std::int64_t fence = 0;
    };
    std::string instance;
    std::int64_t start_epoch = 0;
    std::string boot_id;
    std::int64_t seq = 0;
    std::int64_t slots = 1;
    std::string version;
    std::string capabilities_sha256;
    std::optional<Capabilities> capabilities;
    std::int64_t restore_epoch = 0;
    std::int64_t highest_fence = 0;
    std::int64_t pruned_fence = 0;
    std::vector<Held> attempts;
    std::vector<Refused> refused;

    std::string address;  ///< of the peer
    std::string serial;   ///< of the certificate that it came with
    Steady handshake;     ///< when its connection's TLS handshake ended
};

enum class Identity {
    same,      ///< the instance that is known
    restart,   ///< a later start of the same agent
    stale,     ///< late words of an instance that is gone: answered empty, changes nothing
    conflict,  ///< a second living instance: 409 identity_conflict
};

/// Two living instances of one agent, or a restart? (protocol.md 5) `instance_since`: when the first poll of the
/// agent's instance arrived, by the clock that nobody sets; nothing if that was before this start of the coordinator,
/// and thus before every handshake.
Identity judge_identity(const Agent& agent, const Poll& poll, std::optional<Steady> instance_since);

/// An attempt beside its job, as a poll or report concerns it.
struct Case {
    Attempt attempt;
    Job job;
    bool attempt_changed = false;
    bool job_changed = false;
    bool queued_again = false;
};

/// Takes in what a poll lists. `cases`: every attempt of this agent that is not final, and every listed or refused one
/// that is stored under this agent. Moves attempts and jobs, renews leases. An attempt in the list that is in no case
/// is left to the caller (adoption after a restore). `whole_list`: the poll echoes the present restore epoch, so that
/// what it lacks says something.
void take_list(const Poll& poll, bool whole_list, std::vector<Case>& cases, Time now);

/// The lease of an attempt is over.
void take_silence(Case& of, Time now);

/// What stands in the answer to a list, beside new orders.
struct Mail {
    struct Order {
        std::int64_t attempt_row = 0;
        std::string attempt;
        std::int64_t fence = 0;
    };
    struct Cancel {
        std::string attempt;
        std::int64_t fence = 0;
        std::int64_t grace_s = 0;
    };
    std::vector<Order> orders;    ///< not yet acknowledged ones, by fence
    std::vector<Cancel> cancels;  ///< until the outcome is stored
    std::vector<std::string> forget;
    bool urgent = false;  ///< holds something that the agent does not know yet: a parked poll is answered with it
};
Mail mail_for(const Poll& poll, bool orders_allowed, const std::vector<Case>& cases);

/// `slots` minus listed attempts without an outcome minus orders on their way.
std::int64_t free_slots(const Poll& poll, const std::vector<Case>& cases, const Mail& mail);

/// Of an attempt, from each list that names it.
inline constexpr Duration lease_time = 90s;
/// A lease begun or renewed now.
Time lease_end(Time now);

/// How long an agent that is silent counts as online after its poll arrived.
Duration contact_time(std::int64_t hold_s);
/// Seconds that a poll is held: less while the agent holds attempts.
std::int64_t hold_s(const Poll& poll);

}  // namespace slipway::core
