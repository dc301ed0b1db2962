#pragma once

#include <functional>

#include "coordinator/api/cursor.h"
#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// Health, figures, the API's own document and the audit. Handlers run on the loop's thread.
class SystemRoutes {
public:
    SystemRoutes(Services& services, const Cursors& cursors) : services_(services), cursors_(cursors) {}
    void add_to(http::Router& router);

private:
    void show_health(http::Request request, http::Reply reply);
    void show_openapi(http::Request request, http::Reply reply);
    void show_readiness(http::Request request, http::Reply reply);
    void show_metrics(http::Request request, http::Reply reply);
    void list_audit(http::Request request, http::Reply reply);

    Services& services_;
    const Cursors& cursors_;
};

/// The text of openapi.yaml, made part of the program by the build.
std::string_view openapi_text();

}  // namespace slipway::api
