#include "platform/base/logger.h"

#include <cmath>
#include <cstdio>

#include "platform/base/bytes.h"

namespace slipway {
namespace {

constexpr std::size_t text_bytes_max = 4096;

void append_number(std::string& line, double number) {
    char text[32];
    const int length = std::snprintf(text, sizeof text, "%.6g", std::isfinite(number) ? number : 0.0);
    line.append(text, static_cast<std::size_t>(length));
}

bool is_bare(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text)
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
    return true;
}

/// `printable` leaves only printable ASCII and UTF-8; what is left to escape are the two marks of JSON.
void append_quoted(std::string& line, std::string_view text) {
    line += '"';
    for (const char c : printable(text, text_bytes_max)) {
        if (c == '"' || c == '\\') line += '\\';
        line += c;
    }
    line += '"';
}

void append_value(std::string& line, LogFormat format, const LogField& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        if (format == LogFormat::text && is_bare(*text) && text->size() <= text_bytes_max)
            line += *text;
        else
            append_quoted(line, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line += std::to_string(*number);
    } else if (const auto* real = std::get_if<double>(&field.value)) {
        append_number(line, *real);
    } else {
        line += std::get<bool>(field.value) ? "true" : "false";
    }
}

}  // namespace

void StderrSink::write(std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); }

std::string_view to_string(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    return "error";
}

Result<LogLevel> log_level_from(std::string_view text) {
    for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        if (to_string(level) == text) return level;
    return fail(Code::invalid, "log level '" + printable(text) + "' is not known; write debug, info, warning or error");
}

Result<LogFormat> log_format_from(std::string_view text) {
    if (text == "text") return LogFormat::text;
    if (text == "json") return LogFormat::json;
    return fail(Code::invalid, "log format '" + printable(text) + "' is not known; write text or json");
}

std::string format_log_line(LogFormat format, Time time, LogLevel level, std::string_view message,
                            std::initializer_list<LogField> fields) {
    std::string line;
    line.reserve(128);
    if (format == LogFormat::text) {
        const std::string_view name = to_string(level);
        line += to_rfc3339(time);
        line += ' ';
        line += name;
        line.append(8 - name.size(), ' ');
        line += printable(message, text_bytes_max);
        for (const LogField& field : fields) {
            line += ' ';
            line += field.name;
            line += '=';
            append_value(line, format, field);
        }
    } else {
        line += R"({"time":")";
        line += to_rfc3339(time);
        line += R"(","level":")";
        line += to_string(level);
        line += R"(","message":)";
        append_quoted(line, message);
        for (const LogField& field : fields) {
            line += ',';
            append_quoted(line, field.name);
            line += ':';
            append_value(line, format, field);
        }
        line += '}';
    }
    line += '\n';
    return line;
}

Logger::Logger(LogSink& sink, Clock& clock, LogLevel level, LogFormat format)
    : sink_(sink), clock_(clock), level_(level), format_(format) {}

void Logger::debug(std::string_view message, std::initializer_list<LogField> fields) {
    write(LogLevel::debug, message, fields);
}
void Logger::info(std::string_view message, std::initializer_list<LogField> fields) {
    write(LogLevel::info, message, fields);
}
void Logger::warning(std::string_view message, std::initializer_list<LogField> fields) {
    write(LogLevel::warning, message, fields);
}
void Logger::error(std::string_view message, std::initializer_list<LogField> fields) {
    write(LogLevel::error, message, fields);
}

void Logger::set_level(LogLevel level) {
    const std::lock_guard lock(mutex_);
    level_ = level;
}

void Logger::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    const std::lock_guard lock(mutex_);
    if (level < level_) return;
    sink_.write(format_log_line(format_, clock_.wall(), level, message, fields));
}

}  // namespace slipway
