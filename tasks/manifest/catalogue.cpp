#include "tasks/manifest/catalogue.h"

#include <algorithm>
#include <utility>

#include "platform/base/assert.h"
#include "platform/base/bytes.h"

namespace slipway::tasks {

Result<Catalogue> Catalogue::parse(std::span<const std::string_view> texts) {
    Catalogue catalogue;
    for (const std::string_view text : texts) {
        TRY_ASSIGN(auto manifest, parse_manifest(text));
        if (catalogue.find(manifest.reference()))
            return fail(Code::invalid, "there are two tasks " + manifest.reference());
        catalogue.manifests_.push_back(std::move(manifest));
    }
    std::ranges::sort(catalogue.manifests_, {}, &Manifest::reference);
    return catalogue;
}

Catalogue Catalogue::built_in() {
    auto catalogue = parse(built_in_texts());
    ASSERT(catalogue.has_value());
    return std::move(*catalogue);
}

const Manifest* Catalogue::find(std::string_view reference) const {
    const auto found = std::ranges::find(manifests_, reference, &Manifest::reference);
    return found == manifests_.end() ? nullptr : &*found;
}

Result<> Catalogue::check_task(std::string_view reference, const Inputs& inputs) const {
    if (const Manifest* manifest = find(reference)) return check_inputs(*manifest, inputs);
    std::string known;
    for (const auto& manifest : manifests_) known += (known.empty() ? "" : ", ") + manifest.reference();
    return fail(Code::invalid, "there is no task " + printable(reference, 80) + "; there are " + known, "unknown_task");
}

}  // namespace slipway::tasks
