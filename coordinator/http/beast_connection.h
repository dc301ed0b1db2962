#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/http/beast_core.h"
#include "coordinator/http/beast_parser.h"
#include "coordinator/http/exchange.h"
#include "coordinator/http/response_head.h"
#include "coordinator/http/stream.h"

namespace slipway::http {

struct FileBuffer;

/// One connection: a coroutine that greets, reads a request, lets it be handled, answers, and begins again. All it ever
/// waits for (bytes, room for bytes, an answer, a deadline, the end) wakes it in the same way; it then looks what it
/// was.
class Connection final : public std::enable_shared_from_this<Connection>, private TimingWheel::Entry {
public:
    struct Origin {
        Port port;
        std::string address;
        bool secure;
    };
    Connection(Core& core, Socket socket, std::unique_ptr<Stream> stream, Origin origin);

    void start();
    void drain();  ///< loop's thread: no further request; a parked one is told
    void close();  ///< loop's thread: at once

    const Origin& origin() const { return origin_; }
    const std::optional<PeerCertificate>& certificate() const { return certificate_; }
    bool is_known() const { return known_; }

    // For the Exchange; `ticket` tells requests apart, late calls for an earlier one do nothing.
    void answer(std::uint64_t ticket, Response response);                                 ///< any thread
    void want_piece(std::uint64_t ticket, std::function<void(Result<std::string>)> got);  ///< any thread
    void set_gone(std::uint64_t ticket, std::function<void(Gone)> function);
    void set_closed(std::function<void()> function);
    void open_events(std::uint64_t ticket);
    EventStream::Push push_event(std::uint64_t ticket, const Event& event);
    void set_drained(std::uint64_t ticket, std::function<void()> function);
    void close_events(std::uint64_t ticket);  ///< any thread

private:
    /// A request on its way in; freed when the handler has it and no more of the body is to come.
    struct Incoming {
        Request request;
        RequestParser parser;
        std::string target;
        const Route* route = nullptr;
        Duration waited{};  ///< for the body
        bool continued = false;
        std::optional<Error> failure;  ///< of the body; said after what came before it
    };
    /// What is left of a request while it is answered.
    struct Answering {
        std::uint64_t number = 0;
        Steady began;
        bool head_only = false;
        bool keep_alive = false;
        bool unread = false;  ///< the peer may still be sending what nobody will read
        bool localhost = false;
    };
    /// How much a transfer may still be waited for.
    struct Pace {
        Duration waited{};
        std::uint64_t bytes = 0;
    };
    struct EventBuffer {
        std::string waiting;
        std::function<void()> drained;
        bool open = true;
        bool wake_posted = false;
    };

    // beast_connection.cpp: waiting, bytes, life
    Awaitable<void> run();
    Awaitable<bool> handshake();
    Awaitable<bool> ready(Step::Kind want);
    Awaitable<bool> ready_in_time(Step::Kind want, Pace& pace);
    Awaitable<Step> receive(std::span<char> into, Pace* pace);
    Awaitable<bool> write_all(std::string_view bytes);
    Awaitable<void> linger();
    Awaitable<void> pause();
    void wake();
    void arm(Step::Kind want);
    void set_deadline(Duration from_now);
    void clear_deadline();
    void on_deadline() override;
    bool is_over() const { return closing_ || expired_; }
    void tell_gone(Gone gone);
    void end_request();
    void finish();

    // beast_request.cpp: from bytes to a handler
    Awaitable<bool> serve_one();
    Awaitable<bool> first_byte();
    Awaitable<Result<bool>> read_head(Incoming& incoming);
    Result<> parse_head(Incoming& incoming, std::size_t block_bytes);
    std::optional<Response> route(Incoming& incoming);
    Awaitable<std::optional<Response>> admit(Incoming& incoming);
    Awaitable<Result<Principal>> authenticate(const Incoming& incoming);
    Awaitable<Result<std::string>> read_piece(Incoming& incoming, std::size_t bytes_max);
    Awaitable<Result<>> read_body(Incoming& incoming);
    Awaitable<bool> handle(std::unique_ptr<Incoming> incoming, Answering answering);
    Awaitable<bool> stream_body(Incoming& incoming);

    // beast_answer.cpp: from an answer to bytes
    std::string head_for(const Response& response, const Answering& answering, HeadFacts::Framing framing);
    Awaitable<bool> await_answer();
    Awaitable<bool> respond(Response response, Answering answering);
    Awaitable<bool> send_file(std::string head, const FilePart& part);
    /// The bytes behind the first `done` of the part, as many as came, to place `at` of the buffer.
    Awaitable<Result<std::size_t>> read_file(const FilePart& part, std::uint64_t done, FileBuffer& buffer,
                                             std::size_t at);
    Awaitable<bool> park(Answering answering);
    Awaitable<bool> beat(bool& begun, const Answering& answering);
    bool peer_is_there();
    Awaitable<bool> finish_parked(bool begun, Answering answering);
    Awaitable<bool> send_events(Answering answering);
    void count(int status, const Answering& answering);

    Core& core_;
    const std::shared_ptr<AsioLoop> loop_;
    std::optional<Socket> socket_;
    std::unique_ptr<Stream> stream_;
    const Origin origin_;
    std::optional<PeerCertificate> certificate_;
    const std::uint64_t number_;
    Steady began_;

    std::string input_;  ///< read, not yet used
    std::function<void(Gone)> gone_;
    std::function<void()> closed_;
    std::function<void(Result<std::string>)> want_piece_;
    std::unique_ptr<Response> response_;
    std::unique_ptr<Result<Principal>> principal_;
    std::unique_ptr<EventBuffer> events_;
    std::uint64_t ticket_ = 0;

    struct Resume {
        virtual ~Resume() = default;
        virtual void go() = 0;
    };
    template <typename Handler>
    struct ResumeOf;
    std::unique_ptr<Resume> resume_;

    bool read_armed_ = false;
    bool write_armed_ = false;
    bool readable_ = false;
    bool writable_ = false;
    bool expired_ = false;
    bool closing_ = false;
    bool draining_ = false;
    bool idle_ = false;
    bool calling_ = false;  ///< inside a handler or authenticator: an answer needs no detour
    bool lingering_ = false;
    bool known_ = false;
    bool finished_ = false;
    bool served_ = false;  ///< at least one request
};

}  // namespace slipway::http
