#pragma once

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "platform/base/result.h"
#include "platform/base/time.h"

namespace slipway {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

/// One named value of a log line: log.info("job queued", {{"job", id}, {"priority", 5}}).
struct LogField {
    std::string_view name;  ///< snake_case
    std::variant<std::string_view, std::int64_t, double, bool> value;

    LogField(std::string_view n, std::string_view text) : name(n), value(text) {}
    LogField(std::string_view n, const char* text) : name(n), value(std::string_view(text)) {}
    LogField(std::string_view n, const std::string& text) : name(n), value(std::string_view(text)) {}
    LogField(std::string_view n, double number) : name(n), value(number) {}
    LogField(std::string_view n, bool truth) : name(n), value(truth) {}
    template <typename Integer>
    requires std::is_integral_v<Integer> LogField(std::string_view n, Integer number)
        : name(n), value(static_cast<std::int64_t>(number)) {}
};

/// Where lines go. write() gets one whole line with its line feed, from any thread, one at a time.
class LogSink {
public:
    virtual ~LogSink() = default;
    virtual void write(std::string_view line) = 0;
};

/// Standard error, one write per line.
class StderrSink final : public LogSink {
public:
    void write(std::string_view line) override;
};

/// A line of the program's own log; control characters and what is not UTF-8 come out as \xNN, so that no input can
/// forge a line.
///   text: 2026-11-21T12:40:31.000000Z info  job queued job=018f... priority=5
///   json: {"time":"2026-11-21T12:40:31.000000Z","level":"info","message":"job queued","job":"018f...","priority":5}
std::string format_log_line(LogFormat format, Time time, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields);

std::string_view to_string(LogLevel level);
Result<LogLevel> log_level_from(std::string_view text);
Result<LogFormat> log_format_from(std::string_view text);

/// The program's own log: what an operator should know, never a secret. May be used by any thread.
class Logger {
public:
    /// `sink` and `clock` outlive the logger.
    Logger(LogSink& sink, Clock& clock, LogLevel level, LogFormat format);

    void debug(std::string_view message, std::initializer_list<LogField> fields = {});
    void info(std::string_view message, std::initializer_list<LogField> fields = {});
    void warning(std::string_view message, std::initializer_list<LogField> fields = {});
    void error(std::string_view message, std::initializer_list<LogField> fields = {});

    void set_level(LogLevel level);  ///< SIGHUP changes it while the program runs

private:
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields);

    LogSink& sink_;
    Clock& clock_;
    std::mutex mutex_;
    LogLevel level_;
    const LogFormat format_;
};

}  // namespace slipway
