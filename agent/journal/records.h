#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The bytes of journal records; journal.h describes them.
namespace slipway::journal {

class RecordWriter {
public:
    explicit RecordWriter(char type) : body_(1, type) {}
    RecordWriter& number(std::uint64_t value);
    RecordWriter& text(std::string_view value);
    std::string take() const;  ///< the whole record

private:
    std::string body_;
};

/// Fields of a record's bytes, in order; a field that is not there makes ok() false and reads as empty.
class FieldReader {
public:
    explicit FieldReader(std::string_view bytes) : left_(bytes) {}
    std::uint64_t number();
    std::string text();
    bool ok() const { return ok_; }
    bool finished() const { return ok_ && left_.empty(); }

private:
    std::string_view left_;
    bool ok_ = true;
};

struct Record {
    char type = 0;
    std::string_view bytes;
    std::size_t size = 0;  ///< of all of it in the file
};
/// The record at the front of `bytes`; nothing if it is not whole.
std::optional<Record> read_record(std::string_view bytes);

}  // namespace slipway::journal
