#include "agent/link/blob_transfer.h"

#include <algorithm>
#include <charconv>

#include "platform/base/crash_point.h"
#include "platform/base/states.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::link {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t hashed_per_turn = 4;  // pieces: a part of gigabytes does not hold the loop
constexpr std::size_t refusal_bytes_max = 8 * 1024;

/// Where a 206 begins: "bytes 4096-8191/10000", RFC 9110 section 14.4.
std::optional<std::uint64_t> begin_of(std::optional<std::string_view> content_range) {
    constexpr std::string_view unit = "bytes ";
    if (!content_range || !content_range->starts_with(unit)) return std::nullopt;
    content_range->remove_prefix(unit.size());
    std::uint64_t begin = 0;
    const auto [end, error] = std::from_chars(content_range->begin(), content_range->end(), begin);
    return error == std::errc() && end != content_range->end() && *end == '-' ? std::optional(begin) : std::nullopt;
}

}  // namespace

BlobTransfer::BlobTransfer(const ArtifactFetch::Parts& parts, BlobCache& cache, Digest digest, std::uint64_t bytes,
                           std::function<void(Result<>)> done)
    : parts_(parts),
      cache_(cache),
      digest_(std::move(digest)),
      bytes_(bytes),
      done_(std::move(done)),
      backoff_(parts.random) {}

BlobTransfer::~BlobTransfer() {
    if (!file_) return;
    static_cast<void>(write_out());  // what came is not asked for again
    if (offset_ > 0) cache_.note_part(digest_, offset_);
}

void BlobTransfer::start() {
    later_ = parts_.loop.after(0us, [this] { open_part(); });
}

void BlobTransfer::open_part() {
    auto file = cache_.directory().open(BlobCache::part_name(digest_),
                                        {.access = os::Access::read_write, .create = os::Create::if_missing});
    if (!file) return over(fail(within(std::move(file).error())));
    const auto status = (*file)->status();
    if (!status) return over(fail(within(status.error())));
    file_ = *std::move(file);
    hashed_to_ = status->size;
    if (hashed_to_ > bytes_) {
        if (auto emptied = empty_part(); !emptied) return over(fail(within(emptied.error())));
    }
    hash_part();
}

void BlobTransfer::hash_part() {
    std::string piece(piece_bytes, '\0');
    for (std::size_t i = 0; i < hashed_per_turn && offset_ < hashed_to_; ++i) {
        const auto got = file_->read_at(
            offset_, std::span(piece).first(std::min<std::uint64_t>(piece.size(), hashed_to_ - offset_)));
        if (!got) return over(fail(within(got.error())));
        if (*got == 0) break;
        hash_.update(std::string_view(piece).substr(0, *got));
        offset_ += *got;
    }
    later_ = parts_.loop.after(0us, [this] { offset_ < hashed_to_ ? hash_part() : check(); });
}

// Whole already, after a crash before the rename or a line that broke at its end; or something is missing.
void BlobTransfer::check() {
    if (offset_ < bytes_) return request();
    if (hash_.hex() == digest_) return finish();
    from_zero("its bytes do not have the digest of the order");
}

void BlobTransfer::request() {
    later_.reset();
    body_counts_ = false;
    refusal_.clear();
    net::Request request;
    request.url = parts_.url(std::string(wire::blobs_path) + digest_);
    request.channel = net::Channel::artifact;
    if (offset_ > 0) request.headers.push_back({"Range", "bytes=" + std::to_string(offset_) + "-"});
    exchange_ = parts_.client().send(
        std::move(request), {.on_head = [this](const net::Response& head) { take_head(head); },
                             .on_data = [this](std::string_view bytes) { return take(bytes); },
                             .on_end = [this](Result<net::Response> response) { ended(std::move(response)); }});
}

void BlobTransfer::take_head(const net::Response& head) {
    if (head.status == 206) {
        body_counts_ = begin_of(head.headers.get("Content-Range")) == offset_;
    } else if (head.status == 200) {
        // A server without ranges begins at the beginning.
        body_counts_ = offset_ == 0 || empty_part().has_value();
    }
}

Result<net::Flow> BlobTransfer::take(std::string_view bytes) {
    if (!body_counts_) {
        refusal_.append(bytes.substr(0, refusal_bytes_max - std::min(refusal_.size(), refusal_bytes_max)));
        return net::Flow::go_on;
    }
    if (bytes.size() > bytes_ - offset_ - buffer_.size())
        return fail(Code::corrupt,
                    "the coordinator sends more than the " + std::to_string(bytes_) + " bytes of the order");
    buffer_.append(bytes);
    if (buffer_.size() >= piece_bytes) TRY(write_out());
    return net::Flow::go_on;
}

