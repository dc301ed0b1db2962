#include "coordinator/api/log_settling.h"

namespace slipway::api {

void settle_log(const LogParts& parts, const std::string& attempt, core::Seal seal) {
    if (seal == core::Seal::wait) return;
    auto work = [parts, attempt, seal] {
        if (seal == core::Seal::sealed) return parts.logs.close(attempt);
        if (auto restarted = parts.logs.restart(attempt); !restarted)
            parts.logger.error("a log could not be begun again",
                               {{"attempt", attempt}, {"error", restarted.error().message}});
    };
    if (auto submitted = parts.disk.submit(attempt, std::move(work)); !submitted)
        parts.logger.error("a log could not be settled", {{"attempt", attempt}, {"error", submitted.error().message}});
}

}  // namespace slipway::api
