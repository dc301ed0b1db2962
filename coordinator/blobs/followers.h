#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "coordinator/blobs/attempt_logs.h"

namespace slipway::blobs {

/// Who wants to hear of an attempt's log. Any thread.
class Followers {
public:
    std::unique_ptr<AttemptLogs::Follower> add(std::string_view attempt, std::function<void(std::int64_t)> grown);
    void tell(std::string_view attempt, std::int64_t length);

private:
    struct Listener {
        std::recursive_mutex mutex;  // a call may destroy its own handle
        std::function<void(std::int64_t)> grown;
        bool ended = false;
    };
    using Listeners = std::multimap<std::string, std::shared_ptr<Listener>, std::less<>>;
    struct List {
        std::mutex mutex;
        Listeners listeners;
    };
    class Handle;

    std::shared_ptr<List> list_ = std::make_shared<List>();  // handles may outlive this
};

}  // namespace slipway::blobs
