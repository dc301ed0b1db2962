#include "agent/attempt/artifact_copy.h"

#include "platform/base/assert.h"

namespace slipway::attempt {
namespace {

constexpr std::size_t part_bytes = 1024 * 1024;

}  // namespace

ArtifactCopy::ArtifactCopy(os::Loop& loop, os::Directory& cache, os::Directory& work,
                           const wire::OrderArtifact& artifact, Done done)
    : loop_(loop), cache_(cache), work_(work), artifact_(artifact), done_(std::move(done)) {
    next_ = loop_.after(Duration::zero(), [this] { turn(); });
}

void ArtifactCopy::turn() {
    auto finished = copy_part();
    if (finished && !*finished) {
        next_ = loop_.after(Duration::zero(), [this] { turn(); });
        return;
    }
    from_.reset();
    to_.reset();
    // done_ may destroy this object.
    const Done done = std::move(done_);
    if (finished) return done({});
    Error error = std::move(finished).error();
    if (error.code == Code::disk_full) error.reason = to_string(Reason::disk_full);
    done(fail(std::move(error).within("artifact " + artifact_.name + " " + artifact_.version)));
}

Result<> ArtifactCopy::open() {
    auto from = cache_.open(artifact_.sha256, {});
    if (!from && from.error().code == Code::not_found)
        return fail(Code::not_found, "its bytes are not in the agent's cache",
                    std::string(to_string(Reason::artifact_missing)));
    if (!from) return fail(std::move(from).error());
    from_ = std::move(*from);
    TRY_ASSIGN(
        to_, work_.open(artifact_.alias, {.access = os::Access::write, .create = os::Create::exclusive, .mode = 0644}));
    buffer_.resize(part_bytes);
    return {};
}

Result<bool> ArtifactCopy::copy_part() {
    if (!from_) TRY(open());
    TRY_ASSIGN(const std::size_t got, from_->read_at(offset_, buffer_));
    const std::string_view part(buffer_.data(), got);
    digest_.update(part);
    TRY(to_->write_at(offset_, part));
    offset_ += got;
    if (got == buffer_.size()) return false;
    TRY(judge());
    return true;
}

Result<> ArtifactCopy::judge() {
    if (digest_.hex() == artifact_.sha256) return {};
    // Whoever wants it next fetches it anew.
    [[maybe_unused]] const auto removed = cache_.remove(artifact_.sha256);
    return fail(Code::corrupt,
                "the bytes in the agent's cache do not have the digest that the job names; they were removed from the "
                "cache and will be fetched anew: run the job again",
                std::string(to_string(Reason::artifact_corrupt)));
}

}  // namespace slipway::attempt
