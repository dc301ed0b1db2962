#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include <curl/curl.h>

#include "platform/net/http_client.h"
#include "platform/net/openssl_trust.h"

namespace slipway::net {

struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeSlist {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What all transfers of a client share; outlives their handles.
struct TransferSetting {
    ClientOptions options;
    std::shared_ptr<ServerJudge> judge;
    CURLSH* share = nullptr;
    Clock* clock = nullptr;
};

/// One request in one easy handle: its options, and libcurl's callbacks turned into ours. Knows nothing of the multi
/// handle and the loop.
class Transfer {
public:
    Transfer(const TransferSetting& setting, Request request, Callbacks callbacks);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    /// Sets the easy handle up; an error here is the answer.
    Result<> prepare();
    CURL* easy() const { return easy_.get(); }
    Channel channel() const { return request_.channel; }

    /// From now on no callback is called, and libcurl is told to stop when it asks next.
    void abandon() { abandoned_ = true; }
    bool abandoned() const { return abandoned_; }

    bool paused() const { return paused_; }
    void unpause();  ///< before curl_easy_pause(CONT)

    /// Time-out of silence: when to look next, or that it has passed.
    std::optional<Steady> silence_ends() const;
    void fail_silent();

    void fail_with(Error error);
    /// Calls on_end, once. `code` is libcurl's verdict. The easy handle is gone afterwards.
    void finish(CURLcode code);
    void close() { easy_.reset(); }

private:
    Result<> set_options(const Url& url, const std::optional<Proxy>& proxy);
    Result<> set_body();
    Result<> set_headers();
    void set_timeouts();
    void set_tls();
    void set_proxy(const std::optional<Proxy>& proxy);
    template <typename Value>
    void set(CURLoption option, Value value);

    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_write(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_read(char* bytes, std::size_t size, std::size_t count, void* self);
    static int on_seek(void* self, curl_off_t offset, int origin);
    static int on_progress(void* self, curl_off_t all_down, curl_off_t down, curl_off_t all_up, curl_off_t up);
    static int on_connected(void* self, char* address, char* local, int port, int local_port);
    static CURLcode on_ssl_context(CURL* easy, void* context, void* self);
    std::size_t take_header(std::string_view line);
    std::size_t take_body(std::string_view bytes);
    std::size_t give_body(std::span<char> out);
    void end_head();
    void touch() { last_activity_ = setting_.clock->steady(); }

    const TransferSetting& setting_;
    Request request_;
    Callbacks callbacks_;
    Url url_;
    std::unique_ptr<CURL, FreeEasy> easy_;
    std::unique_ptr<curl_slist, FreeSlist> header_list_;
    std::array<char, CURL_ERROR_SIZE> detail_{};
    std::shared_ptr<AlertNote> alert_ = std::make_shared<AlertNote>();
    CURLcode setup_ = CURLE_OK;

    Response response_;
    std::size_t header_bytes_ = 0;
    std::uint64_t given_ = 0;
    curl_off_t sent_ = 0;
    bool head_done_ = false;
    bool abandoned_ = false;
    bool paused_ = false;
    bool ended_ = false;
    Steady last_activity_;
    std::optional<Error> failure_;
};

}  // namespace slipway::net
