/* Many bookings in one call: each as a call of its own would be answered after those before
 * it, all with one flush, and nothing where it failed. */
#define _POSIX_C_SOURCE 200809L /* strdup */

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "store/chaos.h"
#include "store/memory.h"

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

enum { FEW = 3 };
static rota_claim few_claims[FEW];

/* The room at 9, at 9 again, and at 10. */
static void draw_few(rota_id room, rota_booking_request q[FEW])
{
    static const char *const starts[FEW] = { "2031-03-10T09:00Z", "2031-03-10T09:30Z",
                                             "2031-03-10T10:00Z" };
    for (int i = 0; i < FEW; i++) {
        few_claims[i] = (rota_claim){ .resource = room, .units = 1 };
        q[i] = (rota_booking_request)ROTA_INIT(rota_booking_request);
        q[i].when.start = t(starts[i]);
        q[i].when.end = q[i].when.start + 3600;
        q[i].claims = &few_claims[i];
        q[i].claim_count = 1;
    }
}

static void draw_receipts(rota_receipt *receipts, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        receipts[i] = (rota_receipt)ROTA_INIT(rota_receipt);
}

static rota_metrics metrics(void)
{
    rota_metrics m = ROTA_INIT(rota_metrics);
    ck_that(rota_metrics_get(f.r, &m) == ROTA_OK);
    return m;
}

static int64_t events(void)
{
    rota_stats s = ROTA_INIT(rota_stats);
    ck_status(&f, rota_stats_get(f.r, &s), ROTA_OK);
    return s.events;
}

START_TEST(what_is_refused_leaves_the_others_as_they_are)
{
    rota_booking_request q[FEW];
    rota_receipt receipts[FEW], untouched[FEW];
    int32_t answers[FEW] = { 7, 7, 7 };
    rota_result *rows;
    rota_id room = fx_room(&f, "Blue", 1);
    draw_few(room, q);
    draw_receipts(receipts, FEW);
    memset(&receipts[1].id, 0x55, sizeof receipts[1].id);
    memcpy(untouched, receipts, sizeof receipts);
    rota_metrics before = metrics();
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_OK);
    ck_assert_ptr_nonnull(
        strstr(rota_errmsg(f.r), "\"Blue\" is taken 2031-03-10T09:00:00Z to 2031-03-10T10:00:00Z"));
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_OK);
    ck_assert_mem_eq(&receipts[1], &untouched[1], sizeof *receipts);
    for (int i = 0; i < FEW; i += 2) {
        ck_assert_int_eq(receipts[i].version, 1);
        ck_assert_int_eq(receipts[i].status, ROTA_BOOKING_CONFIRMED);
        ck_assert_int_eq(receipts[i].when.start, q[i].when.start);
        ck_assert_int_eq(receipts[i].flags, 0);
        ck_assert_int_eq(fx_status(&f, receipts[i].id), ROTA_BOOKING_CONFIRMED);
    }
    ck_assert_mem_ne(&receipts[0].id, &receipts[2].id, sizeof(rota_id));
    rota_metrics after = metrics();
    ck_assert_int_eq(after.created, before.created + 2);
    ck_assert_int_eq(after.flushes, before.flushes + 1);
    ck_assert_int_eq(after.commits, before.commits + 2);

    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL), ROTA_OK);
    ck_status(&f, rota_conflict_list(f.r, &rows), ROTA_OK);
    ck_assert_int_eq(rota_result_count(rows), 0);
    rota_result_free(rows);
    for (int i = 0; i < FEW; i++)
        ck_assert_int_eq(answers[i], ROTA_ECONFLICT);
}
END_TEST

/* Of those that were asked for, not of those that were looked at. */
START_TEST(the_message_is_that_of_the_first_refusal)
{
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    rota_id room = fx_room(&f, "Blue", 1);
    draw_few(room, q);
    few_claims[2].units = 0;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL), ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"Blue\" is taken"));

    few_claims[0].units = -3;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "units is -3"));

    few_claims[0].units = few_claims[2].units = 1;
    q[0].when = (rota_span){ t("2031-03-11T09:00Z"), t("2031-03-11T10:00Z") };
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, 1, answers, NULL), ROTA_OK);
    ck_assert_str_eq(rota_errmsg(f.r), "success");
}
END_TEST

