#include "coordinator/desk/watchers.h"

#include <vector>

namespace slipway::desk {

std::unique_ptr<JobWatchers::Watch> JobWatchers::watch(std::int64_t job_row, std::function<void()> changed) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t number = ++last_number_;
    watchers_[job_row].emplace(number, std::make_shared<std::function<void()>>(std::move(changed)));
    return std::make_unique<Watch>(*this, job_row, number);
}

void JobWatchers::tell(std::int64_t job_row) {
    std::vector<std::shared_ptr<std::function<void()>>> functions;
    {
        const std::lock_guard lock(mutex_);
        const auto found = watchers_.find(job_row);
        if (found == watchers_.end()) return;
        for (const auto& [number, function] : found->second) functions.push_back(function);
    }
    for (const auto& function : functions) (*function)();
}

void JobWatchers::remove(std::int64_t job_row, std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = watchers_.find(job_row);
    if (found == watchers_.end()) return;
    found->second.erase(number);
    if (found->second.empty()) watchers_.erase(found);
}

}  // namespace slipway::desk
