/* Threads on one engine: handles that rota_attach() gives, reads beside a flush, writes
 * that are flushed together, hooks called by several threads at once; and the short forms
 * of rota-contend with its controls. Nothing here waits for time to pass: a flush is held
 * in its middle by a VFS with a gate, and threads meet at barriers. */
#define _GNU_SOURCE /* gettid, barriers */

#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/handle.h"
#include "contend/fight.h"
#include "contend/history.h"
#include "store/sqlite_private.h"

enum {
    TEAM = 8,
    HOUR = 3600,
    WEEKLY = 7 * 24,   /* slots */
    DAWN = 1930464000, /* 2031-03-05T08:00Z; slots are the hours from here on */
    MORNING = DAWN - 30 * 86400
};

/* --- a calendar whose hooks any thread may call --- */

static struct team {
    rota_config config;
    char path[256];
    rota *r[TEAM];
    rota_id room, other;
    _Atomic int64_t live, allocations, fail_every; /* fail_every: that allocation fails; 0: none */
} team;

static rota_time morning(void *ctx)
{
    (void)ctx;
    return MORNING;
}

typedef union prefix {
    int64_t size;
    max_align_t align;
} prefix;

static void *memory(void *ctx, void *block, int64_t size)
{
    struct team *team_ = ctx;
    prefix *old = block ? (prefix *)block - 1 : NULL;
    int64_t before = old ? old->size : 0, every = atomic_load(&team_->fail_every);
    if (size == 0) {
        atomic_fetch_sub(&team_->live, before);
        free(old);
        return NULL;
    }
    int64_t nth = atomic_fetch_add(&team_->allocations, 1) + 1;
    if (every > 0 && nth % every == 0) return NULL;
    prefix *grown = realloc(old, sizeof *grown + (size_t)size);
    if (!grown) return NULL;
    atomic_fetch_add(&team_->live, size - before);
    grown->size = size;
    return grown + 1;
}

static rota_id make_room(rota *r, const char *name, int32_t capacity)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.kind = "room";
    q.name = name;
    q.capacity = capacity;
    ck_answer(r, rota_resource_create(r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

/* Hooks that a test has put into team.config stay. */
static void open_team(const char *url, int count)
{
    if (!url) {
        struct fx any = { 0 };
        fx_path(&any, "threads.rota", team.path, sizeof team.path);
        crew_remove(team.path);
        url = team.path;
    }
    team.config.size = (uint32_t)sizeof team.config;
    if (!team.config.now) team.config.now = morning;
    team.config.memory = memory;
    team.config.memory_ctx = &team;
    ck_answer(team.r[0], rota_open(url, &team.config, &team.r[0]), ROTA_OK);
    team.room = make_room(team.r[0], "Blue", 1);
    team.other = make_room(team.r[0], "Red", 1);
    for (int i = 1; i < count; i++)
        ck_answer(team.r[0], rota_attach(team.r[0], &team.r[i]), ROTA_OK);
}

static void close_team(void)
{
    for (int i = TEAM - 1; i >= 0; i--) {
        rota_close(team.r[i]);
        team.r[i] = NULL;
    }
    ck_assert_int_eq(atomic_load(&team.live), 0);
}

/* --- calls --- */

static rota_booking_request slot_of(const rota_claim *claim, int slot, const char *title)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = DAWN + (rota_time)slot * HOUR;
    q.when.end = q.when.start + HOUR;
    q.claims = claim;
    q.claim_count = 1;
    q.title = title;
    return q;
}

static int book(rota *r, rota_id room, int slot, const char *title, rota_id *id)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = slot_of(&claim, slot, title);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int rc = rota_booking_create(r, NULL, &q, &receipt);
    if (rc == ROTA_OK && id) *id = receipt.id;
    return rc;
}

static int is_free(rota *r, rota_id room, int slot)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = slot_of(&claim, slot, NULL);
    return rota_booking_check(r, &q);
}

/* How many bookings does it list in these slots? */
static int64_t listed(rota *r, rota_id room, int from, int to)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;
    query.resource = room;
    query.when.start = DAWN + (rota_time)from * HOUR;
    query.when.end = DAWN + (rota_time)to * HOUR;
    query.statuses = 1U << ROTA_BOOKING_HELD | 1U << ROTA_BOOKING_CONFIRMED;
    ck_answer(r, rota_booking_list(r, &query, &rows), ROTA_OK);
    int64_t count = rota_result_count(rows);
    rota_result_free(rows);
    return count;
}

static rota_metrics metrics(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    ck_answer(r, rota_metrics_get(r, &m), ROTA_OK);
    return m;
}

/* --- threads --- */

/* Runs work(0) to work(count - 1), each in a thread. */
static void in_threads(int count, void *(*work)(void *number))
{
    static int numbers[64];
    pthread_t threads[64];
    for (int i = 0; i < count; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
    }
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}

/* One call, in a thread of its own, of which the test may know that it is waiting. */
typedef struct actor {
    rota *r;
    int (*call)(struct actor *self);
    int number, answer;
    rota_id id;
    uint32_t flags;
    _Atomic int32_t tid;
    pthread_t thread;
} actor;

static void *act(void *of)
{
    actor *self = of;
    atomic_store(&self->tid, (int32_t)gettid());
    self->answer = self->call(self);
    return NULL;
}

static void start(actor *a)
{
    ck_assert_int_eq(pthread_create(&a->thread, NULL, act, a), 0);
}

static int finish(actor *a)
{
    ck_assert_int_eq(pthread_join(a->thread, NULL), 0);
    return a->answer;
}

static char state_of(int32_t tid)
{
    char path[64], line[256] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    FILE *in = fopen(path, "r");
    if (!in) return 'X';
    if (!fgets(line, sizeof line, in)) line[0] = '\0';
    fclose(in);
    const char *behind = strrchr(line, ')');
    return behind && behind[1] ? behind[2] : '?';
}

/* Until it sleeps, in its turn as a rule: as long as the gate is shut nobody comes out. */
static void until_it_waits(actor *a)
{
    int in_a_row = 0;
    while (in_a_row < 20) {
        int32_t tid = atomic_load(&a->tid);
        char state = tid ? state_of(tid) : '?';
        if (state == 'X') return;
        in_a_row = state == 'S' ? in_a_row + 1 : 0;
        sched_yield();
    }
}

/* --- a gate in front of the log's flush --- */

static struct gate {
    sqlite3_vfs vfs, *system;
    sqlite3_io_methods methods;
    int (*sync)(sqlite3_file *, int);
    pthread_mutex_t mutex;
    pthread_cond_t moved;
    bool shut;
    int waiting;
    int fail; /* so many flushes from now on fail */
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER };

/* Waits where it is shut. True for those who are to fail. */
static bool pass_gate(void)
{
    pthread_mutex_lock(&gate.mutex);
    gate.waiting++;
    pthread_cond_broadcast(&gate.moved);
    while (gate.shut)
        pthread_cond_wait(&gate.moved, &gate.mutex);
    gate.waiting--;
    bool fails = gate.fail > 0;
    if (fails) gate.fail--;
    pthread_mutex_unlock(&gate.mutex);
    return fails;
}

static int gate_sync(sqlite3_file *file, int flags)
{
    return pass_gate() ? SQLITE_IOERR_FSYNC : gate.sync(file, flags);
}

/* The file stays the system's; only its flush is ours. */
static int gate_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    (void)vfs;
    int rc = gate.system->xOpen(gate.system, name, file, flags, out);
    if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_WAL)) return rc;
    pthread_mutex_lock(&gate.mutex);
    if (!gate.sync) {
        gate.methods = *file->pMethods;
        gate.sync = gate.methods.xSync;
        gate.methods.xSync = gate_sync;
    }
    pthread_mutex_unlock(&gate.mutex);
    file->pMethods = &gate.methods;
    return rc;
}

static void put_gate(void)
{
    gate.system = sqlite3_vfs_find(NULL);
    gate.vfs = *gate.system;
    gate.vfs.zName = "gate";
    gate.vfs.pNext = NULL;
    gate.vfs.xOpen = gate_open;
    ck_assert_int_eq(sqlite3_vfs_register(&gate.vfs, 1), SQLITE_OK);
}

static void shut_gate(void)
{
    pthread_mutex_lock(&gate.mutex);
    gate.shut = true;
    pthread_mutex_unlock(&gate.mutex);
}

/* Until a writer is in the middle of its flush, or of what else is behind the gate. */
static void until_somebody_flushes(void)
{
    pthread_mutex_lock(&gate.mutex);
    while (gate.waiting == 0)
        pthread_cond_wait(&gate.moved, &gate.mutex);
    pthread_mutex_unlock(&gate.mutex);
}

static void open_gate(int failures)
{
    pthread_mutex_lock(&gate.mutex);
    gate.shut = false;
    gate.fail = failures;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.mutex);
}

/* --- handles --- */

static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

static void close_in_order(const char *url, const int *order)
{
    open_team(url, 3);
    for (int i = 0; i < 3; i++)
        ck_answer(team.r[i], book(team.r[i], team.room, i, "mine", NULL), ROTA_OK);
    for (int i = 0; i < 3; i++) {
        for (int k = i; k < 3; k++) { /* those that are left work as before */
            rota *r = team.r[order[k]];
            ck_assert_int_eq(listed(r, team.room, 0, 3), 3);
            ck_answer(r, book(r, team.other, 10 * i + k, "still here", NULL), ROTA_OK);
            ck_answer(r, is_free(r, team.room, order[i]), ROTA_ECONFLICT);
        }
        rota_close(team.r[order[i]]);
        team.r[order[i]] = NULL;
    }
    ck_assert_int_eq(atomic_load(&team.live), 0);
}

START_TEST(handles_are_closed_in_any_order)
{
    close_in_order(NULL, orders[_i]);
}
END_TEST

START_TEST(handles_on_a_calendar_in_memory_are_closed_in_any_order)
{
    close_in_order(":memory:", orders[_i]);
}
END_TEST

START_TEST(a_calendar_in_memory_ends_with_its_last_handle)
{
    open_team(":memory:", 2);
    ck_answer(team.r[0], book(team.r[0], team.room, 0, "mine", NULL), ROTA_OK);
    rota_close(team.r[0]);
    team.r[0] = NULL;
    ck_assert_int_eq(listed(team.r[1], team.room, 0, 1), 1);
    close_team();
    rota *again = NULL;
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_answer(again, rota_open(":memory:", &team.config, &again), ROTA_OK);
    ck_answer(again, rota_stats_get(again, &stats), ROTA_OK);
    ck_assert_int_eq(stats.resources, 0);
    rota_close(again);
}
END_TEST

