#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/base/result.h"
#include "platform/yaml/read.h"

namespace slipway::cli {

/// A job as people write it (YAML, job.schema.json), made into the body of POST /api/v1/jobs.
class JobFile {
public:
    struct Variable {
        std::string name;
        std::string value;
    };

    /// `file` is for messages. `overrides` go before the file's variables. Every place that is wrong is told, a line
    /// each: "job.yaml:4:7: timeout: expected a duration such as 90s, 10m or 2h, at most 7d; found the number 10".
    /// Code::invalid with reason `job_file`, or as platform/yaml says.
    static Result<JobFile> read(std::string_view text, const std::string& file,
                                const std::vector<Variable>& overrides = {});

    const std::string& body() const { return body_; }  ///< JSON

    /// An error of the coordinator that begins with a JSON pointer into the body ("/tasks/1/inputs/form: ...") gets
    /// the place in the file that it came from.
    Error with_place(Error error) const;

private:
    JobFile(std::string body, yaml::Places places) : body_(std::move(body)), places_(std::move(places)) {}
    std::string body_;
    yaml::Places places_;
};

}  // namespace slipway::cli
