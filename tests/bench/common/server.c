#define _GNU_SOURCE

#include "common/server.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- of libpq's header, what is used here --- */

enum { CONNECTION_OK = 0, COMMAND_OK = 1, TUPLES_OK = 2, COPY_IN = 4 };

struct bench_client; /* a PGconn */
typedef struct answer answer;

static struct {
    bench_client *(*connectdb)(const char *info);
    int (*status)(const bench_client *client);
    char *(*error_message)(const bench_client *client);
    void (*finish)(bench_client *client);
    answer *(*exec)(bench_client *client, const char *text);
    answer *(*prepare)(bench_client *client, const char *name, const char *text, int params,
                       const unsigned *types);
    answer *(*exec_prepared)(bench_client *client, const char *name, int params,
                             const char *const *values, const int *lengths, const int *formats,
                             int format);
    int (*result_status)(const answer *a);
    int (*ntuples)(const answer *a);
    void (*clear)(answer *a);
    int (*put_copy_data)(bench_client *client, const char *bytes, int count);
    int (*put_copy_end)(bench_client *client, const char *error);
    answer *(*get_result)(bench_client *client);
} pq;

static bool find_libpq(void)
{
    const struct {
        const char *name;
        void *at; /* where the address goes */
    } wanted[] = {
        { "PQconnectdb", &pq.connectdb },
        { "PQstatus", &pq.status },
        { "PQerrorMessage", &pq.error_message },
        { "PQfinish", &pq.finish },
        { "PQexec", &pq.exec },
        { "PQprepare", &pq.prepare },
        { "PQexecPrepared", &pq.exec_prepared },
        { "PQresultStatus", &pq.result_status },
        { "PQntuples", &pq.ntuples },
        { "PQclear", &pq.clear },
        { "PQputCopyData", &pq.put_copy_data },
        { "PQputCopyEnd", &pq.put_copy_end },
        { "PQgetResult", &pq.get_result },
    };
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        void *address = dlsym(library, wanted[i].name);
        if (!address) return false;
        memcpy(wanted[i].at, &address, sizeof address);
    }
    return true;
}

/* --- the server --- */

static struct {
    char bin[256], dir[64];
    pid_t pid, owner;
    uid_t uid;
    gid_t gid;
} server;

static bool find_server(void)
{
    glob_t found;
    bool any = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0;
    if (any) {
        (void)snprintf(server.bin, sizeof server.bin, "%s", found.gl_pathv[found.gl_pathc - 1]);
        *strrchr(server.bin, '/') = '\0';
    }
    globfree(&found);
    return any;
}

/* PostgreSQL does not run as root. */
static bool find_user(void)
{
    server.uid = geteuid();
    server.gid = getegid();
    if (server.uid != 0) return true;
    const struct passwd *user = getpwnam("postgres");
    if (!user && !(user = getpwnam("nobody"))) return false;
    server.uid = user->pw_uid;
    server.gid = user->pw_gid;
    return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    (void)remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_server_stop(void)
{
    if (server.owner != getpid()) return;
    if (server.pid > 0) {
        (void)kill(server.pid, SIGINT); /* a fast shutdown */
        (void)waitpid(server.pid, NULL, 0);
        server.pid = 0;
    }
    if (server.dir[0]) remove_tree(server.dir);
    server.dir[0] = '\0';
}

/* Starts a program of PostgreSQL, its output in `log`. It ends when this one does. */
static pid_t start(const char *program, char *const argv[])
{
    char path[320], log[96];
    (void)snprintf(path, sizeof path, "%s/%s", server.bin, program);
    (void)snprintf(log, sizeof log, "%s/log", server.dir);
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) bench_fail("fork: %s", strerror(errno));
    if (pid > 0) return pid;
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setgid(server.gid) != 0 || setuid(server.uid) != 0))
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGINT);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir(server.dir) != 0) _exit(126);
    (void)execv(path, argv);
    _exit(127);
}

