/* May this be booked? rota_booking_check() beside a prepared SQLite query with the same
 * bookings, beside what SQLite takes only to tell whether anybody else has written, and
 * beside PostgreSQL's exclusion index. rota's answer accounts for what other processes
 * have committed; that is proven here too. The limit of the machine is a sorted array a
 * resource, found by its id in a hash table, without a library around it. */
#define _GNU_SOURCE

#include "common/calendar.h"
#include "common/plain.h"
#include "common/server.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROTA, LIMIT, SQLITE, SQLITE_BLIND, SERVER, CONTENDERS, MISS = 0, HIT = 1 };

typedef struct subjects {
    bench_calendar calendar;
    rota *r;
    rota_id *ids;
    bench_plain plain, blind; /* one is in a transaction all the time, and sees nothing new */
    bench_client *client;     /* or NULL */
    /* the limit: columns of starts and ends, and places by id */
    rota_time *starts, *ends;
    int64_t *places; /* of resources, -1: none */
    uint64_t mask;
} subjects;

/* --- the limit --- */

static uint64_t place_of(const subjects *s, const rota_id *id)
{
    uint64_t hash;
    memcpy(&hash, id->b + 8, sizeof hash);
    uint64_t at = (hash * UINT64_C(0x9e3779b97f4a7c15) >> 32) & s->mask;
    while (s->places[at] >= 0 && memcmp(&s->ids[s->places[at]], id, sizeof *id) != 0)
        at = (at + 1) & s->mask;
    return at;
}

static void limit_build(subjects *s)
{
    const bench_calendar *c = &s->calendar;
    for (s->mask = 1; s->mask < 2 * (uint64_t)c->resources; s->mask <<= 1)
        ;
    s->places = bench_alloc((int64_t)s->mask, sizeof *s->places);
    s->mask--;
    memset(s->places, 0xff, (size_t)(s->mask + 1) * sizeof *s->places);
    for (int64_t i = 0; i < c->resources; i++)
        s->places[place_of(s, &s->ids[i])] = i;
    s->starts = bench_alloc(c->count, sizeof *s->starts);
    s->ends = bench_alloc(c->count, sizeof *s->ends);
    for (int64_t i = 0; i < c->count; i++) {
        s->starts[i] = c->bookings[i].when.start;
        s->ends[i] = c->bookings[i].when.end;
    }
}

/* None is over another, so the ends are sorted too. */
static bool limit_taken(const subjects *s, const bench_booking *b)
{
    int64_t resource = s->places[place_of(s, &s->ids[b->resource])];
    int64_t at = s->calendar.first[resource], n = s->calendar.first[resource + 1] - at;
    for (; n > 1; n -= n / 2) {
        int64_t half = n / 2;
        at = s->ends[at + half - 1] <= b->when.start ? at + half : at;
    }
    at += n == 1 && s->ends[at] <= b->when.start;
    return at < s->calendar.first[resource + 1] && s->starts[at] < b->when.end;
}

/* --- who is asked --- */

static bool taken(subjects *s, int who, const bench_booking *b)
{
    switch (who) {
    case ROTA:
        return bench_rota_taken(s->r, s->ids, b);
    case LIMIT:
        return limit_taken(s, b);
    case SQLITE:
        return bench_plain_taken(&s->plain, b);
    case SQLITE_BLIND:
        return bench_plain_taken(&s->blind, b);
    default:
        return bench_client_taken(s->client, b);
    }
}

/* A round trip is waited for, and costs the server's time too: by the wall clock. */
static double now_for(int who)
{
    return who == SERVER ? bench_wall_ns() : bench_cpu_ns();
}

static double ask_all(subjects *s, int who, const bench_booking *queries, int64_t count, bool hit)
{
    int64_t hits = 0;
    double begun = now_for(who);
    for (int64_t i = 0; i < count; i++) {
        hits += taken(s, who, &queries[i]);
        bench_wait_for_loads();
    }
    double ns = (now_for(who) - begun) / (double)count;
    if (hits != (hit ? count : 0)) bench_fail("contender %d: another answer", who);
    return ns;
}

static double version_ns(subjects *s, int64_t count)
{
    double begun = bench_cpu_ns();
    for (int64_t i = 0; i < count; i++)
        bench_plain_version(&s->plain);
    return (bench_cpu_ns() - begun) / (double)count;
}

