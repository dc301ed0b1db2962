#include "coordinator/desk/once.h"

namespace slipway::desk {
namespace {

constexpr Duration kept = 24h;

}  // namespace

Result<Created> once(Turn& turn, const std::optional<OnceKey>& key, Keep keep,
                     const std::function<Result<Created>()>& work) {
    if (!key) return work();
    TRY_ASSIGN(const auto record, turn.tx().idempotency(key->token_row, key->key));
    if (record && turn.now() - record->created < kept) {
        if (record->request_sha256 != key->request_sha256)
            return fail(Code::invalid,
                        "this Idempotency-Key was used for another request within 24 hours: draw a new one",
                        "idempotency_key_reused");
        if (record->body.empty())
            return fail(Code::conflict, "this request was done already, and what it made is shown only once",
                        "already_created");
        return Created{record->status, record->body, record->location};
    }
    TRY_ASSIGN(const Created created, work());
    TRY(turn.all_or_nothing([&]() -> Result<> {
        TRY(turn.tx().remove_idempotency_before(turn.now() - kept));
        return turn.tx().insert(store::IdempotencyRecord{key->token_row, key->key, key->request_sha256, turn.now(),
                                                         created.status, keep == Keep::answer ? created.body : "",
                                                         created.location});
    }));
    return created;
}

}  // namespace slipway::desk
