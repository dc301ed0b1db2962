#pragma once

#include <span>
#include <string>

#include "platform/base/ids.h"

namespace slipway::cli {

/// `slipway-agent unpack --into DIR [--from FILE] [--format auto|tar|zip] [--max-bytes N] [--max-entries N]
/// [--max-ratio N] [--max-depth N] [--max-name-bytes N]`, the archive otherwise on standard input. Called by main(), in
/// a process with one thread that does nothing else.
///
/// DIR must be missing or an empty folder; missing folders above it are made. It appears at once, whole and durable, or
/// stays as it was. One line on standard output when all went well, else one on standard error,
/// `slipway-unpack: <word>: <message>`, with the exit code:
///   64 usage              the command line is wrong
///   65 refused            the archive breaks a rule or a limit
///   66 corrupt            the archive is damaged or cut off
///   69 unsupported        this machine has no sandbox
///   70 internal           a defect, or the process in the sandbox died
///   73 disk_full, exists  no space; DIR exists and is not empty, or cannot be made
///   74 io                 reading or writing failed
///   75 canceled           a signal asked to end
int run_unpack(std::span<const std::string> arguments, Random& random);

}  // namespace slipway::cli