static void report_beside(const char *measure, const char *who, double ns, double rotas,
                          double goal)
{
    bench_report((bench_line){ .measure = measure,
                               .who = who,
                               .value = ns,
                               .unit = "ns",
                               .against = "rota's",
                               .ratio = ns / rotas,
                               .ratio_at_least = goal });
}

static void report(subjects *s, bench_samples ns[2][CONTENDERS], bench_samples *version,
                   bench_samples *ping)
{
    static const char *const measures[] = { "miss", "hit" };
    bool is_goal = s->calendar.count >= 1000000;
    for (int hit = MISS; hit <= HIT; hit++) {
        const char *measure = measures[hit];
        double ours = bench_median(&ns[hit][ROTA]), limit = bench_median(&ns[hit][LIMIT]);
        bench_report((bench_line){ .measure = measure,
                                   .who = "rota_booking_check",
                                   .value = ours,
                                   .unit = "ns",
                                   .against = "the limit",
                                   .ratio = ours / limit,
                                   .at_most = is_goal ? 300 : 0 });
        report_beside(measure, "the limit: hash, sorted array", limit, ours, 0);
        report_beside(measure, "SQLite, sees other's commits", bench_median(&ns[hit][SQLITE]), ours,
                      is_goal ? 10 : 0);
        report_beside(measure, "SQLite, in one transaction", bench_median(&ns[hit][SQLITE_BLIND]),
                      ours, 0);
        if (s->client)
            report_beside(measure, "PostgreSQL, GiST", bench_median(&ns[hit][SERVER]), ours,
                          is_goal ? 200 : 0);
    }
    double ours = bench_median(&ns[MISS][ROTA]);
    report_beside("has anybody written?", "SQLite, PRAGMA data_version", bench_median(version),
                  ours, 0);
    if (s->client)
        report_beside("a round trip", "PostgreSQL, SELECT 1", bench_median(ping), ours, 0);
}

static double ping_ns(subjects *s, int64_t count)
{
    double begun = bench_wall_ns();
    for (int64_t i = 0; i < count; i++)
        bench_client_ping(s->client);
    return (bench_wall_ns() - begun) / (double)count;
}

static void measure(int64_t count, int64_t resources, bool with_server)
{
    subjects s = { 0 };
    bench_samples ns[2][CONTENDERS] = { 0 }, version = { 0 }, ping = { 0 };
    bench_random random = { bench_seed() + 1 };
    const int64_t quick = bench_pick(2000, 200000, 500000), slow = bench_pick(1000, 30000, 100000),
                  asked[CONTENDERS] = { quick, quick, slow, slow, bench_pick(100, 2000, 10000) };
    bench_booking *queries[2] = { bench_alloc(asked[ROTA], sizeof(bench_booking)),
                                  bench_alloc(asked[ROTA], sizeof(bench_booking)) };
    bench_calendar_make(&s.calendar, count, resources);
    bench_case("%s: may it be booked?", bench_calendar_name(&s.calendar));
    for (int64_t i = 0; i < asked[ROTA]; i++) {
        queries[MISS][i] = bench_draw_miss(&s.calendar, &random);
        queries[HIT][i] = bench_draw_hit(&s.calendar, &random);
    }
    s.r = bench_rota_open(s.calendar.rota, -1);
    s.ids = bench_resource_ids(s.r, resources);
    limit_build(&s);
    bench_plain_open(&s.plain, s.calendar.plain);
    bench_plain_open(&s.blind, s.calendar.plain);
    bench_plain_hold(&s.blind);
    if (with_server && (with_server = bench_server_start())) {
        bench_server_fill(&s.calendar);
        s.client = bench_client_open();
    }
    int64_t rounds = bench_pick(2, 5, 7);
    for (int64_t round = -1; round < rounds; round++) { /* the first one warms up */
        for (int turn = 0; turn < CONTENDERS; turn++) {
            int who = (int)((turn + round + CONTENDERS) % CONTENDERS);
            if (who == SERVER && !s.client) continue;
            for (int hit = MISS; hit <= HIT; hit++) {
                double took = ask_all(&s, who, queries[hit], asked[who], hit == HIT);
                if (round >= 0) bench_add(&ns[hit][who], took);
            }
        }
        bench_add(&version, version_ns(&s, asked[SQLITE]));
        if (s.client) bench_add(&ping, ping_ns(&s, asked[SERVER]));
    }
    report(&s, ns, &version, &ping);

    for (int hit = MISS; hit <= HIT; hit++) {
        for (int who = 0; who < CONTENDERS; who++)
            bench_samples_free(&ns[hit][who]);
        free(queries[hit]);
    }
    bench_samples_free(&version);
    bench_samples_free(&ping);
    if (s.client) bench_client_close(s.client);
    bench_server_stop();
    bench_plain_close(&s.plain);
    bench_plain_close(&s.blind);
    free(s.starts);
    free(s.ends);
    free(s.places);
    free(s.ids);
    rota_close(s.r);
    bench_calendar_free(&s.calendar);
}

