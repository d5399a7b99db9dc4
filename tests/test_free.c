/* Free time: busy spans, slots, why not, and what could be booked instead. How it agrees with
 * brute force is for tests/free; here are the cases that a person can check. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static rota_claim one(rota_id resource)
{
    return (rota_claim){ .resource = resource, .units = 1 };
}

static rota_free_query query(const rota_claim *all, int64_t count, const char *from, const char *to,
                             int64_t duration)
{
    rota_free_query q = ROTA_INIT(rota_free_query);
    q.all = all;
    q.all_count = count;
    q.window = (rota_span){ t(from), t(to) };
    q.duration = duration;
    return q;
}

/* The starts, "09:00 09:15", of a day. */
static void ck_slots(struct fx *f, const rota_free_query *q, const char *expected)
{
    rota_result *rows = NULL;
    char got[512] = "";
    ck_status(f, rota_free_find(f->r, q, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_slot slot = ROTA_INIT(rota_slot);
        char text[ROTA_TIME_TEXT];
        ck_assert_int_eq(rota_slot_at(rows, i, &slot), ROTA_OK);
        ck_assert_int_eq(slot.when.end - slot.when.start, q->duration);
        ck_assert_int_eq(rota_time_format(slot.when.start, text), ROTA_OK);
        size_t length = strlen(got);
        ck_assert_uint_lt(length + 7, sizeof got);
        snprintf(got + length, sizeof got - length, "%s%.5s", length ? " " : "", text + 11);
    }
    rota_result_free(rows);
    ck_assert_str_eq(got, expected);
}

static void ck_busy(struct fx *f, rota_id resource, const char *from, const char *to,
                    const char *expected)
{
    rota_result *rows = NULL;
    char got[512] = "";
    rota_span window = { t(from), t(to) };
    ck_status(f, rota_busy_list(f->r, &resource, window, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_span span;
        char a[ROTA_TIME_TEXT], b[ROTA_TIME_TEXT];
        ck_assert_int_eq(rota_span_at(rows, i, &span), ROTA_OK);
        rota_time_format(span.start, a);
        rota_time_format(span.end, b);
        size_t length = strlen(got);
        snprintf(got + length, sizeof got - length, "%s%.5s-%.5s", length ? " " : "", a + 11,
                 b + 11);
    }
    rota_result_free(rows);
    ck_assert_str_eq(got, expected);
}

/* MX-2, MX-5: slots of the duration, and all of a day on which nothing is booked. */
START_TEST(an_empty_day_has_every_slot_of_its_window)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_claim blue = one(fx_room(&f, "Blue", 1));
    rota_free_query q = query(&blue, 1, "2031-03-11T09:00Z", "2031-03-11T11:00Z", 3600);
    q.step = 1800;
    ck_slots(&f, &q, "09:00 09:30 10:00");
    fx_close(&f);
}
END_TEST

/* MX-5: what ends before the window, or lies behind it, changes nothing; the gap behind the last
 * booking is there, and no slot begins before the window. */
START_TEST(the_gap_behind_the_last_booking_is_listed)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim blue = one(room);
    fx_book(&f, room, "2031-03-11T06:00Z", "2031-03-11T07:00Z");
    fx_book(&f, room, "2031-03-11T10:30Z", "2031-03-11T12:00Z");
    rota_free_query q = query(&blue, 1, "2031-03-11T08:00Z", "2031-03-11T17:00Z", 3600);
    q.step = 3600;
    /* MX-19: 12 to 13 and 14 to 17 among them */
    ck_slots(&f, &q, "08:00 09:00 12:00 13:00 14:00 15:00 16:00");
    fx_close(&f);
}
END_TEST

/* MX-3, MX-4: overlapping bookings are one busy span, and asking changes nothing. */
START_TEST(busy_spans_are_merged_and_stay_as_they_are)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id group = fx_resource(&f, "group", "Team", 1), ana = fx_resource(&f, "person", "Ana", 2);
    fx_join(&f, group, ana);
    fx_book(&f, ana, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_book(&f, ana, "2031-03-11T09:30Z", "2031-03-11T11:00Z");
    fx_book(&f, group, "2031-03-11T11:00Z", "2031-03-11T12:00Z");
    for (int i = 0; i < 2; i++) {
        ck_busy(&f, ana, "2031-03-11T00:00Z", "2031-03-12T00:00Z", "09:30-10:00");
        ck_busy(&f, group, "2031-03-11T00:00Z", "2031-03-12T00:00Z", "09:30-10:00 11:00-12:00");
        ck_busy(&f, group, "2031-03-11T11:15Z", "2031-03-11T11:30Z", "11:15-11:30");
        ck_busy(&f, group, "2031-03-11T12:00Z", "2031-03-12T00:00Z", "");
    }
    fx_close(&f);
}
END_TEST

/* I7: without a tick, at its very instant. */
START_TEST(a_hold_is_in_the_way_until_it_lapses)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim blue = one(room);
    fx_hold(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z", 600);
    rota_free_query q = query(&blue, 1, "2031-03-11T09:00Z", "2031-03-11T10:00Z", 3600);
    fx_clock(&f, "2031-03-10T08:09:59Z");
    ck_slots(&f, &q, "");
    fx_clock(&f, "2031-03-10T08:10Z");
    ck_slots(&f, &q, "09:00");
    ck_busy(&f, room, "2031-03-11T00:00Z", "2031-03-12T00:00Z", "");
    fx_close(&f);
}
END_TEST

/* GX-1: slots are a view; the half hours that overlap a booked one are gone with it. */
START_TEST(a_booked_slot_takes_those_that_overlap_it)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id ana = fx_resource(&f, "person", "Ana", 1);
    rota_claim claim = one(ana);
    rota_free_query q = query(&claim, 1, "2031-03-11T10:00Z", "2031-03-11T11:30Z", 1800);
    ck_slots(&f, &q, "10:00 10:15 10:30 10:45 11:00");
    fx_book(&f, ana, "2031-03-11T10:15Z", "2031-03-11T10:45Z");
    ck_slots(&f, &q, "10:45 11:00");
    fx_close(&f);
}
END_TEST

