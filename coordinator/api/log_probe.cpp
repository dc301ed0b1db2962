#include "coordinator/api/log_probe.h"

#include "coordinator/api/log_settling.h"
#include "coordinator/desk/polls.h"

namespace slipway::api {

void LogProbe::request(std::int64_t attempt_row, const std::string& attempt_id) {
    auto look = [this, attempt_row, attempt_id] {
        const auto held = logs_.held(attempt_id);
        if (!held)
            return logger_.error("a log could not be read", {{"attempt", attempt_id}, {"error", held.error().message}});
        writer_->submit<desk::JudgedLog>(
            [attempt_row, held = *held](desk::Turn& turn) {
                return desk::note_log(turn, attempt_row, {held.bytes, held.sha256});
            },
            [this, attempt_id](Result<desk::JudgedLog> judged) {
                if (judged) settle_log({logs_, disk_, *writer_, logger_}, attempt_id, *judged);
            });
    };
    // A full queue is no loss: the agent's next list asks again.
    if (auto submitted = disk_.submit(attempt_id, std::move(look)); !submitted)
        logger_.warning("a log is looked at later", {{"attempt", attempt_id}});
}

}  // namespace slipway::api
