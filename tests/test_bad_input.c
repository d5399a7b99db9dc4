/* Bad input at the public header: every case with the status it must end in, and
 * after each of them the calendar is as it was. Hostile files are in
 * test_sqlite.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

static struct fx f;
static rota_id room, group, booking;
static int64_t events_before;
static int cases;

static int64_t events(void)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    return stats.events;
}

static void setup(void)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-10T08:00Z");
    room = fx_room(&f, "Blue", 2);
    group = fx_room(&f, "Group", 1);
    booking = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    events_before = events();
    cases = 0;
}

static void teardown(void)
{
    ck_assert_int_eq(events(), events_before);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    printf("bad input: %d cases\n", cases);
    fx_close(&f);
}

/* One case: the status, and a message that says more than the status does and,
 * where `names` is given, names the thing. */
#define EXPECT(call, status, names) expect((call), (status), (names), #call, __LINE__)
static void expect(int rc, int status, const char *names, const char *call, int line)
{
    const char *message = rota_errmsg(f.r);
    cases++;
    ck_assert_msg(rc == status, "line %d: %s is %s (%s), not %s", line, call, rota_status_name(rc),
                  message, rota_status_name(status));
    if (status == ROTA_OK) return;
    ck_assert_msg(strcmp(message, rota_status_text(status)) != 0, "line %d: %s: only \"%s\"", line,
                  call, message);
    ck_assert_msg(!names || strstr(message, names), "line %d: \"%s\" does not name %s", line,
                  message, names);
    ck_assert_msg(!strpbrk(message, "\n\r\t\033"), "line %d: \"%s\"", line, message);
}

static rota_claim the_claim(void)
{
    rota_claim c = { .resource = room, .units = 1 };
    return c;
}

static rota_booking_request good_booking(const rota_claim *c)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t("2031-04-10T09:00Z");
    q.when.end = t("2031-04-10T10:00Z");
    q.claims = c;
    q.claim_count = 1;
    return q;
}

static rota_resource_request good_resource(void)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.kind = "room";
    q.name = "Red";
    return q;
}

static rota_reminder_request good_list(const int64_t *offset)
{
    rota_reminder_request q = ROTA_INIT(rota_reminder_request);
    q.offsets = offset;
    q.offset_count = 1;
    return q;
}

/* --- spans --- */

static const rota_span bad_spans[] = {
    { 10, 10 },
    { 11, 10 },
    { 0, 0 },
    { 0, -1 },
    { INT64_MIN, INT64_MAX },
    { INT64_MAX, INT64_MIN },
    { INT64_MIN, INT64_MIN },
    { INT64_MAX, INT64_MAX },
    { INT64_MAX - 1, INT64_MAX },
    { INT64_MIN, INT64_MIN + 1 },
    { -(INT64_C(1) << 62), INT64_C(1) << 62 },
    { INT64_C(1) << 62, -(INT64_C(1) << 62) },
    { 0, INT64_C(1) << 62 },
    { -(INT64_C(1) << 62), 0 },
    { 0, INT64_C(1) << 32 << 8 },
    { ROTA_TIME_MIN - 1, 0 },
    { 0, ROTA_TIME_MAX + 1 },
    { ROTA_TIME_MAX, ROTA_TIME_MAX },
    { ROTA_TIME_MIN, ROTA_TIME_MIN },
    { ROTA_TIME_MAX, ROTA_TIME_MIN },
    { ROTA_TIME_MAX, ROTA_TIME_MAX + 1 },
    { ROTA_TIME_MIN - 1, ROTA_TIME_MIN },
};

START_TEST(spans_that_are_none)
{
    rota_claim c = the_claim();
    rota_booking_request create = good_booking(&c), move = ROTA_INIT(rota_booking_request);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_member_request join = ROTA_INIT(rota_member_request);
    rota_result *rows = NULL;
    int32_t answer;
    move.set = ROTA_BOOKING_SET_WHEN;
    join.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    join.group = group;
    join.member = room;
    for (size_t i = 0; i < sizeof bad_spans / sizeof *bad_spans; i++) {
        create.when = move.when = query.when = bad_spans[i];
        join.from = bad_spans[i].start;
        join.until = bad_spans[i].end;
        EXPECT(rota_booking_create(f.r, NULL, &create, NULL), ROTA_EINVALID, "the booking");
        EXPECT(rota_booking_check(f.r, &create), ROTA_EINVALID, "the booking");
        EXPECT(rota_booking_create_all(f.r, NULL, &create, 1, &answer, NULL), ROTA_OK, NULL);
        ck_assert_int_eq(answer, ROTA_EINVALID);
        EXPECT(rota_booking_move(f.r, NULL, &booking, &move, NULL), ROTA_EINVALID, "the booking");
        EXPECT(rota_booking_list(f.r, &query, &rows), ROTA_EINVALID, "the window");
        EXPECT(rota_member_add(f.r, NULL, &join, NULL), ROTA_EINVALID, NULL);
    }
    ck_assert_ptr_null(rows);
}
END_TEST

/* --- numbers --- */

START_TEST(numbers_out_of_range)
{
    static const int32_t no_units[] = { 0, -1, INT32_MIN, -1000000 };
    static const int32_t no_roles[] = { -1, 3, INT32_MAX, INT32_MIN };
    static const int32_t no_seconds[] = { -1, ROTA_MAX_BUFFER + 1, INT32_MAX, INT32_MIN };
    static const int32_t no_kinds[] = { -1, 3, INT32_MAX, INT32_MIN };
    static const int32_t no_strategies[] = { -1, 6, INT32_MAX, INT32_MIN };
    for (int i = 0; i < 4; i++) {
        rota_claim c = the_claim();
        rota_booking_request q = good_booking(&c);
        rota_resource_request r = good_resource();
        c.units = no_units[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "units");
        EXPECT(rota_booking_check(f.r, &q), ROTA_EINVALID, "units");
        c = the_claim();
        c.role = no_roles[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "role");
        EXPECT(rota_booking_check(f.r, &q), ROTA_EINVALID, "role");
        c = the_claim();
        q.hold_secs = no_seconds[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "hold_secs");
        q = good_booking(&c);
        q.kind = no_kinds[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "kind");
        q.kind = 0;
        q.on_conflict = no_strategies[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "on_conflict");
        r.before = no_seconds[i];
        EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_EINVALID, "before");
        r = good_resource();
        r.after = no_seconds[i];
        EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_EINVALID, "after");
        r = good_resource();
        r.capacity = no_units[i] ? no_units[i] : -7;
        EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_EINVALID, "capacity");
        r.set = ROTA_RESOURCE_SET_CAPACITY;
        r.capacity = no_units[i];
        EXPECT(rota_resource_update(f.r, NULL, &room, &r, NULL), ROTA_EINVALID, "capacity");
        r.set = ROTA_RESOURCE_SET_ACTIVE;
        r.active = i - 2 < 0 ? i - 2 : i;
        EXPECT(rota_resource_update(f.r, NULL, &room, &r, NULL), ROTA_EINVALID, "active");
    }
}
END_TEST

