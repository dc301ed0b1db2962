#include "agent/attempt/growing_file.h"

namespace slipway::attempt {

Result<> GrowingFile::append(std::string_view bytes) {
    auto written = file_->append(bytes);
    if (!written) {
        // A part may have been written; the digest counts only what is whole.
        [[maybe_unused]] const auto cut = file_->truncate(length_);
        return written;
    }
    length_ += bytes.size();
    return {};
}

Result<> GrowingFile::sync() {
    if (synced_length_ == length_) return {};
    TRY(file_->sync_data());
    synced_length_ = length_;
    return {};
}

Result<bool> GrowingFile::tampered() {
    TRY_ASSIGN(const os::Status status, file_->status());
    return status.size != length_ || status.links != 1;
}

}  // namespace slipway::attempt
