#pragma once

#include <algorithm>
#include <map>
#include <set>

#include "agent/journal/journal.h"
#include "agent/link/link.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/certificate_request.h"
#include "platform/crypto/sha256.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/handover.h"
#include "platform/run/holder.h"
#include "platform/run/names.h"
#include "platform/wire/enroll.h"
#include "platform/wire/envelope.h"
#include "platform/wire/event.h"
#include "platform/wire/poll.h"
#include "platform/wire/problem.h"
#include "platform/wire/report.h"
#include "tests/unit/agent/link/fake_client.h"

namespace slipway::link::tests {

struct QuietSink final : LogSink {
    void write(std::string_view) override {}
};

/// One process of the host, with the manners of a waiting attempt process.
struct FakeProcess {
    os::ProcessIdentity identity;
    std::string directory;
    std::string group;
    run::HandoverReader input;
    std::function<void()> ended;
    std::string attempt;  ///< once it has claimed one
    bool alive = true;
    bool went = false;
};

/// What goes on when a link dies: the processes of a host and their groups.
class FakeProcesses final : public AttemptProcesses {
public:
    FakeProcesses(os::ManualLoop& loop, os::MemoryFiles& files) : loop_(loop), files_(files) {}

    Result<std::unique_ptr<AttemptProcess>> start(const std::string& directory, const std::string& group,
                                                  std::function<void()> ended) override {
        if (none_starts) return fail(Code::unavailable, "no more processes");
        auto process = std::make_shared<FakeProcess>();
        process->identity = {boot, ++last_, 1};
        process->directory = directory;
        process->group = group;
        process->ended = std::move(ended);
        all.push_back(process);
        if (none_has_room) {
            end(*process);
            return std::make_unique<Input>(*this, process);
        }
        const auto made = attempts()->make_directory(directory, 0700).value();
        for (const auto name : {run::log_name, run::marks_name, run::events_name})
            REQUIRE(made->open(name, {.access = os::Access::write, .create = os::Create::exclusive}));
        REQUIRE(os::replace_whole(*made, run::holder_name, run::encode(run::Holder{group, process->identity})));
        return std::make_unique<Input>(*this, process);
    }

    Result<std::unique_ptr<AttemptProcess>> attach(const os::ProcessIdentity& identity,
                                                   std::function<void()> ended) override {
        for (const auto& process : all)
            if (process->alive && process->identity == identity) {
                process->ended = std::move(ended);
                return std::make_unique<Input>(*this, nullptr);
            }
        return fail(Code::not_found, "it has ended");
    }

    Result<bool> alive(const os::ProcessIdentity& identity) override {
        return std::ranges::any_of(all, [&](const auto& p) { return p->alive && p->identity == identity; });
    }

    void kill_groups(const std::string& group, std::function<void()> empty) override {
        killed.insert(group);
        for (const auto& process : all)
            if (process->group == group) end(*process);
        loop_.post(std::move(empty));
    }
    void remove_groups(const std::string& group) override { removed.insert(group); }
    std::string new_group() override { return "group" + std::to_string(++groups_); }

    void end(FakeProcess& process) {
        if (!std::exchange(process.alive, false)) return;
        loop_.post([ended = process.ended] {
            if (ended) ended();
        });
    }
    std::unique_ptr<os::Directory> attempts() { return files_.make_directories("/state/attempts", 0700).value(); }
    FakeProcess& of(const std::string& attempt) {
        for (auto it = all.rbegin(); it != all.rend(); ++it)
            if ((*it)->attempt == attempt) return **it;
        FAIL("no process has claimed " << attempt);
        std::abort();
    }
    /// Writes what an attempt process writes before it starts a task.
    void begin_task(const std::string& attempt) {
        const auto directory = attempts()->open_directory(attempt).value();
        const auto file = directory->open(run::events_name, {.access = os::Access::write}).value();
        REQUIRE(file->append(wire::encode(wire::Event{1, {}, 0, wire::TaskStarted{0, "task", 0}}) + "\n"));
    }
    void write_outcome(const std::string& attempt, Ending ending) {
        wire::Outcome outcome;
        outcome.result = ending;
        if (ending != Ending::succeeded) outcome.reason = Reason::exit_code;
        outcome.log_sha256 = crypto::sha256("");
        REQUIRE(run::create_outcome(*attempts()->open_directory(attempt).value(), outcome));
    }