START_TEST(counts_and_limits_out_of_range)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_resource_request r = good_resource();
    rota_booking_query bq = ROTA_INIT(rota_booking_query);
    rota_resource_query rq = ROTA_INIT(rota_resource_query);
    rota_result *rows = NULL;
    const char *tag = "t";
    bq.when.end = 10;
    q.claim_count = 0;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "claim");
    q.claim_count = -1;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "claim");
    q.claim_count = INT64_MIN;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "claim");
    q.claim_count = ROTA_MAX_CLAIMS + 1;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ELIMIT, "claims");
    q.claim_count = INT64_MAX;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ELIMIT, "claims");
    q.claim_count = 1;
    q.claims = NULL;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "claim");
    r.tags = &tag;
    r.tag_count = -1;
    EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_EINVALID, "tags");
    r.tag_count = ROTA_MAX_TAGS + 1;
    EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_ELIMIT, "tags");
    r.tag_count = INT64_MAX;
    EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_ELIMIT, "tags");
    r.tag_count = 1;
    r.tags = NULL;
    EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_EINVALID, "tags");
    static const struct {
        int64_t limit;
        int status;
    } limits[] = {
        { -1, ROTA_EINVALID },
        { INT64_MIN, ROTA_EINVALID },
        { ROTA_MAX_ROWS + 1, ROTA_ELIMIT },
        { INT64_MAX, ROTA_ELIMIT },
    };
    for (int i = 0; i < 4; i++) {
        bq.limit = rq.limit = limits[i].limit;
        EXPECT(rota_booking_list(f.r, &bq, &rows), limits[i].status, "limit");
        EXPECT(rota_resource_list(f.r, &rq, &rows), limits[i].status, "limit");
        EXPECT(rota_event_list(f.r, 0, limits[i].limit, &rows), limits[i].status, "limit");
        EXPECT(rota_consumer_read(f.r, "x", limits[i].limit, &rows), limits[i].status, "limit");
    }
    EXPECT(rota_event_list(f.r, -1, 0, &rows), ROTA_EINVALID, "after");
    EXPECT(rota_event_list(f.r, INT64_MIN, 0, &rows), ROTA_EINVALID, "after");
    EXPECT(rota_consumer_create(f.r, NULL, "x", -2), ROTA_EINVALID, "after");
    EXPECT(rota_consumer_create(f.r, NULL, "x", INT64_MIN), ROTA_EINVALID, "after");
    EXPECT(rota_consumer_create(f.r, NULL, "x", events_before + 1), ROTA_EINVALID, "no event");
    EXPECT(rota_consumer_create(f.r, NULL, "x", INT64_MAX), ROTA_EINVALID, "no event");
    EXPECT(rota_consumer_create(f.r, NULL, "there", 0), ROTA_OK, NULL);
    EXPECT(rota_consumer_create(f.r, NULL, "there", INT64_MAX), ROTA_EINVALID, "no event");
    EXPECT(rota_consumer_ack(f.r, NULL, "there", -1), ROTA_EINVALID, "seq");
    EXPECT(rota_consumer_ack(f.r, NULL, "there", INT64_MIN), ROTA_EINVALID, "seq");
    EXPECT(rota_consumer_ack(f.r, NULL, "there", events_before + 1), ROTA_EINVALID, "no event");
    EXPECT(rota_consumer_ack(f.r, NULL, "there", INT64_MAX), ROTA_EINVALID, "no event");
    EXPECT(rota_check(f.r, INT64_MIN), ROTA_EINVALID, "from");
    EXPECT(rota_check(f.r, ROTA_TIME_MAX + 1), ROTA_EINVALID, "from");
    ck_assert_ptr_null(rows);
}
END_TEST

START_TEST(reminders_out_of_range)
{
    static const int64_t no_offsets[] = { -1, ROTA_MAX_BUFFER + 1, INT64_MIN, INT64_MAX };
    static const int32_t no_late[] = { -1, 3, INT32_MIN, INT32_MAX };
    static const int32_t no_seconds[] = { -1, ROTA_MAX_BUFFER + 1, INT32_MIN, INT32_MAX };
    static const int32_t no_lease[] = { -1, ROTA_MAX_LEASE + 1, INT32_MIN, INT32_MAX };
    static const int32_t no_attempts[] = { -1, 1001, INT32_MIN, INT32_MAX };
    static const int64_t twice[] = { 60, 0, 60 };
    int64_t offsets[ROTA_MAX_REMINDERS + 1] = { 0 };
    rota_result *rows = NULL;
    for (int i = 0; i < 4; i++) {
        rota_reminder_request q = good_list(&no_offsets[i]);
        rota_reminder_query due = ROTA_INIT(rota_reminder_query);
        EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "offset");
        q = good_list(offsets);
        q.late = no_late[i];
        EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "late");
        q = good_list(offsets);
        q.late_secs = no_seconds[i];
        EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "late_secs");
        due.lease = no_lease[i];
        EXPECT(rota_reminder_due(f.r, NULL, &due, &rows), ROTA_EINVALID, "lease");
        due.lease = 0;
        due.attempts = no_attempts[i];
        EXPECT(rota_reminder_due(f.r, NULL, &due, &rows), ROTA_EINVALID, "attempts");
        due.attempts = 0;
        due.reserved = no_attempts[i];
        EXPECT(rota_reminder_due(f.r, NULL, &due, &rows), ROTA_EINVALID, "reserved");
    }
    rota_reminder_request q = good_list(twice);
    q.offset_count = 3;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "60 seconds stands there twice");
    q = good_list(offsets);
    q.booking = booking;
    q.resource = room;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "not both");
    q = good_list(offsets);
    q.flags = ROTA_REMINDER_INHERIT;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "offsets");
    q.offset_count = 0;
    q.late_secs = 1;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "late");
    q.flags = 2;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_EINVALID, "flags");
    for (int i = 0; i <= ROTA_MAX_REMINDERS; i++)
        offsets[i] = i;
    q = good_list(offsets);
    q.offset_count = ROTA_MAX_REMINDERS + 1;
    EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), ROTA_ELIMIT, "33");
    ck_assert_ptr_null(rows);
}
END_TEST

