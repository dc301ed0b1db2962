#pragma once

#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// Logs of jobs: by range, live, and when their bytes were written. Handlers run on the loop's thread.
class LogRoutes {
public:
    explicit LogRoutes(Services& services) : services_(services) {}
    void add_to(http::Router& router);

private:
    void show(http::Request request, http::Reply reply);
    void show_marks(http::Request request, http::Reply reply);
    void follow(http::Request request, http::EventReply reply);

    Services& services_;
};

}  // namespace slipway::api
