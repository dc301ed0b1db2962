#include "agent/link/slots.h"

#include <algorithm>
#include <utility>

#include "platform/run/names.h"

namespace slipway::link {
namespace {

constexpr Duration pause = 5s;

}  // namespace

void Slots::keep(int free_slots) {
    wanted_ = free_slots;
    if (again_) return;
    while (static_cast<int>(spares_.size()) < wanted_) {
        auto spare = start();
        if (!spare) {
            logger_.error("no waiting attempt process could be started", {{"error", spare.error().message}});
            again_ = loop_.after(pause, [this] {
                again_.reset();
                keep(wanted_);
            });
            return;
        }
        spares_.push_back(*std::move(spare));
    }
}

Result<Waiting> Slots::take() {
    if (spares_.empty()) {
        TRY_ASSIGN(auto spare, start());
        return std::move(spare.waiting);
    }
    Waiting waiting = std::move(spares_.front().waiting);
    spares_.pop_front();
    return waiting;
}

void Slots::release(std::function<void()> done) {
    wanted_ = 0;
    again_.reset();
    if (spares_.empty()) return done();
    for (Spare& spare : spares_) {
        *spare.waiting.ended = [this, directory = spare.directory, group = spare.waiting.group, done] {
            processes_.remove_groups(group);
            std::erase_if(spares_, [&](const Spare& other) { return other.directory == directory; });
            if (spares_.empty()) done();
        };
        spare.waiting.process->end_input();
    }
}

Result<Slots::Spare> Slots::start() {
    Spare spare;
    spare.directory = std::string(run::waiting_prefix) + std::to_string(++number_);
    spare.waiting.group = processes_.new_group();
    spare.waiting.ended = std::make_shared<std::function<void()>>();
    const std::weak_ptr<std::function<void()>> ended = spare.waiting.ended;
    // As long as nobody has taken it, its end is ours: it is replaced, but not at the pace of a crash.
    *spare.waiting.ended = [this, directory = spare.directory] {
        std::erase_if(spares_, [&](const Spare& other) { return other.directory == directory; });
        if (again_) return;
        again_ = loop_.after(pause, [this] {
            again_.reset();
            keep(wanted_);
        });
    };
    TRY_ASSIGN(spare.waiting.process, processes_.start(spare.directory, spare.waiting.group, [ended] {
        const auto function = ended.lock();
        if (!function || !*function) return;
        const auto call = std::exchange(*function, nullptr);
        call();
    }));
    return spare;
}

}  // namespace slipway::link
