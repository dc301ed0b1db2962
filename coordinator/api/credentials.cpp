#include "coordinator/api/credentials.h"

#include "platform/base/bytes.h"
#include "platform/crypto/api_token.h"

namespace slipway::api {
namespace {

constexpr Duration memory = 60s;
constexpr Duration deleted_may_report = 30 * 24h;
constexpr Duration use_noted_for = 1h;
constexpr std::size_t remembered_max = 20'000;

using Done = std::function<void(Result<http::Principal>)>;

auto unknown_token() {
    return fail(Code::unauthenticated, "the token is not known here: log in again (slipway login)", "token_unknown");
}

auto unknown_certificate() {
    return fail(Code::forbidden, "the certificate is no longer in force: enrol this agent again (slipway-agent enroll)",
                "certificate_revoked");
}

}  // namespace

void Credentials::authenticate(const http::Credentials& credentials, Done done) {
    if (credentials.bearer) return authenticate_token(*credentials.bearer, std::move(done));
    if (credentials.certificate) return authenticate_agent(*credentials.certificate, std::move(done));
    done(fail(Code::unauthenticated, "this needs a credential", "credential_missing"));
}

void Credentials::forget() {
    const std::lock_guard lock(mutex_);
    ++generation_;
    tokens_.clear();
    agents_.clear();
}

void Credentials::authenticate_token(std::string_view bearer, Done done) {
    const auto token = crypto::ApiToken::parse(bearer);
    if (!token) return done(fail(Code::unauthenticated, token.error().message, "token_malformed"));
    const std::string hash = token->hash();
    std::uint64_t generation = 0;
    std::optional<core::Token> known;
    {
        const std::lock_guard lock(mutex_);
        generation = generation_;
        const auto found = tokens_.find(token->id);
        if (found != tokens_.end() && clock_.steady() < found->second.until) known = found->second.row;
    }
    if (known) {
        auto principal = judge(*known, hash);
        if (principal) note_use(*known);
        return done(std::move(principal));
    }
    auto look = [this, id = token->id, hash, generation, done] {
        auto reader = store_.read();
        if (!reader) return done(fail(reader.error()));
        const auto row = (*reader)->token(id);
        if (!row) return done(fail(row.error()));
        if (!*row) return done(unknown_token());
        {
            const std::lock_guard lock(mutex_);
            if (tokens_.size() >= remembered_max) tokens_.clear();
            if (generation == generation_) tokens_[id] = {**row, clock_.steady() + memory};
        }
        auto principal = judge(**row, hash);
        if (principal) note_use(**row);
        done(std::move(principal));
    };
    if (auto submitted = readers_.submit(std::move(look)); !submitted) done(fail(submitted.error()));
}

void Credentials::note_use(const core::Token& token) {
    const Time now = clock_.wall();
    if (!used_ || (token.last_used && now - *token.last_used < use_noted_for)) return;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = tokens_.find(token.id); found != tokens_.end()) found->second.row.last_used = now;
    }
    used_(token.id);
}

Result<http::Principal> Credentials::judge(const core::Token& token, const std::string& secret_sha256) {
    if (!equal_constant_time(token.secret_sha256, secret_sha256)) return unknown_token();
    if (token.revoked) return fail(Code::unauthenticated, "the token was revoked: log in again", "token_revoked");
    if (clock_.wall() >= token.expires)
        return fail(Code::unauthenticated, "the token expired at " + to_rfc3339(token.expires) + ": log in again",
                    "token_expired");
    return http::Principal::token(token.row, token.id, token.name, token.role);
}

void Credentials::authenticate_agent(const http::PeerCertificate& certificate, Done done) {
    if (certificate.agent_id.empty()) return done(unknown_certificate());
    std::uint64_t generation = 0;
    std::optional<KnownAgent> known;
    {
        const std::lock_guard lock(mutex_);
        generation = generation_;
        const auto found = agents_.find(certificate.agent_id);
        if (found != agents_.end() && clock_.steady() < found->second.until) known = found->second.row;
    }
    if (known) return done(judge(*known, certificate));
    auto look = [this, certificate, generation, done] {
        auto reader = store_.read();
        if (!reader) return done(fail(reader.error()));
        auto row = (*reader)->agent_by_id(certificate.agent_id);
        if (!row) return done(fail(row.error()));
        if (!*row) return done(unknown_certificate());
        const KnownAgent agent{(*row)->row, (*row)->name, (*row)->serial, (*row)->next_serial, (*row)->deleted};
        {
            const std::lock_guard lock(mutex_);
            if (agents_.size() >= remembered_max) agents_.clear();
            // The first poll with a renewed certificate changes the row, and nobody calls forget() then.
            const bool renewing = !agent.next_serial.empty();
            if (generation == generation_ && !renewing)
                agents_[certificate.agent_id] = {agent, clock_.steady() + memory};
        }
        done(judge(agent, certificate));
    };
    if (auto submitted = readers_.submit(std::move(look)); !submitted) done(fail(submitted.error()));
}

Result<http::Principal> Credentials::judge(const KnownAgent& agent, const http::PeerCertificate& certificate) {
    const Time now = clock_.wall();
    const std::string& serial = certificate.serial;
    const bool in_force = !serial.empty() && (serial == agent.serial || serial == agent.next_serial);
    if (!in_force) return unknown_certificate();
    if (agent.deleted) {
        if (now - *agent.deleted > deleted_may_report) return unknown_certificate();
        return http::Principal::deleted_agent(agent.row, certificate.agent_id, agent.name, serial);
    }
    if (now >= certificate.not_after)
        return http::Principal::expired_agent(agent.row, certificate.agent_id, agent.name, serial);
    return http::Principal::agent(agent.row, certificate.agent_id, agent.name, serial);
}

}  // namespace slipway::api
