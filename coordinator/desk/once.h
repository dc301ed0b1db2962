#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/desk/desk.h"

namespace slipway::desk {

/// What a creation answered, so that the same request can be answered the same again.
struct Created {
    int status = 201;
    std::string body;
    std::string location;
};

struct OnceKey {
    std::int64_t token_row = 0;
    std::string key;             ///< Idempotency-Key
    std::string request_sha256;  ///< of route and body
};

/// Whether the answer may be kept: one that shows a secret is shown once, and a repetition is `already_created`.
enum class Keep { answer, only_that_it_was };

/// Does `work` unless the same key did it within 24 hours: then the same answer again, or, with another request,
/// Code::invalid `idempotency_key_reused`. Without a key `work` is simply done.
Result<Created> once(Turn& turn, const std::optional<OnceKey>& key, Keep keep,
                     const std::function<Result<Created>()>& work);

}  // namespace slipway::desk
