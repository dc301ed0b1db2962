#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/sim/simulation.h"

namespace {

using namespace slipway::sim;

constexpr std::uint64_t all_kinds_within = 300;  // seeds

int usage() {
    std::fprintf(stderr,
                 "usage: sim --seeds N [--from S] [--mutate NAME]\n"
                 "       sim --seed N [--trace] [--mutate NAME]\n"
                 "       sim --mutations N     each planted mutation is caught within N seeds\n");
    return 2;
}

/// How often each kind of thing happened. False: one never did.
bool print_counts(const Counts& counts) {
    bool all = true;
    for (std::size_t i = 0; i < kinds; ++i) {
        std::printf("%10llu  %s\n", static_cast<unsigned long long>(counts[i]),
                    std::string(to_string(static_cast<Kind>(i))).c_str());
        all &= counts[i] > 0 || is_rare(static_cast<Kind>(i));
    }
    return all;
}

int run_seeds(std::uint64_t from, std::uint64_t count, const Certificates& certificates, Mutation mutation,
              bool tells) {
    std::uint64_t failed = 0;
    Counts counts{};
    for (std::uint64_t i = 0; i < count; ++i) {
        const HistoryEnd end = run_history({from + i, mutation, tells}, certificates);
        if (!end.broken.empty()) {
            ++failed;
            std::printf("seed %llu: %s\n", static_cast<unsigned long long>(from + i), end.broken.c_str());
        }
        for (std::size_t k = 0; k < kinds; ++k) counts[k] += end.counts[k];
        if ((i + 1) % 50 == 0) std::printf("%llu seeds\n", static_cast<unsigned long long>(i + 1));
        std::fflush(stdout);
    }
    const bool all = print_counts(counts);
    const bool lacks = count >= all_kinds_within && !all;
    if (lacks) std::printf("something of what can happen never did\n");
    std::printf("%llu passed, %llu failed, 0 skipped\n", static_cast<unsigned long long>(count - failed),
                static_cast<unsigned long long>(failed));
    return failed == 0 && !lacks ? 0 : 1;
}

int run_mutations(std::uint64_t count, const Certificates& certificates) {
    int missed = 0;
    for (const NamedMutation& planted : all_mutations()) {
        std::string broken;
        std::uint64_t seed = 1;
        while (seed <= count && (broken = run_history({seed, planted.mutation, false}, certificates).broken).empty())
            ++seed;
        if (broken.empty()) ++missed;
        std::printf("%s: %s\n", std::string(planted.name).c_str(),
                    broken.empty() ? "not caught" : ("caught by seed " + std::to_string(seed) + ": " + broken).c_str());
        std::fflush(stdout);
    }
    const std::size_t caught = all_mutations().size() - static_cast<std::size_t>(missed);
    std::printf("%zu passed, %d failed, 0 skipped\n", caught, missed);
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
    const auto mutation = options.contains("--mutate") ? mutation_named(options["--mutate"]) : Mutation::none;
    if (!mutation) return usage();
    const Certificates certificates = make_certificates();
    if (options.contains("--mutations")) return run_mutations(number("--mutations", 300), certificates);
    if (options.contains("--seed"))
        return run_seeds(number("--seed", 1), 1, certificates, *mutation, options.contains("--trace"));
    if (options.contains("--seeds"))
        return run_seeds(number("--from", 1), number("--seeds", 300), certificates, *mutation, false);
    return usage();
}
