#pragma once

#include <memory>

#include "platform/base/result.h"
#include "platform/base/time.h"
#include "platform/net/trust.h"

struct ssl_ctx_st;

namespace slipway::net {

/// What the server said about one connection before it closed it: the number of its fatal TLS alert, 0 if none came.
struct AlertNote {
    int number = 0;
};

/// TlsOptions, read and checked, ready to be put into the SSL_CTX of each new connection. Must outlive those contexts.
class ServerJudge {
public:
    virtual ~ServerJudge() = default;
    /// From now on the context believes only what the options say, and writes alerts into `note`, which it keeps. The
    /// host name is libcurl's to check.
    virtual Result<> configure(ssl_ctx_st* context, std::shared_ptr<AlertNote> note) = 0;
};

/// `clock` judges dates and outlives the judge. Code::invalid if a PEM text or the key cannot be used.
Result<std::shared_ptr<ServerJudge>> make_server_judge(const TlsOptions& options, Clock& clock);

}  // namespace slipway::net
