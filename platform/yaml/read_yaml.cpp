#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "platform/base/bytes.h"
#include "platform/yaml/read.h"
#include "platform/yaml/scalar.h"

namespace slipway::yaml {
namespace {

using Place = Places::Place;

/// A value, where it stands, and what it costs.
struct Node {
    json::Value value;
    Place place;
    std::size_t nodes = 1;
    std::size_t bytes = 0;
};

std::string position(const std::string& file, const Place& place) {
    return file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ": ";
}

Place place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1, {}}; }

/// Builds the value from the library's events. After the first error it lets the rest pass by: the library can only be
/// stopped by an exception.
class Builder final : public YAML::EventHandler {
public:
    Builder(const std::string& file, const Limits& limits) : file_(file), limits_(limits) {}

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (wants_key()) return refuse(mark, "a key is missing before the colon");
        scalar(mark, anchor, nullptr, 0);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (wants_key()) return refuse(mark, "an alias cannot be a key");
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) return refuse(mark, "this alias stands inside of what it stands for");
        if (!spend(mark, found->second.nodes, found->second.bytes)) return;
        Node node = found->second;
        node.place.line = mark.line + 1;
        node.place.column = mark.column + 1;
        add(mark, 0, std::move(node));
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        if (!allowed(mark, tag)) return;
        const bool plain = tag == "?";
        if (wants_key()) return key(mark, text, plain);
        scalar(mark, anchor, plain ? plain_scalar(text) : json::Value(text), text.size());
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, json::Value::array());
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, json::Value::object());
    }
    void OnMapEnd() override {
        if (!error_ && !open_.empty()) merge(open_.back());
        close();
    }

    void refuse(const YAML::Mark& mark, const std::string& what, Code code = Code::invalid) {
        if (error_) return;
        error_ =
            Error{code, position(file_, place_of(mark)) + what, code == Code::limit ? "yaml_limit" : "invalid_yaml"};
    }
    Result<Document> finish() && {
        if (error_) return fail(std::move(*error_));
        return Document{std::move(root_.value), Places(file_, std::move(root_.place))};
    }

