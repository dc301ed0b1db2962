#pragma once

/// The whole of nlohmann/json, slow to compile: for .cpp files that parse, build or walk values. Headers that only
/// pass values on, Reader and Writer need fwd.h alone.
#include <nlohmann/json.hpp>

#include "platform/json/fwd.h"
