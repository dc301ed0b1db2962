#include "tests/bench/load/world.h"

#include "platform/os/host.h"

namespace slipway::bench {

Result<std::unique_ptr<World>> World::open(const Options& options) {
    auto world = std::make_unique<World>();
    TRY(os::raise_open_files());
    TRY_ASSIGN(world->loop, os::make_event_loop(world->clock));
    TRY_ASSIGN(const std::string ca, options.text("ca"));
    TRY_ASSIGN(world->tls, Tls::open(ca));
    return world;
}

void World::give_up(Error error) {
    if (!failure) failure = std::move(error);
    loop->stop();
}

Result<> World::run() {
    TRY(loop->run());
    if (failure) return fail(*failure);
    return {};
}

Crowd::Crowd(std::size_t count, std::size_t at_once, std::function<void(std::size_t, Through)> begin,
             std::function<void()> done)
    : count_(count), at_once_(at_once), begin_(std::move(begin)), done_(std::move(done)) {}

void Crowd::start() {
    if (count_ == 0) return done_();
    while (begun_ < count_ && begun_ - through_ < at_once_) next();
}

void Crowd::next() {
    begin_(begun_++, [this] {
        if (++through_ == count_) return done_();
        if (begun_ < count_) next();
    });
}

}  // namespace slipway::bench
