#pragma once

#include "coordinator/api/cursor.h"
#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// Agents and pools as people see and change them. Handlers run on the loop's thread.
class AgentAdminRoutes {
public:
    AgentAdminRoutes(Services& services, const Cursors& cursors) : services_(services), cursors_(cursors) {}
    void add_to(http::Router& router);

private:
    void list(http::Request request, http::Reply reply);
    void show(http::Request request, http::Reply reply);
    void enable(http::Request request, http::Reply reply);
    void disable(http::Request request, http::Reply reply);
    void resolve(http::Request request, http::Reply reply);
    void remove(http::Request request, http::Reply reply);
    void list_pools(http::Request request, http::Reply reply);
    void create_pool(http::Request request, http::Reply reply);
    void delete_pool(http::Request request, http::Reply reply);
    void change_agent(const http::Reply& reply, std::function<Result<core::Agent>(desk::Turn&)> work);

    void close_lines(const std::string& agent_id);

    Services& services_;
    const Cursors& cursors_;
};

}  // namespace slipway::api
