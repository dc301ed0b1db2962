#include "platform/json/reader.h"

#include "platform/base/bytes.h"
#include "platform/json/value.h"

namespace slipway::json {
namespace {

std::string_view kind(const Value& value) {
    switch (value.type()) {
        case Value::value_t::null: return "null";
        case Value::value_t::object: return "an object";
        case Value::value_t::array: return "an array";
        case Value::value_t::string: return "a text";
        case Value::value_t::boolean: return "true or false";
        case Value::value_t::number_float: return "a number with a fraction";
        default: return "an integer";
    }
}

/// RFC 6901: "~" and "/" in names are written ~0 and ~1.
std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name)
        if (c == '~')
            out += "~0";
        else if (c == '/')
            out += "~1";
        else
            out += c;
    return out;
}

}  // namespace

Reader::Reader(const Value& value, UnknownFields unknown, const Places* places)
    : object_(&value), unknown_(unknown), places_(places) {
    if (!object_->is_object()) refuse_type({}, "an object", *object_);
}

Reader::Reader(Reader& above, std::string_view name, std::size_t index, const Value& value)
    : above_(&above), step_(name), index_(index), object_(&value), unknown_(above.unknown_), places_(above.places_) {
    if (!object_->is_object()) refuse_type({}, "an object", *object_);
}

Reader::Reader(Reader& above, std::string_view name, std::size_t index)
    : above_(&above),
      step_(name),
      index_(index),
      object_(above.object_),
      unknown_(above.unknown_),
      places_(above.places_) {}

bool Reader::ok() const { return above_ ? above_->ok() : !error_.has_value(); }

std::string Reader::pointer(std::string_view name) const {
    std::string out;
    if (above_) out = above_->pointer() + "/" + escaped(step_);
    if (index_ != no_index) out += "/" + std::to_string(index_);
    if (!name.empty()) out += "/" + std::string(name);
    return out;
}

void Reader::refuse(std::string_view name, std::string message) {
    refuse(name, Error{Code::invalid, std::move(message), "invalid_field"});
}

void Reader::refuse(std::string_view name, Error error) {
    Reader* root = this;
    while (root->above_) root = root->above_;
    if (root->error_) return;
    const std::string at = pointer(name);
    std::string where = at.empty() ? "the whole value" : printable(at, 300);
    if (places_)
        if (const std::string place = places_->describe(at); !place.empty()) where = place + ": " + where;
    root->error_ = std::move(error).within(where);
}

void Reader::refuse_type(std::string_view name, std::string_view expected, const Value& found) {
    refuse(name, "expected " + std::string(expected) + ", found " + std::string(kind(found)));
}

void Reader::refuse_word(std::string_view name, std::string_view text) {
    refuse(escaped(name), "\"" + printable(text, 64) + "\" is not one of the words allowed here");
}

bool Reader::has(std::string_view name) const {
    if (!object_->is_object()) return false;
    const auto found = object_->find(name);
    return found != object_->end() && !found->is_null();
}

const Value* Reader::find(std::string_view name) {
    asked_.push_back(name);
    if (!object_->is_object()) return nullptr;
    const auto found = object_->find(name);
    return found == object_->end() || found->is_null() ? nullptr : &*found;
}

const Value* Reader::need(std::string_view name) {
    const Value* value = find(name);
    if (!value) refuse(escaped(name), "this field is missing");
    return value;
}

bool Reader::text_of(std::string_view name, const Value& value, std::string& to, const Text& text) {
    if (!value.is_string()) {
        // A file that people wrote: 3.11 was meant as a text, and only its writer can say so.
        const bool unquoted = places_ && (value.is_number() || value.is_boolean());
        const std::string expected = text.expected ? text.expected : "a text";
        refuse_type(escaped(name), unquoted ? expected + " (put the value in quotes)" : expected, value);
        return false;
    }
    const auto& read = value.get_ref<const std::string&>();
    const std::string length = std::to_string(read.size());
    if (read.size() > text.bytes_max)
        refuse(escaped(name),
               Error{Code::limit, length + " bytes, at most " + std::to_string(text.bytes_max), "field_limit"});
    else if (read.size() < text.bytes_min)
        refuse(escaped(name),
               read.empty() ? "it is empty" : length + " bytes, at least " + std::to_string(text.bytes_min));
    else if (read.find('\0') != std::string::npos)
        refuse(escaped(name), "it holds a NUL character");
    else if (text.valid && !text.valid(read))
        refuse(escaped(name),
               "\"" + printable(read, 80) + "\" is not " + (text.expected ? text.expected : "valid here"));
    else {
        to = read;
        return true;
    }
    return false;
}

