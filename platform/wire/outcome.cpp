#include "platform/wire/outcome.h"

#include "platform/json/value.h"
#include "platform/wire/fields.h"

namespace slipway::wire {
namespace {

void read_exit_codes(json::Reader& in, Outcome& outcome) {
    const json::Value* codes = in.need("exit_codes");
    if (!codes) return;
    if (!codes->is_array()) return in.refuse("exit_codes", "expected an array of integers and nulls");
    if (codes->size() > limits::tasks_max)
        return in.refuse(
            "exit_codes",
            Error{Code::limit, std::to_string(codes->size()) + " items, at most " + std::to_string(limits::tasks_max),
                  "field_limit"});
    for (const json::Value& code : *codes) {
        if (code.is_null()) {
            outcome.exit_codes.emplace_back();
        } else if (code.is_number_integer() && code.get<std::int64_t>() >= -2'147'483'648 &&
                   code.get<std::int64_t>() <= 4'294'967'295) {
            outcome.exit_codes.emplace_back(code.get<std::int64_t>());
        } else {
            return in.refuse("exit_codes/" + std::to_string(outcome.exit_codes.size()),
                             "expected an exit code or null");
        }
    }
}

void read_flags(json::Reader& in, Outcome& outcome) {
    std::vector<std::string> words;
    in.texts("flags", 8, words, {.bytes_max = 64});
    for (const std::string& word : words) {
        const auto flag = flag_from(word);
        const bool of_host = flag == Flag::log_gap || flag == Flag::log_tampered || flag == Flag::outcome_tampered;
        if (!of_host) return in.refuse("flags", "\"" + printable(word, 64) + "\" is no flag that a host gives");
        outcome.flags.insert(*flag);
    }
}

void judge(json::Reader& in, const Outcome& outcome) {
    const bool succeeded = outcome.result == Ending::succeeded;
    if (succeeded && outcome.reason) in.refuse("reason", "what succeeded has no reason");
    if (!succeeded && outcome.with_issues) in.refuse("with_issues", "only beside succeeded");
    if ((outcome.result == Ending::failed || outcome.result == Ending::lost) && !outcome.reason)
        in.refuse("reason", "what failed or was lost has a reason");
}

}  // namespace

std::string to_summary(std::string_view text) {
    std::string line;
    for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    const auto first = line.find_first_not_of(' ');
    if (first == std::string::npos) return {};
    line = line.substr(first, line.find_last_not_of(' ') - first + 1);
    return std::string(cut(line, limits::summary_bytes_max));
}

void write(json::Writer& out, const Outcome& outcome) {
    out.begin_object();
    out.field("result", to_string(outcome.result));
    if (outcome.with_issues) out.field("with_issues", true);
    if (outcome.reason) out.field("reason", to_string(*outcome.reason));
    out.field("summary", outcome.summary);
    out.begin_array("exit_codes");
    for (const auto& code : outcome.exit_codes)
        if (code)
            out.item(*code);
        else
            out.item(nullptr);
    out.end_array();
    out.field("log_length", outcome.log_length);
    out.name("log_sha256");
    if (outcome.log_sha256)
        out.item(*outcome.log_sha256);
    else
        out.item(nullptr);
    if (!outcome.flags.empty()) {
        out.begin_array("flags");
        for (const Flag flag : outcome.flags) out.item(to_string(flag));
        out.end_array();
    }
    if (outcome.started) out.field("started", to_rfc3339(*outcome.started));
    out.field("ended", to_rfc3339(outcome.ended));
    out.field("duration_ms", outcome.duration_ms);
    out.end_object();
}

void read(json::Reader& in, Outcome& outcome) {
    in.required("result", outcome.result, ending_from);
    in.optional("with_issues", outcome.with_issues);
    in.optional("reason", outcome.reason, reason_from);
    in.required("summary", outcome.summary,
                {.bytes_max = limits::summary_bytes_max, .valid = is_line, .expected = "one line"});
    read_exit_codes(in, outcome);
    in.required("log_length", outcome.log_length, json::Range{0, limits::log_bytes_max});
    in.optional("log_sha256", outcome.log_sha256, digest_text);
    read_flags(in, outcome);
    optional_time(in, "started", outcome.started);
    required_time(in, "ended", outcome.ended);
    in.required("duration_ms", outcome.duration_ms);
    judge(in, outcome);
}

std::string encode(const Outcome& outcome) { return text_of<Outcome>(outcome, write); }

Result<Outcome> decode_outcome(std::string_view text, json::UnknownFields unknown) {
    TRY_ASSIGN(const auto value, json::parse(text, {.bytes_max = 64 * 1024}));
    return read_whole<Outcome>(value, unknown, read);
}

}  // namespace slipway::wire
