#include <iostream>

#include "coordinator/cli/program.h"
#include "platform/crypto/init.h"
#include "platform/os/clock.h"

int main(int count, char** words) {
    using namespace slipway;
    crypto::init();
    os::SystemClock clock;
    os::SystemRandom random;
    const auto files = os::make_system_files();
    std::ios::sync_with_stdio(false);
    // Files that are pulled get the rights that this person's umask gives, so the process is not hardened as a service.
    return static_cast<int>(cli::run_program({.arguments = {words + 1, words + count},
                                              .environment = os::read_environment(),
                                              .version = SLIPWAY_VERSION,
                                              .clock = clock,
                                              .random = random,
                                              .files = *files,
                                              .in = std::cin,
                                              .out = std::cout,
                                              .err = std::cerr,
                                              .out_terminal = os::read_terminal(os::Standard::output),
                                              .err_terminal = os::read_terminal(os::Standard::error)}));
}
