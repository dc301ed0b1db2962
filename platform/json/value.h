#pragma once

/// The whole of nlohmann/json, slow to compile: for .cpp files that build or walk values by hand. Reader, Writer and
/// parse() need only fwd.h.
#include <nlohmann/json.hpp>

#include "platform/json/fwd.h"
