#include "agent/cli/enroll.h"

#include <algorithm>
#include <iostream>

#include "agent/cli/arguments.h"
#include "agent/cli/configuration.h"
#include "agent/cli/state_directory.h"
#include "agent/link/identity.h"
#include "platform/base/crash_point.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/certificate_request.h"
#include "platform/crypto/join_token.h"
#include "platform/net/fetch.h"
#include "platform/net/url.h"
#include "platform/os/clock.h"
#include "platform/os/file_steps.h"
#include "platform/wire/enroll.h"
#include "platform/wire/problem.h"
#include "platform/wire/protocol.h"

namespace slipway::cli {
namespace {

constexpr const char* usage =
    "usage: slipway-agent enroll --url https://HOST:8441 (--token TOKEN | --token - | --token-file FILE) [--name "
    "NAME]\n"
    "                            [--force] [--state DIR] [--config FILE]";
constexpr std::string_view key_name = "enrolling.pem";  // in pki/, until the answer is stored
constexpr std::size_t token_bytes_max = 4096;
constexpr Duration answer_within = 60s;

enum ExitCode { enrolled = 0, failed = 1, bad_usage = 2, refused = 3, already = 5, unreachable = 6 };

int complain(ExitCode code, const std::string& message) {
    std::cerr << "slipway-agent enroll: " << message << "\n";
    return code;
}

struct Wish {
    std::string url;
    crypto::JoinToken token;
    std::string name;
    bool force = false;
};

std::string trimmed(std::string text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    text.erase(text.begin(), std::ranges::find_if_not(text, is_space));
    while (!text.empty() && is_space(text.back())) text.pop_back();
    return text;
}

Result<std::string> read_token(const Arguments& arguments, os::Files& files) {
    const auto token = arguments.value("--token");
    const auto file = arguments.value("--token-file");
    if (token.has_value() == file.has_value())
        return fail(Code::invalid, "give the join token with --token or --token-file, one of both");
    if (token && *token != "-") return *token;
    if (token) {
        std::string line;
        std::getline(std::cin, line);
        return line;
    }
    const std::size_t slash = file->rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : file->substr(0, slash);
    TRY_ASSIGN(const auto directory, files.open_directory(folder));
    TRY_ASSIGN(auto text, os::read_whole(*directory, slash == std::string::npos ? *file : file->substr(slash + 1),
                                         token_bytes_max));
    if (!text) return fail(Code::not_found, "there is no file " + *file);
    return *std::move(text);
}

/// The host's name as a name of ours.
std::string default_name(std::string_view host) {
    std::string name;
    for (const char c : host) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (!plain && name.empty()) continue;
        name += plain || lower == '.' || lower == '-' || lower == '_' ? lower : '-';
    }
    name.resize(std::min<std::size_t>(name.size(), 64));
    return is_name(name) ? name : "agent";
}

Result<Wish> read_wish(const Arguments& arguments, const Call& call, os::Files& files) {
    const auto url_text = arguments.value("--url");
    if (!url_text) return fail(Code::invalid, "--url is missing: the coordinator's agent port, https://HOST:8441");
    TRY_WITHIN("--url", net::Url::parse(*url_text));
    const auto url = net::Url::parse(*url_text);
    if (url->scheme != "https" || url->path != "/" || !url->query.empty())
        return fail(Code::invalid, "--url: expected https://HOST:8441, found '" + printable(*url_text) + "'");
    TRY_ASSIGN(const std::string text, read_token(arguments, files));
    TRY_ASSIGN(auto token, crypto::JoinToken::parse(trimmed(text)));
    const std::string name = arguments.value("--name").value_or(default_name(call.host.name));
    if (!is_name(name))
        return fail(Code::invalid,
                    "--name: expected a name of a-z 0-9 . _ - that begins with a letter or digit, found '" +
                        printable(name) + "'");
    return Wish{url->origin(), std::move(token), name, arguments.has("--force")};
}

/// The key of a try before, whose answer may have been lost: the coordinator knows it.
Result<crypto::PrivateKey> find_key(os::Directory& pki) {
    TRY_ASSIGN(const auto text, os::read_whole(pki, key_name, limits::certificate_bytes_max));
    if (text) {
        if (auto key = crypto::PrivateKey::from_pem(*text)) return key;
    }
    TRY_ASSIGN(auto key, crypto::PrivateKey::generate());
    TRY_ASSIGN(const auto pem, key.pem());
    CRASH_POINT("enroll.key_before");
    TRY(os::replace_durably(pki, key_name, pem.view()));
    CRASH_POINT("enroll.key_after");
    return key;
}

Result<net::Response> ask(const Wish& wish, const Configuration& configuration, const std::string& csr,
                          const Call& call) {
    os::SystemClock clock;
    net::ClientOptions options;
    options.tls.trust = net::TrustDigest{wish.token.ca_digest};
    options.tls.dates = net::Dates::ignored;
    options.proxy = configuration.proxy;
    options.user_agent = "slipway-agent/" + call.version;
    TRY_ASSIGN(const auto fetcher, net::Fetcher::make(clock, std::move(options)));
    net::Request request;
    request.method = net::Method::post;
    request.url = wish.url + std::string(wire::enroll_path);
    request.headers = {{"Content-Type", std::string(wire::json_type)}};
    request.body =
        wire::encode(wire::EnrollRequest{wire::protocol_version, wish.token.text(), csr, wish.name, call.version});
    request.timeouts.whole = answer_within;
    return fetcher->fetch(std::move(request));
}

/// Nothing is believed that does not fit the key and the token.
Result<link::Identity::Enrolled> judge(const wire::EnrollAnswer& answer, const Wish& wish,
                                       const crypto::PrivateKey& key) {
    TRY_ASSIGN(const auto pem, key.pem());
    TRY_ASSIGN(auto credentials, link::make_credentials(answer.certificate, std::string(pem.view()), answer.trust));
    TRY_ASSIGN(const auto certificate, crypto::Certificate::from_pem(credentials.certificate));
    TRY_ASSIGN(const auto roots, crypto::Certificate::chain_from_pem(credentials.trust));
    if (certificate.agent_id() != answer.agent)
        return fail(Code::corrupt, "the certificate in the coordinator's answer names another agent");
    if (std::ranges::none_of(roots, [&](const auto& root) { return root.digest() == wish.token.ca_digest; }))
        return fail(Code::corrupt, "the coordinator's answer lacks the authority that the token names");
    return link::Identity::Enrolled{answer.agent, answer.name, answer.pool, wish.url, std::move(credentials)};
}

int explain_no_answer(const Error& error, const Wish& wish) {
    if (error.code == Code::unavailable || error.code == Code::timed_out)
        return complain(unreachable, "no answer from " + wish.url + ": " + error.message +
                                         "\nIs this the coordinator's agent port, and may this host reach it?");
    if (error.code == Code::forbidden)
        return complain(refused, error.message + "\nThe server at " + wish.url +
                                     " is not the coordinator that made this join token.");
    return complain(refused, error.message);
}

int explain_refusal(const net::Response& response) {
    const Error error = wire::to_error(wire::decode_problem(response.body, response.status));
    if (response.status >= 500 || response.status == 429 || response.status == 408)
        return complain(unreachable, "the coordinator cannot do it now: " + error.message + "\nTry again later.");
    std::string next;
    if (error.reason.starts_with("token_"))
        next = "\nAsk for a new join token: slipway agent token create";
    else if (error.reason == "name_taken")
        next = "\nChoose another name with --name, or delete that agent first: slipway agent delete NAME";
    return complain(refused, "the coordinator refused: " + error.message + next);
}

Result<> store(os::Directory& state, os::Directory& pki, const link::Identity::Enrolled& identity) {
    CRASH_POINT("enroll.store_before");
    TRY(link::Identity::create(state, identity));
    CRASH_POINT("enroll.store_after");
    TRY(pki.remove(key_name));
    return pki.sync();
}

int enroll(const Wish& wish, const Configuration& configuration, const Call& call, os::Files& files) {
    auto state = open_state(files, configuration.state);
    if (!state) return complain(state.error().reason == "locked" ? already : failed, state.error().message);
    os::Directory& directory = *state->directory;
    const auto before = directory.status("agent.json");
    if (!before) return complain(failed, before.error().message);
    if (*before && !wish.force)
        return complain(already, "this host is enrolled already (" + configuration.state +
                                     "/agent.json). Use --force to enrol it anew, or --state for a second agent.");
    auto pki = os::open_or_make(directory, "pki", 0700);
    if (!pki) return complain(failed, pki.error().message);
    const auto key = find_key(**pki);
    if (!key) return complain(failed, key.error().message);
    const auto csr = crypto::CertificateRequest::make(*key);
    if (!csr) return complain(failed, csr.error().message);

    const auto response = ask(wish, configuration, *csr, call);
    if (!response) return explain_no_answer(response.error(), wish);
    if (response->status != 200) return explain_refusal(*response);
    const auto answer = wire::decode_enroll_answer(response->body);
    if (!answer) return complain(refused, "the coordinator's answer makes no sense: " + answer.error().message);
    const auto identity = judge(*answer, wish, *key);
    if (!identity) return complain(refused, identity.error().message);
    if (auto stored = store(directory, **pki, *identity); !stored) return complain(failed, stored.error().message);
    std::cout << "Enrolled as " << identity->name << " (" << identity->agent << ") in pool " << identity->pool << " at "
              << identity->url << ".\nStart it with: slipway-agent run --state " << configuration.state << "\n";
    return enrolled;
}

}  // namespace

int run_enroll(const Call& call) {
    const auto arguments = Arguments::parse(
        call.arguments, {{"--url", "--token", "--token-file", "--name", "--state", "--config"}, {"--force"}});
    if (!arguments) return complain(bad_usage, arguments.error().message + "\n" + usage);
    const auto files = os::make_system_files();
    const auto configuration = read_configuration(*arguments, call.environment, *files);
    if (!configuration) return complain(bad_usage, configuration.error().message);
    const auto wish = read_wish(*arguments, call, *files);
    if (!wish) return complain(bad_usage, wish.error().message + "\n" + usage);
    return enroll(*wish, *configuration, call, *files);
}

}  // namespace slipway::cli
