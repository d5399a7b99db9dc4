/* The handle: what it does when memory or the store fails under any of its calls,
 * what it tells, and what it promises its host. I10: the status is right, the
 * calendar unchanged, the next call works, nothing leaks. */
#include <check.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "fixture.h"
#include "store/chaos.h"
#include "store/memory.h"

static struct fx f;
static rota_id room, red, group, member, held, confirmed, begun;

static void prepare(void)
{
    fx_clock(&f, "2031-03-10T08:00Z");
    room = fx_room(&f, "Blue", 1);
    red = fx_room(&f, "Red", 2);
    group = fx_room(&f, "Group", 1);
    member = fx_room(&f, "Member", 1);
    fx_join(&f, group, member);
    held = fx_hold(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 600);
    confirmed = fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    begun = fx_book(&f, room, "2031-03-10T07:30Z", "2031-03-10T08:30Z");
    fx_book(&f, group, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_hold(&f, red, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60);
    fx_clock(&f, "2031-03-10T08:05Z"); /* one hold has lapsed by now */
}

/* --- the calls, each with everything it needs to succeed --- */

typedef int (*verb)(const rota_call *call);

static rota_booking_request request(const rota_claim *claims, int64_t count, const char *from,
                                    const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = claims;
    q.claim_count = count;
    q.title = "Title";
    return q;
}

static int do_create(const rota_call *call)
{
    rota_claim claims[] = { { .resource = group, .units = 1 }, { .resource = red, .units = 2 } };
    rota_booking_request q = request(claims, 2, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.ref = "new";
    return rota_booking_create(f.r, call, &q, &receipt);
}

static int do_override(const rota_call *call)
{
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-10T09:30Z", "2031-03-10T10:30Z");
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    return rota_booking_create(f.r, call, &q, NULL);
}

static int do_move(const rota_call *call)
{
    rota_claim c = { .resource = red, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_TITLE;
    return rota_booking_move(f.r, call, &confirmed, &q, NULL);
}

static int do_confirm(const rota_call *call)
{
    return rota_booking_confirm(f.r, call, &held, NULL);
}

static int do_cancel(const rota_call *call)
{
    return rota_booking_cancel(f.r, call, &confirmed, NULL);
}

static int do_check_in(const rota_call *call)
{
    return rota_booking_check_in(f.r, call, &begun, NULL);
}

static int do_complete(const rota_call *call)
{
    return rota_booking_complete(f.r, call, &begun, NULL);
}

static int do_add_resource(const rota_call *call)
{
    static const char *const tags[] = { "b", "a" };
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.kind = "room";
    q.name = "New";
    q.ref = "new";
    q.zone = "Europe/Berlin";
    q.tags = tags;
    q.tag_count = 2;
    q.parent = red;
    return rota_resource_create(f.r, call, &q, NULL);
}

static int do_update_resource(const rota_call *call)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_CAPACITY | ROTA_RESOURCE_SET_NAME;
    q.name = "Azure";
    q.capacity = 2;
    return rota_resource_update(f.r, call, &room, &q, NULL);
}

static int do_remove_resource(const rota_call *call)
{
    return rota_resource_remove(f.r, call, &member, NULL);
}

static int do_join(const rota_call *call)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = group;
    q.member = red;
    return rota_member_add(f.r, call, &q, NULL);
}

static int do_leave(const rota_call *call)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = group;
    q.member = member;
    return rota_member_remove(f.r, call, &q, NULL);
}

static int do_tick(const rota_call *call)
{
    return rota_tick(f.r, call, NULL);
}

static const struct {
    const char *name;
    verb call;
} writes[] = {
    { "create", do_create },
    { "override", do_override },
    { "move", do_move },
    { "confirm", do_confirm },
    { "cancel", do_cancel },
    { "check in", do_check_in },
    { "complete", do_complete },
    { "add a resource", do_add_resource },
    { "update a resource", do_update_resource },
    { "remove a resource", do_remove_resource },
    { "join", do_join },
    { "leave", do_leave },
    { "tick", do_tick },
};
enum { WRITES = sizeof writes / sizeof *writes };

