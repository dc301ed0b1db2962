#include "coordinator/http/principal.h"

#include <utility>

namespace slipway::http {

Principal::Principal(Kind kind, std::int64_t row, std::string id, std::string name, std::string serial, core::Role role)
    : kind_(kind), row_(row), id_(std::move(id)), name_(std::move(name)), serial_(std::move(serial)), role_(role) {}

Principal Principal::token(std::int64_t row, std::string id, std::string name, core::Role role) {
    return {Kind::token, row, std::move(id), std::move(name), {}, role};
}

Principal Principal::agent(std::int64_t row, std::string id, std::string name, std::string serial) {
    return {Kind::agent, row, std::move(id), std::move(name), std::move(serial), core::Role::viewer};
}

Principal Principal::expired_agent(std::int64_t row, std::string id, std::string name, std::string serial) {
    return {Kind::expired_agent, row, std::move(id), std::move(name), std::move(serial), core::Role::viewer};
}

Principal Principal::deleted_agent(std::int64_t row, std::string id, std::string name, std::string serial) {
    return {Kind::deleted_agent, row, std::move(id), std::move(name), std::move(serial), core::Role::viewer};
}

std::string Principal::actor() const {
    switch (kind_) {
        case Kind::nobody: return "nobody";
        case Kind::token: return "token:" + name_;
        case Kind::agent:
        case Kind::expired_agent:
        case Kind::deleted_agent: return "agent:" + name_;
    }
    return "nobody";
}

bool Access::allows(const Principal& principal) const {
    using Is = Principal::Kind;
    const Is is = principal.kind();
    switch (kind_) {
        case Kind::open:
        case Kind::bootstrap: return true;
        case Kind::token: return is == Is::token && core::allows(principal.role(), permission_);
        case Kind::agent: return is == Is::agent;
        case Kind::expired_agent: return is == Is::agent || is == Is::expired_agent;
        case Kind::deleted_agent: return is == Is::agent || is == Is::deleted_agent;
    }
    return false;
}

}  // namespace slipway::http