START_TEST(counts_of_reminders_out_of_range)
{
    static const struct {
        int64_t count;
        int status;
    } counts[] = {
        { -1, ROTA_EINVALID },
        { INT64_MIN, ROTA_EINVALID },
        { ROTA_MAX_ROWS + 1, ROTA_ELIMIT },
        { INT64_MAX, ROTA_ELIMIT },
    };
    int64_t offset = 60, done = 7;
    rota_result *rows = NULL;
    for (int i = 0; i < 4; i++) {
        int64_t count = counts[i].count;
        int status = counts[i].status;
        rota_reminder_request q = good_list(&offset);
        rota_reminder_query due = ROTA_INIT(rota_reminder_query);
        q.offset_count = count;
        EXPECT(rota_reminder_put(f.r, NULL, &q, NULL), status, NULL);
        due.limit = count;
        EXPECT(rota_reminder_due(f.r, NULL, &due, &rows), status, "limit");
        EXPECT(rota_reminder_dead(f.r, NULL, count, &rows), status, "limit");
        EXPECT(rota_reminder_ack(f.r, NULL, &booking, count, &done), status, NULL);
        EXPECT(rota_reminder_retry(f.r, NULL, &booking, count, &done), status, NULL);
    }
    ck_assert_int_eq(done, 7);
    ck_assert_ptr_null(rows);
}
END_TEST

/* The ids of bookings and of nothing are no reminder's, nor is one that is given twice. */
START_TEST(reminders_nobody_was_given_are_passed_over)
{
    rota_id ids[] = { booking, room, { { 0 } }, booking, { { 255, 255, 255, 255 } } };
    int64_t done = 7;
    EXPECT(rota_reminder_ack(f.r, NULL, ids, 5, &done), ROTA_OK, NULL);
    ck_assert_int_eq(done, 0);
    done = 7;
    EXPECT(rota_reminder_retry(f.r, NULL, ids, 5, &done), ROTA_OK, NULL);
    ck_assert_int_eq(done, 0);
    EXPECT(rota_reminder_ack(f.r, NULL, NULL, 0, &done), ROTA_OK, NULL);
    EXPECT(rota_reminder_retry(f.r, NULL, NULL, 0, NULL), ROTA_OK, NULL);
}
END_TEST

START_TEST(placements_that_are_none)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_placement good = ROTA_INIT(rota_placement), p;
    rota_call dry = ROTA_INIT(rota_call);
    dry.flags = ROTA_CALL_DRY_RUN;
    good.window = q.when;
    good.duration = 900;
    q.placement = &p;
    p = good;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "no time of its own");
    q.when = (rota_span){ 0, 0 };
    EXPECT(rota_booking_create(f.r, &dry, &q, NULL), ROTA_OK, NULL);
    for (size_t i = 0; i < sizeof bad_spans / sizeof *bad_spans; i++) {
        p.window = bad_spans[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, NULL);
    }
    p = good;
    p.window.end = p.window.start + ROTA_MAX_WINDOW + 1;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ELIMIT, NULL);
    static const int64_t durations[] = { INT64_MIN, -1, 0, (int64_t)ROTA_MAX_BUFFER + 1,
                                         INT64_MAX };
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        p = good;
        p.duration = durations[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "duration");
    }
    static const int64_t steps[] = { INT64_MIN, -1, 86401, INT64_MAX };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        p = good;
        p.step = steps[i];
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "step");
    }
    p = good;
    p.days = 128;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "days");
    p = good;
    p.from = 86400;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "from");
    p.from = -1;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "from");
    p = good;
    p.until = 86401;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "until");
    p = good;
    p.zone = "Nowhere/At_All";
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "Nowhere/At_All");
    p.zone = "\xff";
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "zone");
    p = good;
    p.size = 8;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "size");
    p = good;
    q.set = ROTA_BOOKING_SET_TITLE;
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "placement");
    q.placement = NULL;
    q.flags = ROTA_BOOKING_MOVABLE; /* without a time it means nothing */
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID,
           "only a move that sets a time");
    q.on_conflict = ROTA_ON_CONFLICT_DISPLACE + 1;
    q.flags = 0;
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "on_conflict");
}
END_TEST

START_TEST(bits_nobody_knows)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_resource_request r = good_resource();
    rota_member_request m = ROTA_INIT(rota_member_request);
    rota_booking_query bq = ROTA_INIT(rota_booking_query);
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows = NULL;
    c.flags = 2;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "claim flags");
    EXPECT(rota_booking_check(f.r, &q), ROTA_EINVALID, "claim flags");
    c.flags = 0;
    c.reserved = 1;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "reserved");
    EXPECT(rota_booking_check(f.r, &q), ROTA_EINVALID, "reserved");
    c.reserved = 0;
    q.flags = 2;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "flags");
    q.flags = 0;
    q.set = ROTA_BOOKING_SET_LENGTH << 1;
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "set");
    q.set = 0;
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "nothing");
    q.set = ROTA_BOOKING_SET_WHEN;
    q.ref = "r";
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "ref");
    q.ref = NULL;
    q.hold_secs = 1;
    EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_EINVALID, "hold_secs");
    r.set = 2048;
    EXPECT(rota_resource_update(f.r, NULL, &room, &r, NULL), ROTA_EINVALID, "set");
    m.group = group;
    m.member = room;
    m.set = 4;
    EXPECT(rota_member_add(f.r, NULL, &m, NULL), ROTA_EINVALID, "set");
    m.set = ROTA_MEMBER_SET_FROM;
    EXPECT(rota_member_remove(f.r, NULL, &m, NULL), ROTA_EINVALID, "from");
    bq.when.end = 10;
    bq.statuses = 1;
    EXPECT(rota_booking_list(f.r, &bq, &rows), ROTA_EINVALID, "statuses");
    bq.statuses = 1u << 31;
    EXPECT(rota_booking_list(f.r, &bq, &rows), ROTA_EINVALID, "statuses");
    call.flags = 4;
    EXPECT(rota_booking_cancel(f.r, &call, &booking, NULL), ROTA_EINVALID, "flags");
    EXPECT(rota_tick(f.r, &call, NULL), ROTA_EINVALID, "flags");
    call.flags = 0;
    call.version = -1;
    EXPECT(rota_booking_cancel(f.r, &call, &booking, NULL), ROTA_EINVALID, "version");
    ck_assert_ptr_null(rows);
}
END_TEST

/* --- text --- */

enum {
    TEXT_TITLE,
    TEXT_BOOKING_REF,
    TEXT_BOOKING_DATA,
    TEXT_MOVE_TITLE,
    TEXT_MOVE_DATA,
    TEXT_KIND,
    TEXT_NAME,
    TEXT_RESOURCE_REF,
    TEXT_RESOURCE_DATA,
    TEXT_ZONE,
    TEXT_TAG,
    TEXT_NEW_NAME,
    TEXT_ACTOR,
    TEXT_ROLE,
    TEXT_KEY,
    TEXT_TRACE,
    TEXT_QUERY_KIND,
    TEXT_QUERY_TAG,
    TEXT_FIND_RESOURCE,
    TEXT_FIND_REMOVED,
    TEXT_FIND_BOOKING,
    TEXT_CONSUMER_READ,
    TEXT_CONSUMER_ACK,
    TEXT_CONSUMER_REMOVE,
    TEXT_CONSUMER_CREATE,
    TEXTS
};

