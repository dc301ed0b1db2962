#include "agent/cli/unpack.h"

#include <charconv>
#include <cstdio>
#include <new>
#include <optional>
#include <vector>

#include "agent/cli/staging.h"
#include "platform/archive/unpack.h"
#include "platform/base/bytes.h"
#include "platform/base/limits.h"
#include "platform/os/files.h"
#include "platform/os/sandbox.h"

namespace slipway::cli {
namespace {

constexpr std::uint64_t memory_bytes_max = 768ull * 1024 * 1024;
constexpr std::uint64_t cpu_s_max = 3600;
constexpr std::uint64_t descriptors_max = 256;  // two paths of 64 folders, and some

constexpr std::string_view usage =
    "slipway-agent unpack --into DIR [--from FILE] [--format auto|tar|zip] [--max-bytes N] [--max-entries N] "
    "[--max-ratio N] [--max-depth N] [--max-name-bytes N] [< ARCHIVE]";

struct Options {
    std::string into;
    std::string from;
    std::string format = "auto";
    archive::UnpackLimits limits;
};

tl::unexpected<Error> bad_usage(const std::string& what) {
    return fail(Code::invalid, what + "; usage: " + std::string(usage), "usage");
}

Result<> take_limit(const std::string& name, const std::string& text, std::uint64_t& limit) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > limit)
        return bad_usage(name + " takes a number from 1 to " + std::to_string(limit) + ", not " + printable(text));
    limit = value;
    return {};
}

Result<> take_option(Options& options, const std::string& name, const std::string& value) {
    if (name == "--into")
        options.into = value;
    else if (name == "--from")
        options.from = value;
    else if (name == "--format" && (value == "auto" || value == "tar" || value == "zip"))
        options.format = value;
    else if (name == "--max-bytes")
        return take_limit(name, value, options.limits.bytes_max);
    else if (name == "--max-entries")
        return take_limit(name, value, options.limits.entries_max);
    else if (name == "--max-ratio")
        return take_limit(name, value, options.limits.ratio_max);
    else if (name == "--max-depth")
        return take_limit(name, value, options.limits.depth_max);
    else if (name == "--max-name-bytes")
        return take_limit(name, value, options.limits.name_bytes_max);
    else
        return bad_usage(printable(name) + " " + printable(value) + " is not known");
    return {};
}

Result<Options> parse(std::span<const std::string> arguments) {
    Options options;
    while (!arguments.empty()) {
        std::string name = arguments[0];
        arguments = arguments.subspan(1);
        std::string value;
        if (const std::size_t equals = name.find('='); equals != std::string::npos) {
            value = name.substr(equals + 1);
            name.resize(equals);
        } else if (!arguments.empty()) {
            value = arguments[0];
            arguments = arguments.subspan(1);
        } else {
            return bad_usage(printable(name) + " lacks its value");
        }
        TRY(take_option(options, name, value));
    }
    if (options.into.empty()) return bad_usage("--into is missing");
    return options;
}

/// Standard input may be a pipe, and the reader goes back and forth: it is copied into a file without a name.
Result<std::unique_ptr<os::File>> spool_input(os::Directory& folder) {
    TRY_ASSIGN(auto file, folder.open("input", {.access = os::Access::read_write, .create = os::Create::exclusive}));
    TRY(folder.remove("input"));
    std::vector<char> buffer(256 * 1024);
    std::uint64_t at = 0;
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
        if (at + got > limits::artifact_bytes_max)
            return fail(
                Code::limit,
                "\"the archive\": it is larger than allowed (limit " + std::to_string(limits::artifact_bytes_max) + ")",
                "archive_refused");
        TRY(file->write_at(at, std::string_view(buffer.data(), got)));
        at += got;
    }
    if (std::ferror(stdin) != 0) return fail(Code::io, "reading standard input failed");
    return file;
}

