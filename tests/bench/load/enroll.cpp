#include "platform/wire/enroll.h"

#include <optional>

#include "platform/crypto/certificate_request.h"
#include "platform/crypto/key.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"
#include "platform/wire/protocol.h"
#include "tests/bench/load/commands.h"
#include "tests/bench/load/roster.h"
#include "tests/bench/load/user.h"

namespace slipway::bench {
namespace {

constexpr std::size_t lines_max = 64;  // each of them waits for two commits; they share those

/// Enrols agents as an administrator and a host would: a join token each, then a certificate for a key of its own.
class Enrollment {
public:
    Enrollment(World& world, std::size_t count, std::size_t lines)
        : world_(world), identities_(count), lines_(std::min(count, lines)) {}

    Result<> run(const Options& options);
    const std::vector<Identity>& identities() const { return identities_; }

private:
    void enroll_one(std::size_t number);
    void take(std::size_t number, std::size_t line, Result<Answer> answer);

    World& world_;
    std::vector<Identity> identities_;
    std::size_t lines_;
    std::string pool_;
    std::string prefix_;
    std::optional<User> admin_;
    std::vector<std::unique_ptr<Connection>> agents_;
    std::vector<std::size_t> free_lines_;
    std::vector<Crowd::Through> through_;
};

std::string field_of(const Answer& answer, const char* name) {
    const auto value = json::parse(answer.body);
    std::string text;
    if (!value) return text;
    json::Reader reader(*value, json::UnknownFields::ignore);
    reader.required(name, text);
    return text;
}

Result<> Enrollment::run(const Options& options) {
    TRY_ASSIGN(const auto user_port, options.port("user-port"));
    TRY_ASSIGN(const auto agent_port, options.port("agent-port"));
    TRY_ASSIGN(const auto token, options.text("token"));
    pool_ = options.text("pool", "default");
    prefix_ = options.text("prefix", "bench");
    admin_.emplace(world_, user_port, token, lines_);
    agents_.resize(lines_);
    through_.resize(identities_.size());
    for (std::size_t line = 0; line < lines_; ++line) free_lines_.push_back(line);
    Crowd all(
        identities_.size(), lines_,
        [this](std::size_t number, Crowd::Through through) {
            through_[number] = std::move(through);
            enroll_one(number);
        },
        [this] { world_.loop->stop(); });
    Crowd opening(
        lines_, 32,
        [&](std::size_t line, Crowd::Through through) {
            agents_[line] =
                connect(*world_.loop, world_.peer(agent_port, line), nullptr, [this, through](Result<> done) {
                    if (!done) return world_.give_up(done.error());
                    through();
                });
        },
        [&] { all.start(); });
    admin_->open([&] { opening.start(); });
    return world_.run();
}

void Enrollment::enroll_one(std::size_t number) {
    const std::size_t line = free_lines_.back();
    free_lines_.pop_back();
    const auto key = crypto::PrivateKey::generate();
    if (!key) return world_.give_up(key.error());
    const auto csr = crypto::CertificateRequest::make(*key);
    const auto pem = key->pem();
    if (!csr || !pem) return world_.give_up({Code::internal, "no key could be made"});
    Identity& identity = identities_[number];
    identity.name = prefix_ + "-" + std::to_string(number);
    identity.key = pem->view();
    const std::string wish = R"({"pool":")" + pool_ + R"("})";
    admin_->ask(
        line, {.path = "/api/v1/join-tokens", .body = wish}, [this, number, line, csr = *csr](const Answer& made) {
            const wire::EnrollRequest request{wire::protocol_version, field_of(made, "token"), csr,
                                              identities_[number].name, "0.1.0"};
            const std::string body = wire::encode(request);
            agents_[line]->ask(to_text({.path = wire::enroll_path, .body = body}),
                               [this, number, line](Result<Answer> answer) { take(number, line, std::move(answer)); });
        });
}

void Enrollment::take(std::size_t number, std::size_t line, Result<Answer> answer) {
    if (!answer) return world_.give_up(answer.error());
    auto enrolled = wire::decode_enroll_answer(answer->body);
    if (answer->status != 200 || !enrolled)
        return world_.give_up({Code::invalid, "enrolling was answered " + std::to_string(answer->status) + ": " +
                                                  answer->body.substr(0, 300)});
    identities_[number].agent = enrolled->agent;
    identities_[number].certificate = enrolled->certificate;
    free_lines_.push_back(line);
    through_[number]();
}

}  // namespace

Result<std::string> enroll(const Options& options) {
    TRY(options.only({"ca", "user-port", "agent-port", "token", "count", "agents", "pool", "prefix"}));
    TRY_ASSIGN(const auto world, World::open(options));
    TRY_ASSIGN(const auto count, options.number("count", 1));
    TRY_ASSIGN(const auto file, options.text("agents"));
    const Steady began = world->now();
    Enrollment enrollment(*world, static_cast<std::size_t>(count), lines_max);
    TRY(enrollment.run(options));
    const Duration took = world->now() - began;
    TRY(append_to_roster(file, enrollment.identities()));
    json::Writer out;
    out.begin_object();
    out.field("enrolled", count);
    out.field("took_us", took.count());
    out.end_object();
    return std::move(out).take();
}

}  // namespace slipway::bench
