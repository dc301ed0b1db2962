#pragma once

#include <map>
#include <set>
#include <string>

#include "platform/os/files.h"

namespace slipway::sim {

/// All that lies below a directory, by path: a backup, or the disk of a machine that is copied.
struct DiskImage {
    std::set<std::string> directories;
    std::map<std::string, std::string> files;
};

DiskImage copy_of(os::Files& files, const std::string& path);
/// Makes `path` hold that and nothing else, durably. REQUIRES: there is room.
void write_image(const DiskImage& image, os::Files& files, const std::string& path);

}  // namespace slipway::sim