START_TEST(a_handle_is_attached_to_an_attached_one)
{
    open_team(NULL, 1);
    for (int i = 1; i < TEAM; i++) {
        ck_answer(team.r[i - 1], rota_attach(team.r[i - 1], &team.r[i]), ROTA_OK);
        rota_close(team.r[i - 1]);
        team.r[i - 1] = NULL;
        ck_answer(team.r[i], book(team.r[i], team.room, i, "a link", NULL), ROTA_OK);
    }
    ck_assert_int_eq(listed(team.r[TEAM - 1], team.room, 0, TEAM), TEAM - 1);
    close_team();
}
END_TEST

START_TEST(what_cannot_be_attached_is_refused)
{
    rota *out = NULL;
    open_team(NULL, 1);
    ck_assert_int_eq(rota_attach(NULL, &out), ROTA_EINVALID);
    ck_answer(team.r[0], rota_attach(team.r[0], NULL), ROTA_EINVALID);
    ck_assert_ptr_null(out);
    close_team();
    team.config.flags = ROTA_OPEN_READONLY;
    ck_answer(team.r[0], rota_open(team.path, &team.config, &team.r[0]), ROTA_OK);
    ck_answer(team.r[0], rota_attach(team.r[0], &team.r[1]), ROTA_OK);
    ck_answer(team.r[1], book(team.r[1], team.room, 0, "written", NULL), ROTA_EDENIED);
    ck_assert_int_eq(listed(team.r[1], team.room, 0, 1), 0);
    close_team();
}
END_TEST

START_TEST(attaching_without_memory_leaves_everything_as_it_was)
{
    bool went_well = false;
    open_team(NULL, 1);
    for (int64_t n = 1; n < 1000 && !went_well; n++) {
        int64_t live = atomic_load(&team.live);
        atomic_store(&team.allocations, 0);
        atomic_store(&team.fail_every, n);
        int rc = rota_attach(team.r[0], &team.r[1]);
        went_well = rc == ROTA_OK && atomic_load(&team.allocations) < n;
        atomic_store(&team.fail_every, 0);
        ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "%s", rota_status_name(rc));
        ck_assert(rc == ROTA_OK || team.r[1] == NULL);
        rota_close(team.r[1]);
        team.r[1] = NULL;
        /* the first one to succeed may have given the opener a store of its own */
        ck_assert(rc == ROTA_OK || atomic_load(&team.live) - live < 65536);
        ck_answer(team.r[0], is_free(team.r[0], team.room, 0), ROTA_OK);
    }
    ck_assert(went_well);
    ck_answer(team.r[0], book(team.r[0], team.room, 0, "works", NULL), ROTA_OK);
    close_team();
}
END_TEST

static int open_descriptors(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

START_TEST(closing_a_handle_gives_its_descriptors_back)
{
    open_team(NULL, 2);
    /* One that SQLite may not close yet it keeps for the next who opens the file. */
    int before = open_descriptors();
    for (int i = 0; i < 50; i++) {
        rota *r = NULL;
        ck_answer(team.r[0], rota_attach(team.r[0], &r), ROTA_OK);
        ck_answer(r, book(r, team.room, i, "short", NULL), ROTA_OK);
        rota_close(r);
    }
    ck_assert_int_le(open_descriptors(), before + 1);
    close_team();
}
END_TEST

/* Would another process find the file unlocked, and take its owner for gone? */
static bool locked_for_others(const char *path)
{
    int status = 0;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        /* SQLite's shared range: whoever has the file open in WAL mode keeps a lock in it. */
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510
        };
        int fd = open(path, O_RDWR | O_CLOEXEC);
        _exit(fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status == 0;
}

/* A descriptor closed by anybody in a process drops all locks of the process on a file. */
START_TEST(handles_that_come_and_go_leave_the_locks_of_others)
{
    open_team(NULL, 2);
    ck_assert(locked_for_others(team.path));
    for (int i = 0; i < 3; i++) {
        rota *r = NULL;
        ck_answer(team.r[0], rota_attach(team.r[0], &r), ROTA_OK);
        ck_assert(locked_for_others(team.path));
        ck_answer(r, book(r, team.room, i, "short", NULL), ROTA_OK);
        rota_close(r);
        ck_assert(locked_for_others(team.path));
    }
    rota *second = NULL;
    ck_answer(second, rota_open(team.path, &team.config, &second), ROTA_OK);
    rota_close(second);
    ck_assert(locked_for_others(team.path));
    rota_close(team.r[0]);
    team.r[0] = NULL;
    ck_assert(locked_for_others(team.path));
    close_team();
}
END_TEST

START_TEST(a_file_that_is_gone_is_not_attached_to)
{
    open_team(NULL, 1);
    ck_assert_int_eq(unlink(team.path), 0);
    int rc = rota_attach(team.r[0], &team.r[1]);
    ck_assert_msg(rc != ROTA_OK, "attached to a file that is not there");
    ck_assert_msg(access(team.path, F_OK) != 0, "a new file was made in its place");
    ck_assert_ptr_null(team.r[1]);
    close_team();
}
END_TEST

START_TEST(a_file_that_was_replaced_is_not_attached_to)
{
    char aside[300], with[300];
    open_team(NULL, 1);
    (void)snprintf(aside, sizeof aside, "%s-aside", team.path);
    (void)snprintf(with, sizeof with, "%s-with", team.path);
    rota *another = NULL;
    ck_answer(another, rota_open(with, &team.config, &another), ROTA_OK);
    rota_close(another);
    ck_assert_int_eq(rename(team.path, aside), 0);
    ck_assert_int_eq(rename(with, team.path), 0);
    int rc = rota_attach(team.r[0], &team.r[1]);
    ck_assert_msg(rc != ROTA_OK, "attached to another calendar");
    ck_assert_ptr_null(team.r[1]);
    close_team();
}
END_TEST

START_TEST(each_handle_has_its_own_message_and_conflicts)
{
    rota_result *first = NULL, *second = NULL;
    rota_conflict a = ROTA_INIT(rota_conflict), b = ROTA_INIT(rota_conflict);
    open_team(NULL, 3);
    ck_answer(team.r[0], book(team.r[0], team.room, 0, "Standup", NULL), ROTA_OK);
    ck_answer(team.r[0], book(team.r[0], team.other, 0, "Interview", NULL), ROTA_OK);
    ck_answer(team.r[1], book(team.r[1], team.room, 0, "x", NULL), ROTA_ECONFLICT);
    ck_answer(team.r[2], book(team.r[2], team.other, 0, "y", NULL), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(team.r[1]), "Standup"));
    ck_assert_ptr_nonnull(strstr(rota_errmsg(team.r[2]), "Interview"));
    ck_assert_str_eq(rota_errmsg(team.r[0]), "success");
    ck_answer(team.r[1], rota_conflict_list(team.r[1], &first), ROTA_OK);
    ck_answer(team.r[2], rota_conflict_list(team.r[2], &second), ROTA_OK);
    ck_assert_int_eq(rota_conflict_at(first, 0, &a), ROTA_OK);
    ck_assert_int_eq(rota_conflict_at(second, 0, &b), ROTA_OK);
    rota_close(team.r[1]); /* a result outlives its handle */
    team.r[1] = NULL;
    ck_assert_str_eq(a.title, "Standup");
    ck_assert_str_eq(b.title, "Interview");
    rota_result_free(first);
    rota_result_free(second);
    close_team();
}
END_TEST

/* --- coming and going beside calls --- */

static pthread_barrier_t meeting;

static void *come_and_go(void *number)
{
    int me = *(int *)number;
    rota *r = team.r[me];
    for (int i = 0; i < 40; i++) {
        rota *next = NULL;
        ck_answer(r, rota_attach(r, &next), ROTA_OK);
        if (i % 2) {
            rota_close(r);
            r = next;
            next = NULL;
        }
        ck_answer(r, book(r, team.room, me * 100 + i, "now", NULL), ROTA_OK);
        if (next) ck_answer(next, is_free(next, team.room, me * 100 + i), ROTA_ECONFLICT);
        rota_close(next);
    }
    pthread_barrier_wait(&meeting); /* the last ones go at once */
    rota_close(r);
    return NULL;
}

static void everybody_comes_and_goes(const char *url)
{
    open_team(url, TEAM);
    pthread_barrier_init(&meeting, NULL, TEAM);
    in_threads(TEAM, come_and_go);
    memset(team.r, 0, sizeof team.r);
    ck_assert_int_eq(atomic_load(&team.live), 0);
}

START_TEST(handles_come_and_go_while_others_write)
{
    everybody_comes_and_goes(NULL);
    ck_answer(team.r[0], rota_open(team.path, &team.config, &team.r[0]), ROTA_OK);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM * 100), TEAM * 40);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

START_TEST(handles_on_a_calendar_in_memory_come_and_go_while_others_write)
{
    everybody_comes_and_goes(":memory:");
}
END_TEST

/* --- what one writes the next call of another sees --- */

enum { EXCHANGES = 100 };

static rota_id passed;
static pthread_barrier_t *at;

static void must(bool what, const char *who, int i)
{
    ck_assert_msg(what, "%s, exchange %d", who, i);
}

/* Even ones write, odd ones look; they change places in the middle of each exchange. */
static void exchange(rota *r, rota_id room, rota_id *booking, bool begins)
{
    for (int i = 0; i < EXCHANGES; i++) {
        if (begins) must(book(r, room, 0, "mine", booking) == ROTA_OK, "books", i);
        pthread_barrier_wait(at);
        if (!begins) {
            must(is_free(r, room, 0) == ROTA_ECONFLICT, "sees that it is booked", i);
            must(listed(r, room, 0, 1) == 1, "sees it listed", i);
            must(book(r, room, 0, "no", NULL) == ROTA_ECONFLICT, "is refused", i);
            must(rota_booking_cancel(r, NULL, booking, NULL) == ROTA_OK, "cancels", i);
        }
        pthread_barrier_wait(at);
        if (begins) {
            must(is_free(r, room, 0) == ROTA_OK, "sees that it is free", i);
            must(listed(r, room, 0, 1) == 0, "sees nothing listed", i);
        }
    }
}

static void *exchange_in_thread(void *number)
{
    int me = *(int *)number;
    exchange(team.r[me], team.room, &passed, me == 0);
    return NULL;
}

START_TEST(a_commit_of_one_thread_is_seen_by_the_next_call_of_another)
{
    static const char *const urls[] = { NULL, ":memory:" };
    open_team(urls[_i], 2);
    pthread_barrier_init(&meeting, NULL, 2);
    at = &meeting;
    in_threads(2, exchange_in_thread);
    close_team();
}
END_TEST

