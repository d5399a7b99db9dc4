/* Zone data that changes under a calendar: series go by what they were made by, until they
 * are told otherwise. A zone file is put into a directory of the test's own, and then
 * another one in its place: as if a country had moved its clocks. */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/handle.h"
#include "fixture.h"

/* Europe/Lisbon and Europe/Madrid are an hour apart all year round. */
static const char zone[] = "Europe/Lisbon";

struct world {
    struct fx f;
    char directory[200], file[256], path[200];
    rota_id room;
};

static void put_file(const struct world *x, const char *from)
{
    char name[300], bytes[8192];

    snprintf(name, sizeof name, "/usr/share/zoneinfo/%s", from);
    FILE *in = fopen(name, "rb"), *out = fopen(x->file, "wb");
    ck_assert(in && out);
    size_t count = fread(bytes, 1, sizeof bytes, in);
    ck_assert(count > 0 && count < sizeof bytes);
    ck_assert_uint_eq(fwrite(bytes, 1, count, out), count);
    fclose(in);
    ck_assert_int_eq(fclose(out), 0);
}

static void open_world(struct world *x)
{
    char europe[220];

    memset(x, 0, sizeof *x);
    fx_path(&x->f, "zones/", x->directory, sizeof x->directory);
    ck_assert_int_eq(mkdir(x->directory, 0700), 0);
    snprintf(europe, sizeof europe, "%sEurope", x->directory);
    ck_assert_int_eq(mkdir(europe, 0700), 0);
    snprintf(x->file, sizeof x->file, "%s/Lisbon", europe);
    put_file(x, zone);
    fx_path(&x->f, "zones.rota", x->path, sizeof x->path);
    fx_open(&x->f, x->path);
    x->f.r->zones.directory = x->directory;
    x->room = fx_room(&x->f, "Blue", 1);
}

static int make(struct world *x, const rota_recurrence *recurrence, rota_id *id)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claim = { .resource = x->room, .units = 1 };
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    request.recurrence = recurrence;
    request.claims = &claim;
    request.claim_count = 1;
    request.title = recurrence->start;
    int rc = rota_booking_create(x->f.r, NULL, &request, &receipt);
    if (rc == ROTA_OK) *id = receipt.id;
    return rc;
}

static int book(struct world *x, const char *start, const char *name, const char *rule, rota_id *id)
{
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);

    recurrence.start = start;
    recurrence.zone = name;
    recurrence.rule = rule;
    recurrence.length = 3600;
    return make(x, &recurrence, id);
}

static rota_time first_start(struct world *x, const rota_id *id)
{
    rota_result *rows;
    rota_booking row = ROTA_INIT(rota_booking);

    ck_status(&x->f, rota_booking_get(x->f.r, id, &rows), ROTA_OK);
    ck_status(&x->f, rota_booking_at(rows, 0, &row), ROTA_OK);
    rota_result_free(rows);
    return row.when.start;
}

static int64_t ask(struct world *x, uint32_t flags, rota_zone_change out[8])
{
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows;

    call.flags = flags;
    ck_status(&x->f, rota_zones_update(x->f.r, &call, &rows), ROTA_OK);
    int64_t count = rota_result_count(rows);
    ck_assert_int_le(count, 8);
    for (int64_t i = 0; i < count; i++) {
        out[i] = (rota_zone_change)ROTA_INIT(rota_zone_change);
        ck_status(&x->f, rota_zone_change_at(rows, i, &out[i]), ROTA_OK);
        ck_assert_str_eq(out[i].zone, zone);
    }
    rota_result_free(rows);
    return count;
}

static void ck_span(rota_span is, rota_span should)
{
    ck_assert_int_eq(is.start, should.start);
    ck_assert_int_eq(is.end, should.end);
}

/* The rows of an update; out[] gets them, text apart. A dry run before it tells the same. */
static int64_t update(struct world *x, uint32_t flags, rota_zone_change out[8])
{
    rota_zone_change told[8];
    int64_t count = ask(x, flags | ROTA_CALL_DRY_RUN, told);

    ck_assert_int_eq(ask(x, flags, out), count);
    for (int64_t i = 0; i < count; i++) {
        ck_assert_int_eq(memcmp(&told[i].booking, &out[i].booking, sizeof out[i].booking), 0);
        ck_assert_int_eq(told[i].status, out[i].status);
        ck_assert_int_eq(told[i].moved, out[i].moved);
        ck_assert_int_eq(told[i].occurrence, out[i].occurrence);
        ck_assert_int_eq(memcmp(&told[i].other, &out[i].other, sizeof out[i].other), 0);
        ck_span(told[i].was, out[i].was);
        ck_span(told[i].is, out[i].is);
        ck_span(told[i].other_when, out[i].other_when);
    }
    return count;
}

