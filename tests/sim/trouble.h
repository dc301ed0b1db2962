#pragma once

#include <memory>
#include <vector>

#include "tests/sim/coordinator.h"
#include "tests/sim/host.h"
#include "tests/sim/network.h"

namespace slipway::sim {

/// What goes wrong from outside: kills, power cuts, cut lines, full disks, clocks, pauses, backups and copies.
class Trouble {
public:
    Trouble(Scene& scene, Network& network, Coordinator& coordinator, std::vector<std::unique_ptr<Host>>& hosts)
        : scene_(scene), network_(network), coordinator_(coordinator), hosts_(hosts) {}

    void make();

private:
    void of_coordinator();
    void of(Host& host);
    void of_disk(Host& host);
    void cut_off(const Host& host);
    void clone(Host& host);
    Duration some_jump();

    Scene& scene_;
    Network& network_;
    Coordinator& coordinator_;
    std::vector<std::unique_ptr<Host>>& hosts_;
};

}  // namespace slipway::sim