typedef struct pair {
    pthread_barrier_t meeting;
    rota_id booking;
} pair;

START_TEST(a_commit_of_another_process_is_seen_by_the_next_call)
{
    pair *shared = crew_share(sizeof *shared);
    pthread_barrierattr_t kind;
    int status = 0;
    pthread_barrierattr_init(&kind);
    pthread_barrierattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&shared->meeting, &kind, 2);
    at = &shared->meeting;
    open_team(NULL, 1);
    close_team();
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    /* Attached in both, and what opened is closed, so that it is not the opener's eyes alone. */
    ck_answer(team.r[0], rota_open(team.path, &team.config, &team.r[0]), ROTA_OK);
    ck_answer(team.r[0], rota_attach(team.r[0], &team.r[1]), ROTA_OK);
    rota_close(team.r[0]);
    team.r[0] = NULL;
    exchange(team.r[1], team.room, &shared->booking, child != 0);
    close_team();
    if (child == 0) _exit(0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    crew_forget(shared, sizeof *shared);
}
END_TEST

/* --- beside a flush --- */

static int book_own_slot(actor *self)
{
    return book(self->r, team.room, self->number, "mine", &self->id);
}

/* The gate is shut, and the first of the team is in the middle of its flush. */
static actor writer_at_the_gate(void)
{
    put_gate();
    open_team(NULL, TEAM);
    /* so that every handle has its log open, and its timeline */
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], book(team.r[i], team.room, 100 + i, "before", NULL), ROTA_OK);
    shut_gate();
    return (actor){ .r = team.r[0], .call = book_own_slot };
}

START_TEST(reads_go_on_while_a_writer_is_in_the_middle_of_its_flush)
{
    rota_result *rows = NULL;
    rota_resource_query rooms = ROTA_INIT(rota_resource_query);
    rota_stats stats = ROTA_INIT(rota_stats);
    actor writer = writer_at_the_gate();
    start(&writer);
    until_somebody_flushes();
    for (int i = 1; i < TEAM; i++) {
        rota *r = team.r[i];
        /* nobody sees what is not on the disk */
        ck_assert_int_eq(listed(r, team.room, 0, 1), 0);
        ck_answer(r, is_free(r, team.room, 0), ROTA_OK);
        ck_answer(r, is_free(r, team.room, 100 + i), ROTA_ECONFLICT);
        ck_answer(r, rota_resource_list(r, &rooms, &rows), ROTA_OK);
        rota_result_free(rows);
        ck_answer(r, rota_event_list(r, 0, 10, &rows), ROTA_OK);
        rota_result_free(rows);
        ck_answer(r, rota_stats_get(r, &stats), ROTA_OK);
        ck_assert_int_eq(metrics(r).handles, TEAM);
    }
    open_gate(0);
    ck_answer(team.r[0], finish(&writer), ROTA_OK);
    ck_assert_int_eq(listed(team.r[1], team.room, 0, 1), 1);
    ck_answer(team.r[1], is_free(team.r[1], team.room, 0), ROTA_ECONFLICT);
    close_team();
}
END_TEST

/* A resource whose timeline is not in memory yet is read from the store meanwhile. */
START_TEST(a_first_look_at_a_resource_does_not_wait_for_a_flush)
{
    actor writer = writer_at_the_gate();
    rota_id fresh[TEAM];
    open_gate(0);
    for (int i = 0; i < TEAM; i++)
        fresh[i] = make_room(team.r[0], "Fresh", 1);
    shut_gate();
    start(&writer);
    until_somebody_flushes();
    for (int i = 1; i < TEAM; i++) {
        ck_answer(team.r[i], is_free(team.r[i], fresh[i], 0), ROTA_OK);
        ck_assert_int_eq(listed(team.r[i], fresh[i], 0, 1), 0);
    }
    open_gate(0);
    ck_answer(team.r[0], finish(&writer), ROTA_OK);
    close_team();
}
END_TEST

START_TEST(handles_come_and_go_while_a_writer_is_in_the_middle_of_its_flush)
{
    rota *r = NULL;
    actor writer = writer_at_the_gate();
    start(&writer);
    until_somebody_flushes();
    ck_answer(team.r[1], rota_attach(team.r[1], &r), ROTA_OK);
    ck_assert_int_eq(listed(r, team.room, 100, 100 + TEAM), TEAM);
    rota_close(r);
    rota_close(team.r[2]);
    team.r[2] = NULL;
    open_gate(0);
    ck_answer(team.r[0], finish(&writer), ROTA_OK);
    close_team();
}
END_TEST

/* --- writes that are flushed together --- */

/* Each with another verdict: slots of their own, and what is refused for every reason. */
static int write_something(actor *self)
{
    static const rota_id nobody = { { 1 } };
    rota_call call = ROTA_INIT(rota_call);
    switch (self->number) {
    case 1:
        return book(self->r, team.room, 1, "mine", &self->id);
    case 2:
        return book(self->r, team.room, 102, "taken", NULL);
    case 3:
        return rota_booking_cancel(self->r, NULL, &nobody, NULL);
    case 4:
        return book(self->r, team.other, 4, "mine", &self->id);
    case 5:
        call.version = 7;
        return rota_booking_cancel(self->r, &call, &self->id, NULL);
    case 6:
        return book(self->r, nobody, 6, "nowhere", NULL);
    default:
        return book(self->r, team.room, self->number, "mine", &self->id);
    }
}

static const int verdicts[TEAM] = { ROTA_OK, ROTA_OK,       ROTA_ECONFLICT, ROTA_ENOTFOUND,
                                    ROTA_OK, ROTA_EVERSION, ROTA_ENOTFOUND, ROTA_OK };

START_TEST(writes_that_wait_are_flushed_together_each_with_its_own_verdict)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    rota_id known;
    open_gate(0);
    ck_answer(team.r[5], book(team.r[5], team.other, 55, "known", &known), ROTA_OK);
    rota_metrics before = metrics(team.r[0]);
    shut_gate();
    start(&actors[0]);
    until_somebody_flushes();
    for (int i = 1; i < TEAM; i++) {
        actors[i].r = team.r[i];
        actors[i].number = i;
        actors[i].call = write_something;
        if (i == 5) actors[i].id = known;
        start(&actors[i]);
    }
    for (int i = 1; i < TEAM; i++)
        until_it_waits(&actors[i]);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == verdicts[i], "%d: %s: %s", i, rota_status_name(answer),
                      rota_errmsg(team.r[i]));
    }
    ck_assert_ptr_nonnull(strstr(rota_errmsg(team.r[2]), "before"));
    rota_metrics after = metrics(team.r[0]);
    ck_assert_int_eq(after.commits - before.commits, 4);
    ck_assert_msg(after.flushes - before.flushes < 4, "%" PRId64 " flushes for 4 commits",
                  after.flushes - before.flushes);
    for (int i = 0; i < TEAM; i++) {
        ck_assert_int_eq(listed(team.r[i], team.room, 0, TEAM), 3);
        ck_assert_int_eq(listed(team.r[i], team.other, 0, TEAM), 1);
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

static int book_the_same(actor *self)
{
    return book(self->r, team.other, 0, "all of us", &self->id);
}

static int book_with_the_key(actor *self)
{
    rota_claim claim = { .resource = team.other, .units = 1 };
    rota_booking_request q = slot_of(&claim, 0, "with a key");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    call.key = "once";
    int rc = rota_booking_create(self->r, &call, &q, &receipt);
    self->id = receipt.id;
    self->flags = receipt.flags;
    return rc;
}

/* All but the first want the same while the first one is in its flush. */
static void all_at_once(actor *actors, int (*call)(actor *))
{
    start(&actors[0]);
    until_somebody_flushes();
    for (int i = 1; i < TEAM; i++) {
        actors[i] = (actor){ .r = team.r[i], .number = i, .call = call };
        start(&actors[i]);
    }
    for (int i = 1; i < TEAM; i++)
        until_it_waits(&actors[i]);
}

/* The same, in the order of their numbers. */
static void one_behind_the_other(actor *actors, int (*call)(actor *))
{
    start(&actors[0]);
    until_somebody_flushes();
    for (int i = 1; i < TEAM; i++) {
        actors[i] = (actor){ .r = team.r[i], .number = i, .call = call };
        start(&actors[i]);
        until_it_waits(&actors[i]);
    }
}

START_TEST(of_those_who_want_the_same_slot_in_one_turn_one_has_it)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    int won = 0, winner = 0;
    all_at_once(actors, book_the_same);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == ROTA_OK || (i > 0 && answer == ROTA_ECONFLICT), "%d: %s", i,
                      rota_status_name(answer));
        if (i > 0 && answer == ROTA_OK) won++, winner = i;
    }
    ck_assert_int_eq(won, 1);
    for (int i = 1; i < TEAM; i++) {
        rota_result *rows = NULL;
        rota_conflict row = ROTA_INIT(rota_conflict);
        if (i == winner) continue;
        ck_answer(team.r[i], rota_conflict_list(team.r[i], &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        ck_assert_int_eq(rota_conflict_at(rows, 0, &row), ROTA_OK);
        ck_assert_int_eq(memcmp(&row.booking, &actors[winner].id, sizeof row.booking), 0);
        rota_result_free(rows);
    }
    close_team();
}
END_TEST

/* --- series in one turn --- */

/* Weekly, from this slot on. */
static int book_series(rota *r, rota_id room, int slot, const char *title, rota_id *id)
{
    char start[ROTA_TIME_TEXT];
    rota_claim claim = { .resource = room, .units = 1 };
    rota_recurrence weekly = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_assert_int_eq(rota_time_format(DAWN + (rota_time)slot * HOUR, start), ROTA_OK);
    weekly.start = start;
    weekly.zone = "UTC";
    weekly.rule = "FREQ=WEEKLY";
    weekly.length = HOUR;
    q.recurrence = &weekly;
    q.claims = &claim;
    q.claim_count = 1;
    q.title = title;
    int rc = rota_booking_create(r, NULL, &q, &receipt);
    if (rc == ROTA_OK && id) *id = receipt.id;
    return rc;
}

static int book_colliding_series(actor *self)
{
    return book_series(self->r, team.other, (self->number % 3) * WEEKLY, "all of us", &self->id);
}

START_TEST(of_series_that_collide_in_one_turn_one_is_made)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    int won = 0, winner = 0;
    all_at_once(actors, book_colliding_series);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == ROTA_OK || (i > 0 && answer == ROTA_ECONFLICT), "%d: %s: %s", i,
                      rota_status_name(answer), rota_errmsg(team.r[i]));
        if (i > 0 && answer == ROTA_OK) won++, winner = i;
    }
    ck_assert_int_eq(won, 1);
    for (int i = 1; i < TEAM; i++) {
        rota_result *rows = NULL;
        rota_conflict row = ROTA_INIT(rota_conflict);
        ck_answer(team.r[i], is_free(team.r[i], team.other, 520 * WEEKLY), ROTA_ECONFLICT);
        if (i == winner) continue;
        ck_answer(team.r[i], book_series(team.r[i], team.other, 3 * WEEKLY, "again", NULL),
                  ROTA_ECONFLICT);
        ck_answer(team.r[i], rota_conflict_list(team.r[i], &rows), ROTA_OK);
        ck_assert_int_eq(rota_conflict_at(rows, 0, &row), ROTA_OK);
        ck_assert_int_eq(memcmp(&row.booking, &actors[winner].id, sizeof row.booking), 0);
        rota_result_free(rows);
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

static rota_id series_before;

static int move_series(rota *r, int32_t scope, int from, int to)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    call.scope = scope;
    call.occurrence = DAWN + (rota_time)from * HOUR;
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = DAWN + (rota_time)to * HOUR;
    return rota_booking_move(r, &call, &series_before, &q, NULL);
}

