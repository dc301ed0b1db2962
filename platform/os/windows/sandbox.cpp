#include "platform/os/sandbox.h"

namespace slipway::os {

Result<SandboxRun> run_in_sandbox(const SandboxOptions&, const std::function<Result<std::string>()>&) {
    return fail(Code::unsupported, "there is no sandbox on Windows yet, and archives are not unpacked without one");
}

}  // namespace slipway::os