Result<> BlobTransfer::write_out() {
    if (buffer_.empty()) return {};
    const std::string bytes = std::exchange(buffer_, {});
    CRASH_POINT("fetch.piece_before");
    TRY(file_->write_at(offset_, bytes));
    CRASH_POINT("fetch.piece_after");
    hash_.update(bytes);
    offset_ += bytes.size();
    return {};
}

void BlobTransfer::ended(Result<net::Response> response) {
    exchange_.reset();
    if (auto written = write_out(); !written) return over(fail(within(std::move(written).error())));
    if (!response) {
        const Error& error = response.error();
        if (error.code == Code::disk_full || error.code == Code::io) return over(fail(within(error)));
        if (error.code == Code::corrupt) return from_zero(error.message);
        parts_.logger.warning(
            "a blob is not here yet",
            {{"sha256", digest_}, {"offset", static_cast<std::int64_t>(offset_)}, {"error", error.message}});
        return again(std::nullopt);
    }
    if (!body_counts_) return refused(*response);
    backoff_.reset();
    if (offset_ == bytes_ && hash_.hex() == digest_) return finish();
    from_zero(offset_ < bytes_ ? "it is shorter than the order says" : "its bytes do not have the digest of the order");
}

void BlobTransfer::refused(const net::Response& response) {
    const Error error = wire::to_error(wire::decode_problem(refusal_, response.status));
    if (response.status == 404)
        return over(fail(Code::not_found, "the coordinator does not have blob " + digest_ + " (any more)",
                         std::string(to_string(Reason::artifact_missing))));
    parts_.logger.warning("a blob was refused",
                          {{"sha256", digest_}, {"status", response.status}, {"error", error.message}});
    if (response.status == 416 || response.status == 206) {
        if (auto emptied = empty_part(); !emptied) return over(fail(within(std::move(emptied).error())));
    }
    again(response.headers.retry_after(parts_.clock.wall()));
}

void BlobTransfer::again(std::optional<Duration> retry_after) {
    later_ = parts_.loop.after(backoff_.next(retry_after), [this] { check(); });
}

Result<> BlobTransfer::empty_part() {
    TRY(file_->truncate(0));
    offset_ = 0;
    hashed_to_ = 0;
    buffer_.clear();
    hash_ = crypto::Sha256();
    return {};
}

// Once more: the part may have been left by a crash of the machine, or a proxy was at fault.
void BlobTransfer::from_zero(std::string_view why) {
    if (std::exchange(second_try_, true))
        return over(
            fail(Code::corrupt,
                 "blob " + digest_ + " is damaged at the coordinator or on the way: " + std::string(why) + ", twice",
                 std::string(to_string(Reason::artifact_corrupt))));
    parts_.logger.warning("a blob is fetched once more from its beginning", {{"sha256", digest_}, {"why", why}});
    if (auto emptied = empty_part(); !emptied) return over(fail(within(std::move(emptied).error())));
    later_ = parts_.loop.after(0us, [this] { request(); });
}

void BlobTransfer::finish() {
    const auto settle = [&]() -> Result<> {
        CRASH_POINT("fetch.sync_before");
        TRY(file_->sync_data());
        CRASH_POINT("fetch.rename_before");
        TRY(cache_.directory().rename(BlobCache::part_name(digest_), cache_.directory(), digest_, os::Replace::yes));
        TRY(cache_.directory().sync());
        CRASH_POINT("fetch.rename_after");
        return {};
    };
    if (auto settled = settle(); !settled) return over(fail(within(std::move(settled).error())));
    file_.reset();
    cache_.put(digest_, bytes_);
    over({});
}

Error BlobTransfer::within(Error error) const {
    if (error.code == Code::disk_full) error.reason = to_string(Reason::disk_full);
    return std::move(error).within("fetching blob " + digest_);
}

// A part that is of no use frees its space at once.
void BlobTransfer::over(Result<> result) {
    exchange_.reset();
    later_.reset();
    if (!result) {
        file_.reset();
        cache_.drop_part(digest_);
    }
    const auto done = std::move(done_);
    done(std::move(result));
}

}  // namespace slipway::link
