#include <algorithm>
#include <utility>

#include "platform/base/assert.h"
#include "platform/base/limits.h"
#include "platform/net/curl_errors.h"
#include "platform/net/curl_transfer.h"

namespace slipway::net {
namespace {

constexpr long upload_buffer_bytes = 64 * 1024;
constexpr long artifact_buffer_bytes = 128 * 1024;

const char* name_of(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::remove: return "DELETE";
    }
    return "GET";
}

long milliseconds(Duration duration) {
    return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

bool is_clean(std::string_view text) {
    for (const char c : text)
        if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f') return false;
    return true;
}

}  // namespace

Transfer::Transfer(const TransferSetting& setting, Request request, Callbacks callbacks)
    : setting_(setting), request_(std::move(request)), callbacks_(std::move(callbacks)) {}

template <typename Value>
void Transfer::set(CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (setup_ == CURLE_OK) setup_ = code;
}

Result<> Transfer::prepare() {
    touch();
    TRY_ASSIGN(url_, Url::parse(request_.url));
    TRY_ASSIGN(const std::optional<Proxy> proxy, proxy_for(url_, setting_.options.proxy));
    easy_.reset(curl_easy_init());
    if (!easy_) return fail(Code::internal, "no memory for a request");
    TRY(set_options(url_, proxy));
    if (setup_ != CURLE_OK)
        return fail(Code::internal, std::string("the request could not be set up: ") + curl_easy_strerror(setup_));
    return {};
}

Result<> Transfer::set_options(const Url& url, const std::optional<Proxy>& proxy) {
    set(CURLOPT_URL, url.text().c_str());
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, detail_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_SHARE, setting_.share);
    set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_TCP_KEEPIDLE, milliseconds(setting_.options.keepalive) / 1000);
    set(CURLOPT_TCP_KEEPINTVL, milliseconds(setting_.options.keepalive) / 1000);
    if (!setting_.options.user_agent.empty()) set(CURLOPT_USERAGENT, setting_.options.user_agent.c_str());
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_write);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    // Until an answer begins. A server that refuses our certificate in TLS 1.3 hangs up after our side is done: the
    // request cannot be written, and only closing the connection at once takes in the alert that says why.
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
    if (request_.channel == Channel::artifact) set(CURLOPT_BUFFERSIZE, artifact_buffer_bytes);
    set_timeouts();
    set_proxy(proxy);
    if (url.scheme == "https") set_tls();
    TRY(set_body());
    return set_headers();
}

void Transfer::set_timeouts() {
    set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request_.timeouts.connect));
    if (request_.timeouts.whole) set(CURLOPT_TIMEOUT_MS, std::max(milliseconds(*request_.timeouts.whole), 1L));
}

void Transfer::set_proxy(const std::optional<Proxy>& proxy) {
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_PROXY, "");  // an empty one also keeps libcurl from asking the environment
    if (!proxy) return;
    const bool address = proxy->host.find(':') != std::string::npos;
    set(CURLOPT_PROXY, ("http://" + (address ? "[" + proxy->host + "]" : proxy->host)).c_str());
    set(CURLOPT_PROXYPORT, static_cast<long>(proxy->port));
    if (proxy->user.empty()) return;
    set(CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(CURLOPT_PROXYUSERNAME, proxy->user.c_str());
    set(CURLOPT_PROXYPASSWORD, proxy->password.c_str());
}

void Transfer::set_tls() {
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_ENABLE_ALPN, 0L);
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_CAINFO, static_cast<char*>(nullptr));
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
    // The context lives as long as its connection, and that longer than this transfer: only the judge may be kept in
    // it.
    set(CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_ssl_context);
    set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(this));
    if (!setting_.options.tls.identity) return;
    const auto blob = [](const std::string& text) {
        return curl_blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
    };
    const curl_blob certificate = blob(setting_.options.tls.identity->certificate_pem);
    const curl_blob key = blob(setting_.options.tls.identity->key_pem);
    set(CURLOPT_SSLCERTTYPE, "PEM");
    set(CURLOPT_SSLKEYTYPE, "PEM");
    set(CURLOPT_SSLCERT_BLOB, &certificate);
    set(CURLOPT_SSLKEY_BLOB, &key);
}

Result<> Transfer::set_body() {
    const bool sends = request_.source || !request_.body.empty();
    if (sends && (request_.method == Method::get || request_.method == Method::head))
        return fail(Code::invalid, "a GET or HEAD request has no body");
    if (request_.source) {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request_.source->length()));
        set(CURLOPT_READFUNCTION, &Transfer::on_read);
        set(CURLOPT_READDATA, static_cast<void*>(this));
        set(CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
        set(CURLOPT_SEEKDATA, static_cast<void*>(this));
        set(CURLOPT_UPLOAD_BUFFERSIZE, upload_buffer_bytes);
    } else if (sends || request_.method == Method::post || request_.method == Method::put ||
               request_.method == Method::patch) {
        set(CURLOPT_POSTFIELDS, request_.body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
        set(CURLOPT_NOPROGRESS, sends ? 0L : 1L);
    }
    if (request_.method == Method::head)
        set(CURLOPT_NOBODY, 1L);
    else
        set(CURLOPT_CUSTOMREQUEST, name_of(request_.method));
    return {};
}

