#include <map>
#include <set>
#include <vector>

#include <curl/curl.h>

#include "platform/net/curl_transfer.h"
#include "platform/net/http_client.h"

namespace slipway::net {
namespace {

constexpr long kept_connections_max = 4;  // of one channel
constexpr Duration unused_pool_kept = 60s;

struct FreeMulti {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeShare {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
};
struct GlobalCurl {
    GlobalCurl() { curl_global_init(CURL_GLOBAL_DEFAULT); }  // counted by libcurl
    ~GlobalCurl() { curl_global_cleanup(); }
    GlobalCurl(const GlobalCurl&) = delete;
    GlobalCurl& operator=(const GlobalCurl&) = delete;
};

class Core;

/// One channel: a multi handle with its connections, its sockets and its timer in the loop. It is there while it is
/// used and a little longer: each costs 75 KB, and an agent without work polls on one channel only.
struct Pool {
    Core* core = nullptr;
    std::map<curl_socket_t, std::unique_ptr<os::Watch>> watches;
    os::Handle timer;
    std::unique_ptr<CURLM, FreeMulti> multi;
    int transfers = 0;  ///< in the multi handle
    os::Handle unused;
};

enum class Step {
    refused,  ///< could not be prepared: its end is on its way
    waiting,  ///< for libcurl to be left
    added,    ///< to its multi handle
};

struct Running {
    std::shared_ptr<Transfer> transfer;
    Step step = Step::waiting;
    os::Handle silence;
    os::Handle next;  ///< what is to be done for it in the next turn of the loop
};

/// The state of a client. libcurl must not be called from its own callbacks, and users may do anything in theirs: while
/// libcurl runs (depth_ > 0) adding and removing wait for settle().
class Core : public std::enable_shared_from_this<Core> {
public:
    Core(os::EventLoop& loop, Clock& clock, ClientOptions options) : loop_(loop) {
        setting_.options = std::move(options);
        setting_.clock = &clock;
    }
    ~Core();
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;

    Result<> open();
    void add(const std::shared_ptr<Transfer>& transfer);
    void cancel(const Transfer* transfer);
    void resume(const Transfer* transfer);
    const TransferSetting& setting() const { return setting_; }

private:
    static int on_timer(CURLM* multi, long timeout_ms, void* pool);
    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* pool, void* unused);
    int watch(Pool& pool, curl_socket_t socket, int what);
    template <typename Function>
    void enter(Function function);
    void act(Pool& pool, curl_socket_t socket, int events);
    void settle();
    void start_waiting();
    void collect(Pool& pool, std::vector<std::pair<std::shared_ptr<Transfer>, CURLcode>>& done);
    void take_out(Running& running);
    void end(const Transfer* transfer, CURLcode code);
    Result<> prepare(Transfer& transfer);
    Result<> open(Pool& pool);
    void close(Pool& pool);
    void watch_silence(Running& running);
    void look_at_silence(const Transfer* transfer);
    void unpause(const Transfer* transfer);
    Pool& pool_of(const Transfer& transfer) { return pools_[static_cast<std::size_t>(transfer.channel())]; }

    GlobalCurl global_;
    os::EventLoop& loop_;
    TransferSetting setting_;
    std::unique_ptr<CURLSH, FreeShare> share_;
    std::array<Pool, 3> pools_;
    std::map<const Transfer*, Running> running_;
    std::set<const Transfer*> canceled_;
    int depth_ = 0;
};

Core::~Core() {
    for (auto& [transfer, running] : running_) {
        running.transfer->abandon();
        take_out(running);
        running.transfer->close();
    }
    running_.clear();
    for (Pool& pool : pools_) close(pool);
}

Result<> Core::open() {
    TRY_ASSIGN(setting_.judge, make_server_judge(setting_.options.tls, *setting_.clock));
    for (const char* some_url : {"https://host", "http://host"}) {
        TRY_ASSIGN(const Url url, Url::parse(some_url));
        TRY(proxy_for(url, setting_.options.proxy));
    }
    share_.reset(curl_share_init());
    if (!share_ || curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK)
        return fail(Code::internal, "libcurl could not be set up");
    setting_.share = share_.get();
    return {};
}

Result<> Core::open(Pool& pool) {
    if (pool.multi) return {};
    pool.core = this;
    pool.multi.reset(curl_multi_init());
    if (!pool.multi) return fail(Code::internal, "no memory for a request");
    CURLM* multi = pool.multi.get();
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Core::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, &pool);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Core::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, &pool);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kept_connections_max);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
    return {};
}

