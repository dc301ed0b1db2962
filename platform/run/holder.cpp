#include "platform/run/holder.h"

#include "platform/base/ids.h"

namespace slipway::run {

std::string encode(const Holder& holder) { return holder.group + "\n" + os::to_text(holder.process) + "\n"; }

Result<Holder> decode_holder(std::string_view text) {
    const auto first = text.find('\n');
    const auto second = first == std::string_view::npos ? first : text.find('\n', first + 1);
    if (second == std::string_view::npos || second + 1 != text.size() || !is_name(text.substr(0, first)))
        return fail(Code::corrupt, "the file of the attempt's process does not hold a group and a process");
    auto process = os::parse_identity(text.substr(first + 1, second - first - 1));
    if (!process) return fail(Code::corrupt, std::move(process).error().message);
    return Holder{std::string(text.substr(0, first)), std::move(*process)};
}

}  // namespace slipway::run
