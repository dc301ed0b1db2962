#include <array>
#include <optional>

#include "platform/json/writer.h"
#include "tests/bench/load/agent.h"
#include "tests/bench/load/commands.h"
#include "tests/bench/load/durations.h"
#include "tests/bench/load/roster.h"
#include "tests/bench/load/user.h"

namespace slipway::bench {
namespace {

constexpr std::size_t handshakes_at_once = 128;
constexpr Duration look_again = 5ms;

std::string job_text(const Options& options) {
    return R"({"name":"Nothing","pool":")" + options.text("pool", "default") +
           R"(","tasks":[{"name":"Nothing","task":"shell@1","inputs":{"script":":"}}]})";
}

/// Jobs in at one side, one POST each; simulated agents end each of them at once. Counted is a job when its outcome is
/// durable and acknowledged.
class Queue final : public Agent::Owner {
public:
    struct Setting {
        std::size_t connections = 64;
        std::int64_t unfinished_max = 4096;
        Duration warm_up{};
        Duration measured{};
    };
    Queue(World& world, std::vector<Identity> identities, Setting setting)
        : world_(world), identities_(std::move(identities)), setting_(setting) {}

    Result<> run(const Options& options);
    std::string result();

    void take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) override;
    void answered(Agent& agent) override;

private:
    void begin();
    void post(std::size_t line);
    void post_waiting();

    World& world_;
    std::vector<Identity> identities_;
    const Setting setting_;
    std::string job_;
    std::optional<User> user_;
    std::vector<std::unique_ptr<Agent>> agents_;
    std::map<const Agent*, std::int64_t> reported_;  ///< on their way; a poll's answer comes after their report's
    std::vector<std::size_t> waiting_lines_;
    os::Handle timer_;
    Steady began_;
    Steady ended_;
    bool counting_ = false;
    bool over_ = false;
    std::int64_t unfinished_ = 0;
    std::int64_t finished_ = 0;
    std::int64_t posted_ = 0;
    Durations accepted_;
};

Result<> Queue::run(const Options& options) {
    TRY_ASSIGN(const auto user_port, options.port("user-port"));
    TRY_ASSIGN(const auto agent_port, options.port("agent-port"));
    TRY_ASSIGN(const auto token, options.text("token"));
    TRY_ASSIGN(const auto slots, options.number("slots", 8));
    job_ = job_text(options);
    user_.emplace(world_, user_port, token, setting_.connections);
    for (std::size_t number = 0; number < identities_.size(); ++number)
        agents_.push_back(std::make_unique<Agent>(world_, identities_[number], *this,
                                                  Agent::Setting{agent_port, number, static_cast<int>(slots)}));
    Crowd all(
        agents_.size(), handshakes_at_once,
        [this](std::size_t number, Crowd::Through through) { agents_[number]->start(std::move(through)); },
        [this] { begin(); });
    user_->open([&] { all.start(); });
    return world_.run();
}

void Queue::begin() {
    for (std::size_t line = 0; line < user_->size(); ++line) post(line);
    timer_ = world_.loop->after(setting_.warm_up, [this] {
        counting_ = true;
        began_ = world_.now();
        timer_ = world_.loop->after(setting_.measured, [this] {
            counting_ = false;
            ended_ = world_.now();
            over_ = true;
            if (unfinished_ == 0) world_.loop->stop();
        });
    });
}

void Queue::post(std::size_t line) {
    if (over_) return;
    if (unfinished_ >= setting_.unfinished_max) return waiting_lines_.push_back(line);
    ++unfinished_;
    user_->post_job(line, job_, [this, line, asked = world_.now()](const Answer&) {
        if (counting_) {
            ++posted_;
            accepted_.add(world_.now() - asked);
        }
        post(line);
    });
}

void Queue::post_waiting() {
    for (const std::size_t line : std::exchange(waiting_lines_, {})) post(line);
}

void Queue::take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) {
    reported_[&agent] += static_cast<std::int64_t>(orders.size());
    agent.end(orders);
}

void Queue::answered(Agent& agent) {
    const std::int64_t count = std::exchange(reported_[&agent], 0);
    unfinished_ -= count;
    if (counting_) finished_ += count;
    if (over_ && unfinished_ == 0) return world_.loop->stop();
    if (!waiting_lines_.empty()) post_waiting();
}

