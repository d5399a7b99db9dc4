/* Bookings: the life cycle, holds, moves, several resources at once, lists. */
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

static rota_booking_request request(const rota_claim *claims, int64_t count, const char *from,
                                    const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = claims;
    q.claim_count = count;
    return q;
}

static rota_claim claim(rota_id resource, int32_t units)
{
    rota_claim c = { .resource = resource, .units = units };
    return c;
}

static int create(rota_id room, const char *from, const char *to, int32_t hold_secs,
                  rota_receipt *receipt)
{
    rota_claim c = claim(room, 1);
    rota_booking_request q = request(&c, 1, from, to);
    q.hold_secs = hold_secs;
    return rota_booking_create(f.r, NULL, &q, receipt);
}

static rota_booking get(rota_id id, rota_result **rows)
{
    rota_booking b = ROTA_INIT(rota_booking);
    ck_status(&f, rota_booking_get(f.r, &id, rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(*rows, 0, &b), ROTA_OK);
    return b;
}

static int32_t status_of(rota_id id)
{
    rota_result *rows;
    int32_t status = get(id, &rows).status;
    rota_result_free(rows);
    return status;
}

START_TEST(a_booking_is_there_as_it_was_made) /* B-01 B-12 C-15..C-17 M-19 M-48 D-15 */
{
    rota_id room = fx_room(&f, "Blue", 3), anna = fx_room(&f, "Anna", 1);
    rota_claim claims[] = { claim(anna, 1), claim(room, 2) };
    claims[0].role = ROTA_ROLE_ORGANIZER;
    rota_booking_request q = request(claims, 2, "2031-03-10T09:00Z", "2031-03-12T09:00:01Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    q.title = "Offsite \xc3\xa9t\xc3\xa9";
    q.ref = "crm-17";
    q.data = "{\"location\":\"by the sea\"}";
    q.priority = -3;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 1);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(receipt.when.end, q.when.end);
    ck_assert_int_eq(receipt.hold_expires, 0);

    rota_booking b = get(receipt.id, &rows);
    ck_assert_str_eq(b.title, q.title);
    ck_assert_str_eq(b.ref, q.ref);
    ck_assert_str_eq(b.data, q.data);
    ck_assert_int_eq(b.priority, -3);
    ck_assert_int_eq(b.created_at, t("2031-03-10T08:00Z"));
    ck_assert_int_eq(b.phase, ROTA_PHASE_UPCOMING);
    ck_assert_int_eq(b.claim_count, 2);
    ck_assert_int_le(memcmp(&b.claims[0].resource, &b.claims[1].resource, 16), 0);
    for (int i = 0; i < 2; i++) {
        bool is_room = memcmp(&b.claims[i].resource, &room, 16) == 0;
        ck_assert_int_eq(b.claims[i].units, is_room ? 2 : 1);
        ck_assert_int_eq(b.claims[i].role, is_room ? ROTA_ROLE_REQUIRED : ROTA_ROLE_ORGANIZER);
    }
    rota_result_free(rows);
}
END_TEST

START_TEST(all_resources_are_taken_or_none) /* C-26 M-28 MX-13 */
{
    rota_id room = fx_room(&f, "Blue", 1), anna = fx_room(&f, "Anna", 1);
    fx_book(&f, anna, "2031-03-10T09:30Z", "2031-03-10T10:00Z");
    rota_claim claims[] = { claim(room, 1), claim(anna, 1) };
    rota_booking_request q = request(claims, 2, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_hold_lives_to_its_last_second_and_not_beyond) /* I7 G-30 G-32 G-45 C-04 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 600, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_HELD);
    ck_assert_int_eq(receipt.hold_expires, t("2031-03-10T08:10Z"));
    fx_clock(&f, "2031-03-10T08:09:59Z");
    ck_assert_int_eq(status_of(receipt.id), ROTA_BOOKING_HELD);
    ck_status(&f, create(room, "2031-03-10T09:30Z", "2031-03-10T10:00Z", 0, NULL), ROTA_ECONFLICT);
    fx_clock(&f, "2031-03-10T08:10:00Z");
    ck_assert_int_eq(status_of(receipt.id), ROTA_BOOKING_EXPIRED);
    ck_status(&f, create(room, "2031-03-10T09:30Z", "2031-03-10T10:00Z", 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_late_confirmation_wins_only_if_the_time_is_free) /* GX-9 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt a = ROTA_INIT(rota_receipt), b = ROTA_INIT(rota_receipt);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60, &a), ROTA_OK);
    ck_status(&f, create(room, "2031-03-10T10:00Z", "2031-03-10T11:00Z", 60, &b), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:30Z");
    ck_status(&f, create(room, "2031-03-10T09:30Z", "2031-03-10T09:45Z", 0, NULL), ROTA_OK);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &a.id, NULL), ROTA_ECONFLICT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "the hold had lapsed"));
    ck_assert_int_eq(status_of(a.id), ROTA_BOOKING_EXPIRED);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &b.id, &b), ROTA_OK);
    ck_assert_int_eq(b.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(b.hold_expires, 0);

    rota_booking read = ROTA_INIT(rota_booking);
    rota_result *rows;
    ck_status(&f, rota_booking_get(f.r, &b.id, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &read), ROTA_OK);
    ck_assert_int_eq(read.hold_expires, 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_ticked_hold_may_still_be_confirmed) /* GX-9 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt a = ROTA_INIT(rota_receipt);
    rota_tick_report report = ROTA_INIT(rota_tick_report);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60, &a), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:01Z");
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.expired, 1);
    ck_assert_int_eq(report.more, 0);
    ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
    ck_assert_int_eq(report.expired, 0);
    ck_status(&f, rota_booking_confirm(f.r, NULL, &a.id, NULL), ROTA_OK);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 0, NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(one_tick_does_a_bounded_amount_of_work) /* M-44 */
{
    rota_id room = fx_room(&f, "Pool", 2000);
    rota_tick_report report = ROTA_INIT(rota_tick_report);
    rota_call dry = ROTA_INIT(rota_call);
    int64_t expired = 0, ticks = 0;
    for (int i = 0; i < 1100; i++)
        ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:01Z");
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, rota_tick(f.r, &dry, &report), ROTA_OK);
    ck_assert_int_eq(report.expired, 500);
    do {
        ck_status(&f, rota_tick(f.r, NULL, &report), ROTA_OK);
        expired += report.expired;
        ticks++;
    } while (report.more);
    ck_assert_int_eq(expired, 1100);
    ck_assert_int_eq(ticks, 3);
}
END_TEST

/* Every step from every status: one table, looked at from outside. M-59 */
enum { VERB_CONFIRM, VERB_CANCEL, VERB_CHECK_IN, VERB_COMPLETE, VERB_MOVE, VERB_RESTORE, VERBS };
static const int statuses[] = { ROTA_BOOKING_HELD,       ROTA_BOOKING_CONFIRMED,
                                ROTA_BOOKING_CHECKED_IN, ROTA_BOOKING_COMPLETED,
                                ROTA_BOOKING_CANCELLED,  ROTA_BOOKING_EXPIRED };

static int verb(int which, const rota_id *id)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    switch (which) {
    case VERB_CONFIRM:
        return rota_booking_confirm(f.r, NULL, id, NULL);
    case VERB_CANCEL:
        return rota_booking_cancel(f.r, NULL, id, NULL);
    case VERB_CHECK_IN:
        return rota_booking_check_in(f.r, NULL, id, NULL);
    case VERB_COMPLETE:
        return rota_booking_complete(f.r, NULL, id, NULL);
    case VERB_RESTORE:
        return rota_booking_restore(f.r, NULL, id, NULL);
    default:
        q.set = ROTA_BOOKING_SET_WHEN;
        q.when.start = t("2031-03-11T12:00Z");
        q.when.end = t("2031-03-11T13:00Z");
        return rota_booking_move(f.r, NULL, id, &q, NULL);
    }
}

