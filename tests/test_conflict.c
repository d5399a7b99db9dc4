/* What exactly is in the way, and what is not: the spans, units and ways that a
 * conflict tells of, and where stays, buffers and units meet at their ends. */
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
    ck_status(&f, rota_check(f.r, f.now), ROTA_OK);
    fx_close(&f);
}

/* On the day of the clock, "09:00". */
static rota_time at(const char *hour)
{
    char text[32];
    snprintf(text, sizeof text, "2031-03-10T%sZ", hour);
    return t(text);
}

static int take_all(const char *title, const rota_claim *claims, int64_t count, const char *from,
                    const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.title = title;
    q.when = (rota_span){ at(from), at(to) };
    q.claims = claims;
    q.claim_count = count;
    return rota_booking_create(f.r, NULL, &q, NULL);
}

static int take(const char *title, rota_id resource, int32_t units, const char *from,
                const char *to)
{
    rota_claim claim = { .resource = resource, .units = units };
    return take_all(title, &claim, 1, from, to);
}

static int join(rota_id group, rota_id member, const char *from, const char *until)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    q.group = group;
    q.member = member;
    q.from = at(from);
    q.until = at(until);
    return rota_member_add(f.r, NULL, &q, NULL);
}

static void set_after(rota_id id, int32_t seconds)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_AFTER;
    q.after = seconds;
    ck_status(&f, rota_resource_update(f.r, NULL, &id, &q, NULL), ROTA_OK);
}

static void set_capacity(rota_id id, int32_t units)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_CAPACITY;
    q.capacity = units;
    ck_status(&f, rota_resource_update(f.r, NULL, &id, &q, NULL), ROTA_OK);
}

/* "A 09:00-10:00 1/2, ...": title, overlap, units left of those asked for. */
static const char *told(void)
{
    static char text[512];
    size_t used = 0;
    rota_result *rows;
    text[0] = '\0';
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict c = ROTA_INIT(rota_conflict);
        char from[ROTA_TIME_TEXT], to[ROTA_TIME_TEXT];
        ck_assert_int_eq(rota_conflict_at(rows, i, &c), ROTA_OK);
        rota_time_format(c.overlap.start, from);
        rota_time_format(c.overlap.end, to);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.5s-%.5s %d/%d",
                                 i ? ", " : "", c.title ? c.title : "-", from + 11, to + 11,
                                 (int)c.units_left, c.units_asked);
    }
    rota_result_free(rows);
    return text;
}

/* --- spans and units --- */

