#include "agent/cli/state_directory.h"

namespace slipway::cli {
namespace {

constexpr std::uint32_t state_mode = 0700;

}  // namespace

Result<StateDirectory> open_state(os::Files& files, const std::string& path) {
    StateDirectory state;
    TRY_ASSIGN(state.directory, files.make_directories(path, state_mode));
    TRY_ASSIGN(state.lock, state.directory->lock("lock"));
    return state;
}

}  // namespace slipway::cli
