#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/api/orders.h"
#include "coordinator/api/translation.h"
#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/desk/agents.h"
#include "coordinator/desk/desk.h"
#include "coordinator/desk/jobs.h"
#include "coordinator/desk/polls.h"
#include "coordinator/store/memory_store.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/os/memory/memory_files.h"
#include "tests/sim/disk_image.h"
#include "tests/sim/full_store.h"
#include "tests/sim/judge.h"
#include "tests/sim/network.h"

namespace slipway::sim {

/// The real desk on a store in memory, and the real logs on files in memory. A kill forgets what is not committed and
/// all that is volatile; a power cut also what is not synced. What HTTP routes do between the two is done here once
/// more (coordinator_agents.cpp), step by step as they do it.
class Coordinator final : public Server, private desk::LogProbe {
public:
    Coordinator(Scene& scene, Network& network, const crypto::CertificateAuthority& authority);

    Judge& judge() { return judge_; }
    bool alive() const override { return desk_ != nullptr; }
    Time wall() const override { return clock_.wall(); }
    os::ManualClock& clock() { return clock_; }

    // What goes wrong with it
    void kill(int power_cut_of_thousand = 200);
    void pause(Duration duration);
    void fill_disk(Duration duration);
    void back_up();
    void restore();  ///< from the backup, if there is one

    // What agents say
    void take(const Message& message, std::function<void(Reply)> reply) override;
    void line_closed(const Message& message) override;

    // What a person asks for; the judge is told when the answer reaches that person
    core::Agent enroll(const std::string& name, const std::string& serial);
    void push_artifact(const std::string& name, std::string bytes);
    void create_job(const desk::NewJob& asked);
    void cancel_job(const std::string& job);
    void retry_job(const std::string& job);
    void release_job(const std::string& job);
    void resolve_job(const std::string& job, JobState as);
    void enable_agent(const std::string& name, desk::Enabled enabled);
    void delete_agent(const core::Agent& agent);
    void keep_instance(const std::string& name, const std::string& instance);

    std::vector<core::Job> jobs();
    std::vector<core::Agent> agents();
    Waiting why_waiting(const core::Job& job) { return desk_->queue().waiting(job.row); }
    const std::set<int>& locked_out() const { return locked_out_; }
    /// `lost_hosts`: those that are switched off or locked out. `served`: an agent is left that could take jobs.
    enum class Served { no, yes };
    void look_at_end(const std::set<int>& lost_hosts, Served served);

    std::optional<Steady> next() const;
    void tick();

private:
    enum class Crash { none, before_commit, after_commit };
    struct Backup {
        std::unique_ptr<store::Store> store;
        DiskImage logs;
        Judge::Told told;
    };
    struct Authority;
    using Run = std::function<void(desk::Turn&)>;
    using Answer = std::function<void(Reply)>;

    void start();
    void look();
    bool is_paused() const { return scene_.now() < paused_until_; }
    void turn(const Run& run, const std::function<void(const Error&)>& failed = {});
    template <typename Value>
    void ask(std::function<Result<Value>(desk::Turn&)> work, std::function<void(Result<Value>)> reply);
    template <typename Value>
    void command(std::function<Result<Value>(desk::Turn&)> work, std::function<void(const Value&)> done);
    Answer while_alive(Answer reply);

    Result<core::Agent> principal(const Message& message);
    void poll(const Message& message, const core::Agent& agent, const Answer& reply);
    void report(const Message& message, const core::Agent& agent, const Answer& reply);
    void append_log(const Message& message, const core::Agent& agent, const Answer& reply);
    void fetch_blob(const Message& message, const core::Agent& agent, const Answer& reply);
    void renew(const Message& message, const core::Agent& agent, const Answer& reply);
    core::Poll spoiled(wire::PollRequest message, const Message& from, const core::Agent& agent);
    wire::PollAnswer spoiled(wire::PollAnswer answer, const wire::PollRequest& poll);
    wire::ReportedAttempt with_current_fence(wire::ReportedAttempt reported);
    Result<blobs::AttemptLogs::Appended> append(const std::string& attempt, std::int64_t offset,
                                                std::string_view bytes);
    Result<api::StoredBytes> store_bytes(const wire::ReportedAttempt& reported);
    void settle(const std::string& attempt, const desk::JudgedLog& judged);
    void request(std::int64_t attempt_row, const std::string& attempt) override;

    Scene& scene_;
    Network& network_;
    const crypto::CertificateAuthority& authority_;
    os::ManualClock& clock_;
    os::MemoryFiles files_;
    std::unique_ptr<store::Store> store_ = store::make_memory_store();
    std::unique_ptr<FullStore> full_store_;
    Judge judge_;
    api::Orders orders_;
    desk::JobWatchers watchers_;
    std::unique_ptr<desk::Desk> desk_;
    std::unique_ptr<blobs::AttemptLogs> logs_;
    std::map<std::string, std::string> blobs_;
    std::map<std::string, std::string> first_boots_;  ///< of agents, for a mutation
    std::optional<Backup> backup_;
    std::set<std::string> serials_since_backup_;
    std::set<std::string> serials_lost_;  ///< of renewals that a restore has forgotten
    std::set<int> locked_out_;            ///< hosts whose certificate is no longer in force: they have to enrol again
    std::int64_t restores_ = 0;
    Steady paused_until_;
    bool disk_full_ = false;
    int life_ = 0;
    bool mute_ = false;  ///< it will be dead before a word leaves
};

template <typename Value>
void Coordinator::ask(std::function<Result<Value>(desk::Turn&)> work, std::function<void(Result<Value>)> reply) {
    turn(
        [&](desk::Turn& turn) {
            auto result = std::make_shared<Result<Value>>(work(turn));
            if (scene_.mutation == Mutation::acknowledged_before_commit) return reply(std::move(*result));
            turn.after_commit([this, reply, result](const Result<>& committed) {
                if (mute_) return;
                reply(committed ? std::move(*result) : Result<Value>(fail(committed.error())));
            });
        },
        [&](const Error& error) {
            if (!mute_) reply(fail(error));
        });
}

// The answer is lost on its way now and then: then the person knows nothing.
template <typename Value>
void Coordinator::command(std::function<Result<Value>(desk::Turn&)> work, std::function<void(const Value&)> done) {
    if (!alive() || is_paused()) return;
    ask<Value>(std::move(work), [&](const Result<Value>& value) {
        if (value && !scene_.fault(50)) done(*value);
    });
}

}  // namespace slipway::sim
