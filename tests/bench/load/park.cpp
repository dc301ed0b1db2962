#include <cstdio>
#include <functional>
#include <optional>
#include <sstream>

#include <unistd.h>

#include "platform/json/writer.h"
#include "tests/bench/load/agent.h"
#include "tests/bench/load/commands.h"
#include "tests/bench/load/durations.h"
#include "tests/bench/load/roster.h"
#include "tests/bench/load/user.h"

namespace slipway::bench {
namespace {

constexpr std::size_t handshakes_at_once = 128;
constexpr Duration pause_between = 2ms;

void say(json::Writer out) {
    std::printf("%s\n", std::move(out).take().c_str());
    std::fflush(stdout);
}

/// Many agents with a parked poll each. Lines of standard input ask for measurements, one at a time; its end is the
/// end.
class Park final : public Agent::Owner {
public:
    Park(World& world, std::vector<Identity> identities) : world_(world), identities_(std::move(identities)) {}

    Result<> run(const Options& options);
    json::Writer state() const;

    void take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) override;
    void answered(Agent& agent) override;

private:
    void read_commands();
    void obey(const std::string& line);
    void wake(std::int64_t times);
    void wake_one();
    void order(std::int64_t times);
    void order_one();
    void order_went_well();

    World& world_;
    std::vector<Identity> identities_;
    std::vector<std::unique_ptr<Agent>> agents_;
    std::optional<User> user_;
    std::unique_ptr<os::Watch> input_;
    std::string input_text_;
    os::Handle timer_;
    Steady began_;

    std::int64_t left_ = 0;
    Steady asked_;
    Durations to_agent_;
    Durations accepted_;
    int order_steps_ = 0;
    std::string job_;

    bool watching_ = false;
    std::size_t heard_ = 0;
    Steady first_;
};

Result<> Park::run(const Options& options) {
    TRY_ASSIGN(const auto port, options.port("agent-port"));
    TRY_ASSIGN(const auto slots, options.number("slots", 1));
    if (const std::string token = options.text("token", ""); !token.empty()) {
        TRY_ASSIGN(const auto user_port, options.port("user-port"));
        user_.emplace(world_, user_port, token, 1);
        job_ = R"({"name":"Nothing","pool":")" + options.text("pool", "default") +
               R"(","tasks":[{"name":"Nothing","task":"shell@1","inputs":{"script":":"}}]})";
    }
    for (std::size_t number = 0; number < identities_.size(); ++number)
        agents_.push_back(std::make_unique<Agent>(world_, identities_[number], *this,
                                                  Agent::Setting{port, number, static_cast<int>(slots)}));
    TRY_ASSIGN(input_, world_.loop->watch(STDIN_FILENO, {.read = true}, [this](os::Ready) { read_commands(); }));
    began_ = world_.now();
    Crowd all(
        agents_.size(), handshakes_at_once,
        [this](std::size_t number, Crowd::Through through) { agents_[number]->start(std::move(through)); },
        [this] {
            json::Writer out;
            out.begin_object();
            out.field("polling", agents_.size());
            out.field("took_us", (world_.now() - began_).count());
            out.end_object();
            say(std::move(out));
        });
    if (user_)
        user_->open([&] { all.start(); });
    else
        all.start();
    return world_.run();
}

void Park::read_commands() {
    char bytes[256];
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) return world_.loop->stop();
    input_text_.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end = 0; (end = input_text_.find('\n')) != std::string::npos;) {
        const std::string line = input_text_.substr(0, end);
        input_text_.erase(0, end + 1);
        obey(line);
    }
}

void Park::obey(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    std::int64_t times = 0;
    words >> command >> times;
    if (command == "wake") return wake(times);
    if (command == "order" && user_) return order(times);
    if (command == "state") return say(state());
    if (command == "watch") {
        watching_ = true;
        heard_ = 0;
        json::Writer out;
        out.begin_object();
        out.field("watching", agents_.size());
        out.end_object();
        return say(std::move(out));
    }
    world_.give_up({Code::invalid, "\"" + line + "\": expected wake N, order N (with --token), watch or state"});
}

// A newer poll of the same agent ends the parked one: all that a wake costs but a disk.
void Park::wake(std::int64_t times) {
    left_ = times;
    to_agent_ = {};
    wake_one();
}

