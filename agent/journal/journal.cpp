#include "agent/journal/journal.h"

#include <algorithm>
#include <utility>

#include "agent/journal/records.h"
#include "platform/base/assert.h"
#include "platform/base/crash_point.h"
#include "platform/os/file_steps.h"

namespace slipway::journal {
namespace {

constexpr std::string_view new_name = ".new";  ///< of a file that is being written
constexpr std::size_t file_bytes_max = 1024u * 1024 * 1024;

std::string order_record(const JournalledOrder& order) {
    return RecordWriter('o')
        .number(static_cast<std::uint64_t>(order.fence))
        .text(order.boot_id)
        .text(order.attempt)
        .text(order.job)
        .text(order.document)
        .take();
}

std::string name_of(int file) { return std::to_string(file); }

/// The generation in the first record; nothing if the file does not begin as one of ours.
std::optional<std::uint64_t> generation_of(std::string_view bytes) {
    const auto first = read_record(bytes);
    if (!first || first->type != 'h') return std::nullopt;
    return FieldReader(first->bytes).number();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(os::Directory& state, const JournalOptions& options) {
    TRY_ASSIGN(auto directory, os::open_or_make(state, "journal", 0700));
    TRY(state.sync());  // a journal in a folder that a power cut takes away proves nothing
    std::unique_ptr<Journal> journal(new Journal(std::move(directory), options));
    TRY(journal->load());
    return journal;
}

Result<> Journal::load() {
    std::string best;
    for (const int file : {0, 1}) {
        TRY_ASSIGN(auto bytes, os::read_whole(*directory_, name_of(file), file_bytes_max));
        if (!bytes) continue;
        // A file gets its name when it is whole: what does not begin as one was damaged, and the other is older.
        const auto generation = generation_of(*bytes);
        if (!generation)
            return fail(Code::corrupt, directory_->path() + "/" + name_of(file) +
                                           " does not begin as a journal does; if the attempts of this host may be "
                                           "forgotten, remove it");
        if (!best.empty() && *generation < generation_) continue;
        generation_ = *generation;
        active_ = file;
        best = *std::move(bytes);
    }
    if (best.empty()) return swap();
    std::string_view left = best;
    while (const auto record = read_record(left)) {
        apply(record->type, record->bytes);
        left.remove_prefix(record->size);
    }
    tail_ = best.size() - left.size();
    allocated_ = best.size();
    TRY_ASSIGN(file_, directory_->open(name_of(active_), {os::Access::read_write, os::Create::never, 0600}));
    // A torn record may be followed by older bytes that look whole: they are cleared before anything is written.
    if (left.find_first_not_of('\0') != std::string_view::npos) {
        TRY(file_->truncate(tail_));
        TRY(file_->sync());
        allocated_ = tail_;
    }
    return {};
}

void Journal::apply(char type, std::string_view bytes) {
    FieldReader in(bytes);
    if (type == 'h') {
        in.number();
        highest_fence_ = std::max(highest_fence_, static_cast<std::int64_t>(in.number()));
        pruned_fence_ = std::max(pruned_fence_, static_cast<std::int64_t>(in.number()));
    } else if (type == 'o') {
        JournalledOrder order;
        order.fence = static_cast<std::int64_t>(in.number());
        order.boot_id = in.text();
        order.attempt = in.text();
        order.job = in.text();
        order.document = in.text();
        highest_fence_ = std::max(highest_fence_, order.fence);
        live_bytes_ += bytes.size();
        orders_[order.fence] = std::move(order);
    } else if (type == 'e') {
        forget(in.text());
    } else if (type == 'u') {
        if (JournalledOrder* const order = find(in.text())) order->given_up = true;
    } else if (type == 't') {
        told_again_.insert(in.text());
    } else if (type == 'p') {
        pruned_fence_ = std::max(pruned_fence_, static_cast<std::int64_t>(in.number()));
    }
}

void Journal::add(JournalledOrder order) {
    ASSERT(order.fence > highest_fence_);
    const std::string record = order_record(order);
    pending_ += record;
    live_bytes_ += record.size();
    highest_fence_ = order.fence;
    orders_[order.fence] = std::move(order);
}

JournalledOrder* Journal::find(const std::string& attempt) {
    const auto found = std::ranges::find_if(orders_, [&](const auto& e) { return e.second.attempt == attempt; });
    return found == orders_.end() ? nullptr : &found->second;
}

bool Journal::forget(const std::string& attempt) {
    if (told_again_.erase(attempt) > 0) return true;
    const JournalledOrder* const order = find(attempt);
    if (order == nullptr) return false;
    live_bytes_ -= std::min<std::uint64_t>(live_bytes_, order->document.size());
    orders_.erase(order->fence);
    return true;
}

void Journal::give_up(const std::string& attempt) {
    JournalledOrder* const order = find(attempt);
    if (order == nullptr || std::exchange(order->given_up, true)) return;
    pending_ += RecordWriter('u').text(attempt).take();
}

void Journal::end(const std::string& attempt) {
    if (forget(attempt)) pending_ += RecordWriter('e').text(attempt).take();
}

void Journal::tell_again(const std::string& attempt) {
    if (told_again_.insert(attempt).second) pending_ += RecordWriter('t').text(attempt).take();
}

void Journal::prune(std::int64_t fence) {
    if (fence <= pruned_fence_) return;
    pruned_fence_ = fence;
    pending_ += RecordWriter('p').number(static_cast<std::uint64_t>(fence)).take();
}

Result<> Journal::sync() {
    if (pending_.empty()) return {};
    if (swapping_ || (tail_ + pending_.size() > options_.swap_bytes_min && live_bytes_ < tail_ / 2)) return swap();
    TRY_WITHIN("writing the journal", reserve(tail_ + pending_.size()));
    CRASH_POINT("journal.write_before");
    TRY_WITHIN("writing the journal", file_->write_at(tail_, pending_));
    CRASH_POINT("journal.sync_before");
    TRY_WITHIN("writing the journal", file_->sync_data());
    CRASH_POINT("journal.sync_after");
    tail_ += pending_.size();
    pending_.clear();
    return {};
}

Result<> Journal::reserve(std::uint64_t size) {
    if (size <= allocated_) return {};
    const std::uint64_t wanted = (size / options_.allocation_step + 1) * options_.allocation_step;
    TRY(file_->allocate(wanted));
    TRY(file_->sync());
    allocated_ = wanted;
    return {};
}

std::string Journal::snapshot() const {
    std::string bytes = RecordWriter('h')
                            .number(generation_ + 1)
                            .number(static_cast<std::uint64_t>(highest_fence_))
                            .number(static_cast<std::uint64_t>(pruned_fence_))
                            .take();
    for (const auto& [fence, order] : orders_) {
        bytes += order_record(order);
        if (order.given_up) bytes += RecordWriter('u').text(order.attempt).take();
    }
    for (const std::string& attempt : told_again_) bytes += RecordWriter('t').text(attempt).take();
    return bytes;
}

// The other file becomes the journal when it gets its name; the one before is of no use from then on.
Result<> Journal::swap() {
    const int other = 1 - active_;
    const std::string bytes = snapshot();
    TRY(directory_->remove_tree(new_name));
    TRY_ASSIGN(auto file, directory_->open(new_name, {os::Access::read_write, os::Create::exclusive, 0600}));
    const std::uint64_t space = (bytes.size() / options_.allocation_step + 1) * options_.allocation_step;
    TRY(file->allocate(space));
    TRY(file->write_at(0, bytes));
    TRY(file->sync());
    CRASH_POINT("journal.swap_before");
    swapping_ = true;  // from here on the other file may be the one that a restart finds
    TRY(directory_->rename(new_name, *directory_, name_of(other), os::Replace::yes));
    TRY(directory_->sync());
    CRASH_POINT("journal.swap_after");
    swapping_ = false;
    file_ = std::move(file);
    // If it stays, the higher generation counts.
    static_cast<void>(directory_->remove_tree(name_of(active_)));
    active_ = other;
    ++generation_;
    tail_ = bytes.size();
    allocated_ = space;
    live_bytes_ = bytes.size();
    pending_.clear();
    return {};
}

}  // namespace slipway::journal
