#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/attempt/programs.h"
#include "agent/attempt/variables.h"
#include "platform/os/process.h"
#include "platform/wire/order.h"
#include "tasks/manifest/catalogue.h"

namespace slipway::attempt {

/// A task with its variables replaced, its inputs judged and its program found.
struct TaskPlan {
    const tasks::Manifest* manifest = nullptr;
    Command command;
    std::vector<std::string> environment;
    std::string working_directory;      ///< absolute
    std::vector<std::string> warnings;  ///< for people: names that stayed as they were
};

struct PlanContext {
    const wire::Order& order;
    const Variables& variables;
    const std::map<std::string, std::string>& base_environment;
    const std::string& work;  ///< absolute
    const tasks::Catalogue& catalogue;
    Programs& programs;
};

/// Error: reason input_invalid (what the job says is wrong on this host), start_failed (its program is not there).
Result<TaskPlan> plan_task(const PlanContext& context, int index);

/// Opens the working directory; what is missing of it is made, with mode 0755.
Result<std::unique_ptr<os::Directory>> open_working_directory(os::Files& files, const std::string& path);

}  // namespace slipway::attempt