START_TEST(the_overlap_ends_with_what_is_asked_for)
{
    rota_id room = fx_room(&f, "Blue", 1);
    ck_status(&f, take("A", room, 1, "09:30", "12:00"), ROTA_OK);
    ck_status(&f, take("", room, 1, "09:00", "10:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:30-10:00 0/1");
    ck_status(&f, take("", room, 1, "11:00", "13:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 11:00-12:00 0/1");
}
END_TEST

START_TEST(the_overlap_is_whole_where_others_take_turns_beside)
{
    rota_id pool = fx_room(&f, "Pool", 2);
    ck_status(&f, take("A", pool, 1, "09:00", "11:00"), ROTA_OK);
    ck_status(&f, take("B", pool, 1, "09:00", "10:00"), ROTA_OK);
    ck_status(&f, take("C", pool, 1, "10:00", "11:00"), ROTA_OK);
    ck_status(&f, take("", pool, 1, "09:00", "11:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:00-11:00 0/1, B 09:00-10:00 0/1, C 10:00-11:00 0/1");
}
END_TEST

START_TEST(each_span_has_its_own_units_left)
{
    rota_id pool = fx_room(&f, "Pool", 2);
    ck_status(&f, take("A", pool, 2, "09:00", "10:00"), ROTA_OK);
    ck_status(&f, take("B", pool, 1, "10:00", "11:00"), ROTA_OK);
    ck_status(&f, take("", pool, 2, "09:00", "11:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:00-10:00 0/2, B 10:00-11:00 1/2");
}
END_TEST

/* Fewer units from now on: the past is as it was, and more than there is now. */
START_TEST(what_was_taken_beyond_todays_units_leaves_none_and_not_less)
{
    rota_id pool = fx_room(&f, "Pool", 3);
    ck_status(&f, take("A", pool, 3, "05:00", "07:00"), ROTA_OK);
    set_capacity(pool, 1);
    ck_status(&f, take("", pool, 1, "06:00", "06:30"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 06:00-06:30 0/1");
}
END_TEST

START_TEST(what_was_taken_beyond_todays_units_is_in_nobodys_way_beside_it)
{
    rota_id pool = fx_room(&f, "Pool", 2), group = fx_room(&f, "Group", 1);
    ck_status(&f, take("A", pool, 2, "05:00", "07:00"), ROTA_OK);
    set_capacity(pool, 1);
    ck_status(&f, join(group, pool, "04:00", "04:30"), ROTA_OK);
    ck_status(&f, join(group, pool, "07:30", "08:00"), ROTA_OK);
    ck_status(&f, take("B", group, 1, "04:00", "08:00"), ROTA_OK);
}
END_TEST

START_TEST(conflicts_come_by_their_start)
{
    rota_id room = fx_room(&f, "Blue", 1), other = fx_room(&f, "Green", 1);
    rota_claim claims[] = { { .resource = room, .units = 1 }, { .resource = other, .units = 1 } };
    ck_status(&f, take("A", room, 1, "11:00", "12:00"), ROTA_OK);
    ck_status(&f, take("B", room, 1, "09:00", "10:00"), ROTA_OK);
    ck_status(&f, take("C", other, 1, "10:00", "11:00"), ROTA_OK);
    ck_status(&f, take_all("", claims, 2, "09:00", "12:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "B 09:00-10:00 0/1, C 10:00-11:00 0/1, A 11:00-12:00 0/1");
}
END_TEST

/* --- room is made --- */

static int override(const rota_claim *claims, int64_t count, const char *from, const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when = (rota_span){ at(from), at(to) };
    q.claims = claims;
    q.claim_count = count;
    q.priority = 9;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    return rota_booking_create(f.r, NULL, &q, NULL);
}

static void weigh(const char *title, rota_id resource, int32_t units, const char *from,
                  const char *to, int32_t priority)
{
    rota_claim claim = { .resource = resource, .units = units };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.title = title;
    q.when = (rota_span){ at(from), at(to) };
    q.claims = &claim;
    q.claim_count = 1;
    q.priority = priority;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
}

/* The titles of those that the last call cancelled. */
static const char *cancelled(void)
{
    static char titles[64];
    rota_result *rows;
    titles[0] = '\0';
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        ck_assert_int_eq(rota_booking_at(rows, i, &b), ROTA_OK);
        strncat(titles, b.title, sizeof titles - strlen(titles) - 1);
    }
    rota_result_free(rows);
    return titles;
}

START_TEST(who_is_in_the_way_twice_is_cancelled_once)
{
    rota_id room = fx_room(&f, "Blue", 1), other = fx_room(&f, "Green", 1);
    rota_claim claims[] = { { .resource = room, .units = 1 }, { .resource = other, .units = 1 } };
    ck_status(&f, take_all("A", claims, 2, "09:00", "10:00"), ROTA_OK);
    ck_status(&f, override(claims, 2, "09:00", "10:00"), ROTA_OK);
    ck_assert_str_eq(cancelled(), "A");
}
END_TEST

static rota_id hold_all(const rota_claim *claims, int64_t count, const char *from, const char *to)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    q.when = (rota_span){ at(from), at(to) };
    q.claims = claims;
    q.claim_count = count;
    q.hold_secs = 60;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    return receipt.id;
}

/* Written down, so that somebody with a slower clock sees it too: once. */
static void expired_once(rota_id id)
{
    rota_result *row;
    rota_booking b = ROTA_INIT(rota_booking);
    ck_status(&f, rota_booking_get(f.r, &id, &row), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(row, 0, &b), ROTA_OK);
    ck_assert_int_eq(b.status, ROTA_BOOKING_EXPIRED);
    ck_assert_int_eq(b.version, 2);
    rota_result_free(row);
}

START_TEST(a_lapsed_hold_whose_time_is_taken_twice_expires_once)
{
    rota_id room = fx_room(&f, "Blue", 1), other = fx_room(&f, "Green", 1);
    rota_claim claims[] = { { .resource = room, .units = 1 }, { .resource = other, .units = 1 } };
    rota_id hold = hold_all(claims, 2, "09:00", "10:00");
    f.now += 60;
    ck_status(&f, take_all("B", claims, 2, "09:00", "10:00"), ROTA_OK);
    expired_once(hold);
}
END_TEST

START_TEST(a_lapsed_hold_expires_also_where_others_are_cancelled)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_id hold = hold_all(&claim, 1, "09:00", "10:00");
    ck_status(&f, take("A", room, 1, "10:00", "11:00"), ROTA_OK);
    f.now += 60;
    ck_status(&f, override(&claim, 1, "09:00", "11:00"), ROTA_OK);
    ck_assert_str_eq(cancelled(), "A");
    expired_once(hold);
}
END_TEST

START_TEST(a_lapsed_hold_expires_also_where_somebody_joins)
{
    rota_id ana = fx_room(&f, "Ana", 1), group = fx_room(&f, "Group", 1);
    rota_claim claim = { .resource = ana, .units = 1 };
    rota_id hold = hold_all(&claim, 1, "09:00", "10:00");
    ck_status(&f, take("A", group, 1, "09:00", "10:00"), ROTA_OK);
    f.now += 60;
    ck_status(&f, join(group, ana, "09:00", "12:00"), ROTA_OK);
    expired_once(hold);
}
END_TEST

START_TEST(who_is_there_already_can_be_overridden)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = { .resource = room, .units = 1 };
    rota_id id = fx_book(&f, room, "2031-03-10T08:00Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_booking_check_in(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, override(&claim, 1, "09:00", "10:00"), ROTA_OK);
    ck_assert_int_eq(fx_status(&f, id), ROTA_BOOKING_CANCELLED);
}
END_TEST

START_TEST(of_equals_the_later_one_goes)
{
    rota_id pool = fx_room(&f, "Pool", 2);
    rota_claim claim = { .resource = pool, .units = 1 };
    weigh("B", pool, 1, "09:30", "10:30", 0);
    weigh("A", pool, 1, "09:00", "11:00", 0);
    ck_status(&f, override(&claim, 1, "09:45", "10:15"), ROTA_OK);
    ck_assert_str_eq(cancelled(), "B");
}
END_TEST

START_TEST(the_lighter_one_may_have_come_first)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim claim = { .resource = room, .units = 1 };
    weigh("A", room, 1, "09:00", "10:00", 1);
    weigh("B", room, 1, "10:00", "11:00", 5);
    ck_status(&f, override(&claim, 1, "09:00", "11:00"), ROTA_OK);
    ck_assert_str_eq(cancelled(), "AB");
}
END_TEST

/* A and C fit beside what comes; B, which lies between them in weight, does not. */
START_TEST(who_fits_stays_though_a_weightier_one_goes)
{
    rota_id pool = fx_room(&f, "Pool", 3);
    rota_claim claim = { .resource = pool, .units = 1 };
    weigh("A", pool, 1, "09:00", "10:00", 5);
    weigh("B", pool, 2, "09:00", "12:00", 4);
    weigh("C", pool, 1, "11:00", "12:00", 3);
    ck_status(&f, override(&claim, 1, "09:00", "12:00"), ROTA_OK);
    ck_assert_str_eq(cancelled(), "B");
}
END_TEST

/* --- one booking in several ways --- */

START_TEST(a_booking_that_takes_somebody_in_two_ways_takes_the_larger)
{
    rota_id pool = fx_room(&f, "Pool", 3), group = fx_room(&f, "Group", 1);
    rota_claim claims[] = { { .resource = group, .units = 1 }, { .resource = pool, .units = 3 } };
    fx_join(&f, group, pool);
    ck_status(&f, take_all("A", claims, 2, "09:00", "10:00"), ROTA_OK);
    ck_status(&f, take("", pool, 1, "09:00", "10:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:00-10:00 0/1");
}
END_TEST

START_TEST(a_booking_that_takes_somebody_through_one_group_and_then_another_is_told_once)
{
    rota_id ana = fx_room(&f, "Ana", 1);
    rota_id one = fx_room(&f, "One", 1), two = fx_room(&f, "Two", 1);
    rota_claim claims[] = { { .resource = one, .units = 1 }, { .resource = two, .units = 1 } };
    ck_status(&f, join(one, ana, "08:00", "10:00"), ROTA_OK);
    ck_status(&f, join(two, ana, "10:00", "12:00"), ROTA_OK);
    ck_status(&f, take_all("A", claims, 2, "09:00", "11:00"), ROTA_OK);
    ck_status(&f, take("", ana, 1, "09:00", "11:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:00-10:00 0/1");
}
END_TEST

START_TEST(who_belongs_twice_has_his_conflicts_told_once)
{
    rota_id ana = fx_room(&f, "Ana", 1);
    rota_id team = fx_room(&f, "Team", 1), group = fx_room(&f, "Group", 1);
    ck_status(&f, join(team, ana, "08:00", "10:00"), ROTA_OK);
    ck_status(&f, join(team, ana, "10:00", "12:00"), ROTA_OK);
    ck_status(&f, take("A", ana, 1, "09:00", "11:00"), ROTA_OK);
    ck_status(&f, take("B", group, 1, "09:30", "10:30"), ROTA_OK);
    ck_status(&f, join(group, team, "08:00", "12:00"), ROTA_ECONFLICT);
    ck_assert_str_eq(told(), "A 09:30-10:00 0/0, B 09:30-10:00 0/0");
}
END_TEST

/* --- stays --- */

/* Ana in the team, the team in the group: through both only while both last. */
START_TEST(a_chain_of_groups_takes_time_only_where_every_stay_in_it_lasts)
{
    static const char *const since[][2] = { { "08:00", "12:00" }, { "12:00", "08:00" } };
    for (int i = 0; i < 2; i++) {
        rota_id ana = fx_room(&f, "Ana", 1);
        rota_id team = fx_room(&f, "Team", 1), group = fx_room(&f, "Group", 1);
        ck_status(&f, join(team, ana, since[i][0], "20:00"), ROTA_OK);
        ck_status(&f, join(group, team, since[i][1], "20:00"), ROTA_OK);
        ck_status(&f, take("A", ana, 1, "11:00", "12:00"), ROTA_OK);
        ck_status(&f, take("B", group, 1, "11:00", "13:00"), ROTA_OK);
        ck_status(&f, take("", ana, 1, "12:30", "13:30"), ROTA_ECONFLICT);
        ck_assert_str_eq(told(), "B 12:30-13:00 0/1");
        ck_status(&f, rota_check(f.r, f.now), ROTA_OK);
    }
}
END_TEST

START_TEST(who_joins_when_a_booking_ends_has_no_cleanup_for_it)
{
    for (int booked_first = 0; booked_first < 2; booked_first++) {
        rota_id ana = fx_room(&f, "Ana", 1), group = fx_room(&f, "Group", 1);
        set_after(ana, 300);
        ck_status(&f, join(group, ana, "10:00", "12:00"), ROTA_OK);
        if (booked_first) ck_status(&f, take("A", ana, 1, "10:00", "10:30"), ROTA_OK);
        ck_status(&f, take("B", group, 1, "09:00", "10:00"), ROTA_OK);
        if (!booked_first) ck_status(&f, take("A", ana, 1, "10:00", "10:30"), ROTA_OK);
    }
}
END_TEST

Suite *conflict_suite(void)
{
    Suite *suite = suite_create("conflict");
    TCase *tc = tcase_create("conflict");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_overlap_ends_with_what_is_asked_for);
    tcase_add_test(tc, the_overlap_is_whole_where_others_take_turns_beside);
    tcase_add_test(tc, each_span_has_its_own_units_left);
    tcase_add_test(tc, what_was_taken_beyond_todays_units_leaves_none_and_not_less);
    tcase_add_test(tc, what_was_taken_beyond_todays_units_is_in_nobodys_way_beside_it);
    tcase_add_test(tc, conflicts_come_by_their_start);
    tcase_add_test(tc, who_is_in_the_way_twice_is_cancelled_once);
    tcase_add_test(tc, a_lapsed_hold_whose_time_is_taken_twice_expires_once);
    tcase_add_test(tc, a_lapsed_hold_expires_also_where_others_are_cancelled);
    tcase_add_test(tc, a_lapsed_hold_expires_also_where_somebody_joins);
    tcase_add_test(tc, who_is_there_already_can_be_overridden);
    tcase_add_test(tc, of_equals_the_later_one_goes);
    tcase_add_test(tc, the_lighter_one_may_have_come_first);
    tcase_add_test(tc, who_fits_stays_though_a_weightier_one_goes);
    tcase_add_test(tc, a_booking_that_takes_somebody_in_two_ways_takes_the_larger);
    tcase_add_test(tc,
                   a_booking_that_takes_somebody_through_one_group_and_then_another_is_told_once);
    tcase_add_test(tc, who_belongs_twice_has_his_conflicts_told_once);
    tcase_add_test(tc, a_chain_of_groups_takes_time_only_where_every_stay_in_it_lasts);
    tcase_add_test(tc, who_joins_when_a_booking_ends_has_no_cleanup_for_it);
    suite_add_tcase(suite, tc);
    return suite;
}