Result<std::unique_ptr<os::File>> open_input(os::Files& files, const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    TRY_ASSIGN(const auto directory, files.open_directory(folder));
    return directory->open(path.substr(slash == std::string::npos ? 0 : slash + 1), {.access = os::Access::read});
}

Result<archive::Format> recognise(os::File& file, const Options& options) {
    std::string first(archive::detect_bytes, '\0');
    TRY_ASSIGN(const std::size_t got, file.read_at(0, first));
    first.resize(got);
    TRY_ASSIGN(const auto format, archive::detect_format(first));
    const bool zip = format == archive::Format::zip;
    if (options.format != "auto" && (options.format == "zip") != zip)
        return fail(
            Code::invalid,
            "\"the archive\": it is " + std::string(to_string(format)) + ", and " + options.format + " was asked for",
            "archive_refused");
    if (options.format == "auto") TRY(archive::check_extension(options.from, format));
    return format;
}

Result<std::string> unpack_text(os::File& file, archive::Format format, os::Directory& tree,
                                const archive::UnpackLimits& limits) {
    try {
        TRY_ASSIGN(const auto summary, archive::unpack(file, format, tree, limits));
        return std::to_string(summary.entries) + " entries, " + std::to_string(summary.bytes) + " bytes";
    } catch (const std::bad_alloc&) {
        return fail(Code::limit,
                    "\"the archive\": unpacking it takes more memory than allowed (limit " +
                        std::to_string(memory_bytes_max) + ")",
                    "archive_refused");
    }
}

Result<std::string> unpack_into(const Options& options, Staging& staging, os::Files& files) {
    TRY_ASSIGN(const auto file, options.from.empty() ? spool_input(staging.folder()) : open_input(files, options.from));
    TRY_ASSIGN(const auto format, recognise(*file, options));
    const os::SandboxOptions sandbox{.writable = staging.tree(),
                                     .kept = {file->native().value_or(0)},
                                     .memory_bytes_max = memory_bytes_max,
                                     .file_bytes_max = options.limits.bytes_max,
                                     .cpu_s_max = cpu_s_max,
                                     .descriptors_max = descriptors_max};
    TRY_ASSIGN(const auto run,
               os::run_in_sandbox(sandbox, [&] { return unpack_text(*file, format, staging.tree(), options.limits); }));
    TRY(staging.publish());
    return run.text + (run.layers.file_access ? ", landlock" : "") + (run.layers.system_calls ? ", seccomp" : "");
}

Result<std::string> run(std::span<const std::string> arguments, Random& random) {
    TRY_ASSIGN(const Options options, parse(arguments));
    const auto files = os::make_system_files();
    TRY_ASSIGN(const auto staging, Staging::make(*files, options.into, random));
    auto text = unpack_into(options, *staging, *files);
    if (auto removed = staging->remove(); !removed)
        std::fprintf(stderr, "slipway-unpack: left over: %s\n", removed.error().message.c_str());
    return text;
}

struct Ending {
    int exit_code;
    const char* word;
};

Ending ending_of(const Error& error) {
    if (error.reason == "usage") return {64, "usage"};
    switch (error.code) {
        case Code::corrupt: return {66, "corrupt"};
        case Code::invalid:
        case Code::limit: return {65, "refused"};
        case Code::unsupported: return {69, "unsupported"};
        case Code::disk_full: return {73, "disk_full"};
        case Code::conflict: return {73, "exists"};
        case Code::canceled: return {75, "canceled"};
        case Code::internal: return {70, "internal"};
        default: return {74, "io"};
    }
}

}  // namespace

int run_unpack(std::span<const std::string> arguments, Random& random) {
    const auto text = run(arguments, random);
    if (text) {
        std::printf("unpacked %s\n", text->c_str());
        return 0;
    }
    const Ending ending = ending_of(text.error());
    std::fprintf(stderr, "slipway-unpack: %s: %s\n", ending.word, text.error().message.c_str());
    return ending.exit_code;
}

}  // namespace slipway::cli
