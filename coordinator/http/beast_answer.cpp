#include <algorithm>
#include <utility>

#include "coordinator/http/beast_connection.h"
#include "coordinator/http/event_text.h"
#include "coordinator/http/problem.h"
#include "platform/base/assert.h"

namespace slipway::http {
namespace {

/// Text up to this size leaves in one write with its header.
constexpr std::size_t joined_bytes_max = 64 * 1024;

std::string_view text_of(const Response& response) {
    if (const auto* text = std::get_if<std::string>(&response.body)) return *text;
    const auto* shared = std::get_if<std::shared_ptr<const std::string>>(&response.body);
    ASSERT(shared != nullptr);  // a parked route has no files
    return *shared ? std::string_view(**shared) : std::string_view();
}

Error stopping() { return {Code::unavailable, "the server is stopping; try again in a few seconds", "stopping"}; }

/// Bytes of a file that lie in memory leave in pieces of this size, which stay in the processor's cache on their way.
constexpr std::size_t cached_piece_bytes = 64 * 1024;
/// After so many bytes other connections have their turn.
constexpr std::size_t turn_bytes = 256 * 1024;

}  // namespace

/// Where a part of a file is while it is sent. A disk thread may still write into it when the connection is gone.
struct FileBuffer : std::enable_shared_from_this<FileBuffer> {
    explicit FileBuffer(std::size_t size) : bytes(std::make_unique_for_overwrite<char[]>(size)) {}
    std::unique_ptr<char[]> bytes;
    std::optional<Result<std::size_t>> read;  ///< the loop's thread sees it when it is there
};

std::string Connection::head_for(const Response& response, const Answering& answering, HeadFacts::Framing framing) {
    HeadFacts facts;
    facts.framing = framing;
    if (origin_.port == Port::user)
        facts.browser =
            origin_.secure && !answering.localhost ? HeadFacts::Browser::yes_secure : HeadFacts::Browser::yes;
    facts.keep_alive = answering.keep_alive;
    facts.body_bytes = response.body_bytes();
    facts.date = core_.date();
    const std::string id = core_.request_id(answering.number);
    facts.request_id = id;
    return response_head(response, facts);
}

void Connection::count(int status, const Answering& answering) {
    Core::PortFigures& figures = core_.figures_of(origin_.port);
    figures.by_class[std::clamp(status / 100, 1, 5)]->add();
    figures.seconds->observe_us(static_cast<std::uint64_t>((loop_->now() - answering.began).count()));
}

Awaitable<bool> Connection::await_answer() {
    while (!response_ && !closing_) co_await pause();
    co_return response_ != nullptr;
}

Awaitable<bool> Connection::respond(Response response, Answering answering) {
    end_request();
    if (draining_) answering.keep_alive = false;
    count(response.status, answering);
    std::string out = head_for(response, answering, HeadFacts::Framing::length);
    bool sent = false;
    const bool bodiless = answering.head_only || response.status == 204 || response.status == 304;
    if (const auto* part = std::get_if<FilePart>(&response.body); part != nullptr && !bodiless && part->length > 0) {
        sent = co_await send_file(std::move(out), *part);
    } else {
        const std::string_view text = bodiless || part != nullptr ? std::string_view() : text_of(response);
        const bool joined = text.size() <= joined_bytes_max;
        if (joined) out += text;
        sent = co_await write_all(out);
        if (sent && !joined) sent = co_await write_all(text);
    }
    if (!sent) co_return false;
    lingering_ = answering.unread;
    clear_deadline();
    co_return answering.keep_alive && !closing_;
}

/// What the system has in memory is read here, the rest by a thread that may wait for the disk.
Awaitable<Result<std::size_t>> Connection::read_file(const FilePart& part, std::uint64_t done, FileBuffer& buffer,
                                                     std::size_t at) {
    const std::uint64_t offset = part.offset + done;
    const auto wanted = [&](std::size_t most) {
        return static_cast<std::size_t>(std::min<std::uint64_t>(part.length - done, most));
    };
    const auto cached = part.file->read_cached_at(offset, {buffer.bytes.get() + at, wanted(cached_piece_bytes)});
    if (!cached) co_return fail(cached.error());
    if (*cached) co_return **cached;
    buffer.read.reset();
    const std::span<char> into{buffer.bytes.get() + at, wanted(core_.options.piece_bytes_max)};
    const Result<> taken = core_.parts.workers.submit(
        [self = shared_from_this(), kept = buffer.shared_from_this(), into, offset, file = part.file] {
            auto read = file->read_at(offset, into);
            self->loop_->post([self, kept, result = std::move(read)] {
                kept->read = result;
                self->wake();
            });
        });
    if (!taken) co_return fail(taken.error());
    while (!buffer.read && !closing_) co_await pause();
    if (!buffer.read) co_return fail(Code::unavailable, "the connection ended");
    co_return *buffer.read;
}

/// The head leaves with the first piece.
Awaitable<bool> Connection::send_file(std::string head, const FilePart& part) {
    const auto buffer = std::make_shared<FileBuffer>(head.size() + core_.options.piece_bytes_max);
    std::ranges::copy(head, buffer->bytes.get());
    std::size_t begin = head.size();
    std::size_t turn = 0;
    for (std::uint64_t done = 0; done < part.length;) {
        const auto read = co_await read_file(part, done, *buffer, begin);
        if (closing_) co_return false;
        if (!read || *read == 0) {
            // The length is already promised: only ending the connection tells the peer that this is not all.
            core_.parts.logger.error(
                "a file could not be sent to its end",
                {{"reason", read ? "it is shorter than it was" : read.error().message}, {"address", origin_.address}});
            co_return false;
        }
        done += *read;
        turn += *read;
        const bool sent = co_await write_all({buffer->bytes.get(), begin + *read});
        if (!sent) co_return false;
        begin = 0;
        if (turn < turn_bytes || done == part.length) continue;
        turn = 0;
        loop_->post([self = shared_from_this()] { self->wake(); });
        co_await pause();
    }
    co_return true;
}

/// Looks at a line that became readable while no request is read from it.
bool Connection::peer_is_there() {
    const Step step = stream_->peek();
    if (step.kind == Step::Kind::want_read || step.kind == Step::Kind::want_write) {
        arm(Step::Kind::want_read);
        return true;
    }
    readable_ = false;  // the next request already waits: nothing more to learn from watching
    return step.kind == Step::Kind::done;
}

Awaitable<bool> Connection::beat(bool& begun, const Answering& answering) {
    std::string out;
    if (!begun) out = head_for(Response::json(200, {}), answering, HeadFacts::Framing::chunked);
    begun = true;
    out += chunk("\n");
    const bool sent = co_await write_all(out);
    if (sent) set_deadline(core_.options.beat);
    co_return sent;
}

Awaitable<bool> Connection::park(Answering answering) {
    Gauge& parked = *core_.figures_of(origin_.port).parked;
    parked.add(1);
    if (input_.empty()) input_ = {};
    bool begun = false;
    bool told = false;
    bool there = true;
    set_deadline(core_.options.beat);
    arm(Step::Kind::want_read);
    while (!response_ && !closing_ && there) {
        if (draining_ && !told) {
            told = true;
            set_deadline(core_.options.drain_answer);
            tell_gone(Gone::draining);
        } else if (expired_ && told) {
            response_ = std::make_unique<Response>(Response::problem(stopping()));
        } else if (expired_) {
            there = co_await beat(begun, answering);
        } else if (readable_) {
            there = peer_is_there();
        } else {
            co_await pause();
        }
    }
    parked.add(-1);
    if (!response_ || !there) co_return false;
    co_return co_await finish_parked(begun, answering);
}

Awaitable<bool> Connection::finish_parked(bool begun, Answering answering) {
    const std::unique_ptr<Response> response = std::move(response_);
    if (!begun) co_return co_await respond(std::move(*response), answering);
    end_request();
    count(200, answering);
    const std::string_view text = response->late_text.empty() ? text_of(*response) : response->late_text;
    std::string out = text.empty() ? std::string() : chunk(text);
    out += last_chunk;
    const bool sent = co_await write_all(out);
    clear_deadline();
    co_return sent&& answering.keep_alive && !draining_ && !closing_;
}

Awaitable<bool> Connection::send_events(Answering answering) {
    while (!response_ && !events_ && !closing_) co_await pause();
    if (closing_) co_return false;
    if (response_) {
        Response refusal = std::move(*response_);
        co_return co_await respond(std::move(refusal), answering);
    }
    Response opening = Response::text(200, "text/event-stream", {}).set("X-Accel-Buffering", "no");
    count(opening.status, answering);
    const std::string head = head_for(opening, answering, HeadFacts::Framing::chunked);
    bool there = co_await write_all(head);
    set_deadline(core_.options.comment);
    arm(Step::Kind::want_read);
    while (there && !closing_) {
        EventBuffer& events = *events_;
        if (!events.waiting.empty() || expired_) {
            const std::string text =
                events.waiting.empty() ? std::string(event_comment) : std::exchange(events.waiting, std::string());
            const std::string out = chunk(text);
            there = co_await write_all(out);
            set_deadline(core_.options.comment);
        } else if (const auto drained = std::exchange(events.drained, nullptr)) {
            drained();
        } else if (!events.open || draining_) {
            break;
        } else if (readable_) {
            there = peer_is_there();
        } else {
            co_await pause();
        }
    }
    if (!there || closing_) co_return false;
    if (draining_) tell_gone(Gone::draining);
    end_request();
    const bool sent = co_await write_all(last_chunk);
    clear_deadline();
    co_return sent&& answering.keep_alive && !draining_ && !closing_;
}

}  // namespace slipway::http
