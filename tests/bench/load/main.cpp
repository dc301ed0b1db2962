#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/load/commands.h"

namespace {

using namespace slipway;

using Command = Result<std::string> (*)(const bench::Options&);
const std::map<std::string, Command> commands = {
    {"enroll", &bench::enroll}, {"park", &bench::park}, {"idle", &bench::idle},         {"queue", &bench::queue},
    {"ingest", &bench::ingest}, {"post", &bench::post}, {"dispatch", &bench::dispatch}, {"spawn", &bench::spawn}};

int usage() {
    std::fprintf(stderr, "usage: bench_load COMMAND --name value ...\ncommands:");
    for (const auto& [name, command] : commands) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return usage();
    const auto found = commands.find(argv[1]);
    if (found == commands.end()) return usage();
    const auto options = bench::Options::parse({argv + 2, argv + argc});
    const auto printed = options ? found->second(*options) : Result<std::string>(fail(options.error()));
    if (!printed) {
        std::fprintf(stderr, "bench_load %s: %s\n", argv[1], printed.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", printed->c_str());
    return 0;
}
