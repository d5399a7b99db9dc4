/* I3: what was acknowledged survives the end of a process and of the power, at every
 * moment; a call that was under way is done whole or not at all; the feed has no gap
 * and nothing is booked twice.
 *
 * Processes are killed while their threads write to a real file. The power is cut on a
 * disk in memory (simvfs.h), after each of its operations, and what was not synced is
 * lost, mixed or torn. And checkpoints and commits of two engines meet at every point
 * at which SQLite before 3.51.3 lost commits.
 *
 * ROTA_KILLS is how many processes are killed, ROTA_CUTS=all cuts everywhere
 * (`make crash`); without it a sample that ROTA_SEED chooses. */
#define _GNU_SOURCE

#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/handle.h"
#include "fixture.h"
#include "simvfs.h"
#include "verbs.h"

static bool everywhere(void)
{
    const char *setting = getenv("ROTA_CUTS");
    return setting && strcmp(setting, "all") == 0;
}

static int64_t kills(void)
{
    const char *setting = getenv("ROTA_KILLS");
    return setting ? strtoll(setting, NULL, 10) : 16;
}

static struct fx f; /* who looks afterwards */
static char path[256];

static char complaint[2048]; /* the first; empty where all is well */

__attribute__((format(printf, 1, 2))) static void complain(const char *format, ...)
{
    va_list list;
    if (complaint[0]) return;
    va_start(list, format);
    (void)vsnprintf(complaint, sizeof complaint, format, list);
    va_end(list);
}

/* --- notes: what a writer says before each call and after it --- */

enum { WRITERS_MAX = 256, OWN_MAX = 256, ROOMS = 5 };
enum { TRIES = 1, HEARD = 2 };

enum act { BOOK, HOLD, MOVE, CONFIRM, CANCEL, ACTS };

/* A booking as it is, or as a call would make it. */
typedef struct shape {
    int64_t version; /* 0: there is none */
    rota_span when;
    int32_t status, rooms; /* a bit for each room that it claims */
    int32_t number;        /* of the call that gave it its title */
    int32_t unused;
} shape;

typedef struct note {
    int32_t what; /* TRIES, HEARD */
    int32_t writer, booking, answer;
    shape made; /* what the call makes of the booking */
} note;

/* What is known of one booking: as it was last acknowledged, and as the call that was
 * under way would make it. */
typedef struct known {
    shape sure, tried;
    bool trying, seen;
    int64_t events;
} known;

static struct ledger {
    known bookings[WRITERS_MAX][OWN_MAX];
    int64_t writers;
    int64_t acknowledged;
} * ledger;

static int64_t answers, failures; /* in all ledgers */
static bool failures_are_due;

static void ledger_start(void)
{
    free(ledger);
    ledger = calloc(1, sizeof *ledger);
    ck_assert_ptr_nonnull(ledger);
}

static void ledger_take(const note *n)
{
    ck_assert_int_lt(n->writer, WRITERS_MAX);
    ck_assert_int_lt(n->booking, OWN_MAX);
    known *k = &ledger->bookings[n->writer][n->booking];
    if (n->writer >= ledger->writers) ledger->writers = n->writer + 1;
    k->trying = n->what == TRIES;
    k->tried = n->made;
    if (n->what != HEARD) return;
    if (n->answer == ROTA_OK) {
        k->sure = n->made;
        answers++;
    } else if (n->answer <= ROTA_EBUSY && failures_are_due) {
        failures++;
    } else if (n->answer != ROTA_ECONFLICT) {
        complain("a writer heard %s", rota_status_name(n->answer));
    }
}

static bool same_shape(const shape *a, const shape *b)
{
    return a->version == b->version && a->when.start == b->when.start &&
           a->when.end == b->when.end && a->status == b->status && a->rooms == b->rooms &&
           a->number == b->number;
}

/* --- a writer: books, holds, moves, confirms and cancels what is its own, among others
 * who want the same rooms --- */

static rota_id room_ids[ROOMS];
static rota_time noon; /* a clock that stands still */

typedef struct writer {
    rota *r;
    struct fx chance;
    int32_t number, calls, booked;
    int64_t most;    /* calls; 0: for ever */
    bool hasty;      /* says that it was done before it is: a control */
    uint32_t breaks; /* kinds of operations of the disk that it lets fail now and then */
    rota_id ids[OWN_MAX];
    shape own[OWN_MAX];
    void (*tell)(void *ctx, const note *n);
    void *ctx;
} writer;

static rota_time stopped(void *ctx)
{
    return *(const rota_time *)ctx;
}

static rota_config plain_config(void)
{
    rota_config config = ROTA_INIT(rota_config);
    config.now = stopped;
    config.now_ctx = &noon;
    config.busy_ms = 60000;
    return config;
}

static void say(const writer *w, int32_t what, int32_t booking, const shape *made, int answer)
{
    note n = {
        .what = what, .writer = w->number, .booking = booking, .answer = answer, .made = *made
    };
    w->tell(w->ctx, &n);
}

