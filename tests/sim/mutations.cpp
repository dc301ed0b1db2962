#include "tests/sim/mutations.h"

#include <algorithm>

namespace slipway::sim {

const std::vector<NamedMutation>& all_mutations() {
    static const std::vector<NamedMutation> all = {
        {"fence_not_checked", Mutation::fence_not_checked},
        {"acknowledged_before_commit", Mutation::acknowledged_before_commit},
        {"outcome_forgotten", Mutation::outcome_forgotten},
        {"lease_not_renewed", Mutation::lease_not_renewed},
        {"boot_not_compared", Mutation::boot_not_compared},
        {"highest_fence_lost", Mutation::highest_fence_lost},
        {"journal_lost", Mutation::journal_lost},
        {"log_sealed_short", Mutation::log_sealed_short},
        {"forgotten_unsealed", Mutation::forgotten_unsealed},
        {"adoption_refused", Mutation::adoption_refused},
        {"hold_ignored", Mutation::hold_ignored},
        {"identity_not_judged", Mutation::identity_not_judged},
        {"artifact_not_verified", Mutation::artifact_not_verified},
    };
    return all;
}

std::optional<Mutation> mutation_named(std::string_view name) {
    const auto found = std::ranges::find(all_mutations(), name, &NamedMutation::name);
    return found == all_mutations().end() ? std::nullopt : std::optional(found->mutation);
}

}  // namespace slipway::sim
