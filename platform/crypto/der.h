#pragma once

#include <string_view>

#include "platform/base/result.h"

namespace slipway::crypto {

/// One element of strict DER (X.690): single-byte tags, definite lengths in their shortest form.
struct DerElement {
    std::string_view whole;    ///< tag, length and content
    std::string_view content;  ///< of the element
};

/// Takes the element with this tag off the front of `rest`. Views point into `rest`. Code::invalid names `what`.
Result<DerElement> take_der(std::string_view& rest, unsigned char tag, std::string_view what);

}  // namespace slipway::crypto
