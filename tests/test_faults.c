/* Every call that writes, with a failure at every point that can fail under it: an
 * allocation of the host's memory or of SQLite's, a statement, a read, a write, a sync,
 * the room on the disk. Each time: the status is right, the calendar is as it was, the
 * next call works, and nothing leaks (I10). test_handle.c does the same above the store.
 *
 * ROTA_FAULTS=all tries every point in every way (`make faults`); otherwise a sample
 * that ROTA_SEED chooses, under sanitizers a smaller one. */
#include <check.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "fixture.h"
#include "simvfs.h"
#include "verbs.h"

/* --- SQLite's memory --- */

static struct memory {
    sqlite3_mem_methods real;
    int64_t at, seen, hits, live;
    bool for_good, installed;
} memory;

static bool memory_fails(void)
{
    if (memory.at == 0) return false;
    memory.seen++;
    if (memory.seen < memory.at || (memory.seen > memory.at && !memory.for_good)) return false;
    memory.hits++;
    return true;
}

static void *memory_malloc(int size)
{
    void *block = memory_fails() ? NULL : memory.real.xMalloc(size);
    memory.live += block != NULL;
    return block;
}

static void *memory_realloc(void *block, int size)
{
    return memory_fails() ? NULL : memory.real.xRealloc(block, size);
}

static void memory_free(void *block)
{
    memory.live--;
    memory.real.xFree(block);
}

/* Without lookaside, so that each of its allocations can fail. */
static void install_memory(void)
{
    if (memory.installed) return;
    sqlite3_shutdown();
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &memory.real), SQLITE_OK);
    sqlite3_mem_methods failing = memory.real;
    failing.xMalloc = memory_malloc;
    failing.xRealloc = memory_realloc;
    failing.xFree = memory_free;
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
    ck_assert_int_eq(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    memory.installed = true;
}

/* --- SQLite's statements: the test program is linked with --wrap, so that the calls of
 * the library come here first --- */

static struct statements {
    int64_t at, seen, hits;
    int code;
    bool for_good, late; /* late: it is done, and then fails */
    sqlite3 *failed;     /* whose last error is ours */
} statements;

int __real_sqlite3_step(sqlite3_stmt *stmt);
int __wrap_sqlite3_step(sqlite3_stmt *stmt);
int __real_sqlite3_errcode(sqlite3 *db);
int __wrap_sqlite3_errcode(sqlite3 *db);
int __real_sqlite3_extended_errcode(sqlite3 *db);
int __wrap_sqlite3_extended_errcode(sqlite3 *db);
const char *__real_sqlite3_errmsg(sqlite3 *db);
const char *__wrap_sqlite3_errmsg(sqlite3 *db);

int __wrap_sqlite3_step(sqlite3_stmt *stmt)
{
    if (statements.at == 0) return __real_sqlite3_step(stmt); /* other threads than one too */
    statements.failed = NULL;
    statements.seen++;
    if (statements.seen < statements.at ||
        (statements.seen > statements.at && !statements.for_good))
        return __real_sqlite3_step(stmt);
    statements.hits++;
    if (statements.late) {
        int rc = __real_sqlite3_step(stmt);
        if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
    }
    statements.failed = sqlite3_db_handle(stmt);
    return statements.code;
}

int __wrap_sqlite3_extended_errcode(sqlite3 *db)
{
    return db && statements.failed == db ? statements.code : __real_sqlite3_extended_errcode(db);
}

int __wrap_sqlite3_errcode(sqlite3 *db)
{
    return db && statements.failed == db ? statements.code & 0xff : __real_sqlite3_errcode(db);
}

const char *__wrap_sqlite3_errmsg(sqlite3 *db)
{
    return db && statements.failed == db ? sqlite3_errstr(statements.code)
                                         : __real_sqlite3_errmsg(db);
}

/* --- what can fail --- */

enum where { HOST, MEMORY, STATEMENT, DISK, ROOM };

struct fault {
    const char *name;
    enum where where;
    uint32_t kinds; /* of the disk's operations */
    int code;       /* of SQLite, 0: as it is for the kind */
    int status;     /* what a call answers */
    const char *says;
    bool for_good;
    bool other; /* of a statement: late; of a write: by halves */
};

static const char full[] = "the disk is full";