static int read_one(int which)
{
    rota_result *rows = NULL;
    rota_booking_query bookings = ROTA_INIT(rota_booking_query);
    rota_resource_query resources = ROTA_INIT(rota_resource_query);
    rota_member_query members = ROTA_INIT(rota_member_query);
    rota_stats stats = ROTA_INIT(rota_stats);
    rota_id id;
    rota_time out;
    int rc;
    bookings.when.start = ROTA_TIME_MIN;
    bookings.when.end = ROTA_TIME_MAX;
    bookings.resource = member;
    members.group = group;
    switch (which) {
    case 0:
        rc = rota_booking_list(f.r, &bookings, &rows);
        break;
    case 1:
        rc = rota_booking_get(f.r, &held, &rows);
        break;
    case 2:
        rc = rota_resource_list(f.r, &resources, &rows);
        break;
    case 3:
        rc = rota_resource_get(f.r, &room, &rows);
        break;
    case 4:
        rc = rota_member_list(f.r, &members, &rows);
        break;
    case 5:
        rc = rota_event_list(f.r, 0, 0, &rows);
        break;
    case 6:
        rc = rota_booking_find(f.r, "none", &id);
        break;
    case 7:
        rc = rota_resource_find(f.r, "none", &id);
        break;
    case 8:
        rc = rota_stats_get(f.r, &stats);
        break;
    case 9:
        rc = rota_check(f.r, ROTA_TIME_MIN);
        break;
    default:
        rc = rota_time_parse(f.r, "2031-03-10T08:00", "Asia/Tokyo", &out);
        break;
    }
    if (rc != ROTA_OK) ck_assert_ptr_null(rows);
    rota_result_free(rows);
    return which == 6 || which == 7 ? (rc == ROTA_ENOTFOUND ? ROTA_OK : rc) : rc;
}
enum { READS = 11 };

/* --- memory --- */

/* Give back what the handle keeps from call to call, so that the next one has to
 * ask for it; the timelines too unless they are to stay warm. */
static void forget(bool warm)
{
    rota__arena_free(&f.r->work);
    rota__arena_free(&f.r->report);
    rota__arena_free(&f.r->engine->pending.arena);
    rota__mem_free(f.r->looker.mem, f.r->looker.pins);
    f.r->looker.pins = NULL;
    f.r->looker.pin_room = 0;
    if (!warm) rota__busy_empty(&f.r->engine->busy);
}

/* Allocation n fails, for every n until the call succeeds; from cold and from warm
 * timelines, once and for good. Where each is one of the host's, there are hundreds. */
START_TEST(a_write_without_memory_changes_nothing)
{
    const int which = _i / 4;
    const bool warm = _i & 1, for_good = _i & 2;
    struct fx chance = { .random = tests_seed("without memory") + (uint64_t)_i };
    int64_t n = 0;
    for (int rc = ROTA_ENOMEM; rc != ROTA_OK;) {
        fx_open(&f, ":memory:");
        prepare();
        char *before = fx_picture(&f);
        forget(warm);
        n = fx_next(&chance, n, 7);
        fx_fail_allocation(&f, n);
        f.fail_on = for_good;
        rc = writes[which].call(NULL);
        f.fail_on = false;
        fx_fail_allocation(&f, 0);
        if (rc != ROTA_OK) {
            char *after = fx_picture(&f);
            ck_assert_msg(rc == ROTA_ENOMEM, "%s, allocation %" PRId64 ": %s (%s)",
                          writes[which].name, n, rota_status_name(rc), rota_errmsg(f.r));
            ck_assert_str_eq(before, after);
            free(after);
            ck_status(&f, writes[which].call(NULL), ROTA_OK);
        }
        ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
        free(before);
        fx_close(&f); /* and with it: nothing leaks */
    }
    ck_assert_int_gt(n, 1);
}
END_TEST

START_TEST(a_read_without_memory_says_so)
{
    for (int which = 0; which < READS; which++) {
        int64_t n = 0;
        for (int rc = ROTA_ENOMEM; rc != ROTA_OK;) {
            fx_open(&f, ":memory:");
            prepare();
            forget(false);
            fx_fail_allocation(&f, ++n);
            rc = read_one(which);
            fx_fail_allocation(&f, 0);
            ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "read %d, allocation %" PRId64 ": %s",
                          which, n, rota_errmsg(f.r));
            ck_assert_int_eq(read_one(which), ROTA_OK);
            fx_close(&f);
        }
    }
}
END_TEST

