#pragma once

#include <string>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/blobs/disk_pool.h"
#include "coordinator/core/report.h"
#include "platform/base/logger.h"

namespace slipway::api {

struct LogParts {
    blobs::AttemptLogs& logs;
    blobs::DiskPool& disk;
    Logger& logger;
};

/// After a commit: a log that was sealed frees what it held, one that is wanted again is begun anew. In the attempt's
/// own order of disk work; from any thread.
void settle_log(const LogParts& parts, const std::string& attempt, core::Seal seal);

}  // namespace slipway::api