private:
    struct Level {
        Node node;
        YAML::anchor_t anchor = 0;
        YAML::Mark mark;
        std::optional<std::string> key;  ///< of the entry whose value comes next
        YAML::Mark key_mark;
        std::set<std::string> keys;
        bool merging = false;  ///< the value that comes next is that of a `<<`
        std::vector<Node> merged;
    };

    bool wants_key() const {
        return !open_.empty() && open_.back().node.value.is_object() && !open_.back().key && !open_.back().merging;
    }
    bool allowed(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return !error_;
        refuse(mark, "the tag " + printable(tag, 80) + " is not read here: write the value without it");
        return false;
    }
    bool spend(const YAML::Mark& mark, std::size_t nodes, std::size_t bytes) {
        nodes_ += nodes;
        bytes_ += bytes;
        if (nodes_ > limits_.nodes_max)
            refuse(mark, "more than " + std::to_string(limits_.nodes_max) + " values, aliases counted in full",
                   Code::limit);
        if (bytes_ > limits_.value_bytes_max)
            refuse(mark, "more than " + std::to_string(limits_.value_bytes_max) + " bytes, aliases counted in full",
                   Code::limit);
        return !error_;
    }

    void key(const YAML::Mark& mark, const std::string& text, bool plain) {
        Level& level = open_.back();
        level.key_mark = mark;
        if (!spend(mark, 0, text.size())) return;
        if (!level.keys.insert(text).second)
            return refuse(mark, "the key \"" + printable(text, 80) + "\" stands twice in one mapping");
        if (plain && text == "<<")
            level.merging = true;
        else
            level.key = text;
        level.node.bytes += text.size();
    }

    void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, json::Value value, std::size_t bytes) {
        if (spend(mark, 1, bytes)) add(mark, anchor, {std::move(value), place_of(mark), 1, bytes});
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, json::Value value) {
        if (!allowed(mark, tag) || !spend(mark, 1, 0)) return;
        if (wants_key()) return refuse(mark, "a key must be one word or text, not a list or mapping");
        if (open_.size() >= limits_.depth_max)
            return refuse(mark, "nesting deeper than " + std::to_string(limits_.depth_max) + " levels", Code::limit);
        Level& level = open_.emplace_back();
        level.node = {std::move(value), place_of(mark), 1, 0};
        level.anchor = anchor;
        level.mark = mark;
    }

    void close() {
        if (error_ || open_.empty()) return;
        Level level = std::move(open_.back());
        open_.pop_back();
        add(level.mark, level.anchor, std::move(level.node));
    }

    void add(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
        if (error_) return;
        if (anchor != 0) anchors_[anchor] = node;
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Level& level = open_.back();
        level.node.nodes += node.nodes;
        level.node.bytes += node.bytes;
        if (level.merging) {
            level.merging = false;
            collect(mark, level, std::move(node));
        } else if (level.key) {
            node.place.line = level.key_mark.line + 1;
            node.place.column = level.key_mark.column + 1;
            put(level.node, *level.key, std::move(node.value), std::move(node.place));
            level.key.reset();
        } else {
            level.node.place.inside.emplace_back(std::to_string(level.node.value.size()), std::move(node.place));
            level.node.value.push_back(std::move(node.value));
        }
    }

    static void put(Node& mapping, const std::string& key, json::Value value, Place place) {
        using Fields = std::vector<std::pair<const std::string, json::Value>>;
        static_cast<Fields&>(mapping.value.get_ref<json::Value::object_t&>()).emplace_back(key, std::move(value));
        mapping.place.inside.emplace_back(key, std::move(place));
    }

    void collect(const YAML::Mark& mark, Level& level, Node node) {
        if (node.value.is_object()) {
            level.merged.push_back(std::move(node));
            return;
        }
        const bool mappings =
            node.value.is_array() &&
            std::all_of(node.value.begin(), node.value.end(), [](const json::Value& item) { return item.is_object(); });
        if (!mappings) return refuse(mark, "<< takes a mapping, or a list of mappings");
        for (std::size_t i = 0; i < node.value.size(); ++i)
            level.merged.push_back({std::move(node.value[i]), std::move(node.place.inside[i].second), 0, 0});
    }

    void merge(Level& level) {
        for (Node& from : level.merged) {
            std::size_t index = 0;
            for (auto& [key, value] : from.value.get_ref<json::Value::object_t&>()) {
                Place& place = from.place.inside[index++].second;
                if (level.keys.insert(key).second) put(level.node, key, std::move(value), std::move(place));
            }
        }
    }

    const std::string& file_;
    const Limits& limits_;
    std::vector<Level> open_;
    std::map<YAML::anchor_t, Node> anchors_;
    Node root_;
    std::size_t nodes_ = 0;
    std::size_t bytes_ = 0;
    std::optional<Error> error_;
};

/// Where a second document begins; the rest passes by.
struct SecondDocument final : YAML::EventHandler {
    void OnDocumentStart(const YAML::Mark& where) override { mark = where; }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
    void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
    void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnSequenceEnd() override {}
    void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
    void OnMapEnd() override {}
    YAML::Mark mark;
};

/// The library takes 0x04 as the end of the text and passes over other control characters.
Result<> judge_characters(std::string_view text, const std::string& file) {
    Place place;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f)
            return fail(Code::invalid,
                        position(file, place) + "the control character " + printable({&c, 1}) + " does not belong here",
                        "invalid_yaml");
        ++place.column;
        if (c == '\n') place = {place.line + 1, 1, {}};
    }
    if (!is_utf8(text)) return fail(Code::invalid, file + ": the text is not UTF-8; save it as UTF-8", "invalid_yaml");
    return {};
}

}  // namespace

Result<Document> read(std::string_view text, const std::string& file, const Limits& limits) {
    if (text.size() > limits.bytes_max)
        return fail(Code::limit,
                    file + ": " + std::to_string(text.size()) + " bytes, at most " + std::to_string(limits.bytes_max) +
                        " are read",
                    "yaml_limit");
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    TRY(judge_characters(text, file));
    Builder builder(file, limits);
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder)) {
            SecondDocument second;
            if (parser.HandleNextDocument(second))
                builder.refuse(second.mark, "a second document begins here; one is read");
        }
    } catch (const YAML::Exception& error) {
        builder.refuse(error.mark, printable(error.msg, 200));
    } catch (const std::exception& error) {
        builder.refuse(YAML::Mark(), printable(error.what(), 200));
    }
    return std::move(builder).finish();
}

}  // namespace slipway::yaml
