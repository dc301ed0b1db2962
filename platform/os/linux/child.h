#pragma once

#include <cstdint>
#include <vector>

#include <sys/resource.h>

#include "platform/os/process.h"

/// Making a child: a few system calls between clone and exec, in memory that is shared with the parent, which waits.
namespace slipway::os {

struct ChildDescriptor {
    int from = -1;
    int as = -1;
    int copy = -1;  // out of the way of the targets; filled in by the child
};

struct ChildLimit {
    int resource = 0;
    rlimit value = {};
};

/// All that the child needs, made ready by the parent: the child must not allocate.
struct ChildPlan {
    const char* program = nullptr;
    char* const* arguments = nullptr;
    char* const* environment = nullptr;
    int directory = -1;
    const char* directory_path = nullptr;
    std::vector<ChildDescriptor> descriptors;
    std::vector<ChildLimit> limits;
    int cgroup = -1;  // directory
    bool entered_cgroup = false;
    bool own_session = true;
    bool no_new_privileges = false;
    bool set_umask = false;
    std::uint32_t umask = 0;

    // What the child says when it could not: errno, and at which step.
    int error = 0;
    const char* step = nullptr;
};

struct Child {
    int process = -1;  ///< -1: `error` of the parent's own call
    int pidfd = -1;
    int error = 0;
};

/// Room for the child to run on before exec.
class ChildStack {
public:
    ChildStack();
    ~ChildStack();
    ChildStack(const ChildStack&) = delete;
    ChildStack& operator=(const ChildStack&) = delete;
    void* bottom() const { return memory_; }
    std::size_t size() const;

private:
    void* memory_;
};

/// Returns after exec or after the child has failed (`plan.error`). The child is the caller's to wait for, either way.
Child start_child(ChildPlan& plan, const ChildStack& stack, SpawnMethod method);

}  // namespace slipway::os
