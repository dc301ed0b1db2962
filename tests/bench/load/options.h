#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "platform/base/result.h"

namespace slipway::bench {

/// What stands behind a subcommand: `--name value` pairs.
class Options {
public:
    static Result<Options> parse(const std::vector<std::string>& words);

    Result<std::string> text(const std::string& name) const;  ///< demanded
    std::string text(const std::string& name, const std::string& otherwise) const;
    Result<std::int64_t> number(const std::string& name, std::int64_t otherwise) const;
    Result<std::uint16_t> port(const std::string& name) const;
    Result<> only(const std::vector<std::string>& names) const;

private:
    std::map<std::string, std::string> values_;
};

}  // namespace slipway::bench
