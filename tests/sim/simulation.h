#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/link/identity.h"
#include "platform/crypto/certificate_authority.h"
#include "tests/sim/scene.h"

namespace slipway::sim {

/// An authority and certificates, made once for all histories: some are soon to be renewed, some are not.
struct Certificates {
    crypto::CertificateAuthority authority;
    std::vector<link::Credentials> agents;
};
Certificates make_certificates();

struct HistoryOptions {
    std::uint64_t seed = 1;
    Mutation mutation = Mutation::none;
    bool tells = false;
};
struct HistoryEnd {
    std::string broken;  ///< the rule, empty if none
    Counts counts{};
};

/// One history from its seed to its end.
HistoryEnd run_history(const HistoryOptions& options, const Certificates& certificates);

}  // namespace slipway::sim
