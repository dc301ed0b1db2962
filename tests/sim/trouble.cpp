#include "tests/sim/trouble.h"

namespace slipway::sim {
namespace {

constexpr std::size_t hosts_max = 5;

}  // namespace

void Trouble::make() {
    std::vector<Host*> on;
    for (const auto& host : hosts_)
        if (!host->is_off()) on.push_back(host.get());
    if (on.empty() || scene_.chance(300)) return of_coordinator();
    of(*on[static_cast<std::size_t>(scene_.between(0, static_cast<std::int64_t>(on.size()) - 1))]);
}

void Trouble::of_coordinator() {
    const std::int64_t what = scene_.between(1, 100);
    if (what <= 35) {
        scene_.happens(Kind::coordinator_killed);
        return coordinator_.kill();
    }
    if (what <= 47) {
        scene_.happens(Kind::coordinator_paused);
        return coordinator_.pause(scene_.within(1s, 200s));
    }
    if (what <= 57) {
        scene_.happens(Kind::coordinator_disk_full);
        return coordinator_.fill_disk(scene_.within(1s, 100s));
    }
    if (what <= 67) {
        scene_.happens(Kind::coordinator_clock_jump);
        scene_.tell("the coordinator's clock is set");
        return coordinator_.clock().set_wall(coordinator_.clock().wall() + some_jump());
    }
    if (what <= 83) return coordinator_.back_up();
    coordinator_.restore();
}

void Trouble::of(Host& host) {
    const std::int64_t what = scene_.between(1, 100);
    if (what <= 20) {
        scene_.happens(Kind::link_killed);
        return host.kill_link();
    }
    if (what <= 38) return host.kill_attempt();
    if (what <= 48) {
        scene_.happens(Kind::host_power_cut);
        return host.cut_power();
    }
    if (what <= 70) return cut_off(host);
    if (what <= 77) {
        scene_.happens(Kind::host_paused);
        return host.pause(scene_.within(1s, 300s));
    }
    if (what <= 85) {
        scene_.happens(Kind::host_clock_jump);
        scene_.tell("the clock of host " + std::to_string(host.options().number) + " is set");
        return host.clock().set_wall(host.clock().wall() + some_jump());
    }
    of_disk(host);
}

void Trouble::of_disk(Host& host) {
    const std::int64_t what = scene_.between(1, 10);
    if (what <= 4) {
        scene_.happens(Kind::host_disk_full);
        return host.fill_disk(scene_.within(1s, 100s));
    }
    if (what <= 7) return host.keep_copy();
    if (what <= 9) return host.restore_copy();
    clone(host);
}

void Trouble::cut_off(const Host& host) {
    const int number = host.options().number;
    scene_.tell("host " + std::to_string(number) + " is cut off");
    scene_.happens(Kind::host_cut_off);
    network_.cut(number);
    scene_.after(scene_.within(5s, 250s), [this, number] {
        scene_.tell("host " + std::to_string(number) + " is reached again");
        network_.heal(number);
    });
}

void Trouble::clone(Host& host) {
    if (!host.has_link() || hosts_.size() >= hosts_max) return;
    const int number = static_cast<int>(hosts_.size());
    scene_.tell("host " + std::to_string(number) + " is a clone of host " + std::to_string(host.options().number));
    scene_.happens(Kind::disk_cloned);
    hosts_.push_back(
        std::make_unique<Host>(scene_, network_, coordinator_.judge(),
                               Host::Options{number, host.options().slots, host.agent(), host.copy_disk()}));
}

/// Seconds, weeks that a certificate lives through, or a year.
Duration Trouble::some_jump() {
    const std::int64_t sign = scene_.chance(500) ? 1 : -1;
    const std::int64_t what = scene_.between(1, 3);
    if (what == 1) return sign * scene_.within(1s, 600s);
    if (what == 2) return sign * scene_.within(1h, 24 * 60h);
    return sign * scene_.within(24 * 60h, 24 * 366h);
}

}  // namespace slipway::sim
