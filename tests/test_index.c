/* The index in memory as its callers see it: a check from memory is the check of the whole
 * gate, a list from pages is the list of the store, and a budget changes no answer. Below
 * that, the parts that no public call reaches in every way. */
#define _POSIX_C_SOURCE 200809L /* open_memstream */

#include <check.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "base/line.h"
#include "base/share.h"
#include "domain/page.h"
#include "fixture.h"

/* ck_assert() tells the parent process of every check, which is slow in loops. */
#define ck_that(condition)                                        \
    do {                                                          \
        if (!(condition)) ck_abort_msg("not so: %s", #condition); \
    } while (0)

static struct fx f;

static void setup(void)
{
    memset(&f, 0, sizeof f);
    fx_open(&f, ":memory:");
}

static void teardown(void)
{
    fx_close(&f);
}

/* Nothing is in memory. */
static void cool(rota *r)
{
    rota__busy_empty(&r->engine->busy);
}

static rota_metrics metrics_of(rota *r)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    ck_that(rota_metrics_get(r, &m) == ROTA_OK);
    return m;
}

/* --- a calendar that changes at random --- */

enum { RESOURCES = 9, FIRST_GROUP = 6, BOOKINGS = 400, CLAIMS = 20 };

static rota_id resources[RESOURCES];
static rota_id bookings[BOOKINGS];
static int64_t booking_count;
static rota_time base;           /* around which everything happens */
static rota *any[3];             /* who does it */
static int64_t any_count, units; /* of handles; seconds that times are multiples of */
static bool has_groups;

static int64_t chance(int64_t below)
{
    return fx_random(&f, below);
}

static rota *anybody(void)
{
    return any[chance(any_count)];
}

static void begin_world(rota_time when, int64_t seconds)
{
    for (int i = 0; i < RESOURCES; i++) {
        char name[16];
        snprintf(name, sizeof name, "R%d", i);
        resources[i] = fx_room(&f, name, i < FIRST_GROUP && i % 2 ? 2 + (int32_t)chance(4) : 1);
    }
    booking_count = 0;
    base = when;
    units = seconds;
    any[0] = f.r;
    any_count = 1;
    has_groups = true;
}

static rota_time some_time(int64_t of)
{
    rota_time time = base + units * chance(of);
    return time < ROTA_TIME_MIN ? ROTA_TIME_MIN : time > ROTA_TIME_MAX ? ROTA_TIME_MAX : time;
}

static void draw_claims(rota_booking_request *q, rota_claim *claims)
{
    q->claims = claims;
    q->claim_count = chance(3) ? 1 : 1 + chance(3);
    for (int64_t i = 0; i < q->claim_count; i++) {
        claims[i] = (rota_claim){ .resource = resources[chance(RESOURCES)],
                                  .units = 1 + (int32_t)chance(chance(2) ? 1 : 4) };
        claims[i].role = chance(5) ? ROTA_ROLE_REQUIRED : (int32_t)chance(3);
        claims[i].flags = chance(8) ? 0 : ROTA_CLAIM_FREE;
    }
}

static void draw_span(rota_booking_request *q)
{
    q->when.start = some_time(60);
    q->when.end = q->when.start + units * (1 + chance(6));
    if (q->when.end > ROTA_TIME_MAX) q->when.end = ROTA_TIME_MAX;
}

static void note(const rota_receipt *receipt)
{
    bookings[booking_count < BOOKINGS ? booking_count++ : chance(BOOKINGS)] = receipt->id;
}

static rota_booking_request draw_booking(rota_claim *claims)
{
    static const char *const titles[] = { NULL, "", "Standup", "Ärztin" };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    draw_span(&q);
    draw_claims(&q, claims);
    q.title = titles[chance(4)];
    q.data = chance(3) ? NULL : "{\"a\":1}";
    q.hold_secs = chance(3) ? 0 : (int32_t)(1 + units * chance(8));
    q.priority = (int32_t)chance(3);
    q.on_conflict = chance(3) ? ROTA_ON_CONFLICT_REJECT : ROTA_ON_CONFLICT_OVERRIDE;
    return q;
}

static int create(rota *r)
{
    rota_claim claims[CLAIMS];
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_booking_request q = draw_booking(claims);
    char ref[24];
    snprintf(ref, sizeof ref, "ref %" PRId64, chance(INT64_C(1) << 40));
    q.ref = chance(2) ? ref : NULL;
    int rc = rota_booking_create(r, NULL, &q, &receipt);
    if (rc == ROTA_OK) note(&receipt);
    return rc;
}

static int change(rota *r)
{
    static const uint32_t sets[] = {
        ROTA_BOOKING_SET_START,
        ROTA_BOOKING_SET_END,
        ROTA_BOOKING_SET_WHEN,
        ROTA_BOOKING_SET_CLAIMS,
        ROTA_BOOKING_SET_TITLE,
        ROTA_BOOKING_SET_WHEN | ROTA_BOOKING_SET_CLAIMS | ROTA_BOOKING_SET_PRIORITY,
    };
    rota_call call = ROTA_INIT(rota_call);
    rota_claim claims[CLAIMS];
    if (booking_count == 0) return ROTA_OK;
    const rota_id *id = &bookings[chance(booking_count)];
    call.flags = chance(4) ? 0 : ROTA_CALL_OVERRIDE;
    switch (chance(6)) {
    case 0:
        return rota_booking_cancel(r, &call, id, NULL);
    case 1:
        return rota_booking_confirm(r, &call, id, NULL);
    case 2:
        return chance(2) ? rota_booking_complete(r, &call, id, NULL)
                         : rota_booking_check_in(r, &call, id, NULL);
    default: {
        rota_booking_request q = draw_booking(claims);
        q.set = sets[chance(6)];
        q.hold_secs = 0;
        return rota_booking_move(r, &call, id, &q, NULL);
    }
    }
}

static int join_or_leave(rota *r)
{
    rota_member_request q = ROTA_INIT(rota_member_request);
    q.group = resources[FIRST_GROUP + chance(RESOURCES - FIRST_GROUP)];
    q.member = resources[chance(RESOURCES)];
    q.set = (uint32_t)chance(4);
    q.from = some_time(60);
    q.until = q.from + units * (1 + chance(30));
    return chance(3) ? rota_member_add(r, NULL, &q, NULL) : rota_member_remove(r, NULL, &q, NULL);
}

static int update(rota *r)
{
    rota_resource_request q = ROTA_INIT(rota_resource_request);
    const rota_id *id = &resources[chance(RESOURCES)];
    static const uint32_t sets[] = { ROTA_RESOURCE_SET_CAPACITY, ROTA_RESOURCE_SET_BEFORE,
                                     ROTA_RESOURCE_SET_AFTER, ROTA_RESOURCE_SET_ACTIVE };
    q.set = sets[chance(4)];
    q.capacity = 1 + (int32_t)chance(5);
    q.before = q.after = (int32_t)(units * chance(3));
    if (!chance(30)) q.before = q.after = ROTA_MAX_BUFFER;
    q.active = chance(10) > 0;
    return rota_resource_update(r, NULL, id, &q, NULL);
}