    std::string boot = "boot-1";
    bool none_starts = false;
    bool none_has_room = false;  ///< for its directory: it starts and ends
    std::vector<std::shared_ptr<FakeProcess>> all;
    std::set<std::string> killed;
    std::set<std::string> removed;
    std::function<void()> at_go;

private:
    struct Input final : AttemptProcess {
        Input(FakeProcesses& o, std::shared_ptr<FakeProcess> p) : owner(o), process(std::move(p)) {}
        ~Input() override { end_input(); }
        void write(std::string_view bytes) override {
            if (!process || !process->alive) return;
            REQUIRE(process->input.feed(bytes));
            if (const auto document = process->input.take_order()) owner.claim(*process, *document);
            if (process->input.go() && !std::exchange(process->went, true) && owner.at_go) owner.at_go();
        }
        void end_input() override {
            if (process && !process->went) owner.end(*process);
        }
        FakeProcesses& owner;
        std::shared_ptr<FakeProcess> process;
    };

    void claim(FakeProcess& process, const std::string& document) {
        const auto order = wire::open_order(document).value();
        const auto folder = attempts();
        REQUIRE(os::replace_whole(*folder->open_directory(process.directory).value(), run::order_name, document));
        REQUIRE(folder->rename(process.directory, *folder, order.attempt, os::Replace::no));
        process.attempt = order.attempt;
    }

    os::ManualLoop& loop_;
    os::MemoryFiles& files_;
    std::int64_t last_ = 100;
    int groups_ = 0;
};

constexpr std::uint64_t reserve_bytes = 4096;

/// A host with an enrolled agent; the test is its coordinator.
struct Host {
    Host() {
        state = files.make_directories("/state", 0700).value();
        REQUIRE(files.open_directory("/").value()->sync());
        REQUIRE(Identity::create(*state, {agent, "web-01", "default", "https://localhost:8441", credentials()}));
    }

    /// A new key with a certificate of now.
    Credentials credentials() {
        const auto key = crypto::PrivateKey::generate().value();
        const auto certificate = authority.issue_agent({key.public_key(), agent, clock.wall()}, random).value();
        return {certificate.pem(), std::string(key.pem()->view()), authority.certificate().pem(),
                certificate.not_before(), certificate.not_after()};
    }

    void start() {
        state = files.make_directories("/state", 0700).value();
        identity = Identity::open(*state).value();
        journal = journal::Journal::open(*state).value();
        reserve.emplace(*state, reserve_bytes);
        LinkOptions options;
        options.slots = slots;
        options.boot_id = processes.boot;
        options.owner = os::MemoryFiles::user;
        options.instance = to_hex(random.bytes(16));
        options.capabilities_sha256 = crypto::sha256("");
        link = std::make_unique<Link>(
            LinkParts{loop, clock, random, logger, watches, *state, *journal, processes, *identity, *reserve,
                      [this](std::string name) { REQUIRE(processes.attempts()->remove_tree(name)); },
                      [this](const Credentials&) -> Result<std::unique_ptr<net::HttpClient>> {
                          return std::make_unique<FakeClient>(sent);
                      }},
            std::move(options));
        const auto started = link->start();
        if (!started) FAIL(started.error().message);
        loop.run_ready();
    }
    /// As by kill -9: standard inputs end with it.
    void kill() {
        link.reset();
        for (const auto& process : processes.all) process->ended = nullptr;
        journal.reset();
        identity.reset();
        sent.clear();
        files.process_crash();
        loop.run_ready();
    }
    void restart_machine() {
        kill();
        for (const auto& process : processes.all) process->alive = false;
        processes.boot = "boot-2";
    }