static int give_text(int where, const char *text)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_resource_request r = good_resource();
    rota_resource_query rq = ROTA_INIT(rota_resource_query);
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows = NULL;
    rota_id found;
    call.flags = ROTA_CALL_DRY_RUN; /* what is accepted changes nothing either */
    switch (where) {
    case TEXT_TITLE:
        q.title = text;
        break;
    case TEXT_BOOKING_REF:
        q.ref = text;
        break;
    case TEXT_BOOKING_DATA:
        q.data = text;
        break;
    case TEXT_MOVE_TITLE:
        q.set = ROTA_BOOKING_SET_TITLE;
        q.title = text;
        break;
    case TEXT_MOVE_DATA:
        q.set = ROTA_BOOKING_SET_DATA;
        q.data = text;
        break;
    case TEXT_KIND:
        r.kind = text;
        break;
    case TEXT_NAME:
        r.name = text;
        break;
    case TEXT_RESOURCE_REF:
        r.ref = text;
        break;
    case TEXT_RESOURCE_DATA:
        r.data = text;
        break;
    case TEXT_ZONE:
        r.zone = text;
        break;
    case TEXT_TAG:
        r.tags = &text;
        r.tag_count = 1;
        break;
    case TEXT_NEW_NAME:
        r.set = ROTA_RESOURCE_SET_NAME;
        r.name = text;
        break;
    case TEXT_ACTOR:
        call.actor = text;
        break;
    case TEXT_ROLE:
        call.role = text;
        break;
    case TEXT_KEY:
        call.key = text;
        break;
    case TEXT_TRACE:
        call.trace = text;
        break;
    case TEXT_QUERY_KIND:
        rq.kind = text;
        break;
    case TEXT_QUERY_TAG:
        rq.tag = text;
        break;
    case TEXT_FIND_RESOURCE:
        return rota_resource_find(f.r, text, &found);
    case TEXT_FIND_REMOVED:
        return rota_resource_find_removed(f.r, text, &found);
    case TEXT_FIND_BOOKING:
        return rota_booking_find(f.r, text, &found);
    case TEXT_CONSUMER_READ:
        return rota_consumer_read(f.r, text, 0, &rows);
    case TEXT_CONSUMER_ACK:
        return rota_consumer_ack(f.r, &call, text, 0);
    case TEXT_CONSUMER_REMOVE:
        return rota_consumer_remove(f.r, &call, text);
    default:
        return rota_consumer_create(f.r, &call, text, 0);
    }
    if (where == TEXT_QUERY_KIND || where == TEXT_QUERY_TAG) {
        int rc = rota_resource_list(f.r, &rq, &rows);
        rota_result_free(rows);
        return rc;
    }
    if (q.set) return rota_booking_move(f.r, &call, &booking, &q, NULL);
    if (r.set) return rota_resource_update(f.r, &call, &room, &r, NULL);
    if (where == TEXT_TITLE || where == TEXT_BOOKING_REF || where == TEXT_BOOKING_DATA)
        return rota_booking_create(f.r, &call, &q, NULL);
    return rota_resource_create(f.r, &call, &r, NULL);
}

START_TEST(text_that_is_not_utf8)
{
    static const char *const texts[] = {
        "\x80",
        "a\xff",
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xc3",
        "\xe2\x82",
        "ok \xf8\x88\x80\x80\x80",
    };
    for (int where = 0; where < TEXTS; where++)
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            EXPECT(give_text(where, texts[i]), ROTA_EINVALID, "UTF-8");
}
END_TEST

START_TEST(text_that_is_too_long)
{
    char *mebibyte = malloc((1 << 20) + 1);
    ck_assert_ptr_nonnull(mebibyte);
    memset(mebibyte, 'x', 1 << 20);
    mebibyte[1 << 20] = '\0';
    for (int where = 0; where < TEXTS; where++) {
        bool data = where == TEXT_BOOKING_DATA || where == TEXT_MOVE_DATA ||
                    where == TEXT_RESOURCE_DATA;
        char *tail = mebibyte + (1 << 20);
        EXPECT(give_text(where, mebibyte), ROTA_ELIMIT, "longer");
        EXPECT(give_text(where, tail - (data ? ROTA_MAX_DATA : ROTA_MAX_NAME) - 1), ROTA_ELIMIT,
               "longer");
        if (where == TEXT_ZONE || (where >= TEXT_FIND_RESOURCE && where < TEXT_CONSUMER_CREATE))
            continue;
        EXPECT(give_text(where, tail - (data ? ROTA_MAX_DATA : ROTA_MAX_NAME)), ROTA_OK, NULL);
    }
    free(mebibyte);
}
END_TEST

START_TEST(text_that_is_empty_or_missing)
{
    static const int required[] = { TEXT_KIND,           TEXT_NAME,
                                    TEXT_NEW_NAME,       TEXT_TAG,
                                    TEXT_FIND_RESOURCE,  TEXT_FIND_REMOVED,
                                    TEXT_FIND_BOOKING,   TEXT_CONSUMER_READ,
                                    TEXT_CONSUMER_ACK,   TEXT_CONSUMER_REMOVE,
                                    TEXT_CONSUMER_CREATE };
    static const int not_empty[] = { TEXT_BOOKING_REF, TEXT_RESOURCE_REF, TEXT_ZONE,
                                     TEXT_KEY,         TEXT_QUERY_KIND,   TEXT_QUERY_TAG };
    static const int may_be_empty[] = { TEXT_TITLE,     TEXT_BOOKING_DATA,  TEXT_MOVE_TITLE,
                                        TEXT_MOVE_DATA, TEXT_RESOURCE_DATA, TEXT_ACTOR,
                                        TEXT_ROLE,      TEXT_TRACE };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        EXPECT(give_text(required[i], NULL), ROTA_EINVALID, "missing");
        EXPECT(give_text(required[i], ""), ROTA_EINVALID, "empty");
    }
    for (size_t i = 0; i < sizeof not_empty / sizeof *not_empty; i++) {
        EXPECT(give_text(not_empty[i], ""), ROTA_EINVALID, "empty");
        EXPECT(give_text(not_empty[i], NULL), ROTA_OK, NULL);
    }
    for (size_t i = 0; i < sizeof may_be_empty / sizeof *may_be_empty; i++) {
        EXPECT(give_text(may_be_empty[i], ""), ROTA_OK, NULL);
        EXPECT(give_text(may_be_empty[i], NULL), ROTA_OK, NULL);
    }
}
END_TEST

