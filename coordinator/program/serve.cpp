#include "coordinator/program/serve.h"

#include <functional>

#include "coordinator/api/agent_admin_routes.h"
#include "coordinator/api/agent_routes.h"
#include "coordinator/api/artifact_routes.h"
#include "coordinator/api/credentials.h"
#include "coordinator/api/job_routes.h"
#include "coordinator/api/log_probe.h"
#include "coordinator/api/log_routes.h"
#include "coordinator/api/orders.h"
#include "coordinator/api/pki.h"
#include "coordinator/api/sweep.h"
#include "coordinator/api/system_routes.h"
#include "coordinator/api/token_routes.h"
#include "coordinator/desk/agents.h"
#include "coordinator/desk/tokens.h"
#include "coordinator/program/notify_systemd.h"
#include "coordinator/program/reload.h"
#include "coordinator/program/server_certificate.h"
#include "coordinator/program/state.h"
#include "coordinator/program/version.h"
#include "coordinator/store/sqlite_store.h"
#include "platform/crypto/sha256.h"
#include "platform/os/clock.h"
#include "platform/os/reserve.h"

namespace slipway {
namespace {

constexpr std::size_t disk_threads = 4;
constexpr std::size_t disk_queue_max = 10'000;
constexpr std::size_t reader_threads = 2;
constexpr std::size_t reader_queue_max = 20'000;
constexpr Duration drain_grace = 20s;

std::string url_of(const std::string& name, std::uint16_t port) {
    const bool bare_v6 = name.find(':') != std::string::npos;
    return "https://" + (bare_v6 ? "[" + name + "]" : name) + ":" + std::to_string(port);
}

/// The pool that jobs and agents are in when nobody says another: made once, with the very first start.
Result<> make_first_pool(desk::Desk& desk, store::Store& store) {
    TRY_ASSIGN(const auto reader, store.read());
    TRY_ASSIGN(const auto first, reader->last_audit());
    if (first) return {};
    Result<> made;
    const desk::Desk::Work work{[&](desk::Turn& turn) {
                                    if (auto pool = desk::create_pool(turn, {"coordinator", ""}, "default"); !pool)
                                        made = fail(pool.error());
                                    turn.after_commit([&](const Result<>& done) {
                                        if (!done) made = done;
                                    });
                                },
                                [&](const Error& error) { made = fail(error); }};
    desk.run({&work, 1});
    return made;
}

Result<bool> has_administrator(store::Store& store) {
    TRY_ASSIGN(const auto reader, store.read());
    TRY_ASSIGN(const bool awaited, desk::awaits_bootstrap(*reader));
    return !awaited;
}

/// A manager that watches hears from all three: the loop that asks, the writer that answers, and the loop again.
class Watchdog {
public:
    Watchdog(http::Server& server, desk::Writer& writer, Duration interval)
        : server_(server), writer_(writer), interval_(interval) {}
    void beat() {
        timer_ = server_.loop().after(interval_ / 3, [this] {
            writer_.inspect([this](desk::Desk&) {
                notify_manager("WATCHDOG=1");
                server_.loop().post([this] { beat(); });
            });
        });
    }

private:
    http::Server& server_;
    desk::Writer& writer_;
    const Duration interval_;
    os::Handle timer_;
};

}  // namespace

Result<> serve(const Configuration& configuration, const std::function<Result<Configuration>()>& read_again) {
    os::SystemClock clock;
    os::SystemRandom random;
    StderrSink sink;
    Logger logger(sink, clock, configuration.log_level, configuration.log_format);
    TRY_ASSIGN(const os::Host host, os::read_host());
    TRY(os::raise_open_files());

    const auto files = os::make_system_files();
    TRY_ASSIGN(State state, open_state(configuration.state, *files, random));
    // Freed when the disk is full, so that logins, cancels and outcomes still find room; made again when there is some.
    TRY_ASSIGN(const auto reserve_directory, files->open_directory(configuration.state));
    os::Reserve reserve(*reserve_directory);
    const auto told_room = [&](const Result<bool>& released) {
        if (!released)
            logger.error("the reserve could not be freed", {{"error", released.error().message}});
        else if (*released)
            logger.error("the disk is full: the reserve is freed, and new work is refused until there is room");
    };
    told_room(reserve.release_if_low());
    TRY_ASSIGN(const auto store,
               store::open_sqlite({.path = configuration.state + "/slipway.db", .now = clock.wall()}));
    TRY_ASSIGN(const auto blob_store, blobs::BlobStore::open(*state.directory));
    TRY_ASSIGN(const auto logs, blobs::AttemptLogs::open(*state.directory));
    const auto names = certificate_names(configuration, host.name);
    TRY_ASSIGN(const api::Pki pki, api::open_pki(*state.directory, names, clock, random));

    // The writer's loop takes the signals: it has to ask for them before any other thread begins.
    TRY_ASSIGN(const auto writer_loop, os::make_event_loop(clock));
    // Set before the writer, whose loop calls them, begins.
    std::function<void()> look_at_clock;
    std::function<void()> drain;
    std::function<void()> reload;
    TRY_ASSIGN(const auto pushes, os::follow_pushes(*writer_loop, clock, [&look_at_clock] { look_at_clock(); }));
    TRY_ASSIGN(const auto on_terminate, writer_loop->on_signal(os::Signal::terminate, [&drain] { drain(); }));
    TRY_ASSIGN(const auto on_hang_up, writer_loop->on_signal(os::Signal::hang_up, [&reload] { reload(); }));
    TRY_ASSIGN(const auto on_interrupt, writer_loop->on_signal(os::Signal::interrupt, [&drain] { drain(); }));
    blobs::DiskPool disk(disk_threads, disk_queue_max);
    http::Workers readers(reader_threads, reader_queue_max);
    api::Orders orders;
    desk::JobWatchers watchers;
    api::LogProbe probe(*logs, disk, logger);
    if (auto made = reserve.make(); !made || !*made)
        logger.warning("the disk has no room for the reserve", {{"bytes", limits::reserve_bytes}});
    desk::Desk desk({*store, clock, random, orders, probe, watchers, [&] { told_room(reserve.release_if_low()); },  //
                     [&] { told_room(reserve.release()); },                                                         //
                     [&] { return reserve.admit().has_value(); }});
    TRY(desk.load());
    TRY(make_first_pool(desk, *store));
    desk::Writer writer(desk, *writer_loop);
    probe.tell(writer);

    http::Metrics metrics;
    api::Credentials credentials(clock, *store, readers);
    api::Services services{clock, random,  logger, metrics, *store,      writer,   *blob_store,
                           *logs, reserve, disk,   readers, credentials, watchers, pki.authority};
    credentials.when_used([&](const std::string& token_id) {
        writer.submit<bool>(
            [token_id](desk::Turn& turn) -> Result<bool> {
                TRY(desk::used_token(turn, token_id));
                return true;
            },
            [](const Result<bool>&) {});
    });
    const api::Cursors cursors(crypto::sha256_raw("cursors:" + state.secret));

    TRY_ASSIGN(const bool administrator, has_administrator(*store));
    const std::string& public_name = names.front();
    const std::string ca_digest = pki.authority.certificate().digest();
    BootstrapFile bootstrap;
    if (!administrator) {
        TRY_ASSIGN(bootstrap,
                   write_bootstrap(state, random, url_of("127.0.0.1", configuration.user_listen.port), ca_digest));
    }
    TRY_ASSIGN(auto user_tls, crypto::TlsServer::for_users(pki.server));
    TRY_ASSIGN(auto agent_tls, crypto::TlsServer::for_agents(pki.server, {pki.authority.certificate()}, clock));
    const auto user_streams = http::make_tls_streams(user_tls);

    const auto open_to_all = [&] {
        services.server->loop().post([&] {
            if (auto opened = services.server->listen(http::Port::user, configuration.user_listen, user_streams);
                !opened)
                logger.error("the user port could not be opened beyond loopback", {{"error", opened.error().message}});
            if (auto removed = state.directory->remove("bootstrap"); !removed)
                logger.warning("the bootstrap file could not be removed", {{"error", removed.error().message}});
        });
    };
    api::JobRoutes job_routes(services, cursors);
    api::LogRoutes log_routes(services);
    api::ArtifactRoutes artifact_routes(services, cursors);
    api::AgentAdminRoutes agent_admin_routes(services, cursors);
    api::TokenRoutes token_routes(services, cursors,
                                  {bootstrap.code.empty() ? "" : crypto::sha256(bootstrap.code), open_to_all},
                                  url_of(public_name, configuration.agent_listen.port), std::string(version));
    api::SystemRoutes system_routes(services, cursors);
    api::AgentRoutes agent_routes(services);
    http::Router router;
    system_routes.add_to(router);
    token_routes.add_to(router);
    agent_admin_routes.add_to(router);
    artifact_routes.add_to(router);
    job_routes.add_to(router);
    log_routes.add_to(router);
    agent_routes.add_to(router);

    const auto server = http::make_server({clock, random, credentials, metrics, logger, readers}, std::move(router));
    services.server = server.get();
    const http::Address first_address =
        administrator ? configuration.user_listen : http::Address{"127.0.0.1", configuration.user_listen.port};
    TRY_ASSIGN(const auto user_address, server->listen(http::Port::user, first_address, user_streams));
    TRY_ASSIGN(const auto agent_address,
               server->listen(http::Port::agent, configuration.agent_listen, http::make_tls_streams(agent_tls)));

    look_at_clock = [&] { server->look_at_clock(); };
    drain = [&] {
        logger.info("draining");
        notify_manager("STOPPING=1");
        server->drain(drain_grace);
    };
    ServerCertificate certificate(
        {*writer_loop, *state.directory, pki.authority, clock, random, logger, disk, *server, user_tls, agent_tls},
        pki.server, names);
    certificate.begin();
    reload = [&, active = configuration]() mutable {
        if (take_again(active, read_again(), logger)) certificate.set_names(certificate_names(active, host.name));
    };
    writer.start();
    api::Sweep sweep(services, [&] {
        writer.inspect([&](desk::Desk&) {
            if (auto made = reserve.make(); !made)
                logger.warning("the reserve could not be made again", {{"error", made.error().message}});
        });
    });
    sweep.begin();

    logger.info("serving", {{"users", http::to_string(user_address)},
                            {"agents", http::to_string(agent_address)},
                            {"state", configuration.state},
                            {"ca_sha256", ca_digest}});
    if (!administrator)
        logger.info("no administrator yet, so the user port is open on loopback only: slipway login --bootstrap FILE",
                    {{"file", bootstrap.path}});
    notify_manager("READY=1");
    std::optional<Watchdog> watchdog;
    if (const auto interval = watchdog_interval()) watchdog.emplace(*server, writer, *interval).beat();
    server->run();
    // What they still have to do ends in the writer.
    readers.finish();
    disk.finish();
    writer.stop();
    logger.info("stopped");
    return {};
}

}  // namespace slipway
