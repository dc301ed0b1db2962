#pragma once

#include "coordinator/api/services.h"
#include "platform/os/loop.h"

namespace slipway::api {

/// Once an hour: pushes that nobody went on with for a day are given up.
class Sweep {
public:
    explicit Sweep(Services& services) : services_(services) {}
    void begin();

private:
    void arm();
    void sweep_uploads();

    Services& services_;
    os::Handle timer_;  ///< of the server's loop
};

}  // namespace slipway::api
