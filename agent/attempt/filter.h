#pragma once

#include <string>
#include <string_view>

namespace slipway::attempt {

/// All output passes one of these before it reaches a disk, as one stream of bytes per task. Masking is one.
class ByteFilter {
public:
    virtual ~ByteFilter() = default;
    /// Appends to `out` what may be kept of everything so far; may hold bytes back.
    virtual void feed(std::string_view bytes, std::string& out) = 0;
    /// The task's output has ended: appends what was held back.
    virtual void finish(std::string& out) = 0;
};

class PassThrough final : public ByteFilter {
public:
    void feed(std::string_view bytes, std::string& out) override { out.append(bytes); }
    void finish(std::string&) override {}
};

}  // namespace slipway::attempt
