// Without it valijson ends the program on a schema that it does not like.
#define VALIJSON_USE_EXCEPTIONS 1

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Woverloaded-virtual"
#include <algorithm>
#include <exception>

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

#include "coordinator/cli/job_schema.h"
#include "platform/json/value.h"

namespace slipway::cli {
namespace {

using Adapter = valijson::adapters::NlohmannJsonAdapter;

/// "<root>", "[tasks]", "[0]" as valijson names its places.
Steps steps_of(const std::vector<std::string>& context) {
    Steps steps;
    for (const std::string& part : context)
        if (part.size() >= 2 && part.front() == '[' && part.back() == ']')
            steps.push_back(part.substr(1, part.size() - 2));
    return steps;
}

Result<std::vector<Steps>> judge(const nlohmann::json& schema_json, const nlohmann::json& value) {
    valijson::Schema schema;
    valijson::SchemaParser parser;
    parser.populateSchema(Adapter(schema_json), schema);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    valijson::ValidationResults results;
    std::vector<Steps> places;
    if (validator.validate(schema, Adapter(value), &results)) return places;
    for (const auto& error : results) {
        Steps steps = steps_of(error.context);
        if (std::find(places.begin(), places.end(), steps) == places.end()) places.push_back(std::move(steps));
    }
    if (places.empty()) places.emplace_back();
    return places;
}

}  // namespace

Result<std::vector<Steps>> refused_places(const json::Value& schema, const json::Value& value) {
    try {
        return judge(nlohmann::json(schema), nlohmann::json(value));
    } catch (const std::exception& error) {
        return fail(Code::internal, std::string("the schema of job files cannot be used: ") + error.what());
    }
}

}  // namespace slipway::cli
