#include <set>

#include "platform/base/bytes.h"
#include "platform/base/ids.h"
#include "platform/os/memory/memory_machine.h"

namespace slipway::os {
namespace {

bool is_group_name(std::string_view name) {
    const std::size_t slash = name.find('/');
    const auto good = [](std::string_view part) { return is_name(part) && part.find('.') == std::string_view::npos; };
    return good(name.substr(0, slash)) && (slash == std::string_view::npos || good(name.substr(slash + 1)));
}

Result<> check_name(std::string_view name) {
    if (!is_group_name(name)) return fail(Code::invalid, "'" + printable(name) + "' is not a name of a process group");
    return {};
}

}  // namespace

class MemoryGroup final : public Group {
public:
    MemoryGroup(MemoryMachine& machine, Loop& loop, std::string name)
        : machine_(machine), loop_(loop), name_(std::move(name)) {}

    const std::string& name() const override { return name_; }

    Result<> signal(Signal signal) override {
        for (const auto& process : machine_.members(name_)) process->receive(signal);
        return {};
    }
    Result<> kill() override { return signal(Signal::kill); }
    Result<bool> empty() override { return machine_.members(name_).empty(); }

    Result<Handle> on_empty(std::function<void()> function) override {
        struct Question final : Subscription {
            ~Question() override { *wanted = false; }
            std::shared_ptr<bool> wanted = std::make_shared<bool>(true);
        };
        auto question = std::make_unique<Question>();
        const auto answer = [&loop = loop_, wanted = question->wanted, function = std::move(function)] {
            if (!*wanted) return;
            loop.post([wanted, function] {
                if (*wanted) function();
            });
        };
        machine_.questions_.emplace(++machine_.last_question_, MemoryMachine::EmptyQuestion{name_, answer});
        machine_.look_at_groups();
        return question;
    }

    Result<std::vector<std::int64_t>> processes() override {
        std::vector<std::int64_t> ids;
        for (const auto& process : machine_.members(name_)) ids.push_back(process->identity().id);
        return ids;
    }

    GroupEntry entry() override { return {}; }
    void entered(std::int64_t) override {}

private:
    MemoryMachine& machine_;
    Loop& loop_;
    std::string name_;
};

Result<std::unique_ptr<Group>> MemoryGroups::make(std::string_view name) {
    TRY(check_name(name));
    machine_.groups_.insert(std::string(name.substr(0, name.find('/'))));
    machine_.groups_.insert(std::string(name));
    return std::make_unique<MemoryGroup>(machine_, loop_, std::string(name));
}

Result<std::optional<std::unique_ptr<Group>>> MemoryGroups::open(std::string_view name) {
    TRY(check_name(name));
    if (!machine_.groups_.contains(std::string(name))) return std::nullopt;
    TRY_ASSIGN(auto group, make(name));
    return std::optional(std::move(group));
}

Result<std::vector<std::string>> MemoryGroups::list() {
    std::vector<std::string> names;
    for (const std::string& name : machine_.groups_)
        if (name.find('/') == std::string::npos) names.push_back(name);
    return names;
}

Result<std::vector<std::string>> MemoryGroups::parts(std::string_view name) {
    TRY(check_name(name));
    const std::string prefix = std::string(name.substr(0, name.find('/'))) + "/";
    std::vector<std::string> names;
    for (const std::string& group : machine_.groups_)
        if (group.starts_with(prefix)) names.push_back(group.substr(prefix.size()));
    return names;
}

Result<> MemoryGroups::remove(std::string_view name) {
    TRY(check_name(name));
    const std::string group(name);
    if (!machine_.members(group).empty())
        return fail(Code::conflict, "removing process group " + group + ": processes live in it");
    std::erase_if(machine_.groups_,
                  [&](const std::string& other) { return other == group || other.starts_with(group + "/"); });
    return {};
}

}  // namespace slipway::os
