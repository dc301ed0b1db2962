#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "platform/base/result.h"

namespace slipway::cli {

/// A command line of options only: "--name value", "--name=value", "--flag"; each at most once.
class Arguments {
public:
    struct Known {
        std::vector<std::string_view> options;  ///< with a value
        std::vector<std::string_view> flags;
    };
    /// Code::invalid with what is wrong.
    static Result<Arguments> parse(const std::vector<std::string>& arguments, const Known& known);

    std::optional<std::string> value(std::string_view option) const;
    bool has(std::string_view flag) const { return flags_.contains(std::string(flag)); }

private:
    std::map<std::string, std::string, std::less<>> values_;
    std::set<std::string> flags_;
};

}  // namespace slipway::cli
