#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/core/permission.h"

namespace slipway::http {

/// Which of the coordinator's two ports a request came in on.
enum class Port { user, agent };

/// Who asks. Made by the Authenticator alone; a default one is nobody and may do nothing.
class Principal {
public:
    enum class Kind {
        nobody,
        token,          ///< a person or program with a bearer token
        agent,          ///< a certificate in force, of an agent that is not deleted
        expired_agent,  ///< as before, but the certificate is past its end
        deleted_agent,
    };

    Principal() = default;
    static Principal token(std::int64_t row, std::string id, std::string name, core::Role role);
    static Principal agent(std::int64_t row, std::string id, std::string name, std::string serial);
    static Principal expired_agent(std::int64_t row, std::string id, std::string name, std::string serial);
    static Principal deleted_agent(std::int64_t row, std::string id, std::string name, std::string serial);

    Kind kind() const { return kind_; }
    std::int64_t row() const { return row_; }  ///< of the token or agent
    const std::string& id() const { return id_; }
    const std::string& name() const { return name_; }
    const std::string& serial() const { return serial_; }  ///< of the certificate that this request came with
    core::Role role() const { return role_; }              ///< of a token
    std::string actor() const;                             ///< for the audit: "token:<name>", "agent:<name>"

private:
    Principal(Kind kind, std::int64_t row, std::string id, std::string name, std::string serial, core::Role role);

    Kind kind_ = Kind::nobody;
    std::int64_t row_ = 0;
    std::string id_;
    std::string name_;
    std::string serial_;
    core::Role role_ = core::Role::viewer;
};

/// Who may call a route: how the caller is told, and what he must be allowed. There is no default.
class Access {
public:
    enum class Kind { open, bootstrap, token, agent, expired_agent, deleted_agent };

    static constexpr Access open() { return Access(Kind::open, {}); }
    /// Open too, but judged by its handler: the one-time code in the body.
    static constexpr Access bootstrap() { return Access(Kind::bootstrap, {}); }
    static constexpr Access token(core::Permission permission) { return Access(Kind::token, permission); }
    static constexpr Access agent() { return Access(Kind::agent, {}); }
    static constexpr Access agent_or_expired() { return Access(Kind::expired_agent, {}); }  ///< renewal
    static constexpr Access agent_or_deleted() { return Access(Kind::deleted_agent, {}); }  ///< late reports

    constexpr Kind kind() const { return kind_; }
    constexpr core::Permission permission() const { return permission_; }
    constexpr bool is_open() const { return kind_ == Kind::open || kind_ == Kind::bootstrap; }

    bool allows(const Principal& principal) const;

private:
    constexpr Access(Kind kind, core::Permission permission) : kind_(kind), permission_(permission) {}

    Kind kind_;
    core::Permission permission_;
};

}  // namespace slipway::http
