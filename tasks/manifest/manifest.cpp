#include "tasks/manifest/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "platform/base/bytes.h"
#include "platform/base/time.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/value.h"

namespace slipway::tasks {
namespace {

constexpr std::size_t inputs_max = 64;
constexpr std::size_t text_bytes_max = 2000;

constexpr std::array type_names{
    std::pair{InputType::text, "text"},         std::pair{InputType::path, "path"},
    std::pair{InputType::artifact, "artifact"}, std::pair{InputType::url, "url"},
    std::pair{InputType::integer, "integer"},   std::pair{InputType::boolean, "boolean"},
    std::pair{InputType::duration, "duration"},
};

bool is_input_name(std::string_view text) {
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text.size() <= 64 && text[0] >= 'a' && text[0] <= 'z' && std::ranges::all_of(text, word);
}

bool is_task_name(std::string_view text) {
    const auto word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= 64 && text[0] >= 'a' && text[0] <= 'z' && std::ranges::all_of(text, word);
}

const json::Text input_name{.bytes_max = 64, .valid = is_input_name, .expected = "an input's name such as from"};
const json::Text sentence{.bytes_max = text_bytes_max};

void read_input(json::Reader& in, Manifest& manifest) {
    Input input;
    in.required("name", input.name, input_name);
    in.required("type", input.type, input_type_from);
    in.optional("required", input.required);
    in.optional("default", input.fallback, sentence);
    in.texts("allowed", inputs_max, input.allowed, sentence);
    in.optional("min", input.min, json::Range{std::numeric_limits<std::int64_t>::min()});
    in.optional("max", input.max, json::Range{std::numeric_limits<std::int64_t>::min()});
    in.optional("verbatim", input.verbatim);
    in.required("description", input.description, sentence);
    if (manifest.find(input.name)) in.refuse("name", "stands twice");
    if (input.required && input.fallback) in.refuse("default", "a required input has none");
    manifest.inputs.push_back(std::move(input));
}

void read_reasons(json::Reader& in, Manifest& manifest) {
    std::map<std::string, std::string> reasons;
    in.text_map("reasons", 32, reasons);
    for (const auto& [code_text, reason_text] : reasons) {
        int code = 0;
        const char* end = code_text.data() + code_text.size();
        const auto [stopped, error] = std::from_chars(code_text.data(), end, code);
        const auto reason = reason_from(reason_text);
        if (error != std::errc() || stopped != end || code < 1 || code > 255 || !reason)
            return in.refuse("reasons/" + code_text, "expected an exit code from 1 to 255 and a reason");
        manifest.reasons[code] = *reason;
    }
}

Result<std::int64_t> integer_of(std::string_view value) {
    std::int64_t number = 0;
    const auto [stopped, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || stopped != value.data() + value.size())
        return fail(Code::invalid, "expected a whole number");
    return number;
}

bool is_url(std::string_view value) {
    return (value.starts_with("http://") && value.size() > 7) || (value.starts_with("https://") && value.size() > 8);
}

std::string list_of(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Result<> check_type(const Input& input, std::string_view value) {
    switch (input.type) {
        case InputType::text: break;
        case InputType::path:
        case InputType::artifact:
            if (value.empty()) return fail(Code::invalid, "expected a path");
            break;
        case InputType::url:
            if (!is_url(value)) return fail(Code::invalid, "expected a URL that begins with http:// or https://");
            break;
        case InputType::integer: {
            TRY_ASSIGN(const std::int64_t number, integer_of(value));
            if (input.min && number < *input.min)
                return fail(Code::invalid, "expected a number of at least " + std::to_string(*input.min));
            if (input.max && number > *input.max)
                return fail(Code::invalid, "expected a number of at most " + std::to_string(*input.max));
            break;
        }
        case InputType::boolean:
            if (value != "true" && value != "false") return fail(Code::invalid, "expected true or false");
            break;
        case InputType::duration: TRY(parse_duration(value)); break;
    }
    return {};
}

}  // namespace

std::string_view to_string(InputType type) {
    return std::ranges::find(type_names, type, &decltype(type_names)::value_type::first)->second;
}

std::optional<InputType> input_type_from(std::string_view text) {
    for (const auto& [type, name] : type_names)
        if (text == name) return type;
    return std::nullopt;
}

std::string Manifest::reference() const { return name + "@" + std::to_string(version); }

const Input* Manifest::find(std::string_view input) const {
    const auto found = std::ranges::find(inputs, input, &Input::name);
    return found == inputs.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view text) {
    TRY_ASSIGN(const json::Value value, json::parse(text));
    Manifest manifest;
    json::Reader in(value, json::UnknownFields::refuse);
    in.required("name", manifest.name,
                json::Text{.bytes_max = 64, .valid = is_task_name, .expected = "a task's name such as http-check"});
    in.required("version", manifest.version, json::Range{1, 999'999});
    in.required("description", manifest.description, sentence);
    in.array("inputs", inputs_max, [&](json::Reader& input) { read_input(input, manifest); });
    in.array("outputs", inputs_max, [&](json::Reader& output) {
        manifest.outputs.emplace_back();
        output.required("name", manifest.outputs.back().name, input_name);
        output.required("description", manifest.outputs.back().description, sentence);
    });
    in.texts("exactly_one_of", inputs_max, manifest.exactly_one_of, input_name);
    in.optional("shorthand", manifest.shorthand, input_name);
    read_reasons(in, manifest);
    for (const auto& name : manifest.exactly_one_of)
        if (!manifest.find(name)) in.refuse("exactly_one_of", "names no input: " + name);
    if (manifest.shorthand && !manifest.find(*manifest.shorthand)) in.refuse("shorthand", "names no input");
    TRY(in.finish());
    for (const auto& input : manifest.inputs)
        if (input.fallback)
            TRY_WITHIN(manifest.reference() + ", default", check_value(manifest, input, *input.fallback));
    return manifest;
}

Result<> check_value(const Manifest& manifest, const Input& input, std::string_view value) {
    const auto refuse = [&](const std::string& what) {
        return fail(
            Code::invalid,
            "input " + input.name + " of " + manifest.reference() + " is \"" + printable(value, 80) + "\": " + what,
            "input_invalid");
    };
    if (auto judged = check_type(input, value); !judged) return refuse(judged.error().message);
    if (!input.allowed.empty() && std::ranges::find(input.allowed, value) == input.allowed.end())
        return refuse("expected one of " + list_of(input.allowed));
    return {};
}

Result<> check_inputs(const Manifest& manifest, const Inputs& inputs) {
    const auto refuse = [](std::string message) { return fail(Code::invalid, std::move(message), "invalid_input"); };
    for (const auto& [name, value] : inputs) {
        const Input* input = manifest.find(name);
        if (!input) {
            std::vector<std::string> names;
            for (const auto& known : manifest.inputs) names.push_back(known.name);
            return refuse(manifest.reference() + " has no input " + printable(name, 64) + "; it has " + list_of(names));
        }
        if (!input->verbatim && value.find("$(") != std::string::npos) continue;
        if (auto judged = check_value(manifest, *input, value); !judged) return refuse(judged.error().message);
    }
    for (const auto& input : manifest.inputs)
        if (input.required && !inputs.contains(input.name))
            return refuse(manifest.reference() + " needs the input " + input.name + ": " + input.description);
    const auto given =
        std::ranges::count_if(manifest.exactly_one_of, [&](auto& name) { return inputs.contains(name); });
    if (!manifest.exactly_one_of.empty() && given != 1)
        return refuse(manifest.reference() + " needs exactly one of the inputs " + list_of(manifest.exactly_one_of));
    return {};
}

std::string environment_name_of(const Input& input) {
    std::string name = "INPUT_";
    for (const char c : input.name) name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    return name;
}

}  // namespace slipway::tasks
