/* Series as they are read: as a whole, one by one, and in lists among bookings, from the
 * store and from pages. What they are is checked beside rota_series_expand() and
 * rota_occurrence_get(), one occurrence at a time. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct fx f;

static void setup(void)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-01T00:00Z");
}

static void teardown(void)
{
    fx_close(&f);
}

static rota_recurrence every(const char *start, const char *zone, const char *rule, int64_t length)
{
    rota_recurrence r = ROTA_INIT(rota_recurrence);
    r.start = start;
    r.zone = zone;
    r.rule = rule;
    r.length = length;
    return r;
}

static int try_flagged(rota_id room, const rota_recurrence *recurrence, uint32_t flags,
                       int32_t hold, rota_id *id)
{
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.claims = &c;
    q.claim_count = 1;
    q.recurrence = recurrence;
    q.title = "Series";
    q.flags = flags;
    q.hold_secs = hold;
    int rc = rota_booking_create(f.r, NULL, &q, &receipt);
    if (rc == ROTA_OK) *id = receipt.id;
    return rc;
}

static int try_series(rota_id room, const rota_recurrence *recurrence, rota_id *id)
{
    return try_flagged(room, recurrence, 0, 0, id);
}

static rota_id series(rota_id room, const char *start, const char *rule, int64_t length)
{
    rota_recurrence r = every(start, "Europe/Berlin", rule, length);
    rota_id id;
    ck_status(&f, try_series(room, &r, &id), ROTA_OK);
    return id;
}

static rota_call for_one(rota_time occurrence, int32_t scope)
{
    rota_call call = ROTA_INIT(rota_call);
    call.scope = scope;
    call.occurrence = occurrence;
    return call;
}

static int move(rota_id id, rota_time occurrence, int32_t scope, rota_time start)
{
    rota_call call = for_one(occurrence, scope);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_START;
    q.when.start = start;
    return rota_booking_move(f.r, &call, &id, &q, NULL);
}

static rota_booking one(rota_id id, rota_time occurrence, rota_result **rows)
{
    rota_booking b = ROTA_INIT(rota_booking);
    ck_status(&f, rota_occurrence_get(f.r, &id, occurrence, rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(*rows), 1);
    ck_assert_int_eq(rota_booking_at(*rows, 0, &b), ROTA_OK);
    return b;
}

static rota_booking_query window(const char *from, const char *to)
{
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    q.when = (rota_span){ t(from), t(to) };
    return q;
}

static rota_result *list(const rota_booking_query *q)
{
    rota_result *rows = NULL;
    ck_status(&f, rota_booking_list(f.r, q, &rows), ROTA_OK);
    return rows;
}

static int64_t count(const rota_booking_query *q)
{
    rota_result *rows = list(q);
    int64_t n = rota_result_count(rows);
    rota_result_free(rows);
    return n;
}

static rota_booking row(const rota_result *rows, int64_t i)
{
    rota_booking b = ROTA_INIT(rota_booking);
    ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
    return b;
}

/* --- as a whole, and one --- */

START_TEST(a_series_is_read_as_it_was_made)
{
    static const char *const rdates[] = { "2031-06-02T09:00", "2031-05-01T12:00:00Z" };
    static const char *const exdates[] = { "2031-03-17T09:00:00+01:00" };
    rota_id room = fx_room(&f, "Blue", 1), id;
    rota_recurrence r = every("2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=4", 5400);
    rota_result *rows;
    r.rdates = rdates;
    r.rdate_count = 2;
    r.exdates = exdates;
    r.exdate_count = 1;
    ck_status(&f, try_series(room, &r, &id), ROTA_OK);
    ck_status(&f, rota_booking_get(f.r, &id, &rows), ROTA_OK);
    rota_booking b = row(rows, 0);
    const rota_recurrence *made = b.recurrence;
    ck_assert_int_eq(b.recurs, ROTA_RECURS_SERIES);
    ck_assert_int_eq(b.occurrence, 0);
    ck_assert_int_eq(b.when.start, t("2031-03-10T08:00Z"));
    ck_assert_int_eq(b.when.end, t("2031-03-10T09:30Z"));
    ck_assert_int_eq(b.checked_until, ROTA_TIME_MAX);
    ck_assert_int_eq(b.phase, ROTA_PHASE_UPCOMING);
    ck_assert_ptr_nonnull(made);
    ck_assert_uint_eq(made->size, sizeof *made);
    ck_assert_str_eq(made->start, "2031-03-10T09:00:00");
    ck_assert_str_eq(made->zone, "Europe/Berlin");
    ck_assert_str_eq(made->rule, "FREQ=WEEKLY;COUNT=4");
    ck_assert_int_eq(made->length, 5400);
    ck_assert_int_eq(made->all_day, 0);
    ck_assert_int_eq(made->rdate_count, 2);
    ck_assert_str_eq(made->rdates[0], "2031-05-01T12:00:00Z");
    ck_assert_str_eq(made->rdates[1], "2031-06-02T07:00:00Z");
    ck_assert_int_eq(made->exdate_count, 1);
    ck_assert_str_eq(made->exdates[0], "2031-03-17T08:00:00Z");
    rota_result_free(rows);
}
END_TEST

