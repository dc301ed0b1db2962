#include <charconv>

#include "platform/yaml/read.h"

namespace slipway::yaml {
namespace {

/// RFC 6901: ~1 is "/", ~0 is "~".
std::string unescaped(std::string_view step) {
    std::string out;
    for (std::size_t i = 0; i < step.size(); ++i) {
        if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1'))
            out += step[++i] == '1' ? '/' : '~';
        else
            out += step[i];
    }
    return out;
}

}  // namespace

std::string Places::describe(std::string_view pointer) const {
    const Place* place = &root_;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const auto end = std::min(pointer.find('/'), pointer.size());
        const std::string step = unescaped(pointer.substr(0, end));
        pointer.remove_prefix(end);
        const Place* next = nullptr;
        for (const auto& [name, inside] : place->inside)
            if (name == step) next = &inside;
        if (!next) break;
        place = next;
    }
    return file_ + ":" + std::to_string(place->line) + ":" + std::to_string(place->column);
}

}  // namespace slipway::yaml
