#pragma once

#include "coordinator/api/cursor.h"
#include "coordinator/api/services.h"
#include "coordinator/http/router.h"

namespace slipway::api {

/// Pushes and artifacts. Bytes stream through disk threads; a small command at the end says that they are there.
/// Handlers run on the loop's thread.
class ArtifactRoutes {
public:
    ArtifactRoutes(Services& services, const Cursors& cursors) : services_(services), cursors_(cursors) {}
    void add_to(http::Router& router);

private:
    void begin_upload(http::Request request, http::Reply reply);
    void show_upload(http::Request request, http::Reply reply);
    void append_upload(http::Request request, http::Upload body, http::Reply reply);
    void delete_upload(http::Request request, http::Reply reply);
    void list(http::Request request, http::Reply reply);
    void create(http::Request request, http::Reply reply);
    void show(http::Request request, http::Reply reply);
    void remove(http::Request request, http::Reply reply);
    void download(http::Request request, http::Reply reply);
    void remove_blob(const std::string& sha256);

    Services& services_;
    const Cursors& cursors_;
};

}  // namespace slipway::api
