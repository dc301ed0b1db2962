#include "platform/os/linux/system_error.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "platform/base/bytes.h"

namespace slipway::os {
namespace {

Code code_of(int number) {
    switch (number) {
        case ENOSPC:
        case EDQUOT: return Code::disk_full;
        case ENOENT:
        case ESRCH: return Code::not_found;
        case EEXIST:
        case ENOTEMPTY:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case EBUSY:
        case ETXTBSY:
        case EXDEV: return Code::conflict;
        case ENAMETOOLONG:
        case EFBIG:
        case EMLINK:
        case E2BIG: return Code::limit;
        case EMFILE:
        case ENFILE:
        case EAGAIN:
        case ENOMEM:
        case EPIPE: return Code::unavailable;
        case ETIMEDOUT: return Code::timed_out;
        case ENOSYS:
        case EOPNOTSUPP: return Code::unsupported;
        default: return Code::io;
    }
}

}  // namespace

Error system_error(int number, std::string_view operation, std::string_view object) {
    std::string message(operation);
    if (!object.empty()) message += " " + printable(object);
    message += ": ";
    const char* text = ::strerrordesc_np(number);
    message += text == nullptr ? "error " + std::to_string(number) : std::string(text);
    if (number == EMFILE) message += " in this process (see ulimit -n)";
    return {code_of(number), std::move(message)};
}

}  // namespace slipway::os
