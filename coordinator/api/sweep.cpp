#include "coordinator/api/sweep.h"

#include "coordinator/desk/artifacts.h"

namespace slipway::api {
namespace {

constexpr Duration interval = 1h;
constexpr Duration upload_untouched_max = 24h;

}  // namespace

void Sweep::begin() {
    services_.server->loop().post([this] { arm(); });
}

void Sweep::arm() {
    timer_ = services_.server->loop().after(interval, [this] {
        sweep_uploads();
        also_();
        arm();
    });
}

void Sweep::sweep_uploads() {
    auto look = [this] {
        auto reader = services_.store.read();
        if (!reader) return;
        const auto old = (*reader)->uploads_untouched_since(services_.clock.wall() - upload_untouched_max);
        if (!old) return;
        for (const core::Upload& upload : *old) {
            auto remove = [this, id = upload.id] {
                if (auto removed = services_.blobs.remove_upload(id); !removed) return;
                services_.writer.submit<bool>(
                    [id](desk::Turn& turn) -> Result<bool> {
                        TRY(desk::remove_upload(turn, id));
                        return true;
                    },
                    [](const Result<bool>&) {});
            };
            if (auto submitted = services_.disk.submit(upload.id, std::move(remove)); !submitted) return;
        }
    };
    if (auto submitted = services_.readers.submit(std::move(look)); !submitted)
        services_.logger.warning("old uploads are swept later");
}

}  // namespace slipway::api
