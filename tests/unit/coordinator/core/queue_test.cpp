#include "coordinator/core/queue.h"

#include <catch2/catch.hpp>

using namespace slipway;
using namespace slipway::core;

namespace {

Job queued_job(std::int64_t row, int priority = 5, Demands demands = {}) {
    Job job;
    job.row = row;
    job.pool_row = 1;
    job.priority = priority;
    job.demands = std::move(demands);
    return job;
}

Station ready(std::int64_t row, std::int64_t last_used_fence = 0, Capabilities capabilities = {}) {
    Station station;
    station.agent_row = row;
    station.pool_row = 1;
    station.contact = AgentContact::online;
    station.free_slots = 1;
    station.last_used_fence = last_used_fence;
    station.capabilities = std::move(capabilities);
    return station;
}

const Demands nginx = {{"nginx", std::nullopt}};

}  // namespace

TEST_CASE("the agent whose last job is longest ago gets the next one") {
    Queue queue;
    queue.put(ready(1, 30));
    queue.put(ready(2, 10));
    queue.put(ready(3, 20));
    queue.add(queued_job(100));
    CHECK(queue.agent_for(100) == 2);
    queue.set_availability(2, {AgentContact::online, 0, 40});
    CHECK(queue.agent_for(100) == 3);
}

TEST_CASE("an agent takes the job of the highest priority, of these the oldest") {
    Queue queue;
    queue.put(ready(1, 0, {{"nginx", ""}}));
    queue.add(queued_job(100, 5));
    queue.add(queued_job(101, 7, nginx));
    queue.add(queued_job(102, 7));
    CHECK(queue.job_for(1) == 101);
    queue.remove(101);
    CHECK(queue.job_for(1) == 102);
    queue.remove(102);
    CHECK(queue.job_for(1) == 100);
}

TEST_CASE("only an agent that fits gets a job") {
    Queue queue;
    queue.add(queued_job(100, 5, nginx));
    queue.add(queued_job(101, 5, {{"os", "windows"}}));
    queue.put(ready(1, 0, {{"os", "linux"}}));
    CHECK_FALSE(queue.agent_for(100));
    CHECK_FALSE(queue.job_for(1));
    queue.put(ready(1, 0, {{"os", "windows"}}));
    CHECK(queue.job_for(1) == 101);
}

TEST_CASE("a queued job says why it waits: the first reason that holds") {
    Queue queue;
    queue.add(queued_job(100, 5, nginx));
    CHECK(queue.waiting(100) == Waiting::pool_empty);

    Station station = ready(1);
    station.status = GENERATE(AgentStatus::disabled, AgentStatus::conflicted);
    queue.put(station);
    CHECK(queue.waiting(100) == Waiting::maintenance);

    station.status = AgentStatus::enabled;
    queue.put(station);
    CHECK(queue.waiting(100) == Waiting::demand_unmet);

    station.capabilities = {{"nginx", "1.22"}};
    station.contact = AgentContact::offline;
    queue.put(station);
    CHECK(queue.waiting(100) == Waiting::none_online);

    queue.set_availability(1, {AgentContact::online, 0, 0});
    CHECK(queue.waiting(100) == Waiting::all_busy);

    queue.set_availability(1, {AgentContact::online, 1, 0});
    CHECK(queue.agent_for(100) == 1);

    queue.remove_agent(1);
    CHECK(queue.waiting(100) == Waiting::pool_empty);
}

TEST_CASE("pools keep to themselves") {
    Queue queue;
    Station other = ready(1);
    other.pool_row = 2;
    queue.put(other);
    queue.add(queued_job(100));
    CHECK_FALSE(queue.agent_for(100));
    CHECK(queue.waiting(100) == Waiting::pool_empty);
}

// The index is judged by a walk over everything, for many random steps.
TEST_CASE("the index answers as a walk over all jobs and agents would") {
    std::uint64_t state = 88172645463325252ull;
    const auto draw = [&](std::uint64_t bound) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state % bound;
    };
    const std::vector<Demands> kinds = {{}, nginx, {{"os", "linux"}}, {{"nginx", std::nullopt}, {"os", "linux"}}};
    Queue queue;
    std::map<std::int64_t, Job> jobs;
    std::map<std::int64_t, Station> stations;
    for (std::int64_t step = 1; step <= 4000; ++step) {
        const auto agent = static_cast<std::int64_t>(draw(6)) + 1;
        switch (draw(5)) {
            case 0: {
                Job job = queued_job(step, static_cast<int>(draw(3)), kinds[draw(kinds.size())]);
                jobs[step] = job;
                queue.add(job);
                break;
            }
            case 1:
                if (!jobs.empty()) {
                    const auto chosen = std::next(jobs.begin(), static_cast<std::ptrdiff_t>(draw(jobs.size())));
                    queue.remove(chosen->first);
                    jobs.erase(chosen);
                }
                break;
            case 2: {
                Station station = ready(agent, static_cast<std::int64_t>(draw(100)));
                if (draw(2) == 0) station.capabilities["nginx"] = "";
                if (draw(2) == 0) station.capabilities["os"] = draw(2) == 0 ? "linux" : "windows";
                if (draw(4) == 0) station.status = AgentStatus::disabled;
                station.free_slots = static_cast<std::int64_t>(draw(3));
                stations[agent] = station;
                queue.put(station);
                break;
            }
            case 3:
                if (stations.contains(agent)) {
                    Station& station = stations[agent];
                    station.contact = draw(3) == 0 ? AgentContact::offline : AgentContact::online;
                    station.free_slots = static_cast<std::int64_t>(draw(2));
                    station.last_used_fence = static_cast<std::int64_t>(draw(100));
                    queue.set_availability(agent, {station.contact, station.free_slots, station.last_used_fence});
                }
                break;
            default: stations.erase(agent); queue.remove_agent(agent);
        }
        const auto fit = [](const Station& s, const Job& j) {
            for (const Demand& d : j.demands) {
                const auto found = s.capabilities.find(d.name);
                if (found == s.capabilities.end() || (d.equals && *d.equals != found->second)) return false;
            }
            return s.status == AgentStatus::enabled;
        };
        const auto can_take = [&](const Station& s) { return s.contact == AgentContact::online && s.free_slots > 0; };
        for (const auto& [row, job] : jobs) {
            const Station* best = nullptr;
            for (const auto& [_, s] : stations)
                if (fit(s, job) && can_take(s) &&
                    (best == nullptr ||
                     std::pair(s.last_used_fence, s.agent_row) < std::pair(best->last_used_fence, best->agent_row)))
                    best = &s;
            REQUIRE(queue.agent_for(row) == (best ? std::optional(best->agent_row) : std::nullopt));
        }
        for (const auto& [row, s] : stations) {
            const Job* best = nullptr;
            for (const auto& [_, job] : jobs)
                if (fit(s, job) && can_take(s) &&
                    (best == nullptr || std::pair(-job.priority, job.row) < std::pair(-best->priority, best->row)))
                    best = &job;
            REQUIRE(queue.job_for(row) == (best ? std::optional(best->row) : std::nullopt));
        }
    }
}
