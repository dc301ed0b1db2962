#include "coordinator/cli/pull.h"

#include "coordinator/cli/fields.h"
#include "coordinator/cli/hashing.h"
#include "coordinator/cli/paths.h"
#include "coordinator/cli/problem.h"
#include "coordinator/cli/progress.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr int breaks_in_a_row_max = 6;
constexpr std::size_t problem_bytes_max = 64 * 1024;

class Pull {
public:
    Pull(Api& api, const Screen& screen, const ArtifactPull& command, const json::Value& artifact)
        : api_(api),
          screen_(screen),
          path_("/api/v1/artifacts/" + net::percent_encode(command.name) + "/" + net::percent_encode(command.version) +
                "/content"),
          what_(command.name + " " + command.version),
          sha256_(text_of(artifact, "sha256")),
          size_(number_of(artifact, "bytes")) {}

    /// Leaves the whole and checked bytes in `part`.
    Result<> into(os::File& part) {
        part_ = &part;
        TRY_ASSIGN(const auto status, part.status());
        const bool resumed = status.size > 0;
        if (status.size <= size_) {
            TRY(keep(status.size));
        } else {
            TRY(begin_again());
        }
        TRY(fetch());
        // A part that somebody else left costs one more fetch, not the pull.
        if (hashed_.hex() != sha256_ && resumed) {
            screen_.note("What an earlier pull left does not belong to it; fetching all of it.");
            TRY(begin_again());
            TRY(fetch());
        }
        if (hashed_.hex() != sha256_) {
            TRY(begin_again());
            return fail(Code::corrupt, what_ + " came with other bytes than its SHA-256 says: nothing was kept",
                        "digest_mismatch");
        }
        return part.sync();
    }

private:
    Result<> keep(std::uint64_t size) {
        if (size == 0) return {};
        Progress progress(screen_, api_.clock(), "Hashing what is here", size);
        TRY(hash_into(hashed_, *part_, size, api_.transport(), progress));
        offset_ = size;
        return {};
    }

    Result<> begin_again() {
        hashed_ = crypto::Sha256();
        offset_ = 0;
        return part_->truncate(0);
    }

    Result<> fetch() {
        Progress progress(screen_, api_.clock(), "Pulling " + what_, size_);
        progress.at(offset_);
        net::Backoff backoff(api_.random());
        for (int breaks = 0; offset_ < size_;) {
            const std::uint64_t before = offset_;
            auto fetched = fetch_once(progress);
            if (fetched) continue;
            if (fetched.error().code != Code::unavailable && fetched.error().code != Code::timed_out) return fetched;
            if (offset_ > before) {
                breaks = 0;
                backoff.reset();
            }
            if (++breaks > breaks_in_a_row_max) return fetched;
            TRY(api_.transport().wait(backoff.next()));
        }
        return {};
    }

    Result<> fetch_once(Progress& progress) {
        net::Request request = api_.request(net::Method::get, path_);
        if (offset_ > 0) {
            request.headers.push_back({"Range", "bytes=" + std::to_string(offset_) + "-"});
            request.headers.push_back({"If-Range", "\"" + sha256_ + "\""});
        }
        request.channel = net::Channel::artifact;
        int status = 0;
        std::string refusal;
        Transport::Hooks hooks;
        hooks.on_head = [&](const net::Response& head) { status = head.status; };
        hooks.on_data = [&](std::string_view bytes) -> Result<> {
            if (status == 206 || (status == 200 && whole_)) return take(bytes, progress);
            if (status == 200) {  // the whole instead of the rest
                if (offset_ > 0) TRY(begin_again());
                whole_ = true;
                return take(bytes, progress);
            }
            if (refusal.size() < problem_bytes_max) refusal += bytes;
            return {};
        };
        whole_ = false;
        TRY_ASSIGN(auto response, api_.transport().send(std::move(request), std::move(hooks)));
        if (response.status != 200 && response.status != 206) {
            response.body = std::move(refusal);
            return fail(problem_of(response, "GET " + path_));
        }
        if (offset_ < size_) return fail(Code::unavailable, "the answer ended before its bytes did");
        return {};
    }

    Result<> take(std::string_view bytes, Progress& progress) {
        if (offset_ + bytes.size() > size_)
            return fail(Code::corrupt, what_ + " came with more bytes than it has", "digest_mismatch");
        TRY(part_->write_at(offset_, bytes));
        hashed_.update(bytes);
        offset_ += bytes.size();
        progress.at(offset_);
        return {};
    }

    Api& api_;
    const Screen& screen_;
    const std::string path_, what_;
    const Digest sha256_;
    const std::uint64_t size_;
    os::File* part_ = nullptr;
    crypto::Sha256 hashed_;
    std::uint64_t offset_ = 0;
    bool whole_ = false;
};

}  // namespace

Result<std::string> pull_artifact(Api& api, os::Files& files, const Screen& screen, const ArtifactPull& command,
                                  const json::Value& artifact) {
    const std::string path = command.output.empty() ? command.name + "-" + command.version : command.output;
    const FilePath place = split(path);
    TRY_ASSIGN(auto directory, files.open_directory(place.directory));
    TRY_ASSIGN(const auto taken, directory->status(place.name));
    if (taken && taken->kind == os::Kind::directory)
        return fail(Code::conflict, path + " is a directory: say --output FILE", "file_exists");
    if (taken && !command.force) return fail(Code::conflict, path + " exists already", "file_exists");
    const std::string part_name = place.name + ".part";
    TRY_ASSIGN(
        auto part,
        directory->open(part_name, {.access = os::Access::read_write, .create = os::Create::if_missing, .mode = 0644}));
    TRY(Pull(api, screen, command, artifact).into(*part));
    TRY(directory->rename(part_name, *directory, place.name, command.force ? os::Replace::yes : os::Replace::no));
    TRY(directory->sync());
    return path;
}

}  // namespace slipway::cli