static int call_for(writer *w, enum act act, int32_t booking, const shape *made,
                    rota_receipt *receipt)
{
    rota_claim claims[ROOMS];
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    char title[32], ref[32];
    rota_id *id = &w->ids[booking];
    (void)snprintf(title, sizeof title, "%" PRId32, made->number);
    (void)snprintf(ref, sizeof ref, "%" PRId32 ".%" PRId32, w->number, booking);
    for (int i = 0; i < ROOMS; i++)
        if (made->rooms >> i & 1)
            claims[q.claim_count++] = (rota_claim){ .resource = room_ids[i], .units = 1 };
    q.claims = claims;
    q.when = made->when;
    q.title = title;
    if (act == BOOK || act == HOLD) {
        q.ref = ref;
        q.hold_secs = act == HOLD ? 86400 : 0;
        int rc = rota_booking_create(w->r, NULL, &q, receipt);
        if (rc == ROTA_OK) *id = receipt->id;
        return rc;
    }
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_TITLE;
    if (act == MOVE) return rota_booking_move(w->r, NULL, id, &q, receipt);
    if (act == CONFIRM) return rota_booking_confirm(w->r, NULL, id, receipt);
    return rota_booking_cancel(w->r, NULL, id, receipt);
}

static shape shape_for(writer *w, enum act act, int32_t booking)
{
    shape made = w->own[booking];
    made.version++;
    if (act == CONFIRM) made.status = ROTA_BOOKING_CONFIRMED;
    if (act == CANCEL) made.status = ROTA_BOOKING_CANCELLED;
    if (act == CONFIRM || act == CANCEL) return made;
    if (act != MOVE) made.status = act == HOLD ? ROTA_BOOKING_HELD : ROTA_BOOKING_CONFIRMED;
    made.number = w->calls;
    made.when.start = noon + 3600 * (1 + fx_random(&w->chance, 400));
    made.when.end = made.when.start + 1800 * (1 + fx_random(&w->chance, 4));
    made.rooms = 1 << fx_random(&w->chance, ROOMS) | 1 << fx_random(&w->chance, ROOMS);
    return made;
}

static bool lives(const shape *s)
{
    return s->status == ROTA_BOOKING_HELD || s->status == ROTA_BOOKING_CONFIRMED;
}

/* What nobody knows is looked up: the calendar as it goes on from here says whether it
 * was done. */
static int look_up(writer *w, int32_t booking, const shape *made)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    rota_id id;
    char ref[32];
    int rc = ROTA_EIO;
    (void)snprintf(ref, sizeof ref, "%" PRId32 ".%" PRId32, w->number, booking);
    for (int i = 0; i < 100 && rc <= ROTA_EBUSY; i++)
        rc = rota_booking_find(w->r, ref, &id);
    if (rc != ROTA_OK) return ROTA_EIO;
    for (int i = 0; i < 100 && !rows; i++)
        (void)rota_booking_get(w->r, &id, &rows);
    if (rows) (void)rota_booking_at(rows, 0, &b);
    rota_result_free(rows);
    w->ids[booking] = id;
    return b.version == made->version ? ROTA_OK : ROTA_EIO;
}

static void write_once(writer *w)
{
    enum act act = (enum act)fx_random(&w->chance, ACTS);
    int32_t booking = w->booked ? (int32_t)fx_random(&w->chance, w->booked) : 0;
    if (!lives(&w->own[booking])) act = BOOK;
    if (act == CONFIRM && w->own[booking].status != ROTA_BOOKING_HELD) act = MOVE;
    if (act == BOOK || act == HOLD) booking = w->booked;
    if (booking == OWN_MAX) return;
    w->calls++;
    shape made = shape_for(w, act, booking);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    say(w, TRIES, booking, &made, 0);
    if (w->hasty) say(w, HEARD, booking, &made, ROTA_OK);
    if (w->breaks && fx_random(&w->chance, 4) == 0)
        simvfs_fail((simvfs_fault){ .kinds = w->breaks, .at = 1 + fx_random(&w->chance, 30) });
    int rc = call_for(w, act, booking, &made, &receipt);
    if (rc == ROTA_OK) made.version = receipt.version;
    if (rc == ROTA_EIO && strstr(rota_errmsg(w->r), "not known")) rc = look_up(w, booking, &made);
    if (rc == ROTA_OK) w->own[booking] = made;
    if (rc == ROTA_OK && booking == w->booked) w->booked++;
    if (!w->hasty) say(w, HEARD, booking, &made, rc);
}

static void *write_on(void *ctx)
{
    writer *w = ctx;
    for (int64_t i = 0; w->most == 0 || i < w->most; i++)
        write_once(w);
    return NULL;
}

/* --- the judge: a file, beside what its writers said --- */

static const char *ref_of(int64_t writer_number, int64_t booking)
{
    static char text[64];
    (void)snprintf(text, sizeof text, "%" PRId64 ".%" PRId64, writer_number, booking);
    return text;
}

static int32_t rooms_of(const rota_booking *b)
{
    int32_t rooms = 0;
    for (int64_t i = 0; i < b->claim_count; i++)
        for (int k = 0; k < ROOMS; k++)
            if (memcmp(&b->claims[i].resource, &room_ids[k], sizeof room_ids[k]) == 0)
                rooms |= 1 << k;
    return rooms;
}

static known *known_by_ref(const char *ref)
{
    int w = -1, n = -1;
    if (!ref || sscanf(ref, "%d.%d", &w, &n) != 2 || w < 0 || w >= ledger->writers || n < 0 ||
        n >= OWN_MAX)
        return NULL;
    return &ledger->bookings[w][n];
}

