#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/bench/load/world.h"

namespace slipway::bench {

/// Keep-alive connections to the user port with one token.
class User {
public:
    User(World& world, std::uint16_t port, std::string token, std::size_t connections);

    void open(std::function<void()> opened);  ///< all of them; trouble ends the run
    std::size_t size() const { return lines_.size(); }
    /// On the connection `line`, which waits for nothing. Whatever is not 2xx ends the run.
    void ask(std::size_t line, RequestText request, std::function<void(Answer)> got);
    /// A job that is `body`.
    void post_job(std::size_t line, std::string_view body, std::function<void(Answer)> got);

private:
    void open_line(std::size_t line, std::function<void()> opened);

    World& world_;
    const std::uint16_t port_;
    const std::string authorization_;
    std::vector<std::unique_ptr<Connection>> lines_;
    std::unique_ptr<Crowd> crowd_;
};

}  // namespace slipway::bench