static const struct fault faults[] = {
    { "the host's memory", HOST, 0, 0, ROTA_ENOMEM, NULL, false, false },
    { "the host's memory for good", HOST, 0, 0, ROTA_ENOMEM, NULL, true, false },
    { "SQLite's memory", MEMORY, 0, 0, ROTA_ENOMEM, NULL, false, false },
    { "SQLite's memory for good", MEMORY, 0, 0, ROTA_ENOMEM, NULL, true, false },
    { "a statement", STATEMENT, 0, SQLITE_IOERR_READ, ROTA_EIO, NULL, false, false },
    { "statements for good", STATEMENT, 0, SQLITE_IOERR_READ, ROTA_EIO, NULL, true, false },
    { "a statement when it is done", STATEMENT, 0, SQLITE_IOERR, ROTA_EIO, NULL, false, true },
    { "a statement's memory", STATEMENT, 0, SQLITE_NOMEM, ROTA_ENOMEM, NULL, false, false },
    { "a statement that is busy", STATEMENT, 0, SQLITE_BUSY, ROTA_EBUSY, NULL, false, false },
    { "a statement without room", STATEMENT, 0, SQLITE_FULL, ROTA_EIO, full, false, false },
    { "a statement on damage", STATEMENT, 0, SQLITE_CORRUPT, ROTA_ECORRUPT, NULL, false, false },
    { "a read", DISK, SIMVFS_READ, 0, ROTA_EIO, NULL, false, false },
    { "reads for good", DISK, SIMVFS_READ, 0, ROTA_EIO, NULL, true, false },
    { "a write", DISK, SIMVFS_WRITE, 0, ROTA_EIO, NULL, false, false },
    { "writes for good", DISK, SIMVFS_WRITE, 0, ROTA_EIO, NULL, true, false },
    { "half a write", DISK, SIMVFS_WRITE, 0, ROTA_EIO, NULL, false, true },
    { "a write without room", DISK, SIMVFS_WRITE, SQLITE_FULL, ROTA_EIO, full, false, true },
    { "a sync", DISK, SIMVFS_SYNC, 0, ROTA_EIO, NULL, false, false },
    { "syncs for good", DISK, SIMVFS_SYNC, 0, ROTA_EIO, NULL, true, false },
    { "a lock", DISK, SIMVFS_LOCK, 0, ROTA_EIO, NULL, false, false },
    { "locks that are busy", DISK, SIMVFS_LOCK, SQLITE_BUSY, ROTA_EBUSY, NULL, true, false },
    { "anything on the disk", DISK, SIMVFS_ALL, 0, ROTA_EIO, NULL, false, false },
    { "everything on the disk", DISK, SIMVFS_ALL, 0, ROTA_EIO, NULL, true, false },
    { "the room on the disk", ROOM, 0, 0, ROTA_EIO, full, true, false },
};
enum { FAULTS = sizeof faults / sizeof *faults, ROOM_STEP = 512 };

static struct fx f;

static void arm(const struct fault *fault, int64_t n)
{
    switch (fault->where) {
    case HOST:
        fx_fail_allocation(&f, n);
        f.fail_on = fault->for_good;
        break;
    case MEMORY:
        memory.seen = memory.hits = 0;
        memory.for_good = fault->for_good;
        memory.at = n;
        break;
    case STATEMENT:
        statements = (struct statements){
            .at = n, .code = fault->code, .for_good = fault->for_good, .late = fault->other
        };
        break;
    case DISK:
        simvfs_fail((simvfs_fault){ .kinds = fault->kinds,
                                    .code = fault->code,
                                    .at = n,
                                    .for_good = fault->for_good,
                                    .half = fault->other });
        break;
    case ROOM:
        simvfs_limit(simvfs_used() + (n - 1) * ROOM_STEP + 1);
        break;
    }
}

/* Returns how often it failed. */
static int64_t disarm(const struct fault *fault)
{
    int64_t hits = 0;
    switch (fault->where) {
    case HOST:
        hits = f.refused;
        f.fail_on = false;
        fx_fail_allocation(&f, 0);
        break;
    case MEMORY:
        memory.at = 0;
        hits = memory.hits;
        break;
    case STATEMENT:
        hits = statements.hits;
        statements = (struct statements){ 0 };
        break;
    case DISK:
    case ROOM:
        hits = simvfs_heal();
        break;
    }
    return hits;
}

