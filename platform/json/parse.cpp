#include "platform/json/parse.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "platform/base/bytes.h"
#include "platform/json/value.h"

namespace slipway::json {
namespace {

constexpr std::size_t name_shown_max = 80;

/// Takes the events of the library's reader, which is iterative, and judges each before it builds from it.
class Builder final : public nlohmann::json_sax<Value> {
public:
    explicit Builder(const ParseLimits& limits) : limits_(limits) {}

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& text) override {
        if (text.find_first_of(".eE") == string_t::npos)
            return refuse(Code::invalid, "an integer that does not fit into 64 bits: " + printable(text, 40));
        if (!std::isfinite(value)) return refuse(Code::invalid, "a number that is too large: " + printable(text, 40));
        return add(value);
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return refuse(Code::invalid, "binary data"); }

    bool start_object(std::size_t) override { return open(Value(Value::value_t::object)); }
    bool start_array(std::size_t) override { return open(Value(Value::value_t::array)); }

    bool key(string_t& name) override {
        if (++keys_ > limits_.keys_max)
            return refuse(Code::limit, "more than " + std::to_string(limits_.keys_max) + " keys");
        fields().emplace_back(std::move(name), nullptr);
        return true;
    }

    bool end_object() override {
        // Sorting at the end instead of looking up each key keeps ten thousand keys cheap whatever they are.
        std::vector<std::string_view> names;
        for (const auto& field : fields()) names.push_back(field.first);
        std::sort(names.begin(), names.end());
        if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
            const std::string name = printable(*twice, name_shown_max);
            open_.back().in_field = false;
            return refuse(Code::invalid, "the key \"" + name + "\" twice in one object");
        }
        return close();
    }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) override {
        std::string_view what = error.what();
        // The library writes "[json.exception.parse_error.101] parse error at line 1, column 2: <what>".
        if (const auto colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
        error_ = Error{Code::invalid,
                       "not valid JSON at byte " + std::to_string(position) + where() + ": " + printable(what, 300),
                       "invalid_json"};
        return false;
    }

    Result<Value> finish() && {
        if (error_) return fail(std::move(*error_));
        return std::move(root_);
    }

private:
    struct Level {
        Value* value;
        bool in_field = true;
    };
    // ordered_map looks for the key before it adds one; its base, the vector, does not.
    using Fields = std::vector<std::pair<const std::string, Value>>;

    Fields& fields() { return open_.back().value->get_ref<Value::object_t&>(); }

    Value* place(Value&& value) {
        if (open_.empty()) return &(root_ = std::move(value));
        Value& parent = *open_.back().value;
        if (parent.is_object()) return &(fields().back().second = std::move(value));
        auto& items = parent.get_ref<Value::array_t&>();
        return &items.emplace_back(std::move(value));
    }
    bool add(Value&& value) {
        place(std::move(value));
        return true;
    }
    bool open(Value&& value) {
        if (open_.size() >= limits_.depth_max)
            return refuse(Code::limit, "nesting deeper than " + std::to_string(limits_.depth_max) + " levels");
        open_.push_back({place(std::move(value))});
        return true;
    }
    bool close() {
        open_.pop_back();
        return true;
    }

    std::string where() const {
        std::string pointer;
        for (const Level& level : open_) {
            if (level.value->is_array()) {
                // The item being read is the next one unless a container was placed for it already.
                const std::size_t size = level.value->size();
                pointer += "/" + std::to_string(&level == &open_.back() ? size : size - 1);
            } else if (!level.value->empty() && level.in_field) {
                pointer += "/" + printable(level.value->get_ref<const Value::object_t&>().back().first, name_shown_max);
            }
        }
        return " (" + (pointer.empty() ? "at the top" : pointer) + ")";
    }
    bool refuse(Code code, const std::string& what) {
        error_ = Error{code, "refused JSON: " + what + where(), code == Code::limit ? "json_limit" : "invalid_json"};
        return false;
    }

    const ParseLimits& limits_;
    Value root_;
    std::vector<Level> open_;
    std::size_t keys_ = 0;
    std::optional<Error> error_;
};

std::size_t first_invalid_utf8(std::string_view text) {
    std::size_t good = 0, bad = text.size();
    while (bad - good > 1) {
        const std::size_t middle = good + (bad - good) / 2;
        // A cut inside a character is no fault: look at the longest prefix that ends before one begins.
        std::size_t cut = middle;
        while (cut > good && cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
        if (cut > good && is_utf8(text.substr(good, cut - good)))
            good = cut;
        else
            bad = middle;
    }
    return good;
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
    if (text.size() > limits.bytes_max)
        return fail(Code::limit,
                    "refused JSON: " + std::to_string(text.size()) + " bytes, at most " +
                        std::to_string(limits.bytes_max) + " are read",
                    "json_limit");
    if (text.starts_with("\xEF\xBB\xBF"))
        return fail(Code::invalid, "refused JSON: it begins with a byte order mark; save it as plain UTF-8",
                    "invalid_json");
    if (!is_utf8(text))
        return fail(Code::invalid, "refused JSON: not valid UTF-8 at byte " + std::to_string(first_invalid_utf8(text)),
                    "invalid_json");
    Builder builder(limits);
    Value::sax_parse(text.begin(), text.end(), &builder);
    return std::move(builder).finish();
}

}  // namespace slipway::json
