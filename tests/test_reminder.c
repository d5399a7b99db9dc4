/* Reminders: what is due, to whom, when, and what becomes of it; of bookings that move,
 * of series and of groups (B-09, M-33, M-76, M-87, MX-15, BX-5). Random histories beside
 * a model are in jsonl/reminders.py. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <string.h>

#include "fixture.h"

static struct fx f;
static rota_id room, ana;

static void setup(void)
{
    memset(&f, 0, sizeof f);
    fx_open(&f, ":memory:");
    room = fx_room(&f, "Blue", 1);
    ana = fx_resource(&f, "person", "Ana", 1);
}

static void teardown(void)
{
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&f);
}

static int put(rota_id booking, rota_id resource, const int64_t *offsets, int64_t count,
               int32_t late)
{
    rota_reminder_request q = ROTA_INIT(rota_reminder_request);
    q.booking = booking;
    q.resource = resource;
    q.offsets = offsets;
    q.offset_count = count;
    q.late = late;
    return rota_reminder_put(f.r, NULL, &q, NULL);
}

static const rota_id nobody;
static const int64_t minutes_15[] = { 900 }, usual[] = { 86400, 3600, 900 };

enum { MOST = 64 };
static rota_reminder row[MOST];
static rota_id ids[MOST];

/* What is due, into `row`; how many. */
static int64_t due_of(rota *r, int64_t limit, int32_t lease)
{
    rota_reminder_query q = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    q.limit = limit;
    q.lease = lease;
    int rc = rota_reminder_due(r, NULL, &q, &rows);
    ck_assert_msg(rc == ROTA_OK, "%s", rota_errmsg(r));
    int64_t count = rota_result_count(rows);
    ck_assert_int_le(count, MOST);
    for (int64_t i = 0; i < count; i++) {
        row[i] = (rota_reminder)ROTA_INIT(rota_reminder);
        ck_assert_int_eq(rota_reminder_at(rows, i, &row[i]), ROTA_OK);
        ids[i] = row[i].id;
        if (i > 0)
            ck_assert(row[i - 1].due < row[i].due ||
                      (row[i - 1].due == row[i].due &&
                       memcmp(&row[i - 1].id, &row[i].id, sizeof row[i].id) < 0));
    }
    rota_result_free(rows);
    return count;
}

static int64_t due(void)
{
    return due_of(f.r, 0, 0);
}

static int64_t ack(int64_t count)
{
    int64_t acked = -1;
    ck_status(&f, rota_reminder_ack(f.r, NULL, ids, count, &acked), ROTA_OK);
    return acked;
}

static void move(rota_id id, const char *start)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t(start);
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_OK);
}

START_TEST(each_offset_comes_once_at_its_time_and_not_before)
{
    rota_time start = t("2031-03-12T10:00Z");
    ck_status(&f, put(nobody, nobody, usual, 3, 0), ROTA_OK);
    rota_id id = fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    for (int i = 0; i < 3; i++) {
        f.now = start - usual[i] - 1;
        ck_assert_int_eq(due(), 0);
        f.now++;
        ck_assert_int_eq(due(), 1);
        ck_assert_int_eq(row[0].due, f.now);
        ck_assert_int_eq(row[0].start, start);
        ck_assert_int_eq(row[0].attempt, 1);
        ck_assert_int_eq(row[0].late, 0);
        ck_assert(memcmp(&row[0].booking, &id, sizeof id) == 0);
        ck_assert(memcmp(&row[0].resource, &room, sizeof room) == 0);
        ck_assert_int_eq(due(), 0); /* leased */
        ck_assert_int_eq(ack(1), 1);
        ck_assert_int_eq(ack(1), 0);
    }
    f.now = start + 86400;
    ck_assert_int_eq(due(), 0);
}
END_TEST

START_TEST(what_is_not_acknowledged_comes_again_with_the_same_id_until_it_is_dead)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
    rota_id id = row[0].id;
    for (int attempt = 2; attempt <= 10; attempt++) {
        f.now += 59;
        ck_assert_int_eq(due(), 0);
        f.now += 1;
        ck_assert_int_eq(due(), 1);
        ck_assert_int_eq(row[0].attempt, attempt);
        ck_assert(memcmp(&row[0].id, &id, sizeof id) == 0);
    }
    f.now += 60;
    ck_assert_int_eq(due(), 0);

    rota_result *rows = NULL;
    rota_reminder dead = ROTA_INIT(rota_reminder);
    ck_status(&f, rota_reminder_dead(f.r, NULL, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    ck_assert_int_eq(rota_reminder_at(rows, 0, &dead), ROTA_OK);
    ck_assert_int_eq(dead.state, ROTA_REMINDER_DEAD);
    ck_assert_int_eq(dead.attempt, 10);
    ck_assert(memcmp(&dead.id, &id, sizeof id) == 0);
    rota_result_free(rows);
    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    rota_event event = ROTA_INIT(rota_event);
    ck_assert_int_eq(rota_event_at(rows, rota_result_count(rows) - 1, &event), ROTA_OK);
    ck_assert_str_eq(event.name, "reminder.dead");
    rota_result_free(rows);

    int64_t retried = 0;
    ck_status(&f, rota_reminder_retry(f.r, NULL, &id, 1, &retried), ROTA_OK);
    ck_assert_int_eq(retried, 1);
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].attempt, 1);
    ck_assert_int_eq(ack(1), 1);
    ck_status(&f, rota_reminder_retry(f.r, NULL, &id, 1, &retried), ROTA_OK);
    ck_assert_int_eq(retried, 0);
}
END_TEST

