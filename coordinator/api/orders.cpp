#include "coordinator/api/orders.h"

#include "platform/base/assert.h"
#include "platform/base/limits.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/wire/envelope.h"
#include "platform/wire/order.h"

namespace slipway::api {
namespace {

// The spec is what read_job_document() wrote, so it can be read; one that cannot is a defect or a damaged store.
void read_spec(const std::string& spec, wire::Order& order) {
    const auto value = json::parse(spec, {.bytes_max = limits::order_bytes_max});
    ASSERT(value);
    json::Reader in(*value, json::UnknownFields::refuse);
    in.array("tasks", limits::tasks_max, [&](json::Reader& item) { wire::read(item, order.tasks.emplace_back()); });
    in.text_map("variables", limits::variables_max, order.variables);
    in.optional("working_directory", order.working_directory);
    ASSERT(in.finish());
}

}  // namespace

std::string Orders::write(const core::Job& job, const core::Attempt& attempt, const core::Agent& agent,
                          const std::vector<core::JobArtifact>& artifacts) {
    wire::Order order;
    order.attempt = attempt.id;
    order.job = job.id;
    order.fence = attempt.fence;
    order.agent = agent.id;
    order.created = attempt.leased;
    order.name = job.name;
    order.timeout_s = job.timeout_s;
    order.cancel_grace_s = job.cancel_grace_s;
    read_spec(job.spec, order);
    for (const core::JobArtifact& artifact : artifacts)
        order.artifacts.push_back({artifact.alias, artifact.name, artifact.version, artifact.sha256, artifact.bytes});
    return wire::seal_order(order);
}

}  // namespace slipway::api