/* A booking 09:00 to 10:00 in the status, with the clock at 08:00 or 09:30. */
static rota_id bring(rota_id room, int32_t status, const char *now)
{
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    bool held = status == ROTA_BOOKING_HELD || status == ROTA_BOOKING_EXPIRED;
    fx_clock(&f, "2031-03-10T07:00Z");
    ck_status(&f,
              create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z",
                     held ? (status == ROTA_BOOKING_HELD ? 36000 : 60) : 0, &receipt),
              ROTA_OK);
    if (status == ROTA_BOOKING_CANCELLED) verb(VERB_CANCEL, &receipt.id);
    if (status == ROTA_BOOKING_CHECKED_IN) verb(VERB_CHECK_IN, &receipt.id);
    if (status == ROTA_BOOKING_COMPLETED) {
        fx_clock(&f, "2031-03-10T09:59Z");
        verb(VERB_COMPLETE, &receipt.id);
    }
    fx_clock(&f, now);
    ck_assert_int_eq(status_of(receipt.id), status);
    return receipt.id;
}

START_TEST(the_life_cycle_is_the_table_and_nothing_else)
{
    /* columns as VERBS: confirm cancel check_in complete move restore; o: allowed */
    static const char *const before_start[] = {
        [ROTA_BOOKING_HELD] = "oo--o-",       [ROTA_BOOKING_CONFIRMED] = "-oo-o-",
        [ROTA_BOOKING_CHECKED_IN] = "-o--o-", [ROTA_BOOKING_COMPLETED] = "------",
        [ROTA_BOOKING_CANCELLED] = "-----o",  [ROTA_BOOKING_EXPIRED] = "o-----",
    };
    static const char *const ongoing[] = {
        [ROTA_BOOKING_HELD] = "oo--o-",       [ROTA_BOOKING_CONFIRMED] = "--ooo-",
        [ROTA_BOOKING_CHECKED_IN] = "---oo-", [ROTA_BOOKING_COMPLETED] = "------",
        [ROTA_BOOKING_CANCELLED] = "-----o",  [ROTA_BOOKING_EXPIRED] = "o-----",
    };
    for (int s = 0; s < 6; s++)
        for (int v = 0; v < VERBS; v++)
            for (int late = 0; late < 2; late++) {
                rota_id room = fx_room(&f, "Blue", 1);
                int32_t status = statuses[s];
                rota_id id = bring(room, status, late ? "2031-03-10T09:30Z" : "2031-03-10T08:00Z");
                bool allowed = (late ? ongoing : before_start)[status][v] == 'o';
                int rc = verb(v, &id);
                ck_assert_msg(rc == (allowed ? ROTA_OK : ROTA_ESTATE),
                              "status %d, verb %d, late %d: %s (%s)", status, v, late,
                              rota_status_name(rc), rota_errmsg(f.r));
                if (!allowed) ck_assert_int_eq(status_of(id), status);
            }
}
END_TEST

