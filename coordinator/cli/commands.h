#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/cli/context.h"
#include "coordinator/cli/exit_code.h"
#include "coordinator/cli/job_file.h"

/// Every command with what it was given. arguments.h makes one of them; run() does it.
namespace slipway::cli {

struct Paging {
    std::uint64_t limit = 50;  ///< items in all, over as many pages as that takes
    std::string cursor = {};
};

struct LoginCommand {
    std::string url = {};
    std::string bootstrap_path = {};
    std::string token_path = {};  ///< "-" is standard input
    std::string name = "admin";
};
struct VersionCommand {};
struct CompletionCommand {
    std::string shell = {};
};

struct TokenCreate {
    std::string name = {};
    std::string role = {};
    std::string lifetime = {};
};
struct TokenList {
    Paging paging = {};
};
struct TokenRevoke {
    std::string name = {};
};

struct AgentList {
    Paging paging = {};
    std::string pool = {};
};
struct AgentShow {
    std::string name = {};
};
struct AgentSwitch {
    enum class To { enabled, disabled };
    std::string name = {};
    To to = To::enabled;
};
struct AgentDelete {
    std::string name = {};
    bool force = false;
};
struct AgentResolve {
    std::string name = {};
    std::string keep = {};
    bool re_enroll = false;
};
struct JoinTokenCreate {
    std::string pool = {};
    std::string agent_name = {};
    std::string lifetime = {};
};
struct JoinTokenList {
    Paging paging = {};
};
struct JoinTokenRevoke {
    std::string id = {};
};

struct PoolCreate {
    std::string name = {};
};
struct PoolList {};
struct PoolDelete {
    std::string name = {};
};

struct ArtifactPush {
    std::string path = {};
    std::string name = {};
    std::string version = {};
    std::string upload = {};  ///< goes on with this one
};
struct ArtifactPull {
    std::string name = {};
    std::string version = {};
    std::string output = {};
    bool force = false;
};
struct ArtifactList {
    Paging paging = {};
    std::string name = {};
};
struct ArtifactShow {
    std::string name = {};
    std::string version = {};
};
struct ArtifactDelete {
    std::string name = {};
    std::string version = {};
};

struct JobRun {
    enum class Then { leave, follow, wait };
    std::string path = {};  ///< "-" is standard input
    std::vector<JobFile::Variable> variables = {};
    Then then = Then::leave;
};
struct JobList {
    Paging paging = {};
    std::string state = {};
    std::string pool = {};
    std::string agent = {};
    std::string name = {};
};
struct JobShow {
    std::string id = {};
};
struct JobLogs {
    std::string id = {};
    std::string attempt = {};
    std::uint64_t offset = 0;
    bool follow = false;
};
struct JobMove {
    enum class To { cancel, retry, release };
    std::string id = {};
    To to = To::cancel;
};
struct JobResolve {
    std::string id = {};
    std::string as = {};
    std::string reason = {};
};
struct JobSchema {};

struct AuditList {
    Paging paging = {};
};

using Command =
    std::variant<LoginCommand, VersionCommand, CompletionCommand, TokenCreate, TokenList, TokenRevoke, AgentList,
                 AgentShow, AgentSwitch, AgentDelete, AgentResolve, JoinTokenCreate, JoinTokenList, JoinTokenRevoke,
                 PoolCreate, PoolList, PoolDelete, ArtifactPush, ArtifactPull, ArtifactList, ArtifactShow,
                 ArtifactDelete, JobRun, JobList, JobShow, JobLogs, JobMove, JobResolve, JobSchema, AuditList>;

Result<ExitCode> run(Context& context, const LoginCommand& command);
Result<ExitCode> run(Context& context, const VersionCommand& command);
Result<ExitCode> run(Context& context, const CompletionCommand& command);
Result<ExitCode> run(Context& context, const TokenCreate& command);
Result<ExitCode> run(Context& context, const TokenList& command);
Result<ExitCode> run(Context& context, const TokenRevoke& command);
Result<ExitCode> run(Context& context, const AgentList& command);
Result<ExitCode> run(Context& context, const AgentShow& command);
Result<ExitCode> run(Context& context, const AgentSwitch& command);
Result<ExitCode> run(Context& context, const AgentDelete& command);
Result<ExitCode> run(Context& context, const AgentResolve& command);
Result<ExitCode> run(Context& context, const JoinTokenCreate& command);
Result<ExitCode> run(Context& context, const JoinTokenList& command);
Result<ExitCode> run(Context& context, const JoinTokenRevoke& command);
Result<ExitCode> run(Context& context, const PoolCreate& command);
Result<ExitCode> run(Context& context, const PoolList& command);
Result<ExitCode> run(Context& context, const PoolDelete& command);
Result<ExitCode> run(Context& context, const ArtifactPush& command);
Result<ExitCode> run(Context& context, const ArtifactPull& command);
Result<ExitCode> run(Context& context, const ArtifactList& command);
Result<ExitCode> run(Context& context, const ArtifactShow& command);
Result<ExitCode> run(Context& context, const ArtifactDelete& command);
Result<ExitCode> run(Context& context, const JobRun& command);
Result<ExitCode> run(Context& context, const JobList& command);
Result<ExitCode> run(Context& context, const JobShow& command);
Result<ExitCode> run(Context& context, const JobLogs& command);
Result<ExitCode> run(Context& context, const JobMove& command);
Result<ExitCode> run(Context& context, const JobResolve& command);
Result<ExitCode> run(Context& context, const JobSchema& command);
Result<ExitCode> run(Context& context, const AuditList& command);

}  // namespace slipway::cli
