#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/journal/journal.h"
#include "agent/link/attempt_processes.h"
#include "platform/os/loop.h"
#include "platform/run/attempt_view.h"
#include "platform/wire/order.h"
#include "platform/wire/outcome.h"

namespace slipway::link {

/// An attempt that this host lists in its polls: from the journal record until the coordinator says `forget`.
struct HeldAttempt {
    std::string id;
    std::string job;
    std::int64_t fence = 0;
    wire::Order order;
    std::string document;  ///< the order as it came; empty once the attempt has ended

    HeldState state = HeldState::received;
    bool went = false;  ///< `go` was given: a task may have begun
    int starts = 0;     ///< how many processes have been given this order
    std::string group;
    std::unique_ptr<AttemptProcess> process;
    std::shared_ptr<std::function<void()>> process_ended;  ///< what its end means; nothing once this is gone
    std::unique_ptr<run::AttemptView> view;                ///< once its directory has its name
    os::Handle watch;
    os::Handle overdue;  ///< a minute past its time-out
    std::optional<std::int64_t> cancel_grace_s;
    /// How it ends instead of beginning: cancelled or without its artifacts.
    std::optional<wire::Outcome> ends_unbegun;

    std::optional<wire::Outcome> outcome;

    // What the coordinator has durably.
    std::int64_t log_offset = 0;
    std::int64_t marks_end = 0;  ///< time marks of bytes before this one
    std::int64_t event_seq = 0;
    bool outcome_stored = false;

    bool dying = false;  ///< its groups are being killed and its end is known
    bool stale = false;  ///< the coordinator does not know it: asked again after the next poll

    bool ended() const { return state == HeldState::ended; }
};

}  // namespace slipway::link
