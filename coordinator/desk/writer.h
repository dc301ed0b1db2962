#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "coordinator/desk/desk.h"
#include "platform/os/loop.h"

namespace slipway::desk {

/// The writer's thread: runs the desk. Whatever has been submitted since the last turn becomes one transaction.
class Writer {
public:
    /// `desk` is loaded already and `loop` not running; both belong to the thread from start() to stop().
    Writer(Desk& desk, os::EventLoop& loop) : desk_(desk), loop_(loop) {}
    ~Writer() { stop(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void start();
    /// Ends after what was submitted before; what comes later is dropped.
    void stop();

    /// From any thread. Replies and refusals come on the writer's thread.
    void submit(Desk::Work work);

    /// `work` decides and writes in a turn; `done` gets its result once it is durable, or why it is not.
    template <typename Value>
    void submit(std::function<Result<Value>(Turn&)> work, std::function<void(Result<Value>)> done) {
        auto shared = std::make_shared<std::function<void(Result<Value>)>>(std::move(done));
        submit(Desk::Work{[work = std::move(work), shared](Turn& turn) {
                              auto result = std::make_shared<Result<Value>>(work(turn));
                              turn.after_commit([result, shared](const Result<>& committed) {
                                  if (!committed && *result)
                                      (*shared)(fail(committed.error()));
                                  else
                                      (*shared)(std::move(*result));
                              });
                          },
                          [shared](const Error& error) { (*shared)(fail(error)); }});
    }

    /// To look at what is volatile: between turns, on the writer's thread.
    void inspect(std::function<void(Desk&)> function);

private:
    void drain();
    void arm();

    Desk& desk_;
    os::EventLoop& loop_;
    std::thread thread_;

    std::mutex mutex_;
    std::vector<Desk::Work> submitted_;  ///< guarded by mutex_
    bool drain_posted_ = false;          ///< guarded by mutex_

    os::Handle timer_;  ///< the writer's thread only, as the rest
    std::optional<Steady> armed_;
};

}  // namespace slipway::desk
