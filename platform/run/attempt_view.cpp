#include "platform/run/attempt_view.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "platform/run/marks.h"
#include "platform/run/names.h"

namespace slipway::run {
namespace {

constexpr std::size_t outcome_bytes_max = 64 * 1024;
constexpr std::size_t holder_bytes_max = 1024;
constexpr std::size_t mark_line_bytes_max = 64;

bool is_tampered(const Error& error) { return error.reason == "file_tampered"; }

}  // namespace

AttemptView::AttemptView(std::unique_ptr<os::Directory> directory, std::uint32_t owner)
    : directory_(std::move(directory)), owner_(owner) {}

Result<std::unique_ptr<AttemptView>> AttemptView::open(os::Directory& attempts, const std::string& name,
                                                       std::uint32_t owner) {
    TRY_ASSIGN(auto directory, attempts.open_directory(name));
    std::unique_ptr<AttemptView> view(new AttemptView(std::move(directory), owner));
    TRY(view->open_growing());
    return view;
}

Result<> AttemptView::open_growing() {
    TRY_ASSIGN(log_, open_file(log_name));
    TRY_ASSIGN(marks_file_, open_file(marks_name));
    TRY_ASSIGN(events_file_, open_file(events_name));
    log_tampered_ = !log_;
    events_missing_ = !events_file_;
    if (marks_file_) mark_lines_.emplace(*marks_file_, mark_line_bytes_max);
    if (events_file_) event_lines_.emplace(*events_file_, limits::event_bytes_max);
    return {};
}

Result<std::unique_ptr<os::File>> AttemptView::open_file(std::string_view name) {
    auto file = os::open_trusted(*directory_, name, os::Access::read, owner_);
    if (!file && is_tampered(file.error())) return nullptr;
    if (!file) return fail(std::move(file).error());
    return *file ? std::move(**file) : nullptr;
}

Result<std::optional<std::string>> AttemptView::read_small(std::string_view name, std::size_t bytes_max) {
    TRY_ASSIGN(const auto file, open_file(name));
    if (!file) return std::nullopt;
    auto bytes = os::read_whole(*file, bytes_max);
    if (!bytes && bytes.error().code == Code::limit) return std::nullopt;
    if (!bytes) return fail(std::move(bytes).error());
    return std::optional(std::move(*bytes));
}

Result<std::optional<std::string>> AttemptView::order() { return read_small(order_name, limits::order_bytes_max); }

Result<std::optional<Holder>> AttemptView::holder() {
    TRY_ASSIGN(const auto text, read_small(holder_name, holder_bytes_max));
    if (!text) return std::nullopt;
    auto holder = decode_holder(*text);
    if (!holder) return std::nullopt;
    return std::optional(std::move(*holder));
}

Result<std::uint64_t> AttemptView::log_length() {
    if (!log_) return std::uint64_t{0};
    TRY_ASSIGN(const os::Status status, log_->status());
    if (status.size < longest_) log_tampered_ = true;
    longest_ = status.size;
    return std::min<std::uint64_t>(status.size, limits::log_bytes_max);
}

Result<std::string> AttemptView::read_log(std::uint64_t offset, std::size_t bytes_max) {
    TRY_ASSIGN(const std::uint64_t length, log_length());
    if (offset >= length) return std::string();
    std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(bytes_max, length - offset)), '\0');
    TRY_ASSIGN(const std::size_t got, log_->read_at(offset, bytes));
    bytes.resize(got);
    return bytes;
}

Result<> AttemptView::sync_log() { return log_ ? log_->sync_data() : Result<>(); }

Result<std::optional<wire::Mark>> AttemptView::next_mark() {
    if (marks_broken_ || !mark_lines_) return std::nullopt;
    auto line = mark_lines_->next();
    if (!line && line.error().code != Code::corrupt) return fail(std::move(line).error());
    if (line && !*line) return std::nullopt;
    auto mark = line ? parse_mark(**line) : std::nullopt;
    // The report would be refused for marks that go back.
    marks_broken_ = !mark || mark->offset < last_mark_.offset || mark->ms < last_mark_.ms;
    if (marks_broken_) return std::nullopt;
    last_mark_ = *mark;
    return mark;
}