bool Reader::boolean_of(std::string_view name, const Value& value, bool& to) {
    if (value.is_boolean())
        to = value.get<bool>();
    else
        refuse_type(escaped(name), "true or false", value);
    return value.is_boolean();
}

std::optional<std::uint64_t> Reader::integer_bits(std::string_view name, const Value& value, Range range) {
    bool fits = false;
    std::uint64_t bits = 0;
    if (value.is_number_unsigned()) {
        bits = value.get<std::uint64_t>();
        fits = bits <= range.max && (range.min < 0 || bits >= static_cast<std::uint64_t>(range.min));
    } else if (value.is_number_integer()) {
        const auto number = value.get<std::int64_t>();
        bits = static_cast<std::uint64_t>(number);
        fits = number >= range.min && (number < 0 || bits <= range.max);
    }
    if (fits) return bits;
    const std::string expected = "an integer from " + std::to_string(range.min) + " to " + std::to_string(range.max);
    if (value.is_number_integer())
        refuse(escaped(name), "expected " + expected + ", found " + value.dump());
    else
        refuse_type(escaped(name), expected, value);
    return std::nullopt;
}

void Reader::required(std::string_view name, std::string& to, const Text& text) {
    if (const Value* value = need(name)) text_of(name, *value, to, text);
}

void Reader::required(std::string_view name, bool& to) {
    if (const Value* value = need(name)) boolean_of(name, *value, to);
}

void Reader::optional(std::string_view name, std::string& to, const Text& text) {
    if (const Value* value = find(name)) text_of(name, *value, to, text);
}

void Reader::optional(std::string_view name, std::optional<std::string>& to, const Text& text) {
    std::string read;
    if (const Value* value = find(name); value && text_of(name, *value, read, text)) to = std::move(read);
}

void Reader::optional(std::string_view name, bool& to) {
    if (const Value* value = find(name)) boolean_of(name, *value, to);
}

void Reader::texts(std::string_view name, std::size_t count_max, std::vector<std::string>& to, const Text& text) {
    const Value* list = list_of(name, count_max);
    if (!list) return;
    for (std::size_t i = 0; i < list->size() && ok(); ++i) {
        Reader here(*this, name, i);
        std::string read;
        if (here.text_of({}, (*list)[i], read, text)) to.push_back(std::move(read));
    }
}

void Reader::text_map(std::string_view name, std::size_t count_max, std::map<std::string, std::string>& to,
                      const Text& key, const Text& value) {
    const Value* object = find(name);
    if (!object) return;
    if (!object->is_object()) return refuse_type(escaped(name), "an object of texts", *object);
    if (object->size() > count_max)
        return refuse(
            escaped(name),
            Error{Code::limit, std::to_string(object->size()) + " entries, at most " + std::to_string(count_max),
                  "field_limit"});
    Reader here(*this, name, no_index, *object);
    for (const auto& [entry, item] : object->items()) {
        std::string read_key, read;
        if (!here.text_of(entry, Value(entry), read_key, key) || !here.text_of(entry, item, read, value)) return;
        to.insert_or_assign(std::move(read_key), std::move(read));
    }
}

const Value* Reader::list_of(std::string_view name, std::size_t count_max) {
    const Value* list = find(name);
    if (!list) return nullptr;
    if (!list->is_array()) {
        refuse_type(escaped(name), "an array", *list);
        return nullptr;
    }
    if (list->size() <= count_max) return list;
    refuse(escaped(name),
           Error{Code::limit, std::to_string(list->size()) + " items, at most " + std::to_string(count_max),
                 "field_limit"});
    return nullptr;
}

std::size_t Reader::size(const Value& list) { return list.size(); }
const Value& Reader::item_of(const Value& list, std::size_t index) { return list[index]; }

void Reader::close() {
    if (unknown_ == UnknownFields::ignore || !ok() || !object_->is_object()) return;
    for (const auto& [name, value] : object_->items()) {
        if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
        return refuse(escaped(name), Error{Code::invalid, "no such field is known here", "unknown_field"});
    }
}

Result<> Reader::finish() {
    close();
    if (error_) return fail(std::move(*error_));
    return {};
}

}  // namespace slipway::json
