#include "agent/cli/status_file.h"

#include "platform/base/limits.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/os/file_steps.h"

namespace slipway::cli {
namespace {

constexpr std::string_view status_name = "status.json";
constexpr std::size_t attempts_max = limits::poll_attempts_max;

}  // namespace

Result<> write_status(os::Directory& state, const Status& status) {
    json::Writer out;
    out.begin_object();
    out.field("version", status.version);
    out.field("process", status.process);
    out.field("written_us", status.written.us);
    out.field("agent", status.agent);
    out.field("name", status.name);
    out.field("pool", status.pool);
    out.field("url", status.url);
    out.field("online", status.online);
    if (status.last_contact) out.field("last_contact_us", status.last_contact->us);
    out.field("last_error", status.last_error);
    out.field("clock_ahead_ms", status.clock_ahead_ms);
    out.field("slots", status.slots);
    out.field("group_level", status.group_level);
    out.field("certificate_until_us", status.certificate_until.us);
    out.begin_array("attempts");
    for (const Status::Attempt& attempt : status.attempts) {
        out.begin_object();
        out.field("id", attempt.id);
        out.field("job", attempt.job);
        out.field("state", attempt.state);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    return os::replace_whole(state, status_name, std::move(out).take());
}

Result<std::optional<Status>> read_status(os::Directory& state) {
    TRY_ASSIGN(const auto text, os::read_whole(state, status_name, limits::json_bytes_max));
    if (!text) return std::nullopt;
    TRY_ASSIGN(const auto value, json::parse(*text));
    Status status;
    json::Reader in(value, json::UnknownFields::ignore);
    in.required("version", status.version);
    in.required("process", status.process);
    in.required("written_us", status.written.us);
    in.required("agent", status.agent);
    in.required("name", status.name);
    in.required("pool", status.pool);
    in.required("url", status.url);
    in.required("online", status.online);
    std::optional<std::int64_t> last_contact;
    in.optional("last_contact_us", last_contact);
    if (last_contact) status.last_contact = Time{*last_contact};
    in.required("last_error", status.last_error);
    in.optional("clock_ahead_ms", status.clock_ahead_ms, json::Range{.min = std::numeric_limits<std::int64_t>::min()});
    in.required("slots", status.slots);
    in.required("group_level", status.group_level);
    in.required("certificate_until_us", status.certificate_until.us);
    in.array("attempts", attempts_max, [&](json::Reader& item) {
        Status::Attempt attempt;
        item.required("id", attempt.id);
        item.required("job", attempt.job);
        item.required("state", attempt.state);
        status.attempts.push_back(std::move(attempt));
    });
    TRY_WITHIN(state.path() + "/" + std::string(status_name), in.finish());
    return status;
}

}  // namespace slipway::cli
