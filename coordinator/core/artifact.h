#pragma once

#include <cstdint>
#include <string>

#include "platform/base/time.h"

namespace slipway::core {

/// A name and a version that never changes, and the blob that they stand for.
struct Artifact {
    std::int64_t row = 0;
    std::string id;
    std::string name;
    std::string version;
    std::string sha256;
    std::int64_t bytes = 0;
    Time created;
    std::string created_by;
};

/// A push that is not finished. Its bytes are a file; `touched` says when it may be swept.
struct Upload {
    std::int64_t row = 0;
    std::string id;
    std::string created_by;
    Time created;
    Time touched;
};

}  // namespace slipway::core
