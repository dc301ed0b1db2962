#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/desk/agents.h"
#include "coordinator/desk/desk.h"
#include "coordinator/desk/jobs.h"
#include "coordinator/desk/polls.h"
#include "coordinator/desk/tokens.h"
#include "coordinator/store/memory_store.h"

namespace slipway::desk::test {

class HandClock : public Clock {
public:
    Time wall() override { return Time{1'700'000'000'000'000 + us_ + wall_set_}; }
    Steady steady() override { return Steady{us_}; }
    void pass(Duration duration) { us_ += duration.count(); }
    void set_wall(Duration by) { wall_set_ += by.count(); }

private:
    std::int64_t us_ = 1'000'000;
    std::int64_t wall_set_ = 0;
};

class CountingRandom : public Random {
public:
    void fill(std::span<unsigned char> bytes) override {
        for (auto& byte : bytes) byte = static_cast<unsigned char>(next_++ * 37 >> 3);
    }

private:
    unsigned next_ = 1;
};

class PlainOrders : public OrderWriter {
public:
    std::string write(const core::Job& job, const core::Attempt& attempt, const core::Agent&,
                      const std::vector<core::JobArtifact>&) override {
        return job.name + "/" + std::to_string(attempt.fence);
    }
};

class NoProbe : public LogProbe {
public:
    void request(std::int64_t, const std::string& attempt) override { asked.push_back(attempt); }
    std::vector<std::string> asked;
};

/// A desk on the memory store, and hands that do what agents and people do.
struct Office {
    HandClock clock;
    CountingRandom random;
    PlainOrders orders;
    NoProbe probe;
    JobWatchers watchers;
    bool room = true;  ///< on the disk, for what comes of an attempt
    std::unique_ptr<store::Store> store = store::make_memory_store();
    std::unique_ptr<Desk> desk;

    explicit Office(std::size_t most_jobs = limits::jobs_queued_max) : jobs_queued_max(most_jobs) { restart(); }

    const std::size_t jobs_queued_max;

    /// What a kill -9 and a start leave: the rows.
    void restart() {
        desk = std::make_unique<Desk>(
            Parts{*store, clock, random, orders, probe, watchers, {}, {}, [this] { return room; }, jobs_queued_max});
        REQUIRE(desk->load());
    }

    /// As the coordinator starts from an older copy of its rows, with this job in it.
    void restore(const std::string& held_job) {
        auto tx = store->begin().value();
        REQUIRE(tx->set_counter(store::Counter::restore_epoch, 1));
        const std::int64_t fence = tx->counter(store::Counter::fence).value() + 1'000'000;
        REQUIRE(tx->set_counter(store::Counter::fence, fence));
        REQUIRE(tx->set_counter(store::Counter::restored_fence, fence));
        if (!held_job.empty()) {
            core::Job job = *tx->job_by_id(held_job).value();
            job.held_by_restore = 1;
            REQUIRE(tx->update(job));
        }
        REQUIRE(tx->commit());
        tx.reset();
        restart();
    }

    template <typename Value>
    Result<Value> in_turn(std::function<Result<Value>(Turn&)> work) {
        std::optional<Result<Value>> result;
        Desk::Work works[] = {{[&](Turn& turn) {
                                   auto done = std::make_shared<Result<Value>>(work(turn));
                                   turn.after_commit([&result, done](const Result<>& committed) {
                                       if (committed)
                                           result = std::move(*done);
                                       else
                                           result = fail(committed.error());
                                   });
                               },
                               [&](const Error& error) { result = fail(error); }}};
        desk->run(works);
        REQUIRE(result);
        return *std::move(result);
    }

    const Actor anna{"token:anna", "127.0.0.1"};

    void make_pool(const std::string& name) {
        REQUIRE(in_turn<core::Pool>([&](Turn& turn) { return create_pool(turn, anna, name); }));
    }

    /// An agent that enrolled in the pool.
    core::Agent make_agent(const std::string& name, const std::string& pool = "default") {
        const std::string id = name + "-token";
        REQUIRE(in_turn<core::JoinToken>([&](Turn& turn) {
            return create_join_token(turn, anna, {id, "secret", pool, "", turn.now() + 1h});
        }));
        auto enrolled = in_turn<Enrolled>([&](Turn& turn) {
            return enroll(turn, {id, "secret", "key-" + name, name, "127.0.0.2"}, [&](const std::string&) {
                return IssuedCertificate{"pem", "serial-" + name};
            });
        });
        REQUIRE(enrolled);
        return enrolled->agent;
    }

    core::Job make_job(const std::string& name, std::function<void(NewJob&)> change = {}) {
        NewJob asked;
        asked.name = name;
        asked.pool = "default";
        asked.spec = "{}";
        if (change) change(asked);
        auto job = in_turn<core::Job>([&](Turn& turn) { return create_job(turn, anna, asked); });
        REQUIRE(job);
        return *job;
    }

    core::Job job(const std::string& id) { return *store->read().value()->job_by_id(id).value(); }
    core::Attempt current_attempt(const std::string& job_id) {
        return *store->read().value()->attempt(job(job_id).current_attempt_row).value();
    }

    void pass(Duration duration) {
        for (Duration passed{0}; passed < duration; passed += 1s) {
            clock.pass(1s);
            desk->tick();
        }
    }
};

/// An office with the pool that jobs go to.
struct Shop : Office {
    explicit Shop(std::size_t jobs_max = limits::jobs_queued_max) : Office(jobs_max) { make_pool("default"); }
};

/// What the other side of a poll remembers.
struct Host {
    Office& office;
    core::Agent agent;
    core::Poll next;
    std::optional<Result<PollAnswer>> answer;

    Host(Office& o, const std::string& name) : office(o), agent(o.make_agent(name)) {
        next.instance = "instance-1-of-" + name;
        next.start_epoch = 1;
        next.boot_id = "boot-1";
        next.address = "127.0.0.2";
        next.handshake = o.clock.steady();
        next.capabilities = core::Capabilities{{"os", "linux"}};
        next.capabilities_sha256 = "caps";
        next.restore_epoch = 0;
    }

    /// Sends a poll; the answer is there if there was anything to say.
    bool poll() {
        ++next.seq;
        answer.reset();
        office.in_turn<bool>([&](Turn& turn) -> Result<bool> {
            desk::poll(turn, agent.row, next, [this, seq = next.seq](Result<PollAnswer> given) {
                if (seq == next.seq) answer = std::move(given);  // an older poll's answer is nobody's
            });
            return true;
        });
        return answer.has_value();
    }

    /// Lists the orders of the answer from now on.
    void take_orders(HeldState state = HeldState::received) {
        for (const auto& order : answer->value().orders)
            next.attempts.push_back({order.attempt, "", order.fence, state});
    }
    void hold_all_as(HeldState state) {
        for (auto& held : next.attempts) held.state = state;
    }

    Result<std::vector<ReportAnswer>> report(const std::string& attempt, std::int64_t fence, core::ReportItem item,
                                             Desk::HeldLog log = {}) {
        return office.in_turn<std::vector<ReportAnswer>>([&](Turn& turn) {
            return desk::report(turn, agent.row, {{attempt, fence, std::move(item), std::move(log)}});
        });
    }
    ReportAnswer ends(const core::Poll::Held& held, Ending ending, std::optional<Reason> reason = {}) {
        core::ReportItem item;
        item.outcome = core::Outcome{ending, reason, {}, "", 3, "digest", {}, {}, "{}"};
        auto answers = report(held.attempt, held.fence, item, {3, "digest"});
        REQUIRE(answers);
        return answers->at(0);
    }
};

}  // namespace slipway::desk::test
