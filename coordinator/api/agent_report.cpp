#include <memory>

#include "coordinator/api/agent_routes.h"
#include "coordinator/api/log_settling.h"
#include "coordinator/api/translation.h"
#include "coordinator/desk/polls.h"
#include "platform/base/limits.h"
#include "platform/wire/protocol.h"
#include "platform/wire/report.h"

namespace slipway::api {
namespace {

Result<> store_marks(blobs::AttemptLogs& logs, const wire::ReportedAttempt& reported) {
    if (!reported.log) return {};
    std::vector<blobs::AttemptLogs::Mark> marks;
    for (const wire::Mark& mark : reported.log->marks) marks.push_back({mark.offset, mark.ms});
    return logs.add_marks(reported.id, marks);
}

Result<blobs::AttemptLogs::Held> append_log(Services& services, const wire::ReportedAttempt& reported) {
    TRY(services.reserve.admit());
    TRY_ASSIGN(const auto appended, services.logs.append(reported.id, reported.log->offset, reported.log->bytes));
    TRY(store_marks(services.logs, reported));
    return appended.held;
}

/// On a full disk the log waits for room, and the agent keeps it; the events and the outcome do not wait.
Result<StoredBytes> store_bytes(Services& services, const wire::ReportedAttempt& reported) {
    StoredBytes stored;
    auto held = reported.log ? append_log(services, reported) : services.logs.held(reported.id);
    if (!held && held.error().code == Code::disk_full) held = services.logs.held(reported.id);
    if (!held) return fail(std::move(held).error());
    stored.log = *std::move(held);
    std::vector<std::string> lines;
    for (const wire::Event& event : reported.events) lines.push_back(wire::encode(event));
    const std::int64_t first = reported.events.empty() ? 1 : reported.events.front().seq;
    TRY_ASSIGN(stored.event_seq,
               services.reserve.or_release([&] { return services.logs.append_events(reported.id, first, lines); }));
    return stored;
}

struct Answered {
    std::int64_t restore_epoch = 0;
    std::vector<desk::ReportAnswer> answers;
};

/// One report on its way: which attempts are the agent's own is asked first, then each one's bytes go to its disk
/// thread, then one command says all of it.
class Report : public std::enable_shared_from_this<Report> {
public:
    Report(Services& services, std::int64_t agent_row, wire::ReportRequest message, http::Reply reply)
        : services_(services), agent_row_(agent_row), message_(std::move(message)), reply_(std::move(reply)) {}

    void begin() {
        auto look = [self = shared_from_this()] { self->judge(); };
        if (auto submitted = services_.readers.submit(std::move(look)); !submitted) reply_.send(submitted.error());
    }

private:
    void judge() {
        auto reader = services_.store.read();
        if (!reader) return reply_.send(reader.error());
        for (const wire::ReportedAttempt& reported : message_.attempts) {
            const auto attempt = (*reader)->attempt_by_id(reported.id);
            if (!attempt) return reply_.send(attempt.error());
            const bool own = *attempt && (*attempt)->agent_row == agent_row_ && (*attempt)->fence == reported.fence;
            stored_.emplace_back();
            own_.push_back(own ? ((*attempt)->log_sealed ? Own::sealed : Own::open) : Own::no);
            if (own && (*attempt)->log_sealed) stored_.back().event_seq = (*attempt)->event_seq;
        }
        reader->reset();
        left_ = message_.attempts.size() + 1;
        for (std::size_t i = 0; i < message_.attempts.size(); ++i) {
            if (own_[i] == Own::no) {
                done_one();
                continue;
            }
            auto work = [self = shared_from_this(), i] { self->store(i); };
            if (auto submitted = services_.disk.submit(message_.attempts[i].id, std::move(work)); !submitted) {
                failed(submitted.error());
                done_one();
            }
        }
        done_one();
    }

    void store(std::size_t i) {
        if (own_[i] == Own::sealed) {
            auto length = services_.logs.length(message_.attempts[i].id);
            if (length) stored_[i].log.bytes = *length;
            if (auto marked = store_marks(services_.logs, message_.attempts[i]); !marked) failed(marked.error());
            return done_one();
        }
        auto stored = store_bytes(services_, message_.attempts[i]);
        if (stored)
            stored_[i] = *std::move(stored);
        else
            failed(stored.error());
        done_one();
    }

    void failed(const Error& error) {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = error;
    }

    void done_one() {
        if (left_.fetch_sub(1) == 1) tell();
    }

    void tell() {
        if (error_) return reply_.send(*error_);
        std::vector<desk::Reported> items;
        for (std::size_t i = 0; i < message_.attempts.size(); ++i)
            items.push_back(to_core(message_.attempts[i], stored_[i]));
        services_.writer.submit<Answered>(
            [self = shared_from_this(), items = std::move(items)](desk::Turn& turn) -> Result<Answered> {
                TRY_ASSIGN(auto answers, desk::report(turn, self->agent_row_, items));
                return Answered{turn.desk().restore_epoch(), std::move(answers)};
            },
            [self = shared_from_this()](Result<Answered> answered) { self->answer(std::move(answered)); });
    }

    void answer(Result<Answered> answered) {
        if (!answered) return reply_.send(answered.error());
        wire::ReportAnswer answer;
        answer.restore_epoch = answered->restore_epoch;
        for (const desk::ReportAnswer& one : answered->answers) {
            answer.attempts.push_back(to_wire(one));
            settle_log({services_.logs, services_.disk, services_.writer, services_.logger}, one.attempt, one.log);
        }
        reply_.send(http::Response::json(200, wire::encode(answer)));
    }

    enum class Own { no, open, sealed };

    Services& services_;
    const std::int64_t agent_row_;
    const wire::ReportRequest message_;
    const http::Reply reply_;
    std::vector<Own> own_;
    std::vector<StoredBytes> stored_;  ///< each written by its own disk thread
    std::atomic<std::size_t> left_ = 0;
    std::mutex mutex_;
    std::optional<Error> error_;  ///< guarded by mutex_ until `left_` is 0
};

}  // namespace

void AgentRoutes::report(http::Request request, http::Reply reply) {
    if (auto type = request.content_type_is("application/json"); !type) return reply.send(type.error());
    auto message = wire::decode_report_request(request.body, wire::protocol_version);
    if (!message) return reply.send(message.error());
    std::make_shared<Report>(services_, request.principal.row(), *std::move(message), reply)->begin();
}

}  // namespace slipway::api
