#pragma once

#include "coordinator/store/store.h"

namespace slipway::sim {

/// A store whose disk may be full: then nothing can be begun.
class FullStore final : public store::Store {
public:
    explicit FullStore(store::Store& store) : store_(store) {}

    Result<std::unique_ptr<store::Transaction>> begin() override {
        if (full_) return fail(Code::disk_full, "the disk of the database is full");
        return store_.begin();
    }
    Result<std::unique_ptr<store::Reader>> read() override { return store_.read(); }
    void set_full(bool full) { full_ = full; }

private:
    store::Store& store_;
    bool full_ = false;
};

}  // namespace slipway::sim
