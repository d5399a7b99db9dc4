/* Resources and groups: the catalogue, memberships over time, and what they do to
 * the time of their members. */
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

static int join(rota_id group, rota_id member, const char *from, const char *until)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = group;
    q.member = member;
    if (from) {
        q.set |= ROTA_MEMBER_SET_FROM;
        q.from = t(from);
    }
    if (until) {
        q.set |= ROTA_MEMBER_SET_UNTIL;
        q.until = t(until);
    }
    return rota_member_add(f.r, NULL, &q, NULL);
}

static int leave(rota_id group, rota_id member, const char *at)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = group;
    q.member = member;
    if (at) {
        q.set |= ROTA_MEMBER_SET_UNTIL;
        q.until = t(at);
    }
    return rota_member_remove(f.r, NULL, &q, NULL);
}

static int book(rota_id resource, const char *from, const char *to)
{
    rota_claim c = { .resource = resource, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = &c;
    q.claim_count = 1;
    return rota_booking_create(f.r, NULL, &q, NULL);
}

static int update(rota_id id, const rota_resource_request *q)
{
    return rota_resource_update(f.r, NULL, &id, q, NULL);
}

static rota_resource get(rota_id id, rota_result **rows)
{
    rota_resource out = ROTA_INIT(rota_resource);
    ck_status(&f, rota_resource_get(f.r, &id, rows), ROTA_OK);
    ck_assert_int_eq(rota_resource_at(*rows, 0, &out), ROTA_OK);
    return out;
}

/* --- resources --- */

START_TEST(a_resource_is_there_as_it_was_made) /* M-27 M-52 B-20 B-21 D-23 G-14 G-15 */
{
    const char *tags[] = { "whiteboard", "quiet", "whiteboard" };
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    rota_id house = fx_room(&f, "House", 1);
    q.kind = "room";
    q.name = "Blue";
    q.ref = "crm/7";
    q.zone = "Asia/Dubai";
    q.data = "{\"seats\":12}";
    q.tags = tags;
    q.tag_count = 3;
    q.parent = house;
    q.capacity = 2;
    q.before = 300;
    q.after = 600;
    ck_status(&f, rota_resource_create(f.r, NULL, &q, &receipt), ROTA_OK);
    rota_resource r = get(receipt.id, &rows);
    ck_assert_str_eq(r.kind, "room");
    ck_assert_str_eq(r.name, "Blue");
    ck_assert_str_eq(r.ref, "crm/7");
    ck_assert_str_eq(r.zone, "Asia/Dubai");
    ck_assert_str_eq(r.data, "{\"seats\":12}");
    ck_assert_int_eq(r.tag_count, 2);
    ck_assert_str_eq(r.tags[0], "quiet");
    ck_assert_str_eq(r.tags[1], "whiteboard");
    ck_assert_mem_eq(&r.parent, &house, sizeof house);
    ck_assert_int_eq(r.capacity, 2);
    ck_assert_int_eq(r.before, 300);
    ck_assert_int_eq(r.after, 600);
    ck_assert_int_eq(r.active, 1);
    ck_assert_int_eq(r.version, 1);
    rota_result_free(rows);
}
END_TEST

START_TEST(an_update_takes_the_fields_it_names)
{
    rota_id id = fx_room(&f, "Blue", 1);
    const char *tags[] = { "x" };
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    q.name = "Azure";
    q.kind = "ignored";
    q.ref = "r";
    q.data = "d";
    q.zone = "Europe/Berlin";
    q.tags = tags;
    q.tag_count = 1;
    q.set = ROTA_RESOURCE_SET_NAME | ROTA_RESOURCE_SET_REF | ROTA_RESOURCE_SET_DATA |
            ROTA_RESOURCE_SET_TAGS | ROTA_RESOURCE_SET_ZONE;
    ck_status(&f, rota_resource_update(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2);
    rota_resource r = get(id, &rows);
    ck_assert_str_eq(r.name, "Azure");
    ck_assert_str_eq(r.zone, "Europe/Berlin");
    ck_assert_str_eq(r.ref, "r");
    ck_assert_str_ne(r.kind, "ignored");
    ck_assert_int_eq(r.tag_count, 1);
    rota_result_free(rows);
    ck_status(&f, rota_resource_update(f.r, NULL, &id, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.version, 2); /* nothing changed, nothing written */
}
END_TEST

START_TEST(lists_go_by_kind_tag_and_place)
{
    rota_id house = fx_room(&f, "House", 1);
    const char *tags[] = { "quiet" };
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_resource_query query = ROTA_INIT(rota_resource_query);
    rota_resource row = ROTA_INIT(rota_resource);
    rota_result *rows;
    q.kind = "desk";
    q.name = "D";
    q.parent = house;
    for (int i = 0; i < 5; i++) {
        q.tags = i % 2 ? tags : NULL;
        q.tag_count = i % 2;
        ck_status(&f, rota_resource_create(f.r, NULL, &q, NULL), ROTA_OK);
    }
    ck_status(&f, rota_resource_list(f.r, NULL, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 6);
    rota_result_free(rows);
    query.kind = "desk";
    query.tag = "quiet";
    query.parent = house;
    query.limit = 1;
    ck_status(&f, rota_resource_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    ck_assert_int_eq(rota_resource_at(rows, 0, &row), ROTA_OK);
    query.after = row.id;
    rota_result_free(rows);
    ck_status(&f, rota_resource_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_resource_at(rows, 0, &row);
    query.after = row.id;
    rota_result_free(rows);
    ck_status(&f, rota_resource_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_ref_is_given_once_and_again_after_removal)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt a = ROTA_INIT(rota_receipt), b = ROTA_INIT(rota_receipt);
    rota_id found;
    q.kind = "room";
    q.name = "Blue";
    q.ref = "1";
    ck_status(&f, rota_resource_create(f.r, NULL, &q, &a), ROTA_OK);
    ck_status(&f, rota_resource_create(f.r, NULL, &q, NULL), ROTA_ESTATE);
    ck_status(&f, rota_resource_remove(f.r, NULL, &a.id, NULL), ROTA_OK);
    ck_status(&f, rota_resource_find(f.r, "1", &found), ROTA_ENOTFOUND);
    ck_status(&f, rota_resource_find_removed(f.r, "1", &found), ROTA_OK);
    ck_assert_mem_eq(&found, &a.id, sizeof found);
    ck_status(&f, rota_resource_remove(f.r, NULL, &a.id, NULL), ROTA_ENOTFOUND);
    ck_status(&f, rota_resource_create(f.r, NULL, &q, &b), ROTA_OK);
    ck_status(&f, rota_resource_find(f.r, "1", &found), ROTA_OK);
    ck_assert_mem_eq(&found, &b.id, sizeof found);
    ck_status(&f, rota_resource_find_removed(f.r, "1", &found), ROTA_OK);
    ck_assert_mem_eq(&found, &a.id, sizeof found);
    ck_status(&f, rota_resource_find_removed(f.r, "2", &found), ROTA_ENOTFOUND);
    ck_assert_mem_eq(&found, &a.id, sizeof found);
    ck_status(&f, book(a.id, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_ENOTFOUND);
}
END_TEST

START_TEST(a_booked_resource_is_not_removed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_id id = fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &room, NULL), ROTA_ESTATE);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &id, NULL), ROTA_OK);
    ck_status(&f, book(room, "2031-03-10T10:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    fx_clock(&f, "2031-03-10T10:59:59Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &room, NULL), ROTA_ESTATE);
    fx_clock(&f, "2031-03-10T11:00Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &room, NULL), ROTA_OK);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(a_place_is_not_removed_while_something_is_in_it_and_never_in_itself)
{
    rota_id house = fx_room(&f, "House", 1), floor = fx_room(&f, "Floor", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_PARENT;
    q.parent = house;
    ck_status(&f, update(floor, &q), ROTA_OK);
    ck_status(&f, update(house, &q), ROTA_ESTATE);
    q.parent = floor;
    ck_status(&f, update(house, &q), ROTA_ESTATE);
    ck_status(&f, rota_resource_remove(f.r, NULL, &house, NULL), ROTA_ESTATE);
    ck_status(&f, rota_resource_remove(f.r, NULL, &floor, NULL), ROTA_OK);
    ck_status(&f, rota_resource_remove(f.r, NULL, &house, NULL), ROTA_OK);
}
END_TEST

START_TEST(places_nest_to_a_limit)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    int rc = ROTA_OK, depth = 0;
    q.kind = "place";
    q.name = "P";
    while ((rc = rota_resource_create(f.r, NULL, &q, &receipt)) == ROTA_OK && depth < 100) {
        q.parent = receipt.id;
        depth++;
    }
    ck_status(&f, rc, ROTA_ELIMIT);
    ck_assert_int_eq(depth, ROTA_MAX_NESTING + 1);
}
END_TEST

START_TEST(a_resource_that_is_off_takes_no_bookings)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    ck_status(&f, book(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    q.set = ROTA_RESOURCE_SET_ACTIVE;
    ck_status(&f, update(room, &q), ROTA_OK);
    ck_status(&f, book(room, "2031-03-10T10:00Z", "2031-03-10T11:00Z"), ROTA_ESTATE);
    q.active = 1;
    ck_status(&f, update(room, &q), ROTA_OK);
    ck_status(&f, book(room, "2031-03-10T10:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, book(room, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_ECONFLICT);
}
END_TEST

START_TEST(what_is_booked_must_fit_the_changed_resource) /* user-asks 7 */
{
    rota_id pool = fx_room(&f, "Pool", 3);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    rota_result *rows;
    for (int i = 0; i < 2; i++)
        ck_status(&f, book(pool, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(pool, "2031-03-10T10:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    q.set = ROTA_RESOURCE_SET_CAPACITY;
    q.capacity = 1;
    ck_status(&f, update(pool, &q), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_result_free(rows);
    q.capacity = 2;
    ck_status(&f, update(pool, &q), ROTA_OK);
    q.set = ROTA_RESOURCE_SET_AFTER;
    q.after = 1;
    ck_status(&f, update(pool, &q), ROTA_ECONFLICT);
    fx_clock(&f, "2031-03-10T10:00:01Z"); /* the past does not count */
    ck_status(&f, update(pool, &q), ROTA_OK);
}
END_TEST

/* --- groups --- */

static rota_id member_of_two(rota_id *g, rota_id *h)
{
    rota_id u = fx_room(&f, "U", 1);
    *g = fx_room(&f, "G", 1);
    *h = fx_room(&f, "H", 1);
    ck_status(&f, join(*g, u, NULL, NULL), ROTA_OK);
    ck_status(&f, join(*h, u, NULL, NULL), ROTA_OK);
    return u;
}

START_TEST(a_group_takes_its_members_and_the_other_way_round) /* B-02 B-03 B-06 */
{
    rota_id g, h, u = member_of_two(&g, &h);
    rota_conflict c = ROTA_INIT(rota_conflict);
    rota_result *rows;
    rota_id first = fx_book(&f, g, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, book(u, "2031-03-10T09:30Z", "2031-03-10T09:31Z"), ROTA_ECONFLICT);
    ck_status(&f, book(g, "2031-03-10T09:30Z", "2031-03-10T10:30Z"), ROTA_ECONFLICT);
    ck_status(&f, book(h, "2031-03-10T09:59Z", "2031-03-10T10:30Z"), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    ck_assert_int_eq(rota_conflict_at(rows, 0, &c), ROTA_OK);
    ck_assert_mem_eq(&c.resource, &u, sizeof u);
    ck_assert_mem_eq(&c.via, &g, sizeof g);
    ck_assert_mem_eq(&c.booking, &first, sizeof first);
    ck_assert_int_eq(c.overlap.start, t("2031-03-10T09:59Z"));
    ck_assert_int_eq(c.overlap.end, t("2031-03-10T10:00Z"));
    rota_result_free(rows);
    ck_status(&f, book(h, "2031-03-10T10:00Z", "2031-03-10T10:30Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T10:29Z", "2031-03-10T10:31Z"), ROTA_ECONFLICT);
}
END_TEST

START_TEST(a_stay_takes_time_from_its_first_to_its_last_moment) /* B-22 BX-1 */
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    ck_status(&f, join(g, u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T08:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T08:30Z", "2031-03-10T09:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T10:00Z", "2031-03-10T10:30Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T08:59Z", "2031-03-10T09:00:01Z"), ROTA_ECONFLICT);
    ck_status(&f, book(u, "2031-03-10T09:59:59Z", "2031-03-10T10:01Z"), ROTA_ECONFLICT);
}
END_TEST

START_TEST(joining_is_refused_where_the_bookings_collide) /* BX-1, design 7.9 */
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    ck_status(&f, book(g, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:30Z", "2031-03-10T10:30Z"), ROTA_OK);
    ck_status(&f, join(g, u, NULL, NULL), ROTA_ECONFLICT);
    ck_status(&f, join(g, u, "2031-03-10T10:00Z", NULL), ROTA_OK);
    ck_status(&f, leave(g, u, NULL), ROTA_OK); /* a stay to come is taken back */
    ck_status(&f, leave(g, u, NULL), ROTA_ENOTFOUND);
    fx_clock(&f, "2031-03-10T10:00Z");
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK); /* what is past does not count */
    ck_status(&f, join(g, u, "2031-03-10T10:30Z", NULL), ROTA_ESTATE);
}
END_TEST

/* Units are taken away from now on: in the past more may be taken than there are. */
START_TEST(joining_is_not_refused_for_what_collided_without_it)
{
    rota_id red = fx_room(&f, "Red", 2), group = fx_resource(&f, "group", "G", 1);
    rota_resource_request less = ROTA_INIT(rota_resource_request);
    less.set = ROTA_RESOURCE_SET_CAPACITY;
    less.capacity = 1;
    ck_status(&f, book(red, "2031-03-10T09:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, book(red, "2031-03-10T10:00Z", "2031-03-10T12:00Z"), ROTA_OK);
    ck_status(&f, book(group, "2031-03-10T11:00Z", "2031-03-10T11:30Z"), ROTA_OK);
    fx_clock(&f, "2031-03-10T12:00Z");
    ck_status(&f, rota_resource_update(f.r, NULL, &red, &less, NULL), ROTA_OK);
    ck_status(&f, join(group, red, "2031-03-10T00:00Z", "2031-03-10T10:50Z"), ROTA_OK);
    ck_status(&f, join(group, red, "2031-03-10T10:55Z", NULL), ROTA_ECONFLICT);
    ck_status(&f, join(group, red, "2031-03-10T11:30Z", NULL), ROTA_OK);
}
END_TEST

START_TEST(leaving_releases_from_that_moment) /* BX-1, design 7.9 */
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_member_query query = ROTA_INIT(rota_member_query);
    rota_member m = ROTA_INIT(rota_member);
    rota_result *rows;
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T09:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, leave(g, u, "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T10:00Z", "2031-03-10T11:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:59Z", "2031-03-10T10:00Z"), ROTA_ECONFLICT);
    query.member = u;
    ck_status(&f, rota_member_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    ck_assert_int_eq(rota_member_at(rows, 0, &m), ROTA_OK);
    ck_assert_int_eq(m.when.start, t("2031-03-10T08:00Z"));
    ck_assert_int_eq(m.when.end, t("2031-03-10T10:00Z"));
    rota_result_free(rows);
    query.group = g;
    ck_status(&f, rota_member_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
    query.member = g;
    ck_status(&f, rota_member_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(a_member_keeps_his_own_buffers)
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_AFTER;
    q.after = 900;
    ck_status(&f, update(u, &q), ROTA_OK);
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T10:14Z", "2031-03-10T11:00Z"), ROTA_ECONFLICT);
    ck_status(&f, book(g, "2031-03-10T10:14Z", "2031-03-10T11:00Z"), ROTA_ECONFLICT);
    ck_status(&f, book(u, "2031-03-10T10:15Z", "2031-03-10T11:00Z"), ROTA_OK);
}
END_TEST

START_TEST(who_is_in_two_groups_comes_once_to_the_meeting_of_both)
{
    rota_id g, h, u = member_of_two(&g, &h);
    rota_claim claims[3] = { { .resource = g, .units = 1 },
                             { .resource = h, .units = 1 },
                             { .resource = u, .units = 1 } };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = claims;
    q.claim_count = 3;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_ECONFLICT);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(what_two_groups_want_of_one_member_is_one_conflict)
{
    rota_id g, h;
    (void)member_of_two(&g, &h);
    rota_claim claims[2] = { { .resource = g, .units = 2 }, { .resource = h, .units = 2 } };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_result *rows;
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = claims;
    q.claim_count = 2;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 3); /* each has one unit */
    rota_result_free(rows);
}
END_TEST

START_TEST(groups_nest_but_not_in_a_circle)
{
    rota_id all = fx_room(&f, "All", 1), team = fx_room(&f, "Team", 1), u = fx_room(&f, "U", 1);
    ck_status(&f, join(all, team, NULL, NULL), ROTA_OK);
    ck_status(&f, join(team, u, NULL, NULL), ROTA_OK);
    ck_status(&f, join(team, all, NULL, NULL), ROTA_ESTATE);
    ck_status(&f, join(u, all, NULL, NULL), ROTA_ESTATE);
    ck_status(&f, join(u, u, NULL, NULL), ROTA_EINVALID);
    ck_status(&f, book(all, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_ECONFLICT);
    ck_status(&f, book(team, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_ECONFLICT);
    ck_status(&f, leave(all, team, NULL), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, join(all, team, NULL, NULL), ROTA_ECONFLICT); /* for U, two levels down */
}
END_TEST

START_TEST(groups_nest_to_a_limit)
{
    rota_id below = fx_room(&f, "0", 1);
    int rc, depth = 0;
    do {
        rota_id group = fx_room(&f, "g", 1);
        rc = join(group, below, NULL, NULL);
        below = group;
    } while (rc == ROTA_OK && ++depth < 100);
    ck_status(&f, rc, ROTA_ELIMIT);
    ck_assert_int_eq(depth, ROTA_MAX_NESTING);
}
END_TEST

/* The deepest first, so that the topmost is not the oldest; with one that is off. */
START_TEST(a_chain_is_measured_from_its_top)
{
    rota_id groups[ROTA_MAX_NESTING + 2];
    rota_resource_request off = ROTA_INIT(rota_resource_request);
    int rc = ROTA_OK, at = ROTA_MAX_NESTING + 2;
    for (int i = 0; i < at; i++)
        groups[i] = fx_room(&f, "g", 1);
    off.set = ROTA_RESOURCE_SET_ACTIVE;
    if (_i) ck_status(&f, update(groups[at / 2], &off), ROTA_OK);
    while (rc == ROTA_OK && --at > 0)
        rc = join(groups[at], groups[at - 1], NULL, NULL);
    ck_status(&f, rc, ROTA_ELIMIT);
    ck_assert_int_eq(at, 1);
}
END_TEST

START_TEST(who_is_off_may_join_whatever_he_has_booked)
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    (void)fx_book(&f, g, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    (void)fx_book(&f, u, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    ck_status(&f, join(g, u, NULL, NULL), ROTA_ECONFLICT);
    q.set = ROTA_RESOURCE_SET_ACTIVE;
    ck_status(&f, update(u, &q), ROTA_OK);
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK);
    q.active = 1;
    ck_status(&f, update(u, &q), ROTA_ECONFLICT);
}
END_TEST

START_TEST(a_member_that_is_off_is_not_taken_and_comes_back_only_if_he_is_free)
{
    rota_id g = fx_room(&f, "G", 1), team = fx_room(&f, "Team", 1), u = fx_room(&f, "U", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    ck_status(&f, join(g, team, NULL, NULL), ROTA_OK);
    ck_status(&f, join(team, u, NULL, NULL), ROTA_OK);
    q.set = ROTA_RESOURCE_SET_ACTIVE;
    ck_status(&f, update(team, &q), ROTA_OK);
    ck_status(&f, book(u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    q.active = 1;
    ck_status(&f, update(team, &q), ROTA_ECONFLICT); /* for U, below it */
    fx_clock(&f, "2031-03-10T10:00Z");
    ck_status(&f, update(team, &q), ROTA_OK);
}
END_TEST

START_TEST(who_joined_elsewhere_is_taken_through_his_group_at_once)
{
    char path[256];
    rota *other = NULL;
    rota_claim c = { .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    fx_close(&f);
    fx_path(&f, "joined.db", path, sizeof path);
    fx_open(&f, path);
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    ck_assert_int_eq(rota_open(path, &f.config, &other), ROTA_OK);
    (void)fx_book(&f, g, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    c.resource = u;
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = &c;
    q.claim_count = 1;
    ck_assert_int_eq(rota_booking_check(other, &q), ROTA_OK);
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK);
    ck_assert_int_eq(rota_booking_check(other, &q), ROTA_ECONFLICT);
    ck_status(&f, leave(g, u, NULL), ROTA_OK);
    ck_assert_int_eq(rota_booking_check(other, &q), ROTA_OK);
    rota_close(other);
}
END_TEST

START_TEST(a_group_has_capacity_one) /* design 7.8 */
{
    rota_id pool = fx_room(&f, "Pool", 2), g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    ck_status(&f, join(pool, u, NULL, NULL), ROTA_ESTATE);
    ck_status(&f, join(g, u, NULL, NULL), ROTA_OK);
    q.set = ROTA_RESOURCE_SET_CAPACITY;
    q.capacity = 2;
    ck_status(&f, update(g, &q), ROTA_ESTATE);
    ck_status(&f, join(g, pool, NULL, NULL), ROTA_OK); /* as a member it may have more */
}
END_TEST

START_TEST(a_list_shows_a_member_what_his_groups_do_while_he_belongs) /* B-04 */
{
    rota_id g = fx_room(&f, "G", 1), u = fx_room(&f, "U", 1);
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows;
    ck_status(&f, join(g, u, "2031-03-10T09:00Z", "2031-03-10T10:00Z"), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T08:00Z", "2031-03-10T09:00Z"), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T09:30Z", "2031-03-10T10:30Z"), ROTA_OK);
    ck_status(&f, book(g, "2031-03-10T10:30Z", "2031-03-10T11:30Z"), ROTA_OK);
    query.resource = u;
    query.when.start = t("2031-03-10T00:00Z");
    query.when.end = t("2031-03-11T00:00Z");
    ck_status(&f, rota_booking_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
}
END_TEST

START_TEST(removal_ends_memberships_on_both_sides)
{
    rota_id g = fx_room(&f, "G", 1), h = fx_room(&f, "H", 1), u = fx_room(&f, "U", 1);
    rota_member_query query = ROTA_INIT(rota_member_query);
    rota_result *rows;
    ck_status(&f, join(g, h, NULL, NULL), ROTA_OK);
    ck_status(&f, join(h, u, "2031-04-01T00:00Z", NULL), ROTA_OK);
    fx_clock(&f, "2031-03-10T09:00Z");
    ck_status(&f, rota_resource_remove(f.r, NULL, &h, NULL), ROTA_OK);
    query.member = u;
    ck_status(&f, rota_member_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0); /* it had not begun */
    rota_result_free(rows);
    query.member = (rota_id){ { 0 } };
    query.group = g;
    ck_status(&f, rota_member_list(f.r, &query, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_member m = ROTA_INIT(rota_member);
    rota_member_at(rows, 0, &m);
    ck_assert_int_eq(m.when.end, t("2031-03-10T09:00Z"));
    rota_result_free(rows);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

Suite *group_suite(void)
{
    Suite *s = suite_create("group");
    TCase *tc = tcase_create("group");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_resource_is_there_as_it_was_made);
    tcase_add_test(tc, an_update_takes_the_fields_it_names);
    tcase_add_test(tc, lists_go_by_kind_tag_and_place);
    tcase_add_test(tc, a_ref_is_given_once_and_again_after_removal);
    tcase_add_test(tc, a_booked_resource_is_not_removed);
    tcase_add_test(tc, a_place_is_not_removed_while_something_is_in_it_and_never_in_itself);
    tcase_add_test(tc, places_nest_to_a_limit);
    tcase_add_test(tc, a_resource_that_is_off_takes_no_bookings);
    tcase_add_test(tc, what_is_booked_must_fit_the_changed_resource);
    tcase_add_test(tc, a_group_takes_its_members_and_the_other_way_round);
    tcase_add_test(tc, a_stay_takes_time_from_its_first_to_its_last_moment);
    tcase_add_test(tc, joining_is_refused_where_the_bookings_collide);
    tcase_add_test(tc, joining_is_not_refused_for_what_collided_without_it);
    tcase_add_test(tc, leaving_releases_from_that_moment);
    tcase_add_test(tc, a_member_keeps_his_own_buffers);
    tcase_add_test(tc, who_is_in_two_groups_comes_once_to_the_meeting_of_both);
    tcase_add_test(tc, what_two_groups_want_of_one_member_is_one_conflict);
    tcase_add_test(tc, groups_nest_but_not_in_a_circle);
    tcase_add_test(tc, groups_nest_to_a_limit);
    tcase_add_loop_test(tc, a_chain_is_measured_from_its_top, 0, 2);
    tcase_add_test(tc, who_is_off_may_join_whatever_he_has_booked);
    tcase_add_test(tc, who_joined_elsewhere_is_taken_through_his_group_at_once);
    tcase_add_test(tc, a_member_that_is_off_is_not_taken_and_comes_back_only_if_he_is_free);
    tcase_add_test(tc, a_group_has_capacity_one);
    tcase_add_test(tc, a_list_shows_a_member_what_his_groups_do_while_he_belongs);
    tcase_add_test(tc, removal_ends_memberships_on_both_sides);
    suite_add_tcase(s, tc);
    return s;
}
