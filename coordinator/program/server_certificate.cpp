#include "coordinator/program/server_certificate.h"

#include "coordinator/api/pki.h"

namespace slipway {
namespace {

constexpr Duration look_every = 1h;

}  // namespace

ServerCertificate::ServerCertificate(Parts parts, const crypto::TlsIdentity& shown, std::vector<std::string> names)
    : parts_(std::move(parts)), names_(std::move(names)), serial_(shown.chain.front().serial()) {}

void ServerCertificate::begin() { arm(); }

void ServerCertificate::arm() {
    timer_ = parts_.loop.after(look_every, [this] {
        look();
        arm();
    });
}

void ServerCertificate::set_names(std::vector<std::string> names) {
    names_ = std::move(names);
    look();
}

void ServerCertificate::look() {
    auto work = [this, names = names_] {
        auto identity = api::open_server(parts_.state, parts_.authority, names, parts_.clock, parts_.random);
        if (!identity)
            return parts_.logger.error("the server's certificate could not be made anew, the one before stays in force",
                                       {{"error", identity.error().message}});
        parts_.server.loop().post(
            [this, identity = std::make_shared<const crypto::TlsIdentity>(*std::move(identity))] { show(*identity); });
    };
    if (auto submitted = parts_.disk.submit("pki", std::move(work)); !submitted)
        parts_.logger.warning("the server's certificate is looked at later", {{"error", submitted.error().message}});
}

void ServerCertificate::show(const crypto::TlsIdentity& identity) {
    const crypto::Certificate& leaf = identity.chain.front();
    if (leaf.serial() == serial_) return;
    for (crypto::TlsServer* port : {&parts_.users, &parts_.agents})
        if (auto replaced = port->replace_identity(identity); !replaced)
            return parts_.logger.error("the new server certificate cannot be used, the one before stays in force",
                                       {{"error", replaced.error().message}});
    serial_ = leaf.serial();
    parts_.logger.info("the server's certificate was made anew", {{"until", to_rfc3339(leaf.not_after())}});
}

}  // namespace slipway
