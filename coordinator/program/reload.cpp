#include "coordinator/program/reload.h"

namespace slipway {

bool take_again(Configuration& active, const Result<Configuration>& again, Logger& logger) {
    if (!again) {
        logger.error("the configuration is not taken, the one before counts", {{"error", again.error().message}});
        return false;
    }
    std::string rest;
    const auto compare = [&](bool same, const char* name) {
        if (!same) rest += (rest.empty() ? "" : ", ") + std::string(name);
    };
    compare(again->state == active.state, "state");
    compare(again->user_listen == active.user_listen, "user_listen");
    compare(again->agent_listen == active.agent_listen, "agent_listen");
    compare(again->log_format == active.log_format, "log_format");
    if (!rest.empty()) logger.warning("this needs a restart", {{"changed", rest}});
    active.log_level = again->log_level;
    active.names = again->names;
    logger.set_level(active.log_level);
    logger.info("the configuration was read again");
    return true;
}

}  // namespace slipway
