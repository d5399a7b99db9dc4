/* Hours: what the rules mean, which of them do not go together, and that a booking lies in
 * open time as a whole (CX-9). Random rules are compared with a painted window in
 * tests/hours. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

enum { HOUR = 3600, DAY = 86400, WORKDAYS = 31, EVERY_DAY = 127 };

static struct fx f;

static void setup(void)
{
    memset(&f, 0, sizeof f);
    f.now = t("2031-03-10T08:00Z"); /* a Monday */
    fx_open(&f, ":memory:");
}

static void teardown(void)
{
    if (f.r) fx_close(&f);
}

static rota_id resource(const char *name, const char *zone, const rota_id *parent)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.kind = "room";
    q.name = q.ref = name;
    q.zone = zone;
    if (parent) q.parent = *parent;
    ck_status(&f, rota_resource_create(f.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

static rota_hours_rule weekly(uint32_t days, int32_t start, int32_t end)
{
    return (rota_hours_rule){ .kind = ROTA_HOURS_WEEKLY, .days = days, .start = start, .end = end };
}

static rota_hours_rule closed(const char *from, const char *to)
{
    return (rota_hours_rule){
        .kind = ROTA_HOURS_EXCEPTION, .from_date = from, .to_date = to, .closed = 1
    };
}

static int try_put(rota_id id, const rota_hours_rule *rules, int64_t count)
{
    return rota_hours_put(f.r, NULL, &id, rules, count, NULL);
}

static void put(rota_id id, const rota_hours_rule *rules, int64_t count)
{
    ck_status(&f, try_put(id, rules, count), ROTA_OK);
}

static void nine_to_five(rota_id id)
{
    const rota_hours_rule rule = weekly(WORKDAYS, 9 * HOUR, 17 * HOUR);
    put(id, &rule, 1);
}

/* Open spans as text: "Mo 09:00 ..." would hide dates, so instants without their end. */
static void ck_open(rota_id id, const char *from, const char *to, const char *expected)
{
    rota_result *rows;
    char text[1024] = "";
    ck_status(&f, rota_hours_open(f.r, &id, (rota_span){ t(from), t(to) }, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_span span;
        char start[ROTA_TIME_TEXT], end[ROTA_TIME_TEXT];
        ck_assert_int_eq(rota_span_at(rows, i, &span), ROTA_OK);
        ck_assert_int_eq(rota_time_format(span.start, start), ROTA_OK);
        ck_assert_int_eq(rota_time_format(span.end, end), ROTA_OK);
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%.11s-%.11s", used ? " " : "", start + 5,
                 end + 5);
    }
    rota_result_free(rows);
    ck_assert_str_eq(text, expected);
}

static rota_violation violation(int64_t i, int64_t count)
{
    static rota_violation row;
    static char message[600];
    rota_result *rows;
    row = (rota_violation)ROTA_INIT(rota_violation);
    ck_status(&f, rota_violation_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), count);
    ck_assert_int_eq(rota_violation_at(rows, i, &row), ROTA_OK);
    snprintf(message, sizeof message, "%s", row.message);
    row.message = message;
    row.rule = strcmp(row.rule, "hours") == 0 ? "hours" : "past";
    row.resource_name = row.resource_ref = NULL;
    rota_result_free(rows);
    return row;
}

static void ck_closed(int status)
{
    ck_status(&f, status, ROTA_EPOLICY);
    ck_assert_str_eq(violation(0, 1).rule, "hours");
}

/* --- what rules mean --- */

START_TEST(a_week_of_workdays_is_open_by_the_wall_clock_of_the_resource)
{
    rota_id room = resource("Blue", "Europe/Berlin", NULL);
    nine_to_five(room);
    /* The clocks are put forward on the 30th. */
    ck_open(room, "2031-03-28T00:00Z", "2031-04-01T00:00Z",
            "03-28T08:00-03-28T16:00 03-31T07:00-03-31T15:00");
    ck_open(room, "2031-03-28T10:00Z", "2031-03-28T11:00Z", "03-28T10:00-03-28T11:00");
    ck_open(room, "2031-03-29T10:00Z", "2031-03-29T11:00Z", "");
}
END_TEST

START_TEST(without_rules_it_is_open_and_exceptions_alone_take_days_away)
{
    rota_id room = resource("Blue", "UTC", NULL);
    const rota_hours_rule holidays[] = { closed("2031-03-12", NULL),
                                         { .kind = ROTA_HOURS_EXCEPTION,
                                           .from_date = "2031-03-14",
                                           .start = 10 * HOUR,
                                           .end = 12 * HOUR } };
    ck_open(room, "2031-03-11T00:00Z", "2031-03-16T00:00Z", "03-11T00:00-03-16T00:00");
    put(room, holidays, 2);
    ck_open(room, "2031-03-11T00:00Z", "2031-03-16T00:00Z",
            "03-11T00:00-03-12T00:00 03-13T00:00-03-14T00:00 03-14T10:00-03-14T12:00 "
            "03-15T00:00-03-16T00:00");
    put(room, NULL, 0);
    ck_open(room, "2031-03-11T00:00Z", "2031-03-16T00:00Z", "03-11T00:00-03-16T00:00");
}
END_TEST

START_TEST(an_exception_goes_before_dates_and_dates_before_the_week)
{
    rota_id room = resource("Blue", "UTC", NULL);
    const rota_hours_rule rules[] = { weekly(EVERY_DAY, 9 * HOUR, 12 * HOUR),
                                      weekly(EVERY_DAY, 13 * HOUR, 17 * HOUR),
                                      { .kind = ROTA_HOURS_DATES,
                                        .from_date = "2031-03-12",
                                        .to_date = "2031-03-13",
                                        .start = 8 * HOUR,
                                        .end = 10 * HOUR },
                                      closed("2031-03-13", "2031-03-14") };
    put(room, rules, 4);
    ck_open(room, "2031-03-11T00:00Z", "2031-03-16T00:00Z",
            "03-11T09:00-03-11T12:00 03-11T13:00-03-11T17:00 03-12T08:00-03-12T10:00 "
            "03-15T09:00-03-15T12:00 03-15T13:00-03-15T17:00");
}
END_TEST

/* User-ask 25: a night shift ends in the day off. */
START_TEST(an_exception_says_nothing_of_a_period_that_started_the_day_before)
{
    rota_id room = resource("Ward", "UTC", NULL);
    const rota_hours_rule rules[] = { weekly(EVERY_DAY, 22 * HOUR, 6 * HOUR),
                                      closed("2031-03-12", NULL) };
    put(room, rules, 2);
    ck_open(room, "2031-03-11T12:00Z", "2031-03-14T12:00Z",
            "03-11T22:00-03-12T06:00 03-13T22:00-03-14T06:00");
}
END_TEST

/* User-asks 20, 25: days are civil, whether they have 23 hours or 25. */
START_TEST(days_to_24_00_are_one_span)
{
    rota_id room = resource("Lobby", "Europe/Berlin", NULL);
    const int32_t ends[] = { DAY, 0 };
    for (int i = 0; i < 2; i++) {
        const rota_hours_rule rule = weekly(EVERY_DAY, 0, ends[i]);
        put(room, &rule, 1);
        ck_open(room, "2031-03-01T00:00Z", "2031-11-30T00:00Z", "03-01T00:00-11-30T00:00");
    }
    const rota_hours_rule sunday = weekly(ROTA_SUNDAY, 0, DAY);
    put(room, &sunday, 1);
    ck_open(room, "2031-03-29T00:00Z", "2031-03-31T12:00Z", "03-29T23:00-03-30T22:00");
    ck_open(room, "2031-10-25T00:00Z", "2031-10-27T12:00Z", "10-25T22:00-10-26T23:00");
}
END_TEST

START_TEST(a_day_that_the_zone_leaves_out_does_not_come)
{
    rota_id room = resource("Apia", "Pacific/Apia", NULL);
    const rota_hours_rule friday = weekly(ROTA_FRIDAY, 9 * HOUR, 17 * HOUR);
    put(room, &friday, 1); /* the 30th of December 2011 was none */
    ck_open(room, "2011-12-26T00:00Z", "2012-01-04T00:00Z", "");
    ck_open(room, "2012-01-04T00:00Z", "2012-01-07T00:00Z", "01-05T19:00-01-06T03:00");
}
END_TEST

START_TEST(what_is_in_a_place_is_open_only_while_it_is)
{
    rota_id house = resource("House", "Europe/Berlin", NULL);
    rota_id floor = resource("Floor", "UTC", &house), room = resource("Blue", "UTC", &floor);
    const rota_hours_rule late = weekly(EVERY_DAY, 12 * HOUR, 22 * HOUR);
    nine_to_five(house);
    ck_open(room, "2031-03-10T00:00Z", "2031-03-11T00:00Z", "03-10T08:00-03-10T16:00");
    put(room, &late, 1);
    ck_open(room, "2031-03-10T00:00Z", "2031-03-11T00:00Z", "03-10T12:00-03-10T16:00");
    put(house, NULL, 0);
    ck_open(room, "2031-03-10T00:00Z", "2031-03-11T00:00Z", "03-10T12:00-03-10T22:00");
}
END_TEST

/* --- rules that are none --- */

START_TEST(rules_that_are_none_are_refused_by_number)
{
    rota_id room = resource("Blue", "UTC", NULL);
    static const struct {
        rota_hours_rule rule;
        const char *says;
    } bad[] = {
        { { .days = 1, .end = 1 }, "rules[0] is of no kind" },
        { { .kind = 4, .days = 1, .end = 1 }, "rules[0] is of no kind" },
        { { .kind = 1, .end = 1 }, "weekly rules[0] has no days" },
        { { .kind = 1, .days = 128, .end = 1 }, "days of rules[0] has unknown bits: 0x80" },
        { { .kind = 3, .end = 1 }, "from_date of exception rules[0] is missing" },
        { { .kind = 3, .from_date = "2031-02-29", .end = 1 }, "is no date: \"2031-02-29\"" },
        { { .kind = 3, .from_date = "2031-2-9", .end = 1 }, "is no date" },
        { { .kind = 3, .from_date = "2031-02-09T", .end = 1 }, "is no date" },
        { { .kind = 3, .from_date = "\xff", .end = 1 }, "is no date: \"\"" },
        { { .kind = 2, .to_date = "", .end = 1 }, "to_date of rules[0] is no date" },
        { { .kind = 2, .from_date = "2031-03-02", .to_date = "2031-03-01", .end = 1 },
          "from 2031-03-02 to 2031-03-01" },
        { { .kind = 1, .days = 1, .start = -1 }, "the time of rules[0] is none: -1 to 0" },
        { { .kind = 1, .days = 1, .start = DAY }, "the time of rules[0] is none" },
        { { .kind = 1, .days = 1, .end = DAY + 1 }, "the time of rules[0] is none" },
        { { .kind = 1, .days = 1, .end = 1, .closed = 1 }, "is closed, and has a time" },
        { { .kind = 1, .days = 1, .closed = 2 }, "closed of rules[0] is 2" },
        { { .kind = 1, .days = 1, .reserved = 7 }, "the reserved field of rules[0] is 7" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_status(&f, try_put(room, &bad[i].rule, 1), ROTA_EINVALID);
        ck_assert_msg(strstr(rota_errmsg(f.r), bad[i].says), "%s", rota_errmsg(f.r));
    }
    ck_status(&f, try_put(room, NULL, 1), ROTA_EINVALID);
    ck_status(&f, try_put(room, NULL, -1), ROTA_EINVALID);
    ck_status(&f, try_put((rota_id){ { 0 } }, NULL, 0), ROTA_ENOTFOUND);
    ck_status(&f, rota_hours_put(f.r, NULL, NULL, NULL, 0, NULL), ROTA_EINVALID);
}
END_TEST

START_TEST(rules_that_do_not_go_together_are_named_with_a_day)
{
    rota_id room = resource("Blue", "UTC", NULL);
    const rota_hours_rule night = {
        .kind = ROTA_HOURS_EXCEPTION, .from_date = "2031-03-12", .start = 22 * HOUR, .end = 6 * HOUR
    };
    rota_hours_rule morning = night;
    morning.from_date = "2031-03-13";
    morning.start = 5 * HOUR;
    morning.end = 7 * HOUR;
    const struct {
        rota_hours_rule a, b;
        const char *says; /* NULL: they do */
    } pairs[] = {
        { weekly(1, 9 * HOUR, 12 * HOUR), weekly(1, 12 * HOUR, 15 * HOUR), NULL },
        { weekly(3, 9 * HOUR, 12 * HOUR), weekly(6, 12 * HOUR - 1, 15 * HOUR),
          "rules[1] and rules[2] (weekly) overlap on 2031-03-" },
        { weekly(64, 22 * HOUR, 6 * HOUR), weekly(1, 6 * HOUR, 7 * HOUR), NULL },
        { weekly(64, 22 * HOUR, 6 * HOUR), weekly(1, 5 * HOUR, 7 * HOUR),
          "rules[1] and rules[2] (weekly) overlap on 2031-03-10" },
        { weekly(EVERY_DAY, 9 * HOUR, 9 * HOUR), weekly(0, 0, 0), "weekly rules[2] has no days" },
        { closed("2031-03-12", NULL), night,
          "rules[1] and rules[2] (exception) contradict each other on 2031-03-12" },
        { closed("2031-03-13", NULL), night, NULL }, /* it started the day before */
        { night, morning, "rules[1] and rules[2] (exception) overlap on 2031-03-13" },
        { closed("2031-03-01", "2031-03-20"), closed("2031-03-12", NULL), NULL },
        { weekly(1, 9 * HOUR, 12 * HOUR), night, NULL },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        const rota_hours_rule rules[] = { { .kind = ROTA_HOURS_DATES,
                                            .from_date = "2031-05-01",
                                            .to_date = "2031-05-31",
                                            .start = 9 * HOUR,
                                            .end = 12 * HOUR },
                                          pairs[i].a,
                                          pairs[i].b };
        ck_status(&f, try_put(room, rules, 3), pairs[i].says ? ROTA_EINVALID : ROTA_OK);
        if (pairs[i].says)
            ck_assert_msg(strstr(rota_errmsg(f.r), pairs[i].says), "%s", rota_errmsg(f.r));
    }
}
END_TEST

START_TEST(dates_apart_never_overlap_whatever_the_time)
{
    rota_id room = resource("Blue", "UTC", NULL);
    enum { MANY = ROTA_MAX_HOURS };
    static rota_hours_rule rules[MANY + 1];
    static char dates[MANY + 1][16];
    for (int i = 0; i <= MANY; i++) {
        snprintf(dates[i], sizeof dates[i], "20%02d-%02d-%02d", 31 + i / 336 % 60, i / 28 % 12 + 1,
                 i % 28 + 1);
        rules[i] = (rota_hours_rule){ .kind = ROTA_HOURS_EXCEPTION,
                                      .from_date = dates[i],
                                      .start = 10 * HOUR,
                                      .end = 12 * HOUR };
    }
    put(room, rules, MANY);
    ck_status(&f, try_put(room, rules, MANY + 1), ROTA_ELIMIT);
    rules[MANY - 1].from_date = rules[0].from_date;
    rules[MANY - 1].start = 11 * HOUR;
    ck_status(&f, try_put(room, rules, MANY), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "rules[0] and rules[999]"));
}
END_TEST

START_TEST(a_window_is_bounded_and_so_are_its_spans)
{
    enum { MANY = 960 };
    rota_id room = resource("Blue", "UTC", NULL);
    static rota_hours_rule rules[MANY];
    rota_result *rows = NULL;
    const rota_time from = t("2031-03-10T00:00Z");
    for (int i = 0; i < MANY; i++)
        rules[i] = weekly(EVERY_DAY, i * 90, i * 90 + 30);
    put(room, rules, MANY);
    ck_status(&f, rota_hours_open(f.r, &room, (rota_span){ from, from + 104 * DAY }, &rows),
              ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), MANY * 104);
    rota_result_free(rows);
    rota_span year = { from, from + 366 * DAY };
    ck_status(&f, rota_hours_open(f.r, &room, year, &rows), ROTA_ELIMIT);
    rota_span longest = { from, from + ROTA_MAX_WINDOW + 1 }, none = { from, from };
    ck_status(&f, rota_hours_open(f.r, &room, longest, &rows), ROTA_ELIMIT);
    ck_status(&f, rota_hours_open(f.r, &room, none, &rows), ROTA_EINVALID);
    ck_status(&f, rota_hours_open(f.r, &room, year, NULL), ROTA_EINVALID);
    rota_id stranger = { { 1 } };
    ck_status(&f, rota_hours_open(f.r, &stranger, year, &rows), ROTA_ENOTFOUND);
    ck_status(&f, rota_hours_get(f.r, &stranger, &rows), ROTA_ENOTFOUND);
}
END_TEST

