#include <limits>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "platform/base/limits.h"
#include "platform/crypto/init.h"
#include "platform/crypto/openssl_types.h"

namespace slipway::crypto {

// What a program uses of OpenSSL comes in when it is used: most processes of an agent need a digest and no more. Nor is
// it taken apart again when the process ends.
void init() { OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, nullptr); }

tl::unexpected<Error> openssl_fail(Code code, std::string what) {
    // The last error is the outermost and says least: the first is the cause.
    if (const unsigned long error = ERR_get_error(); error != 0)
        if (const char* reason = ERR_reason_error_string(error)) what += std::string(" (OpenSSL: ") + reason + ")";
    ERR_clear_error();
    return fail(code, std::move(what));
}

BioPtr reading(std::string_view bytes) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
    return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

std::string_view written(const BioPtr& bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return size > 0 ? std::string_view(data, static_cast<std::size_t>(size)) : std::string_view();
}

Result<std::string> pem_to_der(std::string_view pem, std::string_view name, std::string_view other_name) {
    const BioPtr bio = reading(pem);
    char* found = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (!bio || PEM_read_bio(bio.get(), &found, &header, &data, &size) != 1)
        return openssl_fail(Code::invalid, "no PEM block \"" + std::string(name) + "\" could be read");
    const OpensslTextPtr found_owner(found);
    const OpensslTextPtr header_owner(header);
    const OpensslTextPtr data_owner(reinterpret_cast<char*>(data));
    if (found != name && (other_name.empty() || found != other_name))
        return fail(Code::invalid, "a PEM block \"" + std::string(name) + "\" was expected, this is a \"" +
                                       printable(found, 60) + "\"");
    if (*header != '\0') return fail(Code::invalid, "the PEM block is encrypted or has a header, which is not read");
    std::string der(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    std::string_view rest = pem.substr(pem.size() - BIO_ctrl_pending(bio.get()));
    if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos)
        return fail(Code::invalid, "one PEM block was expected, something follows it");
    return der;
}

}  // namespace slipway::crypto