static int cancel_series(rota *r, int32_t scope, int from)
{
    rota_call call = ROTA_INIT(rota_call);
    call.scope = scope;
    call.occurrence = DAWN + (rota_time)from * HOUR;
    return rota_booking_cancel(r, &call, &series_before, NULL);
}

/* Each on what those before it have written and nobody has committed: by what is committed
 * all of them are free. */
static int step_on_the_last(actor *self)
{
    rota *r = self->r;
    switch (self->number) {
    case 1:
        return move_series(r, ROTA_SCOPE_ALL, 0, 3);
    case 2:
        return book_series(r, team.other, 52 * WEEKLY + 3, "in the way of all", NULL);
    case 3:
        return book(r, team.other, 2 * WEEKLY + 3, "in the way of one", NULL);
    case 4:
        return cancel_series(r, ROTA_SCOPE_THIS, 2 * WEEKLY);
    case 5:
        return move_series(r, ROTA_SCOPE_FUTURE, 4 * WEEKLY, 4 * WEEKLY + 6);
    case 6:
        return book_series(r, team.other, 6 * WEEKLY + 6, "in the way of the rest", NULL);
    case 7:
        return book_series(r, team.other, 5, "beside it", NULL);
    default:
        return book_own_slot(self);
    }
}

static const bool too_late[TEAM] = { [2] = true, [3] = true, [6] = true };

START_TEST(in_one_turn_each_sees_the_series_of_those_before)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    open_gate(0);
    ck_answer(team.r[0], book_series(team.r[0], team.other, 0, "before", &series_before), ROTA_OK);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], is_free(team.r[i], team.other, 2 * WEEKLY), ROTA_ECONFLICT);
    rota_metrics before = metrics(team.r[0]);
    shut_gate();
    one_behind_the_other(actors, step_on_the_last);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == (too_late[i] ? ROTA_ECONFLICT : ROTA_OK), "%d: %s: %s", i,
                      rota_status_name(answer), rota_errmsg(team.r[i]));
    }
    ck_assert_int_lt(metrics(team.r[0]).flushes - before.flushes, 4);
    for (int i = 0; i < TEAM; i++) {
        rota *r = team.r[i];
        ck_answer(r, is_free(r, team.other, 1 * WEEKLY), ROTA_OK);
        ck_answer(r, is_free(r, team.other, 1 * WEEKLY + 3), ROTA_ECONFLICT);
        ck_answer(r, is_free(r, team.other, 2 * WEEKLY + 3), ROTA_OK);
        ck_answer(r, is_free(r, team.other, 9 * WEEKLY + 3), ROTA_OK);
        ck_answer(r, is_free(r, team.other, 9 * WEEKLY + 6), ROTA_ECONFLICT);
        ck_assert_int_eq(listed(r, team.other, 0, 7 * WEEKLY), 6 + 7);
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* A long stay, of a resource that recurred at no time before: it is looked at in the time in
 * which there are series, and those of the turn are among them. */
static int stay_behind_a_series(actor *self)
{
    if (self->number == 1) return book_series(self->r, team.other, 0, "first of all", NULL);
    if (self->number > 2) return book_own_slot(self);
    rota_claim c = { .resource = team.other, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = (rota_span){ DAWN + 2 * HOUR, DAWN + (rota_time)60 * WEEKLY * HOUR };
    q.claims = &c;
    q.claim_count = 1;
    return rota_booking_create(self->r, NULL, &q, NULL);
}

START_TEST(a_long_stay_sees_the_first_series_of_its_turn)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    one_behind_the_other(actors, stay_behind_a_series);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == (i == 2 ? ROTA_ECONFLICT : ROTA_OK), "%d: %s: %s", i,
                      rota_status_name(answer), rota_errmsg(team.r[i]));
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* --- keys and failures in one turn --- */

START_TEST(a_key_that_several_use_in_one_turn_is_used_once)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    int first = 0;
    all_at_once(actors, book_with_the_key);
    open_gate(0);
    for (int i = 0; i < TEAM; i++) {
        ck_answer(team.r[i], finish(&actors[i]), ROTA_OK);
        if (i > 0) first += !(actors[i].flags & ROTA_RECEIPT_REPLAYED);
        if (i > 1) ck_assert_int_eq(memcmp(&actors[i].id, &actors[1].id, sizeof(rota_id)), 0);
    }
    ck_assert_int_eq(first, 1);
    ck_assert_int_eq(listed(team.r[0], team.other, 0, 1), 1);
    close_team();
}
END_TEST

/* What is in memory must not have what the disk has not, nor the other way round. */
static void memory_is_as_the_store(rota_id room, int slots)
{
    for (int slot = 0; slot < slots; slot++)
        for (int i = 0; i < TEAM; i++)
            ck_answer(team.r[i], is_free(team.r[i], room, slot),
                      listed(team.r[0], room, slot, slot + 1) > 0 ? ROTA_ECONFLICT : ROTA_OK);
}

START_TEST(a_flush_that_fails_fails_those_who_shared_it_and_nobody_else)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    all_at_once(actors, book_own_slot);
    open_gate(1);
    ck_answer(team.r[0], finish(&actors[0]), ROTA_EIO);
    for (int i = 1; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), ROTA_OK);
    memory_is_as_the_store(team.room, TEAM);
    ck_assert_int_eq(listed(team.r[0], team.room, 1, TEAM), TEAM - 1);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

START_TEST(after_a_shared_flush_that_failed_memory_is_as_the_store)
{
    actor actors[TEAM] = { writer_at_the_gate() };
    all_at_once(actors, book_own_slot);
    open_gate(2); /* the first one's, and that of all others, or some of them */
    int failed = 0;
    for (int i = 0; i < TEAM; i++) {
        int answer = finish(&actors[i]);
        ck_assert_msg(answer == ROTA_OK || answer == ROTA_EIO, "%d: %s", i,
                      rota_status_name(answer));
        if (answer == ROTA_OK) ck_assert_int_eq(listed(team.r[i], team.room, i, i + 1), 1);
        failed += answer == ROTA_EIO;
    }
    ck_assert_int_ge(failed, 2);
    memory_is_as_the_store(team.room, TEAM);
    for (int i = 0; i < TEAM; i++) {
        int answer = book(team.r[i], team.other, i, "afterwards", NULL);
        ck_answer(team.r[i], answer, ROTA_OK);
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* A turn of several in which one cannot be written is taken back, and each is served by
 * himself. Whoever is in it must come out of it with an answer that is true. */
START_TEST(whatever_allocation_fails_in_a_shared_turn_all_have_a_true_answer)
{
    enum { FEW = 4 };
    actor actors[FEW] = { writer_at_the_gate() };
    int failed = 1;
    for (int n = 1; failed > 0 || n < 50; n++) {
        failed = 0;
        shut_gate();
        for (int i = 0; i < FEW; i++) {
            actors[i] = (actor){ .r = team.r[i],
                                 .number = 1000 + n * FEW + i,
                                 .call = book_own_slot };
            start(&actors[i]);
            if (i == 0)
                until_somebody_flushes();
            else
                until_it_waits(&actors[i]);
        }
        int64_t nth = atomic_load(&team.allocations) + n;
        atomic_store(&team.fail_every, nth); /* this one, and none soon after it */
        open_gate(0);
        for (int i = 0; i < FEW; i++) {
            int answer = finish(&actors[i]);
            ck_assert_msg(answer == ROTA_OK || answer == ROTA_ENOMEM, "%d: %s", i,
                          rota_status_name(answer));
            failed += answer != ROTA_OK;
        }
        atomic_store(&team.fail_every, 0);
        for (int i = 0; i < FEW; i++) {
            int slot = 1000 + n * FEW + i;
            bool booked = actors[i].answer == ROTA_OK;
            ck_assert_int_eq(listed(team.r[i], team.room, slot, slot + 1), booked);
            ck_answer(team.r[7], is_free(team.r[7], team.room, slot),
                      booked ? ROTA_ECONFLICT : ROTA_OK);
        }
    }
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* --- one that cannot be written --- */

enum { FINISHES, LOSES, HIDES, FAILS }; /* the turn: as it is; UNKNOWN, and lost or kept; EIO */

/* In front of the store's turn: one booking is never written, or only later; or it is not
 * known what became of all of it, once. */
static struct {
    rota__store_ops ops;
    rota__turn_ops turns;
    int (*begin)(rota__store *, rota__env *, int64_t);
    int (*write)(rota__store *, rota__env *, rota__batch *, rota__commit *);
    int (*finish)(rota__store *, rota__env *, rota__commit *, uint64_t *);
    int (*key_get)(rota__store *, rota__env *, const char *, const char *, rota__key *);
    rota_time start; /* of that booking */
    int status;      /* what its writing ends with; ROTA_OK: it is stale, once */
    int end;         /* of the next turn */
    int64_t unread;  /* so many keys from now on cannot be read, and the transaction is given up */
    bool waits;      /* turns begin behind the gate */
    int begins, bad; /* so many turns have begun; this one does not */
    bool met;
} hurdle;

static int begin_or_not(rota__store *self, rota__env *env, int64_t deadline)
{
    if (hurdle.waits) (void)pass_gate();
    if (++hurdle.begins == hurdle.bad) return rota__error_plain(env->error, ROTA_EBUSY);
    return hurdle.begin(self, env, deadline);
}

static int write_or_fail(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    rota_time start = batch->bookings.count > 0 ? batch->bookings.items[0].when.start : 0;
    if (start == DAWN) (void)pass_gate(); /* the first one, until the others stand in line */
    if (start != hurdle.start || (hurdle.status == ROTA_OK && hurdle.met))
        return hurdle.write(self, env, batch, out);
    hurdle.met = true;
    (void)hurdle.write(self, env, batch, out); /* all of it, before it goes wrong */
    if (hurdle.status != ROTA_OK) return rota__error_plain(env->error, hurdle.status);
    *out = (rota__commit){ .outcome = ROTA__STALE };
    return ROTA_OK;
}

static int finish_or_not(rota__store *self, rota__env *env, rota__commit *out, uint64_t *token)
{
    int end = hurdle.end, rc = ROTA_OK;
    hurdle.end = FINISHES;
    if (end == FINISHES || end == HIDES)
        rc = hurdle.finish(self, env, out, token);
    else
        hurdle.turns.cancel(self);
    if (end == FAILS) return rota__error_plain(env->error, ROTA_EIO);
    if (end != FINISHES) out->outcome = ROTA__UNKNOWN;
    return rc;
}

/* A read that fails, as SQLite does it. */
static int read_or_give_up(rota__store *self, rota__env *env, const char *by, const char *key,
                           rota__key *out)
{
    if (hurdle.unread == 0) return hurdle.key_get(self, env, by, key, out);
    hurdle.unread--;
    hurdle.met = true;
    rota__sqlite_roll_back(rota__sqlite_of(self));
    return rota__error_plain(env->error, ROTA_EIO);
}

static void put_hurdle(int slot, int status, int end)
{
    rota__store *store = team.r[0]->engine->store;
    hurdle.ops = *store->ops;
    hurdle.turns = *hurdle.ops.turns;
    hurdle.begin = hurdle.turns.begin;
    hurdle.turns.begin = begin_or_not;
    hurdle.write = hurdle.turns.write;
    hurdle.turns.write = write_or_fail;
    hurdle.finish = hurdle.turns.finish;
    hurdle.turns.finish = finish_or_not;
    hurdle.key_get = hurdle.ops.key_get;
    hurdle.ops.key_get = read_or_give_up;
    hurdle.end = end;
    hurdle.ops.turns = &hurdle.turns;
    hurdle.start = DAWN + (rota_time)slot * HOUR;
    hurdle.status = status;
    store->ops = &hurdle.ops;
}

/* One turn of all, in this order. */
static void stand_in_line(actor *actors, int (*call)(actor *))
{
    shut_gate();
    for (int i = 0; i < TEAM; i++) {
        actors[i] = (actor){ .r = team.r[i], .number = i, .call = call };
        start(&actors[i]);
        if (i == 0)
            until_somebody_flushes();
        else
            until_it_waits(&actors[i]);
    }
    open_gate(0);
}

static void fail_one_of_a_turn(const char *url, int slot, int status)
{
    actor actors[TEAM];
    open_team(url, TEAM);
    put_hurdle(slot, status, FINISHES);
    stand_in_line(actors, book_own_slot);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), i == slot ? status : ROTA_OK);
    ck_assert(hurdle.met);
    memory_is_as_the_store(team.room, TEAM);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), TEAM - (status != ROTA_OK));
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}