START_TEST(a_booking_that_is_over_is_not_checked_in_but_completed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_clock(&f, "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_check_in(f.r, NULL, &id, NULL), ROTA_ESTATE);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, rota_booking_complete(f.r, NULL, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.end, t("2031-03-10T10:00Z"));
}
END_TEST

START_TEST(completing_early_gives_back_the_rest) /* design 7.12 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T11:00Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    fx_clock(&f, "2031-03-10T09:20Z");
    ck_status(&f, rota_booking_complete(f.r, NULL, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.end, t("2031-03-10T09:20Z"));
    ck_status(&f, create(room, "2031-03-10T09:19Z", "2031-03-10T09:30Z", 0, NULL), ROTA_ECONFLICT);
    ck_status(&f, create(room, "2031-03-10T09:20Z", "2031-03-10T11:00Z", 0, NULL), ROTA_OK);

    id = fx_book(&f, room, "2031-03-10T12:00Z", "2031-03-10T13:00Z");
    fx_clock(&f, "2031-03-10T12:00Z");
    ck_status(&f, rota_booking_complete(f.r, NULL, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.end, t("2031-03-10T12:00:01Z"));
}
END_TEST

START_TEST(override_cancels_what_has_begun) /* D-26 DX-5 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_call boss = ROTA_INIT(rota_call);
    boss.flags = ROTA_CALL_OVERRIDE;
    fx_clock(&f, "2031-03-10T09:00Z");
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_ESTATE);
    ck_status(&f, rota_booking_cancel(f.r, &boss, &id, NULL), ROTA_OK);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_cancelled_booking_frees_every_resource_and_stays_on_record) /* C-08 D-18 M-30 M-89 */
{
    rota_id room = fx_room(&f, "Blue", 1), anna = fx_room(&f, "Anna", 1);
    rota_claim claims[] = { claim(room, 1), claim(anna, 1) };
    rota_booking_request q = request(claims, 2, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    ck_assert_int_eq(status_of(receipt.id), ROTA_BOOKING_CANCELLED);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_cancelled_booking_is_restored_if_its_time_is_free)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), other;
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, fx_try(&f, room, "2031-03-10T09:30Z", "2031-03-10T10:30Z", &other), ROTA_OK);
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
    ck_assert_int_eq(status_of(id), ROTA_BOOKING_CANCELLED);

    ck_status(&f, rota_booking_cancel(f.r, NULL, &other, NULL), ROTA_OK);
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(receipt.version, 3);
    ck_assert_int_eq(receipt.when.start, t("2031-03-10T09:00Z"));
    ck_status(&f, rota_booking_restore(f.r, NULL, &other, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_ESTATE);
}
END_TEST