static void judge_booking(const rota_booking *b)
{
    shape there = { .version = b->version,
                    .when = b->when,
                    .status = b->status,
                    .rooms = rooms_of(b),
                    .number = b->title ? atoi(b->title) : -1 };
    known *k = known_by_ref(b->ref);
    if (!k || (k->sure.version == 0 && !k->trying)) {
        complain("booking %s is there, and nobody tried it", b->ref ? b->ref : "without a ref");
        return;
    }
    k->seen = true;
    k->events = 0;
    if (k->trying && same_shape(&there, &k->tried))
        k->sure = k->tried; /* it was under way, and is there */
    else if (!same_shape(&there, &k->sure))
        complain("booking %s has version %" PRId64 ", status %d, rooms %x, title %d, where version "
                 "%" PRId64 ", status %d, rooms %x, title %d was acknowledged",
                 b->ref, there.version, there.status, (unsigned)there.rooms, there.number,
                 k->sure.version, k->sure.status, (unsigned)k->sure.rooms, k->sure.number);
}

static void judge_bookings(void)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    query.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    query.statuses = 0x7e;
    ck_status(&f, rota_booking_list(f.r, &query, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
        judge_booking(&b);
    }
    rota_result_free(rows);
    for (int64_t w = 0; w < ledger->writers; w++)
        for (int64_t n = 0; n < OWN_MAX; n++) {
            known *k = &ledger->bookings[w][n];
            if (k->sure.version > 0 && !k->seen)
                complain("booking %s was acknowledged and is not there", ref_of(w, n));
            k->seen = k->trying = false;
        }
}

/* One event for each version of each booking, numbered without a gap. */
static void judge_feed(void)
{
    rota_result *rows = NULL;
    int64_t last = 0, changes = 0;
    do {
        rota_result_free(rows);
        rows = NULL;
        ck_status(&f, rota_event_list(f.r, last, 1000, &rows), ROTA_OK);
        for (int64_t i = 0; i < rota_result_count(rows); i++) {
            rota_event e = ROTA_INIT(rota_event);
            ck_assert_int_eq(rota_event_at(rows, i, &e), ROTA_OK);
            if (e.seq != last + 1) complain("event %" PRId64 " follows on %" PRId64, e.seq, last);
            last = e.seq;
            if (e.type >= ROTA_EVENT_BOOKING_CREATED) changes++;
        }
    } while (rota_result_count(rows) > 0);
    rota_result_free(rows);
    int64_t versions = 0;
    for (int64_t w = 0; w < ledger->writers; w++)
        for (int64_t n = 0; n < OWN_MAX; n++)
            versions += ledger->bookings[w][n].sure.version;
    if (changes != versions)
        complain("the feed tells of %" PRId64 " changes where there were %" PRId64, changes,
                 versions);
}

/* Opens the file and checks it; what is damaged is closed again. */
static bool open_whole(void)
{
    fx_configure(&f);
    if (rota_open(path, &f.config, &f.r) != ROTA_OK)
        complain("it does not open: %s", rota_errmsg(f.r));
    else if (rota_check(f.r, ROTA_TIME_MIN) != ROTA_OK)
        complain("the check: %s", rota_errmsg(f.r));
    else
        return true;
    fx_close(&f);
    return false;
}

static void judge_file(void)
{
    f.now = noon;
    if (!open_whole()) return;
    judge_bookings();
    judge_feed();
    fx_close(&f);
}

static void make_rooms(void)
{
    f.now = noon = t("2031-03-10T12:00Z");
    fx_open(&f, path);
    for (int i = 0; i < ROOMS; i++)
        room_ids[i] = fx_room(&f, "Room", i == 0 ? 2 : 1);
    fx_close(&f);
    ledger_start();
}

/* --- kills --- */

enum { THREADS = 3 };

typedef struct child {
    pid_t pid;
    int pipe;
    unsigned char half[sizeof(note)]; /* of a note that has arrived in part */
    size_t have;
} child;

static int64_t nanoseconds(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void spin(int64_t ns)
{
    for (int64_t end = nanoseconds() + ns; nanoseconds() < end;) {
    }
}

/* Less than PIPE_BUF, so that notes of several threads do not mix. */
static void tell_parent(void *ctx, const note *n)
{
    if (write(*(const int *)ctx, n, sizeof *n) != (ssize_t)sizeof *n) _exit(1);
}

typedef struct plan {
    int32_t first_writer;
    uint64_t seed;
    bool own_engines; /* each thread opens the file itself */
    bool hasty;
} plan;

static void write_until_killed(const plan *p, int fd)
{
    static writer writers[THREADS];
    static rota_config config;
    pthread_t threads[THREADS];
    rota *first = NULL;
    config = plain_config();
    if (rota_open(path, &config, &first) != ROTA_OK) _exit(2);
    for (int i = 0; i < THREADS; i++) {
        writer *w = &writers[i];
        *w = (writer){ .number = p->first_writer + i,
                       .chance = { .random = p->seed + (uint64_t)i },
                       .hasty = p->hasty,
                       .tell = tell_parent,
                       .ctx = &fd };
        int rc = p->own_engines ? rota_open(path, &config, &w->r) : rota_attach(first, &w->r);
        if (rc != ROTA_OK) _exit(3);
    }
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, write_on, &writers[i]) != 0) _exit(4);
    for (int i = 0; i < THREADS; i++)
        (void)pthread_join(threads[i], NULL);
    _exit(5);
}

static child begin(const plan *p)
{
    int ends[2];
    child c = { 0 };
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    c.pid = fork();
    ck_assert_int_ge(c.pid, 0);
    if (c.pid == 0) write_until_killed(p, ends[1]);
    (void)close(ends[1]);
    c.pipe = ends[0];
    return c;
}

