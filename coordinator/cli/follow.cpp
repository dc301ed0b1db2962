#include "coordinator/cli/follow.h"

#include "coordinator/cli/event_stream.h"
#include "coordinator/cli/fields.h"
#include "coordinator/cli/log_output.h"
#include "coordinator/cli/problem.h"
#include "platform/base/bytes.h"
#include "platform/json/parse.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

// The coordinator sends a comment every 15 s, so that a dead line is noticed.
constexpr Duration dead_after = 60s;
constexpr int first_tries_max = 3;
constexpr int tries_in_a_row_max = 30;  // about a quarter of an hour, for a coordinator that is being updated
constexpr std::size_t problem_bytes_max = 64 * 1024;

std::string log_path(const FollowOptions& options, const std::string& tail) {
    return "/api/v1/jobs/" + net::percent_encode(options.job) + "/log" + tail;
}

class Follower {
public:
    Follower(Api& api, const Screen& screen, const FollowOptions& options)
        : api_(api), screen_(screen), options_(options), output_(screen), offset_(options.offset) {
        // Behind the longest log nothing comes but the words about the job.
        if (options.log == FollowOptions::Log::left_out) offset_ = limits::log_bytes_max;
    }

    Result<ExitCode> run() {
        net::Backoff backoff(api_.random());
        for (;;) {
            Result<> streamed = stream();
            if (over_) return ending();
            if (!streamed && streamed.error().reason == "interrupted") return interrupted();
            if (!streamed && !is_passing(streamed.error().code)) {
                output_.end();
                return fail(std::move(streamed).error());
            }
            if (std::exchange(heard_, false)) {
                ever_heard_ = true;
                backoff.reset();
                tries_ = 0;
            }
            if (++tries_ > (ever_heard_ ? tries_in_a_row_max : first_tries_max)) {
                output_.end();
                return fail(streamed ? Error{Code::unavailable, "the coordinator ends the stream each time"}
                                     : std::move(streamed).error());
            }
            if (!streamed)
                say_once("The line to the coordinator broke (" + streamed.error().message + "); trying again");
            if (auto waited = api_.transport().wait(backoff.next()); !waited) return interrupted();
        }
    }

private:
    static bool is_passing(Code code) { return code == Code::unavailable || code == Code::timed_out; }

    Result<> stream() {
        net::Query query;
        if (offset_ > 0) query.add("offset", offset_);
        if (!options_.attempt.empty()) query.add("attempt", options_.attempt);
        net::Request request = api_.request(net::Method::get, log_path(options_, "/events" + query.text()));
        request.headers.push_back({"Accept", "text/event-stream"});
        if (!last_id_.empty()) request.headers.push_back({"Last-Event-ID", last_id_});
        request.channel = net::Channel::log;
        request.timeouts.silence = dead_after;
        EventStreamParser parser;
        int status = 0;
        std::string refusal;
        const auto on_event = [this](const StreamEvent& event) { return take(event); };
        Transport::Hooks hooks;
        hooks.on_head = [&](const net::Response& head) { status = head.status; };
        hooks.on_data = [&](std::string_view bytes) -> Result<> {
            if (status == 200) return parser.take(bytes, on_event);
            if (refusal.size() < problem_bytes_max) refusal += bytes;
            return {};
        };
        TRY_ASSIGN(auto response, api_.transport().send(std::move(request), std::move(hooks)));
        if (response.status == 200) return {};
        response.body = std::move(refusal);
        return fail(problem_of(response, "GET " + log_path(options_, "/events")));
    }

    Result<> take(const StreamEvent& event) {
        if (over_) return {};
        heard_ = true;
        const auto data = json::parse(event.data);
        if (!data) return {};
        if (event.name == "attempt") return take_attempt(text_of(*data, "attempt"), text_of(*data, "fence"));
        if (event.name == "log") return take_log(*data, event.id);
        if (event.name == "state") take_state(text_of(*data, "state"));
        if (event.name == "end") {
            over_ = true;
            end_state_ = text_of(*data, "state");
            end_reason_ = text_of(*data, "reason");
            end_summary_ = text_of(*data, "summary");
            with_issues_ = flag_of(*data, "with_issues");
            sealed_ = flag_of(*data, "sealed");
        }
        return {};
    }

    Result<> take_attempt(const std::string& attempt, const std::string& fence) {
        if (attempt == attempt_) return {};
        if (!attempt_.empty()) {
            output_.end();
            screen_.note("A new attempt begins (fence " + fence + ").");
            offset_ = options_.log == FollowOptions::Log::left_out ? limits::log_bytes_max : 0;
            last_id_.clear();
        }
        attempt_ = attempt;
        return {};
    }

