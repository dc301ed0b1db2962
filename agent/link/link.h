#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/journal/journal.h"
#include "agent/link/artifact_fetch.h"
#include "agent/link/attempt_processes.h"
#include "agent/link/held_attempt.h"
#include "agent/link/identity.h"
#include "agent/link/kept_attempts.h"
#include "agent/link/renewal.h"
#include "agent/link/shipper.h"
#include "agent/link/slots.h"
#include "platform/base/logger.h"
#include "platform/net/backoff.h"
#include "platform/net/http_client.h"
#include "platform/os/reserve.h"
#include "platform/os/watch.h"
#include "platform/wire/poll.h"

namespace slipway::link {

struct LinkOptions {
    int slots = 1;
    std::string boot_id;
    std::uint32_t owner = 0;  ///< the agent's user id: whose files are trusted
    std::string instance;     ///< 32 hex digits, random for each start
    wire::Capabilities capabilities;
    std::string capabilities_sha256;
    std::uint64_t cache_bytes_max = limits::agent_cache_bytes_max;
    std::optional<int> orders_max;  ///< not more than these are taken on in the life of this link
    /// Each time one was acknowledged and forgotten; may be empty.
    std::function<void(const wire::Outcome&)> attempt_acknowledged;
    std::function<void()> status_changed;  ///< status() says something else now; may be empty
};

/// What an operator may want to know.
struct LinkStatus {
    std::optional<Time> last_contact;     ///< by our clock; nothing since the start
    bool online = false;                  ///< the last poll was answered
    std::string last_error;               ///< of polls, since the last answer
    std::optional<Duration> ahead_of_us;  ///< the coordinator's clock against ours
    struct Held {
        std::string attempt;
        std::string job;
        HeldState state = HeldState::received;
    };
    std::vector<Held> attempts;
};

/// What the link works with; all outlive it. Everything happens in `loop`'s thread.
struct LinkParts {
    os::Loop& loop;
    Clock& clock;
    Random& random;
    Logger& logger;
    os::FileWatches& watches;
    os::Directory& state;  ///< of the agent
    journal::Journal& journal;
    AttemptProcesses& processes;
    Identity& identity;
    os::Reserve& reserve;  ///< of the disk that `state` is on
    /// Removes attempts/<name>, in the background.
    std::function<void(std::string name)> remove_directory;
    /// A client with this identity's certificate; a renewed certificate means a new client.
    std::function<Result<std::unique_ptr<net::HttpClient>>(const Credentials&)> connect;
};

/// `slipway-agent run`: polls, hands orders to attempt processes, ships what they write. Runs no task and stops none
/// because contact is lost. A restart finds the directories and goes on.
class Link : private ShipperHost {
public:
    Link(LinkParts parts, LinkOptions options);
    ~Link() override;

    /// Reads journal and directories, gives each order without an end its next step, then polls for ever.
    Result<> start();
    /// New capabilities or tags: the next poll tells.
    void set_capabilities(wire::Capabilities capabilities, std::string sha256);
    LinkStatus status() const;
    /// Before its end: no poll any more, and no waiting process is left when `done` is called. Attempts go on.
    void retire(std::function<void()> done);

private:
    // ShipperHost
    std::map<std::string, std::unique_ptr<HeldAttempt>>& held() override { return held_; }
    net::HttpClient& client() override { return *client_; }
    std::string url(std::string_view path) override;
    std::int64_t next_seq() override { return ++seq_; }
    bool epoch_is_old(std::int64_t restore_epoch) override { return restore_epoch < parts_.identity.restore_epoch(); }
    void heard(const net::Response& response) override;
    bool end_is_journalled(const std::string& attempt) override;
    std::optional<Time> their_time() const;

    // What a restart finds
    Result<> recover();
    Result<> recover_one(const journal::JournalledOrder& order);
    void end_dead(HeldAttempt& held, Reason reason);

    // Polls
    void poll();
    wire::PollRequest what_is_held() const;
    void poll_begun(const net::Response& head);
    void poll_ended(Result<net::Response> response);
    void take(const wire::PollAnswer& answer);
    void poll_refused(const Error& error, std::optional<Duration> retry_after);
    void poll_later(std::optional<Duration> retry_after);

    // Orders
    bool take_order(const wire::PolledOrder& order);
    void hand_over(HeldAttempt& held);
    void fetch_artifacts(HeldAttempt& held);
    void go(HeldAttempt& held);
    bool take_cancel(const wire::PolledCancel& cancel);  ///< whether it was news
    void refuse_attempt(wire::AttemptFence attempt);
    bool forget(const std::string& attempt);  ///< whether it was held and had ended

    // Attempts
    HeldAttempt& hold(const journal::JournalledOrder& order);
    void look_at_directories();
    void open_view(HeldAttempt& held);
    void process_ended(const std::string& attempt);
    void conclude(HeldAttempt& held);
    void give_again(HeldAttempt& held);
    void write_end(HeldAttempt& held, wire::Outcome outcome);
    void ended(HeldAttempt& held, wire::Outcome outcome);
    Result<> remake(const HeldAttempt& held);
    Result<> write_outcome(HeldAttempt& held, wire::Outcome& outcome);
    void end_unstartable(HeldAttempt& held);
    void end_unbegun(HeldAttempt& held, Ending ending, Reason reason, std::string summary);
    void watch_time_out(HeldAttempt& held);
    int busy_slots() const;
    void tell_status();
    Result<> sync_journal();
    void make_reserve();
    void list_kept();
    bool hold_kept(const std::string& attempt);

    // Certificates
    void renew_if_due();
    void renew_expired();
    void reconnect();

    LinkParts parts_;
    LinkOptions options_;
    std::unique_ptr<net::HttpClient> client_;
    std::unique_ptr<net::HttpClient> retired_;  ///< of the certificate before: what it carries still ends
    std::unique_ptr<os::Directory> attempts_;
    std::unique_ptr<os::Directory> cache_;
    Slots slots_;
    Shipper shipper_;
    ArtifactFetch fetch_;
    KeptAttempts kept_;
    net::Backoff poll_backoff_;

    std::map<std::string, std::unique_ptr<HeldAttempt>> held_;
    std::vector<wire::AttemptFence> refused_;
    std::int64_t seq_ = 0;
    bool tell_capabilities_ = true;
    bool passed_over_ = false;
    int orders_taken_ = 0;
    std::optional<Time> last_contact_;
    bool online_ = false;
    std::string last_error_;
    std::unique_ptr<net::Exchange> poll_;
    Steady polled_at_;
    std::unique_ptr<net::Exchange> renewal_;
    os::Handle poll_timer_;
    os::Handle attempts_watch_;
    struct TheirClock {
        Time said;
        Steady heard;
    };
    std::optional<TheirClock> their_clock_;  ///< the coordinator's, as its last answer said
};

}  // namespace slipway::link