/* --- the calendar, and how it is come upon --- */

enum {
    WARM = 1,   /* statements, pages and timelines are there already */
    LOGGED = 2, /* the calendar is in its log still */
    REOPEN = 4, /* and is looked at through another handle afterwards */
    KEYED = 8,
    WAYS = 16
};

static struct cast who;
static char path[256];
static simvfs_image *plain, *logged;
static char *before;

static const rota_call keyed = { .size = sizeof keyed, .actor = "Ada", .key = "k" };

static void open_calendar(void)
{
    f.random = 1;
    f.config.busy_ms = -1;
    fx_open(&f, path);
}

static void set_up(void)
{
    install_memory();
    memset(&f, 0, sizeof f);
    simvfs_install();
    simvfs_path(&f, "faults.db", path, sizeof path);
    open_calendar();
    verbs_prepare(&f, &who);
    logged = simvfs_save();
    before = verbs_picture(&f);
    fx_close(&f);
    plain = simvfs_save();
}

static void tear_down(void)
{
    simvfs_image_free(plain);
    simvfs_image_free(logged);
    free(before);
    simvfs_remove();
}

static char *picture_after(const struct verb *verb)
{
    simvfs_load(plain);
    open_calendar();
    ck_status(&f, verb->run(&f, &who, NULL), ROTA_OK);
    char *picture = verbs_picture(&f);
    fx_close(&f);
    ck_assert_str_ne(picture, before);
    return picture;
}

static void warm_up(const struct verb *verb)
{
    rota_call dry = ROTA_INIT(rota_call);
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, verb->run(&f, &who, &dry), ROTA_OK);
    free(verbs_picture(&f));
}

/* --- the judge --- */

static char complaint[1024]; /* the first; empty where all is well */

#define COMPLAIN(...)                                                                \
    do {                                                                             \
        if (!complaint[0]) (void)snprintf(complaint, sizeof complaint, __VA_ARGS__); \
    } while (0)

static bool says(const char *text)
{
    return strstr(rota_errmsg(f.r), text) != NULL;
}

static void judge_status(const struct fault *fault, int rc, bool unknown)
{
    if (rc == ROTA_OK || unknown) return;
    if (rc != fault->status)
        COMPLAIN("answers %s: %s", rota_status_name(rc), rota_errmsg(f.r));
    else if (fault->says && !says(fault->says))
        COMPLAIN("does not say that %s: %s", fault->says, rota_errmsg(f.r));
}

static bool looks_like(const char *expected)
{
    char *picture = verbs_picture(&f);
    bool same = strcmp(picture, expected) == 0;
    free(picture);
    return same;
}

static void judge_picture(const char *after)
{
    if (!looks_like(after)) COMPLAIN("in the end the calendar is not what the call makes of it");
}

static void judge_calendar(const char *after)
{
    judge_picture(after);
    int rc = rota_check(f.r, ROTA_TIME_MIN);
    if (rc != ROTA_OK) COMPLAIN("the check: %s", rota_errmsg(f.r));
}

static void judge_close(int64_t live)
{
    rota_close(f.r);
    f.r = NULL;
    if (f.live_bytes != 0) COMPLAIN("%" PRId64 " bytes were not given back", f.live_bytes);
    if (memory.live != live)
        COMPLAIN("%" PRId64 " blocks of SQLite's were not given back", memory.live - live);
}

static void reopen(int64_t live)
{
    judge_close(live);
    open_calendar();
}

/* Failure n of a kind under one call, and all that must be true then. Returns whether
 * there were so many points that can fail. */
