#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/wire/order.h"

namespace slipway::attempt {

/// By name: what $(name) is replaced by. The same map, in capitals, is part of a task's environment.
using Variables = std::map<std::string, std::string>;

/// The order's own; `artifacts.<alias>.` with name, version, sha256 and path; `slipway.` with attempt, job, job_name,
/// fence and work. The last two kinds go before an order's variable of the same name. `work` is the absolute path of
/// the attempt's work folder.
Variables variables_of(const wire::Order& order, const std::string& work);

/// A_B_C for "a.b c": letters become capitals, all that is neither letter nor digit becomes '_'.
std::string environment_name(std::string_view variable);

struct Replaced {
    std::string text;
    std::vector<std::string> unknown;  ///< names that stay as they were written
};

/// Replaces each $(name) once; what is put in is not looked at again.
Replaced replace_variables(std::string_view text, const Variables& variables);

}  // namespace slipway::attempt
