#include "coordinator/cli/push.h"

#include "coordinator/cli/fields.h"
#include "coordinator/cli/hashing.h"
#include "coordinator/cli/paths.h"
#include "coordinator/cli/problem.h"
#include "coordinator/cli/progress.h"
#include "platform/json/parse.h"
#include "platform/json/writer.h"
#include "platform/net/url.h"

namespace slipway::cli {
namespace {

constexpr int breaks_in_a_row_max = 6;
constexpr Duration settle_silence = 10min;  // the coordinator's disk may be slow to make many bytes durable

/// The rest of a file, from where the coordinator's copy ends.
class FileSource final : public net::BodySource {
public:
    FileSource(os::File& file, std::uint64_t begin, std::uint64_t end, Progress& progress)
        : file_(file), begin_(begin), at_(begin), end_(end), progress_(progress) {}

    std::uint64_t length() const override { return end_ - begin_; }
    Result<std::size_t> read(std::span<char> out) override {
        out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end_ - at_)));
        TRY_ASSIGN(const std::size_t got, file_.read_at(at_, out));
        if (got == 0 && !out.empty())
            return fail(Code::conflict, "the file became shorter while it was pushed", "file_changed");
        at_ += got;
        progress_.at(at_);
        return got;
    }
    Result<> rewind() override {
        at_ = begin_;
        return {};
    }

private:
    os::File& file_;
    std::uint64_t begin_, at_, end_;
    Progress& progress_;
};

class Push {
public:
    Push(Api& api, const Screen& screen, const ArtifactPush& command, os::File& file, std::uint64_t size)
        : api_(api), screen_(screen), command_(command), file_(file), size_(size), upload_(command.upload) {}

    Result<Pushed> run() {
        {
            Progress progress(screen_, api_.clock(), "Hashing " + command_.path, size_);
            TRY_ASSIGN(digest_, hash_file(file_, size_, api_.transport(), progress));
        }
        auto known = name_it();
        if (known) return Pushed{*std::move(known), Pushed::How::known};
        if (known.error().reason != "blob_missing") return fail(std::move(known).error());
        auto sent = send();
        if (!sent && !upload_.empty() && sent.error().code != Code::not_found)
            screen_.note("The coordinator keeps what arrived for a day. Go on with: slipway artifact push " +
                         command_.path + " --name " + command_.name + " --version " + command_.version + " --upload " +
                         upload_);
        if (!sent) return fail(std::move(sent).error());
        TRY_ASSIGN(auto artifact, name_it());
        return Pushed{std::move(artifact), Pushed::How::sent};
    }

private:
    std::string upload_path() const { return "/api/v1/uploads/" + net::percent_encode(upload_); }

    // Safe to say twice: the same bytes under the same name are the same artifact.
    Result<json::Value> name_it() {
        json::Writer body;
        body.begin_object();
        body.field("name", command_.name);
        body.field("version", command_.version);
        body.field("sha256", digest_);
        if (sent_) body.field("upload", upload_);
        body.end_object();
        return api_.read({.method = net::Method::post,
                          .path = "/api/v1/artifacts",
                          .body = std::move(body).take(),
                          .repeat = Repeat::safe,
                          .silence = settle_silence});
    }

    Result<> begin() {
        json::Writer body;
        body.begin_object();
        body.field("bytes", size_);
        body.end_object();
        // One that was begun twice because its answer was lost stays empty and is swept.
        TRY_ASSIGN(const auto upload, api_.read({.method = net::Method::post,
                                                 .path = "/api/v1/uploads",
                                                 .body = std::move(body).take(),
                                                 .repeat = Repeat::safe}));
        upload_ = text_of(upload, "id");
        return {};
    }

    Result<std::uint64_t> ask_offset() {
        TRY_ASSIGN(const auto upload, api_.get(upload_path()));
        const std::uint64_t offset = number_of(upload, "offset");
        if (offset > size_)
            return fail(Code::conflict, "the upload holds more bytes than the file: push again without --upload",
                        "file_changed");
        return offset;
    }

    Result<> send() {
        std::uint64_t offset = 0;
        if (upload_.empty()) {
            TRY(begin());
        } else {
            TRY_ASSIGN(offset, ask_offset());
        }
        Progress progress(screen_, api_.clock(), "Pushing " + command_.name + " " + command_.version, size_);
        progress.at(offset);
        net::Backoff backoff(api_.random());
        for (int breaks = 0; offset < size_;) {
            auto appended = append(offset, progress);
            if (appended) {
                offset = *appended;
                continue;
            }
            const Error& error = appended.error();
            const bool wrong_offset = error.reason == "upload_offset_wrong";
            if (!wrong_offset && error.code != Code::unavailable && error.code != Code::timed_out) return fail(error);
            if (++breaks > breaks_in_a_row_max) return fail(error);
            TRY(api_.transport().wait(backoff.next()));
            TRY_ASSIGN(const std::uint64_t durable, ask_offset());
            if (durable > offset) {
                breaks = 0;
                backoff.reset();
            }
            offset = durable;
            progress.at(offset);
        }
        sent_ = true;
        return {};
    }

    Result<std::uint64_t> append(std::uint64_t offset, Progress& progress) {
        net::Request request = api_.request(net::Method::patch, upload_path());
        request.headers.push_back({"Content-Type", "application/octet-stream"});
        request.headers.push_back({"Upload-Offset", std::to_string(offset)});
        request.source = std::make_unique<FileSource>(file_, offset, size_, progress);
        request.timeouts.silence = settle_silence;
        request.channel = net::Channel::artifact;
        TRY_ASSIGN(const auto response, api_.transport().send(std::move(request)));
        if (response.status >= 300) return fail(problem_of(response, "PATCH " + upload_path()));
        TRY_ASSIGN(const auto upload, json::parse(response.body));
        const std::uint64_t now = number_of(upload, "offset");
        if (now <= offset || now > size_)
            return fail(Code::internal, "the coordinator says that it has " + std::to_string(now) + " bytes of " +
                                            std::to_string(size_) + " after more were sent");
        return now;
    }

    Api& api_;
    const Screen& screen_;
    const ArtifactPush& command_;
    os::File& file_;
    std::uint64_t size_;
    Digest digest_;
    std::string upload_;
    bool sent_ = false;
};

}  // namespace

Result<Pushed> push_artifact(Api& api, os::Files& files, const Screen& screen, const ArtifactPush& command) {
    if (!is_name(command.name))
        return fail(Code::invalid, "--name has to be a-z, 0-9 and . _ -, beginning with a letter or digit, at most 64");
    if (!is_version(command.version))
        return fail(Code::invalid, "--version has to be letters, digits and . _ + -, at most 64");
    auto file = open_file(files, command.path);
    if (!file && file.error().code == Code::conflict)
        return fail(Code::invalid, command.path + " is not a file. Pack a directory first: tar -C " + command.path +
                                       " -czf " + command.name + ".tar.gz .");
    if (!file) return fail(std::move(file).error());
    TRY_ASSIGN(const auto status, (*file)->status());
    if (status.size > limits::artifact_bytes_max)
        return fail(Code::limit, command.path + " has " + format_bytes(status.size) + ", more than the " +
                                     format_bytes(limits::artifact_bytes_max) + " of an artifact");
    return Push(api, screen, command, **file, status.size).run();
}

}  // namespace slipway::cli