/* The next note; false where there will be none. */
static bool hear(child *c, note *n)
{
    while (c->have < sizeof *n) {
        ssize_t got = read(c->pipe, c->half + c->have, sizeof *n - c->have);
        if (got <= 0) return false;
        c->have += (size_t)got;
    }
    memcpy(n, c->half, sizeof *n);
    c->have = 0;
    ledger_take(n);
    return true;
}

static void listen_to(child *c, int64_t wanted)
{
    note n;
    while (wanted > 0) {
        if (!hear(c, &n)) ck_abort_msg("the writers have ended by themselves");
        if (n.what == HEARD) wanted--;
    }
}

static void finish_off(child *c)
{
    note n;
    int status = 0;
    ck_assert_int_eq(kill(c->pid, SIGKILL), 0);
    while (hear(c, &n)) {
    }
    (void)close(c->pipe);
    ck_assert_int_eq(waitpid(c->pid, &status, 0), c->pid);
    ck_assert_msg(WIFSIGNALED(status), "the writers ended with %d", WEXITSTATUS(status));
}

static void kill_rounds(int64_t rounds, uint64_t seed, bool hasty)
{
    struct fx chance = { .random = seed };
    enum { ROUNDS_PER_FILE = 20 };
    for (int64_t i = 0; i < rounds && !complaint[0]; i++) {
        if (i % ROUNDS_PER_FILE == 0) {
            char name[32];
            (void)snprintf(name, sizeof name, "kill-%d.db", (int)(i / ROUNDS_PER_FILE));
            fx_path(&f, name, path, sizeof path);
            make_rooms();
        }
        plan p = { .first_writer = (int32_t)ledger->writers,
                   .seed = chance.random,
                   .own_engines = i % 3 == 1,
                   .hasty = hasty };
        child c = begin(&p), other = { 0 };
        bool two = i % 3 == 2;
        if (two) {
            p.first_writer += THREADS;
            p.seed += THREADS;
            other = begin(&p);
        }
        listen_to(&c, fx_random(&chance, 60));
        spin(fx_random(&chance, 2000000));
        finish_off(&c);
        if (two) { /* who is left goes on */
            listen_to(&other, 30);
            finish_off(&other);
        }
        judge_file();
    }
}

START_TEST(what_a_killed_process_was_told_is_there)
{
    uint64_t seed = tests_seed("kills");
    kill_rounds(kills(), seed, false);
    ck_assert_msg(!complaint[0], "%s", complaint);
    fprintf(stderr, "kills: %" PRId64 ", and %" PRId64 " answers by then\n", kills(), answers);
}
END_TEST

START_TEST(who_acknowledges_too_early_is_found)
{
    kill_rounds(60, tests_seed("kills"), true);
    ck_assert_ptr_nonnull(strstr(complaint, "acknowledged"));
    complaint[0] = '\0';
}
END_TEST

static void tell_ledger(void *ctx, const note *n)
{
    (void)ctx;
    ledger_take(n);
}

/* What no crash of ours may leave behind, done by hand. rota_check() cannot know of all
 * of it: what was never there may be missing. */
#define LAST_BOOKING "(SELECT max(row) FROM booking)"
static const char *const damages[] = {
    "SELECT 1",
    "UPDATE booking SET title=title+1 WHERE row=" LAST_BOOKING,
    "UPDATE booking SET version=version+1 WHERE row=" LAST_BOOKING,
    "DELETE FROM claim WHERE booking=" LAST_BOOKING,
    "DELETE FROM event WHERE subject=(SELECT id FROM booking WHERE row=" LAST_BOOKING ")",
    "DELETE FROM event WHERE seq=(SELECT max(seq) FROM event)",
    "DELETE FROM claim WHERE booking=" LAST_BOOKING ";"
    "DELETE FROM event WHERE seq>=(SELECT max(seq) FROM event);"
    "DELETE FROM booking WHERE row=" LAST_BOOKING,
};
enum { DAMAGES = sizeof damages / sizeof *damages };

