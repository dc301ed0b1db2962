#include "platform/json/dump.h"

#include "platform/base/limits.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"

namespace slipway::json {
namespace {

bool deeper_than(const Value& value, std::size_t levels) {
    if (!value.is_structured()) return false;
    if (levels == 0) return true;
    for (const Value& item : value)
        if (deeper_than(item, levels - 1)) return true;
    return false;
}

Value cut(const Value& value, std::size_t levels) {
    if (!value.is_structured()) return value;
    if (levels == 0) return nullptr;
    Value out(value.type());
    if (value.is_array())
        for (const Value& item : value) out.push_back(cut(item, levels - 1));
    else
        for (const auto& [name, item] : value.items()) out[name] = cut(item, levels - 1);
    return out;
}

}  // namespace

std::string dump(const Value& value, Layout layout) {
    // The library's dump() calls itself for each level.
    if (deeper_than(value, limits::json_depth_max)) return dump(cut(value, limits::json_depth_max), layout);
    return value.dump(layout == Layout::compact ? -1 : 2, ' ', false, Value::error_handler_t::replace);
}

std::string quoted(std::string_view text) {
    Writer out;
    out.item(text);
    return std::move(out).take();
}

}  // namespace slipway::json
