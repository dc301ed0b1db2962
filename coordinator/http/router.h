#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coordinator/http/route.h"
#include "platform/base/result.h"

namespace slipway::http {

/// A request target (RFC 9112, 3.2.1: origin-form alone) as path and query. The path is decoded once; what could be
/// read in two ways is refused: empty, "." and ".." segments, a trailing dot, ';', '\', an escaped '/', an escape that
/// was not needed, control characters, what is not UTF-8.
struct Target {
    std::string path;
    std::string query;
};
Result<Target> parse_target(std::string_view text);

struct Match {
    const Route* route = nullptr;  ///< nothing matches the path and method
    std::vector<std::pair<std::string_view, std::string>> parameters;
    std::string allow;  ///< the path exists for other methods: the value of Allow
};

/// The one route table. Filled at start, read by the loop's thread.
class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// Two routes of the same method and pattern, a bad pattern, or an access that does not fit the port are defects.
    void add(Route route);

    Match match(Port port, Method method, std::string_view path) const;

    /// "user GET /healthz" for every route that asks for no credential, sorted; a golden list in the tests.
    std::vector<std::string> open_routes() const;
    /// For tests that walk the table.
    std::vector<const Route*> routes() const;

private:
    struct Node;
    std::vector<std::unique_ptr<Route>> routes_;
    std::unique_ptr<Node> roots_[2];
};

}  // namespace slipway::http