START_TEST(a_dead_one_that_is_retried_is_not_skipped_for_being_late)
{
    rota_reminder_query once = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    int64_t retried = 0;
    once.attempts = 1;
    ck_status(&f, put(nobody, nobody, minutes_15, 1, ROTA_LATE_SKIP), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
    f.now += 301;
    ck_status(&f, rota_reminder_due(f.r, NULL, &once, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
    ck_status(&f, rota_reminder_retry(f.r, NULL, ids, 1, &retried), ROTA_OK);
    ck_assert_int_eq(retried, 1);
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].attempt, 1);
}
END_TEST

START_TEST(a_booking_that_moves_reminds_of_its_new_time_only)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
    rota_id first = row[0].id;
    move(id, "2031-03-12T12:00Z");
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due(), 0); /* its lease is over, and its time too */
    fx_clock(&f, "2031-03-12T11:45Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].start, t("2031-03-12T12:00Z"));
    ck_assert(memcmp(&row[0].id, &first, sizeof first) != 0);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-12T11:50Z");
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(one_that_is_made_too_late_is_given_at_once_or_skipped)
{
    ck_status(&f, put(nobody, nobody, usual, 3, ROTA_LATE_SEND), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_book(&f, room, "2031-03-10T08:30Z", "2031-03-10T09:00Z");
    ck_assert_int_eq(due(), 2); /* a day, an hour; 15 minutes are to come */
    ck_assert_int_eq(row[0].late, 86400 - 1800);
    ack(2);
    fx_clock(&f, "2031-03-10T08:15Z");
    ck_assert_int_eq(due(), 1);
    ack(1);
    ck_status(&f, put(nobody, ana, usual, 3, ROTA_LATE_COLLAPSE), ROTA_OK);
    fx_book(&f, ana, "2031-03-10T08:30Z", "2031-03-10T09:00Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].start - row[0].due, 900);
    ack(1);
    ck_status(&f, put(nobody, ana, usual, 3, ROTA_LATE_SKIP), ROTA_OK);
    fx_book(&f, ana, "2031-03-10T09:16Z", "2031-03-10T09:30Z");
    ck_assert_int_eq(due(), 0); /* a day is late; an hour comes in a minute */
    fx_clock(&f, "2031-03-10T08:16Z");
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(of_many_that_are_made_too_late_none_waits_for_a_second_answer)
{
    enum { MANY = 1001 };
    rota_id pool = fx_room(&f, "Pool", MANY);
    rota_reminder_query all = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    all.limit = ROTA_MAX_ROWS;
    ck_status(&f, put(nobody, nobody, usual, 1, 0), ROTA_OK);
    for (int i = 0; i < MANY; i++)
        fx_book(&f, pool, "2031-03-10T08:30Z", "2031-03-10T09:00Z");
    ck_status(&f, rota_reminder_due(f.r, NULL, &all, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), MANY);
    rota_result_free(rows);
}
END_TEST

/* Those that were given before, those that were made too late, and those that came due. */
START_TEST(a_limit_leaves_out_what_is_due_last)
{
    static const int64_t early[] = { 600, 3600 };
    rota_id pool = fx_room(&f, "Pool", 9);
    fx_clock(&f, "2031-03-10T07:00Z");
    ck_status(&f, put(nobody, nobody, early, 2, 0), ROTA_OK);
    fx_book(&f, pool, "2031-03-10T08:55Z", "2031-03-10T10:00Z");
    fx_clock(&f, "2031-03-10T08:00Z");
    ck_assert_int_eq(due_of(f.r, 1, 0), 1); /* of 07:55 */
    fx_book(&f, pool, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_book(&f, pool, "2031-03-10T08:58Z", "2031-03-10T10:00Z");
    fx_book(&f, pool, "2031-03-10T09:05Z", "2031-03-10T10:00Z");
    fx_clock(&f, "2031-03-10T12:00Z");
    static const char *const all[] = { "07:55Z", "07:58Z", "08:00Z", "08:05Z",
                                       "08:45Z", "08:48Z", "08:50Z", "08:55Z" };
    for (int64_t i = 0, limit = 1; i < 8; i += limit, limit++) {
        int64_t count = due_of(f.r, limit, 86400);
        ck_assert_int_eq(count, i + limit > 8 ? 8 - i : limit);
        for (int64_t k = 0; k < count; k++) {
            char when[32];
            snprintf(when, sizeof when, "2031-03-10T%s", all[i + k]);
            ck_assert_int_eq(row[k].due, t(when));
        }
    }
    ck_assert_int_eq(due_of(f.r, 1, 0), 0);
}
END_TEST

START_TEST(a_week_without_a_poll_loses_nothing)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    for (int day = 11; day < 18; day++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "2031-03-%dT10:00Z", day);
        snprintf(to, sizeof to, "2031-03-%dT11:00Z", day);
        fx_book(&f, room, from, to);
    }
    fx_clock(&f, "2031-03-20T00:00Z");
    ck_assert_int_eq(due_of(f.r, 3, 60), 3);
    ck_assert_int_eq(row[2].start, t("2031-03-13T10:00Z"));
    ack(3);
    ck_assert_int_eq(due_of(f.r, 3, 60), 3);
    ck_assert_int_eq(due_of(f.r, 3, 60), 1);
    ck_assert_int_eq(due_of(f.r, 3, 60), 0);
}
END_TEST

static rota_id series_of(rota_id resource, const char *rule, int64_t length)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_recurrence every = { .size = sizeof every,
                              .start = "2031-03-11T10:00:00",
                              .zone = "Europe/Berlin",
                              .rule = rule,
                              .length = length };
    rota_booking_request q = {
        .size = sizeof q, .title = "Class", .claims = &claim, .claim_count = 1, .recurrence = &every
    };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

static rota_id make_series(rota_id resource, const char *rule)
{
    return series_of(resource, rule, 3600);
}

static void move_one(rota_id id, const char *occurrence, const char *start)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    call.occurrence = t(occurrence);
    call.scope = ROTA_SCOPE_THIS;
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t(start);
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_OK);
}

START_TEST(every_occurrence_of_a_series_reminds_but_for_those_that_are_cancelled)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = make_series(room, "FREQ=DAILY");
    rota_call second = ROTA_INIT(rota_call);
    second.occurrence = t("2031-03-12T09:00Z");
    second.scope = ROTA_SCOPE_THIS;
    ck_status(&f, rota_booking_cancel(f.r, &second, &id, NULL), ROTA_OK);
    move_one(id, "2031-03-13T09:00Z", "2031-03-13T15:00Z");

    fx_clock(&f, "2031-03-11T08:44:59Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(row[0].occurrence, t("2031-03-11T09:00Z"));
    ck_assert(memcmp(&row[0].booking, &id, sizeof id) == 0);
    ack(1);
    fx_clock(&f, "2031-03-13T14:44Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-13T14:45Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].occurrence, t("2031-03-13T09:00Z"));
    ck_assert(memcmp(&row[0].booking, &id, sizeof id) == 0);
    ck_assert_int_eq(row[0].start, t("2031-03-13T15:00Z"));
    ack(1);
    fx_clock(&f, "2031-03-14T09:00Z");
    ck_assert_int_eq(due(), 1);
}
END_TEST

/* I10: a long list is no reason to refuse what could be booked without it. */
START_TEST(a_series_of_many_can_be_made_and_changed_beside_a_long_list)
{
    static const int64_t year[] = { ROTA_MAX_BUFFER };
    rota_id pool = fx_room(&f, "Pool", 2);
    rota_id before = series_of(pool, "FREQ=MINUTELY;COUNT=110000", 60);
    ck_status(&f, put(nobody, nobody, year, 1, 0), ROTA_OK);
    rota_call one = ROTA_INIT(rota_call);
    one.occurrence = t("2031-03-11T09:01Z");
    one.scope = ROTA_SCOPE_THIS;
    series_of(pool, "FREQ=MINUTELY;COUNT=110000", 60);
    ck_status(&f, rota_booking_cancel(f.r, &one, &before, NULL), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &before, NULL), ROTA_OK);
}
END_TEST

/* What was looked at, and came to nothing, is not kept until the answer is there. */
START_TEST(a_year_without_a_poll_needs_little_memory)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, ROTA_LATE_SKIP), ROTA_OK);
    for (int i = 0; i < 10; i++)
        series_of(fx_resource(&f, "room", "Hourly", 1), "FREQ=HOURLY", 60);
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2032-03-11T00:00Z");
    f.most_bytes = f.live_bytes;
    ck_assert_int_eq(due(), 0);
    ck_assert_int_lt(f.most_bytes - f.live_bytes, 16 << 20);
}
END_TEST

START_TEST(a_series_that_moves_forgets_its_old_times)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = make_series(room, "FREQ=DAILY");
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due(), 1);
    rota_call from = ROTA_INIT(rota_call);
    from.occurrence = t("2031-03-12T09:00Z");
    from.scope = ROTA_SCOPE_FUTURE;
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-12T10:00Z");
    ck_status(&f, rota_booking_move(f.r, &from, &id, &q, NULL), ROTA_OK);
    ack(1);
    fx_clock(&f, "2031-03-12T09:44Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
    ack(1);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-20T09:45Z");
    ck_assert_int_eq(due(), 0);
}
END_TEST

