#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "platform/base/ids.h"
#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/os/files.h"

namespace slipway::link {

/// What the agent shows and whom it believes; PEM.
struct Credentials {
    std::string certificate;
    std::string key;
    std::string trust;  ///< the coordinator's roots
    Time not_before;
    Time not_after;
};

/// Of three PEM texts; corrupt if the certificate is not for the key, or one of them is none.
Result<Credentials> make_credentials(std::string certificate, std::string key, std::string trust);

/// Who this agent is: `agent.json` ({"agent", "name", "pool", "url", "start_epoch", "restore_epoch"}) and
/// `pki/current/{certificate,key,trust}.pem` in the state directory; `pki/next` stands beside `pki/current` until the
/// coordinator has seen it. All changes are durable when they return.
class Identity {
public:
    /// not_found if this host is not enrolled.
    static Result<std::unique_ptr<Identity>> open(os::Directory& state);

    struct Enrolled {
        std::string agent;
        std::string name;
        std::string pool;
        std::string url;  ///< "https://host:8441"
        Credentials credentials;
    };
    /// Writes all of it; the last file makes it count.
    static Result<> create(os::Directory& state, const Enrolled& enrolled);

    const std::string& agent() const { return agent_; }
    const std::string& name() const { return name_; }
    const std::string& pool() const { return pool_; }
    const std::string& url() const { return url_; }
    std::int64_t start_epoch() const { return start_epoch_; }
    std::int64_t restore_epoch() const { return restore_epoch_; }

    /// One more, with every start of the link.
    Result<> begin_epoch();
    Result<> set_restore_epoch(std::int64_t epoch);

    /// The next one if there is one, else the current one.
    const Credentials& credentials() const { return next_ ? *next_ : current_; }
    bool has_next() const { return next_.has_value(); }
    Result<> put_next(const Credentials& credentials);
    /// The coordinator has seen the next one: it is the current one now.
    Result<> promote_next();
    /// It refused it: the current one goes on.
    Result<> drop_next();

private:
    explicit Identity(os::Directory& state) : state_(state) {}
    Result<> load();
    Result<> save();

    os::Directory& state_;
    std::string agent_;
    std::string name_;
    std::string pool_;
    std::string url_;
    std::int64_t start_epoch_ = 0;
    std::int64_t restore_epoch_ = 0;
    Credentials current_;
    std::optional<Credentials> next_;
};

}  // namespace slipway::link
