#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/api/orders.h"
#include "coordinator/desk/desk.h"
#include "coordinator/desk/jobs.h"
#include "platform/os/clock.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/wire/report.h"

namespace slipway::bench {

/// Lives the life of many jobs on a store, through the same work functions as the coordinator: what it leaves are the
/// rows that the coordinator would have left. The files beside the database (logs, events) are not made.
class Filler {
public:
    /// `begin`: when the first job is made; time goes on by itself from there to `end`.
    Filler(store::Store& store, Time begin, Time end);

    /// Makes the agents, enrolled and in contact.
    Result<> enroll(std::size_t agents);
    /// Until so many jobs have ended. `told` hears of the progress.
    Result<> fill(std::int64_t jobs, const std::function<void(std::int64_t)>& told);

private:
    struct Host {
        std::int64_t row = 0;
        std::string name;
        std::int64_t seq = 0;
        std::vector<desk::PollAnswer::Order> orders;
    };
    struct NoLogs final : desk::LogProbe {
        void request(std::int64_t, const std::string&) override {}
    };

    Result<> turn(const std::vector<std::function<Result<>(desk::Turn&)>>& works);
    Result<> enroll_one(std::size_t number, const std::string& pool);
    void poll(desk::Turn& turn, Host& host, const std::vector<core::Poll::Held>& held);
    Result<> poll_all();
    Result<> create(std::int64_t jobs);
    Result<> run_all();
    Result<> cancel_some();
    wire::ReportedAttempt life_of(const desk::PollAnswer::Order& order);
    [[nodiscard]] desk::NewJob job_of(std::int64_t number) const;

    os::ManualClock clock_;
    os::SystemRandom random_;
    api::Orders orders_;
    NoLogs logs_;
    desk::JobWatchers watchers_;
    desk::Desk desk_;
    const Time end_;
    std::vector<Host> hosts_;
    std::vector<desk::NewJob> documents_;  ///< the jobs that are made again and again
    std::int64_t made_ = 0;
};

}  // namespace slipway::bench