void Core::close(Pool& pool) {
    pool.multi.reset();
    pool.timer.reset();
    pool.unused.reset();
    pool.watches.clear();
}

int Core::on_timer(CURLM*, long timeout_ms, void* pool_pointer) {
    auto& pool = *static_cast<Pool*>(pool_pointer);
    pool.timer.reset();
    if (timeout_ms >= 0)
        pool.timer = pool.core->loop_.after(std::chrono::milliseconds(timeout_ms),
                                            [&pool] { pool.core->act(pool, CURL_SOCKET_TIMEOUT, 0); });
    return 0;
}

int Core::on_socket(CURL*, curl_socket_t socket, int what, void* pool_pointer, void*) {
    auto& pool = *static_cast<Pool*>(pool_pointer);
    if (what == CURL_POLL_REMOVE) {
        pool.watches.erase(socket);
        return 0;
    }
    return pool.core->watch(pool, socket, what);
}

int Core::watch(Pool& pool, curl_socket_t socket, int what) {
    const os::Interest interest{.read = (what & CURL_POLL_IN) != 0, .write = (what & CURL_POLL_OUT) != 0};
    if (const auto found = pool.watches.find(socket); found != pool.watches.end())
        return found->second->change(interest) ? 0 : -1;
    auto watch = loop_.watch(socket, interest, [this, &pool, socket](os::Ready ready) {
        act(pool, socket,
            (ready.read ? CURL_CSELECT_IN : 0) | (ready.write ? CURL_CSELECT_OUT : 0) |
                (ready.hang_up ? CURL_CSELECT_ERR : 0));
    });
    if (!watch) return -1;
    pool.watches[socket] = std::move(*watch);
    return 0;
}

template <typename Function>
void Core::enter(Function function) {
    const auto keep = shared_from_this();
    ++depth_;
    function();
    --depth_;
    settle();
}

void Core::act(Pool& pool, curl_socket_t socket, int events) {
    enter([&] {
        int still_running = 0;
        curl_multi_socket_action(pool.multi.get(), socket, events, &still_running);
    });
}

void Core::settle() {
    if (depth_ > 0) return;
    std::vector<std::pair<std::shared_ptr<Transfer>, CURLcode>> done;
    while (!canceled_.empty()) {
        const Transfer* transfer = *canceled_.begin();
        canceled_.erase(canceled_.begin());
        end(transfer, CURLE_ABORTED_BY_CALLBACK);
    }
    for (Pool& pool : pools_)
        if (pool.multi) collect(pool, done);
    start_waiting();
    for (auto& [transfer, code] : done) transfer->finish(code);
}

void Core::collect(Pool& pool, std::vector<std::pair<std::shared_ptr<Transfer>, CURLcode>>& done) {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(pool.multi.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        const auto found = running_.find(transfer);
        if (found == running_.end()) continue;
        done.emplace_back(found->second.transfer, code);
        take_out(found->second);
        running_.erase(found);
    }
}

void Core::start_waiting() {
    for (auto& [transfer, running] : running_) {
        if (running.step != Step::waiting) continue;
        running.step = Step::added;
        Pool& pool = pool_of(*transfer);
        ++pool.transfers;
        pool.unused.reset();
        curl_multi_add_handle(pool.multi.get(), transfer->easy());
    }
}

void Core::take_out(Running& running) {
    if (running.step != Step::added) return;
    running.step = Step::refused;
    Pool& pool = pool_of(*running.transfer);
    curl_multi_remove_handle(pool.multi.get(), running.transfer->easy());
    if (--pool.transfers == 0) pool.unused = loop_.after(unused_pool_kept, [this, &pool] { close(pool); });
}