/* User-ask 33. */
START_TEST(a_booking_that_is_moved_is_not_in_its_own_way)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id ana = fx_resource(&f, "person", "Ana", 1);
    rota_claim claim = one(ana);
    rota_free_query q = query(&claim, 1, "2031-03-11T10:00Z", "2031-03-11T11:30Z", 3600);
    q.ignore = fx_book(&f, ana, "2031-03-11T10:00Z", "2031-03-11T11:00Z");
    ck_slots(&f, &q, "10:00 10:15 10:30");
    fx_close(&f);
}
END_TEST

/* M-46: nothing of what is booked, only that it is; and why, where it is asked. */
START_TEST(every_reason_is_told_why_a_slot_is_not_free)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id blue = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_claim both[] = { one(blue), one(red) };
    fx_book(&f, blue, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_book(&f, red, "2031-03-11T09:30Z", "2031-03-11T10:00Z");
    rota_free_query q = query(both, 2, "2031-03-11T09:00Z", "2031-03-11T12:00Z", 3600);
    rota_result *rows = NULL;
    ck_status(&f, rota_free_explain(f.r, &q, t("2031-03-11T09:15Z")), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_result_free(rows);
    ck_status(&f, rota_free_explain(f.r, &q, t("2031-03-11T10:01Z")), ROTA_OK);
    ck_status(&f, rota_free_explain(f.r, &q, t("2031-03-11T11:01Z")), ROTA_EINVALID);
    q.notice = 365 * 86400;
    for (int taken = 0; taken < 2; taken++) { /* too early, and that is not all */
        rota_violation row = ROTA_INIT(rota_violation);
        const rota_time start = t(taken ? "2031-03-11T09:15Z" : "2031-03-11T10:00Z");
        ck_status(&f, rota_free_explain(f.r, &q, start), taken ? ROTA_ECONFLICT : ROTA_EPOLICY);
        ck_status(&f, rota_violation_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        ck_assert_int_eq(rota_violation_at(rows, 0, &row), ROTA_OK);
        ck_assert_str_eq(row.rule, "notice");
        ck_assert_int_eq(row.limit, f.now + q.notice);
        ck_assert_int_eq(row.actual, start);
        rota_result_free(rows);
        ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), taken ? 2 : 0);
        rota_result_free(rows);
    }
    fx_close(&f);
}
END_TEST

/* I6: a group of the pool and one who belongs to it have the same in their way, which is
 * told once, and stands in the way of both. */
START_TEST(a_pool_with_a_group_and_its_member_is_explained)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id team = fx_resource(&f, "group", "Team", 1), ana = fx_resource(&f, "person", "Zoe", 1);
    fx_join(&f, team, ana);
    const rota_id ids[] = { team, ana };
    rota_free_pool both = { .ids = ids, .id_count = 2, .count = 1 };
    rota_free_query q = query(NULL, 0, "2031-03-11T09:00Z", "2031-03-11T12:00Z", 3600);
    q.pools = &both;
    q.pool_count = 1;
    rota_result *rows = NULL;
    fx_book(&f, ana, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    ck_status(&f, rota_free_explain(f.r, &q, t("2031-03-11T09:15Z")), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);

    const rota_hours_rule noon = { .kind = ROTA_HOURS_DATES, .start = 12 * 3600, .end = 13 * 3600 };
    ck_status(&f, rota_hours_put(f.r, NULL, &ana, &noon, 1, NULL), ROTA_OK);
    ck_status(&f, rota_free_explain(f.r, &q, t("2031-03-11T10:30Z")), ROTA_EPOLICY);
    ck_status(&f, rota_violation_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
    fx_close(&f);
}
END_TEST

static void ck_taken(struct fx *f, const rota_free_query *q, rota_id expected)
{
    rota_result *rows = NULL;
    rota_slot slot = ROTA_INIT(rota_slot);
    ck_status(f, rota_free_find(f->r, q, &rows), ROTA_OK);
    ck_assert_int_eq(rota_slot_at(rows, 0, &slot), ROTA_OK);
    ck_assert_int_eq(slot.resource_count, 1);
    ck_assert_mem_eq(&slot.resources[0], &expected, sizeof expected);
    rota_result_free(rows);
}

START_TEST(a_pool_gives_by_name_by_use_or_in_turn)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id c = fx_room(&f, "C", 1), a = fx_room(&f, "A", 1), b = fx_room(&f, "B", 1);
    const rota_free_pool rooms = { .kind = "room", .count = 1 };
    rota_free_query q = query(NULL, 0, "2031-03-11T09:00Z", "2031-03-11T12:00Z", 3600);
    q.pools = &rooms;
    q.pool_count = 1;
    fx_book(&f, a, "2031-03-11T11:00Z", "2031-03-11T12:00Z");
    ck_taken(&f, &q, a);
    q.order = ROTA_FREE_LEAST_USED;
    ck_taken(&f, &q, b);
    q.order = ROTA_FREE_ROUND_ROBIN;
    q.turn = b;
    ck_taken(&f, &q, c);
    q.turn = c;
    ck_taken(&f, &q, a);
    q.order = ROTA_FREE_PACKED; /* 10 to 11 in A leaves no gap behind it */
    ck_taken(&f, &q, a);
    q.step = 3600;
    q.limit = 1;
    ck_slots(&f, &q, "10:00");
    fx_close(&f);
}
END_TEST

/* A room beside another one, and what it has at the border of 09:00 to 11:00. */
static const struct border_case {
    const char *start, *end; /* of what is booked */
    int32_t opens, closes;   /* its hours */
    int32_t setup;           /* and cleanup */
    const char *starts;      /* the better one first */
} border_cases[] = {
    { "2031-03-11T11:00Z", "2031-03-11T12:00Z", 0, 0, 0, "10:00 09:00" },
    { "2031-03-11T08:00Z", "2031-03-11T09:00Z", 0, 0, 0, "09:00 10:00" },
    { "2031-03-11T11:30Z", "2031-03-11T12:00Z", 0, 0, 900, "10:00 09:00" },
    { "2031-03-11T08:00Z", "2031-03-11T08:30Z", 0, 0, 900, "09:00 10:00" },
    { NULL, NULL, 9 * 3600, 17 * 3600, 0, "09:00 10:00" },
    { NULL, NULL, 6 * 3600, 11 * 3600, 0, "10:00 09:00" },
};
enum { BORDER_CASES = sizeof border_cases / sizeof border_cases[0] };