/* The turn of all is taken back, and each is served by himself. */
START_TEST(one_that_cannot_be_written_leaves_those_beside_it)
{
    static const char *const urls[] = { NULL, ":memory:" };
    static const int statuses[] = { ROTA_EIO, ROTA_ENOMEM, ROTA_OK };
    static const int slots[] = { 1, 4, TEAM - 1 };
    fail_one_of_a_turn(urls[_i / 9], slots[_i % 3], statuses[_i / 3 % 3]);
}
END_TEST

/* The third wants what the second has; the fourth has a key. */
static rota_id team_group;

/* One joins a group in which he is taken in slot 3; behind him others want him then. */
static int join_or_book(actor *self)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = team_group;
    q.member = team.room;
    if (self->number == 0) return book(self->r, team.other, 0, NULL, NULL);
    if (self->number == 1) return rota_member_add(self->r, NULL, &q, NULL);
    return book(self->r, team.room, 3, NULL, NULL);
}

START_TEST(who_joins_in_a_turn_is_a_member_for_those_behind)
{
    actor actors[TEAM];
    open_team(NULL, TEAM);
    team_group = make_room(team.r[0], "Group", 1);
    ck_answer(team.r[0], book(team.r[0], team_group, 3, NULL, NULL), ROTA_OK);
    put_hurdle(50, ROTA_OK, FINISHES);
    stand_in_line(actors, join_or_book);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), i < 2 ? ROTA_OK : ROTA_ECONFLICT);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

static int book_or_follow(actor *self)
{
    if (self->number == 2) return book(self->r, team.room, 1, "late", &self->id);
    return self->number == 3 ? book_with_the_key(self) : book_own_slot(self);
}

/* Who was refused because of what was lost is not refused. */
static void end_a_turn_badly(const char *url, int end)
{
    actor actors[TEAM];
    open_team(url, TEAM);
    put_hurdle(TEAM, ROTA_EIO, end);
    stand_in_line(actors, book_or_follow);
    for (int i = 0; i < TEAM; i++) {
        int expected = ROTA_EIO;
        if (i == 2) expected = end == HIDES ? ROTA_ECONFLICT : ROTA_OK;
        int answer = finish(&actors[i]);
        if (i == 3 && end != FAILS) expected = ROTA_OK;
        /* a calendar in memory may have let it look for its key only after that turn */
        if (i == 3 && answer == ROTA_OK) expected = ROTA_OK;
        ck_assert_msg(answer == expected, "%d: %s, not %s", i, rota_status_name(answer),
                      rota_status_name(expected));
    }
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), end == HIDES ? TEAM - 2 : 1);
    ck_assert_int_eq(listed(team.r[0], team.other, 0, TEAM), actors[3].answer == ROTA_OK);
    memory_is_as_the_store(team.room, TEAM);
    memory_is_as_the_store(team.other, 1);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}

START_TEST(a_turn_of_which_nobody_knows_the_end_is_told_truly)
{
    end_a_turn_badly(_i % 2 ? ":memory:" : NULL, LOSES + _i / 2);
}
END_TEST

static int book_one_with_a_key(actor *self)
{
    return self->number == TEAM - 1 ? book_with_the_key(self) : book_own_slot(self);
}

/* Once, or also where he is served by himself. He is the last: behind him nobody's write tells
 * that the transaction is no more. */
START_TEST(one_that_cannot_be_decided_leaves_those_beside_it)
{
    actor actors[TEAM];
    open_team(NULL, TEAM);
    put_hurdle(TEAM, ROTA_OK, FINISHES);
    hurdle.unread = _i + 1;
    stand_in_line(actors, book_one_with_a_key);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), i == TEAM - 1 && _i == 1 ? ROTA_EIO : ROTA_OK);
    ck_assert(hurdle.met);
    ck_assert_int_eq(hurdle.unread, 0);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), TEAM - 1);
    ck_assert_int_eq(listed(team.r[0], team.other, 0, TEAM), _i == 0);
    memory_is_as_the_store(team.room, TEAM);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* What goes wrong with a turn is not told to who led it and has his answer: the commit of
 * all fails, or it is taken back, and then the next one's own does not begin. */
START_TEST(who_leads_and_is_refused_hears_why_whatever_becomes_of_the_turn)
{
    actor actors[TEAM];
    open_team(NULL, TEAM);
    ck_answer(team.r[1], book(team.r[1], team.room, 0, "Standup", NULL), ROTA_OK);
    put_hurdle(_i == 0 ? TEAM : 2, ROTA_EIO, _i == 0 ? FAILS : FINISHES);
    hurdle.waits = true;
    hurdle.bad = _i == 0 ? 0 : 3;
    stand_in_line(actors, book_own_slot);
    for (int i = 0; i < TEAM; i++) {
        int expected = _i == 0 || i == 2 ? ROTA_EIO : ROTA_OK;
        if (i == 0) expected = ROTA_ECONFLICT;
        if (i == 1 && _i == 1) expected = ROTA_EBUSY;
        ck_answer(team.r[i], finish(&actors[i]), expected);
        const char *why = i == 0 ? "Standup" : rota_status_text(expected);
        ck_assert_msg(strstr(rota_errmsg(team.r[i]), why) != NULL, "%d: %s", i,
                      rota_errmsg(team.r[i]));
    }
    memory_is_as_the_store(team.room, TEAM);
    close_team();
}
END_TEST

START_TEST(writes_of_several_threads_share_flushes)
{
    actor actors[TEAM];
    open_team(NULL, TEAM);
    put_hurdle(TEAM, ROTA_OK, FINISHES);
    rota_metrics before = metrics(team.r[0]);
    stand_in_line(actors, book_own_slot);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), ROTA_OK);
    rota_metrics after = metrics(team.r[0]);
    ck_assert_int_eq(after.commits - before.commits, TEAM);
    ck_assert_int_eq(after.flushes - before.flushes, 1);
    close_team();
}
END_TEST

/* --- memory --- */

enum { ROOMS = 64, LOOKS = 600 };

static rota_id rooms[ROOMS];

/* Writes to rooms of its own, of which it knows everything, and looks at all. */
static void *look_around(void *number)
{
    int me = *(int *)number;
    rota *r = team.r[me];
    uint64_t chance = 4711 + (uint64_t)me;
    bool taken[ROOMS / TEAM][4] = { { false } };
    for (int i = 0; i < LOOKS; i++) {
        int nth = (int)crew_chance(&chance, ROOMS / TEAM), slot = (int)crew_chance(&chance, 4);
        int mine = nth * TEAM + me;
        int expected = taken[nth][slot] ? ROTA_ECONFLICT : ROTA_OK;
        must(is_free(r, rooms[mine], slot) == expected, "sees its own", i);
        int rc = is_free(r, rooms[crew_chance(&chance, ROOMS)], slot);
        must(rc == ROTA_OK || rc == ROTA_ECONFLICT, "sees another's", i);
        if (i % 16) continue;
        must(book(r, rooms[mine], slot, "mine", NULL) == expected, "books its own", i);
        taken[nth][slot] = true;
    }
    return NULL;
}

