#pragma once

#include <memory>
#include <vector>

#include "tests/sim/coordinator.h"
#include "tests/sim/host.h"

namespace slipway::sim {

/// What people do: they make jobs, stop them, decide about those that nobody knows the end of, and look after agents.
class People {
public:
    People(Scene& scene, Coordinator& coordinator, std::vector<std::unique_ptr<Host>>& hosts);

    void ask();
    /// What they do until all is well: agents are enabled, conflicts resolved.
    void tidy_up();

private:
    desk::NewJob some_job();
    std::string some_tasks();
    void decide(const core::Job& job);
    void look_after_agents();
    void resolve_conflict(const core::Agent& agent);

    Scene& scene_;
    Coordinator& coordinator_;
    std::vector<std::unique_ptr<Host>>& hosts_;
    int made_ = 0;
};

}  // namespace slipway::sim