static int step(rota *r)
{
    switch (chance(16)) {
    case 0:
        return has_groups ? join_or_leave(r) : change(r);
    case 1:
        return update(r);
    case 2:
        f.now += units * chance(3);
        return rota_tick(r, NULL, NULL);
    case 3:
        return chance(40) ? ROTA_OK
                          : rota_resource_remove(r, NULL, &resources[chance(RESOURCES)], NULL);
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        return change(r);
    default:
        return create(r);
    }
}

/* --- a check is the whole gate's answer --- */

static void spoil(rota_booking_request *q, rota_claim *claims)
{
    static const rota_id unknown = { "no such resource" }, none;
    rota_claim *claim = &claims[chance(q->claim_count)];
    switch (chance(18)) {
    case 0:
        claim->units = -(int32_t)chance(2);
        break;
    case 1:
        claim->role = chance(2) ? -1 : 3;
        break;
    case 2:
        claim->flags = 2;
        break;
    case 3:
        claim->reserved = 1;
        break;
    case 4:
        q->claim_count = chance(2) ? 0 : -1;
        break;
    case 5:
        q->claims = NULL;
        break;
    case 6:
        q->when.end = q->when.start - chance(2);
        break;
    case 7:
        q->when.start = chance(2) ? ROTA_TIME_MIN - 1 : INT64_MIN;
        break;
    case 8:
        q->when.end = chance(2) ? ROTA_TIME_MAX + 1 : INT64_MAX;
        break;
    case 9:
        claim->resource = chance(2) ? unknown : none;
        break;
    case 10:
        q->flags = chance(2) ? ROTA_BOOKING_FUTURE : 2;
        break;
    case 11:
        claims[q->claim_count] = *claim;
        q->claim_count++;
        break;
    case 12:
        q->when.start = ROTA_TIME_MIN;
        q->when.end = ROTA_TIME_MIN + 1 + units * chance(60);
        break;
    case 13:
        q->when.end = ROTA_TIME_MAX;
        q->when.start = ROTA_TIME_MAX - 1 - units * chance(60);
        break;
    case 14: /* more than the quick answer looks at */
        for (q->claim_count = 0; q->claim_count < CLAIMS; q->claim_count++)
            claims[q->claim_count] = (rota_claim){
                .resource = resources[q->claim_count % RESOURCES], .units = 1
            };
        break;
    case 15:
        claim->units = INT32_MAX;
        break;
    case 16:
        q->claim_count = ROTA_MAX_CLAIMS + 1;
        break;
    default:
        q->when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
        break;
    }
}

typedef struct answer {
    int status;
    bool quick; /* nothing was looked at by way of a pin */
    char message[256];
} answer;

static answer check(rota *r, const rota_booking_request *q)
{
    answer a;
    rota_metrics before = metrics_of(r), after;
    a.status = rota_booking_check(r, q);
    snprintf(a.message, sizeof a.message, "%s", rota_errmsg(r));
    after = metrics_of(r);
    a.quick = after.hits == before.hits && after.loads == before.loads;
    return a;
}

static void ck_same(const answer *a, const answer *b)
{
    if (a->status != b->status || strcmp(a->message, b->message) != 0)
        ck_abort_msg("%s: \"%s\", then %s: \"%s\"", rota_status_name(a->status), a->message,
                     rota_status_name(b->status), b->message);
}

static struct {
    int64_t quick_free, quick_taken, whole_free, whole_taken, refused;
} seen;

static void check_one(void)
{
    rota_claim claims[CLAIMS + 1] = { 0 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_call dry = ROTA_INIT(rota_call);
    rota_result *rows;
    dry.flags = ROTA_CALL_DRY_RUN;
    draw_span(&q);
    draw_claims(&q, claims);
    if (!chance(3)) spoil(&q, claims);

    answer first = check(f.r, &q), asked, warm, cold;
    asked.status = rota_booking_create(f.r, &dry, &q, NULL);
    snprintf(asked.message, sizeof asked.message, "%s", rota_errmsg(f.r));
    warm = check(f.r, &q);
    cool(f.r);
    cold = check(f.r, &q);
    ck_same(&first, &warm);
    ck_same(&warm, &cold);
    if (asked.status == ROTA_ECONFLICT) /* which tells more */
        snprintf(asked.message, sizeof asked.message, "%s", rota_status_text(asked.status));
    ck_same(&asked, &warm);
    ck_that(!cold.quick || (cold.status != ROTA_OK && cold.status != ROTA_ECONFLICT));
    ck_that(rota_conflict_list(f.r, &rows) == ROTA_OK && rota_result_count(rows) == 0);
    rota_result_free(rows);
    seen.quick_free += warm.quick && warm.status == ROTA_OK;
    seen.quick_taken += warm.quick && warm.status == ROTA_ECONFLICT;
    seen.whole_free += !warm.quick && warm.status == ROTA_OK;
    seen.whole_taken += !warm.quick && warm.status == ROTA_ECONFLICT;
    seen.refused += warm.status != ROTA_OK && warm.status != ROTA_ECONFLICT;
}

/* I4 I6: whatever is in memory. A calendar each, since past bookings are not held against a
 * change of capacity, and these clocks go back from world to world. */
START_TEST(a_check_answers_as_a_dry_run_does_and_in_the_same_words)
{
    static const char *const places[] = { "2031-03-10T08:00Z", "1969-12-31T23:30Z",
                                          "0001-01-01T00:00Z", "9999-12-31T23:00Z" };
    uint64_t seed = tests_seed("check");
    memset(&seen, 0, sizeof seen);
    for (int world = 0; world < 24; world++) {
        memset(&f, 0, sizeof f);
        f.now = t(places[world % 4]);
        f.random = seed + (uint64_t)world;
        fx_open(&f, ":memory:");
        begin_world(f.now, world % 8 < 4 ? 60 : 1);
        has_groups = world % 3 > 0; /* a member is never answered for at once */
        for (int i = 0; i < 120; i++) {
            (void)step(f.r);
            (void)step(f.r);
            check_one();
            check_one();
        }
        ck_status(&f, rota_check(f.r, f.now), ROTA_OK);
        fx_close(&f);
    }
    ck_assert_int_gt(seen.quick_free, 50);
    ck_assert_int_gt(seen.quick_taken, 20);
    ck_assert_int_gt(seen.whole_free, 50);
    ck_assert_int_gt(seen.whole_taken, 50);
    ck_assert_int_gt(seen.refused, 50);
}
END_TEST

/* A control: what is in memory is what is looked at. */
START_TEST(a_check_on_a_timeline_that_is_wrong_is_noticed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota__busy *busy = &f.r->engine->busy;
    q.when = (rota_span){ t("2031-03-10T09:00Z"), t("2031-03-10T10:00Z") };
    q.claims = &c;
    q.claim_count = 1;
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T11:00Z");
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_OK);
    for (int64_t i = 0; i < busy->slot_count; i++)
        if (busy->slots[i]) busy->slots[i]->resource.after = 1;
    answer warm = check(f.r, &q);
    ck_assert(warm.quick);
    ck_assert_int_eq(warm.status, ROTA_ECONFLICT);
    cool(f.r);
    ck_assert_int_eq(check(f.r, &q).status, ROTA_OK);
}
END_TEST

