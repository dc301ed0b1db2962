#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>

#include "platform/base/ids.h"
#include "platform/base/time.h"

namespace slipway::crypto::tests {

/// The same sequence in every run (splitmix64).
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed = 1) : state_(seed) {}
    void fill(std::span<unsigned char> bytes) override {
        for (unsigned char& byte : bytes) {
            state_ += 0x9E3779B97F4A7C15ull;
            std::uint64_t z = state_;
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
            byte = static_cast<unsigned char>(z >> 24 & 255);
        }
    }

private:
    std::uint64_t state_;
};

class ManualClock final : public Clock {
public:
    explicit ManualClock(Time now) : now_(now) {}
    Time wall() override { return now_; }
    Steady steady() override { return {now_.us}; }
    void set(Time now) { now_ = now; }

private:
    Time now_;
};

/// A directory that goes with the test.
class ScratchFolder {
public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "slipway-crypto-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    std::string write(const std::string& name, std::string_view bytes) const {
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return (path_ / name).string();
    }
    std::string read(const std::string& name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::string path(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

struct CommandEnd {
    int code = -1;
    std::string output;
};

/// Runs a shell command; both of its outputs come back together.
inline CommandEnd run(const std::string& command) {
    CommandEnd end;
    FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
    if (pipe == nullptr) return end;
    std::array<char, 4096> buffer{};
    while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
        end.output.append(buffer.data(), size);
    const int status = ::pclose(pipe);
    end.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return end;
}

inline const Time some_day = *from_rfc3339("2026-11-21T12:00:00Z");
inline const std::string some_agent = "0192f0c1-2345-7abc-8def-0123456789ab";

}  // namespace slipway::crypto::tests
