#include "coordinator/http/event_text.h"

namespace slipway::http {
namespace {

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value)
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    out += '\n';
}

}  // namespace

void append_event(std::string& out, const Event& event) {
    if (!event.id.empty()) append_field(out, "id", event.id);
    if (!event.name.empty()) append_field(out, "event", event.name);
    std::string_view data = event.data;
    for (;;) {
        const std::size_t end = data.find_first_of("\r\n");
        out.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
        data.remove_prefix(end + (pair ? 2 : 1));
    }
    out += '\n';
}

}  // namespace slipway::http