/* --- what the call itself answers --- */

START_TEST(calls_that_are_wrong_do_nothing)
{
    rota_booking_request q[FEW], kept[FEW];
    rota_receipt receipts[FEW];
    int32_t answers[FEW] = { 7, 7, 7 };
    rota_call dry = ROTA_INIT(rota_call);
    rota_id room = fx_room(&f, "Blue", 1);
    draw_few(room, q);
    draw_receipts(receipts, FEW);
    memcpy(kept, q, sizeof q);
    int64_t before = events();
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, -1, answers, receipts), ROTA_EINVALID);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "count"));
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, INT64_MIN, answers, receipts),
              ROTA_EINVALID);
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, ROTA_MAX_ROWS + 1, answers, receipts),
              ROTA_ELIMIT);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "10001"));
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, INT64_MAX, answers, receipts), ROTA_ELIMIT);
    ck_status(&f, rota_booking_create_all(f.r, NULL, NULL, FEW, answers, receipts), ROTA_EINVALID);
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, NULL, receipts), ROTA_EINVALID);
    dry.flags = ROTA_CALL_DRY_RUN;
    ck_status(&f, rota_booking_create_all(f.r, &dry, q, FEW, answers, receipts), ROTA_EINVALID);
    dry.flags = 64;
    ck_status(&f, rota_booking_create_all(f.r, &dry, q, FEW, answers, receipts), ROTA_EINVALID);
    ck_assert_int_eq(rota_booking_create_all(NULL, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    q[1].size--;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    q[1].size = q[0].size;
    q[0].size = 8;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    q[0].size = 0;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    q[0].size = q[1].size;
    receipts[2].size++;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    receipts[2].size = receipts[0].size;
    receipts[0].size = 8;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_EINVALID);
    for (int i = 0; i < FEW; i++)
        ck_assert_int_eq(answers[i], 7);
    ck_assert_mem_eq(q, kept, sizeof q);
    ck_assert_int_eq(events(), before);

    /* nothing to do is done */
    ck_status(&f, rota_booking_create_all(f.r, NULL, NULL, 0, NULL, NULL), ROTA_OK);
    ck_assert_int_eq(events(), before);
}
END_TEST

/* Records of hosts that were built with another version stand further or less far apart. */
START_TEST(records_of_other_sizes_stand_side_by_side)
{
    enum { MORE = 16 };
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    struct {
        rota_booking_request q;
        char more[MORE];
    } larger[FEW];
    struct {
        rota_receipt r;
        unsigned char more[MORE];
    } receipts[FEW];
    rota_id room = fx_room(&f, "Blue", 1);
    draw_few(room, q);
    memset(receipts, 0xff, sizeof receipts);
    for (int i = 0; i < FEW; i++) {
        memset(&larger[i], 0, sizeof larger[i]);
        larger[i].q = q[i];
        larger[i].q.size = (uint32_t)sizeof larger[i];
        receipts[i].r.size = (uint32_t)sizeof receipts[i];
    }
    ck_status(&f, rota_booking_create_all(f.r, NULL, &larger[0].q, FEW, answers, &receipts[0].r),
              ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_OK);
    ck_assert_int_eq(fx_status(&f, receipts[2].r.id), ROTA_BOOKING_CONFIRMED);
    for (int i = 0; i < MORE; i++) {
        ck_assert_int_eq(receipts[2].more[i], 0);
        ck_assert_int_eq(receipts[1].more[i], 0xff); /* refused: untouched */
    }

    /* one that sets what this version does not know is no request, and so is none done */
    int64_t before = events();
    for (int i = 0; i < FEW; i++)
        larger[i].q.when = (rota_span){ t("2031-03-12T09:00Z"), t("2031-03-12T10:00Z") };
    larger[2].more[MORE - 1] = 1;
    ck_status(&f, rota_booking_create_all(f.r, NULL, &larger[0].q, FEW, answers, NULL),
              ROTA_EVERSION);
    ck_assert_int_eq(events(), before);
}
END_TEST

