/* Stored series through the calls that make and change them: what a whole series needs to
 * be free, what becomes of it with each scope, and that a refusal changes nothing. How
 * they are read is test_occurrence.c's, what never ends test_forever.c's. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "verbs.h"

enum { HOUR = 3600, DAY = 86400, WEEK = 7 * DAY };

static const char *const weekly = "FREQ=WEEKLY;COUNT=6";

static struct fx f;

static void setup(void)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-01T00:00Z");
}

/* Whatever a test did, nothing may be taken twice. */
static void teardown(void)
{
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&f);
}

/* --- making one --- */

static rota_claim units_of(rota_id resource, int32_t units)
{
    return (rota_claim){ .resource = resource, .units = units };
}

static rota_recurrence every_in(const char *zone, const char *start, const char *rule,
                                int64_t length)
{
    rota_recurrence r = ROTA_INIT(rota_recurrence);
    r.start = start;
    r.zone = zone;
    r.rule = rule;
    r.length = length;
    return r;
}

static rota_recurrence every(const char *start, const char *rule, int64_t length)
{
    return every_in("Europe/Berlin", start, rule, length);
}

static rota_booking_request request_of(const rota_claim *claims, int64_t count,
                                       const rota_recurrence *recurrence)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.claims = claims;
    q.claim_count = count;
    q.recurrence = recurrence;
    q.title = "Series";
    return q;
}

static int try_series(rota_id room, int32_t units, const rota_recurrence *recurrence,
                      uint32_t flags, rota_receipt *receipt)
{
    rota_claim claim = units_of(room, units);
    rota_booking_request q = request_of(&claim, 1, recurrence);
    rota_receipt own = ROTA_INIT(rota_receipt);
    q.flags = flags;
    int rc = rota_booking_create(f.r, NULL, &q, &own);
    if (receipt) *receipt = own;
    return rc;
}

static int try_every(rota_id room, const char *start, const char *rule, int64_t length)
{
    rota_recurrence r = every(start, rule, length);
    return try_series(room, 1, &r, 0, NULL);
}

static rota_id series(rota_id room, const char *start, const char *rule, int64_t length)
{
    rota_recurrence r = every(start, rule, length);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &r, 0, &receipt), ROTA_OK);
    return receipt.id;
}

static rota_receipt partial(rota_id room, const char *start, const char *rule, int64_t length)
{
    rota_recurrence r = every(start, rule, length);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, &receipt), ROTA_OK);
    return receipt;
}

/* --- calls on one --- */

static rota_call for_part(const char *occurrence, int32_t scope)
{
    rota_call call = ROTA_INIT(rota_call);
    call.scope = scope;
    call.occurrence = occurrence ? t(occurrence) : 0;
    return call;
}

static int move_as(const rota_call *call, rota_id id, const char *start, const char *end,
                   rota_receipt *receipt)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = end ? ROTA_BOOKING_SET_WHEN : ROTA_BOOKING_SET_START;
    q.when.start = t(start);
    q.when.end = end ? t(end) : 0;
    return rota_booking_move(f.r, call, &id, &q, receipt);
}

static int move(rota_id id, const char *occurrence, int32_t scope, const char *start)
{
    rota_call call = for_part(occurrence, scope);
    return move_as(&call, id, start, NULL, NULL);
}

static int move_to(rota_id id, const char *occurrence, int32_t scope, rota_id room)
{
    rota_call call = for_part(occurrence, scope);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, NULL);
    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.title = NULL;
    return rota_booking_move(f.r, &call, &id, &q, NULL);
}

static int cancel(rota_id id, const char *occurrence, int32_t scope)
{
    rota_call call = for_part(occurrence, scope);
    return rota_booking_cancel(f.r, &call, &id, NULL);
}

static int override(rota_id id, const char *occurrence, int32_t scope)
{
    rota_call call = for_part(occurrence, scope);
    call.flags = ROTA_CALL_OVERRIDE;
    return rota_booking_cancel(f.r, &call, &id, NULL);
}

static int restore(rota_id id, const char *occurrence)
{
    rota_call call = for_part(occurrence, ROTA_SCOPE_THIS);
    return rota_booking_restore(f.r, &call, &id, NULL);
}

/* --- what is there --- */

static rota_booking get(rota_id id)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows;
    ck_status(&f, rota_booking_get(f.r, &id, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    rota_result_free(rows);
    b.claims = NULL;
    b.title = NULL;
    b.recurrence = NULL;
    return b;
}

static rota_booking part_of(rota_id id, const char *occurrence)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows;
    ck_status(&f, rota_occurrence_get(f.r, &id, t(occurrence), &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    rota_result_free(rows);
    b.claims = NULL;
    b.title = NULL;
    return b;
}

#define ck_time(got, expected) ck_assert_int_eq(got, t(expected))

/* May an hour be booked from there on? */
static int check(rota_id room, const char *start)
{
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, NULL);
    q.when = (rota_span){ t(start), t(start) + HOUR };
    return rota_booking_check(f.r, &q);
}

#define ck_free(room, start) ck_status(&f, check(room, start), ROTA_OK)
#define ck_taken(room, start) ck_status(&f, check(room, start), ROTA_ECONFLICT)

static rota_result *conflicts(int64_t count)
{
    rota_result *rows;
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), count);
    return rows;
}

static rota_conflict conflict(const rota_result *rows, int64_t i)
{
    rota_conflict c = ROTA_INIT(rota_conflict);
    ck_assert_int_eq(rota_conflict_at(rows, i, &c), ROTA_OK);
    return c;
}

static bool same_id(rota_id a, rota_id b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static const rota_id none;

/* All that can be seen, with the feed. A call that fails leaves it as it is, and so does
 * one that is only tried. */
static char *before;

static void remember(void)
{
    free(before);
    before = verbs_portrait(&f);
}

static void ck_unchanged(void)
{
    char *now = verbs_portrait(&f);
    ck_assert_str_eq(before, now);
    free(now);
    free(before);
    before = NULL;
}

#define ck_refused(call, status)         \
    do {                                 \
        remember();                      \
        ck_status(&f, (call), (status)); \
        ck_unchanged();                  \
    } while (0)

/* --- create --- */

START_TEST(a_series_takes_each_of_its_occurrences)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &r, 0, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_SERIES);
    ck_assert_int_eq(receipt.count, 6);
    ck_assert_int_eq(receipt.skipped, 0);
    ck_assert_int_eq(receipt.version, 1);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(receipt.checked_until, ROTA_TIME_MAX);
    ck_assert_int_eq(receipt.occurrence, 0);
    ck_time(receipt.when.start, "2031-03-10T08:00Z");
    ck_time(receipt.when.end, "2031-03-10T09:00Z");
    ck_taken(room, "2031-03-10T08:30Z");
    ck_taken(room, "2031-03-24T07:01Z");
    ck_free(room, "2031-03-24T07:00Z");
    ck_free(room, "2031-03-24T09:00Z");
    ck_taken(room, "2031-03-31T07:00Z"); /* an hour earlier: it is summer */
    ck_free(room, "2031-03-31T08:00Z");
    ck_taken(room, "2031-04-14T07:00Z");
    ck_free(room, "2031-04-21T07:00Z"); /* it was the last one */
}
END_TEST

START_TEST(one_that_is_not_free_refuses_them_all)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id third = fx_book(&f, room, "2031-03-24T08:30Z", "2031-03-24T08:45Z");
    rota_id first = fx_book(&f, room, "2031-03-10T07:00Z", "2031-03-10T08:01Z");
    ck_refused(try_every(room, "2031-03-10T09:00", weekly, HOUR), ROTA_ECONFLICT);
    ck_status(&f, try_every(room, "2031-03-10T09:00", weekly, HOUR), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "2031-03-10T07:00:00Z"));
    rota_result *rows = conflicts(2);
    rota_conflict a = conflict(rows, 0), b = conflict(rows, 1);
    ck_assert(same_id(a.booking, first) && same_id(b.booking, third));
    ck_assert_int_eq(a.asked_recurs, ROTA_RECURS_OCCURRENCE);
    ck_time(a.asked, "2031-03-10T08:00Z");
    ck_time(b.asked, "2031-03-24T08:00Z");
    ck_time(a.overlap.start, "2031-03-10T08:00Z");
    ck_time(a.overlap.end, "2031-03-10T08:01Z");
    ck_assert_int_eq(a.recurs, ROTA_RECURS_NOT);
    ck_assert_int_eq(a.units_asked, 1);
    ck_assert_int_eq(a.units_left, 0);
    rota_result_free(rows);
    ck_free(room, "2031-03-17T08:00Z");
}
END_TEST

START_TEST(in_part_it_leaves_out_what_is_not_free)
{
    rota_id room = fx_room(&f, "Blue", 1);
    fx_book(&f, room, "2031-03-10T08:30Z", "2031-03-10T08:45Z");
    fx_book(&f, room, "2031-03-24T08:00Z", "2031-03-24T08:10Z");
    fx_book(&f, room, "2031-03-24T08:50Z", "2031-03-24T09:10Z");
    rota_receipt receipt = partial(room, "2031-03-10T09:00", weekly, HOUR);
    ck_assert_int_eq(receipt.skipped, 2);
    ck_assert_int_eq(receipt.count, 4);
    ck_time(receipt.when.start, "2031-03-17T08:00Z");
    rota_result *rows = conflicts(3);
    ck_time(conflict(rows, 0).asked, "2031-03-10T08:00Z");
    ck_time(conflict(rows, 1).asked, "2031-03-24T08:00Z");
    ck_time(conflict(rows, 2).asked, "2031-03-24T08:00Z");
    rota_result_free(rows);
    ck_taken(room, "2031-03-17T08:00Z");
    ck_free(room, "2031-03-10T08:45Z");
    ck_assert_int_eq(part_of(receipt.id, "2031-03-24T08:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(part_of(receipt.id, "2031-03-17T08:00Z").status, ROTA_BOOKING_CONFIRMED);
    ck_time(get(receipt.id).when.start, "2031-03-17T08:00Z");
}
END_TEST

START_TEST(in_part_of_nothing_it_is_not_made)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    fx_book(&f, room, "2031-03-10T00:00Z", "2031-06-01T00:00Z");
    ck_refused(try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, NULL), ROTA_ECONFLICT);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, &r);
    q.flags = ROTA_BOOKING_PARTIAL;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_ECONFLICT);
    rota_result_free(conflicts(6));
}
END_TEST