START_TEST(a_new_file_moves_nothing_unasked)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id id, other;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY;COUNT=4", &id), ROTA_OK);
    ck_assert_int_eq(update(&x, 0, rows), 0);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));

    /* Nor in a handle that never saw the old one: the calendar has it. */
    rota_close(x.f.r);
    ck_assert_int_eq(rota_open(x.path, &x.f.config, &x.f.r), ROTA_OK);
    x.f.r->zones.directory = x.directory;
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-10T09:30Z", "2031-03-10T09:45Z", NULL),
              ROTA_ECONFLICT);

    /* What is made now goes by the new one. */
    ck_status(&x.f, book(&x, "2031-03-10T12:00:00", zone, NULL, &other), ROTA_OK);
    ck_assert_int_eq(first_start(&x, &other), t("2031-03-10T11:00Z"));
    fx_close(&x.f);
}
END_TEST

START_TEST(an_update_moves_by_the_wall_clock)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY;COUNT=4", &id), ROTA_OK);
    put_file(&x, "Europe/Madrid");

    ck_assert_int_eq(update(&x, ROTA_CALL_DRY_RUN, rows), 1);
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_assert_int_eq(rows[0].moved, 4);
    ck_assert_int_eq(rows[0].occurrence, t("2031-03-10T09:00Z"));
    ck_assert_int_eq(rows[0].was.start, t("2031-03-10T09:00Z"));
    ck_assert_int_eq(rows[0].is.start, t("2031-03-10T08:00Z"));

    fx_clock(&x.f, "2031-03-12T00:00Z"); /* the first is over, and stays in the report as it was */
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 3);
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-17T09:00Z", "2031-03-17T10:00Z", NULL), ROTA_OK);
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-17T08:30Z", "2031-03-17T09:00Z", NULL),
              ROTA_ECONFLICT);
    ck_assert_int_eq(update(&x, 0, rows), 0);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(dates_of_its_own_come_along)
{
    static const char *const more[] = { "2031-03-12T09:00:00" };
    static const char *const less[] = { "2031-03-17T09:00:00" };
    struct world x;
    rota_zone_change rows[8];
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_result *found;
    rota_id id;

    open_world(&x);
    recurrence.start = "2031-03-10T09:00:00";
    recurrence.zone = zone;
    recurrence.rule = "FREQ=WEEKLY;COUNT=3";
    recurrence.length = 3600;
    recurrence.rdates = more;
    recurrence.rdate_count = 1;
    recurrence.exdates = less;
    recurrence.exdate_count = 1;
    ck_status(&x.f, make(&x, &recurrence, &id), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 3);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-12T08:00Z"), &found), ROTA_OK);
    rota_result_free(found);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-17T08:00Z"), &found),
              ROTA_ENOTFOUND);
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-17T08:00Z", "2031-03-17T09:00Z", NULL), ROTA_OK);
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-12T09:00Z", "2031-03-12T10:00Z", NULL), ROTA_OK);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(what_has_begun_is_not_told)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY;COUNT=4", &id), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    fx_clock(&x.f, "2031-03-10T09:00Z");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 3);
    ck_assert_int_eq(rows[0].was.start, t("2031-03-17T09:00Z"));
    fx_close(&x.f);
}
END_TEST

START_TEST(what_would_collide_stays_and_is_told)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id id, plain;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY", &id), ROTA_OK);
    plain = fx_book(&x.f, x.room, "2031-03-24T08:00Z", "2031-03-24T08:30Z");
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &plain, sizeof plain), 0);
    ck_assert_int_eq(rows[0].other_when.start, t("2031-03-24T08:00Z"));
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));

    ck_status(&x.f, rota_booking_cancel(x.f.r, NULL, &plain, NULL), ROTA_OK);
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T08:00Z"));
    fx_close(&x.f);
}
END_TEST

/* Each has to wait for the one before it. */
/* It starts in an hour by the old data, and is halfway through by the new. */
START_TEST(what_would_have_begun_is_not_put_into_taken_time)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id id, plain;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY;COUNT=4", &id), ROTA_OK);
    plain = fx_book(&x.f, x.room, "2031-03-10T08:30Z", "2031-03-10T09:00Z");
    put_file(&x, "Europe/Madrid");
    fx_clock(&x.f, "2031-03-10T08:15Z");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &plain, sizeof plain), 0);
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

