#pragma once

#include <signal.h>

#include "platform/os/signal.h"

namespace slipway::os {

inline int to_number(Signal signal) {
    switch (signal) {
        case Signal::interrupt: return SIGINT;
        case Signal::terminate: return SIGTERM;
        case Signal::kill: return SIGKILL;
        case Signal::hang_up: return SIGHUP;
    }
    return SIGKILL;
}

}  // namespace slipway::os
