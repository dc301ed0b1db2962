#include "coordinator/core/queue.h"

#include "coordinator/core/demand.h"
#include "platform/base/assert.h"

namespace slipway::core {
namespace {

constexpr std::size_t classes_kept = 64;

}  // namespace

void Queue::enter(const Station& station, const Demands& demands, Class& into) {
    if (station.status != AgentStatus::enabled || !fits(station.capabilities, demands)) return;
    into.fitting.insert(station.agent_row);
    if (station.contact != AgentContact::online) return;
    into.online.insert(station.agent_row);
    if (station.free_slots > 0) into.available.insert({station.last_used_fence, station.agent_row});
}

void Queue::leave(const Station& station, Class& from) {
    from.fitting.erase(station.agent_row);
    from.online.erase(station.agent_row);
    from.available.erase({station.last_used_fence, station.agent_row});
}

void Queue::add(const Job& job) {
    ASSERT(job.state == JobState::queued);
    if (jobs_.contains(job.row)) return;
    PoolIndex& pool = pools_[job.pool_row];
    const auto [in, made] = pool.classes.try_emplace(job.demands);
    if (made)
        for (const std::int64_t row : pool.agents) enter(stations_.at(row), in->first, in->second);
    in->second.jobs.insert({job.priority, job.row});
    jobs_.emplace(job.row, JobPlace{job.pool_row, job.priority, in});
}

void Queue::remove(std::int64_t job_row) {
    const auto found = jobs_.find(job_row);
    if (found == jobs_.end()) return;
    const JobPlace place = found->second;
    jobs_.erase(found);
    place.in->second.jobs.erase({place.priority, job_row});
    // An empty class is kept for the next job of its kind: making it again walks over all agents of the pool.
    auto& classes = pools_.at(place.pool_row).classes;
    if (place.in->second.jobs.empty() && classes.size() > classes_kept) classes.erase(place.in);
}

void Queue::put(const Station& station) {
    remove_agent(station.agent_row);
    stations_[station.agent_row] = station;
    PoolIndex& pool = pools_[station.pool_row];
    pool.agents.insert(station.agent_row);
    if (station.status == AgentStatus::enabled) ++pool.enabled;
    for (auto& [demands, of] : pool.classes) enter(station, demands, of);
}

void Queue::set_availability(std::int64_t agent_row, const Availability& availability) {
    const auto found = stations_.find(agent_row);
    ASSERT(found != stations_.end());
    Station& station = found->second;
    const AgentKey old_key{station.last_used_fence, agent_row};
    station.contact = availability.contact;
    station.free_slots = availability.free_slots;
    station.last_used_fence = availability.last_used_fence;
    const bool online = station.contact == AgentContact::online;
    for (auto& [demands, of] : pools_.at(station.pool_row).classes) {
        if (!of.fitting.contains(agent_row)) continue;
        of.available.erase(old_key);
        if (online && station.free_slots > 0) of.available.insert({station.last_used_fence, agent_row});
        if (online)
            of.online.insert(agent_row);
        else
            of.online.erase(agent_row);
    }
}

void Queue::remove_agent(std::int64_t agent_row) {
    const auto found = stations_.find(agent_row);
    if (found == stations_.end()) return;
    const Station& old = found->second;
    PoolIndex& pool = pools_.at(old.pool_row);
    for (auto& [demands, of] : pool.classes) leave(old, of);
    pool.agents.erase(agent_row);
    if (old.status == AgentStatus::enabled) --pool.enabled;
    stations_.erase(found);
}

const Station* Queue::station(std::int64_t agent_row) const {
    const auto found = stations_.find(agent_row);
    return found == stations_.end() ? nullptr : &found->second;
}

std::optional<std::int64_t> Queue::agent_for(std::int64_t job_row) const {
    const auto found = jobs_.find(job_row);
    if (found == jobs_.end()) return std::nullopt;
    const auto& available = found->second.in->second.available;
    if (available.empty()) return std::nullopt;
    return available.begin()->row;
}

std::optional<std::int64_t> Queue::job_for(std::int64_t agent_row) const {
    const Station* agent = station(agent_row);
    if (agent == nullptr || agent->free_slots <= 0 || agent->contact != AgentContact::online) return std::nullopt;
    const auto pool = pools_.find(agent->pool_row);
    std::optional<JobKey> best;
    for (const auto& [demands, of] : pool->second.classes) {
        if (of.jobs.empty() || !of.fitting.contains(agent_row)) continue;
        if (!best || *of.jobs.begin() < *best) best = *of.jobs.begin();
    }
    if (!best) return std::nullopt;
    return best->row;
}

Waiting Queue::waiting(std::int64_t job_row) const {
    const JobPlace& place = jobs_.at(job_row);
    const PoolIndex& pool = pools_.at(place.pool_row);
    const Class& of = place.in->second;
    if (pool.agents.empty()) return Waiting::pool_empty;
    if (pool.enabled == 0) return Waiting::maintenance;
    if (of.fitting.empty()) return Waiting::demand_unmet;
    if (of.online.empty()) return Waiting::none_online;
    return Waiting::all_busy;
}

}  // namespace slipway::core
