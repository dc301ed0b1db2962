#include "tests/unit/coordinator/http/server_fixture.h"

#include <cerrno>
#include <future>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace slipway::http::test {

std::string Answer::field(std::string_view name) const {
    const std::string key = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(key);
    if (at == std::string::npos) return {};
    return head.substr(at + key.size(), head.find("\r\n", at + 2) - at - key.size());
}

Client::Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) ended_ = true;
}

Client::Client(Client&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), bytes_(std::move(other.bytes_)), ended_(other.ended_) {}

Client::~Client() { close(); }

void Client::close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void Client::stop_sending() { ::shutdown(descriptor_, SHUT_WR); }

void Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool Client::more(std::chrono::milliseconds limit) {
    if (ended_) return false;
    pollfd wait{descriptor_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return false;
    char buffer[64 * 1024];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (got <= 0) {
        ended_ = true;
        return false;
    }
    bytes_.append(buffer, static_cast<std::size_t>(got));
    return true;
}

std::optional<Answer> Client::answer(bool head_only, std::chrono::milliseconds limit) {
    std::size_t end = 0;
    while ((end = bytes_.find("\r\n\r\n")) == std::string::npos)
        if (!more(limit)) return std::nullopt;
    Answer answer;
    answer.head = bytes_.substr(0, end + 2);
    answer.status = std::stoi(answer.head.substr(9, 3));
    bytes_.erase(0, end + 4);
    if (head_only || answer.status == 204 || answer.status == 304 || answer.status == 100) return answer;
    if (answer.field("Transfer-Encoding") == "chunked") {
        for (;;) {
            while ((end = bytes_.find("\r\n")) == std::string::npos)
                if (!more(limit)) return std::nullopt;
            const std::size_t size = std::stoul(bytes_.substr(0, end), nullptr, 16);
            while (bytes_.size() < end + 2 + size + 2)
                if (!more(limit)) return std::nullopt;
            answer.body += bytes_.substr(end + 2, size);
            bytes_.erase(0, end + 2 + size + 2);
            if (size == 0) return answer;
        }
    }
    const std::size_t size = std::stoul(answer.field("Content-Length"));
    while (bytes_.size() < size)
        if (!more(limit)) return std::nullopt;
    answer.body = bytes_.substr(0, size);
    bytes_.erase(0, size);
    return answer;
}

std::string Client::read_until(std::string_view text) {
    std::size_t at = 0;
    while ((at = bytes_.find(text)) == std::string::npos)
        if (!more(patience)) return std::exchange(bytes_, {});
    std::string read = bytes_.substr(0, at + text.size());
    bytes_.erase(0, at + text.size());
    return read;
}

bool Client::sees_end(std::chrono::milliseconds limit) {
    while (more(limit)) bytes_.clear();
    return ended_;
}

FakeAuthenticator::~FakeAuthenticator() {
    for (std::thread& thread : threads_) thread.join();
}

void FakeAuthenticator::authenticate(const Credentials& credentials, std::function<void(Result<Principal>)> done) {
    if (credentials.certificate) {
        const std::string& id = credentials.certificate->agent_id;
        const std::string& serial = credentials.certificate->serial;
        if (id.starts_with('d')) return done(Principal::deleted_agent(1, id, "web1", serial));
        if (id.starts_with('e')) return done(Principal::expired_agent(1, id, "web1", serial));
        return done(Principal::agent(1, id, "web1", serial));
    }
    if (credentials.bearer == "admin") return done(Principal::token(1, "t1", "boss", core::Role::admin));
    if (credentials.bearer == "viewer") return done(Principal::token(2, "t2", "guest", core::Role::viewer));
    if (credentials.bearer == "broken") return done(fail(Code::unavailable, "the store is away"));
    if (credentials.bearer == "late") {
        threads_.emplace_back([done] { done(Principal::token(3, "t3", "late", core::Role::viewer)); });
        return;
    }
    done(fail(Code::unauthenticated, "this token is not known"));
}

void LogLines::write(std::string_view line) {
    const std::lock_guard lock(mutex);
    text += line;
}

bool LogLines::has(std::string_view part) {
    const std::lock_guard lock(mutex);
    return text.find(part) != std::string::npos;
}

Result<std::optional<std::size_t>> PatternFile::read_cached_at(std::uint64_t offset, std::span<char> into) {
    if (++asked_ % 3 == 0) return std::nullopt;
    return read_at(offset, into.first((into.size() + 1) / 2));
}

Result<std::size_t> PatternFile::read_at(std::uint64_t offset, std::span<char> into) {
    std::size_t count = 0;
    for (; count < into.size() && offset + count < size_; ++count) into[count] = at(offset + count);
    return count;
}

std::string get(std::string_view path, std::string_view fields) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

Fixture::Fixture(ServerOptions options, std::shared_ptr<StreamFactory> security)
    : logger(lines, clock, LogLevel::debug, LogFormat::text), workers(2, 64) {
    server = make_server({clock, random, authenticator, metrics, logger, workers}, routes(), options);
    user = server->listen(Port::user, {"127.0.0.1", 0}, make_plain_streams()).value();
    agent = server->listen(Port::agent, {"127.0.0.1", 0}, std::move(security)).value();
    thread_ = std::thread([this] { server->run(); });
}

Fixture::~Fixture() {
    on_loop([this] {
        parked.clear();
        this->streams.clear();
    });
    server->stop();
    thread_.join();
}

Answer Fixture::ask(std::string_view request) {
    Client client = connect();
    client.send(request);
    return client.answer().value_or(Answer{});
}

void Fixture::on_loop(const std::function<void()>& function) {
    auto done = std::make_shared<std::promise<void>>();
    auto future = done->get_future();
    server->loop().post([&function, done] {
        function();
        done->set_value();
    });
    // After a drain the loop no longer runs, and nothing races.
    if (future.wait_for(patience) != std::future_status::ready) std::terminate();
}

bool Fixture::eventually(const std::function<bool()>& condition) {
    const Steady end = clock.steady() + patience;
    while (clock.steady() < end) {
        bool holds = false;
        on_loop([&] { holds = condition(); });
        if (holds) return true;
        ::poll(nullptr, 0, 2);
    }
    return false;
}

std::int64_t Fixture::figure(std::string_view line_start) const {
    const std::string text = metrics.render(MetricsFormat::prometheus);
    const std::size_t at = text.find("\n" + std::string(line_start) + " ");
    return at == std::string::npos ? -1 : std::stoll(text.substr(at + line_start.size() + 2));
}

void Fixture::stream(Upload upload, Reply reply) {
    upload.next([this, upload, reply](Result<std::string> piece) {
        if (!piece) {
            upload_error = piece.error();
            reply.send(piece.error());
            return;
        }
        if (piece->empty()) return reply.send(Response::text(200, "text/plain", std::to_string(uploaded)));
        largest_piece = std::max(largest_piece, piece->size());
        uploaded += piece->size();
        // On to a disk thread and back, as a real handler does.
        static_cast<void>(workers.submit([this, upload, reply] { stream(upload, reply); }));
    });
}

Router Fixture::routes() {
    Router router;
    const auto add = [&](Method method, std::string_view pattern, Port port, Access access, std::uint64_t body,
                         Handler handler) {
        const Scope scope = access.is_open() ? Scope::none : port == Port::user ? Scope::all : Scope::own;
        router.add({.method = method,
                    .pattern = pattern,
                    .port = port,
                    .access = access,
                    .scope = scope,
                    .query = QueryNames{},
                    .body_bytes_max = body,
                    .handler = std::move(handler)});
    };
    const auto text = [](std::string body) { return Response::text(200, "text/plain", std::move(body)); };
    const Access read = Access::token(core::Permission::read);
    const Plain count{[this, text](const Request& request, const Reply& reply) {
        ++handled;
        reply.send(text("handled " + std::string(to_string(request.method))));
    }};
    add(Method::get, "/healthz", Port::user, Access::open(), 0, count);
    add(Method::get, "/second", Port::user, Access::open(), 0, count);
    add(Method::get, "/hello", Port::user, read, 0, Plain{[this, text](const Request& request, const Reply& reply) {
            ++handled;
            reply.send(text(request.principal.actor()));
        }});
    add(Method::delete_, "/manage", Port::user, Access::token(core::Permission::manage_tokens), 0, count);
    const Plain echo{[this](Request request, const Reply& reply) {
        ++handled;
        reply.send(Response::text(200, "text/plain", std::move(request.body)));
    }};
    add(Method::post, "/echo", Port::user, Access::open(), 1000, echo);
    add(Method::post, "/large-echo", Port::user, Access::open(), 4 * 1024 * 1024, echo);
    add(Method::post, "/late", Port::user, Access::open(), 0, Plain{[this, text](const Request&, const Reply& reply) {
            static_cast<void>(workers.submit([reply, text] { reply.send(text("late")); }));
        }});
    add(Method::post, "/dropped", Port::user, Access::open(), 0, Plain{[](const Request&, const Reply&) {}});
    add(Method::get, "/file/{size:number}", Port::user, Access::open(), 0,
        Plain{[](const Request& request, const Reply& reply) {
            FileDescription file;
            file.size = std::stoull(request.parameter("size"));
            file.file = std::make_shared<PatternFile>(file.size);
            file.etag = "\"v1\"";
            reply.send(file_response(request, file));
        }});
    add(Method::get, "/short-file", Port::user, Access::open(), 0, Plain{[](const Request&, const Reply& reply) {
            Response response;
            response.body = FilePart{std::make_shared<PatternFile>(100), 0, 1'000'000};
            reply.send(std::move(response));
        }});
    add(Method::patch, "/upload", Port::user, Access::open(), 1ull << 40,
        Streamed{[this](const Request&, const Upload& upload, const Reply& reply) { stream(upload, reply); }});
    add(Method::patch, "/refused-upload", Port::user, Access::open(), 1ull << 40,
        Streamed{[](const Request&, const Upload&, const Reply& reply) {
            reply.send({Code::conflict, "not now", "log_sealed"});
        }});
    add(Method::post, "/poll", Port::user, Access::open(), 1000, Parked{[this](const Request&, const Reply& reply) {
            reply.when_gone([this](Gone why) { gone.push_back(why); });
            parked.push_back(reply);
        }});
    add(Method::get, "/events", Port::user, Access::open(), 0,
        Events{[this](const Request& request, const EventReply& reply) {
            if (request.headers.get("last-event-id") == "refused") return reply.send({Code::not_found, "no such log"});
            const EventStream stream = reply.open();
            stream.when_gone([this](Gone why) { gone.push_back(why); });
            stream.push({std::string(request.headers.get("last-event-id").value_or("0")), "hello", "first"});
            streams.push_back(stream);
        }});
    add(Method::get, "/who", Port::agent, Access::agent(), 0,
        Plain{[text](const Request& request, const Reply& reply) { reply.send(text(request.principal.id())); }});
    add(Method::post, "/renew", Port::agent, Access::agent_or_expired(), 0, count);
    add(Method::post, "/report", Port::agent, Access::agent_or_deleted(), 0, count);
    add(Method::post, "/enroll", Port::agent, Access::open(), 1000, count);
    add(Method::post, "/agent-poll", Port::agent, Access::agent(), 1000,
        Parked{[this](const Request&, const Reply& reply) { parked.push_back(reply); }});
    return router;
}

}  // namespace slipway::http::test
