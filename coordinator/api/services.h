#pragma once

#include <atomic>
#include <string>

#include "coordinator/blobs/attempt_logs.h"
#include "coordinator/blobs/blob_store.h"
#include "coordinator/blobs/disk_pool.h"
#include "coordinator/desk/watchers.h"
#include "coordinator/desk/writer.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/server.h"
#include "coordinator/http/workers.h"
#include "coordinator/store/store.h"
#include "platform/base/ids.h"
#include "platform/base/logger.h"
#include "platform/base/time.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/os/reserve.h"

namespace slipway::api {

class Credentials;

/// What routes work with. All of it outlives the server; main() makes it.
struct Services {
    Clock& clock;
    Random& random;
    Logger& logger;
    http::Metrics& metrics;
    store::Store& store;
    desk::Writer& writer;
    blobs::BlobStore& blobs;
    blobs::AttemptLogs& logs;
    os::Reserve& reserve;    ///< of the disk that holds all of it
    blobs::DiskPool& disk;   ///< appends and syncs, in order for each attempt
    http::Workers& readers;  ///< two threads that ask the store
    Credentials& credentials;
    desk::JobWatchers& watchers;
    const crypto::CertificateAuthority& authority;
    http::Server* server = nullptr;  ///< set before it runs; its loop is the handlers' loop
};

}  // namespace slipway::api
