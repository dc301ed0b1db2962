#include "tests/sim/task_script.h"

#include <sstream>

namespace slipway::sim {

std::string to_text(const TaskScript& script) {
    std::ostringstream out;
    out << script.milliseconds << ' ' << script.exit_code << ' ' << script.output_bytes << ' ' << script.stubborn << ' '
        << script.child_ms;
    return out.str();
}

TaskScript to_script(const std::string& text) {
    TaskScript script;
    std::istringstream in(text);
    in >> script.milliseconds >> script.exit_code >> script.output_bytes >> script.stubborn >> script.child_ms;
    return script;
}

}  // namespace slipway::sim