Result<std::vector<wire::Mark>> AttemptView::marks(LogRange range) {
    if (range.begin < marks_begin_ && mark_lines_) {
        mark_lines_->restart();
        last_mark_ = {};
        ahead_.reset();
        marks_broken_ = false;
    }
    marks_begin_ = range.begin;
    std::vector<wire::Mark> found;
    for (;;) {
        if (!ahead_) {
            TRY_ASSIGN(ahead_, next_mark());
        }
        if (!ahead_ || static_cast<std::uint64_t>(ahead_->offset) >= range.end) break;
        if (static_cast<std::uint64_t>(ahead_->offset) >= range.begin && found.size() < limits::report_marks_max)
            found.push_back(*ahead_);
        ahead_.reset();
    }
    marks_begin_ = std::max(range.begin, range.end);
    return found;
}

Result<std::optional<wire::Event>> AttemptView::next_event() {
    if (event_ahead_) return std::exchange(event_ahead_, std::nullopt);
    if (events_broken_ || !event_lines_) return std::nullopt;
    auto line = event_lines_->next();
    if (!line && line.error().code != Code::corrupt) return fail(std::move(line).error());
    if (line && !*line) return std::nullopt;
    auto event = line ? wire::decode_event(**line, json::UnknownFields::ignore) : fail(line.error());
    events_broken_ = !event || event->seq != last_seq_ + 1;
    if (events_broken_) return std::nullopt;
    last_seq_ = event->seq;
    return std::optional(std::move(*event));
}

Result<std::vector<wire::Event>> AttemptView::events_after(std::int64_t seq, EventsMax most) {
    const std::int64_t given = event_ahead_ ? event_ahead_->seq - 1 : last_seq_;
    if (seq < given && event_lines_) {
        event_lines_->restart();
        last_seq_ = 0;
        event_ahead_.reset();
        events_broken_ = false;
    }
    std::vector<wire::Event> found;
    std::size_t bytes = 0;
    while (found.size() < most.count) {
        TRY_ASSIGN(auto event, next_event());
        if (!event) break;
        if (event->seq <= seq) continue;
        bytes += wire::encode(*event).size() + 1;
        if (!found.empty() && bytes > most.bytes) {
            event_ahead_ = std::move(event);
            break;
        }
        found.push_back(std::move(*event));
    }
    return found;
}

Result<bool> AttemptView::begun() {
    if (log_tampered_ || events_missing_) return true;
    TRY_ASSIGN(const std::uint64_t length, log_length());
    if (length > 0) return true;
    LineReader lines(*events_file_, limits::event_bytes_max);
    for (;;) {
        const auto line = lines.next();
        if (!line && line.error().code == Code::corrupt) return true;
        if (!line) return fail(line.error());
        if (!*line) return false;
        const auto event = wire::decode_event(**line, json::UnknownFields::ignore);
        if (!event || std::holds_alternative<wire::TaskStarted>(event->what)) return true;
    }
}

Result<std::optional<wire::Outcome>> AttemptView::outcome() {
    const auto tampered = [&](const std::string& what) {
        return fail(Code::corrupt, directory_->path() + "/" + std::string(outcome_name) + ": " + what,
                    "outcome_tampered");
    };
    auto file = os::open_trusted(*directory_, outcome_name, os::Access::read, owner_);
    if (!file && is_tampered(file.error())) return tampered(file.error().message);
    if (!file) return fail(std::move(file).error());
    if (!*file) return std::nullopt;
    auto bytes = os::read_whole(***file, outcome_bytes_max);
    if (!bytes && bytes.error().code == Code::limit) return tampered(bytes.error().message);
    if (!bytes) return fail(std::move(bytes).error());
    auto outcome = wire::decode_outcome(*bytes, json::UnknownFields::ignore);
    if (!outcome) return tampered(outcome.error().message);
    if (log_tampered_) outcome->flags.insert(Flag::log_tampered);
    return std::optional(std::move(*outcome));
}

}  // namespace slipway::run
