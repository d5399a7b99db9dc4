/* Consumers of the feed: at least once, in order, from where each was, whatever
 * happens between reading, handling and acknowledging; and what each call answers.
 * Bad input is in test_bad_input.c, what a store must do with them in test_store.c. */
#define _POSIX_C_SOURCE 200809L

#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/handle.h"
#include "fixture.h"
#include "store/chaos.h"
#include "store/memory.h"
#include "store/sqlite.h"

static struct fx f;
static rota_id room;

/* Six events in all. */
static void make_events(struct fx *to)
{
    fx_clock(to, "2031-03-10T08:00Z");
    room = fx_room(to, "Blue", 5);
    for (int i = 0; i < 5; i++)
        fx_book(to, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
}
enum { EVENTS = 6 };

static void setup(void)
{
    fx_open(&f, ":memory:");
    make_events(&f);
}

static void teardown(void)
{
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&f);
}

/* The consumers as text, "name position+behind created moved", in the order listed. */
static char *listed(struct fx *of)
{
    static char text[1024];
    rota_result *rows;
    size_t used = 0;
    ck_status(of, rota_consumer_list(of->r, &rows), ROTA_OK);
    text[0] = '\0';
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_consumer row = ROTA_INIT(rota_consumer);
        ck_assert_int_eq(rota_consumer_at(rows, i, &row), ROTA_OK);
        ck_assert_uint_eq(row.reserved, 0);
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s%s %" PRId64 "+%" PRId64 " %" PRId64 " %" PRId64, i ? ", " : "",
                                 row.name, row.position, row.behind,
                                 row.created_at - t("2031-03-10T08:00Z"),
                                 row.changed_at - t("2031-03-10T08:00Z"));
    }
    rota_result_free(rows);
    return text;
}

/* What is read, as "3 4 5". */
static const char *read_as_text(struct fx *of, const char *name, int64_t limit)
{
    static char text[256];
    rota_result *rows;
    size_t used = 0;
    ck_status(of, rota_consumer_read(of->r, name, limit, &rows), ROTA_OK);
    text[0] = '\0';
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_event event = ROTA_INIT(rota_event);
        ck_assert_int_eq(rota_event_at(rows, i, &event), ROTA_OK);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%" PRId64, i ? " " : "",
                                 event.seq);
    }
    rota_result_free(rows);
    return text;
}

static int64_t events_of(struct fx *of)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_status(of, rota_stats_get(of->r, &stats), ROTA_OK);
    return stats.events;
}

/* --- what each call does --- */

START_TEST(a_consumer_begins_where_it_was_told_to)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "first", 0), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "behind 4", 4), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "now", ROTA_CONSUMER_NOW), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "at the end", EVENTS), ROTA_OK);
    ck_assert_str_eq(listed(&f),
                     "at the end 6+0 0 0, behind 4 4+2 0 0, first 0+6 0 0, now 6+0 0 0");
    ck_assert_str_eq(read_as_text(&f, "first", 0), "1 2 3 4 5 6");
    ck_assert_str_eq(read_as_text(&f, "behind 4", 0), "5 6");
    ck_assert_str_eq(read_as_text(&f, "now", 0), "");
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    ck_assert_str_eq(read_as_text(&f, "now", 0), "7");
}
END_TEST

START_TEST(a_consumer_that_is_there_stays_as_it_is)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 2), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:01Z");
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", ROTA_CONSUMER_NOW), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 2+4 0 0");
}
END_TEST

START_TEST(a_position_moves_on_and_never_back)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:01Z");
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", 3), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 3+3 0 60");
    fx_clock(&f, "2031-03-10T08:02Z");
    for (int64_t seq = 0; seq <= 3; seq++)
        ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", seq), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 3+3 0 60"); /* nothing was written */
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", EVENTS), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 6+0 0 120");
}
END_TEST

START_TEST(what_has_not_happened_cannot_be_acknowledged)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", EVENTS + 1), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "no event 7 yet"));
    ck_status(&f, rota_consumer_create(f.r, NULL, "other", EVENTS + 1), ROTA_EINVALID);
    ck_assert_str_eq(listed(&f), "mailer 0+6 0 0");
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", EVENTS + 1), ROTA_OK);
}
END_TEST