/* As a binding may lay them out, which packs: the second one's fields are at odd places. */
START_TEST(records_may_stand_at_odd_places)
{
    enum { REQUEST = sizeof(rota_booking_request) + 1, RECEIPT = sizeof(rota_receipt) + 1 };
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    unsigned char *requests = calloc(FEW, REQUEST), *receipts = calloc(FEW, RECEIPT);
    uint32_t size = REQUEST, receipt_size = RECEIPT;
    rota_id room = fx_room(&f, "Blue", 1);
    ck_assert(requests && receipts);
    draw_few(room, q);
    for (int i = 0; i < FEW; i++) {
        memcpy(requests + i * REQUEST, &q[i], sizeof q[i]);
        memcpy(requests + i * REQUEST, &size, sizeof size);
        memcpy(receipts + i * RECEIPT, &receipt_size, sizeof receipt_size);
    }
    ck_status(&f,
              rota_booking_create_all(f.r, NULL, (const void *)requests, FEW, answers,
                                      (void *)receipts),
              ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_OK);
    rota_id id;
    memcpy(&id, receipts + 2 * RECEIPT + offsetof(rota_receipt, id), sizeof id);
    ck_assert_int_eq(fx_status(&f, id), ROTA_BOOKING_CONFIRMED);
    free(requests);
    free(receipts);
}
END_TEST

/* --- keys --- */

START_TEST(a_repeated_call_does_again_only_what_was_refused)
{
    rota_booking_request q[FEW];
    rota_receipt first[FEW], second[FEW];
    int32_t answers[FEW];
    rota_call call = ROTA_INIT(rota_call);
    rota_id room = fx_room(&f, "Blue", 1);
    call.key = "import";
    draw_few(room, q);
    draw_receipts(first, FEW);
    draw_receipts(second, FEW);
    ck_status(&f, rota_booking_create_all(f.r, &call, q, FEW, answers, first), ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &first[0].id, NULL), ROTA_OK);
    ck_status(&f, rota_booking_cancel(f.r, NULL, &first[2].id, NULL), ROTA_OK);

    ck_status(&f, rota_booking_create_all(f.r, &call, q, FEW, answers, second), ROTA_OK);
    for (int i = 0; i < FEW; i++) {
        ck_assert_int_eq(answers[i], ROTA_OK);
        ck_assert_int_eq(second[i].flags, i == 1 ? 0 : ROTA_RECEIPT_REPLAYED);
        if (i != 1) ck_assert_mem_eq(&second[i].id, &first[i].id, sizeof(rota_id));
    }

    /* a request of its own under the same key is the same request */
    rota_receipt alone = ROTA_INIT(rota_receipt);
    call.key = "import#1";
    ck_status(&f, rota_booking_create(f.r, &call, &q[1], &alone), ROTA_OK);
    ck_assert_int_eq(alone.flags, ROTA_RECEIPT_REPLAYED);
    ck_assert_mem_eq(&alone.id, &second[1].id, sizeof(rota_id));

    /* another order is another request under the key */
    rota_booking_request swapped = q[0];
    call.key = "import";
    q[0] = q[2];
    q[2] = swapped;
    ck_status(&f, rota_booking_create_all(f.r, &call, q, FEW, answers, second), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_EKEY);
    ck_assert_int_eq(answers[1], ROTA_OK);
    ck_assert_int_eq(answers[2], ROTA_EKEY);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"import#0\""));
}
END_TEST

START_TEST(a_key_that_gets_too_long_with_its_number_is_refused_for_each)
{
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    char key[ROTA_MAX_NAME + 1];
    rota_call call = ROTA_INIT(rota_call);
    draw_few(fx_room(&f, "Blue", 2), q);
    memset(key, 'k', ROTA_MAX_NAME);
    key[ROTA_MAX_NAME] = '\0';
    call.key = key;
    ck_status(&f, rota_booking_create_all(f.r, &call, q, FEW, answers, NULL), ROTA_OK);
    for (int i = 0; i < FEW; i++)
        ck_assert_int_eq(answers[i], ROTA_ELIMIT);
    key[ROTA_MAX_NAME - 2] = '\0';
    ck_status(&f, rota_booking_create_all(f.r, &call, q, FEW, answers, NULL), ROTA_OK);
    for (int i = 0; i < FEW; i++)
        ck_assert_int_eq(answers[i], ROTA_OK);
}
END_TEST

