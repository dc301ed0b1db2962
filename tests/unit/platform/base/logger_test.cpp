#include "platform/base/logger.h"

#include <catch2/catch.hpp>

using namespace slipway;

namespace {

constexpr Time noon{1'795'264'831'000'000};

struct FixedClock final : Clock {
    Time wall() override { return noon; }
    Steady steady() override { return {}; }
};

struct Lines final : LogSink {
    void write(std::string_view line) override { text += line; }
    std::string text;
};

}  // namespace

TEST_CASE("a text line has time, level, message and bare or quoted values") {
    const std::string line = format_log_line(LogFormat::text, noon, LogLevel::info, "job queued",
                                             {{"job", "a-1"}, {"name", "two words"}, {"count", 5}, {"late", true}});
    CHECK(line == to_rfc3339(noon) + " info    job queued job=a-1 name=\"two words\" count=5 late=true\n");
}

TEST_CASE("a JSON line is one object") {
    const std::string line =
        format_log_line(LogFormat::json, noon, LogLevel::error, "disk full", {{"path", "/a b"}, {"share", 0.5}});
    CHECK(line == R"({"time":")" + to_rfc3339(noon) +
                      R"(","level":"error","message":"disk full","path":"/a b","share":0.5})" + "\n");
}

TEST_CASE("no value can forge a second line or leave its quotes") {
    for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
        const std::string line = format_log_line(format, noon, LogLevel::info, "a\nb",
                                                 {{"name", "x\"\n2026 error forged \\\" y=\x1b[31m\xff"}});
        CHECK(line.find('\n') == line.size() - 1);
        CHECK(line.find('\x1b') == std::string::npos);
        CHECK(line.find('\xff') == std::string::npos);
        CHECK(line.find("forged \"") == std::string::npos);
    }
}

TEST_CASE("a very long value is cut") {
    const std::string line =
        format_log_line(LogFormat::text, noon, LogLevel::info, "m", {{"v", std::string(100'000, 'x')}});
    CHECK(line.size() < 5'000);
}

TEST_CASE("lines below the level are not written, and the level may change") {
    FixedClock clock;
    Lines lines;
    Logger logger(lines, clock, LogLevel::warning, LogFormat::text);
    logger.info("quiet");
    CHECK(lines.text.empty());
    logger.warning("heard");
    CHECK(lines.text.find("heard") != std::string::npos);
    logger.set_level(LogLevel::debug);
    logger.debug("details");
    CHECK(lines.text.find("details") != std::string::npos);
}

TEST_CASE("names of levels and formats are refused when unknown") {
    CHECK(log_level_from("debug").value() == LogLevel::debug);
    CHECK(log_level_from("loud").error().code == Code::invalid);
    CHECK(log_format_from("json").value() == LogFormat::json);
    CHECK(log_format_from("xml").error().code == Code::invalid);
}
