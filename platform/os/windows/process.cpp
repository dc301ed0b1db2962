#include "platform/os/process.h"

#include "platform/os/windows/unsupported.h"

namespace slipway::os {

Result<std::unique_ptr<Launcher>> make_launcher(EventLoop&, SpawnMethod) { return unsupported("starting processes"); }
Result<std::unique_ptr<Groups>> make_groups(EventLoop&, const GroupsOptions&) { return unsupported("process groups"); }

}  // namespace slipway::os
