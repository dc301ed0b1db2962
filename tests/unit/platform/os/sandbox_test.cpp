#include "platform/os/sandbox.h"

#include <csignal>
#include <cstdlib>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace slipway;
using namespace slipway::os;

namespace {

/// A folder for one test case, and what may be written in.
class Place {
public:
    Place() {
        char name[] = "/tmp/slipway-sandbox-XXXXXX";
        path_ = ::mkdtemp(name);
        above_ = files_->open_directory("/tmp").value();
        outer_ = files_->open_directory(path_).value();
        inner_ = outer_->make_directory("inner", 0700).value();
    }
    ~Place() { static_cast<void>(above_->remove_tree(path_.substr(5))); }

    Directory& outer() { return *outer_; }
    Directory& inner() { return *inner_; }
    Result<SandboxRun> run(const std::function<Result<std::string>()>& work, std::uint64_t cpu_s = 60,
                           std::vector<Native> kept = {}) {
        return run_in_sandbox({.writable = *inner_,
                               .kept = std::move(kept),
                               .memory_bytes_max = 256 * 1024 * 1024,
                               .file_bytes_max = 1024 * 1024,
                               .cpu_s_max = cpu_s,
                               .descriptors_max = 64},
                              work);
    }
    SandboxLayers layers() {
        return run([] { return ""; }).value().layers;
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
    std::unique_ptr<Files> files_ = make_system_files();
    std::unique_ptr<Directory> above_, outer_, inner_;
};

}  // namespace

TEST_CASE("what the work returns comes out of the sandbox, text or error") {
    Place place;
    CHECK(place.run([] { return "done"; }).value().text == "done");
    const auto failed =
        place.run([]() -> Result<std::string> { return fail(Code::corrupt, "bad bytes", "archive_refused"); });
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Code::corrupt);
    CHECK(failed.error().message == "bad bytes");
    CHECK(failed.error().reason == "archive_refused");
}

TEST_CASE("the work writes below its folder and nowhere else") {
    Place place;
    REQUIRE(place.run([&]() -> Result<std::string> {
        TRY_ASSIGN(const auto file, place.inner().open("file", {.access = Access::write, .create = Create::exclusive}));
        TRY(file->append("inside"));
        return "";
    }));
    CHECK(place.inner().status("file").value()->size == 6);
    if (!place.layers().file_access) return;
    const auto outside = place.run([&]() -> Result<std::string> {
        const int number = ::open((place.path() + "/outside").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        const int reading = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
        const int up = ::openat(static_cast<int>(*place.inner().native()), "../outside", O_WRONLY | O_CREAT, 0600);
        return number < 0 && reading < 0 && up < 0 ? "refused" : "opened";
    });
    CHECK(outside.value().text == "refused");
    CHECK_FALSE(place.outer().status("outside").value());
}

TEST_CASE("the work starts no process and opens no socket") {
    Place place;
    if (!place.layers().system_calls) return;
    for (const std::function<Result<std::string>()>& work :
         {std::function<Result<std::string>()>([] { return std::to_string(::socket(AF_INET, SOCK_STREAM, 0)); }),
          std::function<Result<std::string>()>([] { return std::to_string(::fork()); }),
          std::function<Result<std::string>()>([]() -> Result<std::string> {
              ::execl("/bin/true", "true", nullptr);
              return "";
          })}) {
        const auto run = place.run(work);
        REQUIRE_FALSE(run);
        CHECK(run.error().code == Code::internal);
        CHECK(run.error().message.find("forbidden") != std::string::npos);
    }
}

TEST_CASE("descriptors of the caller are closed to the work") {
    Place place;
    const int number = ::open("/etc/passwd", O_RDONLY);
    REQUIRE(number >= 0);
    CHECK(place.run([&] { return ::lseek(number, 0, SEEK_CUR) < 0 ? "closed" : "open"; }).value().text == "closed");
    ::close(number);
}

TEST_CASE("a file that grows past its limit and work past its time are Code::limit") {
    Place place;
    const auto large = place.run([&]() -> Result<std::string> {
        TRY_ASSIGN(const auto file, place.inner().open("file", {.access = Access::write, .create = Create::exclusive}));
        TRY(file->append(std::string(1024 * 1024 + 1, 'x')));
        return "";
    });
    REQUIRE_FALSE(large);
    CHECK(large.error().code == Code::limit);
    const auto endless = place.run(
        []() -> Result<std::string> {
            for (;;) static_cast<void>(::getpid());
        },
        1);
    REQUIRE_FALSE(endless);
    CHECK(endless.error().code == Code::limit);
}

TEST_CASE("work that crashes is an error and not a crash of the caller") {
    Place place;
    const auto run = place.run([]() -> Result<std::string> { std::abort(); });
    REQUIRE_FALSE(run);
    CHECK(run.error().code == Code::internal);
}

TEST_CASE("a signal that asks the caller to end kills the work first") {
    Place place;
    int begun[2];
    REQUIRE(::pipe(begun) == 0);
    const pid_t caller = ::getpid();
    const pid_t sender = ::fork();
    if (sender == 0) {
        char byte = 0;
        if (::read(begun[0], &byte, 1) == 1) ::kill(caller, SIGTERM);
        ::_exit(0);
    }
    const auto run = place.run(
        [&]() -> Result<std::string> {
            if (::write(begun[1], "x", 1) != 1) return "not begun";
            for (;;) ::sched_yield();
        },
        60, {begun[1]});
    ::close(begun[0]);
    ::close(begun[1]);
    ::waitpid(sender, nullptr, 0);
    REQUIRE_FALSE(run);
    CHECK(run.error().code == Code::canceled);
}