START_TEST(a_check_writes_nothing_and_tells_no_conflict)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    rota_stats before = ROTA_INIT(rota_stats), after = ROTA_INIT(rota_stats);
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    q.when.start = t("2031-03-10T09:30Z");
    q.when.end = t("2031-03-10T10:30Z");
    q.claims = &c;
    q.claim_count = 1;
    /* what a creation takes beside these is not looked at */
    q.title = "\xff";
    q.ref = "";
    q.hold_secs = -5;
    q.on_conflict = 99;
    q.set = UINT32_MAX;
    ck_status(&f, rota_stats_get(f.r, &before), ROTA_OK);
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_ECONFLICT);
    ck_assert_str_eq(rota_errmsg(f.r), rota_status_text(ROTA_ECONFLICT));
    q.when.start = t("2031-03-10T10:00Z");
    ck_status(&f, rota_booking_check(f.r, &q), ROTA_OK);
    ck_status(&f, rota_stats_get(f.r, &after), ROTA_OK);
    ck_assert_int_eq(after.events, before.events);
    ck_assert_int_eq(after.bookings, before.bookings);
    ck_assert_int_eq(after.commits, before.commits);
}
END_TEST

/* The clock decides, though nothing in memory has changed. I7 */
START_TEST(a_hold_that_lapses_is_free_to_a_check_at_that_second)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    fx_hold(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z", 60);
    q.when.start = t("2031-03-10T09:00Z");
    q.when.end = t("2031-03-10T10:00Z");
    q.claims = &c;
    q.claim_count = 1;
    f.now += 59;
    answer held = check(f.r, &q);
    f.now += 1;
    answer lapsed = check(f.r, &q);
    ck_assert(held.quick && lapsed.quick);
    ck_assert_int_eq(held.status, ROTA_ECONFLICT);
    ck_assert_int_eq(lapsed.status, ROTA_OK);
}
END_TEST

/* --- a list from pages is the list of the store --- */

static char *text_of(const rota_result *rows)
{
    char *text = NULL, id[37];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ck_that(out);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        ck_that(rota_booking_at(rows, i, &b) == ROTA_OK);
        rota_id_format(&b.id, id);
        fprintf(out, "%s %" PRId64 " %" PRId64 " st%d ph%d v%" PRId64 " pr%d h%" PRId64, id,
                b.when.start, b.when.end, b.status, b.phase, b.version, b.priority, b.hold_expires);
        fprintf(out, " %" PRId64 " %" PRId64 " \"%s\" \"%s\" \"%s\"", b.created_at, b.changed_at,
                b.title ? b.title : "(none)", b.ref ? b.ref : "(none)", b.data ? b.data : "(none)");
        for (int64_t k = 0; k < b.claim_count; k++) {
            rota_id_format(&b.claims[k].resource, id);
            fprintf(out, " [%s %d %d %u %u]", id, b.claims[k].units, b.claims[k].role,
                    b.claims[k].flags, b.claims[k].reserved);
        }
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

static int64_t lists_from_pages;

static char *listed(rota *r, const rota_booking_query *query)
{
    rota_result *rows = NULL;
    int rc = rota_booking_list(r, query, &rows);
    if (rc != ROTA_OK) {
        char *text = malloc(256);
        ck_that(text);
        snprintf(text, 256, "%s: %.200s", rota_status_name(rc), rota_errmsg(r));
        return text;
    }
    char *text = text_of(rows);
    lists_from_pages += rows->page_count > 0;
    rota_result_free(rows);
    return text;
}

/* A list that goes on behind something is read from the store: here from before all. */
static char *listed_from_store(rota *r, const rota_booking_query *query)
{
    rota_booking_query from = *query;
    from.after.b[0] = 1;
    from.after_when = (rota_span){ ROTA_TIME_MIN - 2, ROTA_TIME_MIN - 1 };
    return listed(r, &from);
}

static int64_t lines_compared;

/* Takes both. */
static void ck_same_list(char *got, char *expected, const rota_booking_query *q)
{
    if (strcmp(got, expected) != 0)
        ck_abort_msg("in [%" PRId64 ", %" PRId64 "), statuses %x, limit %" PRId64
                     ":\n%s-- not --\n%s",
                     q->when.start, q->when.end, q->statuses, q->limit, got, expected);
    for (const char *at = got; (at = strchr(at, '\n')); at++)
        lines_compared++;
    free(got);
    free(expected);
}

static rota_booking_query draw_query(void)
{
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    static const int64_t lengths[] = { 1, 3600, 86400, 40 * 86400, 250 * 86400, 3000 * 86400 };
    q.resource = resources[chance(RESOURCES)];
    q.statuses = chance(2) ? 0 : (uint32_t)chance(64) << 1;
    q.limit = chance(2) ? 0 : 1 + chance(5);
    q.when.start = some_time(70) - units * chance(10);
    q.when.end = q.when.start + 1 + (chance(2) ? chance(lengths[chance(6)]) : units * chance(20));
    if (!chance(20)) q.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    if (q.when.start < ROTA_TIME_MIN) q.when.start = ROTA_TIME_MIN;
    if (q.when.end > ROTA_TIME_MAX) q.when.end = ROTA_TIME_MAX;
    if (q.when.start >= q.when.end) q.when.start = q.when.end - 1;
    return q;
}

/* Times in which bookings lie on one page, on several, and on the page of long ones. */
static const struct {
    const char *place;
    int64_t seconds;
} scales[] = {
    { "2031-03-10T08:00Z", 900 },   { "2031-03-10T08:00Z", 86400 },
    { "1969-12-01T00:00Z", 43200 }, { "0001-01-01T00:00Z", 86399 },
    { "9999-12-01T00:00Z", 40000 }, { "2031-03-10T08:00Z", 20 * 86400 },
    { "1960-02-01T00:00Z", 90000 }, { "2031-03-10T08:00Z", 300 * 86400 },
};

START_TEST(a_list_from_memory_is_the_list_of_the_store)
{
    f.random = tests_seed("lists");
    lines_compared = lists_from_pages = 0;
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        begin_world(t(scales[s].place), scales[s].seconds);
        f.now = base + units * 5;
        if (f.now > ROTA_TIME_MAX) f.now = ROTA_TIME_MAX;
        for (int i = 0; i < 250; i++) {
            (void)step(f.r);
            if (f.now > ROTA_TIME_MAX) f.now = ROTA_TIME_MAX;
            for (int k = 0; k < 4; k++) {
                rota_booking_query q = draw_query();
                for (int64_t again = chance(3); again > 0; again--)
                    free(listed(f.r, &q)); /* what is asked for once is the store's */
                ck_same_list(listed(f.r, &q), listed_from_store(f.r, &q), &q);
            }
        }
    }
    ck_assert_int_gt(lines_compared, 2000);
    ck_assert_int_gt(lists_from_pages, 2000);
}
END_TEST

