/* Placement, displacement and blocks through the public header (C-03, C-05, C-09, C-28, CX-4,
 * CX-9, D-34).
 * Random histories are compared with a plain list in tests/place. */
#define _POSIX_C_SOURCE 200809L /* strdup */

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fixture.h"

enum { HOUR = 3600, DAY = 86400 };

static struct fx f;
static rota_id boss;
static rota_claim claim;

static void setup(void)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-10T08:00Z"); /* a Monday */
    boss = fx_room(&f, "Boss", 1);
    claim = (rota_claim){ .resource = boss, .units = 1 };
}

static void teardown(void)
{
    ck_status(&f, rota_check(f.r, f.now), ROTA_OK);
    fx_close(&f);
}

static rota_placement within(const char *from, const char *until, int64_t duration)
{
    rota_placement p = ROTA_INIT(rota_placement);
    p.window = (rota_span){ t(from), t(until) };
    p.duration = duration;
    return p;
}

static int place(const rota_placement *p, const char *title, rota_receipt *receipt)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.placement = p;
    q.claims = &claim;
    q.claim_count = 1;
    q.title = title;
    return rota_booking_create(f.r, NULL, &q, receipt);
}

static rota_receipt placed(const char *from, const char *until, int64_t duration)
{
    rota_placement p = within(from, until, duration);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    return receipt;
}

static int displace(const rota_call *call, const char *from, const char *until,
                    rota_receipt *receipt)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = (rota_span){ t(from), t(until) };
    q.claims = &claim;
    q.claim_count = 1;
    q.title = "fixed";
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    return rota_booking_create(f.r, call, &q, receipt);
}

static rota_booking booking_of(const rota_id *id)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    ck_status(&f, rota_booking_get(f.r, id, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    b.title = NULL;
    b.claims = NULL;
    rota_result_free(rows);
    return b;
}

static void ck_starts(const rota_id *id, const char *start)
{
    rota_booking b = booking_of(id);
    ck_assert_int_eq(b.when.start, t(start));
}

static int64_t count_displaced(void)
{
    rota_result *rows = NULL;
    ck_status(&f, rota_displacement_list(f.r, &rows), ROTA_OK);
    int64_t count = rota_result_count(rows);
    rota_result_free(rows);
    return count;
}

/* The last event of the feed, of that type; its text is the caller's to free. */
static char *last_event(int32_t type)
{
    rota_result *rows = NULL;
    rota_event e = ROTA_INIT(rota_event);
    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_event_at(rows, rota_result_count(rows) - 1, &e), ROTA_OK);
    ck_assert_str_eq(e.name, rota_event_name(type));
    char *text = strdup(e.after);
    rota_result_free(rows);
    return text;
}

static int64_t last_seq(void)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    return stats.events;
}

/* --- placement --- */

START_TEST(the_first_start_that_is_free_is_taken) /* C-05, C-12 */
{
    fx_book(&f, boss, "2031-03-10T09:00Z", "2031-03-10T09:20Z");
    rota_receipt one = placed("2031-03-10T08:30Z", "2031-03-10T18:00Z", HOUR);
    ck_assert_int_eq(one.when.start, t("2031-03-10T09:30Z"));
    ck_assert_int_eq(one.when.end - one.when.start, HOUR);
    ck_assert_int_eq(one.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_uint_eq(booking_of(&one.id).flags, ROTA_BOOKING_MOVABLE);
    rota_receipt two = placed("2031-03-10T08:30Z", "2031-03-10T18:00Z", HOUR);
    ck_assert_int_eq(two.when.start, t("2031-03-10T10:30Z"));
}
END_TEST

START_TEST(nothing_is_placed_before_now)
{
    fx_clock(&f, "2031-03-10T11:50Z");
    ck_assert_int_eq(placed("2031-03-09T08:00Z", "2031-03-11T18:00Z", HOUR).when.start,
                     t("2031-03-10T12:00Z"));
}
END_TEST

START_TEST(it_lies_as_a_whole_between_the_times_of_day) /* C-28, CX-9 */
{
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-20T00:00Z", 3 * HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    p.from = 8 * HOUR;
    p.until = 17 * HOUR;
    fx_book(&f, boss, "2031-03-10T08:00Z", "2031-03-10T15:00Z");
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T08:00Z"));
    p.duration = 16 * HOUR;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_ECONFLICT);
}
END_TEST

START_TEST(a_night_is_a_time_of_day_too)
{
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-20T00:00Z", 3 * HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    p.from = 22 * HOUR;
    p.until = 6 * HOUR;
    p.days = ROTA_TUESDAY;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T22:00Z"));
}
END_TEST

START_TEST(days_and_clock_are_those_of_the_zone)
{
    rota_placement p = within("2031-03-10T08:00Z", "2031-04-20T00:00Z", HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    p.from = 9 * HOUR;
    p.until = 10 * HOUR;
    p.days = ROTA_MONDAY;
    p.zone = "America/New_York";
    p.step = HOUR;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-10T13:00Z")); /* it is summer there */
}
END_TEST

START_TEST(where_there_is_no_place_it_is_told_by_error_and_event) /* C-09, C-25 */
{
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T10:30Z", HOUR);
    rota_result *rows = NULL;
    rota_conflict c = ROTA_INIT(rota_conflict);
    rota_id other = fx_book(&f, boss, "2031-03-10T09:15Z", "2031-03-10T09:45Z");
    int64_t before = last_seq();
    ck_status(&f, place(&p, "Report", NULL), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"Report\" has no place"));
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_conflict_at(rows, 0, &c), ROTA_OK);
    ck_assert_mem_eq(&c.booking, &other, sizeof other);
    rota_result_free(rows);
    ck_assert_int_eq(last_seq(), before + 1);
    char *told = last_event(ROTA_EVENT_BOOKING_UNPLACED);
    ck_assert_msg(strstr(told, "\"title\":\"Report\"") && strstr(told, "\"length\":3600") &&
                      strstr(told, "\"from\":\"2031-03-10T09:00:00Z\""),
                  "%s", told);
    free(told);
    rota_call dry = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    dry.flags = ROTA_CALL_DRY_RUN;
    q.placement = &p;
    q.claims = &claim;
    q.claim_count = 1;
    ck_status(&f, rota_booking_create(f.r, &dry, &q, NULL), ROTA_ECONFLICT);
    ck_assert_int_eq(last_seq(), before + 1); /* a dry run tells nobody */
}
END_TEST

