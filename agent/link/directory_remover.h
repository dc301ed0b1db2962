#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "platform/os/files.h"

namespace slipway::link {

/// One thread that removes trees below a directory: slow work that the loop must not wait for. What is still queued
/// when it is destroyed stays, and is found by the next start.
class DirectoryRemover {
public:
    explicit DirectoryRemover(std::unique_ptr<os::Directory> directory);
    ~DirectoryRemover();
    DirectoryRemover(const DirectoryRemover&) = delete;
    DirectoryRemover& operator=(const DirectoryRemover&) = delete;

    void remove(std::string name);  ///< from any thread

private:
    void run();

    std::unique_ptr<os::Directory> directory_;  ///< the thread's
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> names_;  ///< guarded by mutex_
    bool stopping_ = false;          ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace slipway::link
