#pragma once

#include <string>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/blobs/disk_pool.h"
#include "coordinator/desk/polls.h"
#include "coordinator/desk/writer.h"
#include "platform/base/logger.h"

namespace slipway::api {

struct LogParts {
    blobs::AttemptLogs& logs;
    blobs::DiskPool& disk;
    desk::Writer& writer;
    Logger& logger;
};

/// After a commit: a log that was sealed frees what it held, one that is wanted again is begun anew. In the attempt's
/// own order of disk work; from any thread.
void settle_log(const LogParts& parts, const std::string& attempt, const desk::JudgedLog& log);

}  // namespace slipway::api
