#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/wire/poll.h"
#include "platform/wire/report.h"
#include "tests/bench/load/world.h"

namespace slipway::bench {

wire::ReportedAttempt success_of(const wire::HeldAttempt& attempt, std::int64_t log_length, Time now);

/// An agent without a disk: it speaks the agent's side of PROTOCOL.md for as long as this process lives. It opens its
/// line, polls for ever, and lists what it holds; what is to be done with an order is its owner's business. After a
/// broken line or a refusal it comes back as the protocol says (a random wait, doubling; Retry-After).
class Agent {
public:
    struct Owner {
        virtual ~Owner() = default;
        /// New orders of one answer. The owner calls end() for each, or reports it itself and calls ended().
        virtual void take(Agent& agent, const std::vector<wire::HeldAttempt>& orders) = 0;
        /// A poll was answered, or its line broke.
        virtual void answered(Agent&) {}
    };
    struct Setting {
        std::uint16_t port = 0;
        std::size_t number = 0;
        int slots = 1;
    };
    /// `identity` and `owner` outlive it.
    Agent(World& world, const Identity& identity, Owner& owner, Setting setting);

    /// `polled` is called once: when the first poll has been written.
    void start(std::function<void()> polled);
    /// Ends these attempts with success and no log, in one report, when the line is free; each is listed until the
    /// coordinator says forget.
    void end(const std::vector<wire::HeldAttempt>& attempts);

    /// A second line, on which a newer poll ends the parked one; `opened` when it stands.
    void open_second_line(std::function<void(Result<>)> opened);
    /// The newer poll goes out on the other line now; `woken` is called when the parked one has been answered.
    void wake_by_newer_poll(std::function<void()> woken);

    const Identity& identity() const { return identity_; }
    std::int64_t next_seq() { return ++state_.seq; }  ///< for what the owner sends on lines of its own
    /// Lists it as ended from now on; its owner reported the outcome.
    void ended(const std::string& attempt) { held_[attempt].state = HeldState::ended; }
    bool is_polling() const { return polling_; }
    Steady polled() const { return polled_; }  ///< when the last poll was written

    struct Troubles {
        std::int64_t lines_broken = 0;
        std::int64_t refused = 0;
        std::int64_t refused_again = 0;  ///< although Retry-After was obeyed
    };
    const Troubles& troubles() const { return troubles_; }

private:
    void open_line();
    void go_on();
    void poll();
    void take_answer(Result<Answer> answer);
    void take_poll(wire::PollAnswer answer);
    void refused(int status, std::optional<std::int64_t> retry_after_s, std::string_view what);
    void send_report();
    void come_back(std::optional<std::int64_t> after_s);
    std::string poll_text();

    World& world_;
    const Identity& identity_;
    Owner& owner_;
    const Setting setting_;
    std::unique_ptr<Connection> line_;
    std::unique_ptr<Connection> second_;
    std::function<void()> first_poll_;
    std::function<void()> woken_;
    os::Handle timer_;
    wire::PollRequest state_;
    std::string capabilities_sha256_;
    bool tell_capabilities_ = true;
    bool polling_ = false;
    bool asked_to_wait_ = false;
    int failures_ = 0;
    Steady polled_;
    std::map<std::string, wire::HeldAttempt> held_;
    std::vector<wire::ReportedAttempt> to_report_;
    Troubles troubles_;
};

}  // namespace slipway::bench