START_TEST(who_is_not_there_is_not_found)
{
    rota_result *rows = NULL;
    ck_status(&f, rota_consumer_ack(f.r, NULL, "nobody", 1), ROTA_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"nobody\""));
    ck_status(&f, rota_consumer_read(f.r, "nobody", 0, &rows), ROTA_ENOTFOUND);
    ck_status(&f, rota_consumer_remove(f.r, NULL, "nobody"), ROTA_ENOTFOUND);
    ck_assert_ptr_null(rows);
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 3), ROTA_OK);
    ck_status(&f, rota_consumer_remove(f.r, NULL, "mailer"), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", 1), ROTA_ENOTFOUND);
    ck_assert_str_eq(listed(&f), "");
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK); /* a new one */
    ck_assert_str_eq(listed(&f), "mailer 0+6 0 0");
}
END_TEST

START_TEST(nothing_of_it_is_told_in_the_feed)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", EVENTS), ROTA_OK);
    ck_status(&f, rota_consumer_remove(f.r, NULL, "mailer"), ROTA_OK);
    ck_assert_int_eq(events_of(&f), EVENTS);
}
END_TEST

START_TEST(a_dry_run_answers_and_writes_nothing)
{
    rota_call dry = ROTA_INIT(rota_call);
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, rota_consumer_create(f.r, &dry, "other", 0), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 1), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, &dry, "mailer", 4), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, &dry, "mailer", EVENTS + 1), ROTA_EINVALID);
    ck_status(&f, rota_consumer_ack(f.r, &dry, "other", 1), ROTA_ENOTFOUND);
    ck_status(&f, rota_consumer_remove(f.r, &dry, "mailer"), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 1+5 0 0");
}
END_TEST

/* Each of these calls may be repeated as it is. */
START_TEST(a_key_and_an_expected_version_mean_nothing)
{
    rota_call call = ROTA_INIT(rota_call);
    call.key = "k";
    call.version = 99;
    for (int i = 0; i < 2; i++)
        ck_status(&f, rota_consumer_create(f.r, &call, "mailer", 0), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, &call, "mailer", 2), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, &call, "mailer", 4), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 4+2 0 0");
    ck_status(&f, rota_consumer_remove(f.r, &call, "mailer"), ROTA_OK);
}
END_TEST

START_TEST(who_may_only_read_moves_no_position)
{
    struct fx g = { 0 };
    char path[256];
    rota_result *rows;
    fx_path(&g, "readonly.db", path, sizeof path);
    fx_open(&g, path);
    make_events(&g);
    ck_status(&g, rota_consumer_create(g.r, NULL, "mailer", 4), ROTA_OK);
    fx_close(&g);
    g.config.flags = ROTA_OPEN_READONLY;
    fx_open(&g, path);
    ck_status(&g, rota_consumer_create(g.r, NULL, "other", 0), ROTA_EDENIED);
    ck_status(&g, rota_consumer_ack(g.r, NULL, "mailer", 5), ROTA_EDENIED);
    ck_status(&g, rota_consumer_remove(g.r, NULL, "mailer"), ROTA_EDENIED);
    ck_status(&g, rota_consumer_read(g.r, "mailer", 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_result_free(rows);
    ck_assert_str_eq(listed(&g), "mailer 4+2 0 0");
    fx_close(&g);
}
END_TEST

START_TEST(rows_are_consumers_and_of_their_own_size)
{
    rota_result *rows, *others;
    rota_consumer row = ROTA_INIT(rota_consumer);
    rota_event event = ROTA_INIT(rota_event);
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    ck_status(&f, rota_consumer_list(f.r, &rows), ROTA_OK);
    ck_status(&f, rota_consumer_read(f.r, "mailer", 0, &others), ROTA_OK);
    ck_assert_int_eq(rota_consumer_at(rows, 1, &row), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_at(rows, -1, &row), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_at(rows, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_at(others, 0, &row), ROTA_EINVALID);
    ck_assert_int_eq(rota_event_at(rows, 0, &event), ROTA_EINVALID);
    row.size--;
    ck_assert_int_eq(rota_consumer_at(rows, 0, &row), ROTA_EINVALID);
    row.size++;
    ck_assert_int_eq(rota_consumer_at(rows, 0, &row), ROTA_OK);
    ck_assert_str_eq(row.name, "mailer");
    rota_result_free(rows);
    rota_result_free(others);
}
END_TEST

/* --- at least once, in order --- */

START_TEST(the_feed_is_read_in_pages_without_gap_or_repeat)
{
    rota_result *rows;
    int64_t expected = 1;
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    do {
        ck_status(&f, rota_consumer_read(f.r, "mailer", 4, &rows), ROTA_OK);
        for (int64_t i = 0; i < rota_result_count(rows); i++) {
            rota_event event = ROTA_INIT(rota_event);
            ck_assert_int_eq(rota_event_at(rows, i, &event), ROTA_OK);
            ck_assert_int_eq(event.seq, expected++);
        }
        rota_result_free(rows);
        ck_status(&f, rota_consumer_ack(f.r, NULL, "mailer", expected - 1), ROTA_OK);
    } while (expected <= EVENTS);
    ck_assert_str_eq(read_as_text(&f, "mailer", 0), "");
}
END_TEST

START_TEST(reading_moves_nothing)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 0), ROTA_OK);
    for (int i = 0; i < 3; i++)
        ck_assert_str_eq(read_as_text(&f, "mailer", 2), "1 2");
    ck_assert_str_eq(listed(&f), "mailer 0+6 0 0");
}
END_TEST

