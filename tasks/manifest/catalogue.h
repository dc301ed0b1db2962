#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "tasks/manifest/manifest.h"

namespace slipway::tasks {

/// The kinds of task that there are. Never changes; may be used by any thread.
class Catalogue {
public:
    /// From the texts of task.json files; each reference once.
    static Result<Catalogue> parse(std::span<const std::string_view> texts);
    /// Those that are built into the agent.
    static Catalogue built_in();

    const Manifest* find(std::string_view reference) const;  ///< "shell@1"; null if there is none
    const std::vector<Manifest>& manifests() const { return manifests_; }

    /// What a job asks for: Code::invalid names an unknown task (and what there is), an unknown input, a missing one, a
    /// wrong type. Reason `unknown_task` or `invalid_input`.
    Result<> check_task(std::string_view reference, const Inputs& inputs) const;

private:
    std::vector<Manifest> manifests_;
};

/// The task.json files of the built-in tasks, made part of the program by the build.
std::span<const std::string_view> built_in_texts();

}  // namespace slipway::tasks
