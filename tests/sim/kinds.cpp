#include "tests/sim/kinds.h"

#include <array>

namespace slipway::sim {
namespace {

constexpr std::array<std::string_view, kinds> names = {
    "request lost",
    "request doubled",
    "answer lost",
    "message late",
    "host cut off",
    "coordinator killed",
    "coordinator killed before a commit",
    "coordinator killed after a commit",
    "coordinator killed while it appends to a log",
    "coordinator's power cut",
    "coordinator's disk full",
    "coordinator paused",
    "coordinator's clock jumps",
    "coordinator restored from a backup",
    "link killed",
    "link killed inside a turn",
    "attempt process killed",
    "host's power cut",
    "host's disk full",
    "host paused",
    "host's clock jumps",
    "disk cloned",
    "disk restored from a copy",
    "job canceled",
    "job retried",
    "job resolved",
    "job released",
    "agent disabled",
    "agent deleted by force",
    "conflict resolved",
    "idempotent job retried by itself",
    "several slots used at once",
    "task left running",
    "order or cancel refused",
    "attempt adopted",
    "attempt unknown",
    "attempt superseded",
    "stale fence",
    "log sent by itself",
    "log asked for once more",
    "log at a wrong offset",
    "log marks kept",
    "blob fetched",
    "blob cut short",
    "blob resumed",
    "blob damaged",
    "certificate renewed",
    "certificate expired",
    "kept attempt pruned",
    "journal swapped",
};
static_assert(!names.back().empty());

}  // namespace

std::string_view to_string(Kind kind) { return names[static_cast<std::size_t>(kind)]; }

bool is_rare(Kind kind) { return kind == Kind::log_asked_again || kind == Kind::log_offset_wrong; }

}  // namespace slipway::sim