/* It has begun by both, and is over an hour later by the new data. */
START_TEST(what_has_begun_is_not_made_longer_than_there_is_time)
{
    struct world x;
    rota_zone_change rows[8];
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_id id, plain;

    open_world(&x);
    put_file(&x, "Europe/Madrid");
    recurrence.start = "2031-03-10T09:00:00";
    recurrence.zone = zone;
    recurrence.rule = "FREQ=WEEKLY;COUNT=4";
    recurrence.length = 2 * 3600;
    ck_status(&x.f, make(&x, &recurrence, &id), ROTA_OK);
    plain = fx_book(&x.f, x.room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    put_file(&x, zone);
    fx_clock(&x.f, "2031-03-10T09:15Z");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &plain, sizeof plain), 0);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(neighbours_move_together)
{
    static const char *const starts[] = { "2031-03-10T11:00:00", "2031-03-10T10:00:00",
                                          "2031-03-10T09:00:00", "2031-03-10T08:00:00" };
    struct world x;
    rota_zone_change rows[8];
    rota_id id[4];

    open_world(&x);
    for (int i = 0; i < 4; i++)
        ck_status(&x.f, book(&x, starts[i], zone, "FREQ=DAILY", &id[i]), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    fx_clock(&x.f, "2031-03-10T06:00Z");
    ck_assert_int_eq(update(&x, ROTA_CALL_DRY_RUN, rows), 4);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(rows[i].status, ROTA_OK);
    ck_assert_int_eq(update(&x, 0, rows), 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(rows[i].status, ROTA_OK);
        ck_assert_int_eq(first_start(&x, &id[i]), t("2031-03-10T10:00Z") - i * 3600);
    }
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(single_occurrences_come_along)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *found;
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-11T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-11T15:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    call.occurrence = t("2031-03-12T09:00Z");
    ck_status(&x.f, rota_booking_cancel(x.f.r, &call, &id, NULL), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 5);

    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-11T08:00Z"), &found), ROTA_OK);
    ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
    ck_assert_int_eq(row.when.start, t("2031-03-11T14:00Z"));
    rota_result_free(found);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-12T08:00Z"), &found), ROTA_OK);
    ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
    ck_assert_int_eq(row.status, ROTA_BOOKING_CANCELLED);
    rota_result_free(found);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-11T09:00Z"), &found),
              ROTA_ENOTFOUND);
    ck_status(&x.f, fx_try(&x.f, x.room, "2031-03-12T08:00Z", "2031-03-12T09:00Z", NULL), ROTA_OK);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

static void move_one(struct world *x, const rota_id *id, const char *occurrence, const char *start)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);

    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t(occurrence);
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t(start);
    ck_status(&x->f, rota_booking_move(x->f.r, &call, id, &move, NULL), ROTA_OK);
}

START_TEST(a_single_occurrence_of_dates_is_as_long_as_they_are)
{
    struct world x;
    rota_zone_change rows[8];
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *found;
    rota_id id;

    open_world(&x);
    recurrence.start = "2031-03-28";
    recurrence.zone = zone;
    recurrence.length = 1;
    recurrence.rule = "FREQ=DAILY;COUNT=2";
    ck_status(&x.f, make(&x, &recurrence, &id), ROTA_OK);
    /* To the night of which Lisbon skips an hour, and Moscow does not. */
    move_one(&x, &id, "2031-03-29T00:00Z", "2031-03-30T00:00Z");
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-29T00:00Z"), &found), ROTA_OK);
    ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
    ck_assert_int_eq(row.when.end, t("2031-03-30T23:00Z"));
    rota_result_free(found);
    put_file(&x, "Europe/Moscow");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-28T21:00Z"), &found), ROTA_OK);
    ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
    ck_assert_int_eq(row.when.start, t("2031-03-29T21:00Z"));
    ck_assert_int_eq(row.when.end, t("2031-03-30T21:00Z"));
    rota_result_free(found);
    fx_close(&x.f);
}
END_TEST

