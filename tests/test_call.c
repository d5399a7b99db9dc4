/* One call record on every writing call: keys, versions, dry runs; the feed it
 * leaves; and several handles on one file. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static struct fx f;

static void setup(void)
{
    fx_open(&f, ":memory:");
    fx_clock(&f, "2031-03-10T08:00Z");
}

static void teardown(void)
{
    fx_close(&f);
}

static int book_on(rota *r, const rota_call *call, rota_id room, const char *from, const char *to,
                   rota_receipt *receipt)
{
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = &c;
    q.claim_count = 1;
    return rota_booking_create(r, call, &q, receipt);
}

static int64_t events(rota *r)
{
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_assert_int_eq(rota_stats_get(r, &stats), ROTA_OK);
    return stats.events;
}

/* --- idempotency: I5 D-05 G-22 G-44 BX-6 GX-10 --- */

START_TEST(a_repeated_call_gives_its_first_answer_and_does_nothing)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt first = ROTA_INIT(rota_receipt), again = ROTA_INIT(rota_receipt);
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &first),
              ROTA_OK);
    int64_t before = events(f.r);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &first.id, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &again),
              ROTA_OK);
    ck_assert_int_eq(events(f.r), before + 1);
    ck_assert_int_eq(again.flags, ROTA_RECEIPT_REPLAYED);
    again.flags = 0;
    ck_assert_mem_eq(&first, &again, sizeof first);
}
END_TEST