/* --- strategies --- */

static int32_t keep(void *ctx, const rota_conflict *conflict)
{
    (void)conflict;
    ++*(int *)ctx;
    return ROTA_ASK_CANCEL;
}

START_TEST(nobody_is_asked_in_the_middle_of_many)
{
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    int asked = 0;
    memset(&f, 0, sizeof f);
    f.config.ask = keep;
    f.config.ask_ctx = &asked;
    for (int by_config = 0; by_config < 2; by_config++) {
        f.config.on_conflict = by_config ? ROTA_ON_CONFLICT_ASK : ROTA_ON_CONFLICT_DEFAULT;
        fx_open(&f, ":memory:");
        draw_few(fx_room(&f, "Blue", 1), q);
        for (int i = 0; i < FEW; i++)
            q[i].on_conflict = by_config ? ROTA_ON_CONFLICT_DEFAULT : ROTA_ON_CONFLICT_ASK;
        ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL), ROTA_OK);
        ck_assert_int_eq(answers[0], ROTA_OK);
        ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
        ck_assert_int_eq(answers[2], ROTA_OK);
        ck_assert_int_eq(asked, 0);
        fx_close(&f);
    }
}
END_TEST

/* Made and cancelled with one flush: the feed tells both. */
START_TEST(a_later_one_overrides_an_earlier_one_of_the_same_call)
{
    rota_booking_request q[FEW];
    rota_receipt receipts[FEW];
    int32_t answers[FEW];
    draw_few(fx_room(&f, "Blue", 1), q);
    draw_receipts(receipts, FEW);
    q[1].priority = 1;
    q[1].on_conflict = ROTA_ON_CONFLICT_OVERRIDE;
    rota_metrics before = metrics();
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, receipts), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_OK);
    ck_assert_int_eq(answers[2], ROTA_ECONFLICT);
    ck_assert_int_eq(receipts[0].status, ROTA_BOOKING_CONFIRMED);
    ck_assert_int_eq(receipts[1].cancelled, 1);
    ck_assert_int_eq(fx_status(&f, receipts[0].id), ROTA_BOOKING_CANCELLED);
    ck_assert_int_eq(metrics().created, before.created + 2);
    ck_assert_int_eq(metrics().cancelled, before.cancelled + 1);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

/* --- as one by one --- */

enum { REQUESTS = 60, RESOURCES = 6 };

typedef struct order {
    rota_booking_request q[REQUESTS];
    rota_claim claims[REQUESTS][3];
    char refs[REQUESTS][16];
    rota_id resources[RESOURCES];
} order;

/* The same for the same seed, and so are the ids of the resources. */
static void prepare(struct fx *x, uint64_t seed, order *o)
{
    memset(x, 0, sizeof *x);
    x->random = seed;
    fx_open(x, ":memory:");
    for (int i = 0; i < RESOURCES; i++)
        o->resources[i] = fx_room(x, (const char *[]){ "A", "B", "C", "D", "E", "F" }[i],
                                  i < 3 ? i + 1 : 1);
    fx_join(x, o->resources[4], o->resources[0]);
    fx_join(x, o->resources[5], o->resources[4]);
    for (int i = 0; i < REQUESTS; i++) {
        rota_booking_request *q = &o->q[i];
        *q = (rota_booking_request)ROTA_INIT(rota_booking_request);
        q->when.start = x->now + 900 * fx_random(x, 60);
        q->when.end = q->when.start + 900 * fx_random(x, 6); /* now and then none */
        q->claims = o->claims[i];
        q->claim_count = 1 + fx_random(x, 2);
        for (int k = 0; k < 3; k++)
            o->claims[i][k] = (rota_claim){ .resource = o->resources[fx_random(x, RESOURCES)],
                                            .units = 1 + (int32_t)fx_random(x, 2),
                                            .role = (int32_t)fx_random(x, 3) };
        q->hold_secs = fx_random(x, 4) ? 0 : 600;
        q->priority = (int32_t)fx_random(x, 10);
        q->on_conflict = fx_random(x, 2) ? ROTA_ON_CONFLICT_OVERRIDE : ROTA_ON_CONFLICT_REJECT;
        snprintf(o->refs[i], sizeof o->refs[i], "ref %" PRId64, fx_random(x, 40));
        q->ref = fx_random(x, 3) ? NULL : o->refs[i];
        q->title = o->refs[i];
    }
}