START_TEST(what_was_left_out_is_added_when_it_is_free)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id other = fx_book(&f, room, "2031-03-17T08:30Z", "2031-03-17T08:45Z");
    rota_receipt made = partial(room, "2031-03-10T09:00", weekly, HOUR);
    ck_refused(restore(made.id, "2031-03-17T08:00Z"), ROTA_ECONFLICT);
    ck_refused(restore(made.id, "2031-03-24T08:00Z"), ROTA_ESTATE);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &other, NULL), ROTA_OK);
    ck_free(room, "2031-03-17T08:00Z");
    ck_status(&f, restore(made.id, "2031-03-17T08:00Z"), ROTA_OK);
    ck_taken(room, "2031-03-17T08:00Z");
    ck_assert_int_eq(part_of(made.id, "2031-03-17T08:00Z").status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(get(made.id).version, 2);
    /* Whole, but for what it was: that one stays as it is when the others are moved. */
    ck_status(&f, move(made.id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T10:00Z"), ROTA_OK);
    ck_taken(room, "2031-03-17T08:00Z");
    ck_free(room, "2031-03-17T10:00Z");
    ck_taken(room, "2031-03-24T10:00Z");
}
END_TEST

START_TEST(what_overlaps_itself_is_no_series)
{
    rota_id room = fx_room(&f, "Blue", 5);
    ck_refused(try_every(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=3", DAY + 1), ROTA_EINVALID);
    ck_status(&f, try_every(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=3", DAY), ROTA_OK);
    /* In the night in which the clocks go forward a day has 23 hours. */
    ck_refused(try_every(room, "2031-03-28T23:00", "FREQ=DAILY;COUNT=4", DAY), ROTA_EINVALID);
    ck_status(&f, try_every(room, "2031-03-30T03:00", "FREQ=DAILY;COUNT=40", DAY), ROTA_OK);
    ck_refused(try_every(room, "2031-05-01T09:00", "FREQ=DAILY;COUNT=400", DAY), ROTA_EINVALID);
    /* Of a series in two parts the last may meet the first. */
    static const char *const more[] = { "2031-06-02T09:30" };
    rota_recurrence r = every("2031-06-02T09:00", weekly, HOUR);
    r.rdates = more;
    r.rdate_count = 1;
    ck_refused(try_series(room, 1, &r, 0, NULL), ROTA_EINVALID);
    ck_refused(try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, NULL), ROTA_EINVALID);
}
END_TEST

/* Of what the shift takes into a gap a later one comes first: here the end of a stretch, by
 * which the gate goes on (2^23 seconds, 01:55:12), lies between the two. */
START_TEST(what_overlaps_itself_in_a_gap_is_found_at_the_end_of_a_stretch_too)
{
    rota_id room = fx_room(&f, "Blue", 1);
    fx_clock(&f, "2020-03-01T00:00Z");
    rota_recurrence r = every_in("Europe/Lisbon", "2020-03-20T13:45",
                                 "FREQ=DAILY;COUNT=60;BYHOUR=13,14;BYMINUTE=45,50,58;"
                                 "BYSETPOS=1,3,5",
                                 480);
    rota_receipt made;
    ck_status(&f, try_series(room, 1, &r, 0, &made), ROTA_OK);
    /* 01:45 and 01:58 become 02:45 and 02:58 on the 29th; there is one at 02:50. */
    ck_refused(move(made.id, "2020-03-20T13:45Z", ROTA_SCOPE_ALL, "2020-03-20T01:45Z"),
               ROTA_EINVALID);
    /* Without the last minute of it, the 29th is as any day. */
    ck_status(&f, cancel(made.id, "2020-03-29T13:50Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_status(&f, move(made.id, "2020-03-20T13:45Z", ROTA_SCOPE_ALL, "2020-03-20T01:45Z"), ROTA_OK);
}
END_TEST

START_TEST(a_request_that_makes_no_series_is_refused)
{
    rota_id room = fx_room(&f, "Blue", 2);
    rota_claim claim = units_of(room, 1);
    static const char *const start[] = { "2031-03-10T09:00" };
    static const struct {
        const char *start, *zone, *rule;
        int64_t length;
    } wrong[] = {
        { "2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", 0 },
        { "2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", -1 },
        { "2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", ROTA_MAX_BUFFER + 1 },
        { "2031-03-10", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", 367 },
        { "2031-03-10", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", 8 },
        { "2031-03-10T09:00", "Europe/Nowhere", "FREQ=WEEKLY;COUNT=2", HOUR },
        { "2031-03-10T09:00", NULL, "FREQ=WEEKLY;COUNT=2", HOUR },
        { "2031-03-32T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", HOUR },
        { NULL, "Europe/Berlin", "FREQ=WEEKLY;COUNT=2", HOUR },
        { "2031-03-10T09:00", "Europe/Berlin", "FREQ=SOMETIMES", HOUR },
        { "2031-03-10T09:00", "Europe/Berlin", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", HOUR },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rota_recurrence r = every_in(wrong[i].zone, wrong[i].start, wrong[i].rule, wrong[i].length);
        remember();
        int rc = try_series(room, 1, &r, 0, NULL);
        ck_assert_msg(rc == ROTA_EINVALID, "%zu: %s: %s", i, rota_status_name(rc),
                      rota_errmsg(f.r));
        ck_unchanged();
    }
    rota_recurrence r = every("2031-03-10T09:00", "FREQ=DAILY;COUNT=1", HOUR);
    r.exdates = start;
    r.exdate_count = 1;
    ck_refused(try_series(room, 1, &r, 0, NULL), ROTA_EINVALID); /* no occurrence */
    rota_booking_request q = request_of(&claim, 1, &r);
    r.exdate_count = 0;
    q.when = (rota_span){ t("2031-03-10T08:00Z"), t("2031-03-10T09:00Z") };
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    q.when = (rota_span){ 0, 0 };
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    q.on_conflict = ROTA_ON_CONFLICT_ASK;
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    q.on_conflict = ROTA_ON_CONFLICT_REJECT;
    q.flags = ROTA_BOOKING_MOVABLE;
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    ck_assert_str_eq(rota_errmsg(f.r), "a series is not movable");
    q.flags = 0;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    q = request_of(&claim, 1, NULL); /* only a series is made in part */
    q.when = (rota_span){ t("2031-03-10T08:00Z"), t("2031-03-10T09:00Z") };
    q.flags = ROTA_BOOKING_PARTIAL;
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
}
END_TEST

START_TEST(the_first_start_may_have_to_lie_ahead)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-02-24T09:00", weekly, HOUR);
    ck_refused(try_series(room, 1, &r, ROTA_BOOKING_FUTURE, NULL), ROTA_EPOLICY);
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_series_has_so_many_occurrences_and_no_more)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every_in("UTC", "2031-03-10T09:00", "FREQ=MINUTELY;COUNT=400001", 60);
    rota_receipt receipt;
    ck_refused(try_series(room, 1, &r, 0, NULL), ROTA_ELIMIT);
    r.rule = "FREQ=MINUTELY";
    ck_refused(try_series(room, 1, &r, 0, NULL), ROTA_ELIMIT);
    r.rule = "FREQ=MINUTELY;COUNT=400000";
    ck_status(&f, try_series(room, 1, &r, 0, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.count, 400000);
    ck_taken(room, "2031-11-01T00:00Z");
    ck_status(&f, cancel(receipt.id, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_free(room, "2031-11-01T00:00Z");
}
END_TEST

/* Each with one of the other: were each compared with all, it would not end. */
START_TEST(a_dense_series_is_refused_as_quickly_as_it_is_made)
{
    rota_id room = fx_room(&f, "Blue", 2);
    rota_recurrence r = every_in("UTC", "2031-03-10T09:00", "FREQ=SECONDLY;COUNT=400000", 1);
    ck_status(&f, try_series(room, 2, &r, 0, NULL), ROTA_OK);
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_ECONFLICT);
    rota_result_free(conflicts(10000));
    ck_status(&f, try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, NULL), ROTA_ELIMIT);
}
END_TEST

/* Each room keeps of a series what concerns itself, and that for ever. */
START_TEST(each_of_many_rooms_that_a_series_claims_is_taken)
{
    enum { ROOMS = 300 };
    rota_claim claims[ROOMS];
    rota_recurrence first = every("2031-03-10T09:00", "FREQ=WEEKLY", HOUR);
    rota_recurrence second = every("2031-03-11T09:00", "FREQ=WEEKLY", HOUR);
    rota_recurrence third = every("2031-03-18T09:30", "FREQ=DAILY;COUNT=3", HOUR);
    for (int i = 0; i < ROOMS; i++)
        claims[i] = units_of(fx_room(&f, "One of many", 1), 1);
    rota_booking_request q = request_of(claims, ROOMS, &first);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    q.recurrence = &second;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    for (int i = 0; i < ROOMS; i += 23) {
        rota_id room = claims[i].resource;
        ck_refused(try_series(room, 1, &third, 0, NULL), ROTA_ECONFLICT);
        ck_refused(fx_try(&f, room, "2047-03-12T08:30Z", "2047-03-12T08:40Z", NULL),
                   ROTA_ECONFLICT);
        ck_status(&f, fx_try(&f, room, "2047-03-12T09:30Z", "2047-03-12T09:40Z", NULL), ROTA_OK);
    }
}
END_TEST

START_TEST(so_many_occurrences_differ_and_no_more)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every_in("UTC", "2031-03-10T09:00", "FREQ=MINUTELY;INTERVAL=10;COUNT=10000",
                                 60);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_OK);
    r.rule = "FREQ=MINUTELY;INTERVAL=10;COUNT=10003";
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_ECONFLICT);
    rota_result_free(conflicts(10000));
    ck_status(&f, try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, NULL), ROTA_ELIMIT);
    r.start = "2031-03-10T09:20";
    ck_status(&f, try_series(room, 1, &r, ROTA_BOOKING_PARTIAL, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.skipped, 9998);
    ck_assert_int_eq(receipt.count, 5);
    ck_time(receipt.when.start, "2031-05-18T19:40Z");
    for (int i = 0; i < 2; i++)
        ck_status(&f,
                  cancel(receipt.id, i ? "2031-05-18T19:50Z" : "2031-05-18T19:40Z",
                         ROTA_SCOPE_THIS),
                  ROTA_OK);
    remember();
    ck_status(&f, cancel(receipt.id, "2031-05-18T20:00Z", ROTA_SCOPE_THIS), ROTA_ELIMIT);
    ck_unchanged();
    ck_status(&f, restore(receipt.id, "2031-05-18T19:50Z"), ROTA_OK); /* it differs already */
}
END_TEST

START_TEST(a_held_series_lapses_as_a_whole)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, &r);
    rota_receipt held = ROTA_INIT(rota_receipt);
    q.hold_secs = 600;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &held), ROTA_OK);
    ck_assert_int_eq(held.status, ROTA_BOOKING_HELD);
    ck_time(held.hold_expires, "2031-03-01T00:10Z");
    ck_taken(room, "2031-03-17T08:00Z");
    ck_refused(cancel(held.id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_ESTATE);
    ck_refused(move(held.id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-17T10:00Z"),
               ROTA_ESTATE);
    ck_refused(move(held.id, "2031-03-17T08:00Z", ROTA_SCOPE_ALL, "2031-03-17T10:00Z"),
               ROTA_ESTATE);
    fx_clock(&f, "2031-03-01T00:09:59Z");
    ck_taken(room, "2031-03-17T08:00Z");
    fx_clock(&f, "2031-03-01T00:10Z");
    ck_free(room, "2031-03-17T08:00Z");
    ck_free(room, "2031-04-14T07:00Z");
    ck_assert_int_eq(get(held.id).status, ROTA_BOOKING_EXPIRED);
    /* Late, but nobody has taken it. */
    ck_status(&f, rota_booking_confirm(f.r, NULL, &held.id, NULL), ROTA_OK);
    ck_taken(room, "2031-04-14T07:00Z");
    ck_assert_int_eq(get(held.id).status, ROTA_BOOKING_CONFIRMED);
}
END_TEST

static rota_id hold_series(rota_id room, const char *start, int32_t seconds)
{
    rota_recurrence r = every(start, weekly, HOUR);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, &r);
    rota_receipt held = ROTA_INIT(rota_receipt);
    q.hold_secs = seconds;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &held), ROTA_OK);
    return held.id;
}

START_TEST(a_held_series_is_confirmed_or_given_up_as_a_whole)
{
    rota_id room = fx_room(&f, "Blue", 1), a = hold_series(room, "2031-03-10T09:00", 600);
    rota_id b = hold_series(room, "2031-03-10T10:00", 600);
    rota_id c = hold_series(room, "2031-02-24T11:00", 600), d;
    rota_call this = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_call future = for_part("2031-03-17T08:00Z", ROTA_SCOPE_FUTURE);
    rota_call all = for_part("2031-03-17T08:00Z", ROTA_SCOPE_ALL);
    ck_refused(rota_booking_confirm(f.r, &this, &a, NULL), ROTA_EINVALID);
    ck_refused(rota_booking_confirm(f.r, &future, &a, NULL), ROTA_EINVALID);
    ck_refused(rota_booking_cancel(f.r, &this, &a, NULL), ROTA_ESTATE);
    ck_refused(rota_booking_cancel(f.r, &future, &a, NULL), ROTA_ESTATE);
    ck_status(&f, rota_booking_confirm(f.r, &all, &a, NULL), ROTA_OK);
    ck_refused(rota_booking_confirm(f.r, &all, &a, NULL), ROTA_ESTATE);
    ck_status(&f, cancel(b, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_status(&f, cancel(c, NULL, ROTA_SCOPE_NONE), ROTA_OK); /* though it has begun */
    ck_free(room, "2031-03-17T09:00Z");
    ck_free(room, "2031-03-17T10:00Z");
    ck_taken(room, "2031-03-17T08:00Z");
    d = hold_series(room, "2031-03-10T12:00", 60);
    fx_clock(&f, "2031-03-01T01:00Z");
    ck_taken(room, "2031-03-17T08:00Z");
    ck_free(room, "2031-03-17T11:00Z");
    ck_refused(cancel(d, NULL, ROTA_SCOPE_NONE), ROTA_ESTATE);
    ck_status(&f, rota_tick(f.r, NULL, NULL), ROTA_OK);
    ck_assert_int_eq(get(d).status, ROTA_BOOKING_EXPIRED);
    ck_free(room, "2031-03-17T11:00Z");
}
END_TEST

START_TEST(who_takes_the_time_of_a_lapsed_series_ends_it)
{
    rota_id room = fx_room(&f, "Blue", 1), held = hold_series(room, "2031-03-10T09:00", 60);
    rota_id again = hold_series(room, "2031-03-10T12:00", 60);
    fx_clock(&f, "2031-03-01T00:02Z");
    rota_id taken = fx_book(&f, room, "2031-03-24T08:30Z", "2031-03-24T08:40Z");
    ck_refused(rota_booking_confirm(f.r, NULL, &held, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &held, NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_assert(same_id(conflict(rows, 0).booking, taken));
    ck_time(conflict(rows, 0).asked, "2031-03-24T08:00Z");
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "had lapsed"));
    rota_result_free(rows);
    /* A series takes it too. */
    series(room, "2031-03-24T12:30", weekly, HOUR);
    ck_refused(rota_booking_confirm(f.r, NULL, &again, NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(in_part_it_takes_the_time_of_a_lapsed_hold_once)
{
    rota_id room = fx_room(&f, "Blue", 1), held = hold_series(room, "2031-03-10T09:00", 60);
    rota_id once = fx_hold(&f, room, "2031-03-11T08:00Z", "2031-03-11T09:00Z", 60);
    fx_book(&f, room, "2031-03-12T08:00Z", "2031-03-12T09:00Z");
    fx_clock(&f, "2031-03-01T00:02Z");
    rota_receipt made = partial(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=6", HOUR);
    ck_assert_int_eq(made.skipped, 1);
    ck_assert_int_eq(get(held).version, 2);
    ck_assert_int_eq(get(once).version, 2);
}
END_TEST

/* --- what is in the way of what --- */

START_TEST(series_and_bookings_keep_out_of_each_others_way)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, fx_try(&f, room, "2031-04-07T07:59Z", "2031-04-07T08:30Z", NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    rota_conflict c = conflict(rows, 0);
    ck_assert(same_id(c.booking, id));
    ck_assert_int_eq(c.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(c.asked_recurs, ROTA_RECURS_NOT);
    ck_time(c.occurrence, "2031-04-07T07:00Z");
    ck_time(c.when.start, "2031-04-07T07:00Z");
    ck_time(c.when.end, "2031-04-07T08:00Z");
    ck_time(c.overlap.start, "2031-04-07T07:59Z");
    ck_assert_str_eq(c.title, "Series");
    rota_result_free(rows);
    ck_status(&f, fx_try(&f, room, "2031-04-07T08:00Z", "2031-04-07T08:30Z", NULL), ROTA_OK);
    /* All of them at once, by one long booking. */
    ck_refused(fx_try(&f, room, "2031-03-01T00:00Z", "2032-03-01T00:00Z", NULL), ROTA_ECONFLICT);
    ck_status(&f, fx_try(&f, room, "2031-03-01T00:00Z", "2032-03-01T00:00Z", NULL), ROTA_ECONFLICT);
    rota_result_free(conflicts(7));
    ck_status(&f, fx_try(&f, room, "2031-04-14T08:00Z", "2061-04-01T00:00Z", NULL), ROTA_OK);
}
END_TEST

START_TEST(series_keep_out_of_each_others_way)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    /* On another clock, they meet for the three weeks in which only that one is on summer time. */
    rota_recurrence r = every_in("America/New_York", "2031-03-10T04:00", weekly, HOUR);
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(3);
    rota_conflict c = conflict(rows, 2);
    ck_assert(same_id(c.booking, id));
    ck_time(c.occurrence, "2031-03-24T08:00Z");
    ck_time(c.asked, "2031-03-24T08:00Z");
    ck_assert_int_eq(c.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(c.asked_recurs, ROTA_RECURS_OCCURRENCE);
    rota_result_free(rows);
    r.start = "2031-03-10T03:00";
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_ECONFLICT);
    rows = conflicts(3);
    ck_time(conflict(rows, 0).asked, "2031-03-31T07:00Z");
    rota_result_free(rows);
    r.start = "2031-03-31T04:00";
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(units_are_counted_at_every_instant)
{
    rota_id pool = fx_room(&f, "Pool", 3);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, try_series(pool, 2, &r, 0, NULL), ROTA_OK);
    ck_refused(try_series(pool, 2, &r, 0, NULL), ROTA_ECONFLICT);
    ck_status(&f, try_series(pool, 2, &r, 0, NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(6);
    ck_assert_int_eq(conflict(rows, 0).units_left, 1);
    ck_assert_int_eq(conflict(rows, 0).units_asked, 2);
    rota_result_free(rows);
    r.start = "2031-03-10T09:30";
    ck_status(&f, try_series(pool, 1, &r, 0, NULL), ROTA_OK);
    ck_taken(pool, "2031-03-17T08:15Z");
    ck_free(pool, "2031-03-17T07:30Z");
    ck_free(pool, "2031-03-17T09:00Z");
    ck_status(&f, try_series(pool, 1, &r, 0, NULL), ROTA_ECONFLICT);
    /* Of more units than there are, none in the way. */
    r.start = "2031-03-11T09:30";
    ck_status(&f, try_series(pool, 4, &r, 0, NULL), ROTA_ECONFLICT);
    rows = conflicts(6);
    ck_assert(same_id(conflict(rows, 0).booking, none));
    ck_assert_int_eq(conflict(rows, 0).units_left, 3);
    rota_result_free(rows);
}
END_TEST

static void buffers(rota_id room, int32_t setup, int32_t cleanup)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER;
    q.before = setup;
    q.after = cleanup;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
}

START_TEST(setup_and_cleanup_are_kept_between_series)
{
    rota_id room = fx_room(&f, "Blue", 1);
    buffers(room, 600, 1200);
    series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, fx_try(&f, room, "2031-03-17T09:29:59Z", "2031-03-17T09:40Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, fx_try(&f, room, "2031-03-17T09:30Z", "2031-03-17T09:40Z", NULL), ROTA_OK);
    ck_status(&f, fx_try(&f, room, "2031-03-17T07:00Z", "2031-03-17T07:30:01Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, fx_try(&f, room, "2031-03-17T07:00Z", "2031-03-17T07:30Z", NULL), ROTA_OK);
    ck_status(&f, try_every(room, "2031-03-24T10:29:59", weekly, HOUR), ROTA_ECONFLICT);
    ck_status(&f, try_every(room, "2031-03-24T10:30", weekly, HOUR), ROTA_OK);
    ck_status(&f, try_every(room, "2031-03-24T08:00", weekly, 1801), ROTA_ECONFLICT);
    ck_status(&f, try_every(room, "2031-03-24T08:00", weekly, 1800), ROTA_OK);
}
END_TEST

START_TEST(setup_and_cleanup_are_kept_between_its_own)
{
    enum { LENGTH = DAY - 1800 };
    rota_id room = fx_room(&f, "Blue", 1), two = fx_room(&f, "Two", 2);
    buffers(room, 600, 1200);
    buffers(two, 600, 1200);
    ck_status(&f, try_every(room, "2031-05-01T09:00", "FREQ=DAILY;COUNT=120", LENGTH + 1),
              ROTA_ECONFLICT);
    rota_result *rows = conflicts(120);
    ck_assert(same_id(conflict(rows, 0).booking, none));
    ck_assert_int_eq(conflict(rows, 0).units_left, 1);
    ck_assert_int_eq(conflict(rows, 0).units_asked, 2);
    rota_result_free(rows);
    ck_assert_str_eq(
        rota_errmsg(f.r),
        "\"Blue\" has 1 unit, not the 2 asked for by the series 2031-05-02T06:50:00Z to "
        "2031-05-02T06:50:01Z, setup and cleanup included, and 119 more conflicts");
    ck_status(&f, try_every(room, "2031-05-01T09:00", "FREQ=DAILY;COUNT=120", LENGTH), ROTA_OK);
    /* In the night in which the clocks go forward they are an hour nearer to each other. */
    ck_status(&f, try_every(room, "2032-03-01T09:00", "FREQ=DAILY;COUNT=60", LENGTH - 1801),
              ROTA_ECONFLICT);
    rota_result_free(conflicts(2));
    ck_status(&f, try_every(room, "2032-03-01T09:00", "FREQ=DAILY;COUNT=60", LENGTH - HOUR),
              ROTA_OK);
    /* Two of them fit where there are two units. */
    ck_status(&f, try_every(two, "2031-05-01T09:00", "FREQ=DAILY;COUNT=120", LENGTH + 1), ROTA_OK);
    ck_taken(two, "2031-05-02T06:30Z");
    ck_free(two, "2031-05-02T00:00Z");
    ck_refused(try_every(two, "2031-05-01T09:00", "FREQ=DAILY;COUNT=120", LENGTH + 1),
               ROTA_ECONFLICT);
    ck_status(&f, try_every(two, "2031-05-01T12:00", "FREQ=DAILY;COUNT=120", HOUR), ROTA_OK);
}
END_TEST

/* A series is looked at in stretches of 2^23 seconds: what lies where two of them meet is
 * in the way in either of them, and told once. */
START_TEST(a_stretch_hides_nothing_from_the_next_one)
{
    enum { STRETCH = 1 << 23 };
    rota_time border = (t("2031-06-01T00:00Z") / STRETCH + 1) * STRETCH;
    rota_id room = fx_room(&f, "Blue", 1);
    buffers(room, 600, 600);
    for (int64_t off = -2 * HOUR; off <= 2 * HOUR; off += 900) {
        rota_claim claim = units_of(room, 1);
        rota_booking_request q = request_of(&claim, 1, NULL);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        char start[40];
        q.when = (rota_span){ border - 900, border + 900 };
        ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
        ck_assert_int_eq(rota_time_format(border + off, start), ROTA_OK);
        rota_recurrence r = every_in("UTC", start, "FREQ=DAILY;COUNT=200", HOUR);
        bool meets = off < 900 + 1200 && off + HOUR > -900 - 1200;
        ck_status(&f, try_series(room, 1, &r, 0, NULL), meets ? ROTA_ECONFLICT : ROTA_OK);
        if (meets) rota_result_free(conflicts(1));
        ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
        if (meets) ck_status(&f, try_series(room, 1, &r, 0, &receipt), ROTA_OK);
        if (!meets) break;
        /* The other way round. */
        ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
        rota_result_free(conflicts(1));
        ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    }
}
END_TEST

START_TEST(an_occurrence_longer_than_a_stretch_is_in_the_way_throughout)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", "FREQ=YEARLY;COUNT=20", 364 * DAY);
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_OK);
    ck_taken(room, "2031-03-10T08:00Z");
    ck_taken(room, "2031-08-01T00:00Z");
    ck_taken(room, "2050-08-01T00:00Z");
    ck_free(room, "2032-03-09T07:00Z"); /* it was a leap year */
    ck_status(&f, fx_try(&f, room, "2031-01-01T00:00Z", "2060-01-01T00:00Z", NULL), ROTA_ECONFLICT);
    rota_result_free(conflicts(20));
    ck_status(&f, try_every(room, "2031-03-09T09:00", "FREQ=DAILY;COUNT=8000", HOUR),
              ROTA_ECONFLICT);
}
END_TEST

START_TEST(who_belongs_to_a_group_is_taken_with_it)
{
    rota_id class = fx_room(&f, "Class", 1), ann = fx_room(&f, "Ann", 1);
    fx_join(&f, class, ann);
    rota_id id = series(class, "2031-03-10T09:00", weekly, HOUR);
    ck_taken(ann, "2031-03-17T08:00Z");
    ck_status(&f, fx_try(&f, ann, "2031-04-07T07:30Z", "2031-04-07T07:40Z", NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_assert(same_id(conflict(rows, 0).booking, id));
    ck_assert(same_id(conflict(rows, 0).via, class));
    ck_assert(same_id(conflict(rows, 0).resource, ann));
    ck_time(conflict(rows, 0).occurrence, "2031-04-07T07:00Z");
    rota_result_free(rows);
    ck_refused(try_every(ann, "2031-04-07T09:30", weekly, HOUR), ROTA_ECONFLICT);
    /* And the group is not free where one of its members is not. */
    series(ann, "2031-03-11T09:00", weekly, HOUR);
    fx_book(&f, ann, "2031-03-12T09:00Z", "2031-03-12T10:00Z");
    ck_refused(try_every(class, "2031-03-11T09:30", weekly, HOUR), ROTA_ECONFLICT);
    ck_status(&f, try_every(class, "2031-03-12T09:30", "FREQ=DAILY;COUNT=10", HOUR),
              ROTA_ECONFLICT);
    rows = conflicts(4); /* Wednesday's booking, two Tuesdays, a Monday of its own */
    ck_assert(same_id(conflict(rows, 0).resource, ann) ||
              same_id(conflict(rows, 0).resource, class));
    rota_result_free(rows);
}
END_TEST

START_TEST(who_leaves_a_group_is_free_from_then_on)
{
    rota_id class = fx_room(&f, "Class", 1), ann = fx_room(&f, "Ann", 1);
    rota_member_request stay = ROTA_INIT(rota_member_request);
    stay.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    stay.group = class;
    stay.member = ann;
    stay.from = t("2031-03-17T00:00Z");
    stay.until = t("2031-04-01T00:00Z");
    ck_status(&f, rota_member_add(f.r, NULL, &stay, NULL), ROTA_OK);
    series(class, "2031-03-10T09:00", weekly, HOUR);
    ck_free(ann, "2031-03-10T08:00Z");
    ck_taken(ann, "2031-03-17T08:00Z");
    ck_taken(ann, "2031-03-31T07:00Z");
    ck_free(ann, "2031-04-07T07:00Z");
    ck_status(&f, fx_try(&f, ann, "2031-04-07T07:00Z", "2031-04-07T08:00Z", NULL), ROTA_OK);
    /* Only the weeks in which she is in the class are compared. */
    ck_status(&f, try_every(ann, "2031-04-14T09:00", weekly, HOUR), ROTA_OK);
    ck_refused(try_every(ann, "2031-03-10T09:30", weekly, HOUR), ROTA_ECONFLICT);
}
END_TEST

START_TEST(who_joins_a_group_must_be_free_for_its_series)
{
    rota_id class = fx_room(&f, "Class", 1), ann = fx_room(&f, "Ann", 1),
            bob = fx_room(&f, "Bob", 1);
    rota_member_request joins = ROTA_INIT(rota_member_request);
    series(class, "2031-03-10T09:00", "FREQ=WEEKLY", HOUR);
    series(ann, "2031-03-10T09:30", weekly, HOUR);
    rota_id far = fx_book(&f, bob, "2039-03-07T08:30Z", "2039-03-07T08:40Z");
    joins.group = class;
    joins.member = ann;
    ck_refused(rota_member_add(f.r, NULL, &joins, NULL), ROTA_ECONFLICT);
    joins.set = ROTA_MEMBER_SET_FROM;
    joins.from = t("2031-04-15T00:00Z");
    ck_status(&f, rota_member_add(f.r, NULL, &joins, NULL), ROTA_OK);
    ck_taken(ann, "2031-04-21T07:00Z");
    joins.set = 0;
    joins.member = bob;
    ck_refused(rota_member_add(f.r, NULL, &joins, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &far, NULL), ROTA_OK);
    ck_status(&f, rota_member_add(f.r, NULL, &joins, NULL), ROTA_OK);
    ck_taken(bob, "2039-03-07T08:00Z");
}
END_TEST

START_TEST(capacity_and_buffers_change_only_where_series_let_them)
{
    rota_id pool = fx_room(&f, "Pool", 2), room = fx_room(&f, "Blue", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    series(pool, "2031-03-10T09:00", weekly, HOUR);
    rota_id other = series(pool, "2031-04-07T09:30", weekly, HOUR);
    q.set = ROTA_RESOURCE_SET_CAPACITY;
    q.capacity = 1;
    ck_refused(rota_resource_update(f.r, NULL, &pool, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, cancel(other, "2031-04-07T07:30Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_refused(rota_resource_update(f.r, NULL, &pool, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, cancel(other, "2031-04-14T07:30Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_status(&f, rota_resource_update(f.r, NULL, &pool, &q, NULL), ROTA_OK);
    ck_taken(pool, "2031-04-21T07:30Z");

    rota_id mondays = series(room, "2031-03-10T09:00", weekly, HOUR);
    fx_book(&f, room, "2031-04-14T08:15Z", "2031-04-14T08:30Z");
    q = (rota_resource_request)ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_AFTER;
    q.after = 901;
    ck_refused(rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_ECONFLICT);
    q.after = 900;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
    ck_taken(room, "2031-03-17T09:14Z");
    ck_free(room, "2031-03-17T09:15Z");
    q.after = WEEK - HOUR + 1;
    ck_refused(rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, cancel(mondays, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_resource_that_a_series_takes_is_not_removed)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_refused(rota_resource_remove(f.r, NULL, &room, NULL), ROTA_ESTATE);
    ck_status(&f, move_to(id, NULL, ROTA_SCOPE_NONE, red), ROTA_OK);
    ck_status(&f, rota_resource_remove(f.r, NULL, &room, NULL), ROTA_OK);
    ck_refused(rota_resource_remove(f.r, NULL, &red, NULL), ROTA_ESTATE);
    fx_clock(&f, "2031-04-14T07:59Z");
    ck_refused(rota_resource_remove(f.r, NULL, &red, NULL), ROTA_ESTATE);
    fx_clock(&f, "2031-04-14T08:00Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &red, NULL), ROTA_OK);
}
END_TEST

START_TEST(days_are_as_long_as_the_clocks_make_them)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-28", "FREQ=DAILY;COUNT=4", 1);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &r, 0, &receipt), ROTA_OK);
    ck_time(part_of(receipt.id, "2031-03-29T23:00Z").when.end, "2031-03-30T22:00Z");
    ck_free(room, "2031-03-27T22:00Z");
    ck_taken(room, "2031-03-30T21:30Z");
    ck_taken(room, "2031-03-31T21:00Z");
    ck_free(room, "2031-03-31T22:00Z");
    ck_refused(try_every(room, "2031-03-31T23:30", "FREQ=DAILY;COUNT=2", HOUR), ROTA_ECONFLICT);
    r.start = "2031-04-01";
    ck_status(&f, try_series(room, 1, &r, 0, NULL), ROTA_OK); /* they touch, and do not overlap */
    /* All are moved by so many days, and begin at midnight as they did. */
    ck_refused(move(receipt.id, "2031-03-28T23:00Z", ROTA_SCOPE_ALL, "2031-03-10T22:00Z"),
               ROTA_EINVALID);
    ck_status(&f, move(receipt.id, "2031-03-28T23:00Z", ROTA_SCOPE_ALL, "2031-03-27T23:00Z"),
              ROTA_OK);
    ck_time(part_of(receipt.id, "2031-03-30T22:00Z").when.start, "2031-03-29T23:00Z");
    ck_time(part_of(receipt.id, "2031-03-30T22:00Z").when.end, "2031-03-30T22:00Z");
    ck_free(room, "2031-03-30T22:00Z");
    ck_taken(room, "2031-03-26T23:00Z");
    /* Two days each would overlap. */
    rota_call all = for_part("2031-03-28T23:00Z", ROTA_SCOPE_ALL);
    ck_refused(move_as(&all, receipt.id, "2031-03-27T23:00Z", "2031-03-29T23:00Z", NULL),
               ROTA_EINVALID);
}
END_TEST

/* In Beirut 30 March 2031 begins at 01:00: the clocks skip its midnight. */
START_TEST(days_that_begin_in_a_gap_are_moved_as_days)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every_in("Asia/Beirut", "2031-03-27", "FREQ=DAILY;INTERVAL=3;COUNT=4", 1);
    rota_receipt made;
    ck_status(&f, try_series(room, 1, &r, 0, &made), ROTA_OK);
    rota_call one = for_part("2031-03-29T22:00Z", ROTA_SCOPE_THIS);
    rota_receipt moved = ROTA_INIT(rota_receipt);
    ck_status(&f, move_as(&one, made.id, "2031-03-30T21:00Z", NULL, &moved), ROTA_OK);
    ck_time(moved.when.end, "2031-03-31T21:00Z");

    rota_call all = for_part("2031-03-26T22:00Z", ROTA_SCOPE_ALL);
    ck_status(&f, move_as(&all, made.id, "2031-03-29T22:00Z", NULL, &moved), ROTA_OK);
    ck_time(moved.when.end, "2031-03-30T21:00Z");
    ck_status(&f, move_as(&all, made.id, "2031-03-28T22:00Z", "2031-03-30T21:00Z", &moved),
              ROTA_OK);
    ck_time(moved.when.start, "2031-03-28T22:00Z");
    ck_time(moved.when.end, "2031-03-30T21:00Z");
    ck_refused(move(made.id, "2031-03-26T22:00Z", ROTA_SCOPE_ALL, "2031-03-29T23:00Z"),
               ROTA_EINVALID);
}
END_TEST

START_TEST(a_booking_of_many_years_meets_every_occurrence)
{
    rota_id room = fx_room(&f, "Blue", 1), two = fx_room(&f, "Two", 2);
    series(room, "2031-03-10T09:00", "FREQ=DAILY", HOUR);
    ck_refused(fx_try(&f, room, "2031-01-01T00:00Z", "2051-01-01T00:00Z", NULL), ROTA_ECONFLICT);
    series(two, "2031-03-10T09:00", "FREQ=DAILY", HOUR);
    ck_status(&f, fx_try(&f, two, "2031-01-01T00:00Z", "2051-01-01T00:00Z", NULL), ROTA_OK);
    ck_refused(try_every(two, "2045-01-01T09:30", weekly, HOUR), ROTA_ECONFLICT);
    ck_status(&f, try_every(two, "2045-01-01T10:00", weekly, HOUR), ROTA_OK);
    ck_status(&f, try_every(two, "2051-01-02T09:30", weekly, HOUR), ROTA_OK);
}
END_TEST

/* However late: nothing is booked twice in a year that nobody thinks of. */
START_TEST(what_is_far_away_is_in_the_way)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    series(room, "2031-03-10T09:00", "FREQ=DAILY", HOUR);
    ck_refused(fx_try(&f, room, "2400-06-01T07:30Z", "2400-06-01T07:40Z", NULL), ROTA_ECONFLICT);
    ck_refused(try_every(room, "2400-06-01T09:30", "FREQ=DAILY;COUNT=2", HOUR), ROTA_ECONFLICT);
    ck_status(&f, fx_try(&f, room, "2400-06-01T08:00Z", "2400-06-01T08:10Z", NULL), ROTA_OK);
    ck_status(&f, fx_try(&f, room, "9999-06-01T08:00Z", "9999-06-01T08:10Z", NULL), ROTA_OK);

    fx_book(&f, red, "2400-06-01T07:30Z", "2400-06-01T07:40Z");
    ck_refused(try_every(red, "2031-03-10T09:00", "FREQ=DAILY", HOUR), ROTA_ECONFLICT);
    ck_status(&f, try_every(red, "2031-03-10T09:00", "FREQ=DAILY", HOUR), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_time(conflict(rows, 0).asked, "2400-06-01T07:00Z");
    rota_result_free(rows);
    ck_status(&f, try_every(red, "2031-03-10T08:00", "FREQ=DAILY", HOUR), ROTA_OK);
    ck_refused(try_every(red, "2031-03-10T09:00", "FREQ=DAILY;COUNT=200000", HOUR), ROTA_ECONFLICT);
}
END_TEST

/* --- what is done to a resource that series claim --- */

static int join(rota_id group, rota_id member, const char *until)
{
    rota_member_request stay = ROTA_INIT(rota_member_request);
    stay.group = group;
    stay.member = member;
    if (until) {
        stay.set = ROTA_MEMBER_SET_UNTIL;
        stay.until = t(until);
    }
    return rota_member_add(f.r, NULL, &stay, NULL);
}

static int change(rota_id resource, uint32_t set, int32_t value)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = set;
    q.capacity = q.before = q.after = q.active = value;
    return rota_resource_update(f.r, NULL, &resource, &q, NULL);
}

/* Setup and cleanup of a year reach to where he comes to belong to another group, and to series
 * of that: it is looked at in passing, and still stood on when all is written. */
START_TEST(what_is_met_far_ahead_in_passing_is_stood_on)
{
    for (int i = 0; i <= 12; i++) {
        rota_id person = fx_resource(&f, "person", "Ann", 1);
        rota_id group = fx_resource(&f, "group", "Team", 1);
        rota_member_request late = ROTA_INIT(rota_member_request);
        ck_status(&f,
                  change(person, ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER,
                         ROTA_MAX_BUFFER),
                  ROTA_OK);
        for (int k = 0; k < i; k++)
            ck_status(&f, join(fx_resource(&f, "group", "Other", 1), person, NULL), ROTA_OK);
        series(group, "2031-04-01T00:00", "FREQ=YEARLY;INTERVAL=10", HOUR);
        late.group = fx_resource(&f, "group", "Late", 1);
        late.member = person;
        late.set = ROTA_MEMBER_SET_FROM;
        late.from = t("2065-01-01T00:00Z") + ROTA_MAX_BUFFER + ROTA_MAX_BUFFER / 2;
        ck_status(&f, rota_member_add(f.r, NULL, &late, NULL), ROTA_OK);
        ck_status(&f, join(group, person, "2065-01-01T00:00Z"), ROTA_OK);
        ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    }
}
END_TEST

/* Behind the 28 years for which series are looked at one by one. */
START_TEST(who_joins_meets_what_is_far_ahead)
{
    rota_id person = fx_resource(&f, "person", "Ann", 1),
            other = fx_resource(&f, "person", "Bo", 1);
    rota_id group = fx_resource(&f, "group", "Team", 1);
    series(group, "2031-03-05T09:00", "FREQ=DAILY", HOUR);
    rota_id once = fx_book(&f, person, "2070-03-05T08:00Z", "2070-03-05T08:30Z");
    ck_refused(join(group, person, NULL), ROTA_ECONFLICT);
    ck_status(&f, join(group, person, NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(2);
    rota_result_free(rows);
    ck_status(&f, join(group, other, NULL), ROTA_OK);
    /* Only while he belongs to it. */
    ck_status(&f, join(group, person, "2070-03-05T08:00Z"), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &once, NULL), ROTA_OK);
}
END_TEST

/* They are on one day for the first time in 2069. */
START_TEST(who_joins_meets_what_has_no_end_either)
{
    rota_id person = fx_resource(&f, "person", "Ann", 1), late = fx_resource(&f, "person", "Bo", 1);
    rota_id group = fx_resource(&f, "group", "Team", 1);
    series(group, "2031-03-03T09:00", "FREQ=DAILY;INTERVAL=14000", HOUR);
    series(person, "2031-03-04T09:00", "FREQ=DAILY;INTERVAL=13999", HOUR);
    series(late, "2031-03-04T10:00", "FREQ=DAILY;INTERVAL=13999", HOUR);
    ck_refused(join(group, person, NULL), ROTA_ECONFLICT);
    ck_status(&f, join(group, late, NULL), ROTA_OK);
    ck_refused(change(late, ROTA_RESOURCE_SET_AFTER, 60), ROTA_ECONFLICT);
    ck_status(&f, change(group, ROTA_RESOURCE_SET_AFTER, 60), ROTA_OK);
    ck_status(&f, join(group, person, "2069-01-01T00:00Z"), ROTA_OK);
}
END_TEST

START_TEST(cleanup_and_units_meet_what_is_far_ahead)
{
    rota_id room = fx_room(&f, "Blue", 2), red = fx_room(&f, "Red", 2),
            green = fx_room(&f, "Green", 1);
    series(room, "2070-03-05T09:00", "FREQ=DAILY;COUNT=9", HOUR);
    series(room, "2070-03-13T09:30", "FREQ=DAILY;COUNT=9", HOUR);
    ck_refused(change(room, ROTA_RESOURCE_SET_CAPACITY, 1), ROTA_ECONFLICT);
    series(red, "2031-03-03T09:00", "FREQ=DAILY;INTERVAL=14000", HOUR);
    series(red, "2031-03-04T09:00", "FREQ=DAILY;INTERVAL=13999", HOUR);
    ck_refused(change(red, ROTA_RESOURCE_SET_CAPACITY, 1), ROTA_ECONFLICT);
    series(green, "2031-03-05T09:00", "FREQ=DAILY", HOUR);
    fx_book(&f, green, "2070-03-05T10:00Z", "2070-03-05T10:30Z");
    ck_refused(change(green, ROTA_RESOURCE_SET_AFTER, HOUR + 1), ROTA_ECONFLICT);
    ck_status(&f, change(green, ROTA_RESOURCE_SET_AFTER, HOUR), ROTA_OK);
}
END_TEST

/* So far ahead that only what has an end is looked at, with what its buffers add to it. */
START_TEST(buffers_of_what_has_an_end_meet_what_has_none)
{
    rota_id room = fx_room(&f, "Blue", 1);
    series(room, "2031-03-05T09:00", "FREQ=DAILY", HOUR);
    fx_book(&f, room, "2070-03-06T07:00Z", "2070-03-06T07:30Z");
    ck_refused(change(room, ROTA_RESOURCE_SET_AFTER, HOUR / 2 + 1), ROTA_ECONFLICT);
    ck_status(&f, change(room, ROTA_RESOURCE_SET_AFTER, HOUR / 2), ROTA_OK);
    ck_status(&f, change(room, ROTA_RESOURCE_SET_AFTER, 0), ROTA_OK);
    ck_refused(change(room, ROTA_RESOURCE_SET_BEFORE, HOUR / 2 + 1), ROTA_ECONFLICT);
    fx_book(&f, room, "2075-03-06T09:30Z", "2075-03-06T10:00Z");
    ck_status(&f, change(room, ROTA_RESOURCE_SET_BEFORE, HOUR / 2), ROTA_OK);
    ck_refused(change(room, ROTA_RESOURCE_SET_BEFORE, HOUR / 2 + 1), ROTA_ECONFLICT);
}
END_TEST

/* The group's meetings, and what its new member does, of whom only he needs the time around. */
START_TEST(buffers_of_who_joins_meet_what_has_no_end)
{
    rota_id person = fx_resource(&f, "person", "Ann", 1), late = fx_resource(&f, "person", "Bo", 1);
    rota_id group = fx_resource(&f, "group", "Team", 1);
    ck_status(&f, change(person, ROTA_RESOURCE_SET_AFTER, HOUR / 2 + 1), ROTA_OK);
    ck_status(&f, change(late, ROTA_RESOURCE_SET_AFTER, HOUR / 2), ROTA_OK);
    series(group, "2031-03-05T09:00", "FREQ=DAILY", HOUR);
    fx_book(&f, person, "2070-03-06T07:00Z", "2070-03-06T07:30Z");
    fx_book(&f, late, "2070-03-06T07:00Z", "2070-03-06T07:30Z");
    ck_refused(join(group, person, NULL), ROTA_ECONFLICT);
    ck_status(&f, join(group, late, NULL), ROTA_OK);
}
END_TEST

/* That instant is midnight of 1 March 2059 for a change, and for the series midnight of the 5th. */
START_TEST(buffers_reach_across_the_instant_up_to_which_all_is_looked_at)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    const rota_recurrence nightly = every("2031-03-05T01:00", "FREQ=DAILY", HOUR);
    series(room, "2031-03-05T01:00", "FREQ=DAILY", HOUR);
    fx_book(&f, room, "2059-02-28T23:00Z", "2059-02-28T23:30Z");
    ck_refused(change(room, ROTA_RESOURCE_SET_AFTER, HOUR / 2 + 1), ROTA_ECONFLICT);
    ck_status(&f, change(room, ROTA_RESOURCE_SET_AFTER, HOUR / 2), ROTA_OK);
    ck_status(&f, change(red, ROTA_RESOURCE_SET_AFTER, HOUR / 2 + 1), ROTA_OK);
    fx_book(&f, red, "2059-03-04T23:00Z", "2059-03-04T23:30Z");
    fx_book(&f, red, "2190-03-04T20:00Z", "2190-03-04T20:30Z"); /* much lies in between */
    ck_refused(try_series(red, 1, &nightly, 0, NULL), ROTA_ECONFLICT);
    ck_status(&f, change(red, ROTA_RESOURCE_SET_AFTER, HOUR / 2), ROTA_OK);
    ck_status(&f, try_series(red, 1, &nightly, 0, NULL), ROTA_OK);
}
END_TEST

/* The gate for what never ends is another one than that of the first years. */
START_TEST(a_lapsed_hold_without_an_end_takes_no_time)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = units_of(room, 1);
    rota_recurrence r = every("2031-03-10T09:00", "FREQ=DAILY", HOUR);
    rota_booking_request q = request_of(&claim, 1, &r);
    q.hold_secs = 60;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    ck_refused(try_series(room, 1, &r, 0, NULL), ROTA_ECONFLICT);
    fx_clock(&f, "2031-03-01T00:01Z");
    rota_receipt made;
    ck_status(&f, try_series(room, 1, &r, 0, &made), ROTA_OK);
    ck_assert_int_eq(made.checked_until, ROTA_TIME_MAX);
}
END_TEST

/* --- moves --- */

START_TEST(one_occurrence_is_moved_by_itself)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, move_as(&call, id, "2031-03-17T08:30Z", "2031-03-17T10:00Z", &receipt), ROTA_OK);
    ck_assert(same_id(receipt.id, id));
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(receipt.version, 2);
    ck_assert_int_eq(receipt.count, 0);
    ck_time(receipt.occurrence, "2031-03-17T08:00Z");
    ck_time(receipt.when.start, "2031-03-17T08:30Z");
    ck_time(receipt.when.end, "2031-03-17T10:00Z");
    ck_free(room, "2031-03-17T07:30Z");
    ck_taken(room, "2031-03-17T09:00Z");
    ck_taken(room, "2031-03-24T08:00Z");
    ck_free(room, "2031-03-24T09:00Z");
    /* Its name stays, and so does it when it is moved again, to another room. */
    ck_status(&f, move(id, "2031-03-17T08:30Z", ROTA_SCOPE_THIS, "2031-03-17T12:00Z"),
              ROTA_ENOTFOUND);
    ck_status(&f, move_to(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, red), ROTA_OK);
    ck_free(room, "2031-03-17T08:30Z");
    ck_taken(red, "2031-03-17T08:30Z");
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-17T08:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-17T08:00Z").when.end, "2031-03-17T09:30Z");
    ck_assert_int_eq(get(id).version, 4);
    /* In the way, it is told as what it is: an occurrence of the series. */
    ck_status(&f, fx_try(&f, red, "2031-03-17T08:00Z", "2031-03-17T08:10Z", NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_assert(same_id(conflict(rows, 0).booking, id));
    ck_assert_int_eq(conflict(rows, 0).recurs, ROTA_RECURS_OCCURRENCE);
    ck_time(conflict(rows, 0).occurrence, "2031-03-17T08:00Z");
    rota_result_free(rows);
}
END_TEST

static void ck_only_conflict(const char *asked, const rota_id *with)
{
    rota_result *rows = NULL;
    rota_conflict conflict = ROTA_INIT(rota_conflict);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    ck_assert_int_eq(rota_conflict_at(rows, 0, &conflict), ROTA_OK);
    ck_time(conflict.asked, asked);
    ck_assert_mem_eq(&conflict.booking, with, sizeof *with);
    rota_result_free(rows);
}

START_TEST(one_occurrence_moves_over_itself_and_not_over_its_neighbours)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=6", HOUR);
    ck_status(&f, move(id, "2031-03-11T08:00Z", ROTA_SCOPE_THIS, "2031-03-11T08:15Z"), ROTA_OK);
    ck_refused(move(id, "2031-03-12T08:00Z", ROTA_SCOPE_THIS, "2031-03-13T08:15Z"), ROTA_ECONFLICT);
    ck_refused(move(id, "2031-03-12T08:00Z", ROTA_SCOPE_THIS, "2031-03-11T09:00Z"), ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-12T08:00Z", ROTA_SCOPE_THIS, "2031-03-11T09:15Z"), ROTA_OK);
    /* Where it was, another one may be. */
    ck_status(&f, move(id, "2031-03-13T08:00Z", ROTA_SCOPE_THIS, "2031-03-12T08:30Z"), ROTA_OK);
    ck_refused(move(id, "2031-03-12T08:00Z", ROTA_SCOPE_THIS, "2031-03-12T08:00Z"), ROTA_ECONFLICT);
}
END_TEST

/* Of what stays where it is nothing is told: it was not asked for. */
START_TEST(only_what_is_moved_is_told_what_is_in_its_way)
{
    rota_id room = fx_room(&f, "Blue", 2);
    buffers(room, 0, HOUR / 2);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=6", HOUR);
    rota_id other = fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    /* Beside the cleanup of the second one there is room for the other, or the third, not both. */
    ck_status(&f, move(id, "2031-03-12T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-11T09:15Z"),
              ROTA_ECONFLICT);
    ck_only_conflict("2031-03-12T08:00Z", &other);
}
END_TEST

START_TEST(all_are_moved_on_the_wall_clock)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-31T07:00Z", ROTA_SCOPE_ALL);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, move_as(&call, id, "2031-03-31T08:30Z", NULL, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_SERIES);
    ck_assert_int_eq(receipt.count, 6);
    ck_time(receipt.when.start, "2031-03-31T08:30Z");
    ck_time(get(id).when.start, "2031-03-10T09:30Z");
    ck_free(room, "2031-03-10T08:00Z");
    ck_taken(room, "2031-03-10T10:00Z");
    ck_taken(room, "2031-04-14T08:30Z");
    ck_time(part_of(id, "2031-03-10T08:00Z").when.start, "2031-03-10T09:30Z");
    /* Without a scope: from the first one. */
    ck_status(&f, move_as(NULL, id, "2031-03-11T08:00Z", "2031-03-11T10:00Z", &receipt), ROTA_OK);
    ck_time(receipt.when.start, "2031-03-11T08:00Z");
    ck_time(receipt.when.end, "2031-03-11T10:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-15T07:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.end, "2031-04-15T09:00Z");
    ck_assert_int_eq(get(id).version, 3);
    /* And back over themselves. */
    ck_status(&f, move_as(NULL, id, "2031-03-11T08:30Z", NULL, NULL), ROTA_OK);
    ck_taken(room, "2031-03-11T09:45Z");
    ck_free(room, "2031-03-11T07:30Z");
}
END_TEST

START_TEST(those_to_come_are_moved_and_the_others_stay)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-25T13:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-10T08:00Z").when.start, "2031-03-10T08:00Z");
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-17T08:00Z");
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-25T13:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-15T12:00Z");
    ck_free(room, "2031-03-24T08:00Z");
    ck_taken(room, "2031-04-01T12:00Z");
    /* Once more, later on; then all of them together. */
    ck_status(&f, move(id, "2031-04-07T07:00Z", ROTA_SCOPE_FUTURE, "2031-04-08T15:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-31T07:00Z").when.start, "2031-04-01T12:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-15T15:00Z");
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T07:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-17T07:00Z");
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-25T12:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-15T14:00Z");
    ck_assert_int_eq(get(id).version, 4);
}
END_TEST

START_TEST(what_was_changed_by_itself_stays)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T08:00Z"), ROTA_OK);
    ck_status(&f, cancel(id, "2031-03-24T08:00Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T12:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-18T08:00Z");
    ck_assert_int_eq(part_of(id, "2031-03-24T08:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_taken(room, "2031-03-18T08:00Z");
    ck_free(room, "2031-03-17T12:00Z");
    ck_free(room, "2031-03-24T12:00Z");
    ck_taken(room, "2031-03-31T11:00Z");
}
END_TEST

START_TEST(who_is_named_goes_where_it_is_asked_to_with_the_others)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-24T08:00Z", ROTA_SCOPE_THIS);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, move_to(id, "2031-03-24T08:00Z", ROTA_SCOPE_THIS, red), ROTA_OK);
    ck_status(&f, move_as(&call, id, "2031-03-25T13:00Z", "2031-03-25T15:00Z", NULL), ROTA_OK);
    /* Not by the two hours from there: all of them get the weekday and the hour, and it keeps
     * its own length and room. */
    call.scope = ROTA_SCOPE_FUTURE;
    ck_status(&f, move_as(&call, id, "2031-03-25T15:00Z", NULL, &receipt), ROTA_OK);
    ck_time(receipt.when.start, "2031-03-25T15:00Z");
    ck_time(receipt.when.end, "2031-03-25T17:00Z");
    ck_assert_int_eq(receipt.version, 4);
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-25T15:00Z");
    ck_taken(red, "2031-03-25T16:00Z");
    ck_free(room, "2031-03-25T15:00Z");
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-17T08:00Z");
    ck_time(part_of(id, "2031-03-31T07:00Z").when.start, "2031-04-01T14:00Z");
    ck_time(part_of(id, "2031-03-31T07:00Z").when.end, "2031-04-01T15:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-15T14:00Z");
    /* A length counts from where it is, and claims are its too. */
    ck_status(&f, move_as(&call, id, "2031-03-25T15:00Z", "2031-03-25T15:30Z", NULL), ROTA_OK);
    ck_time(part_of(id, "2031-03-24T08:00Z").when.end, "2031-03-25T15:30Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.end, "2031-04-15T14:30Z");
    ck_status(&f, move_to(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE, room), ROTA_OK);
    ck_taken(room, "2031-03-25T15:00Z");
    ck_free(red, "2031-03-25T15:00Z");
}
END_TEST

START_TEST(who_is_named_and_the_others_are_looked_at_together)
{
    rota_id pool = fx_room(&f, "Pool", 2), room = fx_room(&f, "Blue", 1);
    rota_id id = series(pool, "2031-03-10T09:00", "FREQ=DAILY;COUNT=6", HOUR);
    rota_call call = for_part("2031-03-12T08:00Z", ROTA_SCOPE_THIS);
    ck_status(&f, move_as(&call, id, "2031-03-12T08:00Z", "2031-03-13T09:00Z", NULL), ROTA_OK);
    rota_id other = fx_book(&f, pool, "2031-03-13T09:00Z", "2031-03-13T09:30Z");
    /* An hour later there is room for any two of it, the next one and the other booking. */
    ck_refused(move(id, "2031-03-12T08:00Z", ROTA_SCOPE_ALL, "2031-03-12T09:00Z"), ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-12T08:00Z", ROTA_SCOPE_ALL, "2031-03-12T09:00Z"),
              ROTA_ECONFLICT);
    rota_result *rows = conflicts(2);
    ck_assert(same_id(conflict(rows, 0).booking, id));
    ck_time(conflict(rows, 0).occurrence, "2031-03-13T08:00Z");
    ck_time(conflict(rows, 0).when.start, "2031-03-13T09:00Z");
    ck_assert(same_id(conflict(rows, 1).booking, other));
    ck_time(conflict(rows, 1).asked, "2031-03-12T08:00Z");
    rota_result_free(rows);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &other, NULL), ROTA_OK);
    ck_status(&f, move(id, "2031-03-12T08:00Z", ROTA_SCOPE_ALL, "2031-03-12T09:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-12T08:00Z").when.end, "2031-03-13T10:00Z");

    /* Nor does it come over one that stays. */
    id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T08:00Z"), ROTA_OK);
    ck_refused(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-10T08:30Z"),
               ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-10T09:00Z"), ROTA_OK);
}
END_TEST

START_TEST(who_is_named_and_cancelled_is_restored_where_it_was_asked_to)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_status(&f, move(id, "2031-03-24T08:00Z", ROTA_SCOPE_ALL, "2031-03-24T10:00Z"), ROTA_OK);
    /* From 10:00Z, where the others are, and not from where it was cancelled. */
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-17T11:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-24T11:00Z");
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-17T11:00Z");
    ck_assert_int_eq(part_of(id, "2031-03-17T08:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_free(room, "2031-03-17T11:00Z");
    ck_status(&f, restore(id, "2031-03-17T08:00Z"), ROTA_OK);
    ck_taken(room, "2031-03-17T11:00Z");
}
END_TEST

START_TEST(who_is_named_and_has_begun_stays)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-17T12:00Z"), ROTA_OK);
    ck_status(&f, move(id, "2031-04-14T07:00Z", ROTA_SCOPE_THIS, "2031-04-20T09:00Z"), ROTA_OK);
    fx_clock(&f, "2031-03-17T12:30Z");
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-18T09:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-17T08:00Z").when.start, "2031-03-17T12:00Z");
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-25T09:00Z");
    /* And where the others have, it is moved alone. */
    fx_clock(&f, "2031-04-19T00:00Z");
    ck_refused(move(id, "2031-04-07T07:00Z", ROTA_SCOPE_FUTURE, "2031-04-21T09:00Z"), ROTA_ESTATE);
    ck_status(&f, move(id, "2031-04-14T07:00Z", ROTA_SCOPE_FUTURE, "2031-04-21T09:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-04-21T09:00Z");
    ck_taken(room, "2031-04-21T09:00Z");
    ck_free(room, "2031-04-20T09:00Z");
}
END_TEST

START_TEST(what_was_moved_by_itself_is_in_the_way_of_the_others)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-25T08:00Z"), ROTA_OK);
    ck_refused(move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-11T08:30Z"), ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-11T09:00Z"), ROTA_OK);
}
END_TEST

START_TEST(a_refused_move_leaves_everything_as_it_was)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-24T08:00Z", ROTA_SCOPE_THIS, "2031-03-24T12:00Z"), ROTA_OK);
    fx_book(&f, room, "2031-04-07T10:00Z", "2031-04-07T10:30Z");
    fx_book(&f, red, "2031-04-14T06:00Z", "2031-04-14T07:30Z");
    ck_refused(move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T11:00Z"), ROTA_ECONFLICT);
    ck_refused(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-17T11:00Z"),
               ROTA_ECONFLICT);
    ck_refused(move(id, "2031-04-07T07:00Z", ROTA_SCOPE_THIS, "2031-04-07T10:00Z"), ROTA_ECONFLICT);
    ck_refused(move_to(id, NULL, ROTA_SCOPE_NONE, red), ROTA_ECONFLICT);
    ck_status(&f, move_to(id, NULL, ROTA_SCOPE_NONE, red), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_time(conflict(rows, 0).asked, "2031-04-14T07:00Z");
    rota_result_free(rows);
    ck_refused(move(id, "2031-04-08T07:00Z", ROTA_SCOPE_THIS, "2031-04-08T10:00Z"), ROTA_ENOTFOUND);
    ck_refused(move(id, "2031-04-21T07:00Z", ROTA_SCOPE_FUTURE, "2031-04-08T10:00Z"),
               ROTA_ENOTFOUND);
    ck_taken(room, "2031-04-07T07:00Z");
    ck_free(red, "2031-03-10T08:00Z");
}
END_TEST

START_TEST(claims_change_from_one_occurrence_on)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move_to(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE, red), ROTA_OK);
    ck_taken(room, "2031-03-17T08:00Z");
    ck_free(red, "2031-03-17T08:00Z");
    ck_free(room, "2031-03-24T08:00Z");
    ck_taken(red, "2031-03-24T08:00Z");
    ck_free(room, "2031-04-14T07:00Z");
    ck_taken(red, "2031-04-14T07:00Z");
    ck_status(&f, try_every(red, "2031-03-03T09:00", "FREQ=WEEKLY;COUNT=3", HOUR), ROTA_OK);
    ck_status(&f, try_every(room, "2031-03-24T09:00", weekly, HOUR), ROTA_OK);
    ck_refused(move_to(id, "2031-04-07T07:00Z", ROTA_SCOPE_FUTURE, room), ROTA_ECONFLICT);
    ck_refused(try_every(room, "2031-03-17T09:30", "FREQ=WEEKLY;COUNT=1", HOUR), ROTA_ECONFLICT);
    /* All of them: the old room has nothing of it any more. */
    rota_id gray = fx_room(&f, "Gray", 1);
    ck_status(&f, move_to(id, NULL, ROTA_SCOPE_NONE, gray), ROTA_OK);
    ck_free(room, "2031-03-10T08:00Z");
    ck_free(red, "2031-04-07T07:00Z");
    ck_taken(gray, "2031-03-10T08:00Z");
    ck_taken(gray, "2031-04-14T07:00Z");
}
END_TEST

START_TEST(more_units_are_taken_from_one_occurrence_on)
{
    rota_id pool = fx_room(&f, "Pool", 3);
    rota_id id = series(pool, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-24T08:00Z", ROTA_SCOPE_FUTURE);
    rota_claim claim = units_of(pool, 3);
    rota_booking_request q = request_of(&claim, 1, NULL);
    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.title = NULL;
    series(pool, "2031-03-11T09:00", "FREQ=WEEKLY;COUNT=9", HOUR);
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_OK);
    ck_free(pool, "2031-03-17T08:00Z");
    ck_taken(pool, "2031-03-24T08:00Z");
    claim.units = 2;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_OK);
    ck_free(pool, "2031-03-24T08:00Z");
    /* Onto the other one's day there are units for both, and then there are not. */
    ck_status(&f, move(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-25T08:00Z"), ROTA_OK);
    ck_taken(pool, "2031-03-25T08:00Z");
    claim.units = 3;
    ck_refused(rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_ECONFLICT);
}
END_TEST

/* What lies before the change stays, and its cleanup is over before what is changed. */
START_TEST(what_is_moved_keeps_its_distance_from_what_stays)
{
    rota_id room = fx_room(&f, "Blue", 1), two = fx_room(&f, "Two", 2);
    buffers(room, 600, 1200);
    buffers(two, 600, 1200);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=10", HOUR);
    rota_id pair = series(two, "2031-03-10T09:00", "FREQ=DAILY;COUNT=10", HOUR);
    ck_refused(move(id, "2031-03-13T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-12T09:29:59Z"),
               ROTA_ECONFLICT);
    ck_refused(move(id, "2031-03-13T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-12T08:59:59Z"),
               ROTA_EINVALID);
    ck_refused(move(id, "2031-03-13T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-10T06:30:01Z"),
               ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-13T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-12T09:30Z"), ROTA_OK);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    ck_status(&f, move(pair, "2031-03-13T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-12T09:15Z"), ROTA_OK);
    ck_taken(two, "2031-03-12T09:00Z");
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(what_has_begun_stays)
{
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    fx_clock(&f, "2031-03-24T08:00Z");
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T10:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-24T08:00Z").when.start, "2031-03-24T08:00Z");
    ck_time(part_of(id, "2031-03-31T07:00Z").when.start, "2031-03-31T09:00Z");
    ck_status(&f, move_to(id, "2031-03-10T08:00Z", ROTA_SCOPE_FUTURE, red), ROTA_OK);
    ck_taken(room, "2031-03-24T08:00Z");
    ck_free(red, "2031-03-24T08:00Z");
    ck_taken(red, "2031-03-31T09:00Z");
    /* One that is named may be moved though it has begun, as a booking may. */
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-17T09:00Z"), ROTA_OK);
    fx_clock(&f, "2031-05-01T00:00Z");
    ck_refused(move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T10:00Z"), ROTA_ESTATE);
    ck_refused(move(id, "2031-04-14T07:00Z", ROTA_SCOPE_FUTURE, "2031-06-10T10:00Z"), ROTA_ESTATE);
}
END_TEST

/* An era that was moved to before an earlier one has begun before it. */
START_TEST(what_has_begun_stays_whatever_its_place_in_the_series)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE, "2031-03-04T12:00Z"), ROTA_OK);
    fx_clock(&f, "2031-03-12T00:00Z"); /* 03-10, and 03-04 and 03-11, have begun */
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T09:00Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-10T08:00Z").when.start, "2031-03-10T08:00Z");
    ck_time(part_of(id, "2031-03-31T07:00Z").when.start, "2031-03-04T12:00Z");
    ck_time(part_of(id, "2031-04-07T07:00Z").when.start, "2031-03-11T12:00Z");
    ck_time(part_of(id, "2031-04-14T07:00Z").when.start, "2031-03-18T13:00Z");
}
END_TEST

START_TEST(a_shift_follows_the_clocks)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-28T01:30", "FREQ=DAILY;COUNT=5", 900);
    /* On the night of the change 02:30 is not there: it is 03:30 then. */
    ck_status(&f, move(id, "2031-03-28T00:30Z", ROTA_SCOPE_ALL, "2031-03-28T01:30Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-29T00:30Z").when.start, "2031-03-29T01:30Z");
    ck_time(part_of(id, "2031-03-30T00:30Z").when.start, "2031-03-30T01:30Z");
    ck_time(part_of(id, "2031-03-30T23:30Z").when.start, "2031-03-31T00:30Z");
    ck_taken(room, "2031-03-30T01:30Z");
    /* And it comes back from there. */
    ck_status(&f, move(id, "2031-03-28T00:30Z", ROTA_SCOPE_ALL, "2031-03-28T00:30Z"), ROTA_OK);
    ck_time(part_of(id, "2031-03-30T00:30Z").when.start, "2031-03-30T00:30Z");
    /* 02:30 comes twice in autumn: it is the first of them. */
    id = series(room, "2031-10-25T01:30", "FREQ=DAILY;COUNT=3", 900);
    ck_status(&f, move(id, "2031-10-24T23:30Z", ROTA_SCOPE_ALL, "2031-10-25T00:30Z"), ROTA_OK);
    ck_time(part_of(id, "2031-10-25T23:30Z").when.start, "2031-10-26T00:30Z");
    ck_time(part_of(id, "2031-10-27T00:30Z").when.start, "2031-10-27T01:30Z");
}
END_TEST

START_TEST(a_move_within_the_years_that_there_are)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_refused(move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "9999-12-10T08:00Z"), ROTA_EINVALID);
    ck_refused(move(id, "2031-04-14T07:00Z", ROTA_SCOPE_ALL, "0001-01-01T08:00Z"), ROTA_EINVALID);
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "9999-11-10T08:00Z"), ROTA_OK);
    rota_id endless = series(room, "2031-03-10T11:00", "FREQ=MONTHLY", HOUR);
    ck_refused(move(endless, "2031-04-10T09:00Z", ROTA_SCOPE_ALL, "0001-01-31T10:00Z"),
               ROTA_EINVALID);
    ck_status(&f, move(endless, "2031-04-10T09:00Z", ROTA_SCOPE_ALL, "0001-02-03T10:00Z"), ROTA_OK);
}
END_TEST

START_TEST(title_data_and_priority_are_those_of_the_whole)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call this = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_call future = for_part("2031-03-17T08:00Z", ROTA_SCOPE_FUTURE);
    q.title = "Other";
    q.set = ROTA_BOOKING_SET_TITLE;
    ck_refused(rota_booking_move(f.r, &this, &id, &q, NULL), ROTA_EINVALID);
    ck_refused(rota_booking_move(f.r, &future, &id, &q, NULL), ROTA_EINVALID);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T08:00Z"), ROTA_OK);
    q.set |= ROTA_BOOKING_SET_PRIORITY | ROTA_BOOKING_SET_DATA;
    q.priority = 5;
    q.data = "{}";
    fx_clock(&f, "2031-06-01T00:00Z"); /* all have begun: that concerns their time alone */
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_OK);
    ck_assert_int_eq(get(id).priority, 5);
    ck_assert_int_eq(part_of(id, "2031-03-17T08:00Z").priority, 5);
    /* What stands in the way is told by the name that it has now, even if it has its own time. */
    ck_status(&f, fx_try(&f, room, "2031-03-18T08:00Z", "2031-03-18T08:10Z", NULL), ROTA_ECONFLICT);
    rota_result *rows = conflicts(1);
    ck_assert_str_eq(conflict(rows, 0).title, "Other");
    ck_assert_int_eq(conflict(rows, 0).priority, 5);
    ck_assert_int_eq(conflict(rows, 0).version, 3);
    rota_result_free(rows);
}
END_TEST

static int32_t give_way(void *ctx, const rota_conflict *conflict)
{
    (void)ctx, (void)conflict;
    return ROTA_ASK_CANCEL;
}

START_TEST(an_occurrence_does_not_give_way_to_who_asks)
{
    fx_close(&f);
    f.config.ask = give_way;
    fx_open(&f, ":memory:");
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, NULL);
    q.on_conflict = ROTA_ON_CONFLICT_ASK;
    q.when = (rota_span){ t("2031-03-10T08:30Z"), t("2031-03-10T08:40Z") };
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T08:00Z"), ROTA_OK);
    ck_status(&f, move(id, "2031-03-24T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T09:00Z"), ROTA_OK);
    q.when = (rota_span){ t("2031-03-18T08:30Z"), t("2031-03-18T09:40Z") };
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    rota_result_free(conflicts(2));
}
END_TEST

START_TEST(an_occurrence_does_not_give_way_to_priority)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T08:00Z"), ROTA_OK);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, NULL);
    q.priority = 9;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    q.when = (rota_span){ t("2031-03-10T08:30Z"), t("2031-03-10T08:40Z") };
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    q.when = (rota_span){ t("2031-03-18T08:30Z"), t("2031-03-18T08:40Z") };
    ck_refused(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    /* But one that moves by itself may override, as a booking may. */
    rota_id other = fx_book(&f, room, "2031-03-19T08:00Z", "2031-03-19T09:00Z");
    rota_booking_request up = ROTA_INIT(rota_booking_request);
    up.set = ROTA_BOOKING_SET_PRIORITY;
    up.priority = 1;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &up, NULL), ROTA_OK);
    rota_call call = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_booking_request to = ROTA_INIT(rota_booking_request);
    to.set = ROTA_BOOKING_SET_START;
    to.when.start = t("2031-03-19T08:00Z");
    to.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &to, NULL), ROTA_OK);
    ck_assert_int_eq(fx_status(&f, other), ROTA_BOOKING_CANCELLED);
    call.scope = ROTA_SCOPE_ALL;
    ck_refused(rota_booking_move(f.r, &call, &id, &to, NULL), ROTA_EINVALID);
}
END_TEST

