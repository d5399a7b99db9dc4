/* The timelines in memory on a store of the test's own, which calls the test in the middle
 * of a read: so what a commit does to those who look, and they to it, is seen at the moment
 * at which it matters. What the whole library makes of it is tested by test_index.c. */
#include "domain/busy.h"
#include "tests.h"

/* --- a store of one resource --- */

enum { ROW = 1, ROOM = 8 };

static struct world {
    rota__store store; /* first */
    uint64_t token;
    int64_t stamp, count, reads;
    rota__taken taken[ROOM];
    void (*meanwhile)(void); /* once, when the rows were read and nothing was made of them */

    rota__mem mem;
    rota__arena arena;
    rota__error error;
    rota__env env;
    rota__busy busy;
    rota__looker mine, other;
    _Atomic int64_t hits;
} w;

static int changed(rota__store *self, rota__env *env, uint64_t *token)
{
    (void)self;
    (void)env;
    *token = w.token;
    return ROTA_OK;
}

static int stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out)
{
    (void)self;
    (void)env;
    ck_assert_int_eq(resource, ROW);
    *out = w.stamp;
    return ROTA_OK;
}

static int timeline(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out)
{
    void (*meanwhile)(void) = w.meanwhile;
    (void)self;
    ck_assert_int_eq(resource, ROW);
    memset(out, 0, sizeof *out);
    out->resource = (rota__resource){ .row = ROW, .stamp = w.stamp, .name = "Blue", .capacity = 9 };
    out->resource.id.b[0] = 1;
    out->intervals = rota__arena_copy(env->arena, w.taken,
                                      w.count * (int64_t)sizeof *out->intervals);
    out->interval_count = w.count;
    ck_assert_ptr_nonnull(out->intervals);
    w.reads++;
    w.meanwhile = NULL;
    if (meanwhile) meanwhile();
    return ROTA_OK;
}

static const rota__store_ops ops = { .changed = changed, .stamp = stamp, .timeline = timeline };

static rota_span hour(int64_t number)
{
    return (rota_span){ number * 3600, number * 3600 + 3600 };
}

/* What the store has from now on: a booking of this row, in the hour of that number. */
static void write_in_store(int64_t booking)
{
    w.taken[w.count++] = (rota__taken){ .when = hour(booking), .booking = booking, .units = 1 };
    w.stamp++;
    w.token++;
}

static void join(rota__looker *looker)
{
    looker->hits = &w.hits;
    ck_assert(rota__looker_join(looker, &w.busy, &w.store, &w.mem));
}

static void setup(void)
{
    memset(&w, 0, sizeof w);
    w.store.ops = &ops;
    rota__mem_init(&w.mem, NULL, NULL);
    rota__arena_init(&w.arena, &w.mem);
    w.env = (rota__env){ .arena = &w.arena, .error = &w.error };
    ck_assert(rota__busy_init(&w.busy, &w.mem, -1));
    join(&w.mine);
    join(&w.other);
    write_in_store(1);
}

static void teardown(void)
{
    rota__looker_part(&w.mine);
    rota__looker_part(&w.other);
    rota__busy_free(&w.busy);
    rota__arena_free(&w.arena);
    ck_assert_int_eq(w.mem.held, 0);
}

/* --- looking and following --- */

static int64_t count_in(const rota__timeline *t)
{
    int64_t count = 0;
    rota__busy_cursor cursor;
    rota__interval interval;
    for (rota__busy_seek(t, (rota_span){ 0, 3600 * 100 }, &cursor);
         rota__busy_next(&cursor, &interval);)
        count++;
    return count;
}

/* The timeline as it is now, which stays pinned. */
static rota__timeline *pinned(rota__looker *looker)
{
    rota__timeline *t = NULL;
    bool fresh;
    rota__busy_let_go(looker);
    ck_assert_int_eq(rota__busy_refresh(looker, &w.env), ROTA_OK);
    ck_assert_int_eq(rota__busy_get(looker, &w.env, ROW, &t, &fresh), ROTA_OK);
    return t;
}

