#pragma once

#include <string>

#include "coordinator/desk/desk.h"

/// Agents and pools: enrolment, and what people do with them. Run in a turn of the desk; a refusal changes nothing.
namespace slipway::desk {

/// What a request with a join token shows. The caller has checked the key and makes the certificate.
struct Enrollment {
    std::string token_id;
    std::string token_secret_sha256;
    std::string key_sha256;  ///< of the public key
    std::string agent_name;  ///< what the agent calls itself; the token's name goes before it
    std::string address;
};
/// Makes a certificate for a new agent and tells its serial. Called inside the turn, before anything is written.
struct IssuedCertificate {
    std::string pem;
    std::string serial;
};
using Issue = std::function<Result<IssuedCertificate>(const std::string& agent_id)>;
struct Enrolled {
    core::Agent agent;
    std::string certificate;
};
/// Refusals (Code::forbidden): `token_unknown`, `token_expired`, `token_revoked`, `token_used`. The same token with the
/// same key gets the same certificate again for ten minutes. A name that is taken: Code::conflict `name_taken`.
Result<Enrolled> enroll(Turn& turn, const Enrollment& enrollment, const Issue& issue);

/// The certificate that was just issued to the agent. It counts beside the current one until it is first used.
Result<> renewed(Turn& turn, std::int64_t agent_row, const std::string& serial);
/// The agent was seen with this serial: a next one becomes the current one. REQUIRES: it is one of its two.
Result<> used_serial(Turn& turn, std::int64_t agent_row, const std::string& serial);

enum class Enabled { no, yes };
Result<core::Agent> set_enabled(Turn& turn, const Actor& actor, const std::string& name, Enabled enabled);

enum class Force { no, yes };
/// With open attempts only by force (`agent_busy`): they end as lost.
Result<core::Agent> delete_agent(Turn& turn, const Actor& actor, const std::string& name, Force force);

/// Ends a conflict by keeping one of the two instances (`not_conflicted`, `instance_unknown`) ...
Result<core::Agent> keep_instance(Turn& turn, const Actor& actor, const std::string& name, const std::string& instance);
/// ... or by making both enrol anew: their certificates are good for nothing from now on.
Result<core::Agent> demand_enrollment(Turn& turn, const Actor& actor, const std::string& name);

Result<core::Pool> create_pool(Turn& turn, const Actor& actor, const std::string& name);
/// `pool_in_use` while agents or unfinished jobs are in it.
Result<> delete_pool(Turn& turn, const Actor& actor, const std::string& name);

}  // namespace slipway::desk