START_TEST(what_lies_beside_the_window_leaves_no_gap)
{
    const struct border_case *c = &border_cases[_i];
    const rota_hours_rule open = { .kind = ROTA_HOURS_DATES, .start = c->opens, .end = c->closes };
    const rota_free_pool rooms = { .kind = "room", .count = 1 };
    rota_resource_request buffers = ROTA_INIT(rota_resource_request);
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    fx_room(&f, "A", 1);
    const rota_id b = fx_room(&f, "B", 1);
    const rota_claim claim = one(b);
    rota_free_query q = query(&claim, 1, "2031-03-11T09:00Z", "2031-03-11T11:00Z", 3600);
    buffers.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER;
    buffers.before = buffers.after = c->setup;
    ck_status(&f, rota_resource_update(f.r, NULL, &b, &buffers, NULL), ROTA_OK);
    if (c->start) fx_book(&f, b, c->start, c->end);
    if (c->closes) ck_status(&f, rota_hours_put(f.r, NULL, &b, &open, 1, NULL), ROTA_OK);
    q.order = ROTA_FREE_PACKED;
    q.step = 3600;
    ck_slots(&f, &q, c->starts);
    q.all_count = 0;
    q.pools = &rooms;
    q.pool_count = 1;
    ck_slots(&f, &q, c->starts);
    ck_taken(&f, &q, b);
    fx_close(&f);
}
END_TEST

/* --- packed, in windows of every width --- */

enum { FEW_ROOMS = 4, THINGS = FEW_ROOMS + 1, TICK = 900, HALF_DAY = 48 };

static rota_time tick(struct fx *f)
{
    return t("2031-03-11T06:00Z") + fx_random(f, HALF_DAY) * TICK;
}

static int32_t some_buffer(struct fx *f)
{
    static const int32_t buffers[] = { 0, 0, 0, TICK, 7 };
    return buffers[fx_random(f, 5)];
}

static rota_id any_room(struct fx *f, const char *name, rota_id place)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    request.kind = "room";
    request.name = name;
    request.parent = place;
    request.capacity = (int32_t)(1 + fx_random(f, 3));
    request.before = some_buffer(f);
    request.after = some_buffer(f);
    ck_status(f, rota_resource_create(f->r, NULL, &request, &receipt), ROTA_OK);
    return receipt.id;
}

static void open_for_some_time(struct fx *f, rota_id resource)
{
    rota_hours_rule rule = { .kind = ROTA_HOURS_DATES };
    rule.start = (int32_t)(6 * 3600 + fx_random(f, 8) * TICK);
    rule.end = (int32_t)(18 * 3600 - fx_random(f, 8) * TICK);
    ck_status(f, rota_hours_put(f->r, NULL, &resource, &rule, 1, NULL), ROTA_OK);
}

static void stay_for_some_time(struct fx *f, rota_id group, rota_id member)
{
    rota_member_request request = ROTA_INIT(rota_member_request);
    request.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    request.group = group;
    request.member = member;
    request.from = tick(f);
    request.until = request.from + (1 + fx_random(f, HALF_DAY)) * TICK;
    ck_status(f, rota_member_add(f->r, NULL, &request, NULL), ROTA_OK);
}

static void try_to_book(struct fx *f, const rota_id *things)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_claim claim = one(things[fx_random(f, THINGS)]);
    char start[ROTA_TIME_TEXT];
    request.when.start = tick(f) + (fx_random(f, 8) ? 0 : 7);
    request.when.end = request.when.start + (1 + fx_random(f, 6)) * TICK;
    request.claims = &claim;
    request.claim_count = 1;
    claim.units = (int32_t)(1 + fx_random(f, 2));
    if (fx_random(f, 4) == 0) request.hold_secs = 3600;
    if (fx_random(f, 6) == 0) {
        ck_assert_int_eq(rota_time_format(request.when.start - 86400, start), ROTA_OK);
        start[19] = '\0'; /* as clocks show it */
        daily.start = start;
        daily.zone = "UTC";
        daily.rule = "FREQ=DAILY;COUNT=3";
        daily.length = request.when.end - request.when.start;
        request.recurrence = &daily;
        request.when = (rota_span){ 0, 0 };
    }
    int rc = rota_booking_create(f->r, NULL, &request, NULL);
    if (rc != ROTA_OK) ck_assert(rc == ROTA_ECONFLICT || rc == ROTA_EPOLICY);
}

/* Rooms of one unit or more, two of them in a place, two of them at times in a group. */
static void make_things(struct fx *f, rota_id *things)
{
    static const char *const names[FEW_ROOMS] = { "A", "B", "C", "D" };
    const rota_id place = fx_resource(f, "place", "House", 1);
    for (int i = 0; i < FEW_ROOMS; i++)
        things[i] = any_room(f, names[i], i < 2 ? place : (rota_id){ { 0 } });
    things[FEW_ROOMS] = fx_resource(f, "group", "Both", 1);
    stay_for_some_time(f, things[FEW_ROOMS], things[0]);
    stay_for_some_time(f, things[FEW_ROOMS], things[2]);
    for (int64_t n = fx_random(f, 24); n > 0; n--)
        try_to_book(f, things);
    if (fx_random(f, 2)) open_for_some_time(f, place);
    if (fx_random(f, 2)) open_for_some_time(f, things[2]);
}

/* Of a window that begins steps earlier and ends a day later those that lie in this one. */
static void ck_as_in_a_wider_window(struct fx *f, const rota_free_query *q)
{
    rota_free_query wide = *q;
    rota_result *rows = NULL, *all = NULL;
    rota_time first = q->window.start;
    int64_t found = 0;
    if (first < f->now + q->notice) first = f->now + q->notice;
    wide.window.start -= 9 * q->step;
    wide.window.end += 86400;
    wide.notice = 0;
    ck_status(f, rota_free_find(f->r, q, &rows), ROTA_OK);
    ck_status(f, rota_free_find(f->r, &wide, &all), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(all); i++) {
        rota_slot slot = ROTA_INIT(rota_slot), expected = ROTA_INIT(rota_slot);
        ck_assert_int_eq(rota_slot_at(all, i, &expected), ROTA_OK);
        if (expected.when.start < first || expected.when.end > q->window.end) continue;
        ck_assert_int_eq(rota_slot_at(rows, found++, &slot), ROTA_OK);
        ck_assert_int_eq(slot.when.start, expected.when.start);
        ck_assert_int_eq(slot.resource_count, expected.resource_count);
        for (int64_t k = 0; k < slot.resource_count; k++)
            ck_assert_mem_eq(&slot.resources[k], &expected.resources[k], sizeof(rota_id));
    }
    ck_assert_int_eq(rota_result_count(rows), found);
    rota_result_free(rows);
    rota_result_free(all);
}