static void ck_timeline(int64_t stamp_, int64_t count, int64_t reads)
{
    const rota__timeline *t = pinned(&w.mine);
    ck_assert_int_eq(t->resource.stamp, stamp_);
    ck_assert_int_eq(count_in(t), count);
    ck_assert_int_eq(w.reads, reads);
    rota__busy_let_go(&w.mine);
}

static void follow_batch(const rota__batch *batch, const rota__booking *before)
{
    rota__busy_follow_begin(&w.busy);
    rota__busy_follow(&w.busy, batch, before);
    rota__busy_account(&w.busy, w.token);
    rota__busy_follow_end(&w.busy);
}

/* A commit of one booking, or of what became of it, that was decided at this stamp. */
static void follow(int64_t decided_at, const rota__booking *before, const rota__booking *after)
{
    rota__batch batch = { 0 };
    rota__guard *guard = ROTA__PUSH(&w.arena, &batch.guards);
    rota__booking *put = ROTA__PUSH(&w.arena, &batch.bookings);
    ck_assert(guard && put);
    *guard = (rota__guard){ .resource = ROW, .stamp = decided_at, .bump = true };
    *put = *after;
    follow_batch(&batch, before);
}

static const rota__booking nothing;

static rota__booking booking_of(int64_t row, const rota__claim *claim)
{
    return (rota__booking){ .row = row,
                            .when = hour(row),
                            .status = ROTA_BOOKING_CONFIRMED,
                            .claims = claim,
                            .claim_count = 1 };
}

static const rota__claim takes = { .resource = ROW, .units = 1 };

/* A commit of this engine, which the index follows. */
static void commit(int64_t row)
{
    const rota__booking booking = booking_of(row, &takes);
    write_in_store(row);
    follow(w.stamp - 1, &nothing, &booking);
}

static void commit_2(void)
{
    commit(2);
}

START_TEST(a_commit_is_followed_without_a_read)
{
    ck_timeline(1, 1, 1);
    commit(2);
    ck_timeline(2, 2, 1);
    commit(3);
    ck_timeline(3, 3, 1);
}
END_TEST

/* It was read when the commit could be seen already, and before the index followed. */
START_TEST(a_timeline_that_has_a_commit_does_not_follow_it)
{
    const rota__booking second = booking_of(2, &takes);
    write_in_store(2);
    ck_timeline(2, 2, 1);
    follow(1, &nothing, &second);
    ck_timeline(2, 2, 1);
    commit(3); /* but the next one */
    ck_timeline(3, 3, 1);
}
END_TEST

/* Somebody else's, of which it does not know. */
START_TEST(a_timeline_that_missed_a_commit_is_read_again)
{
    const rota__booking third = booking_of(3, &takes);
    ck_timeline(1, 1, 1);
    write_in_store(2);
    write_in_store(3);
    follow(2, &nothing, &third);
    ck_timeline(3, 3, 2);
}
END_TEST

START_TEST(who_looks_at_a_timeline_does_not_see_it_change)
{
    const rota__timeline *before = pinned(&w.other);
    commit(2);
    ck_assert_int_eq(before->resource.stamp, 1);
    ck_assert_int_eq(count_in(before), 1);
    ck_timeline(2, 2, 1); /* who looks now does, without a read */
    ck_assert_int_eq(rota__busy_count(&w.mine), 1);
}
END_TEST

START_TEST(what_takes_no_time_is_not_followed)
{
    const rota__claim free_ = { .resource = ROW, .units = 1, .flags = ROTA_CLAIM_FREE };
    const rota__claim optional = { .resource = ROW, .units = 1, .role = ROTA_ROLE_OPTIONAL };
    rota__booking booking = booking_of(2, _i == 0 ? &free_ : _i == 1 ? &optional : &takes);
    if (_i == 2) booking.status = ROTA_BOOKING_CANCELLED;
    ck_timeline(1, 1, 1);
    w.stamp++;
    w.token++;
    follow(1, &nothing, &booking);
    ck_timeline(2, 1, 1);
}
END_TEST

