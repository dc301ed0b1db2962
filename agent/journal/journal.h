#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "platform/os/files.h"

namespace slipway::journal {

/// An order that this host has taken on: proof that its attempt may have begun.
struct JournalledOrder {
    std::string attempt;
    std::string job;
    std::int64_t fence = 0;
    std::string boot_id;    ///< of the boot in which it was taken on
    std::string document;   ///< the envelope's bytes as they came
    bool given_up = false;  ///< it ended before it began, and has no directory to say so: it never begins
};

/// How its files grow.
struct JournalOptions {
    std::uint64_t allocation_step = 1024 * 1024;
    std::uint64_t swap_bytes_min = 4 * 1024 * 1024;  ///< a smaller file is not worth a swap
};

/// What the agent has taken on and what of it is over, in `journal/` of the state directory.
///
/// Files `0` and `1`, by turns; of two, the one with the higher generation counts. Each is a row of records
///     length (u32 LE, of what follows the checksum) | crc32c (u32 LE, of what follows) | type (1 byte) | bytes
/// and ends at the first record that is not whole: what a power cut tore off was never acknowledged. Integers are
/// 64-bit LE, texts a u32 length and bytes. Types, never reused:
///     'h'  generation, highest fence, pruned fence   (the first record of a file)
///     'o'  fence, boot id, attempt, job, document
///     'e'  attempt: its end is acknowledged
///     'p'  pruned fence: the directory of no attempt with a fence up to this is left
///     'u'  attempt: it is given up
///     't'  attempt: of an ended one that is kept, to be told again until a later 'e'
/// Space is allocated ahead, so that a record costs one write and one fdatasync. When most of a file is dead, what is
/// alive is written to the other one. One thread.
class Journal {
public:
    /// `journal` is made if it is missing. Code::corrupt if both files make no sense.
    static Result<std::unique_ptr<Journal>> open(os::Directory& state, const JournalOptions& options = {});

    /// Without an end, by fence.
    const std::map<std::int64_t, JournalledOrder>& orders() const { return orders_; }
    const std::set<std::string>& told_again() const { return told_again_; }
    std::int64_t highest_fence() const { return highest_fence_; }  ///< of all orders that were ever added
    std::int64_t pruned_fence() const { return pruned_fence_; }

    /// These take effect at once in memory, and durably with the next sync().
    void add(JournalledOrder order);
    void end(const std::string& attempt);  ///< no effect if there is no such order, nor one to be told again
    void give_up(const std::string& attempt);
    /// A kept attempt whose end was acknowledged, by a coordinator that has forgotten it since.
    void tell_again(const std::string& attempt);
    void prune(std::int64_t fence);

    bool dirty() const { return !pending_.empty(); }
    /// One write and one fdatasync for all that was said since the last one. After an error it may be called again:
    /// nothing is lost from memory.
    Result<> sync();

private:
    Journal(std::unique_ptr<os::Directory> directory, const JournalOptions& options)
        : directory_(std::move(directory)), options_(options) {}

    Result<> load();
    bool replay(const std::string& bytes, bool apply);
    void apply(char type, std::string_view bytes);
    bool forget(const std::string& attempt);
    JournalledOrder* find(const std::string& attempt);
    Result<> swap();
    Result<> reserve(std::uint64_t size);
    std::string snapshot() const;

    std::unique_ptr<os::Directory> directory_;
    const JournalOptions options_;
    std::unique_ptr<os::File> file_;
    int active_ = 0;
    std::uint64_t generation_ = 0;
    bool swapping_ = false;
    std::uint64_t tail_ = 0;
    std::uint64_t allocated_ = 0;
    std::string pending_;
    std::map<std::int64_t, JournalledOrder> orders_;
    std::set<std::string> told_again_;
    std::uint64_t live_bytes_ = 0;
    std::int64_t highest_fence_ = 0;
    std::int64_t pruned_fence_ = 0;
};

}  // namespace slipway::journal
