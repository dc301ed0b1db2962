#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/sim/host.h"
#include "tests/sim/simulation.h"

namespace {

using namespace slipway::sim;

const std::map<std::string, Mutation> mutations = {{"fence_not_checked", Mutation::fence_not_checked},
                                                   {"acknowledged_before_commit", Mutation::acknowledged_before_commit},
                                                   {"outcome_forgotten", Mutation::outcome_forgotten},
                                                   {"lease_not_renewed", Mutation::lease_not_renewed}};

int usage() {
    std::fprintf(stderr,
                 "usage: sim --seeds N [--from S] [--mutate NAME]\n"
                 "       sim --seed N [--trace] [--mutate NAME]\n"
                 "       sim --mutations N     each planted mutation is caught within N seeds\n");
    return 2;
}

int run_seeds(std::uint64_t from, std::uint64_t count, const slipway::link::Credentials& credentials, Mutation mutation,
              bool tells) {
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string broken = run_history({from + i, mutation, tells}, credentials);
        if (!broken.empty()) {
            ++failed;
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(from + i), broken.c_str());
        }
        if ((i + 1) % 50 == 0) std::printf("%llu seeds\n", static_cast<unsigned long long>(i + 1));
        std::fflush(stdout);
    }
    std::printf("%llu passed, %llu failed, 0 skipped\n", static_cast<unsigned long long>(count - failed),
                static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
}

int run_mutations(std::uint64_t count, const slipway::link::Credentials& credentials) {
    int missed = 0;
    for (const auto& [name, mutation] : mutations) {
        std::string broken;
        std::uint64_t seed = 1;
        while (seed <= count && (broken = run_history({seed, mutation, false}, credentials)).empty()) ++seed;
        if (broken.empty()) ++missed;
        std::printf("%s: %s\n", name.c_str(),
                    broken.empty() ? "not caught" : ("caught by seed " + std::to_string(seed) + ": " + broken).c_str());
        std::fflush(stdout);
    }
    std::printf("%zu passed, %d failed, 0 skipped\n", mutations.size() - static_cast<std::size_t>(missed), missed);
    return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::map<std::string, std::string> options;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--trace")
            options[name] = "yes";
        else if (i + 1 < argc)
            options[name] = argv[++i];
        else
            return usage();
    }
    const auto number = [&](const char* name, std::uint64_t otherwise) {
        return options.contains(name) ? std::strtoull(options[name].c_str(), nullptr, 10) : otherwise;
    };
    if (options.contains("--mutate") && !mutations.contains(options["--mutate"])) return usage();
    const Mutation mutation = options.contains("--mutate") ? mutations.at(options["--mutate"]) : Mutation::none;
    const auto credentials = make_credentials();
    if (options.contains("--mutations")) return run_mutations(number("--mutations", 300), credentials);
    if (options.contains("--seed"))
        return run_seeds(number("--seed", 1), 1, credentials, mutation, options.contains("--trace"));
    if (options.contains("--seeds"))
        return run_seeds(number("--from", 1), number("--seeds", 300), credentials, mutation, false);
    return usage();
}
