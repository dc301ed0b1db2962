#include "platform/os/linux/groups.h"

#include "platform/base/bytes.h"
#include "platform/base/ids.h"

namespace slipway::os {
namespace {

constexpr std::string_view cgroup_prefix = "cgroup:";
constexpr std::string_view session_prefix = "session:";

Result<std::unique_ptr<Groups>> from_base(EventLoop& loop, std::string_view base, Launcher* launcher) {
    if (base.starts_with(cgroup_prefix))
        return open_cgroup_groups(loop, std::string(base.substr(cgroup_prefix.size())));
    if (base.starts_with(session_prefix) && is_name(base.substr(session_prefix.size())))
        return make_session_groups(loop, std::string(base.substr(session_prefix.size())), launcher);
    return fail(Code::invalid, "'" + printable(base) + "' is not a place of process groups");
}

}  // namespace

Result<GroupName> parse_group_name(std::string_view name) {
    const std::size_t slash = name.find('/');
    GroupName parsed;
    parsed.first = std::string(name.substr(0, slash));
    if (slash != std::string_view::npos) parsed.second = std::string(name.substr(slash + 1));
    // The kernel's own files in a cgroup begin with the name of their controller and a dot.
    const auto good = [](const std::string& part) { return is_name(part) && part.find('.') == std::string::npos; };
    if (!good(parsed.first) || (slash != std::string_view::npos && !good(parsed.second)))
        return fail(Code::invalid, "'" + printable(name) + "' is not a name of a process group");
    return parsed;
}

Result<std::unique_ptr<Groups>> make_groups(EventLoop& loop, const GroupsOptions& options) {
    if (options.base) return from_base(loop, *options.base, options.adopt_orphans_beside);
    if (!is_name(options.instance) || options.instance.find('.') != std::string::npos)
        return fail(Code::invalid, "'" + printable(options.instance) + "' is not a name of an agent's process groups");
    if (options.level != GroupLevel::session) {
        auto made = make_cgroup_groups(loop, options.instance);
        if (made || options.level) return made;
    }
    return make_session_groups(loop, options.instance, options.adopt_orphans_beside);
}

}  // namespace slipway::os
