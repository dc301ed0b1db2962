#include "coordinator/cli/context.h"

#include <algorithm>

#include "coordinator/cli/fields.h"
#include "platform/json/value.h"
#include "platform/net/url.h"

namespace slipway::cli {

Result<Session> Session::open(const Context& context) {
    TRY_ASSIGN(const auto credentials, Credentials::load(context.files, context.settings.config_path));
    TRY_ASSIGN(auto endpoint, endpoint_from(context.files, context.settings, credentials));
    return open(context, std::move(endpoint));
}

Result<Session> Session::open(const Context& context, Endpoint endpoint) {
    net::ClientOptions options;
    options.tls.trust = endpoint.trust;
    options.proxy = context.settings.proxy;
    options.user_agent = "slipway/" + context.version;
    Session session;
    TRY_ASSIGN(session.transport_, Transport::make(context.clock, std::move(options)));
    session.api_ =
        std::make_unique<Api>(*session.transport_, context.clock, context.random, context.screen, std::move(endpoint));
    return session;
}

Result<json::Value> read_list(Api& api, const std::string& path, const std::string& query, std::uint64_t limit,
                              const std::string& cursor) {
    json::Value all = {{"items", json::Value::array()}, {"next_cursor", nullptr}};
    std::string next = cursor;
    do {
        net::Query asked;
        asked.add("limit", std::min<std::uint64_t>(limit - all["items"].size(), limits::list_items_max));
        if (!next.empty()) asked.add("cursor", next);
        std::string text = asked.text();
        if (!query.empty()) text += "&" + query.substr(1);
        TRY_ASSIGN(const auto page, api.get(path + text));
        for (const json::Value& item : inside(page, "items")) all["items"].push_back(item);
        next = text_of(page, "next_cursor");
    } while (!next.empty() && all["items"].size() < limit);
    if (!next.empty()) all["next_cursor"] = next;
    return all;
}

void note_more(const json::Value& list, const Screen& screen) {
    const std::string next = text_of(list, "next_cursor");
    if (!next.empty()) screen.note("There are more: raise --limit, or go on with --cursor " + next);
}

Call once(Call call, Api& api) {
    call.headers.push_back({"Idempotency-Key", make_uuid7(api.clock().wall(), api.random())});
    call.repeat = Repeat::safe;
    return call;
}

}  // namespace slipway::cli
