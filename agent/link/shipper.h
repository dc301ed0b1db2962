#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "agent/link/held_attempt.h"
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
};

/// Brings logs, events and outcomes home. Everything small of all attempts goes in one report at a time; a log that has
/// more to say goes by itself in large pieces, on connections of its own. The offsets are the coordinator's: whatever
/// it says it holds is where the next piece begins.
class Shipper {
public:
    Shipper(ShipperHost& host, os::Loop& loop, Clock& clock, Random& random, Logger& logger)
        : host_(host), loop_(loop), clock_(clock), logger_(logger), report_backoff_(random), log_backoff_(random) {}

    /// The attempt has something new to say, or wants to know what the coordinator has of it.
    void changed(const std::string& attempt);
    /// Of the attempts that the coordinator did not know, and of those that wait for `forget`: ask again.
    void ask_all();
    /// It is not held any more.
    void forget(const std::string& attempt);

private:
    void schedule();
    void send_report();
    std::optional<wire::ReportedAttempt> what_is_new(HeldAttempt& held, std::size_t& bytes, std::size_t& events);
    void report_ended(Result<net::Response> response);
    void take(const wire::JudgedAttempt& judged);
    void send_logs();
    void send_log(HeldAttempt& held);
    void log_ended(const std::string& attempt, Result<net::Response> response);
    void retry_report(const Result<net::Response>& response);

    ShipperHost& host_;
    os::Loop& loop_;
    Clock& clock_;
    Logger& logger_;
    net::Backoff report_backoff_;
    net::Backoff log_backoff_;
    std::set<std::string> changed_;
    std::set<std::string> reported_;  ///< in the report that is under way
    bool scheduled_ = false;
    std::unique_ptr<net::Exchange> report_;
    std::map<std::string, std::unique_ptr<net::Exchange>> logs_;
    std::set<std::string> bulky_;  ///< whose logs go by themselves
    os::Handle report_timer_;
    os::Handle log_timer_;
};

}  // namespace slipway::link
