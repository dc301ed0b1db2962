#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "agent/link/held_attempt.h"
#include "platform/base/limits.h"
#include "platform/base/logger.h"
#include "platform/net/backoff.h"
#include "platform/net/http_client.h"
#include "platform/wire/report.h"

namespace slipway::link {

/// What the shipper needs of the link.
class ShipperHost {
public:
    virtual ~ShipperHost() = default;
    virtual std::map<std::string, std::unique_ptr<HeldAttempt>>& held() = 0;
    virtual net::HttpClient& client() = 0;
    virtual std::string url(std::string_view path) = 0;
    virtual std::int64_t next_seq() = 0;
    virtual bool epoch_is_old(std::int64_t restore_epoch) = 0;  ///< of an answer: it is dropped then
    virtual void heard(const net::Response& response) = 0;
    /// Whether a restart will know that the attempt is over: it has no directory to tell.
    virtual bool end_is_journalled(const std::string& attempt) = 0;
};

/// Brings logs, events and outcomes home. Everything small of all attempts goes in one report at a time; a log that has
/// more to say goes by itself in large pieces, on connections of its own. The offsets are the coordinator's: whatever
/// it says it holds is where the next piece begins.
class Shipper {
public:
    Shipper(ShipperHost& host, os::Loop& loop, Clock& clock, Random& random, Logger& logger)
        : host_(host),
          loop_(loop),
          clock_(clock),
          logger_(logger),
          report_backoff_(random),
          stuck_backoff_(random),
          log_backoff_(random) {}

    /// The attempt has something new to say, or wants to know what the coordinator has of it.
    void changed(const std::string& attempt);
    /// Of the attempts that the coordinator did not know, and of those that wait for `forget`: ask again.
    void ask_all();
    /// It is not held any more.
    void forget(const std::string& attempt);

private:
    /// What one report may still hold.
    struct Room {
        std::size_t bytes = limits::report_content_bytes_max;
        std::size_t events = limits::report_events_max;
        std::size_t marks = 10 * limits::report_marks_max;  ///< of all attempts: the body has its limit too
    };
    /// What a report under way says, as far as its answer has to be judged by it.
    struct Said {
        std::int64_t marks_end = 0;
    };

    void schedule();
    void send_report();
    std::optional<wire::ReportedAttempt> what_is_new(HeldAttempt& held, Room& room);
    void add_log(HeldAttempt& held, Room& room, wire::ReportedAttempt& said);
    void report_ended(Result<net::Response> response);
    void take(const wire::JudgedAttempt& judged, const Said& said);
    void say_later(const std::string& attempt);
    void retry_report(const Error& error, std::optional<Duration> retry_after);
    void send_logs();
    void send_log(HeldAttempt& held);
    void log_ended(const std::string& attempt, Result<net::Response> response);
    Result<std::int64_t> log_offset_of(const Result<net::Response>& response);
    void retry_logs(std::string_view attempt, std::string_view why, std::optional<Duration> retry_after);

    ShipperHost& host_;
    os::Loop& loop_;
    Clock& clock_;
    Logger& logger_;
    net::Backoff report_backoff_;
    net::Backoff stuck_backoff_;
    net::Backoff log_backoff_;
    std::set<std::string> changed_;
    std::map<std::string, Said> reported_;  ///< in the report that is under way
    std::set<std::string> stuck_;           ///< an answer left them where they were: said again after a while
    bool scheduled_ = false;
    std::unique_ptr<net::Exchange> report_;
    std::map<std::string, std::unique_ptr<net::Exchange>> logs_;
    std::set<std::string> bulky_;     ///< whose logs go by themselves
    std::set<std::string> diverted_;  ///< bulky ones whose last answer named another offset than the next one
    os::Handle report_timer_;
    os::Handle stuck_timer_;
    os::Handle log_timer_;
};

}  // namespace slipway::link
