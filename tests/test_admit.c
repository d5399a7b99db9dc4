/* The gate: overlap, capacity at every instant, buffers, every conflict named,
 * and the strategies. */
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

typedef struct want {
    const char *from, *to;
    int32_t units, priority, on_conflict;
    const char *title;
} want;

static int book(rota_id resource, want w, rota_receipt *receipt)
{
    rota_claim c = { .resource = resource, .units = w.units ? w.units : 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(w.from);
    q.when.end = t(w.to);
    q.claims = &c;
    q.claim_count = 1;
    q.priority = w.priority;
    q.on_conflict = w.on_conflict;
    q.title = w.title;
    return rota_booking_create(f.r, NULL, &q, receipt);
}

static void set_buffers(rota_id id, int32_t before, int32_t after)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    q.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_AFTER;
    q.before = before;
    q.after = after;
    ck_status(&f, rota_resource_update(f.r, NULL, &id, &q, NULL), ROTA_OK);
}

/* The titles of the other bookings, in the order of the rows. */
static const char *conflicts(void)
{
    static char titles[256];
    rota_result *rows;
    titles[0] = '\0';
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict c = ROTA_INIT(rota_conflict);
        ck_assert_int_eq(rota_conflict_at(rows, i, &c), ROTA_OK);
        ck_assert_ptr_nonnull(c.resource_name);
        strncat(titles, c.title ? c.title : "-", sizeof titles - strlen(titles) - 1);
    }
    rota_result_free(rows);
    return titles;
}

static int32_t status_of(rota_id id)
{
    rota_booking b = ROTA_INIT(rota_booking);
    rota_result *rows;
    ck_status(&f, rota_booking_get(f.r, &id, &rows), ROTA_OK);
    rota_booking_at(rows, 0, &b);
    rota_result_free(rows);
    return b.status;
}

START_TEST(allens_thirteen_relations) /* I2 CX-1, user-asks 6 */
{
    /* against 10:00 to 12:00 */
    static const struct {
        const char *name, *from, *to;
        bool collides;
    } relations[] = {
        { "before", "08:00", "09:00", false },    { "meets", "09:00", "10:00", false },
        { "overlaps", "09:00", "11:00", true },   { "starts", "10:00", "11:00", true },
        { "during", "10:30", "11:30", true },     { "finishes", "11:00", "12:00", true },
        { "equals", "10:00", "12:00", true },     { "finished by", "09:00", "12:00", true },
        { "contains", "09:00", "13:00", true },   { "started by", "10:00", "13:00", true },
        { "overlapped", "11:00", "13:00", true }, { "met by", "12:00", "13:00", false },
        { "after", "13:00", "14:00", false },
    };
    for (size_t i = 0; i < sizeof relations / sizeof *relations; i++)
        for (int reversed = 0; reversed < 2; reversed++) {
            char from[32], to[32];
            snprintf(from, sizeof from, "2031-03-10T%sZ", relations[i].from);
            snprintf(to, sizeof to, "2031-03-10T%sZ", relations[i].to);
            want fixed = { .from = "2031-03-10T10:00Z", .to = "2031-03-10T12:00Z" };
            want moving = { .from = from, .to = to };
            rota_id room = fx_room(&f, "Blue", 1);
            ck_status(&f, book(room, reversed ? moving : fixed, NULL), ROTA_OK);
            int rc = book(room, reversed ? fixed : moving, NULL);
            ck_assert_msg(rc == (relations[i].collides ? ROTA_ECONFLICT : ROTA_OK), "%s: %s",
                          relations[i].name, rota_errmsg(f.r));
        }
}
END_TEST

START_TEST(capacity_holds_at_every_instant_not_per_slot) /* I1 DX-2, user-asks 27 */
{
    rota_id pool = fx_room(&f, "Pool", 2);
    /* Anna all morning, Brian early, Cloe late: Cloe never meets Brian. */
    ck_status(&f,
              book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T12:00Z", .title = "A" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .title = "B" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T10:00Z", "2031-03-10T12:00Z", .title = "C" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T11:59Z", "2031-03-10T13:00Z", .title = "D" }, NULL),
              ROTA_ECONFLICT);
    ck_assert_str_eq(conflicts(), "AC");
    ck_status(&f,
              book(pool, (want){ "2031-03-10T12:00Z", "2031-03-10T13:00Z", 2, .title = "E" }, NULL),
              ROTA_OK);
}
END_TEST

