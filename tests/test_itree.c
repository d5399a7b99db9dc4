/* The index of one resource against a plain list: every distribution that is
 * awkward for a sorted structure, and memory that fails at every place. */
#include "index/itree.h"
#include "tests.h"

#include <stdlib.h>

enum { LIST_ROOM = 12000 };

/* --- memory that counts, and fails when told to --- */

typedef struct memory {
    int64_t allowed; /* allocations that still succeed; below zero: all */
    int64_t refused;
} memory;

static void *take(void *ctx, void *block, int64_t size)
{
    memory *m = ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (m->allowed == 0) {
        m->refused++;
        return NULL;
    }
    if (m->allowed > 0) m->allowed--;
    return realloc(block, (size_t)size);
}

/* --- the tree under test, and the list it must agree with --- */

typedef struct fixture {
    memory memory;
    rota__mem mem;
    rota__itree tree;
    uint64_t random;
    int64_t next_booking;
    rota__interval *list;
    int64_t count;
    rota__interval *expected; /* room for a query's answer */
} fixture;

static void fx_open(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->memory.allowed = -1;
    rota__mem_init(&f->mem, take, &f->memory);
    rota__itree_init(&f->tree, &f->mem);
    f->random = tests_seed("itree") * 2 + 1;
    f->list = malloc(LIST_ROOM * sizeof *f->list);
    f->expected = malloc(LIST_ROOM * sizeof *f->expected);
    ck_assert(f->list && f->expected);
}

static void fx_close(fixture *f)
{
    rota__itree_free(&f->tree);
    ck_assert_int_eq(f->mem.held, 0);
    ck_assert_int_eq(f->tree.count, 0);
    free(f->list);
    free(f->expected);
}

static int64_t below(fixture *f, int64_t n)
{
    f->random ^= f->random << 13;
    f->random ^= f->random >> 7;
    f->random ^= f->random << 17;
    return (int64_t)((f->random >> 11) % (uint64_t)n);
}

static int by_key(const void *left, const void *right)
{
    const rota__interval *a = left, *b = right;
    if (a->span.start != b->span.start) return a->span.start < b->span.start ? -1 : 1;
    if (a->span.end != b->span.end) return a->span.end < b->span.end ? -1 : 1;
    return a->booking < b->booking ? -1 : a->booking > b->booking;
}

static int64_t list_query(fixture *f, rota_span span)
{
    int64_t found = 0;
    for (int64_t i = 0; i < f->count; i++)
        if (rota__time_overlap(f->list[i].span, span)) f->expected[found++] = f->list[i];
    qsort(f->expected, (size_t)found, sizeof *f->expected, by_key);
    return found;
}

