#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/base/states.h"

namespace slipway::tasks {

enum class InputType {
    text,
    path,      ///< relative ones count from the task's working directory
    artifact,  ///< the alias of one of the job's artifacts, or a path
    url,
    integer,
    boolean,   ///< true or false
    duration,  ///< "90s", "10m"
};
std::string_view to_string(InputType type);
std::optional<InputType> input_type_from(std::string_view text);

struct Input {
    std::string name;  ///< [a-z][a-z0-9_]{0,63}; the task finds it as INPUT_<NAME>
    InputType type = InputType::text;
    bool required = false;
    std::optional<std::string> fallback;  ///< `default`: its value when the job gives none
    std::vector<std::string> allowed;     ///< empty: any
    std::optional<std::int64_t> min;      ///< of an integer
    std::optional<std::int64_t> max;
    /// The text of a script: $(name) stays as it is in it, and it is no environment variable.
    bool verbatim = false;
    std::string description;
};

struct Output {
    std::string name;
    std::string description;
};

/// What tasks/<name>/task.json says: one kind of task, in one major version.
///     {"name": "copy", "version": 1, "description": "...",
///      "inputs": [{"name": "from", "type": "path", "required": true, "description": "..."}],
///      "exactly_one_of": ["script", "file"], "shorthand": "script",
///      "outputs": [{"name": "...", "description": "..."}], "reasons": {"65": "archive_refused"}}
struct Manifest {
    std::string name;
    int version = 0;
    std::string description;
    std::vector<Input> inputs;
    std::vector<Output> outputs;
    std::vector<std::string> exactly_one_of;  ///< inputs of which a job gives one
    std::optional<std::string> shorthand;     ///< the input that a job file may write as `<name>: value`
    std::map<int, Reason> reasons;            ///< what exit codes mean; any other but 0 is Reason::exit_code

    std::string reference() const;  ///< "copy@1"
    const Input* find(std::string_view input) const;
};

Result<Manifest> parse_manifest(std::string_view json);

using Inputs = std::map<std::string, std::string>;

/// Holds the inputs of a job against the manifest: unknown, missing and wrong ones are Code::invalid with a sentence
/// for whoever wrote the job. A value that holds "$(" is judged later, by check_value(), when it has been replaced.
Result<> check_inputs(const Manifest& manifest, const Inputs& inputs);

/// One finished value, on the host; reason "input_invalid".
Result<> check_value(const Manifest& manifest, const Input& input, std::string_view value);

/// INPUT_FROM for "from".
std::string environment_name_of(const Input& input);

}  // namespace slipway::tasks
