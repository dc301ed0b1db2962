#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "coordinator/http/request.h"
#include "platform/base/result.h"

namespace slipway::http {

/// Beast's parser behind head.h: it gets header blocks that check_head() passed, and bodies as they come. Stricter than
/// Beast in bodies as well: no chunk extensions, no trailers.
class RequestParser final : private boost::beast::http::basic_parser<true> {
public:
    RequestParser();

    /// The whole block. Fills method, headers and content_length; `target` stays in the caller's bytes.
    Result<> read_head(std::string_view block, Request& request, std::string_view& target);

    bool has_body() const { return chunked() || content_length_ > 0; }
    bool is_at_end() const { return is_done(); }
    bool keeps_alive() const { return keep_alive(); }
    bool expects_continue() const { return expects_continue_; }

    void set_body_limit(std::uint64_t bytes) { body_bytes_max_ = bytes; }
    std::uint64_t body_bytes() const { return body_bytes_; }

    /// Appends decoded bytes to `piece` until it holds `piece_bytes_max` or `bytes` are used up; how many bytes were
    /// used. What is left must be given again, with more behind it. Errors: invalid, limit ("body_too_large").
    Result<std::size_t> read_body(std::string_view bytes, std::string& piece, std::size_t piece_bytes_max);

private:
    using error_code = boost::beast::error_code;
    using view = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb verb, view method, view target, int version, error_code&) override;
    void on_response_impl(int, view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field field, view name, view value, error_code& error) override;
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(view body, error_code& error) override;
    void on_chunk_header_impl(std::uint64_t size, view extensions, error_code& error) override;
    std::size_t on_chunk_body_impl(std::uint64_t remain, view body, error_code& error) override;
    void on_finish_impl(error_code&) override {}

    Request* request_ = nullptr;  ///< while the header is read
    std::string_view target_;
    std::uint64_t content_length_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::uint64_t body_bytes_max_ = 0;
    std::string* piece_ = nullptr;  ///< while a body is read
    std::size_t room_ = 0;
    bool expects_continue_ = false;
    std::optional<Error> refusal_;
};

}  // namespace slipway::http
