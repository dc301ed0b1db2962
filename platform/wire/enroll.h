#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/base/result.h"

/// POST enroll and POST renew (PROTOCOL.md 2). encode() never fails; decode_...() holds every field against its rule
/// and tells the first that breaks it. All of platform/wire may be called from any thread.
namespace slipway::wire {

struct EnrollRequest {
    int protocol = 0;
    std::string token;  ///< slj1_..., as it was given to the host
    std::string csr;    ///< PKCS#10 in PEM
    std::string name;   ///< what the agent would be called; the token's name, if it has one, goes before
    std::string version;
};

struct EnrollAnswer {
    std::int64_t restore_epoch = 0;
    std::string agent;  ///< its id
    std::string name;
    std::string pool;
    std::string certificate;  ///< PEM, one
    std::string trust;        ///< PEM, all CA certificates that the agent is to accept
};

struct RenewRequest {
    int protocol = 0;
    std::string csr;
};

struct RenewAnswer {
    std::int64_t restore_epoch = 0;
    std::string certificate;
    std::string trust;
};

std::string encode(const EnrollRequest& message);
std::string encode(const EnrollAnswer& message);
std::string encode(const RenewRequest& message);
std::string encode(const RenewAnswer& message);

/// Requests of a version above protocol_version may hold fields that are not known; others may not.
Result<EnrollRequest> decode_enroll_request(std::string_view text);
Result<RenewRequest> decode_renew_request(std::string_view text);
/// Answers may always hold fields that are not known.
Result<EnrollAnswer> decode_enroll_answer(std::string_view text);
Result<RenewAnswer> decode_renew_answer(std::string_view text);

}  // namespace slipway::wire