START_TEST(an_all_day_series_is_read_in_dates)
{
    static const char *const exdates[] = { "2031-03-30" };
    rota_id room = fx_room(&f, "Blue", 1), id;
    rota_recurrence r = every("2031-03-29", "Europe/Berlin", "FREQ=DAILY;COUNT=4", 1);
    rota_result *rows;
    r.exdates = exdates;
    r.exdate_count = 1;
    ck_status(&f, try_series(room, &r, &id), ROTA_OK);
    ck_status(&f, rota_booking_get(f.r, &id, &rows), ROTA_OK);
    const rota_recurrence *made = row(rows, 0).recurrence;
    ck_assert_int_eq(made->all_day, 1);
    ck_assert_str_eq(made->start, "2031-03-29");
    ck_assert_str_eq(made->exdates[0], "2031-03-30");
    ck_assert_int_eq(made->length, 1);
    rota_result_free(rows);
}
END_TEST

START_TEST(the_phase_of_a_series_is_from_its_first_start_to_its_last_end)
{
    static const struct {
        const char *now;
        int32_t phase;
    } phases[] = {
        { "2031-03-10T07:59:59Z", ROTA_PHASE_UPCOMING },
        { "2031-03-10T08:00Z", ROTA_PHASE_ONGOING },
        { "2031-03-12T00:00Z", ROTA_PHASE_ONGOING },
        { "2031-03-17T08:59:59Z", ROTA_PHASE_ONGOING },
        { "2031-03-17T09:00Z", ROTA_PHASE_PAST },
    };
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=2", 3600);
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        rota_result *rows;
        fx_clock(&f, phases[i].now);
        ck_status(&f, rota_booking_get(f.r, &id, &rows), ROTA_OK);
        ck_assert_int_eq(row(rows, 0).phase, phases[i].phase);
        rota_result_free(rows);
    }
}
END_TEST

START_TEST(an_occurrence_is_what_became_of_it)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=4", 3600);
    rota_time second = t("2031-03-17T08:00Z"), third = t("2031-03-24T08:00Z");
    rota_call call = for_one(third, ROTA_SCOPE_THIS);
    rota_result *rows;
    rota_booking b = one(id, second, &rows);
    ck_assert_int_eq(b.recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_mem_eq(&b.id, &id, sizeof id);
    ck_assert_int_eq(b.occurrence, second);
    ck_assert_int_eq(b.when.end, second + 3600);
    ck_assert_ptr_null(b.recurrence);
    ck_assert_str_eq(b.title, "Series");
    rota_result_free(rows);

    ck_status(&f, move(id, second, ROTA_SCOPE_THIS, second + 7200), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    b = one(id, second, &rows);
    ck_assert_mem_eq(&b.id, &id, sizeof id);
    ck_assert_int_eq(b.when.start, second + 7200);
    ck_assert_int_eq(b.occurrence, second);
    ck_assert_int_eq(b.version, 3); /* the series' */
    rota_result_free(rows);
    ck_assert_int_eq(one(id, third, &rows).status, ROTA_BOOKING_CANCELLED);
    rota_result_free(rows);

    call = for_one(t("2031-03-31T07:00Z"), ROTA_SCOPE_FUTURE);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    ck_assert_int_eq(one(id, call.occurrence, &rows).status, ROTA_BOOKING_CANCELLED);
    rota_result_free(rows);
    ck_status(&f, rota_occurrence_get(f.r, &id, second + 7200, &rows), ROTA_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"Series\" has no occurrence"));
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "2031-03-17T10:00:00Z"));
    ck_status(&f, rota_occurrence_get(f.r, &id, INT64_MAX, &rows), ROTA_ENOTFOUND);
    rota_id plain = fx_book(&f, room, "2031-05-10T09:00Z", "2031-05-10T10:00Z");
    ck_status(&f, rota_occurrence_get(f.r, &plain, t("2031-05-10T09:00Z"), &rows), ROTA_ENOTFOUND);
    ck_status(&f, rota_occurrence_get(f.r, NULL, 0, &rows), ROTA_EINVALID);
    ck_status(&f, rota_occurrence_get(f.r, &id, second, NULL), ROTA_EINVALID);
}
END_TEST

