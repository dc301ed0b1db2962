#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/base/result.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

/// Problem details for HTTP APIs, RFC 9457: the body of every answer that is not a success, of type problem_type.
///     {"type":"urn:slipway:problem:token_used","title":"Forbidden","status":403,"detail":"...","code":"forbidden",
///      "reason":"token_used","log_offset":0}
namespace slipway::wire {

struct Problem {
    int status = 0;
    std::string title;         ///< the status in words; the same for all of one status
    std::string detail;        ///< for people: what, where, which limit, what to do next
    std::optional<Code> code;  ///< none in what another program (a proxy) made
    std::string reason;        ///< of a closed list; may be empty. `type` ends with it, or with the code
    std::optional<std::int64_t> log_offset;
    std::optional<std::int64_t> retry_after_s;
    bool operator==(const Problem&) const = default;
};

std::string_view title_of(int status);

/// `status` is the caller's: one table of the coordinator maps codes to it.
Problem to_problem(const Error& error, int status);
/// The other way, on the agent's side. Without a code: the one that fits the status.
Error to_error(const Problem& problem);

std::string encode(const Problem& problem);
/// Never fails for want of sense: a body that is no problem document gives one with the status alone and a detail that
/// quotes its beginning.
Problem decode_problem(std::string_view body, int status);

void write(json::Writer& out, const Problem& problem);
void read(json::Reader& in, Problem& problem);

}  // namespace slipway::wire
