#include "coordinator/api/agent_routes.h"
#include "coordinator/api/credentials.h"
#include "coordinator/desk/agents.h"
#include "platform/base/ids.h"
#include "platform/crypto/certificate_request.h"
#include "platform/crypto/join_token.h"
#include "platform/wire/enroll.h"

namespace slipway::api {
namespace {

struct Asked {
    wire::EnrollRequest request;
    crypto::JoinToken token;
    crypto::PublicKey key;
};

Result<crypto::CertificateRequest> read_csr(const std::string& pem) {
    auto csr = crypto::CertificateRequest::parse(pem);
    if (!csr && csr.error().code == Code::invalid) return fail(Code::invalid, csr.error().message, "csr_invalid");
    return csr;
}

Result<Asked> read_enrollment(const http::Request& request) {
    TRY(request.content_type_is("application/json"));
    TRY_ASSIGN(auto message, wire::decode_enroll_request(request.body));
    TRY_ASSIGN(auto token, crypto::JoinToken::parse(message.token));
    TRY_ASSIGN(const auto csr, read_csr(message.csr));
    return Asked{std::move(message), std::move(token), csr.public_key()};
}

struct Enrolled {
    desk::Enrolled enrolled;
    std::string pool;
    std::int64_t restore_epoch = 0;
};

}  // namespace

// The certificate is made inside the turn: the agent's id is drawn there, and a signature costs less than a second way
// through the writer.
void AgentRoutes::enroll(http::Request request, http::Reply reply) {
    auto asked = read_enrollment(request);
    if (!asked) return reply.send(asked.error());
    const auto issue = [this, key = asked->key](const std::string& agent_id) -> Result<desk::IssuedCertificate> {
        TRY_ASSIGN(const auto certificate,
                   services_.authority.issue_agent({key, agent_id, services_.clock.wall()}, services_.random));
        return desk::IssuedCertificate{certificate.pem(), certificate.serial()};
    };
    const desk::Enrollment enrollment{asked->token.id, asked->token.hash(), asked->key.digest(), asked->request.name,
                                      request.peer_address};
    services_.writer.submit<Enrolled>(
        [enrollment, issue](desk::Turn& turn) -> Result<Enrolled> {
            TRY_ASSIGN(auto enrolled, desk::enroll(turn, enrollment, issue));
            TRY_ASSIGN(const auto pool, turn.tx().pool(enrolled.agent.pool_row));
            return Enrolled{std::move(enrolled), pool ? pool->name : "", turn.desk().restore_epoch()};
        },
        [this, reply](Result<Enrolled> done) {
            if (!done) return reply.send(done.error());
            services_.credentials.forget();
            wire::EnrollAnswer answer;
            answer.restore_epoch = done->restore_epoch;
            answer.agent = done->enrolled.agent.id;
            answer.name = done->enrolled.agent.name;
            answer.pool = done->pool;
            answer.certificate = done->enrolled.certificate;
            answer.trust = services_.authority.certificate().pem();
            reply.send(http::Response::json(200, wire::encode(answer)));
        });
}

void AgentRoutes::renew(http::Request request, http::Reply reply) {
    if (auto type = request.content_type_is("application/json"); !type) return reply.send(type.error());
    const auto message = wire::decode_renew_request(request.body);
    if (!message) return reply.send(message.error());
    const auto csr = read_csr(message->csr);
    if (!csr) return reply.send(csr.error());
    const auto certificate = services_.authority.issue_agent(
        {csr->public_key(), request.principal.id(), services_.clock.wall()}, services_.random);
    if (!certificate) return reply.send(certificate.error());
    services_.writer.submit<std::int64_t>(
        [row = request.principal.row(), used = request.principal.serial(),
         serial = certificate->serial()](desk::Turn& turn) -> Result<std::int64_t> {
            TRY(desk::used_serial(turn, row, used));
            TRY(desk::renewed(turn, row, serial));
            return turn.desk().restore_epoch();
        },
        [this, reply, pem = certificate->pem()](Result<std::int64_t> done) {
            if (!done) return reply.send(done.error());
            services_.credentials.forget();
            reply.send(http::Response::json(
                200, wire::encode(wire::RenewAnswer{*done, pem, services_.authority.certificate().pem()})));
        });
}

}  // namespace slipway::api