START_TEST(what_was_left_out_is_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", "UTC", "FREQ=DAILY;COUNT=3", 3600);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    rota_result *rows;
    fx_book(&f, room, "2031-03-11T09:30Z", "2031-03-11T09:45Z");
    request.claims = &c;
    request.claim_count = 1;
    request.recurrence = &r;
    request.flags = ROTA_BOOKING_PARTIAL;
    ck_status(&f, rota_booking_create(f.r, NULL, &request, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.skipped, 1);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    rota_conflict conflict = ROTA_INIT(rota_conflict);
    ck_assert_int_eq(rota_conflict_at(rows, 0, &conflict), ROTA_OK);
    ck_assert_int_eq(conflict.asked, t("2031-03-11T09:00Z"));
    rota_result_free(rows);

    rota_booking b = one(receipt.id, t("2031-03-11T09:00Z"), &rows);
    ck_assert_int_eq(b.status, ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(b.when.start, t("2031-03-11T09:00Z"));
    rota_result_free(rows);
    ck_assert_int_eq(count(&q), 3);
}
END_TEST

enum { ANY = (1u << (ROTA_BOOKING_EXPIRED + 1)) - 2 };

/* The rows of these statuses are the occurrences from `first` on that `days` names, and each is
 * as it is read alone: all at once, from pages once they are there, and so many at a time. */
static void lists_these(rota_id room, rota_id id, rota_time first, const char *days,
                        uint32_t statuses)
{
    static const rota_id none;
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    int64_t wanted = (int64_t)strlen(days);
    q.statuses = statuses;
    for (int way = 0; way < 8; way++) {
        int64_t seen = 0, size = way < 4 ? 0 : way - 3;
        q.resource = way % 4 ? room : none;
        q.limit = size;
        q.after = none;
        for (;;) {
            rota_result *rows = list(&q), *alone;
            int64_t n = rota_result_count(rows);
            for (int64_t i = 0; i < n; i++, seen++) {
                rota_booking got = row(rows, i);
                ck_assert_int_lt(seen, wanted);
                ck_assert_int_eq(got.occurrence, first + (days[seen] - '0') * 86400);
                rota_booking b = one(id, got.occurrence, &alone);
                ck_assert_mem_eq(&got.id, &b.id, sizeof b.id);
                ck_assert(got.status == b.status && got.phase == b.phase);
                ck_assert(got.when.start == b.when.start && got.when.end == b.when.end);
                ck_assert(got.version == b.version && got.hold_expires == b.hold_expires);
                ck_assert_str_eq(got.title, b.title);
                ck_assert_int_eq(got.claim_count, 1);
                ck_assert_mem_eq(got.claims, b.claims, sizeof *b.claims);
                rota_result_free(alone);
                q.after = got.id;
                q.after_when = got.when;
                q.after_occurrence = got.occurrence;
            }
            rota_result_free(rows);
            if (size == 0 || n < size) break;
        }
        ck_assert_int_eq(seen, wanted);
    }
}

/* Of six days the second, third and fifth were not free when it was made, and are now. */
static rota_id with_gaps(rota_id room, int32_t hold)
{
    rota_recurrence r = every("2031-03-10T09:00", "Europe/Berlin", "FREQ=DAILY;COUNT=6", 3600);
    rota_id plain[3], id;
    plain[0] = fx_book(&f, room, "2031-03-11T08:30Z", "2031-03-11T08:45Z");
    plain[1] = fx_book(&f, room, "2031-03-12T08:30Z", "2031-03-12T08:45Z");
    plain[2] = fx_book(&f, room, "2031-03-14T08:30Z", "2031-03-14T08:45Z");
    ck_status(&f, try_flagged(room, &r, ROTA_BOOKING_PARTIAL, hold, &id), ROTA_OK);
    for (int i = 0; i < 3; i++) { /* behind what is listed */
        rota_booking_request q = ROTA_INIT(rota_booking_request);
        q.set = ROTA_BOOKING_SET_START;
        q.when.start = t("2033-01-01T00:00Z") + i * 86400;
        ck_status(&f, rota_booking_move(f.r, NULL, &plain[i], &q, NULL), ROTA_OK);
    }
    return id;
}

START_TEST(what_was_left_out_is_listed_where_cancelled_ones_are_asked_for)
{
    const uint32_t gone = 1u << ROTA_BOOKING_CANCELLED, there = 1u << ROTA_BOOKING_CONFIRMED;
    rota_id room = fx_room(&f, "Blue", 1), id = with_gaps(room, 0);
    rota_time first = t("2031-03-10T08:00Z");
    rota_call call = for_one(first + 2 * 86400, ROTA_SCOPE_THIS);
    lists_these(room, id, first, "035", 0);
    lists_these(room, id, first, "124", gone);
    lists_these(room, id, first, "012345", ANY);
    ck_status(&f, rota_booking_restore(f.r, &call, &id, NULL), ROTA_OK);
    lists_these(room, id, first, "14", gone);
    lists_these(room, id, first, "0235", there);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    lists_these(room, id, first, "124", gone);
    ck_status(&f, move(id, first, ROTA_SCOPE_ALL, first + 3600), ROTA_OK);
    lists_these(room, id, first, "124", gone);
    lists_these(room, id, first, "012345", ANY);
    call = for_one(first + 3 * 86400, ROTA_SCOPE_FUTURE);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    lists_these(room, id, first, "12345", gone);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    lists_these(room, id, first, "012345", gone);
    lists_these(room, id, first, "", there);
}
END_TEST

START_TEST(what_was_left_out_of_a_hold_never_lapses)
{
    rota_id room = fx_room(&f, "Blue", 1), id = with_gaps(room, 600);
    rota_time first = t("2031-03-10T08:00Z");
    lists_these(room, id, first, "035", 1u << ROTA_BOOKING_HELD);
    lists_these(room, id, first, "124", 1u << ROTA_BOOKING_CANCELLED);
    fx_clock(&f, "2031-03-01T01:00Z");
    lists_these(room, id, first, "035", 1u << ROTA_BOOKING_EXPIRED);
    lists_these(room, id, first, "124", 1u << ROTA_BOOKING_CANCELLED);
    lists_these(room, id, first, "", 1u << ROTA_BOOKING_HELD);
}
END_TEST

/* Behind the last one that was left out nothing of a series without an end is looked at. */
START_TEST(what_was_left_out_is_found_in_all_of_time)
{
    rota_id room = fx_room(&f, "Blue", 1), id;
    rota_recurrence r = every("2031-03-10T09:00", "Europe/Berlin", "FREQ=HOURLY;INTERVAL=5", 3600);
    rota_booking_query q = window("2031-03-01T00:00Z", "9999-01-01T00:00Z");
    fx_book(&f, room, "2031-03-10T13:30Z", "2031-03-10T13:45Z");
    ck_status(&f, try_flagged(room, &r, ROTA_BOOKING_PARTIAL, 0, &id), ROTA_OK);
    q.statuses = 1u << ROTA_BOOKING_CANCELLED;
    rota_result *rows = list(&q);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_booking b = row(rows, 0);
    ck_assert_int_eq(b.occurrence, t("2031-03-10T13:00Z"));
    rota_result_free(rows);
}
END_TEST

START_TEST(what_is_changed_of_the_series_is_told_of_each)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=3", 3600);
    rota_time second = t("2031-03-17T08:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_booking_query all = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    ck_status(&f, move(id, second, ROTA_SCOPE_THIS, second + 7200), ROTA_OK);
    q.set = ROTA_BOOKING_SET_TITLE | ROTA_BOOKING_SET_PRIORITY;
    q.title = "Renamed";
    q.priority = 7;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_OK);
    for (int known = 0; known < 3; known++) {
        all.resource = known ? room : (rota_id){ { 0 } };
        rota_result *rows = list(&all);
        ck_assert_int_eq(rota_result_count(rows), 3);
        for (int i = 0; i < 3; i++) {
            ck_assert_str_eq(row(rows, i).title, "Renamed");
            ck_assert_int_eq(row(rows, i).priority, 7);
            ck_assert_int_eq(row(rows, i).version, 3);
        }
        rota_result_free(rows);
    }
}
END_TEST

/* Of one that is in a room that its series never claimed, too. */
START_TEST(what_is_changed_of_the_series_is_told_where_one_of_it_went)
{
    rota_id room = fx_room(&f, "Blue", 1), other = fx_room(&f, "Red", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=3", 3600);
    const rota_time second = t("2031-03-17T08:00Z"), third = t("2031-03-24T08:00Z");
    const rota_claim elsewhere = { .resource = other, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_booking_query all = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    rota_call call = for_one(second, ROTA_SCOPE_THIS);
    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.claims = &elsewhere;
    q.claim_count = 1;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_OK);
    all.resource = other;
    for (int version = 2; version <= 4; version++) {
        for (int known = 0; known < 3; known++) {
            rota_result *rows = list(&all);
            ck_assert_int_eq(rota_result_count(rows), 1);
            ck_assert_str_eq(row(rows, 0).title, version == 2 ? "Series" : "Renamed");
            ck_assert_int_eq(row(rows, 0).version, version);
            rota_result_free(rows);
        }
        q.set = ROTA_BOOKING_SET_TITLE;
        q.title = "Renamed";
        if (version == 2) ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_OK);
        call = for_one(third, ROTA_SCOPE_THIS);
        if (version == 3) ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    }
}
END_TEST

/* --- lists --- */

START_TEST(a_list_without_a_limit_is_bounded)
{
    rota_booking_query q = window("2031-03-01T00:00Z", "2033-03-01T00:00Z");
    rota_result *rows = NULL;
    for (int i = 0; i < 3; i++)
        series(fx_room(&f, "Room", 1), "2031-03-10T09:00", "FREQ=MINUTELY;COUNT=400000", 60);
    ck_status(&f, rota_booking_list(f.r, &q, &rows), ROTA_ELIMIT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "more than 100000 occurrences"));
    q.limit = 10;
    ck_assert_int_eq(count(&q), 10);
    q = window("2031-03-20T09:00Z", "2031-03-20T09:10Z");
    ck_assert_int_eq(count(&q), 30);
}
END_TEST