/* --- the record --- */

START_TEST(rules_come_back_as_they_were_put)
{
    rota_id room = resource("Blue", "UTC", NULL);
    const rota_hours_rule rules[] = {
        weekly(EVERY_DAY, 22 * HOUR, 6 * HOUR),
        weekly(ROTA_MONDAY, 12 * HOUR, 13 * HOUR),
        { .kind = ROTA_HOURS_DATES, .to_date = "0001-01-01", .start = 0, .end = DAY },
        { .kind = ROTA_HOURS_DATES, .from_date = "9999-12-31", .days = 3, .start = 5, .end = 9 },
        closed("2031-12-24", "2031-12-26"),
    };
    rota_result *rows;
    put(room, rules, 5);
    ck_status(&f, rota_hours_get(f.r, &room, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 5);
    for (int i = 0; i < 5; i++) {
        rota_hours_rule got;
        ck_assert_int_eq(rota_hours_at(rows, i, &got), ROTA_OK);
        ck_assert(got.kind == rules[i].kind && got.days == rules[i].days &&
                  got.start == rules[i].start && got.end == rules[i].end &&
                  got.closed == rules[i].closed && got.reserved == 0);
        ck_assert_pstr_eq(got.from_date, rules[i].from_date);
        ck_assert_pstr_eq(got.to_date, rules[i].to_date);
    }
    rota_hours_rule none;
    rota_span span;
    ck_assert_int_eq(rota_hours_at(rows, 5, &none), ROTA_EINVALID);
    ck_assert_int_eq(rota_hours_at(rows, -1, &none), ROTA_EINVALID);
    ck_assert_int_eq(rota_hours_at(rows, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_span_at(rows, 0, &span), ROTA_EINVALID);
    rota_result_free(rows);
}
END_TEST

static int64_t last_event(rota_event *out, char *after, size_t size)
{
    rota_result *rows;
    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    int64_t count = rota_result_count(rows);
    *out = (rota_event)ROTA_INIT(rota_event);
    ck_assert_int_eq(rota_event_at(rows, count - 1, out), ROTA_OK);
    snprintf(after, size, "%s", out->after);
    rota_result_free(rows);
    return count;
}

START_TEST(a_put_is_a_version_an_event_and_done_once)
{
    rota_id room = resource("Blue", "UTC", NULL);
    const rota_hours_rule rule = weekly(ROTA_MONDAY | ROTA_FRIDAY, 9 * HOUR, 17 * HOUR + 30);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    rota_event event;
    char after[512];
    call.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, rota_hours_put(f.r, &call, &room, &rule, 1, &receipt), ROTA_OK);
    ck_assert(receipt.version == 2 && receipt.flags == ROTA_RECEIPT_DRY_RUN);
    ck_assert_int_eq(last_event(&event, after, sizeof after), 1);
    call.flags = 0;
    call.version = 2;
    ck_status(&f, rota_hours_put(f.r, &call, &room, &rule, 1, &receipt), ROTA_EVERSION);
    call.version = 1;
    call.key = "k";
    ck_status(&f, rota_hours_put(f.r, &call, &room, &rule, 1, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    ck_status(&f, rota_hours_put(f.r, &call, &room, &rule, 1, &receipt), ROTA_OK);
    ck_assert(receipt.version == 2 && receipt.flags == ROTA_RECEIPT_REPLAYED);
    ck_status(&f, rota_hours_put(f.r, &call, &room, NULL, 0, &receipt), ROTA_EKEY);
    ck_assert_int_eq(last_event(&event, after, sizeof after), 2);
    ck_assert_int_eq(event.type, ROTA_EVENT_HOURS_CHANGED);
    ck_assert_ptr_nonnull(strstr(after, "\"version\":2,\"rules\":[{\"kind\":\"weekly\",\"days\":"
                                        "[\"MO\",\"FR\"],\"start\":\"09:00\",\"end\":"
                                        "\"17:00:30\"}]"));
    ck_status(&f, rota_hours_put(f.r, NULL, &room, &rule, 1, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2); /* nothing changes, nothing is written */
    ck_assert_int_eq(last_event(&event, after, sizeof after), 2);
}
END_TEST

START_TEST(hours_stay_when_the_rest_of_the_resource_changes)
{
    rota_id room = resource("Blue", "UTC", NULL), member = resource("Ann", "UTC", NULL);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    nine_to_five(room);
    q.set = ROTA_RESOURCE_SET_NAME | ROTA_RESOURCE_SET_ZONE;
    q.name = "Azure";
    q.zone = "Europe/Berlin";
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
    ck_open(room, "2031-03-11T00:00Z", "2031-03-12T00:00Z", "03-11T08:00-03-11T16:00");
    fx_join(&f, room, member); /* counts a version of the group */
    ck_open(room, "2031-03-11T00:00Z", "2031-03-12T00:00Z", "03-11T08:00-03-11T16:00");
}
END_TEST

/* --- the gate --- */

START_TEST(a_booking_lies_in_one_open_span_as_a_whole)
{
    rota_id room = resource("Blue", "UTC", NULL);
    nine_to_five(room);
    /* CX-9: both ends are in hours. */
    ck_closed(fx_try(&f, room, "2031-03-11T16:00Z", "2031-03-12T09:30Z", NULL));
    ck_closed(fx_try(&f, room, "2031-03-11T08:59:59Z", "2031-03-11T10:00Z", NULL));
    ck_closed(fx_try(&f, room, "2031-03-11T16:00Z", "2031-03-11T17:00:01Z", NULL));
    ck_closed(fx_try(&f, room, "2031-03-15T10:00Z", "2031-03-15T11:00Z", NULL));
    rota_violation row = violation(0, 1);
    ck_assert(row.limit == 0 && row.actual == 0 && row.asked_recurs == ROTA_RECURS_NOT);
    ck_assert_mem_eq(&row.resource, &room, sizeof room);
    ck_assert(row.when.start == t("2031-03-15T10:00Z") && row.when.end == t("2031-03-15T11:00Z"));
    ck_assert_str_eq(
        row.message,
        "\"Blue\" is not open throughout 2031-03-15T10:00:00Z to 2031-03-15T11:00:00Z");
    ck_assert_str_eq(row.message, rota_errmsg(f.r));
    fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T17:00Z");
}
END_TEST

/* Whichever was made first, and in whatever order they are claimed. */
START_TEST(of_several_ways_to_a_closed_one_the_longest_is_told)
{
    static const char *const names[] = { "A", "B", "C", "D", "E", "F", "G", "H" };
    for (int i = 0; i < 4; i++) {
        rota_id one = resource(names[2 * i], "UTC", NULL);
        rota_id two = resource(names[2 * i + 1], "UTC", NULL);
        rota_id person = i % 2 ? one : two, group = i % 2 ? two : one;
        rota_member_request stay = ROTA_INIT(rota_member_request);
        stay.group = group;
        stay.member = person;
        stay.set = ROTA_MEMBER_SET_FROM;
        stay.from = t("2031-03-11T08:15Z");
        ck_status(&f, rota_member_add(f.r, NULL, &stay, NULL), ROTA_OK);
        nine_to_five(person);

        const rota_claim claims[] = { { .resource = i < 2 ? person : group, .units = 1 },
                                      { .resource = i < 2 ? group : person, .units = 1 } };
        const rota_span when = { t("2031-03-11T06:30Z"), t("2031-03-11T08:30Z") };
        rota_booking_request q = ROTA_INIT(rota_booking_request);
        q.when = when;
        q.claims = claims;
        q.claim_count = 2;
        ck_closed(rota_booking_create(f.r, NULL, &q, NULL));
        rota_violation row = violation(0, 1);
        ck_assert(row.when.start == when.start && row.when.end == when.end);

        rota_free_query asked = ROTA_INIT(rota_free_query);
        asked.all = claims;
        asked.all_count = 2;
        asked.window = (rota_span){ when.start, when.end };
        asked.duration = 2 * HOUR;
        ck_closed(rota_free_explain(f.r, &asked, when.start));
        row = violation(0, 1);
        ck_assert(row.when.start == when.start && row.when.end == when.end);
    }
}
END_TEST

/* Decision 2: setup and cleanup may reach outside. */
START_TEST(setup_and_cleanup_may_lie_outside_of_hours)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_id room = resource("Blue", "UTC", NULL);
    nine_to_five(room);
    q.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER;
    q.before = q.after = HOUR;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
    fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T17:00Z");
}
END_TEST

static int try_claims(const rota_claim *claims, int64_t count, uint32_t flags, const char *start,
                      const char *end)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    call.flags = flags;
    q.claims = claims;
    q.claim_count = count;
    q.when = (rota_span){ t(start), t(end) };
    return rota_booking_create(f.r, &call, &q, NULL);
}

START_TEST(optional_and_free_claims_never_refuse_and_an_override_may_book)
{
    rota_id shut = resource("Shut", "UTC", NULL), open = resource("Open", "UTC", NULL);
    rota_claim claims[] = { { .resource = shut, .units = 1, .role = ROTA_ROLE_OPTIONAL },
                            { .resource = open, .units = 1 } };
    nine_to_five(shut);
    ck_status(&f, try_claims(claims, 2, 0, "2031-03-15T09:00Z", "2031-03-15T10:00Z"), ROTA_OK);
    claims[0].role = ROTA_ROLE_REQUIRED;
    claims[0].flags = ROTA_CLAIM_FREE;
    ck_status(&f, try_claims(claims, 2, 0, "2031-03-15T10:00Z", "2031-03-15T11:00Z"), ROTA_OK);
    claims[0].flags = 0;
    ck_closed(try_claims(claims, 2, 0, "2031-03-15T11:00Z", "2031-03-15T12:00Z"));
    ck_status(&f,
              try_claims(claims, 2, ROTA_CALL_OVERRIDE, "2031-03-15T11:00Z", "2031-03-15T12:00Z"),
              ROTA_OK);
}
END_TEST

START_TEST(everybody_who_is_taken_through_a_group_must_be_open_while_he_belongs)
{
    rota_id group = resource("Team", "UTC", NULL), ann = resource("Ann", "UTC", NULL);
    rota_member_request q = ROTA_INIT(rota_member_request);
    nine_to_five(ann);
    q.group = group;
    q.member = ann;
    q.set = ROTA_MEMBER_SET_UNTIL;
    q.until = t("2031-03-11T17:00Z");
    ck_status(&f, rota_member_add(f.r, NULL, &q, NULL), ROTA_OK);
    ck_closed(fx_try(&f, group, "2031-03-11T08:00Z", "2031-03-11T10:00Z", NULL));
    rota_violation row = violation(0, 1);
    ck_assert_mem_eq(&row.resource, &ann, sizeof ann);
    fx_book(&f, group, "2031-03-11T16:00Z", "2031-03-11T20:00Z"); /* she is gone by then */
    fx_book(&f, group, "2031-03-15T09:00Z", "2031-03-15T10:00Z");
}
END_TEST

START_TEST(the_place_is_named_where_it_is_closed)
{
    rota_id house = resource("House", "UTC", NULL), room = resource("Blue", "UTC", &house);
    nine_to_five(house);
    ck_closed(fx_try(&f, room, "2031-03-15T09:00Z", "2031-03-15T10:00Z", NULL));
    rota_violation row = violation(0, 1);
    ck_assert_mem_eq(&row.resource, &room, sizeof room);
    ck_assert_ptr_nonnull(strstr(row.message, ", as \"House\" is not"));
}
END_TEST

START_TEST(what_collides_and_is_closed_tells_both)
{
    rota_id room = resource("Blue", "UTC", NULL), ann = resource("Ann", "UTC", NULL);
    const rota_claim both[] = { { .resource = room, .units = 1 }, { .resource = ann, .units = 1 } };
    rota_result *rows;
    fx_book(&f, room, "2031-03-15T09:00Z", "2031-03-15T10:00Z");
    nine_to_five(room);
    nine_to_five(ann);
    ck_status(&f, try_claims(both, 2, 0, "2031-03-15T09:00Z", "2031-03-15T10:00Z"), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
    rota_violation first = violation(0, 2), second = violation(1, 2);
    ck_assert_mem_eq(&first.resource, &room, sizeof room); /* by id: it is older */
    ck_assert_mem_eq(&second.resource, &ann, sizeof ann);
    fx_book(&f, ann, "2031-03-14T09:00Z", "2031-03-14T10:00Z");
    ck_status(&f, rota_violation_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_start_before_now_is_a_violation_too)
{
    rota_id room = resource("Blue", "UTC", NULL);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    nine_to_five(room);
    q.claims = &claim;
    q.claim_count = 1;
    q.flags = ROTA_BOOKING_FUTURE;
    q.when = (rota_span){ t("2031-03-09T10:00Z"), t("2031-03-09T11:00Z") };
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EPOLICY);
    rota_violation past = violation(0, 2), hours = violation(1, 2);
    ck_assert_str_eq(past.rule, "past");
    ck_assert_str_eq(hours.rule, "hours");
    ck_assert(past.limit == f.now && past.actual == q.when.start);
}
END_TEST

/* --- what takes no new time --- */

START_TEST(what_is_booked_stays_when_hours_change_and_new_time_is_asked_for)
{
    rota_id room = resource("Blue", "UTC", NULL);
    rota_id one = fx_book(&f, room, "2031-03-15T09:00Z", "2031-03-15T10:00Z");
    rota_id gone = fx_book(&f, room, "2031-03-15T11:00Z", "2031-03-15T12:00Z");
    rota_id held = fx_hold(&f, room, "2031-03-15T13:00Z", "2031-03-15T14:00Z", 600);
    rota_id lapsed = fx_hold(&f, room, "2031-03-15T15:00Z", "2031-03-15T16:00Z", 60);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &gone, NULL), ROTA_OK);
    nine_to_five(room);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:05Z");

    ck_status(&f, rota_booking_confirm(f.r, NULL, &held, NULL), ROTA_OK);
    ck_closed(rota_booking_confirm(f.r, NULL, &lapsed, NULL));
    ck_closed(rota_booking_restore(f.r, NULL, &gone, NULL));
    q.set = ROTA_BOOKING_SET_TITLE;
    q.title = "Standup";
    ck_status(&f, rota_booking_move(f.r, NULL, &one, &q, NULL), ROTA_OK);
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when = (rota_span){ t("2031-03-15T09:00Z"), t("2031-03-15T10:00Z") };
    ck_status(&f, rota_booking_move(f.r, NULL, &one, &q, NULL), ROTA_OK);
    q.when.end += HOUR;
    ck_closed(rota_booking_move(f.r, NULL, &one, &q, NULL));
    q.when = (rota_span){ t("2031-03-14T09:00Z"), t("2031-03-14T10:00Z") };
    ck_status(&f, rota_booking_move(f.r, NULL, &one, &q, NULL), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &one, NULL), ROTA_OK);
}
END_TEST