START_TEST(in_a_dry_run_single_occurrences_of_others_are_where_they_will_be)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id one, other;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=3", &one), ROTA_OK);
    ck_status(&x.f, book(&x, "2031-03-12T12:00:00", zone, "FREQ=DAILY;COUNT=3", &other), ROTA_OK);
    move_one(&x, &one, "2031-03-12T09:00Z", "2031-03-12T11:00Z");
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, ROTA_CALL_DRY_RUN, rows), 2);
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_assert_int_eq(rows[1].status, ROTA_OK);
    ck_assert_int_eq(update(&x, 0, rows), 2);
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_assert_int_eq(rows[1].status, ROTA_OK);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(in_a_dry_run_who_is_refused_stays_in_the_way)
{
    struct world x;
    rota_zone_change rows[8];
    rota_id one, other, plain;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=3", &one), ROTA_OK);
    ck_status(&x.f, book(&x, "2031-03-10T10:00:00", zone, "FREQ=DAILY;COUNT=3", &other), ROTA_OK);
    plain = fx_book(&x.f, x.room, "2031-03-12T08:00Z", "2031-03-12T09:00Z");
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, ROTA_CALL_DRY_RUN, rows), 2);
    bool swapped = memcmp(&rows[0].booking, &one, sizeof one) != 0;
    ck_assert_int_eq(rows[swapped].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[swapped].other, &plain, sizeof plain), 0);
    ck_assert_int_eq(rows[!swapped].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[!swapped].other, &one, sizeof one), 0);
    ck_assert_int_eq(update(&x, 0, rows), 2);
    fx_close(&x.f);
}
END_TEST

/* By the old data 01:45 and 03:00 are more than an hour apart, by the new one a quarter. */
START_TEST(in_a_dry_run_those_that_move_meet_where_they_will_be)
{
    struct world x;
    rota_zone_change rows[8];
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_id one, other;

    open_world(&x);
    put_file(&x, "UTC");
    recurrence.start = "2031-03-27T10:00:00";
    recurrence.zone = zone;
    recurrence.rule = "FREQ=DAILY;COUNT=2";
    recurrence.length = 1800;
    ck_status(&x.f, make(&x, &recurrence, &one), ROTA_OK);
    move_one(&x, &one, "2031-03-28T10:00Z", "2031-03-30T03:00Z");
    recurrence.start = "2031-03-30T01:45:00";
    ck_status(&x.f, make(&x, &recurrence, &other), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, ROTA_CALL_DRY_RUN, rows), 2);
    bool swapped = memcmp(&rows[0].booking, &one, sizeof one) != 0;
    ck_assert_int_eq(rows[swapped].status, ROTA_OK);
    ck_assert_int_eq(rows[!swapped].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[!swapped].other, &one, sizeof one), 0);
    ck_assert_int_eq(rows[!swapped].other_when.start, t("2031-03-30T01:00Z"));
    ck_assert_int_eq(update(&x, 0, rows), 2);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(a_single_occurrence_that_has_begun_keeps_its_time)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *found;
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-11T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-11T15:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    fx_clock(&x.f, "2031-03-11T15:00Z");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 4);
    ck_status(&x.f, rota_occurrence_get(x.f.r, &id, t("2031-03-11T08:00Z"), &found), ROTA_OK);
    ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
    ck_assert_int_eq(row.when.start, t("2031-03-11T15:00Z"));
    rota_result_free(found);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(a_single_occurrence_that_would_collide_keeps_the_series)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_id id, plain;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-11T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-11T15:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    plain = fx_book(&x.f, x.room, "2031-03-11T14:00Z", "2031-03-11T14:30Z");
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &plain, sizeof plain), 0);
    ck_assert_int_eq(rows[0].other_when.start, t("2031-03-11T14:00Z"));
    ck_assert_int_eq(first_start(&x, &id), t("2031-03-10T09:00Z"));
    fx_close(&x.f);
}
END_TEST

/* Listed by start, each is in the way of the one before it. */
START_TEST(a_single_occurrence_that_stays_is_in_the_way_of_its_series)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-12T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-11T08:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    fx_clock(&x.f, "2031-03-11T08:00Z"); /* it has begun; the one after it would come sooner */
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &id, sizeof id), 0);
    ck_assert_int_eq(rows[0].other_when.start, t("2031-03-11T08:00Z"));
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

