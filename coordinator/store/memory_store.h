#pragma once

#include <memory>

#include "coordinator/store/store.h"

namespace slipway::store {

/// The same promises in memory, for simulations and tests: what is committed stays as long as the object, what is not
/// is gone with its transaction. Copies the tables that a transaction touches, looks things up by walking: for
/// thousands of rows, not for millions. Deterministic. Used as store.h says, also by several threads.
std::unique_ptr<Store> make_memory_store();
/// What `store` has committed, as a store of its own: a backup. REQUIRES: make_memory_store() made it.
std::unique_ptr<Store> copy_memory_store(Store& store);

}  // namespace slipway::store