START_TEST(an_occurrence_that_is_moved_into_the_next_minutes_is_late)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_clock(&f, "2031-03-11T08:50Z");
    rota_id id = make_series(room, "FREQ=DAILY");
    ck_assert_int_eq(due(), 1);
    ack(1);
    fx_clock(&f, "2031-03-11T10:50Z");
    ck_assert_int_eq(due(), 0);
    move_one(id, "2031-03-12T09:00Z", "2031-03-11T11:00Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].late, 300);
}
END_TEST

/* A row of its own says nothing new of when it is: it is with an occurrence as with a booking. */
START_TEST(an_occurrence_that_keeps_its_start_has_nothing_late)
{
    static const int64_t at_start[] = { 0 }, day[] = { 86400 };
    rota_id class = fx_resource(&f, "group", "10-A", 1), eva = fx_resource(&f, "person", "Eva", 1);
    rota_claim both[] = { { .resource = room, .units = 1 }, { .resource = ana, .units = 1 } };
    rota_call first = ROTA_INIT(rota_call);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    first.occurrence = t("2031-03-11T09:00Z");
    first.scope = ROTA_SCOPE_THIS;
    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.claims = both;
    q.claim_count = 2;

    ck_status(&f, put(nobody, nobody, at_start, 1, 0), ROTA_OK);
    rota_id plain = make_series(room, "FREQ=DAILY"), meeting = make_series(class, "FREQ=DAILY");
    fx_clock(&f, "2031-03-11T08:00Z");
    ck_assert_int_eq(due(), 0);
    ck_status(&f, put(nobody, nobody, day, 1, 0), ROTA_OK); /* by which nothing is late */
    ck_assert_int_eq(due(), 0);
    fx_join(&f, class, eva);
    ck_status(&f, rota_booking_move(f.r, &first, &plain, &q, NULL), ROTA_OK); /* Ana comes too */
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_booking_check_in(f.r, &first, &meeting, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_booking_cancel(f.r, &first, &plain, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_booking_restore(f.r, &first, &plain, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 2); /* it comes to have its start again */
}
END_TEST

START_TEST(what_begins_as_it_is_booked_is_given_and_what_has_begun_is_not)
{
    static const int64_t at_start[] = { 0 };
    ck_status(&f, put(nobody, nobody, at_start, 1, 0), ROTA_OK);
    fx_clock(&f, "2031-03-11T09:00Z");
    ck_assert_int_eq(due(), 0);
    fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_book(&f, ana, "2031-03-11T08:59:59Z", "2031-03-11T10:00Z");
    make_series(fx_room(&f, "Red", 1), "FREQ=DAILY"); /* at ten in Berlin, which is now */
    ck_assert_int_eq(due(), 2);
    ck_assert_int_eq(row[0].start, t("2031-03-11T09:00Z"));
    ck_assert_int_eq(row[1].start, t("2031-03-11T09:00Z"));
}
END_TEST

START_TEST(what_is_moved_to_a_start_that_is_over_is_not_told_of)
{
    static const int64_t three_days[] = { 0, 259200 };
    ck_status(&f, put(nobody, nobody, three_days, 2, 0), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-10T08:05Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-10T08:10Z"); /* each of them is late as it is made */
    rota_id id = fx_book(&f, room, "2031-03-11T12:00Z", "2031-03-11T13:00Z");
    rota_id in_time = fx_book(&f, ana, "2031-03-11T12:00Z", "2031-03-11T13:00Z");
    rota_id weekly = make_series(fx_room(&f, "Red", 1), "FREQ=WEEKLY;COUNT=2");
    move(id, "2031-03-04T12:00Z");
    move(in_time, "2031-03-10T08:05Z"); /* the second in which somebody asked last */
    move_one(weekly, "2031-03-11T09:00Z", "2031-03-01T09:00Z");
    ck_assert_int_eq(due(), 2);
    for (int i = 0; i < 2; i++)
        ck_assert(memcmp(&row[i].booking, &in_time, sizeof in_time) == 0);
    ck_assert_int_eq(due(), 0);
}
END_TEST

START_TEST(what_changes_once_it_has_begun_is_told_of_where_nobody_has_asked)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-10T08:05Z");
    rota_id id = fx_book(&f, room, "2031-03-10T08:10Z", "2031-03-10T09:00Z");
    fx_clock(&f, "2031-03-10T08:11Z");
    ck_status(&f, rota_booking_check_in(f.r, NULL, &id, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(by_a_list_that_is_put_nothing_is_late_and_what_was_late_before_is)
{
    static const int64_t three_days[] = { 259200 }, both[] = { 259200, 345600 };
    static const int64_t four_days[] = { 345600 };
    rota_id red = fx_room(&f, "Red", 1);
    ck_status(&f, put(nobody, nobody, three_days, 1, 0), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-10T08:05Z");
    fx_book(&f, room, "2031-03-11T12:00Z", "2031-03-11T13:00Z");
    fx_book(&f, ana, "2031-03-13T08:04Z", "2031-03-13T09:00Z"); /* the next answer comes by it */
    fx_book(&f, red, "2031-03-11T12:00Z", "2031-03-11T13:00Z");
    ck_status(&f, put(nobody, room, four_days, 1, 0), ROTA_OK);
    ck_status(&f, put(nobody, red, both, 2, 0), ROTA_OK);
    ck_assert_int_eq(due_of(f.r, 1, 0), 1); /* each of two answers has one */
    rota_id first = row[0].resource;
    ck_assert_int_eq(due(), 1);
    ck_assert(memcmp(&first, &row[0].resource, sizeof first) != 0);
    ck_assert(memcmp(&first, &ana, sizeof first) == 0 || memcmp(&first, &red, sizeof first) == 0);
    ck_assert_int_eq(row[0].start - row[0].due, 259200);
    ck_assert_int_eq(row[0].attempt, 1);
    ck_assert(memcmp(&row[0].resource, &room, sizeof room) != 0);
    f.now += 86400;
    ck_assert_int_eq(due(), 2);
    ack(2);
    /* So it is where one is taken away: the calendar's counts then. */
    fx_book(&f, room, "2031-03-12T12:00Z", "2031-03-12T13:00Z");
    rota_reminder_request none = ROTA_INIT(rota_reminder_request);
    none.flags = ROTA_REMINDER_INHERIT;
    none.resource = room;
    ck_status(&f, rota_reminder_put(f.r, NULL, &none, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 0);
}
END_TEST

START_TEST(members_are_reminded_as_they_belong_each_once)
{
    rota_id class = fx_resource(&f, "group", "10-A", 1), inner = fx_resource(&f, "group", "A", 1);
    rota_id ben = fx_resource(&f, "person", "Ben", 1), eva = fx_resource(&f, "person", "Eva", 1);
    fx_join(&f, class, ana);
    fx_join(&f, class, inner);
    fx_join(&f, inner, ben);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, class, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 4); /* the groups, and two people */
    fx_join(&f, class, eva);
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due(), 4); /* Eva came too late for it */
}
END_TEST

/* In whatever order groups and single rooms come due, and whichever was made first. */
START_TEST(each_of_several_groups_reminds_its_members_and_rooms_between_them_nobody)
{
    enum { OF = 5, GROUPS = 2, DAYS = 3 };
    static const int order[DAYS][OF] = { { 0, 1, 2, 3, 4 }, { 4, 3, 2, 1, 0 }, { 2, 3, 0, 1, 4 } };
    static const char *const names[OF] = { "first", "A", "between", "B", "last" };
    rota_id of[OF], people[GROUPS];
    for (int i = 0; i < OF; i++) {
        of[i] = fx_resource(&f, i % 2 ? "group" : "room", names[i], 1);
        if (i % 2) people[i / 2] = fx_resource(&f, "person", names[i], 1);
        if (i % 2) fx_join(&f, of[i], people[i / 2]);
    }
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    for (int day = 0; day < DAYS; day++) {
        char start[] = "2031-03-12T10:00Z", end[] = "2031-03-12T11:00Z";
        char evening[] = "2031-03-12T23:00Z";
        start[9] = end[9] = evening[9] = (char)('2' + day);
        for (int i = 0; i < OF; i++) {
            start[12] = (char)('0' + i);
            end[12] = (char)('1' + i);
            fx_book(&f, of[order[day][i]], start, end);
        }
        fx_clock(&f, evening);
        ck_assert_int_eq(due(), OF + GROUPS);
        int found = 0;
        for (int i = 0; i < OF + GROUPS; i++)
            for (int k = 0; k < GROUPS; k++)
                found += memcmp(&row[i].resource, &people[k], sizeof *people) == 0 ? 1 << 4 * k : 0;
        ck_assert_int_eq(found, 0x11);
        ck_assert_int_eq(ack(OF + GROUPS), OF + GROUPS);
    }
}
END_TEST

START_TEST(an_empty_list_of_who_is_claimed_himself_counts_before_that_of_his_group)
{
    rota_id class = fx_resource(&f, "group", "10-A", 1), ben = fx_resource(&f, "person", "Ben", 1);
    fx_join(&f, class, ana);
    fx_join(&f, class, ben);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_status(&f, put(nobody, ana, NULL, 0, 0), ROTA_OK);
    const rota_claim claims[] = { { .resource = class, .units = 1 },
                                  { .resource = ana, .units = 1, .role = ROTA_ROLE_ORGANIZER } };
    rota_booking_request q = {
        .size = sizeof q,
        .when = { t("2031-03-12T10:00Z"), t("2031-03-12T11:00Z") },
        .claims = claims,
        .claim_count = 2,
    };
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 2); /* the group, and Ben */
    for (int i = 0; i < 2; i++)
        ck_assert(memcmp(&row[i].resource, &ana, sizeof ana) != 0);
}
END_TEST

START_TEST(lists_of_a_booking_go_before_those_of_its_resource_and_the_default)
{
    static const int64_t ten[] = { 600 }, five[] = { 300 };
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_status(&f, put(nobody, room, ten, 1, 0), ROTA_OK);
    rota_id own = fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_book(&f, room, "2031-03-12T11:00Z", "2031-03-12T12:00Z");
    rota_id none = fx_book(&f, ana, "2031-03-12T13:00Z", "2031-03-12T14:00Z");
    fx_book(&f, ana, "2031-03-12T14:00Z", "2031-03-12T15:00Z");
    ck_status(&f, put(own, nobody, five, 1, 0), ROTA_OK);
    ck_status(&f, put(none, nobody, NULL, 0, 0), ROTA_OK);
    fx_clock(&f, "2031-03-13T00:00Z");
    ck_assert_int_eq(due(), 3);
    ck_assert_int_eq(row[0].due, t("2031-03-12T09:55Z"));
    ck_assert_int_eq(row[1].due, t("2031-03-12T10:50Z"));
    ck_assert_int_eq(row[2].due, t("2031-03-12T13:45Z"));

    rota_reminder_request q = ROTA_INIT(rota_reminder_request);
    q.flags = ROTA_REMINDER_INHERIT;
    ck_status(&f, rota_reminder_put(f.r, NULL, &q, NULL), ROTA_OK);
    f.now += 60;
    ck_assert_int_eq(due(), 2); /* nothing says any more that Ana is to be reminded */
}
END_TEST

START_TEST(a_list_of_a_series_is_of_its_single_occurrences_too)
{
    static const int64_t ten[] = { 600 };
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = make_series(room, "FREQ=DAILY;COUNT=2");
    ck_status(&f, put(id, nobody, ten, 1, 0), ROTA_OK);
    move_one(id, "2031-03-12T09:00Z", "2031-03-12T15:00Z");
    fx_clock(&f, "2031-03-13T00:00Z");
    ck_assert_int_eq(due(), 2);
    ck_assert_int_eq(row[0].due, t("2031-03-11T08:50Z"));
    ck_assert_int_eq(row[1].due, t("2031-03-12T14:50Z"));
}
END_TEST

/* What the feed tells of the last put, or that it tells nothing. */
static void ck_told(int64_t *told, const rota_id *subject, const char *before, const char *after)
{
    rota_result *rows = NULL;
    rota_event event = ROTA_INIT(rota_event);
    ck_status(&f, rota_event_list(f.r, *told, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), subject ? 1 : 0);
    if (subject) {
        ck_assert_int_eq(rota_event_at(rows, 0, &event), ROTA_OK);
        ck_assert_str_eq(event.name, "reminders.changed");
        ck_assert_mem_eq(&event.subject, subject, sizeof *subject);
        ck_assert_pstr_eq(event.before, before);
        ck_assert_pstr_eq(event.after, after);
        *told = event.seq;
    }
    rota_result_free(rows);
}

static const char *list_of(char *room_for, const rota_id *id, const char *rest)
{
    char text[37];
    rota_id_format(id, text);
    snprintf(room_for, 200, "{\"id\":\"%s\",%s}", text, rest);
    return room_for;
}

START_TEST(the_feed_tells_of_lists_that_change) /* I8 */
{
    static const char often[] = "\"before\":[900,3600,86400],\"late\":\"skip\",\"late_secs\":300";
    static const char thrice[] = "\"before\":[900,3600,86400],\"late\":\"send\",\"late_secs\":300";
    static const char once[] = "\"before\":[900],\"late\":\"send\",\"late_secs\":300";
    static const char never[] = "\"before\":[],\"late\":\"send\",\"late_secs\":300";
    const rota_id booking = fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    rota_reminder_request inherit = ROTA_INIT(rota_reminder_request);
    char was[200], is[200];
    int64_t told = 3; /* two resources, and the booking */
    inherit.flags = ROTA_REMINDER_INHERIT;
    ck_status(&f, rota_reminder_put(f.r, NULL, &inherit, NULL), ROTA_OK);
    ck_told(&told, NULL, NULL, NULL);
    ck_status(&f, put(nobody, nobody, usual, 3, ROTA_LATE_SKIP), ROTA_OK);
    ck_told(&told, &nobody, NULL, list_of(is, &nobody, often));
    ck_status(&f, put(nobody, nobody, usual, 3, ROTA_LATE_SKIP), ROTA_OK);
    ck_told(&told, NULL, NULL, NULL);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_told(&told, &nobody, list_of(was, &nobody, often), list_of(is, &nobody, once));
    /* How late is of a list that skips alone, and offsets have no order. */
    rota_reminder_request same = ROTA_INIT(rota_reminder_request);
    static const int64_t ascending[] = { 900, 3600, 86400 };
    rota_call keyed = ROTA_INIT(rota_call);
    same.offsets = minutes_15;
    same.offset_count = 1;
    same.late_secs = 77;
    ck_status(&f, rota_reminder_put(f.r, NULL, &same, NULL), ROTA_OK);
    ck_told(&told, NULL, NULL, NULL);
    keyed.key = "once";
    same.offsets = usual;
    same.offset_count = 3;
    ck_status(&f, rota_reminder_put(f.r, &keyed, &same, NULL), ROTA_OK);
    ck_told(&told, &nobody, list_of(was, &nobody, once), list_of(is, &nobody, thrice));
    same.offsets = ascending;
    ck_status(&f, rota_reminder_put(f.r, &keyed, &same, NULL), ROTA_OK);
    ck_told(&told, NULL, NULL, NULL);
    ck_status(&f, put(nobody, room, NULL, 0, 0), ROTA_OK);
    ck_told(&told, &room, NULL, list_of(is, &room, never));
    ck_status(&f, put(booking, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_told(&told, &booking, NULL, list_of(is, &booking, once));
    inherit.booking = booking;
    ck_status(&f, rota_reminder_put(f.r, NULL, &inherit, NULL), ROTA_OK);
    ck_told(&told, &booking, list_of(was, &booking, once), NULL);
    ck_status(&f, rota_reminder_put(f.r, NULL, &inherit, NULL), ROTA_OK);
    ck_told(&told, NULL, NULL, NULL);
}
END_TEST

START_TEST(a_list_goes_with_its_resource)
{
    enum { ROOMS = ROTA_MAX_REMINDER_OFFSETS / ROTA_MAX_REMINDERS };
    static const int64_t another[] = { 0 };
    rota_id rooms[ROOMS];
    int64_t offsets[ROTA_MAX_REMINDERS];
    char was[400];
    for (int i = 0; i < ROOMS; i++) {
        for (int k = 0; k < ROTA_MAX_REMINDERS; k++)
            offsets[k] = 1 + i * ROTA_MAX_REMINDERS + k;
        rooms[i] = fx_resource(&f, "room", "Any", 1);
        ck_status(&f, put(nobody, rooms[i], offsets, ROTA_MAX_REMINDERS, 0), ROTA_OK);
    }
    ck_status(&f, put(nobody, nobody, another, 1, 0), ROTA_ELIMIT);
    ck_status(&f, put(nobody, rooms[0], minutes_15, 1, 0), ROTA_ELIMIT); /* both are counted */
    ck_status(&f, rota_resource_remove(f.r, NULL, &rooms[1], NULL), ROTA_OK);
    int64_t told = 2 + 2 * ROOMS;
    ck_status(&f, put(nobody, nobody, another, 1, 0), ROTA_OK);
    rota_result *rows = NULL;
    rota_event event = ROTA_INIT(rota_event);
    ck_status(&f, rota_event_list(f.r, told, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 3);
    ck_assert_int_eq(rota_event_at(rows, 0, &event), ROTA_OK);
    ck_assert_str_eq(event.name, "reminders.changed");
    ck_assert_mem_eq(&event.subject, &rooms[1], sizeof rooms[1]);
    ck_assert_ptr_null(event.after);
    snprintf(was, sizeof was, "%s", event.before);
    ck_assert_ptr_nonnull(strstr(was, "\"before\":[33,34,"));
    ck_assert_int_eq(rota_event_at(rows, 1, &event), ROTA_OK);
    ck_assert_str_eq(event.name, "resource.removed");
    rota_result_free(rows);
}
END_TEST

START_TEST(a_hold_reminds_once_it_is_confirmed)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_clock(&f, "2031-03-12T09:40Z");
    rota_id id = fx_hold(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z", 3600);
    fx_clock(&f, "2031-03-12T09:46Z");
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &id, NULL), ROTA_OK);
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(a_clock_that_goes_back_neither_loses_nor_hastens_anything)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2041-01-01T00:00Z");
    ck_assert_int_eq(due(), 1);
    fx_clock(&f, "2031-03-10T08:00Z");
    ck_assert_int_eq(due(), 0);
    rota_id id = fx_book(&f, room, "2031-03-11T10:00Z", "2031-03-11T11:00Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-11T09:44:59Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-11T09:45Z");
    ck_assert_int_eq(due(), 1);
    ck_assert(memcmp(&row[0].booking, &id, sizeof id) == 0);
    ack(1);
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1); /* nobody had acknowledged it */
}
END_TEST

START_TEST(two_workers_are_never_given_the_same_one_at_once)
{
    rota *other;
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_status(&f, rota_attach(f.r, &other), ROTA_OK);
    for (int i = 0; i < 6; i++) {
        rota_id one = fx_resource(&f, "person", "P", 1);
        fx_book(&f, one, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    }
    fx_clock(&f, "2031-03-12T09:45Z");
    rota_id seen[6];
    ck_assert_int_eq(due_of(f.r, 4, 60), 4);
    memcpy(seen, ids, 4 * sizeof *ids);
    ck_assert_int_eq(due_of(other, 4, 60), 2);
    memcpy(seen + 4, ids, 2 * sizeof *ids);
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < i; k++)
            ck_assert(memcmp(&seen[i], &seen[k], sizeof *seen) != 0);
    ck_assert_int_eq(due_of(other, 4, 60), 0);
    rota_close(other);
}
END_TEST

START_TEST(a_tick_counts_and_forgets)
{
    rota_tick_report report = ROTA_INIT(rota_tick_report);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.reminders, 1);
    ck_assert_int_eq(due(), 1);
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.reminders, 0);
    ack(1);
    fx_clock(&f, "2031-03-13T09:59Z");
    ck_assert_int_eq(due(), 0);
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    fx_clock(&f, "2031-03-12T09:40Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-14T09:45Z");
    ck_assert_int_eq(due(), 0); /* it is known still, though the clock went back */
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.more, 0);
    fx_clock(&f, "2031-03-12T09:40Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
}
END_TEST

/* What was due when its booking was made is given before the cursor comes by. */
START_TEST(what_is_acknowledged_a_week_late_is_not_forgotten_before_the_cursor_passes_it)
{
    const int64_t twice[] = { 300, 3600 };
    rota_tick_report report = ROTA_INIT(rota_tick_report);
    ck_status(&f, put(nobody, nobody, twice, 2, 0), ROTA_OK);
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due(), 0);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-19T09:50Z");
    ck_assert_int_eq(due_of(f.r, 2, 0), 2);
    ck_assert_int_eq(ack(2), 2);
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(due(), 0);
}
END_TEST

START_TEST(a_dry_run_leases_nothing)
{
    rota_call dry = ROTA_INIT(rota_call);
    rota_metrics metrics = ROTA_INIT(rota_metrics);
    rota_result *rows;
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    for (int i = 0; i < 2; i++) {
        ck_status(&f, rota_reminder_due(f.r, &dry, NULL, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        rota_result_free(rows);
    }
    ck_assert_int_eq(due(), 1);
    ck_status(&f, rota_metrics_get(f.r, &metrics), ROTA_OK);
    ck_assert_int_eq(metrics.reminders, 1);
}
END_TEST

static int64_t ack_of(const rota_id *of, int64_t count)
{
    int64_t acked = -1;
    ck_status(&f, rota_reminder_ack(f.r, NULL, of, count, &acked), ROTA_OK);
    return acked;
}

static int64_t retry(const rota_id *of, int64_t count)
{
    int64_t retried = -1;
    ck_status(&f, rota_reminder_retry(f.r, NULL, of, count, &retried), ROTA_OK);
    return retried;
}

/* What was given once already is dead. */
static void bury(void)
{
    rota_reminder_query once = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    once.attempts = 1;
    ck_status(&f, rota_reminder_due(f.r, NULL, &once, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}

START_TEST(nothing_of_before_the_first_list_is_given_and_nothing_of_before_a_later_one_is_lost)
{
    const rota_id unknown = { { 9 } };
    ck_assert_int_eq(ack_of(&unknown, 1), 0);
    fx_book(&f, room, "2031-03-10T08:10Z", "2031-03-10T08:12Z");
    fx_book(&f, room, "2031-03-10T08:15Z", "2031-03-10T09:00Z"); /* due at this instant */
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    fx_clock(&f, "2031-03-10T09:50Z");
    ck_status(&f, put(nobody, ana, minutes_15, 1, 0), ROTA_OK);
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(an_occurrence_that_began_before_the_first_list_reminds_nobody)
{
    series_of(room, "FREQ=DAILY", 3 * 3600);
    fx_clock(&f, "2031-03-11T10:00Z");
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-12T08:45Z");
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(a_list_says_how_late_is_too_late)
{
    rota_reminder_request q = ROTA_INIT(rota_reminder_request);
    q.offsets = minutes_15;
    q.offset_count = 1;
    q.late = ROTA_LATE_SKIP;
    q.late_secs = 3600;
    ck_status(&f, rota_reminder_put(f.r, NULL, &q, NULL), ROTA_OK);
    q.resource = ana;
    q.late_secs = 60;
    ck_status(&f, rota_reminder_put(f.r, NULL, &q, NULL), ROTA_OK);
    fx_book(&f, room, "2031-03-10T08:20Z", "2031-03-10T09:00Z");
    fx_book(&f, ana, "2031-03-10T08:20Z", "2031-03-10T09:00Z");
    fx_clock(&f, "2031-03-10T08:10Z");
    ck_assert_int_eq(due(), 1);
    ck_assert(memcmp(&row[0].resource, &room, sizeof room) == 0);
}
END_TEST

START_TEST(once_it_has_begun_only_what_is_due_at_the_start_is_not_skipped)
{
    static const int64_t at_start[] = { 0, 60 };
    ck_status(&f, put(nobody, nobody, at_start, 2, ROTA_LATE_SKIP), ROTA_OK);
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    fx_clock(&f, "2031-03-10T10:00Z");
    ck_assert_int_eq(due(), 1);
    ck_assert_int_eq(row[0].due, row[0].start);
}
END_TEST

START_TEST(a_key_is_of_one_list)
{
    static const int64_t ten[] = { 600 };
    rota_reminder_request q = ROTA_INIT(rota_reminder_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    call.key = "k";
    q.offsets = minutes_15;
    q.offset_count = 1;
    q.late = ROTA_LATE_SKIP;
    ck_status(&f, rota_reminder_put(f.r, &call, &q, &receipt), ROTA_OK);
    ck_status(&f, rota_reminder_put(f.r, &call, &q, &receipt), ROTA_OK);
    ck_assert_int_ne(receipt.flags & ROTA_RECEIPT_REPLAYED, 0);
    q.late_secs = 60;
    ck_status(&f, rota_reminder_put(f.r, &call, &q, NULL), ROTA_EKEY);
    q.late_secs = 0;
    q.offsets = ten;
    ck_status(&f, rota_reminder_put(f.r, &call, &q, NULL), ROTA_EKEY);
}
END_TEST

START_TEST(the_dead_are_listed_by_pages_and_can_be_done_or_due_again)
{
    rota_metrics metrics = ROTA_INIT(rota_metrics);
    rota_reminder dead[3];
    rota_result *rows = NULL;
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    make_series(room, "FREQ=DAILY;COUNT=1");
    fx_book(&f, ana, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_book(&f, fx_room(&f, "Red", 1), "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due(), 3);
    ck_assert_int_eq(retry(ids, 3), 0); /* they are leased */
    ck_assert_int_eq(due(), 0);
    f.now += 60;
    bury();
    for (int i = 0; i < 3; i++) {
        ck_status(&f, rota_reminder_dead(f.r, i ? &dead[i - 1].id : NULL, 1, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        dead[i] = (rota_reminder)ROTA_INIT(rota_reminder);
        ck_assert_int_eq(rota_reminder_at(rows, 0, &dead[i]), ROTA_OK);
        bool recurs = memcmp(&dead[i].resource, &room, sizeof room) == 0;
        ck_assert_int_eq(dead[i].recurs, recurs ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT);
        ck_assert_int_eq(dead[i].late, 60);
        for (int k = 0; k < i; k++)
            ck_assert(memcmp(&dead[k].id, &dead[i].id, sizeof dead[i].id) != 0);
        rota_result_free(rows);
    }
    const rota_id some[] = { { { 0, 1 } }, dead[0].id }; /* nobody was given the first one */
    ck_assert_int_eq(ack_of(some, 2), 1);
    ck_assert_int_eq(ack_of(some, 2), 0);
    ck_assert_int_eq(retry(&dead[0].id, 1), 0);
    ck_assert_int_eq(retry(&dead[1].id, 1), 1);
    ck_status(&f, rota_metrics_get(f.r, &metrics), ROTA_OK);
    ck_assert_int_eq(metrics.reminded, 1);
    ck_assert_int_eq(metrics.reminders, 3);
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(a_lease_is_as_long_as_it_is_asked_for)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due_of(f.r, 0, 600), 1);
    f.now += 599;
    ck_assert_int_eq(due(), 0);
    f.now += 1;
    ck_assert_int_eq(due_of(f.r, 0, 1), 1);
    f.now += 1;
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(the_longest_lease_holds_for_a_clock_that_is_a_minute_behind)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due_of(f.r, 0, ROTA_MAX_LEASE), 1);
    fx_clock(&f, "2031-03-12T09:49Z");
    ck_assert_int_eq(due_of(f.r, 0, ROTA_MAX_LEASE), 0);
    f.now--; /* it went back, and nobody knows when the lease would end */
    ck_assert_int_eq(due_of(f.r, 0, ROTA_MAX_LEASE), 1);
}
END_TEST

static void cancel(rota_id id, const char *occurrence, int32_t scope)
{
    rota_call call = ROTA_INIT(rota_call);
    if (occurrence) call.occurrence = t(occurrence);
    call.scope = scope;
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
}

/* By itself, or with those that follow. */
START_TEST(an_occurrence_that_is_cancelled_once_it_was_given_does_not_come_again)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = make_series(room, "FREQ=DAILY");
    rota_id red = make_series(fx_room(&f, "Red", 1), "FREQ=DAILY");
    rota_id stays = make_series(fx_room(&f, "Sea", 1), "FREQ=DAILY");
    fx_clock(&f, "2031-03-13T08:45Z");
    ck_assert_int_eq(due(), 9);
    cancel(id, "2031-03-13T09:00Z", ROTA_SCOPE_THIS);
    cancel(red, "2031-03-13T09:00Z", ROTA_SCOPE_FUTURE);
    f.now += 60;
    ck_assert_int_eq(due(), 7);
    for (int i = 0; i < 7; i++)
        ck_assert(row[i].occurrence < t("2031-03-13T09:00Z") ||
                  memcmp(&row[i].booking, &stays, sizeof stays) == 0);
}
END_TEST

START_TEST(an_offset_that_its_list_has_no_more_does_not_come_again)
{
    static const int64_t ten[] = { 600 };
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 1);
    ck_status(&f, put(nobody, nobody, ten, 1, 0), ROTA_OK);
    f.now += 60;
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due(), 1);
}
END_TEST

START_TEST(a_limit_does_not_count_what_comes_to_nothing)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id first = fx_book(&f, room, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    rota_id second = fx_book(&f, ana, "2031-03-12T10:01Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-12T09:50Z");
    ck_assert_int_eq(due(), 2);
    cancel(first, NULL, 0);
    f.now += 60;
    ck_assert_int_eq(due_of(f.r, 1, 60), 1);
    ck_assert(memcmp(&row[0].booking, &second, sizeof second) == 0);
}
END_TEST

/* Who is not reminded is looked at all the same, and more of one offset than of another. */
START_TEST(a_limit_loses_nothing_behind_those_that_remind_nobody)
{
    static const int64_t both[] = { 300, 3600 };
    ck_status(&f, put(nobody, ana, both, 2, 0), ROTA_OK);
    fx_book(&f, room, "2031-03-10T09:30Z", "2031-03-10T09:35Z");
    fx_book(&f, room, "2031-03-10T09:40Z", "2031-03-10T09:45Z");
    fx_book(&f, ana, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    fx_clock(&f, "2031-03-10T20:00Z");
    ck_assert_int_eq(due_of(f.r, 1, 60), 1);
    ck_assert_int_eq(row[0].due, t("2031-03-10T09:00Z"));
    ck_assert_int_eq(due_of(f.r, 1, 60), 1);
    ck_assert_int_eq(row[0].due, t("2031-03-10T09:55Z"));
}
END_TEST

/* Two occurrences of one series, and series beside each other. */
START_TEST(a_limit_loses_nothing_of_series_that_are_due_at_once)
{
    static const int64_t day[] = { 900, 86400 + 900 };
    ck_status(&f, put(nobody, nobody, day, 2, 0), ROTA_OK);
    make_series(room, "FREQ=DAILY;COUNT=2");
    make_series(ana, "FREQ=DAILY;COUNT=2");
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due_of(f.r, 2, 86400), 2); /* of the day before, of the first ones */
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(due_of(f.r, 1, 86400), 1);
        ck_assert_int_eq(row[0].due, t("2031-03-11T08:45Z"));
    }
    ck_assert_int_eq(due_of(f.r, 1, 86400), 0);
}
END_TEST

START_TEST(two_occurrences_at_one_time_are_two)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    rota_id id = make_series(fx_room(&f, "Pool", 2), "FREQ=DAILY");
    move_one(id, "2031-03-12T09:00Z", "2031-03-11T09:00Z");
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due(), 2);
    for (int i = 0; i < 2; i++)
        ck_assert(memcmp(&row[i].booking, &id, sizeof id) == 0);
}
END_TEST

START_TEST(a_series_of_every_third_year_reminds)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    make_series(room, "FREQ=YEARLY;INTERVAL=3");
    fx_clock(&f, "2031-03-11T08:45Z");
    ck_assert_int_eq(due(), 1);
    ack(1);
    for (int year = 2032; year < 2035; year++) {
        char when[32];
        snprintf(when, sizeof when, "%d-03-11T08:45Z", year);
        fx_clock(&f, when);
        ck_assert_int_eq(due(), year == 2034);
    }
}
END_TEST

/* A clock that is set back by some seconds leaves the cursor where it is. */
START_TEST(what_comes_to_be_due_behind_the_cursor_is_given_at_its_time_and_once)
{
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_clock(&f, "2031-03-10T07:59:30Z");
    rota_id id = fx_book(&f, room, "2031-03-10T08:14:40Z", "2031-03-10T09:00Z");
    fx_book(&f, ana, "2031-03-10T08:14:40Z", "2031-03-10T09:00Z");
    ck_assert_int_eq(due(), 0);
    fx_clock(&f, "2031-03-10T07:59:39Z");
    ck_assert_int_eq(due(), 0);
    move(id, "2031-03-10T08:14:50Z");
    move(id, "2031-03-10T08:14:40Z"); /* it is looked at once more, the other one is not */
    fx_clock(&f, "2031-03-10T07:59:40Z");
    ck_assert_int_eq(due(), 2);
    ck_assert(memcmp(&row[0].booking, &row[1].booking, sizeof id) != 0);
}
END_TEST

START_TEST(who_left_the_group_before_is_not_reminded)
{
    rota_id class = fx_resource(&f, "group", "10-A", 1), ben = fx_resource(&f, "person", "Ben", 1);
    rota_member_request leave = ROTA_INIT(rota_member_request);
    fx_join(&f, class, ana);
    fx_join(&f, class, ben);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    fx_book(&f, class, "2031-03-12T10:00Z", "2031-03-12T11:00Z");
    fx_clock(&f, "2031-03-11T10:00Z");
    leave.group = class;
    leave.member = ben;
    ck_status(&f, rota_member_remove(f.r, NULL, &leave, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-12T09:45Z");
    ck_assert_int_eq(due(), 2);
    for (int i = 0; i < 2; i++)
        ck_assert(memcmp(&row[i].resource, &ben, sizeof ben) != 0);
}
END_TEST

/* Of a series that was moved, in the night in which clocks go ahead, what comes later in its rule
 * is due earlier: 3:00 less half an hour is 3:30, and 3:50 less as much is 3:20. */
START_TEST(a_series_that_was_moved_reminds_in_time_when_clocks_change)
{
    static const int64_t at_start[] = { 0 };
    ck_status(&f, put(nobody, nobody, at_start, 1, 0), ROTA_OK);
    fx_clock(&f, "2031-03-29T12:00Z");
    rota_claim claim = { .resource = fx_room(&f, "Pool", 100), .units = 1 };
    rota_recurrence every = { .size = sizeof every,
                              .start = "2031-03-29T23:00:00",
                              .zone = "Europe/Berlin",
                              .rule = "FREQ=MINUTELY;INTERVAL=25;COUNT=20",
                              .length = 60 };
    rota_booking_request q = {
        .size = sizeof q, .claims = &claim, .claim_count = 1, .recurrence = &every
    };
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call all = ROTA_INIT(rota_call);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    q = (rota_booking_request)ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = t("2031-03-29T21:30Z");
    all.scope = ROTA_SCOPE_ALL;
    all.occurrence = t("2031-03-29T22:00Z");
    ck_status(&f, rota_booking_move(f.r, &all, &receipt.id, &q, NULL), ROTA_OK);
    int64_t given = 0;
    for (; f.now < t("2031-03-30T12:00Z"); f.now += 300) {
        int64_t count = due_of(f.r, 0, 86400);
        for (int64_t i = 0; i < count; i++)
            ck_assert_int_eq(row[i].late, 0);
        given += count;
    }
    ck_assert_int_eq(given, 20);
}
END_TEST

/* There are more than are looked up in one call, and of each it is known when: those of a
 * cancelled series, in a file that was written by hand for it. */
START_TEST(any_number_of_series_may_be_due)
{
    char path[256];
    sqlite3 *db;
    fx_close(&f);
    fx_path(&f, "many.rota", path, sizeof path);
    fx_open(&f, path);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 0), ROTA_OK);
    room = fx_room(&f, "Blue", 1);
    rota_id id = make_series(room, "FREQ=DAILY");
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    (void)fx_book(&f, room, "2031-03-20T10:00Z", "2031-03-20T11:00Z");
    ck_assert_int_eq(due(), 0);
    fx_close(&f);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    int rc = sqlite3_exec(
        db,
        "BEGIN;"
        "CREATE TEMP TABLE one AS SELECT * FROM booking WHERE series IS NOT NULL;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<110000)"
        " INSERT INTO booking SELECT 9+i,randomblob(16),NULL,NULL,NULL,start_at,end_at,reach,"
        "status,priority,hold_expires,created_at,changed_at,version,claims,series,part_of,"
        "occurrence,placement,kind FROM n,one;"
        "INSERT INTO reminder_next SELECT row,start_at FROM booking WHERE row>9;"
        "COMMIT",
        NULL, NULL, NULL);
    ck_assert_msg(rc == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-20T09:45Z");
    ck_assert_int_eq(due(), 1);
    fx_close(&f);
    f = (struct fx){ 0 };
    setup();
}
END_TEST

START_TEST(what_cannot_be_a_list_is_refused)
{
    static const int64_t twice[] = { 60, 60 }, early[] = { -1 }, far[] = { ROTA_MAX_BUFFER + 1 };
    int64_t many[ROTA_MAX_REMINDERS + 1];
    rota_id stranger = { { 1 } };
    for (int64_t i = 0; i <= ROTA_MAX_REMINDERS; i++)
        many[i] = i;
    ck_status(&f, put(nobody, nobody, twice, 2, 0), ROTA_EINVALID);
    ck_status(&f, put(nobody, nobody, early, 1, 0), ROTA_EINVALID);
    ck_status(&f, put(nobody, nobody, far, 1, 0), ROTA_EINVALID);
    ck_status(&f, put(nobody, nobody, minutes_15, 1, 3), ROTA_EINVALID);
    ck_status(&f, put(nobody, nobody, NULL, 1, 0), ROTA_EINVALID);
    ck_status(&f, put(stranger, room, minutes_15, 1, 0), ROTA_EINVALID);
    ck_status(&f, put(stranger, nobody, minutes_15, 1, 0), ROTA_ENOTFOUND);
    ck_status(&f, put(nobody, stranger, minutes_15, 1, 0), ROTA_ENOTFOUND);
    ck_status(&f, put(nobody, nobody, many, ROTA_MAX_REMINDERS + 1, 0), ROTA_ELIMIT);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < 9 && rc == ROTA_OK; i++) {
        for (int64_t k = 0; k < ROTA_MAX_REMINDERS; k++)
            many[k] = i * 1000 + k;
        rc = put(nobody, fx_room(&f, "R", 1), many, ROTA_MAX_REMINDERS, 0);
        ck_assert_int_eq(rc, i < 8 ? ROTA_OK : ROTA_ELIMIT);
    }
    /* What is known is no more. */
    ck_status(&f, put(nobody, ana, many + ROTA_MAX_REMINDERS, 1, 0), ROTA_ELIMIT);
    for (int64_t k = 0; k < ROTA_MAX_REMINDERS; k++)
        many[k] = 7000 + k;
    ck_status(&f, put(nobody, ana, many, ROTA_MAX_REMINDERS, 0), ROTA_OK);
}
END_TEST

Suite *reminder_suite(void)
{
    Suite *suite = suite_create("reminder");
    TCase *each = tcase_create("calendar");
    tcase_add_checked_fixture(each, setup, teardown);
    tcase_add_test(each, each_offset_comes_once_at_its_time_and_not_before);
    tcase_add_test(each, what_is_not_acknowledged_comes_again_with_the_same_id_until_it_is_dead);
    tcase_add_test(each, a_dead_one_that_is_retried_is_not_skipped_for_being_late);
    tcase_add_test(each, a_booking_that_moves_reminds_of_its_new_time_only);
    tcase_add_test(each, one_that_is_made_too_late_is_given_at_once_or_skipped);
    tcase_add_test(each, of_many_that_are_made_too_late_none_waits_for_a_second_answer);
    tcase_add_test(each, a_limit_leaves_out_what_is_due_last);
    tcase_add_test(each, a_week_without_a_poll_loses_nothing);
    tcase_add_test(each, every_occurrence_of_a_series_reminds_but_for_those_that_are_cancelled);
    tcase_add_test(each, a_series_of_many_can_be_made_and_changed_beside_a_long_list);
    tcase_add_test(each, a_year_without_a_poll_needs_little_memory);
    tcase_add_test(each, a_series_that_moves_forgets_its_old_times);
    tcase_add_test(each, an_occurrence_that_is_moved_into_the_next_minutes_is_late);
    tcase_add_test(each, an_occurrence_that_keeps_its_start_has_nothing_late);
    tcase_add_test(each, what_begins_as_it_is_booked_is_given_and_what_has_begun_is_not);
    tcase_add_test(each, what_is_moved_to_a_start_that_is_over_is_not_told_of);
    tcase_add_test(each, what_changes_once_it_has_begun_is_told_of_where_nobody_has_asked);
    tcase_add_test(each, by_a_list_that_is_put_nothing_is_late_and_what_was_late_before_is);
    tcase_add_test(each, members_are_reminded_as_they_belong_each_once);
    tcase_add_test(each, each_of_several_groups_reminds_its_members_and_rooms_between_them_nobody);
    tcase_add_test(each, an_empty_list_of_who_is_claimed_himself_counts_before_that_of_his_group);
    tcase_add_test(each, lists_of_a_booking_go_before_those_of_its_resource_and_the_default);
    tcase_add_test(each, a_list_of_a_series_is_of_its_single_occurrences_too);
    tcase_add_test(each, the_feed_tells_of_lists_that_change);
    tcase_add_test(each, a_list_goes_with_its_resource);
    tcase_add_test(each, a_hold_reminds_once_it_is_confirmed);
    tcase_add_test(each, a_clock_that_goes_back_neither_loses_nor_hastens_anything);
    tcase_add_test(each, two_workers_are_never_given_the_same_one_at_once);
    tcase_add_test(each, a_tick_counts_and_forgets);
    tcase_add_test(each,
                   what_is_acknowledged_a_week_late_is_not_forgotten_before_the_cursor_passes_it);
    tcase_add_test(each, a_dry_run_leases_nothing);
    tcase_add_test(
        each, nothing_of_before_the_first_list_is_given_and_nothing_of_before_a_later_one_is_lost);
    tcase_add_test(each, an_occurrence_that_began_before_the_first_list_reminds_nobody);
    tcase_add_test(each, a_list_says_how_late_is_too_late);
    tcase_add_test(each, once_it_has_begun_only_what_is_due_at_the_start_is_not_skipped);
    tcase_add_test(each, a_key_is_of_one_list);
    tcase_add_test(each, the_dead_are_listed_by_pages_and_can_be_done_or_due_again);
    tcase_add_test(each, a_lease_is_as_long_as_it_is_asked_for);
    tcase_add_test(each, the_longest_lease_holds_for_a_clock_that_is_a_minute_behind);
    tcase_add_test(each, an_occurrence_that_is_cancelled_once_it_was_given_does_not_come_again);
    tcase_add_test(each, an_offset_that_its_list_has_no_more_does_not_come_again);
    tcase_add_test(each, a_limit_does_not_count_what_comes_to_nothing);
    tcase_add_test(each, a_limit_loses_nothing_behind_those_that_remind_nobody);
    tcase_add_test(each, a_limit_loses_nothing_of_series_that_are_due_at_once);
    tcase_add_test(each, two_occurrences_at_one_time_are_two);
    tcase_add_test(each, a_series_of_every_third_year_reminds);
    tcase_add_test(each, what_comes_to_be_due_behind_the_cursor_is_given_at_its_time_and_once);
    tcase_add_test(each, who_left_the_group_before_is_not_reminded);
    tcase_add_test(each, a_series_that_was_moved_reminds_in_time_when_clocks_change);
    tcase_add_test(each, any_number_of_series_may_be_due);
    tcase_add_test(each, what_cannot_be_a_list_is_refused);
    suite_add_tcase(suite, each);
    return suite;
}
