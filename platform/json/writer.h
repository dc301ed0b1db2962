#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slipway::json {

/// Writes compact JSON text straight into a string, fields in the order of the calls. The caller keeps begin and end in
/// balance and gives each field of an object a name; invalid UTF-8 becomes U+FFFD. One thread.
///
///     Writer out;
///     out.begin_object();
///     out.field("id", id);
///     out.begin_array("tasks");
///     for (const auto& task : tasks) out.item(task);
///     out.end_array();
///     out.end_object();
///     return std::move(out).take();
class Writer {
public:
    void begin_object();  ///< the whole value, or an item of an array
    void begin_object(std::string_view field_name);
    void end_object();
    void begin_array();
    void begin_array(std::string_view field_name);
    void end_array();

    void item(std::string_view text);
    void item(const char* text) { item(std::string_view(text)); }
    void item(const std::string& text) { item(std::string_view(text)); }
    void item(std::nullptr_t) { literal("null"); }
    template <std::integral T>
    void item(T value) {
        if constexpr (std::same_as<T, bool>) {
            literal(value ? "true" : "false");
        } else if constexpr (std::signed_integral<T>) {
            number(static_cast<std::int64_t>(value));
        } else {
            number(static_cast<std::uint64_t>(value));
        }
    }
    void item_json(std::string_view json);  ///< text that is JSON already, taken as it is

    void name(std::string_view field_name);  ///< of the field whose value the next call writes

    template <typename T>
    void field(std::string_view field_name, const T& value) {  ///< T as item() takes it
        name(field_name);
        item(value);
    }
    /// Left out when absent.
    template <typename T>
    void field(std::string_view field_name, const std::optional<T>& value) {
        if (value) field(field_name, *value);
    }
    void field_json(std::string_view field_name, std::string_view json);

    std::string take() && { return std::move(text_); }

private:
    void separate();
    void literal(std::string_view text);
    void number(std::int64_t value);
    void number(std::uint64_t value);

    std::string text_;
    bool first_ = true;  ///< nothing yet stands in the innermost object or array
};

}  // namespace slipway::json
