#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/desk/jobs.h"
#include "platform/base/result.h"
#include "platform/json/value.h"
#include "platform/wire/order.h"

namespace slipway::api {

/// What POST /api/v1/jobs takes (schema `NewJob` of openapi.yaml): the job, and what its agent will do.
struct JobDocument {
    desk::NewJob job;  ///< `spec` holds the rest as JSON text
    std::vector<wire::OrderTask> tasks;
    std::map<std::string, std::string> variables;
    std::optional<std::string> working_directory;
};

/// Judges everything that can be judged without the store. Code::invalid with a JSON pointer; reasons `invalid_field`,
/// `unknown_field`, `unknown_task`, `invalid_input`, `reserved_name`.
Result<JobDocument> read_job_document(const json::Value& value);

}  // namespace slipway::api