/* A control: a page that is not dropped shows. */
START_TEST(a_page_that_lags_behind_is_noticed)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    q.resource = room;
    q.when = (rota_span){ t("2031-03-10T00:00Z"), t("2031-03-11T00:00Z") };
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    free(listed(f.r, &q));
    free(listed(f.r, &q));
    rota__busy *busy = &f.r->engine->busy;
    rota__page *page = NULL;
    for (int64_t i = 0; i < busy->slot_count && !page; i++)
        if (busy->slots[i])
            for (page = busy->slots[i]->pages; page && page->count == 0;)
                page = page->next;
    ck_assert_ptr_nonnull(page);
    page->rows[0].version = 99;
    char *got = listed(f.r, &q), *expected = listed_from_store(f.r, &q);
    ck_assert_str_ne(got, expected);
    free(got);
    free(expected);
}
END_TEST

/* A window and a stay that a booking reaches both, though they do not meet. */
START_TEST(a_long_booking_of_a_group_is_listed_far_from_the_stay)
{
    rota_id team = fx_room(&f, "Team", 1), anna = fx_room(&f, "Anna", 1);
    rota_member_request join = ROTA_INIT(rota_member_request);
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    join.set = ROTA_MEMBER_SET_FROM | ROTA_MEMBER_SET_UNTIL;
    join.group = team;
    join.member = anna;
    join.from = t("2031-06-01T00:00Z");
    join.until = t("2031-06-02T00:00Z");
    ck_status(&f, rota_member_add(f.r, NULL, &join, NULL), ROTA_OK);
    fx_book(&f, team, "2031-04-01T00:00Z", "2031-08-01T00:00Z");
    q.resource = anna;
    q.when = (rota_span){ t("2031-04-10T00:00Z"), t("2031-04-11T00:00Z") };
    for (int i = 0; i < 3; i++) {
        rota_result *rows;
        ck_status(&f, rota_booking_list(f.r, &q, &rows), ROTA_OK);
        ck_assert_msg(rota_result_count(rows) == 1, "list %d has %" PRId64 " rows", i + 1,
                      rota_result_count(rows));
        rota_result_free(rows);
    }
}
END_TEST

/* --- several handles, several engines --- */

static void list_everywhere(rota *const *handles, int count, rota *fresh)
{
    rota_booking_query q = draw_query();
    for (int i = 0; i < count; i++) {
        for (int64_t again = chance(3); again > 0; again--)
            free(listed(handles[i], &q));
        char *expected = fresh ? listed(fresh, &q) : listed_from_store(handles[i], &q);
        ck_same_list(listed(handles[i], &q), expected, &q);
    }
}

START_TEST(lists_follow_what_others_change)
{
    char path[256];
    rota *other = NULL, *attached = NULL;
    memset(&f, 0, sizeof f);
    fx_path(&f, "lists.db", path, sizeof path);
    fx_open(&f, path);
    f.random = tests_seed("lists of several");
    ck_status(&f, rota_attach(f.r, &attached), ROTA_OK);
    ck_assert_int_eq(rota_open(path, &f.config, &other), ROTA_OK);
    begin_world(t("2031-03-10T08:00Z"), 40000);
    f.now = base + units * 5;
    any[1] = attached;
    any[2] = other;
    any_count = 3;
    lists_from_pages = 0;
    for (int i = 0; i < 120; i++) {
        rota *fresh = NULL;
        (void)step(anybody());
        if (i % 10 == 0) ck_assert_int_eq(rota_open(path, &f.config, &fresh), ROTA_OK);
        for (int k = 0; k < 4; k++)
            list_everywhere(any, 3, fresh);
        rota_close(fresh);
    }
    ck_assert_int_gt(lists_from_pages, 300);
    ck_assert_int_eq(rota_check(other, f.now), ROTA_OK); /* buffers were changed since the past */
    rota_close(attached);
    rota_close(other);
    fx_close(&f);
}
END_TEST

START_TEST(rows_outlive_handles_and_engine)
{
    enum { KEPT = 40 };
    rota_result *rows[KEPT] = { NULL };
    char *texts[KEPT] = { NULL };
    int64_t from_pages = 0;
    rota *attached;
    memset(&f, 0, sizeof f);
    fx_open(&f, ":memory:");
    f.random = tests_seed("rows that outlive");
    begin_world(t("2031-03-10T08:00Z"), 40000);
    ck_status(&f, rota_attach(f.r, &attached), ROTA_OK);
    any[1] = attached;
    any_count = 2;
    for (int i = 0; i < 200; i++) {
        rota_booking_query q = draw_query();
        rota *r = anybody();
        int at = i % KEPT;
        (void)step(anybody());
        q.when = (rota_span){ base - units, base + 60 * units };
        q.resource = resources[i % 3]; /* often the same one: from pages */
        rota_result_free(rows[at]);
        rows[at] = NULL;
        free(texts[at]);
        texts[at] = NULL;
        for (int k = 0; k < 2; k++)
            free(listed(r, &q));
        if (rota_booking_list(r, &q, &rows[at]) == ROTA_OK) texts[at] = text_of(rows[at]);
        from_pages += rows[at] && rows[at]->page_count > 0;
    }
    ck_assert_int_gt(from_pages, 50);
    rota_close(f.r);
    rota_close(attached);
    ck_assert_int_gt(f.live_bytes, 0);
    for (int i = 0; i < KEPT; i++) {
        char *now = rows[i] ? text_of(rows[i]) : NULL;
        ck_assert(!now == !texts[i]);
        if (now) ck_assert_str_eq(now, texts[i]);
        rota_result_free(rows[i]);
        free(now);
        free(texts[i]);
    }
    ck_assert_int_eq(f.live_bytes, 0);
}
END_TEST

START_TEST(a_list_that_runs_out_of_memory_can_be_asked_again)
{
    rota_id room = fx_room(&f, "Blue", 1), group = fx_room(&f, "Team", 1);
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    rota_result *rows;
    fx_join(&f, group, room);
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    fx_book(&f, room, "2031-03-12T09:00Z", "2031-03-15T10:00Z");
    fx_book(&f, group, "2031-03-11T09:00Z", "2031-03-11T10:00Z");
    q.resource = room;
    q.when = (rota_span){ t("2031-03-01T00:00Z"), t("2031-05-01T00:00Z") };
    char *expected = listed_from_store(f.r, &q);
    for (int warm = 0; warm < 3; warm++)
        for (int64_t n = 1;; n++) {
            cool(f.r);
            for (int i = 0; i < warm; i++)
                free(listed(f.r, &q));
            fx_fail_allocation(&f, n);
            int rc = rota_booking_list(f.r, &q, &rows);
            bool failed = f.refused > 0;
            fx_fail_allocation(&f, 0);
            ck_assert(rc == ROTA_OK || (failed && rc == ROTA_ENOMEM));
            if (rc == ROTA_OK) {
                ck_same_list(text_of(rows), strdup(expected), &q);
                rota_result_free(rows);
            }
            ck_same_list(listed(f.r, &q), strdup(expected), &q);
            if (!failed) break;
        }
    free(expected);
}
END_TEST

/* --- the budget --- */

enum { MANY = 300 };