static bool try_one(const struct verb *verb, const char *after, const struct fault *fault,
                    int64_t n, int way)
{
    const rota_call *call = way & KEYED && !verb->keyless ? &keyed : NULL;
    const int64_t live = memory.live;
    simvfs_load(way & LOGGED ? logged : plain);
    open_calendar();
    if (way & WARM) warm_up(verb);
    arm(fault, n);
    int rc = verb->run(&f, &who, call);
    int64_t hits = disarm(fault);

    /* Only a commit that failed in the middle may be either; with a key it is asked
     * for again until that is known. */
    bool unknown = rc == ROTA_EIO && says("not known");
    if (rc != ROTA_OK && hits == 0) COMPLAIN("fails by itself: %s", rota_errmsg(f.r));
    judge_status(fault, rc, unknown);
    if (way & REOPEN) reopen(live);
    if (rc != ROTA_OK) {
        bool done = !looks_like(before);
        if (done && !unknown) COMPLAIN("changes the calendar and answers %s", rota_status_name(rc));
        if (!done || call) { /* the next call works */
            rc = verb->run(&f, &who, call);
            if (rc != ROTA_OK) COMPLAIN("the next call: %s", rota_errmsg(f.r));
        }
    }
    judge_picture(after);
    judge_close(live);
    open_calendar(); /* what is on the disk */
    judge_calendar(after);
    judge_close(live);
    return hits > 0;
}

/* --- every n until none is left to fail, or some of them --- */

enum { EVERY = 1 }; /* the stride of a sweep that leaves nothing out */

/* The ways that `fixed` names are taken each time, of the others any. Returns how many
 * failures were tried. */
static int64_t sweep(const struct verb *verb, const char *after, const struct fault *fault,
                     int64_t stride, int fixed, int ways, struct fx *chance)
{
    int64_t n = 1, tried = 0;
    for (bool hit = true; hit && !complaint[0]; tried++) {
        int way = (fixed & ways) | ((int)fx_random(chance, WAYS) & ~fixed);
        hit = try_one(verb, after, fault, n, way);
        if (complaint[0]) {
            size_t used = strlen(complaint);
            (void)snprintf(complaint + used, sizeof complaint - used,
                           "\n  %s, failure %" PRId64 " of %s, way %d", verb->name, n, fault->name,
                           way);
        }
        n += stride == EVERY ? 1 : 1 + fx_random(chance, stride);
    }
    return tried;
}

/* With ROTA_STRICT_ARENA, which is where sanitizers are, each allocation is the host's. */
static int64_t coarseness(void)
{
    return fx_sanitized() ? 4 : 1;
}

static int64_t sample(const struct verb *verb, const char *after, const struct fault *fault,
                      struct fx *chance)
{
    int64_t stride = fault->where == MEMORY ? 250 : fault->kinds == SIMVFS_ALL ? 40 : 20;
    return sweep(verb, after, fault, stride * coarseness(), 0, 0, chance);
}

static int64_t try_all(const struct verb *verb, const char *after, const struct fault *fault,
                       struct fx *chance)
{
    const int fixed = WARM | (fault->where == MEMORY ? 0 : LOGGED); /* there are thousands */
    int64_t tried = 0;
    for (int ways = 0; ways <= fixed; ways++)
        tried += sweep(verb, after, fault, EVERY, fixed, ways, chance);
    return tried;
}

/* --- the tests --- */

START_TEST(a_call_that_fails_changes_nothing)
{
    const struct verb *verb = &verbs[_i];
    struct fx chance = { .random = tests_seed("faults") + (uint64_t)_i };
    char *after = picture_after(verb);
    int64_t tried = 0;
    for (int i = 0; i < FAULTS; i++) {
        tried += (fx_thorough() ? try_all : sample)(verb, after, &faults[i], &chance);
        ck_assert_msg(!complaint[0], "%s", complaint);
    }
    ck_assert_int_gt(tried, FAULTS);
    if (fx_thorough()) fprintf(stderr, "%s: %" PRId64 " failures\n", verb->name, tried);
    free(after);
}
END_TEST

/* Failure n under rota_open(), on a calendar that is one plain file, that is in its log
 * still, or that is not there yet. */
static bool try_open(const struct fault *fault, int64_t n, const simvfs_image *image,
                     const char *expected)
{
    const int64_t live = memory.live;
    simvfs_load(image);
    fx_configure(&f);
    arm(fault, n);
    int rc = rota_open(path, &f.config, &f.r);
    int64_t hits = disarm(fault);
    if (rc != ROTA_OK && hits == 0) COMPLAIN("fails by itself: %s", rota_errmsg(f.r));
    judge_status(fault, rc, false);
    if (rc == ROTA_OK) judge_calendar(expected);
    judge_close(live);
    open_calendar(); /* the next time it works */
    judge_calendar(expected);
    judge_close(live);
    if (complaint[0])
        ck_abort_msg("%s\n  opening, failure %" PRId64 " of %s", complaint, n, fault->name);
    return hits > 0;
}

