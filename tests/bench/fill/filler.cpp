#include "tests/bench/fill/filler.h"

#include "coordinator/api/job_document.h"
#include "coordinator/api/translation.h"
#include "coordinator/desk/agents.h"
#include "coordinator/desk/polls.h"
#include "coordinator/desk/tokens.h"
#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"
#include "platform/json/parse.h"
#include "platform/wire/envelope.h"

namespace slipway::bench {
namespace {

constexpr std::int64_t round_jobs = 500;
constexpr std::int64_t slots = 64;
constexpr int names = 40;
constexpr std::int64_t failed_one_of = 50;
constexpr std::int64_t canceled_one_of = 97;
constexpr std::size_t edge_one_of = 10;  ///< of the agents and the jobs: those in the pool `edge`

const desk::Actor person{"token:filler", "127.0.0.1"};
const core::Capabilities capabilities{{"arch", "x86_64"}, {"bash", "5.2.15"},  {"curl", "7.88.1"},
                                      {"os", "linux"},    {"nginx", "1.22.1"}, {"slipway-agent", "0.1.0"}};
const std::string capabilities_sha256 = crypto::sha256("the capabilities of every filled agent");

std::string numbered(const std::string& word, std::size_t number, std::size_t digits) {
    const std::string text = std::to_string(number);
    return word + std::string(digits - std::min(digits, text.size()), '0') + text;
}

/// Which end a job finds is a matter of its fence alone.
Ending ending_of(std::int64_t fence) {
    if (fence % canceled_one_of == 0) return Ending::canceled;
    return fence % failed_one_of == 0 ? Ending::failed : Ending::succeeded;
}

Result<> make_pool(desk::Turn& turn, const std::string& name) {
    TRY_ASSIGN(const auto known, turn.tx().pool_named(name));
    if (known) return {};
    TRY(desk::create_pool(turn, person, name));
    return {};
}

}  // namespace

Filler::Filler(store::Store& store, Time begin, Time end)
    : clock_(begin), desk_({store, clock_, random_, orders_, logs_, watchers_}), end_(end) {
    for (std::size_t i = 0; i < names; ++i) {
        const std::string text =
            R"({"name":")" + numbered("Publish ", i, 2) + R"(","pool":")" +
            (i % edge_one_of == 0 ? "edge" : "default") +
            R"(","variables":{"port":"8088"},"tasks":[{"name":"Switch","task":"shell@1","inputs":)"
            R"({"script":"ln -sfn releases/$(version) current.new && mv -T current.new current\n"}}]})";
        const auto value = json::parse(text);
        ASSERT(value);
        auto document = api::read_job_document(*value);
        ASSERT(document);
        documents_.push_back(std::move(document->job));
    }
}

Result<> Filler::turn(const std::vector<std::function<Result<>(desk::Turn&)>>& works) {
    Result<> done;
    std::vector<desk::Desk::Work> given;
    for (const auto& work : works)
        given.push_back({[&done, &work](desk::Turn& turn) {
                             if (auto worked = work(turn); !worked) {
                                 turn.abandon(worked.error());
                                 done = std::move(worked);
                             }
                             turn.after_commit([&done](const Result<>& committed) {
                                 if (!committed) done = committed;
                             });
                         },
                         [&done](const Error& error) { done = fail(error); }});
    desk_.run(given);
    return done;
}

Result<> Filler::enroll(std::size_t agents) {
    TRY(desk_.load());
    TRY(turn({[](desk::Turn& turn) { return make_pool(turn, "default"); },
              [](desk::Turn& turn) { return make_pool(turn, "edge"); }}));
    for (std::size_t i = 0; i < agents; ++i) TRY(enroll_one(i, i % edge_one_of == 0 ? "edge" : "default"));
    return {};
}

Result<> Filler::enroll_one(std::size_t number, const std::string& pool) {
    const std::string name = numbered("filled-", number, 4);
    const std::string token = make_uuid7(clock_.wall(), random_);
    return turn({[&](desk::Turn& turn) -> Result<> {
        const std::string secret = crypto::sha256(name);
        TRY(desk::create_join_token(turn, person, {token, secret, pool, "", turn.now() + 1h}));
        TRY_ASSIGN(const auto enrolled,
                   desk::enroll(turn, {token, secret, crypto::sha256(token), name, "127.0.0.1"},
                                [&](const std::string& id) -> Result<desk::IssuedCertificate> {
                                    return desk::IssuedCertificate{"the certificate of " + id, crypto::sha256(id)};
                                }));
        hosts_.push_back({enrolled.agent.row, name, 0, {}});
        return {};
    }});
}

void Filler::poll(desk::Turn& turn, Host& host, const std::vector<core::Poll::Held>& held) {
    core::Poll poll;
    poll.instance = "00000000000000000000000000000001";
    poll.start_epoch = 1;
    poll.boot_id = "the-only-boot";
    poll.seq = ++host.seq;
    poll.slots = slots;
    poll.version = "0.1.0";
    poll.capabilities = capabilities;
    poll.capabilities_sha256 = capabilities_sha256;
    poll.attempts = held;
    for (const auto& one : held) poll.highest_fence = std::max(poll.highest_fence, one.fence);
    poll.address = "127.0.0.1";
    desk::poll(turn, host.row, poll, [&host](const Result<desk::PollAnswer>& answer) {
        if (answer) host.orders.insert(host.orders.end(), answer->orders.begin(), answer->orders.end());
    });
}

/// Every agent says what it holds: the orders that it was just given.
Result<> Filler::poll_all() {
    std::vector<std::function<Result<>(desk::Turn&)>> works;
    for (Host& host : hosts_)
        works.emplace_back([this, &host](desk::Turn& turn) -> Result<> {
            std::vector<core::Poll::Held> held;
            for (const auto& order : host.orders) {
                TRY_ASSIGN(const wire::Order read, wire::open_order(order.document));
                held.push_back({order.attempt, read.job, order.fence, HeldState::received});
            }
            poll(turn, host, held);
            return {};
        });
    return turn(works);
}

desk::NewJob Filler::job_of(std::int64_t number) const {
    return documents_[static_cast<std::size_t>(number) % documents_.size()];
}

Result<> Filler::create(std::int64_t jobs) {
    std::vector<std::function<Result<>(desk::Turn&)>> works;
    for (std::int64_t i = 0; i < jobs; ++i)
        works.emplace_back([this](desk::Turn& turn) -> Result<> {
            TRY(desk::create_job(turn, person, job_of(made_)));
            ++made_;
            return {};
        });
    return turn(works);
}

Result<> Filler::cancel_some() {
    std::vector<std::function<Result<>(desk::Turn&)>> works;
    for (const Host& host : hosts_)
        for (const auto& order : host.orders)
            if (ending_of(order.fence) == Ending::canceled)
                works.emplace_back([&order](desk::Turn& turn) -> Result<> {
                    TRY_ASSIGN(const wire::Order read, wire::open_order(order.document));
                    TRY(desk::cancel_job(turn, person, read.job));
                    return {};
                });
    return works.empty() ? Result<>{} : turn(works);
}

wire::ReportedAttempt Filler::life_of(const desk::PollAnswer::Order& order) {
    const Ending ending = ending_of(order.fence);
    const bool well = ending == Ending::succeeded;
    wire::ReportedAttempt reported;
    reported.id = order.attempt;
    reported.fence = order.fence;
    const Time now = clock_.wall();
    reported.events.push_back({1, now - 20ms, 1, wire::TaskStarted{0, "Switch", 0}});
    wire::TaskFinished finished;
    wire::Outcome outcome;
    outcome.result = ending;
    if (well) {
        finished.exit_code = 0;
    } else if (ending == Ending::failed) {
        finished.state = TaskState::failed;
        finished.reason = outcome.reason = Reason::exit_code;
        finished.exit_code = 1;
        outcome.summary = "task 'Switch' ended with exit code 1";
    } else {
        finished.state = TaskState::canceled;
        finished.reason = outcome.reason = Reason::canceled_by_user;
    }
    reported.events.push_back({2, now, 21, finished});
    outcome.exit_codes = {finished.exit_code};
    outcome.log_length = 0;
    outcome.log_sha256 = crypto::sha256("");
    outcome.started = now - 20ms;
    outcome.ended = now;
    outcome.duration_ms = 21;
    reported.outcome = outcome;
    return reported;
}

/// What was given ends, each agent in one report; the outcome's acknowledgement lets the agent forget it.
Result<> Filler::run_all() {
    TRY(cancel_some());
    std::vector<std::function<Result<>(desk::Turn&)>> works;
    for (Host& host : hosts_)
        works.emplace_back([this, &host](desk::Turn& turn) -> Result<> {
            std::vector<desk::Reported> items;
            for (const auto& order : host.orders)
                items.push_back(api::to_core(life_of(order), {{0, crypto::sha256("")}, 2}));
            host.orders.clear();
            TRY(desk::report(turn, host.row, items));
            return {};
        });
    return turn(works);
}

Result<> Filler::fill(std::int64_t jobs, const std::function<void(std::int64_t)>& told) {
    const Duration step = (end_ - clock_.wall()) / (jobs / round_jobs + 1);
    while (made_ < jobs) {
        TRY(poll_all());
        clock_.advance(step / 2);
        TRY(create(std::min(round_jobs, jobs - made_)));
        // An answer has room for so many orders; what is left comes with the next.
        while (desk_.queue().size() > 0) TRY(poll_all());
        TRY(poll_all());
        clock_.advance(step / 2);
        TRY(run_all());
        told(made_);
    }
    return poll_all();
}

}  // namespace slipway::bench
