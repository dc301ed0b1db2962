#include "platform/os/file_system_sync.h"

namespace slipway::os {

Result<> sync_file_system(Directory& directory) {
    return fail(Code::unsupported, "syncing the whole file system of " + directory.path() + " is not done on Windows");
}

}  // namespace slipway::os
