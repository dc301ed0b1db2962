#pragma once

#include <string>
#include <vector>

#include "coordinator/blobs/disk_pool.h"
#include "coordinator/http/server.h"
#include "platform/base/ids.h"
#include "platform/base/logger.h"
#include "platform/crypto/certificate_authority.h"
#include "platform/crypto/tls.h"
#include "platform/os/files.h"
#include "platform/os/loop.h"

namespace slipway {

/// The server's certificate while the coordinator runs: looked at every hour and when its names change, made anew when
/// two thirds of its life are over or the names are not those it was made for. New connections are shown the new one;
/// an error leaves the one before in force.
class ServerCertificate {
public:
    /// All outlive it. `loop` is the one whose thread uses this.
    struct Parts {
        os::Loop& loop;
        os::Directory& state;
        const crypto::CertificateAuthority& authority;
        Clock& clock;
        Random& random;
        Logger& logger;
        blobs::DiskPool& disk;
        http::Server& server;
        crypto::TlsServer users;
        crypto::TlsServer agents;
    };
    ServerCertificate(Parts parts, const crypto::TlsIdentity& shown, std::vector<std::string> names);

    void begin();  ///< before `loop` runs
    void set_names(std::vector<std::string> names);

private:
    void arm();
    void look();
    void show(const crypto::TlsIdentity& identity);  ///< on the server's thread

    Parts parts_;
    std::vector<std::string> names_;
    std::string serial_;  ///< of the one that is shown; the server's thread only
    os::Handle timer_;
};

}  // namespace slipway
