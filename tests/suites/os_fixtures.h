#pragma once

#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <stdlib.h>
#include <unistd.h>

#include "platform/os/clock.h"
#include "platform/os/files.h"
#include "platform/os/loop.h"
#include "platform/os/memory/manual_loop.h"
#include "platform/os/memory/memory_files.h"
#include "platform/os/watch.h"

namespace slipway::os {

template <typename T>
void require_done(const Result<T>& result, const char* expression) {
    INFO(expression);
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result.has_value());
}

template <typename T>
T value_of(Result<T> result, const char* expression) {
    require_done(result, expression);
    return std::move(*result);
}

/// A folder of its own on the real file system, gone afterwards.
class SystemFilesFixture {
public:
    SystemFilesFixture() {
        char path[] = "/tmp/slipway-os-XXXXXX";
        REQUIRE(::mkdtemp(path) != nullptr);
        path_ = path;
        root_ = files_->open_directory(path_).value();
    }
    ~SystemFilesFixture() {
        const auto above = files_->open_directory("/tmp").value();
        static_cast<void>(above->remove_tree(path_.substr(5)));
    }
    Files& files() { return *files_; }
    Directory& root() { return *root_; }
    const std::string& path() const { return path_; }
    std::uint32_t user() const { return ::geteuid(); }

private:
    std::string path_;
    std::unique_ptr<Files> files_ = make_system_files();
    std::unique_ptr<Directory> root_;
};

/// The system's loop, turned until something is true.
class SystemLoopFixture {
public:
    EventLoop& loop() { return *loop_; }
    Clock& clock() { return clock_; }

    template <typename Condition>
    void run_until(Condition condition, Duration limit = 20s) {
        const Steady end = clock_.steady() + limit;
        while (!condition()) {
            REQUIRE(clock_.steady() < end);
            require_done(loop_->run_once(10ms), "run_once");
        }
    }

private:
    SystemClock clock_;
    std::unique_ptr<EventLoop> loop_ = make_event_loop(clock_).value();
};

class ManualLoopFixture {
public:
    ManualLoop& loop() { return loop_; }
    Clock& clock() { return clock_; }

    template <typename Condition>
    void run_until(Condition condition) {
        for (int steps = 0; !condition(); ++steps) {
            REQUIRE(steps < 100'000);
            if (!loop_.turn()) clock_.advance(1ms);
        }
    }

private:
    ManualClock clock_;
    ManualLoop loop_{clock_};
};

class MemoryFilesFixture {
public:
    MemoryFiles& files() { return files_; }
    Directory& root() { return *root_; }
    const std::string& path() const { return path_; }
    std::uint32_t user() const { return MemoryFiles::user; }

private:
    ManualClock clock_;
    MemoryFiles files_{clock_};
    std::string path_ = "/srv/slipway";
    std::unique_ptr<Directory> root_ = files_.make_directories(path_, 0700).value();
};

class SystemWatchFixture : public SystemLoopFixture, public SystemFilesFixture {
public:
    FileWatches& watches() { return *watches_; }

private:
    std::unique_ptr<FileWatches> watches_ = make_file_watches(loop()).value();
};

class MemoryWatchFixture : public ManualLoopFixture, public MemoryFilesFixture {
public:
    FileWatches& watches() { return watches_; }

private:
    MemoryFileWatches watches_{loop()};
};

}  // namespace slipway::os

/// The value, or the error's message in the test's output.
#define VALUE_OF(expression) ::slipway::os::value_of((expression), #expression)
#define REQUIRE_DONE(expression) ::slipway::os::require_done((expression), #expression)
/// A call that must fail with this Code.
#define REQUIRE_CODE(expression, expected)               \
    do {                                                 \
        auto code_result = (expression);                 \
        INFO(#expression);                               \
        REQUIRE_FALSE(code_result.has_value());          \
        INFO(code_result.error().message);               \
        REQUIRE(code_result.error().code == (expected)); \
    } while (false)