/* Longer than a page can hold; begins where no page of the window would look. */
START_TEST(long_occurrences_are_found_however_often_they_are_asked_for)
{
    rota_id room = fx_room(&f, "Blue", 1);
    series(room, "2031-03-10T09:00", "FREQ=MONTHLY", 20 * 86400);
    rota_booking_query q = window("2035-04-25T00:00Z", "2035-04-26T00:00Z");
    q.resource = room;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(count(&q), 1);
    q = window("2035-05-05T00:00Z", "2035-05-06T00:00Z");
    q.resource = room;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(count(&q), 0);
}
END_TEST

START_TEST(cancelled_occurrences_are_listed_where_they_are_asked_for)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=5", 3600);
    rota_call call = for_one(t("2031-03-17T08:00Z"), ROTA_SCOPE_THIS);
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_OK);
    q.resource = room;
    for (int i = 0; i < 3; i++) {
        q.statuses = 0;
        ck_assert_int_eq(count(&q), 4);
        q.statuses = 1u << ROTA_BOOKING_CANCELLED;
        ck_assert_int_eq(count(&q), 1);
    }
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    for (int i = 0; i < 3; i++) {
        q.statuses = 0;
        ck_assert_int_eq(count(&q), 0);
        q.statuses = 1u << ROTA_BOOKING_CANCELLED;
        ck_assert_int_eq(count(&q), 5);
    }
}
END_TEST

