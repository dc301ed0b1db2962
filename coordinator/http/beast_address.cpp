#include <charconv>

#include <boost/asio/ip/address.hpp>

#include "coordinator/http/address.h"
#include "platform/base/bytes.h"

namespace slipway::http {

Result<Address> parse_address(std::string_view text) {
    const auto refuse = [&] {
        return fail(Code::invalid, "address '" + printable(text) +
                                       "' is not a numeric address and port such as 127.0.0.1:8440 or [::1]:8440");
    };
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse();
    std::string host(text.substr(0, colon));
    const std::string_view digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const auto numeric = boost::asio::ip::make_address(host, error);
    if (error || numeric.is_v6() != bracketed) return refuse();
    Address address{host, 0};
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (failure != std::errc() || end != digits.data() + digits.size()) return refuse();
    return address;
}

std::string to_string(const Address& address) {
    const bool six = address.host.find(':') != std::string::npos;
    return (six ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace slipway::http