START_TEST(consumers_do_not_know_of_each_other)
{
    ck_status(&f, rota_consumer_create(f.r, NULL, "a", 0), ROTA_OK);
    ck_status(&f, rota_consumer_create(f.r, NULL, "A", 0), ROTA_OK);
    ck_status(&f, rota_consumer_ack(f.r, NULL, "a", 5), ROTA_OK);
    ck_assert_str_eq(read_as_text(&f, "a", 0), "6");
    ck_assert_str_eq(read_as_text(&f, "A", 0), "1 2 3 4 5 6");
    ck_status(&f, rota_consumer_remove(f.r, NULL, "a"), ROTA_OK);
    ck_assert_str_eq(listed(&f), "A 0+6 0 0");
}
END_TEST

/* Whoever is slower moves nothing back, and who reads anew reads on from the furthest. */
START_TEST(two_handles_share_one_consumer)
{
    struct fx a = { 0 }, b = { .random = 7 };
    char path[256];
    fx_path(&a, "shared.db", path, sizeof path);
    fx_open(&a, path);
    make_events(&a);
    fx_open(&b, path);
    ck_status(&a, rota_consumer_create(a.r, NULL, "mailer", 0), ROTA_OK);
    ck_status(&b, rota_consumer_create(b.r, NULL, "mailer", 3), ROTA_OK);
    ck_assert_str_eq(read_as_text(&a, "mailer", 3), "1 2 3");
    ck_assert_str_eq(read_as_text(&b, "mailer", 3), "1 2 3"); /* the same: at least once */
    ck_status(&b, rota_consumer_ack(b.r, NULL, "mailer", 3), ROTA_OK);
    ck_status(&a, rota_consumer_ack(a.r, NULL, "mailer", 2), ROTA_OK);
    ck_assert_str_eq(read_as_text(&a, "mailer", 0), "4 5 6");
    ck_status(&b, rota_consumer_remove(b.r, NULL, "mailer"), ROTA_OK);
    ck_status(&a, rota_consumer_ack(a.r, NULL, "mailer", 4), ROTA_ENOTFOUND);
    fx_close(&a);
    fx_close(&b);
}
END_TEST

/* --- somebody else in the middle of a call, at each of its operations --- */

static rota__mem store_mem;
static rota__chaos chaos;
static struct fx other;

static rota__store *on_chaos(rota__env *env, rota__store *inner)
{
    rota__store *store;
    memset(&chaos, 0, sizeof chaos);
    ck_assert_int_eq(rota__chaos_open(env, &store_mem, inner, &chaos, &store), ROTA_OK);
    return store;
}

/* path NULL: on the model. */
static void open_on_chaos(const char *path)
{
    rota__arena arena;
    rota__error error = { 0 };
    rota__env env = { .arena = &arena, .error = &error };
    rota__sqlite_options options = { .busy_ms = 1000 };
    rota__store *inner;
    rota__mem_init(&store_mem, NULL, NULL);
    rota__arena_init(&arena, &store_mem);
    ck_assert_int_eq(path ? rota__sqlite_open(&env, &store_mem, path, &options, &inner)
                          : rota__memory_open(&env, &store_mem, &inner),
                     ROTA_OK);
    rota__store *store = on_chaos(&env, inner);
    rota__arena_free(&arena);
    fx_open_store(&f, store);
    fx_clock(&f, "2031-03-10T08:00Z");
}

