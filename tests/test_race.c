/* Two handles on one file, the second acting in the middle of the first one's call,
 * before each operation of the store in turn. Whatever the moment, the outcome must
 * be that of one call after the other, in one order or the other: both answers, and
 * all that can be seen afterwards. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "store/chaos.h"
#include "store/sqlite.h"

static struct fx a, b;              /* the first, the second */
static char origin[256], path[256]; /* the calendar as prepared; the copy in use */
static rota_id room, red, pool, group, member, idle, house, hold, late, first, second, far;

/* --- the calendar --- */

static rota_id booked(rota_id resource, const char *title, const char *from, const char *to,
                      int32_t hold_secs)
{
    rota_claim c = { .resource = resource, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = &c;
    q.claim_count = 1;
    q.title = title;
    q.hold_secs = hold_secs;
    ck_status(&a, rota_booking_create(a.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

static void prepare(void)
{
    rota_resource_request off = ROTA_INIT(rota_resource_request);
    rota_member_request join = ROTA_INIT(rota_member_request);
    fx_path(&a, "origin.db", origin, sizeof origin);
    fx_path(&a, "race.db", path, sizeof path);
    fx_open(&a, origin);
    fx_clock(&a, "2031-03-10T08:00Z");
    room = fx_room(&a, "Room", 1);
    red = fx_room(&a, "Red", 1);
    pool = fx_room(&a, "Pool", 2);
    group = fx_room(&a, "Group", 1);
    member = fx_room(&a, "Member", 1);
    idle = fx_room(&a, "Idle", 1);
    house = fx_room(&a, "House", 1);
    join.group = group;
    join.member = member;
    ck_status(&a, rota_member_add(a.r, NULL, &join, NULL), ROTA_OK);
    off.set = ROTA_RESOURCE_SET_ACTIVE;
    booked(idle, "idle", "2031-03-10T14:00Z", "2031-03-10T15:00Z", 0);
    ck_status(&a, rota_resource_update(a.r, NULL, &idle, &off, NULL), ROTA_OK);
    booked(group, "group", "2031-03-10T14:00Z", "2031-03-10T15:00Z", 0);
    hold = booked(room, "hold", "2031-03-10T09:00Z", "2031-03-10T10:00Z", 3600);
    late = booked(red, "late", "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60);
    first = booked(room, "first", "2031-03-10T10:00Z", "2031-03-10T11:00Z", 0);
    second = booked(red, "second", "2031-03-10T10:00Z", "2031-03-10T11:00Z", 0);
    far = booked(pool, "far", "2031-03-10T12:00Z", "2031-03-10T13:00Z", 0);
    fx_close(&a);
}

static void copy_origin(void)
{
    char bytes[65536], lock[300];
    size_t n;
    FILE *from = fopen(origin, "rb"), *to = fopen(path, "wb");
    ck_assert(from && to);
    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0)
        ck_assert(fwrite(bytes, 1, n, to) == n);
    fclose(from);
    ck_assert_int_eq(fclose(to), 0);
    (void)snprintf(lock, sizeof lock, "%s-lock", path);
    (void)remove(lock);
}

/* --- the calls --- */

static int book(rota *r, rota_id resource, const char *title, const char *from, const char *to,
                int32_t priority)
{
    rota_claim c = { .resource = resource, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = &c;
    q.claim_count = 1;
    q.title = title;
    q.priority = priority;
    q.on_conflict = priority ? ROTA_ON_CONFLICT_OVERRIDE : ROTA_ON_CONFLICT_REJECT;
    return rota_booking_create(r, NULL, &q, NULL);
}

static int move(rota *r, rota_id id, rota_id to, const char *start)
{
    rota_claim c = { .resource = to, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START | ROTA_BOOKING_SET_CLAIMS;
    q.when.start = t(start);
    q.claims = &c;
    q.claim_count = 1;
    return rota_booking_move(r, NULL, &id, &q, NULL);
}

static int update(rota *r, rota_id id, uint32_t set, int32_t value, rota_id parent)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = set;
    q.capacity = q.after = q.active = value;
    q.parent = parent;
    return rota_resource_update(r, NULL, &id, &q, NULL);
}

static int join(rota *r, rota_id who, rota_id what)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = what;
    q.member = who;
    return rota_member_add(r, NULL, &q, NULL);
}

static int leave(rota *r)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = group;
    q.member = member;
    return rota_member_remove(r, NULL, &q, NULL);
}

/* Listed with a booking, though it takes none of its time. */
static int book_beside(rota *r, rota_id free)
{
    rota_claim claims[] = { { .resource = pool, .units = 1 },
                            { .resource = free, .units = 1, .flags = ROTA_CLAIM_FREE } };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t("2031-03-10T16:00Z");
    q.when.end = t("2031-03-10T17:00Z");
    q.claims = claims;
    q.claim_count = 2;
    q.title = "beside";
    return rota_booking_create(r, NULL, &q, NULL);
}

static int keyed(rota *r)
{
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    call.key = "the same";
    q.when.start = t("2031-03-10T18:00Z");
    q.when.end = t("2031-03-10T19:00Z");
    q.claims = &c;
    q.claim_count = 1;
    q.title = "keyed";
    return rota_booking_create(r, &call, &q, NULL);
}

enum { CALLS = 24 };

static int call(rota *r, int which)
{
    static const rota_id none;
    switch (which) {
    case 0:
        return book(r, room, "new", "2031-03-10T11:30Z", "2031-03-10T12:30Z", 0);
    case 1:
        return book(r, room, "over", "2031-03-10T10:30Z", "2031-03-10T12:00Z", 1);
    case 2:
        return book(r, group, "lecture", "2031-03-10T11:30Z", "2031-03-10T12:30Z", 0);
    case 3:
        return book(r, member, "own", "2031-03-10T12:00Z", "2031-03-10T13:00Z", 0);
    case 4:
        return book(r, pool, "unit", "2031-03-10T12:00Z", "2031-03-10T13:00Z", 0);
    case 5:
        return book(r, red, "taken", "2031-03-10T09:30Z", "2031-03-10T10:00Z", 0);
    case 6:
        return rota_booking_confirm(r, NULL, &hold, NULL);
    case 7:
        return rota_booking_confirm(r, NULL, &late, NULL);
    case 8:
        return rota_booking_cancel(r, NULL, &first, NULL);
    case 9:
        return move(r, first, red, "2031-03-10T11:30Z");
    case 10:
        return move(r, second, room, "2031-03-10T11:30Z");
    case 11:
        return update(r, pool, ROTA_RESOURCE_SET_CAPACITY, 1, none);
    case 12:
        return update(r, room, ROTA_RESOURCE_SET_AFTER, 1800, none);
    case 13:
        return update(r, idle, ROTA_RESOURCE_SET_ACTIVE, 1, none);
    case 14:
        return update(r, red, ROTA_RESOURCE_SET_PARENT, 0, house);
    case 15:
        return update(r, house, ROTA_RESOURCE_SET_PARENT, 0, red);
    case 16:
        return join(r, idle, group);
    case 17:
        return join(r, red, group);
    case 18:
        return leave(r);
    case 19:
        return rota_resource_remove(r, NULL, &house, NULL);
    case 20:
        return book_beside(r, house);
    case 21:
        return rota_tick(r, NULL, NULL);
    case 22:
        return keyed(r);
    default:
        return rota_check(r, ROTA_TIME_MIN);
    }
}

/* --- the comparison --- */

typedef struct outcome {
    int first, second;
    char *picture;
} outcome;

static void clock_on(struct fx *f)
{
    fx_clock(f, "2031-03-10T08:05Z"); /* one hold has lapsed by now */
}

static outcome in_turn(int of_a, int of_b, bool b_goes_first)
{
    outcome out = { 0 };
    copy_origin();
    fx_open(&a, path);
    clock_on(&a);
    if (b_goes_first) out.second = call(a.r, of_b);
    out.first = call(a.r, of_a);
    if (!b_goes_first) out.second = call(a.r, of_b);
    out.picture = fx_picture(&a);
    fx_close(&a);
    return out;
}

typedef struct meanwhile {
    int which, answer;
} meanwhile;

static void act(void *ctx)
{
    meanwhile *m = ctx;
    m->answer = call(b.r, m->which);
}

static rota__mem store_mem;
static rota__chaos chaos;

static void open_both(void)
{
    rota__arena arena;
    rota__error error = { 0 };
    rota__env env = { .arena = &arena, .error = &error };
    rota__sqlite_options options = { .busy_ms = 1000 };
    rota__store *inner, *store;
    copy_origin();
    fx_open(&b, path);
    clock_on(&b);
    rota__mem_init(&store_mem, NULL, NULL);
    rota__arena_init(&arena, &store_mem);
    memset(&chaos, 0, sizeof chaos);
    ck_assert_int_eq(rota__sqlite_open(&env, &store_mem, path, &options, &inner), ROTA_OK);
    ck_assert_int_eq(rota__chaos_open(&env, &store_mem, inner, &chaos, &store), ROTA_OK);
    rota__arena_free(&arena);
    fx_open_store(&a, store);
    clock_on(&a);
}

static bool same(const outcome *x, const outcome *y)
{
    return x->first == y->first && x->second == y->second && strcmp(x->picture, y->picture) == 0;
}

/* B acts before the n-th operation of A; false where A has fewer. */
static bool interleave(int of_a, int of_b, int64_t n, bool warm, const outcome *orders)
{
    meanwhile m = { .which = of_b };
    open_both();
    if (warm) { /* A knows every timeline, as it was before */
        ck_status(&a, rota_check(a.r, ROTA_TIME_MIN), ROTA_OK);
        ck_status(&b, rota_check(b.r, ROTA_TIME_MIN), ROTA_OK);
    }
    chaos.fault = ROTA__CHAOS_MEANWHILE;
    chaos.meanwhile = act;
    chaos.meanwhile_ctx = &m;
    chaos.at = n;
    outcome out = { .first = call(a.r, of_a) };
    bool met = chaos.hits > 0;
    chaos.at = 0;
    if (met) {
        out.second = m.answer;
        out.picture = fx_picture(&b);
        ck_assert_msg(same(&out, &orders[0]) || same(&out, &orders[1]),
                      "call %d, with %d before its operation %d (%s): %s, %s (%s)\n%s"
                      "--- one after the other:\n%s--- the other way round:\n%s",
                      of_a, of_b, (int)n, warm ? "warm" : "cold", rota_status_name(out.first),
                      rota_status_name(out.second), rota_errmsg(a.r), out.picture,
                      orders[0].picture, orders[1].picture);
        ck_status(&b, rota_check(b.r, ROTA_TIME_MIN), ROTA_OK);
        free(out.picture);
    }
    fx_close(&a);
    fx_close(&b);
    ck_assert_int_eq(store_mem.held, 0);
    return met;
}

/* Before each operation with ROTA_FAULTS=all, else before some that ROTA_SEED chooses. */
START_TEST(a_call_in_the_middle_of_another_is_as_one_after_the_other)
{
    struct fx chance = { .random = tests_seed("race") + (uint64_t)_i };
    prepare();
    for (int of_b = 0; of_b < CALLS; of_b++) {
        outcome orders[2] = { in_turn(_i, of_b, false), in_turn(_i, of_b, true) };
        for (int warm = 0; warm < 2; warm++)
            for (int64_t n = 1; interleave(_i, of_b, n, warm, orders);)
                n += fx_thorough() ? 1 : 1 + fx_random(&chance, fx_sanitized() ? 15 : 3);
        free(orders[0].picture);
        free(orders[1].picture);
    }
}
END_TEST

/* What is compared does differ: booking before a cancellation and behind it. */
START_TEST(the_order_of_two_calls_can_be_seen)
{
    prepare();
    outcome x = in_turn(0, 10, false), y = in_turn(0, 10, true);
    ck_assert_int_eq(x.first, ROTA_OK);
    ck_assert_int_eq(x.second, ROTA_ECONFLICT);
    ck_assert_int_eq(y.first, ROTA_ECONFLICT);
    ck_assert_int_eq(y.second, ROTA_OK);
    ck_assert(!same(&x, &y));
    free(x.picture);
    free(y.picture);
}
END_TEST

Suite *race_suite(void)
{
    Suite *s = suite_create("race");
    TCase *tc = tcase_create("race");
    tcase_set_timeout(tc, fx_thorough() ? 7200 : 240);
    tcase_add_loop_test(tc, a_call_in_the_middle_of_another_is_as_one_after_the_other, 0, CALLS);
    tcase_add_test(tc, the_order_of_two_calls_can_be_seen);
    suite_add_tcase(s, tc);
    return s;
}
