#include "platform/run/attempts_folder.h"

#include <algorithm>

#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/os/file_steps.h"
#include "platform/run/names.h"

namespace slipway::run {
namespace {

constexpr std::size_t entries_max = 100'000;

Result<> make_if_missing(os::Directory& directory, std::string_view name) {
    TRY_ASSIGN(const auto status, directory.status(name));
    if (status) return {};
    TRY_ASSIGN(const auto file, directory.open(name, {.access = os::Access::write, .create = os::Create::exclusive}));
    return {};
}

Result<bool> holds(os::Directory& directory, std::string_view name, std::string_view bytes) {
    const auto found = os::read_whole(directory, name, limits::order_bytes_max);
    if (found) return *found && **found == bytes;
    const bool is_other = found.error().code == Code::conflict || found.error().code == Code::limit;
    if (is_other) return false;
    return fail(found.error());
}

}  // namespace

Result<AttemptsListing> list_attempts(os::Directory& attempts) {
    TRY_ASSIGN(const auto entries, attempts.list(entries_max));
    AttemptsListing listing;
    for (const os::Entry& entry : entries) {
        const bool is_directory = entry.kind == os::Kind::directory;
        if (is_directory && is_uuid(entry.name))
            listing.attempts.push_back(entry.name);
        else if (is_directory && entry.name.starts_with(waiting_prefix))
            listing.waiting.push_back(entry.name);
        else if (is_directory && entry.name.starts_with(discarded_prefix))
            listing.discarded.push_back(entry.name);
        else
            listing.foreign.push_back(entry.name);
    }
    for (auto* names : {&listing.attempts, &listing.waiting, &listing.discarded, &listing.foreign})
        std::sort(names->begin(), names->end());
    return listing;
}

namespace {

/// Under a name that counts as discarded until all of it is there: a crash leaves no attempt without its files.
Result<> make_whole(os::Directory& attempts, const std::string& id, std::string_view document) {
    const std::string unfinished = std::string(discarded_prefix) + "make-" + id;
    TRY(attempts.remove_tree(unfinished));
    TRY_ASSIGN(const auto directory, attempts.make_directory(unfinished, 0700));
    for (const std::string_view name : {log_name, marks_name, events_name}) TRY(make_if_missing(*directory, name));
    TRY(os::replace_durably(*directory, order_name, document));
    return attempts.rename(unfinished, attempts, id, os::Replace::no);
}

}  // namespace

Result<> remake_attempt(os::Directory& attempts, const std::string& id, std::string_view document) {
    TRY_ASSIGN(const auto status, attempts.status(id));
    if (!status) TRY(make_whole(attempts, id, document));
    TRY_ASSIGN(const auto directory, attempts.open_directory(id));
    TRY_ASSIGN(const bool same, holds(*directory, order_name, document));
    for (const std::string_view name : {log_name, marks_name, events_name}) TRY(make_if_missing(*directory, name));
    CRASH_POINT("run.attempt_before_remade");
    if (!same) {
        TRY(directory->remove_tree(order_name));
        TRY(os::replace_durably(*directory, order_name, document));
    }
    TRY(directory->sync());
    TRY(attempts.sync());
    CRASH_POINT("run.attempt_remade");
    return {};
}

Result<std::string> discard_attempt(os::Directory& attempts, const std::string& name) {
    for (int n = 0; n < 1000; ++n) {
        const std::string away = std::string(discarded_prefix) + std::to_string(n) + "-" + name;
        const auto moved = attempts.rename(name, attempts, away, os::Replace::no);
        if (moved) return away;
        if (moved.error().code == Code::not_found) return std::string();
        if (moved.error().code != Code::conflict) return fail(moved.error());
    }
    return fail(Code::conflict, attempts.path() + " holds a thousand discarded copies of " + name +
                                    ": remove those that begin with " + std::string(discarded_prefix));
}

void sync_order(os::Directory& attempt) {
    const auto order = attempt.open(order_name, {.access = os::Access::read});
    if (order) static_cast<void>((*order)->sync_data());
}

Result<> create_outcome(os::Directory& attempt, const wire::Outcome& outcome) {
    sync_order(attempt);
    CRASH_POINT("run.outcome_before");
    TRY(os::create_durably(attempt, outcome_name, wire::encode(outcome)));
    CRASH_POINT("run.outcome_durable");
    return {};
}

Result<> put_foreign_outcome_aside(os::Directory& attempt) {
    TRY(attempt.remove_tree("." + std::string(outcome_name) + ".new"));
    TRY(attempt.remove_tree(foreign_outcome_name));
    auto moved = attempt.rename(outcome_name, attempt, foreign_outcome_name, os::Replace::yes);
    if (!moved && moved.error().code != Code::not_found) return moved;
    return {};
}

}  // namespace slipway::run
