#include <optional>

#include "platform/json/writer.h"
#include "platform/wire/protocol.h"
#include "tests/bench/load/agent.h"
#include "tests/bench/load/commands.h"
#include "tests/bench/load/durations.h"
#include "tests/bench/load/roster.h"
#include "tests/bench/load/user.h"

namespace slipway::bench {
namespace {

constexpr std::size_t handshakes_at_once = 128;

std::string text_of_lines(std::size_t bytes) {
    std::string text;
    for (std::size_t number = 0; text.size() < bytes; ++number)
        text += "line " + std::to_string(number) + " of what a task says while it works\n";
    text.resize(bytes);
    return text;
}

/// Each agent runs one job and appends to its log, one piece after the other as soon as the last one is durable.
class Ingest final : public Agent::Owner {
public:
    struct Setting {
        std::size_t piece_bytes = 64 * 1024;
        Duration warm_up{};
        Duration measured{};
    };
    Ingest(World& world, std::vector<Identity> identities, Setting setting)
        : world_(world),
          identities_(std::move(identities)),
          setting_(setting),
          piece_(text_of_lines(setting.piece_bytes)),
          writers_(identities_.size()) {}

    Result<> run(const Options& options);
    std::string result();

    void take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) override;

private:
    struct Writer {
        std::unique_ptr<Agent> agent;
        std::unique_ptr<Connection> line;
        wire::HeldAttempt attempt;
        std::int64_t offset = 0;
    };
    void begin();
    void append(Writer& writer);
    void finish(Writer& writer);

    World& world_;
    std::vector<Identity> identities_;
    const Setting setting_;
    const std::string piece_;
    std::vector<Writer> writers_;
    std::optional<User> user_;
    std::uint16_t port_ = 0;
    std::size_t ready_ = 0;
    std::size_t finished_ = 0;
    os::Handle timer_;
    Steady began_;
    Steady ended_;
    bool counting_ = false;
    bool over_ = false;
    std::int64_t bytes_ = 0;
    Durations durable_;
};

Result<> Ingest::run(const Options& options) {
    TRY_ASSIGN(const auto user_port, options.port("user-port"));
    TRY_ASSIGN(port_, options.port("agent-port"));
    TRY_ASSIGN(const auto token, options.text("token"));
    const std::string job = R"({"name":"Talks","pool":")" + options.text("pool", "default") +
                            R"(","tasks":[{"name":"Talks","task":"shell@1","inputs":{"script":":"}}]})";
    user_.emplace(world_, user_port, token, 1);
    for (std::size_t number = 0; number < writers_.size(); ++number)
        writers_[number].agent =
            std::make_unique<Agent>(world_, identities_[number], *this, Agent::Setting{port_, number, 1});
    std::size_t posted = 0;
    const std::function<void()> post = [&] {
        if (posted++ < writers_.size()) user_->post_job(0, job, [&](const Answer&) { post(); });
    };
    Crowd all(
        writers_.size(), handshakes_at_once,
        [this](std::size_t number, Crowd::Through through) { writers_[number].agent->start(std::move(through)); },
        post);
    user_->open([&] { all.start(); });
    return world_.run();
}

void Ingest::take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) {
    const auto found =
        std::ranges::find_if(writers_, [&](const Writer& writer) { return writer.agent.get() == &agent; });
    Writer& writer = *found;
    const auto number = static_cast<std::size_t>(found - writers_.begin());
    writer.attempt = orders.front();
    writer.line = connect(*world_.loop, world_.peer(port_, number), &identities_[number], [this](Result<> opened) {
        if (!opened) return world_.give_up(opened.error());
        if (++ready_ == writers_.size()) begin();
    });
}

void Ingest::begin() {
    for (Writer& writer : writers_) append(writer);
    timer_ = world_.loop->after(setting_.warm_up, [this] {
        counting_ = true;
        began_ = world_.now();
        timer_ = world_.loop->after(setting_.measured, [this] {
            counting_ = false;
            ended_ = world_.now();
            over_ = true;
        });
    });
}

void Ingest::append(Writer& writer) {
    if (over_) return finish(writer);
    const std::string path =
        std::string(wire::attempts_path) + writer.attempt.id + "/log?fence=" + std::to_string(writer.attempt.fence);
    const std::string offset = std::string(wire::upload_offset_header) + ": " + std::to_string(writer.offset) + "\r\n";
    writer.line->ask(
        to_text({.path = path, .type = wire::bytes_type, .more = offset, .body = piece_}),
        [this, &writer, asked = world_.now()](Result<Answer> answer) {
            if (!answer) return world_.give_up(answer.error());
            if (answer->status != 200)
                return world_.give_up({Code::invalid, "an append was answered " + std::to_string(answer->status) +
                                                          ": " + answer->body.substr(0, 300)});
            writer.offset += static_cast<std::int64_t>(piece_.size());
            if (counting_) {
                bytes_ += static_cast<std::int64_t>(piece_.size());
                durable_.add(world_.now() - asked);
            }
            append(writer);
        });
}

void Ingest::finish(Writer& writer) {
    const wire::ReportRequest report{writer.agent->next_seq(),
                                     {success_of(writer.attempt, writer.offset, world_.clock.wall())}};
    writer.agent->ended(writer.attempt.id);
    const std::string body = wire::encode(report);
    writer.line->ask(to_text({.path = wire::report_path, .body = body}), [this](Result<Answer> answer) {
        if (!answer) return world_.give_up(answer.error());
        if (++finished_ == writers_.size()) world_.loop->stop();
    });
}

std::string Ingest::result() {
    const Duration took = ended_ - began_;
    json::Writer out;
    out.begin_object();
    out.field("agents", writers_.size());
    out.field("piece_bytes", piece_.size());
    out.field("bytes", bytes_);
    out.field("took_us", took.count());
    out.field("bytes_per_s", bytes_ * 1'000'000 / took.count());
    durable_.write(out, "durable");
    out.end_object();
    return std::move(out).take();
}

}  // namespace

Result<std::string> ingest(const Options& options) {
    TRY(options.only({"ca", "user-port", "agent-port", "token", "agents", "first", "count", "pool", "piece",
                      "warm-up-ms", "measured-ms"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto file, options.text("agents"));
    TRY_ASSIGN(const auto first, options.number("first", 0));
    TRY_ASSIGN(const auto count, options.number("count", 100));
    TRY_ASSIGN(const auto piece, options.number("piece", 64 * 1024));
    TRY_ASSIGN(const auto warm_up_ms, options.number("warm-up-ms", 500));
    TRY_ASSIGN(const auto measured_ms, options.number("measured-ms", 3000));
    TRY_ASSIGN(auto identities, read_roster(file, static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
    Ingest ingest(*world, std::move(identities),
                  {.piece_bytes = static_cast<std::size_t>(piece),
                   .warm_up = std::chrono::milliseconds{warm_up_ms},
                   .measured = std::chrono::milliseconds{measured_ms}});
    TRY(ingest.run(options));
    return ingest.result();
}

}  // namespace slipway::bench
