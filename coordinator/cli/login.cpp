#include <array>

#include "coordinator/cli/commands.h"
#include "coordinator/cli/fields.h"
#include "coordinator/cli/paths.h"
#include "platform/base/bytes.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/writer.h"

namespace slipway::cli {
namespace {

constexpr std::size_t secret_file_bytes_max = 16 * 1024;

struct Bootstrap {
    std::string url;
    std::string code;
    std::string ca_sha256;
};

Result<Bootstrap> read_bootstrap(os::Files& files, const std::string& path) {
    TRY_ASSIGN(const auto text, read_file(files, path, secret_file_bytes_max));
    auto value = json::parse(text);
    if (!value) return fail(std::move(value).error().within(path + " is not a coordinator's bootstrap file"));
    Bootstrap bootstrap;
    json::Reader in(*value, json::UnknownFields::ignore);
    in.required("url", bootstrap.url);
    in.required("code", bootstrap.code);
    in.required("ca_sha256", bootstrap.ca_sha256, {.valid = is_digest, .expected = "a SHA-256 in hex"});
    TRY_WITHIN(path + " is not a coordinator's bootstrap file", in.finish());
    return bootstrap;
}

std::string trimmed(std::string text) {
    text.erase(text.find_last_not_of(" \t\r\n") + 1);
    text.erase(0, text.find_first_not_of(" \t\r\n"));
    return text;
}

Result<std::string> read_token(const Context& context, const std::string& path) {
    std::string text;
    if (path == "-") {
        std::getline(context.in, text);
    } else {
        TRY_ASSIGN(text, read_file(context.files, path, secret_file_bytes_max));
    }
    text = trimmed(std::move(text));
    if (text.empty()) return fail(Code::invalid, "there is no token in " + (path == "-" ? "standard input" : path));
    if (text.find_first_of(" \t\r\n") != std::string::npos)
        return fail(Code::invalid, (path == "-" ? "standard input" : path) + " holds more than one token");
    return text;
}

/// Asks who the token is, keeps it, and makes this coordinator the current one.
Result<ExitCode> keep(Context& context, const Endpoint& endpoint, Login login) {
    TRY_ASSIGN(auto session, Session::open(context, endpoint));
    TRY_ASSIGN(const auto self, session->get("/api/v1/self"));
    login.name = text_of(inside(self, "token"), "name");
    login.token = endpoint.token;
    TRY_ASSIGN(auto credentials, Credentials::load(context.files, context.settings.config_path));
    credentials.current = endpoint.url;
    credentials.logins[endpoint.url] = login;
    TRY(credentials.save(context.files, context.settings.config_path));
    if (shown_as_json(self, context.screen)) return ExitCode::done;
    context.screen.note("Logged in to " + endpoint.url + " as " + login.name + " (" +
                        text_of(inside(self, "token"), "role") + "); kept in " + context.settings.config_path);
    return ExitCode::done;
}

// The code is good for one answer: sent once, never again by itself.
Result<ExitCode> bootstrap(Context& context, const LoginCommand& command) {
    TRY_ASSIGN(const auto file, read_bootstrap(context.files, command.bootstrap_path));
    Endpoint endpoint;
    TRY_ASSIGN(endpoint.url, normal_url(command.url.empty() ? file.url : command.url));
    endpoint.trust = net::TrustDigest{file.ca_sha256};
    TRY_ASSIGN(auto session, Session::open(context, endpoint));
    json::Writer body;
    body.begin_object();
    body.field("code", file.code);
    body.field("name", command.name);
    body.end_object();
    auto created =
        session->read({.method = net::Method::post, .path = "/api/v1/bootstrap", .body = std::move(body).take()});
    if (!created && created.error().code == Code::not_found)
        return fail(
            Code::conflict,
            endpoint.url + " has an administrator already, its bootstrap file is used up: ask there for a token",
            "bootstrap_used");
    if (!created) return fail(std::move(created).error());
    endpoint.token = text_of(*created, "token");
    return keep(context, endpoint, {.ca_sha256 = file.ca_sha256});
}

}  // namespace

Result<ExitCode> run(Context& context, const LoginCommand& command) {
    if (command.bootstrap_path.empty() == command.token_path.empty())
        return fail(Code::invalid, "login needs either --bootstrap FILE or --token-file FILE");
    if (!command.bootstrap_path.empty()) return bootstrap(context, command);
    const std::string& url = command.url.empty() ? context.settings.url : command.url;
    if (url.empty())
        return fail(Code::invalid, "login needs the coordinator's URL, such as https://deploy.example:8440");
    Endpoint endpoint;
    TRY_ASSIGN(endpoint.url, normal_url(url));
    TRY_ASSIGN(endpoint.token, read_token(context, command.token_path));
    TRY_ASSIGN(endpoint.trust, trust_from(context.files, context.settings.ca_path, context.settings.ca_sha256));
    Login login;
    if (const auto* roots = std::get_if<net::TrustRoots>(&endpoint.trust)) login.ca_pem = roots->pem;
    if (const auto* digest = std::get_if<net::TrustDigest>(&endpoint.trust)) login.ca_sha256 = digest->sha256;
    return keep(context, endpoint, std::move(login));
}

Result<ExitCode> run(Context& context, const VersionCommand&) {
    if (context.screen.json)
        context.screen.out << "{\"version\": \"" << context.version << "\"}\n";
    else
        context.screen.out << "slipway " << context.version << "\n";
    return ExitCode::done;
}

}  // namespace slipway::cli
