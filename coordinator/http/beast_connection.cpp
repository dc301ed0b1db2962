#include "coordinator/http/beast_connection.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/http/event_text.h"

namespace slipway::http {

namespace asio = boost::asio;

namespace {

constexpr int unanswered_ms_max = 30'000;  // what was sent and is not acknowledged ends the connection (protocol 5)
constexpr std::size_t linger_bytes_max = 1024 * 1024;

void set_socket_options(Socket& socket) {
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms_max, sizeof unanswered_ms_max);
}

}  // namespace

template <typename Handler>
struct Connection::ResumeOf final : Resume {
    explicit ResumeOf(Handler given) : handler(std::move(given)) {}
    void go() override { handler(); }
    Handler handler;
};

Connection::Connection(Core& core, Socket socket, std::unique_ptr<Stream> stream, Origin origin)
    : core_(core),
      loop_(core.loop),
      socket_(std::move(socket)),
      stream_(std::move(stream)),
      origin_(std::move(origin)),
      number_(++core.connections_made) {
    set_socket_options(*socket_);
}

void Connection::start() {
    const auto self = shared_from_this();
    asio::co_spawn(
        loop_->context(), [self] { return self->run(); },
        [self](const std::exception_ptr& defect) {
            if (defect) std::rethrow_exception(defect);
        });
}

Awaitable<void> Connection::run() {
    const bool greeted = co_await handshake();
    if (greeted) {
        certificate_ = stream_->certificate();
        began_ = core_.parts.clock.steady();
        known_ = certificate_.has_value();
    } else if (!closing_) {
        core_.figures_of(origin_.port).handshakes_failed->add();
        core_.parts.logger.debug("handshake failed", {{"address", origin_.address}, {"reason", stream_->failure()}});
    }
    core_.handshake_ended(*this);
    if (greeted && core_.may_stay(*this)) {
        bool again = true;
        while (again) again = co_await serve_one();
    }
    if (lingering_ && !closing_) co_await linger();
    finish();
}

Awaitable<bool> Connection::handshake() {
    set_deadline(core_.options.handshake);
    for (;;) {
        const Step step = stream_->handshake();
        if (step.kind == Step::Kind::done) co_return true;
        if (step.kind != Step::Kind::want_read && step.kind != Step::Kind::want_write) co_return false;
        const bool go_on = co_await ready(step.kind);
        if (!go_on) co_return false;
    }
}

void Connection::wake() {
    if (!resume_) return;
    const std::unique_ptr<Resume> resume = std::move(resume_);
    resume->go();
}

Awaitable<void> Connection::pause() {
    return asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler) { resume_ = std::make_unique<ResumeOf<decltype(handler)>>(std::move(handler)); },
        use_awaitable);
}

void Connection::arm(Step::Kind want) {
    const bool read = want == Step::Kind::want_read;
    (read ? readable_ : writable_) = false;
    bool& armed = read ? read_armed_ : write_armed_;
    if (armed) return;
    armed = true;
    socket_->async_wait(read ? Socket::wait_read : Socket::wait_write,
                        [self = shared_from_this(), read](const boost::system::error_code&) {
                            (read ? self->read_armed_ : self->write_armed_) = false;
                            (read ? self->readable_ : self->writable_) = true;
                            self->wake();
                        });
}

Awaitable<bool> Connection::ready(Step::Kind want) {
    arm(want);
    const bool& is_ready = want == Step::Kind::want_read ? readable_ : writable_;
    while (!is_ready && !is_over()) co_await pause();
    co_return !is_over();
}

Awaitable<bool> Connection::ready_in_time(Step::Kind want, Pace& pace) {
    const Steady began = loop_->now();
    const auto earned = std::chrono::seconds(pace.bytes / core_.options.transfer_rate_min);
    set_deadline(std::max(core_.options.transfer_grace + earned - pace.waited, Duration(1)));
    const bool in_time = co_await ready(want);
    if (in_time) clear_deadline();
    pace.waited += loop_->now() - began;
    co_return in_time;
}

/// With a pace a slow peer has its limits; without one a deadline stands already.
Awaitable<Step> Connection::receive(std::span<char> into, Pace* pace) {
    for (;;) {
        const Step step = stream_->read(into);
        if (step.kind != Step::Kind::want_read && step.kind != Step::Kind::want_write) co_return step;
        bool go_on = false;
        if (pace != nullptr)
            go_on = co_await ready_in_time(step.kind, *pace);
        else
            go_on = co_await ready(step.kind);
        if (!go_on) co_return Step{Step::Kind::failed, 0};
    }
}

Awaitable<bool> Connection::write_all(std::string_view bytes) {
    Pace pace;
    while (!bytes.empty()) {
        const Step step = stream_->write(bytes);
        if (step.kind == Step::Kind::done) {
            bytes.remove_prefix(step.bytes);
            pace.bytes += step.bytes;
            continue;
        }
        if (step.kind != Step::Kind::want_read && step.kind != Step::Kind::want_write) co_return false;
        const bool go_on = co_await ready_in_time(step.kind, pace);
        if (!go_on) co_return false;
    }
    co_return true;
}