/* Each part of a series keeps what it claims, for as long as it lasts. */
START_TEST(a_resource_is_kept_by_the_part_that_claims_it)
{
    rota_id blue = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    rota_id id = series(blue, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=4", 3600);
    rota_call call = for_one(t("2031-03-24T08:00Z"), ROTA_SCOPE_FUTURE);
    rota_claim claim = { .resource = red, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);

    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.claims = &claim;
    q.claim_count = 1;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, NULL), ROTA_OK);
    ck_status(&f, rota_resource_remove(f.r, NULL, &blue, NULL), ROTA_ESTATE);
    ck_status(&f, rota_resource_remove(f.r, NULL, &red, NULL), ROTA_ESTATE);
    fx_clock(&f, "2031-03-17T09:00Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &red, NULL), ROTA_ESTATE);
    ck_status(&f, rota_resource_remove(f.r, NULL, &blue, NULL), ROTA_OK);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(a_key_is_for_the_occurrences_that_it_was_used_for)
{
    static const char *const less[] = { "2031-03-24T09:00", "2031-03-31T09:00" };
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_recurrence r = every("2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=4", 3600);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);

    q.recurrence = &r;
    q.claims = &claim;
    q.claim_count = 1;
    call.key = "made";
    r.exdates = less;
    r.exdate_count = 1;
    ck_status(&f, rota_booking_create(f.r, &call, &q, &receipt), ROTA_OK);
    r.exdates = less + 1;
    ck_status(&f, rota_booking_create(f.r, &call, &q, NULL), ROTA_EKEY);
    r.exdates = less;
    ck_status(&f, rota_booking_create(f.r, &call, &q, NULL), ROTA_OK);

    call = for_one(t("2031-03-10T08:00Z"), ROTA_SCOPE_THIS);
    call.key = "cancelled";
    ck_status(&f, rota_booking_cancel(f.r, &call, &receipt.id, NULL), ROTA_OK);
    call.occurrence = t("2031-03-17T08:00Z");
    ck_status(&f, rota_booking_cancel(f.r, &call, &receipt.id, NULL), ROTA_EKEY);
    call.occurrence = t("2031-03-10T08:00Z");
    call.scope = ROTA_SCOPE_FUTURE;
    ck_status(&f, rota_booking_cancel(f.r, &call, &receipt.id, NULL), ROTA_EKEY);
    call.scope = ROTA_SCOPE_THIS;
    ck_status(&f, rota_booking_cancel(f.r, &call, &receipt.id, NULL), ROTA_OK);
}
END_TEST

/* Those behind the first see what it has written, and what was there before. */
START_TEST(many_at_once_keep_out_of_the_way_of_a_series)
{
    static const char *const starts[] = { "2031-03-17T07:00Z", "2031-03-17T08:30Z",
                                          "2031-03-24T09:00Z", "2031-03-24T07:30Z" };
    static const int expected[] = { ROTA_OK, ROTA_ECONFLICT, ROTA_OK, ROTA_ECONFLICT };
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q[4];
    int32_t answers[4];

    series(room, "2031-03-10T09:00", "FREQ=WEEKLY;COUNT=4", 3600);
    for (int i = 0; i < 4; i++) {
        q[i] = (rota_booking_request)ROTA_INIT(rota_booking_request);
        q[i].when = (rota_span){ t(starts[i]), t(starts[i]) + 3600 };
        q[i].claims = &claim;
        q[i].claim_count = 1;
    }
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, 4, answers, NULL), ROTA_OK);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(answers[i], expected[i]);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

/* A series is looked at in stretches of 2^23 seconds: its cleanup reaches over their ends. */
START_TEST(cleanup_reaches_from_one_stretch_into_the_next)
{
    enum { STRETCH = 1 << 23 };
    const rota_time border = (t("2031-06-01T00:00Z") / STRETCH + 1) * STRETCH;
    rota_id room = fx_room(&f, "Blue", 1), id;
    rota_resource_request with = ROTA_INIT(rota_resource_request);
    char start[40], again[40];
    const char *const rdates[] = { again };
    rota_recurrence r = every(start, "UTC", NULL, 3000);

    with.set = ROTA_RESOURCE_SET_AFTER;
    with.after = 1200;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &with, NULL), ROTA_OK);
    r.rdates = rdates;
    r.rdate_count = 1;
    ck_assert_int_eq(rota_time_format(border - 3600, start), ROTA_OK);
    ck_assert_int_eq(rota_time_format(border, again), ROTA_OK);
    ck_status(&f, try_series(room, &r, &id), ROTA_ECONFLICT);
    ck_assert_int_eq(rota_time_format(border + 600, again), ROTA_OK);
    ck_status(&f, try_series(room, &r, &id), ROTA_OK);
}
END_TEST

START_TEST(a_held_series_lapses_in_lists)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_recurrence r = every("2031-03-10T09:00", "UTC", "FREQ=DAILY;COUNT=3", 3600);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    request.claims = &c;
    request.claim_count = 1;
    request.recurrence = &r;
    request.hold_secs = 60;
    ck_status(&f, rota_booking_create(f.r, NULL, &request, NULL), ROTA_OK);
    q.resource = room;
    for (int i = 0; i < 3; i++) {
        q.statuses = 1u << ROTA_BOOKING_HELD;
        ck_assert_int_eq(count(&q), i < 2 ? 3 : 0);
        q.statuses = 1u << ROTA_BOOKING_EXPIRED;
        ck_assert_int_eq(count(&q), i < 2 ? 0 : 3);
        if (i == 1) fx_clock(&f, "2031-03-01T00:01Z");
    }
}
END_TEST

