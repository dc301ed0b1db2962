#include "tests/sim/people.h"

#include <algorithm>

#include "platform/base/assert.h"
#include "platform/json/writer.h"
#include "platform/wire/order.h"
#include "tests/sim/task_script.h"

namespace slipway::sim {
namespace {

constexpr int artifacts = 3;

std::string artifact_name(std::int64_t number) { return "artifact-" + std::to_string(number); }

}  // namespace

People::People(Scene& scene, Coordinator& coordinator, std::vector<std::unique_ptr<Host>>& hosts)
    : scene_(scene), coordinator_(coordinator), hosts_(hosts) {
    for (std::int64_t i = 0; i < artifacts; ++i) {
        std::string bytes(static_cast<std::size_t>(scene.between(0, scene.chance(500) ? 1'000 : 150'000)), '\0');
        for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<char>(k * 31 / 7);
        coordinator.push_artifact(artifact_name(i), std::move(bytes));
    }
}

void People::ask() {
    if (!coordinator_.alive()) return;
    const std::vector<core::Job> jobs = coordinator_.jobs();
    const std::int64_t what = scene_.between(1, 12);
    if (what <= 5 || jobs.empty()) return coordinator_.create_job(some_job());
    if (what == 6) return look_after_agents();
    if (what <= 8) {
        const auto which = scene_.between(0, static_cast<std::int64_t>(jobs.size()) - 1);
        return coordinator_.cancel_job(jobs[static_cast<std::size_t>(which)].id);
    }
    // Retries and resolutions are for jobs whose agent was lost, but whoever is asked is often wrong.
    for (const core::Job& job : jobs)
        if (job.state == JobState::unknown || job.held_by_restore != 0 || scene_.chance(50)) decide(job);
}

void People::decide(const core::Job& job) {
    if (scene_.chance(300)) return;
    if (job.held_by_restore != 0 && scene_.chance(200)) coordinator_.release_job(job.id);
    if (scene_.chance(700)) return coordinator_.retry_job(job.id);
    coordinator_.resolve_job(job.id, scene_.chance(500) ? JobState::failed : JobState::succeeded);
}

void People::look_after_agents() {
    const std::vector<core::Agent> agents = coordinator_.agents();
    if (agents.empty()) return;
    const core::Agent& agent =
        agents[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(agents.size()) - 1))];
    if (agent.conflict) return resolve_conflict(agent);
    if (agent.disabled) return coordinator_.enable_agent(agent.name, desk::Enabled::yes);
    if (scene_.chance(700)) return coordinator_.enable_agent(agent.name, desk::Enabled::no);
    if (agents.size() > 1) coordinator_.delete_agent(agent);
}

/// One machine of several with this identity stays, the others are switched off.
void People::resolve_conflict(const core::Agent& agent) {
    Host* kept = nullptr;
    for (const auto& host : hosts_) {
        if (host->agent().id != agent.id || host->is_off()) continue;
        const bool is_one =
            host->instance() == agent.instance || (agent.conflict && host->instance() == agent.conflict->instance);
        if (is_one && (kept == nullptr || scene_.chance(500))) kept = host.get();
    }
    // Neither of the two runs any more: each new start is refused again, so whichever is kept will do.
    if (kept == nullptr) return coordinator_.keep_instance(agent.name, agent.conflict->instance);
    const std::string instance = kept->instance();
    for (const auto& host : hosts_)
        if (host->agent().id == agent.id && host.get() != kept && !host->is_off()) host->switch_off();
    coordinator_.keep_instance(agent.name, instance);
}

void People::tidy_up() {
    for (const core::Agent& agent : coordinator_.agents()) {
        if (agent.disabled) coordinator_.enable_agent(agent.name, desk::Enabled::yes);
        if (agent.conflict) resolve_conflict(agent);
    }
}

desk::NewJob People::some_job() {
    desk::NewJob job;
    job.name = "job-" + std::to_string(++made_);
    job.pool = "default";
    job.idempotent = scene_.chance(200);
    job.timeout_s = scene_.between(30, 300);
    job.cancel_grace_s = scene_.between(0, 20);
    if (scene_.chance(30)) job.demands = {{"nginx", std::nullopt}};
    if (scene_.chance(400)) job.artifacts.push_back({"a", artifact_name(scene_.between(0, artifacts - 1)), "1"});
    if (scene_.chance(100)) job.artifacts.push_back({"b", artifact_name(scene_.between(0, artifacts - 1)), "1"});
    job.spec = some_tasks();
    return job;
}

std::string People::some_tasks() {
    json::Writer out;
    out.begin_object();
    out.begin_array("tasks");
    for (std::int64_t left = scene_.between(1, 3); left > 0; --left) {
        TaskScript script;
        script.milliseconds = scene_.between(1, scene_.chance(500) ? 2'000 : 200'000);
        script.exit_code = scene_.chance(150) ? 3 : 0;
        script.output_bytes = scene_.between(0, scene_.chance(100) ? 400'000 : 2'000);
        script.stubborn = scene_.chance(200);
        script.child_ms = scene_.chance(200) ? scene_.between(1, 300'000) : 0;
        wire::OrderTask task;
        task.name = "Step";
        task.task = "shell@1";
        task.inputs["script"] = to_text(script);
        task.leave_running = scene_.chance(150);
        task.continue_on_error = scene_.chance(200);
        wire::write(out, task);
    }
    out.end_array();
    out.end_object();
    return std::move(out).take();
}

}  // namespace slipway::sim
