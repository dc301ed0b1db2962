#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "coordinator/http/response.h"
#include "platform/base/result.h"

namespace slipway::http {

class Exchange;  // the server's side of one request

/// Why an answer is no longer awaited, or must come now.
enum class Gone {
    peer,      ///< the peer closed; an answer goes nowhere
    draining,  ///< the server stops: answer now
};

/// The way back to whoever asked. Copies are the same reply: it is sent once, by whichever copy; a second time is a
/// defect. If the last copy is destroyed before, the answer is a 500 and a line in the log.
class Reply {
public:
    explicit Reply(std::shared_ptr<Exchange> exchange);

    /// From any thread; never blocks. On a parked route whose first beat has left, only the body travels, under the
    /// status 200 that is already out.
    void send(Response response) const;
    void send(const Error& error) const { send(Response::problem(error)); }

    /// Parked routes only, on the loop's thread: called once there, in a later turn, if the peer goes away or the
    /// server drains before the answer was sent. Not called after send().
    void when_gone(std::function<void(Gone)> function) const;
    /// On the loop's thread: called once there when the line of this request has closed, also long after the answer.
    /// There is one for each line: that of a later request takes its place.
    void when_closed(std::function<void()> function) const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// The body of a request, piece by piece; nothing is read from the peer before it is asked for.
class Upload {
public:
    explicit Upload(std::shared_ptr<Exchange> exchange);

    /// From any thread; one call at a time. `got` is called on the loop's thread with at most 256 KiB, with an empty
    /// string at the end, or with an error: limit (body over the route's limit), timed_out (too slow), canceled (peer
    /// gone). What had come before an error was handed over first, as far as there was any.
    void next(std::function<void(Result<std::string>)> got) const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// One server-sent event. Line feeds in `data` are allowed.
struct Event {
    std::string id;    ///< what Last-Event-ID will say; empty: none
    std::string name;  ///< empty: "message"
    std::string data;
};

/// An open stream of events. Copies are the same stream; it ends with close() or with its last copy. Only on the loop's
/// thread. The server sends a comment every 15 s.
class EventStream {
public:
    explicit EventStream(std::shared_ptr<Exchange> exchange);

    enum class Push {
        taken,
        full,  ///< taken, but the buffer is at its limit: push no more before when_drained() calls
        gone,  ///< not taken: the peer is gone
    };
    Push push(const Event& event) const;
    void when_drained(std::function<void()> function) const;  ///< called once, when the buffer is empty
    void when_gone(std::function<void(Gone)> function) const;
    void close() const;

private:
    std::shared_ptr<Exchange> exchange_;
};

/// Of an events route: refuses, or opens the stream.
class EventReply {
public:
    explicit EventReply(std::shared_ptr<Exchange> exchange);
    void send(Response response) const;  ///< from any thread
    void send(const Error& error) const { send(Response::problem(error)); }
    EventStream open() const;  ///< on the loop's thread; status 200 leaves at once

private:
    std::shared_ptr<Exchange> exchange_;
};

}  // namespace slipway::http