START_TEST(a_refusal_without_memory_says_so)
{
    int64_t n = 0;
    for (int rc = ROTA_ENOMEM; rc != ROTA_ECONFLICT;) {
        rota_result *rows;
        fx_open(&f, ":memory:");
        prepare();
        char *before = fx_picture(&f);
        forget(true);
        fx_fail_allocation(&f, ++n);
        rc = fx_try(&f, member, "2031-03-11T09:00Z", "2031-03-11T09:30Z", NULL);
        fx_fail_allocation(&f, 0);
        ck_assert_msg(rc == ROTA_ECONFLICT || rc == ROTA_ENOMEM, "%s", rota_errmsg(f.r));
        ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), rc == ROTA_ECONFLICT);
        rota_result_free(rows);
        char *after = fx_picture(&f);
        ck_assert_str_eq(before, after);
        free(before);
        free(after);
        fx_close(&f);
    }
    ck_assert_int_gt(n, 1);
}
END_TEST

START_TEST(opening_without_memory_gives_no_handle_or_one_that_tells)
{
    int64_t n = 0;
    for (int rc = ROTA_ENOMEM; rc != ROTA_OK;) {
        rota *r = NULL;
        memset(&f, 0, sizeof f);
        fx_configure(&f);
        fx_fail_allocation(&f, ++n);
        rc = rota_open(":memory:", &f.config, &r);
        ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "%s", rota_errmsg(r));
        ck_assert_ptr_nonnull(rota_errmsg(r));
        rota_close(r);
        ck_assert_int_eq(f.live_bytes, 0);
    }
    ck_assert_int_gt(n, 1);
}
END_TEST

/* --- the store --- */

static rota__mem store_mem;
static rota__chaos chaos;

static void open_on_chaos(void)
{
    rota__arena arena;
    rota__error error = { 0 };
    rota__env env = { .arena = &arena, .error = &error };
    rota__store *inner, *store;
    rota__mem_init(&store_mem, NULL, NULL);
    rota__arena_init(&arena, &store_mem);
    memset(&chaos, 0, sizeof chaos);
    ck_assert_int_eq(rota__memory_open(&env, &store_mem, &inner), ROTA_OK);
    ck_assert_int_eq(rota__chaos_open(&env, &store_mem, inner, &chaos, &store), ROTA_OK);
    rota__arena_free(&arena);
    f.random = 1; /* the same ids each time: calendars are compared */
    fx_open_store(&f, store);
    prepare();
}

static void close_on_chaos(void)
{
    fx_close(&f);
    ck_assert_int_eq(store_mem.held, 0);
}

static const struct {
    int32_t fault;
    int status;
} failures[] = {
    { ROTA__CHAOS_BUSY, ROTA_EBUSY },
    { ROTA__CHAOS_IO, ROTA_EIO },
    { ROTA__CHAOS_NOMEM, ROTA_ENOMEM },
};

START_TEST(a_write_on_a_failing_store_changes_nothing)
{
    const int which = _i / 3;
    int64_t n = 0;
    for (int rc = ROTA_EIO; rc != ROTA_OK;) {
        open_on_chaos();
        char *before = fx_picture(&f);
        chaos.fault = failures[_i % 3].fault;
        chaos.at = ++n;
        rc = writes[which].call(NULL);
        chaos.at = 0;
        if (rc != ROTA_OK) {
            char *after = fx_picture(&f);
            ck_assert_msg(rc == failures[_i % 3].status, "%s, operation %" PRId64 ": %s (%s)",
                          writes[which].name, n, rota_status_name(rc), rota_errmsg(f.r));
            ck_assert_str_eq(before, after);
            free(after);
            ck_status(&f, writes[which].call(NULL), ROTA_OK);
        }
        ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
        free(before);
        close_on_chaos();
    }
    ck_assert_int_gt(n, 2);
}
END_TEST

