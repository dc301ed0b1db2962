#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace slipway::sim {

/// A defect that the simulator plants in its own adapters, to prove that the judge sees it.
enum class Mutation {
    none,
    fence_not_checked,
    acknowledged_before_commit,
    outcome_forgotten,
    lease_not_renewed,
    boot_not_compared,
    highest_fence_lost,
    journal_lost,
    log_sealed_short,
    forgotten_unsealed,
    adoption_refused,
    hold_ignored,
    identity_not_judged,
    artifact_not_verified,
};

struct NamedMutation {
    std::string_view name;
    Mutation mutation = Mutation::none;
};
/// All but `none`.
const std::vector<NamedMutation>& all_mutations();
std::optional<Mutation> mutation_named(std::string_view name);

}  // namespace slipway::sim