START_TEST(a_cancelled_hold_is_restored_as_a_booking)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60, &receipt), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T09:59Z");
    ck_status(&f, rota_booking_restore(f.r, NULL, &receipt.id, NULL), ROTA_OK);
    ck_assert_int_eq(get(receipt.id, &rows).hold_expires, 0);
    rota_result_free(rows);
    ck_assert_int_eq(status_of(receipt.id), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(what_is_over_is_not_restored)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_ESTATE);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "ended at 2031-03-10T10:00:00Z"));
    fx_clock(&f, "2031-03-10T09:59:59Z");
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_restored_booking_is_told_in_the_feed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_event event = ROTA_INIT(rota_event);
    rota_result *rows;
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, rota_booking_restore(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, rota_event_list(f.r, 0, 0, &rows), ROTA_OK);
    ck_assert_int_eq(rota_event_at(rows, rota_result_count(rows) - 1, &event), ROTA_OK);
    ck_assert_int_eq(event.type, ROTA_EVENT_BOOKING_RESTORED);
    ck_assert_str_eq(event.name, "booking.restored");
    ck_assert_ptr_nonnull(strstr(event.before, "\"status\":\"cancelled\""));
    ck_assert_ptr_nonnull(strstr(event.after, "\"status\":\"confirmed\""));
    rota_result_free(rows);
}
END_TEST