/* A booking that the tree does not have where it is said to have been. */
START_TEST(a_tree_that_cannot_follow_is_read_again)
{
    const rota__booking was = booking_of(7, &takes);
    rota__booking is = was;
    is.status = ROTA_BOOKING_CANCELLED;
    ck_timeline(1, 1, 1);
    w.stamp++;
    w.token++;
    follow(1, &was, &is);
    ck_timeline(2, 1, 2);
}
END_TEST

/* Who belongs to whom, on both sides, and what a resource is. */
START_TEST(what_is_not_of_bookings_is_read_again)
{
    enum { SOMEBODY = 99 };
    const rota__member as_group = { .group = ROW, .member = SOMEBODY, .when = hour(1) };
    const rota__member as_member = { .group = SOMEBODY, .member = ROW, .when = hour(1) };
    rota__batch batch = { 0 };
    rota__guard guard = { .resource = ROW, .stamp = 1, .bump = true };
    rota__resource resource = { .row = ROW };
    rota__member stay = _i % 2 ? as_group : as_member;
    batch.guards.items = &guard;
    batch.guards.count = 1;
    if (_i < 2) {
        batch.members_put.items = &stay;
        batch.members_put.count = 1;
    } else if (_i < 4) {
        batch.members_dropped.items = &stay;
        batch.members_dropped.count = 1;
    } else {
        batch.resources.items = &resource;
        batch.resources.count = 1;
    }
    ck_timeline(1, 1, 1);
    w.stamp++;
    w.token++;
    follow_batch(&batch, NULL);
    ck_timeline(2, 1, 2);
}
END_TEST

/* --- in the middle of a read --- */

START_TEST(what_was_read_before_a_commit_is_not_believed_after_it)
{
    w.meanwhile = commit_2;
    ck_timeline(2, 2, 2);
}
END_TEST

static void somebody_reads_what_is_newer(void)
{
    write_in_store(2);
    ck_assert_int_eq(count_in(pinned(&w.other)), 2);
}

START_TEST(an_older_read_does_not_take_the_place_of_a_newer_one)
{
    w.meanwhile = somebody_reads_what_is_newer;
    const rota__timeline *t = pinned(&w.mine);
    ck_assert_ptr_eq(t, rota__busy_pinned(&w.other, ROW));
    ck_assert_int_eq(count_in(t), 2);
    ck_assert_int_eq(w.reads, 2);
}
END_TEST

Suite *busy_suite(void)
{
    Suite *suite = suite_create("busy");
    TCase *following = tcase_create("following"), *reading = tcase_create("reading");
    tcase_add_checked_fixture(following, setup, teardown);
    tcase_add_test(following, a_commit_is_followed_without_a_read);
    tcase_add_test(following, a_timeline_that_has_a_commit_does_not_follow_it);
    tcase_add_test(following, a_timeline_that_missed_a_commit_is_read_again);
    tcase_add_test(following, who_looks_at_a_timeline_does_not_see_it_change);
    tcase_add_loop_test(following, what_takes_no_time_is_not_followed, 0, 3);
    tcase_add_test(following, a_tree_that_cannot_follow_is_read_again);
    tcase_add_loop_test(following, what_is_not_of_bookings_is_read_again, 0, 5);
    suite_add_tcase(suite, following);

    tcase_add_checked_fixture(reading, setup, teardown);
    tcase_add_test(reading, what_was_read_before_a_commit_is_not_believed_after_it);
    tcase_add_test(reading, an_older_read_does_not_take_the_place_of_a_newer_one);
    suite_add_tcase(suite, reading);
    return suite;
}
