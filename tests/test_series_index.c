/* What memory knows of series, beside what the file says: after each of some hundred changes
 * by handles of two engines every one of them, and one that was opened just now, answers at
 * many instants as a slow count of what is listed does. Budgets that are too small make
 * timelines and what is expanded of their series come and go. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, ROOMS = 5 };

static struct fx f;
static char path[256];
static rota *handles[3]; /* two of one engine, and one of another */
static rota_id rooms[ROOMS];
static rota_time dawn;

enum { BLUE, PAIR, POOL, ANN, CLASS }; /* Ann is in the class, at times */

static const int64_t budgets[] = { 0, 60000, 20000, 1 };

static void set_up(int i)
{
    memset(&f, 0, sizeof f);
    fx_path(&f, "series.rota", path, sizeof path);
    f.config.cache_bytes = budgets[i % 4];
    fx_open(&f, path);
    dawn = f.now;
    handles[0] = f.r;
    ck_status(&f, rota_attach(f.r, &handles[1]), ROTA_OK);
    ck_assert_int_eq(rota_open(path, &f.config, &handles[2]), ROTA_OK);
    rooms[BLUE] = fx_room(&f, "Blue", 1);
    rooms[PAIR] = fx_room(&f, "Pair", 2);
    rooms[POOL] = fx_room(&f, "Pool", 3);
    rooms[ANN] = fx_room(&f, "Ann", 1);
    rooms[CLASS] = fx_room(&f, "Class", 1);
    fx_join(&f, rooms[CLASS], rooms[ANN]);
}

static void tear_down(void)
{
    rota_close(handles[1]);
    rota_close(handles[2]);
    fx_close(&f);
}

static int64_t chance(int64_t below)
{
    return fx_random(&f, below);
}

static rota *anybody(void)
{
    return handles[chance(3)];
}

/* --- any change --- */

static rota_time any_time(void)
{
    return dawn + chance(400) * DAY + chance(48) * 30 * MINUTE;
}

static rota_claim any_claim(void)
{
    int64_t room = chance(ROOMS);
    return (rota_claim){ .resource = rooms[room],
                         .units = room == POOL ? 1 + (int32_t)chance(3) : 1 };
}

static int create_series(rota *r)
{
    static const char *const zones[] = { "Europe/Berlin", "America/New_York", "UTC" };
    static const char *const rules[] = {
        "FREQ=DAILY;COUNT=40",
        "FREQ=WEEKLY;COUNT=60",
        "FREQ=WEEKLY",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=MONTHLY;BYDAY=2TU;COUNT=12",
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=30",
    };
    rota_claim claim = any_claim();
    rota_recurrence rule = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    char start[40];
    (void)snprintf(start, sizeof start, "2031-%02d-%02dT%02d:%02d", 2 + (int)chance(11),
                   1 + (int)chance(28), (int)chance(24), (int)chance(2) * 30);
    rule.start = start;
    rule.zone = zones[chance(3)];
    rule.rule = rules[chance(6)];
    rule.length = (1 + chance(6)) * 30 * MINUTE;
    q.recurrence = &rule;
    q.claims = &claim;
    q.claim_count = 1;
    q.flags = chance(3) ? ROTA_BOOKING_PARTIAL : 0;
    q.hold_secs = chance(5) ? 0 : 2 * HOUR;
    return rota_booking_create(r, NULL, &q, NULL);
}

static int create_once(rota *r)
{
    rota_claim claim = any_claim();
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = any_time();
    q.when.end = q.when.start + (chance(10) ? (1 + chance(6)) * 30 * MINUTE : chance(40) * DAY + 1);
    q.claims = &claim;
    q.claim_count = 1;
    return rota_booking_create(r, NULL, &q, NULL);
}

/* Any occurrence in some two months, of any status; false: there is none. */
static bool any_occurrence(rota *r, rota_booking *out)
{
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    rota_result *rows;
    q.statuses = UINT32_C(0x7e);
    q.when.start = any_time();
    q.when.end = q.when.start + 60 * DAY;
    ck_assert_int_eq(rota_booking_list(r, &q, &rows), ROTA_OK);
    int64_t count = rota_result_count(rows), first = count ? chance(count) : 0;
    bool found = false;
    for (int64_t i = 0; i < count && !found; i++) {
        *out = (rota_booking)ROTA_INIT(rota_booking);
        ck_assert_int_eq(rota_booking_at(rows, (first + i) % count, out), ROTA_OK);
        found = out->recurs == ROTA_RECURS_OCCURRENCE;
    }
    rota_result_free(rows);
    return found;
}