/* In one night of the new data 02:00 comes half an hour after 00:30. */
START_TEST(a_single_occurrence_is_not_put_over_its_series)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_id id;

    open_world(&x);
    put_file(&x, "UTC");
    ck_status(&x.f, book(&x, "2031-03-27T00:30:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-28T00:30Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-30T02:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    put_file(&x, zone);
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_assert_int_eq(memcmp(&rows[0].other, &id, sizeof id), 0);
    ck_assert_int_eq(rows[0].other_when.start, t("2031-03-30T00:30Z"));
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    /* Half an hour later it is beside it. */
    call.occurrence = t("2031-03-28T00:30Z");
    move.when.start = t("2031-03-30T02:30Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(neighbours_move_later_together)
{
    static const char *const starts[] = { "2031-03-10T08:00:00", "2031-03-10T09:00:00",
                                          "2031-03-10T10:00:00" };
    struct world x;
    rota_zone_change rows[8];
    rota_id id[3];

    open_world(&x);
    fx_clock(&x.f, "2031-03-10T06:00Z");
    put_file(&x, "Europe/Madrid");
    for (int i = 0; i < 3; i++)
        ck_status(&x.f, book(&x, starts[i], zone, "FREQ=DAILY;COUNT=6", &id[i]), ROTA_OK);
    put_file(&x, zone);
    ck_assert_int_eq(update(&x, 0, rows), 3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(rows[i].status, ROTA_OK);
        ck_assert_int_eq(first_start(&x, &id[i]), t("2031-03-10T08:00Z") + i * 3600);
    }
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(a_single_occurrence_and_its_series_do_not_take_more_than_there_is)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_id id;

    open_world(&x);
    put_file(&x, "Europe/Madrid");
    x.room = fx_room(&x.f, "Pool", 2);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=WEEKLY;COUNT=3", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-17T08:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-24T08:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    /* Each of the two would fit beside it, and they fit beside each other. */
    fx_book(&x.f, x.room, "2031-03-24T09:00Z", "2031-03-24T10:00Z");
    put_file(&x, zone);
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_ECONFLICT);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(a_series_takes_the_time_that_its_own_occurrence_leaves)
{
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_id id;

    open_world(&x);
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=DAILY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-11T09:00Z");
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = t("2031-03-12T08:00Z");
    ck_status(&x.f, rota_booking_move(x.f.r, &call, &id, &move, NULL), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].status, ROTA_OK);
    ck_assert_int_eq(rows[0].moved, 6);
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

static rota_time name_in(const char *record)
{
    static const char key[] = "\"occurrence\":\"";
    char text[ROTA_TIME_TEXT] = "";
    const char *at = record ? strstr(record, key) : NULL;
    if (!at) return 0;
    memcpy(text, at + sizeof key - 1, ROTA_TIME_TEXT - 1);
    return t(text);
}

/* Who reads the feed from `*seq` on gives each its new name, and finds none that is taken. */
static void follow_names(struct world *x, int64_t *seq, rota_time *names, int count)
{
    rota_result *rows;
    ck_status(&x->f, rota_event_list(x->f.r, *seq, 0, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_event event = ROTA_INIT(rota_event);
        int mine = count;
        ck_assert_int_eq(rota_event_at(rows, i, &event), ROTA_OK);
        *seq = event.seq;
        rota_time was = name_in(event.before), is = name_in(event.after);
        if (was == is) continue;
        for (int k = 0; k < count; k++) {
            if (names[k] == was) mine = k;
            ck_assert_int_ne(names[k], is);
        }
        ck_assert_int_lt(mine, count);
        names[mine] = is;
    }
    rota_result_free(rows);
}

/* Where occurrences are as far apart as they move, one takes the name of the next. */
START_TEST(single_occurrences_give_up_their_names_in_turn)
{
    static const char *const cancelled[] = { "2031-03-10T10:00Z", "2031-03-10T11:00Z",
                                             "2031-03-10T12:00Z" };
    struct world x;
    rota_zone_change rows[8];
    rota_call call = ROTA_INIT(rota_call);
    rota_result *found;
    rota_booking row = ROTA_INIT(rota_booking);
    rota_time names[3];
    int64_t seq = 0;
    rota_id id;

    open_world(&x);
    fx_clock(&x.f, "2031-03-10T06:00Z");
    ck_status(&x.f, book(&x, "2031-03-10T09:00:00", zone, "FREQ=HOURLY;COUNT=6", &id), ROTA_OK);
    call.scope = ROTA_SCOPE_THIS;
    for (int i = 0; i < 3; i++) {
        names[i] = call.occurrence = t(cancelled[i]);
        ck_status(&x.f, rota_booking_cancel(x.f.r, &call, &id, NULL), ROTA_OK);
    }
    for (int later = 0; later <= 1; later++) {
        put_file(&x, later ? zone : "Europe/Madrid");
        ck_assert_int_eq(update(&x, 0, rows), 1);
        ck_assert_int_eq(rows[0].status, ROTA_OK);
        follow_names(&x, &seq, names, 3);
        for (int i = 0; i < 3; i++) {
            rota_time now = t(cancelled[i]) - (later ? 0 : 3600);
            ck_assert_int_eq(names[i], now);
            ck_status(&x.f, rota_occurrence_get(x.f.r, &id, now, &found), ROTA_OK);
            ck_status(&x.f, rota_booking_at(found, 0, &row), ROTA_OK);
            ck_assert_int_eq(row.status, ROTA_BOOKING_CANCELLED);
            rota_result_free(found);
        }
    }
    ck_status(&x.f, rota_check(x.f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_close(&x.f);
}
END_TEST

START_TEST(a_held_series_moves_until_it_lapses)
{
    struct world x;
    rota_zone_change rows[8];
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claim = { .units = 1 };

    open_world(&x);
    recurrence.start = "2031-03-10T09:00:00";
    recurrence.zone = zone;
    recurrence.rule = "FREQ=DAILY;COUNT=6";
    recurrence.length = 3600;
    claim.resource = x.room;
    request.recurrence = &recurrence;
    request.claims = &claim;
    request.claim_count = 1;
    request.hold_secs = 600;
    ck_status(&x.f, rota_booking_create(x.f.r, NULL, &request, NULL), ROTA_OK);
    put_file(&x, "Europe/Madrid");
    ck_assert_int_eq(update(&x, 0, rows), 1);
    ck_assert_int_eq(rows[0].moved, 6);
    put_file(&x, zone);
    x.f.now += 600;
    ck_assert_int_eq(update(&x, 0, rows), 0);
    fx_close(&x.f);
}
END_TEST

/* --- a random calendar, all of which is over at night --- */

enum { ROOMS = 2, MOST_SERIES = 6, MOST_ROWS = 200, HOUR = 3600 };

typedef struct seen {
    rota_id id;
    rota_time start, end;
    int64_t units[ROOMS];
} seen;

typedef struct calendar {
    rota_id rooms[ROOMS];
    int32_t capacity[ROOMS];
    rota_id series[MOST_SERIES];
    bool follows[MOST_SERIES]; /* the zone whose data change */
    seen rows[MOST_ROWS];
    int64_t series_count, count;
} calendar;

static bool same(const rota_id *a, const rota_id *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static rota_time draw_start(struct world *x)
{
    return t("2031-03-03T00:00Z") + fx_random(&x->f, 5) * 24 * HOUR + 8 * HOUR +
           fx_random(&x->f, 6) * HOUR / 2;
}

static int64_t draw_claims(struct world *x, const calendar *c, rota_claim claims[ROOMS])
{
    int64_t first = fx_random(&x->f, ROOMS), count = fx_random(&x->f, 4) == 0 ? 2 : 1;
    for (int64_t i = 0; i < count; i++) {
        int64_t room = (first + i) % ROOMS;
        claims[i] = (rota_claim){ .resource = c->rooms[room], .units = 1 };
        if (fx_random(&x->f, 4) == 0)
            claims[i].units += (int32_t)fx_random(&x->f, c->capacity[room]);
    }
    return count;
}

static void draw_series(struct world *x, calendar *c)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_recurrence recurrence = ROTA_INIT(rota_recurrence);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_claim claims[ROOMS];
    char start[ROTA_TIME_TEXT], rule[64];
    rota_time first = draw_start(x);
    bool follows = fx_random(&x->f, 4) > 0;

    ck_status(&x->f, rota_time_format(first, start), ROTA_OK);
    start[strlen("2031-03-03T00:00:00")] = '\0'; /* its clock shows what UTC's does here */
    snprintf(rule, sizeof rule, "FREQ=%s;COUNT=%d", fx_random(&x->f, 2) ? "DAILY" : "WEEKLY",
             (int)(2 + fx_random(&x->f, 4)));
    recurrence.start = start;
    recurrence.zone = follows ? zone : "UTC";
    recurrence.rule = rule;
    recurrence.length = (1 + fx_random(&x->f, 4)) * HOUR / 2;
    request.recurrence = &recurrence;
    request.claims = claims;
    request.claim_count = draw_claims(x, c, claims);
    if (rota_booking_create(x->f.r, NULL, &request, &receipt) != ROTA_OK) return;
    c->follows[c->series_count] = follows;
    c->series[c->series_count++] = receipt.id;
}

static void draw_booking(struct world *x, const calendar *c)
{
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_claim claims[ROOMS];

    request.when.start = draw_start(x);
    request.when.end = request.when.start + (1 + fx_random(&x->f, 4)) * HOUR / 2;
    request.claims = claims;
    request.claim_count = draw_claims(x, c, claims);
    (void)rota_booking_create(x->f.r, NULL, &request, NULL);
}

static rota_result *all_rows(struct world *x)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows;

    query.when = (rota_span){ t("2031-03-01T00:00Z"), t("2031-05-01T00:00Z") };
    ck_status(&x->f, rota_booking_list(x->f.r, &query, &rows), ROTA_OK);
    return rows;
}

static void look(struct world *x, calendar *c)
{
    rota_result *rows = all_rows(x);

    c->count = rota_result_count(rows);
    ck_assert_int_le(c->count, MOST_ROWS);
    for (int64_t i = 0; i < c->count; i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        ck_status(&x->f, rota_booking_at(rows, i, &row), ROTA_OK);
        c->rows[i] = (seen){ .id = row.id, .start = row.when.start, .end = row.when.end };
        for (int64_t k = 0; k < row.claim_count; k++)
            for (int room = 0; room < ROOMS; room++)
                if (same(&row.claims[k].resource, &c->rooms[room]))
                    c->rows[i].units[room] = row.claims[k].units;
    }
    rota_result_free(rows);
}

/* One occurrence is moved by itself, or cancelled. */
static void draw_change(struct world *x)
{
    rota_call call = ROTA_INIT(rota_call);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *rows = all_rows(x);

    if (rota_result_count(rows) > 0) {
        int64_t i = fx_random(&x->f, rota_result_count(rows));
        ck_status(&x->f, rota_booking_at(rows, i, &row), ROTA_OK);
    }
    rota_result_free(rows);
    if (row.recurs != ROTA_RECURS_OCCURRENCE) return;
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = row.occurrence;
    move.set = ROTA_BOOKING_SET_START;
    move.when.start = row.when.start + (fx_random(&x->f, 3) - 1) * 24 * HOUR +
                      (fx_random(&x->f, 9) - 4) * HOUR / 2;
    if (fx_random(&x->f, 4))
        (void)rota_booking_move(x->f.r, &call, &row.id, &move, NULL);
    else
        (void)rota_booking_cancel(x->f.r, &call, &row.id, NULL);
}

/* Is more taken than there is, once this series has moved by so much? */
static bool overbooked(const struct world *x, const calendar *c, const rota_id *moved, rota_time by)
{
    for (int64_t i = 0; i < c->count; i++)
        for (int room = 0; room < ROOMS; room++) {
            int64_t units = 0, at = c->rows[i].start + (same(&c->rows[i].id, moved) ? by : 0);
            for (int64_t k = 0; k < c->count; k++) {
                rota_time off = same(&c->rows[k].id, moved) ? by : 0;
                if (c->rows[k].start + off <= at && at < c->rows[k].end + off)
                    units += c->rows[k].units[room];
            }
            if (at > x->f.now && units > c->capacity[room]) return true;
        }
    return false;
}

/* Where each one would be that has moved: as many rows as before, each where it was, or by so
 * much from it. */
static void ck_rows(const struct world *x, const calendar *before, const calendar *after,
                    const bool moved[MOST_SERIES], rota_time by)
{
    ck_assert_int_eq(after->count, before->count);
    for (int64_t i = 0; i < before->count; i++) {
        const seen *was = &before->rows[i];
        int64_t found = 0, off = 0;
        for (int64_t k = 0; k < before->series_count; k++)
            if (moved[k] && same(&was->id, &before->series[k])) off = by;
        if (was->start <= x->f.now) continue;
        for (int64_t k = 0; k < after->count; k++) {
            const seen *is = &after->rows[k];
            found += same(&is->id, &was->id) && is->start == was->start + off &&
                     is->end == was->end + off &&
                     memcmp(is->units, was->units, sizeof is->units) == 0;
        }
        ck_assert_int_ge(found, 1);
    }
}

static int64_t update_random_one(struct world *x)
{
    calendar *before = calloc(1, sizeof *before), *after = calloc(1, sizeof *after);
    rota_zone_change rows[8];
    bool east = fx_random(&x->f, 2), moved[MOST_SERIES] = { false };
    rota_time by = east ? -HOUR : HOUR;
    int64_t refused = 0;

    ck_assert(before && after);
    put_file(x, east ? zone : "Europe/Madrid");
    x->f.now = t("2031-03-01T00:00Z");
    fx_open(&x->f, ":memory:");
    x->f.r->zones.directory = x->directory;
    for (int i = 0; i < ROOMS; i++) {
        before->capacity[i] = 1 + (int32_t)fx_random(&x->f, 3);
        before->rooms[i] = fx_room(&x->f, i ? "Blue" : "Red", before->capacity[i]);
    }
    for (int i = 0; i < MOST_SERIES; i++)
        draw_series(x, before);
    for (int64_t i = fx_random(&x->f, 20); i > 0; i--)
        draw_booking(x, before);
    for (int64_t i = fx_random(&x->f, 12); i > 0; i--)
        draw_change(x);
    x->f.now += fx_random(&x->f, 8) * 24 * HOUR;
    look(x, before);
    *after = *before;

    put_file(x, east ? "Europe/Madrid" : zone);
    int64_t count = update(x, 0, rows);
    look(x, after);
    for (int64_t i = 0; i < before->series_count; i++)
        for (int64_t k = 0; k < count; k++)
            if (same(&rows[k].booking, &before->series[i])) {
                ck_assert(before->follows[i]);
                moved[i] = rows[k].status == ROTA_OK;
                ck_assert_int_eq(moved[i], rows[k].status != ROTA_ECONFLICT);
                refused += !moved[i];
            }
    ck_rows(x, before, after, moved, by);
    static const rota_id none;
    ck_assert(!overbooked(x, after, &none, 0));
    ck_status(&x->f, rota_check(x->f.r, x->f.now), ROTA_OK);
    for (int64_t i = 0; i < count; i++)
        if (rows[i].status != ROTA_OK) ck_assert(overbooked(x, after, &rows[i].booking, by));
    fx_close(&x->f);
    free(before);
    free(after);
    return refused;
}

/* What moves keeps its wall clock, nothing is taken twice, and who stays could not have moved. */
START_TEST(random_series_move_as_they_should)
{
    struct world x;
    int64_t refused = 0;

    open_world(&x);
    fx_close(&x.f);
    x.f.random = tests_seed("zones");
    for (int i = 0; i < (fx_sanitized() ? 60 : 300); i++)
        refused += update_random_one(&x);
    ck_assert_int_gt(refused, 10);
}
END_TEST

START_TEST(a_call_that_is_wrong_is_refused)
{
    struct world x;
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows = NULL;
    rota_zone_change row = ROTA_INIT(rota_zone_change);

    open_world(&x);
    call.key = "again";
    ck_status(&x.f, rota_zones_update(x.f.r, &call, &rows), ROTA_EINVALID);
    call = (rota_call)ROTA_INIT(rota_call);
    call.version = 2;
    ck_status(&x.f, rota_zones_update(x.f.r, &call, &rows), ROTA_EINVALID);
    ck_status(&x.f, rota_zones_update(x.f.r, NULL, NULL), ROTA_EINVALID);
    ck_assert_ptr_null(rows);
    ck_status(&x.f, rota_zones_update(x.f.r, NULL, &rows), ROTA_OK);
    ck_assert_int_eq(rota_zone_change_at(rows, 0, &row), ROTA_EINVALID);
    rota_result_free(rows);
    fx_close(&x.f);
}
END_TEST

Suite *zones_suite(void)
{
    Suite *suite = suite_create("zones");
    TCase *tests = tcase_create("update");

    tcase_add_test(tests, a_new_file_moves_nothing_unasked);
    tcase_add_test(tests, an_update_moves_by_the_wall_clock);
    tcase_add_test(tests, dates_of_its_own_come_along);
    tcase_add_test(tests, what_has_begun_is_not_told);
    tcase_add_test(tests, what_would_collide_stays_and_is_told);
    tcase_add_test(tests, what_would_have_begun_is_not_put_into_taken_time);
    tcase_add_test(tests, what_has_begun_is_not_made_longer_than_there_is_time);
    tcase_add_test(tests, neighbours_move_together);
    tcase_add_test(tests, single_occurrences_come_along);
    tcase_add_test(tests, a_single_occurrence_of_dates_is_as_long_as_they_are);
    tcase_add_test(tests, in_a_dry_run_single_occurrences_of_others_are_where_they_will_be);
    tcase_add_test(tests, in_a_dry_run_who_is_refused_stays_in_the_way);
    tcase_add_test(tests, in_a_dry_run_those_that_move_meet_where_they_will_be);
    tcase_add_test(tests, a_single_occurrence_that_has_begun_keeps_its_time);
    tcase_add_test(tests, a_single_occurrence_that_would_collide_keeps_the_series);
    tcase_add_test(tests, a_single_occurrence_is_not_put_over_its_series);
    tcase_add_test(tests, a_single_occurrence_and_its_series_do_not_take_more_than_there_is);
    tcase_add_test(tests, a_single_occurrence_that_stays_is_in_the_way_of_its_series);
    tcase_add_test(tests, neighbours_move_later_together);
    tcase_add_test(tests, a_series_takes_the_time_that_its_own_occurrence_leaves);
    tcase_add_test(tests, single_occurrences_give_up_their_names_in_turn);
    tcase_add_test(tests, a_held_series_moves_until_it_lapses);
    tcase_add_test(tests, random_series_move_as_they_should);
    tcase_add_test(tests, a_call_that_is_wrong_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