/* --- the quick answer --- */

static int check_kind(int32_t kind, rota_id room, const char *start, const char *end)
{
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.claims = &claim;
    q.claim_count = 1;
    q.when = (rota_span){ t(start), t(end) };
    q.kind = kind;
    return rota_booking_check(f.r, &q);
}

static int check(rota_id room, const char *start, const char *end)
{
    return check_kind(ROTA_KIND_BOOKING, room, start, end);
}

START_TEST(the_quick_answer_is_that_of_the_gate)
{
    rota_id house = resource("House", "UTC", NULL), room = resource("Blue", "UTC", &house);
    const rota_hours_rule evenings = weekly(EVERY_DAY, 12 * HOUR, 20 * HOUR);
    nine_to_five(house);
    put(room, &evenings, 1);
    fx_book(&f, room, "2031-03-11T12:00Z", "2031-03-11T13:00Z");
    for (int i = 0; i < 3; i++) { /* cold, and then from memory */
        ck_status(&f, check(room, "2031-03-11T13:00Z", "2031-03-11T17:00Z"), ROTA_OK);
        ck_status(&f, check(room, "2031-03-11T11:00Z", "2031-03-11T12:00Z"), ROTA_EPOLICY);
        ck_assert_str_eq(rota_errmsg(f.r), rota_status_text(ROTA_EPOLICY));
        ck_status(&f, check(room, "2031-03-11T16:00Z", "2031-03-11T17:01Z"), ROTA_EPOLICY);
        ck_status(&f, check(room, "2031-03-11T16:00Z", "2031-03-12T12:30Z"), ROTA_EPOLICY);
        ck_status(&f, check(room, "2031-03-11T11:00Z", "2031-03-11T13:00Z"), ROTA_ECONFLICT);
        ck_status(&f, check_kind(ROTA_KIND_ABSENCE, room, "2031-03-11T11:00Z", "2031-03-11T12:00Z"),
                  ROTA_OK);
        ck_status(&f, check_kind(ROTA_KIND_ABSENCE, room, "2031-03-11T11:00Z", "2031-03-11T12:01Z"),
                  ROTA_ECONFLICT);
        ck_status(&f, check_kind(9, room, "2031-03-11T11:00Z", "2031-03-11T12:00Z"), ROTA_EINVALID);
    }
    put(house, NULL, 0); /* of the place: the room's own timeline has not changed */
    for (int i = 0; i < 2; i++)
        ck_status(&f, check(room, "2031-03-11T16:00Z", "2031-03-11T20:00Z"), ROTA_OK);
}
END_TEST

