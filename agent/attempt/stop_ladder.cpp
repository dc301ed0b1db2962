#include "agent/attempt/stop_ladder.h"

namespace slipway::attempt {

void StopLadder::begin(Steady now, Duration grace) {
    const Steady end = now + grace;
    if (begun_ && end >= end_) return;
    const bool first = !begun_;
    begun_ = true;
    end_ = end;
    if (grace <= Duration::zero()) {
        terminate_.reset();
        kill_.reset();
        return send_(os::Signal::kill);
    }
    terminate_ = loop_.at(now + grace * 3 / 4, [this] { send_(os::Signal::terminate); });
    kill_ = loop_.at(end, [this] { send_(os::Signal::kill); });
    if (first) send_(os::Signal::interrupt);
}

void StopLadder::end() {
    terminate_.reset();
    kill_.reset();
}

}  // namespace slipway::attempt
