#include "platform/os/host.h"

#include "platform/os/windows/unsupported.h"

namespace slipway::os {

Result<Host> read_host() { return unsupported("describing the host"); }
Environment read_environment() { return {}; }
Result<> harden_process() { return unsupported("hardening the process"); }
Result<std::uint64_t> raise_open_files() { return unsupported("raising the limit of open files"); }
FoundPrograms find_programs(std::string_view, const std::vector<std::string>&) { return {}; }
Terminal read_terminal(Standard) { return {}; }
Result<MemoryUse> read_memory_use() { return unsupported("reading the use of memory"); }
void give_back_memory() {}

}  // namespace slipway::os