START_TEST(every_conflict_is_named_with_the_units_left)
{
    rota_id pool = fx_room(&f, "Pool", 5);
    rota_result *rows;
    rota_conflict c = ROTA_INIT(rota_conflict);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", 3, .title = "A" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T10:00Z", "2031-03-10T11:00Z", 1, .title = "free" },
                   NULL),
              ROTA_OK);
    ck_status(&f,
              book(pool, (want){ "2031-03-10T11:00Z", "2031-03-10T12:00Z", 4, .title = "B" }, NULL),
              ROTA_OK);
    ck_status(&f, book(pool, (want){ "2031-03-10T08:00Z", "2031-03-10T13:00Z", 3 }, NULL),
              ROTA_ECONFLICT);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 2);
    rota_conflict_at(rows, 0, &c);
    ck_assert_str_eq(c.title, "A");
    ck_assert_int_eq(c.units_left, 2);
    ck_assert_int_eq(c.units_asked, 3);
    ck_assert_int_eq(c.overlap.start, t("2031-03-10T09:00Z"));
    ck_assert_int_eq(c.overlap.end, t("2031-03-10T10:00Z"));
    ck_assert_int_eq(c.when.end, t("2031-03-10T10:00Z"));
    rota_conflict_at(rows, 1, &c);
    ck_assert_str_eq(c.title, "B");
    ck_assert_int_eq(c.units_left, 1);
    ck_assert_int_eq(rota_conflict_at(rows, 2, &c), ROTA_EINVALID);
    rota_result_free(rows);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"Pool\" has 2 of the 3 units asked for left"));
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "and 1 more conflict"));
}
END_TEST

START_TEST(more_units_than_there_are_is_a_conflict_with_nobody)
{
    rota_id pool = fx_room(&f, "Pool", 2);
    rota_result *rows;
    rota_conflict c = ROTA_INIT(rota_conflict);
    static const rota_id none;
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", 3 }, NULL),
              ROTA_ECONFLICT);
    ck_assert_str_eq(rota_errmsg(f.r), "\"Pool\" has 2 units, not the 3 asked for");
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_conflict_at(rows, 0, &c);
    ck_assert_mem_eq(&c.booking, &none, sizeof none);
    ck_assert_int_eq(c.units_left, 2);
    rota_result_free(rows);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", INT32_MAX }, NULL),
              ROTA_ECONFLICT);
}
END_TEST

START_TEST(units_do_not_overflow_at_the_largest_capacity)
{
    rota_id pool = fx_room(&f, "Pool", INT32_MAX);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", INT32_MAX }, NULL),
              ROTA_OK);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", INT32_MAX }, NULL),
              ROTA_ECONFLICT);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", 1 }, NULL),
              ROTA_ECONFLICT);
}
END_TEST

/* Both neighbours' buffers count, whichever was booked first. user-asks 26 DX-7 */
START_TEST(buffers_add)
{
    for (int later_first = 0; later_first < 2; later_first++) {
        rota_id room = fx_room(&f, "Blue", 1);
        set_buffers(room, 300, 600);
        want early = { "2031-03-10T09:00Z", "2031-03-10T10:00Z" };
        want late = { "2031-03-10T10:14:59Z", "2031-03-10T11:00Z" };
        want fits = { "2031-03-10T10:15Z", "2031-03-10T11:00Z" };
        if (later_first) {
            want earlier = { "2031-03-10T09:00Z", "2031-03-10T09:59:59Z" };
            want start = { "2031-03-10T10:14:59Z", "2031-03-10T11:00Z" };
            ck_status(&f, book(room, start, NULL), ROTA_OK);
            ck_status(&f, book(room, early, NULL), ROTA_ECONFLICT);
            ck_status(&f, book(room, earlier, NULL), ROTA_OK);
        } else {
            ck_status(&f, book(room, early, NULL), ROTA_OK);
            ck_status(&f, book(room, late, NULL), ROTA_ECONFLICT);
            ck_status(&f, book(room, fits, NULL), ROTA_OK);
        }
    }
}
END_TEST

