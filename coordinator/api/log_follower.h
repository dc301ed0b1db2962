#pragma once

#include <memory>
#include <optional>
#include <string>

#include "coordinator/api/services.h"
#include "coordinator/http/reply.h"

namespace slipway::api {

/// One open `log/events` stream: rows tell when the job and its attempt change, the log tells when it grows. All but
/// the reading happens on the loop's thread. It lives as long as its stream: timers and watches hold it.
class LogFollower : public std::enable_shared_from_this<LogFollower> {
public:
    struct Start {
        core::Job job;
        std::optional<std::string> attempt;  ///< asked for by id; else the current one, also when it changes
        std::int64_t offset = 0;
    };
    LogFollower(Services& services, http::EventStream stream, Start start);

    void begin();

private:
    /// Rows as they were read last.
    struct Rows {
        core::Job job;
        std::optional<core::Attempt> attempt;
    };
    void refresh();
    void take(Result<Rows> rows);
    void begin_attempt(const core::Attempt& attempt);
    void pump();
    void take_bytes(std::int64_t offset, Result<std::string> bytes);
    void tell_state();
    void judge_end();
    void end(bool sealed);
    void stop();

    Services& services_;
    http::EventStream stream_;
    core::Job job_;
    const std::optional<std::string> wanted_;
    std::int64_t offset_;
    std::optional<core::Attempt> attempt_;
    std::string told_state_;

    std::unique_ptr<desk::JobWatchers::Watch> watch_;
    std::unique_ptr<blobs::AttemptLogs::Follower> follower_;
    std::shared_ptr<os::File> file_;
    os::Handle end_timer_;
    bool refreshing_ = false;
    bool refresh_again_ = false;
    bool reading_ = false;
    bool grown_ = false;
    bool full_ = false;
    bool done_ = false;
};

}  // namespace slipway::api
