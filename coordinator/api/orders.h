#pragma once

#include "coordinator/desk/desk.h"

namespace slipway::api {

/// Writes order documents: what a job's spec says, with the attempt's own numbers.
class Orders : public desk::OrderWriter {
public:
    std::string write(const core::Job& job, const core::Attempt& attempt, const core::Agent& agent,
                      const std::vector<core::JobArtifact>& artifacts) override;
};

}  // namespace slipway::api
