#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/api/orders.h"
#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/core/report.h"
#include "coordinator/desk/desk.h"
#include "coordinator/desk/jobs.h"
#include "coordinator/desk/polls.h"
#include "coordinator/store/memory_store.h"
#include "tests/sim/judge.h"
#include "tests/sim/network.h"

namespace slipway::sim {

/// The real desk on a store in memory. A kill forgets what is not committed and all that is volatile. Logs are texts in
/// memory, durable at once.
class Coordinator final : public Server, private desk::LogProbe {
public:
    Coordinator(Scene& scene, Network& network);

    Judge& judge() { return judge_; }
    bool alive() const override { return desk_ != nullptr; }
    void start();
    void kill();

    /// Before all else: an agent that has enrolled.
    core::Agent enroll(const std::string& name);

    void take(const Message& message, std::function<void(Reply)> reply) override;
    void line_closed(int host, const std::string& body) override;

    /// What a person asks for; `done` is called when the answer reaches that person.
    void create_job(const desk::NewJob& asked);
    void cancel_job(const std::string& job);
    void retry_job(const std::string& job);
    void resolve_job(const std::string& job, JobState as);

    std::optional<Steady> next() const { return desk_ ? desk_->next_deadline() : std::nullopt; }
    void tick();

private:
    enum class Crash { none, before_commit, after_commit };
    struct Log {
        std::string bytes;
        std::int64_t events = 0;
    };
    using Run = std::function<void(desk::Turn&)>;

    void turn(const Run& run, const std::function<void(const Error&)>& failed = {});
    template <typename Value>
    void ask(std::function<Result<Value>(desk::Turn&)> work, std::function<void(Result<Value>)> reply);
    void command(std::function<Result<core::Job>(desk::Turn&)> work, std::function<void(const core::Job&)> done);
    std::function<void(Reply)> while_alive(std::function<void(Reply)> reply);
    void poll(const Message& message, std::function<void(Reply)> reply);
    void report(const Message& message, std::function<void(Reply)> reply);
    wire::ReportedAttempt with_current_fence(wire::ReportedAttempt reported);
    void settle(const std::string& attempt, const desk::JudgedLog& judged);
    void request(std::int64_t attempt_row, const std::string& attempt) override;

    Scene& scene_;
    Network& network_;
    std::unique_ptr<store::Store> store_ = store::make_memory_store();
    Judge judge_{scene_, *store_};
    api::Orders orders_;
    desk::JobWatchers watchers_;
    std::unique_ptr<desk::Desk> desk_;
    std::map<std::string, Log> logs_;
    std::vector<std::int64_t> agents_;  ///< rows, by host
    int life_ = 0;
    bool mute_ = false;  ///< it will be dead before a word leaves
};

}  // namespace slipway::sim
