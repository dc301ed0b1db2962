#pragma once

#include <cstdint>
#include <string>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/desk/polls.h"
#include "platform/wire/poll.h"
#include "platform/wire/report.h"

/// What agents say, from the words of the wire to those of the desk and back: nothing is decided here.
namespace slipway::api {

/// What the connection tells of the agent beside its words.
struct PollPeer {
    std::string address;
    std::string serial;  ///< of the certificate
    Steady handshake;
};
core::Poll to_core(wire::PollRequest&& message, PollPeer peer);
wire::PollAnswer to_wire(desk::PollAnswer&& from);

/// The log and event bytes of one attempt that are durable.
struct StoredBytes {
    blobs::AttemptLogs::Held log;
    std::int64_t event_seq = 0;
};
desk::Reported to_core(const wire::ReportedAttempt& from, const StoredBytes& stored);
wire::JudgedAttempt to_wire(const desk::ReportAnswer& from);

}  // namespace slipway::api
