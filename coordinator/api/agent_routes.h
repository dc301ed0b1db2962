#pragma once

#include <memory>

#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// The agent port: /agent/v1 as platform/wire/PROTOCOL.md tells. One object for the life of the server; its handlers
/// run on the loop's thread.
class AgentRoutes {
public:
    explicit AgentRoutes(Services& services) : services_(services) {}
    void add_to(http::Router& router);

private:
    void enroll(http::Request request, http::Reply reply);
    void renew(http::Request request, http::Reply reply);
    void poll(http::Request request, http::Reply reply);
    void report(http::Request request, http::Reply reply);
    void append_log(http::Request request, http::Reply reply);
    void fetch_blob(http::Request request, http::Reply reply);

    Services& services_;
};

}  // namespace slipway::api
