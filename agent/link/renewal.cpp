#include "agent/link/renewal.h"

#include "platform/crypto/certificate_request.h"
#include "platform/wire/enroll.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::link {

Result<RenewalWish> make_renewal() {
    TRY_ASSIGN(const auto key, crypto::PrivateKey::generate());
    TRY_ASSIGN(auto csr, crypto::CertificateRequest::make(key));
    TRY_ASSIGN(const auto pem, key.pem());
    return RenewalWish{std::string(pem.view()),
                       wire::encode(wire::RenewRequest{wire::protocol_version, std::move(csr)})};
}

Result<Credentials> read_renewal(const Result<net::Response>& response, const std::string& key) {
    if (!response) return fail(response.error());
    if (response->status != 200) return fail(wire::to_error(wire::decode_problem(response->body, response->status)));
    TRY_ASSIGN(auto answer, wire::decode_renew_answer(response->body));
    return make_credentials(std::move(answer.certificate), key, std::move(answer.trust));
}

}  // namespace slipway::link