START_TEST(a_move_does_not_trip_over_itself) /* I9 MX-9 D-17 D-31 M-20 M-49 */
{
    rota_id room = fx_room(&f, "Blue", 1), other = fx_room(&f, "Red", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_claim c = claim(other, 1);
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when.start = t("2031-03-10T09:15Z");
    q.when.end = t("2031-03-10T10:15Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_mem_eq(&receipt.id, &id, sizeof id);
    ck_assert_int_eq(receipt.version, 2);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T09:15Z", 0, NULL), ROTA_OK);
    ck_status(&f, create(room, "2031-03-10T10:00Z", "2031-03-10T10:15Z", 0, NULL), ROTA_ECONFLICT);

    q.set = ROTA_BOOKING_SET_CLAIMS;
    q.claims = &c;
    q.claim_count = 1;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-10T09:15Z"));
    ck_status(&f, create(room, "2031-03-10T09:15Z", "2031-03-10T10:15Z", 0, NULL), ROTA_OK);
    ck_status(&f, create(other, "2031-03-10T09:15Z", "2031-03-10T10:15Z", 0, NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(a_refused_move_loses_nothing) /* I9 DX-4 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_book(&f, room, "2031-03-10T11:00Z", "2031-03-10T12:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_result *rows;
    q.set = ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_TITLE;
    q.title = "elsewhere";
    q.when.start = t("2031-03-10T11:30Z");
    q.when.end = t("2031-03-10T12:30Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_ECONFLICT);
    rota_booking b = get(id, &rows);
    ck_assert_int_eq(b.version, 1);
    ck_assert_int_eq(b.when.start, t("2031-03-10T09:00Z"));
    rota_result_free(rows);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 0, NULL), ROTA_ECONFLICT);
}
END_TEST

START_TEST(title_data_and_priority_change_without_the_gate) /* C-06 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_resource_request off = ROTA_INIT(rota_resource_request);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_result *rows;
    off.set = ROTA_RESOURCE_SET_ACTIVE;
    ck_status(&f, rota_resource_update(f.r, NULL, &room, &off, NULL), ROTA_OK);
    q.set = ROTA_BOOKING_SET_TITLE | ROTA_BOOKING_SET_DATA | ROTA_BOOKING_SET_PRIORITY;
    q.title = "New";
    q.data = "d";
    q.priority = 9;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_OK);
    rota_booking b = get(id, &rows);
    ck_assert_str_eq(b.title, "New");
    ck_assert_str_eq(b.data, "d");
    ck_assert_int_eq(b.priority, 9);
    ck_assert_int_eq(b.when.start, t("2031-03-10T09:00Z"));
    rota_result_free(rows);
}
END_TEST

START_TEST(a_moved_hold_lapses_when_it_did)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    ck_status(&f, create(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 600, &receipt), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:05Z");
    q.set = ROTA_BOOKING_SET_WHEN;
    q.when.start = t("2031-03-10T12:00Z");
    q.when.end = t("2031-03-10T13:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &receipt.id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.hold_expires, t("2031-03-10T08:10Z"));
    fx_clock(&f, "2031-03-10T08:10Z");
    ck_status(&f, create(room, "2031-03-10T12:00Z", "2031-03-10T13:00Z", 0, NULL), ROTA_OK);
}
END_TEST

START_TEST(only_the_future_where_the_request_says_so) /* B-07 BX-4 */
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c = claim(room, 1);
    rota_booking_request q = request(&c, 1, "2031-03-10T07:59:59Z", "2031-03-10T09:00Z");
    q.flags = ROTA_BOOKING_FUTURE;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_EPOLICY);
    q.when.start = t("2031-03-10T08:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    q.flags = 0;
    q.when.start = t("2001-03-10T08:00Z");
    q.when.end = t("2001-03-10T09:00Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_ref_belongs_to_one_booking)
{
    rota_id room = fx_room(&f, "Blue", 1), found;
    rota_claim c = claim(room, 1);
    rota_booking_request q = request(&c, 1, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    char text[37];
    q.ref = "order/1";
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    q.when.start += 86400;
    q.when.end += 86400;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ESTATE);
    ck_status(&f, rota_booking_find(f.r, "order/1", &found), ROTA_OK);
    ck_assert_mem_eq(&found, &receipt.id, sizeof found);
    rota_id_format(&receipt.id, text);
    ck_status(&f, rota_booking_find(f.r, text, &found), ROTA_OK);
    ck_status(&f, rota_booking_find(f.r, "order/2", &found), ROTA_ENOTFOUND);
    text[0] = text[0] == '0' ? '1' : '0';
    ck_status(&f, rota_booking_find(f.r, text, &found), ROTA_ENOTFOUND);
}
END_TEST

/* --- lists --- */

static int64_t list(const rota_booking_query *query, char *titles, size_t room)
{
    rota_result *rows;
    titles[0] = '\0';
    ck_status(&f, rota_booking_list(f.r, query, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
        strncat(titles, b.title ? b.title : "?", room - strlen(titles) - 1);
    }
    int64_t count = rota_result_count(rows);
    rota_result_free(rows);
    return count;
}

static rota_id book_titled(rota_id room, const char *title, const char *from, const char *to,
                           int32_t hold_secs)
{
    rota_claim c = claim(room, 1);
    rota_booking_request q = request(&c, 1, from, to);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.title = title;
    q.hold_secs = hold_secs;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

START_TEST(a_list_has_what_overlaps_its_window) /* B-04 B-05 C-02 D-19 MX-12 */
{
    rota_id room = fx_room(&f, "Blue", 9), other = fx_room(&f, "Red", 1);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    char titles[64];
    book_titled(room, "a", "2031-03-10T08:00Z", "2031-03-10T10:00Z", 0);
    book_titled(room, "b", "2031-03-10T10:00Z", "2031-03-10T11:00Z", 0);
    book_titled(room, "c", "2031-03-01T00:00Z", "2032-03-01T00:00Z", 0);
    book_titled(room, "d", "2031-03-10T10:59Z", "2031-03-10T12:00Z", 0);
    book_titled(room, "e", "2031-03-10T11:00Z", "2031-03-10T12:00Z", 0);
    book_titled(other, "f", "2031-03-10T10:30Z", "2031-03-10T10:40Z", 0);
    query.when.start = t("2031-03-10T10:00Z");
    query.when.end = t("2031-03-10T11:00Z");
    list(&query, titles, sizeof titles);
    ck_assert_str_eq(titles, "cbfd");
    query.resource = room;
    list(&query, titles, sizeof titles);
    ck_assert_str_eq(titles, "cbd");
}
END_TEST

START_TEST(a_list_tells_held_from_expired_and_leaves_out_what_was_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 9);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    char titles[64];
    book_titled(room, "h", "2031-03-10T09:00Z", "2031-03-10T10:00Z", 3600);
    book_titled(room, "x", "2031-03-10T09:01Z", "2031-03-10T10:00Z", 60);
    rota_id gone = book_titled(room, "n", "2031-03-10T09:02Z", "2031-03-10T10:00Z", 0);
    book_titled(room, "c", "2031-03-10T09:03Z", "2031-03-10T10:00Z", 0);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &gone, NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T08:30Z");
    query.when.start = t("2031-03-10T00:00Z");
    query.when.end = t("2031-03-11T00:00Z");
    for (int ticked = 0; ticked < 2; ticked++) {
        query.limit = 0;
        query.statuses = 0;
        list(&query, titles, sizeof titles);
        ck_assert_str_eq(titles, "hxc");
        query.limit = 1; /* pages are cut after the clock has judged */
        query.statuses = 1u << ROTA_BOOKING_HELD;
        list(&query, titles, sizeof titles);
        ck_assert_str_eq(titles, "h");
        query.statuses = 1u << ROTA_BOOKING_EXPIRED;
        list(&query, titles, sizeof titles);
        ck_assert_str_eq(titles, "x");
        query.statuses = 1u << ROTA_BOOKING_CANCELLED;
        list(&query, titles, sizeof titles);
        ck_assert_str_eq(titles, "n");
        ck_status(&f, rota_tick(f.r, NULL, NULL), ROTA_OK);
    }
}
END_TEST

START_TEST(pages_join_without_gap_or_repeat)
{
    rota_id room = fx_room(&f, "Blue", 1000);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_booking last = ROTA_INIT(rota_booking);
    char title[8];
    int64_t seen = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(title, sizeof title, "%d", i);
        book_titled(room, title, "2031-03-10T09:00Z",
                    i % 3 ? "2031-03-10T10:00Z" : "2031-03-10T11:00Z", 0);
    }
    query.when.start = t("2031-03-10T00:00Z");
    query.when.end = t("2031-03-11T00:00Z");
    query.limit = 7;
    for (;;) {
        rota_result *rows;
        ck_status(&f, rota_booking_list(f.r, &query, &rows), ROTA_OK);
        for (int64_t i = 0; i < rota_result_count(rows); i++) {
            rota_booking b = ROTA_INIT(rota_booking);
            rota_booking_at(rows, i, &b);
            if (seen++)
                ck_assert(last.when.end < b.when.end || (last.when.end == b.when.end &&
                                                         memcmp(&last.id, &b.id, sizeof b.id) < 0));
            last = b;
        }
        int64_t count = rota_result_count(rows);
        rota_result_free(rows);
        if (count < query.limit) break;
        query.after = last.id;
        query.after_when = seen % 2 ? last.when : (rota_span){ 0, 0 };
    }
    ck_assert_int_eq(seen, 100);
}
END_TEST

/* --- at the ends --- */

START_TEST(a_booking_is_completed_from_its_first_second_on)
{
    rota_id id = fx_book(&f, fx_room(&f, "Blue", 1), "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_clock(&f, "2031-03-10T08:59:59Z");
    ck_status(&f, rota_booking_complete(f.r, NULL, &id, NULL), ROTA_ESTATE);
    fx_clock(&f, "2031-03-10T09:00Z");
    ck_status(&f, rota_booking_complete(f.r, NULL, &id, NULL), ROTA_OK);
}
END_TEST

START_TEST(a_hold_ends_within_the_years_that_there_are)
{
    rota_id room = fx_room(&f, "Blue", 1);
    f.now = ROTA_TIME_MAX - 60;
    ck_status(&f, create(room, "9999-12-31T10:00Z", "9999-12-31T11:00Z", 61, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "the hold ends past year 9999"));
    ck_status(&f, create(room, "9999-12-31T10:00Z", "9999-12-31T11:00Z", 60, NULL), ROTA_OK);
}
END_TEST

START_TEST(an_end_alone_moves_the_end)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.set = ROTA_BOOKING_SET_END;
    q.when.end = t("2031-03-11T09:30Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T09:00Z"));
    ck_assert_int_eq(receipt.when.end, t("2031-03-11T09:30Z"));
    fx_book(&f, room, "2031-03-11T09:30Z", "2031-03-11T10:00Z");

    q.when.end = t("2031-03-11T09:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "not after its start"));
}
END_TEST

START_TEST(a_length_counts_from_where_the_booking_is)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    rota_booking_request q = ROTA_INIT(rota_booking_request), later = q;
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    call.key = "half an hour";
    q.set = ROTA_BOOKING_SET_LENGTH;
    q.when.end = 1800;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T09:00Z"));
    ck_assert_int_eq(receipt.when.end, t("2031-03-11T09:30Z"));
    fx_book(&f, room, "2031-03-11T09:30Z", "2031-03-11T10:00Z");

    /* Where somebody else has moved it, the repeated call is the same one still. */
    later.set = ROTA_BOOKING_SET_START;
    later.when.start = t("2031-03-11T12:00Z");
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &later, NULL), ROTA_OK);
    q.when = (rota_span){ 5, 1805 };
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    q.when.end = 1806;
    ck_status(&f, rota_booking_move(f.r, &call, &id, &q, &receipt), ROTA_EKEY);
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.when.start, t("2031-03-11T12:00Z"));
    ck_assert_int_eq(receipt.when.end, t("2031-03-11T12:30:01Z"));

    fx_book(&f, room, "2031-03-11T13:00Z", "2031-03-11T14:00Z");
    q.when.end = q.when.start + 3601;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_ECONFLICT);
    q.when.end = q.when.start;
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    q.when = (rota_span){ INT64_MIN, INT64_MAX };
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    q.when = (rota_span){ 0, ROTA_TIME_MAX };
    ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    q.when.end = 60;
    for (uint32_t beside = ROTA_BOOKING_SET_START; beside <= ROTA_BOOKING_SET_WHEN; beside++) {
        q.set = ROTA_BOOKING_SET_LENGTH | beside;
        ck_status(&f, rota_booking_move(f.r, NULL, &id, &q, NULL), ROTA_EINVALID);
    }
}
END_TEST

/* --- many at once --- */

/* Three for the same time, the second and third in the way of the first. */
static int create_three(rota_id room, int32_t *answers, rota_receipt *receipts)
{
    rota_claim one = claim(room, 1);
    rota_booking_request wanted[3];
    for (int i = 0; i < 3; i++) {
        wanted[i] = request(&one, 1, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
        receipts[i] = (rota_receipt)ROTA_INIT(rota_receipt);
    }
    return rota_booking_create_all(f.r, NULL, wanted, 3, answers, receipts);
}

static int32_t never_asked(void *ctx, const rota_conflict *conflict)
{
    (void)ctx, (void)conflict;
    ck_abort_msg("asked while others wait for the turn");
    return ROTA_ASK_KEEP;
}

START_TEST(many_at_once_have_each_their_answer_and_ask_nobody)
{
    int32_t answers[3] = { 7, 7, 7 };
    rota_receipt receipts[3];
    fx_close(&f);
    f.config.ask = never_asked;
    f.config.on_conflict = ROTA_ON_CONFLICT_ASK; /* where a request leaves it open */
    fx_open(&f, ":memory:");
    rota_id room = fx_room(&f, "Blue", 1);
    ck_status(&f, create_three(room, answers, receipts), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_ECONFLICT);
    ck_assert_int_eq(receipts[0].status, ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(none_at_once_reads_nothing)
{
    rota_receipt receipts = { .size = 1 }; /* wrong, where it is looked at */
    ck_status(&f, rota_booking_create_all(f.r, NULL, NULL, 0, NULL, &receipts), ROTA_OK);
    ck_status(&f, rota_booking_create_all(f.r, NULL, NULL, -1, NULL, &receipts), ROTA_EINVALID);
}
END_TEST

/* Of a size that puts the second one where nothing is aligned. */
START_TEST(many_at_once_may_be_of_any_size)
{
    enum { SIZE = sizeof(rota_booking_request) + 1 };
    static uint64_t room_for_two[2 * SIZE / 8 + 1];
    unsigned char *at = (unsigned char *)room_for_two;
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim one = claim(room, 1);
    int32_t answers[2];
    for (int i = 0; i < 2; i++) {
        rota_booking_request wanted = request(&one, 1,
                                              i ? "2031-03-11T10:00Z" : "2031-03-11T09:00Z",
                                              i ? "2031-03-11T11:00Z" : "2031-03-11T10:00Z");
        wanted.size = SIZE;
        memcpy(at + i * SIZE, &wanted, sizeof wanted);
    }
    ck_status(&f,
              rota_booking_create_all(f.r, NULL, (const rota_booking_request *)room_for_two, 2,
                                      answers, NULL),
              ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_OK);
}
END_TEST

Suite *booking_suite(void)
{
    Suite *s = suite_create("booking");
    TCase *tc = tcase_create("booking");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_booking_is_there_as_it_was_made);
    tcase_add_test(tc, all_resources_are_taken_or_none);
    tcase_add_test(tc, a_hold_lives_to_its_last_second_and_not_beyond);
    tcase_add_test(tc, a_late_confirmation_wins_only_if_the_time_is_free);
    tcase_add_test(tc, a_ticked_hold_may_still_be_confirmed);
    tcase_add_test(tc, one_tick_does_a_bounded_amount_of_work);
    tcase_add_test(tc, the_life_cycle_is_the_table_and_nothing_else);
    tcase_add_test(tc, a_booking_that_is_over_is_not_checked_in_but_completed);
    tcase_add_test(tc, completing_early_gives_back_the_rest);
    tcase_add_test(tc, override_cancels_what_has_begun);
    tcase_add_test(tc, a_cancelled_booking_frees_every_resource_and_stays_on_record);
    tcase_add_test(tc, a_cancelled_booking_is_restored_if_its_time_is_free);
    tcase_add_test(tc, a_cancelled_hold_is_restored_as_a_booking);
    tcase_add_test(tc, what_is_over_is_not_restored);
    tcase_add_test(tc, a_restored_booking_is_told_in_the_feed);
    tcase_add_test(tc, a_move_does_not_trip_over_itself);
    tcase_add_test(tc, a_refused_move_loses_nothing);
    tcase_add_test(tc, title_data_and_priority_change_without_the_gate);
    tcase_add_test(tc, a_moved_hold_lapses_when_it_did);
    tcase_add_test(tc, only_the_future_where_the_request_says_so);
    tcase_add_test(tc, a_ref_belongs_to_one_booking);
    tcase_add_test(tc, a_list_has_what_overlaps_its_window);
    tcase_add_test(tc, a_list_tells_held_from_expired_and_leaves_out_what_was_cancelled);
    tcase_add_test(tc, pages_join_without_gap_or_repeat);
    tcase_add_test(tc, a_booking_is_completed_from_its_first_second_on);
    tcase_add_test(tc, a_hold_ends_within_the_years_that_there_are);
    tcase_add_test(tc, an_end_alone_moves_the_end);
    tcase_add_test(tc, a_length_counts_from_where_the_booking_is);
    tcase_add_test(tc, many_at_once_have_each_their_answer_and_ask_nobody);
    tcase_add_test(tc, none_at_once_reads_nothing);
    tcase_add_test(tc, many_at_once_may_be_of_any_size);
    suite_add_tcase(s, tc);
    return s;
}