    // What comes twice around a broken line is shown once.
    Result<> take_log(const json::Value& data, const std::string& id) {
        if (options_.log == FollowOptions::Log::left_out) return {};
        auto bytes = from_base64(text_of(data, "base64"));
        if (!bytes) return fail(std::move(bytes).error().within("the coordinator sent a damaged piece of the log"));
        const std::uint64_t begin = number_of(data, "offset");
        const std::uint64_t end = begin + bytes->size();
        if (end > offset_) {
            const std::uint64_t known = offset_ > begin ? offset_ - begin : 0;
            TRY(output_.write(std::string_view(*bytes).substr(known)));
            offset_ = end;
        }
        last_id_ = id;
        return {};
    }

    void take_state(const std::string& state) {
        if (state == "unknown" && told_state_ != state) {
            output_.end();
            screen_.note("The agent of job " + options_.job +
                         " is not heard of: nobody knows how far it is. It goes on when the agent comes back; else: "
                         "slipway job retry " +
                         options_.job + ", or slipway job resolve " + options_.job +
                         " --as succeeded|failed|canceled --reason TEXT");
        }
        told_state_ = state;
    }

    Result<ExitCode> ending() {
        output_.end();
        std::string line = "Job " + options_.job + " " + end_state_;
        if (!end_reason_.empty()) line += " (" + end_reason_ + ")";
        if (with_issues_) line += " with issues";
        if (!end_summary_.empty()) line += ": " + end_summary_;
        screen_.note(line);
        if (!sealed_ && options_.log == FollowOptions::Log::shown)
            screen_.note("The rest of its log is not here yet; later: slipway job logs " + options_.job);
        return end_state_ == "succeeded" ? ExitCode::done : ExitCode::failed;
    }

    ExitCode interrupted() {
        output_.end();
        screen_.note("Job " + options_.job + " runs on. Cancel it with: slipway job cancel " + options_.job);
        return ExitCode::interrupted;
    }

    void say_once(const std::string& text) {
        if (std::exchange(said_, text) != text) screen_.note(text);
    }

    Api& api_;
    const Screen& screen_;
    const FollowOptions& options_;
    LogOutput output_;
    std::uint64_t offset_;
    std::string attempt_, last_id_, told_state_, said_;
    std::string end_state_, end_reason_, end_summary_;
    bool over_ = false;
    bool heard_ = false;  ///< on this line
    bool ever_heard_ = false;
    bool sealed_ = false;
    bool with_issues_ = false;
    int tries_ = 0;
};

}  // namespace

Result<ExitCode> follow_job(Api& api, const Screen& screen, const FollowOptions& options) {
    return Follower(api, screen, options).run();
}

Result<ExitCode> show_log(Api& api, const Screen& screen, const FollowOptions& options) {
    net::Query query;
    if (!options.attempt.empty()) query.add("attempt", options.attempt);
    LogOutput output(screen);
    net::Backoff backoff(api.random());
    std::uint64_t offset = options.offset;
    std::uint64_t at = 0;  // of the next byte that comes
    for (int tried = 1;; ++tried) {
        net::Request request = api.request(net::Method::get, log_path(options, query.text()));
        if (offset > 0) request.headers.push_back({"Range", "bytes=" + std::to_string(offset) + "-"});
        request.channel = net::Channel::log;
        int status = 0;
        std::string refusal;
        Transport::Hooks hooks;
        hooks.on_head = [&](const net::Response& head) {
            status = head.status;
            at = status == 206 ? offset : 0;
        };
        hooks.on_data = [&](std::string_view bytes) -> Result<> {
            if (status != 200 && status != 206) {
                if (refusal.size() < problem_bytes_max) refusal += bytes;
                return {};
            }
            const std::uint64_t known = std::min<std::uint64_t>(offset - std::min(at, offset), bytes.size());
            at += bytes.size();
            offset = std::max(offset, at);
            return output.write(bytes.substr(known));
        };
        auto response = api.transport().send(std::move(request), std::move(hooks));
        if (response && (response->status == 200 || response->status == 206 || response->status == 416)) break;
        if (response) {
            response->body = std::move(refusal);
            return fail(problem_of(*response, "GET " + log_path(options, "")));
        }
        if (response.error().code != Code::unavailable || tried >= 3) return fail(std::move(response).error());
        TRY(api.transport().wait(backoff.next()));
    }
    output.end();
    return ExitCode::done;
}

}  // namespace slipway::cli