static void close_on_chaos(void)
{
    fx_close(&f);
    ck_assert_int_eq(store_mem.held, 0);
}

static void meanwhile_ack(void *ctx)
{
    ck_status(&other, rota_consumer_ack(other.r, NULL, "mailer", *(const int64_t *)ctx), ROTA_OK);
}

static void meanwhile_remove(void *ctx)
{
    (void)ctx;
    ck_status(&other, rota_consumer_remove(other.r, NULL, "mailer"), ROTA_OK);
}

static void meanwhile_create(void *ctx)
{
    ck_status(&other, rota_consumer_create(other.r, NULL, "new", *(const int64_t *)ctx), ROTA_OK);
}

/* Whatever the moment, the position ends at the furthest that was acknowledged, and
 * the order of the two calls is the only thing that cannot be told. */
START_TEST(two_calls_at_once_are_as_one_after_the_other)
{
    char path[256];
    int64_t n = 0, hits = 1;
    other = (struct fx){ .random = 7 };
    f = (struct fx){ 0 };
    fx_path(&other, "race.db", path, sizeof path);
    fx_open(&other, path);
    make_events(&other);
    while (hits > 0) {
        static int64_t lower = 2, higher = 5;
        hits = 0;
        n++;
        for (int which = 0; which < 4; which++) {
            ck_status(&other, rota_consumer_create(other.r, NULL, "mailer", 1), ROTA_OK);
            open_on_chaos(path);
            chaos.fault = ROTA__CHAOS_MEANWHILE;
            chaos.at = n;
            chaos.meanwhile = which < 2    ? meanwhile_ack
                              : which == 2 ? meanwhile_remove
                                           : meanwhile_create;
            chaos.meanwhile_ctx = which == 0 ? &higher : &lower;
            int rc = which == 3 ? rota_consumer_create(f.r, NULL, "new", higher)
                                : rota_consumer_ack(f.r, NULL, "mailer", which == 1 ? higher : 3);
            chaos.at = 0;
            hits += chaos.hits;
            if (which < 2) {
                ck_status(&f, rc, ROTA_OK);
                ck_assert_str_eq(listed(&f),
                                 chaos.hits || which == 1 ? "mailer 5+1 0 0" : "mailer 3+3 0 0");
            } else if (which == 2) {
                ck_assert(rc == ROTA_OK || (chaos.hits && rc == ROTA_ENOTFOUND));
                ck_assert_str_eq(listed(&f), chaos.hits ? "" : "mailer 3+3 0 0");
            } else { /* one of them made it, and the other left it alone */
                ck_status(&f, rc, ROTA_OK);
                ck_assert_str_eq(listed(&f), chaos.hits ? "mailer 1+5 0 0, new 2+4 0 0"
                                                        : "mailer 1+5 0 0, new 5+1 0 0");
                ck_status(&f, rota_consumer_remove(f.r, NULL, "new"), ROTA_OK);
            }
            if (which != 2 || !chaos.hits)
                ck_status(&f, rota_consumer_remove(f.r, NULL, "mailer"), ROTA_OK);
            close_on_chaos();
        }
    }
    ck_assert_int_gt(n, 4);
    fx_close(&other);
}
END_TEST

/* --- memory and the store fail --- */

static int create(void)
{
    return rota_consumer_create(f.r, NULL, "new", 3);
}

static int ack(void)
{
    return rota_consumer_ack(f.r, NULL, "mailer", 4);
}

static int forget(void)
{
    return rota_consumer_remove(f.r, NULL, "mailer");
}

static int read_page(void)
{
    rota_result *rows = NULL;
    int rc = rota_consumer_read(f.r, "mailer", 2, &rows);
    ck_assert_int_eq(rota_result_count(rows), rc == ROTA_OK ? 2 : 0);
    rota_result_free(rows);
    return rc;
}