START_TEST(hours_that_another_handle_puts_hold_for_the_next_call)
{
    char path[512];
    rota *other = NULL;
    fx_close(&f);
    memset(&f, 0, sizeof f);
    fx_path(&f, "hours.rota", path, sizeof path);
    fx_open(&f, path);
    rota_id house = resource("House", "UTC", NULL), room = resource("Blue", "UTC", &house);
    const rota_hours_rule rule = weekly(WORKDAYS, 9 * HOUR, 17 * HOUR);
    ck_status(&f, check(room, "2031-03-11T20:00Z", "2031-03-11T21:00Z"), ROTA_OK);
    ck_assert_int_eq(rota_open(path, NULL, &other), ROTA_OK);
    ck_assert_int_eq(rota_hours_put(other, NULL, &house, &rule, 1, NULL), ROTA_OK);
    ck_status(&f, check(room, "2031-03-11T20:00Z", "2031-03-11T21:00Z"), ROTA_EPOLICY);
    ck_closed(fx_try(&f, room, "2031-03-11T20:00Z", "2031-03-11T21:00Z", NULL));
    rota_close(other);
}
END_TEST

/* --- series --- */

static int try_series(rota_id room, const char *start, const char *zone, const char *rule,
                      int64_t length, uint32_t flags, const rota_call *call, rota_receipt *receipt)
{
    rota_recurrence every = ROTA_INIT(rota_recurrence);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    every.start = start;
    every.zone = zone;
    every.rule = rule;
    every.length = length;
    q.claims = &claim;
    q.claim_count = 1;
    q.flags = flags;
    q.recurrence = &every;
    *receipt = (rota_receipt)ROTA_INIT(rota_receipt);
    return rota_booking_create(f.r, call, &q, receipt);
}