START_TEST(resources_are_given_back_while_others_look_at_them)
{
    team.config.cache_bytes = 8192;
    open_team(_i ? ":memory:" : NULL, TEAM);
    for (int i = 0; i < ROOMS; i++)
        rooms[i] = make_room(team.r[0], "Room", 1);
    in_threads(TEAM, look_around);
    ck_assert_int_gt(metrics(team.r[0]).evictions, 100);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

enum { SHORT_CALLS = 300 };

static struct {
    bool booked[SHORT_CALLS];
} had[TEAM];

static void *write_with_little_memory(void *number)
{
    int me = *(int *)number;
    for (int i = 0; i < SHORT_CALLS; i++) {
        int slot = me * SHORT_CALLS + i;
        int rc = book(team.r[me], rooms[slot % ROOMS], slot, "mine", NULL);
        ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "%s: %s", rota_status_name(rc),
                      rota_errmsg(team.r[me]));
        had[me].booked[i] = rc == ROTA_OK;
        rc = is_free(team.r[me], rooms[slot % ROOMS], slot);
        if (rc != ROTA_ENOMEM)
            must(rc == (had[me].booked[i] ? ROTA_ECONFLICT : ROTA_OK), "sees its own", i);
    }
    return NULL;
}

/* With a cache that holds few of the rooms, so that calls go on asking for memory: warm, the
   thousands of them ask for some hundred blocks, and hardly one call would feel a refusal. */
START_TEST(threads_that_run_out_of_memory_keep_what_was_acknowledged)
{
    int64_t booked = 0;
    team.config.cache_bytes = 8192;
    open_team(_i ? ":memory:" : NULL, TEAM);
    for (int i = 0; i < ROOMS; i++)
        rooms[i] = make_room(team.r[0], "Room", 1);
    atomic_store(&team.fail_every, 19);
    in_threads(TEAM, write_with_little_memory);
    atomic_store(&team.fail_every, 0);
    for (int me = 0; me < TEAM; me++)
        for (int i = 0; i < SHORT_CALLS; i++) {
            int slot = me * SHORT_CALLS + i;
            ck_answer(team.r[0], is_free(team.r[0], rooms[slot % ROOMS], slot),
                      had[me].booked[i] ? ROTA_ECONFLICT : ROTA_OK);
            booked += had[me].booked[i];
        }
    ck_assert_int_gt(booked, 0);
    ck_assert_int_lt(booked, TEAM * SHORT_CALLS - SHORT_CALLS / 10);
    int64_t found = 0;
    for (int i = 0; i < ROOMS; i++)
        found += listed(team.r[0], rooms[i], 0, TEAM * SHORT_CALLS);
    ck_assert_int_eq(found, booked);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* --- hooks --- */

static _Thread_local rota *in_call; /* the handle whose call this thread is in */
static _Atomic int answers_in_hook, calls_of_hook;

/* Whoever leads decides for others too; a hook that he calls for them is still in his call. */
static rota_time use_own_handle(void *ctx)
{
    (void)ctx;
    rota *another = NULL, *mine = in_call;
    if (mine) {
        in_call = NULL;
        atomic_fetch_add(&calls_of_hook, 1);
        bool refused = rota_attach(mine, &another) == ROTA_ESTATE &&
                       is_free(mine, team.room, 0) == ROTA_ESTATE &&
                       rota_tick(mine, NULL, NULL) == ROTA_ESTATE && !another;
        rota_close(mine); /* does nothing there */
        atomic_fetch_add(&answers_in_hook, refused);
        in_call = mine;
    }
    return MORNING;
}

static void *write_with_hook(void *number)
{
    int me = *(int *)number;
    for (int i = 0; i < 30; i++) {
        in_call = team.r[me];
        int rc = book(team.r[me], team.room, me * 30 + i, "mine", NULL);
        in_call = NULL;
        must(rc == ROTA_OK, "books", i);
    }
    return NULL;
}

START_TEST(a_hook_must_not_use_the_handle_that_called_it_whoever_has_the_turn)
{
    team.config.now = use_own_handle;
    open_team(NULL, TEAM);
    in_threads(TEAM, write_with_hook);
    ck_assert_int_ge(atomic_load(&calls_of_hook), TEAM * 30);
    ck_assert_int_eq(atomic_load(&answers_in_hook), atomic_load(&calls_of_hook));
    close_team();
}
END_TEST

static int book_over(rota *r, rota_id room, int slot)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = slot_of(&claim, slot, "over");
    q.on_conflict = ROTA_ON_CONFLICT_ASK;
    return rota_booking_create(r, NULL, &q, NULL);
}

/* Uses the next handle of the team, as a host's question to a person may. */
static int32_t book_elsewhere(void *ctx, const rota_conflict *conflict)
{
    (void)ctx, (void)conflict;
    rota *sibling = team.r[1];
    atomic_fetch_add(&calls_of_hook, 1);
    must(book(sibling, team.other, 0, "from the hook", NULL) == ROTA_OK, "books in the hook", 0);
    must(listed(sibling, team.room, 0, 1) == 1, "lists in the hook", 0);
    must(is_free(team.r[0], team.room, 5) == ROTA_ESTATE, "may not use the one that asks", 0);
    return ROTA_ASK_CANCEL;
}

START_TEST(the_host_may_use_another_handle_of_the_engine_while_it_is_asked)
{
    static const char *const urls[] = { NULL, ":memory:" };
    team.config.ask = book_elsewhere;
    open_team(urls[_i], 2);
    ck_answer(team.r[0], book(team.r[0], team.room, 0, "gives way", NULL), ROTA_OK);
    ck_answer(team.r[0], book_over(team.r[0], team.room, 0), ROTA_OK);
    ck_assert_int_eq(atomic_load(&calls_of_hook), 1);
    ck_assert_int_eq(listed(team.r[1], team.other, 0, 1), 1);
    ck_assert_int_eq(listed(team.r[1], team.room, 0, 1), 1);
    close_team();
}
END_TEST

/* Each waits in the hook until all are in it: nobody keeps a lock there, nor the turn. */
static int32_t meet_in_hook(void *ctx, const rota_conflict *conflict)
{
    (void)ctx, (void)conflict;
    if (atomic_fetch_add(&calls_of_hook, 1) < TEAM - 1) pthread_barrier_wait(&meeting);
    return ROTA_ASK_CANCEL;
}

static int ask_about_own_slot(actor *self)
{
    return book_over(self->r, team.room, self->number);
}

START_TEST(all_threads_may_be_asked_at_once_while_another_goes_on)
{
    actor actors[TEAM];
    team.config.ask = meet_in_hook;
    open_team(NULL, TEAM);
    pthread_barrier_init(&meeting, NULL, TEAM);
    for (int i = 1; i < TEAM; i++)
        ck_answer(team.r[0], book(team.r[0], team.room, i, "gives way", NULL), ROTA_OK);
    for (int i = 1; i < TEAM; i++) {
        actors[i] = (actor){ .r = team.r[i], .number = i, .call = ask_about_own_slot };
        start(&actors[i]);
    }
    while (atomic_load(&calls_of_hook) < TEAM - 1)
        sched_yield();
    /* all others are being asked, and wait for this thread */
    ck_answer(team.r[0], book(team.r[0], team.room, 0, "beside them", NULL), ROTA_OK);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), TEAM);
    ck_answer(team.r[0], is_free(team.r[0], team.room, 1), ROTA_ECONFLICT);
    pthread_barrier_wait(&meeting);
    for (int i = 1; i < TEAM; i++)
        ck_answer(team.r[i], finish(&actors[i]), ROTA_OK);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), TEAM);
    close_team();
}
END_TEST

/* --- metrics --- */

START_TEST(metrics_are_of_all_handles_of_the_engine)
{
    const char *text = NULL;
    open_team(NULL, 3);
    rota_metrics before = metrics(team.r[0]);
    ck_assert_int_eq(before.handles, 3);
    for (int i = 0; i < 3; i++) {
        ck_answer(team.r[i], book(team.r[i], team.room, i, "mine", NULL), ROTA_OK);
        ck_answer(team.r[i], book(team.r[i], team.room, 0, "no", NULL), ROTA_ECONFLICT);
        ck_answer(team.r[i], is_free(team.r[i], team.room, 9), ROTA_OK);
    }
    rota_close(team.r[0]); /* what it did still counts */
    team.r[0] = NULL;
    rota_metrics after = metrics(team.r[1]);
    ck_assert_int_eq(after.handles, 2);
    ck_assert_int_eq(after.created - before.created, 3);
    ck_assert_int_eq(after.commits - before.commits, 3);
    ck_assert_int_eq(after.conflicts - before.conflicts, 3);
    ck_assert_int_eq(after.checks - before.checks, 3);
    ck_assert_int_eq(after.create.count - before.create.count, 6);
    ck_answer(team.r[1], rota_metrics_text(team.r[1], &text), ROTA_OK);
    ck_assert_ptr_nonnull(strstr(text, "rota_"));
    close_team();
}
END_TEST

static void *write_or_measure(void *number)
{
    int me = *(int *)number;
    int64_t seen = 0;
    for (int i = 0; i < 60; i++) {
        if (me % 2) {
            must(book(team.r[me], team.room, me * 60 + i, "mine", NULL) == ROTA_OK, "books", i);
            continue;
        }
        const char *text = NULL;
        rota_metrics m = ROTA_INIT(rota_metrics);
        must(rota_metrics_get(team.r[me], &m) == ROTA_OK, "measures", i);
        must(m.commits >= seen, "never less than before", i);
        must(rota_metrics_text(team.r[me], &text) == ROTA_OK, "tells", i);
        seen = m.commits;
    }
    return NULL;
}

START_TEST(metrics_are_read_while_others_write)
{
    open_team(NULL, TEAM);
    rota_metrics before = metrics(team.r[0]);
    in_threads(TEAM, write_or_measure);
    rota_metrics after = metrics(team.r[0]);
    ck_assert_int_eq(after.created - before.created, TEAM / 2 * 60);
    close_team();
}
END_TEST

/* --- the checker: what it must accept, and what it must refuse --- */

/* One call a line, in a shorter form than the checker's own: times, then what was asked
 * and answered. Told rows are left to recorded histories. */
typedef struct line {
    int op, called, returned;
    uint64_t booking;
    int shape, start, end, answer, status, version;
} line;

static bool linearizable(const line *lines, size_t count)
{
    lin_call calls[16] = { { 0 } };
    for (size_t i = 0; i < count; i++)
        calls[i] = (lin_call){ .op = (int8_t)lines[i].op,
                               .called = lines[i].called,
                               .returned = lines[i].returned,
                               .booking = lines[i].booking,
                               .shape = (int8_t)lines[i].shape,
                               .start = (int8_t)lines[i].start,
                               .end = (int8_t)lines[i].end,
                               .answer = lines[i].answer,
                               .status = (int8_t)lines[i].status,
                               .version = lines[i].version };
    return lin_check(calls, (int64_t)count, NULL, NULL);
}

#define LINEARIZABLE(...)                       \
    linearizable((const line[]){ __VA_ARGS__ }, \
                 sizeof((const line[]){ __VA_ARGS__ }) / sizeof(line))