    /// The open request to this path, if there is one.
    std::shared_ptr<Sent> find(const std::string& path) {
        loop.run_ready();
        for (const auto& request : sent)
            if (request->live && request->request.url.find(path) != std::string::npos) return request;
        return nullptr;
    }
    std::shared_ptr<Sent> need(const std::string& path) {
        auto request = find(path);
        for (int i = 0; !request && i < 40; ++i) {
            loop.run_for(1s);
            request = find(path);
        }
        if (!request) FAIL("nothing was sent to " << path);
        return request;
    }
    wire::PollRequest polled() { return wire::decode_poll_request(need("/poll")->request.body).value(); }
    void answer(const wire::PollAnswer& answer) {
        need("/poll")->answer(200, wire::encode(answer));
        loop.run_ready();
    }
    wire::ReportRequest reported() { return wire::decode_report_request(need("/report")->request.body, 1).value(); }
    /// Stores all that the agent has to say and gives the outcome of this attempt once it is told.
    wire::Outcome outcome_of(const std::string& attempt) {
        for (int i = 0; i < 10; ++i) {
            const auto request = need("/report");
            const auto message = wire::decode_report_request(request->request.body, 1).value();
            wire::ReportAnswer answer;
            std::optional<wire::Outcome> outcome;
            for (const wire::ReportedAttempt& said : message.attempts) {
                if (said.id == attempt) outcome = said.outcome;
                wire::JudgedAttempt judged;
                judged.id = said.id;
                judged.event_seq = said.events.empty() ? 0 : said.events.back().seq;
                judged.outcome_stored = said.outcome.has_value();
                if (said.log) log_held[said.id] = said.log->offset + static_cast<std::int64_t>(said.log->bytes.size());
                judged.log_offset = log_held[said.id];
                answer.attempts.push_back(std::move(judged));
            }
            request->answer(200, wire::encode(answer));
            loop.run_ready();
            if (outcome) return *outcome;
        }
        FAIL("no outcome was told");
        std::abort();
    }

    wire::PolledOrder order(std::int64_t fence, std::vector<wire::OrderArtifact> artifacts = {}) {
        wire::Order made;
        made.attempt = make_uuid7(clock.wall(), random);
        made.job = make_uuid7(clock.wall(), random);
        made.fence = fence;
        made.agent = identity->agent();
        made.created = clock.wall();
        made.name = "job";
        wire::OrderTask task;
        task.name = "task";
        task.task = "shell@1";
        task.inputs = {{"script", "true"}};
        made.tasks.push_back(std::move(task));
        made.artifacts = std::move(artifacts);
        return {made.attempt, fence, wire::seal_order(made)};
    }
    /// An order that was taken and whose first task began.
    wire::PolledOrder begun(std::int64_t fence) {
        auto made = order(fence);
        answer(with({made}));
        processes.begin_task(made.attempt);
        return made;
    }
    /// Its attempt process tells how it ended, and ends.
    void end(const wire::PolledOrder& order, Ending ending) {
        processes.write_outcome(order.attempt, ending);
        processes.end(processes.of(order.attempt));
    }
    static wire::PollAnswer with(std::vector<wire::PolledOrder> orders) {
        wire::PollAnswer answer;
        answer.hold_s = 20;
        answer.orders = std::move(orders);
        return answer;
    }
    static wire::PollAnswer cancel(const wire::PolledOrder& order) {
        wire::PollAnswer answer = with({});
        answer.cancels.push_back({order.attempt, order.fence, 10});
        return answer;
    }
    std::optional<HeldState> listed(const std::string& attempt) {
        for (const auto& held : polled().attempts)
            if (held.id == attempt) return held.state;
        return std::nullopt;
    }

    os::ManualClock clock;
    os::ManualLoop loop{clock};
    os::MemoryFiles files{clock};
    os::MemoryFileWatches watches{loop};
    os::SystemRandom random;
    crypto::CertificateAuthority authority = crypto::CertificateAuthority::create("test", clock.wall(), random).value();
    const std::string agent = make_uuid7(clock.wall(), random);
    QuietSink sink;
    Logger logger{sink, clock, LogLevel::error, LogFormat::text};
    std::deque<std::shared_ptr<Sent>> sent;
    FakeProcesses processes{loop, files};
    std::map<std::string, std::int64_t> log_held;  ///< by the coordinator
    int slots = 1;
    std::unique_ptr<os::Directory> state;
    std::optional<os::Reserve> reserve;
    std::unique_ptr<Identity> identity;
    std::unique_ptr<journal::Journal> journal;
    std::unique_ptr<Link> link;
};

}  // namespace slipway::link::tests
