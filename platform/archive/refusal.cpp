#include "platform/archive/refusal.h"

#include "platform/base/bytes.h"

namespace slipway::archive {
namespace {

constexpr std::size_t name_shown_bytes_max = 300;

std::string about(std::string_view entry, std::string_view what) {
    std::string text = "\"" + printable(entry, name_shown_bytes_max) + "\": ";
    return text.append(what);
}

}  // namespace

tl::unexpected<Error> refuse(std::string_view entry, std::string_view what) {
    return fail(Code::invalid, about(entry, what), "archive_refused");
}

tl::unexpected<Error> refuse_limit(std::string_view entry, std::string_view what, std::uint64_t limit) {
    return fail(Code::limit, about(entry, what) + " (limit " + std::to_string(limit) + ")", "archive_refused");
}

tl::unexpected<Error> refuse_corrupt(std::string_view entry, std::string_view what) {
    return fail(Code::corrupt, about(entry, what), "archive_refused");
}

}  // namespace slipway::archive