static void fill_many(rota_id *rooms)
{
    for (int i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof name, "Room %d", i);
        rooms[i] = fx_room(&f, name, 1);
        fx_book(&f, rooms[i], "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    }
}

static int try_check(rota_id room, const char *from, const char *to)
{
    rota_claim c = { .resource = room, .units = 1 };
    rota_booking_request q = ROTA_INIT(rota_booking_request);
    q.when.start = t(from);
    q.when.end = t(to);
    q.claims = &c;
    q.claim_count = 1;
    return rota_booking_check(f.r, &q);
}

static void open_with_budget(int64_t bytes)
{
    memset(&f, 0, sizeof f);
    f.config.cache_bytes = bytes;
    fx_open(&f, ":memory:");
}

START_TEST(a_tiny_budget_changes_no_answer)
{
    open_with_budget(1);
    f.random = tests_seed("budget");
    memset(&seen, 0, sizeof seen);
    begin_world(t("2031-03-10T08:00Z"), 40000);
    for (int i = 0; i < 150; i++) {
        rota_booking_query q = draw_query();
        (void)step(f.r);
        check_one();
        for (int k = 0; k < 2; k++)
            ck_same_list(listed(f.r, &q), listed_from_store(f.r, &q), &q);
    }
    ck_status(&f, rota_check(f.r, f.now), ROTA_OK);
    rota_metrics m = metrics_of(f.r);
    ck_assert_int_gt(m.evictions, 20);
    ck_assert_int_le(m.timelines, 1);
    fx_close(&f);
}
END_TEST

/* A file's store holds more than this budget, to gather what a commit writes. */
START_TEST(what_the_store_holds_is_not_of_the_budget)
{
    enum { BUDGET = 64000, GATHERED = 127 * 1024, FEW = 40 };
    char path[300];
    rota_id rooms[FEW];
    rota_stats stats = ROTA_INIT(rota_stats);
    memset(&f, 0, sizeof f);
    f.config.cache_bytes = BUDGET;
    fx_path(&f, "budget.rota", path, sizeof path);
    fx_open(&f, path);
    for (int i = 0; i < FEW; i++)
        rooms[i] = fx_room(&f, "Blue", 1);
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < FEW; i++)
            ck_status(&f, try_check(rooms[i], "2031-03-10T12:00Z", "2031-03-10T13:00Z"), ROTA_OK);
    rota_metrics m = metrics_of(f.r);
    ck_assert_int_eq(m.evictions, 0);
    ck_assert_int_eq(m.timelines, FEW);
    ck_assert_int_eq(m.loads, FEW);
    ck_assert_int_le(m.memory, BUDGET);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    ck_assert_int_ge(stats.memory, m.memory + GATHERED);
    fx_close(&f);
}
END_TEST

/* What lists keep is of the index as well. */
START_TEST(pages_count_as_memory)
{
    rota_id room = fx_room(&f, "Blue", 1);
    rota_booking_query q = ROTA_INIT(rota_booking_query);
    rota_stats stats_before = ROTA_INIT(rota_stats), stats = ROTA_INIT(rota_stats);
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    q.resource = room;
    q.when = (rota_span){ t("2031-03-01T00:00Z"), t("2031-04-01T00:00Z") };
    free(listed(f.r, &q));
    int64_t before = metrics_of(f.r).memory;
    ck_status(&f, rota_stats_get(f.r, &stats_before), ROTA_OK);
    free(listed(f.r, &q));
    int64_t pages = f.r->engine->busy.page_bytes;
    ck_assert_int_gt(pages, 0);
    ck_assert_int_ge(metrics_of(f.r).memory, before + pages);
    ck_status(&f, rota_stats_get(f.r, &stats), ROTA_OK);
    ck_assert_int_ge(stats.memory, stats_before.memory + pages);
}
END_TEST

START_TEST(memory_stays_near_the_budget_and_without_one_grows)
{
    static const int64_t budgets[] = { 64 * 1024, 256 * 1024, -1 };
    rota_id rooms[MANY];
    int64_t memory[3];
    for (int b = 0; b < 3; b++) {
        open_with_budget(budgets[b]);
        fill_many(rooms);
        for (int round = 0; round < 3; round++)
            for (int i = 0; i < MANY; i++) {
                rota_booking_query q = ROTA_INIT(rota_booking_query);
                q.resource = rooms[i];
                q.when = (rota_span){ t("2031-03-01T00:00Z"), t("2031-04-01T00:00Z") };
                ck_that(try_check(rooms[i], "2031-03-10T09:30Z", "2031-03-10T11:00Z") ==
                        ROTA_ECONFLICT);
                ck_that(try_check(rooms[i], "2031-03-10T10:00Z", "2031-03-10T11:00Z") == ROTA_OK);
                free(listed(f.r, &q));
                free(listed(f.r, &q));
                /* and what the last one took, which is kept whatever it is */
                rota_metrics now = metrics_of(f.r);
                ck_that(budgets[b] < 0 || now.memory <= budgets[b] + 16 * 1024);
            }
        rota_metrics m = metrics_of(f.r);
        memory[b] = m.memory;
        ck_assert_int_eq(m.evictions > 0, budgets[b] >= 0);
        if (budgets[b] < 0) ck_assert_int_eq(m.timelines, MANY);
        fx_close(&f);
    }
    ck_assert_int_lt(memory[0], memory[1]);
    ck_assert_int_lt(memory[1], memory[2]);
}
END_TEST

START_TEST(what_is_used_again_and_again_stays)
{
    rota_id rooms[MANY];
    open_with_budget(128 * 1024);
    fill_many(rooms);
    int64_t loads = 0;
    for (int round = 0; round < 3; round++)
        for (int i = 1; i < MANY; i++) {
            ck_that(try_check(rooms[i], "2031-03-10T10:00Z", "2031-03-10T11:00Z") == ROTA_OK);
            int64_t before = metrics_of(f.r).loads;
            ck_that(try_check(rooms[0], "2031-03-10T10:00Z", "2031-03-10T11:00Z") == ROTA_OK);
            loads += metrics_of(f.r).loads - before;
        }
    ck_assert_int_gt(metrics_of(f.r).evictions, 2 * MANY);
    ck_assert_int_le(loads, 2);
    fx_close(&f);
}
END_TEST

/* --- pages --- */

typedef struct blocks {
    int64_t given, left; /* so many may still be */
    int64_t size;        /* of the last one */
} blocks;

static void *give_block(void *ctx, void *block, int64_t size)
{
    blocks *b = ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (b->left == 0) return NULL;
    b->left--;
    b->given++;
    b->size = size;
    return realloc(block, (size_t)size);
}

static int64_t bytes_of(const char *text)
{
    return text ? (int64_t)strlen(text) + 1 : 0;
}

static bool is_text(const char *is, const char *was)
{
    return was ? is && is != was && strcmp(is, was) == 0 : !is;
}

/* Every other row belongs to another page. Of the rest most claim what the one before does;
 * some less, some more, some only the second one in another way, and some nothing. */
