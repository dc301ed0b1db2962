#include <optional>

#include "platform/json/writer.h"
#include "tests/bench/load/child.h"
#include "tests/bench/load/commands.h"
#include "tests/bench/load/durations.h"
#include "tests/bench/load/user.h"

namespace slipway::bench {
namespace {

constexpr Duration silence_max = 10s;

/// By turns: a bare spawn of the child, and a job whose task is the same child. Each is timed from just before it is
/// asked for to the beginning of the child's main(), as the child tells it.
class Dispatch {
public:
    Dispatch(World& world, Moments moments, std::string child, std::string job, Duration pause)
        : world_(world), moments_(std::move(moments)), child_(std::move(child)), job_(std::move(job)), pause_(pause) {}

    Result<> run(User& user, std::int64_t count, std::int64_t warm_up);
    std::string result();

private:
    enum class Turn { bare, job };
    void next();
    void heard();
    void answered();

    World& world_;
    Moments moments_;
    const std::string child_;
    const std::string job_;
    const Duration pause_;
    User* user_ = nullptr;
    std::unique_ptr<os::Watch> watch_;
    os::Handle timer_;
    Turn turn_ = Turn::job;
    std::int64_t left_ = 0;
    std::int64_t warm_up_ = 0;
    int steps_ = 0;
    Steady asked_;
    Durations bare_;
    Durations main_;
    Durations accepted_;
};

Result<> Dispatch::run(User& user, std::int64_t count, std::int64_t warm_up) {
    user_ = &user;
    left_ = 2 * (count + warm_up);
    warm_up_ = 2 * warm_up;
    TRY_ASSIGN(watch_, world_.loop->watch(moments_.descriptor(), {.read = true}, [this](os::Ready) { heard(); }));
    user.open([this] { next(); });
    return world_.run();
}

void Dispatch::next() {
    if (left_ == 0) return world_.loop->stop();
    --left_;
    --warm_up_;
    turn_ = turn_ == Turn::bare ? Turn::job : Turn::bare;
    timer_ = world_.loop->after(silence_max, [this] {
        world_.give_up({Code::timed_out, "no child began within " + format_duration(silence_max) +
                                             (turn_ == Turn::bare ? " of its spawn" : " of its job")});
    });
    steps_ = turn_ == Turn::bare ? 1 : 2;
    asked_ = world_.now();
    if (turn_ == Turn::bare) {
        if (auto spawned = spawn_child(child_, moments_.path()); !spawned) world_.give_up(spawned.error());
        return;
    }
    user_->post_job(0, job_, [this](const Answer&) {
        if (warm_up_ < 0) accepted_.add(world_.now() - asked_);
        answered();
    });
}

void Dispatch::heard() {
    const auto moment = moments_.take();
    if (!moment) return;
    if (warm_up_ < 0) (turn_ == Turn::bare ? bare_ : main_).add(*moment - asked_);
    if (turn_ == Turn::bare) {
        if (auto reaped = reap_child(); !reaped) return world_.give_up(reaped.error());
    }
    answered();
}

void Dispatch::answered() {
    if (--steps_ > 0) return;
    timer_ = world_.loop->after(pause_, [this] { next(); });
}

std::string Dispatch::result() {
    json::Writer out;
    out.begin_object();
    bare_.write(out, "bare_spawn");
    main_.write(out, "job_to_main");
    accepted_.write(out, "accepted");
    out.end_object();
    return std::move(out).take();
}

}  // namespace

Result<std::string> dispatch(const Options& options) {
    TRY(options.only({"ca", "user-port", "token", "child", "socket", "job", "count", "warm-up", "pause-ms"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto user_port, options.port("user-port"));
    TRY_ASSIGN(const auto token, options.text("token"));
    TRY_ASSIGN(auto child, options.text("child"));
    TRY_ASSIGN(auto job, options.text("job"));
    TRY_ASSIGN(const auto socket, options.text("socket"));
    TRY_ASSIGN(auto moments, Moments::open(socket));
    TRY_ASSIGN(const auto count, options.number("count", 500));
    TRY_ASSIGN(const auto warm_up, options.number("warm-up", 20));
    TRY_ASSIGN(const auto pause_ms, options.number("pause-ms", 10));
    User user(*world, user_port, token, 1);
    Dispatch dispatch(*world, std::move(moments), std::move(child), std::move(job),
                      std::chrono::milliseconds{pause_ms});
    TRY(dispatch.run(user, count, warm_up));
    return dispatch.result();
}

}  // namespace slipway::bench
