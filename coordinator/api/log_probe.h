#pragma once

#include <atomic>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/blobs/disk_pool.h"
#include "coordinator/desk/writer.h"
#include "platform/base/logger.h"

namespace slipway::api {

/// Looks at a log whose outcome is here already, such as after a start, and tells the desk what is durable of it.
class LogProbe : public desk::LogProbe {
public:
    LogProbe(blobs::AttemptLogs& logs, blobs::DiskPool& disk, Logger& logger)
        : logs_(logs), disk_(disk), logger_(logger) {}
    void tell(desk::Writer& writer) { writer_ = &writer; }  ///< before the writer starts

    void request(std::int64_t attempt_row, const std::string& attempt_id) override;

private:
    blobs::AttemptLogs& logs_;
    blobs::DiskPool& disk_;
    Logger& logger_;
    desk::Writer* writer_ = nullptr;
};

}  // namespace slipway::api