START_TEST(what_packs_best_does_not_depend_on_the_window)
{
    struct fx f = { .random = tests_seed("packed") };
    for (int state = 0; state < 40; state++) {
        rota_id things[THINGS];
        fx_open(&f, ":memory:");
        make_things(&f, things);
        for (int n = 0; n < 30; n++) {
            const rota_claim claim = one(things[fx_random(&f, THINGS)]);
            rota_free_pool rooms = { .kind = "room", .count = (int32_t)(1 + fx_random(&f, 2)) };
            rota_free_query q = ROTA_INIT(rota_free_query);
            rooms.units = (int32_t)(1 + fx_random(&f, 2));
            q.all = &claim;
            q.all_count = fx_random(&f, 2);
            q.pools = &rooms;
            q.pool_count = q.all_count ? fx_random(&f, 2) : 1;
            q.duration = (1 + fx_random(&f, 4)) * TICK;
            q.step = fx_random(&f, 4) ? TICK : 300;
            q.window.start = tick(&f);
            q.window.end = q.window.start + q.duration + fx_random(&f, 9) * TICK;
            if (fx_random(&f, 4) == 0) q.notice = tick(&f) - f.now;
            q.align = fx_random(&f, 2) ? ROTA_ALIGN_LOCAL : ROTA_ALIGN_WINDOW;
            q.order = ROTA_FREE_PACKED;
            ck_as_in_a_wider_window(&f, &q);
        }
        fx_close(&f);
    }
}
END_TEST

START_TEST(who_is_used_least_is_so_in_the_whole_window_and_nowhere_else)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id a = fx_room(&f, "A", 1), b = fx_room(&f, "B", 1);
    const rota_free_pool rooms = { .kind = "room", .count = 1 };
    rota_free_query q = query(NULL, 0, "2031-03-11T09:00Z", "2031-03-11T14:00Z", 900);
    q.pools = &rooms;
    q.pool_count = 1;
    q.order = ROTA_FREE_LEAST_USED;
    q.step = 3600;
    rota_resource_request early = ROTA_INIT(rota_resource_request);
    early.set = ROTA_RESOURCE_SET_BEFORE;
    early.before = 3600;
    ck_status(&f, rota_resource_update(f.r, NULL, &b, &early, NULL), ROTA_OK);
    fx_book(&f, b, "2031-03-11T08:00Z", "2031-03-11T09:00Z");
    fx_book(&f, a, "2031-03-11T09:00Z", "2031-03-11T09:15Z");
    ck_taken(&f, &q, b); /* what it did was before */
    fx_clock(&f, "2031-03-11T11:00Z");
    ck_taken(&f, &q, b); /* what A did is over, and counts */
    fx_close(&f);
}
END_TEST

/* I6: nothing in the past is offered to who refuses that. */
START_TEST(what_is_refused_for_its_start_is_not_offered_again)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id blue = fx_room(&f, "Blue", 1);
    rota_claim claim = one(blue);
    rota_booking_request asked = ROTA_INIT(rota_booking_request);
    (void)fx_room(&f, "Red", 1);
    asked.claims = &claim;
    asked.claim_count = 1;
    asked.when = (rota_span){ t("2031-03-11T10:00Z"), t("2031-03-11T11:00Z") };
    asked.flags = ROTA_BOOKING_FUTURE;
    asked.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    fx_clock(&f, "2031-03-11T10:10Z");
    for (int taken = 0; taken < 2; taken++) {
        rota_result *rows = NULL;
        if (taken) fx_book(&f, blue, "2031-03-11T10:00Z", "2031-03-11T10:30Z");
        ck_status(&f, rota_booking_create(f.r, NULL, &asked, NULL),
                  taken ? ROTA_ECONFLICT : ROTA_EPOLICY);
        ck_status(&f, rota_alternative_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 3);
        for (int i = 0; i < 3; i++) {
            rota_alternative row = ROTA_INIT(rota_alternative);
            ck_assert_int_eq(rota_alternative_at(rows, i, &row), ROTA_OK);
            ck_assert_int_ge(row.when.start, f.now);
        }
        rota_result_free(rows);
    }
    fx_close(&f);
}
END_TEST

