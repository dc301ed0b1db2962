#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>

#include "coordinator/http/authenticator.h"
#include "coordinator/http/workers.h"
#include "coordinator/store/store.h"
#include "platform/base/time.h"

namespace slipway::api {

/// Tells who asks, by the rows of tokens and agents. What a row said is remembered until forget() or for a minute;
/// expiry is judged each time. Whoever changes a token or an agent calls forget() after the commit and before the
/// answer, so that a revocation holds from its answer on.
class Credentials : public http::Authenticator {
public:
    /// `readers` ask the store; both outlive this.
    Credentials(Clock& clock, store::Store& store, http::Workers& readers)
        : clock_(clock), store_(store), readers_(readers) {}

    void authenticate(const http::Credentials& credentials, std::function<void(Result<http::Principal>)> done) override;

    void forget();  ///< from any thread

    /// Called once an hour for each token that is used, from any thread. Before the server runs.
    void when_used(std::function<void(const std::string& token_id)> function) { used_ = std::move(function); }

private:
    template <typename Row>
    struct Remembered {
        Row row;
        Steady until;
    };
    /// What a judgement needs of an agent's row; there is one for each agent that polls.
    struct KnownAgent {
        std::int64_t row = 0;
        std::string name;
        std::string serial;
        std::string next_serial;
        std::optional<Time> deleted;
    };
    void authenticate_token(std::string_view bearer, std::function<void(Result<http::Principal>)> done);
    void authenticate_agent(const http::PeerCertificate& certificate,
                            std::function<void(Result<http::Principal>)> done);
    Result<http::Principal> judge(const core::Token& token, const std::string& secret_sha256);
    void note_use(const core::Token& token);
    Result<http::Principal> judge(const KnownAgent& agent, const http::PeerCertificate& certificate);

    Clock& clock_;
    store::Store& store_;
    http::Workers& readers_;
    std::function<void(const std::string&)> used_;
    std::mutex mutex_;
    std::uint64_t generation_ = 0;  ///< guarded by mutex_, as the rest
    std::unordered_map<std::string, Remembered<core::Token>> tokens_;
    std::unordered_map<std::string, Remembered<KnownAgent>> agents_;
};

}  // namespace slipway::api