START_TEST(buffers_reach_over_the_ends_of_time)
{
    rota_id room = fx_room(&f, "Blue", 1);
    set_buffers(room, ROTA_MAX_BUFFER, ROTA_MAX_BUFFER);
    ck_status(&f, book(room, (want){ "0001-01-01T00:00Z", "0001-01-01T00:00:01Z" }, NULL), ROTA_OK);
    ck_status(&f, book(room, (want){ "9999-12-31T23:59:58Z", "9999-12-31T23:59:59Z" }, NULL),
              ROTA_OK);
    ck_status(&f, book(room, (want){ "0001-06-01T00:00Z", "0001-06-01T00:00:01Z" }, NULL),
              ROTA_ECONFLICT);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(optional_and_free_claims_neither_refuse_nor_block) /* C-10 M-24 */
{
    rota_id room = fx_room(&f, "Blue", 1), anna = fx_room(&f, "Anna", 1);
    rota_claim claims[2] = { { .resource = room, .units = 1 },
                             { .resource = anna, .units = 1, .role = ROTA_ROLE_OPTIONAL } };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = claims;
    q.claim_count = 2;
    fx_book(&f, anna, "2031-03-10T09:00Z", "2031-03-10T09:30Z");
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    fx_book(&f, anna, "2031-03-10T09:30Z", "2031-03-10T10:00Z");
    claims[1].role = ROTA_ROLE_REQUIRED;
    claims[1].flags = ROTA_CLAIM_FREE;
    claims[0].resource = fx_room(&f, "Red", 1);
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
}
END_TEST

/* --- strategies: M-31 M-56 M-57 MX-10 --- */

START_TEST(higher_overrides_lower_and_never_equal)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt low = ROTA_INIT(rota_receipt), high = ROTA_INIT(rota_receipt);
    rota_result *rows;
    rota_booking b = ROTA_INIT(rota_booking);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 5,
                           .title = "low" },
                   &low),
              ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:30Z", "2031-03-10T10:30Z", .priority = 5,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   NULL),
              ROTA_ECONFLICT);
    ck_assert_str_eq(conflicts(), "low");
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:30Z", "2031-03-10T10:30Z", .priority = 6,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE, .title = "high" },
                   &high),
              ROTA_OK);
    ck_assert_int_eq(high.cancelled, 1);
    ck_assert_int_eq(status_of(low.id), ROTA_BOOKING_CANCELLED);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 7,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   &high),
              ROTA_OK);
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_booking_at(rows, 0, &b);
    ck_assert_str_eq(b.title, "high");
    ck_assert_int_eq(b.status, ROTA_BOOKING_CANCELLED);
    rota_result_free(rows);
    /* without a conflict, override changes nothing */
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T12:00Z", "2031-03-10T13:00Z",
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   &high),
              ROTA_OK);
    ck_assert_int_eq(high.cancelled, 0);
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
}
END_TEST

START_TEST(who_is_in_the_way_twice_is_overridden_once)
{
    rota_claim claims[2] = { { .units = 1 }, { .units = 1 } };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_result *rows;
    claims[0].resource = fx_room(&f, "Blue", 1);
    claims[1].resource = fx_room(&f, "Red", 1);
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = claims;
    q.claim_count = 2;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, NULL), ROTA_OK);
    q.priority = 1;
    q.on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    ck_status(&f, rota_booking_create(f.r, NULL, &q, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 1);
    ck_status(&f, rota_cancelled_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 1);
    rota_result_free(rows);
}
END_TEST

START_TEST(override_is_all_or_nothing)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt low = ROTA_INIT(rota_receipt);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 1, .title = "l" },
                   &low),
              ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T10:00Z", "2031-03-10T11:00Z", .priority = 9, .title = "h" },
                   NULL),
              ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:30Z", "2031-03-10T10:30Z", .priority = 5,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   NULL),
              ROTA_ECONFLICT);
    ck_assert_str_eq(conflicts(), "lh");
    ck_assert_int_eq(status_of(low.id), ROTA_BOOKING_CONFIRMED);
}
END_TEST

