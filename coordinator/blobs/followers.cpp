#include "coordinator/blobs/followers.h"

#include <utility>
#include <vector>

namespace slipway::blobs {

class Followers::Handle : public AttemptLogs::Follower {
public:
    Handle(std::shared_ptr<List> list, Listeners::iterator place) : list_(std::move(list)), place_(place) {}

    ~Handle() override {
        std::shared_ptr<Listener> listener;
        {
            const std::lock_guard lock(list_->mutex);
            listener = std::move(place_->second);
            list_->listeners.erase(place_);
        }
        // The function is not destroyed here: this may be a call of it.
        const std::lock_guard lock(listener->mutex);
        listener->ended = true;
    }

private:
    std::shared_ptr<List> list_;
    Listeners::iterator place_;
};

std::unique_ptr<AttemptLogs::Follower> Followers::add(std::string_view attempt,
                                                      std::function<void(std::int64_t)> grown) {
    auto listener = std::make_shared<Listener>();
    listener->grown = std::move(grown);
    const std::lock_guard lock(list_->mutex);
    const auto place = list_->listeners.emplace(attempt, std::move(listener));
    return std::make_unique<Handle>(list_, place);
}

void Followers::tell(std::string_view attempt, std::int64_t length) {
    std::vector<std::shared_ptr<Listener>> wanted;
    {
        const std::lock_guard lock(list_->mutex);
        const auto [first, last] = list_->listeners.equal_range(attempt);
        for (auto next = first; next != last; ++next) wanted.push_back(next->second);
    }
    for (const auto& listener : wanted) {
        const std::lock_guard lock(listener->mutex);
        if (!listener->ended) listener->grown(length);
    }
}

}  // namespace slipway::blobs
