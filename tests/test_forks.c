/* Processes that are forked while a calendar is open: what comes along to the child is of no
 * use there, and must do no harm. What is acknowledged to anybody is in the file. */
#define _GNU_SOURCE /* pipe2, syscall */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contend/crew.h"
#include "fixture.h"

enum { DAWN = 1930464000, /* 2031-03-05T08:00Z; slots are the hours from here on */ HOUR = 3600 };

static struct {
    char path[256], other[256];
    rota_config config;
    rota_id room;
} at;

static rota_time before_dawn(void *ctx)
{
    (void)ctx;
    return DAWN - HOUR;
}

static int open_at(const char *path, uint32_t flags, rota **out)
{
    rota_config config = at.config;
    config.flags |= flags;
    return rota_open(path, &config, out);
}

static rota_id make_room(rota *r)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.kind = "room";
    q.name = "Blue";
    ck_answer(r, rota_resource_create(r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

static void make_calendar(void)
{
    struct fx any = { 0 };
    rota *r = NULL;
    at.config = (rota_config)ROTA_INIT(rota_config);
    at.config.now = before_dawn;
    fx_path(&any, "forks.rota", at.path, sizeof at.path);
    fx_path(&any, "other-forks.rota", at.other, sizeof at.other);
    ck_answer(r, open_at(at.path, 0, &r), ROTA_OK);
    at.room = make_room(r);
    rota_close(r);
}

static rota *open_calendar(void)
{
    rota *r = NULL;
    ck_answer(r, open_at(at.path, ROTA_OPEN_EXISTING, &r), ROTA_OK);
    return r;
}

static int book(rota *r, rota_id room, int slot)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = DAWN + (rota_time)slot * HOUR;
    q.when.end = q.when.start + HOUR;
    q.claims = &claim;
    q.claim_count = 1;
    return rota_booking_create(r, NULL, &q, NULL);
}

static int64_t booked(rota *r)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_answer(r, rota_check(r, ROTA_TIME_MIN), ROTA_OK);
    ck_answer(r, rota_stats_get(r, &stats), ROTA_OK);
    return stats.bookings;
}

/* --- processes --- */

static pid_t start(void (*body)(void))
{
    (void)fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child > 0) return child;
    body();
    fx_count_child();
    _exit(0);
}

/* What fails a test in a child ends the child. */
static void finish(pid_t child)
{
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a child ended with %d", status);
}

static void in_child(void (*body)(void))
{
    finish(start(body));
}

static void tell(const int *pipe_)
{
    ck_assert_int_eq(write(pipe_[1], "", 1), 1);
}

/* False where nobody can tell any more. */
static bool hear(const int *pipe_)
{
    char byte;
    return read(pipe_[0], &byte, 1) == 1;
}

static void make_pipe(int *pipe_)
{
    ck_assert_int_eq(pipe2(pipe_, O_CLOEXEC), 0);
}

/* --- a daemon: it opens, forks, and ends; the child goes on --- */

enum { WANTED = 12 };

static struct {
    int up[2], down[2], parent[2];
    struct {
        int acknowledged, opened;
    } * said;
} daemon_;

/* With a handle of its own, when the parent has ended. */
static void go_on_as_daemon(void)
{
    rota *r = NULL;
    (void)close(daemon_.parent[1]);
    ck_assert(!hear(daemon_.parent));
    daemon_.said->opened = open_at(at.path, 0, &r);
    for (int i = 1; i < WANTED; i++) {
        if (daemon_.said->opened == ROTA_OK && book(r, at.room, i) == ROTA_OK)
            daemon_.said->acknowledged++;
        if (i > 1) continue;
        tell(daemon_.up);
        ck_assert(hear(daemon_.down));
    }
    rota_close(r);
    tell(daemon_.up);
}

static void begin_daemon(void)
{
    make_pipe(daemon_.parent);
    rota *r = open_calendar();
    ck_answer(r, book(r, at.room, 0), ROTA_OK);
    daemon_.said->acknowledged++;
    (void)start(go_on_as_daemon);
}

