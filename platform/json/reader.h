#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"
#include "platform/json/fwd.h"

namespace slipway::json {

enum class UnknownFields { refuse, ignore };

/// Where a JSON pointer stands in the text that a person wrote ("job.yaml:4:7"); empty if nobody knows.
class Places {
public:
    virtual ~Places() = default;
    virtual std::string describe(std::string_view pointer) const = 0;
};

struct Text {
    std::size_t bytes_min = 0;
    std::size_t bytes_max = 4096;
    bool (*valid)(std::string_view) = nullptr;  ///< such as is_name
    const char* expected = nullptr;             ///< what `valid` wants, in words: "a name such as web-01"
};

struct Range {
    std::int64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::int64_t>::max();
};

/// Reads one object strictly into variables. Nothing fails at once: the first error is kept, later reads change
/// nothing, and finish() tells it, with its JSON pointer ("/tasks/2/timeout: expected ..."). A field that nobody asked
/// for is an error of finish() in mode `refuse`. Null counts as absent. Texts may not hold NUL. Fields may be asked for
/// in any order, each once. The value must outlive the reader. Errors: Code::invalid (Code::limit if too long or too
/// many), reason `invalid_field`, `unknown_field` or `field_limit`. One thread.
///
///     Reader in(value, UnknownFields::refuse);
///     in.required("name", out.name, Text{.bytes_max = 64, .valid = is_name, .expected = "a name"});
///     in.array("tasks", limits::tasks_max, [&](Reader& task) { task.required("slots", n, Range{1, 64}); });
///     TRY(in.finish());
class Reader {
public:
    explicit Reader(const Value& value, UnknownFields unknown, const Places* places = nullptr);
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    void required(std::string_view name, std::string& to, const Text& text = {});
    void required(std::string_view name, bool& to);
    template <std::integral T>
    requires(!std::same_as<T, bool>) void required(std::string_view name, T& to, Range range = {}) {
        if (const Value* value = need(name)) integer(name, *value, to, range);
    }

    /// Leaves `to` as it is when the field is absent.
    void optional(std::string_view name, std::string& to, const Text& text = {});
    void optional(std::string_view name, std::optional<std::string>& to, const Text& text = {});
    void optional(std::string_view name, bool& to);
    template <std::integral T>
    requires(!std::same_as<T, bool>) void optional(std::string_view name, T& to, Range range = {}) {
        if (const Value* value = find(name)) integer(name, *value, to, range);
    }
    template <std::integral T>
    requires(!std::same_as<T, bool>) void optional(std::string_view name, std::optional<T>& to, Range range = {}) {
        T read{};
        if (const Value* value = find(name); value && integer(name, *value, read, range)) to = read;
    }

    /// A word of a closed list; `from` is its `std::optional<Enum> from_string(std::string_view)`.
    template <typename Enum>
    void required(std::string_view name, Enum& to, std::optional<Enum> (*from)(std::string_view)) {
        if (const Value* value = need(name)) word(name, *value, to, from);
    }
    template <typename Enum>
    void optional(std::string_view name, std::optional<Enum>& to, std::optional<Enum> (*from)(std::string_view)) {
        Enum read{};
        if (const Value* value = find(name); value && word(name, *value, read, from)) to = read;
    }

    void texts(std::string_view name, std::size_t count_max, std::vector<std::string>& to, const Text& text = {});
    /// An object of texts, such as variables: each name and each value is held against its rule.
    void text_map(std::string_view name, std::size_t count_max, std::map<std::string, std::string>& to,
                  const Text& key = {}, const Text& value = {});

    /// An object inside; false if it is absent (which is an error only for `object`).
    template <typename Read>
    bool object(std::string_view name, Read read) {
        const Value* value = need(name);
        return value && child(name, *value, read);
    }
    template <typename Read>
    bool optional_object(std::string_view name, Read read) {
        const Value* value = find(name);
        return value && child(name, *value, read);
    }
    /// An array of objects; absent means empty. `read(Reader&)` is called for each in turn until one has an error.
    template <typename Read>
    void array(std::string_view name, std::size_t count_max, Read read) {
        const Value* list = list_of(name, count_max);
        const std::size_t count = list ? size(*list) : 0;
        for (std::size_t i = 0; i < count && ok(); ++i) {
            Reader item(*this, name, i, item_of(*list, i));
            read(item);
            item.close();
        }
    }

    bool has(std::string_view name) const;  ///< present and not null; does not count as asked for
    /// The field as it is, counted as asked for; null if absent. For what the calls above cannot say.
    const Value* find(std::string_view name);
    const Value* need(std::string_view name);  ///< like find; absent is an error

    bool ok() const;
    /// What the caller itself finds wrong with a field. `name` may hold "/" to go deeper; empty means this object.
    void refuse(std::string_view name, std::string message);
    void refuse(std::string_view name, Error error);  ///< keeps code and reason
    std::string pointer(std::string_view name = {}) const;

    Result<> finish();

private:
    static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

    Reader(Reader& above, std::string_view name, std::size_t index, const Value& value);
    Reader(Reader& above, std::string_view name, std::size_t index);  ///< a place only, to name an item by

    template <typename Read>
    bool child(std::string_view name, const Value& value, Read read) {
        Reader inside(*this, name, no_index, value);
        read(inside);
        inside.close();
        return true;
    }
    template <std::integral T>
    bool integer(std::string_view name, const Value& value, T& to, Range range) {
        range.min = std::max(range.min, static_cast<std::int64_t>(std::numeric_limits<T>::min()));
        range.max = std::min(range.max, static_cast<std::uint64_t>(std::numeric_limits<T>::max()));
        const std::optional<std::uint64_t> bits = integer_bits(name, value, range);
        if (bits) to = static_cast<T>(*bits);
        return bits.has_value();
    }
    template <typename Enum>
    bool word(std::string_view name, const Value& value, Enum& to, std::optional<Enum> (*from)(std::string_view)) {
        std::string text;
        if (!text_of(name, value, text, Text{.bytes_max = 64})) return false;
        const std::optional<Enum> read = from(text);
        if (read) to = *read;
        if (!read) refuse_word(name, text);
        return read.has_value();
    }
    bool text_of(std::string_view name, const Value& value, std::string& to, const Text& text);
    bool boolean_of(std::string_view name, const Value& value, bool& to);
    std::optional<std::uint64_t> integer_bits(std::string_view name, const Value& value, Range range);
    const Value* list_of(std::string_view name, std::size_t count_max);
    static std::size_t size(const Value& list);
    static const Value& item_of(const Value& list, std::size_t index);
    void refuse_word(std::string_view name, std::string_view text);
    void refuse_type(std::string_view name, std::string_view expected, const Value& found);
    void close();  ///< judges unknown fields

    Reader* above_ = nullptr;
    std::string_view step_;
    std::size_t index_ = no_index;
    const Value* object_;
    UnknownFields unknown_;
    const Places* places_;
    std::vector<std::string_view> asked_;
    std::optional<Error> error_;  ///< used in the outermost reader only
};

}  // namespace slipway::json
