#include "coordinator/api/handling.h"

#include "platform/crypto/sha256.h"
#include "platform/json/parse.h"

namespace slipway::api {

desk::Actor actor_of(const http::Request& request) { return {request.principal.actor(), request.peer_address}; }

Result<json::Value> read_json(const http::Request& request) {
    TRY(request.content_type_is("application/json"));
    return json::parse(request.body);
}

std::optional<desk::OnceKey> once_key(const http::Request& request, const std::optional<std::string>& key) {
    if (!key) return std::nullopt;
    return desk::OnceKey{request.principal.row(), *key, crypto::sha256(request.path + "\n" + request.body)};
}

void answer_from_store(Services& services, const http::Reply& reply,
                       std::function<Result<http::Response>(store::Reader&)> look) {
    auto ask = [&services, reply, look = std::move(look)] {
        auto reader = services.store.read();
        if (!reader) return reply.send(reader.error());
        auto response = look(**reader);
        if (!response) return reply.send(response.error());
        reply.send(*std::move(response));
    };
    if (auto submitted = services.readers.submit(std::move(ask)); !submitted) reply.send(submitted.error());
}

void create(Services& services, const http::Request& request, const http::Reply& reply, desk::Keep keep,
            std::function<Result<desk::Created>(desk::Turn&)> work) {
    const auto key = request.idempotency_key();
    if (!key) return reply.send(key.error());
    change<desk::Created>(
        services, reply,
        [once = once_key(request, *key), keep, work = std::move(work)](desk::Turn& turn) {
            return desk::once(turn, once, keep, [&] { return work(turn); });
        },
        [](desk::Created created) {
            http::Response response = http::Response::json(created.status, std::move(created.body));
            if (!created.location.empty()) response.set("Location", created.location);
            return response;
        });
}

}  // namespace slipway::api
