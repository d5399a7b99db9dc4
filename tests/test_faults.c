/* Every call that writes, with a failure at every point that can fail under it: an
 * allocation of the host's memory or of SQLite's, a statement, a read, a write, a sync,
 * the room on the disk. Each time: the status is right, the calendar is as it was, the
 * next call works, and nothing leaks (I10). test_handle.c does the same above the store.
 *
 * ROTA_FAULTS=all tries every point in every way (`make faults`); otherwise a sample
 * that ROTA_SEED chooses. */
#include <check.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    before = fx_picture(&f);
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
    char *picture = fx_picture(&f);
    fx_close(&f);
    ck_assert_str_ne(picture, before);
    return picture;
}

static void warm_up(const struct verb *verb)
{
    rota_call dry = ROTA_INIT(rota_call);
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, verb->run(&f, &who, &dry), ROTA_OK);
    free(fx_picture(&f));
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
    char *picture = fx_picture(&f);
    bool same = strcmp(picture, expected) == 0;
    free(picture);
    return same;
}

static void judge_calendar(const char *after)
{
    if (!looks_like(after)) COMPLAIN("in the end the calendar is not what the call makes of it");
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
    judge_calendar(after);
    judge_close(live);
    open_calendar(); /* what is on the disk */
    judge_calendar(after);
    judge_close(live);
    return hits > 0;
}

static bool thorough(void)
{
    const char *setting = getenv("ROTA_FAULTS");
    return setting && strcmp(setting, "all") == 0;
}

/* Every n until none is left to fail; or some of them. Returns how many were tried. */
static int64_t sweep(const struct verb *verb, const char *after, const struct fault *fault,
                     int64_t most, int way, struct fx *chance)
{
    int64_t n = 1, tried = 0;
    for (;; tried++) {
        int this_way = way < 0 ? (int)fx_random(chance, WAYS) : way;
        bool hit = try_one(verb, after, fault, n, this_way);
        if (complaint[0]) {
            size_t used = strlen(complaint);
            (void)snprintf(complaint + used, sizeof complaint - used,
                           "\n  %s, failure %" PRId64 " of %s, way %d", verb->name, n, fault->name,
                           this_way);
            return tried;
        }
        if (!hit) return tried;
        n += way < 0 ? 1 + fx_random(chance, most) : 1;
    }
}

/* In a sample, how far apart the points are at most. */
static int64_t stride(const struct fault *fault)
{
    switch (fault->where) {
    case MEMORY:
        return fault->for_good ? 300 : 150;
    case HOST:
        return 20;
    default:
        return fault->kinds == SIMVFS_ALL ? 40 : 20;
    }
}

/* --- the tests --- */

START_TEST(a_call_that_fails_changes_nothing)
{
    const struct verb *verb = &verbs[_i];
    struct fx chance = { .random = fx_seed("faults") + (uint64_t)_i };
    char *after = picture_after(verb);
    int64_t tried = 0;
    for (int i = 0; i < FAULTS; i++) {
        if (!thorough()) tried += sweep(verb, after, &faults[i], stride(&faults[i]), -1, &chance);
        for (int way = 0; thorough() && way < WAYS; way++)
            tried += sweep(verb, after, &faults[i], 1, way, &chance);
        ck_assert_msg(!complaint[0], "%s", complaint);
    }
    ck_assert_int_gt(tried, FAULTS);
    if (thorough()) fprintf(stderr, "%s: %" PRId64 " failures\n", verb->name, tried);
    free(after);
}
END_TEST

Suite *faults_suite(void)
{
    Suite *s = suite_create("faults");
    TCase *tc = tcase_create("calls");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_set_timeout(tc, thorough() ? 3600 : 120);
    tcase_add_loop_test(tc, a_call_that_fails_changes_nothing, 0, verbs_count);
    suite_add_tcase(s, tc);
    return s;
}