START_TEST(a_read_on_a_failing_store_says_so)
{
    for (int which = 0; which < READS - 1; which++) { /* reading a time asks no store */
        int64_t n = 0;
        for (int rc = ROTA_EIO; rc != ROTA_OK;) {
            open_on_chaos();
            chaos.fault = ROTA__CHAOS_IO;
            chaos.at = ++n;
            rc = read_one(which);
            chaos.at = 0;
            ck_assert_msg(rc == ROTA_OK || rc == ROTA_EIO, "read %d: %s", which, rota_errmsg(f.r));
            ck_assert_int_eq(read_one(which), ROTA_OK);
            close_on_chaos();
        }
        ck_assert_int_gt(n, 1);
    }
}
END_TEST

/* Somebody else was faster, a few times over: decided again, and done once. */
START_TEST(a_stale_decision_is_taken_again)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    open_on_chaos();
    chaos.fault = ROTA__CHAOS_STALE;
    for (chaos.at = 1; chaos.at && chaos.hits == 0;) {
        chaos.repeat = 5;
        ck_status(&f, writes[_i].call(NULL), ROTA_OK);
    }
    chaos.at = 0;
    ck_assert_int_gt(chaos.hits, 0);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    char *retried = fx_picture(&f);
    close_on_chaos();
    open_on_chaos();
    ck_status(&f, writes[_i].call(NULL), ROTA_OK);
    char *plain = fx_picture(&f);
    ck_assert_str_eq(retried, plain);
    free(retried);
    free(plain);
    close_on_chaos();
}
END_TEST

START_TEST(a_decision_that_is_stale_for_ever_is_busy)
{
    open_on_chaos();
    char *before = fx_picture(&f);
    chaos.fault = ROTA__CHAOS_STALE;
    chaos.at = 1;
    chaos.repeat = INT64_MAX / 2;
    ck_status(&f, do_create(NULL), ROTA_EBUSY);
    chaos.at = 0;
    char *after = fx_picture(&f);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    ck_status(&f, do_create(NULL), ROTA_OK);
    close_on_chaos();
}
END_TEST

/* Others write all the time, elsewhere: a refusal is told all the same. */
START_TEST(a_calendar_that_is_never_still_can_refuse)
{
    open_on_chaos();
    chaos.fault = ROTA__CHAOS_STALE; /* each look finds that somebody has written */
    chaos.at = 1;
    chaos.repeat = INT64_MAX / 2;
    ck_status(&f, fx_try(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z", NULL), ROTA_ECONFLICT);
    chaos.at = 0;
    close_on_chaos();
}
END_TEST

/* The answer to a commit is lost, whether it was written or not. With a key the
 * call finds out and is done once; without, it says that it does not know. */
START_TEST(a_lost_answer_is_asked_for_again_by_key)
{
    const int which = _i / 2;
    const bool written = _i & 1;
    rota_call call = ROTA_INIT(rota_call);
    if (writes[which].call == do_tick) return; /* takes no key: it can be repeated as it is */
    open_on_chaos();
    call.key = "k";
    chaos.fault = written ? ROTA__CHAOS_UNANSWERED : ROTA__CHAOS_LOST;
    chaos.at = 1;
    ck_status(&f, writes[which].call(&call), ROTA_OK);
    ck_assert_int_eq(chaos.hits, 1);
    chaos.at = 0;
    ck_status(&f, writes[which].call(&call), ROTA_OK);
    char *seen = fx_picture(&f);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    close_on_chaos();

    open_on_chaos();
    ck_status(&f, writes[which].call(NULL), ROTA_OK);
    char *plain = fx_picture(&f);
    ck_assert_str_eq(seen, plain);
    free(seen);
    free(plain);
    close_on_chaos();

    open_on_chaos();
    chaos.fault = written ? ROTA__CHAOS_UNANSWERED : ROTA__CHAOS_LOST;
    chaos.at = 1;
    ck_status(&f, writes[which].call(NULL), ROTA_EIO);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "not known"));
    chaos.at = 0;
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    close_on_chaos();
}
END_TEST

/* --- what a handle tells --- */

static char logged[512];
static int32_t logged_level;

static void log_line(void *ctx, int32_t level, const char *message)
{
    (void)ctx;
    logged_level = level;
    snprintf(logged, sizeof logged, "%s", message);
}