START_TEST(what_is_missing_or_half_there_is_found)
{
    rota_config config;
    sqlite3 *db;
    fx_path(&f, "damaged.db", path, sizeof path);
    make_rooms();
    config = plain_config();
    writer w = { .chance = { .random = 3 }, .tell = tell_ledger, .most = 30 };
    ck_assert_int_eq(rota_open(path, &config, &w.r), ROTA_OK);
    write_on(&w);
    shape made = shape_for(&w, BOOK, w.booked);
    made.when = (rota_span){ noon + 400 * 86400, noon + 401 * 86400 };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    say(&w, TRIES, w.booked, &made, 0);
    say(&w, HEARD, w.booked, &made, call_for(&w, BOOK, w.booked, &made, &receipt));
    rota_close(w.r);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
    ck_assert_int_eq(sqlite3_exec(db, damages[_i], NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    judge_file();
    ck_assert_msg((complaint[0] != '\0') == (_i > 0), "%s: %s", damages[_i], complaint);
    complaint[0] = '\0';
}
END_TEST

/* --- the power is cut under one call after the other --- */

enum { BULK = 40, STEPS_MAX = 128 };

static struct step {
    const struct verb *verb;
    rota_time at;
    int status;
    int64_t heard;  /* after so many operations of the disk its caller had the answer */
    char *portrait; /* after it */
} steps[STEPS_MAX];
static int step_count;
static char *first_portrait;
static simvfs_history *history;
static struct cast who;

/* Enough of these, and the log is written back. */
static int book_bulk(struct fx *g, struct cast *c, const rota_call *call)
{
    static char bulk[2001];
    rota_claim claim = { .resource = c->red, .units = 2 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    memset(bulk, 'x', sizeof bulk - 1);
    q.when.start = g->now * 2;
    q.when.end = q.when.start + 1;
    q.claims = &claim;
    q.claim_count = 1;
    q.data = bulk;
    return rota_booking_create(g->r, call, &q, NULL);
}

static const struct verb bulk_verb = { "book at length", book_bulk, false };

static void add_steps(const struct verb *from, int count, const char *at)
{
    for (int i = 0; i < count; i++) {
        ck_assert_int_lt(step_count, STEPS_MAX);
        steps[step_count++] = (struct step){ .verb = &from[i], .at = t(at) + i };
    }
}

/* Each step has an instant, random bytes and a key of its own, so that whoever takes it,
 * whenever, does the same. */
static int take_step(int i)
{
    rota_call call = ROTA_INIT(rota_call);
    char key[32];
    (void)snprintf(key, sizeof key, "step-%d", i);
    call.key = key;
    f.now = steps[i].at;
    f.random = (uint64_t)i * 7919;
    return steps[i].verb->run(&f, &who, steps[i].verb->keyless ? NULL : &call);
}

/* Seen from the end of the play: a hold that lapses in its course has lapsed. */
static char *draw(void)
{
    f.now = steps[step_count - 1].at;
    return verbs_portrait(&f);
}

/* The whole play, on a disk that remembers everything. */
static void play(void)
{
    simvfs_install();
    simvfs_path(&f, "power.db", path, sizeof path);
    step_count = 0;
    add_steps(verbs_before, verbs_before_count, "2031-03-10T08:00Z");
    int reopened = step_count;
    add_steps(verbs, verbs_count, "2031-03-10T08:05Z");
    for (int i = 0; i < BULK; i++)
        add_steps(&bulk_verb, 1, "2031-03-10T08:06Z");
    for (int i = 0; i < BULK; i++)
        steps[step_count - BULK + i].at += i;

    simvfs_record();
    fx_open(&f, path);
    first_portrait = draw();
    int64_t written_back = 0;
    for (int i = 0; i < step_count; i++) {
        if (i == reopened) {
            fx_close(&f);
            fx_open(&f, path);
            written_back = simvfs_size(path);
        }
        steps[i].status = take_step(i);
        steps[i].heard = simvfs_recorded();
        steps[i].portrait = draw();
    }
    ck_assert_int_gt(simvfs_size(path), written_back); /* by a checkpoint in its course */
    fx_close(&f);
    history = simvfs_recorded_take();
}

static void end_play(void)
{
    for (int i = 0; i < step_count; i++)
        free(steps[i].portrait);
    free(first_portrait);
    simvfs_history_free(history);
    history = NULL;
    simvfs_remove();
}

static int heard_by(int64_t n)
{
    int heard = 0;
    while (heard < step_count && steps[heard].heard <= n)
        heard++;
    return heard;
}

static const char *portrait_after(int count)
{
    return count == 0 ? first_portrait : steps[count - 1].portrait;
}

static bool is_as_after(int count)
{
    char *portrait = draw();
    bool same = count <= step_count && strcmp(portrait, portrait_after(count)) == 0;
    free(portrait);
    return same;
}

/* The calendar after a cut: as it was after the steps that had been answered, or after
 * the one that was under way too; and it goes on from there. */
static void judge_cut(int heard)
{
    if (!open_whole()) return;
    if (!is_as_after(heard) && !is_as_after(heard + 1))
        complain("the calendar is neither as after step %d (%s) nor as after the next", heard,
                 heard ? steps[heard - 1].verb->name : "none");
    for (int i = heard; i < heard + 2 && i < step_count && !complaint[0]; i++) {
        int rc = take_step(i);
        if (rc != steps[i].status && !steps[i].verb->keyless)
            complain("step %d (%s), repeated, answers %s: %s", i, steps[i].verb->name,
                     rota_status_name(rc), rota_errmsg(f.r));
        if (!is_as_after(i + 1))
            complain("step %d (%s), repeated, leaves another calendar", i, steps[i].verb->name);
    }
    fx_close(&f);
}

static int64_t cuts; /* so far */

static void cut(int64_t n, simvfs_cut_kind kind, uint64_t seed, int heard)
{
    simvfs_cut(history, n, kind, seed);
    cuts++;
    judge_cut(heard);
    if (!complaint[0]) return;
    size_t used = strlen(complaint);
    (void)snprintf(complaint + used, sizeof complaint - used,
                   "\n  cut after operation %" PRId64 " of %" PRId64 ", kind %d, seed %" PRIu64, n,
                   simvfs_history_length(history), (int)kind, seed);
}

/* Everywhere, or at random in so many places. */
static void cut_about(uint64_t seed, int64_t places, int hasty)
{
    struct fx chance = { .random = seed };
    int64_t length = simvfs_history_length(history);
    enum { SEEDS = 4 };
    for (int64_t n = 0; everywhere() && !hasty && n <= length && !complaint[0]; n++)
        for (int kind = SIMVFS_KEEPS; kind < SIMVFS_CUTS; kind++)
            for (uint64_t k = 0; k < (kind < SIMVFS_SPLITS ? 1 : SEEDS) && !complaint[0]; k++)
                cut(n, (simvfs_cut_kind)kind, seed + k, heard_by(n));
    for (int64_t i = 0; (!everywhere() || hasty) && i < places && !complaint[0]; i++) {
        int64_t n = fx_random(&chance, length + 1);
        int heard = heard_by(n) + hasty;
        cut(n, (simvfs_cut_kind)fx_random(&chance, SIMVFS_CUTS), seed + (uint64_t)i,
            heard < step_count ? heard : step_count);
    }
}

/* Also on a disk for which SQLite pads its log. */
START_TEST(what_was_answered_before_the_power_was_cut_is_there)
{
    simvfs_smear(_i == 1);
    play();
    ck_assert_int_gt(simvfs_history_length(history), 300);
    cut_about(tests_seed("power"), 250, 0);
    ck_assert_msg(!complaint[0], "%s", complaint);
    fprintf(stderr, "power: %" PRId64 " operations, %" PRId64 " cuts\n",
            simvfs_history_length(history), cuts);
    simvfs_smear(false);
    end_play();
}
END_TEST

/* While it recovers from the first cut, the power is cut again. */
START_TEST(a_power_cut_while_recovering_loses_nothing)
{
    uint64_t seed = tests_seed("power");
    struct fx chance = { .random = seed };
    play();
    simvfs_history *whole = history;
    for (int64_t i = 0; i < (everywhere() ? 200 : 12); i++) {
        int64_t n = fx_random(&chance, simvfs_history_length(whole) + 1);
        int heard = heard_by(n);
        simvfs_cut(whole, n, (simvfs_cut_kind)fx_random(&chance, SIMVFS_CUTS), seed);
        simvfs_record();
        fx_open(&f, path);
        free(draw());
        fx_close(&f);
        history = simvfs_recorded_take();
        int64_t step = 1 + (everywhere() ? 0 : simvfs_history_length(history) / 8);
        for (int64_t m = 0; m <= simvfs_history_length(history); m += step)
            cut(m, (simvfs_cut_kind)fx_random(&chance, SIMVFS_CUTS), seed + (uint64_t)m, heard);
        simvfs_history_free(history);
        ck_assert_msg(!complaint[0], "%s\n  the first after %" PRId64, complaint, n);
    }
    history = whole;
    end_play();
}
END_TEST

/* A disk that lies about its syncs, of all files or of the log's; and an answer that is
 * given before the commit. */
START_TEST(what_a_power_cut_does_lose_is_found)
{
    static const char *const lies[] = { "", "-wal", NULL };
    simvfs_lie(lies[_i]);
    play();
    cut_about(tests_seed("power"), 1000, lies[_i] ? 0 : 1);
    ck_assert_str_ne(complaint, "");
    complaint[0] = '\0';
    simvfs_lie(NULL);
    end_play();
}
END_TEST

/* --- the power is cut under several threads --- */

typedef struct told {
    note what;
    int64_t at; /* operations of the disk by then */
} told;

static struct tape {
    pthread_mutex_t mutex;
    told *notes;
    int64_t count, room;
} tape = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void tell_tape(void *ctx, const note *n)
{
    (void)ctx;
    (void)pthread_mutex_lock(&tape.mutex);
    if (tape.count == tape.room) {
        tape.room = tape.room * 2 + 256;
        tape.notes = realloc(tape.notes, (size_t)tape.room * sizeof *tape.notes);
        if (!tape.notes) abort();
    }
    tape.notes[tape.count++] = (told){ .what = *n, .at = simvfs_recorded() };
    (void)pthread_mutex_unlock(&tape.mutex);
}

static _Atomic bool writing; /* the handles are open */

static void write_in_threads(uint64_t seed, const rota_config *config, bool hasty, uint32_t breaks)
{
    enum { CALLS = 60, WRITERS = 4 };
    static writer writers[WRITERS];
    pthread_t threads[WRITERS];
    rota *other = NULL; /* a second engine, for half of them */
    tape.count = 0;
    simvfs_record();
    ck_assert_int_eq(rota_open(path, config, &other), ROTA_OK);
    ck_assert_int_eq(rota_open(path, config, &f.r), ROTA_OK);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){ .number = i,
                               .chance = { .random = seed + (uint64_t)i },
                               .most = CALLS,
                               .hasty = hasty,
                               .breaks = breaks,
                               .tell = tell_tape };
        ck_assert_int_eq(rota_attach(i % 2 ? f.r : other, &writers[i].r), ROTA_OK);
    }
    writing = true;
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_on, &writers[i]), 0);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    writing = false;
    (void)simvfs_heal();
    for (int i = 0; i < WRITERS; i++)
        rota_close(writers[i].r);
    rota_close(other);
    rota_close(f.r);
    f.r = NULL;
    history = simvfs_recorded_take();
}