/* In a pool, so that occurrences of one series may have one time. */
START_TEST(pages_of_a_list_neither_lose_nor_repeat)
{
    rota_id pool = fx_room(&f, "Pool", 100);
    rota_time first = t("2031-03-10T08:00Z");
    rota_id id = series(pool, "2031-03-10T09:00", "FREQ=DAILY;COUNT=12", 3600);
    series(pool, "2031-03-10T09:00", "FREQ=DAILY;COUNT=12", 3600);
    for (int i = 0; i < 6; i++)
        fx_book(&f, pool, "2031-03-12T08:00Z", "2031-03-12T09:00Z");
    for (int i = 4; i < 8; i++)
        ck_status(&f, move(id, first + i * 86400, ROTA_SCOPE_THIS, first + 2 * 86400), ROTA_OK);
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    rota_result *all = list(&q);
    ck_assert_int_eq(rota_result_count(all), 30);
    for (int64_t size = 1; size <= 31; size++) {
        int64_t seen = 0;
        rota_result *rows;
        q.limit = size;
        q.after = (rota_id){ { 0 } };
        while (rows = list(&q), rota_result_count(rows) > 0) {
            for (int64_t i = 0; i < rota_result_count(rows); i++, seen++) {
                rota_booking a = row(rows, i), b = row(all, seen);
                ck_assert_mem_eq(&a.id, &b.id, sizeof a.id);
                ck_assert_int_eq(a.when.start, b.when.start);
                ck_assert_int_eq(a.occurrence, b.occurrence);
                q.after = a.id;
                q.after_when = a.when;
                q.after_occurrence = a.occurrence;
            }
            rota_result_free(rows);
        }
        rota_result_free(rows);
        ck_assert_int_eq(seen, 30);
    }
    rota_result_free(all);
}
END_TEST

START_TEST(the_first_row_may_have_begun_before_the_window)
{
    rota_id room = fx_room(&f, "Blue", 2);
    series(room, "2031-03-09T10:00", "FREQ=DAILY;COUNT=9", 3600);
    rota_id first = series(room, "2031-03-10T09:30", "FREQ=DAILY;COUNT=9", 3600);
    rota_booking_query q = window("2031-03-12T09:15Z", "2031-03-12T20:00Z");
    q.limit = 1;
    rota_result *rows = list(&q);
    rota_booking b = row(rows, 0);
    ck_assert_int_eq(memcmp(&b.id, &first, sizeof first), 0);
    ck_assert_int_eq(b.when.start, t("2031-03-12T08:30Z"));
    rota_result_free(rows);
}
END_TEST

START_TEST(a_list_goes_on_behind_an_occurrence_where_it_is_now)
{
    rota_id id = series(fx_room(&f, "Blue", 1), "2031-03-10T09:00", "FREQ=DAILY;COUNT=5", 3600);
    rota_time first = t("2031-03-10T08:00Z");
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    ck_status(&f, move(id, first, ROTA_SCOPE_THIS, first + 2 * 86400 + 3600), ROTA_OK);
    q.after = id;
    q.after_occurrence = first;
    ck_assert_int_eq(count(&q), 2);
    q.after_occurrence = 0; /* behind what the series begins with now */
    ck_assert_int_eq(count(&q), 4);
    q.after_occurrence = first + 1;
    rota_result *rows = NULL;
    ck_status(&f, rota_booking_list(f.r, &q, &rows), ROTA_ENOTFOUND);
}
END_TEST

/* --- any of them, beside one at a time --- */

enum { ROOMS = 3, MANY = 12, FROM = 20000, DAYS = 160 }; /* days since 1970 */

typedef struct seen {
    rota_span when;
    rota_id id;
    rota_time occurrence;
    int32_t status;
} seen;

