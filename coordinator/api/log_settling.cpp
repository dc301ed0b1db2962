#include "coordinator/api/log_settling.h"

namespace slipway::api {
namespace {

/// That it was asked for is written after its bytes are gone: whoever is killed in between finds the same bytes, judges
/// them as before and comes here again.
void begin_anew(const LogParts& parts, const std::string& attempt, const std::string& wrong_sha256) {
    if (auto restarted = parts.logs.restart(attempt, wrong_sha256); !restarted)
        return parts.logger.error("a log could not be begun again",
                                  {{"attempt", attempt}, {"error", restarted.error().message}});
    parts.writer.submit<bool>(
        [attempt](desk::Turn& turn) -> Result<bool> {
            TRY(desk::log_begun_anew(turn, attempt));
            return true;
        },
        [&logger = parts.logger, attempt](const Result<bool>& noted) {
            if (!noted)
                logger.error("a log was begun again, and this could not be stored",
                             {{"attempt", attempt}, {"error", noted.error().message}});
        });
}

}  // namespace

void settle_log(const LogParts& parts, const std::string& attempt, const desk::JudgedLog& log) {
    if (log.seal == core::Seal::wait) return;
    auto work = [parts, attempt, log] {
        if (log.seal == core::Seal::sealed) return parts.logs.close(attempt);
        begin_anew(parts, attempt, log.sha256);
    };
    if (auto submitted = parts.disk.submit(attempt, std::move(work)); !submitted)
        parts.logger.error("a log could not be settled", {{"attempt", attempt}, {"error", submitted.error().message}});
}

}  // namespace slipway::api