START_TEST(a_window_that_is_over_has_no_place)
{
    rota_placement p = within("2031-03-09T09:00Z", "2031-03-09T18:00Z", HOUR);
    rota_result *rows = NULL;
    ck_status(&f, place(&p, "late", NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_hold_can_be_placed)
{
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.placement = &p;
    q.claims = &claim;
    q.claim_count = 1;
    q.hold_secs = 60;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.hold_expires, f.now + 60);
    fx_clock(&f, "2031-03-10T08:05Z"); /* lapsed: its time is taken, and it ends */
    ck_assert_int_eq(placed("2031-03-10T08:00Z", "2031-03-10T18:00Z", HOUR).when.start,
                     t("2031-03-10T08:15Z"));
    ck_assert_int_eq(fx_status(&f, receipt.id), ROTA_BOOKING_EXPIRED);
}
END_TEST

START_TEST(many_at_once_are_placed_after_each_other)
{
    enum { MANY = 3 };
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-10T10:00Z", HOUR);
    rota_booking_request q[MANY];
    rota_receipt receipts[MANY];
    int32_t answers[MANY];
    for (int i = 0; i < MANY; i++) {
        q[i] = (rota_booking_request)ROTA_INIT(rota_booking_request);
        receipts[i] = (rota_receipt)ROTA_INIT(rota_receipt);
        q[i].placement = &p;
        q[i].claims = &claim;
        q[i].claim_count = 1;
    }
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, MANY, answers, receipts), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_OK);
    ck_assert_int_eq(answers[2], ROTA_ECONFLICT);
    ck_assert_int_eq(receipts[1].when.start, t("2031-03-10T09:00Z"));
}
END_TEST

/* --- displacement --- */

