#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/json/fwd.h"

namespace slipway::cli {

/// job.schema.json, as `slipway job schema` prints it for editors.
std::string_view job_schema_text();

/// One place that a schema does not allow: the steps from the root, keys and indices as text.
using Steps = std::vector<std::string>;

/// Every place of `value` that the schema (JSON Schema, draft 7) refuses, without those that are refused only for
/// what stands deeper. Nothing refused: empty. Errors: the schema itself is wrong.
Result<std::vector<Steps>> refused_places(const json::Value& schema, const json::Value& value);

}  // namespace slipway::cli