static void look(void)
{
    rota *r = open_calendar();
    ck_assert_int_ge(booked(r), 1);
    rota_close(r);
}

START_TEST(what_a_daemon_is_acknowledged_is_there)
{
    make_calendar();
    make_pipe(daemon_.up);
    make_pipe(daemon_.down);
    daemon_.said = crew_share(sizeof *daemon_.said);
    in_child(begin_daemon);
    ck_assert(hear(daemon_.up));
    in_child(look); /* who closes last writes the log back, and removes it */
    tell(daemon_.down);
    ck_assert(hear(daemon_.up));
    rota *r = open_calendar();
    ck_assert_int_eq(booked(r), daemon_.said->acknowledged);
    ck_assert_int_eq(daemon_.said->opened, ROTA_ESTATE);
    rota_close(r);
    crew_forget(daemon_.said, sizeof *daemon_.said);
}
END_TEST

/* --- the handle itself --- */

static rota *mine, *theirs;

static void is_refused(rota *r, int answer)
{
    ck_answer(r, answer, ROTA_ESTATE);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(r), "forked"));
}

static void use_inherited(rota *r)
{
    rota_metrics metrics = ROTA_INIT(rota_metrics);
    rota_stats stats = ROTA_INIT(rota_stats);
    rota_resource_query all = ROTA_INIT(rota_resource_query);
    rota_result *rows = NULL;
    rota *attached = NULL;
    const char *text = NULL;
    rota_time instant;
    is_refused(r, book(r, at.room, 7));
    is_refused(r, rota_resource_list(r, &all, &rows));
    is_refused(r, rota_conflict_list(r, &rows));
    is_refused(r, rota_metrics_get(r, &metrics));
    is_refused(r, rota_metrics_text(r, &text));
    is_refused(r, rota_stats_get(r, &stats));
    is_refused(r, rota_time_parse(r, "2031-03-05T08:00Z", NULL, &instant));
    is_refused(r, rota_tick(r, NULL, NULL));
    is_refused(r, rota_attach(r, &attached));
    ck_assert_ptr_null(rows);
    ck_assert_ptr_null(text);
    ck_assert_ptr_null(attached);
    rota_close(r);
}

static void use_both(void)
{
    use_inherited(theirs);
    use_inherited(mine);
}

/* Would another process find the file unlocked, and take its owner for gone? */
static void is_locked(void)
{
    /* SQLite's shared range: whoever has the file open in WAL mode keeps a lock in it. */
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000002, .l_len = 510
    };
    int fd = open(at.path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(fcntl(fd, F_GETLK, &lock), 0);
    ck_assert_int_ne(lock.l_type, F_UNLCK);
}

START_TEST(an_inherited_handle_is_refused_and_closed_and_the_parent_goes_on)
{
    static const char *const urls[] = { at.path, ":memory:" };
    bool memory = _i == 1;
    make_calendar();
    mine = theirs = NULL;
    ck_answer(mine, open_at(urls[_i], 0, &mine), ROTA_OK);
    if (memory) at.room = make_room(mine);
    ck_answer(mine, rota_attach(mine, &theirs), ROTA_OK);
    for (int i = 0; i < 4; i += 2) {
        ck_answer(mine, book(mine, at.room, i), ROTA_OK);
        in_child(use_both);
        if (!memory) in_child(is_locked);
        ck_answer(theirs, book(theirs, at.room, i + 1), ROTA_OK);
    }
    ck_answer(mine, book(mine, at.room, 3), ROTA_ECONFLICT);
    ck_assert_int_eq(booked(mine), 4);
    rota_close(mine);
    rota_close(theirs);
    if (!memory) in_child(look);
}
END_TEST

static int inside[2], leave[2];

static int wait_inside(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    memset(bytes, 42, (size_t)count);
    tell(inside);
    ck_assert(hear(leave));
    return 0;
}

static void *book_slowly(void *r)
{
    ck_answer(r, book(r, at.room, 0), ROTA_OK);
    return NULL;
}

