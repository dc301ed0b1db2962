#include "coordinator/store/values.h"

#include "platform/json/dump.h"
#include "platform/json/parse.h"
#include "platform/json/value.h"

namespace slipway::store {

namespace {

constexpr std::string_view empty_list = "[]";  // nearly always, and then without a parser

template <typename Word>
bool decode_word(const std::optional<Word>& word, Word& to) {
    if (word) to = *word;
    return word.has_value();
}

bool decode_demand(const json::Value& value, core::Demands& to) {
    if (!value.is_object() || !value.contains("name") || !value["name"].is_string()) return false;
    core::Demand demand{value["name"].get<std::string>(), {}};
    if (value.contains("equals")) {
        if (!value["equals"].is_string()) return false;
        demand.equals = value["equals"].get<std::string>();
    }
    to.insert(std::move(demand));
    return true;
}

}  // namespace

std::string encode(const core::Demands& demands) {
    if (demands.empty()) return std::string(empty_list);
    json::Value list = json::Value::array();
    for (const core::Demand& demand : demands) {
        json::Value item = {{"name", demand.name}};
        if (demand.equals) item["equals"] = *demand.equals;
        list.push_back(std::move(item));
    }
    return json::dump(list);
}

std::string encode(const core::Capabilities& capabilities) {
    json::Value object = json::Value::object();
    for (const auto& [name, value] : capabilities) object[name] = value;
    return json::dump(object);
}

std::string encode(const std::set<Flag>& flags) {
    if (flags.empty()) return std::string(empty_list);
    json::Value list = json::Value::array();
    for (const Flag flag : flags) list.push_back(to_string(flag));
    return json::dump(list);
}

bool decode(std::string_view text, core::Demands& to) {
    to.clear();
    if (text == empty_list) return true;
    const auto list = json::parse(text);
    if (!list || !list->is_array()) return false;
    for (const json::Value& item : *list)
        if (!decode_demand(item, to)) return false;
    return true;
}

bool decode(std::string_view text, core::Capabilities& to) {
    to.clear();
    const auto object = json::parse(text);
    if (!object || !object->is_object()) return false;
    for (const auto& [name, value] : object->items()) {
        if (!value.is_string()) return false;
        to.emplace(name, value.get<std::string>());
    }
    return true;
}

bool decode(std::string_view text, std::set<Flag>& to) {
    to.clear();
    if (text == empty_list) return true;
    const auto list = json::parse(text);
    if (!list || !list->is_array()) return false;
    for (const json::Value& item : *list) {
        const auto flag = item.is_string() ? flag_from(item.get<std::string>()) : std::nullopt;
        if (!flag) return false;
        to.insert(*flag);
    }
    return true;
}

bool decode(std::string_view text, JobState& to) { return decode_word(job_state_from(text), to); }
bool decode(std::string_view text, AttemptState& to) { return decode_word(attempt_state_from(text), to); }
bool decode(std::string_view text, TaskState& to) { return decode_word(task_state_from(text), to); }
bool decode(std::string_view text, Reason& to) { return decode_word(reason_from(text), to); }
bool decode(std::string_view text, core::Role& to) { return decode_word(core::role_from(text), to); }

}  // namespace slipway::store