Result<> Transfer::set_headers() {
    bool typed = false;
    const auto append = [&](const std::string& line) -> Result<> {
        curl_slist* longer = curl_slist_append(header_list_.get(), line.c_str());
        if (longer == nullptr) return fail(Code::internal, "no memory for a request");
        static_cast<void>(header_list_.release());
        header_list_.reset(longer);
        return {};
    };
    Headers named;
    for (const Header& header : request_.headers) {
        if (header.name.empty() || !is_clean(header.name) || !is_clean(header.value) ||
            header.name.find_first_of(": \t") != std::string::npos)
            return fail(Code::invalid, "the header \"" + printable(header.name, 60) + "\" holds forbidden characters");
        named.add(header.name, header.value);
        TRY(append(header.value.empty() ? header.name + ";" : header.name + ": " + header.value));
    }
    typed = named.get("Content-Type").has_value();
    if (!typed) TRY(append("Content-Type:"));  // libcurl would call every body a form
    TRY(append("Expect:"));
    set(CURLOPT_HTTPHEADER, header_list_.get());
    return {};
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_header({bytes, size * count});
}

std::size_t Transfer::on_write(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size * count});
}

std::size_t Transfer::on_read(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->give_body({bytes, size * count});
}

// A body that a slow line takes in pieces is no silence.
int Transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t up) {
    auto* transfer = static_cast<Transfer*>(self);
    if (std::exchange(transfer->sent_, up) != up) transfer->touch();
    return transfer->abandoned_ ? 1 : 0;
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
    auto* transfer = static_cast<Transfer*>(self);
    if (offset != 0 || origin != SEEK_SET || transfer->abandoned_) return CURL_SEEKFUNC_FAIL;
    if (auto result = transfer->request_.source->rewind(); !result) {
        transfer->failure_ = std::move(result).error();
        return CURL_SEEKFUNC_FAIL;
    }
    transfer->given_ = 0;
    return CURL_SEEKFUNC_OK;
}

int Transfer::on_connected(void* self, char*, char*, int, int) {
    auto* transfer = static_cast<Transfer*>(self);
    transfer->touch();
    return transfer->abandoned_ ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

CURLcode Transfer::on_ssl_context(CURL*, void* context, void* self) {
    auto* transfer = static_cast<Transfer*>(self);
    const auto done = transfer->setting_.judge->configure(static_cast<ssl_ctx_st*>(context), transfer->alert_);
    return done ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

std::size_t Transfer::take_header(std::string_view line) {
    touch();
    const std::size_t taken = line.size();
    header_bytes_ += taken;
    if (abandoned_) return 0;
    if (header_bytes_ > limits::response_header_bytes_max) {
        failure_ = Error{Code::limit, url_.origin() + ": the answer's header is larger than " +
                                          std::to_string(limits::response_header_bytes_max) + " bytes"};
        return 0;
    }
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    if (head_done_) return taken;  // fields behind a chunked body
    if (line.empty()) {
        end_head();
    } else if (line.starts_with("HTTP/")) {
        response_.headers = {};
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
        value = value.substr(0, value.find_last_not_of(" \t") + 1);
        response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
    }
    return abandoned_ ? 0 : taken;
}

void Transfer::end_head() {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status < 200) return;  // 100 Continue and the like
    response_.status = static_cast<int>(status);
    head_done_ = true;
    curl_easy_setopt(easy_.get(), CURLOPT_FORBID_REUSE, 0L);
    if (callbacks_.on_head) callbacks_.on_head(response_);
}

std::size_t Transfer::take_body(std::string_view bytes) {
    touch();
    if (abandoned_) return 0;
    if (!callbacks_.on_data) {
        if (bytes.size() > request_.body_bytes_max - response_.body.size()) {
            failure_ = Error{Code::limit, url_.origin() + ": the answer is larger than " +
                                              std::to_string(request_.body_bytes_max) + " bytes"};
            return 0;
        }
        response_.body += bytes;
        return bytes.size();
    }
    auto flow = callbacks_.on_data(bytes);
    if (abandoned_) return 0;
    if (!flow) {
        failure_ = std::move(flow).error();
        return 0;
    }
    if (*flow == Flow::go_on) return bytes.size();
    paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
}

std::size_t Transfer::give_body(std::span<char> out) {
    touch();
    if (abandoned_) return CURL_READFUNC_ABORT;
    const std::uint64_t left = request_.source->length() - given_;
    if (left == 0) return 0;
    auto count = request_.source->read(out.first(std::min<std::uint64_t>(out.size(), left)));
    if (!count) {
        failure_ = std::move(count).error();
        return CURL_READFUNC_ABORT;
    }
    ASSERT(*count <= left);
    if (*count == 0) {
        failure_ = Error{Code::io, "what is being sent ended " + std::to_string(left) + " bytes before its length"};
        return CURL_READFUNC_ABORT;
    }
    given_ += *count;
    return *count;
}

void Transfer::unpause() {
    paused_ = false;
    touch();
}

std::optional<Steady> Transfer::silence_ends() const {
    if (!request_.timeouts.silence) return std::nullopt;
    return (paused_ ? setting_.clock->steady() : last_activity_) + *request_.timeouts.silence;
}

void Transfer::fail_silent() {
    fail_with(
        {Code::timed_out, url_.origin() + ": the line was silent for " + format_duration(*request_.timeouts.silence)});
}

void Transfer::fail_with(Error error) {
    if (!failure_) failure_ = std::move(error);
}

void Transfer::finish(CURLcode code) {
    if (ended_) return;
    ended_ = true;
    Failure failure;
    failure.code = code;
    failure.detail = detail_.data();
    failure.alert = alert_->number;
    failure.pinned = std::holds_alternative<TrustDigest>(setting_.options.tls.trust);
    if (easy_ && url_.scheme == "https")
        curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
    close();
    if (abandoned_ || !callbacks_.on_end) return;
    const auto on_end = std::move(callbacks_.on_end);
    if (failure_) return on_end(fail(*std::move(failure_)));
    if (code == CURLE_OK) return on_end(std::move(response_));
    on_end(fail(to_error(failure, url_)));
}

}  // namespace slipway::net
