#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/os/clock.h"
#include "platform/os/loop.h"
#include "tests/bench/load/connection.h"
#include "tests/bench/load/options.h"

namespace slipway::bench {

/// What every subcommand works with, and where it says that all is over.
struct World {
    os::SystemClock clock;
    os::SystemRandom random;
    std::unique_ptr<os::EventLoop> loop;
    std::shared_ptr<Tls> tls;
    std::optional<Error> failure;

    /// Reads --ca, raises the limit of open files.
    static Result<std::unique_ptr<World>> open(const Options& options);

    Steady now() { return clock.steady(); }
    /// Ends the loop with an error; the first counts.
    void give_up(Error error);
    /// Runs the loop until stop(); tells the failure.
    Result<> run();
    Peer peer(std::uint16_t port, std::size_t number) const { return {tls, port, static_cast<unsigned>(number)}; }
};

/// Does `begin` for each number below `count`, at most `at_once` of them under way: each is handed a function to call
/// when it is through. `done` is called after the last. Destroy it after the loop has ended.
class Crowd {
public:
    using Through = std::function<void()>;
    Crowd(std::size_t count, std::size_t at_once, std::function<void(std::size_t, Through)> begin,
          std::function<void()> done);
    void start();

private:
    void next();

    const std::size_t count_;
    const std::size_t at_once_;
    std::function<void(std::size_t, Through)> begin_;
    std::function<void()> done_;
    std::size_t begun_ = 0;
    std::size_t through_ = 0;
};

}  // namespace slipway::bench
