#include "coordinator/http/beast_parser.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"

namespace slipway::http {
namespace {

namespace beast_http = boost::beast::http;

/// The longest that a chunk's header, or the end of a body, may be while it is not complete.
constexpr std::size_t chunk_header_bytes_max = 64;

std::string_view std_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

Method method_of(beast_http::verb verb) {
    switch (verb) {
        case beast_http::verb::get: return Method::get;
        case beast_http::verb::head: return Method::head;
        case beast_http::verb::post: return Method::post;
        case beast_http::verb::put: return Method::put;
        case beast_http::verb::patch: return Method::patch;
        case beast_http::verb::delete_: return Method::delete_;
        default: return Method::other;
    }
}

}  // namespace

RequestParser::RequestParser() {
    body_limit(boost::none);  // the route's own limit is known only after the header
    header_limit(static_cast<std::uint32_t>(2 * limits::request_header_bytes_max));
    eager(false);
}

Result<> RequestParser::read_head(std::string_view block, Request& request, std::string_view& target) {
    request_ = &request;
    error_code error;
    const std::size_t used = put(boost::asio::const_buffer(block.data(), block.size()), error);
    request_ = nullptr;
    if (refusal_) return fail(std::move(*refusal_));
    if (error || used != block.size() || !is_header_done())
        return fail(Code::invalid, "the request's header is malformed: " + error.message());
    target = target_;
    if (const auto length = content_length()) {
        content_length_ = *length;
        request.content_length = *length;
    }
    return {};
}

void RequestParser::on_request_impl(beast_http::verb verb, view, view target, int, error_code&) {
    request_->method = method_of(verb);
    target_ = std_view(target);
}

void RequestParser::on_field_impl(beast_http::field field, view name, view value, error_code& error) {
    if (request_ == nullptr) {
        refusal_ = Error{Code::invalid, "the body ends with trailer fields, which are not accepted"};
        error = beast_http::error::bad_field;
        return;
    }
    request_->headers.add(std_view(name), std_view(value));
    if (field == beast_http::field::expect) {
        if (!boost::beast::iequals(value, "100-continue")) {
            refusal_ = Error{Code::invalid,
                             "Expect is '" + printable(std_view(value), 40) + "'; only 100-continue is understood",
                             "expectation_failed"};
            error = beast_http::error::bad_value;
        }
        expects_continue_ = true;
    }
}

std::size_t RequestParser::on_body_impl(view body, error_code& error) {
    if (body_bytes_ + body.size() > body_bytes_max_) {
        refusal_ =
            Error{Code::limit, "the body is longer than the " + std::to_string(body_bytes_max_) + " bytes allowed here",
                  "body_too_large"};
        error = beast_http::error::body_limit;
        return 0;
    }
    const std::size_t taken = std::min(room_, body.size());
    piece_->append(body.data(), taken);
    room_ -= taken;
    body_bytes_ += taken;
    return taken;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, view body, error_code& error) {
    return on_body_impl(body, error);
}

void RequestParser::on_chunk_header_impl(std::uint64_t, view extensions, error_code& error) {
    if (extensions.empty()) return;
    refusal_ = Error{Code::invalid, "a chunk of the body has an extension, which is not accepted"};
    error = beast_http::error::bad_chunk_extension;
}

Result<std::size_t> RequestParser::read_body(std::string_view bytes, std::string& piece, std::size_t piece_bytes_max) {
    piece_ = &piece;
    room_ = piece_bytes_max > piece.size() ? piece_bytes_max - piece.size() : 0;
    std::size_t used = 0;
    while (!is_done() && used < bytes.size() && room_ > 0) {
        error_code error;
        used += put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), error);
        if (refusal_) return fail(std::move(*refusal_));
        if (error == beast_http::error::need_more) {
            if (bytes.size() - used > chunk_header_bytes_max)
                return fail(Code::invalid, "a chunk of the body has a header that does not end");
            break;
        }
        if (error) return fail(Code::invalid, "the body's chunks are malformed: " + error.message());
    }
    piece_ = nullptr;
    return used;
}

}  // namespace slipway::http
