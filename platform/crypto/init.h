#pragma once

namespace slipway::crypto {

/// Call first in main(), before any thread and any other use of this folder or of platform/net: keeps OpenSSL from
/// reading the host's openssl.cnf, which may name providers (shared objects) that a static program cannot load and
/// that nobody checked. Calling it again does nothing.
void init();

}  // namespace slipway::crypto
