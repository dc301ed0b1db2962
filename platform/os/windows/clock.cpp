#include "platform/os/clock.h"

#include <chrono>
#include <random>

#include <windows.h>

namespace slipway::os {

SystemClock::SystemClock() = default;
void SystemClock::take_pushes() {}
Result<Handle> follow_pushes(EventLoop&, SystemClock&) { return Handle(); }

Time SystemClock::wall() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(now).count()};
}

// Counts the time asleep too.
Steady SystemClock::steady() { return {static_cast<std::int64_t>(::GetTickCount64()) * 1000}; }

// libstdc++ reads rand_s, the system's generator.
void SystemRandom::fill(std::span<unsigned char> bytes) {
    std::random_device device("rand_s");
    for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(device());
}

}  // namespace slipway::os
