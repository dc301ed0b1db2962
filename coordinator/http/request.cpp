#include "coordinator/http/request.h"

#include <algorithm>
#include <charconv>

#include "coordinator/http/percent.h"
#include "platform/base/assert.h"
#include "platform/base/bytes.h"

namespace slipway::http {
namespace {

constexpr std::size_t query_parameters_max = 32;
constexpr std::size_t idempotency_key_bytes_max = 128;

std::optional<std::uint64_t> whole_number(std::string_view digits) {
    if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return number;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::delete_: return "DELETE";
        case Method::other: return "other";
    }
    return "other";
}

void Headers::add(std::string_view name, std::string_view value) {
    fields_.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size()),
                       static_cast<std::uint32_t>(text_.size())});
    text_ += lower(name);
    text_ += value;
}

std::optional<std::string_view> Headers::get(std::string_view lower_case_name) const {
    const std::string_view text = text_;
    for (const Span& field : fields_)
        if (text.substr(field.offset, field.name_bytes) == lower_case_name)
            return text.substr(field.offset + field.name_bytes, field.value_bytes);
    return std::nullopt;
}

std::size_t Headers::count(std::string_view lower_case_name) const {
    const std::string_view text = text_;
    return static_cast<std::size_t>(std::count_if(fields_.begin(), fields_.end(), [&](const Span& field) {
        return text.substr(field.offset, field.name_bytes) == lower_case_name;
    }));
}

Result<Query> Query::parse(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const std::size_t end = text.find('&');
        const std::string_view item = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        const std::size_t equals = item.find('=');
        TRY_ASSIGN(std::string name, percent_decode(item.substr(0, equals), Plus::is_space));
        if (name.empty()) return fail(Code::invalid, "the query has a parameter without a name");
        std::string value;
        if (equals != std::string_view::npos) {
            TRY_ASSIGN(value, percent_decode(item.substr(equals + 1), Plus::is_space));
        }
        if (query.get(name))
            return fail(Code::invalid, "query parameter '" + printable(name) + "' is given more than once");
        if (query.items_.size() == query_parameters_max)
            return fail(Code::invalid,
                        "the query has more than " + std::to_string(query_parameters_max) + " parameters");
        query.items_.emplace_back(std::move(name), std::move(value));
    }
    return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
    for (const auto& [key, value] : items_)
        if (key == name) return value;
    return std::nullopt;
}

Result<> Query::only(const std::vector<std::string_view>& known) const {
    for (const auto& [name, value] : items_) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        std::string message = "query parameter '" + printable(name) + "' is not known here; ";
        if (known.size() == 0) return fail(Code::invalid, message + "there are none");
        message += "there are:";
        for (const std::string_view one : known) message.append(" ").append(one);
        return fail(Code::invalid, message);
    }
    return {};
}

Result<std::optional<std::uint64_t>> Query::number(std::string_view name, std::uint64_t largest) const {
    const auto text = get(name);
    if (!text) return std::nullopt;
    const auto number = whole_number(*text);
    if (!number || *number > largest)
        return fail(Code::invalid, "query parameter '" + std::string(name) + "' is '" + printable(*text, 40) +
                                       "'; it must be a whole number from 0 to " + std::to_string(largest));
    return number;
}

const std::string& Request::parameter(std::string_view name) const {
    const auto found =
        std::find_if(pattern.begin(), pattern.end(), [&](const auto& item) { return item.first == name; });
    ASSERT(found != pattern.end());
    return found->second;
}

Result<> Request::content_type_is(std::string_view type) const {
    const auto header = headers.get("content-type");
    if (header) {
        std::string_view bare = header->substr(0, header->find(';'));
        while (!bare.empty() && (bare.back() == ' ' || bare.back() == '\t')) bare.remove_suffix(1);
        if (lower(bare) == type) return {};
    }
    return fail(Code::invalid,
                "the body must be of Content-Type " + std::string(type) + ", not " +
                    (header ? "'" + printable(*header, 80) + "'" : "unnamed"),
                "unsupported_media_type");
}

Result<std::optional<std::string>> Request::idempotency_key() const {
    const auto header = headers.get("idempotency-key");
    if (!header) return std::nullopt;
    const bool visible = std::all_of(header->begin(), header->end(), [](char c) { return c > ' ' && c <= '~'; });
    if (header->empty() || header->size() > idempotency_key_bytes_max || !visible)
        return fail(Code::invalid, "Idempotency-Key must be 1 to " + std::to_string(idempotency_key_bytes_max) +
                                       " visible ASCII characters");
    return std::string(*header);
}

Result<std::uint64_t> Request::upload_offset() const {
    const auto header = headers.get("upload-offset");
    const auto number = header ? whole_number(*header) : std::nullopt;
    if (!number)
        return fail(Code::invalid, "Upload-Offset must say, as a whole number, at which byte this body begins");
    return *number;
}

}  // namespace slipway::http