START_TEST(a_page_is_one_block_of_just_what_stands_on_it)
{
    enum { ROWS = 200, MOST = 2 };
    static const char *const words[] = { NULL, "", "x", "a longer title" };
    static const rota_claim claims[][MOST] = {
        { { .resource = { { 1 } }, .units = 1 }, { .resource = { { 2 } }, .units = 1 } },
        { { .resource = { { 1 } }, .units = 1 }, { .resource = { { 2 } }, .units = 2 } },
    };
    static rota_booking rows[ROWS];
    blocks b = { .left = 2 };
    rota__mem mem;
    const rota_booking *last = NULL;
    rota__mem_init(&mem, give_block, &b);
    rota__mem_free(&mem, rota__mem_alloc(&mem, 1, 1));
    int64_t header = b.size - 1, content = header + (int64_t)sizeof(rota__page);
    for (int64_t i = 0; i < ROWS; i++) {
        rota_time start = (int64_t)(3 + i % 2) * ROTA__PAGE_SECONDS + i * 60;
        rows[i] = (rota_booking){ .size = sizeof *rows,
                                  .id = { { (uint8_t)i, 7 } },
                                  .when = { start, start + 60 },
                                  .title = words[i / 2 % 4],
                                  .ref = words[i / 3 % 4],
                                  .data = words[i / 5 % 4],
                                  .claims = claims[i / 12 % 2],
                                  .claim_count = i / 20 % (MOST + 1),
                                  .version = i };
        if (i % 2 != 0) continue;
        bool same = last && last->claim_count == rows[i].claim_count &&
                    (rows[i].claim_count < MOST || last->claims == rows[i].claims);
        content += (int64_t)sizeof *rows + bytes_of(rows[i].title) + bytes_of(rows[i].ref) +
                   bytes_of(rows[i].data);
        if (!same) content += rows[i].claim_count * (int64_t)sizeof **claims;
        last = &rows[i];
    }
    rota__page *page = rota__page_new(&mem, 3, rows, ROWS);
    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(b.given, 2);
    ck_assert_int_eq(page->bytes, b.size);
    ck_assert_int_eq(b.size, content);
    ck_assert_int_eq(page->count, ROWS / 2);
    for (int64_t i = 0; i < ROWS; i += 2) {
        const rota_booking *is = &page->rows[i / 2], *was = &rows[i];
        ck_that(rota__page_compare(is, was) == 0 && is->version == was->version);
        ck_that(is->claim_count == was->claim_count && is->claims != was->claims);
        ck_that(memcmp(is->claims, was->claims, (size_t)was->claim_count * sizeof **claims) == 0);
        ck_that(is_text(is->title, was->title) && is_text(is->ref, was->ref) &&
                is_text(is->data, was->data));
    }
    rota__page_drop(page);
    ck_assert_ptr_null(rota__page_new(&mem, 3, rows, ROWS)); /* none left */

    b.left = 1;
    page = rota__page_new(&mem, 9, rows, ROWS);
    ck_assert_ptr_nonnull(page);
    ck_assert_int_eq(page->count, 0);
    rota__page_drop(page);
}
END_TEST

START_TEST(a_page_is_of_the_32_days_that_a_booking_begins_in)
{
    static const struct {
        rota_span when;
        int64_t page;
    } pages[] = {
        { { 0, 1 }, 0 },
        { { -1, 0 }, -1 },
        { { -1, 86399 }, -1 },
        { { ROTA__PAGE_SECONDS - 1, ROTA__PAGE_SECONDS + 1 }, 0 },
        { { ROTA__PAGE_SECONDS, ROTA__PAGE_SECONDS + 1 }, 1 },
        { { -ROTA__PAGE_SECONDS, 0 }, ROTA__PAGE_LONG },
        { { -ROTA__PAGE_SECONDS, -ROTA__PAGE_SECONDS + 1 }, -1 },
        { { -ROTA__PAGE_SECONDS - 1, -ROTA__PAGE_SECONDS }, -2 },
        { { 5, 5 + 2 * 86400 }, 0 },
        { { 5, 5 + 2 * 86400 + 1 }, ROTA__PAGE_LONG },
        { { ROTA_TIME_MIN, ROTA_TIME_MAX }, ROTA__PAGE_LONG },
        { { ROTA_TIME_MIN, ROTA_TIME_MIN + 1 }, ROTA_TIME_MIN / ROTA__PAGE_SECONDS - 1 },
        { { ROTA_TIME_MAX - 1, ROTA_TIME_MAX }, (ROTA_TIME_MAX - 1) / ROTA__PAGE_SECONDS },
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        ck_assert_msg(rota__page_of(pages[i].when) == pages[i].page, "[%" PRId64 ", %" PRId64 ")",
                      pages[i].when.start, pages[i].when.end);
}
END_TEST

/* --- the lock of many readers --- */

enum { READERS = 3, TURNS = 2000 };

typedef struct shared_pair {
    rota__share share;
    rota__cell cells[READERS];
    int64_t a, b; /* the same, but while somebody changes them */
    _Atomic int64_t torn, reads;
} shared_pair;

typedef struct reader {
    shared_pair *pair;
    int at;
} reader;

static void *read_pair(void *arg)
{
    const reader *who = arg;
    shared_pair *p = who->pair;
    for (int i = 0; i < TURNS; i++) {
        if (i % 7 == who->at) {
            rota__share_change(&p->share);
            p->a++;
            p->b++;
            rota__share_changed(&p->share);
            continue;
        }
        rota__share_read(&p->cells[who->at]);
        if (p->a != p->b) p->torn++;
        p->reads++;
        rota__share_leave(&p->cells[who->at]);
        if (i % 100) continue;
        rota__share_part(&p->share, &p->cells[who->at]); /* they come and go */
        ck_that(rota__share_join(&p->share, &p->cells[who->at]));
    }
    return NULL;
}

START_TEST(nobody_reads_while_somebody_changes)
{
    shared_pair p = { .a = 0 };
    reader who[READERS];
    pthread_t threads[READERS];
    int64_t changes = 0;
    ck_assert(rota__share_init(&p.share));
    rota__share_change(&p.share); /* with no reader at all */
    rota__share_changed(&p.share);
    for (int i = 0; i < READERS; i++)
        ck_assert(rota__share_join(&p.share, &p.cells[i]));
    for (int i = 0; i < READERS; i++) {
        who[i] = (reader){ .pair = &p, .at = i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_pair, &who[i]), 0);
    }
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        for (int k = 0; k < TURNS; k++)
            changes += k % 7 == i;
    }
    ck_assert_int_eq(p.torn, 0);
    ck_assert_int_eq(p.a, changes);
    ck_assert_int_eq(p.reads, (int64_t)READERS * TURNS - changes);
    for (int i = READERS - 1; i >= 0; i--)
        rota__share_part(&p.share, &p.cells[i]);
    rota__share_free(&p.share);
}
END_TEST

/* --- the line --- */

enum { CROWD = 8, STANDS = 400 };

typedef struct crowd {
    rota__line line;
    pthread_barrier_t start;
    int64_t led, served;  /* by who leads */
    _Atomic int64_t told; /* that they were served */
} crowd;