/* shape 0 is one unit of A, shape 8 the group of which A is a member */
#define MADE(from, to, id, shape)                            \
    {                                                        \
        LIN_CREATE, from, to, id, shape, 0, 1, ROTA_OK, 2, 1 \
    }
#define FREE(from, to, shape)                              \
    {                                                      \
        LIN_CHECK, from, to, 0, shape, 0, 1, ROTA_OK, 0, 0 \
    }
#define TAKEN(from, to, shape)                                    \
    {                                                             \
        LIN_CHECK, from, to, 0, shape, 0, 1, ROTA_ECONFLICT, 0, 0 \
    }
#define CANCELLED(from, to, id)                          \
    {                                                    \
        LIN_CANCEL, from, to, id, 0, 0, 0, ROTA_OK, 5, 2 \
    }
#define NOT_CANCELLED(from, to, id)                          \
    {                                                        \
        LIN_CANCEL, from, to, id, 0, 0, 0, ROTA_ESTATE, 0, 0 \
    }
#define MOVED(from, to, id, start, version)                               \
    {                                                                     \
        LIN_MOVE, from, to, id, -1, start, start + 1, ROTA_OK, 2, version \
    }

START_TEST(the_checker_accepts_what_may_have_happened)
{
    ck_assert(LINEARIZABLE(MADE(1, 2, 5, 0), TAKEN(3, 4, 0), CANCELLED(5, 6, 5), FREE(7, 8, 0)));
    /* under way at the same time, in either order */
    ck_assert(LINEARIZABLE(MADE(1, 9, 5, 0), FREE(2, 3, 0), TAKEN(4, 5, 0)));
    ck_assert(LINEARIZABLE(MADE(1, 9, 5, 0), CANCELLED(2, 8, 5), MADE(3, 7, 6, 0)));
    /* what takes hold before the call returns */
    ck_assert(LINEARIZABLE(MADE(1, 20, 5, 0), TAKEN(2, 3, 8), CANCELLED(4, 5, 5), FREE(6, 7, 8)));
    ck_assert(
        LINEARIZABLE(MADE(1, 2, 5, 0), MOVED(3, 9, 5, 2, 2), FREE(4, 5, 0), MADE(6, 7, 6, 8)));
}
END_TEST

START_TEST(the_checker_refuses_what_cannot_have_happened)
{
    /* a double booking, on the resource itself and through its group */
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), MADE(3, 4, 6, 0)));
    ck_assert(!LINEARIZABLE(MADE(1, 9, 5, 0), MADE(1, 9, 6, 0)));
    ck_assert(!LINEARIZABLE(MADE(1, 9, 5, 0), MADE(1, 9, 6, 8)));
    /* something old */
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), FREE(3, 4, 0)));
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), CANCELLED(3, 4, 5), TAKEN(5, 6, 0)));
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), MOVED(3, 4, 5, 2, 2), TAKEN(5, 6, 0)));
    /* taken, then free again, with nobody who gave it back */
    ck_assert(!LINEARIZABLE(MADE(1, 9, 5, 0), TAKEN(2, 3, 0), FREE(4, 5, 0)));
    /* something not made yet, something done twice, a version that was left out */
    ck_assert(!LINEARIZABLE(CANCELLED(1, 2, 5), MADE(3, 4, 5, 0)));
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), CANCELLED(3, 9, 5), CANCELLED(3, 9, 5)));
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), NOT_CANCELLED(3, 4, 5)));
    ck_assert(!LINEARIZABLE(MADE(1, 2, 5, 0), MOVED(3, 4, 5, 2, 3)));
    ck_assert(!LINEARIZABLE(CANCELLED(1, 2, 99)));
}
END_TEST

START_TEST(a_history_is_read_as_it_was_written)
{
    char *text = NULL;
    size_t size = 0;
    int64_t count = 0;
    lin_call calls[] = { { 1, 2, 60, 0xfedcba9876543210, 7, ROTA_ECONFLICT, 3, LIN_MOVE, 4, -1, 0,
                           8, 5, 3 },
                         { 3, 4, 0, 1, 0, ROTA_OK, 1, LIN_CREATE, 31, 11, 2, 3, 2, 0 } };
    FILE *file = open_memstream(&text, &size);
    lin_write(calls, 2, file);
    fclose(file);
    file = fmemopen(text, size, "r");
    lin_call *again = lin_read(file, &count);
    fclose(file);
    ck_assert_int_eq(count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(again[i].op, calls[i].op);
        ck_assert_int_eq(again[i].cell, calls[i].cell);
        ck_assert_int_eq(again[i].called, calls[i].called);
        ck_assert_int_eq(again[i].returned, calls[i].returned);
        ck_assert_int_eq(again[i].hold, calls[i].hold);
        ck_assert(again[i].booking == calls[i].booking && again[i].told == calls[i].told);
        ck_assert_int_eq(again[i].shape, calls[i].shape);
        ck_assert_int_eq(again[i].start, calls[i].start);
        ck_assert_int_eq(again[i].end, calls[i].end);
        ck_assert_int_eq(again[i].answer, calls[i].answer);
        ck_assert_int_eq(again[i].status, calls[i].status);
        ck_assert_int_eq(again[i].version, calls[i].version);
        ck_assert_int_eq(again[i].resource, calls[i].resource);
    }
    free(again);
    free(text);
}
END_TEST

/* --- rota-contend, shortly --- */

static crew_plan crew(const char *name, int processes, int threads, int engines)
{
    static char path[256];
    struct fx any = { 0 };
    fx_path(&any, name, path, sizeof path);
    return (crew_plan){ .path = path,
                        .processes = processes,
                        .threads = threads,
                        .engines = engines,
                        .busy_ms = 60000,
                        .patience = 90,
                        .seed = tests_seed(name) };
}

START_TEST(in_each_round_of_a_fight_exactly_the_right_ones_win)
{
    fight_plan plan = { .crew = crew("fight", 4, 8, 1), .rounds = 60, .quiet = true };
    ck_assert(fight(&plan));
}
END_TEST

START_TEST(two_engines_in_a_process_fight_like_two_processes)
{
    fight_plan plan = { .crew = crew("engines", 2, 6, 3), .rounds = 48, .quiet = true };
    plan.crew.cache_bytes = 4096;
    ck_assert(fight(&plan));
}
END_TEST

/* --- who writes next: two engines on one file, of which one is slow to wake --- */

static _Thread_local bool sleepy;
static _Atomic bool sleepy_waits, the_other_waits;

static bool wake_late(const struct flock *what, int *answer)
{
    enum { WRITING, NEXT };
    if (what->l_type != F_WRLCK) return false;
    if (!sleepy && what->l_start == NEXT && atomic_load(&sleepy_waits))
        atomic_store(&the_other_waits, true);
    if (!sleepy || what->l_start != WRITING || atomic_load(&the_other_waits)) return false;
    atomic_store(&sleepy_waits, true);
    errno = EAGAIN;
    *answer = -1;
    return true;
}

static int book_sleepily(actor *self)
{
    sleepy = true;
    return book(self->r, team.other, 0, NULL, NULL);
}

START_TEST(who_waits_is_passed_eight_times_at_most)
{
    enum { PASSED = 8 };
    actor late = { .call = book_sleepily };
    int written = 0;
    open_team(NULL, 1);
    ck_answer(team.r[0], rota_open(team.path, &team.config, &late.r), ROTA_OK);
    fx_locking = wake_late;
    start(&late);
    while (!atomic_load(&sleepy_waits))
        sched_yield();
    while (!atomic_load(&the_other_waits) && written < 100)
        ck_answer(team.r[0], book(team.r[0], team.room, written++, NULL, NULL), ROTA_OK);
    atomic_store(&the_other_waits, true);
    ck_assert_int_eq(finish(&late), ROTA_OK);
    ck_assert_int_le(written, PASSED + 1); /* the last one has stood behind him */
    fx_locking = NULL;
    rota_close(late.r);
    close_team();
}
END_TEST

START_TEST(a_double_booking_is_seen)
{
    fight_plan plan = { .crew = crew("blind", 2, 4, 1), .rounds = 12, .blind = true };
    ck_assert(!fight(&plan));
}
END_TEST

START_TEST(a_history_of_concurrent_calls_is_linearizable)
{
    history_plan plan = { .crew = crew("history", 4, 8, 1), .calls = 3600, .cells = 4 };
    ck_assert(history(&plan));
}
END_TEST

START_TEST(a_history_with_swapped_answers_or_double_bookings_is_refused)
{
    history_plan plan = { .crew = crew("swapped", 2, 4, 1), .calls = 960, .cells = 2 };
    int64_t count = 0;
    uint64_t chance = plan.crew.seed;
    lin_call *calls = history_record(&plan, &count);
    ck_assert_ptr_nonnull(calls);
    ck_assert(lin_check(calls, count, NULL, stderr));
    ck_assert(history_swap(calls, count, &chance));
    ck_assert(!lin_check(calls, count, NULL, NULL));
    free(calls);
    plan.blind = true;
    calls = history_record(&plan, &count);
    ck_assert_ptr_nonnull(calls);
    ck_assert(!lin_check(calls, count, NULL, NULL));
    free(calls);
}
END_TEST

/* --- threads that the host cancels --- */

static void *act_and_be_cancelled(void *of)
{
    (void)act(of);
    pthread_testcancel();
    return NULL;
}

static void start_doomed(actor *a)
{
    ck_assert_int_eq(pthread_create(&a->thread, NULL, act_and_be_cancelled, a), 0);
}

static int finish_doomed(actor *a)
{
    void *end = NULL;
    ck_assert_int_eq(pthread_join(a->thread, &end), 0);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    return a->answer;
}

/* Who leads, who stands behind it, and who stands last. */
START_TEST(who_is_cancelled_in_its_turn_ends_it_first)
{
    static const int whom[] = { 0, 1, TEAM - 1 };
    const int doomed = whom[_i];
    actor actors[TEAM];
    actors[0] = writer_at_the_gate();
    for (int i = 0; i < TEAM; i++) {
        actors[i] = (actor){ .r = team.r[i], .number = i, .call = book_own_slot };
        (i == doomed ? start_doomed : start)(&actors[i]);
        if (i == 0)
            until_somebody_flushes();
        else
            until_it_waits(&actors[i]);
    }
    ck_assert_int_eq(pthread_cancel(actors[doomed].thread), 0);
    open_gate(0);
    for (int i = 0; i < TEAM; i++)
        ck_answer(team.r[i], (i == doomed ? finish_doomed : finish)(&actors[i]), ROTA_OK);
    ck_assert_int_eq(listed(team.r[0], team.room, 0, TEAM), TEAM);
    ck_answer(team.r[doomed], book(team.r[doomed], team.room, TEAM, "again", NULL), ROTA_OK);
    ck_answer(team.r[0], rota_check(team.r[0], ROTA_TIME_MIN), ROTA_OK);
    close_team();
}
END_TEST