static int change_one(rota *r)
{
    rota_booking at;
    rota_call call = ROTA_INIT(rota_call);
    if (!any_occurrence(r, &at)) return ROTA_OK;
    call.occurrence = at.occurrence;
    call.scope = ROTA_SCOPE_THIS + (chance(2) ? 0 : (int32_t)chance(3));
    if (chance(8) == 0) call.flags = ROTA_CALL_OVERRIDE;
    if (at.status == ROTA_BOOKING_CANCELLED) return rota_booking_restore(r, &call, &at.id, NULL);
    if (at.status == ROTA_BOOKING_HELD) return rota_booking_confirm(r, NULL, &at.id, NULL);
    if (chance(3) == 0) return rota_booking_cancel(r, &call, &at.id, NULL);
    if (chance(8) == 0) return rota_booking_check_in(r, &call, &at.id, NULL);
    if (chance(8) == 0) return rota_booking_complete(r, &call, &at.id, NULL);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_claim claim = any_claim();
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = at.when.start + (chance(97) - 48) * 30 * MINUTE;
    if (chance(3) == 0) {
        q.set |= ROTA_BOOKING_SET_CLAIMS;
        q.claims = &claim;
        q.claim_count = 1;
    }
    if (chance(3) == 0) {
        q.set |= ROTA_BOOKING_SET_END;
        q.when.end = q.when.start + (1 + chance(6)) * 30 * MINUTE;
    }
    return rota_booking_move(r, &call, &at.id, &q, NULL);
}

static int change_resource(rota *r)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    int64_t room = chance(ROOMS);
    q.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER;
    q.before = (int32_t)chance(3) * 10 * MINUTE;
    q.after = (int32_t)chance(3) * 15 * MINUTE;
    if (room == POOL) {
        q.set |= ROTA_RESOURCE_SET_CAPACITY;
        q.capacity = 2 + (int32_t)chance(3);
    }
    return rota_resource_update(r, NULL, &rooms[room], &q, NULL);
}

static int change_group(rota *r)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = rooms[CLASS];
    q.member = rooms[ANN];
    return chance(2) ? rota_member_add(r, NULL, &q, NULL) : rota_member_remove(r, NULL, &q, NULL);
}

static int change(rota *r)
{
    int64_t which = chance(100);
    if (which < 20) return create_series(r);
    if (which < 40) return create_once(r);
    if (which < 85) return change_one(r);
    if (which < 90) return change_resource(r);
    if (which < 95) return change_group(r);
    if (which < 97) return rota_tick(r, NULL, NULL);
    f.now += chance(12) * HOUR;
    return ROTA_OK;
}

/* --- what must be answered --- */

typedef struct taken {
    rota_span span;
    int64_t units;
} taken;

static rota_resource resource(rota *r, rota_id id)
{
    rota_resource out = ROTA_INIT(rota_resource);
    rota_result *rows;
    ck_assert_int_eq(rota_resource_get(r, &id, &rows), ROTA_OK);
    ck_assert_int_eq(rota_resource_at(rows, 0, &out), ROTA_OK);
    rota_result_free(rows);
    return out;
}