/* M-31, M-56, I6. */
START_TEST(a_refused_booking_carries_what_could_be_booked_instead)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id blue = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_claim claim = one(blue);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_result *rows = NULL;
    fx_book(&f, blue, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    want.when = (rota_span){ t("2031-03-11T09:30Z"), t("2031-03-11T10:30Z") };
    want.claims = &claim;
    want.claim_count = 1;
    want.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    ck_status(&f, rota_booking_create(f.r, NULL, &want, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_alternative_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 3);
    rota_alternative first = ROTA_INIT(rota_alternative);
    ck_assert_int_eq(rota_alternative_at(rows, 0, &first), ROTA_OK);
    ck_assert_int_eq(first.when.start, want.when.start);
    ck_assert_int_eq(first.changed, 1);
    ck_assert_mem_eq(&first.resources[0], &red, sizeof red);
    for (int64_t i = 0; i < 3; i++) {
        rota_alternative row = ROTA_INIT(rota_alternative);
        rota_call dry = ROTA_INIT(rota_call);
        ck_assert_int_eq(rota_alternative_at(rows, i, &row), ROTA_OK);
        rota_claim other = one(row.resources[0]);
        rota_booking_request again = want;
        again.claims = &other;
        again.when = row.when;
        dry.flags = ROTA_CALL_DRY_RUN;
        ck_status(&f, rota_booking_create(f.r, &dry, &again, NULL), ROTA_OK);
    }
    rota_result_free(rows);
    want.alternatives = ROTA_MAX_ALTERNATIVES + 1;
    ck_status(&f, rota_booking_create(f.r, NULL, &want, NULL), ROTA_EINVALID);
    ck_status(&f, rota_alternative_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
    fx_close(&f);
}
END_TEST

/* M-31, I6: units and roles are the claims', so the resources come as these were given. */
START_TEST(alternatives_name_a_resource_for_each_claim_in_its_order)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id blue = fx_room(&f, "Blue", 1), pool = fx_resource(&f, "licence", "Pool", 3);
    rota_claim claims[] = { { .resource = pool, .units = 3 }, one(blue) };
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_receipt made = ROTA_INIT(rota_receipt);
    fx_book(&f, blue, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    want.when = (rota_span){ t("2031-03-11T12:00Z"), t("2031-03-11T13:00Z") };
    want.claims = claims;
    want.claim_count = 2;
    ck_status(&f, rota_booking_create(f.r, NULL, &want, &made), ROTA_OK);
    want.when = (rota_span){ t("2031-03-11T09:00Z"), t("2031-03-11T10:00Z") };
    want.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    want.set = ROTA_BOOKING_SET_START | ROTA_BOOKING_SET_END | ROTA_BOOKING_SET_CLAIMS;
    for (int moved = 0; moved < 3; moved++) {
        rota_alternative row = ROTA_INIT(rota_alternative);
        rota_result *rows = NULL;
        if (moved == 2) want.set &= ~(uint32_t)ROTA_BOOKING_SET_CLAIMS;
        ck_status(&f,
                  moved ? rota_booking_move(f.r, NULL, &made.id, &want, NULL)
                        : rota_booking_create(f.r, NULL, &want, NULL),
                  ROTA_ECONFLICT);
        ck_status(&f, rota_alternative_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_alternative_at(rows, 0, &row), ROTA_OK);
        ck_assert_int_eq(row.resource_count, 2);
        ck_assert_mem_eq(&row.resources[moved == 2], &pool, sizeof pool);
        ck_assert_mem_eq(&row.resources[moved != 2], &blue, sizeof blue);
        rota_result_free(rows);
    }
    fx_close(&f);
}
END_TEST

/* I6, D-34: what may lie outside of hours is offered there too. */
START_TEST(what_needs_no_hours_is_offered_at_night)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id blue = fx_room(&f, "Blue", 1);
    rota_claim claim = one(blue);
    const rota_hours_rule day = { .kind = ROTA_HOURS_DATES, .start = 9 * 3600, .end = 17 * 3600 };
    ck_status(&f, rota_hours_put(f.r, NULL, &blue, &day, 1, NULL), ROTA_OK);
    fx_book(&f, blue, "2031-03-11T09:00Z", "2031-03-11T17:00Z");
    const char *const nearest[] = { "2031-03-12T09:00Z", "2031-03-11T17:00Z", "2031-03-11T17:00Z" };
    for (int i = 0; i < 3; i++) { /* a booking, a block, a booking of who may at any time */
        rota_booking_request want = ROTA_INIT(rota_booking_request);
        rota_alternative first = ROTA_INIT(rota_alternative);
        rota_call call = ROTA_INIT(rota_call);
        rota_result *rows = NULL;
        want.when = (rota_span){ t("2031-03-11T16:00Z"), t("2031-03-11T17:00Z") };
        want.claims = &claim;
        want.claim_count = 1;
        want.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
        want.kind = i == 1 ? ROTA_KIND_MAINTENANCE : ROTA_KIND_BOOKING;
        if (i == 2) call.flags = ROTA_CALL_OVERRIDE;
        ck_status(&f, rota_booking_create(f.r, &call, &want, NULL), ROTA_ECONFLICT);
        ck_status(&f, rota_alternative_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_alternative_at(rows, 0, &first), ROTA_OK);
        ck_assert_int_eq(first.when.start, t(nearest[i]));
        rota_result_free(rows);
    }
    fx_close(&f);
}
END_TEST

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* I10: many claims, for which there are many others and never enough. */
START_TEST(looking_for_alternatives_comes_to_an_end)
{
    enum { ROOMS = 600, SPARE = 199 };
    struct fx f = { 0 };
    rota_claim claims[ROOMS];
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    fx_open(&f, ":memory:");
    for (int i = 0; i < ROOMS + SPARE; i++) {
        char name[16];
        snprintf(name, sizeof name, "%03d", i);
        const rota_id room = fx_room(&f, name, 1);
        if (i < ROOMS) claims[i] = one(room);
    }
    want.when = (rota_span){ t("2031-04-11T09:00Z"), t("2031-04-11T10:00Z") };
    want.claims = claims;
    want.claim_count = ROOMS;
    ck_status(&f, rota_booking_create(f.r, NULL, &want, NULL), ROTA_OK);
    fx_book(&f, claims[0].resource, "2031-03-12T09:00Z", "2031-04-11T09:00Z");
    fx_book(&f, claims[0].resource, "2031-04-11T10:00Z", "2031-05-11T09:00Z");
    want.on_conflict = ROTA_ON_CONFLICT_PROPOSE;
    const double began = cpu_seconds();
    ck_status(&f, rota_booking_create(f.r, NULL, &want, NULL), ROTA_ECONFLICT);
    ck_assert_double_lt(cpu_seconds() - began, 1);
    fx_close(&f);
}
END_TEST

START_TEST(a_search_that_is_none_is_refused)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_claim blue = one(fx_room(&f, "Blue", 1)), twice[] = { blue, blue };
    const rota_free_pool empty = { .count = 1 };
    rota_free_query good = query(&blue, 1, "2031-03-11T09:00Z", "2031-03-11T10:00Z", 3600), q;
    rota_result *rows = NULL;
#define REFUSED(status, ...)                                     \
    do {                                                         \
        q = good;                                                \
        __VA_ARGS__;                                             \
        ck_status(&f, rota_free_find(f.r, &q, &rows), (status)); \
    } while (0)
    REFUSED(ROTA_EINVALID, q.duration = 0);
    REFUSED(ROTA_EINVALID, q.step = 86401);
    REFUSED(ROTA_EINVALID, q.step = -1);
    REFUSED(ROTA_EINVALID, q.notice = -1);
    REFUSED(ROTA_EINVALID, q.align = 2);
    REFUSED(ROTA_EINVALID, q.order = 4);
    REFUSED(ROTA_EINVALID, q.flags = 1);
    REFUSED(ROTA_EINVALID, q.zone = "Mars/Olympus");
    REFUSED(ROTA_EINVALID, q.window.end = q.window.start);
    REFUSED(ROTA_ELIMIT, q.window.end = q.window.start + ROTA_MAX_WINDOW + 1);
    REFUSED(ROTA_ELIMIT, q.limit = ROTA_MAX_ROWS + 1);
    REFUSED(ROTA_EINVALID, q.all = NULL);
    REFUSED(ROTA_EINVALID, q.all_count = 0);
    REFUSED(ROTA_EINVALID, (q.all = twice, q.all_count = 2));
    REFUSED(ROTA_EINVALID, (q.pools = &empty, q.pool_count = 1));
    REFUSED(ROTA_ELIMIT, (q.pools = &empty, q.pool_count = ROTA_MAX_POOLS + 1));
    REFUSED(ROTA_ENOTFOUND, q.ignore = blue.resource);
#undef REFUSED
    ck_status(&f, rota_free_find(f.r, NULL, &rows), ROTA_EINVALID);
    ck_status(&f, rota_free_find(f.r, &good, NULL), ROTA_EINVALID);
    ck_status(&f, rota_busy_list(f.r, NULL, good.window, &rows), ROTA_EINVALID);
    fx_close(&f);
}
END_TEST

