#pragma once

#include <string>
#include <string_view>

#include "coordinator/cli/table.h"
#include "platform/json/fwd.h"

/// What commands show of the coordinator's answers. A field that is missing or of another type reads as empty: an older
/// command goes on working with a newer coordinator.
namespace slipway::cli {

/// A text as it is, a number or boolean as JSON writes it, else empty.
std::string text_of(const json::Value& object, std::string_view name);
std::uint64_t number_of(const json::Value& object, std::string_view name);
bool flag_of(const json::Value& object, std::string_view name);
/// The object or list inside, or an empty one.
const json::Value& inside(const json::Value& object, std::string_view name);

/// A time as "3m ago"; empty if there is none.
std::string time_of(const json::Value& object, std::string_view name, const Screen& screen);
/// From `begin` to `end`, or to now while it has not ended; empty before it began.
std::string span_of(const json::Value& object, std::string_view begin, std::string_view end, const Screen& screen);
Cell state_cell(const json::Value& object, std::string_view name = "state");

/// With --json the answer itself, else false and nothing is written.
bool shown_as_json(const json::Value& answer, const Screen& screen);

}  // namespace slipway::cli
