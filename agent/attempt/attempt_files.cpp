#include "agent/attempt/attempt_files.h"

#include "platform/os/file_steps.h"
#include "platform/run/names.h"

namespace slipway::attempt {
namespace {

Result<std::unique_ptr<os::File>> make_file(os::Directory& directory, std::string_view name) {
    return directory.open(name, {.access = os::Access::read_write, .create = os::Create::exclusive});
}

}  // namespace

Result<AttemptFiles> make_attempt_files(os::Directory& attempts, const std::string& name, const run::Holder& holder) {
    AttemptFiles files;
    TRY_ASSIGN(files.directory, attempts.make_directory(name, 0700));
    TRY(os::replace_whole(*files.directory, run::holder_name, run::encode(holder)));
    TRY_ASSIGN(files.work, files.directory->make_directory(run::work_name, 0700));
    TRY(files.work->make_directory(run::temporary_name, 0700));
    TRY_ASSIGN(files.log, make_file(*files.directory, run::log_name));
    TRY_ASSIGN(files.marks, make_file(*files.directory, run::marks_name));
    TRY_ASSIGN(files.events, make_file(*files.directory, run::events_name));
    return files;
}

}  // namespace slipway::attempt
