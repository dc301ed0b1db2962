#include "platform/os/loop.h"

#include "platform/os/pipe.h"
#include "platform/os/watch.h"
#include "platform/os/windows/unsupported.h"

namespace slipway::os {

Result<std::unique_ptr<EventLoop>> make_event_loop(Clock&) { return unsupported("the event loop"); }
Result<std::unique_ptr<FileWatches>> make_file_watches(EventLoop&) { return unsupported("watching files"); }
Result<std::unique_ptr<PipeReader>> make_pipe_reader(EventLoop&, Native) { return unsupported("reading a pipe"); }
Result<std::unique_ptr<PipeWriter>> make_pipe_writer(EventLoop&, Native) { return unsupported("writing a pipe"); }

}  // namespace slipway::os