/* By what they had been told after n operations of the disk. */
static void judge_threads(int64_t n)
{
    ledger_start();
    for (int64_t i = 0; i < tape.count; i++)
        if (tape.notes[i].at <= n) ledger_take(&tape.notes[i].what);
    judge_file();
    if (!complaint[0]) return;
    size_t used = strlen(complaint);
    (void)snprintf(complaint + used, sizeof complaint - used, "\n  after operation %" PRId64, n);
}

static void cut_threads(uint64_t seed, bool hasty)
{
    struct fx chance = { .random = seed };
    simvfs_install();
    simvfs_path(&f, "threads.db", path, sizeof path);
    make_rooms();
    const rota_config config = plain_config();
    write_in_threads(seed, &config, hasty, 0);
    int64_t length = simvfs_history_length(history);
    bool all = everywhere() && !hasty;
    for (int64_t i = 0; i < (all ? length + 1 : 100) && !complaint[0]; i++) {
        int64_t n = all ? i : fx_random(&chance, length + 1);
        simvfs_cut(history, n, (simvfs_cut_kind)fx_random(&chance, SIMVFS_CUTS), seed);
        judge_threads(n);
    }
    simvfs_history_free(history);
    history = NULL;
    simvfs_remove();
}

START_TEST(what_threads_were_answered_before_the_power_was_cut_is_there)
{
    cut_threads(tests_seed("power under threads"), false);
    ck_assert_msg(!complaint[0], "%s", complaint);
}
END_TEST

