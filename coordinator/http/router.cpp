#include "coordinator/http/router.h"

#include <algorithm>
#include <map>

#include "coordinator/http/percent.h"
#include "platform/base/assert.h"
#include "platform/base/bytes.h"
#include "platform/base/ids.h"

namespace slipway::http {
namespace {

using Fits = bool (*)(std::string_view);

bool is_number(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && text.size() <= 18 && std::all_of(text.begin(), text.end(), digit);
}

Fits kind_named(std::string_view kind) {
    if (kind == "uuid") return is_uuid;
    if (kind == "name") return is_name;
    if (kind == "version") return is_version;
    if (kind == "digest") return is_digest;
    if (kind == "number") return is_number;
    ASSERT(!"a kind of parameter that router.h lists");
    return nullptr;
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    path.remove_prefix(1);
    for (;;) {
        const std::size_t slash = path.find('/');
        segments.push_back(path.substr(0, slash));
        if (slash == std::string_view::npos) return segments;
        path.remove_prefix(slash + 1);
    }
}

bool is_unreserved(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

bool is_literal(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_unreserved(c) && !(c >= 'A' && c <= 'Z'); });
}

/// Whether an escape in a path stands for something that had to be escaped and that no one takes for structure.
bool may_be_escaped(char c) { return !is_unreserved(c) && c != '/' && c != '\\' && c != ';' && c != '%'; }

Result<> check_segments(std::string_view path) {
    if (path == "/") return {};
    for (const std::string_view segment : segments_of(path)) {
        if (segment.empty()) return fail(Code::invalid, "the path has an empty segment ('//' or a '/' at its end)");
        if (segment.back() == '.') return fail(Code::invalid, "a segment of the path ends with a dot");
    }
    return {};
}

bool fits_port(const Access& access, Port port) {
    switch (access.kind()) {
        case Access::Kind::open: return true;
        case Access::Kind::bootstrap:
        case Access::Kind::token: return port == Port::user;
        case Access::Kind::agent:
        case Access::Kind::expired_agent:
        case Access::Kind::deleted_agent: return port == Port::agent;
    }
    return false;
}

bool fits_scope(const Access& access, Scope scope) {
    if (access.is_open()) return scope == Scope::none;
    return access.kind() == Access::Kind::token ? scope == Scope::all : scope == Scope::own;
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
    if (text.empty() || text.front() != '/')
        return fail(Code::invalid, "the request target must be a path that begins with '/'");
    const std::size_t question = text.find('?');
    const std::string_view raw = text.substr(0, question);
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == ';' || raw[i] == '\\')
            return fail(Code::invalid, "the path holds '" + std::string(1, raw[i]) + "', which no path here has");
        if (raw[i] != '%') continue;
        const auto escaped = percent_decode(raw.substr(i, 3), Plus::is_plus);
        // A part of a longer UTF-8 sequence cannot be judged alone; percent_decode of the whole does.
        const bool high = i + 1 < raw.size() && ((raw[i + 1] >= '8' && raw[i + 1] <= '9') || raw[i + 1] >= 'A');
        if (!high && (!escaped || !may_be_escaped(escaped->front())))
            return fail(Code::invalid, "the path holds the escape '" + printable(raw.substr(i, 3)) +
                                           "', which is not needed or not allowed there");
    }
    Target target;
    TRY_ASSIGN(target.path, percent_decode(raw, Plus::is_plus));
    TRY(check_segments(target.path));
    if (question != std::string_view::npos) target.query = text.substr(question + 1);
    return target;
}

/// One segment's place in the table: literals first, then parameters in the order in which they were added.
struct Router::Node {
    struct Parameter {
        std::string_view kind;
        Fits fits;
        std::unique_ptr<Node> node;
    };
    struct Entry {
        const Route* route;
        std::vector<std::string_view> names;
    };
    std::map<std::string_view, std::unique_ptr<Node>> literals;
    std::vector<Parameter> parameters;
    std::vector<Entry> entries;