static int by_place(const void *left, const void *right)
{
    const seen *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    if (a->when.end != b->when.end) return a->when.end < b->when.end ? -1 : 1;
    int order = memcmp(&a->id, &b->id, sizeof a->id);
    return order ? order : (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
}

static struct world {
    rota_id rooms[ROOMS], group, ids[MANY];
    char starts[MANY][24], rules[MANY][64];
    rota_id plain[MANY];
    rota_span stay; /* of the first room in the group */
} world;

static bool takes(const rota_booking *b, const rota_id *resource, rota_span when)
{
    for (int64_t i = 0; i < b->claim_count; i++) {
        const rota_id *claimed = &b->claims[i].resource;
        if (memcmp(claimed, resource, sizeof *resource) == 0) return true;
        if (memcmp(claimed, &world.group, sizeof world.group) == 0 &&
            memcmp(resource, &world.rooms[0], sizeof *resource) == 0 &&
            when.start < world.stay.end && world.stay.start < when.end)
            return true;
    }
    return false;
}

static void add_seen(const rota_booking *b, const rota_booking_query *q, seen *out, int64_t *n)
{
    static const rota_id none;
    uint32_t statuses = q->statuses ? q->statuses : ~(1u << ROTA_BOOKING_CANCELLED);
    if (!(1u << b->status & statuses) || b->when.start >= q->when.end ||
        b->when.end <= q->when.start)
        return;
    if (memcmp(&q->resource, &none, sizeof none) != 0 && !takes(b, &q->resource, b->when)) return;
    out[(*n)++] = (seen){ b->when, b->id, b->occurrence, b->status };
}

static int64_t expect(const rota_booking_query *q, seen *out)
{
    int64_t n = 0;
    rota_result *rows;
    for (int s = 0; s < MANY; s++) {
        rota_series_query e = ROTA_INIT(rota_series_query);
        e.start = world.starts[s];
        e.zone = "Europe/Berlin";
        e.rule = world.rules[s];
        e.limit = ROTA_MAX_ROWS;
        rota_result *originals;
        ck_status(&f, rota_series_expand(f.r, &e, &originals, NULL), ROTA_OK);
        for (int64_t i = 0; i < rota_result_count(originals); i++) {
            rota_occurrence o = ROTA_INIT(rota_occurrence);
            rota_occurrence_at(originals, i, &o);
            rota_booking b = one(world.ids[s], o.start, &rows);
            add_seen(&b, q, out, &n);
            rota_result_free(rows);
        }
        rota_result_free(originals);
        ck_status(&f, rota_booking_get(f.r, &world.plain[s], &rows), ROTA_OK);
        rota_booking b = row(rows, 0);
        add_seen(&b, q, out, &n);
        rota_result_free(rows);
    }
    qsort(out, (size_t)n, sizeof *out, by_place);
    return n;
}

static void compare(const rota_booking_query *q, const seen *want, int64_t wanted)
{
    rota_result *rows = list(q);
    if (q->limit && wanted > q->limit) wanted = q->limit;
    ck_assert_int_eq(rota_result_count(rows), wanted);
    for (int64_t i = 0; i < wanted; i++) {
        rota_booking b = row(rows, i);
        seen got = { b.when, b.id, b.occurrence, b.status };
        ck_assert_msg(by_place(&got, &want[i]) == 0 && got.status == want[i].status,
                      "row %" PRId64 ": %" PRId64 " of %" PRId64 ", not %" PRId64 " of %" PRId64, i,
                      got.when.start, got.occurrence, want[i].when.start, want[i].occurrence);
    }
    rota_result_free(rows);
}

static rota_id any_claimed(void)
{
    int64_t which = fx_random(&f, ROOMS + 1);
    return which == ROOMS ? world.group : world.rooms[which];
}

static void make_series(int s)
{
    static const char *const rules[] = { "FREQ=DAILY;COUNT=%d", "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=%d",
                                         "FREQ=WEEKLY;COUNT=%d",
                                         "FREQ=HOURLY;INTERVAL=7;COUNT=%d" };
    int64_t day = FROM + fx_random(&f, DAYS / 2);
    bool all_day = fx_random(&f, 4) == 0;
    char text[ROTA_TIME_TEXT];
    rota_time_format(day * 86400 + fx_random(&f, 24) * 3600, text);
    text[all_day ? 10 : 16] = '\0';
    memcpy(world.starts[s], text, sizeof text);
    const char *rule = rules[fx_random(&f, all_day ? 3 : 4)];
    const char *place = strstr(rule, "%d");
    snprintf(world.rules[s], sizeof world.rules[s], "%.*s%d", (int)(place - rule), rule,
             1 + (int)fx_random(&f, 40));
    rota_recurrence r = every(world.starts[s], "Europe/Berlin", world.rules[s],
                              all_day ? 1 : 600 + fx_random(&f, 4) * 1800);
    int rc = try_flagged(any_claimed(), &r, ROTA_BOOKING_PARTIAL, 0, &world.ids[s]);
    if (rc == ROTA_ECONFLICT) rc = try_series(world.rooms[1], &r, &world.ids[s]);
    ck_status(&f, rc, ROTA_OK);
}

static void make_world(void)
{
    rota_member_request member = ROTA_INIT(rota_member_request);
    for (int i = 0; i < ROOMS; i++)
        world.rooms[i] = fx_room(&f, "Room", 1000);
    world.group = fx_room(&f, "Group", 1); /* a group has one unit */
    world.stay.start = (FROM + 30) * INT64_C(86400);
    world.stay.end = (FROM + 90) * INT64_C(86400);
    member.group = world.group;
    member.member = world.rooms[0];
    member.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    member.from = world.stay.start;
    member.until = world.stay.end;
    ck_status(&f, rota_member_add(f.r, NULL, &member, NULL), ROTA_OK);
    for (int s = 0; s < MANY; s++) {
        rota_claim c = { .resource = any_claimed(), .units = 1 };
        rota_booking_request q = ROTA_INIT(rota_booking_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        make_series(s);
        q.claims = &c;
        q.claim_count = 1;
        q.when.start = (FROM + fx_random(&f, DAYS)) * 86400;
        q.when.end = q.when.start + 600 + fx_random(&f, 3) * 86400;
        int rc = rota_booking_create(f.r, NULL, &q, &receipt);
        if (rc == ROTA_ECONFLICT) {
            c.resource = world.rooms[2];
            rc = rota_booking_create(f.r, NULL, &q, &receipt);
        }
        ck_status(&f, rc, ROTA_OK);
        world.plain[s] = receipt.id;
    }
}

/* One occurrence of a series, by chance, moved or cancelled, alone or with those that follow. */
static void change_one(void)
{
    int s = (int)fx_random(&f, MANY);
    rota_series_query e = ROTA_INIT(rota_series_query);
    rota_occurrence o = ROTA_INIT(rota_occurrence);
    rota_result *originals;
    e.start = world.starts[s];
    e.zone = "Europe/Berlin";
    e.rule = world.rules[s];
    ck_status(&f, rota_series_expand(f.r, &e, &originals, NULL), ROTA_OK);
    int64_t there = rota_result_count(originals);
    if (there > 0) rota_occurrence_at(originals, fx_random(&f, there), &o);
    rota_result_free(originals);
    if (there == 0) return;
    rota_call call = for_one(o.start, ROTA_SCOPE_THIS);
    int rc = ROTA_OK;
    switch (fx_random(&f, 5)) {
    case 0:
        rc = rota_booking_cancel(f.r, &call, &world.ids[s], NULL);
        break;
    case 1:
        rc = rota_booking_restore(f.r, &call, &world.ids[s], NULL);
        break;
    case 2:
        rc = move(world.ids[s], o.start, ROTA_SCOPE_FUTURE,
                  o.start + (fx_random(&f, 11) - 5) * 86400);
        break;
    default:
        rc = move(world.ids[s], o.start, ROTA_SCOPE_THIS,
                  o.start + (fx_random(&f, 2000) - 1000) * 600);
    }
    ck_assert_msg(rc == ROTA_OK || rc == ROTA_ESTATE || rc == ROTA_ECONFLICT || rc == ROTA_EINVALID,
                  "%s", rota_errmsg(f.r));
}

START_TEST(lists_are_what_every_occurrence_says)
{
    static seen want[MANY * 50];
    f.random = tests_seed("series in lists") + (uint64_t)_i;
    f.now = FROM * INT64_C(86400) - 86400 * 30;
    make_world();
    for (int round = 0; round < 40; round++) {
        rota_booking_query q = ROTA_INIT(rota_booking_query);
        for (int64_t n = fx_random(&f, 4); n > 0; n--)
            change_one();
        if (fx_random(&f, 4)) q.resource = any_claimed();
        if (fx_random(&f, 2)) q.statuses = fx_random(&f, 2) ? ANY : 1u << ROTA_BOOKING_CANCELLED;
        q.when.start = (FROM - 20 + fx_random(&f, DAYS)) * 86400 + fx_random(&f, 86400);
        q.when.end = q.when.start + 1 + fx_random(&f, fx_random(&f, 2) ? 86400 * 60 : 86400);
        int64_t wanted = expect(&q, want);
        for (int again = 0; again < 3; again++)
            compare(&q, want, wanted);
        q.limit = 1 + fx_random(&f, 20);
        compare(&q, want, wanted);
    }
}
END_TEST

/* --- without memory --- */

START_TEST(a_read_that_finds_no_memory_says_so)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = series(room, "2031-03-10T09:00", "FREQ=DAILY;COUNT=9", 3600);
    rota_time second = t("2031-03-11T08:00Z");
    rota_booking_query q = window("2031-03-01T00:00Z", "2031-06-01T00:00Z");
    q.resource = room;
    ck_status(&f, move(id, second, ROTA_SCOPE_THIS, second + 7200), ROTA_OK);
    for (int which = 0; which < 4; which++) {
        int rc = ROTA_ENOMEM;
        for (int64_t n = 1; rc == ROTA_ENOMEM; n++) {
            rota_result *rows = NULL;
            fx_fail_allocation(&f, n);
            rc = which == 0   ? rota_booking_get(f.r, &id, &rows)
                 : which == 1 ? rota_occurrence_get(f.r, &id, second, &rows)
                 : which == 2 ? rota_occurrence_get(f.r, &id, second + 86400, &rows)
                              : rota_booking_list(f.r, &q, &rows);
            fx_fail_allocation(&f, 0);
            ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "%s", rota_errmsg(f.r));
            ck_assert_int_eq(rota_result_count(rows), rc != ROTA_OK ? 0 : which == 3 ? 9 : 1);
            rota_result_free(rows);
        }
    }
}
END_TEST

