#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "coordinator/http/server.h"
#include "platform/os/clock.h"

namespace slipway::http::test {

using namespace std::chrono_literals;
constexpr auto patience = 20s;  ///< how long a test waits for what must happen; a loaded machine is slow

struct Answer {
    int status = 0;
    std::string head;  ///< status line and fields
    std::string body;  ///< decoded
    std::string field(std::string_view name) const;
};

/// A peer that sends exactly the bytes it is told to.
class Client {
public:
    explicit Client(std::uint16_t port);
    ~Client();
    Client(Client&& other) noexcept;
    Client(const Client&) = delete;

    void send(std::string_view bytes);  ///< what the server no longer takes is dropped
    /// One answer; nothing if the connection ended or was silent for `limit`. HEAD's has no body.
    std::optional<Answer> answer(bool head_only = false, std::chrono::milliseconds limit = patience);
    /// Raw bytes until `text` has come or the connection ended.
    std::string read_until(std::string_view text);
    /// True once the server has closed; what came before is dropped.
    bool sees_end(std::chrono::milliseconds limit = patience);
    void stop_sending();
    void close();
    int descriptor() const { return descriptor_; }

private:
    bool more(std::chrono::milliseconds limit);  ///< false at the end or after `limit`

    int descriptor_ = -1;
    std::string bytes_;
    bool ended_ = false;
};

/// Bearer "admin", "viewer"; "late" answers from another thread, "broken" with unavailable. Certificates: agents, by
/// the first character of their id.
class FakeAuthenticator final : public Authenticator {
public:
    ~FakeAuthenticator() override;
    void authenticate(const Credentials& credentials, std::function<void(Result<Principal>)> done) override;

private:
    std::vector<std::thread> threads_;
};

/// Lines of the log, for tests that look for one.
struct LogLines final : LogSink {
    void write(std::string_view line) override;
    bool has(std::string_view text);
    std::mutex mutex;
    std::string text;
};

/// `size` bytes, each the low byte of its offset divided by 251.
class PatternFile final : public os::File {
public:
    explicit PatternFile(std::uint64_t size) : size_(size) {}
    static char at(std::uint64_t offset) { return static_cast<char>(offset % 251); }
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
    /// Now half of what was asked for, now nothing: the rest has to come from a thread that may wait.
    Result<std::optional<std::size_t>> read_cached_at(std::uint64_t offset, std::span<char> into) override;
    Result<> write_at(std::uint64_t, std::string_view) override { return unsupported(); }
    Result<> append(std::string_view) override { return unsupported(); }
    Result<> truncate(std::uint64_t) override { return unsupported(); }
    Result<> allocate(std::uint64_t) override { return unsupported(); }
    Result<> sync_data() override { return unsupported(); }
    Result<> sync() override { return unsupported(); }
    Result<os::Status> status() override { return fail(Code::unsupported, "a pattern"); }
    Result<> set_mode(std::uint32_t) override { return unsupported(); }
    Result<> set_modified(Time) override { return unsupported(); }
    std::optional<os::Native> native() override { return std::nullopt; }

private:
    static Result<> unsupported() { return fail(Code::unsupported, "a pattern"); }
    std::uint64_t size_;
    int asked_ = 0;
};

/// A server on loopback with a route of each kind, running on its own thread.
class Fixture {
public:
    explicit Fixture(ServerOptions options = {}, std::shared_ptr<StreamFactory> streams = make_plain_streams());
    ~Fixture();

    Client connect() { return Client(user.port); }
    /// One request on a connection of its own.
    Answer ask(std::string_view request);
    /// Runs it on the loop's thread and waits.
    void on_loop(const std::function<void()>& function);
    /// True once `condition` holds, which is looked at on the loop's thread.
    bool eventually(const std::function<bool()>& condition);
    std::int64_t figure(std::string_view line_start) const;  ///< of /metrics

    os::SystemClock clock;
    os::SystemRandom random;
    FakeAuthenticator authenticator;
    Metrics metrics;
    LogLines lines;
    Logger logger;
    Workers workers;
    std::unique_ptr<Server> server;
    Address user;
    Address agent;
    std::atomic<int> handled = 0;

    // The loop's thread only.
    std::vector<Reply> parked;
    std::vector<Gone> gone;
    std::vector<EventStream> streams;
    std::size_t largest_piece = 0;
    std::uint64_t uploaded = 0;
    std::optional<Error> upload_error;

private:
    Router routes();
    void stream(Upload upload, Reply reply);

    std::thread thread_;
};

std::string get(std::string_view path, std::string_view fields = {});
std::string post(std::string_view path, std::string_view body, std::string_view fields = {});

}  // namespace slipway::http::test