START_TEST(each_occurrence_lies_in_hours_or_is_left_out_with_the_reason)
{
    rota_id room = resource("Blue", "Europe/Berlin", NULL);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt made;
    nine_to_five(room);
    ck_status(&f,
              try_series(room, "2031-03-10T10:00", "Europe/Berlin", "FREQ=DAILY;COUNT=8", HOUR, 0,
                         NULL, &made),
              ROTA_EPOLICY);
    rota_violation row = violation(0, 2);
    ck_assert_int_eq(row.asked_recurs, ROTA_RECURS_OCCURRENCE);
    ck_assert_int_eq(row.asked, t("2031-03-15T09:00Z"));
    ck_assert_int_eq(violation(1, 2).asked, t("2031-03-16T09:00Z"));
    fx_book(&f, room, "2031-03-11T08:00Z", "2031-03-11T10:00Z");
    call.key = "part";
    for (int i = 0; i < 2; i++) { /* and as its key remembers it */
        rota_result *rows;
        ck_status(&f,
                  try_series(room, "2031-03-10T10:00", "Europe/Berlin", "FREQ=DAILY;COUNT=8", HOUR,
                             ROTA_BOOKING_PARTIAL, &call, &made),
                  ROTA_OK);
        ck_assert_int_eq(made.skipped, 3);
        ck_assert_int_eq(made.count, 5);
        row = violation(1, 2);
        ck_assert_int_eq(row.asked, t("2031-03-16T09:00Z"));
        ck_assert_ptr_nonnull(strstr(row.message, "\"Blue\" is not open"));
        ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_result_count(rows), 1);
        rota_result_free(rows);
    }
    ck_assert_int_eq(made.flags, ROTA_RECEIPT_REPLAYED);
    ck_status(&f,
              try_series(room, "2031-03-15T10:00", "Europe/Berlin", "FREQ=WEEKLY;COUNT=8", HOUR,
                         ROTA_BOOKING_PARTIAL, NULL, &made),
              ROTA_EPOLICY);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "in hours"));
}
END_TEST

