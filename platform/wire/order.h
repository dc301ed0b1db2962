#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

/// What an agent is to do in one attempt: the payload of an envelope (envelope.h), type order_type (PROTOCOL.md 4).
namespace slipway::wire {

struct OrderTask {
    std::string name;                           ///< for people
    std::string task;                           ///< "shell@1": name and major version
    std::map<std::string, std::string> inputs;  ///< by the names of task.json; $(name) not yet replaced
    bool enabled = true;
    bool continue_on_error = false;
    std::optional<std::int64_t> timeout_s;         ///< its own, beside the job's
    std::optional<std::string> working_directory;  ///< absolute, or relative to the job's
    std::map<std::string, std::string> env;
    bool leave_running = false;
    bool operator==(const OrderTask&) const = default;
};

struct OrderArtifact {
    std::string alias;
    std::string name;
    std::string version;
    std::string sha256;
    std::int64_t bytes = 0;
    bool operator==(const OrderArtifact&) const = default;
};

struct Order {
    std::string attempt;
    std::string job;
    std::int64_t fence = 0;
    std::string agent;
    Time created;
    std::string name;
    std::vector<OrderTask> tasks;
    std::map<std::string, std::string> variables;
    std::optional<std::string> working_directory;  ///< absolute; none: the attempt's own work/
    std::int64_t timeout_s = limits::job_timeout_s_default;
    std::int64_t cancel_grace_s = limits::cancel_grace_s_default;
    std::vector<OrderArtifact> artifacts;
    std::int64_t log_bytes_max = static_cast<std::int64_t>(limits::log_bytes_max);
    std::int64_t events_max = static_cast<std::int64_t>(limits::events_max);
    bool operator==(const Order&) const = default;
};

/// The payload's bytes. The same order is always the same bytes.
std::string encode(const Order& order);
/// Refuses fields that are not known: a document that an agent understands in part is not carried out in part.
Result<Order> decode_order(std::string_view payload);

/// One task of the list; the coordinator takes them from jobs in the same shape.
void write(json::Writer& out, const OrderTask& task);
void read(json::Reader& in, OrderTask& task);

/// [a-z0-9][a-z0-9-]{0,63}@[0-9]{1,6}
bool is_task_reference(std::string_view text);

}  // namespace slipway::wire