START_TEST(many_at_once_are_what_they_are_one_by_one)
{
    static struct fx g;
    static order of_all, of_each;
    uint64_t seed = tests_seed("bulk");
    int64_t booked = 0, refused = 0, cancelled = 0;
    for (int round = 0; round < 30; round++) {
        int32_t answers[REQUESTS];
        rota_receipt receipts[REQUESTS];
        rota_call call = ROTA_INIT(rota_call);
        int64_t half = round % 2 ? REQUESTS : REQUESTS / 2;
        call.key = round % 3 ? NULL : "k";
        prepare(&f, seed + (uint64_t)round, &of_all);
        prepare(&g, seed + (uint64_t)round, &of_each);
        draw_receipts(receipts, REQUESTS);
        ck_status(&f, rota_booking_create_all(f.r, &call, of_all.q, half, answers, receipts),
                  ROTA_OK);
        if (half < REQUESTS)
            ck_status(&f,
                      rota_booking_create_all(f.r, NULL, of_all.q + half, REQUESTS - half,
                                              answers + half, receipts + half),
                      ROTA_OK);
        for (int i = 0; i < REQUESTS; i++) {
            rota_receipt receipt = ROTA_INIT(rota_receipt);
            int rc = rota_booking_create(g.r, NULL, &of_each.q[i], &receipt);
            if (rc != answers[i])
                ck_abort_msg("round %d, request %d: %s, and alone %s: %s", round, i,
                             rota_status_name(answers[i]), rota_status_name(rc), rota_errmsg(g.r));
            booked += rc == ROTA_OK;
            refused += rc != ROTA_OK;
            if (rc != ROTA_OK) continue;
            ck_that(receipts[i].cancelled == receipt.cancelled);
            ck_that(receipts[i].status == receipt.status);
            ck_that(receipts[i].hold_expires == receipt.hold_expires);
            cancelled += receipt.cancelled;
        }
        char *all = fx_picture(&f), *each = fx_picture(&g);
        ck_assert_str_eq(all, each);
        free(all);
        free(each);
        ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
        fx_close(&f);
        fx_close(&g);
    }
    ck_assert_int_gt(booked, 100);
    ck_assert_int_gt(refused, 100);
    ck_assert_int_gt(cancelled, 5);
}
END_TEST

/* --- failures --- */

static void with_faults(struct fx *x, rota__chaos *chaos, rota__mem *mem)
{
    rota__error error = { .code = 0 };
    rota__arena arena;
    rota__store *model, *store;
    memset(x, 0, sizeof *x);
    memset(chaos, 0, sizeof *chaos);
    rota__mem_init(mem, NULL, NULL);
    rota__arena_init(&arena, mem);
    rota__env env = { .arena = &arena, .error = &error };
    ck_assert_int_eq(rota__memory_open(&env, mem, &model), ROTA_OK);
    ck_assert_int_eq(rota__chaos_open(&env, mem, model, chaos, &store), ROTA_OK);
    rota__arena_free(&arena);
    fx_open_store(x, store);
}

