#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/limits.h"
#include "platform/base/result.h"
#include "platform/json/reader.h"
#include "platform/json/value.h"

/// YAML that people write, read into JSON values: one document, YAML 1.2, with these rules for what YAML leaves to
/// chance:
/// * A plain scalar is a number only in the spelling that JSON would print: `8088` and `3.5` are numbers; `010`,
/// `1.10`,
///   `1e3`, `+5`, `0x1F` stay the texts that they are. `true false null` and `~` (also capitalised) are what they say;
///   `yes`, `on`, `off` are texts. What is quoted is a text.
/// * `<<` merges mappings: own keys go before merged ones, earlier ones before later ones.
/// * Refused: a key twice in one mapping, tags, keys that are no scalars, a second document, control characters.
/// * Aliases count as what they stand for, against the limits of nodes and bytes.
namespace slipway::yaml {

struct Limits {
    std::size_t bytes_max = limits::yaml_bytes_max;
    std::size_t nodes_max = limits::yaml_nodes_max;        ///< aliases replaced
    std::size_t value_bytes_max = limits::json_bytes_max;  ///< of all scalars and keys, aliases replaced
    std::size_t depth_max = limits::json_depth_max;
};

/// Where each value of a document stands. A mapping's entry stands where its key does.
class Places final : public json::Places {
public:
    struct Place {
        int line = 1;  ///< from 1
        int column = 1;
        std::vector<std::pair<std::string, Place>> inside;  ///< by key, or by index as text
    };

    Places(std::string file, Place root) : file_(std::move(file)), root_(std::move(root)) {}

    /// "job.yaml:4:7" for a JSON pointer; of what is not there, the nearest place around it.
    std::string describe(std::string_view pointer) const override;

private:
    std::string file_;
    Place root_;
};

struct Document {
    json::Value value;  ///< null for an empty text
    Places places;
};

/// `file` is for messages: "job.yaml:4:7: ...". Errors: Code::invalid with reason `invalid_yaml`, Code::limit with
/// reason `yaml_limit`. May be called from any thread.
Result<Document> read(std::string_view text, const std::string& file, const Limits& limits = {});

}  // namespace slipway::yaml
