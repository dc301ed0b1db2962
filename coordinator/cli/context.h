#pragma once

#include <istream>
#include <memory>
#include <vector>

#include "coordinator/cli/api.h"
#include "coordinator/cli/credentials.h"
#include "coordinator/cli/screen.h"

namespace slipway::cli {

/// What the completion scripts are made of: the commands and their options.
struct Word {
    std::string name;
    std::string help;
    std::vector<std::string> options;  ///< "--follow", "-f"
    std::vector<Word> inside;
};

/// What every command is given.
struct Context {
    Clock& clock;
    Random& random;
    os::Files& files;
    const Screen& screen;
    std::istream& in;
    Settings settings;
    std::string version;
    Word words = {};
};

/// A connection to the coordinator that the settings and the saved logins choose.
class Session {
public:
    static Result<Session> open(const Context& context);
    static Result<Session> open(const Context& context, Endpoint endpoint);
    Api& api() { return *api_; }
    Api* operator->() { return api_.get(); }

private:
    std::unique_ptr<Transport> transport_;
    std::unique_ptr<Api> api_;
};

/// Follows the cursor of a list until there are `limit` items; {"items", "next_cursor"}.
Result<json::Value> read_list(Api& api, const std::string& path, const std::string& query, std::uint64_t limit,
                              const std::string& cursor);
/// After a table that is not the whole list.
void note_more(const json::Value& list, const Screen& screen);

/// Adds an Idempotency-Key, drawn once for the call, so that it may be sent again after a lost answer.
Call once(Call call, Api& api);

}  // namespace slipway::cli