START_TEST(without_memory_all_is_done_or_nothing)
{
    int64_t done = 0, n = 1;
    rota_id room = fx_room(&f, "Blue", 1), red = fx_room(&f, "Red", 1);
    for (bool failed = true; failed; n++) {
        rota_booking_request q[FEW];
        rota_receipt receipts[FEW], untouched[FEW];
        int32_t answers[FEW] = { 7, 7, 7 };
        rota_call call = ROTA_INIT(rota_call);
        char key[32];
        snprintf(key, sizeof key, "call %" PRId64, n);
        call.key = n % 2 ? key : NULL;
        draw_few(room, q);
        draw_receipts(receipts, FEW);
        memcpy(untouched, receipts, sizeof receipts);
        for (int i = 0; i < FEW; i++) { /* each time another day */
            q[i].when.start += 86400 * done;
            q[i].when.end += 86400 * done;
        }
        few_claims[2].resource = red;
        int64_t before = events();
        fx_fail_allocation(&f, n);
        int rc = rota_booking_create_all(f.r, &call, q, FEW, answers, receipts);
        failed = f.refused > 0;
        fx_fail_allocation(&f, 0);
        if (rc == ROTA_OK) {
            ck_assert_int_eq(answers[0], ROTA_OK);
            ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
            ck_assert_int_eq(answers[2], ROTA_OK);
            ck_assert_int_eq(events(), before + 2);
            done++;
            continue;
        }
        ck_assert_int_eq(rc, ROTA_ENOMEM);
        ck_assert_msg(events() == before, "allocation %" PRId64 ": events were written", n);
        for (int i = 0; i < FEW; i++)
            ck_assert_int_eq(answers[i], 7);
        ck_assert_mem_eq(receipts, untouched, sizeof receipts);
    }
    ck_assert_int_gt(n, 4);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
}
END_TEST

/* With nothing in memory, so that each looks for its resource on the way. */
START_TEST(what_fails_on_the_way_takes_back_what_came_before)
{
    char path[256];
    memset(&f, 0, sizeof f);
    fx_path(&f, "bulk.db", path, sizeof path);
    fx_open(&f, path);
    rota_id rooms[FEW];
    for (int i = 0; i < FEW; i++)
        rooms[i] = fx_room(&f, (const char *[]){ "A", "B", "C" }[i], 1);
    fx_close(&f);
    for (int64_t n = 1;; n++) {
        rota_booking_request q[FEW];
        int32_t answers[FEW] = { 7, 7, 7 };
        fx_open(&f, path);
        draw_few(rooms[0], q);
        for (int i = 0; i < FEW; i++)
            few_claims[i].resource = rooms[i];
        int64_t before = events();
        fx_fail_allocation(&f, n);
        int rc = rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL);
        bool failed = f.refused > 0;
        fx_fail_allocation(&f, 0);
        ck_assert_msg(rc == ROTA_OK || rc == ROTA_ENOMEM, "%s", rota_errmsg(f.r));
        ck_assert_msg(events() == before + (rc == ROTA_OK ? FEW : 0),
                      "allocation %" PRId64 ": %s, and %" PRId64 " events", n, rota_status_name(rc),
                      events() - before);
        bool last = rc == ROTA_OK;
        ck_assert(last || failed);
        fx_close(&f);
        if (last) break;
    }
}
END_TEST

/* A store whose writers do not exclude each other writes one after the other. */
START_TEST(without_turns_each_is_a_write_of_its_own)
{
    rota__chaos chaos;
    rota__mem mem;
    rota_booking_request q[FEW];
    int32_t answers[FEW];
    with_faults(&f, &chaos, &mem);
    draw_few(fx_room(&f, "Blue", 1), q);
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, FEW, answers, NULL), ROTA_OK);
    ck_assert_int_eq(answers[0], ROTA_OK);
    ck_assert_int_eq(answers[1], ROTA_ECONFLICT);
    ck_assert_int_eq(answers[2], ROTA_OK);
    ck_assert_ptr_nonnull(strstr(rota_errmsg(f.r), "\"Blue\" is taken"));
    fx_close(&f);
    ck_assert_int_eq(mem.held, 0);
}
END_TEST

