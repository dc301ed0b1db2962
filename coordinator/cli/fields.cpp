#include "coordinator/cli/fields.h"

#include <optional>

#include "platform/json/dump.h"
#include "platform/json/value.h"

namespace slipway::cli {
namespace {

const json::Value nothing = json::Value::object();

const json::Value* find(const json::Value& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(name));
    return found == object.end() ? nullptr : &*found;
}

std::optional<Time> moment_of(const json::Value& object, std::string_view name) {
    const auto time = from_rfc3339(text_of(object, name));
    return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

std::string text_of(const json::Value& object, std::string_view name) {
    const json::Value* value = find(object, name);
    if (!value || value->is_null() || value->is_structured()) return {};
    return value->is_string() ? value->get<std::string>() : json::dump(*value);
}

std::uint64_t number_of(const json::Value& object, std::string_view name) {
    const json::Value* value = find(object, name);
    return value && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

bool flag_of(const json::Value& object, std::string_view name) {
    const json::Value* value = find(object, name);
    return value && value->is_boolean() && value->get<bool>();
}

const json::Value& inside(const json::Value& object, std::string_view name) {
    const json::Value* value = find(object, name);
    return value && value->is_structured() ? *value : nothing;
}

std::string time_of(const json::Value& object, std::string_view name, const Screen& screen) {
    const auto time = moment_of(object, name);
    return time ? relative(*time, screen.now) : std::string();
}

std::string span_of(const json::Value& object, std::string_view begin, std::string_view end, const Screen& screen) {
    const auto begun = moment_of(object, begin);
    if (!begun) return {};
    const Time ended = moment_of(object, end).value_or(screen.now);
    return format_duration(ended > *begun ? ended - *begun : Duration{0});
}

Cell state_cell(const json::Value& object, std::string_view name) {
    std::string state = text_of(object, name);
    const Colour colour = colour_of_state(state);
    return {std::move(state), colour};
}

bool shown_as_json(const json::Value& answer, const Screen& screen) {
    if (screen.json) screen.out << json::dump(answer, json::Layout::indented) << "\n";
    return screen.json;
}

}  // namespace slipway::cli
