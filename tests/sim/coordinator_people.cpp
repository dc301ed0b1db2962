#include "coordinator/desk/artifacts.h"
#include "coordinator/desk/tokens.h"
#include "platform/base/assert.h"
#include "platform/crypto/sha256.h"
#include "tests/sim/coordinator.h"

// What people ask for.
namespace slipway::sim {
namespace {

const desk::Actor person{"token:anna", "127.0.0.1"};

}  // namespace

// Before all else.
core::Agent Coordinator::enroll(const std::string& name, const std::string& serial) {
    std::optional<core::Agent> agent;
    if (agents().empty())
        ask<core::Pool>([](desk::Turn& turn) { return desk::create_pool(turn, person, "default"); },
                        [](const Result<core::Pool>& made) { ASSERT(made); });
    ask<core::JoinToken>(
        [&](desk::Turn& turn) {
            return desk::create_join_token(turn, person, {name, "secret", "default", "", turn.now() + 1h});
        },
        [](const Result<core::JoinToken>& made) { ASSERT(made); });
    ask<desk::Enrolled>(
        [&](desk::Turn& turn) {
            return desk::enroll(turn, {name, "secret", "key-" + name, name, "127.0.0.2"}, [&](const std::string&) {
                return desk::IssuedCertificate{"pem", serial};
            });
        },
        [&](const Result<desk::Enrolled>& made) {
            ASSERT(made);
            agent = made->agent;
        });
    ASSERT(agent);
    return *agent;
}

void Coordinator::push_artifact(const std::string& name, std::string bytes) {
    const std::string digest = crypto::sha256(bytes);
    const auto length = static_cast<std::int64_t>(bytes.size());
    blobs_[digest] = std::move(bytes);
    ask<desk::PushedArtifact>(
        [&](desk::Turn& turn) {
            return desk::create_artifact(turn, person, {name, "1", digest, length});
        },
        [](const Result<desk::PushedArtifact>& made) { ASSERT(made); });
}

void Coordinator::create_job(const desk::NewJob& asked) {
    scene_.tell("anna makes a job");
    command<core::Job>([&](desk::Turn& turn) { return desk::create_job(turn, person, asked); },
                       [this](const core::Job& job) { judge_.job_acknowledged(job.id); });
}

void Coordinator::cancel_job(const std::string& id) {
    scene_.tell("anna cancels job " + id);
    command<core::Job>([&](desk::Turn& turn) { return desk::cancel_job(turn, person, id); },
                       [this](const core::Job& job) {
                           scene_.happens(Kind::job_canceled);
                           judge_.cancel_acknowledged(job.id);
                       });
}

// The judge is told before the commit: a person who asked may have got it without knowing.
void Coordinator::retry_job(const std::string& id) {
    command<core::Job>(
        [&](desk::Turn& turn) {
            auto retried = desk::retry_job(turn, person, id);
            if (retried) {
                scene_.tell("anna retries job " + id);
                judge_.run_again_asked(id);
            }
            return retried;
        },
        [this](const core::Job&) { scene_.happens(Kind::job_retried); });
}

void Coordinator::release_job(const std::string& id) {
    command<core::Job>(
        [&](desk::Turn& turn) {
            auto released = desk::release_job(turn, person, id);
            if (released) {
                scene_.tell("anna releases job " + id);
                judge_.released(id);
            }
            return released;
        },
        [this](const core::Job&) { scene_.happens(Kind::job_released); });
}

void Coordinator::resolve_job(const std::string& id, JobState as) {
    command<core::Job>([&](desk::Turn& turn) { return desk::resolve_job(turn, person, id, as, "looked at the host"); },
                       [this, as](const core::Job& job) {
                           scene_.tell("anna resolved job " + job.id);
                           scene_.happens(Kind::job_resolved);
                           judge_.resolve_acknowledged(job.id, as);
                       });
}

void Coordinator::enable_agent(const std::string& name, desk::Enabled enabled) {
    const bool disables = enabled == desk::Enabled::no;
    command<core::Agent>([&](desk::Turn& turn) { return desk::set_enabled(turn, person, name, enabled); },
                         [&](const core::Agent&) {
                             scene_.tell("anna " + std::string(disables ? "disables " : "enables ") + name);
                             if (disables) scene_.happens(Kind::agent_disabled);
                         });
}

void Coordinator::delete_agent(const core::Agent& agent) {
    command<core::Agent>(
        [&](desk::Turn& turn) {
            auto deleted = desk::delete_agent(turn, person, agent.name, desk::Force::yes);
            if (deleted) judge_.agent_deleted(agent.id);
            return deleted;
        },
        [&](const core::Agent&) {
            scene_.tell("anna deletes " + agent.name);
            scene_.happens(Kind::agent_deleted);
        });
}

void Coordinator::keep_instance(const std::string& name, const std::string& instance) {
    command<core::Agent>([&](desk::Turn& turn) { return desk::keep_instance(turn, person, name, instance); },
                         [&](const core::Agent&) {
                             scene_.tell("anna keeps instance " + instance + " of " + name);
                             scene_.happens(Kind::conflict_resolved);
                         });
}

}  // namespace slipway::sim