START_TEST(what_is_fixed_displaces_what_was_placed) /* C-03, CX-4 */
{
    fx_clock(&f, "2031-03-10T07:00Z");
    rota_receipt one = placed("2031-03-10T08:00Z", "2031-03-10T18:00Z", HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_displacement row = ROTA_INIT(rota_displacement);
    rota_result *rows = NULL;
    int64_t before = last_seq();
    ck_status(&f, displace(NULL, "2031-03-10T08:30Z", "2031-03-10T10:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.moved, 1);
    ck_assert_int_eq(receipt.cancelled, 0);
    ck_status(&f, rota_displacement_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_displacement_at(rows, 0, &row), ROTA_OK);
    ck_assert_int_eq(rota_displacement_at(rows, 1, &row), ROTA_EINVALID);
    rota_result_free(rows);
    ck_assert_mem_eq(&row.booking, &one.id, sizeof one.id);
    ck_assert_int_eq(row.from.start, t("2031-03-10T08:00Z"));
    ck_assert_int_eq(row.to.start, t("2031-03-10T10:00Z"));
    ck_assert_int_eq(row.version, 2);
    ck_starts(&one.id, "2031-03-10T10:00Z");
    ck_assert_int_eq(last_seq(), before + 2); /* one moved, one created */
}
END_TEST

START_TEST(a_booking_that_is_fixed_stays)
{
    rota_id other = fx_book(&f, boss, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_receipt one = placed("2031-03-10T10:00Z", "2031-03-10T18:00Z", HOUR);
    ck_status(&f, displace(NULL, "2031-03-10T09:30Z", "2031-03-10T10:30Z", NULL), ROTA_ECONFLICT);
    ck_starts(&other, "2031-03-10T09:00Z");
    ck_starts(&one.id, "2031-03-10T10:00Z");
    ck_assert_int_eq(count_displaced(), 0);
}
END_TEST

START_TEST(who_cannot_be_placed_again_keeps_his_time_and_is_named)
{
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T10:00Z", HOUR);
    ck_status(&f, displace(NULL, "2031-03-10T09:30Z", "2031-03-10T10:30Z", NULL), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "no other place for booking \"auto\""));
    ck_starts(&one.id, "2031-03-10T09:00Z");
    char *told = last_event(ROTA_EVENT_BOOKING_UNPLACED), id[37];
    rota_id_format(&one.id, id);
    ck_assert_msg(strstr(told, id) != NULL, "%s", told);
    free(told);
}
END_TEST

START_TEST(they_are_placed_again_by_priority_and_start)
{
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-10T14:00Z", HOUR);
    rota_receipt low = ROTA_INIT(rota_receipt), high = ROTA_INIT(rota_receipt);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.placement = &p;
    q.claims = &claim;
    q.claim_count = 1;
    fx_clock(&f, "2031-03-10T07:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &low), ROTA_OK);
    q.priority = 1;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &high), ROTA_OK);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, displace(NULL, "2031-03-10T08:00Z", "2031-03-10T10:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.moved, 2);
    ck_starts(&high.id, "2031-03-10T10:00Z");
    ck_starts(&low.id, "2031-03-10T11:00Z");
}
END_TEST

START_TEST(of_several_units_no_more_move_than_have_to)
{
    rota_id pool = fx_room(&f, "Pool", 2);
    claim.resource = pool;
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_receipt two = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    ck_starts(&two.id, "2031-03-10T09:00Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.moved, 1);
    ck_starts(&one.id, "2031-03-10T09:00Z");
    ck_starts(&two.id, "2031-03-10T10:00Z");
}
END_TEST

START_TEST(what_has_begun_or_is_checked_in_stays)
{
    rota_receipt one = placed("2031-03-10T08:00Z", "2031-03-10T18:00Z", HOUR);
    fx_clock(&f, "2031-03-10T08:10Z");
    ck_status(&f, displace(NULL, "2031-03-10T08:30Z", "2031-03-10T09:00Z", NULL), ROTA_ECONFLICT);
    rota_receipt two = placed("2031-03-10T08:00Z", "2031-03-10T18:00Z", HOUR);
    ck_status(&f, rota_booking_check_in(f.r, NULL, &two.id, NULL), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-03-10T09:30Z", "2031-03-10T09:45Z", NULL), ROTA_ECONFLICT);
    ck_starts(&one.id, "2031-03-10T08:00Z");
    ck_starts(&two.id, "2031-03-10T09:00Z");
}
END_TEST

START_TEST(who_gives_a_time_means_it)
{
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-10T12:00Z");
    q.flags = ROTA_BOOKING_MOVABLE;
    ck_status(&f, rota_booking_move(f.r, NULL, &one.id, &q, NULL), ROTA_OK);
    ck_assert_uint_eq(booking_of(&one.id).flags, ROTA_BOOKING_MOVABLE);
    q.flags = 0;
    q.when.start = t("2031-03-10T12:30Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &one.id, &q, NULL), ROTA_OK);
    ck_assert_uint_eq(booking_of(&one.id).flags, 0);
    ck_status(&f, displace(NULL, "2031-03-10T13:00Z", "2031-03-10T14:00Z", NULL), ROTA_ECONFLICT);
    q.set = ROTA_BOOKING_SET_WHEN; /* where it is, and movable from now on */
    q.when = (rota_span){ t("2031-03-10T12:30Z"), t("2031-03-10T13:30Z") };
    q.flags = ROTA_BOOKING_MOVABLE;
    ck_status(&f, rota_booking_move(f.r, NULL, &one.id, &q, NULL), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-03-10T13:00Z", "2031-03-10T14:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T14:00Z");
}
END_TEST

START_TEST(who_gives_no_time_leaves_it_movable_or_not)
{
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_id fixed = fx_book(&f, boss, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.claims = &claim;
    q.claim_count = 1;
    for (uint32_t set = ROTA_BOOKING_SET_CLAIMS; set <= ROTA_BOOKING_SET_PRIORITY; set *= 2) {
        q.set = set;
        ck_status(&f, rota_booking_move(f.r, NULL, &one.id, &q, NULL), ROTA_OK);
        ck_assert_uint_eq(booking_of(&one.id).flags, ROTA_BOOKING_MOVABLE);
        q.flags = ROTA_BOOKING_MOVABLE;
        ck_status(&f, rota_booking_move(f.r, NULL, &one.id, &q, NULL), ROTA_EINVALID);
        ck_assert_str_eq(rota_errmsg(f.r),
                         "flags: only a move that sets a time makes a booking movable");
        ck_status(&f, rota_booking_move(f.r, NULL, &fixed, &q, NULL), ROTA_EINVALID);
        q.flags = 0;
        ck_status(&f, rota_booking_move(f.r, NULL, &fixed, &q, NULL), ROTA_OK);
        ck_assert_uint_eq(booking_of(&fixed).flags, 0);
    }
    q.set = ROTA_BOOKING_SET_LENGTH; /* a length is a time */
    q.when = (rota_span){ t("2031-03-10T12:00Z"), t("2031-03-10T12:30Z") };
    q.flags = ROTA_BOOKING_MOVABLE;
    ck_status(&f, rota_booking_move(f.r, NULL, &fixed, &q, NULL), ROTA_OK);
    ck_assert_uint_eq(booking_of(&fixed).flags, ROTA_BOOKING_MOVABLE);
}
END_TEST

START_TEST(a_move_displaces_too)
{
    rota_id fixed = fx_book(&f, boss, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-10T09:30Z");
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    ck_status(&f, rota_booking_move(f.r, NULL, &fixed, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.moved, 1);
    ck_starts(&one.id, "2031-03-10T10:30Z"); /* 12:00 would do as well: it is free again */
}
END_TEST

START_TEST(a_lapsed_hold_ends_where_one_is_placed_again)
{
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_id hold = fx_hold(&f, boss, "2031-03-10T10:00Z", "2031-03-10T11:00Z", 60);
    fx_clock(&f, "2031-03-10T08:30Z");
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T10:00Z");
    rota_result *rows = NULL; /* written, and not only seen so */
    rota_event e = ROTA_INIT(rota_event);
    bool expired = false;
    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        ck_assert_int_eq(rota_event_at(rows, i, &e), ROTA_OK);
        expired |= e.type == ROTA_EVENT_BOOKING_EXPIRED &&
                   memcmp(&e.subject, &hold, sizeof hold) == 0;
    }
    rota_result_free(rows);
    ck_assert(expired);
}
END_TEST

START_TEST(a_repeated_call_tells_the_same_moves) /* I5 */
{
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt first = ROTA_INIT(rota_receipt), again = ROTA_INIT(rota_receipt);
    rota_displacement row = ROTA_INIT(rota_displacement);
    rota_result *rows = NULL;
    call.key = "k";
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    ck_status(&f, displace(&call, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &first), ROTA_OK);
    ck_status(&f, displace(&call, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &again), ROTA_OK);
    ck_assert_int_eq(again.flags, ROTA_RECEIPT_REPLAYED);
    ck_assert_mem_eq(&again.id, &first.id, sizeof first.id);
    ck_assert_int_eq(again.moved, 1);
    ck_status(&f, rota_displacement_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_displacement_at(rows, 0, &row), ROTA_OK);
    rota_result_free(rows);
    ck_assert_mem_eq(&row.booking, &one.id, sizeof one.id);
    ck_assert_int_eq(row.to.start, t("2031-03-10T10:00Z"));
    ck_assert_int_eq(row.to.end, t("2031-03-10T11:00Z"));
}
END_TEST

START_TEST(the_handle_may_say_that_all_displace)
{
    fx_close(&f);
    f.config.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    fx_open(&f, ":memory:");
    boss = fx_room(&f, "Boss", 1);
    claim.resource = boss;
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    fx_book(&f, boss, "2031-03-10T09:30Z", "2031-03-10T10:00Z");
    ck_starts(&one.id, "2031-03-10T10:00Z");
    /* What is placed finds its own way, and displaces nobody. */
    rota_receipt two = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    ck_starts(&one.id, "2031-03-10T10:00Z");
    ck_starts(&two.id, "2031-03-10T11:00Z");
}
END_TEST

START_TEST(a_series_is_neither_placed_nor_movable)
{
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    daily.start = "2031-03-12T09:00:00";
    daily.zone = "UTC";
    daily.rule = "FREQ=DAILY;COUNT=3";
    daily.length = HOUR;
    q.recurrence = &daily;
    q.claims = &claim;
    q.claim_count = 1;
    q.placement = &p;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    q.placement = NULL;
    q.flags = ROTA_BOOKING_MOVABLE;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    q.flags = 0;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    q = (rota_booking_request)ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-12T10:00Z");
    q.flags = ROTA_BOOKING_MOVABLE;
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-12T09:00Z");
    ck_status(&f, rota_booking_move(f.r, &call, &receipt.id, &q, NULL), ROTA_EINVALID);
    q.flags = 0;
    ck_status(&f, rota_booking_move(f.r, &call, &receipt.id, &q, NULL), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-03-12T10:00Z", "2031-03-12T11:00Z", NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(an_occurrence_displaces_what_is_movable)
{
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt), again = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    daily.start = "2031-03-12T09:00:00";
    daily.zone = "UTC";
    daily.rule = "FREQ=DAILY;COUNT=3";
    daily.length = HOUR;
    q.recurrence = &daily;
    q.claims = &claim;
    q.claim_count = 1;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    rota_receipt one = placed("2031-03-12T11:00Z", "2031-03-12T18:00Z", HOUR);
    q = (rota_booking_request)ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-12T10:30Z");
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-12T09:00Z");
    call.key = "k";
    ck_status(&f, rota_booking_move(f.r, &call, &receipt.id, &q, &again), ROTA_OK);
    ck_assert_int_eq(again.moved, 1);
    ck_starts(&one.id, "2031-03-12T11:30Z");
    ck_status(&f, rota_booking_move(f.r, &call, &receipt.id, &q, &again), ROTA_OK);
    ck_assert_int_eq(again.flags, ROTA_RECEIPT_REPLAYED);
    ck_assert_int_eq(again.moved, 1);
    ck_assert_int_eq(again.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(again.occurrence, t("2031-03-12T09:00Z"));
}
END_TEST

START_TEST(a_placement_survives_the_end_of_the_program)
{
    char path[512];
    rota_placement p = within("2031-03-10T08:00Z", "2031-03-20T00:00Z", HOUR);
    rota_receipt one = ROTA_INIT(rota_receipt);
    fx_close(&f);
    fx_path(&f, "placed.rota", path, sizeof path);
    fx_open(&f, path);
    boss = fx_room(&f, "Boss", 1);
    claim.resource = boss;
    p.from = 9 * HOUR;
    p.until = 11 * HOUR;
    p.zone = "Europe/Berlin";
    ck_status(&f, place(&p, "auto", &one), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T08:00Z");
    fx_close(&f);
    fx_clock(&f, "2031-03-10T07:00Z");
    fx_open(&f, path);
    ck_status(&f, displace(NULL, "2031-03-10T08:30Z", "2031-03-10T10:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-11T08:00Z");
}
END_TEST

/* --- blocks --- */

static int block(int32_t kind, int32_t priority, int32_t on_conflict, const char *from,
                 const char *until, rota_receipt *receipt)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = (rota_span){ t(from), t(until) };
    q.claims = &claim;
    q.claim_count = 1;
    q.kind = kind;
    q.priority = priority;
    q.on_conflict = on_conflict;
    return rota_booking_create(f.r, NULL, &q, receipt);
}

static int block_over(const char *from, const char *until, rota_receipt *receipt)
{
    return block(ROTA_KIND_MAINTENANCE, 0, ROTA_ON_CONFLICT_OVERRIDE, from, until, receipt);
}

static rota_id book_first(int32_t priority, const char *from, const char *until)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, block(ROTA_KIND_BOOKING, priority, 0, from, until, &receipt), ROTA_OK);
    return receipt.id;
}

static rota_id book_daily(const char *start, int32_t hold_secs)
{
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    daily.start = start;
    daily.zone = "UTC";
    daily.rule = "FREQ=DAILY;COUNT=5";
    daily.length = HOUR;
    q.title = "Course";
    q.recurrence = &daily;
    q.claims = &claim;
    q.claim_count = 1;
    q.priority = 5;
    q.hold_secs = hold_secs;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

static int32_t occurrence_status(const rota_id *id, const char *original)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    ck_status(&f, rota_occurrence_get(f.r, id, t(original), &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    rota_result_free(rows);
    return b.status;
}

START_TEST(a_block_is_refused_or_cancels_whatever_its_priority) /* D-34, DX-5 */
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_id other = book_first(100, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 0, 0, "2031-03-10T09:00Z", "2031-03-10T12:00Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, block_over("2031-03-10T09:00Z", "2031-03-10T12:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 1);
    ck_assert_int_eq(fx_status(&f, other), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(booking_of(&receipt.id).kind, ROTA_KIND_MAINTENANCE);
    ck_status(&f, fx_try(&f, boss, "2031-03-10T11:00Z", "2031-03-10T11:30Z", NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(no_booking_cancels_a_block_and_a_block_only_a_lower_one)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f,
              block(ROTA_KIND_ABSENCE, 0, 0, "2031-03-10T09:00Z", "2031-03-10T12:00Z", &receipt),
              ROTA_OK);
    ck_status(&f,
              block(ROTA_KIND_BOOKING, 9, ROTA_ON_CONFLICT_OVERRIDE, "2031-03-10T09:00Z",
                    "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, block_over("2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL), ROTA_ECONFLICT);
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 1, ROTA_ON_CONFLICT_OVERRIDE, "2031-03-10T09:00Z",
                    "2031-03-10T10:00Z", NULL),
              ROTA_OK);
    ck_assert_int_eq(fx_status(&f, receipt.id), ROTA_BOOKING_CANCELLED);
}
END_TEST

START_TEST(a_block_cancels_the_occurrences_in_its_way_and_no_others)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    rota_id id = book_daily("2031-03-11T09:00:00", 0), other = book_daily("2031-03-11T11:00:00", 0);
    call.scope = ROTA_SCOPE_THIS; /* one that has a row of its own already */
    call.occurrence = t("2031-03-13T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-13T14:00Z");
    ck_status(&f, rota_booking_move(f.r, &call, &id, &move, NULL), ROTA_OK);
    int64_t before = last_seq();
    ck_status(&f, block_over("2031-03-12T08:00Z", "2031-03-13T15:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 4);
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_NOT);
    ck_assert_int_eq(receipt.when.start, t("2031-03-12T08:00Z"));
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 4);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    ck_assert_int_eq(b.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_mem_eq(&b.id, &id, sizeof id);
    ck_assert_int_eq(b.occurrence, t("2031-03-12T09:00Z"));
    ck_assert_str_eq(b.title, "Course");
    rota_result_free(rows);
    ck_assert_int_eq(last_seq(), before + 5);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-11T09:00Z"), ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-12T09:00Z"), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-13T09:00Z"), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(occurrence_status(&other, "2031-03-13T11:00Z"), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-14T09:00Z"), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(a_dry_run_lists_the_occurrences_that_a_block_would_cancel)
{
    rota_call dry = ROTA_INIT(rota_call), part = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request), move = q;
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    rota_id id = book_daily("2031-03-11T09:00:00", 0);
    rota_id once = book_first(0, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    part.scope = ROTA_SCOPE_THIS; /* one that has a row of its own already */
    part.occurrence = t("2031-03-13T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-12T08:00Z");
    ck_status(&f, rota_booking_move(f.r, &part, &id, &move, NULL), ROTA_OK);
    const char *const expected[] = { "2031-03-12T08:00Z", "2031-03-12T09:00Z", "2031-03-12T10:00Z",
                                     "2031-03-14T09:00Z" };
    dry.flags = ROTA_CALL_DRY_RUN;
    q.when = (rota_span){ t("2031-03-12T08:00Z"), t("2031-03-15T09:00Z") };
    q.claims = &claim;
    q.claim_count = 1;
    q.kind = ROTA_KIND_MAINTENANCE;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_status(&f, rota_booking_create(f.r, &dry, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 4);
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
        ck_assert_int_eq(b.when.start, t(expected[i]));
        ck_assert_mem_eq(&b.id, i == 2 ? &once : &id, sizeof b.id);
        ck_assert_int_eq(b.occurrence, i == 2 ? 0 : i == 0 ? t("2031-03-13T09:00Z") : b.when.start);
        ck_assert_int_eq(b.status, ROTA_BOOKING_CONFIRMED);
    }
    rota_result_free(rows);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-12T09:00Z"), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(a_block_cancels_what_was_restored_of_a_cancelled_series)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call part = ROTA_INIT(rota_call);
    rota_id id = book_daily("2031-03-11T09:00:00", 0);
    part.scope = ROTA_SCOPE_THIS;
    part.occurrence = t("2031-03-12T09:00Z");
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, rota_booking_restore(f.r, &part, &id, NULL), ROTA_OK);
    ck_status(&f, block_over("2031-03-12T08:00Z", "2031-03-13T15:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 1);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-12T09:00Z"), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(fx_status(&f, id), ROTA_BOOKING_CANCELLED);
}
END_TEST

START_TEST(a_series_that_is_held_is_not_cancelled_in_part)
{
    rota_id id = book_daily("2031-03-11T09:00:00", 7200);
    ck_status(&f, block_over("2031-03-12T08:00Z", "2031-03-12T15:00Z", NULL), ROTA_ECONFLICT);
    ck_assert_int_eq(fx_status(&f, id), ROTA_BOOKING_HELD);
}
END_TEST

START_TEST(no_booking_overrides_an_occurrence)
{
    rota_id id = book_daily("2031-03-11T09:00:00", 0);
    ck_status(&f,
              block(ROTA_KIND_BOOKING, 9, ROTA_ON_CONFLICT_OVERRIDE, "2031-03-12T09:00Z",
                    "2031-03-12T10:00Z", NULL),
              ROTA_ECONFLICT);
    ck_assert_int_eq(occurrence_status(&id, "2031-03-12T09:00Z"), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(a_block_moves_what_has_not_begun_movable_or_not)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_id other = book_first(0, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 0, ROTA_ON_CONFLICT_DISPLACE, "2031-03-10T08:30Z",
                    "2031-03-10T12:00Z", &receipt),
              ROTA_OK);
    ck_assert_int_eq(receipt.moved, 1);
    ck_starts(&other, "2031-03-10T12:00Z");
    ck_assert_uint_eq(booking_of(&other).flags, 0); /* it is no more movable than before */
    ck_status(&f,
              block(ROTA_KIND_ABSENCE, 0, ROTA_ON_CONFLICT_DISPLACE, "2031-03-10T08:30Z",
                    "2031-03-10T09:00Z", NULL),
              ROTA_ECONFLICT); /* no block moves another that is not movable */
}
END_TEST

START_TEST(a_block_that_is_movable_gives_way_to_a_block_and_to_a_booking)
{
    const rota_hours_rule rule = { .kind = ROTA_HOURS_DATES, .start = 9 * HOUR, .end = 13 * HOUR };
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-20T00:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt), other = receipt;
    rota_id said, placed_one;
    ck_status(&f, rota_hours_put(f.r, NULL, &boss, &rule, 1, NULL), ROTA_OK);
    q.kind = ROTA_KIND_MAINTENANCE;
    q.priority = 9;
    q.claims = &claim;
    q.claim_count = 1;
    q.placement = &p;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    placed_one = receipt.id;
    q.placement = NULL;
    q.flags = ROTA_BOOKING_MOVABLE;
    q.when = (rota_span){ t("2031-03-10T10:00Z"), t("2031-03-10T11:00Z") };
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    said = receipt.id;
    ck_status(&f,
              block(ROTA_KIND_BOOKING, 10, ROTA_ON_CONFLICT_OVERRIDE, "2031-03-10T09:00Z",
                    "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT); /* it is moved, and not cancelled */
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 0, ROTA_ON_CONFLICT_DISPLACE, "2031-03-10T08:00Z",
                    "2031-03-10T11:00Z", &other),
              ROTA_OK);
    ck_assert_int_eq(other.moved, 2);
    ck_starts(&placed_one, "2031-03-10T11:00Z");
    ck_starts(&said, "2031-03-10T12:00Z");
    ck_status(&f, displace(NULL, "2031-03-10T11:00Z", "2031-03-10T12:30Z", &other), ROTA_OK);
    ck_assert_int_eq(other.moved, 2);
    ck_starts(&placed_one, "2031-03-11T09:00Z"); /* none is put outside of hours */
    ck_starts(&said, "2031-03-11T10:00Z");
    q.set = ROTA_BOOKING_SET_START;
    q.kind = ROTA_KIND_BOOKING;
    q.flags = 0;
    q.when.start = t("2031-03-11T11:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &said, &q, NULL), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-03-11T11:00Z", "2031-03-11T12:00Z", NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(a_block_moves_the_occurrences_in_its_way_and_no_others)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_displacement row = ROTA_INIT(rota_displacement);
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;
    rota_id id = book_daily("2031-03-11T09:00:00", 0);
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 0, ROTA_ON_CONFLICT_DISPLACE, "2031-03-12T08:00Z",
                    "2031-03-13T09:30Z", &receipt),
              ROTA_OK);
    ck_assert_int_eq(receipt.moved, 2);
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_NOT);
    ck_status(&f, rota_displacement_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_displacement_at(rows, 1, &row), ROTA_OK);
    rota_result_free(rows);
    ck_assert_mem_eq(&row.booking, &id, sizeof id);
    ck_assert_int_eq(row.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(row.occurrence, t("2031-03-13T09:00Z"));
    ck_assert_int_eq(row.from.start, t("2031-03-13T09:00Z"));
    ck_assert_int_eq(row.to.start, t("2031-03-13T10:30Z"));
    ck_assert_int_eq(row.version, booking_of(&id).version);
    ck_status(&f, rota_occurrence_get(f.r, &id, row.occurrence, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    ck_assert_int_eq(b.when.start, row.to.start);
    rota_result_free(rows);
    ck_status(&f, rota_occurrence_get(f.r, &id, t("2031-03-11T09:00Z"), &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    ck_assert_int_eq(b.when.start, t("2031-03-11T09:00Z"));
    rota_result_free(rows);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(a_key_remembers_which_occurrences_moved) /* D-05 */
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_id id = book_daily("2031-03-11T09:00:00", 0);
    call.key = "k";
    q.kind = ROTA_KIND_MAINTENANCE;
    q.when = (rota_span){ t("2031-03-12T08:00Z"), t("2031-03-12T09:30Z") };
    q.claims = &claim;
    q.claim_count = 1;
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    for (int i = 0; i < 2; i++) {
        rota_displacement row = ROTA_INIT(rota_displacement);
        rota_result *rows = NULL;
        ck_status(&f, rota_booking_create(f.r, &call, &q, NULL), ROTA_OK);
        ck_status(&f, rota_displacement_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_displacement_at(rows, 0, &row), ROTA_OK);
        ck_assert_mem_eq(&row.booking, &id, sizeof id);
        ck_assert_int_eq(row.recurs, ROTA_RECURS_OCCURRENCE);
        ck_assert_int_eq(row.occurrence, t("2031-03-12T09:00Z"));
        ck_assert_int_eq(row.to.start, t("2031-03-12T09:30Z"));
        rota_result_free(rows);
    }
}
END_TEST

START_TEST(a_block_moves_nothing_that_takes_whole_days)
{
    rota_recurrence daily = ROTA_INIT(rota_recurrence);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    daily.start = "2031-03-11";
    daily.zone = "UTC";
    daily.rule = "FREQ=WEEKLY;COUNT=2";
    daily.length = 1;
    q.recurrence = &daily;
    q.claims = &claim;
    q.claim_count = 1;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    ck_status(&f,
              block(ROTA_KIND_MAINTENANCE, 0, ROTA_ON_CONFLICT_DISPLACE, "2031-03-11T08:00Z",
                    "2031-03-11T09:00Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, block_over("2031-03-11T08:00Z", "2031-03-11T09:00Z", NULL), ROTA_OK);
}
END_TEST

START_TEST(a_block_needs_no_hours)
{
    const rota_hours_rule rule = {
        .kind = ROTA_HOURS_WEEKLY, .days = ROTA_MONDAY, .start = 9 * HOUR, .end = 17 * HOUR
    };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    ck_status(&f, rota_hours_put(f.r, NULL, &boss, &rule, 1, NULL), ROTA_OK);
    ck_status(&f, fx_try(&f, boss, "2031-03-11T09:00Z", "2031-03-12T09:00Z", NULL), ROTA_EPOLICY);
    ck_status(&f,
              block(ROTA_KIND_ABSENCE, 0, 0, "2031-03-11T09:00Z", "2031-03-12T09:00Z", &receipt),
              ROTA_OK);
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-12T09:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &receipt.id, &move, NULL), ROTA_OK);
    move.kind = ROTA_KIND_MAINTENANCE;
    ck_status(&f, rota_booking_move(f.r, NULL, &receipt.id, &move, NULL), ROTA_EINVALID);
}
END_TEST

START_TEST(a_block_that_only_reports_is_a_dry_run)
{
    rota_call dry = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows = NULL;
    rota_id other = book_first(0, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    int64_t before = last_seq();
    dry.flags = ROTA_CALL_DRY_RUN;
    q.when = (rota_span){ t("2031-03-10T09:00Z"), t("2031-03-11T09:00Z") };
    q.claims = &claim;
    q.claim_count = 1;
    q.kind = ROTA_KIND_MAINTENANCE;
    ck_status(&f, rota_booking_create(f.r, &dry, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_status(&f, rota_booking_create(f.r, &dry, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 1);
    ck_assert_int_eq(fx_status(&f, other), ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(last_seq(), before);
}
END_TEST

START_TEST(a_call_is_repeated_where_its_resource_is_gone)
{
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt), again = ROTA_INIT(rota_receipt);
    rota_call keys[2] = { ROTA_INIT(rota_call), ROTA_INIT(rota_call) };
    q.claims = &claim;
    q.claim_count = 1;
    keys[0].key = "placed";
    keys[1].key = "movable";
    for (int i = 0; i < 2; i++) {
        q.placement = i == 0 ? &p : NULL;
        q.flags = i == 0 ? 0 : ROTA_BOOKING_MOVABLE;
        if (i == 1) q.when = (rota_span){ t("2031-03-10T12:00Z"), t("2031-03-10T13:00Z") };
        ck_status(&f, rota_booking_create(f.r, &keys[i], &q, &receipt), ROTA_OK);
        ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    }
    ck_status(&f, rota_resource_remove(f.r, NULL, &boss, NULL), ROTA_OK);
    ck_status(&f, rota_booking_create(f.r, &keys[1], &q, &again), ROTA_OK);
    ck_assert_mem_eq(&again.id, &receipt.id, sizeof again.id);
    ck_assert_uint_eq(again.flags, ROTA_RECEIPT_REPLAYED);
    q.placement = &p;
    q.flags = 0;
    q.when = (rota_span){ 0, 0 };
    ck_status(&f, rota_booking_create(f.r, &keys[0], &q, &again), ROTA_OK);
    ck_assert_uint_eq(again.flags, ROTA_RECEIPT_REPLAYED);
    keys[0].key = "another";
    ck_status(&f, rota_booking_create(f.r, &keys[0], &q, &again), ROTA_ENOTFOUND);
}
END_TEST

START_TEST(a_movable_booking_may_be_as_long_as_any)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.claims = &claim;
    q.claim_count = 1;
    q.flags = ROTA_BOOKING_MOVABLE;
    q.when = (rota_span){ t("2031-04-01T00:00Z"), t("2059-03-31T00:00Z") }; /* nearly 28 years */
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-04-01T00:00Z", "2031-04-01T12:00Z", NULL), ROTA_OK);
    ck_starts(&receipt.id, "2031-04-01T12:00Z");
    ck_status(&f, displace(NULL, "2031-04-01T12:00Z", "2031-05-01T00:00Z", NULL), ROTA_ECONFLICT);
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    rota_receipt all = placed("2031-06-10T08:00Z", "2031-06-10T18:00Z", HOUR);
    fx_clock(&f, "2031-07-10T08:00Z");
    q.when.start = t("2031-08-01T00:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &all.id, &q, NULL), ROTA_OK);
    ck_assert_uint_eq(booking_of(&all.id).flags, ROTA_BOOKING_MOVABLE);
    q.set = 0;
    q.when.start = q.when.end - HOUR;
    claim.resource = fx_room(&f, "Blue", 1);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    q.when = (rota_span){ t("2031-08-01T00:00Z"), ROTA_TIME_MAX - HOUR };
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-08-01T00:00Z", "2031-08-01T12:00Z", NULL), ROTA_ECONFLICT);
    ck_starts(&receipt.id, "2031-08-01T00:00Z");
}
END_TEST

START_TEST(who_may_book_at_night_is_told_of_the_hours_that_nothing_is_placed_in)
{
    const rota_hours_rule closed = { .kind = ROTA_HOURS_EXCEPTION,
                                     .from_date = "2031-03-10",
                                     .closed = 1 };
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows = NULL;
    rota_violation v = ROTA_INIT(rota_violation);
    ck_status(&f, rota_hours_put(f.r, NULL, &boss, &closed, 1, NULL), ROTA_OK);
    call.flags = ROTA_CALL_OVERRIDE;
    q.placement = &p;
    q.claims = &claim;
    q.claim_count = 1;
    ck_status(&f, rota_booking_create(f.r, &call, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_violation_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_violation_at(rows, 0, &v), ROTA_OK);
    ck_assert_int_eq(v.when.start, t("2031-03-10T09:00Z"));
    rota_result_free(rows);
}
END_TEST

START_TEST(the_feed_tells_of_a_day_that_begins_at_noon)
{
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-20T18:00Z", HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    p.from = p.until = 12 * HOUR;
    p.days = ROTA_TUESDAY;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T12:00Z"));
    char *told = last_event(ROTA_EVENT_BOOKING_CREATED);
    ck_assert_msg(strstr(told, "\"days\":[\"TU\"],\"start\":\"12:00\",\"end\":\"12:00\"") != NULL,
                  "%s", told);
    free(told);
}
END_TEST

START_TEST(who_claims_what_is_not_active_has_no_other_place)
{
    rota_claim both[2] = { claim, { .resource = fx_room(&f, "Blue", 1), .units = 1 } };
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_resource_request off = ROTA_INIT(rota_resource_request);
    rota_receipt one = ROTA_INIT(rota_receipt);
    q.placement = &p;
    q.claims = both;
    q.claim_count = 2;
    q.title = "auto";
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &one), ROTA_OK);
    off.set = ROTA_RESOURCE_SET_ACTIVE;
    off.active = 0;
    ck_status(&f, rota_resource_update(f.r, NULL, &both[1].resource, &off, NULL), ROTA_OK);
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "no other place for booking \"auto\""));
    ck_starts(&one.id, "2031-03-10T09:00Z");
    free(last_event(ROTA_EVENT_BOOKING_UNPLACED));
}
END_TEST

START_TEST(the_more_give_way_the_memory_is_that_of_one)
{
    enum { MANY = 64, MEGABYTE = 1000000 };
    rota_placement p = within("2031-03-11T00:00Z", "2058-03-11T00:00Z", HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt), last = ROTA_INIT(rota_receipt);
    p.from = 8 * HOUR;
    p.until = 9 * HOUR;
    for (int i = 0; i < MANY; i++)
        ck_status(&f, place(&p, "auto", &last), ROTA_OK);
    f.most_bytes = f.live_bytes;
    int64_t before = f.live_bytes;
    ck_status(&f, displace(NULL, "2031-03-11T00:00Z", "2031-05-14T00:00Z", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.moved, MANY);
    ck_starts(&last.id, "2031-07-16T08:00Z");
    ck_assert_int_lt(f.most_bytes - before, 2 * MEGABYTE);
}
END_TEST

START_TEST(no_start_is_lost_where_one_stretch_of_a_window_meets_the_next)
{
    static const char *const mondays[] = { "2031-03-10", "2031-03-17", "2031-03-24", "2031-03-31" };
    rota_placement p = within("2031-03-10T08:00Z", "2031-06-10T08:00Z", 2 * HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    for (int i = 0; i < 4; i++) {
        char from[32], until[32];
        snprintf(from, sizeof from, "%sT06:00Z", mondays[i]);
        snprintf(until, sizeof until, "%sT12:00Z", mondays[i]);
        fx_book(&f, boss, from, until);
    }
    p.days = ROTA_MONDAY;
    p.from = 8 * HOUR; /* at this time of day the first stretch ends, after four weeks */
    p.until = 10 * HOUR;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-04-07T08:00Z"));
    ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    p.from = 7 * HOUR;
    p.until = 9 * HOUR;
    ck_status(&f, place(&p, "auto", &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-04-07T07:00Z"));
}
END_TEST

START_TEST(what_begins_at_this_moment_has_begun)
{
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    fx_clock(&f, "2031-03-10T09:00Z");
    ck_status(&f, displace(NULL, "2031-03-10T09:30Z", "2031-03-10T10:00Z", NULL), ROTA_ECONFLICT);
    fx_clock(&f, "2031-03-10T08:59Z");
    ck_status(&f, displace(NULL, "2031-03-10T09:30Z", "2031-03-10T10:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T10:00Z");
}
END_TEST

START_TEST(who_gives_way_may_go_to_what_the_others_have_left)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_id fixed = fx_book(&f, boss, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    rota_receipt first = placed("2031-03-10T09:00Z", "2031-03-10T12:00Z", HOUR);
    rota_receipt second = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    ck_starts(&second.id, "2031-03-10T10:00Z");
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when = (rota_span){ t("2031-03-10T08:30Z"), t("2031-03-10T10:30Z") };
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE;
    ck_status(&f, rota_booking_move(f.r, NULL, &fixed, &q, NULL), ROTA_OK);
    ck_starts(&first.id, "2031-03-10T10:30Z");
    ck_starts(&second.id, "2031-03-10T11:30Z");
}
END_TEST

START_TEST(those_placed_again_count_one_by_one)
{
    rota_receipt row[3];
    claim.resource = fx_room(&f, "Pool", 2);
    for (int i = 0; i < 3; i++)
        row[i] = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    claim.units = 2;
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T11:00Z", NULL), ROTA_OK);
    ck_starts(&row[0].id, "2031-03-10T11:00Z");
    ck_starts(&row[1].id, "2031-03-10T11:00Z");
    ck_starts(&row[2].id, "2031-03-10T12:00Z");
}
END_TEST

START_TEST(between_two_that_are_put_there_is_time_to_clean_up)
{
    rota_resource_request slow = ROTA_INIT(rota_resource_request);
    slow.set = ROTA_RESOURCE_SET_AFTER;
    slow.after = 900;
    ck_status(&f, rota_resource_update(f.r, NULL, &boss, &slow, NULL), ROTA_OK);
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T10:15Z");
}
END_TEST

START_TEST(who_leaves_a_group_is_free_while_it_is_still_taken)
{
    rota_member_request stay = ROTA_INIT(rota_member_request);
    stay.group = fx_resource(&f, "group", "Team", 1);
    stay.member = boss;
    stay.set = ROTA_MEMBER_SET_UNTIL;
    stay.until = t("2031-03-10T10:00Z");
    ck_status(&f, rota_member_add(f.r, NULL, &stay, NULL), ROTA_OK);
    rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    claim.resource = stay.group;
    ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T11:00Z", NULL), ROTA_OK);
    ck_starts(&one.id, "2031-03-10T10:00Z");
}
END_TEST

START_TEST(what_need_not_come_may_be_elsewhere)
{
    rota_claim both[2] = { claim, { .resource = fx_room(&f, "Blue", 1), .units = 1 } };
    rota_placement p = within("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt one = ROTA_INIT(rota_receipt);
    fx_book(&f, boss, "2031-03-10T09:00Z", "2031-03-10T09:05Z");
    fx_book(&f, both[1].resource, "2031-03-10T09:00Z", "2031-03-10T18:00Z");
    both[1].role = ROTA_ROLE_OPTIONAL;
    p.step = 20 * 60;
    q.placement = &p;
    q.claims = both;
    q.claim_count = 2;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &one), ROTA_OK);
    ck_assert_int_eq(one.when.start, t("2031-03-10T09:20Z"));
}
END_TEST

/* As lib/domain/placement.c writes it, but for what is asked. */
static void damage(const char *path, int version, int64_t length, const char *zone, bool sealed)
{
    const rota_time start = t("2031-03-10T09:00Z") - ROTA_TIME_MIN;
    sqlite3 *db;
    sqlite3_stmt *put;
    rota__mem mem;
    rota__arena arena;
    rota__str w;
    rota__error error;
    const void *bytes = NULL;
    int64_t size = 0;
    uint8_t own[64];
    rota__mem_init(&mem, NULL, NULL);
    rota__arena_init(&arena, &mem);
    rota__str_init(&w, &arena);
    rota__bytes_put(&w, (uint8_t)version);
    rota__bytes_put_number(&w, (uint64_t)start);
    rota__bytes_put_number(&w, (uint64_t)(start + length));
    rota__bytes_put_number(&w, 900);
    rota__bytes_put_number(&w, 127);
    rota__bytes_put_number(&w, 0);
    rota__bytes_put_number(&w, DAY);
    rota__bytes_put_text(&w, zone);
    ck_assert_int_eq(rota__bytes_done(&w, &error, &bytes, &size), ROTA_OK);
    ck_assert_int_le(size, (int64_t)sizeof own);
    memcpy(own, bytes, (size_t)size);
    own[size - 1] ^= !sealed;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, "UPDATE booking SET placement=?1", -1, &put, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(put, 1, own, (int)size, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(put), SQLITE_DONE);
    sqlite3_finalize(put);
    sqlite3_close(db);
    rota__arena_free(&arena);
}

START_TEST(a_placement_that_is_damaged_is_not_taken_for_one)
{
    static const struct {
        int version;
        int64_t length;
        const char *zone;
        bool sealed;
        int status;
    } cases[] = { { 1, 9 * HOUR, "UTC", true, ROTA_OK },
                  { 1, 9 * HOUR, "UTC", false, ROTA_ECORRUPT },
                  { 2, 9 * HOUR, "UTC", true, ROTA_ECORRUPT },
                  { 1, 0, "UTC", true, ROTA_ECORRUPT },
                  { 1, ROTA_MAX_WINDOW + 1, "UTC", true, ROTA_ECORRUPT },
                  { 1, 9 * HOUR, "U\xffTC", true, ROTA_ECORRUPT } };
    char path[512];
    fx_close(&f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "damaged-%zu.rota", i);
        fx_path(&f, name, path, sizeof path);
        fx_open(&f, path);
        claim.resource = fx_room(&f, "Boss", 1);
        rota_receipt one = placed("2031-03-10T09:00Z", "2031-03-10T18:00Z", HOUR);
        fx_close(&f);
        damage(path, cases[i].version, cases[i].length, cases[i].zone, cases[i].sealed);
        fx_open(&f, path);
        int64_t before = last_seq();
        ck_status(&f, displace(NULL, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
                  cases[i].status);
        if (cases[i].status != ROTA_OK) {
            ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "a stored placement is damaged"));
            ck_starts(&one.id, "2031-03-10T09:00Z");
            ck_assert_int_eq(last_seq(), before);
        }
        if (i + 1 < sizeof cases / sizeof cases[0]) fx_close(&f);
    }
}
END_TEST

Suite *place_suite(void)
{
    Suite *suite = suite_create("place");
    TCase *tc = tcase_create("place");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_first_start_that_is_free_is_taken);
    tcase_add_test(tc, nothing_is_placed_before_now);
    tcase_add_test(tc, it_lies_as_a_whole_between_the_times_of_day);
    tcase_add_test(tc, a_night_is_a_time_of_day_too);
    tcase_add_test(tc, days_and_clock_are_those_of_the_zone);
    tcase_add_test(tc, where_there_is_no_place_it_is_told_by_error_and_event);
    tcase_add_test(tc, a_window_that_is_over_has_no_place);
    tcase_add_test(tc, a_hold_can_be_placed);
    tcase_add_test(tc, many_at_once_are_placed_after_each_other);
    tcase_add_test(tc, what_is_fixed_displaces_what_was_placed);
    tcase_add_test(tc, a_booking_that_is_fixed_stays);
    tcase_add_test(tc, who_cannot_be_placed_again_keeps_his_time_and_is_named);
    tcase_add_test(tc, they_are_placed_again_by_priority_and_start);
    tcase_add_test(tc, of_several_units_no_more_move_than_have_to);
    tcase_add_test(tc, what_has_begun_or_is_checked_in_stays);
    tcase_add_test(tc, who_gives_a_time_means_it);
    tcase_add_test(tc, who_gives_no_time_leaves_it_movable_or_not);
    tcase_add_test(tc, a_move_displaces_too);
    tcase_add_test(tc, a_lapsed_hold_ends_where_one_is_placed_again);
    tcase_add_test(tc, a_repeated_call_tells_the_same_moves);
    tcase_add_test(tc, the_handle_may_say_that_all_displace);
    tcase_add_test(tc, a_series_is_neither_placed_nor_movable);
    tcase_add_test(tc, an_occurrence_displaces_what_is_movable);
    tcase_add_test(tc, a_placement_survives_the_end_of_the_program);
    tcase_add_test(tc, a_block_is_refused_or_cancels_whatever_its_priority);
    tcase_add_test(tc, no_booking_cancels_a_block_and_a_block_only_a_lower_one);
    tcase_add_test(tc, a_block_cancels_the_occurrences_in_its_way_and_no_others);
    tcase_add_test(tc, a_series_that_is_held_is_not_cancelled_in_part);
    tcase_add_test(tc, a_dry_run_lists_the_occurrences_that_a_block_would_cancel);
    tcase_add_test(tc, a_block_cancels_what_was_restored_of_a_cancelled_series);
    tcase_add_test(tc, no_booking_overrides_an_occurrence);
    tcase_add_test(tc, a_block_moves_what_has_not_begun_movable_or_not);
    tcase_add_test(tc, a_block_that_is_movable_gives_way_to_a_block_and_to_a_booking);
    tcase_add_test(tc, a_block_moves_the_occurrences_in_its_way_and_no_others);
    tcase_add_test(tc, a_key_remembers_which_occurrences_moved);
    tcase_add_test(tc, a_block_moves_nothing_that_takes_whole_days);
    tcase_add_test(tc, a_block_needs_no_hours);
    tcase_add_test(tc, a_block_that_only_reports_is_a_dry_run);
    tcase_add_test(tc, a_call_is_repeated_where_its_resource_is_gone);
    tcase_add_test(tc, a_movable_booking_may_be_as_long_as_any);
    tcase_add_test(tc, who_may_book_at_night_is_told_of_the_hours_that_nothing_is_placed_in);
    tcase_add_test(tc, the_feed_tells_of_a_day_that_begins_at_noon);
    tcase_add_test(tc, who_claims_what_is_not_active_has_no_other_place);
    tcase_add_test(tc, the_more_give_way_the_memory_is_that_of_one);
    tcase_add_test(tc, no_start_is_lost_where_one_stretch_of_a_window_meets_the_next);
    tcase_add_test(tc, what_begins_at_this_moment_has_begun);
    tcase_add_test(tc, who_gives_way_may_go_to_what_the_others_have_left);
    tcase_add_test(tc, those_placed_again_count_one_by_one);
    tcase_add_test(tc, between_two_that_are_put_there_is_time_to_clean_up);
    tcase_add_test(tc, who_leaves_a_group_is_free_while_it_is_still_taken);
    tcase_add_test(tc, what_need_not_come_may_be_elsewhere);
    tcase_add_test(tc, a_placement_that_is_damaged_is_not_taken_for_one);
    suite_add_tcase(suite, tc);
    return suite;
}
