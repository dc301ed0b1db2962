#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace slipway::desk {

/// Who wants to know when a job changes. From any thread; functions are called after the commit on the writer's thread
/// and must not block.
class JobWatchers {
public:
    class Watch {
    public:
        Watch(JobWatchers& of, std::int64_t job_row, std::uint64_t number)
            : of_(of), job_row_(job_row), number_(number) {}
        ~Watch() { of_.remove(job_row_, number_); }
        Watch(const Watch&) = delete;
        Watch& operator=(const Watch&) = delete;

    private:
        JobWatchers& of_;
        const std::int64_t job_row_;
        const std::uint64_t number_;
    };

    /// Calls whenever the job or one of its attempts was changed by a commit, until the watch is destroyed.
    [[nodiscard]] std::unique_ptr<Watch> watch(std::int64_t job_row, std::function<void()> changed);
    void tell(std::int64_t job_row);

private:
    void remove(std::int64_t job_row, std::uint64_t number);

    std::mutex mutex_;
    std::uint64_t last_number_ = 0;
    std::map<std::int64_t, std::map<std::uint64_t, std::shared_ptr<std::function<void()>>>> watchers_;
};

}  // namespace slipway::desk
