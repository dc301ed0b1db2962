#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slipway::tasks::copy {

/// Which relative paths ("conf/site.conf") are meant. `*` and `?` stand for characters of one name, `**` for any number
/// of folders. A pattern that ends in `/` means all below. Of several patterns the last that fits decides; one that
/// begins with `!` takes away.
class Patterns {
public:
    /// One per line; empty lines and blanks around them do not count.
    explicit Patterns(std::string_view lines);
    bool match(std::string_view path) const;

private:
    struct Pattern {
        bool takes = true;
        std::vector<std::string> parts;
    };
    std::vector<Pattern> patterns_;
};

}  // namespace slipway::tasks::copy
