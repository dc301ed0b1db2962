#include "tests/bench/load/roster.h"

#include <fstream>

#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

namespace slipway::bench {

Result<> append_to_roster(const std::string& file, const std::vector<Identity>& identities) {
    std::ofstream out(file, std::ios::app);
    for (const Identity& identity : identities) {
        json::Writer line;
        line.begin_object();
        line.field("agent", identity.agent);
        line.field("name", identity.name);
        line.field("certificate", identity.certificate);
        line.field("key", identity.key);
        line.end_object();
        out << std::move(line).take() << "\n";
    }
    if (!out.flush()) return fail(Code::io, "writing " + file + " failed");
    return {};
}

Result<std::vector<Identity>> read_roster(const std::string& file, std::size_t first, std::size_t count) {
    std::ifstream in(file);
    std::vector<Identity> identities;
    std::string line;
    for (std::size_t number = 0; identities.size() < count && std::getline(in, line); ++number) {
        if (number < first) continue;
        TRY_ASSIGN(const auto value, json::parse(line));
        Identity& identity = identities.emplace_back();
        json::Reader reader(value, json::UnknownFields::refuse);
        reader.required("agent", identity.agent);
        reader.required("name", identity.name);
        reader.required("certificate", identity.certificate, {.bytes_max = 16 * 1024});
        reader.required("key", identity.key, {.bytes_max = 16 * 1024});
        TRY_WITHIN(file, reader.finish());
    }
    if (identities.size() < count)
        return fail(Code::invalid, file + " has " + std::to_string(identities.size()) + " agents from number " +
                                       std::to_string(first) + " on, not " + std::to_string(count));
    return identities;
}

}  // namespace slipway::bench
