#include <string>
#include <vector>

#include "agent/cli/unpack.h"
#include "platform/os/clock.h"

/// `slipway-agent unpack` alone: the corpus of archives runs against it.
int main(int count, char** values) {
    const std::vector<std::string> arguments(values + 1, values + count);
    slipway::os::SystemRandom random;
    return slipway::cli::run_unpack(arguments, random);
}
