#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "coordinator/core/poll.h"
#include "coordinator/core/queue.h"
#include "coordinator/desk/watchers.h"
#include "coordinator/store/store.h"
#include "platform/base/ids.h"
#include "platform/base/limits.h"
#include "platform/base/time.h"

namespace slipway::desk {

/// Who wants something done, for the audit.
struct Actor {
    std::string name;     ///< "token:<name>", "agent:<name>", "coordinator"
    std::string address;  ///< of the peer; empty for the coordinator itself
};

/// The answer to a poll.
struct PollAnswer {
    struct Order {
        std::string attempt;
        std::int64_t fence = 0;
        std::string document;
    };
    std::int64_t restore_epoch = 0;
    std::int64_t hold_s = 0;
    std::vector<Order> orders;
    std::vector<core::Mail::Cancel> cancels;
    std::vector<std::string> forget;
    bool want_capabilities = false;
};
using PollReply = std::function<void(Result<PollAnswer>)>;

/// What the desk needs of others. All outlive it; called on the writer's thread.
class OrderWriter {
public:
    virtual ~OrderWriter() = default;
    /// The bytes of the order document, in its envelope; nobody writes them a second time.
    virtual std::string write(const core::Job& job, const core::Attempt& attempt, const core::Agent& agent,
                              const std::vector<core::JobArtifact>& artifacts) = 0;
};

class LogProbe {
public:
    virtual ~LogProbe() = default;
    /// Asks for what is durable of a log; Desk::note_log() is called with it later.
    virtual void request(std::int64_t attempt_row, const std::string& attempt_id) = 0;
};

struct Parts {
    store::Store& store;
    Clock& clock;
    Random& random;
    OrderWriter& orders;
    LogProbe& logs;
    JobWatchers& watchers;
    std::function<void()> make_room = {};  ///< ahead of a turn: what can be freed should be, if the disk is nearly full
    std::function<void()> disk_is_full = {};  ///< a turn could not be written: what can be freed should be
    std::function<bool()> may_lease = {};     ///< whether there is room for what comes of an attempt; empty: always
    std::size_t jobs_queued_max = limits::jobs_queued_max;
};

class Desk;

/// One transaction: everything that had queued up when it began. Work functions (jobs.h, agents.h, polls.h, ...) get
/// it, decide first, write then; a refusal after the first write is a defect. Replies leave after the commit.
class Turn {
public:
    Turn(Desk& desk, store::Transaction& transaction, Time now) : desk_(desk), tx_(transaction), now_(now) {}

    [[nodiscard]] store::Transaction& tx() { return tx_; }
    [[nodiscard]] Time now() const { return now_; }
    [[nodiscard]] Desk& desk() { return desk_; }

    std::string new_id();
    /// A row of the audit, chained to the last one.
    Result<> audit(const Actor& actor, std::string action, std::string object, std::string result = {});
    /// The store failed in the middle of something: nothing of this turn is committed.
    void abandon(Error error) { broken_ = std::move(error); }
    /// Writes that must not stop half way: their error abandons the turn.
    template <typename Write>
    Result<> all_or_nothing(Write write) {
        Result<> written = write();
        if (!written) abandon(written.error());
        return written;
    }
    /// To be told when all of this turn is durable, or why it is not.
    void after_commit(std::function<void(const Result<>&)> function) { after_.push_back(std::move(function)); }

    /// A fence that nobody had before; the counter is written once for all of the turn.
    std::int64_t next_fence();
    /// Later ones are higher than this one too.
    void lift_fence(std::int64_t seen);
    /// Writes what a case changed, puts the job in or out of the queue and marks its agent for an answer.
    Result<> write(const core::Case& of);
    /// The job waits for an agent from now on; one is looked for at the end of the turn.
    void queued(const core::Job& job);
    void unqueue(std::int64_t job_row);
    /// Whoever watches the job is told after the commit.
    void changed(std::int64_t job_row) { changed_.insert(job_row); }
    /// The agent may have mail, or a free slot.
    void touch(std::int64_t agent_row) {
        touched_.insert(agent_row);
        cases_.erase(agent_row);
    }
    /// What its poll concerns, as it is now: whoever looks at the agent next, and nothing touched it since, need not
    /// load it again.
    void remember_cases(std::int64_t agent_row, std::vector<core::Case> cases) { cases_[agent_row] = std::move(cases); }
    Result<std::vector<core::Case>> cases_of(std::int64_t agent_row, const core::Poll& poll);

private:
    friend class Desk;
    Desk& desk_;
    store::Transaction& tx_;
    Time now_;
    std::unordered_map<std::int64_t, std::string> documents_;  ///< of the orders made in this turn, by attempt
    std::optional<Error> broken_;
    std::vector<std::int64_t> queued_;
    std::set<std::int64_t> touched_;
    std::set<std::int64_t> changed_;
    std::unordered_map<std::int64_t, std::vector<core::Case>> cases_;  ///< by agent; of its parked poll
    bool fence_moved_ = false;
    std::vector<std::function<void(const Result<>&)>> after_;
};

/// Does the coordinator's work on rows: loads what a command concerns, asks core, writes what core decided. Owns what
/// is volatile: the queue's index, who is connected, the deadlines. Used by one thread; knows no clock but the given
/// one.
class Desk {
public:
    explicit Desk(Parts parts) : parts_(parts) {}