START_TEST(ten_thousand_in_one_call)
{
    rota_id rooms[2] = { fx_room(&f, "Blue", 1), fx_room(&f, "Red", 1) };
    rota_booking_request *q = calloc(ROTA_MAX_ROWS, sizeof *q);
    rota_receipt *receipts = calloc(ROTA_MAX_ROWS, sizeof *receipts);
    int32_t *answers = calloc(ROTA_MAX_ROWS, sizeof *answers);
    rota_claim claims[2] = { { .resource = rooms[0], .units = 1 },
                             { .resource = rooms[1], .units = 1 } };
    ck_assert(q && receipts && answers);
    draw_receipts(receipts, ROTA_MAX_ROWS);
    for (int64_t i = 0; i < ROTA_MAX_ROWS; i++) {
        q[i] = (rota_booking_request)ROTA_INIT(rota_booking_request);
        /* every tenth where the one before it is */
        q[i].when.start = f.now + 1800 * (i - (i % 10 == 9));
        q[i].when.end = q[i].when.start + 1800;
        q[i].claims = &claims[i / 10 % 2];
        q[i].claim_count = 1;
    }
    int64_t before = metrics().flushes;
    ck_status(&f, rota_booking_create_all(f.r, NULL, q, ROTA_MAX_ROWS, answers, receipts), ROTA_OK);
    ck_assert_int_eq(metrics().flushes, before + 1);
    for (int64_t i = 0; i < ROTA_MAX_ROWS; i++)
        ck_that(answers[i] == (i % 10 == 9 ? ROTA_ECONFLICT : ROTA_OK) &&
                (answers[i] != ROTA_OK || receipts[i].when.start == q[i].when.start));
    rota_stats s = ROTA_INIT(rota_stats);
    ck_status(&f, rota_stats_get(f.r, &s), ROTA_OK);
    ck_assert_int_eq(s.bookings, ROTA_MAX_ROWS - ROTA_MAX_ROWS / 10);
    ck_status(&f, rota_check(f.r, ROTA_TIME_MIN), ROTA_OK);
    free(q);
    free(receipts);
    free(answers);
}
END_TEST

START_TEST(a_calendar_for_reading_takes_none)
{
    char path[256];
    rota *reader;
    rota_booking_request q[FEW];
    int32_t answers[FEW] = { 7, 7, 7 };
    memset(&f, 0, sizeof f);
    fx_path(&f, "read.db", path, sizeof path);
    fx_open(&f, path);
    draw_few(fx_room(&f, "Blue", 1), q);
    rota_config config = f.config;
    config.flags = ROTA_OPEN_READONLY;
    ck_assert_int_eq(rota_open(path, &config, &reader), ROTA_OK);
    ck_assert_int_eq(rota_booking_create_all(reader, NULL, q, FEW, answers, NULL), ROTA_EDENIED);
    ck_assert_int_eq(answers[0], 7);
    ck_assert_int_eq(rota_booking_check(reader, &q[0]), ROTA_OK);
    ck_status(&f, rota_booking_create(f.r, NULL, &q[0], NULL), ROTA_OK);
    ck_assert_int_eq(rota_booking_check(reader, &q[0]), ROTA_ECONFLICT);
    rota_close(reader);
    fx_close(&f);
}
END_TEST

Suite *bulk_suite(void)
{
    Suite *suite = suite_create("bulk");
    TCase *tc = tcase_create("calendar"), *own = tcase_create("own calendar");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_refused_leaves_the_others_as_they_are);
    tcase_add_test(tc, the_message_is_that_of_the_first_refusal);
    tcase_add_test(tc, calls_that_are_wrong_do_nothing);
    tcase_add_test(tc, records_of_other_sizes_stand_side_by_side);
    tcase_add_test(tc, records_may_stand_at_odd_places);
    tcase_add_test(tc, a_repeated_call_does_again_only_what_was_refused);
    tcase_add_test(tc, a_key_that_gets_too_long_with_its_number_is_refused_for_each);
    tcase_add_test(tc, a_later_one_overrides_an_earlier_one_of_the_same_call);
    tcase_add_test(tc, without_memory_all_is_done_or_nothing);
    tcase_add_test(tc, ten_thousand_in_one_call);
    suite_add_tcase(suite, tc);
    tcase_add_test(own, nobody_is_asked_in_the_middle_of_many);
    tcase_add_test(own, many_at_once_are_what_they_are_one_by_one);
    tcase_add_test(own, what_fails_on_the_way_takes_back_what_came_before);
    tcase_add_test(own, without_turns_each_is_a_write_of_its_own);
    tcase_add_test(own, a_calendar_for_reading_takes_none);
    suite_add_tcase(suite, own);
    return suite;
}
