#include "coordinator/program/state.h"

#include "platform/base/bytes.h"
#include "platform/base/crash_point.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"
#include "platform/os/file_steps.h"

namespace slipway {
namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::string_view secret_file = "secret.key";
constexpr std::string_view bootstrap_file = "bootstrap";

Result<std::string> open_secret(os::Directory& directory, Random& random) {
    TRY_ASSIGN(auto secret, os::read_whole(directory, secret_file, 1024));
    if (secret && secret->size() == secret_bytes) return *std::move(secret);
    if (secret)
        return fail(Code::corrupt, directory.path() + "/secret.key has not its 32 bytes: bring it back from a backup");
    std::string made = random.bytes(secret_bytes);
    CRASH_POINT("state.secret_before");
    TRY(os::replace_durably(directory, secret_file, made));
    CRASH_POINT("state.secret_after");
    return made;
}

/// The code of an earlier start; none if the file is not there or not readable as ours.
std::string known_code(os::Directory& directory) {
    const auto text = os::read_whole(directory, bootstrap_file, 4096);
    if (!text || !*text) return {};
    const auto value = json::parse(**text);
    if (!value) return {};
    std::string code;
    json::Reader in(*value, json::UnknownFields::ignore);
    in.required("code", code, {.bytes_min = 43, .bytes_max = 43});
    return in.finish() ? code : std::string();
}

}  // namespace

Result<State> open_state(const std::string& path, os::Files& files, Random& random) {
    State state;
    TRY_ASSIGN(state.directory, files.make_directories(path, 0700));
    TRY(state.directory->set_mode(0700));
    auto lock = state.directory->lock("lock");
    if (!lock && lock.error().reason == "locked")
        return fail(Code::conflict, "another coordinator uses " + path + ": " + lock.error().message, "locked");
    if (!lock) return fail(std::move(lock).error());
    state.lock = *std::move(lock);
    TRY_ASSIGN(state.secret, open_secret(*state.directory, random));
    return state;
}

Result<BootstrapFile> write_bootstrap(State& state, Random& random, const std::string& url,
                                      const std::string& ca_sha256) {
    std::string code = known_code(*state.directory);
    if (code.empty()) code = to_base64url(random.bytes(32));
    json::Writer out;
    out.begin_object();
    out.field("url", url);
    out.field("code", code);
    out.field("ca_sha256", ca_sha256);
    out.end_object();
    CRASH_POINT("state.bootstrap_before");
    TRY(os::replace_durably(*state.directory, bootstrap_file, std::move(out).take() + "\n"));
    CRASH_POINT("state.bootstrap_after");
    return BootstrapFile{state.directory->path() + "/" + std::string(bootstrap_file), std::move(code)};
}

}  // namespace slipway
