#include "platform/os/service.h"

#include "platform/os/windows/unsupported.h"

namespace slipway::os {

Result<std::unique_ptr<ServiceManager>> make_service_manager(const Environment&) {
    return unsupported("speaking to the service manager");
}

}  // namespace slipway::os