/* ck_assert() tells the parent process of every check, which is slow in loops. */
#define ck_that(condition)                                        \
    do {                                                          \
        if (!(condition)) ck_abort_msg("not so: %s", #condition); \
    } while (0)

static bool same(const rota__interval *a, const rota__interval *b)
{
    return a->span.start == b->span.start && a->span.end == b->span.end &&
           a->booking == b->booking && a->expires == b->expires && a->units == b->units &&
           a->reserved == b->reserved;
}

static void ck_same_answer(fixture *f, rota_span span)
{
    int64_t found = list_query(f, span), i = 0;
    rota__itree_cursor c;
    rota__interval got;
    for (rota__itree_seek(&f->tree, span, &c); rota__itree_next(&c, &got); i++)
        ck_that(i < found && same(&got, &f->expected[i]));
    ck_that(i == found);
    ck_that(!rota__itree_next(&c, &got));
}

static const rota_span everything = { INT64_MIN, INT64_MAX };

static void ck_same_content(fixture *f)
{
    ck_assert_int_eq(f->tree.count, f->count);
    ck_same_answer(f, everything);
}

static rota__interval interval_of(int64_t start, int64_t end, int64_t booking)
{
    rota__interval i = { .span = { start, end }, .booking = booking, .units = 1 };
    return i;
}

static void fx_insert(fixture *f, const rota__interval *i)
{
    ck_that(f->count < LIST_ROOM);
    ck_that(rota__itree_insert(&f->tree, i) == ROTA_OK);
    f->list[f->count++] = *i;
}

static void fx_remove(fixture *f, int64_t at)
{
    rota__interval gone = f->list[at];
    ck_that(rota__itree_remove(&f->tree, gone.span, gone.booking));
    f->list[at] = f->list[--f->count];
    ck_that(!rota__itree_remove(&f->tree, gone.span, gone.booking));
}

/* --- distributions --- */

typedef struct distribution {
    const char *name;
    void (*draw)(fixture *f, rota_span *span);
} distribution;

static void scattered(fixture *f, rota_span *s)
{
    s->start = below(f, 1000000);
    s->end = s->start + 1 + below(f, 2000);
}

static void identical_starts(fixture *f, rota_span *s)
{
    s->start = 1000;
    s->end = 1001 + below(f, 3000);
}

static void identical_spans(fixture *f, rota_span *s)
{
    (void)f;
    s->start = -5;
    s->end = 5;
}

static void nested(fixture *f, rota_span *s)
{
    int64_t depth = 1 + below(f, 5000);
    s->start = -depth;
    s->end = depth;
}

static void permanent_among_short(fixture *f, rota_span *s)
{
    scattered(f, s);
    if (below(f, 300) == 0) s->end = ROTA_TIME_MAX;
    if (below(f, 300) == 0) s->start = ROTA_TIME_MIN;
}

static void touching(fixture *f, rota_span *s)
{
    s->start = below(f, 6000) * 900;
    s->end = s->start + 900;
}

static void extreme(fixture *f, rota_span *s)
{
    static const int64_t starts[] = { INT64_MIN, ROTA_TIME_MIN,    ROTA_TIME_MIN + 1, -1,
                                      0,         ROTA_TIME_MAX - 1 };
    static const int64_t ends[] = { ROTA_TIME_MIN + 2, 1, 2, ROTA_TIME_MAX, INT64_MAX };
    do {
        s->start = starts[below(f, ROTA__LENGTH(starts))];
        s->end = ends[below(f, ROTA__LENGTH(ends))];
    } while (s->start >= s->end);
}

static void ascending(fixture *f, rota_span *s)
{
    s->start = f->next_booking * 60;
    s->end = s->start + 1 + below(f, 90);
}

static void descending(fixture *f, rota_span *s)
{
    s->start = -f->next_booking * 60;
    s->end = s->start + 1 + below(f, 90);
}

static const distribution distributions[] = {
    { "scattered", scattered },
    { "identical starts", identical_starts },
    { "identical spans", identical_spans },
    { "nested", nested },
    { "a few permanent ones", permanent_among_short },
    { "touching", touching },
    { "extremes", extreme },
    { "ascending", ascending },
    { "descending", descending },
};

static rota__interval draw(fixture *f, const distribution *d)
{
    rota__interval i = interval_of(0, 0, ++f->next_booking);
    d->draw(f, &i.span);
    i.units = (int32_t)below(f, 5);
    if (below(f, 50) == 0) i.units = below(f, 2) ? INT32_MAX : INT32_MIN;
    if (below(f, 4) == 0) i.expires = 1 + below(f, 1000000);
    return i;
}

/* A span to ask for: near what is there, with ends that touch, or anything. */
static rota_span draw_query(fixture *f, const distribution *d)
{
    rota_span s;
    d->draw(f, &s);
    if (f->count > 0 && below(f, 2) == 0) {
        rota_span near = f->list[below(f, f->count)].span;
        switch (below(f, 5)) {
        case 0:
            s = near;
            break;
        case 1:
            s.start = near.end;
            s.end = near.end < INT64_MAX ? near.end + 1 : INT64_MAX;
            break;
        case 2:
            s.end = near.start;
            s.start = near.start > INT64_MIN ? near.start - 1 : INT64_MIN;
            break;
        case 3:
            s.start = s.end = near.start;
            break;
        default:
            s.end = near.end;
        }
    }
    return s;
}

static void ck_random_changes(fixture *f, const distribution *d, int64_t steps,
                              int64_t inserts_of_16)
{
    for (int64_t i = 0; i < steps; i++) {
        if (f->count == 0 || (below(f, 16) < inserts_of_16 && f->count < LIST_ROOM)) {
            rota__interval in = draw(f, d);
            fx_insert(f, &in);
        } else {
            fx_remove(f, below(f, f->count));
        }
        if (i % 32 == 0) ck_same_answer(f, draw_query(f, d));
    }
    ck_same_content(f);
}

START_TEST(random_changes_agree_with_a_plain_list)
{
    const distribution *d = &distributions[_i];
    fixture f;
    fx_open(&f);
    ck_random_changes(&f, d, 200, 9);
    ck_random_changes(&f, d, 7000, 14);
    ck_random_changes(&f, d, 2000, 8);
    ck_random_changes(&f, d, 8000, 2);
    while (f.count > 0)
        fx_remove(&f, f.count - 1);
    ck_same_content(&f);
    ck_random_changes(&f, d, 3000, 13);
    fx_close(&f);
}
END_TEST

START_TEST(an_empty_tree_answers_nothing_and_holds_no_memory)
{
    fixture f;
    fx_open(&f);
    ck_same_content(&f);
    ck_assert(!rota__itree_remove(&f.tree, everything, 1));
    ck_assert_int_eq(rota__itree_build(&f.tree, NULL, 0), ROTA_OK);
    ck_assert_int_eq(f.mem.held, 0);
    fx_close(&f);
}
END_TEST

START_TEST(spans_that_touch_do_not_overlap)
{
    fixture f;
    fx_open(&f);
    for (int64_t i = 0; i < 3000; i += 2) {
        rota__interval in = interval_of(i * 10, i * 10 + 10, i + 1);
        fx_insert(&f, &in);
    }
    for (int64_t i = 0; i < 3000; i++) {
        rota__itree_cursor c;
        rota__interval got;
        rota_span slot = { i * 10, i * 10 + 10 };
        rota__itree_seek(&f.tree, slot, &c);
        ck_assert_int_eq(rota__itree_next(&c, &got), i % 2 == 0);
        if (i % 2 == 0) ck_assert_int_eq(got.booking, i + 1);
        ck_assert(!rota__itree_next(&c, &got));
    }
    fx_close(&f);
}
END_TEST

START_TEST(removing_needs_the_whole_key)
{
    fixture f;
    fx_open(&f);
    for (int64_t i = 0; i < 2500; i++) {
        rota__interval in = interval_of(100 + i % 3, 200 + i % 5, i);
        fx_insert(&f, &in);
    }
    for (int64_t i = 0; i < f.count; i++) {
        rota_span span = f.list[i].span;
        rota_span other_start = { 100 + (i + 1) % 3, span.end };
        rota_span other_end = { span.start, 200 + (i + 1) % 5 };
        ck_that(!rota__itree_remove(&f.tree, other_start, i));
        ck_that(!rota__itree_remove(&f.tree, other_end, i));
        ck_that(!rota__itree_remove(&f.tree, span, i + 1));
        ck_that(!rota__itree_remove(&f.tree, span, -1 - i));
    }
    ck_same_content(&f);
    fx_close(&f);
}
END_TEST

START_TEST(what_is_there_already_is_refused)
{
    fixture f;
    fx_open(&f);
    for (int64_t i = 0; i < 2500; i++) {
        rota__interval in = interval_of(100 + i % 3, 200 + i % 5, i);
        fx_insert(&f, &in);
        ck_that(rota__itree_insert(&f.tree, &f.list[i / 2]) == ROTA_ECORRUPT);
    }
    ck_same_content(&f);
    fx_close(&f);
}
END_TEST

/* --- building --- */

static const int64_t sizes[] = { 1,   2,   7,    8,    9,    16,   17,   127,
                                 128, 129, 1023, 1024, 1025, 1792, 1793, 8000 };

static void draw_list(fixture *f, const distribution *d, int64_t count)
{
    for (f->count = 0; f->count < count; f->count++)
        f->list[f->count] = draw(f, d);
}

START_TEST(a_built_tree_holds_the_same_in_any_order)
{
    fixture f;
    fx_open(&f);
    for (int64_t d = 0; d < ROTA__LENGTH(distributions); d++) {
        draw_list(&f, &distributions[d], sizes[_i]);
        if (d % 2) qsort(f.list, (size_t)f.count, sizeof *f.list, by_key);
        ck_assert_int_eq(rota__itree_build(&f.tree, f.list, f.count), ROTA_OK);
        ck_same_content(&f);
        for (int64_t i = 0; i < 100; i++)
            ck_same_answer(&f, draw_query(&f, &distributions[d]));
        ck_random_changes(&f, &distributions[d], 500, 12);
        rota__itree_free(&f.tree);
        ck_assert_int_eq(f.mem.held, 0);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_build_without_memory_leaves_an_empty_tree)
{
    fixture f;
    fx_open(&f);
    for (int sorted = 0; sorted < 2; sorted++) {
        draw_list(&f, &distributions[0], sizes[_i]);
        if (sorted) qsort(f.list, (size_t)f.count, sizeof *f.list, by_key);
        int rc = ROTA_ENOMEM;
        int64_t n = 0;
        for (; rc == ROTA_ENOMEM; n++) {
            f.memory.allowed = n;
            rc = rota__itree_build(&f.tree, f.list, f.count);
            if (rc == ROTA_OK) break;
            ck_assert_int_eq(rc, ROTA_ENOMEM);
            ck_assert_int_eq(f.mem.held, 0);
            ck_assert_int_eq(f.tree.count, 0);
        }
        ck_assert_int_ge(n, sizes[_i] > 1024 ? 2 : 1);
        f.memory.allowed = -1;
        ck_same_content(&f);
        rota__itree_free(&f.tree);
    }
    fx_close(&f);
}
END_TEST

START_TEST(a_built_tree_takes_32_bytes_an_interval_or_less)
{
    static const int64_t counts[] = { 100, 1000, 1025, 10000 };
    fixture f;
    fx_open(&f);
    for (f.count = 0; f.count < counts[_i]; f.count++)
        f.list[f.count] = interval_of(f.count * 10, f.count * 10 + 7, f.count);
    ck_assert_int_eq(rota__itree_build(&f.tree, f.list, f.count), ROTA_OK);
    ck_assert_int_le(f.mem.held, 32 * f.count);
    fx_close(&f);
}
END_TEST

START_TEST(few_intervals_take_little_memory)
{
    fixture f;
    fx_open(&f);
    for (int64_t i = 0; i < 5; i++) {
        rota__interval in = interval_of(i, i + 1, i + 1);
        fx_insert(&f, &in);
    }
    ck_assert_int_le(f.mem.held, 400);
    fx_close(&f);
}
END_TEST

/* In any order, from the front, from the back: 24 of 12,000 stay. */
START_TEST(memory_follows_the_intervals_down)
{
    fixture f;
    fx_open(&f);
    draw_list(&f, &distributions[0], LIST_ROOM);
    qsort(f.list, (size_t)f.count, sizeof *f.list, by_key);
    ck_assert_int_eq(rota__itree_build(&f.tree, f.list, f.count), ROTA_OK);
    int64_t full = f.mem.held, kept = 0;
    while (_i == 0 && f.count > LIST_ROOM / 500)
        fx_remove(&f, below(&f, f.count));
    for (int64_t i = 0; _i > 0 && i < LIST_ROOM; i++) {
        rota__interval *gone = &f.list[_i == 1 ? i : LIST_ROOM - 1 - i];
        if (i % 500 != 0) ck_that(rota__itree_remove(&f.tree, gone->span, gone->booking));
        if (i % 500 != 0) gone->booking = 0;
    }
    for (int64_t i = 0; i < f.count; i++)
        if (f.list[i].booking != 0) f.list[kept++] = f.list[i];
    f.count = kept;
    ck_assert_int_eq(f.count, LIST_ROOM / 500);
    ck_same_content(&f);
    ck_assert_int_lt(f.mem.held, full / 4);
    while (f.count > 0)
        fx_remove(&f, 0);
    for (int64_t i = 1; i <= 2000; i++) {
        rota__interval in = interval_of(i, i + 1, i);
        fx_insert(&f, &in);
    }
    ck_same_content(&f);
    fx_close(&f);
}
END_TEST

START_TEST(holds_that_come_and_go_take_no_more_memory)
{
    fixture f;
    fx_open(&f);
    int64_t after_first = 0;
    for (int64_t i = 1; i <= 1000; i++) {
        rota__interval in = interval_of(i, i + 60, i);
        in.expires = 30;
        fx_insert(&f, &in);
        if (i == 10) after_first = f.mem.held;
        if (i >= 10) fx_remove(&f, below(&f, f.count));
    }
    ck_assert_int_eq(f.mem.held, after_first);
    ck_same_content(&f);
    fx_close(&f);
}
END_TEST

/* --- memory that runs out --- */

START_TEST(an_insert_without_memory_changes_nothing)
{
    const distribution *d = &distributions[_i];
    fixture f;
    fx_open(&f);
    for (int64_t i = 0; i < 9000; i++) {
        rota__interval in = draw(&f, d);
        for (int64_t n = 0;; n++) {
            f.memory.allowed = n;
            int rc = rota__itree_insert(&f.tree, &in);
            f.memory.allowed = -1;
            if (rc == ROTA_OK) break;
            ck_assert_int_eq(rc, ROTA_ENOMEM);
            ck_same_content(&f);
        }
        f.list[f.count++] = in;
    }
    ck_assert_int_gt(f.memory.refused, 20);
    ck_same_content(&f);
    fx_close(&f);
}
END_TEST

START_TEST(removing_works_without_memory)
{
    fixture f;
    fx_open(&f);
    draw_list(&f, &distributions[4], 8000);
    ck_assert_int_eq(rota__itree_build(&f.tree, f.list, f.count), ROTA_OK);
    f.memory.allowed = 0;
    while (f.count > 0)
        fx_remove(&f, below(&f, f.count));
    ck_assert_int_eq(f.memory.refused, 0);
    fx_close(&f);
}
END_TEST

/* --- copying --- */

/* Grown, shrunk and with holds that came and went: what a tree in use looks like. */
static void draw_used_tree(fixture *f, const distribution *d, int64_t count)
{
    draw_list(f, d, count);
    ck_assert_int_eq(rota__itree_build(&f->tree, f->list, f->count), ROTA_OK);
    for (int64_t i = 0; i < count / 4; i++)
        fx_remove(f, below(f, f->count));
    for (int64_t i = 0; i < count / 8; i++) {
        rota__interval in = draw(f, d);
        fx_insert(f, &in);
    }
}

static void swap_trees(fixture *f, rota__itree *other)
{
    rota__itree tree = f->tree;
    f->tree = *other;
    *other = tree;
}

START_TEST(a_copy_holds_the_same_and_goes_its_own_way)
{
    fixture f;
    rota__itree copy;
    rota__interval *kept = malloc(LIST_ROOM * sizeof *kept);
    ck_assert_ptr_nonnull(kept);
    fx_open(&f);
    rota__itree_init(&copy, &f.mem);
    draw_used_tree(&f, &distributions[_i % (int)ROTA__LENGTH(distributions)], sizes[_i]);
    ck_assert_int_eq(rota__itree_copy(&copy, &f.tree), ROTA_OK);
    int64_t count = f.count;
    memcpy(kept, f.list, (size_t)count * sizeof *kept);

    swap_trees(&f, &copy); /* the copy changes, with queries in between */
    ck_same_content(&f);
    ck_random_changes(&f, &distributions[_i % (int)ROTA__LENGTH(distributions)], 400, 13);
    swap_trees(&f, &copy); /* the original did not, and may be emptied */
    memcpy(f.list, kept, (size_t)count * sizeof *kept);
    f.count = count;
    ck_same_content(&f);
    while (f.count > 0)
        fx_remove(&f, below(&f, f.count));
    rota__itree_free(&copy);
    free(kept);
    fx_close(&f);
}
END_TEST

START_TEST(a_copy_of_an_empty_tree_is_empty)
{
    fixture f;
    rota__itree copy;
    fx_open(&f);
    rota__itree_init(&copy, &f.mem);
    ck_assert_int_eq(rota__itree_copy(&copy, &f.tree), ROTA_OK);
    for (int64_t i = 1; i <= 300; i++) { /* and one that was full */
        rota__interval in = interval_of(i, i + 2, i);
        in.expires = i % 2;
        fx_insert(&f, &in);
    }
    while (f.count > 0)
        fx_remove(&f, 0);
    ck_assert_int_eq(rota__itree_copy(&copy, &f.tree), ROTA_OK);
    swap_trees(&f, &copy);
    ck_same_content(&f);
    rota__interval in = interval_of(1, 2, 1);
    fx_insert(&f, &in);
    ck_same_content(&f);
    rota__itree_free(&copy);
    fx_close(&f);
}
END_TEST

START_TEST(a_copy_without_memory_is_an_empty_tree)
{
    fixture f;
    rota__itree copy;
    fx_open(&f);
    rota__itree_init(&copy, &f.mem);
    draw_used_tree(&f, &distributions[0], sizes[_i]);
    int64_t held = f.mem.held;
    for (int64_t n = 0;; n++) {
        f.memory.allowed = n;
        int rc = rota__itree_copy(&copy, &f.tree);
        f.memory.allowed = -1;
        if (rc == ROTA_OK) break;
        ck_assert_int_eq(rc, ROTA_ENOMEM);
        ck_assert_int_eq(copy.count, 0);
        ck_assert_int_eq(f.mem.held, held);
    }
    ck_assert_int_gt(f.memory.refused, 0);
    ck_same_content(&f);
    swap_trees(&f, &copy);
    ck_same_content(&f);
    rota__itree_free(&copy);
    fx_close(&f);
}
END_TEST

Suite *itree_suite(void)
{
    Suite *suite = suite_create("itree");
    TCase *tc = tcase_create("itree");
    int kinds = (int)ROTA__LENGTH(distributions), counts = (int)ROTA__LENGTH(sizes);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, random_changes_agree_with_a_plain_list, 0, kinds);
    tcase_add_test(tc, an_empty_tree_answers_nothing_and_holds_no_memory);
    tcase_add_test(tc, spans_that_touch_do_not_overlap);
    tcase_add_test(tc, removing_needs_the_whole_key);
    tcase_add_test(tc, what_is_there_already_is_refused);
    tcase_add_loop_test(tc, a_built_tree_holds_the_same_in_any_order, 0, counts);
    tcase_add_loop_test(tc, a_build_without_memory_leaves_an_empty_tree, 0, counts);
    tcase_add_loop_test(tc, a_built_tree_takes_32_bytes_an_interval_or_less, 0, 4);
    tcase_add_test(tc, few_intervals_take_little_memory);
    tcase_add_loop_test(tc, memory_follows_the_intervals_down, 0, 3);
    tcase_add_test(tc, holds_that_come_and_go_take_no_more_memory);
    tcase_add_loop_test(tc, an_insert_without_memory_changes_nothing, 0, kinds);
    tcase_add_test(tc, removing_works_without_memory);
    tcase_add_loop_test(tc, a_copy_holds_the_same_and_goes_its_own_way, 0, counts);
    tcase_add_test(tc, a_copy_of_an_empty_tree_is_empty);
    tcase_add_loop_test(tc, a_copy_without_memory_is_an_empty_tree, 0, counts);
    suite_add_tcase(suite, tc);
    return suite;
}