START_TEST(every_writing_call_knows_its_key)
{
    rota_id room = fx_room(&f, "Blue", 1), g = fx_room(&f, "G", 1);
    rota_id a = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_id b = fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_member_request m = ROTA_INIT(rota_member_request);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.kind = "room";
    q.name = "Red";
    m.group = g;
    m.member = room;
    move.set = ROTA_BOOKING_SET_TITLE;
    move.title = "moved";
    for (int i = 0; i < 2; i++) {
        call.key = "1";
        ck_status(&f, rota_resource_create(f.r, &call, &q, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        rota_id red = receipt.id;
        call.key = "2";
        q.set = ROTA_RESOURCE_SET_NAME;
        ck_status(&f, rota_resource_update(f.r, &call, &room, &q, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "3";
        ck_status(&f, rota_member_add(f.r, &call, &m, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "4";
        ck_status(&f, rota_member_remove(f.r, &call, &m, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "5";
        ck_status(&f, rota_booking_move(f.r, &call, &a, &move, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "6";
        ck_status(&f, rota_booking_check_in(f.r, &call, &a, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "7";
        ck_status(&f, rota_booking_cancel(f.r, &call, &b, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
        call.key = "8";
        ck_status(&f, rota_resource_remove(f.r, &call, &red, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.flags, i ? ROTA_RECEIPT_REPLAYED : 0);
    }
    rota_stats stats = ROTA_INIT(rota_stats);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    ck_assert_int_eq(stats.replays, 8);
}
END_TEST

START_TEST(the_same_key_for_something_else_is_refused)
{
    rota_id room = fx_room(&f, "Blue", 9);
    rota_call call = ROTA_INIT(rota_call);
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:01Z", NULL),
              ROTA_EKEY);
    call.version = 1;
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_EKEY);
    call.version = 0;
    call.actor = "somebody"; /* a key is the actor's own */
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:01Z", NULL),
              ROTA_OK);
    call.actor = NULL;
    call.trace = "another request id";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
}
END_TEST

/* Whatever makes it another one. */
START_TEST(a_key_is_of_one_record_one_span_and_its_claims)
{
    rota_id room = fx_room(&f, "Blue", 2), other = fx_room(&f, "Green", 2);
    rota_call call = ROTA_INIT(rota_call);
    const char *from = "2031-03-10T09:00Z", *to = "2031-03-10T10:00Z";
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, from, to, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, &call, other, from, to, NULL), ROTA_EKEY);
    ck_status(&f, book_on(f.r, &call, room, from, "2031-03-10T10:01Z", NULL), ROTA_EKEY);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:01Z", to, NULL), ROTA_EKEY);
    ck_status(&f, book_on(f.r, &call, room, from, to, NULL), ROTA_OK);

    rota_id one = fx_book(&f, room, from, to), two = fx_book(&f, other, from, to);
    call.key = "c";
    ck_status(&f, rota_booking_cancel(f.r, &call, &one, NULL), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, &call, &two, NULL), ROTA_EKEY);
    ck_assert_int_eq(fx_status(&f, two), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(a_key_is_kept_for_a_day)
{
    rota_id room = fx_room(&f, "Blue", 9);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_tick_report report = ROTA_INIT(rota_tick_report);
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
    fx_clock(&f, "2031-03-11T07:59:59Z");
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.keys, 0);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:01Z", NULL),
              ROTA_EKEY);
    fx_clock(&f, "2031-03-11T08:00:00Z");
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:01Z", &receipt),
              ROTA_OK);
    ck_assert_int_eq(receipt.flags, 0);
    fx_clock(&f, "2031-03-12T08:00:00Z");
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.keys, 1);
}
END_TEST

START_TEST(a_refusal_is_not_remembered)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_call call = ROTA_INIT(rota_call);
    rota_id other = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &other, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
}
END_TEST

START_TEST(what_an_override_cancelled_is_told_again)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id low = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_booking b = ROTA_INIT(rota_booking);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    rota_result *rows;
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = &c;
    q.claim_count = 1;
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    call.key = "k";
    for (int i = 0; i < 2; i++) {
        ck_status(&f, rota_booking_create(f.r, &call, &q, &receipt), ROTA_OK);
        ck_assert_int_eq(receipt.cancelled, 1);
        ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
        ck_assert_int_eq(rota_booking_at(rows, 0, &b), ROTA_OK);
        ck_assert_mem_eq(&b.id, &low, sizeof low);
        rota_result_free(rows);
    }
}
END_TEST

/* --- versions and dry runs --- */

START_TEST(an_expected_version_must_be_the_present_one) /* M-82 */
{
    rota_id room = fx_room(&f, "Blue", 1), g = fx_room(&f, "G", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_member_request m = ROTA_INIT(rota_member_request);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    call.version = 2;
    q.set = ROTA_RESOURCE_SET_NAME;
    q.name = "Azure";
    m.group = g;
    m.member = room;
    ck_status(&f, rota_booking_check_in(f.r, &call, &id, NULL), ROTA_EVERSION);
    ck_status(&f, rota_booking_cancel(f.r, &call, &id, NULL), ROTA_EVERSION);
    ck_status(&f, rota_resource_update(f.r, &call, &room, &q, NULL), ROTA_EVERSION);
    ck_status(&f, rota_resource_remove(f.r, &call, &g, NULL), ROTA_EVERSION);
    ck_status(&f, rota_member_add(f.r, &call, &m, NULL), ROTA_EVERSION);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "version 1, not 2"));
    call.version = 1;
    ck_status(&f, rota_booking_check_in(f.r, &call, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    ck_status(&f, rota_member_add(f.r, &call, &m, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    ck_status(&f, rota_resource_update(f.r, &call, &room, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
}
END_TEST

START_TEST(a_dry_run_answers_in_full_and_writes_nothing) /* B-03 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_call dry = ROTA_INIT(rota_call);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    int64_t before = events(f.r);
    dry.flags = ROTA_CALL_DRY_RUN;
    dry.key = "not remembered";
    q.kind = "room";
    q.name = "Red";
    ck_status(&f, book_on(f.r, &dry, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &receipt),
              ROTA_OK);
    ck_assert_int_eq(receipt.flags, ROTA_RECEIPT_DRY_RUN);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(receipt.version, 1);
    ck_status(&f, rota_resource_create(f.r, &dry, &q, &receipt), ROTA_OK);
    ck_status(&f, rota_resource_remove(f.r, &dry, &room, &receipt), ROTA_OK);
    ck_assert_int_eq(events(f.r), before);
    ck_status(&f, book_on(f.r, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
    ck_status(&f, book_on(f.r, &dry, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT);
}
END_TEST

/* --- the feed: I8 B-08 M-58 D-26 D-31 G-05 G-07 G-10 G-13 --- */

START_TEST(every_change_leaves_its_event)
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_call call = ROTA_INIT(rota_call);
    rota_member_request m = ROTA_INIT(rota_member_request);
    rota_booking_request move = ROTA_INIT(rota_booking_request);
    rota_resource_request name = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    static const int32_t types[] = {
        ROTA_EVENT_RESOURCE_CREATED,  ROTA_EVENT_RESOURCE_CREATED, ROTA_EVENT_MEMBER_ADDED,
        ROTA_EVENT_BOOKING_CREATED,   ROTA_EVENT_BOOKING_MOVED,    ROTA_EVENT_BOOKING_CHECKED_IN,
        ROTA_EVENT_BOOKING_COMPLETED, ROTA_EVENT_BOOKING_CREATED,  ROTA_EVENT_BOOKING_CANCELLED,
        ROTA_EVENT_MEMBER_REMOVED,    ROTA_EVENT_RESOURCE_UPDATED, ROTA_EVENT_RESOURCE_REMOVED,
    };
    call.actor = "anna";
    call.role = "operator";
    call.trace = "req-1";
    m.group = g;
    m.member = u;
    move.set = ROTA_BOOKING_SET_TITLE;
    move.title = "\"quoted\"\n";
    name.set = ROTA_RESOURCE_SET_NAME;
    name.name = "V";
    ck_status(&f, rota_member_add(f.r, &call, &m, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, &call, g, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &receipt),
              ROTA_OK);
    ck_status(&f, rota_booking_move(f.r, &call, &receipt.id, &move, NULL), ROTA_OK);
    ck_status(&f, rota_booking_check_in(f.r, &call, &receipt.id, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T09:30Z");
    ck_status(&f, rota_booking_complete(f.r, &call, &receipt.id, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, &call, g, "2031-03-10T10:00Z", "2031-03-10T11:00Z", &receipt),
              ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, &call, &receipt.id, NULL), ROTA_OK);
    ck_status(&f, rota_member_remove(f.r, &call, &m, NULL), ROTA_OK);
    ck_status(&f, rota_resource_update(f.r, &call, &u, &name, NULL), ROTA_OK);
    ck_status(&f, rota_resource_remove(f.r, &call, &u, NULL), ROTA_OK);

    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), (int64_t)(sizeof types / sizeof *types));
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_event e = ROTA_INIT(rota_event);
        ck_assert_int_eq(rota_event_at(rows, i, &e), ROTA_OK);
        ck_assert_int_eq(e.seq, i + 1);
        ck_assert_int_eq(e.type, types[i]);
        ck_assert_str_eq(e.name, rota_event_name(types[i]));
        if (i < 2) continue;
        ck_assert_str_eq(e.actor, "anna");
        ck_assert_str_eq(e.role, "operator");
        ck_assert_str_eq(e.trace, "req-1");
        if (types[i] == ROTA_EVENT_BOOKING_MOVED) {
            ck_assert_ptr_null(strstr(e.before, "quoted"));
            ck_assert_ptr_nonnull(strstr(e.after, "\"title\":\"\\\"quoted\\\"\\n\""));
            ck_assert_ptr_nonnull(strstr(e.after, "\"version\":2"));
        }
        if (types[i] == ROTA_EVENT_RESOURCE_REMOVED) ck_assert_ptr_null(e.after);
    }
    rota_result_free(rows);
    ck_status(&f, rota_event_list(f.r, 3, 2, &rows), ROTA_OK);
    rota_event e = ROTA_INIT(rota_event);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_event_at(rows, 0, &e);
    ck_assert_int_eq(e.seq, 4);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_refused_call_leaves_no_event)
{
    rota_id room = fx_room(&f, "Blue", 1);
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    int64_t before = events(f.r);
    ck_status(&f, book_on(f.r, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT);
    ck_assert_int_eq(events(f.r), before);
}
END_TEST

START_TEST(an_expiry_is_told_once)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call call = ROTA_INIT(rota_call);
    rota_event e = ROTA_INIT(rota_event);
    rota_result *rows;
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = &c;
    q.claim_count = 1;
    q.hold_secs = 60;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:05Z");
    call.actor = "cron";
    ck_status(&f, rota_tick(f.r, &call, NULL), ROTA_OK);
    ck_status(&f, rota_tick(f.r, &call, NULL), ROTA_OK);
    ck_status(&f, rota_event_list(f.r, 2, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_event_at(rows, 0, &e);
    ck_assert_int_eq(e.type, ROTA_EVENT_BOOKING_EXPIRED);
    ck_assert_str_eq(e.actor, "cron");
    rota_result_free(rows);
}
END_TEST

/* --- scopes --- */

/* What a scope means to a booking is told by the tests of series. */
START_TEST(a_scope_is_checked_before_anything_is_looked_up)
{
    static const struct {
        int32_t scope;
        rota_time occurrence;
        uint32_t reserved;
        const char *said;
    } wrong[] = {
        { -1, 0, 0, "scope is -1, not 0 to 3" },
        { 4, 0, 0, "scope is 4, not 0 to 3" },
        { ROTA_SCOPE_NONE, 1, 0, "an occurrence without a scope" },
        { ROTA_SCOPE_NONE, 0, 1, "reserved" },
        { ROTA_SCOPE_THIS, 0, 1, "reserved" },
        { ROTA_SCOPE_THIS, ROTA_TIME_MAX + 1, 0, "occurrence is" },
        { ROTA_SCOPE_FUTURE, ROTA_TIME_MIN - 1, 0, "occurrence is" },
        { ROTA_SCOPE_ALL, INT64_MAX, 0, "occurrence is" },
    };
    rota_id nobody = { { 1 } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        rota_call call = ROTA_INIT(rota_call);
        call.scope = wrong[i].scope;
        call.occurrence = wrong[i].occurrence;
        call.reserved = wrong[i].reserved;
        ck_status(&f, rota_booking_cancel(f.r, &call, &nobody, NULL), ROTA_EINVALID);
        ck_assert_msg(strstr(rota_errmsg(f.r), wrong[i].said) != NULL, "%s", rota_errmsg(f.r));
    }
}
END_TEST

START_TEST(only_what_changes_a_booking_takes_a_scope)
{
    rota_id room = fx_room(&f, "Blue", 1), group = fx_room(&f, "Group", 1);
    rota_call call = ROTA_INIT(rota_call);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request booking = ROTA_INIT(rota_booking_request);
    rota_resource_request resource = ROTA_INIT(rota_resource_request);
    rota_member_request member = ROTA_INIT(rota_member_request);
    int32_t answer;
    call.scope = ROTA_SCOPE_THIS;
    call.occurrence = t("2031-03-10T09:00Z");
    booking.when = (rota_span){ call.occurrence, call.occurrence + 3600 };
    booking.claims = &c;
    booking.claim_count = 1;
    resource.kind = resource.name = "room";
    resource.set = ROTA_RESOURCE_SET_NAME;
    member.group = group;
    member.member = room;
    int64_t before = events(f.r);
    int rcs[] = {
        rota_booking_create(f.r, &call, &booking, NULL),
        rota_booking_create_all(f.r, &call, &booking, 1, &answer, NULL),
        rota_resource_create(f.r, &call, &resource, NULL),
        rota_resource_update(f.r, &call, &room, &resource, NULL),
        rota_resource_remove(f.r, &call, &room, NULL),
        rota_member_add(f.r, &call, &member, NULL),
        rota_member_remove(f.r, &call, &member, NULL),
        rota_consumer_create(f.r, &call, "mailer", 0),
        rota_consumer_ack(f.r, &call, "mailer", 0),
        rota_consumer_remove(f.r, &call, "mailer"),
        rota_tick(f.r, &call, NULL),
    };
    for (size_t i = 0; i < sizeof rcs / sizeof *rcs; i++)
        ck_assert_msg(rcs[i] == ROTA_EINVALID, "call %zu: %s", i, rota_status_name(rcs[i]));
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "not for a part of a series"));
    ck_assert_int_eq(events(f.r), before);
}
END_TEST

START_TEST(a_recurrence_is_for_one_creation_alone)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_recurrence weekly = ROTA_INIT(rota_recurrence);
    int32_t answer;
    weekly.start = "2031-03-12T09:00";
    weekly.zone = "UTC";
    weekly.rule = "FREQ=WEEKLY;COUNT=3";
    weekly.length = 3600;
    q.claims = &c;
    q.claim_count = 1;
    q.recurrence = &weekly;
    q.set = ROTA_BOOKING_SET_CLAIMS;
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "cannot be checked"));
    rota_booking_request placed = q;
    const rota_placement where = ROTA_INIT(rota_placement);
    placed.recurrence = NULL;
    placed.placement = &where;
    ck_status(&f, rota_booking_check(f.r, &placed), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "yet to be placed"));
    ck_status(&f, rota_booking_create_all(f.r, NULL, &q, 1, &answer, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "in bulk"));
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "cannot change the recurrence"));

    weekly.all_day = 1;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "all_day"));
    weekly.all_day = 0;
    weekly.size = 16;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "recurrence has size 16"));
}
END_TEST

