#include "tests/sim/simulation.h"

#include <algorithm>
#include <memory>

#include "platform/base/assert.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/host.h"
#include "tests/sim/people.h"
#include "tests/sim/trouble.h"

namespace slipway::sim {
namespace {

constexpr Duration troubled = 15 * 60s;
constexpr Duration calm = 45 * 60s;
constexpr Duration tidying = 60s;

class History {
public:
    History(Scene& scene, const Certificates& certificates)
        : scene_(scene),
          network_(scene),
          coordinator_((scene.faults = false, scene), network_, certificates.authority),
          people_(scene, coordinator_, hosts_),
          trouble_(scene, network_, coordinator_, hosts_) {
        const int hosts = static_cast<int>(scene.between(1, 3));
        for (int i = 0; i < hosts; ++i) {
            const auto which = scene.between(0, static_cast<std::int64_t>(certificates.agents.size()) - 1);
            const link::Credentials& credentials = certificates.agents[static_cast<std::size_t>(which)];
            const auto certificate = crypto::Certificate::from_pem(credentials.certificate);
            ASSERT(certificate);
            const core::Agent agent = coordinator_.enroll("agent-" + std::to_string(i), certificate->serial());
            hosts_.push_back(std::make_unique<Host>(
                scene, network_, coordinator_.judge(),
                Host::Options{i, static_cast<int>(scene.between(1, 3)), agent, enrolled_disk(agent, credentials)}));
        }
        scene.faults = true;
    }

    void run() {
        again_and_again(100s, [this] { trouble_.make(); });
        again_and_again(80s, [this] { people_.ask(); });
        run_until(scene_.now() + troubled);
        scene_.tell("from here on nothing goes wrong");
        scene_.faults = false;
        for (const auto& host : hosts_) network_.heal(host->options().number);
        for (const Steady end = scene_.now() + calm; scene_.now() < end && scene_.violation.empty();) {
            people_.tidy_up();
            run_until(scene_.now() + tidying);
        }
        if (scene_.violation.empty()) look_at_end();
    }

private:
    void look_at_end() {
        std::set<int> lost = coordinator_.locked_out();
        const auto& deleted = coordinator_.judge().told().deleted;
        bool served = false;
        for (const auto& host : hosts_) {
            const int number = host->options().number;
            if (host->is_off()) lost.insert(number);
            if (lost.contains(number)) continue;
            host->look_at_outcomes();
            if (deleted.contains(host->agent().id)) continue;
            served = true;
            // Of two copies, one may hold for ever what only the other can tell.
            if (coordinator_.judge().is_copied_agent(host->agent().id)) continue;
            if (!host->resting()) scene_.violated("host " + std::to_string(number) + " lists an attempt for ever");
        }
        coordinator_.look_at_end(lost, served ? Coordinator::Served::yes : Coordinator::Served::no);
    }

    void run_until(Steady end) {
        while (scene_.violation.empty()) {
            std::vector<std::pair<Steady, int>> due;  // -1: the agenda, -2: the desk, else a host
            const auto add = [&](const std::optional<Steady>& moment, int who) {
                if (moment) due.emplace_back(std::max(*moment, scene_.now()), who);
            };
            add(scene_.next(), -1);
            add(coordinator_.next(), -2);
            for (int i = 0; i < static_cast<int>(hosts_.size()); ++i)
                add(hosts_[static_cast<std::size_t>(i)]->next(), i);
            if (due.empty()) break;
            const Steady first = std::min_element(due.begin(), due.end())->first;
            if (first > end) break;
            std::erase_if(due, [&](const auto& one) { return one.first > first; });
            scene_.advance(first - scene_.now());
            const int who =
                due[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(due.size()) - 1))].second;
            if (who == -1)
                scene_.act();
            else if (who == -2)
                coordinator_.tick();
            else
                hosts_[static_cast<std::size_t>(who)]->act();
        }
        if (scene_.now() < end) scene_.advance(end - scene_.now());
    }

    /// While there is trouble.
    void again_and_again(Duration pause_max, std::function<void()> function) {
        scene_.after(scene_.within(1s, pause_max), [this, pause_max, function = std::move(function)] {
            if (!scene_.faults) return;
            function();
            again_and_again(pause_max, function);
        });
    }

    Scene& scene_;
    Network network_;
    Coordinator coordinator_;
    std::vector<std::unique_ptr<Host>> hosts_;
    People people_;
    Trouble trouble_;
};

}  // namespace

Certificates make_certificates() {
    os::ManualClock clock;
    SeededRandom random(1);
    auto key = crypto::PrivateKey::generate();
    ASSERT(key);
    const auto key_text = key->pem();
    ASSERT(key_text);
    auto authority = crypto::CertificateAuthority::create("simulated", clock.wall() - 100 * 24h, random);
    ASSERT(authority);
    const auto issue = [&](Time when) {
        const auto certificate =
            authority->issue_agent({key->public_key(), "0193506c-0000-7000-8000-000000000001", when}, random);
        ASSERT(certificate);
        return link::Credentials{certificate->pem(), std::string(key_text->view()), authority->certificate().pem(),
                                 certificate->not_before(), certificate->not_after()};
    };
    // Two thirds of the life of the second are over in the middle of the trouble.
    std::vector<link::Credentials> agents = {issue(clock.wall()), issue(clock.wall() - 20 * 24h + 8min)};
    return {*std::move(authority), std::move(agents)};
}

HistoryEnd run_history(const HistoryOptions& options, const Certificates& certificates) {
    Scene scene(options.seed, options.mutation, options.tells);
    History history(scene, certificates);
    history.run();
    return {scene.violation, scene.counts};
}

}  // namespace slipway::sim