/* Neither closing one that is in a call nor the others waits for a thread that is not there. */
START_TEST(what_another_thread_was_in_the_middle_of_nobody_waits_for)
{
    pthread_t thread;
    make_calendar();
    make_pipe(inside);
    make_pipe(leave);
    at.config.random = wait_inside;
    mine = open_calendar();
    ck_answer(mine, rota_attach(mine, &theirs), ROTA_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, book_slowly, mine), 0);
    ck_assert(hear(inside));
    in_child(use_both);
    tell(leave);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(booked(theirs), 1);
    rota_close(theirs);
    rota_close(mine);
}
END_TEST

/* --- the file --- */

static void opens(const char *path, uint32_t flags, int expected)
{
    rota *r = NULL;
    ck_answer(r, open_at(path, flags, &r), expected);
    if (expected == ROTA_ESTATE) {
        ck_assert_ptr_nonnull(strstr(rota_errmsg(r), "forked"));
        ck_assert_ptr_nonnull(strstr(rota_errmsg(r), "forks.rota"));
    } else if (expected == ROTA_OK && !(flags & ROTA_OPEN_READONLY)) {
        ck_answer(r, book(r, make_room(r), 0), ROTA_OK);
    }
    rota_close(r);
}

static void is_refused_by_any_name(void)
{
    char directory[256], link[300], path[600];
    (void)snprintf(directory, sizeof directory, "%s", at.path);
    *strrchr(directory, '/') = '\0';
    (void)snprintf(link, sizeof link, "%s/link", directory);
    (void)snprintf(path, sizeof path, "%s/forks.rota", link);
    ck_assert(symlink(directory, link) == 0 || errno == EEXIST);
    for (uint32_t flags = 0; flags <= (ROTA_OPEN_READONLY | ROTA_OPEN_EXISTING); flags++) {
        opens(at.path, flags, ROTA_ESTATE);
        opens(path, flags, ROTA_ESTATE);
    }
    (void)snprintf(path, sizeof path, "%s/moved-forks.rota", directory);
    ck_assert_int_eq(rename(at.path, path), 0);
    opens(path, 0, ROTA_ESTATE);
    ck_assert_int_eq(rename(path, at.path), 0);
}

START_TEST(a_file_that_was_open_in_the_parent_is_refused_by_any_name)
{
    make_calendar();
    mine = open_calendar();
    in_child(is_refused_by_any_name);
    ck_answer(mine, rota_attach(mine, &theirs), ROTA_OK);
    rota_close(mine);
    in_child(is_refused_by_any_name);
    ck_answer(theirs, book(theirs, at.room, 0), ROTA_OK);
    rota_close(theirs);
}
END_TEST

/* Whatever becomes of what was inherited: SQLite's list stays. */
static void is_refused_for_life(void)
{
    opens(at.path, 0, ROTA_ESTATE);
    rota_close(mine);
    opens(at.path, 0, ROTA_ESTATE);
}

START_TEST(closing_what_was_inherited_does_not_open_the_file)
{
    make_calendar();
    mine = open_calendar();
    in_child(is_refused_for_life);
    rota_close(mine);
}
END_TEST

static void opens_others(void)
{
    opens(at.other, 0, ROTA_OK);
    opens(at.other, ROTA_OPEN_READONLY, ROTA_OK);
    opens(":memory:", 0, ROTA_OK);
    crew_remove(at.path);
    opens(at.path, 0, ROTA_OK); /* another file of that name */
}

START_TEST(other_files_are_opened_as_ever)
{
    make_calendar();
    mine = open_calendar();
    in_child(opens_others);
    rota_close(mine);
    ck_answer(mine, open_at(at.other, 0, &mine), ROTA_OK);
    ck_assert_int_eq(booked(mine), 1);
    rota_close(mine);
}
END_TEST

static void opens_all(void)
{
    opens(at.path, 0, ROTA_OK);
    opens(at.other, 0, ROTA_OK);
}

