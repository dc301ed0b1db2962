#include "coordinator/api/pki.h"

#include <algorithm>
#include <set>

#include "platform/base/crash_point.h"
#include "platform/os/file_steps.h"

namespace slipway::api {
namespace {

constexpr std::size_t pem_bytes_max = 64 * 1024;

struct Pair {
    std::string certificate;
    std::string key;
};

Result<std::optional<Pair>> read_pair(os::Directory& pki, const std::string& name) {
    TRY_ASSIGN(auto certificate, os::read_whole(pki, name + ".pem", pem_bytes_max));
    TRY_ASSIGN(auto key, os::read_whole(pki, name + ".key", pem_bytes_max));
    if (!certificate && !key) return std::nullopt;
    // The key is written first: alone it is what a crash left of the first start, and nothing was issued with it.
    if (!certificate) return std::nullopt;
    if (!key)
        return fail(Code::corrupt,
                    pki.path() + "/" + name + ".pem has no key beside it: bring " + name + ".key back from a backup");
    return Pair{*std::move(certificate), *std::move(key)};
}

Result<> write_pair(os::Directory& pki, const std::string& name, std::string_view certificate,
                    const crypto::PrivateKey& key) {
    TRY_ASSIGN(const auto key_pem, key.pem());
    CRASH_POINT("pki.key_before");
    TRY(os::replace_durably(pki, name + ".key", key_pem.view()));
    CRASH_POINT("pki.certificate_before");
    TRY(os::replace_durably(pki, name + ".pem", certificate));
    CRASH_POINT("pki.certificate_after");
    return {};
}

Result<crypto::CertificateAuthority> open_authority(os::Directory& pki, Clock& clock, Random& random) {
    TRY_ASSIGN(const auto pair, read_pair(pki, "ca"));
    if (pair) return crypto::CertificateAuthority::load(pair->certificate, pair->key);
    TRY_ASSIGN(auto authority, crypto::CertificateAuthority::create("Slipway CA", clock.wall(), random));
    TRY(write_pair(pki, "ca", authority.certificate().pem(), authority.key()));
    return authority;
}

bool still_good(const crypto::Certificate& certificate, const std::vector<std::string>& names, Time now) {
    std::set<std::string> has(certificate.dns_names().begin(), certificate.dns_names().end());
    has.insert(certificate.ip_addresses().begin(), certificate.ip_addresses().end());
    const Duration life = certificate.not_after() - certificate.not_before();
    return has == std::set<std::string>(names.begin(), names.end()) && now < certificate.not_before() + life / 3 * 2;
}

/// A pair that does not fit together is what a crash left between its two files: it is made again.
std::optional<crypto::TlsIdentity> server_of(const Pair& pair) {
    auto chain = crypto::Certificate::chain_from_pem(pair.certificate);
    auto key = crypto::PrivateKey::from_pem(pair.key);
    if (!chain || !key || chain->empty()) return std::nullopt;
    if (chain->front().public_key_digest() != key->public_key().digest()) return std::nullopt;
    return crypto::TlsIdentity{*std::move(chain), *std::move(key)};
}

}  // namespace

Result<crypto::TlsIdentity> open_server(os::Directory& state, const crypto::CertificateAuthority& authority,
                                        const std::vector<std::string>& names, Clock& clock, Random& random) {
    TRY_ASSIGN(const auto pki, os::open_or_make(state, "pki", 0700));
    TRY_ASSIGN(const auto pair, read_pair(*pki, "server"));
    if (pair) {
        auto identity = server_of(*pair);
        if (identity && identity->chain.size() == 2 && identity->chain.back() == authority.certificate() &&
            still_good(identity->chain.front(), names, clock.wall()))
            return *std::move(identity);
    }
    TRY_ASSIGN(auto key, crypto::PrivateKey::generate());
    TRY_ASSIGN(auto certificate, authority.issue_server({key.public_key(), names, clock.wall()}, random));
    crypto::TlsIdentity identity{{std::move(certificate), authority.certificate()}, std::move(key)};
    TRY(write_pair(*pki, "server", crypto::to_pem(identity.chain), identity.key));
    return identity;
}

Result<Pki> open_pki(os::Directory& state, const std::vector<std::string>& names, Clock& clock, Random& random) {
    TRY_ASSIGN(const auto pki, os::open_or_make(state, "pki", 0700));
    TRY_ASSIGN(auto authority, open_authority(*pki, clock, random));
    TRY_ASSIGN(auto server, open_server(state, authority, names, clock, random));
    return Pki{std::move(authority), std::move(server)};
}

}  // namespace slipway::api
