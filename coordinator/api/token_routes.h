#pragma once

#include <string>

#include "coordinator/api/cursor.h"
#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// What the first administrator is made with.
struct Bootstrap {
    std::string code_sha256;          ///< empty: there is none, for there has been an administrator
    std::function<void()> when_done;  ///< called once, on the writer's thread: the open port may open, the file go
};

/// Tokens of people and programs, join tokens of agents, and the bootstrap. Handlers run on the loop's thread.
class TokenRoutes {
public:
    TokenRoutes(Services& services, const Cursors& cursors, Bootstrap bootstrap, std::string agent_url,
                std::string version);
    void add_to(http::Router& router);

private:
    void bootstrap(http::Request request, http::Reply reply);
    void show_self(http::Request request, http::Reply reply);
    void list(http::Request request, http::Reply reply);
    void create(http::Request request, http::Reply reply);
    void revoke(http::Request request, http::Reply reply);
    void list_join(http::Request request, http::Reply reply);
    void create_join(http::Request request, http::Reply reply);
    void revoke_join(http::Request request, http::Reply reply);

    Services& services_;
    const Cursors& cursors_;
    const Bootstrap bootstrap_;
    const std::string agent_url_;
    const std::string version_;
    bool bootstrapped_ = false;  ///< in this run; the writer's thread only
};

}  // namespace slipway::api