Suite *occurrence_suite(void)
{
    Suite *s = suite_create("occurrence");
    TCase *tc = tcase_create("reads");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_series_is_read_as_it_was_made);
    tcase_add_test(tc, an_all_day_series_is_read_in_dates);
    tcase_add_test(tc, the_phase_of_a_series_is_from_its_first_start_to_its_last_end);
    tcase_add_test(tc, an_occurrence_is_what_became_of_it);
    tcase_add_test(tc, what_was_left_out_is_cancelled);
    tcase_add_test(tc, what_was_left_out_is_listed_where_cancelled_ones_are_asked_for);
    tcase_add_test(tc, what_was_left_out_of_a_hold_never_lapses);
    tcase_add_test(tc, what_was_left_out_is_found_in_all_of_time);
    tcase_add_test(tc, what_is_changed_of_the_series_is_told_of_each);
    tcase_add_test(tc, what_is_changed_of_the_series_is_told_where_one_of_it_went);
    tcase_add_test(tc, a_list_without_a_limit_is_bounded);
    tcase_add_test(tc, long_occurrences_are_found_however_often_they_are_asked_for);
    tcase_add_test(tc, cancelled_occurrences_are_listed_where_they_are_asked_for);
    tcase_add_test(tc, a_resource_is_kept_by_the_part_that_claims_it);
    tcase_add_test(tc, a_key_is_for_the_occurrences_that_it_was_used_for);
    tcase_add_test(tc, many_at_once_keep_out_of_the_way_of_a_series);
    tcase_add_test(tc, cleanup_reaches_from_one_stretch_into_the_next);
    tcase_add_test(tc, a_held_series_lapses_in_lists);
    tcase_add_test(tc, pages_of_a_list_neither_lose_nor_repeat);
    tcase_add_test(tc, the_first_row_may_have_begun_before_the_window);
    tcase_add_test(tc, a_list_goes_on_behind_an_occurrence_where_it_is_now);
    tcase_add_loop_test(tc, lists_are_what_every_occurrence_says, 0, 4);
    tcase_add_test(tc, a_read_that_finds_no_memory_says_so);
    suite_add_tcase(s, tc);
    return s;
}