void Park::wake_one() {
    if (left_-- == 0) {
        json::Writer out;
        out.begin_object();
        to_agent_.write(out, "wake");
        out.end_object();
        return say(std::move(out));
    }
    Agent& agent = *agents_[world_.random.below(agents_.size())];
    if (!agent.is_polling()) {
        ++left_;
        timer_ = world_.loop->after(pause_between, [this] { wake_one(); });
        return;
    }
    agent.open_second_line([this, &agent](Result<> opened) {
        if (!opened) return world_.give_up(opened.error());
        timer_ = world_.loop->after(pause_between, [this, &agent] {
            asked_ = world_.now();
            agent.wake_by_newer_poll([this] {
                to_agent_.add(world_.now() - asked_);
                timer_ = world_.loop->after(pause_between, [this] { wake_one(); });
            });
        });
    });
}

void Park::order(std::int64_t times) {
    left_ = times;
    to_agent_ = {};
    accepted_ = {};
    order_one();
}

void Park::order_one() {
    if (left_-- == 0) {
        json::Writer out;
        out.begin_object();
        to_agent_.write(out, "order");
        accepted_.write(out, "accepted");
        out.end_object();
        return say(std::move(out));
    }
    order_steps_ = 2;
    asked_ = world_.now();
    user_->post_job(0, job_, [this](const Answer&) {
        accepted_.add(world_.now() - asked_);
        order_went_well();
    });
}

void Park::order_went_well() {
    if (--order_steps_ > 0) return;
    timer_ = world_.loop->after(5 * pause_between, [this] { order_one(); });
}

void Park::take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) {
    if (order_steps_ > 0) {
        to_agent_.add(world_.now() - asked_);
        order_went_well();
    }
    agent.end(orders);
}

void Park::answered(Agent&) {
    if (!watching_) return;
    if (heard_++ == 0) first_ = world_.now();
    if (heard_ < agents_.size()) return;
    watching_ = false;
    json::Writer out;
    out.begin_object();
    out.field("answered", heard_);
    out.field("first_us", first_.us);
    out.field("last_us", world_.now().us);
    out.end_object();
    say(std::move(out));
}

json::Writer Park::state() const {
    Agent::Troubles sum;
    std::size_t polling = 0;
    Steady last;
    for (const auto& agent : agents_) {
        sum.lines_broken += agent->troubles().lines_broken;
        sum.refused += agent->troubles().refused;
        sum.refused_again += agent->troubles().refused_again;
        if (agent->is_polling()) ++polling;
        last = std::max(last, agent->polled());
    }
    json::Writer out;
    out.begin_object();
    out.field("polling", polling);
    out.field("last_poll_us", last.us);
    out.field("lines_broken", sum.lines_broken);
    out.field("refused", sum.refused);
    out.field("refused_again", sum.refused_again);
    out.end_object();
    return out;
}

}  // namespace

Result<std::string> park(const Options& options) {
    TRY(options.only({"ca", "agent-port", "agents", "first", "count", "slots", "user-port", "token", "pool"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto file, options.text("agents"));
    TRY_ASSIGN(const auto first, options.number("first", 0));
    TRY_ASSIGN(const auto count, options.number("count", 1));
    TRY_ASSIGN(auto identities, read_roster(file, static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    Park park(*world, std::move(identities));
    TRY(park.run(options));
    return park.state().take();
}

/// The same connections with one small request behind them, then idle: what another server holds for them.
Result<std::string> idle(const Options& options) {
    TRY(options.only({"ca", "agent-port", "agents", "first", "count", "path"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto file, options.text("agents"));
    TRY_ASSIGN(const auto first, options.number("first", 0));
    TRY_ASSIGN(const auto count, options.number("count", 1));
    TRY_ASSIGN(const auto port, options.port("agent-port"));
    TRY_ASSIGN(const auto identities,
               read_roster(file, static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    const std::string path = options.text("path", "/");
    std::vector<std::unique_ptr<Connection>> lines(identities.size());
    const Steady began = world->now();
    Crowd all(
        lines.size(), handshakes_at_once,
        [&](std::size_t number, Crowd::Through through) {
            lines[number] = connect(
                *world->loop, world->peer(port, number), &identities[number], [&, number, through](Result<> opened) {
                    if (!opened) return world->give_up(opened.error());
                    lines[number]->ask(to_text({.method = "GET", .path = path}), [&, through](Result<Answer> answer) {
                        if (!answer) return world->give_up(answer.error());
                        through();
                    });
                });
        },
        [&] {
            json::Writer out;
            out.begin_object();
            out.field("idle", lines.size());
            out.field("took_us", (world->now() - began).count());
            out.end_object();
            say(std::move(out));
        });
    TRY_ASSIGN(const auto input, world->loop->watch(STDIN_FILENO, {.read = true}, [&](os::Ready) {
        char bytes[256];
        if (::read(STDIN_FILENO, bytes, sizeof bytes) <= 0) world->loop->stop();
    }));
    all.start();
    TRY(world->run());
    return std::string("{}");
}

}  // namespace slipway::bench