/* Bounded, and never a list that is silently short. */
START_TEST(a_search_that_takes_too_long_says_so)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_claim blue = one(fx_room(&f, "Blue", 1));
    rota_free_query q = query(&blue, 1, "2031-03-11T09:00Z", "2032-03-11T10:00Z", 3600);
    rota_result *rows = NULL;
    q.step = 1;
    q.order = ROTA_FREE_PACKED;
    ck_status(&f, rota_free_find(f.r, &q, &rows), ROTA_ELIMIT);
    fx_close(&f);
}
END_TEST

/* Fails, or finds all of it, whatever there is no memory for. */
static void find_with_little_memory(struct fx *f, const rota_free_query *q, int64_t expected)
{
    bool refused = true;
    for (int64_t n = 1; refused; n++) {
        rota_result *rows = NULL;
        fx_fail_allocation(f, n);
        int rc = rota_free_find(f->r, q, &rows);
        refused = f->refused > 0;
        fx_fail_allocation(f, 0);
        if (rc != ROTA_OK) ck_status(f, rc, ROTA_ENOMEM);
        if (rc == ROTA_OK) ck_assert_int_eq(rota_result_count(rows), expected);
        ck_assert(refused || rc == ROTA_OK);
        rota_result_free(rows);
    }
}

START_TEST(no_memory_is_said_and_leaves_nothing_behind)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id group = fx_resource(&f, "group", "Team", 1), ana = fx_resource(&f, "person", "Ana", 1);
    rota_claim team = one(group);
    const rota_free_pool people = { .kind = "person", .count = 1 };
    rota_free_query q = query(&team, 1, "2031-03-11T09:00Z", "2031-03-11T12:00Z", 3600);
    fx_join(&f, group, ana);
    fx_resource(&f, "person", "Bea", 1);
    fx_book(&f, ana, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    q.pools = &people;
    q.pool_count = 1;
    find_with_little_memory(&f, &q, 5);
    fx_close(&f);
}
END_TEST

/* A map for which there is no room is done without. */
START_TEST(no_memory_for_quarters_hides_no_booking)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    rota_id ana = fx_resource(&f, "person", "Ana", 1), bea = fx_resource(&f, "person", "Bea", 1);
    const rota_claim both[] = { one(ana), one(bea) };
    rota_free_query q = query(both, 2, "2031-03-19T06:00Z", "2031-03-19T12:00Z", 3600);
    fx_book(&f, ana, "2031-03-19T06:00Z", "2031-03-19T07:00Z");
    fx_book(&f, bea, "2031-03-19T09:00Z", "2031-03-19T10:00Z");
    find_with_little_memory(&f, &q, 10);
    fx_close(&f);
}
END_TEST

/* --- by the quarter of an hour, beside the gate --- */

enum { CROWD = 9, QUARTER = 900 };
/* Where one map of quarters ends and the next one begins. */
static const rota_time border = INT64_C(524) * 64 * 64 * QUARTER;

static rota_claim one_with(struct fx *f, const char *zone, int32_t before, int32_t after)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    request.kind = "person";
    request.name = "One of them";
    request.zone = zone;
    request.before = before;
    request.after = after;
    ck_status(f, rota_resource_create(f->r, NULL, &request, &receipt), ROTA_OK);
    return one(receipt.id);
}

/* Whole quarters for setup and cleanup, of several sorts beside each other, and some who need
 * minutes. */
static void make_crowd(struct fx *f, rota_claim *crowd)
{
    static const int32_t before[CROWD] = { 900, 900, 900, 0, 0, 0, 300, 900, 0 };
    static const int32_t after[CROWD] = { 1800, 1800, 1800, 0, 0, 300, 0, 0, 0 };
    for (int i = 0; i < CROWD; i++)
        crowd[i] = one_with(f, i < 3 ? "UTC" : "Asia/Kathmandu", before[i], after[i]);
}

static void book_somebody(struct fx *f, const rota_claim *crowd, rota_id *last)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_time start = border + (fx_random(f, 400) - 200) * 300;
    request.when = (rota_span){ start, start + (1 + fx_random(f, 12)) * 300 };
    request.claims = &crowd[fx_random(f, CROWD)];
    request.claim_count = 1;
    if (fx_random(f, 99) == 0) request.hold_secs = 3600;
    int rc = rota_booking_create(f->r, NULL, &request, &receipt);
    if (rc == ROTA_OK && fx_random(f, 4) == 0)
        ck_status(f, rota_booking_cancel(f->r, NULL, last, NULL), ROTA_OK);
    if (rc == ROTA_OK) *last = receipt.id;
    if (rc != ROTA_OK) ck_status(f, rc, ROTA_ECONFLICT);
}

static bool is_free_by_gate(struct fx *f, const rota_free_query *q, rota_time start)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    request.when = (rota_span){ start, start + q->duration };
    request.claims = q->all;
    request.claim_count = q->all_count;
    int rc = rota_booking_check(f->r, &request);
    if (rc != ROTA_OK) ck_status(f, rc, ROTA_ECONFLICT);
    return rc == ROTA_OK;
}

