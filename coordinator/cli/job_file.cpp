#include "coordinator/cli/job_file.h"

#include <algorithm>
#include <charconv>

#include "coordinator/cli/did_you_mean.h"
#include "coordinator/cli/job_schema.h"
#include "platform/base/bytes.h"
#include "platform/base/time.h"
#include "platform/json/dump.h"
#include "platform/json/parse.h"

namespace slipway::cli {
namespace {

struct Complaint {
    std::string place;  ///< "job.yaml:4:7"
    std::string text;
};

std::string pointer_of(const Steps& steps) {
    std::string pointer;
    for (const std::string& step : steps) {
        pointer += '/';
        for (const char c : step) pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return pointer;
}

/// "tasks 2: inputs: from", people count from 1.
std::string path_of(const Steps& steps) {
    std::string path;
    for (const std::string& step : steps) {
        const bool index = !step.empty() && step.find_first_not_of("0123456789") == std::string::npos;
        int number = 0;
        if (index) std::from_chars(step.data(), step.data() + step.size(), number);
        if (!path.empty()) path += index ? " " : ": ";
        path += index ? std::to_string(number + 1) : printable(step, 60);
    }
    return path;
}

const json::Value* value_at(const json::Value& root, const Steps& steps) {
    const json::Value* value = &root;
    for (const std::string& step : steps) {
        if (value->is_object() && value->contains(step)) {
            value = &(*value)[step];
        } else if (value->is_array()) {
            std::size_t index = 0;
            std::from_chars(step.data(), step.data() + step.size(), index);
            if (index >= value->size()) return nullptr;
            value = &(*value)[index];
        } else {
            return nullptr;
        }
    }
    return value;
}

/// The part of the schema that judges what the steps lead to.
const json::Value* schema_at(const json::Value& root, const Steps& steps) {
    const json::Value* node = &root;
    for (const std::string& step : steps) {
        if (node->contains("items"))
            node = &(*node)["items"];
        else if (node->contains("properties") && (*node)["properties"].contains(step))
            node = &(*node)["properties"][step];
        else if (node->contains("additionalProperties") && (*node)["additionalProperties"].is_object())
            node = &(*node)["additionalProperties"];
        else
            return nullptr;
    }
    return node;
}

std::string found_in_words(const json::Value& value) {
    if (value.is_null()) return "nothing";
    if (value.is_object()) return value.empty() ? "an empty mapping" : "a mapping";
    if (value.is_array()) return value.empty() ? "an empty list" : "a list of " + std::to_string(value.size());
    if (value.is_boolean()) return json::dump(value);
    if (value.is_number()) return "the number " + json::dump(value);
    const std::string& text = value.get_ref<const std::string&>();
    return text.empty() ? "an empty text" : "\"" + printable(text, 60) + "\"";
}

class Judge {
public:
    Judge(const json::Value& value, const yaml::Places& places) : value_(value), places_(places) {}

    Result<> against(const json::Value& schema) {
        TRY_ASSIGN(const auto places, refused_places(schema, value_));
        for (const Steps& steps : places) {
            const json::Value* node = schema_at(schema, steps);
            const json::Value* value = value_at(value_, steps);
            if (node && value) explain(*node, *value, steps);
        }
        if (!places.empty() && complaints_.empty()) complain({}, "does not fit the schema of job files");
        return {};
    }

    void complain(const Steps& steps, const std::string& text) {
        const std::string path = path_of(steps);
        complaints_.push_back({places_.describe(pointer_of(steps)), path.empty() ? text : path + ": " + text});
    }

    Result<> finish(const std::string& file) {
        if (complaints_.empty()) return {};
        std::ranges::stable_sort(complaints_, {}, [&](const Complaint& c) { return line_and_column(c, file); });
        std::string message;
        for (const Complaint& complaint : complaints_)
            message += (message.empty() ? "" : "\n") + complaint.place + ": " + complaint.text;
        return fail(Code::invalid, message, "job_file");
    }

private:
    static std::pair<int, int> line_and_column(const Complaint& complaint, const std::string& file) {
        std::pair<int, int> at{0, 0};
        const char* end = complaint.place.data() + complaint.place.size();
        const auto after_line =
            std::from_chars(complaint.place.data() + std::min(file.size() + 1, complaint.place.size()), end, at.first);
        if (after_line.ptr < end) std::from_chars(after_line.ptr + 1, end, at.second);
        return at;
    }

    /// Says what a place lacks, in the words of the schema. An object that is refused only for what stands deeper
    /// says nothing: what stands there has its own complaint.
    void explain(const json::Value& node, const json::Value& value, const Steps& steps) {
        if (value.is_object() && node.contains("properties")) return explain_object(node, value, steps);
        if (value.is_object() && node.value("type", json::Value()) == "object" &&
            value.size() <= node.value("maxProperties", value.size()))
            return;
        const bool list = value.is_array() && node.value("type", json::Value()) == "array";
        if (list && value.size() >= node.value("minItems", std::size_t{0}) &&
            value.size() <= node.value("maxItems", value.size()))
            return;
        complain(steps, "expected " + node.value("description", "something else") + "; found " + found_in_words(value));
    }

    void explain_object(const json::Value& node, const json::Value& value, const Steps& steps) {
        const json::Value& properties = node["properties"];
        std::vector<std::string> known;
        for (const auto& [name, unused] : properties.items()) known.push_back(name);
        for (const auto& [name, unused] : value.items()) {
            if (properties.contains(name)) continue;
            Steps inside = steps;
            inside.push_back(name);
            const std::string near = did_you_mean(name, known);
            complain(inside, near.empty() ? "unknown field; known here: " + joined(known)
                                          : "unknown field; did you mean " + near + "?");
        }
        for (const auto& name : node.value("required", json::Value::array()))
            if (!value.contains(name)) complain(steps, "expected the field " + name.get<std::string>());
        if (node.contains("oneOf") && value.contains("task") == value.contains("shell"))
            complain(steps, value.contains("task") ? "expected either task or shell; found both"
                                                   : "expected task: NAME@VERSION or shell: SCRIPT; found neither");
    }

    static std::string joined(const std::vector<std::string>& words) {
        std::string out;
        for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
        return out;
    }

    const json::Value& value_;
    const yaml::Places& places_;
    std::vector<Complaint> complaints_;
};

/// Scalars as the texts that were written: YAML numbers are kept only in the spelling that JSON prints.
json::Value as_text(const json::Value& scalar) { return scalar.is_string() ? scalar : json::Value(json::dump(scalar)); }

json::Value texts_of(const json::Value& mapping) {
    json::Value texts = json::Value::object();
    for (const auto& [name, value] : mapping.items()) texts[name] = as_text(value);
    return texts;
}

/// Makes the body of a value that fits the schema. What the schema cannot say is judged on the way.
class Translator {
public:
    explicit Translator(Judge& judge) : judge_(judge) {}

    json::Value job(const json::Value& in, const std::vector<JobFile::Variable>& overrides) {
        json::Value out = json::Value::object();
        for (const char* same : {"name", "pool", "demands", "working_directory", "priority", "idempotent"})
            if (in.contains(same)) out[same] = in[same];
        if (in.contains("artifacts")) out["artifacts"] = artifacts(in["artifacts"]);
        duration(in, "timeout", {}, limits::job_timeout_s_max, 1, out);
        duration(in, "cancel_grace", {}, limits::cancel_grace_s_max, 0, out);
        if (in.contains("variables")) out["variables"] = texts_of(in["variables"]);
        for (const JobFile::Variable& variable : overrides) out["variables"][variable.name] = variable.value;
        out["tasks"] = json::Value::array();
        for (std::size_t i = 0; i < in["tasks"].size(); ++i)
            out["tasks"].push_back(task(in["tasks"][i], {"tasks", std::to_string(i)}));
        return out;
    }

private:
    json::Value artifacts(const json::Value& in) {
        json::Value out = in;
        std::vector<std::string> aliases;
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i]["version"] = as_text(out[i]["version"]);
            const std::string alias = out[i].contains("alias") ? out[i]["alias"] : out[i]["name"];
            if (std::ranges::find(aliases, alias) != aliases.end())
                judge_.complain({"artifacts", std::to_string(i)},
                                "the alias " + alias + " is taken by another artifact: expected an alias of its own");
            aliases.push_back(alias);
        }
        return out;
    }