START_TEST(a_thread_that_was_answered_too_early_is_found)
{
    cut_threads(tests_seed("power under threads"), true);
    ck_assert_ptr_nonnull(strstr(complaint, "acknowledged"));
    complaint[0] = '\0';
}
END_TEST

/* --- a disk that fails under several threads --- */

static _Atomic int64_t asked; /* for memory, by the threads that write */

static void *scarce(void *ctx, void *block, int64_t size)
{
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return writing && ++asked % 31 == 0 ? NULL : realloc(block, (size_t)size);
}

/* Those whose calls were to be flushed together fail together, or are served one by one:
 * each is told what became of its own call. */
START_TEST(threads_on_a_failing_disk_are_told_the_truth)
{
    static const uint32_t kinds[] = { SIMVFS_SYNC, SIMVFS_SYNC | SIMVFS_WRITE, SIMVFS_ALL, 0 };
    uint64_t seed = tests_seed("failures under threads") + (uint64_t)_i;
    rota_config config;
    failures_are_due = true;
    simvfs_install();
    for (int64_t round = 0; round < (everywhere() ? 100 : 4) && !complaint[0]; round++) {
        simvfs_format();
        simvfs_path(&f, "failing.db", path, sizeof path);
        make_rooms();
        config = plain_config();
        if (kinds[_i] == 0) config.memory = scarce;
        asked = 0;
        write_in_threads(seed + (uint64_t)round * 100, &config, false, kinds[_i]);
        simvfs_history_free(history);
        judge_threads(INT64_MAX);
    }
    ck_assert_msg(!complaint[0], "%s", complaint);
    ck_assert_int_gt(failures, 0);
    history = NULL;
    simvfs_remove();
}
END_TEST

/* --- a checkpoint and a commit that meet --- */

/* What keeps them apart is a lock on a file: here it excludes nobody. */
static bool exclude_nobody(const struct flock *what, int *answer)
{
    (void)what;
    *answer = 0;
    return true;
}

/* Two engines on one file. The one is in a call; at some operation of the disk under it
 * the other one does something, to the end. */
static struct fx one, two;
static rota_id meeting_room;
static bool booked[400];
static int64_t bookings, excluded, met;

