#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "coordinator/core/agent.h"
#include "coordinator/core/job.h"
#include "platform/base/states.h"

namespace slipway::core {

/// An agent as the queue sees it.
struct Station {
    std::int64_t agent_row = 0;
    std::int64_t pool_row = 0;
    AgentStatus status = AgentStatus::enabled;
    AgentContact contact = AgentContact::offline;
    std::int64_t free_slots = 0;  ///< what a parked poll of it could take now
    std::int64_t last_used_fence = 0;
    Capabilities capabilities;
};

/// Who gets which job. An index over the queued jobs and the agents, made from rows when the coordinator starts and
/// kept up with them: it decides nothing that rows do not say. Jobs with the same pool and demands form a class, so
/// that a job or an agent that comes costs as much as there are classes in its pool, never as there are jobs or agents.
/// Within a class: higher priority first, then the older job; of the agents that could take a job at once, the one
/// whose last job is longest ago.
class Queue {
public:
    void add(const Job& job);  ///< REQUIRES: job.state is queued
    void remove(std::int64_t job_row);
    [[nodiscard]] bool contains(std::int64_t job_row) const { return jobs_.contains(job_row); }
    [[nodiscard]] std::size_t size() const { return jobs_.size(); }

    void put(const Station& station);
    /// The part that changes with every poll.
    struct Availability {
        AgentContact contact = AgentContact::offline;
        std::int64_t free_slots = 0;
        std::int64_t last_used_fence = 0;
    };
    void set_availability(std::int64_t agent_row, const Availability& availability);
    void remove_agent(std::int64_t agent_row);
    [[nodiscard]] const Station* station(std::int64_t agent_row) const;

    /// The agent that should take the job now; nothing if none is free.
    [[nodiscard]] std::optional<std::int64_t> agent_for(std::int64_t job_row) const;
    /// The job that the agent should take now, if it has a free slot.
    [[nodiscard]] std::optional<std::int64_t> job_for(std::int64_t agent_row) const;

    /// Why a queued job waits: the first reason that holds.
    [[nodiscard]] Waiting waiting(std::int64_t job_row) const;

private:
    struct JobKey {
        int priority = 0;
        std::int64_t row = 0;
        bool operator<(const JobKey& other) const {
            return priority != other.priority ? priority > other.priority : row < other.row;
        }
    };
    struct AgentKey {
        std::int64_t last_used_fence = 0;
        std::int64_t row = 0;
        auto operator<=>(const AgentKey&) const = default;
    };
    struct Class {
        std::set<JobKey> jobs;
        std::set<AgentKey> available;    ///< fits, enabled, online, with a free slot
        std::set<std::int64_t> fitting;  ///< enabled and fits, free or not
        std::set<std::int64_t> online;   ///< of the fitting ones
    };
    struct PoolIndex {
        std::map<Demands, Class> classes;
        std::set<std::int64_t> agents;
        std::int64_t enabled = 0;
    };
    struct JobPlace {
        std::int64_t pool_row = 0;
        int priority = 0;
        std::map<Demands, Class>::iterator in;
    };

    static void enter(const Station& station, const Demands& demands, Class& into);
    static void leave(const Station& station, Class& from);

    std::map<std::int64_t, PoolIndex> pools_;
    std::unordered_map<std::int64_t, JobPlace> jobs_;
    std::unordered_map<std::int64_t, Station> stations_;
};

}  // namespace slipway::core
