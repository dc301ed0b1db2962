#include "coordinator/api/log_probe.h"

#include "coordinator/desk/polls.h"

namespace slipway::api {

void LogProbe::request(std::int64_t attempt_row, const std::string& attempt_id) {
    auto look = [this, attempt_row, attempt_id] {
        const auto held = logs_.held(attempt_id);
        if (!held)
            return logger_.error("a log could not be read", {{"attempt", attempt_id}, {"error", held.error().message}});
        writer_->submit<bool>(
            [attempt_row, held = *held](desk::Turn& turn) {
                return desk::note_log(turn, attempt_row, {held.bytes, held.sha256});
            },
            [this, attempt_id](Result<bool> send_again) {
                if (!send_again || !*send_again) return;
                auto restart = [this, attempt_id] {
                    if (auto restarted = logs_.restart(attempt_id); !restarted)
                        logger_.error("a log could not be begun again",
                                      {{"attempt", attempt_id}, {"error", restarted.error().message}});
                };
                if (auto submitted = disk_.submit(attempt_id, std::move(restart)); !submitted)
                    logger_.error("a log could not be begun again", {{"attempt", attempt_id}});
            });
    };
    // A full queue is no loss: the agent's next list asks again.
    if (auto submitted = disk_.submit(attempt_id, std::move(look)); !submitted)
        logger_.warning("a log is looked at later", {{"attempt", attempt_id}});
}

}  // namespace slipway::api
