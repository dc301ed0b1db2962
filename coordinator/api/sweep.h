#pragma once

#include "coordinator/api/services.h"
#include "platform/os/loop.h"

namespace slipway::api {

/// Once an hour: pushes that nobody went on with for a day are given up, and whatever else the program wants done.
class Sweep {
public:
    Sweep(Services& services, std::function<void()> also) : services_(services), also_(std::move(also)) {}
    void begin();

private:
    void arm();
    void sweep_uploads();

    Services& services_;
    const std::function<void()> also_;
    os::Handle timer_;  ///< of the server's loop
};

}  // namespace slipway::api