static void ck_by_gate(struct fx *f, const rota_free_query *q, int32_t offset)
{
    rota_result *rows = NULL;
    rota_slot slot = ROTA_INIT(rota_slot);
    int64_t found = 0;
    ck_status(f, rota_free_find(f->r, q, &rows), ROTA_OK);
    for (rota_time s = q->window.start; s + q->duration <= q->window.end; s += 300) {
        bool local = q->align == ROTA_ALIGN_LOCAL;
        int64_t since = local ? (s + offset) % 86400 : s - q->window.start;
        if (since % q->step != 0 || (q->limit && found == q->limit)) continue;
        if (!is_free_by_gate(f, q, s)) continue;
        ck_assert_int_eq(rota_slot_at(rows, found++, &slot), ROTA_OK);
        ck_assert_int_eq(slot.when.start, s);
        ck_assert_int_eq(slot.resource_count, q->all_count);
        for (int64_t i = 0; i < q->all_count; i++)
            ck_assert_mem_eq(&slot.resources[i], &q->all[i].resource, sizeof(rota_id));
    }
    ck_assert_int_eq(rota_result_count(rows), found);
    rota_result_free(rows);
}

/* I6, MX-2: what is listed books, and what is not is refused, however it is looked for, and
 * after every change. */
START_TEST(a_search_by_the_quarter_finds_what_the_gate_lets_through)
{
    static const int64_t steps[] = { 1, 2, 3, 7 }; /* the last does not divide a day */
    struct fx f = { .random = tests_seed("free") };
    rota_claim crowd[CROWD];
    rota_id last = { { 0 } };
    fx_open(&f, ":memory:");
    make_crowd(&f, crowd);
    last = fx_book(&f, crowd[0].resource, "2031-03-19T08:00Z", "2031-03-19T08:15Z");
    for (int round = 0; round < 400; round++) {
        rota_free_query q = ROTA_INIT(rota_free_query);
        int64_t first = fx_random(&f, CROWD);
        for (int64_t n = fx_random(&f, 3); n > 0; n--)
            book_somebody(&f, crowd, &last);
        q.all = &crowd[first];
        q.all_count = 1 + fx_random(&f, CROWD - first < 3 ? CROWD - first : 3);
        q.step = QUARTER * steps[fx_random(&f, 4)];
        q.duration = fx_random(&f, 8) ? QUARTER * (1 + fx_random(&f, 90) / 15) : 600;
        q.window.start = border + (fx_random(&f, 200) - 150) * 300;
        q.window.end = q.window.start + q.duration + fx_random(&f, 200) * 300;
        q.align = fx_random(&f, 3) ? ROTA_ALIGN_LOCAL : ROTA_ALIGN_WINDOW;
        q.limit = fx_random(&f, 3) ? 0 : 1 + fx_random(&f, 3);
        for (int again = 0; again < 2; again++)
            ck_by_gate(&f, &q, first < 3 ? 0 : 20700);
    }
    fx_close(&f);
}
END_TEST

/* From the summer's first instant on steps are counted by the summer's clock: two hours of the
 * winter's are none of its. And what would end a second behind the window is not in it. */
START_TEST(steps_end_where_the_clock_changes_and_where_the_window_does)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    const rota_claim berlin = one_with(&f, "Europe/Berlin", 0, 0);
    rota_free_query q = query(&berlin, 1, "2031-03-29T23:00Z", "2031-03-30T06:00Z", 900);
    rota_free_query whole = query(&berlin, 1, "2031-03-31T09:00Z", "2031-03-31T11:59:59Z", 3600);
    q.step = 7200;
    whole.step = 3600;
    for (int again = 0; again < 2; again++) {
        ck_slots(&f, &q, "23:00 02:00 04:00");
        ck_slots(&f, &whole, "09:00 10:00");
    }
    fx_close(&f);
}
END_TEST

/* Nobody's setup or cleanup ends at a border of what is kept in one piece. */
START_TEST(setup_and_cleanup_reach_over_the_border_of_a_map)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    const rota_claim early = one_with(&f, "UTC", QUARTER, 0);
    const rota_claim late = one_with(&f, "UTC", 0, QUARTER);
    const rota_free_query behind = query(&early, 1, "2031-03-19T08:00Z", "2031-03-19T08:30Z", 900);
    const rota_free_query ahead = query(&late, 1, "2031-03-19T07:30Z", "2031-03-19T08:00Z", 900);
    ck_assert_int_eq(border, t("2031-03-19T08:00Z"));
    fx_book(&f, early.resource, "2031-03-19T07:00Z", "2031-03-19T08:00Z");
    fx_book(&f, late.resource, "2031-03-19T08:00Z", "2031-03-19T09:00Z");
    for (int again = 0; again < 2; again++) {
        ck_slots(&f, &behind, "08:15");
        ck_slots(&f, &ahead, "07:30");
    }
    fx_close(&f);
}
END_TEST

START_TEST(who_needs_minutes_is_looked_for_by_the_minute)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    const rota_claim early = one_with(&f, "UTC", 300, 0), late = one_with(&f, "UTC", 0, 300);
    rota_free_query q = query(&early, 1, "2031-03-11T09:00Z", "2031-03-11T12:15Z", 3600);
    fx_book(&f, early.resource, "2031-03-11T09:30Z", "2031-03-11T11:05Z");
    fx_book(&f, late.resource, "2031-03-11T10:15Z", "2031-03-11T11:00Z");
    for (int again = 0; again < 2; again++) {
        q.all = &early;
        ck_slots(&f, &q, "11:15");
        q.all = &late;
        ck_slots(&f, &q, "09:00 11:15");
    }
    fx_close(&f);
}
END_TEST

START_TEST(who_needs_more_than_the_others_is_looked_for_by_himself)
{
    struct fx f = { 0 };
    fx_open(&f, ":memory:");
    for (int i = 0; i < 2; i++) {
        const rota_claim both[] = { one_with(&f, "UTC", 0, 0),
                                    one_with(&f, "UTC", i == 0 ? 900 : 0, i == 0 ? 0 : 900) };
        const rota_free_query q = query(both, 2, "2031-03-11T08:30Z", "2031-03-11T12:30Z", 3600);
        fx_book(&f, both[1].resource, "2031-03-11T10:00Z", "2031-03-11T11:00Z");
        for (int again = 0; again < 3; again++)
            ck_slots(&f, &q, "08:30 08:45 11:15 11:30");
    }
    fx_close(&f);
}
END_TEST

