#include "agent/link/identity.h"

#include "platform/base/crash_point.h"
#include "platform/crypto/certificate.h"
#include "platform/crypto/key.h"
#include "platform/json/parse.h"
#include "platform/json/reader.h"
#include "platform/json/value.h"
#include "platform/json/writer.h"
#include "platform/os/file_steps.h"

namespace slipway::link {
namespace {

constexpr std::string_view identity_name = "agent.json";
constexpr std::string_view pki_name = "pki";
constexpr std::string_view current_name = "current";
constexpr std::string_view next_name = "next";
constexpr std::string_view new_name = ".new";  // being written
constexpr std::string_view old_name = ".old";  // about to be removed
constexpr std::string_view certificate_name = "certificate.pem";
constexpr std::string_view key_name = "key.pem";
constexpr std::string_view trust_name = "trust.pem";
constexpr std::uint32_t directory_mode = 0700;
constexpr std::size_t trust_bytes_max = limits::certificate_bytes_max * limits::certificate_chain_max;

Result<std::string> read_needed(os::Directory& directory, std::string_view name, std::size_t bytes_max) {
    TRY_ASSIGN(auto text, os::read_whole(directory, name, bytes_max));
    if (!text) return fail(Code::not_found, directory.path() + "/" + std::string(name) + " is missing");
    return *std::move(text);
}

Result<Credentials> read_credentials(os::Directory& pki, std::string_view name) {
    TRY_ASSIGN(const auto directory, pki.open_directory(name));
    TRY_ASSIGN(auto certificate, read_needed(*directory, certificate_name, limits::certificate_bytes_max));
    TRY_ASSIGN(auto key, read_needed(*directory, key_name, limits::certificate_bytes_max));
    TRY_ASSIGN(auto trust, read_needed(*directory, trust_name, trust_bytes_max));
    auto read = make_credentials(std::move(certificate), std::move(key), std::move(trust));
    if (!read) return fail(std::move(read).error().within(directory->path()));
    return read;
}

/// A whole folder under `name`, or, after a crash, none; what had the name before must be gone.
Result<> write_credentials(os::Directory& pki, std::string_view name, const Credentials& credentials) {
    TRY(pki.remove_tree(new_name));
    TRY_ASSIGN(const auto directory, pki.make_directory(new_name, directory_mode));
    TRY(os::create_durably(*directory, certificate_name, credentials.certificate));
    TRY(os::create_durably(*directory, key_name, credentials.key));
    TRY(os::create_durably(*directory, trust_name, credentials.trust));
    CRASH_POINT("identity.credentials_before");
    TRY(pki.rename(new_name, pki, name, os::Replace::no));
    TRY(pki.sync());
    CRASH_POINT("identity.credentials_after");
    return {};
}

/// Out of the way first: a folder whose removal is cut short may not be taken for a whole one.
Result<> remove_credentials(os::Directory& pki, std::string_view name) {
    TRY(pki.remove_tree(old_name));
    if (auto moved = pki.rename(name, pki, old_name, os::Replace::no); !moved) {
        if (moved.error().code == Code::not_found) return {};
        return moved;
    }
    TRY(pki.sync());
    return pki.remove_tree(old_name);
}

}  // namespace

Result<Credentials> make_credentials(std::string certificate, std::string key, std::string trust) {
    TRY_ASSIGN(const auto read, crypto::Certificate::from_pem(certificate));
    TRY_ASSIGN(const auto own, crypto::PrivateKey::from_pem(key));
    TRY(crypto::Certificate::chain_from_pem(trust));
    if (own.public_key().digest() != read.public_key_digest())
        return fail(Code::corrupt, "the certificate is not for the key of this host");
    return Credentials{std::move(certificate), std::move(key), std::move(trust), read.not_before(), read.not_after()};
}

Result<std::unique_ptr<Identity>> Identity::open(os::Directory& state) {
    auto identity = std::unique_ptr<Identity>(new Identity(state));
    TRY(identity->load());
    return identity;
}

Result<> Identity::create(os::Directory& state, const Enrolled& enrolled) {
    TRY_ASSIGN(const auto pki, os::open_or_make(state, pki_name, directory_mode));
    TRY(state.sync());
    // An identity from before ends first: its name with the new certificate would be nobody.
    TRY_ASSIGN(const auto before, state.status(identity_name));
    if (before) {
        TRY(state.remove(identity_name));
        TRY(state.sync());
    }
    TRY(remove_credentials(*pki, next_name));
    TRY(remove_credentials(*pki, current_name));
    TRY(write_credentials(*pki, current_name, enrolled.credentials));
    Identity identity(state);
    identity.agent_ = enrolled.agent;
    identity.name_ = enrolled.name;
    identity.pool_ = enrolled.pool;
    identity.url_ = enrolled.url;
    return identity.save();
}

Result<> Identity::load() {
    TRY_ASSIGN(const auto text, os::read_whole(state_, identity_name, limits::json_bytes_max));
    if (!text)
        return fail(Code::not_found, "this host is not enrolled: " + state_.path() + " has no " +
                                         std::string(identity_name) +
                                         "; run: slipway-agent enroll --url https://HOST:8441 --token-file FILE");
    const std::string file = state_.path() + "/" + std::string(identity_name);
    TRY_ASSIGN(const auto value, json::parse(*text));
    json::Reader in(value, json::UnknownFields::ignore);
    in.required("agent", agent_, json::Text{.bytes_max = 36, .valid = is_uuid, .expected = "a UUID"});
    in.required("name", name_, json::Text{.bytes_max = 64, .valid = is_name, .expected = "a name"});
    in.required("pool", pool_, json::Text{.bytes_max = 64, .valid = is_name, .expected = "a name"});
    in.required("url", url_);
    in.required("start_epoch", start_epoch_);
    in.required("restore_epoch", restore_epoch_);
    TRY_WITHIN(file, in.finish());

    TRY_ASSIGN(const auto pki, state_.open_directory(pki_name));
    TRY_ASSIGN(const auto current, pki->status(current_name));
    // The switch was cut short between its two renames.
    if (!current) {
        TRY_ASSIGN(const auto next, pki->status(next_name));
        if (!next) return fail(Code::corrupt, pki->path() + " holds no certificate; enrol again with --force");
        TRY(pki->rename(next_name, *pki, current_name, os::Replace::no));
        TRY(pki->sync());
    }
    TRY_ASSIGN(current_, read_credentials(*pki, current_name));
    if (auto next = read_credentials(*pki, next_name)) next_ = *std::move(next);
    return {};
}

Result<> Identity::save() {
    json::Writer out;
    out.begin_object();
    out.field("agent", agent_);
    out.field("name", name_);
    out.field("pool", pool_);
    out.field("url", url_);
    out.field("start_epoch", start_epoch_);
    out.field("restore_epoch", restore_epoch_);
    out.end_object();
    CRASH_POINT("identity.save_before");
    TRY(os::replace_durably(state_, identity_name, std::move(out).take()));
    CRASH_POINT("identity.save_after");
    return {};
}

Result<> Identity::begin_epoch() {
    ++start_epoch_;
    if (auto saved = save(); !saved) {
        --start_epoch_;
        return saved;
    }
    return {};
}

Result<> Identity::set_restore_epoch(std::int64_t epoch) {
    const std::int64_t before = std::exchange(restore_epoch_, epoch);
    if (auto saved = save(); !saved) {
        restore_epoch_ = before;
        return saved;
    }
    return {};
}

Result<> Identity::put_next(const Credentials& credentials) {
    TRY_ASSIGN(const auto pki, state_.open_directory(pki_name));
    TRY(remove_credentials(*pki, next_name));
    next_.reset();
    TRY(write_credentials(*pki, next_name, credentials));
    next_ = credentials;
    return {};
}

Result<> Identity::promote_next() {
    if (!next_) return {};
    TRY_ASSIGN(const auto pki, state_.open_directory(pki_name));
    TRY(pki->remove_tree(old_name));
    // After an error between the two renames the next call goes on with the second.
    if (auto moved = pki->rename(current_name, *pki, old_name, os::Replace::no);
        !moved && moved.error().code != Code::not_found)
        return moved;
    CRASH_POINT("identity.promote_between");
    TRY(pki->rename(next_name, *pki, current_name, os::Replace::no));
    TRY(pki->sync());
    CRASH_POINT("identity.promote_after");
    current_ = *std::exchange(next_, std::nullopt);
    return pki->remove_tree(old_name);
}

Result<> Identity::drop_next() {
    if (!next_) return {};
    TRY_ASSIGN(const auto pki, state_.open_directory(pki_name));
    TRY(remove_credentials(*pki, next_name));
    next_.reset();
    return {};
}

}  // namespace slipway::link