/* --- several handles on one file --- */

static rota *second_handle(const char *path)
{
    rota *r;
    rota_config config = ROTA_INIT(rota_config);
    config.now = f.config.now;
    config.now_ctx = f.config.now_ctx;
    ck_assert_int_eq(rota_open(path, &config, &r), ROTA_OK);
    return r;
}

START_TEST(what_one_handle_commits_the_other_sees_at_its_next_call)
{
    char path[256];
    fx_close(&f);
    fx_path(&f, "two.db", path, sizeof path);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    rota *other = second_handle(path);
    rota_id room = fx_room(&f, "Blue", 1), g = fx_room(&f, "G", 1);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_member_request m = ROTA_INIT(rota_member_request);

    ck_assert_int_eq(book_on(other, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &receipt),
                     ROTA_OK);
    ck_status(&f, book_on(f.r, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_ECONFLICT);
    ck_assert_int_eq(rota_booking_cancel(other, NULL, &receipt.id, NULL), ROTA_OK);
    ck_status(&f, book_on(f.r, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
              ROTA_OK);
    ck_assert_int_eq(book_on(other, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
                     ROTA_ECONFLICT);

    q.set = ROTA_RESOURCE_SET_CAPACITY; /* a change of the resource, not of a booking */
    q.capacity = 2;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &q, NULL), ROTA_OK);
    ck_assert_int_eq(book_on(other, NULL, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
                     ROTA_OK);

    m.group = g; /* and of a membership */
    m.member = room;
    ck_status(&f, rota_member_add(f.r, NULL, &m, NULL), ROTA_OK);
    ck_assert_int_eq(book_on(other, NULL, g, "2031-03-10T09:00Z", "2031-03-10T10:00Z", NULL),
                     ROTA_ECONFLICT);
    ck_assert_int_eq(rota_check(other, ROTA_TIME_MIN), ROTA_OK);
    rota_close(other);
}
END_TEST

START_TEST(a_calendar_is_the_same_after_it_was_closed)
{
    char path[256];
    fx_close(&f);
    fx_path(&f, "again.db", path, sizeof path);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    rota_id room = fx_room(&f, "Blue", 1);
    rota_call call = ROTA_INIT(rota_call);
    rota_receipt first = ROTA_INIT(rota_receipt), again = ROTA_INIT(rota_receipt);
    call.key = "k";
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &first),
              ROTA_OK);
    int64_t before = events(f.r);
    fx_close(&f);
    fx_open(&f, path);
    fx_clock(&f, "2031-03-10T08:00Z");
    ck_assert_int_eq(events(f.r), before);
    ck_status(&f, book_on(f.r, &call, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", &again),
              ROTA_OK);
    ck_assert_mem_eq(&first.id, &again.id, sizeof first.id);
    ck_status(&f, book_on(f.r, NULL, room, "2031-03-10T09:59Z", "2031-03-10T10:01Z", NULL),
              ROTA_ECONFLICT);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

Suite *call_suite(void)
{
    Suite *s = suite_create("call");
    TCase *tc = tcase_create("call");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_repeated_call_gives_its_first_answer_and_does_nothing);
    tcase_add_test(tc, every_writing_call_knows_its_key);
    tcase_add_test(tc, the_same_key_for_something_else_is_refused);
    tcase_add_test(tc, a_key_is_of_one_record_one_span_and_its_claims);
    tcase_add_test(tc, a_key_is_kept_for_a_day);
    tcase_add_test(tc, a_refusal_is_not_remembered);
    tcase_add_test(tc, what_an_override_cancelled_is_told_again);
    tcase_add_test(tc, an_expected_version_must_be_the_present_one);
    tcase_add_test(tc, a_dry_run_answers_in_full_and_writes_nothing);
    tcase_add_test(tc, every_change_leaves_its_event);
    tcase_add_test(tc, a_refused_call_leaves_no_event);
    tcase_add_test(tc, an_expiry_is_told_once);
    tcase_add_test(tc, a_scope_is_checked_before_anything_is_looked_up);
    tcase_add_test(tc, only_what_changes_a_booking_takes_a_scope);
    tcase_add_test(tc, a_recurrence_is_for_one_creation_alone);
    tcase_add_test(tc, what_one_handle_commits_the_other_sees_at_its_next_call);
    tcase_add_test(tc, a_calendar_is_the_same_after_it_was_closed);
    suite_add_tcase(s, tc);
    return s;
}