START_TEST(opening_that_fails_changes_nothing)
{
    struct fx chance = { .random = tests_seed("faults") + (uint64_t)_i };
    simvfs_load(plain);
    simvfs_format();
    simvfs_image *nothing = simvfs_save();
    open_calendar();
    char *empty = verbs_picture(&f);
    fx_close(&f);
    for (int i = 0; i < FAULTS; i++) {
        const simvfs_image *image = _i == 0 ? plain : _i == 1 ? logged : nothing;
        int64_t stride = fx_thorough() ? 1 : (faults[i].where == MEMORY ? 300 : 30) * coarseness();
        for (int64_t n = 1; try_open(&faults[i], n, image, _i == 2 ? empty : before);)
            n += 1 + fx_random(&chance, stride);
    }
    free(empty);
    simvfs_image_free(nothing);
}
END_TEST

/* What was acknowledged is there, though nothing of the end of a handle went well. */
START_TEST(closing_that_fails_loses_nothing)
{
    char *after = picture_after(&verbs[0]);
    for (int i = 0; i < FAULTS; i++) {
        for (int64_t n = 1, hits = 1; hits > 0; n += fx_thorough() ? 1 : 7 * coarseness()) {
            const int64_t live = memory.live;
            simvfs_load(logged);
            open_calendar();
            ck_status(&f, verbs[0].run(&f, &who, NULL), ROTA_OK);
            arm(&faults[i], n);
            judge_close(live);
            hits = disarm(&faults[i]);
            open_calendar();
            judge_calendar(after);
            judge_close(live);
            ck_assert_msg(!complaint[0], "%s\n  closing, failure %" PRId64 " of %s", complaint, n,
                          faults[i].name);
        }
    }
    free(after);
}
END_TEST

/* --- a disk that is full, until it is not --- */

enum { BULK = 30000 };

/* Booking number i, with text enough to fill a disk. */
static int book_bulk(int64_t i)
{
    static char bulk[BULK + 1];
    rota_claim claim = { .resource = who.member, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    char ref[32];
    (void)snprintf(ref, sizeof ref, "bulk-%" PRId64, i);
    memset(bulk, 'x', BULK);
    q.when.start = t("2032-01-01T00:00Z") + i * 3600;
    q.when.end = q.when.start + 3600;
    q.claims = &claim;
    q.claim_count = 1;
    q.data = bulk;
    q.ref = ref;
    return rota_booking_create(f.r, NULL, &q, NULL);
}

static int64_t size_of_log(void)
{
    char name[300];
    (void)snprintf(name, sizeof name, "%s-wal", path);
    return simvfs_size(name);
}

static void expect_bulk(const bool *made, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        rota_id id;
        char ref[32];
        (void)snprintf(ref, sizeof ref, "bulk-%" PRId64, i);
        ck_status(&f, rota_booking_find(f.r, ref, &id), made[i] ? ROTA_OK : ROTA_ENOTFOUND);
    }
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}

/* Full within a commit or within a checkpoint, wherever it falls, again and again. */
START_TEST(a_full_disk_heals_when_there_is_room_again)
{
    enum { BOOKINGS = 400 };
    static bool made[BOOKINGS];
    struct fx chance = { .random = tests_seed("full disk") + (uint64_t)_i };
    int64_t refused = 0;
    simvfs_load(plain);
    open_calendar();
    for (int64_t i = 0; i < BOOKINGS; i++) {
        if (i % 100 == 0) {
            simvfs_heal();
            simvfs_limit(simvfs_used() + 1000000 + fx_random(&chance, 6000000));
        }
        int rc = book_bulk(i);
        made[i] = rc == ROTA_OK;
        if (rc != ROTA_OK) {
            refused++;
            ck_status(&f, rc, ROTA_EIO);
            ck_assert_msg(says(full), "%s", rota_errmsg(f.r));
            if (refused % 10 == 0) expect_bulk(made, i + 1); /* reads go on */
        }
        if (i % 100 == 99) { /* there is room again: the same handle goes on at once */
            ck_assert_int_gt(refused, 0);
            simvfs_heal();
            ck_status(&f, book_bulk(i + BOOKINGS), ROTA_OK);
        }
    }
    simvfs_heal();
    expect_bulk(made, BOOKINGS);
    fx_close(&f);
    ck_assert_int_eq(size_of_log(), 0);
    open_calendar();
    expect_bulk(made, BOOKINGS);
    fx_close(&f);
}
END_TEST

