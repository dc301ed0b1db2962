#include "coordinator/api/log_follower.h"

#include "platform/base/bytes.h"
#include "platform/json/writer.h"

namespace slipway::api {
namespace {

constexpr std::size_t piece_bytes = 48 * 1024;
constexpr Duration end_after_outcome = 30s;

std::string state_json(const core::Job& job, const std::optional<core::Attempt>& attempt) {
    json::Writer out;
    out.begin_object();
    out.field("state", to_string(job.state));
    if (attempt) out.field("attempt_state", to_string(attempt->state));
    out.end_object();
    return std::move(out).take();
}

}  // namespace

LogFollower::LogFollower(Services& services, http::EventStream stream, Start start)
    : services_(services),
      stream_(std::move(stream)),
      job_(std::move(start.job)),
      wanted_(std::move(start.attempt)),
      offset_(start.offset) {}

void LogFollower::begin() {
    stream_.when_gone([self = shared_from_this()](http::Gone) { self->stop(); });
    os::Loop& loop = services_.server->loop();
    std::weak_ptr<LogFollower> weak = weak_from_this();
    watch_ = services_.watchers.watch(job_.row, [&loop, weak] {
        loop.post([weak] {
            if (const auto self = weak.lock()) self->refresh();
        });
    });
    refresh();
}

void LogFollower::refresh() {
    if (done_) return;
    if (refreshing_) {
        refresh_again_ = true;
        return;
    }
    refreshing_ = true;
    auto look = [self = shared_from_this()] {
        const auto read = [&]() -> Result<Rows> {
            TRY_ASSIGN(auto reader, self->services_.store.read());
            TRY_ASSIGN(auto job, reader->job(self->job_.row));
            if (!job) return fail(Code::not_found, "the job is gone", "job_missing");
            Rows rows{*std::move(job), std::nullopt};
            if (self->wanted_) {
                TRY_ASSIGN(rows.attempt, reader->attempt_by_id(*self->wanted_));
            } else if (rows.job.current_attempt_row != 0) {
                TRY_ASSIGN(rows.attempt, reader->attempt(rows.job.current_attempt_row));
            }
            return rows;
        };
        auto rows = std::make_shared<Result<Rows>>(read());
        self->services_.server->loop().post([self, rows] { self->take(std::move(*rows)); });
    };
    if (auto submitted = services_.readers.submit(std::move(look)); !submitted) stop();
}

void LogFollower::take(Result<Rows> rows) {
    refreshing_ = false;
    if (done_) return;
    if (!rows) return stop();
    job_ = std::move(rows->job);
    const bool other = rows->attempt && (!attempt_ || attempt_->id != rows->attempt->id);
    if (other) begin_attempt(*rows->attempt);
    if (rows->attempt) attempt_ = std::move(rows->attempt);
    tell_state();
    if (std::exchange(refresh_again_, false)) return refresh();
    grown_ = true;
    pump();
}

void LogFollower::begin_attempt(const core::Attempt& attempt) {
    if (attempt_) offset_ = 0;
    file_.reset();
    json::Writer out;
    out.begin_object();
    out.field("attempt", attempt.id);
    out.field("fence", attempt.fence);
    out.end_object();
    stream_.push({"", "attempt", std::move(out).take()});
    os::Loop& loop = services_.server->loop();
    follower_ = services_.logs.follow(attempt.id, [&loop, weak = weak_from_this()](std::int64_t) {
        loop.post([weak] {
            const auto self = weak.lock();
            if (!self) return;
            self->grown_ = true;
            self->pump();
        });
    });
}

// Reads go one at a time, and none while the peer is slow: its buffer is bounded and the file keeps the rest.
void LogFollower::pump() {
    if (done_ || reading_ || full_ || !attempt_) return judge_end();
    if (!std::exchange(grown_, false)) return judge_end();
    reading_ = true;
    auto read = [self = shared_from_this(), attempt = attempt_->id, offset = offset_] {
        const auto bytes = [&]() -> Result<std::string> {
            TRY_ASSIGN(const std::int64_t length, self->services_.logs.length(attempt));
            if (length <= offset) return std::string();
            if (!self->file_) {
                TRY_ASSIGN(auto file, self->services_.logs.read(attempt));
                self->file_ = std::move(file);
            }
            std::string piece(std::min(piece_bytes, static_cast<std::size_t>(length - offset)), '\0');
            TRY_ASSIGN(const std::size_t got, self->file_->read_at(static_cast<std::uint64_t>(offset), piece));
            piece.resize(got);
            return piece;
        }();
        auto shared = std::make_shared<Result<std::string>>(bytes);
        self->services_.server->loop().post([self, offset, shared] { self->take_bytes(offset, std::move(*shared)); });
    };
    if (auto submitted = services_.readers.submit(std::move(read)); !submitted) stop();
}

void LogFollower::take_bytes(std::int64_t offset, Result<std::string> bytes) {
    reading_ = false;
    if (done_) return;
    if (!bytes) return stop();
    if (bytes->empty() || offset != offset_) return pump();
    const std::int64_t next = offset + static_cast<std::int64_t>(bytes->size());
    json::Writer out;
    out.begin_object();
    out.field("offset", offset);
    out.field("base64", to_base64(*bytes));
    out.end_object();
    const auto pushed = stream_.push({attempt_->id + ":" + std::to_string(next), "log", std::move(out).take()});
    offset_ = next;
    grown_ = true;
    if (pushed == http::EventStream::Push::gone) return stop();
    if (pushed == http::EventStream::Push::full) {
        full_ = true;
        stream_.when_drained([weak = weak_from_this()] {
            const auto self = weak.lock();
            if (!self) return;
            self->full_ = false;
            self->pump();
        });
        return;
    }
    pump();
}

void LogFollower::tell_state() {
    std::string state = state_json(job_, attempt_);
    if (state == told_state_) return;
    told_state_ = state;
    stream_.push({"", "state", std::move(state)});
}

// A sealed log ends the stream at its length; after an outcome alone it stays open for what may still come.
void LogFollower::judge_end() {
    if (done_ || reading_ || full_) return;
    const bool job_over = is_final(job_.state);
    if (!attempt_) {  // there is no log that could have grown
        if (job_over) end(true);
        return;
    }
    if (grown_) return;
    if (attempt_->log_sealed && (job_over || wanted_)) return end(true);
    if (!attempt_->outcome_stored && !job_over) return end_timer_.reset();
    if (end_timer_) return;
    end_timer_ = services_.server->loop().after(end_after_outcome, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->end(false);
    });
}

void LogFollower::end(bool sealed) {
    json::Writer out;
    out.begin_object();
    out.field("state", to_string(job_.state));
    if (job_.reason) out.field("reason", to_string(*job_.reason));
    out.field("summary", job_.summary);
    out.field("with_issues", job_.with_issues);
    out.field("sealed", sealed);
    out.end_object();
    stream_.push({"", "end", std::move(out).take()});
    stream_.close();
    stop();
}

void LogFollower::stop() {
    done_ = true;
    watch_.reset();
    follower_.reset();
    end_timer_.reset();
}

}  // namespace slipway::api