START_TEST(what_was_closed_before_the_fork_is_opened_as_ever)
{
    rota *failed = NULL;
    make_calendar();
    mine = open_calendar();
    ck_answer(mine, rota_attach(mine, &theirs), ROTA_OK);
    rota_close(mine);
    rota_close(theirs);
    FILE *out = fopen(at.other, "w");
    fputs("not a calendar", out);
    fclose(out);
    ck_answer(failed, open_at(at.other, 0, &failed), ROTA_ECORRUPT);
    ck_assert_int_eq(remove(at.other), 0);
    in_child(opens_all);
    in_child(opens_all);
    rota_close(failed);
    mine = open_calendar();
    ck_assert_int_eq(booked(mine), 2);
    rota_close(mine);
}
END_TEST

static void is_refused_both(void)
{
    opens(at.path, 0, ROTA_ESTATE);
    opens(at.other, 0, ROTA_ESTATE);
    use_both();
}

static void forks_again(void)
{
    theirs = NULL;
    ck_answer(theirs, open_at(at.other, 0, &theirs), ROTA_OK);
    rota_id room = make_room(theirs);
    ck_answer(theirs, book(theirs, room, 0), ROTA_OK);
    in_child(is_refused_both);
    ck_answer(theirs, book(theirs, room, 1), ROTA_OK);
    rota_close(theirs);
    opens(at.other, 0, ROTA_OK);
    opens(at.path, 0, ROTA_ESTATE);
}

START_TEST(a_child_that_forks_is_a_parent)
{
    make_calendar();
    mine = open_calendar();
    in_child(forks_again);
    ck_answer(mine, book(mine, at.room, 0), ROTA_OK);
    rota_close(mine);
}
END_TEST

/* --- the lock of who writes: a worker has it too, and never asks rota for anything --- */

static int worker_is_there[2], worker_may_end[2];

static pid_t fork_by_handlers(void)
{
    return fork();
}