    /// Reads the unfinished jobs and the agents; all open leases begin anew. Before anything else, and again by itself
    /// after a commit that failed.
    Result<> load();

    struct Work {
        std::function<void(Turn&)> run;
        std::function<void(const Error&)> failed;  ///< instead of run(), when no transaction could begin
    };
    /// Runs all of it in one transaction, then finds agents for jobs and answers polls, commits and releases the
    /// replies.
    void run(std::span<const Work> works);

    /// When tick() has something to do; nothing if never.
    [[nodiscard]] std::optional<Steady> next_deadline() const;
    /// Leases and contacts that are over, polls whose hold is over. Its own transaction.
    void tick();

    [[nodiscard]] const core::Queue& queue() const { return queue_; }
    [[nodiscard]] AgentContact contact(std::int64_t agent_row) const;
    [[nodiscard]] std::int64_t online() const;  ///< how many agents are in contact
    [[nodiscard]] const Parts& parts() const { return parts_; }

    // --- for the work functions ---

    /// An agent as its rows are now: the queue follows.
    void follow(const core::Agent& agent);
    void forget_agent(std::int64_t agent_row);

    /// A poll that waits for something to say. A newer one ends the older with an empty answer.
    Result<> park(Turn& turn, const core::Agent& agent, const core::Poll& poll, PollReply reply);
    /// The line of the poll with this `seq` has closed, parked or answered.
    void line_closed(std::int64_t agent_row, std::string_view instance, std::int64_t seq);
    /// Ends the parked poll with an error after the commit (agent deleted, conflicted).
    void end_poll(Turn& turn, std::int64_t agent_row, const Error& error);
    [[nodiscard]] std::int64_t last_seq(std::int64_t agent_row, std::string_view instance) const;
    void saw(std::int64_t agent_row, std::string_view instance, std::int64_t seq, std::int64_t hold_s);
    /// Another instance is the agent's from now on.
    void instance_began(std::int64_t agent_row) { sessions_[agent_row].instance_since = parts_.clock.steady(); }
    /// Nothing: since before this start.
    [[nodiscard]] std::optional<Steady> instance_since(std::int64_t agent_row) const;
    /// Whether the row should say so too: contact is written once a minute, or when something else changes.
    [[nodiscard]] bool contact_is_old(const core::Agent& agent, Time now) const;

    /// What is durable of an attempt's log, by all that has been said so far.
    struct HeldLog {
        std::int64_t bytes = 0;
        std::string sha256;
    };
    HeldLog& held_log(std::int64_t attempt_row) { return held_logs_[attempt_row]; }
    void drop_held_log(std::int64_t attempt_row) { held_logs_.erase(attempt_row); }

    [[nodiscard]] std::int64_t restore_epoch() const { return restore_epoch_; }
    /// Whether jobs of before a restore are still held back.
    [[nodiscard]] bool holds_jobs() const { return holds_jobs_; }
    void set_holds_jobs(bool holds) { holds_jobs_ = holds; }

private:
    friend class Turn;

    struct Parked {
        core::Poll poll;
        PollReply reply;
    };
    struct Session {
        std::string instance;
        std::optional<Steady> instance_since;
        std::int64_t seq = 0;
        AgentContact contact = AgentContact::offline;
        std::optional<Parked> parked;
    };
    enum class Deadline { contact, hold, lease };
    struct DeadlineKey {
        Steady at;
        Deadline kind = Deadline::contact;
        std::int64_t row = 0;
        auto operator<=>(const DeadlineKey&) const = default;
    };

    void run_turn(std::span<const Work> works, std::span<const DeadlineKey> due);
    Result<> settle(Turn& turn);
    Result<core::Case> lease_job(Turn& turn, std::int64_t job_row, std::int64_t agent_row);
    Result<> serve(Turn& turn, std::int64_t agent_row);
    Result<PollAnswer> make_answer(Turn& turn, const core::Mail& mail, const core::Poll& poll);
    void reply(Turn& turn, Session& session, std::int64_t agent_row, PollAnswer answer);
    Result<> expire(Turn& turn, const DeadlineKey& deadline);
    void set_deadline(Deadline kind, std::int64_t row, Duration from_now);
    void clear_deadline(Deadline kind, std::int64_t row);
    void set_free(std::int64_t agent_row, std::int64_t free_slots);
    void begin_anew_if_time_jumped();
    [[nodiscard]] bool may_lease() const { return !parts_.may_lease || parts_.may_lease(); }

    Parts parts_;
    core::Queue queue_;
    std::unordered_map<std::int64_t, Session> sessions_;
    std::unordered_map<std::int64_t, HeldLog> held_logs_;
    std::set<DeadlineKey> deadlines_;
    std::map<std::pair<Deadline, std::int64_t>, Steady> deadline_of_;
    std::optional<core::AuditRecord> last_audit_;
    std::int64_t restore_epoch_ = 0;
    std::int64_t fence_ = 0;  ///< the highest
    bool holds_jobs_ = false;
    std::optional<Duration> wall_beyond_steady_;
    bool must_load_ = false;  ///< the index is not what the rows say
};

/// The attempts that a list concerns: all open ones of the agent, and the listed and refused ones of its own.
Result<std::vector<core::Case>> load_cases(Turn& turn, std::int64_t agent_row, const core::Poll& poll);

}  // namespace slipway::desk
