#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "platform/base/result.h"
#include "platform/os/files.h"
#include "platform/wire/problem.h"

namespace slipway::http {

struct Request;

/// A part of a file, read in pieces by the disk threads while it is sent.
struct FilePart {
    std::shared_ptr<os::File> file;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

/// The server adds Date, Content-Length, X-Request-Id, Connection and the security headers, and Cache-Control: no-store
/// where nothing else was set.
struct Response {
    using Body = std::variant<std::string, std::shared_ptr<const std::string>, FilePart>;

    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    Body body;
    /// Of a refusal on a parked route: travels instead of the body when status 200 has left with a beat.
    std::string late_text;

    static Response empty(int status = 204);
    static Response json(int status, std::string text);
    static Response text(int status, std::string_view content_type, std::string text);
    /// Shared text, such as a page that was built in: not copied.
    static Response shared(std::string_view content_type, std::shared_ptr<const std::string> text);
    /// Problem details (RFC 9457); the status follows from the error's reason or code, see problem.h.
    static Response problem(const Error& error);
    static Response problem(const wire::Problem& problem);

    Response& set(std::string_view name, std::string_view value) &;
    Response&& set(std::string_view name, std::string_view value) &&;
    std::optional<std::string_view> get(std::string_view name) const;  ///< as it was set
    std::uint64_t body_bytes() const;
};

struct FileDescription {
    std::shared_ptr<os::File> file;
    std::uint64_t size = 0;
    std::string content_type = "application/octet-stream";
    std::string etag;       ///< with its quotes; for If-None-Match and If-Range
    std::string file_name;  ///< for Content-Disposition; empty: none
};

/// The answer to GET or HEAD of a file: 200, 206, 304 or 416 as Range, If-Range and If-None-Match ask (RFC 9110).
Response file_response(const Request& request, FileDescription description);

}  // namespace slipway::http