START_TEST(zones_that_are_none) /* decision 14: never UTC */
{
    static const char *const zones[] = {
        "Europe/Atlantis",
        "europe/berlin",
        "UTC+1",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe/",
        "Europe",
        ".",
        "..",
        "Europe//Berlin",
        "Europe/../Europe/Berlin",
        "posixrules",
        "posix/Europe/Berlin",
        "right/Europe/Berlin",
        "zone.tab",
        "tzdata.zi",
        "Europe/Berlin ",
        " UTC",
        "Europe/Berlin\n",
        "%s%n",
    };
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        rota_time out = 42;
        EXPECT(give_text(TEXT_ZONE, zones[i]), ROTA_EINVALID, NULL);
        EXPECT(rota_time_parse(f.r, "2031-03-10T08:00", zones[i], &out), ROTA_EINVALID, NULL);
        EXPECT(rota_time_parse(f.r, "2031-03-10T08:00Z", zones[i], &out), ROTA_EINVALID, NULL);
        ck_assert_int_eq(out, 42);
    }
}
END_TEST

START_TEST(instants_that_are_none)
{
    static const char *const texts[] = {
        "",
        " ",
        "now",
        "2031",
        "2031-03-10",
        "2031-03-10T",
        "2031-03-10T08",
        "2031-03-10T08:00",
        "2031-03-10T24:00Z",
        "2031-03-10T08:60Z",
        "2031-03-10T08:00:60Z",
        "2031-02-29T00:00Z",
        "2031-13-01T00:00Z",
        "2031-00-01T00:00Z",
        "2031-01-00T00:00Z",
        "2031-01-32T00:00Z",
        "2031-03-10T08:00:00.5Z",
        "2031-03-10T08:00+24:00",
        "2031-03-10T08:00+1:00",
        "2031-03-10T08:00+",
        "2031-03-10T08:00Zz",
        " 2031-03-10T08:00Z",
        "2031-03-10T08:00Z ",
        "0000-01-01T00:00Z",
        "10000-01-01T00:00Z",
        "-001-01-01T00:00Z",
        "9999-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+00:01",
        "\xff",
        "2031-03-10T08:00+01:60",
        "%s%n%x",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rota_time out = 42;
        EXPECT(rota_time_parse(f.r, texts[i], NULL, &out), ROTA_EINVALID, NULL);
        ck_assert_int_eq(out, 42);
    }
}
END_TEST

/* RFC 3339 allows fractions, so who writes one must not be told that it does not. */
START_TEST(a_fraction_is_refused_by_its_name)
{
    static const char fine[] = "2031-03-10T08:00:00.250Z";
    static const char said[] = "00.250Z\" has a fraction of a second: times are whole seconds";
    rota_series_query series = ROTA_INIT(rota_series_query);
    rota_time_reading reading = ROTA_INIT(rota_time_reading);
    rota_result *rows = NULL;
    rota_time out = 42;

    EXPECT(rota_time_parse(f.r, fine, NULL, &out), ROTA_EINVALID, said);
    EXPECT(rota_time_resolve(f.r, fine, "UTC", &reading), ROTA_EINVALID, said);
    series.start = fine;
    series.zone = "UTC";
    series.rule = "FREQ=DAILY;COUNT=2";
    series.window = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    EXPECT(rota_series_expand(f.r, &series, &rows, NULL), ROTA_EINVALID, "fraction of a second");
    series.start = "2031-03-10T08:00:00.000";
    EXPECT(rota_series_expand(f.r, &series, &rows, NULL), ROTA_OK, NULL);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_result_free(rows);
    ck_assert_int_eq(out, 42);
}
END_TEST

START_TEST(sql_is_only_text)
{
    static const char *const texts[] = {
        "'; DROP TABLE booking; --",
        "\" OR 1=1 --",
        "x'); DELETE FROM event; --",
        "Robert'); DROP TABLE Students;--",
        "%%s%n",
        "\\",
        "?1",
        ":a",
        "NULL",
        "''",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rota_resource_request q = good_resource();
        rota_resource_query query = ROTA_INIT(rota_resource_query);
        rota_resource row = ROTA_INIT(rota_resource);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        rota_result *rows;
        rota_id found;
        q.name = q.kind = q.ref = q.data = texts[i];
        q.tags = &texts[i];
        q.tag_count = 1;
        EXPECT(rota_resource_create(f.r, NULL, &q, &receipt), ROTA_OK, NULL);
        EXPECT(rota_resource_find(f.r, texts[i], &found), ROTA_OK, NULL);
        ck_assert_mem_eq(&found, &receipt.id, sizeof found);
        query.tag = query.kind = texts[i];
        EXPECT(rota_resource_list(f.r, &query, &rows), ROTA_OK, NULL);
        ck_assert_int_eq(rota_result_count(rows), 1);
        ck_assert_int_eq(rota_resource_at(rows, 0, &row), ROTA_OK);
        ck_assert_str_eq(row.name, texts[i]);
        rota_result_free(rows);
        EXPECT(rota_consumer_create(f.r, NULL, texts[i], 0), ROTA_OK, NULL);
        EXPECT(rota_consumer_ack(f.r, NULL, texts[i], 1), ROTA_OK, NULL);
        EXPECT(rota_consumer_remove(f.r, NULL, texts[i]), ROTA_OK, NULL);
        EXPECT(rota_consumer_ack(f.r, NULL, texts[i], 1), ROTA_ENOTFOUND, texts[i]);
        events_before++;
    }
}
END_TEST

/* --- records that are not there --- */