    json::Value task(const json::Value& in, const Steps& steps) {
        json::Value out = json::Value::object();
        const bool shell = in.contains("shell");
        const std::string reference = shell ? "shell@1" : in["task"].get<std::string>();
        out["name"] = in.contains("name") ? in["name"] : json::Value(reference);
        out["task"] = reference;
        out["inputs"] = in.contains("inputs") ? texts_of(in["inputs"]) : json::Value::object();
        if (shell && out["inputs"].contains("script"))
            judge_.complain({steps[0], steps[1], "inputs", "script"}, "shell: gives the script already");
        if (shell) out["inputs"]["script"] = in["shell"];
        for (const char* same : {"enabled", "continue_on_error", "working_directory", "leave_running"})
            if (in.contains(same)) out[same] = in[same];
        if (in.contains("env")) out["env"] = texts_of(in["env"]);
        duration(in, "timeout", steps, limits::job_timeout_s_max, 1, out);
        return out;
    }

    void duration(const json::Value& in, const std::string& name, Steps steps, std::int64_t seconds_max,
                  std::int64_t seconds_min, json::Value& out) {
        if (!in.contains(name)) return;
        const std::string& text = in[name].get_ref<const std::string&>();
        const auto parsed = parse_duration(text);
        const std::int64_t seconds = parsed ? *parsed / 1s : -1;
        if (seconds >= seconds_min && seconds <= seconds_max) {
            out[name + "_s"] = seconds;
            return;
        }
        steps.push_back(name);
        judge_.complain(steps, "expected " + std::to_string(seconds_min) + "s to " +
                                   format_duration(std::chrono::seconds{seconds_max}) + "; found " + text);
    }

    Judge& judge_;
};

}  // namespace

Result<JobFile> JobFile::read(std::string_view text, const std::string& file, const std::vector<Variable>& overrides) {
    TRY_ASSIGN(auto document, yaml::read(text, file));
    TRY_ASSIGN(const auto schema, json::parse(job_schema_text()));
    Judge judge(document.value, document.places);
    TRY(judge.against(schema));
    TRY(judge.finish(file));
    const json::Value job = Translator(judge).job(document.value, overrides);
    TRY(judge.finish(file));
    return JobFile(json::dump(job), std::move(document.places));
}

Error JobFile::with_place(Error error) const {
    const auto colon = error.message.find(": ");
    if (!error.message.starts_with('/') || colon == std::string::npos) return error;
    const std::string_view pointer(error.message.data(), colon);
    if (pointer.find(' ') != std::string_view::npos) return error;
    error.message = places_.describe(pointer) + ": " + error.message;
    return error;
}

}  // namespace slipway::cli