std::string Queue::result() {
    const Duration took = ended_ - began_;
    json::Writer out;
    out.begin_object();
    out.field("finished", finished_);
    out.field("posted", posted_);
    out.field("took_us", took.count());
    out.field("jobs_per_s", finished_ * 1'000'000 / took.count());
    out.field("posts_per_s", posted_ * 1'000'000 / took.count());
    accepted_.write(out, "accepted");
    out.end_object();
    return std::move(out).take();
}

/// So many jobs of one kind, one POST each; then waits until the store holds none that has not ended.
class Batch {
public:
    Batch(World& world, User& user, std::string job, std::size_t count)
        : world_(world), user_(user), job_(std::move(job)), count_(count) {}

    Result<> run();
    std::string result();

private:
    void post(std::size_t line);
    void look(std::size_t state);

    World& world_;
    User& user_;
    const std::string job_;
    const std::size_t count_;
    std::size_t asked_ = 0;
    Durations accepted_;
    Steady began_;
    Steady all_accepted_;
    Steady all_ended_;
    os::Handle timer_;
};

Result<> Batch::run() {
    user_.open([this] {
        began_ = world_.now();
        for (std::size_t line = 0; line < user_.size(); ++line) post(line);
    });
    return world_.run();
}

void Batch::post(std::size_t line) {
    if (asked_ == count_) return;
    ++asked_;
    user_.post_job(line, job_, [this, line, asked = world_.now()](const Answer&) {
        accepted_.add(world_.now() - asked);
        if (accepted_.count() < count_) return post(line);
        all_accepted_ = world_.now();
        look(0);
    });
}

void Batch::look(std::size_t state) {
    static constexpr std::array<std::string_view, 4> unfinished = {"queued", "leased", "running", "unknown"};
    if (state == unfinished.size()) return world_.loop->stop();
    const std::string path = "/api/v1/jobs?limit=1&state=" + std::string(unfinished[state]);
    user_.ask(0, {.method = "GET", .path = path}, [this, state](const Answer& answer) {
        all_ended_ = world_.now();
        if (answer.body.find(R"("items":[])") != std::string::npos) return look(state + 1);
        timer_ = world_.loop->after(look_again, [this] { look(0); });
    });
}

std::string Batch::result() {
    const Duration took = all_ended_ - began_;
    json::Writer out;
    out.begin_object();
    out.field("jobs", count_);
    out.field("took_us", took.count());
    out.field("jobs_per_s", static_cast<std::int64_t>(count_) * 1'000'000 / took.count());
    out.field("all_accepted_us", (all_accepted_ - began_).count());
    accepted_.write(out, "accepted");
    out.end_object();
    return std::move(out).take();
}

}  // namespace

Result<std::string> queue(const Options& options) {
    TRY(options.only({"ca", "user-port", "agent-port", "token", "agents", "first", "count", "slots", "pool",
                      "connections", "unfinished", "warm-up-ms", "measured-ms"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto file, options.text("agents"));
    TRY_ASSIGN(const auto first, options.number("first", 0));
    TRY_ASSIGN(const auto count, options.number("count", 64));
    TRY_ASSIGN(const auto connections, options.number("connections", 64));
    TRY_ASSIGN(const auto unfinished, options.number("unfinished", 4096));
    TRY_ASSIGN(const auto warm_up_ms, options.number("warm-up-ms", 1000));
    TRY_ASSIGN(const auto measured_ms, options.number("measured-ms", 5000));
    TRY_ASSIGN(auto identities, read_roster(file, static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    Queue queue(*world, std::move(identities),
                {.connections = static_cast<std::size_t>(connections),
                 .unfinished_max = unfinished,
                 .warm_up = std::chrono::milliseconds{warm_up_ms},
                 .measured = std::chrono::milliseconds{measured_ms}});
    TRY(queue.run(options));
    return queue.result();
}

Result<std::string> post(const Options& options) {
    TRY(options.only({"ca", "user-port", "token", "count", "connections", "job"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto user_port, options.port("user-port"));
    TRY_ASSIGN(const auto token, options.text("token"));
    TRY_ASSIGN(auto job, options.text("job"));
    TRY_ASSIGN(const auto count, options.number("count", 1));
    TRY_ASSIGN(const auto connections, options.number("connections", 64));
    User user(*world, user_port, token, static_cast<std::size_t>(connections));
    Batch batch(*world, user, std::move(job), static_cast<std::size_t>(count));
    TRY(batch.run());
    return batch.result();
}

}  // namespace slipway::bench