/* Nobody is told of this one: as of one on its way to another program. */
static pid_t fork_in_silence(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static pid_t (*const ways[])(void) = { fork_by_handlers, fork_in_silence };

static void start_worker(pid_t (*way)(void))
{
    pid_t child = way();
    ck_assert_int_ge(child, 0);
    if (child > 0) return;
    (void)close(worker_may_end[1]);
    tell(worker_is_there);
    (void)hear(worker_may_end);
    _exit(0);
}

static pid_t (*chosen)(void);

static void leave_worker_behind(void)
{
    rota *r = open_calendar();
    ck_answer(r, book(r, at.room, 0), ROTA_OK);
    start_worker(chosen);
    ck_answer(r, book(r, at.room, 1), ROTA_OK);
    rota_close(r);
}

static void books_at_once(int slot, int expected)
{
    rota *r = NULL;
    at.config.busy_ms = -1;
    ck_answer(r, open_at(at.path, ROTA_OPEN_EXISTING, &r), ROTA_OK);
    ck_answer(r, book(r, at.room, slot), expected);
    rota_close(r);
}

START_TEST(a_worker_that_lives_on_keeps_nobody_from_writing)
{
    make_calendar();
    make_pipe(worker_is_there);
    make_pipe(worker_may_end);
    chosen = ways[_i];
    in_child(leave_worker_behind);
    ck_assert(hear(worker_is_there));
    books_at_once(2, ROTA_OK);
    tell(worker_may_end);
    mine = open_calendar();
    ck_assert_int_eq(booked(mine), 3);
    rota_close(mine);
}
END_TEST

static bool deadly;

static int wait_to_be_killed(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    memset(bytes, 42, (size_t)count);
    if (!deadly) return 0;
    start_worker(fork_by_handlers);
    for (;;)
        (void)pause();
}

static bool lock_file_is_new;

static void book_until_killed(void)
{
    char lock[300];
    at.config.random = wait_to_be_killed;
    rota *r = open_calendar();
    (void)snprintf(lock, sizeof lock, "%s-lock", at.path);
    if (lock_file_is_new) ck_assert_int_eq(unlink(lock), 0);
    ck_answer(r, book(r, at.room, 0), ROTA_OK);
    deadly = true;
    (void)book(r, at.room, 1);
}

START_TEST(a_process_that_is_killed_while_it_writes_leaves_no_lock_to_its_worker)
{
    int status = 0;
    make_calendar();
    make_pipe(worker_is_there);
    make_pipe(worker_may_end);
    lock_file_is_new = _i == 1;
    pid_t writer = start(book_until_killed);
    ck_assert(hear(worker_is_there)); /* and what it inherited is closed */
    books_at_once(2, ROTA_EBUSY);
    ck_assert_int_eq(kill(writer, SIGKILL), 0);
    ck_assert_int_eq(waitpid(writer, &status, 0), writer);
    books_at_once(2, ROTA_OK);
    tell(worker_may_end);
}
END_TEST

/* --- beside opening and closing --- */

static _Atomic bool enough;

static void *come_and_go(void *ctx)
{
    (void)ctx;
    while (!atomic_load(&enough)) {
        rota *r = open_calendar(), *attached = NULL;
        ck_answer(r, rota_attach(r, &attached), ROTA_OK);
        rota_close(r);
        rota_close(attached);
    }
    return NULL;
}

static void is_refused_at_once(void)
{
    opens(at.path, 0, ROTA_ESTATE);
}

START_TEST(a_fork_in_the_middle_of_opening_and_closing_finds_a_whole_list)
{
    pthread_t thread;
    make_calendar();
    mine = open_calendar();
    ck_assert_int_eq(pthread_create(&thread, NULL, come_and_go, NULL), 0);
    for (int i = 0; i < 100; i++)
        in_child(is_refused_at_once);
    atomic_store(&enough, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_answer(mine, book(mine, at.room, 0), ROTA_OK);
    rota_close(mine);
    in_child(opens_all);
}
END_TEST

/* --- beside handlers of the host's own, which were there before rota was used --- */

static bool host_asks;

static void in_child_of_host(void)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    if (!host_asks) return;
    ck_answer(mine, rota_stats_get(mine, &stats), ROTA_ESTATE);
    rota_close(mine);
    opens(at.path, 0, ROTA_ESTATE);
    opens(at.other, 0, ROTA_OK);
}

static void does_nothing(void)
{
}

START_TEST(handlers_of_the_hosts_own_may_use_rota_in_the_child)
{
    ck_assert_int_eq(pthread_atfork(NULL, NULL, in_child_of_host), 0);
    make_calendar();
    mine = open_calendar();
    host_asks = true;
    in_child(does_nothing);
    host_asks = false;
    ck_answer(mine, book(mine, at.room, 0), ROTA_OK);
    rota_close(mine);
}
END_TEST

Suite *forks_suite(void)
{
    Suite *s = suite_create("forks");

    TCase *handle = tcase_create("handle");
    tcase_add_test(handle, what_a_daemon_is_acknowledged_is_there);
    tcase_add_loop_test(handle, an_inherited_handle_is_refused_and_closed_and_the_parent_goes_on, 0,
                        2);
    tcase_add_test(handle, what_another_thread_was_in_the_middle_of_nobody_waits_for);
    tcase_add_test(handle, handlers_of_the_hosts_own_may_use_rota_in_the_child);
    suite_add_tcase(s, handle);

    TCase *file = tcase_create("file");
    tcase_add_test(file, a_file_that_was_open_in_the_parent_is_refused_by_any_name);
    tcase_add_test(file, closing_what_was_inherited_does_not_open_the_file);
    tcase_add_test(file, other_files_are_opened_as_ever);
    tcase_add_test(file, what_was_closed_before_the_fork_is_opened_as_ever);
    tcase_add_test(file, a_child_that_forks_is_a_parent);
    tcase_add_test(file, a_fork_in_the_middle_of_opening_and_closing_finds_a_whole_list);
    suite_add_tcase(s, file);

    TCase *lock = tcase_create("lock");
    tcase_add_loop_test(lock, a_worker_that_lives_on_keeps_nobody_from_writing, 0, 2);
    tcase_add_loop_test(lock, a_process_that_is_killed_while_it_writes_leaves_no_lock_to_its_worker,
                        0, 2);
    suite_add_tcase(s, lock);
    return s;
}