    Node& child(std::string_view segment, std::vector<std::string_view>& names) {
        if (!segment.starts_with('{')) {
            ASSERT(is_literal(segment));
            auto& node = literals[segment];
            if (!node) node = std::make_unique<Node>();
            return *node;
        }
        const std::size_t colon = segment.find(':');
        ASSERT(segment.ends_with('}') && colon != std::string_view::npos);
        names.push_back(segment.substr(1, colon - 1));
        const std::string_view kind = segment.substr(colon + 1, segment.size() - colon - 2);
        for (Parameter& parameter : parameters)
            if (parameter.kind == kind) return *parameter.node;
        parameters.push_back({kind, kind_named(kind), std::make_unique<Node>()});
        return *parameters.back().node;
    }

    /// Looks at all ways to read the path; the first whose node knows the method wins, the others make up Allow.
    void find(std::vector<std::string_view>::const_iterator at, std::vector<std::string_view>::const_iterator end,
              std::vector<std::string_view>& values, const auto& found) const {
        if (at == end) {
            for (const Entry& entry : entries) found(entry, values);
            return;
        }
        if (const auto literal = literals.find(*at); literal != literals.end())
            literal->second->find(at + 1, end, values, found);
        for (const Parameter& parameter : parameters) {
            if (!parameter.fits(*at)) continue;
            values.push_back(*at);
            parameter.node->find(at + 1, end, values, found);
            values.pop_back();
        }
    }
};

Router::Router() : roots_{std::make_unique<Node>(), std::make_unique<Node>()} {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Route route) {
    const std::string_view pattern = route.pattern.value;
    ASSERT(pattern.starts_with('/'));
    ASSERT(route.method != Method::head && route.method != Method::other);
    ASSERT(fits_port(route.access.value, route.port));
    ASSERT(fits_scope(route.access.value, route.scope));
    Node* node = roots_[static_cast<std::size_t>(route.port.value)].get();
    std::vector<std::string_view> names;
    if (pattern != "/")
        for (const std::string_view segment : segments_of(pattern)) node = &node->child(segment, names);
    for (const Node::Entry& entry : node->entries) ASSERT(entry.route->method != route.method);
    routes_.push_back(std::make_unique<Route>(std::move(route)));
    node->entries.push_back({routes_.back().get(), std::move(names)});
}

Match Router::match(Port port, Method method, std::string_view path) const {
    const Method wanted = method == Method::head ? Method::get : method;
    std::vector<std::string_view> segments;
    if (path != "/") segments = segments_of(path);
    std::vector<std::string_view> values;
    Match match;
    std::vector<std::string_view> allowed;
    const auto found = [&](const Node::Entry& entry, const std::vector<std::string_view>& at) {
        const Method its = entry.route->method;
        allowed.push_back(to_string(its));
        if (its == Method::get) allowed.push_back("HEAD");
        if (match.route != nullptr || its != wanted) return;
        match.route = entry.route;
        for (std::size_t i = 0; i < at.size(); ++i) match.parameters.emplace_back(entry.names[i], std::string(at[i]));
    };
    roots_[static_cast<std::size_t>(port)]->find(segments.begin(), segments.end(), values, found);
    if (match.route != nullptr) return match;
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (const std::string_view name : allowed) match.allow.append(match.allow.empty() ? "" : ", ").append(name);
    return match;
}

std::vector<std::string> Router::open_routes() const {
    std::vector<std::string> open;
    for (const auto& route : routes_) {
        if (!route->access.value.is_open()) continue;
        std::string line(route->port == Port::user ? "user " : "agent ");
        line.append(to_string(route->method)).append(" ").append(route->pattern.value);
        open.push_back(std::move(line));
    }
    std::sort(open.begin(), open.end());
    return open;
}

std::vector<const Route*> Router::routes() const {
    std::vector<const Route*> all;
    for (const auto& route : routes_) all.push_back(route.get());
    return all;
}

}  // namespace slipway::http
