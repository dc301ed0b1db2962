#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "coordinator/api/services.h"
#include "coordinator/desk/once.h"
#include "coordinator/http/router.h"
#include "platform/json/value.h"

/// What handlers of the user port have in common.
namespace slipway::api {

desk::Actor actor_of(const http::Request& request);

/// The body as JSON: 415 for another type, 400 for what is none.
Result<json::Value> read_json(const http::Request& request);

std::optional<desk::OnceKey> once_key(const http::Request& request, const std::optional<std::string>& key);

/// Asks the store on a reader's thread and answers with what `look` makes of it. `look` runs there.
void answer_from_store(Services& services, const http::Reply& reply,
                       std::function<Result<http::Response>(store::Reader&)> look);

/// The same in three steps, for what the rows alone do not say: `look` reads, `add` puts in what is volatile, on the
/// writer's thread, and `show` makes the answer. `asks_desk` says whether there is anything to put in: most often not,
/// and then the writer is left alone.
template <typename Value>
struct Look {
    std::function<Result<Value>(store::Reader&)> look;
    std::function<bool(const Value&)> asks_desk;
    std::function<void(desk::Desk&, Value&)> add;
    std::function<http::Response(const Value&)> show;
};
template <typename Value>
void answer_from_store_and_desk(Services& services, const http::Reply& reply, Look<Value> steps) {
    auto ask = [&services, reply, steps = std::move(steps)] {
        auto reader = services.store.read();
        if (!reader) return reply.send(reader.error());
        auto value = steps.look(**reader);
        reader->reset();
        if (!value) return reply.send(value.error());
        if (!steps.asks_desk(*value)) return reply.send(steps.show(*value));
        auto shared = std::make_shared<Value>(*std::move(value));
        services.writer.inspect([reply, shared, steps](desk::Desk& desk) {
            steps.add(desk, *shared);
            reply.send(steps.show(*shared));
        });
    };
    if (auto submitted = services.readers.submit(std::move(ask)); !submitted) reply.send(submitted.error());
}

/// Changes something in a turn; `show` makes the answer after the commit, on the writer's thread.
template <typename Value>
void change(Services& services, const http::Reply& reply, std::function<Result<Value>(desk::Turn&)> work,
            std::function<http::Response(Value)> show) {
    services.writer.submit<Value>(std::move(work), [reply, show = std::move(show)](Result<Value> done) {
        if (!done) return reply.send(done.error());
        reply.send(show(*std::move(done)));
    });
}

/// Creates something once for each Idempotency-Key.
void create(Services& services, const http::Request& request, const http::Reply& reply, desk::Keep keep,
            std::function<Result<desk::Created>(desk::Turn&)> work);

}  // namespace slipway::api