static int list(void)
{
    rota_result *rows = NULL;
    int rc = rota_consumer_list(f.r, &rows);
    ck_assert_int_eq(rota_result_count(rows), rc == ROTA_OK ? 1 : 0);
    rota_result_free(rows);
    return rc;
}

static int (*const calls[])(void) = { create, ack, forget, read_page, list };
static const char *const afterwards[] = { "mailer 1+5 0 0, new 3+3 0 0", "mailer 4+2 0 0", "",
                                          "mailer 1+5 0 0", "mailer 1+5 0 0" };
enum { CALLS = sizeof calls / sizeof *calls };

static void prepare(void)
{
    make_events(&f);
    ck_status(&f, rota_consumer_create(f.r, NULL, "mailer", 1), ROTA_OK);
}

START_TEST(a_call_without_memory_changes_nothing)
{
    int64_t n = 0;
    for (int rc = ROTA_ENOMEM; rc != ROTA_OK;) {
        f = (struct fx){ 0 };
        fx_open(&f, ":memory:");
        prepare();
        rota__arena_free(&f.r->work);
        rota__arena_free(&f.r->report);
        fx_fail_allocation(&f, ++n);
        rc = calls[_i]();
        fx_fail_allocation(&f, 0);
        if (rc != ROTA_OK) {
            ck_status(&f, rc, ROTA_ENOMEM);
            ck_assert_str_eq(listed(&f), "mailer 1+5 0 0");
            ck_status(&f, calls[_i](), ROTA_OK);
        }
        ck_assert_str_eq(listed(&f), afterwards[_i]);
        ck_assert_int_eq(events_of(&f), EVENTS);
        fx_close(&f);
    }
    ck_assert_int_gt(n, 1);
}
END_TEST

static const struct {
    int32_t fault;
    int status;
} failures[] = {
    { ROTA__CHAOS_BUSY, ROTA_EBUSY },
    { ROTA__CHAOS_IO, ROTA_EIO },
    { ROTA__CHAOS_NOMEM, ROTA_ENOMEM },
};

START_TEST(a_call_on_a_failing_store_changes_nothing)
{
    const int which = _i / 3;
    int64_t n = 0;
    for (int rc = ROTA_EIO; rc != ROTA_OK;) {
        f = (struct fx){ 0 };
        open_on_chaos(NULL);
        prepare();
        chaos.fault = failures[_i % 3].fault;
        chaos.at = ++n;
        rc = calls[which]();
        chaos.at = 0;
        if (rc != ROTA_OK) {
            ck_status(&f, rc, failures[_i % 3].status);
            ck_assert_str_eq(listed(&f), "mailer 1+5 0 0");
            ck_status(&f, calls[which](), ROTA_OK);
        }
        ck_assert_str_eq(listed(&f), afterwards[which]);
        close_on_chaos();
    }
    ck_assert_int_gt(n, 2);
}
END_TEST

/* Somebody else was faster, or so the store says: decided again. */
START_TEST(a_stale_call_is_decided_again)
{
    f = (struct fx){ 0 };
    open_on_chaos(NULL);
    prepare();
    chaos.fault = ROTA__CHAOS_STALE;
    chaos.at = 1;
    chaos.repeat = 5;
    ck_status(&f, calls[_i](), ROTA_OK);
    ck_assert_int_gt(chaos.hits, 0);
    chaos.at = 0;
    ck_assert_str_eq(listed(&f), afterwards[_i]);
    close_on_chaos();
}
END_TEST

/* Whether it was written is not known: to do it again is right in both cases. */
START_TEST(an_acknowledgement_whose_answer_was_lost_is_repeated)
{
    f = (struct fx){ 0 };
    open_on_chaos(NULL);
    prepare();
    chaos.fault = _i ? ROTA__CHAOS_UNANSWERED : ROTA__CHAOS_LOST;
    chaos.at = 1;
    int rc = ack();
    chaos.at = 0;
    ck_assert_int_eq(chaos.hits, 1);
    ck_assert(rc == ROTA_EIO || rc == ROTA_OK);
    ck_status(&f, ack(), ROTA_OK);
    ck_assert_str_eq(listed(&f), "mailer 4+2 0 0");
    close_on_chaos();
}
END_TEST

/* --- a crash between handling and acknowledging --- */

/* Handles page after page, tells the pipe of each event, and ends itself without a
 * word before it acknowledges the page that has the event `at`. */