static bool same_id(rota_id a, rota_id b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* What takes a room, as it is listed, and what its members take in their stay. */
typedef struct count_of {
    rota *r;
    int room;
    rota_resource like;
    taken taken[512];
    int count;
} count_of;

static rota_span common(rota_span a, rota_span b)
{
    return (rota_span){ a.start > b.start ? a.start : b.start, a.end < b.end ? a.end : b.end };
}

static bool overlap(rota_span a, rota_span b)
{
    return a.start < b.end && b.start < a.end;
}

static rota_span occupied(const rota_resource *like, rota_span when)
{
    return (rota_span){ when.start - like->before, when.end + like->after };
}

static void take(count_of *c, rota_span span, int64_t units)
{
    ck_assert_int_lt(c->count, 512);
    c->taken[c->count++] = (taken){ span, units };
}

static rota_result *stays(rota *r)
{
    rota_member_query q = ROTA_INIT(rota_member_query);
    rota_result *rows;
    q.group = rooms[CLASS];
    ck_assert_int_eq(rota_member_list(r, &q, &rows), ROTA_OK);
    return rows;
}

static rota_span stay(const rota_result *rows, int64_t i)
{
    rota_member m = ROTA_INIT(rota_member);
    ck_assert_int_eq(rota_member_at(rows, i, &m), ROTA_OK);
    return m.when;
}

static void take_row(count_of *c, const rota_booking *b, const rota_result *in_class)
{
    rota_span whole = occupied(&c->like, b->when);
    int64_t own = 0, class = 0;
    for (int64_t i = 0; i < b->claim_count; i++) {
        if (same_id(b->claims[i].resource, rooms[c->room])) own = b->claims[i].units;
        if (same_id(b->claims[i].resource, rooms[CLASS])) class = b->claims[i].units;
    }
    if (own) take(c, whole, own);
    for (int64_t i = 0; c->room == ANN && class && i < rota_result_count(in_class); i++)
        if (overlap(b->when, stay(in_class, i))) take(c, common(whole, stay(in_class, i)), class);
}

static void count_all(count_of *c, rota *r, int room, rota_span when)
{
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    rota_result *rows, *in_class = stays(r);
    c->r = r;
    c->room = room;
    c->like = resource(r, rooms[room]);
    c->count = 0;
    q.resource = rooms[room];
    q.when = (rota_span){ when.start - DAY, when.end + DAY };
    q.statuses = 1U << ROTA_BOOKING_HELD | 1U << ROTA_BOOKING_CONFIRMED |
                 1U << ROTA_BOOKING_CHECKED_IN | 1U << ROTA_BOOKING_COMPLETED;
    ck_assert_int_eq(rota_booking_list(r, &q, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
        take_row(c, &b, in_class);
    }
    rota_result_free(in_class);
    rota_result_free(rows);
}

static int64_t units_at(const count_of *c, rota_time at)
{
    int64_t units = 0;
    for (int i = 0; i < c->count; i++)
        if (c->taken[i].span.start <= at && at < c->taken[i].span.end) units += c->taken[i].units;
    return units;
}

/* It is full where one of them begins, or from the beginning. */
static bool fits(const count_of *c, rota_span asked)
{
    if (asked.start >= asked.end) return true;
    if (units_at(c, asked.start) + 1 > c->like.capacity) return false;
    for (int i = 0; i < c->count; i++) {
        rota_time at = c->taken[i].span.start;
        if (at > asked.start && at < asked.end && units_at(c, at) + 1 > c->like.capacity)
            return false;
    }
    return true;
}

/* May one unit be had? */
static int expected(rota *r, int room, rota_span when)
{
    static count_of c;
    count_all(&c, r, room, when);
    bool free = fits(&c, occupied(&c.like, when));
    if (room == CLASS) {
        rota_result *in_class = stays(r);
        count_all(&c, r, ANN, when);
        for (int64_t i = 0; i < rota_result_count(in_class); i++)
            if (overlap(when, stay(in_class, i)))
                free &= fits(&c, common(occupied(&c.like, when), stay(in_class, i)));
        rota_result_free(in_class);
    }
    return free ? ROTA_OK : ROTA_ECONFLICT;
}

static int check(rota *r, int room, rota_span when)
{
    rota_claim claim = { .resource = rooms[room], .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.claims = &claim;
    q.claim_count = 1;
    q.when = when;
    return rota_booking_check(r, &q);
}

static void ck_same(rota *r, const char *whose, int room, rota_span when, int answer)
{
    int got = check(r, room, when);
    ck_assert_msg(got == answer, "%s: room %d, %" PRId64 " to %" PRId64 ": %s, not %s", whose, room,
                  when.start, when.end, rota_status_name(got), rota_status_name(answer));
}

static void look_around(rota *fresh)
{
    static const char *const names[] = { "the first", "attached", "another engine" };
    enum { LOOKS = 12 };
    for (int i = 0; i < LOOKS; i++) {
        int room = (int)chance(ROOMS);
        rota_span when;
        when.start = any_time() + chance(3) * 10 * MINUTE;
        when.end = when.start +
                   (chance(12) ? (1 + chance(4)) * 30 * MINUTE : chance(100) * DAY + 1);
        int answer = expected(fresh, room, when);
        ck_same(fresh, "fresh", room, when, answer);
        for (int k = 0; k < 3; k++)
            ck_same(handles[k], names[k], room, when, answer);
    }
}

static bool may_be(int rc)
{
    switch (rc) {
    case ROTA_OK:
    case ROTA_ECONFLICT:
    case ROTA_ESTATE:
    case ROTA_EINVALID:
    case ROTA_ELIMIT:
    case ROTA_ENOTFOUND: /* a member that is none */
        return true;
    default:
        return false;
    }
}

START_TEST(memory_follows_every_change_of_a_series)
{
    const int changes = fx_sanitized() ? 60 : 150;
    int64_t done = 0;
    set_up(_i);
    f.random = tests_seed("series in memory") + (uint64_t)_i;
    for (int i = 0; i < changes; i++) {
        rota *fresh = NULL, *r = anybody();
        int rc = change(r);
        ck_assert_msg(may_be(rc), "change %d: %s: %s", i, rota_status_name(rc), rota_errmsg(r));
        done += rc == ROTA_OK;
        ck_assert_int_eq(rota_open(path, &f.config, &fresh), ROTA_OK);
        look_around(fresh);
        if (i % 10 == 0) {
            rc = rota_check(chance(2) ? fresh : anybody(), f.now);
            ck_assert_msg(rc == ROTA_OK, "change %d: %s", i, rota_errmsg(fresh));
        }
        rota_close(fresh);
    }
    ck_assert_int_gt(done, changes / 4);
    tear_down();
}
END_TEST

/* --- another process --- */

static int book_series(rota *r, rota_id room, const char *start, rota_id *id)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_recurrence rule = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rule.start = start;
    rule.zone = "UTC";
    rule.rule = "FREQ=WEEKLY";
    rule.length = HOUR;
    q.recurrence = &rule;
    q.claims = &claim;
    q.claim_count = 1;
    int rc = rota_booking_create(r, NULL, &q, &receipt);
    if (rc == ROTA_OK && id) *id = receipt.id;
    return rc;
}

static void wait_for(int fd)
{
    char byte;
    if (read(fd, &byte, 1) != 1) _exit(9);
}

static void tell(int fd)
{
    if (write(fd, "x", 1) != 1) _exit(9);
}

/* What the other process does, a step each time it is told to. */
static int be_the_other(int from, int to)
{
    rota *r = NULL;
    rota_id id;
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    wait_for(from);
    if (rota_open(path, &f.config, &r) != ROTA_OK ||
        book_series(r, rooms[BLUE], "2031-03-10T09:00", &id) != ROTA_OK)
        return 1;
    tell(to);
    wait_for(from);
    call.scope = ROTA_SCOPE_FUTURE;
    call.occurrence = t("2031-03-24T09:00Z");
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-24T12:00Z");
    if (rota_booking_move(r, &call, &id, &q, NULL) != ROTA_OK) return 2;
    tell(to);
    wait_for(from);
    /* Meanwhile somebody has taken this. */
    call.scope = ROTA_SCOPE_ALL;
    q.when.start = t("2031-03-24T14:00Z");
    if (rota_booking_move(r, &call, &id, &q, NULL) != ROTA_ECONFLICT) return 3;
    call.scope = ROTA_SCOPE_NONE;
    call.occurrence = 0;
    if (rota_booking_cancel(r, &call, &id, NULL) != ROTA_OK) return 4;
    tell(to);
    rota_close(r);
    return 0;
}

static void ck_at(const char *start, int answer)
{
    rota_span when = { t(start), t(start) + HOUR };
    ck_same(handles[0], "here", BLUE, when, answer);
}

START_TEST(another_process_sees_each_change_of_a_series)
{
    int there[2], back[2], status;
    set_up(_i);
    tear_down();
    ck_assert(pipe(there) == 0 && pipe(back) == 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) _exit(be_the_other(there[0], back[1]));
    fx_open(&f, path);
    handles[0] = f.r;
    ck_at("2041-03-11T09:00Z", ROTA_OK);
    tell(there[1]);
    wait_for(back[0]);
    ck_at("2041-03-11T09:00Z", ROTA_ECONFLICT);
    ck_status(&f, book_series(f.r, rooms[BLUE], "2031-03-24T09:30", NULL), ROTA_ECONFLICT);
    tell(there[1]);
    wait_for(back[0]);
    ck_at("2041-03-11T09:00Z", ROTA_OK);
    ck_at("2041-03-11T12:00Z", ROTA_ECONFLICT);
    ck_at("2031-03-17T09:00Z", ROTA_ECONFLICT);
    ck_status(&f, book_series(f.r, rooms[BLUE], "2031-03-24T14:30", NULL), ROTA_OK);
    tell(there[1]);
    wait_for(back[0]);
    ck_at("2041-03-11T12:00Z", ROTA_OK);
    ck_at("2041-03-11T14:00Z", ROTA_ECONFLICT);
    ck_at("2031-03-17T09:00Z", ROTA_OK);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    fx_close(&f);
}
END_TEST

Suite *series_index_suite(void)
{
    Suite *s = suite_create("series_index");
    TCase *tc = tcase_create("memory");
    tcase_set_timeout(tc, 240);
    tcase_add_loop_test(tc, memory_follows_every_change_of_a_series, 0, 4);
    tcase_add_loop_test(tc, another_process_sees_each_change_of_a_series, 0, 4);
    suite_add_tcase(s, tc);
    return s;
}