START_TEST(an_endless_series_is_known_to_be_in_hours_for_ever)
{
    rota_id room = resource("Blue", "Europe/Berlin", NULL);
    rota_receipt made;
    nine_to_five(room);
    ck_status(&f,
              try_series(room, "2031-03-10T09:00", "Europe/Berlin", "FREQ=WEEKLY;BYDAY=MO,TH", HOUR,
                         0, NULL, &made),
              ROTA_OK);
    ck_assert_int_eq(made.checked_until, ROTA_TIME_MAX);
    /* By the clock of another zone it leaves the hours for some weeks of each year. */
    ck_status(&f,
              try_series(room, "2031-04-14T11:00", "America/New_York", "FREQ=WEEKLY", HOUR - 1, 0,
                         NULL, &made),
              ROTA_EPOLICY);
    ck_status(&f,
              try_series(room, "2031-04-15T09:00", "America/New_York", "FREQ=WEEKLY", HOUR, 0, NULL,
                         &made),
              ROTA_OK);
    ck_assert_int_eq(made.checked_until, ROTA_TIME_MAX);
}
END_TEST

START_TEST(what_the_hours_say_of_days_far_away_counts_as_well)
{
    rota_id room = resource("Blue", "UTC", NULL), far = resource("Red", "UTC", NULL);
    const rota_hours_rule once = closed("2079-03-06", NULL); /* a Monday, after 48 years */
    rota_receipt made;
    put(far, &once, 1);
    ck_status(&f, try_series(far, "2031-03-10T09:00", "UTC", "FREQ=WEEKLY", HOUR, 0, NULL, &made),
              ROTA_EPOLICY);
    ck_assert_int_eq(violation(0, 1).asked, t("2079-03-06T09:00Z"));
    ck_status(&f,
              try_series(far, "2031-03-10T09:00", "UTC", "FREQ=WEEKLY", HOUR, ROTA_BOOKING_PARTIAL,
                         NULL, &made),
              ROTA_OK);
    ck_assert(made.skipped == 1 && made.checked_until == ROTA_TIME_MAX);
    /* The 29th of February is a Saturday in 2048, 2076 and 2116, and in no year before. */
    nine_to_five(room);
    const rota_hours_rule but_saturday = weekly(EVERY_DAY & ~(uint32_t)ROTA_SATURDAY, 0, DAY);
    put(room, &but_saturday, 1);
    fx_clock(&f, "2049-01-01T00:00Z");
    ck_status(&f, try_series(room, "2052-02-29T09:00", "UTC", "FREQ=YEARLY", HOUR, 0, NULL, &made),
              ROTA_EPOLICY);
    ck_assert_int_eq(violation(0, 1).asked, t("2076-02-29T09:00Z"));
}
END_TEST

