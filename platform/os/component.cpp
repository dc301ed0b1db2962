#include "platform/os/component.h"

#include "platform/base/bytes.h"

namespace slipway::os {

Result<std::string> as_component(std::string_view name) {
    constexpr std::string_view forbidden("/\0", 2);
    if (name.empty() || name == "." || name == ".." || name.find_first_of(forbidden) != std::string_view::npos)
        return fail(Code::invalid, "'" + printable(name) + "' is not the name of a single file");
    if (name.size() > 255)
        return fail(Code::limit, "the file name '" + printable(name, 40) + "' has " + std::to_string(name.size()) +
                                     " bytes, more than 255");
    return std::string(name);
}

}  // namespace slipway::os
