#include "platform/os/file_system_sync.h"

#include <unistd.h>

#include "platform/os/linux/system_error.h"

namespace slipway::os {

Result<> sync_file_system(Directory& directory) {
    const auto native = directory.native();
    if (!native) return fail(Code::unsupported, directory.path() + " is not on a disk");
    if (::syncfs(static_cast<int>(*native)) != 0)
        return system_fail(errno, "syncing the file system of", directory.path());
    return {};
}

}  // namespace slipway::os