START_TEST(a_series_that_stands_may_be_moved_in_hours_only)
{
    rota_id room = resource("Blue", "UTC", NULL);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt made;
    ck_status(&f, try_series(room, "2031-03-11T18:00", "UTC", "FREQ=WEEKLY", HOUR, 0, NULL, &made),
              ROTA_OK);
    nine_to_five(room);
    q.set = ROTA_BOOKING_SET_START;
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-18T18:00Z");
    q.when.start = t("2031-03-18T17:00Z");
    ck_closed(rota_booking_move(f.r, &call, &made.id, &q, NULL));
    q.when.start = t("2031-03-18T16:00Z");
    ck_status(&f, rota_booking_move(f.r, &call, &made.id, &q, NULL), ROTA_OK);
    call.scope = ROTA_SCOPE_FUTURE;
    call.occurrence = t("2031-03-25T18:00Z");
    q.when.start = t("2031-03-25T16:30Z");
    ck_status(&f, rota_booking_move(f.r, &call, &made.id, &q, NULL), ROTA_EPOLICY);
    q.when.start = t("2031-03-25T16:00Z"); /* those before it stay where they are */
    ck_status(&f, rota_booking_move(f.r, &call, &made.id, &q, NULL), ROTA_OK);
}
END_TEST

/* --- a damaged file --- */