/* The commit is in the file already, and the index has not followed yet. */
static bool wait_when_committed(const struct flock *what, int *answer)
{
    (void)answer;
    if (what->l_type == F_UNLCK) (void)pass_gate();
    return false;
}

static int look_at_first_slot(actor *self)
{
    return is_free(self->r, team.room, 0);
}

/* Without hooks of the host's, which may wait for anything. */
START_TEST(who_is_cancelled_while_it_waits_for_the_index_looks_first)
{
    struct fx any = { 0 };
    actor writer = { .call = book_own_slot }, reader = { .call = look_at_first_slot };
    fx_path(&any, "threads.rota", team.path, sizeof team.path);
    ck_answer(writer.r, rota_open(team.path, NULL, &writer.r), ROTA_OK);
    team.room = make_room(writer.r, "Blue", 1);
    ck_answer(writer.r, rota_attach(writer.r, &reader.r), ROTA_OK);
    ck_answer(reader.r, is_free(reader.r, team.room, 0), ROTA_OK);
    shut_gate();
    fx_locking = wait_when_committed;
    start(&writer);
    until_somebody_flushes();
    start_doomed(&reader);
    until_it_waits(&reader);
    ck_assert_int_eq(pthread_cancel(reader.thread), 0);
    open_gate(0);
    ck_answer(writer.r, finish(&writer), ROTA_OK);
    ck_answer(reader.r, finish_doomed(&reader), ROTA_ECONFLICT);
    fx_locking = NULL;
    ck_answer(reader.r, book(reader.r, team.room, 1, "goes on", NULL), ROTA_OK);
    rota_close(writer.r);
    rota_close(reader.r);
}
END_TEST

enum { STEPS = 10 };

typedef struct life {
    const rota_config *config;
    int answers[STEPS];
    bool over;
} life;

/* From the beginning on it is to be cancelled, wherever that is possible. */
static void *live_and_be_cancelled(void *of)
{
    life *self = of;
    int *answer = self->answers;
    rota *r = NULL, *more = NULL;
    rota_booking_query all = ROTA_INIT(rota_booking_query);
    rota_metrics m = ROTA_INIT(rota_metrics);
    rota_result *rows = NULL;
    all.resource = team.other;
    all.when = (rota_span){ .start = DAWN, .end = DAWN + HOUR };
    (void)pthread_cancel(pthread_self());
    *answer++ = rota_open(team.path, self->config, &r);
    *answer++ = rota_attach(r, &more);
    *answer++ = is_free(r, team.other, 0); /* read from the file */
    *answer++ = is_free(r, team.other, 0);
    *answer++ = book(more, team.other, 0, "mine", NULL);
    *answer++ = rota_booking_list(r, &all, &rows);
    *answer++ = rota_metrics_get(r, &m);
    *answer++ = rota_tick(r, NULL, NULL);
    *answer++ = rota_check(r, ROTA_TIME_MIN);
    *answer++ = is_free(r, team.other, 0) == ROTA_ECONFLICT ? ROTA_OK : ROTA_EINVALID;
    rota_result_free(rows);
    rota_close(r);
    rota_close(more);
    self->over = true;
    pthread_testcancel();
    return NULL;
}

static rota_time cancelling_morning(void *ctx)
{
    pthread_testcancel();
    return morning(ctx);
}

static void *cancelling_memory(void *ctx, void *block, int64_t size)
{
    pthread_testcancel();
    return memory(ctx, block, size);
}

static int cancelling_random(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    pthread_testcancel();
    memset(bytes, 42, (size_t)count);
    return 0;
}

START_TEST(no_call_is_cancelled_nor_a_hook_in_it)
{
    pthread_t thread;
    void *end = NULL;
    rota_config config = ROTA_INIT(rota_config);
    life one = { .config = _i == 0 ? NULL : &config };
    open_team(NULL, 1);
    close_team();
    config.now = cancelling_morning;
    config.random = cancelling_random;
    config.memory = cancelling_memory;
    config.memory_ctx = &team;
    ck_assert_int_eq(pthread_create(&thread, NULL, live_and_be_cancelled, &one), 0);
    ck_assert_int_eq(pthread_join(thread, &end), 0);
    ck_assert(one.over);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    for (int i = 0; i < STEPS; i++)
        ck_assert_msg(one.answers[i] == ROTA_OK, "step %d: %s", i,
                      rota_status_name(one.answers[i]));
    ck_assert_int_eq(atomic_load(&team.live), 0);
}
END_TEST

Suite *threads_suite(void)
{
    Suite *s = suite_create("threads");

    TCase *handles = tcase_create("handles");
    tcase_add_loop_test(handles, handles_are_closed_in_any_order, 0, 6);
    tcase_add_loop_test(handles, handles_on_a_calendar_in_memory_are_closed_in_any_order, 0, 6);
    tcase_add_test(handles, a_calendar_in_memory_ends_with_its_last_handle);
    tcase_add_test(handles, a_handle_is_attached_to_an_attached_one);
    tcase_add_test(handles, what_cannot_be_attached_is_refused);
    tcase_add_test(handles, attaching_without_memory_leaves_everything_as_it_was);
    tcase_add_test(handles, closing_a_handle_gives_its_descriptors_back);
    tcase_add_test(handles, handles_that_come_and_go_leave_the_locks_of_others);
    tcase_add_test(handles, a_file_that_is_gone_is_not_attached_to);
    tcase_add_test(handles, a_file_that_was_replaced_is_not_attached_to);
    tcase_add_test(handles, each_handle_has_its_own_message_and_conflicts);
    tcase_add_test(handles, handles_come_and_go_while_others_write);
    tcase_add_test(handles, handles_on_a_calendar_in_memory_come_and_go_while_others_write);
    suite_add_tcase(s, handles);

    TCase *seeing = tcase_create("seeing");
    tcase_add_loop_test(seeing, a_commit_of_one_thread_is_seen_by_the_next_call_of_another, 0, 2);
    tcase_add_test(seeing, a_commit_of_another_process_is_seen_by_the_next_call);
    suite_add_tcase(s, seeing);

    TCase *flush = tcase_create("flush");
    tcase_add_test(flush, reads_go_on_while_a_writer_is_in_the_middle_of_its_flush);
    tcase_add_test(flush, a_first_look_at_a_resource_does_not_wait_for_a_flush);
    tcase_add_test(flush, handles_come_and_go_while_a_writer_is_in_the_middle_of_its_flush);
    tcase_add_test(flush, writes_that_wait_are_flushed_together_each_with_its_own_verdict);
    tcase_add_test(flush, of_those_who_want_the_same_slot_in_one_turn_one_has_it);
    tcase_add_test(flush, of_series_that_collide_in_one_turn_one_is_made);
    tcase_add_test(flush, in_one_turn_each_sees_the_series_of_those_before);
    tcase_add_test(flush, a_long_stay_sees_the_first_series_of_its_turn);
    tcase_add_test(flush, a_key_that_several_use_in_one_turn_is_used_once);
    tcase_add_test(flush, a_flush_that_fails_fails_those_who_shared_it_and_nobody_else);
    tcase_add_test(flush, after_a_shared_flush_that_failed_memory_is_as_the_store);
    tcase_add_test(flush, whatever_allocation_fails_in_a_shared_turn_all_have_a_true_answer);
    tcase_add_loop_test(flush, one_that_cannot_be_written_leaves_those_beside_it, 0, 18);
    tcase_add_loop_test(flush, who_leads_and_is_refused_hears_why_whatever_becomes_of_the_turn, 0,
                        2);
    tcase_add_loop_test(flush, one_that_cannot_be_decided_leaves_those_beside_it, 0, 2);
    tcase_add_test(flush, who_joins_in_a_turn_is_a_member_for_those_behind);
    tcase_add_loop_test(flush, a_turn_of_which_nobody_knows_the_end_is_told_truly, 0, 6);
    tcase_add_test(flush, writes_of_several_threads_share_flushes);
    suite_add_tcase(s, flush);

    TCase *memory_case = tcase_create("memory");
    tcase_add_loop_test(memory_case, resources_are_given_back_while_others_look_at_them, 0, 2);
    tcase_add_loop_test(memory_case, threads_that_run_out_of_memory_keep_what_was_acknowledged, 0,
                        2);
    suite_add_tcase(s, memory_case);

    TCase *cancelled = tcase_create("cancelled");
    tcase_add_loop_test(cancelled, who_is_cancelled_in_its_turn_ends_it_first, 0, 3);
    tcase_add_test(cancelled, who_is_cancelled_while_it_waits_for_the_index_looks_first);
    tcase_add_loop_test(cancelled, no_call_is_cancelled_nor_a_hook_in_it, 0, 2);
    suite_add_tcase(s, cancelled);

    TCase *hooks = tcase_create("hooks");
    tcase_add_test(hooks, a_hook_must_not_use_the_handle_that_called_it_whoever_has_the_turn);
    tcase_add_loop_test(hooks, the_host_may_use_another_handle_of_the_engine_while_it_is_asked, 0,
                        2);
    tcase_add_test(hooks, all_threads_may_be_asked_at_once_while_another_goes_on);
    suite_add_tcase(s, hooks);

    TCase *metrics_case = tcase_create("metrics");
    tcase_add_test(metrics_case, metrics_are_of_all_handles_of_the_engine);
    tcase_add_test(metrics_case, metrics_are_read_while_others_write);
    suite_add_tcase(s, metrics_case);

    TCase *checker = tcase_create("checker");
    tcase_add_test(checker, the_checker_accepts_what_may_have_happened);
    tcase_add_test(checker, the_checker_refuses_what_cannot_have_happened);
    tcase_add_test(checker, a_history_is_read_as_it_was_written);
    suite_add_tcase(s, checker);

    TCase *contend = tcase_create("contend");
    tcase_add_test(contend, in_each_round_of_a_fight_exactly_the_right_ones_win);
    tcase_add_test(contend, two_engines_in_a_process_fight_like_two_processes);
    tcase_add_test(contend, who_waits_is_passed_eight_times_at_most);
    tcase_add_test(contend, a_double_booking_is_seen);
    tcase_add_test(contend, a_history_of_concurrent_calls_is_linearizable);
    tcase_add_test(contend, a_history_with_swapped_answers_or_double_bookings_is_refused);
    suite_add_tcase(s, contend);
    return s;
}
