#include "coordinator/cli/log_output.h"

namespace slipway::cli {

Result<> LogOutput::write(std::string_view bytes) {
    if (bytes.empty()) return {};
    last_ = bytes.back();
    if (screen_.out_terminal.is_terminal)
        screen_.out << filter_.pass(bytes);
    else
        screen_.out << bytes;
    screen_.out.flush();
    if (!screen_.out) return fail(Code::io, "nobody reads standard output any more", "output_closed");
    return {};
}

void LogOutput::end() {
    if (!screen_.out_terminal.is_terminal) return;
    screen_.out << filter_.end();
    if (last_ != '\n') screen_.out << '\n';
    screen_.out.flush();
    last_ = '\n';
}

}  // namespace slipway::cli
