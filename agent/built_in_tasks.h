#pragma once

#include <span>
#include <string>

#include "agent/attempt/programs.h"
#include "platform/os/host.h"

namespace slipway {

/// What runs the built-in tasks: shell by its interpreter, every other one as `slipway-agent task <name>`.
class BuiltInPrograms final : public attempt::Programs {
public:
    explicit BuiltInPrograms(std::string executable) : executable_(std::move(executable)) {}
    Result<attempt::Command> command_of(const tasks::Manifest& manifest, const tasks::Inputs& inputs,
                                        const std::string& path) override;

private:
    std::string executable_;
};

/// `slipway-agent task <name>`: the process of one built-in task, its inputs in the environment. Called by main().
int run_task(std::span<const std::string> arguments, const os::Environment& environment);

}  // namespace slipway
