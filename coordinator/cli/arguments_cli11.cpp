#include <functional>

#include <CLI/CLI.hpp>

#include "coordinator/cli/arguments.h"
#include "coordinator/cli/did_you_mean.h"
#include "platform/base/ids.h"

namespace slipway::cli {
namespace {

constexpr const char* states = "queued leased running canceling succeeded failed canceled unknown";

std::vector<std::string> split_words(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

/// The tree of commands. What was parsed lies in the variables that its options are bound to; `choose_` of the command
/// that was named makes a Command of them.
class Tree {
public:
    Tree() {
        app_.name("slipway");
        app_.require_subcommand(1);
        app_.fallthrough();
        app_.set_help_flag("-h,--help", "Show this help");
        app_.add_option("--url", settings_.url, "The coordinator, if not the one of the last login (SLIPWAY_URL)");
        app_.add_option("--ca", settings_.ca_path, "File with the authorities to trust, PEM (SLIPWAY_CA)");
        app_.add_option("--ca-sha256", settings_.ca_sha256, "SHA-256 of the authority to trust");
        app_.add_option("--config", settings_.config_path, "Where logins are kept (SLIPWAY_CONFIG)");
        app_.add_flag("--json", json_, "Results as JSON");
        app_.add_flag("-v,--verbose", verbose_, "Show each request on standard error");
        add_general();
        add_tokens();
        add_agents();
        add_pools();
        add_artifacts();
        add_jobs();
    }

    Result<std::variant<Arguments, HelpText>> parse(std::vector<std::string> words) {
        try {
            std::reverse(words.begin(), words.end());  // as CLI11 wants them
            app_.parse(std::move(words));
        } catch (const CLI::CallForHelp&) {
            return HelpText{app_.help()};
        } catch (const CLI::ParseError& error) {
            return fail(Code::invalid, explain(error), "usage");
        }
        for (const auto& [app, make] : makers_)
            if (app->parsed()) return Arguments{make(), settings_, json_, verbose_};
        return fail(Code::invalid, "no command was given; see slipway --help", "usage");
    }

    Word words() const { return words_of(app_); }

private:
    CLI::App* group(const std::string& name, const std::string& help) { return group(app_, name, help); }
    static CLI::App* group(CLI::App& parent, const std::string& name, const std::string& help) {
        CLI::App* app = parent.add_subcommand(name, help);
        app->require_subcommand(1);
        app->fallthrough();
        return app;
    }

    template <typename Bind>
    void command(CLI::App& parent, const std::string& name, const std::string& help, Bind bind) {
        CLI::App* app = parent.add_subcommand(name, help);
        app->fallthrough();
        makers_.emplace_back(app, bind(*app));
    }

    /// A command whose value is made of what its options were bound to.
    template <typename Of, typename Bind>
    void simple(CLI::App& parent, const std::string& name, const std::string& help, Bind bind) {
        command(parent, name, help, [&](CLI::App& app) -> std::function<Command()> {
            auto value = std::make_shared<Of>();
            bind(app, *value);
            return [value] { return Command(*value); };
        });
    }

    static void add_paging(CLI::App& app, Paging& paging) {
        app.add_option("--limit", paging.limit, "How many at most (50)")->check(CLI::Range(1, 1'000'000));
        app.add_option("--cursor", paging.cursor, "Go on where a list ended");
    }

    void add_general() {
        simple<LoginCommand>(
            app_, "login", "Log in to a coordinator and make it the current one",
            [](CLI::App& app, LoginCommand& login) {
                app.add_option("URL", login.url, "https://HOST:8440");
                auto* bootstrap =
                    app.add_option("--bootstrap", login.bootstrap_path,
                                   "The file that a new coordinator wrote: makes you its first administrator");
                app.add_option("--token-file", login.token_path, "File with a token, - for standard input")
                    ->excludes(bootstrap);
                app.add_option("--token", login.token_path, "Only as --token -: standard input")
                    ->excludes(bootstrap)
                    ->check(CLI::IsMember({"-"}));
                app.add_option("--name", login.name, "With --bootstrap: how your token is called (admin)");
            });
        simple<VersionCommand>(app_, "version", "Show the version", [](CLI::App&, VersionCommand&) {});
        simple<CompletionCommand>(app_, "completion", "Print a script that completes words in your shell",
                                  [](CLI::App& app, CompletionCommand& completion) {
                                      app.add_option("SHELL", completion.shell, "bash, zsh or fish")
                                          ->required()
                                          ->check(CLI::IsMember({"bash", "zsh", "fish"}));
                                  });
        CLI::App* audit = group("audit", "What was changed, by whom");
        simple<AuditList>(*audit, "list", "List changes, newest first",
                          [](CLI::App& app, AuditList& list) { add_paging(app, list.paging); });
    }

    void add_tokens() {
        CLI::App* token = group("token", "Tokens of people and programs");
        simple<TokenCreate>(*token, "create", "Make a token; it is shown once", [](CLI::App& app, TokenCreate& create) {
            app.add_option("NAME", create.name, "What it is called")->required();
            app.add_option("--role", create.role, "viewer, deployer or admin")
                ->required()
                ->check(CLI::IsMember({"viewer", "deployer", "admin"}));
            app.add_option("--lifetime", create.lifetime, "Such as 30d (90d)");
        });
        simple<TokenList>(*token, "list", "List tokens",
                          [](CLI::App& app, TokenList& list) { add_paging(app, list.paging); });
        simple<TokenRevoke>(*token, "revoke", "Revoke a token, at once", [](CLI::App& app, TokenRevoke& revoke) {
            app.add_option("NAME", revoke.name, "Its name")->required();
        });
    }

    template <typename Named>
    void named(CLI::App& parent, const std::string& name, const std::string& help, const std::string& what) {
        simple<Named>(parent, name, help,
                      [&what](CLI::App& app, Named& value) { app.add_option("NAME", value.name, what)->required(); });
    }

    void add_agents() {
        CLI::App* agent = group("agent", "Machines that run jobs");
        simple<AgentList>(*agent, "list", "List agents", [](CLI::App& app, AgentList& list) {
            add_paging(app, list.paging);
            app.add_option("--pool", list.pool, "Only those of this pool");
        });
        named<AgentShow>(*agent, "show", "Show an agent, what it can and what it runs", "The agent's name");
        for (const auto to : {AgentSwitch::To::enabled, AgentSwitch::To::disabled})
            simple<AgentSwitch>(*agent, to == AgentSwitch::To::enabled ? "enable" : "disable",
                                to == AgentSwitch::To::enabled ? "Let it get jobs again"
                                                               : "Let it get no more jobs; what runs, runs on",
                                [to](CLI::App& app, AgentSwitch& change) {
                                    change.to = to;
                                    app.add_option("NAME", change.name, "The agent's name")->required();
                                });
        simple<AgentDelete>(*agent, "delete", "Delete an agent", [](CLI::App& app, AgentDelete& remove) {
            app.add_option("NAME", remove.name, "The agent's name")->required();
            app.add_flag("--force", remove.force, "Even with attempts that have not ended: they end as lost");
        });
        simple<AgentResolve>(*agent, "resolve", "End a conflict of two machines with one identity",
                             [](CLI::App& app, AgentResolve& resolve) {
                                 app.add_option("NAME", resolve.name, "The agent's name")->required();
                                 auto* keep = app.add_option("--keep", resolve.keep, "The instance that goes on");
                                 app.add_flag("--re-enroll", resolve.re_enroll,
                                              "Neither goes on: the agent enrols anew")
                                     ->excludes(keep);
                             });
        CLI::App* token = group(*agent, "token", "Tokens that agents join with, once");
        simple<JoinTokenCreate>(
            *token, "create", "Make a join token; it is shown once", [](CLI::App& app, JoinTokenCreate& create) {
                app.add_option("--pool", create.pool, "Where the agent will be (default)");
                app.add_option("--agent,--name", create.agent_name, "What the agent will be called");
                app.add_option("--lifetime", create.lifetime, "Such as 30m (1h), at most 7d");
            });
        simple<JoinTokenList>(*token, "list", "List join tokens",
                              [](CLI::App& app, JoinTokenList& list) { add_paging(app, list.paging); });
        simple<JoinTokenRevoke>(*token, "revoke", "Revoke a join token", [](CLI::App& app, JoinTokenRevoke& revoke) {
            app.add_option("ID", revoke.id, "Its id, see slipway agent token list")->required();
        });
    }

    void add_pools() {
        CLI::App* pool = group("pool", "Groups of agents that share jobs");
        named<PoolCreate>(*pool, "create", "Make a pool", "What it is called");
        simple<PoolList>(*pool, "list", "List pools", [](CLI::App&, PoolList&) {});
        named<PoolDelete>(*pool, "delete", "Delete a pool that nothing is in", "Its name");
    }

    template <typename Versioned>
    static void add_version(CLI::App& app, Versioned& value) {
        app.add_option("NAME", value.name, "The artifact's name")->required();
        app.add_option("VERSION", value.version, "Its version")->required();
    }

    void add_artifacts() {
        CLI::App* artifact = group("artifact", "What is deployed");
        simple<ArtifactPush>(*artifact, "push", "Push a file as a new version", [](CLI::App& app, ArtifactPush& push) {
            app.add_option("FILE", push.path, "The file, often a .tar.gz")->required();
            app.add_option("--name", push.name, "The artifact's name")->required();
            app.add_option("--version", push.version, "The new version")->required();
            app.add_option("--upload", push.upload, "Go on with a push that was broken off");
        });
        simple<ArtifactPull>(*artifact, "pull", "Fetch a version into a file", [](CLI::App& app, ArtifactPull& pull) {
            add_version(app, pull);
            app.add_option("-o,--output", pull.output, "The file (NAME-VERSION)");
            app.add_flag("--force", pull.force, "Replace the file if it is there");
        });
        simple<ArtifactList>(*artifact, "list", "List artifacts", [](CLI::App& app, ArtifactList& list) {
            add_paging(app, list.paging);
            app.add_option("--name", list.name, "Only versions of this one");
        });
        simple<ArtifactShow>(*artifact, "show", "Show a version",
                             [](CLI::App& app, ArtifactShow& show) { add_version(app, show); });
        simple<ArtifactDelete>(*artifact, "delete", "Delete a version that no open job needs",
                               [](CLI::App& app, ArtifactDelete& remove) { add_version(app, remove); });
    }

    static void add_job_id(CLI::App& app, std::string& id) {
        app.add_option("ID", id, "The job's id")->required()->check([](const std::string& text) {
            return is_uuid(text) ? std::string() : text + " is no job's id; see them with: slipway job list";
        });
    }

    void add_job_run(CLI::App& job) {
        command(job, "run", "Queue a job", [](CLI::App& app) -> std::function<Command()> {
            struct Bound {
                std::string path;
                std::vector<std::string> variables;
                bool follow = false;
                bool wait = false;
            };
            auto bound = std::make_shared<Bound>();
            app.add_option("-f,--file", bound->path, "The job file (YAML), - for standard input")->required();
            app.add_option("--set", bound->variables, "A variable: NAME=VALUE; may be given again and again")
                ->take_all()
                ->allow_extra_args(false)
                ->check([](const std::string& text) {
                    return text.find('=') == 0 || text.find('=') == std::string::npos
                               ? std::string("expected NAME=VALUE; found " + text)
                               : std::string();
                });
            auto* follow = app.add_flag("--follow", bound->follow, "Show its log live and end as it ends");
            app.add_flag("--wait", bound->wait, "Wait in silence and end as it ends")->excludes(follow);
            return [bound] {
                JobRun run{.path = bound->path};
                for (const std::string& text : bound->variables) {
                    const auto equals = text.find('=');
                    run.variables.push_back({text.substr(0, equals), text.substr(equals + 1)});
                }
                run.then = bound->follow ? JobRun::Then::follow
                           : bound->wait ? JobRun::Then::wait
                                         : JobRun::Then::leave;
                return Command(std::move(run));
            };
        });
    }

    void add_jobs() {
        CLI::App* job = group("job", "What agents are asked to do");
        add_job_run(*job);
        simple<JobList>(*job, "list", "List jobs, newest first", [](CLI::App& app, JobList& list) {
            add_paging(app, list.paging);
            app.add_option("--state", list.state, states)->check(CLI::IsMember(split_words(states)));
            app.add_option("--pool", list.pool, "Only those for this pool");
            app.add_option("--agent", list.agent, "Only those of this agent");
            app.add_option("--name", list.name, "Only those of this name");
        });
        simple<JobShow>(*job, "show", "Show a job with its attempts and tasks", [](CLI::App& app, JobShow& show) {
            add_job_id(app, show.id);
        });
        simple<JobLogs>(*job, "logs", "Show a job's log", [](CLI::App& app, JobLogs& logs) {
            add_job_id(app, logs.id);
            app.add_flag("-f,--follow", logs.follow, "Live, to the job's end; ends as it ends");
            app.add_option("--attempt", logs.attempt, "Of this attempt, not the current one");
            app.add_option("--offset", logs.offset, "From this byte on");
        });
        add_job_moves(*job);
        simple<JobResolve>(*job, "resolve", "Say how a job ended that nobody hears of",
                           [](CLI::App& app, JobResolve& resolve) {
                               add_job_id(app, resolve.id);
                               app.add_option("--as", resolve.as, "succeeded, failed or canceled")
                                   ->required()
                                   ->check(CLI::IsMember({"succeeded", "failed", "canceled"}));
                               app.add_option("--reason", resolve.reason, "How you know")->required();
                           });
        simple<JobSchema>(*job, "schema", "Print the JSON Schema of job files", [](CLI::App&, JobSchema&) {});
    }

    void add_job_moves(CLI::App& job) {
        struct Move {
            const char* name;
            const char* help;
            JobMove::To to;
        };
        for (const Move& move : {Move{"cancel", "Stop a job", JobMove::To::cancel},
                                 Move{"retry", "Try a job again that nobody hears of", JobMove::To::retry},
                                 Move{"release", "Let a job go that a restore holds back", JobMove::To::release}})
            simple<JobMove>(job, move.name, move.help, [&move](CLI::App& app, JobMove& value) {
                value.to = move.to;
                add_job_id(app, value.id);
            });
    }

    /// The innermost command that was named.
    CLI::App& named() {
        CLI::App* app = &app_;
        while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
        return *app;
    }

    std::string path_of(const CLI::App& app) const {
        return app.get_parent() ? path_of(*app.get_parent()) + " " + app.get_name() : app.get_name();
    }

    std::string explain(const CLI::ParseError& error) {
        CLI::App& app = named();
        const std::vector<std::string> left = app_.remaining(true);
        std::string message = error.what();
        if (dynamic_cast<const CLI::ExtrasError*>(&error) || dynamic_cast<const CLI::RequiredError*>(&error)) {
            const Word here = words_of(app);
            std::vector<std::string> known;
            for (const Word& word : here.inside) known.push_back(word.name);
            known.insert(known.end(), here.options.begin(), here.options.end());
            if (!left.empty()) {
                const std::string near = did_you_mean(left.front(), known);
                message = path_of(app) + " does not know " + left.front() +
                          (near.empty() ? "" : "; did you mean " + near + "?");
            } else if (!here.inside.empty()) {
                message = path_of(app) + " needs one of:";
                for (const Word& word : here.inside) message += " " + word.name;
            }
        }
        return message + "\nSee: " + path_of(app) + " --help";
    }

    static Word words_of(const CLI::App& app) {
        Word word{app.get_name(), app.get_description(), {}, {}};
        for (const CLI::Option* option : app.get_options()) {
            for (const std::string& name : option->get_lnames()) word.options.push_back("--" + name);
            for (const std::string& name : option->get_snames()) word.options.push_back("-" + name);
        }
        for (const CLI::App* inside : app.get_subcommands(nullptr)) word.inside.push_back(words_of(*inside));
        return word;
    }

    CLI::App app_{"Deploys software to edge and on-prem machines: the operator's command"};
    Settings settings_;
    bool json_ = false;
    bool verbose_ = false;
    std::vector<std::pair<CLI::App*, std::function<Command()>>> makers_;
};

}  // namespace

Result<std::variant<Arguments, HelpText>> parse_arguments(const std::vector<std::string>& words) {
    return Tree().parse(words);
}

Word command_words() { return Tree().words(); }

}  // namespace slipway::cli
