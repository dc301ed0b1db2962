#include "agent/link/kept_attempts.h"

#include <algorithm>
#include <vector>

#include "platform/run/attempt_view.h"
#include "platform/run/attempts_folder.h"
#include "platform/run/names.h"
#include "platform/wire/envelope.h"

namespace slipway::link {
namespace {

constexpr std::size_t kept_max = 1'000;
constexpr Duration kept_age_max = 7 * 24h;
constexpr std::int64_t kept_bytes_max = 2ll * 1024 * 1024 * 1024;

}  // namespace

Result<> KeptAttempts::open(os::Directory& attempts, const std::function<bool(const std::string&)>& is_held) {
    attempts_ = &attempts;
    TRY_ASSIGN(const auto listing, run::list_attempts(attempts));
    // Attempt ids sort by the time they were made.
    for (const std::string& name : listing.attempts) {
        if (is_held(name)) continue;
        kept_.push_back(describe(name));
        bytes_ += kept_.back().bytes;
    }
    for (const std::string& name : listing.discarded) remove_(name);
    return {};
}

KeptAttempts::Kept KeptAttempts::describe(const std::string& attempt) {
    Kept kept{attempt, 0, 0, clock_.wall()};
    if (const auto status = attempts_->status(attempt); status && *status) kept.since = (*status)->modified;
    auto view = run::AttemptView::open(*attempts_, attempt, owner_);
    if (!view) return kept;
    if (const auto length = (*view)->log_length()) kept.bytes = static_cast<std::int64_t>(*length);
    const auto document = (*view)->order();
    if (!document || !*document) return kept;
    if (const auto order = wire::open_order(**document)) kept.fence = order->fence;
    return kept;
}

void KeptAttempts::add(const std::string& attempt, std::int64_t fence, WorkFolder work) {
    if (work == WorkFolder::remove) discard_work(attempt);
    Kept kept = describe(attempt);
    kept.fence = fence;
    kept.since = clock_.wall();
    bytes_ += kept.bytes;
    kept_.push_back(std::move(kept));
}

void KeptAttempts::take_back(const std::string& attempt) {
    const auto known = std::ranges::find(kept_, attempt, &Kept::attempt);
    if (known == kept_.end()) return;
    bytes_ -= known->bytes;
    kept_.erase(known);
}

void KeptAttempts::discard_work(const std::string& attempt) {
    auto directory = attempts_->open_directory(attempt);
    if (!directory) return;
    std::string away = std::string(run::discarded_prefix) + "work-" + attempt;
    const auto moved = (*directory)->rename(run::work_name, *attempts_, away, os::Replace::no);
    if (moved) remove_(std::move(away));
}

bool KeptAttempts::too_much() const {
    if (kept_.empty()) return false;
    return kept_.size() > kept_max || bytes_ > kept_bytes_max || clock_.wall() - kept_.front().since > kept_age_max;
}

// That the proof of a run goes is durable before it goes.
void KeptAttempts::prune(journal::Journal& journal) {
    std::vector<std::string> oldest;
    while (too_much()) {
        oldest.push_back(kept_.front().attempt);
        bytes_ -= kept_.front().bytes;
        journal.prune(kept_.front().fence);
        kept_.pop_front();
    }
    if (oldest.empty()) return;
    if (auto synced = journal.sync(); !synced)
        return logger_.error("the journal could not be written: old attempts stay",
                             {{"error", synced.error().message}});
    for (const std::string& attempt : oldest) {
        auto away = run::discard_attempt(*attempts_, attempt);
        if (away && !away->empty()) remove_(*std::move(away));
        if (!away) logger_.warning("an old attempt could not be moved away", {{"attempt", attempt}});
    }
}

}  // namespace slipway::link
