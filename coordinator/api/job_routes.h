#pragma once

#include "coordinator/api/cursor.h"
#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// /api/v1/jobs but for their logs. Handlers run on the loop's thread.
class JobRoutes {
public:
    JobRoutes(Services& services, const Cursors& cursors) : services_(services), cursors_(cursors) {}
    void add_to(http::Router& router);

private:
    void create(http::Request request, http::Reply reply);
    void list(http::Request request, http::Reply reply);
    void show(http::Request request, http::Reply reply);
    void cancel(http::Request request, http::Reply reply);
    void retry(http::Request request, http::Reply reply);
    void resolve(http::Request request, http::Reply reply);
    void release(http::Request request, http::Reply reply);
    void move(const http::Request& request, const http::Reply& reply,
              std::function<Result<core::Job>(desk::Turn&, const desk::Actor&, const std::string&)> work);

    Services& services_;
    const Cursors& cursors_;
};

}  // namespace slipway::api
