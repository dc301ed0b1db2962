#include "agent/journal/records.h"

#include "platform/base/bytes.h"

namespace slipway::journal {
namespace {

constexpr std::size_t head_bytes = 8;
constexpr std::size_t body_bytes_max = 4 * 1024 * 1024;

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 255);
}

std::uint64_t get(std::string_view bytes, int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i)
        value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)])) << (8 * i);
    return value;
}

}  // namespace

RecordWriter& RecordWriter::number(std::uint64_t value) {
    put(body_, value, 8);
    return *this;
}

RecordWriter& RecordWriter::text(std::string_view value) {
    put(body_, value.size(), 4);
    body_ += value;
    return *this;
}

std::string RecordWriter::take() const {
    std::string record;
    put(record, body_.size(), 4);
    put(record, crc32c(body_), 4);
    return record += body_;
}

std::uint64_t FieldReader::number() {
    if (!ok_ || left_.size() < 8) {
        ok_ = false;
        return 0;
    }
    const std::uint64_t value = get(left_, 8);
    left_.remove_prefix(8);
    return value;
}

std::string FieldReader::text() {
    if (!ok_ || left_.size() < 4 || left_.size() - 4 < get(left_, 4)) {
        ok_ = false;
        return {};
    }
    const auto size = static_cast<std::size_t>(get(left_, 4));
    std::string value(left_.substr(4, size));
    left_.remove_prefix(4 + size);
    return value;
}

std::optional<Record> read_record(std::string_view bytes) {
    if (bytes.size() < head_bytes) return std::nullopt;
    const auto size = static_cast<std::size_t>(get(bytes, 4));
    if (size == 0 || size > body_bytes_max || bytes.size() - head_bytes < size) return std::nullopt;
    const std::string_view body = bytes.substr(head_bytes, size);
    if (crc32c(body) != get(bytes.substr(4), 4)) return std::nullopt;
    return Record{body.front(), body.substr(1), head_bytes + size};
}

}  // namespace slipway::journal