static void consume(const char *path, int64_t at, int to)
{
    struct fx g = { .random = 9 };
    int64_t count;
    fx_open(&g, path);
    ck_status(&g, rota_consumer_create(g.r, NULL, "mailer", 0), ROTA_OK);
    do {
        rota_result *rows;
        rota_event event = ROTA_INIT(rota_event);
        bool crash = false;
        ck_status(&g, rota_consumer_read(g.r, "mailer", 2, &rows), ROTA_OK);
        count = rota_result_count(rows);
        for (int64_t i = 0; i < count; i++) {
            ck_assert_int_eq(rota_event_at(rows, i, &event), ROTA_OK);
            ck_assert_int_eq(write(to, &event.seq, sizeof event.seq), sizeof event.seq);
            crash = crash || event.seq == at;
        }
        rota_result_free(rows);
        if (crash) kill(getpid(), SIGKILL);
        if (count > 0) ck_status(&g, rota_consumer_ack(g.r, NULL, "mailer", event.seq), ROTA_OK);
    } while (count > 0);
    fx_close(&g);
    _exit(0);
}

START_TEST(a_killed_consumer_gets_again_what_it_had_not_acknowledged)
{
    static const int64_t handled[] = { 1, 2, 3, 4, /* killed */ 3, 4, 5, 6, /* killed */ 5, 6 };
    static const int64_t kills[] = { 4, 6, 0 };
    char path[256];
    int ends[2];
    f = (struct fx){ 0 };
    fx_path(&f, "killed.db", path, sizeof path);
    fx_open(&f, path);
    make_events(&f);
    fx_close(&f);
    ck_assert_int_eq(pipe(ends), 0);
    for (int i = 0; i < 3; i++) {
        int status;
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) consume(path, kills[i], ends[1]);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(kills[i] ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL
                           : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    close(ends[1]);
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
        int64_t seq = 0;
        ck_assert_int_eq(read(ends[0], &seq, sizeof seq), sizeof seq);
        ck_assert_int_eq(seq, handled[i]);
    }
    char more;
    ck_assert_int_eq(read(ends[0], &more, 1), 0);
    close(ends[0]);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    ck_assert_str_eq(listed(&f), "mailer 6+0 0 0");
    fx_close(&f);
}
END_TEST

Suite *consumer_suite(void)
{
    Suite *s = suite_create("consumer");
    TCase *one = tcase_create("one handle"), *more = tcase_create("failures");
    tcase_add_checked_fixture(one, setup, teardown);
    tcase_add_test(one, a_consumer_begins_where_it_was_told_to);
    tcase_add_test(one, a_consumer_that_is_there_stays_as_it_is);
    tcase_add_test(one, a_position_moves_on_and_never_back);
    tcase_add_test(one, what_has_not_happened_cannot_be_acknowledged);
    tcase_add_test(one, who_is_not_there_is_not_found);
    tcase_add_test(one, nothing_of_it_is_told_in_the_feed);
    tcase_add_test(one, a_dry_run_answers_and_writes_nothing);
    tcase_add_test(one, a_key_and_an_expected_version_mean_nothing);
    tcase_add_test(one, who_may_only_read_moves_no_position);
    tcase_add_test(one, rows_are_consumers_and_of_their_own_size);
    tcase_add_test(one, the_feed_is_read_in_pages_without_gap_or_repeat);
    tcase_add_test(one, reading_moves_nothing);
    tcase_add_test(one, consumers_do_not_know_of_each_other);
    suite_add_tcase(s, one);

    tcase_add_test(more, two_handles_share_one_consumer);
    tcase_add_test(more, two_calls_at_once_are_as_one_after_the_other);
    tcase_add_loop_test(more, a_call_without_memory_changes_nothing, 0, CALLS);
    tcase_add_loop_test(more, a_call_on_a_failing_store_changes_nothing, 0, CALLS * 3);
    tcase_add_loop_test(more, a_stale_call_is_decided_again, 0, 3);
    tcase_add_loop_test(more, an_acknowledgement_whose_answer_was_lost_is_repeated, 0, 2);
    tcase_add_test(more, a_killed_consumer_gets_again_what_it_had_not_acknowledged);
    suite_add_tcase(s, more);
    return s;
}
