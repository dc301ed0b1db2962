// bench_fill --state DIR --jobs N [--agents N] [--days N]: fills the store of a coordinator that does not run with jobs
// that have ended, the last of them now. The agents that ran them are made too.

#include <cstdio>

#include <CLI/CLI.hpp>

#include "coordinator/store/sqlite_store.h"
#include "tests/bench/fill/filler.h"

namespace {

using namespace slipway;

struct Asked {
    std::string state;
    std::int64_t jobs = 1'000'000;
    std::size_t agents = 100;
    std::int64_t days = 90;
};

Result<> run(const Asked& asked) {
    os::SystemClock clock;
    TRY_ASSIGN(const auto store, store::open_sqlite({.path = asked.state + "/slipway.db", .now = clock.wall()}));
    bench::Filler filler(*store, clock.wall() - std::chrono::hours{24 * asked.days}, clock.wall());
    TRY(filler.enroll(asked.agents));
    std::int64_t next = 0;
    return filler.fill(asked.jobs, [&](std::int64_t made) {
        if (made < next) return;
        std::fprintf(stderr, "bench_fill: %lld jobs\n", static_cast<long long>(made));
        next += 100'000;
    });
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Fills the store of a coordinator that does not run with jobs that have ended.");
    Asked asked;
    app.add_option("--state", asked.state, "State directory")->required();
    app.add_option("--jobs", asked.jobs, "How many jobs")->check(CLI::Range(0, 100'000'000));
    app.add_option("--agents", asked.agents, "How many agents ran them")->check(CLI::Range(1, 10'000));
    app.add_option("--days", asked.days, "How long ago the first was made")->check(CLI::Range(1, 3650));
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (auto filled = run(asked); !filled) {
        std::fprintf(stderr, "bench_fill: %s\n", filled.error().message.c_str());
        return 1;
    }
    return 0;
}
