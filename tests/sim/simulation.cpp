#include "tests/sim/simulation.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "platform/json/writer.h"
#include "platform/wire/order.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/host.h"

namespace slipway::sim {
namespace {

constexpr Duration troubled = 15 * 60s;
constexpr Duration calm = 45 * 60s;

class History {
public:
    History(Scene& scene, const link::Credentials& credentials)
        : scene_(scene), network_(scene), coordinator_((scene.faults = false, scene), network_) {
        const std::int64_t hosts = scene.between(1, 3);
        for (int i = 0; i < hosts; ++i) {
            const core::Agent agent = coordinator_.enroll("agent-" + std::to_string(i));
            hosts_.push_back(std::make_unique<Host>(scene, network_, coordinator_.judge(), i, agent, credentials));
        }
        scene.faults = true;
    }

    void run() {
        trouble_later();
        ask_later();
        run_until(scene_.clock.steady() + troubled);
        scene_.tell("from here on nothing goes wrong");
        scene_.faults = false;
        for (int i = 0; i < static_cast<int>(hosts_.size()); ++i) network_.heal(i);
        run_until(scene_.clock.steady() + calm);
        if (!scene_.violation.empty()) return;
        coordinator_.judge().look_at_end();
        for (const auto& host : hosts_)
            if (!host->resting()) scene_.violated("a host lists an attempt for ever");
    }

private:
    void run_until(Steady end) {
        while (scene_.violation.empty()) {
            std::vector<std::pair<Steady, int>> due;  // -1: the agenda, -2: the desk, else a host
            const auto add = [&](const std::optional<Steady>& moment, int who) {
                if (moment) due.emplace_back(std::max(*moment, scene_.clock.steady()), who);
            };
            add(scene_.next(), -1);
            add(coordinator_.next(), -2);
            for (int i = 0; i < static_cast<int>(hosts_.size()); ++i)
                add(hosts_[static_cast<std::size_t>(i)]->next(), i);
            if (due.empty()) break;
            const Steady first = std::min_element(due.begin(), due.end())->first;
            if (first > end) break;
            std::erase_if(due, [&](const auto& one) { return one.first > first; });
            scene_.clock.advance(first - scene_.clock.steady());
            const int who =
                due[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(due.size()) - 1))].second;
            if (who == -1)
                scene_.act();
            else if (who == -2)
                coordinator_.tick();
            else
                hosts_[static_cast<std::size_t>(who)]->act();
        }
        if (scene_.clock.steady() < end) scene_.clock.advance(end - scene_.clock.steady());
    }

    int any_host() { return static_cast<int>(scene_.between(0, static_cast<std::int64_t>(hosts_.size()) - 1)); }

    void trouble_later() {
        scene_.after(scene_.within(1s, 100s), [this] {
            if (!scene_.faults) return;
            trouble();
            trouble_later();
        });
    }

    void trouble() {
        const int number = any_host();
        Host& host = *hosts_[static_cast<std::size_t>(number)];
        const std::int64_t what = scene_.between(1, 10);
        if (what <= 2) return coordinator_.kill();
        if (what <= 4) return host.kill_link();
        if (what <= 6) return host.kill_attempt();
        if (what == 7) return host.cut_power();
        scene_.tell("host " + std::to_string(number) + " is cut off");
        network_.cut(number);
        scene_.after(scene_.within(5s, 250s), [this, number] {
            scene_.tell("host " + std::to_string(number) + " is reached again");
            network_.heal(number);
        });
    }

    void ask_later() {
        scene_.after(scene_.within(1s, 80s), [this] {
            if (!scene_.faults) return;
            ask();
            ask_later();
        });
    }

    void ask() {
        const auto& jobs = coordinator_.judge().jobs();
        const std::int64_t what = scene_.between(1, 10);
        if (what <= 4 || jobs.empty()) return coordinator_.create_job(some_job());
        auto job = jobs.begin();
        std::advance(job, scene_.between(0, static_cast<std::int64_t>(jobs.size()) - 1));
        if (what <= 6) return coordinator_.cancel_job(*job);
        // Retries and resolutions are for unknown jobs only: whoever is asked is often wrong.
        std::vector<std::string> all(jobs.begin(), jobs.end());
        if (what <= 9) {
            for (const std::string& one : all) coordinator_.retry_job(one);
            return;
        }
        coordinator_.resolve_job(*job, scene_.chance(500) ? JobState::failed : JobState::succeeded);
    }

    desk::NewJob some_job() {
        desk::NewJob job;
        job.name = "job-" + std::to_string(++made_);
        job.pool = "default";
        job.idempotent = scene_.chance(200);
        job.timeout_s = scene_.between(30, 300);
        job.cancel_grace_s = scene_.between(0, 20);
        json::Writer out;
        out.begin_object();
        out.begin_array("tasks");
        const std::int64_t tasks = scene_.between(1, 3);
        for (std::int64_t i = 0; i < tasks; ++i) {
            wire::OrderTask task;
            task.name = "Step";
            task.task = "shell@1";
            task.inputs["script"] = std::to_string(scene_.between(1, scene_.chance(500) ? 2'000 : 200'000)) + " " +
                                    (scene_.chance(150) ? "3 " : "0 ") + std::to_string(scene_.between(0, 2000)) +
                                    (scene_.chance(200) ? " 1" : " 0");
            wire::write(out, task);
        }
        out.end_array();
        out.end_object();
        job.spec = std::move(out).take();
        return job;
    }

    Scene& scene_;
    Network network_;
    Coordinator coordinator_;
    std::vector<std::unique_ptr<Host>> hosts_;
    int made_ = 0;
};

}  // namespace

std::string run_history(const HistoryOptions& options, const link::Credentials& credentials) {
    Scene scene(options.seed, options.mutation, options.tells);
    History history(scene, credentials);
    history.run();
    return scene.violation;
}

}  // namespace slipway::sim