/* Most of those it finds it serves; who is left leads next. */
static void lead(crowd *c)
{
    enum { WAITS = 20 };
    rota__place *places = NULL, *place;
    for (int i = 0; i < WAITS; i++) /* for others to stand in line */
        sched_yield();
    c->led++;
    for (int64_t found = 0; found < CROWD - 2 && (place = rota__line_next(&c->line)); found++) {
        place->next = places;
        places = place;
        c->served++;
    }
    rota__line_serve(places);
    rota__line_leave(&c->line);
}

static void *stand_again_and_again(void *crowd_of)
{
    crowd *c = crowd_of;
    (void)pthread_barrier_wait(&c->start);
    for (int i = 0; i < STANDS; i++) {
        rota__place *place = malloc(sizeof *place); /* so that whoever looks later is caught */
        if (!place) abort();
        if (rota__line_enter(&c->line, place))
            lead(c);
        else
            c->told++;
        free(place);
    }
    return NULL;
}

START_TEST(whoever_stands_in_line_is_called_once)
{
    static crowd c;
    pthread_t threads[CROWD];
    ck_assert(rota__line_init(&c.line));
    ck_assert_int_eq(pthread_barrier_init(&c.start, NULL, CROWD), 0);
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, stand_again_and_again, &c), 0);
    for (int i = 0; i < CROWD; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(c.led + c.served, CROWD * STANDS);
    ck_assert_int_eq(c.told, c.served);
    ck_assert_int_gt(c.led, 0);
    ck_assert(!rota__line_is_led(&c.line));
    (void)pthread_barrier_destroy(&c.start);
    rota__line_free(&c.line);
}
END_TEST

typedef struct waiting {
    rota__place place; /* first */
    rota__line *line;
    int64_t *log, *count;
    int64_t number;
    bool led;
} waiting;

static void log_one(const waiting *w)
{
    w->log[(*w->count)++] = w->number;
}

static void *wait_in_line(void *arg)
{
    waiting *w = arg;
    w->led = rota__line_enter(w->line, &w->place);
    if (!w->led) return NULL;
    log_one(w);
    rota__line_leave(w->line);
    return NULL;
}

static bool stands(rota__line *line, const rota__place *place)
{
    (void)pthread_mutex_lock(&line->mutex);
    bool last = line->last == place;
    (void)pthread_mutex_unlock(&line->mutex);
    return last;
}

/* The leader serves so many of those behind it; the rest lead in their order. */
START_TEST(who_stands_in_line_is_served_or_leads_in_order)
{
    enum { WAITING = 20 };
    rota__line line;
    rota__place mine;
    waiting others[WAITING];
    pthread_t threads[WAITING];
    int64_t log[WAITING] = { 0 }, count = 0;
    ck_assert(rota__line_init(&line));
    ck_assert(!rota__line_is_led(&line));
    ck_assert(rota__line_enter(&line, &mine));
    ck_assert(rota__line_is_led(&line));
    ck_assert_ptr_null(rota__line_next(&line));
    for (int i = 0; i < WAITING; i++) {
        others[i] = (waiting){ .line = &line, .log = log, .count = &count, .number = i };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, wait_in_line, &others[i]), 0);
        while (!stands(&line, &others[i].place))
            sched_yield();
    }
    rota__place *served = NULL;
    for (int i = 0; i < _i; i++) {
        rota__place *next = rota__line_next(&line);
        ck_assert_ptr_eq(next, &others[i].place);
        log_one(&others[i]);
        next->next = served;
        served = next;
    }
    rota__line_serve(served);
    if (_i == WAITING) ck_assert_ptr_null(rota__line_next(&line));
    rota__line_leave(&line);
    for (int i = 0; i < WAITING; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(count, WAITING);
    for (int i = 0; i < WAITING; i++) {
        ck_assert_int_eq(log[i], i);
        ck_assert_int_eq(others[i].led, i >= _i);
    }
    ck_assert(!rota__line_is_led(&line));
    ck_assert(rota__line_enter(&line, &mine)); /* it can be stood in again */
    rota__line_leave(&line);
    rota__line_free(&line);
}
END_TEST

/* --- what a turn has written and not committed --- */

typedef struct turn {
    rota__pending pending;
    rota__looker *looker;
    rota__env env;
    rota__arena arena;
    rota__error error;
    int64_t row, stamp;
} turn;

static void begin_turn(turn *p, const rota_id *resource)
{
    rota__timeline *t = NULL;
    bool fresh;
    memset(p, 0, sizeof *p);
    p->looker = &f.r->looker;
    rota__arena_init(&p->arena, &f.r->mem);
    p->env = (rota__env){ .arena = &p->arena, .error = &p->error };
    rota__pending_init(&p->pending, &f.r->engine->busy, &f.r->engine->index);
    ck_status(&f, rota__busy_refresh(p->looker, &p->env), ROTA_OK);
    p->row = rota__busy_row(p->looker, resource);
    ck_assert_int_gt(p->row, 0);
    ck_assert_int_eq(rota__pending_get(&p->pending, p->looker, &p->env, p->row, &t, &fresh),
                     ROTA_OK);
    ck_assert(fresh && !t->delta);
    p->stamp = t->resource.stamp;
}

static void end_turn(turn *p)
{
    rota__busy_let_go(p->looker);
    rota__pending_free(&p->pending);
    rota__arena_free(&p->arena);
}

/* Booking number `row` was there in [from[0], from[1]) and is in [to[0], to[1]); equal
 * bounds: it was not, or is not any more. */
static bool add(turn *p, int64_t row, const int64_t from[2], const int64_t to[2], bool looked)
{
    rota__batch batch = { 0 };
    rota__claim claim = { .resource = p->row, .units = (int32_t)row };
    rota__booking before = { 0 }, after = { .row = row, .claims = &claim, .claim_count = 1 };
    rota__guard *guard = ROTA__PUSH(&p->arena, &batch.guards);
    rota__booking *put = ROTA__PUSH(&p->arena, &batch.bookings);
    ck_that(guard && put);
    *guard = (rota__guard){ .resource = p->row, .stamp = p->stamp++, .bump = true };
    after.when = (rota_span){ to[0], to[1] };
    after.status = to[0] < to[1] ? ROTA_BOOKING_CONFIRMED : ROTA_BOOKING_CANCELLED;
    if (from[0] < from[1]) {
        before = after;
        before.when = (rota_span){ from[0], from[1] };
        before.status = ROTA_BOOKING_CONFIRMED;
    }
    *put = after;
    if (!looked) rota__busy_let_go(p->looker);
    bool added = rota__pending_add(&p->pending, p->looker, &batch, &before);
    rota__busy_let_go(p->looker);
    return added;
}

/* What is seen there: the bookings' numbers times their starts, summed. */
static int64_t sum_seen(turn *p, int64_t start, int64_t end, int64_t *count)
{
    rota__timeline *t;
    rota__busy_cursor cursor;
    rota__interval interval;
    bool fresh;
    int64_t sum = 0, stamp = 0;
    *count = 0;
    ck_that(rota__pending_get(&p->pending, p->looker, &p->env, p->row, &t, &fresh) == ROTA_OK);
    ck_that(rota__pending_stamp(&p->pending, p->looker, &p->env, p->row, &stamp) == ROTA_OK);
    ck_that(stamp == p->stamp && t->resource.stamp == p->stamp);
    for (rota__busy_seek(t, (rota_span){ start, end }, &cursor);
         rota__busy_next(&cursor, &interval); ++*count)
        sum += interval.units * interval.span.start;
    return sum;
}