/// A refusal must reach a peer that is still sending: closing with unread bytes would reset the connection and take
/// the refusal with it.
Awaitable<void> Connection::linger() {
    stream_->close();
    boost::system::error_code ignored;
    socket_->shutdown(Socket::shutdown_send, ignored);
    set_deadline(core_.options.linger);
    std::size_t discarded = 0;
    while (discarded < linger_bytes_max) {
        const ssize_t got = ::recv(socket_->native_handle(), core_.scratch.data(), core_.scratch.size(), 0);
        if (got > 0) {
            discarded += static_cast<std::size_t>(got);
            continue;
        }
        if (got == 0 || errno != EAGAIN) break;
        const bool go_on = co_await ready(Step::Kind::want_read);
        if (!go_on) break;
    }
}

void Connection::set_deadline(Duration from_now) {
    expired_ = false;
    loop_->set_deadline(*this, from_now);
}

void Connection::clear_deadline() {
    expired_ = false;
    loop_->clear_deadline(*this);
}

void Connection::on_deadline() {
    const auto self = shared_from_this();
    expired_ = true;
    wake();
}

void Connection::drain() {
    draining_ = true;
    if (idle_) closing_ = true;
    const auto self = shared_from_this();
    wake();
}

void Connection::close() {
    closing_ = true;
    const auto self = shared_from_this();
    wake();
}

void Connection::tell_gone(Gone gone) {
    const auto function = std::exchange(gone_, nullptr);
    if (!function) return;
    calling_ = gone == Gone::draining;
    function(gone);
    calling_ = false;
}

/// From here on nothing that belongs to the request is awaited or told.
void Connection::end_request() {
    ++ticket_;
    served_ = true;
    gone_ = nullptr;
    events_.reset();
    response_.reset();
    if (const auto got = std::exchange(want_piece_, nullptr))
        got(fail(Code::canceled, "the request has ended before its body had"));
}

void Connection::finish() {
    finished_ = true;
    loop_->clear_deadline(*this);
    tell_gone(Gone::peer);
    end_request();
    if (!lingering_ && stream_) stream_->close();
    stream_.reset();
    boost::system::error_code ignored;
    socket_->close(ignored);
    socket_.reset();
    input_ = {};
    core_.ended(*this);
    if (const auto function = std::exchange(closed_, nullptr)) function();
}

// Calls of the Exchange

void Connection::answer(std::uint64_t ticket, Response response) {
    if (loop_->in_thread() && calling_ && ticket == ticket_) {
        response_ = std::make_unique<Response>(std::move(response));
        return;
    }
    loop_->post([self = shared_from_this(), ticket, given = std::move(response)]() mutable {
        if (ticket != self->ticket_ || self->finished_) return;
        self->response_ = std::make_unique<Response>(std::move(given));
        self->wake();
    });
}

void Connection::want_piece(std::uint64_t ticket, std::function<void(Result<std::string>)> got) {
    if (loop_->in_thread() && calling_ && ticket == ticket_) {
        want_piece_ = std::move(got);
        return;
    }
    loop_->post([self = shared_from_this(), ticket, function = std::move(got)]() mutable {
        if (ticket != self->ticket_ || self->finished_) {
            function(fail(Code::canceled, "the peer went away before the body had ended"));
            return;
        }
        self->want_piece_ = std::move(function);
        self->wake();
    });
}

void Connection::set_gone(std::uint64_t ticket, std::function<void(Gone)> function) {
    if (ticket == ticket_ && !finished_) {
        gone_ = std::move(function);
        return;
    }
    loop_->post([given = std::move(function)] { given(Gone::peer); });
}

void Connection::set_closed(std::function<void()> function) {
    if (finished_)
        loop_->post(std::move(function));
    else
        closed_ = std::move(function);
}

void Connection::open_events(std::uint64_t ticket) {
    if (ticket != ticket_ || finished_) return;
    events_ = std::make_unique<EventBuffer>();
    if (calling_) return;
    loop_->post([self = shared_from_this()] { self->wake(); });
}

EventStream::Push Connection::push_event(std::uint64_t ticket, const Event& event) {
    if (ticket != ticket_ || !events_ || !events_->open || closing_) return EventStream::Push::gone;
    EventBuffer& events = *events_;
    const std::size_t most = core_.options.event_buffer_bytes_max;
    if (events.waiting.size() > 2 * most) {
        close_events(ticket);  // who ignores "full" is not buffered for without end
        return EventStream::Push::gone;
    }
    append_event(events.waiting, event);
    if (!events.wake_posted && !calling_) {
        events.wake_posted = true;
        loop_->post([self = shared_from_this()] {
            if (self->events_) self->events_->wake_posted = false;
            self->wake();
        });
    }
    return events.waiting.size() >= most ? EventStream::Push::full : EventStream::Push::taken;
}

void Connection::set_drained(std::uint64_t ticket, std::function<void()> function) {
    if (ticket != ticket_ || !events_) return;
    events_->drained = std::move(function);
    loop_->post([self = shared_from_this()] { self->wake(); });
}

void Connection::close_events(std::uint64_t ticket) {
    loop_->post([self = shared_from_this(), ticket] {
        if (ticket != self->ticket_ || !self->events_) return;
        self->events_->open = false;
        self->wake();
    });
}

}  // namespace slipway::http