START_TEST(failures_of_the_storage_are_logged)
{
    memset(&f, 0, sizeof f);
    f.config.log = log_line;
    open_on_chaos();
    logged[0] = '\0';
    ck_status(&f, fx_try(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z", NULL), ROTA_ECONFLICT);
    ck_assert_str_eq(logged, ""); /* a refusal is an answer, not a failure */
    chaos.fault = ROTA__CHAOS_IO;
    chaos.at = 1;
    ck_status(&f, do_create(NULL), ROTA_EIO);
    ck_assert_int_eq(logged_level, ROTA_LOG_ERROR);
    ck_assert_str_eq(logged, rota_errmsg(f.r));
    chaos.at = 0;
    close_on_chaos();
    memset(&f, 0, sizeof f);
}
END_TEST

START_TEST(the_handles_default_strategy_is_used_where_a_request_leaves_it_open)
{
    rota_claim c;
    memset(&f, 0, sizeof f);
    f.config.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    fx_open(&f, ":memory:");
    prepare();
    c = (rota_claim){ .resource = room, .units = 1 };
    rota_booking_request q = request(&c, 1, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_REJECT;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    q.on_conflict = ROTA_ON_CONFLICT_DEFAULT;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    fx_close(&f);
    memset(&f, 0, sizeof f);
}
END_TEST

START_TEST(counters_count)
{
    rota_stats a = ROTA_INIT(rota_stats), b = ROTA_INIT(rota_stats);
    fx_open(&f, ":memory:");
    prepare();
    ck_status(&f, rota_stats_get(f.r, &a), ROTA_OK);
    ck_assert_int_eq(a.resources, 4);
    ck_assert_int_eq(a.bookings, 5);
    ck_assert_int_eq(a.events, 10);
    ck_assert_int_eq(a.commits, 10);
    ck_assert_int_gt(a.timelines, 0);
    ck_assert_int_gt(a.memory, 0);
    ck_status(&f, fx_try(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z", NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_resource_remove(f.r, NULL, &member, NULL), ROTA_OK);
    ck_status(&f, rota_stats_get(f.r, &b), ROTA_OK);
    ck_assert_int_eq(b.resources, 3);
    ck_assert_int_eq(b.conflicts, a.conflicts + 1);
    ck_assert_int_eq(b.commits, a.commits + 1);
    fx_close(&f);
}
END_TEST

START_TEST(a_handle_for_reading_only_refuses_to_write)
{
    char path[256];
    fx_path(&f, "ro.db", path, sizeof path);
    fx_open(&f, path);
    prepare();
    fx_close(&f);
    f.config.flags = ROTA_OPEN_READONLY;
    fx_open(&f, path);
    for (int i = 0; i < WRITES; i++)
        ck_status(&f, writes[i].call(NULL), ROTA_EDENIED);
    for (int i = 0; i < READS; i++)
        ck_assert_int_eq(read_one(i), ROTA_OK);
    fx_close(&f);
    f.config.flags = 0;
}
END_TEST

/* What no call of ours would write: a check that could not fail would prove nothing. */
START_TEST(the_check_finds_a_resource_that_is_taken_too_often)
{
    char path[256];
    sqlite3 *db;
    fx_path(&f, "over.db", path, sizeof path);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    rota_id pool = fx_room(&f, "Pool", 2);
    fx_book(&f, pool, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_book(&f, pool, "2031-03-10T09:30Z", "2031-03-10T11:00Z");
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&f);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "UPDATE resource SET capacity = 1", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    fx_open(&f, path);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_ECORRUPT);
    ck_assert_str_eq(rota_errmsg(f.r), "\"Pool\" is taken beyond its capacity of 1 from "
                                       "2031-03-10T09:30:00Z to 2031-03-10T10:00:00Z");
    ck_status(&f, rota_check(f.r, t("2031-03-10T10:00Z")), ROTA_OK); /* later, all is well */
    fx_close(&f);
}
END_TEST

/* Of the other layout that there is, of one that there is not, too long, too short. */
START_TEST(an_answer_that_is_damaged_is_not_read)
{
    static const char *const damage[] = { "x'02' || substr(answer, 2)",
                                          "x'03' || substr(answer, 2)",
                                          "x'01' || substr(answer, 2) || x'00'",
                                          "substr(answer, 1, length(answer) - 2)" };
    char path[256], sql[128];
    sqlite3 *db;
    rota_call call = ROTA_INIT(rota_call);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    f = (struct fx){ 0 };
    fx_path(&f, "layout.db", path, sizeof path);
    fx_open(&f, path);
    call.key = "once";
    q.kind = "room";
    q.name = "Blue";
    ck_status(&f, rota_resource_create(f.r, &call, &q, NULL), ROTA_OK);
    ck_status(&f, rota_resource_create(f.r, &call, &q, NULL), ROTA_OK);
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
        snprintf(sql, sizeof sql, "UPDATE idempotency SET answer = CAST(%s AS BLOB)", damage[i]);
        ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        ck_status(&f, rota_resource_create(f.r, &call, &q, NULL), ROTA_ECORRUPT);
        ck_assert_str_eq(rota_errmsg(f.r), "the answer kept for key \"once\" is damaged");
    }
    fx_close(&f);
}
END_TEST

/* The gate decides by what it has in memory. Here that is wrong, as no call of ours
 * would make it: somebody wrote a booking into the file and bumped no stamp. */
START_TEST(the_store_does_not_write_what_a_wrong_gate_admits)
{
    char path[256];
    sqlite3 *db;
    f = (struct fx){ 0 };
    fx_path(&f, "second.db", path, sizeof path);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    rota_id single = fx_room(&f, "Blue", 1);
    fx_book(&f, single, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "INSERT INTO booking SELECT 2,x'01020304050607080910111213141516',ref,title,"
                     "data,start_at+7200,end_at+7200,reach,status,priority,hold_expires,"
                     "created_at,changed_at,version,claims,NULL,NULL,NULL,NULL,0 FROM booking;"
                     "INSERT INTO claim SELECT resource,reach,start_at+7200,2,end_at+7200,units,"
                     "role,flags,takes,expires FROM claim",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    char *before = fx_picture(&f);
    ck_status(&f, fx_try(&f, single, "2031-03-10T11:30Z", "2031-03-10T12:30Z", NULL),
              ROTA_ECORRUPT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "the only unit"));
    char *after = fx_picture(&f);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK); /* it is as it was: no overlap */
    fx_book(&f, single, "2031-03-10T12:00Z", "2031-03-10T12:30Z");
    fx_close(&f);
    fx_open(&f, path); /* and now the gate knows */
    ck_status(&f, fx_try(&f, single, "2031-03-10T11:30Z", "2031-03-10T12:00Z", NULL),
              ROTA_ECONFLICT);
    fx_close(&f);
}
END_TEST

START_TEST(rows_outlive_their_handle)
{
    rota_result *rows;
    rota_resource r = ROTA_INIT(rota_resource);
    rota_config config = ROTA_INIT(rota_config);
    rota *plain;
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.kind = "room";
    q.name = "Blue";
    ck_assert_int_eq(rota_open(":memory:", &config, &plain), ROTA_OK);
    ck_assert_int_eq(rota_resource_create(plain, NULL, &q, NULL), ROTA_OK);
    ck_assert_int_eq(rota_resource_list(plain, NULL, &rows), ROTA_OK);
    rota_close(plain);
    ck_assert_int_eq(rota_resource_at(rows, 0, &r), ROTA_OK);
    ck_assert_str_eq(r.name, "Blue");
    rota_result_free(rows);
}
END_TEST

START_TEST(a_conflict_list_lasts_until_the_next_call)
{
    rota_result *rows;
    fx_open(&f, ":memory:");
    prepare();
    ck_status(&f, fx_try(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z", NULL), ROTA_ECONFLICT);
    for (int i = 0; i < 2; i++) { /* asking for it is not such a call */
        ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        rota_result_free(rows);
        ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "is taken"));
    }
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    ck_assert_str_eq(rota_errmsg(f.r), "success");
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
    fx_close(&f);
}
END_TEST

/* --- I4, and clocks that go back --- */

START_TEST(the_same_calls_give_the_same_answers_to_the_byte)
{
    char *pictures[2];
    for (int i = 0; i < 2; i++) {
        memset(&f, 0, sizeof f);
        f.random = 7;
        fx_open(&f, ":memory:");
        prepare();
        for (int k = 0; k < WRITES; k++)
            writes[k].call(NULL);
        rota_result *rows;
        char *text = fx_picture(&f);
        size_t room_left = 65536, used = strlen(text);
        pictures[i] = calloc(1, room_left);
        memcpy(pictures[i], text, used);
        free(text);
        ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
        for (int64_t n = 0; n < rota_result_count(rows); n++) {
            rota_event e = ROTA_INIT(rota_event);
            rota_event_at(rows, n, &e);
            used += (size_t)snprintf(pictures[i] + used, room_left - used, "%s %s\n", e.name,
                                     e.after ? e.after : "-");
        }
        rota_result_free(rows);
        fx_close(&f);
    }
    ck_assert_str_eq(pictures[0], pictures[1]);
    free(pictures[0]);
    free(pictures[1]);
}
END_TEST

/* Two hosts' clocks differ by a minute: for one the hold has lapsed, for the other
 * it still stands. Whoever takes its time ends it for both. */
START_TEST(a_hold_whose_time_was_taken_does_not_come_back_with_the_clock)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-10T08:00Z");
    rota_id blue = fx_room(&f, "Blue", 1);
    rota_id hold = fx_hold(&f, blue, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60);
    rota_id other = fx_hold(&f, blue, "2031-03-10T10:00Z", "2031-03-10T11:00Z", 60);
    fx_clock(&f, "2031-03-10T08:01:30Z");
    fx_book(&f, blue, "2031-03-10T09:30Z", "2031-03-10T10:00Z");
    fx_clock(&f, "2031-03-10T08:00:30Z");
    ck_assert_int_eq(fx_status(&f, hold), ROTA_BOOKING_EXPIRED);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &hold, NULL), ROTA_ECONFLICT);
    ck_assert_int_eq(fx_status(&f, other), ROTA_BOOKING_HELD); /* nobody took it */
    ck_status(&f, rota_booking_confirm(f.r, NULL, &other, NULL), ROTA_OK);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&f);
}
END_TEST

