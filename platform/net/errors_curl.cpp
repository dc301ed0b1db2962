#include <array>

#include <curl/curl.h>

#include "platform/base/bytes.h"
#include "platform/net/curl_errors.h"

namespace slipway::net {
namespace {

struct Meaning {
    Code code;
    std::string_view reason;
    std::string_view sentence;
};

struct Alert {
    int number;  ///< RFC 8446 section 6.2
    Meaning meaning;
};

/// The server does not want us.
constexpr std::array<Alert, 10> alerts = {{
    {40, {Code::unavailable, "tls_failed", "the server broke off the TLS handshake"}},
    {42,
     {Code::unauthenticated, "certificate_refused",
      "the server refuses this client's certificate: it is damaged, or not valid yet by the server's clock"}},
    {43, {Code::unauthenticated, "certificate_refused", "the server refuses this kind of client certificate"}},
    {44,
     {Code::unauthenticated, "certificate_revoked",
      "the server says that this client's certificate is revoked; enroll again if that was not intended"}},
    {45,
     {Code::unauthenticated, "certificate_expired",
      "the server says that this client's certificate expired too long ago; enroll again"}},
    {46, {Code::unauthenticated, "certificate_refused", "the server refuses this client's certificate"}},
    {48,
     {Code::unauthenticated, "certificate_unknown_authority",
      "the server does not know the authority that issued this client's certificate: it belongs to another "
      "installation; enroll with this one"}},
    {49, {Code::unauthenticated, "certificate_refused", "the server denies access to this client"}},
    {70, {Code::unsupported, "tls_version", "the server and this client share no version of TLS"}},
    {116, {Code::unauthenticated, "certificate_required", "the server demands a client certificate, none was shown"}},
}};

struct Fault {
    std::string_view phrase;  ///< in libcurl's or OpenSSL's text
    Meaning meaning;
};

constexpr Meaning name_mismatch = {
    Code::forbidden, "server_name_mismatch",
    "the server's certificate is for other names; use one of its names, or add this one to 'names' of the "
    "coordinator's configuration"};
constexpr Meaning not_trusted = {Code::forbidden, "server_not_trusted",
                                 "the server's certificate comes from an authority that is not trusted here"};
constexpr Meaning any_fault = {Code::forbidden, "server_not_trusted", "the server's certificate cannot be trusted"};

/// What we found in the certificate that the server showed.
constexpr std::array<Fault, 6> faults = {{
    {"certificate has expired",
     {Code::forbidden, "server_certificate_expired",
      "the server's certificate has expired; renew it at the server, and compare this machine's clock"}},
    {"certificate is not yet valid",
     {Code::forbidden, "server_certificate_not_yet_valid",
      "the server's certificate is not valid yet; compare this machine's clock"}},
    {"no alternative certificate subject name matches", name_mismatch},
    {"does not match target host name", name_mismatch},
    {"self-signed certificate", not_trusted},
    {"unable to get local issuer certificate", not_trusted},
}};

const Meaning* meaning_of_alert(int number) {
    for (const Alert& alert : alerts)
        if (alert.number == number) return &alert.meaning;
    return nullptr;
}

const Meaning& meaning_of_fault(std::string_view text) {
    for (const Fault& fault : faults)
        if (text.find(fault.phrase) != std::string_view::npos) return fault.meaning;
    return any_fault;
}

Error plain(Code code, const Url& target, std::string_view what, std::string_view detail) {
    std::string text = target.origin() + ": " + std::string(what);
    if (!detail.empty()) text += " (" + printable(detail) + ")";
    return {code, std::move(text)};
}

Error of_meaning(const Meaning& meaning, const Url& target, std::string_view detail) {
    Error error = plain(meaning.code, target, meaning.sentence, detail);
    error.reason = meaning.reason;
    return error;
}

Error of_proxy(long status, const Url& target) {
    if (status == 407)
        return {Code::forbidden,
                target.origin() +
                    ": the proxy wants a user name and password, or other ones (407); put them into the "
                    "proxy setting",
                "proxy_authentication"};
    return plain(status == 403 ? Code::forbidden : Code::unavailable, target,
                 "the proxy does not connect to it (" + std::to_string(status) + ")", {});
}

}  // namespace

Error to_error(const Failure& failure, const Url& target) {
    const std::string_view detail =
        failure.detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(failure.code)) : failure.detail;
    if (failure.proxy_status >= 300) return of_proxy(failure.proxy_status, target);
    if (const Meaning* meaning = meaning_of_alert(failure.alert)) return of_meaning(*meaning, target, {});
    switch (failure.code) {
        case CURLE_PEER_FAILED_VERIFICATION: {
            const Meaning& fault = meaning_of_fault(detail);
            if (failure.pinned && fault.reason == "server_not_trusted")
                return {Code::forbidden,
                        target.origin() +
                            ": this is not the coordinator that made the join token, or something between "
                            "answers in its place: its authority has another digest",
                        "server_not_trusted"};
            return of_meaning(fault, target, detail);
        }
        case CURLE_COULDNT_RESOLVE_HOST: return plain(Code::unavailable, target, "the name cannot be resolved", detail);
        case CURLE_COULDNT_RESOLVE_PROXY:
            return plain(Code::unavailable, target, "the proxy's name cannot be resolved", detail);
        case CURLE_COULDNT_CONNECT: return plain(Code::unavailable, target, "cannot be reached", detail);
        case CURLE_OPERATION_TIMEDOUT: return plain(Code::timed_out, target, "did not answer in time", detail);
        case CURLE_SSL_CONNECT_ERROR: return plain(Code::unavailable, target, "no TLS connection came about", detail);
        case CURLE_SSL_CERTPROBLEM: return plain(Code::invalid, target, "the client certificate is unusable", detail);
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR: return plain(Code::unavailable, target, "the line broke", detail);
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
            return plain(Code::unavailable, target, "answered something else than HTTP", detail);
        // libcurl says the same of a header field that is longer than it keeps.
        case CURLE_OUT_OF_MEMORY:
            return plain(Code::limit, target, "a field of the answer's header is too long, or no memory is left", {});
        default: return plain(Code::unavailable, target, "the exchange failed", detail);
    }
}

}  // namespace slipway::net
