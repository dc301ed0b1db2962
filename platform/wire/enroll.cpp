#include "platform/wire/enroll.h"

#include "platform/wire/fields.h"

namespace slipway::wire {
namespace {

constexpr json::Text csr_text{.bytes_max = 16 * 1024, .valid = is_pem, .expected = "PKCS#10 in PEM"};

void read(json::Reader& in, EnrollRequest& message) {
    required_protocol(in, message.protocol);
    in.required("token", message.token,
                {.bytes_min = 1, .bytes_max = 256, .valid = is_line, .expected = "a join token"});
    in.required("csr", message.csr, csr_text);
    in.required("name", message.name, name_text);
    in.required("version", message.version, version_text);
}

void read(json::Reader& in, EnrollAnswer& message) {
    in.required("restore_epoch", message.restore_epoch);
    in.required("agent", message.agent, id_text);
    in.required("name", message.name, name_text);
    in.required("pool", message.pool, name_text);
    in.required("certificate", message.certificate, pem_text);
    in.required("trust", message.trust, pem_text);
}

void read(json::Reader& in, RenewRequest& message) {
    required_protocol(in, message.protocol);
    in.required("csr", message.csr, csr_text);
}

void read(json::Reader& in, RenewAnswer& message) {
    in.required("restore_epoch", message.restore_epoch);
    in.required("certificate", message.certificate, pem_text);
    in.required("trust", message.trust, pem_text);
}

void write(json::Writer& out, const EnrollRequest& message) {
    out.begin_object();
    out.field("protocol", message.protocol);
    out.field("token", message.token);
    out.field("csr", message.csr);
    out.field("name", message.name);
    out.field("version", message.version);
    out.end_object();
}

void write(json::Writer& out, const EnrollAnswer& message) {
    out.begin_object();
    out.field("restore_epoch", message.restore_epoch);
    out.field("agent", message.agent);
    out.field("name", message.name);
    out.field("pool", message.pool);
    out.field("certificate", message.certificate);
    out.field("trust", message.trust);
    out.end_object();
}

void write(json::Writer& out, const RenewRequest& message) {
    out.begin_object();
    out.field("protocol", message.protocol);
    out.field("csr", message.csr);
    out.end_object();
}

void write(json::Writer& out, const RenewAnswer& message) {
    out.begin_object();
    out.field("restore_epoch", message.restore_epoch);
    out.field("certificate", message.certificate);
    out.field("trust", message.trust);
    out.end_object();
}

}  // namespace

std::string encode(const EnrollRequest& message) { return text_of(message, write); }
std::string encode(const EnrollAnswer& message) { return text_of(message, write); }
std::string encode(const RenewRequest& message) { return text_of(message, write); }
std::string encode(const RenewAnswer& message) { return text_of(message, write); }

Result<EnrollRequest> decode_enroll_request(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<EnrollRequest>(value, unknown_fields_of(value), read);
}

Result<RenewRequest> decode_renew_request(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<RenewRequest>(value, unknown_fields_of(value), read);
}

Result<EnrollAnswer> decode_enroll_answer(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<EnrollAnswer>(value, json::UnknownFields::ignore, read);
}

Result<RenewAnswer> decode_renew_answer(std::string_view text) {
    TRY_ASSIGN(const auto value, json::parse(text));
    return read_whole<RenewAnswer>(value, json::UnknownFields::ignore, read);
}

}  // namespace slipway::wire