static rota_span lengthen(rota_id id, const char *occurrence, int32_t scope, int64_t length)
{
    rota_call call = for_part(occurrence, scope);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.set = ROTA_BOOKING_SET_LENGTH;
    q.when.end = length;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, &receipt), ROTA_OK);
    return receipt.when;
}

static void ck_when(rota_span when, const char *start, const char *end)
{
    ck_assert_int_eq(when.start, t(start));
    ck_assert_int_eq(when.end, t(end));
}

START_TEST(a_length_is_that_of_one_or_of_many)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-18T10:00Z"), ROTA_OK);
    ck_when(lengthen(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, 1800), "2031-03-18T10:00Z",
            "2031-03-18T10:30Z");
    ck_when(lengthen(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, 2 * HOUR), "2031-03-18T10:00Z",
            "2031-03-18T12:00Z");
    ck_when(part_of(id, "2031-03-24T08:00Z").when, "2031-03-24T08:00Z", "2031-03-24T10:00Z");
    ck_when(part_of(id, "2031-03-10T08:00Z").when, "2031-03-10T08:00Z", "2031-03-10T09:00Z");
    ck_when(part_of(id, "2031-03-31T07:00Z").when, "2031-03-31T07:00Z", "2031-03-31T09:00Z");
    (void)lengthen(id, NULL, ROTA_SCOPE_NONE, 600);
    ck_when(part_of(id, "2031-03-10T08:00Z").when, "2031-03-10T08:00Z", "2031-03-10T08:10Z");
    ck_when(part_of(id, "2031-03-17T08:00Z").when, "2031-03-18T10:00Z", "2031-03-18T12:00Z");
    ck_when(part_of(id, "2031-03-31T07:00Z").when, "2031-03-31T07:00Z", "2031-03-31T07:10Z");
}
END_TEST