START_TEST(override_cancels_no_more_than_it_needs)
{
    rota_id pool = fx_room(&f, "Pool", 3);
    rota_receipt a = ROTA_INIT(rota_receipt), b = ROTA_INIT(rota_receipt),
                 c = ROTA_INIT(rota_receipt), d = ROTA_INIT(rota_receipt);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 2 }, &a),
              ROTA_OK);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 1 }, &b),
              ROTA_OK);
    ck_status(&f, book(pool, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 3 }, &c),
              ROTA_OK);
    ck_status(&f,
              book(pool,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 4,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   &d),
              ROTA_OK);
    ck_assert_int_eq(d.cancelled, 1);
    ck_assert_int_eq(status_of(b.id), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(status_of(a.id), ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(status_of(c.id), ROTA_BOOKING_CONFIRMED);
}
END_TEST

/* However many could go, one unit costs one booking; and there is an end to it. */
START_TEST(override_finds_the_one_among_thousands_and_stops_at_its_limit)
{
    enum { MANY = 3000 };
    rota_id big = fx_room(&f, "Big", MANY);
    want small = { "2031-03-10T09:00Z", "2031-03-10T10:00Z" };
    want one = { "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 1,
                 .on_conflict = ROTA_ON_CONFLICT_OVERRIDE };
    want half = one;
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    for (int i = 0; i < MANY; i++)
        ck_status(&f, book(big, small, NULL), ROTA_OK);
    ck_status(&f, book(big, one, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, 1);
    half.units = ROTA_MAX_CANCELLED + 1;
    ck_status(&f, book(big, half, NULL), ROTA_ELIMIT);
    half.units = ROTA_MAX_CANCELLED;
    ck_status(&f, book(big, half, &receipt), ROTA_OK);
    ck_assert_int_eq(receipt.cancelled, ROTA_MAX_CANCELLED);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

START_TEST(a_completed_booking_cannot_be_overridden)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_receipt old = ROTA_INIT(rota_receipt);
    ck_status(&f, book(room, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z" }, &old), ROTA_OK);
    fx_clock(&f, "2031-03-10T09:30Z");
    ck_status(&f, rota_booking_complete(f.r, NULL, &old.id, NULL), ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 9,
                           .on_conflict = ROTA_ON_CONFLICT_OVERRIDE },
                   NULL),
              ROTA_ECONFLICT);
}
END_TEST

/* --- ask --- */

static struct asked {
    rota *other;        /* the host uses another handle meanwhile */
    const char *cancel; /* titles to cancel, a letter each */
    int32_t odd;        /* the answer, where it is none that there is */
    int count;
    int32_t nested; /* what a call on the asking handle answered */
    rota *same;
    void (*meanwhile)(void); /* on the first question */
    rota_id first;           /* what it is about */
} asked;

static int32_t ask(void *ctx, const rota_conflict *conflict)
{
    struct asked *a = ctx;
    if (a->same) a->nested = rota_tick(a->same, NULL, NULL);
    if (a->count++ == 0 && a->meanwhile) a->meanwhile();
    if (a->odd) return a->odd;
    return conflict->title && strstr(a->cancel, conflict->title) ? ROTA_ASK_CANCEL : ROTA_ASK_KEEP;
}

static void open_asking(const char *url, const char *cancel)
{
    fx_close(&f);
    memset(&asked, 0, sizeof asked);
    asked.cancel = cancel;
    f.config.ask = ask;
    f.config.ask_ctx = &asked;
    fx_open(&f, url);
    fx_clock(&f, "2031-03-10T08:00Z");
}

START_TEST(the_host_decides_conflict_by_conflict)
{
    open_asking(":memory:", "a");
    rota_id room = fx_room(&f, "Blue", 1);
    want mine = { "2031-03-10T09:30Z", "2031-03-10T10:30Z", .on_conflict = ROTA_ON_CONFLICT_ASK };
    rota_receipt a = ROTA_INIT(rota_receipt), m = ROTA_INIT(rota_receipt);
    asked.same = f.r;
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .priority = 9, .title = "a" },
                   &a),
              ROTA_OK);
    ck_status(&f,
              book(room, (want){ "2031-03-10T10:00Z", "2031-03-10T11:00Z", .title = "b" }, NULL),
              ROTA_OK);
    ck_status(&f, book(room, mine, NULL), ROTA_ECONFLICT);
    ck_assert_str_eq(conflicts(), "ab");
    ck_assert_int_eq(asked.count, 2);
    ck_assert_int_eq(asked.nested, ROTA_ESTATE);
    ck_assert_int_eq(status_of(a.id), ROTA_BOOKING_CONFIRMED);
    asked.odd = 77; /* no answer that there is: nobody is cancelled */
    ck_status(&f, book(room, mine, NULL), ROTA_ECONFLICT);
    asked.odd = 0;
    asked.cancel = "ab";
    ck_status(&f, book(room, mine, &m), ROTA_OK);
    ck_assert_int_eq(m.cancelled, 2);
    ck_assert_int_eq(asked.count, 6);
    ck_assert_int_eq(status_of(a.id), ROTA_BOOKING_CANCELLED);
}
END_TEST