Result<> Core::prepare(Transfer& transfer) {
    TRY(open(pool_of(transfer)));
    return transfer.prepare();
}

void Core::add(const std::shared_ptr<Transfer>& transfer) {
    Running& running = running_[transfer.get()];
    running.transfer = transfer;
    if (auto prepared = prepare(*transfer); !prepared) {
        running.step = Step::refused;
        transfer->fail_with(std::move(prepared).error());
        running.next = loop_.after(0us, [this, raw = transfer.get()] { end(raw, CURLE_FAILED_INIT); });
        return;
    }
    watch_silence(running);
    settle();
}

void Core::end(const Transfer* transfer, CURLcode code) {
    const auto found = running_.find(transfer);
    if (found == running_.end()) return;
    const auto keep = shared_from_this();
    const std::shared_ptr<Transfer> kept = found->second.transfer;
    take_out(found->second);
    running_.erase(found);
    kept->finish(code);
}

void Core::cancel(const Transfer* transfer) {
    if (depth_ > 0)
        canceled_.insert(transfer);
    else
        end(transfer, CURLE_ABORTED_BY_CALLBACK);
}

void Core::resume(const Transfer* transfer) {
    const auto found = running_.find(transfer);
    if (found == running_.end()) return;
    found->second.next = loop_.after(0us, [this, transfer] { unpause(transfer); });
}

void Core::unpause(const Transfer* transfer) {
    const auto found = running_.find(transfer);
    if (found == running_.end() || !found->second.transfer->paused()) return;
    const std::shared_ptr<Transfer> kept = found->second.transfer;
    CURLcode code = CURLE_OK;
    kept->unpause();
    const auto keep = shared_from_this();
    enter([&] { code = curl_easy_pause(kept->easy(), CURLPAUSE_CONT); });
    if (code != CURLE_OK) end(transfer, code);  // the bytes that were held back were not taken
}

void Core::watch_silence(Running& running) {
    const auto ends = running.transfer->silence_ends();
    if (ends) running.silence = loop_.at(*ends, [this, raw = running.transfer.get()] { look_at_silence(raw); });
}

void Core::look_at_silence(const Transfer* transfer) {
    const auto found = running_.find(transfer);
    if (found == running_.end()) return;
    Running& running = found->second;
    if (*running.transfer->silence_ends() > setting_.clock->steady()) return watch_silence(running);
    running.transfer->fail_silent();
    end(transfer, CURLE_OPERATION_TIMEDOUT);
}

class CurlExchange final : public Exchange {
public:
    CurlExchange(std::weak_ptr<Core> core, std::shared_ptr<Transfer> transfer)
        : core_(std::move(core)), transfer_(std::move(transfer)) {}
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;
    ~CurlExchange() override {
        transfer_->abandon();
        if (const auto core = core_.lock()) core->cancel(transfer_.get());
    }
    void resume() override {
        if (const auto core = core_.lock()) core->resume(transfer_.get());
    }

private:
    std::weak_ptr<Core> core_;
    std::shared_ptr<Transfer> transfer_;
};

class CurlClient final : public HttpClient {
public:
    explicit CurlClient(std::shared_ptr<Core> core) : core_(std::move(core)) {}
    std::unique_ptr<Exchange> send(Request request, Callbacks callbacks) override {
        auto transfer = std::make_shared<Transfer>(core_->setting(), std::move(request), std::move(callbacks));
        core_->add(transfer);
        return std::make_unique<CurlExchange>(core_, std::move(transfer));
    }

private:
    std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::unique_ptr<HttpClient>> make_http_client(os::EventLoop& loop, Clock& clock, ClientOptions options) {
    auto core = std::make_shared<Core>(loop, clock, std::move(options));
    TRY(core->open());
    return std::make_unique<CurlClient>(std::move(core));
}

}  // namespace slipway::net
