#include "coordinator/http/timing_wheel.h"

#include <algorithm>

namespace slipway::http {
namespace {

constexpr std::size_t slot_count = 512;

}  // namespace

TimingWheel::Entry::~Entry() { unlink(); }

void TimingWheel::Entry::unlink() {
    if (after_ == nullptr) return;
    before_->after_ = after_;
    after_->before_ = before_;
    before_ = after_ = nullptr;
    if (wheel_ != nullptr) --wheel_->count_;
    wheel_ = nullptr;
}

TimingWheel::TimingWheel(Duration tick, Steady now) : tick_(tick), done_(tick_of(now)), slots_(slot_count) {
    for (Head& head : slots_) head.before_ = head.after_ = &head;
}

TimingWheel::~TimingWheel() {
    for (Head& head : slots_) {
        while (head.after_ != &head) head.after_->unlink();
        head.after_ = nullptr;
    }
}

void TimingWheel::link(Entry& entry, std::int64_t tick_number) {
    Head& head = slots_[static_cast<std::size_t>(tick_number) % slot_count];
    entry.before_ = head.before_;
    entry.after_ = &head;
    head.before_->after_ = &entry;
    head.before_ = &entry;
    entry.wheel_ = this;
    ++count_;
}

void TimingWheel::set(Entry& entry, Steady due) {
    entry.unlink();
    entry.due_ = due;
    link(entry, std::max(tick_of(due), done_) + 1);
}

void TimingWheel::clear(Entry& entry) { entry.unlink(); }

void TimingWheel::advance(Steady now) {
    const std::int64_t last = tick_of(now);
    // After a long pause one turn of the wheel sees every entry.
    const std::int64_t first = std::max(done_ + 1, last - static_cast<std::int64_t>(slot_count) + 1);
    done_ = std::max(done_, last);
    for (std::int64_t tick = first; tick <= last; ++tick) {
        Head& head = slots_[static_cast<std::size_t>(tick) % slot_count];
        Head batch;
        if (head.after_ == &head) continue;
        batch.after_ = head.after_;
        batch.before_ = head.before_;
        batch.after_->before_ = batch.before_->after_ = &batch;
        head.before_ = head.after_ = &head;
        while (batch.after_ != &batch) {
            Entry& entry = *batch.after_;
            entry.unlink();
            if (entry.due_ <= now)
                entry.on_deadline();
            else
                link(entry, std::max(tick_of(entry.due_), done_) + 1);
        }
        batch.before_ = batch.after_ = nullptr;
    }
}

}  // namespace slipway::http
