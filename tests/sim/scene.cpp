#include "tests/sim/scene.h"

#include <cstdio>

namespace slipway::sim {

void Scene::tell(const std::string& line) {
    if (!tells) return;
    std::printf("%12.6f  %s\n", static_cast<double>(now().us) / 1e6, line.c_str());
}

void Scene::violated(const std::string& rule) {
    tell("VIOLATED: " + rule);
    if (violation.empty()) violation = rule;
}

}  // namespace slipway::sim