START_TEST(ids_nobody_has)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_resource_request r = good_resource();
    rota_member_request m = ROTA_INIT(rota_member_request);
    rota_member_query mq = ROTA_INIT(rota_member_query);
    rota_booking_query bq = ROTA_INIT(rota_booking_query);
    rota_resource_query rq = ROTA_INIT(rota_resource_query);
    rota_result *rows = NULL;
    rota_id ids[3] = { { { 0 } }, room, { { 255, 255, 255, 255, 255, 255, 255, 255 } } };
    ids[1].b[15] ^= 1;
    for (int i = 0; i < 3; i++) {
        const rota_id *id = &ids[i];
        char text[37];
        rota_id_format(id, text);
        EXPECT(rota_booking_get(f.r, id, &rows), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_cancel(f.r, NULL, id, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_confirm(f.r, NULL, id, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_check_in(f.r, NULL, id, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_complete(f.r, NULL, id, NULL), ROTA_ENOTFOUND, text);
        q.set = ROTA_BOOKING_SET_WHEN;
        EXPECT(rota_booking_move(f.r, NULL, id, &q, NULL), ROTA_ENOTFOUND, text);
        c.resource = *id;
        EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_check(f.r, &q), ROTA_ENOTFOUND, text);
        q.set = ROTA_BOOKING_SET_CLAIMS;
        EXPECT(rota_booking_move(f.r, NULL, &booking, &q, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_resource_get(f.r, id, &rows), ROTA_ENOTFOUND, text);
        r.set = ROTA_RESOURCE_SET_NAME;
        EXPECT(rota_resource_update(f.r, NULL, id, &r, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_resource_remove(f.r, NULL, id, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_resource_find(f.r, text, &m.group), ROTA_ENOTFOUND, text);
        EXPECT(rota_booking_find(f.r, text, &m.group), ROTA_ENOTFOUND, text);
        m.group = group;
        m.member = *id;
        EXPECT(rota_member_add(f.r, NULL, &m, NULL), ROTA_ENOTFOUND, text);
        EXPECT(rota_member_remove(f.r, NULL, &m, NULL), ROTA_ENOTFOUND, text);
        m.group = *id;
        m.member = room;
        EXPECT(rota_member_add(f.r, NULL, &m, NULL), ROTA_ENOTFOUND, text);
        if (i == 0) continue; /* none is no restriction */
        rota_reminder_request list = ROTA_INIT(rota_reminder_request);
        list.booking = *id;
        EXPECT(rota_reminder_put(f.r, NULL, &list, NULL), ROTA_ENOTFOUND, text);
        list.booking = (rota_id){ { 0 } };
        list.resource = *id;
        EXPECT(rota_reminder_put(f.r, NULL, &list, NULL), ROTA_ENOTFOUND, text);
        mq.group = *id;
        EXPECT(rota_member_list(f.r, &mq, &rows), ROTA_ENOTFOUND, text);
        bq.when.end = 10;
        bq.resource = *id;
        bq.after = (rota_id){ { 0 } };
        EXPECT(rota_booking_list(f.r, &bq, &rows), ROTA_ENOTFOUND, text);
        bq.resource = room;
        bq.after = *id;
        EXPECT(rota_booking_list(f.r, &bq, &rows), ROTA_ENOTFOUND, text);
        rq.parent = *id;
        EXPECT(rota_resource_list(f.r, &rq, &rows), ROTA_ENOTFOUND, text);
        r.parent = *id;
        EXPECT(rota_resource_create(f.r, NULL, &r, NULL), ROTA_ENOTFOUND, text);
    }
    mq = (rota_member_query)ROTA_INIT(rota_member_query);
    EXPECT(rota_member_list(f.r, &mq, &rows), ROTA_EINVALID, "neither");
    ck_assert_ptr_null(rows);
}
END_TEST

START_TEST(a_resource_claimed_twice)
{
    rota_claim claims[] = { the_claim(), the_claim() };
    rota_booking_request q = good_booking(claims);
    q.claim_count = 2;
    EXPECT(rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID, "twice");
    EXPECT(rota_booking_check(f.r, &q), ROTA_EINVALID, "twice");
}
END_TEST

/* --- NULL and records of the wrong size --- */

START_TEST(null_where_something_must_be)
{
    rota_claim c = the_claim();
    rota_booking_request q = good_booking(&c);
    rota_resource_request r = good_resource();
    rota_booking_query bq = ROTA_INIT(rota_booking_query);
    rota_member_query mq = ROTA_INIT(rota_member_query);
    rota_result *rows = NULL;
    rota_id id;
    rota_time out;
    rota_call dry = ROTA_INIT(rota_call);
    int32_t answer = 7;
    dry.flags = ROTA_CALL_DRY_RUN;
    bq.when.end = 10;
    mq.group = group;
    EXPECT(rota_attach(f.r, NULL), ROTA_EINVALID, "handle");
    EXPECT(rota_booking_check(f.r, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_create_all(f.r, NULL, NULL, 1, &answer, NULL), ROTA_EINVALID, "bookings");
    EXPECT(rota_booking_create_all(f.r, NULL, &q, 1, NULL, NULL), ROTA_EINVALID, "answer");
    EXPECT(rota_booking_create_all(f.r, &dry, &q, 1, &answer, NULL), ROTA_EINVALID, "dry run");
    EXPECT(rota_booking_create_all(f.r, NULL, &q, -1, &answer, NULL), ROTA_EINVALID, "count");
    EXPECT(rota_booking_create_all(f.r, NULL, &q, INT64_MAX, &answer, NULL), ROTA_ELIMIT, NULL);
    ck_assert_int_eq(answer, 7);
    EXPECT(rota_metrics_get(f.r, NULL), ROTA_EINVALID, "metrics");
    EXPECT(rota_metrics_text(f.r, NULL), ROTA_EINVALID, "text");
    EXPECT(rota_booking_create(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_move(f.r, NULL, NULL, &q, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_move(f.r, NULL, &booking, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_confirm(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_cancel(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_check_in(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_complete(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_find(f.r, "x", NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_get(f.r, NULL, &rows), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_get(f.r, &booking, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_booking_list(f.r, NULL, &rows), ROTA_EINVALID, "NULL");
    EXPECT(rota_booking_list(f.r, &bq, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_resource_create(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_update(f.r, NULL, NULL, &r, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_update(f.r, NULL, &room, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_remove(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_find(f.r, NULL, &id), ROTA_EINVALID, "missing");
    EXPECT(rota_resource_find(f.r, "x", NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_find_removed(f.r, NULL, &id), ROTA_EINVALID, "missing");
    EXPECT(rota_resource_find_removed(f.r, "x", NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_find_removed(f.r, "x", &id), ROTA_ENOTFOUND, "\"x\"");
    EXPECT(rota_resource_get(f.r, NULL, &rows), ROTA_EINVALID, "NULL");
    EXPECT(rota_resource_get(f.r, &room, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_resource_list(f.r, NULL, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_member_add(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_member_remove(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_member_list(f.r, NULL, &rows), ROTA_EINVALID, "NULL");
    EXPECT(rota_member_list(f.r, &mq, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_event_list(f.r, 0, 0, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_consumer_read(f.r, "x", 0, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_consumer_list(f.r, NULL), ROTA_EINVALID, NULL);
    rota_reminder_request list = good_list(NULL);
    EXPECT(rota_reminder_put(f.r, NULL, NULL, NULL), ROTA_EINVALID, "NULL");
    EXPECT(rota_reminder_put(f.r, NULL, &list, NULL), ROTA_EINVALID, "offsets");
    EXPECT(rota_reminder_due(f.r, NULL, NULL, NULL), ROTA_EINVALID, "rows");
    EXPECT(rota_reminder_dead(f.r, NULL, 0, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_reminder_ack(f.r, NULL, NULL, 1, NULL), ROTA_EINVALID, "ids");
    EXPECT(rota_reminder_retry(f.r, NULL, NULL, 1, NULL), ROTA_EINVALID, "ids");
    EXPECT(rota_conflict_list(f.r, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_cancelled_list(f.r, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_stats_get(f.r, NULL), ROTA_EINVALID, NULL);
    EXPECT(rota_time_parse(f.r, NULL, NULL, &out), ROTA_EINVALID, "NULL");
    EXPECT(rota_time_parse(f.r, "2031-03-10T08:00Z", NULL, NULL), ROTA_EINVALID, "NULL");
    ck_assert_ptr_null(rows);
}
END_TEST

START_TEST(null_for_a_handle_is_an_error_and_no_crash)
{
    rota_result *rows = NULL;
    rota_id id;
    rota_time out;
    rota *attached = NULL;
    const char *text = NULL;
    ck_assert_int_eq(rota_attach(NULL, &attached), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_check(NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_create_all(NULL, NULL, NULL, 0, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_metrics_get(NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_metrics_text(NULL, &text), ROTA_EINVALID);
    ck_assert(!attached && !text);
    ck_assert_int_eq(rota_booking_create(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_move(NULL, NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_cancel(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_find(NULL, "x", &id), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_get(NULL, &id, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_list(NULL, NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_create(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_update(NULL, NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_remove(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_find(NULL, "x", &id), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_find_removed(NULL, "x", &id), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_get(NULL, &id, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_list(NULL, NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_member_add(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_member_list(NULL, NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_event_list(NULL, 0, 0, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_create(NULL, NULL, "x", 0), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_ack(NULL, NULL, "x", 0), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_remove(NULL, NULL, "x"), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_read(NULL, "x", 0, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_list(NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_consumer_at(NULL, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_put(NULL, NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_due(NULL, NULL, NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_ack(NULL, NULL, NULL, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_dead(NULL, NULL, 0, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_retry(NULL, NULL, NULL, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_at(NULL, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_conflict_list(NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_cancelled_list(NULL, &rows), ROTA_EINVALID);
    ck_assert_int_eq(rota_tick(NULL, NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_check(NULL, 0), ROTA_EINVALID);
    ck_assert_int_eq(rota_stats_get(NULL, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_time_parse(NULL, "x", NULL, &out), ROTA_EINVALID);
    ck_assert_int_eq(rota_open(":memory:", NULL, NULL), ROTA_EINVALID);
    ck_assert_str_eq(rota_errmsg(NULL), rota_status_text(ROTA_ENOMEM));
    ck_assert_int_eq(rota_result_count(NULL), 0);
    ck_assert_int_eq(rota_booking_at(NULL, 0, NULL), ROTA_EINVALID);
    rota_result_free(NULL);
    rota_close(NULL);
    cases += 45;
}
END_TEST

/* A record with room behind it, as a newer host would pass. */
typedef union newer {
    uint32_t size;
    rota_call call;
    rota_receipt receipt;
    rota_booking_request booking;
    rota_resource_request resource;
    rota_member_request member;
    rota_booking_query booking_query;
    rota_resource_query resource_query;
    rota_member_query member_query;
    rota_tick_report report;
    rota_stats stats;
    rota_metrics metrics;
    rota_reminder_request list;
    rota_reminder_query due;
    unsigned char bytes[2048];
} newer;

enum {
    REC_CALL,
    REC_RECEIPT,
    REC_BOOKING,
    REC_RESOURCE,
    REC_MEMBER,
    REC_BOOKING_QUERY,
    REC_RESOURCE_QUERY,
    REC_MEMBER_QUERY,
    REC_REPORT,
    REC_STATS,
    REC_METRICS,
    REC_CHECK,
    REC_LIST,
    REC_DUE,
    RECORDS
};

static int give_record(int which, newer *n)
{
    rota_result *rows = NULL;
    rota_call dry = ROTA_INIT(rota_call);
    int rc;
    dry.flags = ROTA_CALL_DRY_RUN;
    switch (which) {
    case REC_CALL:
        return rota_tick(f.r, &n->call, NULL);
    case REC_RECEIPT:
        return rota_booking_cancel(f.r, &dry, &booking, &n->receipt);
    case REC_BOOKING:
        return rota_booking_create(f.r, &dry, &n->booking, NULL);
    case REC_RESOURCE:
        return rota_resource_create(f.r, &dry, &n->resource, NULL);
    case REC_MEMBER:
        return rota_member_add(f.r, &dry, &n->member, NULL);
    case REC_BOOKING_QUERY:
        rc = rota_booking_list(f.r, &n->booking_query, &rows);
        break;
    case REC_RESOURCE_QUERY:
        rc = rota_resource_list(f.r, &n->resource_query, &rows);
        break;
    case REC_MEMBER_QUERY:
        rc = rota_member_list(f.r, &n->member_query, &rows);
        break;
    case REC_REPORT:
        return rota_tick(f.r, NULL, &n->report);
    case REC_METRICS:
        return rota_metrics_get(f.r, &n->metrics);
    case REC_CHECK:
        return rota_booking_check(f.r, &n->booking);
    case REC_LIST:
        return rota_reminder_put(f.r, &dry, &n->list, NULL);
    case REC_DUE:
        rc = rota_reminder_due(f.r, &dry, &n->due, &rows);
        break;
    default:
        return rota_stats_get(f.r, &n->stats);
    }
    rota_result_free(rows);
    return rc;
}

START_TEST(records_are_taken_by_their_size)
{
    static const uint32_t sizes[RECORDS] = {
        sizeof(rota_call),
        sizeof(rota_receipt),
        sizeof(rota_booking_request),
        sizeof(rota_resource_request),
        sizeof(rota_member_request),
        sizeof(rota_booking_query),
        sizeof(rota_resource_query),
        sizeof(rota_member_query),
        sizeof(rota_tick_report),
        sizeof(rota_stats),
        sizeof(rota_metrics),
        sizeof(rota_booking_request),
        sizeof(rota_reminder_request),
        sizeof(rota_reminder_query),
    };
    /* Of those that have grown since. */
    static const uint32_t oldest[RECORDS] = {
        [REC_CALL] = 48,          [REC_RECEIPT] = 64, [REC_BOOKING] = 80,  [REC_CHECK] = 80,
        [REC_BOOKING_QUERY] = 80, [REC_REPORT] = 24,  [REC_METRICS] = 1496
    };
    static const uint32_t too_small[] = { 0, 1, 4, 8 };
    rota_claim c = the_claim();
    for (int which = 0; which < RECORDS; which++) {
        bool output = which == REC_RECEIPT || which == REC_REPORT || which == REC_STATS ||
                      which == REC_METRICS;
        newer n = { .bytes = { 0 } };
        if (which == REC_BOOKING || which == REC_CHECK) n.booking = good_booking(&c);
        if (which == REC_RESOURCE) n.resource = good_resource();
        if (which == REC_MEMBER) {
            n.member.group = group;
            n.member.member = room;
        }
        if (which == REC_BOOKING_QUERY) n.booking_query.when.end = 10;
        if (which == REC_MEMBER_QUERY) n.member_query.group = group;
        for (size_t i = 0; i < sizeof too_small / sizeof *too_small; i++) {
            n.size = too_small[i];
            EXPECT(give_record(which, &n), ROTA_EINVALID, "size");
        }
        n.size = (oldest[which] ? oldest[which] : sizes[which]) - 1;
        EXPECT(give_record(which, &n), ROTA_EINVALID, "size");
        n.size = sizes[which];
        EXPECT(give_record(which, &n), ROTA_OK, NULL);
        n.size = sizeof n; /* a newer host that uses nothing new */
        memset(n.bytes + sizes[which], output ? 0xee : 0, sizeof n - sizes[which]);
        EXPECT(give_record(which, &n), ROTA_OK, NULL);
        ck_assert_uint_eq(n.size, sizeof n);
        if (output) { /* what we do not know is zeroed, not left as it was */
            for (size_t i = sizes[which]; i < sizeof n; i++)
                ck_assert_int_eq(n.bytes[i], 0);
        } else { /* what we do not know is not ignored */
            n.bytes[sizeof n - 1] = 1;
            EXPECT(give_record(which, &n), ROTA_EVERSION, "does not know");
        }
    }
}
END_TEST

START_TEST(rows_are_read_by_kind_index_and_size)
{
    rota_result *rows;
    rota_booking b = ROTA_INIT(rota_booking);
    rota_resource r = ROTA_INIT(rota_resource);
    rota_member m = ROTA_INIT(rota_member);
    rota_conflict c = ROTA_INIT(rota_conflict);
    rota_event e = ROTA_INIT(rota_event);
    rota_reminder given = ROTA_INIT(rota_reminder);
    ck_status(&f, rota_booking_get(f.r, &booking, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 1, &b), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_at(rows, -1, &b), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_at(rows, INT64_MAX, &b), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_at(rows, 0, NULL), ROTA_EINVALID);
    ck_assert_int_eq(rota_resource_at(rows, 0, &r), ROTA_EINVALID);
    ck_assert_int_eq(rota_member_at(rows, 0, &m), ROTA_EINVALID);
    ck_assert_int_eq(rota_conflict_at(rows, 0, &c), ROTA_EINVALID);
    ck_assert_int_eq(rota_event_at(rows, 0, &e), ROTA_EINVALID);
    ck_assert_int_eq(rota_reminder_at(rows, 0, &given), ROTA_EINVALID);
    b.size = 0;
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_EINVALID);
    b.size = 120 - 1; /* of the first version */
    ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_EINVALID);
    rota_result_free(rows);
    cases += 12;
}
END_TEST

/* --- opening --- */

static int64_t broken_clock;
static rota_time broken_now(void *ctx)
{
    (void)ctx;
    return broken_clock;
}

static int no_random(void *ctx, void *bytes, int64_t count)
{
    (void)ctx;
    (void)bytes;
    (void)count;
    return -1;
}

START_TEST(what_cannot_be_opened)
{
    static char long_url[8192];
    memset(long_url, 'x', sizeof long_url - 1);
    const struct {
        const char *url;
        int status;
    } urls[] = {
        { NULL, ROTA_EINVALID },       { "", ROTA_EINVALID },
        { "\xff", ROTA_EINVALID },     { "postgres://host/db", ROTA_EINVALID },
        { "http://x", ROTA_EINVALID }, { long_url, ROTA_ELIMIT },
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        rota *r;
        ck_assert_int_eq(rota_open(urls[i].url, NULL, &r), urls[i].status);
        ck_assert_ptr_nonnull(r);
        ck_assert_str_ne(rota_errmsg(r), rota_status_text(urls[i].status));
        ck_assert_int_eq(rota_tick(r, NULL, NULL), ROTA_EINVALID);
        rota *attached = NULL;
        ck_assert_int_eq(rota_attach(r, &attached), ROTA_EINVALID);
        ck_assert_ptr_null(attached);
        rota_close(r);
        cases++;
    }
    rota_config config = ROTA_INIT(rota_config);
    rota *r;
    config.flags = 4;
    ck_assert_int_eq(rota_open(":memory:", &config, &r), ROTA_EINVALID);
    rota_close(r);
    config.flags = 0;
    config.on_conflict = 6;
    ck_assert_int_eq(rota_open(":memory:", &config, &r), ROTA_EINVALID);
    rota_close(r);
    config.on_conflict = 0;
    config.size = 8;
    ck_assert_int_eq(rota_open(":memory:", &config, &r), ROTA_EINVALID);
    rota_close(r);
    cases += 3;
}
END_TEST

START_TEST(a_clock_or_a_source_of_ids_that_fails)
{
    static const int64_t clocks[] = { INT64_MIN, INT64_MAX, ROTA_TIME_MIN - 1, ROTA_TIME_MAX + 1 };
    rota_config config = ROTA_INIT(rota_config);
    rota_resource_request q = good_resource();
    rota_stats stats = ROTA_INIT(rota_stats);
    rota *r;
    config.now = broken_now;
    config.random = no_random;
    ck_assert_int_eq(rota_open(":memory:", &config, &r), ROTA_OK);
    for (int i = 0; i < 4; i++) {
        broken_clock = clocks[i];
        ck_assert_int_eq(rota_resource_create(r, NULL, &q, NULL), ROTA_EINVALID);
        ck_assert_ptr_nonnull(strstr(rota_errmsg(r), "clock"));
        cases++;
    }
    broken_clock = 0;
    ck_assert_int_eq(rota_resource_create(r, NULL, &q, NULL), ROTA_EIO);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(r), "random"));
    ck_assert_int_eq(rota_stats_get(r, &stats), ROTA_OK);
    ck_assert_int_eq(stats.resources, 0);
    broken_clock = ROTA_TIME_MAX; /* a hold that would outlive time itself */
    rota_close(r);
    cases++;
}
END_TEST

Suite *bad_input_suite(void)
{
    Suite *s = suite_create("bad input");
    TCase *tc = tcase_create("bad input");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, spans_that_are_none);
    tcase_add_test(tc, numbers_out_of_range);
    tcase_add_test(tc, counts_and_limits_out_of_range);
    tcase_add_test(tc, reminders_out_of_range);
    tcase_add_test(tc, counts_of_reminders_out_of_range);
    tcase_add_test(tc, reminders_nobody_was_given_are_passed_over);
    tcase_add_test(tc, placements_that_are_none);
    tcase_add_test(tc, bits_nobody_knows);
    tcase_add_test(tc, text_that_is_not_utf8);
    tcase_add_test(tc, text_that_is_too_long);
    tcase_add_test(tc, text_that_is_empty_or_missing);
    tcase_add_test(tc, zones_that_are_none);
    tcase_add_test(tc, instants_that_are_none);
    tcase_add_test(tc, a_fraction_is_refused_by_its_name);
    tcase_add_test(tc, sql_is_only_text);
    tcase_add_test(tc, ids_nobody_has);
    tcase_add_test(tc, a_resource_claimed_twice);
    tcase_add_test(tc, null_where_something_must_be);
    tcase_add_test(tc, null_for_a_handle_is_an_error_and_no_crash);
    tcase_add_test(tc, records_are_taken_by_their_size);
    tcase_add_test(tc, rows_are_read_by_kind_index_and_size);
    tcase_add_test(tc, what_cannot_be_opened);
    tcase_add_test(tc, a_clock_or_a_source_of_ids_that_fails);
    suite_add_tcase(s, tc);
    return s;
}