START_TEST(a_length_of_days_is_theirs_in_the_calendar) /* on 30 March they have 23 hours */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-15", weekly, 1);
    ck_when(lengthen(id, "2031-03-28T23:00Z", ROTA_SCOPE_THIS, 3 * DAY), "2031-03-28T23:00Z",
            "2031-03-31T22:00Z");
    ck_when(lengthen(id, "2031-03-21T23:00Z", ROTA_SCOPE_FUTURE, 2 * DAY), "2031-03-21T23:00Z",
            "2031-03-23T23:00Z");
    (void)lengthen(id, "2031-03-28T23:00Z", ROTA_SCOPE_ALL, 4 * DAY);
    ck_when(part_of(id, "2031-03-14T23:00Z").when, "2031-03-14T23:00Z", "2031-03-18T23:00Z");
    ck_when(part_of(id, "2031-03-28T23:00Z").when, "2031-03-28T23:00Z", "2031-04-01T22:00Z");
    rota_call call = for_part("2031-04-04T22:00Z", ROTA_SCOPE_ALL);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_LENGTH;
    q.when.end = HOUR;
    ck_refused(rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_EINVALID);
}
END_TEST

/* --- cancels, and back --- */

START_TEST(one_occurrence_is_cancelled_and_restored)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_free(room, "2031-03-17T08:00Z");
    ck_taken(room, "2031-03-24T08:00Z");
    ck_assert_int_eq(get(id).status, ROTA_BOOKING_CONFIRMED);
    ck_refused(cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_ESTATE);
    ck_refused(restore(id, "2031-03-24T08:00Z"), ROTA_ESTATE);
    ck_status(&f, cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_ESTATE);
    ck_assert_str_eq(rota_errmsg(f.r), "occurrence 2031-03-17T08:00:00Z of booking \"Series\" is "
                                       "cancelled and cannot be cancelled");
    rota_id other = fx_book(&f, room, "2031-03-17T08:30Z", "2031-03-17T08:40Z");
    ck_refused(restore(id, "2031-03-17T08:00Z"), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &other, NULL), ROTA_OK);
    ck_status(&f, restore(id, "2031-03-17T08:00Z"), ROTA_OK);
    ck_taken(room, "2031-03-17T08:00Z");
    ck_status(&f, cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_OK);
    fx_clock(&f, "2031-03-17T09:00Z");
    ck_refused(restore(id, "2031-03-17T08:00Z"), ROTA_ESTATE); /* it is over */
    ck_assert_int_eq(get(id).version, 4);
}
END_TEST