Suite *handle_suite(void)
{
    Suite *s = suite_create("handle");
    TCase *tc = tcase_create("handle");
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_write_without_memory_changes_nothing, 0, WRITES * 4);
    tcase_add_test(tc, a_read_without_memory_says_so);
    tcase_add_test(tc, a_refusal_without_memory_says_so);
    tcase_add_test(tc, opening_without_memory_gives_no_handle_or_one_that_tells);
    tcase_add_loop_test(tc, a_write_on_a_failing_store_changes_nothing, 0, WRITES * 3);
    tcase_add_test(tc, a_read_on_a_failing_store_says_so);
    tcase_add_loop_test(tc, a_stale_decision_is_taken_again, 0, WRITES);
    tcase_add_test(tc, a_decision_that_is_stale_for_ever_is_busy);
    tcase_add_test(tc, a_calendar_that_is_never_still_can_refuse);
    tcase_add_loop_test(tc, a_lost_answer_is_asked_for_again_by_key, 0, WRITES * 2);
    tcase_add_test(tc, failures_of_the_storage_are_logged);
    tcase_add_test(tc, the_handles_default_strategy_is_used_where_a_request_leaves_it_open);
    tcase_add_test(tc, counters_count);
    tcase_add_test(tc, a_handle_for_reading_only_refuses_to_write);
    tcase_add_test(tc, the_check_finds_a_resource_that_is_taken_too_often);
    tcase_add_test(tc, the_store_does_not_write_what_a_wrong_gate_admits);
    tcase_add_test(tc, an_answer_that_is_damaged_is_not_read);
    tcase_add_test(tc, rows_outlive_their_handle);
    tcase_add_test(tc, a_conflict_list_lasts_until_the_next_call);
    tcase_add_test(tc, the_same_calls_give_the_same_answers_to_the_byte);
    tcase_add_test(tc, a_hold_whose_time_was_taken_does_not_come_back_with_the_clock);
    suite_add_tcase(s, tc);
    return s;
}