START_TEST(without_a_hook_asking_is_refusing)
{
    rota_id room = fx_room(&f, "Blue", 1);
    ck_status(&f,
              book(room, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .title = "a" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z",
                           .on_conflict = ROTA_ON_CONFLICT_ASK },
                   NULL),
              ROTA_ECONFLICT);
    ck_assert_str_eq(conflicts(), "a");
}
END_TEST

/* A booking "a" from 09:00 to 10:00 in a room, and another handle on the same file. */
static rota_id open_asking_twice(const char *name, const char *cancel)
{
    char path[256];
    rota_config config = ROTA_INIT(rota_config);
    rota_receipt a = ROTA_INIT(rota_receipt);
    fx_path(&f, name, path, sizeof path);
    open_asking(path, cancel);
    config.now = f.config.now;
    config.now_ctx = f.config.now_ctx;
    rota_id room = fx_room(&f, "Blue", 1);
    ck_status(&f, book(room, (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z", .title = "a" }, &a),
              ROTA_OK);
    ck_assert_int_eq(rota_open(path, &config, &asked.other), ROTA_OK);
    asked.first = a.id;
    return room;
}

static void cancel_first(void)
{
    ck_assert_int_eq(rota_booking_cancel(asked.other, NULL, &asked.first, NULL), ROTA_OK);
}

static void change_first(void)
{
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.set = ROTA_BOOKING_SET_PRIORITY;
    q.priority = 7;
    ck_assert_int_eq(rota_booking_move(asked.other, NULL, &asked.first, &q, NULL), ROTA_OK);
}

START_TEST(no_lock_is_held_while_the_host_thinks)
{
    rota_id room = open_asking_twice("ask.db", "");
    asked.meanwhile = cancel_first;
    /* the host keeps it, but the other handle cancels it meanwhile: then it is free */
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T10:00Z",
                           .on_conflict = ROTA_ON_CONFLICT_ASK },
                   NULL),
              ROTA_OK);
    ck_assert_int_eq(asked.count, 1);
    rota_close(asked.other);
}
END_TEST

START_TEST(what_has_changed_is_asked_about_again)
{
    rota_receipt mine = ROTA_INIT(rota_receipt);
    rota_id room = open_asking_twice("again.db", "ab");
    asked.meanwhile = change_first;
    ck_status(&f,
              book(room, (want){ "2031-03-10T10:00Z", "2031-03-10T11:00Z", .title = "b" }, NULL),
              ROTA_OK);
    ck_status(&f,
              book(room,
                   (want){ "2031-03-10T09:00Z", "2031-03-10T11:00Z",
                           .on_conflict = ROTA_ON_CONFLICT_ASK },
                   &mine),
              ROTA_OK);
    ck_assert_int_eq(mine.cancelled, 2);
    ck_assert_int_eq(asked.count, 3);
    rota_close(asked.other);
}
END_TEST

Suite *admit_suite(void)
{
    Suite *s = suite_create("admit");
    TCase *tc = tcase_create("admit");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, allens_thirteen_relations);
    tcase_add_test(tc, capacity_holds_at_every_instant_not_per_slot);
    tcase_add_test(tc, every_conflict_is_named_with_the_units_left);
    tcase_add_test(tc, more_units_than_there_are_is_a_conflict_with_nobody);
    tcase_add_test(tc, units_do_not_overflow_at_the_largest_capacity);
    tcase_add_test(tc, buffers_add);
    tcase_add_test(tc, buffers_reach_over_the_ends_of_time);
    tcase_add_test(tc, optional_and_free_claims_neither_refuse_nor_block);
    tcase_add_test(tc, higher_overrides_lower_and_never_equal);
    tcase_add_test(tc, override_is_all_or_nothing);
    tcase_add_test(tc, who_is_in_the_way_twice_is_overridden_once);
    tcase_add_test(tc, override_cancels_no_more_than_it_needs);
    tcase_add_test(tc, override_finds_the_one_among_thousands_and_stops_at_its_limit);
    tcase_add_test(tc, a_completed_booking_cannot_be_overridden);
    tcase_add_test(tc, the_host_decides_conflict_by_conflict);
    tcase_add_test(tc, without_a_hook_asking_is_refusing);
    tcase_add_test(tc, what_has_changed_is_asked_about_again);
    tcase_add_test(tc, no_lock_is_held_while_the_host_thinks);
    suite_add_tcase(s, tc);
    return s;
}