START_TEST(those_to_come_are_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-31T07:00Z", ROTA_SCOPE_FUTURE);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-04-02T08:00Z"), ROTA_OK);
    ck_status(&f, move(id, "2031-04-07T07:00Z", ROTA_SCOPE_THIS, "2031-04-03T08:00Z"), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(receipt.count, 3);
    ck_taken(room, "2031-03-24T08:00Z");
    ck_free(room, "2031-03-31T07:00Z");
    ck_free(room, "2031-04-14T07:00Z");
    ck_taken(room, "2031-04-02T08:00Z"); /* by its original start it comes before */
    ck_free(room, "2031-04-03T08:00Z");
    ck_assert_int_eq(part_of(id, "2031-04-14T07:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(part_of(id, "2031-04-07T07:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(get(id).status, ROTA_BOOKING_CONFIRMED);
    /* One of them comes back, and is moved; those before it can be moved, too. */
    ck_status(&f, restore(id, "2031-04-14T07:00Z"), ROTA_OK);
    ck_taken(room, "2031-04-14T07:00Z");
    ck_status(&f, move(id, "2031-04-14T07:00Z", ROTA_SCOPE_THIS, "2031-04-15T07:00Z"), ROTA_OK);
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T09:00Z"), ROTA_OK);
    ck_free(room, "2031-03-31T08:00Z");
    ck_taken(room, "2031-03-24T09:00Z");
    /* One that was cancelled is not moved, and not cancelled again. */
    ck_refused(move(id, "2031-03-31T07:00Z", ROTA_SCOPE_THIS, "2031-03-31T09:00Z"), ROTA_ESTATE);
    ck_refused(cancel(id, "2031-03-31T07:00Z", ROTA_SCOPE_THIS), ROTA_ESTATE);
    /* But the one that came back goes with those. */
    ck_status(&f, cancel(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_OK);
    ck_free(room, "2031-04-15T07:00Z");
    ck_refused(cancel(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
}
END_TEST

START_TEST(all_are_cancelled_with_what_was_changed_by_itself)
{
    rota_id room = fx_room(&f, "Blue", 1);
    for (int i = 0; i < 2; i++) {
        rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
        ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-05-02T08:00Z"), ROTA_OK);
        ck_status(&f, move(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE, "2031-03-31T09:00Z"),
                  ROTA_OK);
        ck_status(&f,
                  i ? cancel(id, "2031-04-14T07:00Z", ROTA_SCOPE_ALL)
                    : cancel(id, NULL, ROTA_SCOPE_NONE),
                  ROTA_OK);
        ck_assert_int_eq(get(id).status, ROTA_BOOKING_CANCELLED);
        ck_assert_int_eq(part_of(id, "2031-03-17T08:00Z").status, ROTA_BOOKING_CANCELLED);
        ck_assert_int_eq(part_of(id, "2031-03-24T08:00Z").status, ROTA_BOOKING_CANCELLED);
        ck_free(room, "2031-05-02T08:00Z");
        ck_free(room, "2031-03-10T08:00Z");
        ck_free(room, "2031-04-14T09:00Z");
        ck_refused(cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_ESTATE);
        ck_refused(move(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL, "2031-03-10T09:00Z"), ROTA_ESTATE);
        ck_refused(rota_booking_restore(f.r, NULL, &id, NULL), ROTA_EINVALID);
        /* One of them alone comes back, and goes again with all. */
        ck_status(&f, restore(id, "2031-03-24T08:00Z"), ROTA_OK);
        ck_taken(room, "2031-03-24T08:00Z");
        ck_free(room, "2031-03-10T08:00Z");
        ck_status(&f, cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_OK);
        ck_free(room, "2031-03-24T08:00Z");
    }
}
END_TEST

START_TEST(what_has_begun_is_not_cancelled_unasked)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-31T07:00Z", ROTA_SCOPE_THIS, "2031-03-20T07:00Z"), ROTA_OK);
    fx_clock(&f, "2031-03-24T08:00Z");
    ck_refused(cancel(id, "2031-03-24T08:00Z", ROTA_SCOPE_THIS), ROTA_ESTATE);
    ck_status(&f, cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_assert_int_eq(part_of(id, "2031-03-24T08:00Z").status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(part_of(id, "2031-03-31T07:00Z").status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(part_of(id, "2031-04-07T07:00Z").status, ROTA_BOOKING_CANCELLED);
    ck_taken(room, "2031-03-24T08:00Z");
    ck_taken(room, "2031-03-20T07:00Z");
    ck_free(room, "2031-04-07T07:00Z");
    ck_refused(cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_ESTATE);
    ck_status(&f, override(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE), ROTA_OK);
    ck_free(room, "2031-03-24T08:00Z");
    ck_free(room, "2031-03-20T07:00Z");
    ck_taken(room, "2031-03-17T08:00Z");
    ck_status(&f, override(id, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_free(room, "2031-03-17T08:00Z");
    ck_assert_int_eq(get(id).status, ROTA_BOOKING_CANCELLED);
}
END_TEST

START_TEST(what_has_begun_altogether_is_not_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    fx_clock(&f, "2031-04-14T07:00Z");
    ck_refused(cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_ESTATE);
    ck_refused(cancel(id, "2031-03-10T08:00Z", ROTA_SCOPE_ALL), ROTA_ESTATE);
    ck_refused(cancel(id, "2031-03-10T08:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
    ck_status(&f, override(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS), ROTA_OK);
    ck_status(&f, override(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_OK);
    ck_assert_int_eq(part_of(id, "2031-03-24T08:00Z").status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(part_of(id, "2031-04-14T07:00Z").status, ROTA_BOOKING_CANCELLED);
}
END_TEST

/* The last one's place in the series is yet to come, and the occurrence is over. */
START_TEST(what_was_moved_before_now_is_not_to_come)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-04-14T07:00Z", ROTA_SCOPE_THIS, "2031-03-25T08:00Z"), ROTA_OK);
    fx_clock(&f, "2031-04-08T07:00Z");
    ck_refused(cancel(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
    ck_refused(cancel(id, NULL, ROTA_SCOPE_NONE), ROTA_ESTATE);
    ck_assert_int_eq(part_of(id, "2031-04-14T07:00Z").status, ROTA_BOOKING_CONFIRMED);
}
END_TEST

/* Its second week is two centuries away, behind all that is looked at day by day. */
static rota_id with_a_week_far_away(rota_id room)
{
    rota_id id = series(room, "2031-03-03T09:00:00", "FREQ=DAILY", HOUR);
    ck_status(&f, move(id, "2031-03-10T08:00Z", ROTA_SCOPE_FUTURE, "2231-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-17T08:00Z"), ROTA_OK);
    return id;
}

START_TEST(what_never_ends_meets_what_was_moved_far_away)
{
    rota_id room = fx_room(&f, "Blue", 1);
    with_a_week_far_away(room);
    ck_assert_int_eq(try_every(room, "2031-03-03T12:00:00", "FREQ=DAILY", HOUR), ROTA_ECONFLICT);
    ck_assert_int_eq(try_every(room, "2031-03-03T13:00:00", "FREQ=DAILY", HOUR), ROTA_OK);
    ck_assert_int_eq(try_every(room, "2031-03-03T12:00:00", "FREQ=DAILY;COUNT=9999", HOUR),
                     ROTA_OK);
}
END_TEST

START_TEST(what_never_ends_meets_what_of_it_was_moved_far_away)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = with_a_week_far_away(room);
    ck_assert_int_eq(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-17T11:00Z"),
                     ROTA_EINVALID);
    ck_assert_int_eq(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-17T12:00Z"),
                     ROTA_OK);
}
END_TEST

/* All times that there are end with 9999-12-31T23:59:59Z, and so does this. */
START_TEST(what_never_ends_meets_what_ends_with_the_last_second)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence last = every_in("UTC", "9999-12-31T23:00:00", "FREQ=DAILY;COUNT=1", HOUR - 1);
    rota_recurrence daily = every_in("UTC", "2031-03-03T23:30:00", "FREQ=DAILY", HOUR / 4);
    ck_status(&f, try_series(room, 1, &last, 0, NULL), ROTA_OK);
    ck_assert_int_eq(try_series(room, 1, &daily, 0, NULL), ROTA_ECONFLICT);
}
END_TEST

/* 02:30 does not come on 2031-03-30 in Berlin: that one is at 03:30, and its series at 02:30. */
START_TEST(the_one_in_a_gap_goes_where_the_move_says)
{
    static const struct {
        const char *named, *to, *named_is, *others_are;
        int32_t scope;
    } moves[] = {
        { "2031-03-30T01:30Z", "2031-03-30T03:30Z", "2031-03-30T03:30Z", "2031-03-31T03:30Z",
          ROTA_SCOPE_FUTURE },
        { "2031-03-30T01:30Z", "2031-03-30T03:30Z", "2031-03-30T03:30Z", "2031-03-31T03:30Z",
          ROTA_SCOPE_ALL },
        { NULL, "2031-03-30T03:30Z", "2031-03-30T03:30Z", "2031-03-31T03:30Z", ROTA_SCOPE_NONE },
        { "2031-03-30T01:30Z", "2031-03-30T01:30Z", "2031-03-30T01:30Z", "2031-03-31T00:30Z",
          ROTA_SCOPE_ALL }, /* where it is: no move */
        { "2031-03-31T00:30Z", "2031-03-31T01:30Z", "2031-03-30T01:30Z", "2031-03-31T01:30Z",
          ROTA_SCOPE_ALL },
    };
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        rota_id room = fx_room(&f, "Blue", 1);
        rota_id id = series(room, "2031-03-30T02:30", "FREQ=DAILY;COUNT=3", HOUR);
        ck_taken(room, "2031-03-30T01:30Z");
        ck_status(&f, move(id, moves[i].named, moves[i].scope, moves[i].to), ROTA_OK);
        ck_taken(room, moves[i].named_is);
        ck_taken(room, moves[i].others_are);
        ck_time(part_of(id, "2031-03-30T01:30Z").when.start, moves[i].named_is);
        ck_time(part_of(id, "2031-03-31T00:30Z").when.start, moves[i].others_are);
    }
}
END_TEST

/* 02:30 comes at 00:30Z on 2031-10-26 in Berlin, and at 01:30Z again. */
START_TEST(only_one_by_itself_goes_to_a_reading_that_comes_again)
{
    static const char *const first = "2031-10-26T00:30Z", *const again = "2031-10-26T01:30Z";
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-10-25T02:30", "FREQ=DAILY;COUNT=3", HOUR / 4);
    ck_refused(move(id, first, ROTA_SCOPE_FUTURE, again), ROTA_EINVALID);
    ck_assert_int_eq(move(id, first, ROTA_SCOPE_FUTURE, again), ROTA_EINVALID);
    ck_assert_str_eq(rota_errmsg(f.r),
                     "at 2031-10-26T01:30:00Z the clock shows the same for the second time: only "
                     "one occurrence by itself is moved there");
    ck_refused(move(id, first, ROTA_SCOPE_ALL, again), ROTA_EINVALID);
    ck_refused(move(id, "2031-10-27T01:30Z", ROTA_SCOPE_ALL, again), ROTA_EINVALID);
    ck_refused(move(id, NULL, ROTA_SCOPE_NONE, "2031-10-26T01:45Z"), ROTA_EINVALID);
    ck_status(&f, move(id, first, ROTA_SCOPE_ALL, "2031-10-26T00:15Z"), ROTA_OK);
    ck_status(&f, move(id, first, ROTA_SCOPE_THIS, again), ROTA_OK);
    /* The others go by its hour on the clock. */
    ck_status(&f, move(id, first, ROTA_SCOPE_ALL, "2031-10-26T01:45Z"), ROTA_OK);
    ck_time(part_of(id, first).when.start, "2031-10-26T01:45Z");
    ck_time(part_of(id, "2031-10-27T01:30Z").when.start, "2031-10-27T01:45Z");
    ck_taken(room, "2031-10-26T01:45Z");
    ck_free(room, first);
    /* And where it has begun and stays, there is none that would be elsewhere. */
    id = series(room, "2031-10-25T04:30", "FREQ=DAILY;COUNT=3", HOUR / 4);
    fx_clock(&f, "2031-10-25T12:00Z");
    ck_status(&f, move(id, "2031-10-25T02:30Z", ROTA_SCOPE_ALL, "2031-10-26T01:30Z"), ROTA_OK);
    ck_time(part_of(id, "2031-10-26T03:30Z").when.start, "2031-10-27T01:30Z");
}
END_TEST

/* In Havana the clock goes back from 01:00 on 2031-11-02: that day has two midnights. */
START_TEST(days_begin_at_the_first_of_two_midnights)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence days = every_in("America/Havana", "2031-11-01", "FREQ=DAILY;COUNT=2", 1);
    rota_receipt receipt;
    ck_status(&f, try_series(room, 1, &days, 0, &receipt), ROTA_OK);
    ck_refused(move(receipt.id, NULL, ROTA_SCOPE_NONE, "2031-11-02T05:00Z"), ROTA_EINVALID);
    ck_status(&f, move(receipt.id, NULL, ROTA_SCOPE_NONE, "2031-11-02T04:00Z"), ROTA_OK);
}
END_TEST

START_TEST(a_cancel_tells_of_the_one_that_it_names)
{
    static const struct {
        const char *original, *start;
        int32_t scope;
    } named[] = { { "2031-04-14T07:00Z", "2031-04-14T07:00Z", ROTA_SCOPE_THIS },
                  { "2031-04-07T07:00Z", "2031-04-07T07:00Z", ROTA_SCOPE_FUTURE },
                  { "2031-03-31T07:00Z", "2031-04-01T07:30Z", ROTA_SCOPE_FUTURE },
                  { "2031-03-17T08:00Z", "2031-03-17T08:00Z", ROTA_SCOPE_ALL } };
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", weekly, HOUR);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, move(id, "2031-03-31T07:00Z", ROTA_SCOPE_THIS, "2031-04-01T07:30Z"), ROTA_OK);
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        rota_call call = for_part(named[i].original, named[i].scope);
        ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.occurrence, t(named[i].original));
        ck_assert_int_eq(receipt.when.start, t(named[i].start));
        ck_assert_int_eq(receipt.when.end, t(named[i].start) + HOUR);
        ck_assert_int_eq(receipt.status, ROTA_BOOKING_CANCELLED);
    }
}
END_TEST

START_TEST(what_is_cancelled_from_there_on_is_said_to_be)
{
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, cancel(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE), ROTA_OK);
    ck_assert_int_eq(cancel(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
    ck_assert_str_eq(rota_errmsg(f.r),
                     "booking \"Series\" is cancelled from there on and cannot be cancelled");
    ck_assert_int_eq(move(id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE, "2031-03-31T09:00Z"),
                     ROTA_ESTATE);
    ck_assert_str_eq(rota_errmsg(f.r),
                     "booking \"Series\" is cancelled from there on and cannot be moved");
}
END_TEST

/* As where each of them was cancelled by itself. */
START_TEST(what_was_left_out_is_not_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 1);
    fx_book(&f, room, "2031-03-31T07:00Z", "2031-04-20T08:00Z");
    rota_receipt made = partial(room, "2031-03-10T09:00", weekly, HOUR);
    ck_assert_int_eq(made.skipped, 3);
    ck_refused(cancel(made.id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
    ck_assert_int_eq(cancel(made.id, "2031-03-31T07:00Z", ROTA_SCOPE_FUTURE), ROTA_ESTATE);
    ck_assert_str_eq(
        rota_errmsg(f.r),
        "booking \"Series\" has nothing to come from there on and cannot be cancelled");
    ck_status(&f, cancel(made.id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE), ROTA_OK);
    ck_assert_int_eq(get(made.id).version, 2);
}
END_TEST

START_TEST(what_has_nothing_to_come_is_said_to_have)
{
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", weekly, HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-05-17T08:00Z"), ROTA_OK);
    fx_clock(&f, "2031-04-15T00:00Z");
    ck_assert_int_eq(move(id, "2031-03-24T08:00Z", ROTA_SCOPE_FUTURE, "2031-05-31T09:00Z"),
                     ROTA_ESTATE);
    ck_assert_str_eq(rota_errmsg(f.r),
                     "booking \"Series\" has nothing to come from there on and cannot be moved");
    ck_assert_int_eq(move(id, NULL, ROTA_SCOPE_NONE, "2031-05-31T09:00Z"), ROTA_ESTATE);
    ck_assert_str_eq(rota_errmsg(f.r), "booking \"Series\" has nothing to come, but for what was "
                                       "changed by itself, and cannot be moved");
}
END_TEST

/* Its hour in the series is to come, and it has begun: there is nothing to move. */
START_TEST(what_is_left_was_moved_by_itself_and_has_begun)
{
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=2", HOUR);
    ck_status(&f, move(id, "2031-03-17T08:00Z", ROTA_SCOPE_THIS, "2031-03-16T08:00Z"), ROTA_OK);
    fx_clock(&f, "2031-03-16T12:00Z");
    ck_assert_int_eq(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_ALL, "2031-03-20T09:00Z"),
                     ROTA_ESTATE);
    ck_assert_int_eq(move(id, "2031-03-17T08:00Z", ROTA_SCOPE_FUTURE, "2031-03-20T09:00Z"),
                     ROTA_ESTATE);
}
END_TEST

START_TEST(an_endless_series_is_given_an_end)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=WEEKLY", HOUR);
    rota_call call = for_part("2035-03-05T08:00Z", ROTA_SCOPE_FUTURE);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_taken(room, "2060-03-01T08:00Z");
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.count, 208);
    ck_taken(room, "2035-02-26T08:00Z");
    ck_free(room, "2035-03-05T08:00Z");
    ck_free(room, "2060-03-01T08:00Z");
    ck_status(&f, try_every(room, "2035-03-05T09:00", "FREQ=WEEKLY", HOUR), ROTA_OK);
}
END_TEST

START_TEST(an_occurrence_is_checked_in_and_completed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call this = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_call future = for_part("2031-03-17T08:00Z", ROTA_SCOPE_FUTURE);
    rota_call all = for_part("2031-03-17T08:00Z", ROTA_SCOPE_ALL);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    const rota_call *const many[] = { NULL, &future, &all };
    for (int i = 0; i < 3; i++) {
        ck_refused(rota_booking_check_in(f.r, many[i], &id, NULL), ROTA_EINVALID);
        ck_refused(rota_booking_complete(f.r, many[i], &id, NULL), ROTA_EINVALID);
        ck_refused(rota_booking_restore(f.r, many[i], &id, NULL), ROTA_EINVALID);
    }
    ck_refused(rota_booking_complete(f.r, &this, &id, NULL), ROTA_ESTATE);
    ck_status(&f, rota_booking_check_in(f.r, &this, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CHECKED_IN);
    ck_assert_int_eq(receipt.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(receipt.version, 2);
    ck_assert_int_eq(part_of(id, "2031-03-17T08:00Z").status, ROTA_BOOKING_CHECKED_IN);
    ck_taken(room, "2031-03-17T08:00Z");
    fx_clock(&f, "2031-03-17T08:20Z");
    ck_status(&f, rota_booking_complete(f.r, &this, &id, &receipt), ROTA_OK);
    ck_time(receipt.when.end, "2031-03-17T08:20Z");
    ck_free(room, "2031-03-17T08:20Z");
    ck_refused(rota_booking_complete(f.r, &this, &id, NULL), ROTA_ESTATE);
    /* It is done: no cancel of all takes it along. */
    ck_status(&f, override(id, NULL, ROTA_SCOPE_NONE), ROTA_OK);
    ck_assert_int_eq(part_of(id, "2031-03-17T08:00Z").status, ROTA_BOOKING_COMPLETED);
    ck_assert_int_eq(part_of(id, "2031-03-10T08:00Z").status, ROTA_BOOKING_CANCELLED);
}
END_TEST

/* --- the record of the call --- */

START_TEST(what_is_no_series_has_no_occurrences)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id once = fx_book(&f, room, "2031-03-10T08:00Z", "2031-03-10T09:00Z");
    rota_id id = series(room, "2031-03-11T09:00", weekly, HOUR);
    for (int32_t scope = ROTA_SCOPE_THIS; scope <= ROTA_SCOPE_ALL; scope++) {
        rota_call call = for_part("2031-03-10T08:00Z", scope);
        ck_refused(cancel(once, "2031-03-10T08:00Z", scope), ROTA_EINVALID);
        ck_refused(move(once, "2031-03-10T08:00Z", scope, "2031-03-10T09:00Z"), ROTA_EINVALID);
        ck_refused(rota_booking_check_in(f.r, &call, &once, NULL), ROTA_EINVALID);
        /* And this is none of the series'. */
        ck_refused(cancel(id, "2031-03-10T08:00Z", scope), ROTA_ENOTFOUND);
        ck_refused(move(id, "2031-03-10T08:00Z", scope, "2031-03-10T09:00Z"), ROTA_ENOTFOUND);
        ck_refused(rota_booking_check_in(f.r, &call, &id, NULL), ROTA_ENOTFOUND);
    }
    ck_refused(cancel(id, "2031-03-11T08:00Z", 4), ROTA_EINVALID);
    ck_refused(cancel(id, "2031-03-11T08:00Z", -1), ROTA_EINVALID);
    ck_refused(cancel(id, "2031-03-11T08:00Z", ROTA_SCOPE_NONE), ROTA_EINVALID);
}
END_TEST

START_TEST(the_version_is_that_of_the_series)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    rota_call call = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    call.version = 2;
    ck_refused(rota_booking_cancel(f.r, &call, &id, NULL), ROTA_EVERSION);
    call.version = 1;
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    call.occurrence = t("2031-03-24T08:00Z");
    ck_refused(rota_booking_cancel(f.r, &call, &id, NULL), ROTA_EVERSION);
    call.version = 2;
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
    call.version = 3;
    ck_status(&f, rota_booking_restore(f.r, &call, &id, &receipt), ROTA_OK);
    call.version = 4;
    call.scope = ROTA_SCOPE_FUTURE;
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 5);
    ck_assert_int_eq(get(id).version, 5);
    ck_assert_int_eq(part_of(id, "2031-03-24T08:00Z").version, 5);
}
END_TEST

static void ck_same_conflicts(const rota_result *a, const rota_result *b)
{
    ck_assert_int_eq(rota_result_count(a), rota_result_count(b));
    for (int64_t i = 0; i < rota_result_count(a); i++) {
        rota_conflict x = conflict(a, i), y = conflict(b, i);
        ck_assert_pstr_eq(x.title, y.title);
        ck_assert_pstr_eq(x.ref, y.ref);
        ck_assert_pstr_eq(x.resource_name, y.resource_name);
        ck_assert_pstr_eq(x.resource_ref, y.resource_ref);
        x.title = x.ref = x.resource_name = x.resource_ref = NULL;
        y.title = y.ref = y.resource_name = y.resource_ref = NULL;
        ck_assert_mem_eq(&x, &y, sizeof x);
    }
}

START_TEST(a_call_repeated_with_its_key_is_answered_as_before)
{
    rota_id room = fx_room(&f, "Blue", 1), pool = fx_room(&f, "Pool", 2);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    rota_claim claims[] = { units_of(room, 1), units_of(pool, 2) };
    rota_booking_request q = request_of(claims, 2, &r);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt first = ROTA_INIT(rota_receipt), second = ROTA_INIT(rota_receipt);
    fx_book(&f, room, "2031-03-17T08:30Z", "2031-03-17T08:40Z");
    series(pool, "2031-03-31T09:30", "FREQ=DAILY;COUNT=3", HOUR);
    call.key = "one";
    q.flags = ROTA_BOOKING_PARTIAL;
    ck_status(&f, rota_booking_create(f.r, &call, &q, &first), ROTA_OK);
    rota_result *told = conflicts(2);
    ck_assert_int_eq(first.skipped, 2);
    /* What was in the way may be gone by then: it is the first answer. */
    fx_clock(&f, "2031-03-01T12:00Z");
    remember();
    ck_status(&f, rota_booking_create(f.r, &call, &q, &second), ROTA_OK);
    rota_result *again = conflicts(2);
    ck_same_conflicts(told, again);
    rota_result_free(told);
    rota_result_free(again);
    ck_assert_int_eq(second.flags, ROTA_RECEIPT_REPLAYED);
    second.flags = 0;
    ck_assert_mem_eq(&first, &second, sizeof first);
    ck_unchanged();
    /* Another content under the same key. */
    r.length++;
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.length--;
    r.rule = "FREQ=WEEKLY;COUNT=7";
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.rule = weekly;
    r.zone = "Europe/Paris";
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.zone = "Europe/Berlin";
    r.start = "2031-03-10T10:00";
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.start = "2031-03-10T09:00";
    r.rdates = &r.start;
    r.rdate_count = 1;
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.rdate_count = 0;
    q.flags = 0;
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    q.recurrence = NULL;
    q.when = (rota_span){ t("2031-03-10T08:00Z"), t("2031-03-10T09:00Z") };
    ck_refused(rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
}
END_TEST

START_TEST(a_change_repeated_with_its_key_is_done_once)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", weekly, HOUR);
    for (int32_t scope = ROTA_SCOPE_THIS; scope <= ROTA_SCOPE_ALL; scope++) {
        static const char *const keys[] = { "", "this", "future", "all" };
        rota_call call = for_part("2031-03-17T08:00Z", scope);
        rota_receipt first = ROTA_INIT(rota_receipt), second = ROTA_INIT(rota_receipt);
        call.key = keys[scope];
        ck_status(&f, move_as(&call, id, "2031-03-17T11:00Z", NULL, &first), ROTA_OK);
        remember();
        ck_status(&f, move_as(&call, id, "2031-03-17T11:00Z", NULL, &second), ROTA_OK);
        ck_assert_int_eq(second.flags, ROTA_RECEIPT_REPLAYED);
        second.flags = 0;
        ck_assert_mem_eq(&first, &second, sizeof first);
        ck_unchanged();
        call.occurrence = t("2031-03-24T08:00Z");
        ck_refused(move_as(&call, id, "2031-03-17T11:00Z", NULL, NULL), ROTA_EKEY);
        call.occurrence = t("2031-03-17T08:00Z");
        call.scope = scope % 3 + 1;
        ck_refused(move_as(&call, id, "2031-03-17T11:00Z", NULL, NULL), ROTA_EKEY);
        ck_refused(rota_booking_cancel(f.r, &call, &id, NULL), ROTA_EKEY);
    }
}
END_TEST

START_TEST(a_dry_run_answers_and_writes_nothing)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    rota_claim claim = units_of(room, 1);
    rota_booking_request q = request_of(&claim, 1, &r);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt dry = ROTA_INIT(rota_receipt), wet = ROTA_INIT(rota_receipt);
    fx_book(&f, room, "2031-03-17T08:30Z", "2031-03-17T08:40Z");
    call.flags = ROTA_CALL_DRY_RUN;
    q.flags = ROTA_BOOKING_PARTIAL;
    remember();
    ck_status(&f, rota_booking_create(f.r, &call, &q, &dry), ROTA_OK);
    rota_result *told = conflicts(1);
    ck_unchanged();
    ck_free(room, "2031-03-10T08:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &wet), ROTA_OK);
    rota_result *again = conflicts(1);
    ck_same_conflicts(told, again);
    rota_result_free(told);
    rota_result_free(again);
    ck_assert_int_eq(dry.flags, ROTA_RECEIPT_DRY_RUN);
    dry.flags = 0;
    dry.id = wet.id;
    ck_assert_mem_eq(&dry, &wet, sizeof dry);

    for (int32_t scope = ROTA_SCOPE_NONE; scope <= ROTA_SCOPE_ALL; scope++) {
        call = for_part(scope ? "2031-03-24T08:00Z" : NULL, scope);
        call.flags = ROTA_CALL_DRY_RUN;
        ck_refused(move_as(&call, wet.id, "2031-03-24T11:00Z", NULL, NULL), ROTA_OK);
        ck_refused(rota_booking_cancel(f.r, &call, &wet.id, NULL), ROTA_OK);
    }
    call = for_part("2031-03-17T08:00Z", ROTA_SCOPE_THIS);
    call.flags = ROTA_CALL_DRY_RUN;
    ck_refused(rota_booking_restore(f.r, &call, &wet.id, NULL), ROTA_ECONFLICT);
    ck_taken(room, "2031-03-24T08:00Z");
}
END_TEST

START_TEST(many_at_once_are_no_series)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = units_of(room, 1);
    rota_recurrence r = every("2031-03-10T09:00", weekly, HOUR);
    rota_booking_request q = request_of(&claim, 1, &r);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int32_t answer;
    ck_refused(rota_booking_create_all(f.r, NULL, &q, 1, &answer, &receipt), ROTA_EINVALID);
    ck_refused(rota_booking_check(f.r, &q), ROTA_EINVALID);
}
END_TEST

Suite *booking_series_suite(void)
{
    Suite *s = suite_create("booking_series");
    TCase *making = tcase_create("create");
    tcase_add_checked_fixture(making, setup, teardown);
    tcase_add_test(making, a_series_takes_each_of_its_occurrences);
    tcase_add_test(making, one_that_is_not_free_refuses_them_all);
    tcase_add_test(making, in_part_it_leaves_out_what_is_not_free);
    tcase_add_test(making, in_part_of_nothing_it_is_not_made);
    tcase_add_test(making, what_was_left_out_is_added_when_it_is_free);
    tcase_add_test(making, what_overlaps_itself_is_no_series);
    tcase_add_test(making, what_overlaps_itself_in_a_gap_is_found_at_the_end_of_a_stretch_too);
    tcase_add_test(making, a_request_that_makes_no_series_is_refused);
    tcase_add_test(making, the_first_start_may_have_to_lie_ahead);
    tcase_add_test(making, a_series_has_so_many_occurrences_and_no_more);
    tcase_add_test(making, a_dense_series_is_refused_as_quickly_as_it_is_made);
    tcase_add_test(making, each_of_many_rooms_that_a_series_claims_is_taken);
    tcase_add_test(making, so_many_occurrences_differ_and_no_more);
    tcase_add_test(making, a_held_series_lapses_as_a_whole);
    tcase_add_test(making, a_held_series_is_confirmed_or_given_up_as_a_whole);
    tcase_add_test(making, who_takes_the_time_of_a_lapsed_series_ends_it);
    tcase_add_test(making, in_part_it_takes_the_time_of_a_lapsed_hold_once);
    suite_add_tcase(s, making);
    TCase *meeting = tcase_create("what is in the way of what");
    tcase_add_checked_fixture(meeting, setup, teardown);
    tcase_add_test(meeting, series_and_bookings_keep_out_of_each_others_way);
    tcase_add_test(meeting, series_keep_out_of_each_others_way);
    tcase_add_test(meeting, units_are_counted_at_every_instant);
    tcase_add_test(meeting, setup_and_cleanup_are_kept_between_series);
    tcase_add_test(meeting, setup_and_cleanup_are_kept_between_its_own);
    tcase_add_test(meeting, a_stretch_hides_nothing_from_the_next_one);
    tcase_add_test(meeting, an_occurrence_longer_than_a_stretch_is_in_the_way_throughout);
    tcase_add_test(meeting, who_belongs_to_a_group_is_taken_with_it);
    tcase_add_test(meeting, who_leaves_a_group_is_free_from_then_on);
    tcase_add_test(meeting, who_joins_a_group_must_be_free_for_its_series);
    tcase_add_test(meeting, capacity_and_buffers_change_only_where_series_let_them);
    tcase_add_test(meeting, a_resource_that_a_series_takes_is_not_removed);
    tcase_add_test(meeting, days_are_as_long_as_the_clocks_make_them);
    tcase_add_test(meeting, days_that_begin_in_a_gap_are_moved_as_days);
    tcase_add_test(meeting, a_booking_of_many_years_meets_every_occurrence);
    tcase_add_test(meeting, what_is_far_away_is_in_the_way);
    tcase_add_test(meeting, who_joins_meets_what_is_far_ahead);
    tcase_add_test(meeting, what_is_met_far_ahead_in_passing_is_stood_on);
    tcase_add_test(meeting, who_joins_meets_what_has_no_end_either);
    tcase_add_test(meeting, cleanup_and_units_meet_what_is_far_ahead);
    tcase_add_test(meeting, buffers_of_what_has_an_end_meet_what_has_none);
    tcase_add_test(meeting, buffers_of_who_joins_meet_what_has_no_end);
    tcase_add_test(meeting, buffers_reach_across_the_instant_up_to_which_all_is_looked_at);
    tcase_add_test(meeting, a_lapsed_hold_without_an_end_takes_no_time);
    tcase_add_test(meeting, what_never_ends_meets_what_was_moved_far_away);
    tcase_add_test(meeting, what_never_ends_meets_what_of_it_was_moved_far_away);
    tcase_add_test(meeting, what_never_ends_meets_what_ends_with_the_last_second);
    suite_add_tcase(s, meeting);
    TCase *moving = tcase_create("moves");
    tcase_add_checked_fixture(moving, setup, teardown);
    tcase_add_test(moving, one_occurrence_is_moved_by_itself);
    tcase_add_test(moving, one_occurrence_moves_over_itself_and_not_over_its_neighbours);
    tcase_add_test(moving, only_what_is_moved_is_told_what_is_in_its_way);
    tcase_add_test(moving, all_are_moved_on_the_wall_clock);
    tcase_add_test(moving, those_to_come_are_moved_and_the_others_stay);
    tcase_add_test(moving, what_was_changed_by_itself_stays);
    tcase_add_test(moving, who_is_named_goes_where_it_is_asked_to_with_the_others);
    tcase_add_test(moving, who_is_named_and_the_others_are_looked_at_together);
    tcase_add_test(moving, who_is_named_and_cancelled_is_restored_where_it_was_asked_to);
    tcase_add_test(moving, who_is_named_and_has_begun_stays);
    tcase_add_test(moving, what_was_moved_by_itself_is_in_the_way_of_the_others);
    tcase_add_test(moving, a_refused_move_leaves_everything_as_it_was);
    tcase_add_test(moving, claims_change_from_one_occurrence_on);
    tcase_add_test(moving, more_units_are_taken_from_one_occurrence_on);
    tcase_add_test(moving, what_is_moved_keeps_its_distance_from_what_stays);
    tcase_add_test(moving, what_has_begun_stays);
    tcase_add_test(moving, what_has_begun_stays_whatever_its_place_in_the_series);
    tcase_add_test(moving, a_shift_follows_the_clocks);
    tcase_add_test(moving, a_move_within_the_years_that_there_are);
    tcase_add_test(moving, title_data_and_priority_are_those_of_the_whole);
    tcase_add_test(moving, an_occurrence_does_not_give_way_to_who_asks);
    tcase_add_test(moving, an_occurrence_does_not_give_way_to_priority);
    tcase_add_test(moving, a_length_is_that_of_one_or_of_many);
    tcase_add_test(moving, a_length_of_days_is_theirs_in_the_calendar);
    suite_add_tcase(s, moving);
    tcase_add_test(moving, the_one_in_a_gap_goes_where_the_move_says);
    tcase_add_test(moving, only_one_by_itself_goes_to_a_reading_that_comes_again);
    tcase_add_test(moving, days_begin_at_the_first_of_two_midnights);
    TCase *cancelling = tcase_create("cancels and back");
    tcase_add_checked_fixture(cancelling, setup, teardown);
    tcase_add_test(cancelling, one_occurrence_is_cancelled_and_restored);
    tcase_add_test(cancelling, those_to_come_are_cancelled);
    tcase_add_test(cancelling, all_are_cancelled_with_what_was_changed_by_itself);
    tcase_add_test(cancelling, what_has_begun_is_not_cancelled_unasked);
    tcase_add_test(cancelling, what_has_begun_altogether_is_not_cancelled);
    tcase_add_test(cancelling, what_was_moved_before_now_is_not_to_come);
    tcase_add_test(cancelling, an_endless_series_is_given_an_end);
    tcase_add_test(cancelling, a_cancel_tells_of_the_one_that_it_names);
    tcase_add_test(cancelling, what_is_cancelled_from_there_on_is_said_to_be);
    tcase_add_test(cancelling, what_was_left_out_is_not_cancelled);
    tcase_add_test(cancelling, what_has_nothing_to_come_is_said_to_have);
    tcase_add_test(cancelling, what_is_left_was_moved_by_itself_and_has_begun);
    tcase_add_test(cancelling, an_occurrence_is_checked_in_and_completed);
    suite_add_tcase(s, cancelling);
    TCase *calling = tcase_create("the record of the call");
    tcase_add_checked_fixture(calling, setup, teardown);
    tcase_add_test(calling, what_is_no_series_has_no_occurrences);
    tcase_add_test(calling, the_version_is_that_of_the_series);
    tcase_add_test(calling, a_call_repeated_with_its_key_is_answered_as_before);
    tcase_add_test(calling, a_change_repeated_with_its_key_is_done_once);
    tcase_add_test(calling, a_dry_run_answers_and_writes_nothing);
    tcase_add_test(calling, many_at_once_are_no_series);
    suite_add_tcase(s, calling);
    return s;
}