START_TEST(a_turn_sees_what_it_wrote_and_nobody_else_does)
{
    enum { ROUNDS = 300, OF = 12 };
    static const int64_t none[2] = { 0, 0 };
    rota_id room = fx_room(&f, "Blue", 1);
    int64_t spans[OF][2] = { { 0 } };
    turn p;
    f.random = tests_seed("pending");
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z"); /* in the tree: row 1 */
    begin_turn(&p, &room);
    spans[1][0] = t("2031-03-10T09:00Z");
    spans[1][1] = t("2031-03-10T10:00Z");
    for (int i = 0; i < ROUNDS; i++) {
        int64_t row = 1 + chance(OF - 1), start = spans[1][0], count;
        const int64_t to[2] = { start + chance(40) * 60, start + chance(40) * 60 + 60 };
        const bool gone = chance(4) == 0;
        if (gone && spans[row][0] == spans[row][1]) continue;
        ck_assert(add(&p, row, spans[row], gone || to[0] >= to[1] ? none : to, true));
        memcpy(spans[row], gone || to[0] >= to[1] ? none : to, sizeof to);
        int64_t sum = 0, expected = 0;
        rota_time from = t("2031-03-10T00:00Z") + chance(48) * 1800;
        int64_t seen_sum = sum_seen(&p, from, from + 7200, &count);
        for (int64_t k = 1; k < OF; k++) {
            const rota_span window = { from, from + 7200 }, s = { spans[k][0], spans[k][1] };
            if (s.start >= s.end || !rota__time_overlap(s, window)) continue;
            sum += k * s.start;
            expected++;
        }
        ck_that(count == expected && seen_sum == sum);
    }
    /* the index knows nothing of it, and once the turn is over nothing is left */
    end_turn(&p);
    ck_assert_int_eq(fx_try(&f, room, "2031-03-10T09:30Z", "2031-03-10T09:40Z", NULL),
                     ROTA_ECONFLICT);
    fx_book(&f, room, "2031-03-10T10:00Z", "2031-03-10T10:10Z");
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

/* One that was only touched, as by an optional claim, is read when it is looked at. */
START_TEST(what_a_turn_touched_without_a_look_is_read_in_it)
{
    static const int64_t none[2] = { 0, 0 };
    rota_id room = fx_room(&f, "Blue", 1);
    int64_t count;
    turn p;
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    begin_turn(&p, &room);
    const int64_t when[2] = { t("2031-03-10T12:00Z"), t("2031-03-10T13:00Z") };
    ck_assert(add(&p, 2, none, when, false));
    rota__timeline *t1;
    bool fresh;
    int64_t stamp;
    ck_assert_int_eq(rota__pending_stamp(&p.pending, p.looker, &p.env, p.row, &stamp), ROTA_OK);
    ck_assert_int_eq(stamp, p.stamp);
    ck_assert_int_eq(rota__pending_get(&p.pending, p.looker, &p.env, p.row, &t1, &fresh), ROTA_OK);
    ck_assert(fresh && t1->delta);
    /* from here on what is written is seen; what was before is the store's to show */
    p.stamp = t1->resource.stamp;
    ck_assert(add(&p, 3, none, when, true));
    ck_assert_int_eq(sum_seen(&p, when[0], when[1], &count), 3 * when[0]);
    ck_assert_int_eq(count, 1);
    end_turn(&p);
}
END_TEST

START_TEST(a_turn_that_finds_no_memory_says_so)
{
    static const int64_t none[2] = { 0, 0 };
    rota_id room = fx_room(&f, "Blue", 1);
    const int64_t when[2] = { t("2031-03-10T12:00Z"), t("2031-03-10T13:00Z") };
    int64_t refusals = 0;
    fx_book(&f, room, "2031-03-10T09:00Z", "2031-03-10T10:00Z");
    for (int64_t n = 1, row = 2; n < 8; n++) {
        turn p;
        bool added = true;
        begin_turn(&p, &room);
        for (int i = 0; i < 200 && added; i++, row++) {
            rota__timeline *at;
            bool fresh;
            ck_assert_int_eq(rota__pending_get(&p.pending, p.looker, &p.env, p.row, &at, &fresh),
                             ROTA_OK);
            (void)rota__arena_alloc(&p.arena, 1, 4096); /* room for what the test pushes */
            rota__arena_reset(&p.arena);
            fx_fail_allocation(&f, n);
            added = add(&p, row, none, when, true);
            refusals += f.refused;
            ck_assert(added || f.refused);
            fx_fail_allocation(&f, 0);
        }
        end_turn(&p);
    }
    ck_assert_int_gt(refusals, 0);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

Suite *index_suite(void)
{
    Suite *suite = suite_create("index");
    TCase *tc = tcase_create("calendar"), *plain = tcase_create("own calendar");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(plain, a_check_answers_as_a_dry_run_does_and_in_the_same_words);
    tcase_add_test(tc, a_check_on_a_timeline_that_is_wrong_is_noticed);
    tcase_add_test(tc, pages_count_as_memory);
    tcase_add_test(tc, a_check_writes_nothing_and_tells_no_conflict);
    tcase_add_test(tc, a_hold_that_lapses_is_free_to_a_check_at_that_second);
    tcase_add_test(tc, a_list_from_memory_is_the_list_of_the_store);
    tcase_add_test(tc, a_page_that_lags_behind_is_noticed);
    tcase_add_test(tc, a_long_booking_of_a_group_is_listed_far_from_the_stay);
    tcase_add_test(tc, a_list_that_runs_out_of_memory_can_be_asked_again);
    tcase_add_test(tc, a_turn_sees_what_it_wrote_and_nobody_else_does);
    tcase_add_test(tc, what_a_turn_touched_without_a_look_is_read_in_it);
    tcase_add_test(tc, a_turn_that_finds_no_memory_says_so);
    tcase_add_test(plain, a_page_is_one_block_of_just_what_stands_on_it);
    tcase_add_test(plain, a_page_is_of_the_32_days_that_a_booking_begins_in);
    tcase_add_test(plain, nobody_reads_while_somebody_changes);
    tcase_add_loop_test(plain, who_stands_in_line_is_served_or_leads_in_order, 0, 21);
    tcase_add_test(plain, whoever_stands_in_line_is_called_once);
    tcase_add_test(plain, lists_follow_what_others_change);
    tcase_add_test(plain, rows_outlive_handles_and_engine);
    tcase_add_test(plain, a_tiny_budget_changes_no_answer);
    tcase_add_test(plain, what_the_store_holds_is_not_of_the_budget);
    tcase_add_test(plain, memory_stays_near_the_budget_and_without_one_grows);
    tcase_add_test(plain, what_is_used_again_and_again_stays);
    suite_add_tcase(suite, tc);
    suite_add_tcase(suite, plain);
    return suite;
}