/* --- another process books; the next check here must know --- */

static void other_process(const bench_calendar *c, const char *path, int go, int done)
{
    char byte;
    rota *r = bench_rota_open(path, 0);
    rota_id *ids = bench_resource_ids(r, c->resources);
    for (int64_t i = 0; read(go, &byte, 1) == 1; i++) {
        bench_booking b = bench_free_span(c, i);
        bench_rota_book(r, ids, &b);
        if (write(done, &byte, 1) != 1) break;
    }
    free(ids);
    rota_close(r);
    _exit(0);
}

static void measure_other_process(int64_t count, int64_t resources)
{
    bench_calendar c;
    bench_samples fresh = { 0 }, again = { 0 };
    char path[BENCH_PATH], byte = 'x';
    int go[2], done[2], status = 0;
    bench_calendar_make(&c, count, resources);
    bench_copy(c.rota, BENCH_IN_MEMORY, "other", path);
    if (pipe(go) != 0 || pipe(done) != 0) bench_fail("pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) bench_fail("fork: %s", strerror(errno));
    if (pid == 0) {
        (void)close(go[1]);
        (void)close(done[0]);
        other_process(&c, path, go[0], done[1]);
    }
    (void)close(go[0]);
    (void)close(done[1]);
    rota *r = bench_rota_open(path, 0);
    rota_id *ids = bench_resource_ids(r, c.resources);
    for (int64_t i = 0; i < c.resources; i++) {
        bench_booking any = bench_free_span(&c, i);
        (void)bench_rota_taken(r, ids, &any);
    }
    int64_t times = bench_pick(20, 500, 2000);
    for (int64_t i = 0; i < times; i++) {
        bench_booking b = bench_free_span(&c, i);
        if (bench_rota_taken(r, ids, &b)) bench_fail("a free span is taken");
        if (write(go[1], &byte, 1) != 1 || read(done[0], &byte, 1) != 1)
            bench_fail("the other process has ended");
        double begun = bench_cpu_ns();
        bool seen = bench_rota_taken(r, ids, &b);
        double between = bench_cpu_ns();
        if (!seen) bench_fail("the commit of another process is not seen");
        (void)bench_rota_taken(r, ids, &b);
        bench_add(&fresh, between - begun);
        bench_add(&again, bench_cpu_ns() - between);
    }
    (void)close(go[1]);
    if (waitpid(pid, &status, 0) != pid || status != 0) bench_fail("the other process failed");
    (void)close(done[0]);
    bench_case("%s: right after a commit of another process", bench_calendar_name(&c));
    bench_report((bench_line){ .measure = "of what it changed",
                               .who = "rota_booking_check",
                               .value = bench_median(&fresh) / 1000,
                               .unit = "us",
                               .remark = "read again from the store" });
    bench_report((bench_line){ .measure = "the next one",
                               .who = "rota_booking_check",
                               .value = bench_median(&again) / 1000,
                               .unit = "us",
                               .remark = "two clock readings in it" });
    bench_note("%" PRId64 " of %" PRId64 " commits were seen by the next call", times, times);
    bench_samples_free(&fresh);
    bench_samples_free(&again);
    free(ids);
    rota_close(r);
    bench_remove(path);
    bench_calendar_free(&c);
}

int main(int argc, char **argv)
{
    bench_begin("check", argc, argv);
    bool server = bench_wanted("server");
    if (bench_scale() == BENCH_TINY) {
        measure(2000, 50, server);
        measure_other_process(2000, 50);
    } else {
        measure(10000, 1000, false);
        measure(100000, 1000, false);
        measure(1000000, 1000, server);
        measure(1000000, 10000, false);
        if (bench_scale() == BENCH_FULL)
            measure(10000000, 10000, false);
        else
            bench_note("10M bookings: with BENCH_FULL=1");
        measure_other_process(100000, 1000);
    }
    bench_end();
    return 0;
}
