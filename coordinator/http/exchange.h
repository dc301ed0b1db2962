#pragma once

#include <functional>
#include <string>

#include "coordinator/http/reply.h"

namespace slipway::http {

/// The server's side of one request, as Reply, Upload and EventStream use it. When it is destroyed, nobody can answer
/// any more. What reply.h promises of threads holds here.
class Exchange {
public:
    virtual ~Exchange() = default;
    virtual void send(Response response) = 0;
    virtual void when_gone(std::function<void(Gone)> function) = 0;
    virtual void when_closed(std::function<void()> function) = 0;
    virtual void next(std::function<void(Result<std::string>)> got) = 0;
    virtual void open_events() = 0;
    virtual EventStream::Push push(const Event& event) = 0;
    virtual void when_drained(std::function<void()> function) = 0;
    virtual void close_events() = 0;
};

}  // namespace slipway::http
