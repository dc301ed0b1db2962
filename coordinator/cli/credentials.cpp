#include "coordinator/cli/credentials.h"

#include "coordinator/cli/paths.h"
#include "platform/base/bytes.h"
#include "platform/json/dump.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/net/url.h"
#include "platform/os/file_steps.h"

namespace slipway::cli {
namespace {

constexpr std::size_t config_bytes_max = 1024 * 1024;
constexpr json::Text pem_text{.bytes_max = config_bytes_max};
constexpr std::uint16_t user_port = 8440;

std::string value_of(const os::Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

/// As curl and its like read them: the lower-case name goes first; HTTP_PROXY is not read (a CGI server sets it).
std::string proxy_of(const os::Environment& environment, const std::string& lower, const std::string& upper) {
    const std::string value = value_of(environment, lower);
    return value.empty() && !upper.empty() ? value_of(environment, upper) : value;
}

void read_login(json::Reader& in, Login& login) {
    in.required("token", login.token);
    in.optional("name", login.name);
    in.optional("ca_pem", login.ca_pem, pem_text);
    in.optional("ca_sha256", login.ca_sha256, {.valid = is_digest, .expected = "a SHA-256 in hex"});
}

net::Trust trust_of(const Login& login) {
    if (!login.ca_pem.empty()) return net::TrustRoots{login.ca_pem};
    if (!login.ca_sha256.empty()) return net::TrustDigest{login.ca_sha256};
    return net::TrustSystem{};
}

bool is_this_machine(std::string_view host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

}  // namespace

Result<Credentials> Credentials::load(os::Files& files, const std::string& path) {
    const FilePath place = split(path);
    auto directory = files.open_directory(place.directory);
    if (!directory && directory.error().code == Code::not_found) return Credentials{};
    if (!directory) return fail(std::move(directory).error());
    TRY_ASSIGN(const auto text, os::read_whole(**directory, place.name, config_bytes_max));
    if (!text) return Credentials{};
    const auto damaged = [&](Error error) {
        error.code = Code::corrupt;
        return fail(std::move(error).within(path + " is damaged (repair it, or remove it and log in again)"));
    };
    auto value = json::parse(*text);
    if (!value) return damaged(std::move(value).error());
    Credentials credentials;
    json::Reader in(*value, json::UnknownFields::ignore);
    in.optional("current", credentials.current);
    in.optional_object("coordinators", [&](json::Reader& coordinators) {
        if (!(*value)["coordinators"].is_object()) return;
        for (const auto& [url, unused] : (*value)["coordinators"].items())
            coordinators.object(url, [&](json::Reader& login) { read_login(login, credentials.logins[url]); });
    });
    if (auto read = in.finish(); !read) return damaged(std::move(read).error());
    return credentials;
}

Result<> Credentials::save(os::Files& files, const std::string& path) const {
    json::Value coordinators = json::Value::object();
    for (const auto& [url, login] : logins) {
        json::Value& entry = coordinators[url];
        entry["token"] = login.token;
        entry["name"] = login.name;
        if (!login.ca_pem.empty()) entry["ca_pem"] = login.ca_pem;
        if (!login.ca_sha256.empty()) entry["ca_sha256"] = login.ca_sha256;
    }
    const json::Value all = {{"current", current}, {"coordinators", coordinators}};
    const FilePath place = split(path);
    TRY_ASSIGN(auto directory, files.make_directories(place.directory, 0700));
    return os::replace_durably(*directory, place.name, json::dump(all, json::Layout::indented) + "\n", 0600);
}

Result<Settings> settings_from(const os::Environment& environment, Settings flags) {
    const auto fill = [&](std::string& value, const std::string& name) {
        if (value.empty()) value = value_of(environment, name);
    };
    fill(flags.url, "SLIPWAY_URL");
    fill(flags.token, "SLIPWAY_TOKEN");
    fill(flags.ca_path, "SLIPWAY_CA");
    fill(flags.config_path, "SLIPWAY_CONFIG");
    if (flags.config_path.empty()) {
        std::string base = value_of(environment, "XDG_CONFIG_HOME");
        if (const std::string home = value_of(environment, "HOME"); base.empty() && !home.empty())
            base = home + "/.config";
        if (!base.empty()) flags.config_path = base + "/slipway/config.json";
    }
    if (flags.config_path.empty())
        return fail(Code::invalid,
                    "neither HOME nor XDG_CONFIG_HOME is set: say --config FILE for where logins are kept");
    flags.proxy.http_proxy = proxy_of(environment, "http_proxy", "");
    flags.proxy.https_proxy = proxy_of(environment, "https_proxy", "HTTPS_PROXY");
    flags.proxy.no_proxy = proxy_of(environment, "no_proxy", "NO_PROXY");
    if (!flags.url.empty()) {
        TRY_ASSIGN(flags.url, normal_url(flags.url));
    }
    return flags;
}

Result<std::string> normal_url(std::string_view text) {
    const bool bare = text.find("://") == std::string_view::npos;
    TRY_ASSIGN(auto url, net::Url::parse(bare ? "https://" + std::string(text) : std::string(text)));
    if (bare && url.port == 443 && !text.ends_with(":443")) url.port = user_port;
    if (url.path != "/" || !url.query.empty())
        return fail(Code::invalid, "the URL of a coordinator ends with its port, such as https://deploy.example:8440");
    if (url.scheme == "http" && !is_this_machine(url.host))
        return fail(Code::invalid, "http would show the token to everybody on the way to " + url.host + ": use https");
    return url.origin();
}

Result<net::Trust> trust_from(os::Files& files, const std::string& ca_path, const std::string& ca_sha256) {
    if (!ca_path.empty()) {
        TRY_ASSIGN(auto pem, read_file(files, ca_path, config_bytes_max));
        return net::TrustRoots{std::move(pem)};
    }
    if (ca_sha256.empty()) return net::TrustSystem{};
    if (!is_digest(ca_sha256))
        return fail(Code::invalid, "--ca-sha256 has to be 64 hex digits: the SHA-256 of the authority's certificate");
    return net::TrustDigest{ca_sha256};
}

Result<Endpoint> endpoint_from(os::Files& files, const Settings& settings, const Credentials& credentials) {
    Endpoint endpoint;
    endpoint.url = settings.url.empty() ? credentials.current : settings.url;
    if (endpoint.url.empty())
        return fail(Code::unauthenticated, "there is no coordinator to talk to yet", "not_logged_in");
    endpoint.token = settings.token;
    const auto login = credentials.logins.find(endpoint.url);
    const bool trust_given = !settings.ca_path.empty() || !settings.ca_sha256.empty();
    if (login != credentials.logins.end()) {
        if (endpoint.token.empty()) endpoint.token = login->second.token;
        endpoint.trust = trust_of(login->second);
    }
    if (trust_given) {
        TRY_ASSIGN(endpoint.trust, trust_from(files, settings.ca_path, settings.ca_sha256));
    }
    if (endpoint.token.empty())
        return fail(Code::unauthenticated, "there is no token for " + endpoint.url, "not_logged_in");
    return endpoint;
}

}  // namespace slipway::cli