static bool make_cluster(char *data)
{
    char initdb[] = "initdb", d[] = "-D", auth[] = "--auth=trust", user[] = "--username=bench",
         no_sync[] = "--no-sync", encoding[] = "--encoding=UTF8", locale[] = "--locale=C";
    char *const argv[] = { initdb, d, data, auth, user, no_sync, encoding, locale, NULL };
    int status = 0;
    pid_t pid = start("initdb", argv);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bench_client *try_to_connect(void)
{
    char info[128];
    (void)snprintf(info, sizeof info, "host=%s user=bench dbname=postgres", server.dir);
    bench_client *client = pq.connectdb(info);
    if (pq.status(client) == CONNECTION_OK) return client;
    pq.finish(client);
    return NULL;
}

static bool wait_until_it_answers(void)
{
    double until = bench_wall_ns() + 30e9;
    while (bench_wall_ns() < until) {
        bench_client *client = try_to_connect();
        if (client) {
            pq.finish(client);
            return true;
        }
        if (waitpid(server.pid, NULL, WNOHANG) == server.pid) {
            server.pid = 0;
            return false;
        }
        bench_sleep_until(bench_wall_ns() + 20e6);
    }
    return false;
}

bool bench_server_start(void)
{
    if (!find_server()) {
        bench_note("PostgreSQL is left out: no server in /usr/lib/postgresql");
        return false;
    }
    if (!find_libpq() || !find_user()) {
        bench_note("PostgreSQL is left out: no libpq.so.5, or nobody to run it");
        return false;
    }
    bench_each_left("/tmp/rota-bench-*", strlen("/tmp/rota-bench-"), remove_tree);
    (void)snprintf(server.dir, sizeof server.dir, "/tmp/rota-bench-%ld-XXXXXX", (long)getpid());
    if (!mkdtemp(server.dir)) bench_fail("%s: %s", server.dir, strerror(errno));
    server.owner = getpid();
    if (atexit(bench_server_stop) != 0) bench_fail("atexit");
    if (geteuid() == 0 && chown(server.dir, server.uid, server.gid) != 0)
        bench_fail("%s: %s", server.dir, strerror(errno));
    char postgres[] = "postgres", d[] = "-D", data[96], k[] = "-k", dir[64], c[] = "-c",
         listen[] = "listen_addresses=", buffers[] = "shared_buffers=512MB",
         wal[] = "max_wal_size=8GB", build_memory[] = "maintenance_work_mem=512MB";
    (void)snprintf(data, sizeof data, "%s/data", server.dir);
    memcpy(dir, server.dir, sizeof dir);
    char *const argv[] = { postgres, d, data, k, dir,          c,   listen, c,
                           buffers,  c, wal,  c, build_memory, NULL };
    bool up = make_cluster(data);
    if (up) {
        server.pid = start("postgres", argv);
        up = wait_until_it_answers();
    }
    if (!up) {
        bench_note("PostgreSQL is left out: it did not start");
        bench_server_stop();
    }
    return up;
}

/* --- clients --- */

static void check(bench_client *client, answer *a, const char *what)
{
    int status = pq.result_status(a);
    if (status != COMMAND_OK && status != TUPLES_OK && status != COPY_IN)
        bench_fail("PostgreSQL: %s: %s", what, pq.error_message(client));
    pq.clear(a);
}

static void run(bench_client *client, const char *text)
{
    check(client, pq.exec(client, text), text);
}

static bench_client *connected(void)
{
    bench_client *client = try_to_connect();
    if (!client) bench_fail("PostgreSQL: no connection");
    return client;
}

#define DURING "tstzrange(to_timestamp($2::bigint), to_timestamp($3::bigint))"

bench_client *bench_client_open(void)
{
    bench_client *client = connected();
    check(client,
          pq.prepare(client, "taken",
                     "SELECT id FROM booking WHERE resource=$1::int AND during && " DURING
                     " LIMIT 1",
                     0, NULL),
          "prepare");
    check(client,
          pq.prepare(client, "book",
                     "INSERT INTO booking(resource, during, title)"
                     " VALUES($1::int, " DURING ", 'Standup')",
                     0, NULL),
          "prepare");
    check(client, pq.prepare(client, "ping", "SELECT 1", 0, NULL), "prepare");
    return client;
}

void bench_client_close(bench_client *client)
{
    pq.finish(client);
}

void bench_server_fill(const bench_calendar *c)
{
    char line[96];
    bench_client *client = connected();
    run(client, "SET client_min_messages=warning");
    run(client, "SET synchronous_commit=off");
    run(client, "CREATE EXTENSION IF NOT EXISTS btree_gist");
    run(client, "DROP TABLE IF EXISTS booking");
    run(client, "CREATE TABLE booking(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                " resource int NOT NULL, during tstzrange NOT NULL, title text)");
    run(client, "CREATE TEMPORARY TABLE raw(resource int, s bigint, e bigint)");
    check(client, pq.exec(client, "COPY raw FROM STDIN"), "COPY");
    for (int64_t i = 0; i < c->count; i++) {
        const bench_booking *b = &c->bookings[i];
        int length = snprintf(line, sizeof line, "%" PRId64 "\t%" PRId64 "\t%" PRId64 "\n",
                              b->resource, b->when.start, b->when.end);
        if (pq.put_copy_data(client, line, length) != 1) bench_fail("PostgreSQL: COPY");
    }
    if (pq.put_copy_end(client, NULL) != 1) bench_fail("PostgreSQL: COPY");
    for (answer *a; (a = pq.get_result(client)) != NULL;)
        check(client, a, "COPY");
    run(client, "INSERT INTO booking(resource, during, title) SELECT resource,"
                " tstzrange(to_timestamp(s), to_timestamp(e)), 'Standup' FROM raw"
                " ORDER BY hashint8(s * 1000 + resource)");
    run(client, "ALTER TABLE booking ADD CONSTRAINT no_overlap"
                " EXCLUDE USING gist (resource WITH =, during WITH &&)");
    run(client, "VACUUM ANALYZE booking");
    run(client, "CHECKPOINT");
    bench_client_close(client);
}

static int ask(bench_client *client, const char *what, const bench_booking *b)
{
    char resource[24], start[24], end[24];
    const char *const values[] = { resource, start, end };
    (void)snprintf(resource, sizeof resource, "%" PRId64, b->resource);
    (void)snprintf(start, sizeof start, "%" PRId64, b->when.start);
    (void)snprintf(end, sizeof end, "%" PRId64, b->when.end);
    answer *a = pq.exec_prepared(client, what, 3, values, NULL, NULL, 0);
    int rows = pq.ntuples(a);
    check(client, a, what);
    return rows;
}

bool bench_client_taken(bench_client *client, const bench_booking *b)
{
    return ask(client, "taken", b) > 0;
}

void bench_client_book(bench_client *client, const bench_booking *b)
{
    (void)ask(client, "book", b);
}

void bench_client_ping(bench_client *client)
{
    check(client, pq.exec_prepared(client, "ping", 0, NULL, NULL, NULL, 0), "ping");
}