static void book_next(struct fx *g)
{
    rota_claim claim = { .resource = meeting_room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    char ref[32], bulk[1501];
    int64_t mine = bookings++; /* others come in the middle of this */
    (void)snprintf(ref, sizeof ref, "%d", (int)mine);
    memset(bulk, 'x', sizeof bulk - 1);
    bulk[sizeof bulk - 1] = '\0';
    q.when.start = t("2031-04-01T00:00Z") + mine * 3600;
    q.when.end = q.when.start + 3600;
    q.claims = &claim;
    q.claim_count = 1;
    q.ref = ref;
    q.data = bulk;
    int rc = rota_booking_create(g->r, NULL, &q, NULL);
    booked[mine] = rc == ROTA_OK;
    if (rc == ROTA_EBUSY)
        excluded++;
    else if (rc != ROTA_OK)
        complain("a booking: %s", rota_errmsg(g->r));
}

static void write_back(struct fx *g)
{
    rota__env env = { .arena = &g->r->work, .error = &g->r->error };
    rota__store *store = g->r->engine->store;
    int rc = store->ops->checkpoint(store, &env);
    if (rc == ROTA_EBUSY)
        excluded++;
    else if (rc != ROTA_OK)
        complain("a checkpoint: %s", rota_errmsg(g->r));
}

static void one_books(void)
{
    met++;
    book_next(&one);
}

static void one_writes_back(void)
{
    met++;
    write_back(&one);
}

static void one_writes_back_and_books(void)
{
    met++;
    write_back(&one);
    book_next(&one);
    book_next(&one);
}

static void two_writes_back(void)
{
    write_back(&two);
}

static void two_books(void)
{
    book_next(&two);
}

static void two_books_twice(void)
{
    book_next(&two);
    book_next(&two);
}

/* And once more where the first checkpoint after that has looked and not yet decided. */
static void one_books_and_then_again(void)
{
    one_books();
    simvfs_stop(SIMVFS_FETCH, 1, one_books);
}

static const struct meeting {
    const char *name;
    void (*call)(void), (*meanwhile)(void);
    bool brim; /* the log is so long that the next commits write it back */
} meetings[] = {
    { "a commit in a checkpoint", two_writes_back, one_books, false },
    { "much in a checkpoint", two_writes_back, one_writes_back_and_books, true },
    { "a checkpoint in a commit", two_books, one_writes_back, false },
    { "a commit in a commit", two_books, one_books, false },
    { "much in a commit", two_books, one_writes_back_and_books, false },
    { "a commit in commits with a checkpoint", two_books_twice, one_books, true },
    { "much in commits with a checkpoint", two_books_twice, one_writes_back_and_books, true },
    { "a commit between commit and checkpoint, and one in it", two_books_twice,
      one_books_and_then_again, true },
};
enum { MEETINGS = sizeof meetings / sizeof *meetings };

static void open_two(void)
{
    one = two = (struct fx){ .random = 1 };
    two.random = 2;
    one.config.busy_ms = two.config.busy_ms = -1;
    fx_open(&one, path);
    fx_open(&two, path);
}

static void judge_meeting(void)
{
    char ref[32];
    if (!open_whole()) return;
    for (int64_t i = 0; i < bookings; i++) {
        rota_id id;
        (void)snprintf(ref, sizeof ref, "%d", (int)i);
        int rc = rota_booking_find(f.r, ref, &id);
        if (rc != (booked[i] ? ROTA_OK : ROTA_ENOTFOUND))
            complain("booking %d was %s: %s", (int)i, booked[i] ? "acknowledged" : "refused",
                     rota_errmsg(f.r));
    }
    fx_close(&f);
}

static int64_t pages_of_log(void)
{
    char name[300];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    return simvfs_size(name) / (4096 + 24);
}

/* The log has been written back and has begun anew, or is about to be written back; the
 * second engine has not looked. False where the call has no operation n of these kinds. */
static bool meet(const struct meeting *m, uint32_t kinds, int64_t n)
{
    simvfs_format();
    bookings = 0;
    open_two();
    meeting_room = fx_room(&one, "Room", 1);
    for (int i = 0; i < 8; i++)
        book_next(&one);
    free(fx_picture(&two));
    write_back(&one);
    do
        book_next(&one);
    while (m->brim && pages_of_log() < 256 - 10);
    const int64_t before = met;
    simvfs_stop(kinds, n, m->meanwhile);
    m->call();
    (void)simvfs_stop_missed();
    bool reached = met > before;
    for (int i = 0; i < 6; i++)
        book_next(i % 2 ? &one : &two);
    rota_close(two.r);
    rota_close(one.r);
    judge_meeting();
    if (complaint[0]) {
        size_t used = strlen(complaint);
        (void)snprintf(complaint + used, sizeof complaint - used, "\n  %s, operation %" PRId64,
                       m->name, n);
    }
    return reached;
}

START_TEST(a_checkpoint_and_a_commit_may_meet_anywhere)
{
    const struct meeting *m = &meetings[_i];
    struct fx chance = { .random = tests_seed("meetings") + (uint64_t)_i };
    simvfs_install();
    simvfs_path(&f, "meet.db", path, sizeof path);
    excluded = met = 0;
    for (int64_t n = 1; meet(m, SIMVFS_ALL, n) && !complaint[0];)
        n += everywhere() ? 1 : 1 + fx_random(&chance, fx_sanitized() && m->brim ? 24 : 8);
    ck_assert_msg(!complaint[0], "%s", complaint);
    ck_assert_int_gt(met, 2); /* a commit has some twenty operations */
    ck_assert_int_gt(excluded, 0);
    simvfs_remove();
}
END_TEST

/* Is this a version that can lose commits? https://www.sqlite.org/wal.html#walresetbug */
static bool sqlite_loses(void)
{
    int version = sqlite3_libversion_number();
    return version < 3051003 && version != 3050007 && version != 3044006;
}

/* The control: the same meetings, where nobody is excluded. */
START_TEST(without_the_lock_a_meeting_loses_what_was_acknowledged)
{
    int64_t lost = 0;
    simvfs_install();
    simvfs_path(&f, "meet.db", path, sizeof path);
    fx_locking = exclude_nobody;
    for (int64_t n = 1; lost == 0 && meet(&meetings[MEETINGS - 1], SIMVFS_ALL, n); n++) {
        lost += complaint[0] != '\0';
        complaint[0] = '\0';
    }
    fx_locking = NULL;
    if (sqlite_loses()) ck_assert_int_gt(lost, 0);
    simvfs_remove();
}
END_TEST

Suite *crash_suite(void)
{
    Suite *s = suite_create("crash");
    TCase *tc = tcase_create("kills");
    tcase_set_timeout(tc, everywhere() || kills() > 16 ? 3600 : 120);
    tcase_add_test(tc, what_a_killed_process_was_told_is_there);
    tcase_add_test(tc, who_acknowledges_too_early_is_found);
    tcase_add_loop_test(tc, what_is_missing_or_half_there_is_found, 0, DAMAGES);
    suite_add_tcase(s, tc);

    tc = tcase_create("power");
    tcase_set_timeout(tc, everywhere() ? 3600 : 60);
    tcase_add_loop_test(tc, what_was_answered_before_the_power_was_cut_is_there, 0, 2);
    tcase_add_test(tc, a_power_cut_while_recovering_loses_nothing);
    tcase_add_loop_test(tc, what_a_power_cut_does_lose_is_found, 0, 3);
    tcase_add_test(tc, what_threads_were_answered_before_the_power_was_cut_is_there);
    tcase_add_test(tc, a_thread_that_was_answered_too_early_is_found);
    suite_add_tcase(s, tc);

    tc = tcase_create("failing");
    tcase_set_timeout(tc, everywhere() ? 3600 : 60);
    tcase_add_loop_test(tc, threads_on_a_failing_disk_are_told_the_truth, 0, 4);
    suite_add_tcase(s, tc);

    tc = tcase_create("meetings");
    tcase_set_timeout(tc, everywhere() ? 3600 : 60);
    tcase_add_loop_test(tc, a_checkpoint_and_a_commit_may_meet_anywhere, 0, MEETINGS);
    tcase_add_test(tc, without_the_lock_a_meeting_loses_what_was_acknowledged);
    suite_add_tcase(s, tc);
    return s;
}
