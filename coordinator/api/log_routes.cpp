#include "coordinator/api/log_routes.h"

#include <charconv>

#include "coordinator/api/handling.h"
#include "coordinator/api/log_follower.h"
#include "coordinator/api/resources.h"
#include "coordinator/api/route_table.h"
#include "platform/base/ids.h"
#include "platform/json/writer.h"

namespace slipway::api {
namespace {

constexpr std::size_t marks_max = 10'000;

struct Found {
    core::Job job;
    std::optional<core::Attempt> attempt;
};

/// The job, and the attempt that was asked for, else the current one, else the last.
Result<Found> find(store::Reader& reader, const std::string& job_id, const std::optional<std::string>& attempt_id) {
    TRY_ASSIGN(auto job, reader.job_by_id(job_id));
    if (!job) return fail(Code::not_found, "there is no job " + job_id, "job_missing");
    Found found{*std::move(job), std::nullopt};
    if (attempt_id) {
        TRY_ASSIGN(found.attempt, reader.attempt_by_id(*attempt_id));
        if (!found.attempt || found.attempt->job_row != found.job.row)
            return fail(Code::not_found, "job " + job_id + " has no attempt " + *attempt_id, "attempt_missing");
        return found;
    }
    if (found.job.current_attempt_row != 0) {
        TRY_ASSIGN(found.attempt, reader.attempt(found.job.current_attempt_row));
        return found;
    }
    TRY_ASSIGN(auto attempts, reader.attempts_of_job(found.job.row));
    if (!attempts.empty()) found.attempt = std::move(attempts.back());
    return found;
}

Result<std::optional<std::string>> attempt_of(const http::Request& request) {
    const auto text = request.query.get("attempt");
    if (!text) return std::nullopt;
    if (!is_uuid(*text)) return fail(Code::invalid, "attempt has to be an id", "invalid_field");
    return std::string(*text);
}

/// "<attempt>:<offset>", as the events' ids are.
std::optional<std::pair<std::string, std::int64_t>> resume_point(const http::Request& request) {
    const auto text = request.headers.get("last-event-id");
    if (!text || text->size() < 38 || (*text)[36] != ':' || !is_uuid(text->substr(0, 36))) return std::nullopt;
    std::int64_t offset = 0;
    const std::string_view digits = text->substr(37);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (error != std::errc{} || end != digits.data() + digits.size() || offset < 0) return std::nullopt;
    return std::pair(std::string(text->substr(0, 36)), offset);
}

/// As many as fit into one answer; the next one begins where this one ends.
std::string marks_json(const std::string& attempt, std::vector<blobs::AttemptLogs::Mark> marks) {
    std::optional<std::int64_t> next;
    if (marks.size() > marks_max) {
        next = marks.back().offset;
        marks.pop_back();
    }
    json::Writer out;
    out.begin_object();
    out.field("attempt", attempt);
    out.begin_array("marks");
    for (const auto& mark : marks) {
        out.begin_array();
        out.item(mark.offset);
        out.item(mark.ms);
        out.end_array();
    }
    out.end_array();
    nullable(out, "next_offset", next);
    out.end_object();
    return std::move(out).take();
}

std::string_view state_of(const core::Attempt& attempt) {
    if (attempt.log_sealed) return "sealed";
    return attempt.outcome_stored ? "ended" : "growing";
}

}  // namespace

void LogRoutes::show(http::Request request, http::Reply reply) {
    const auto attempt_id = attempt_of(request);
    if (!attempt_id) return reply.send(attempt_id.error());
    auto asked = std::make_shared<const http::Request>(std::move(request));
    answer_from_store(
        services_, reply, [this, asked, attempt_id = *attempt_id](store::Reader& reader) -> Result<http::Response> {
            TRY_ASSIGN(const auto found, find(reader, asked->parameter("id"), attempt_id));
            if (!found.attempt)
                return fail(Code::not_found, "the job has no attempt yet, so there is no log", "log_missing");
            TRY_ASSIGN(const std::int64_t length, services_.logs.length(found.attempt->id));
            http::Response response = http::Response::text(200, "application/octet-stream", "");
            if (length > 0) {
                TRY_ASSIGN(auto file, services_.logs.read(found.attempt->id));
                http::FileDescription description;
                description.file = std::move(file);
                description.size = static_cast<std::uint64_t>(length);
                response = http::file_response(*asked, std::move(description));
            }
            return response.set("Slipway-Log-State", state_of(*found.attempt))
                .set("Slipway-Attempt", found.attempt->id);
        });
}

void LogRoutes::show_marks(http::Request request, http::Reply reply) {
    const auto attempt_id = attempt_of(request);
    if (!attempt_id) return reply.send(attempt_id.error());
    const auto offset = request.query.number("offset", limits::log_bytes_max);
    if (!offset) return reply.send(offset.error());
    answer_from_store(
        services_, reply,
        [this, id = request.parameter("id"), attempt_id = *attempt_id,
         from = static_cast<std::int64_t>(offset->value_or(0))](store::Reader& reader) -> Result<http::Response> {
            TRY_ASSIGN(const auto found, find(reader, id, attempt_id));
            if (!found.attempt)
                return fail(Code::not_found, "the job has no attempt yet, so there is no log", "log_missing");
            TRY_ASSIGN(auto marks, services_.logs.marks(found.attempt->id, from, marks_max + 1));
            return http::Response::json(200, marks_json(found.attempt->id, std::move(marks)));
        });
}

void LogRoutes::follow(http::Request request, http::EventReply reply) {
    const auto attempt_id = attempt_of(request);
    if (!attempt_id) return reply.send(attempt_id.error());
    const auto offset = request.query.number("offset", limits::log_bytes_max);
    if (!offset) return reply.send(offset.error());
    const auto resume = resume_point(request);
    auto look = [this, reply, id = request.parameter("id"), attempt_id = *attempt_id, resume,
                 from = static_cast<std::int64_t>(offset->value_or(0))] {
        auto reader = services_.store.read();
        if (!reader) return reply.send(reader.error());
        auto found = find(**reader, id, attempt_id);
        if (!found) return reply.send(found.error());
        LogFollower::Start start{std::move(found->job), attempt_id, from};
        const bool same = resume && found->attempt && found->attempt->id == resume->first;
        if (same) start.offset = resume->second;
        services_.server->loop().post([this, reply, start = std::move(start)]() mutable {
            std::make_shared<LogFollower>(services_, reply.open(), std::move(start))->begin();
        });
    };
    if (auto submitted = services_.readers.submit(std::move(look)); !submitted) reply.send(submitted.error());
}

void LogRoutes::add_to(http::Router& router) {
    using http::Access, http::Method, core::Permission;
    RouteTable table(router, http::Port::user, this);
    const Access read = Access::token(Permission::read);
    table.add(Method::get, "/api/v1/jobs/{id:uuid}/log", read, {.query = {"attempt"}}, &LogRoutes::show);
    table.add(Method::get, "/api/v1/jobs/{id:uuid}/log/events", read, {.query = {"attempt", "offset"}},
              &LogRoutes::follow);
    table.add(Method::get, "/api/v1/jobs/{id:uuid}/log/marks", read, {.query = {"attempt", "offset"}},
              &LogRoutes::show_marks);
}

}  // namespace slipway::api