START_TEST(bytes_that_are_no_hours_are_damage_and_no_crash)
{
    static const char *const bytes[] = { "x'00'", "x'010101010101'", "zeroblob(20000)" };
    char path[512], sql[128];
    fx_close(&f);
    memset(&f, 0, sizeof f);
    fx_path(&f, "damaged.rota", path, sizeof path);
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        rota_result *rows;
        sqlite3 *db;
        fx_open(&f, path);
        char name[16];
        snprintf(name, sizeof name, "Room %zu", i);
        rota_id room = resource(name, "UTC", NULL);
        fx_close(&f);
        ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
        snprintf(sql, sizeof sql, "UPDATE resource SET hours=%s WHERE name='%s'", bytes[i], name);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        fx_open(&f, path);
        ck_status(&f, rota_hours_get(f.r, &room, &rows), ROTA_ECORRUPT);
        ck_status(&f, rota_hours_open(f.r, &room, (rota_span){ 0, DAY }, &rows), ROTA_ECORRUPT);
        ck_status(&f, fx_try(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z", NULL),
                  ROTA_ECORRUPT);
        ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "stored hours are damaged"));
        fx_close(&f);
    }
}
END_TEST

Suite *hours_suite(void)
{
    Suite *suite = suite_create("hours");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, a_week_of_workdays_is_open_by_the_wall_clock_of_the_resource);
    tcase_add_test(rules, without_rules_it_is_open_and_exceptions_alone_take_days_away);
    tcase_add_test(rules, an_exception_goes_before_dates_and_dates_before_the_week);
    tcase_add_test(rules, an_exception_says_nothing_of_a_period_that_started_the_day_before);
    tcase_add_test(rules, days_to_24_00_are_one_span);
    tcase_add_test(rules, a_day_that_the_zone_leaves_out_does_not_come);
    tcase_add_test(rules, what_is_in_a_place_is_open_only_while_it_is);
    suite_add_tcase(suite, rules);
    TCase *refusals = tcase_create("refusals");
    tcase_add_checked_fixture(refusals, setup, teardown);
    tcase_add_test(refusals, rules_that_are_none_are_refused_by_number);
    tcase_add_test(refusals, rules_that_do_not_go_together_are_named_with_a_day);
    tcase_add_test(refusals, dates_apart_never_overlap_whatever_the_time);
    tcase_add_test(refusals, a_window_is_bounded_and_so_are_its_spans);
    suite_add_tcase(suite, refusals);
    TCase *record = tcase_create("record");
    tcase_add_checked_fixture(record, setup, teardown);
    tcase_add_test(record, rules_come_back_as_they_were_put);
    tcase_add_test(record, a_put_is_a_version_an_event_and_done_once);
    tcase_add_test(record, hours_stay_when_the_rest_of_the_resource_changes);
    tcase_add_test(record, bytes_that_are_no_hours_are_damage_and_no_crash);
    suite_add_tcase(suite, record);
    TCase *gate = tcase_create("gate");
    tcase_add_checked_fixture(gate, setup, teardown);
    tcase_add_test(gate, a_booking_lies_in_one_open_span_as_a_whole);
    tcase_add_test(gate, of_several_ways_to_a_closed_one_the_longest_is_told);
    tcase_add_test(gate, setup_and_cleanup_may_lie_outside_of_hours);
    tcase_add_test(gate, optional_and_free_claims_never_refuse_and_an_override_may_book);
    tcase_add_test(gate, everybody_who_is_taken_through_a_group_must_be_open_while_he_belongs);
    tcase_add_test(gate, the_place_is_named_where_it_is_closed);
    tcase_add_test(gate, what_collides_and_is_closed_tells_both);
    tcase_add_test(gate, a_start_before_now_is_a_violation_too);
    tcase_add_test(gate, what_is_booked_stays_when_hours_change_and_new_time_is_asked_for);
    tcase_add_test(gate, the_quick_answer_is_that_of_the_gate);
    tcase_add_test(gate, hours_that_another_handle_puts_hold_for_the_next_call);
    suite_add_tcase(suite, gate);
    TCase *series = tcase_create("series");
    tcase_add_checked_fixture(series, setup, teardown);
    tcase_add_test(series, each_occurrence_lies_in_hours_or_is_left_out_with_the_reason);
    tcase_add_test(series, an_endless_series_is_known_to_be_in_hours_for_ever);
    tcase_add_test(series, what_the_hours_say_of_days_far_away_counts_as_well);
    tcase_add_test(series, a_series_that_stands_may_be_moved_in_hours_only);
    suite_add_tcase(suite, series);
    return suite;
}
