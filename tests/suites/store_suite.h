#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/store/store.h"

/// The contract of coordinator/store/store.h. A test program that links store_suite_*.cpp and defines
/// implementations() runs it on each of them.
namespace slipway::store::suite {

struct Implementation {
    std::string name;
    std::function<std::unique_ptr<Store>()> make;  ///< an empty one; it owns what it needs, files too
};

const std::vector<Implementation>& implementations();

/// The rest of a test case runs once for each implementation, with a store of its own.
#define EACH_STORE(fixture)                                               \
    const auto& implementation = GENERATE(from_range(implementations())); \
    INFO("store: " << implementation.name);                               \
    Fixture fixture(implementation)

/// A store with pool "default" (row 1) and agent "web-01" in it.
struct Fixture {
    explicit Fixture(const Implementation& implementation);

    std::unique_ptr<Store> store;
    core::Pool pool;
    core::Agent agent;
};

core::Agent make_agent(std::string name, std::int64_t pool_row);
core::Job make_job(std::string id, std::int64_t pool_row);
core::Attempt make_attempt(std::string id, const core::Job& job, const core::Agent& agent, std::int64_t fence);

/// The value, or the failure of the test.
template <typename T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace slipway::store::suite

namespace slipway::core {
bool operator==(const Job& a, const Job& b);
bool operator==(const Attempt& a, const Attempt& b);
bool operator==(const Agent& a, const Agent& b);
}  // namespace slipway::core