/* Singapore went from +7:00 to +7:20 when 1933 began: what starts on the hour there starts on
 * no quarter after that. */
START_TEST(a_clock_that_leaves_the_quarters_is_followed)
{
    struct fx f = { .now = t("1932-12-31T00:00Z") };
    fx_open(&f, ":memory:");
    const rota_claim ana = one_with(&f, "Asia/Singapore", 0, 0);
    rota_free_query q = query(&ana, 1, "1932-12-31T15:00Z", "1932-12-31T21:00Z", 3600);
    q.step = 3600;
    fx_book(&f, ana.resource, "1932-12-31T18:30Z", "1932-12-31T18:45Z");
    for (int again = 0; again < 2; again++)
        ck_slots(&f, &q, "15:00 16:00 19:40");
    fx_close(&f);
}
END_TEST

/* Asked for twice: what was looked at before is in memory, and answered from there. */
START_TEST(what_is_in_memory_is_asked_for_no_less)
{
    struct fx f = { 0 };
    rota_result *rows = NULL;
    rota_slot slot = ROTA_INIT(rota_slot);
    fx_open(&f, ":memory:");
    rota_claim both[] = { one(fx_resource(&f, "person", "Ana", 1)),
                          one(fx_resource(&f, "person", "Bea", 1)) };
    const rota_id room = fx_room(&f, "Blue", 1);
    const rota_free_pool rooms = { .kind = "room", .count = 1 };
    const rota_free_query good = query(both, 2, "2031-03-11T08:00Z", "2031-03-11T12:00Z", 3600);
    rota_free_query q = good;
    fx_book(&f, both[1].resource, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_book(&f, room, "2031-03-11T11:00Z", "2031-03-11T12:00Z");
    q.step = 3600;
    ck_slots(&f, &q, "08:00 10:00 11:00");

    q.zone = "Asia/Kathmandu";
    ck_slots(&f, &q, "10:15");
    q.zone = NULL;

    q.pools = &rooms;
    q.pool_count = 1;
    ck_slots(&f, &q, "08:00 10:00");
    q.pool_count = 0;

    q.order = ROTA_FREE_PACKED;
    q.window.start = t("2031-03-11T07:00Z");
    ck_slots(&f, &q, "08:00 10:00 07:00 11:00");
    q.window = good.window;
    q.order = ROTA_FREE_EARLIEST;

    both[1].role = ROTA_ROLE_OPTIONAL;
    ck_slots(&f, &q, "08:00 09:00 10:00 11:00");
    both[1].role = ROTA_ROLE_REQUIRED;
    both[1].flags = ROTA_CLAIM_FREE;
    ck_slots(&f, &q, "08:00 09:00 10:00 11:00");
    both[1].flags = 0;
    both[1].units = 2;
    ck_slots(&f, &q, "");
    both[1].units = 1;
    both[1].reserved = 1;
    ck_status(&f, rota_free_find(f.r, &q, &rows), ROTA_EINVALID);
    both[1].reserved = 0;
    ck_slots(&f, &q, "08:00 10:00 11:00");

    ck_status(&f, rota_free_find(f.r, &q, &rows), ROTA_OK);
    ck_assert_int_eq(rota_slot_at(rows, 0, &slot), ROTA_OK);
    ck_assert_int_eq(slot.resource_count, 2);
    rota_result_free(rows);
    fx_close(&f);
}
END_TEST

Suite *free_suite(void)
{
    Suite *suite = suite_create("free");
    TCase *tc = tcase_create("free");
    tcase_add_test(tc, an_empty_day_has_every_slot_of_its_window);
    tcase_add_test(tc, the_gap_behind_the_last_booking_is_listed);
    tcase_add_test(tc, busy_spans_are_merged_and_stay_as_they_are);
    tcase_add_test(tc, a_hold_is_in_the_way_until_it_lapses);
    tcase_add_test(tc, a_booked_slot_takes_those_that_overlap_it);
    tcase_add_test(tc, a_booking_that_is_moved_is_not_in_its_own_way);
    tcase_add_test(tc, every_reason_is_told_why_a_slot_is_not_free);
    tcase_add_test(tc, a_pool_with_a_group_and_its_member_is_explained);
    tcase_add_test(tc, who_is_used_least_is_so_in_the_whole_window_and_nowhere_else);
    tcase_add_test(tc, a_pool_gives_by_name_by_use_or_in_turn);
    tcase_add_loop_test(tc, what_lies_beside_the_window_leaves_no_gap, 0, BORDER_CASES);
    tcase_add_test(tc, what_packs_best_does_not_depend_on_the_window);
    tcase_add_test(tc, what_is_refused_for_its_start_is_not_offered_again);
    tcase_add_test(tc, a_refused_booking_carries_what_could_be_booked_instead);
    tcase_add_test(tc, alternatives_name_a_resource_for_each_claim_in_its_order);
    tcase_add_test(tc, what_needs_no_hours_is_offered_at_night);
    tcase_add_test(tc, looking_for_alternatives_comes_to_an_end);
    tcase_add_test(tc, a_search_that_is_none_is_refused);
    tcase_add_test(tc, a_search_that_takes_too_long_says_so);
    tcase_add_test(tc, a_search_by_the_quarter_finds_what_the_gate_lets_through);
    tcase_add_test(tc, steps_end_where_the_clock_changes_and_where_the_window_does);
    tcase_add_test(tc, setup_and_cleanup_reach_over_the_border_of_a_map);
    tcase_add_test(tc, who_needs_minutes_is_looked_for_by_the_minute);
    tcase_add_test(tc, who_needs_more_than_the_others_is_looked_for_by_himself);
    tcase_add_test(tc, a_clock_that_leaves_the_quarters_is_followed);
    tcase_add_test(tc, what_is_in_memory_is_asked_for_no_less);
    tcase_add_test(tc, no_memory_is_said_and_leaves_nothing_behind);
    tcase_add_test(tc, no_memory_for_quarters_hides_no_booking);
    suite_add_tcase(suite, tc);
    return suite;
}