/* The log is written back at 16,384 pages at the latest, however fast it grows: here it would
 * become much longer. */
START_TEST(the_log_does_not_grow_for_ever)
{
    enum { BOOKINGS = 4000, PAGES = 16384 + 256, BYTES = PAGES * (4096 + 24) };
    simvfs_load(plain);
    open_calendar();
    for (int64_t i = 0; i < BOOKINGS; i++) {
        ck_status(&f, book_bulk(i), ROTA_OK);
        ck_assert_int_le(size_of_log(), BYTES);
    }
    ck_assert_int_gt((int64_t)BOOKINGS * BULK, BYTES * 3 / 2);
    fx_close(&f);
}
END_TEST

/* --- what judges must be able to condemn --- */

static const struct verb *judged;

static int keeps_its_failure_to_itself(struct fx *g, struct cast *c, const rota_call *call)
{
    (void)judged->run(g, c, call);
    return ROTA_OK;
}

static int names_no_reason(struct fx *g, struct cast *c, const rota_call *call)
{
    int rc = judged->run(g, c, call);
    return rc == ROTA_OK ? ROTA_OK : ROTA_EDENIED;
}

/* One half after the other, which is what a call must not be. */
static int does_it_by_halves(struct fx *g, struct cast *c, const rota_call *call)
{
    int rc = verbs_before[0].run(g, c, NULL);
    if (rc == ROTA_ESTATE) rc = book_bulk(0); /* "Blue" is there */
    return rc == ROTA_OK || rc == ROTA_ESTATE ? judged->run(g, c, call) : rc;
}

static int forgets_what_it_has_taken(struct fx *g, struct cast *c, const rota_call *call)
{
    static void *hoard;
    int rc = judged->run(g, c, call);
    if (statements.hits > 0) hoard = rota__mem_alloc(&g->r->mem, 1, 100);
    return rc == ROTA_OK && hoard ? ROTA_OK : rc;
}

START_TEST(the_judge_condemns_what_is_wrong)
{
    static const struct {
        struct verb verb;
        const char *verdict;
    } wrong[] = {
        { { "silent", keeps_its_failure_to_itself, false }, "in the end" },
        { { "vague", names_no_reason, false }, "answers EDENIED" },
        { { "halves", does_it_by_halves, false }, "changes the calendar" },
        { { "hoarder", forgets_what_it_has_taken, false }, "bytes were not given back" },
    };
    struct fx chance = { .random = 1 };
    judged = &verbs[0];
    char *after = picture_after(&wrong[_i].verb);
    sweep(&wrong[_i].verb, after, &faults[4], EVERY, WAYS - 1, 0, &chance); /* statements */
    ck_assert_msg(strstr(complaint, wrong[_i].verdict), "\"%s\" for %s", complaint,
                  wrong[_i].verb.name);
    free(after);
    complaint[0] = '\0';
}
END_TEST

static TCase *add_case(Suite *s, const char *name)
{
    TCase *tc = tcase_create(name);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, fx_thorough() ? 7200 : 120);
    suite_add_tcase(s, tc);
    return tc;
}

Suite *faults_suite(void)
{
    Suite *s = suite_create("faults");
    TCase *calls = add_case(s, "calls"), *handles = add_case(s, "handles");
    TCase *disk = add_case(s, "full disk"), *judge = add_case(s, "judge");
    tcase_add_loop_test(calls, a_call_that_fails_changes_nothing, 0, verbs_count);
    tcase_add_loop_test(handles, opening_that_fails_changes_nothing, 0, 3);
    tcase_add_test(handles, closing_that_fails_loses_nothing);
    tcase_add_loop_test(disk, a_full_disk_heals_when_there_is_room_again, 0, 3);
    tcase_add_test(disk, the_log_does_not_grow_for_ever);
    tcase_add_loop_test(judge, the_judge_condemns_what_is_wrong, 0, 4);
    return s;
}
