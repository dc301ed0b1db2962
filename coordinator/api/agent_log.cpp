#include <memory>

#include "coordinator/api/agent_routes.h"
#include "coordinator/api/log_settling.h"
#include "coordinator/desk/polls.h"
#include "coordinator/http/problem.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"
#include "platform/wire/report.h"

namespace slipway::api {
namespace {

struct Append {
    std::int64_t agent_row = 0;
    std::string attempt;
    std::int64_t fence = 0;
    std::int64_t offset = 0;
    std::string bytes;
};

Result<Append> read_append(http::Request& request) {
    TRY(request.content_type_is(wire::bytes_type));
    TRY_ASSIGN(const auto fence, request.query.number("fence", INT64_MAX));
    if (!fence) return fail(Code::invalid, "the query lacks ?fence=N", "invalid_field");
    TRY_ASSIGN(const std::uint64_t offset, request.upload_offset());
    if (offset > limits::log_bytes_max)
        return fail(Code::limit,
                    "Upload-Offset is beyond the longest log, " + std::to_string(limits::log_bytes_max) + " bytes",
                    "field_limit");
    Append append;
    append.agent_row = request.principal.row();
    append.attempt = request.parameter("id");
    append.fence = static_cast<std::int64_t>(*fence);
    append.offset = static_cast<std::int64_t>(offset);
    append.bytes = std::move(request.body);
    return append;
}

/// Another agent's attempt is as good as none.
Result<core::Attempt> own_attempt(store::Reader& reader, const Append& append) {
    TRY_ASSIGN(auto attempt, reader.attempt_by_id(append.attempt));
    if (!attempt || attempt->agent_row != append.agent_row)
        return fail(Code::not_found, "there is no attempt " + append.attempt + " of this agent", "attempt_missing");
    if (attempt->fence != append.fence)
        return fail(Code::conflict,
                    "attempt " + append.attempt + " does not have fence " + std::to_string(append.fence),
                    "stale_fence");
    if (attempt->log_sealed)
        return fail(Code::conflict, "the log of attempt " + append.attempt + " is sealed", "log_sealed");
    return *std::move(attempt);
}

http::Response wrong_offset(std::int64_t held_bytes) {
    const Error error{Code::conflict, "the log is held up to byte " + std::to_string(held_bytes) + ": go on there",
                      "wrong_offset"};
    wire::Problem problem = wire::to_problem(error, http::status_of(error));
    problem.log_offset = held_bytes;
    return http::Response::problem(problem);
}

struct Noted {
    std::int64_t restore_epoch = 0;
    desk::JudgedLog log;
    bool superseded = false;
};

}  // namespace

void AgentRoutes::append_log(http::Request request, http::Reply reply) {
    auto append = read_append(request);
    if (!append) return reply.send(append.error());
    auto work = [this, append = std::make_shared<const Append>(*std::move(append)), reply] {
        auto reader = services_.store.read();
        if (!reader) return reply.send(reader.error());
        const auto attempt = own_attempt(**reader, *append);
        reader->reset();
        if (!attempt) return reply.send(attempt.error());
        if (auto admitted = services_.reserve.admit(); !admitted) return reply.send(admitted.error());
        const auto appended = services_.logs.append(append->attempt, append->offset, append->bytes);
        if (!appended) return reply.send(appended.error());
        if (!appended->fits) return reply.send(wrong_offset(appended->held.bytes));
        const bool superseded = attempt->flags.contains(Flag::superseded);
        services_.writer.submit<Noted>(
            [row = attempt->row, held = appended->held, superseded](desk::Turn& turn) -> Result<Noted> {
                TRY_ASSIGN(const desk::JudgedLog log, desk::note_log(turn, row, {held.bytes, held.sha256}));
                return Noted{turn.desk().restore_epoch(), log, superseded};
            },
            [this, reply, append, bytes = appended->held.bytes](Result<Noted> noted) {
                if (!noted) return reply.send(noted.error());
                settle_log({services_.logs, services_.disk, services_.writer, services_.logger}, append->attempt,
                           noted->log);
                wire::LogAnswer answer;
                answer.restore_epoch = noted->restore_epoch;
                answer.log_offset = noted->log.seal == core::Seal::send_again ? 0 : bytes;
                answer.superseded = noted->superseded;
                reply.send(http::Response::json(200, wire::encode(answer)));
            });
    };
    const std::string key = request.parameter("id");
    if (auto submitted = services_.disk.submit(key, std::move(work)); !submitted) reply.send(submitted.error());
}

void AgentRoutes::fetch_blob(http::Request request, http::Reply reply) {
    auto asked = std::make_shared<const http::Request>(std::move(request));
    auto look = [this, asked, reply] {
        auto reader = services_.store.read();
        if (!reader) return reply.send(reader.error());
        const std::string& sha256 = asked->parameter("sha256");
        const auto allowed = (*reader)->agent_may_fetch(asked->principal.row(), sha256);
        if (!allowed) return reply.send(allowed.error());
        const Error none{Code::not_found, "no attempt of this agent needs blob " + sha256, "blob_missing"};
        if (!*allowed) return reply.send(none);
        const auto size = services_.blobs.size(sha256);
        if (!size) return reply.send(size.error());
        if (!*size) return reply.send(none);
        auto file = services_.blobs.read(sha256);
        if (!file) return reply.send(file.error());
        http::FileDescription description;
        description.file = *std::move(file);
        description.size = **size;
        description.etag = "\"" + sha256 + "\"";
        reply.send(http::file_response(*asked, std::move(description)));
    };
    if (auto submitted = services_.readers.submit(std::move(look)); !submitted) reply.send(submitted.error());
}

}  // namespace slipway::api
