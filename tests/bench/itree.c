/* Measures the index beside the shapes it could have had: a plain sorted array
 * per resource (the lower bound), a balanced tree of nodes with the latest end
 * below each (a treap), and a prepared SQLite query. The same seeded bookings and
 * queries for all, in turn inside each round and beginning with another one each
 * time; every answer is compared. CPU time of the thread, medians of the rounds.
 *
 *     itree [intervals resources [rounds [long]]] [--json FILE]
 *
 * long: so many of 100,000 bookings last for ever. Without arguments it takes a
 * few seconds; SQLite is left out of insert and delete, where its row is more. */
#define _GNU_SOURCE
#include "common/bench.h"
#include "common/sql.h"
#include "index/itree.h"

#include <ctype.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>

enum { QUARTER = 900, LONGEST = 8 * QUARTER };

/* --- memory, chance --- */

static int64_t bytes_held; /* as the allocator counts them */

static void *counted(void *ctx, void *block, int64_t size)
{
    (void)ctx;
    if (block) bytes_held -= (int64_t)malloc_usable_size(block) + 8;
    if (size == 0) {
        free(block);
        return NULL;
    }
    void *got = realloc(block, (size_t)size);
    if (!got) bench_fail("out of memory");
    bytes_held += (int64_t)malloc_usable_size(got) + 8;
    return got;
}

static void *get(int64_t count, size_t size)
{
    return counted(NULL, NULL, count * (int64_t)size + 1);
}

static bench_random chance;

static int64_t below(int64_t n)
{
    return bench_below(&chance, n);
}

/* --- the work: bookings, and queries whose answer is known --- */

typedef struct item {
    int64_t resource;
    rota_span span;
    int64_t id;
} item;

typedef struct work {
    int64_t resources, count, asked, changed;
    int64_t longest;
    item *items; /* by resource and start */
    item *shuffled;
    item *misses; /* queries: id is unused */
    item *hits;
    item *changes; /* not among the items */
} work;

static void shuffle(item *items, int64_t count)
{
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = below(i + 1);
        item kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}

static int64_t draw_length(void)
{
    return QUARTER * (1 + below(8));
}

/* One after the other with gaps between, so that about half of the time is taken. */
static void draw_items(work *w, int64_t endless)
{
    int64_t n = 0;
    w->longest = LONGEST;
    for (int64_t r = 0; r < w->resources; r++) {
        int64_t share = (w->count - n) / (w->resources - r);
        rota_time at = 1700000000 / QUARTER * QUARTER;
        for (int64_t i = 0; i < share; i++, n++) {
            at += QUARTER * below(10);
            int64_t end = at + draw_length();
            w->items[n] = (item){ r, { at, end }, n + 1 };
            at = end;
            if (below(100000) < endless) {
                w->items[n].span.end = ROTA_TIME_MAX;
                w->longest = ROTA_TIME_MAX;
            }
        }
    }
    memcpy(w->shuffled, w->items, (size_t)w->count * sizeof *w->items);
    shuffle(w->shuffled, w->count);
}

/* Spans that are asked for: a hit is cut out of a booking, a miss is a gap. */
static void draw_queries(work *w)
{
    for (int64_t i = 0; i < w->asked; i++) {
        const item *near = &w->items[below(w->count)];
        w->hits[i] = *near;
        w->hits[i].span.start += QUARTER * (below(5) - 2);
        if (w->hits[i].span.end == ROTA_TIME_MAX) w->hits[i].span.end = near->span.start + QUARTER;
        if (w->hits[i].span.start >= w->hits[i].span.end) w->hits[i].span.start = near->span.start;
    }
    for (int64_t i = 0; i < w->asked;) {
        int64_t at = below(w->count - 1);
        const item *a = &w->items[at], *b = a + 1;
        if (a->resource != b->resource || a->span.end >= b->span.start) continue;
        w->misses[i++] = (item){ a->resource, { a->span.end, b->span.start }, 0 };
    }
    for (int64_t i = 0; i < w->asked; i++) {
        w->changes[i] = w->hits[i];
        w->changes[i].span.start += 7;
        w->changes[i].span.end += 11;
        w->changes[i].id = w->count + 1 + i;
    }
}

/* --- what is measured: each is told of bookings and asked for the sum of ids --- */

typedef struct contender {
    const char *name;
    void *(*build)(const work *w);
    int64_t (*ask)(void *self, const item *query);
    void (*insert)(void *self, const item *in); /* NULL: not measured */
    void (*remove)(void *self, const item *out);
    void *self;
    double bytes;
    bench_samples miss, hit, put, cut;
} contender;

/* the index */

static rota__mem counted_mem;

static void *index_build(const work *w)
{
    rota__mem_init(&counted_mem, counted, NULL);
    rota__itree *trees = get(w->resources, sizeof *trees);
    rota__interval *intervals = get(w->count, sizeof *intervals);
    int64_t i = 0;
    for (int64_t r = 0; r < w->resources; r++) {
        int64_t count = 0;
        for (; i < w->count && w->items[i].resource == r; i++)
            intervals[count++] = (rota__interval){ .span = w->items[i].span,
                                                   .booking = w->items[i].id,
                                                   .units = 1 };
        rota__itree_init(&trees[r], &counted_mem);
        if (rota__itree_build(&trees[r], intervals, count) != ROTA_OK) bench_fail("out of memory");
    }
    counted(NULL, intervals, 0);
    return trees;
}

static int64_t index_ask(void *self, const item *query)
{
    rota__itree *trees = self;
    rota__itree_cursor c;
    rota__interval found;
    int64_t sum = 0;
    for (rota__itree_seek(&trees[query->resource], query->span, &c); rota__itree_next(&c, &found);)
        sum += found.booking;
    return sum;
}

static void index_insert(void *self, const item *in)
{
    rota__itree *trees = self;
    rota__interval i = { .span = in->span, .booking = in->id, .units = 1 };
    if (rota__itree_insert(&trees[in->resource], &i) != ROTA_OK) bench_fail("out of memory");
}

static void index_remove(void *self, const item *out)
{
    rota__itree *trees = self;
    if (!rota__itree_remove(&trees[out->resource], out->span, out->id))
        bench_fail("index: not there");
}

/* a sorted array per resource, with the running maximum of the ends */

typedef struct flat {
    int64_t *starts, *ends, *ids, *latest;
    int32_t *units;
    int64_t count, room;
} flat;

static void flat_grow(flat *f, int64_t room)
{
    f->starts = counted(NULL, f->starts, room * 8);
    f->ends = counted(NULL, f->ends, room * 8);
    f->ids = counted(NULL, f->ids, room * 8);
    f->latest = counted(NULL, f->latest, room * 8);
    f->units = counted(NULL, f->units, room * 4);
    f->room = room;
}

static void flat_mend(flat *f, int64_t from)
{
    for (int64_t i = from; i < f->count; i++) {
        int64_t before = i > 0 ? f->latest[i - 1] : INT64_MIN;
        f->latest[i] = f->ends[i] > before ? f->ends[i] : before;
    }
}

/* The first of `count` sorted values that is above `bound`. */
static int64_t upper(const int64_t *values, int64_t count, int64_t bound)
{
    const int64_t *base = values;
    while (count > 1) {
        int64_t half = count / 2;
        base = base[half - 1] <= bound ? base + half : base;
        count -= half;
    }
    return base - values + (count == 1 && *base <= bound);
}

static void *flat_build(const work *w)
{
    flat *flats = get(w->resources, sizeof *flats);
    memset(flats, 0, (size_t)w->resources * sizeof *flats);
    for (int64_t i = 0, r = 0; r < w->resources; r++) {
        int64_t to = i;
        while (to < w->count && w->items[to].resource == r)
            to++;
        flat_grow(&flats[r], to - i + 1);
        for (; i < to; i++) {
            int64_t at = flats[r].count++;
            flats[r].starts[at] = w->items[i].span.start;
            flats[r].ends[at] = w->items[i].span.end;
            flats[r].ids[at] = w->items[i].id;
            flats[r].units[at] = 1;
        }
        flat_mend(&flats[r], 0);
    }
    return flats;
}

static int64_t flat_ask(void *self, const item *query)
{
    const flat *f = (flat *)self + query->resource;
    int64_t sum = 0;
    for (int64_t i = upper(f->latest, f->count, query->span.start);
         i < f->count && f->starts[i] < query->span.end; i++)
        if (f->ends[i] > query->span.start) sum += f->ids[i] * f->units[i];
    return sum;
}

static void flat_shift(int64_t *column, int64_t to, int64_t from, int64_t count)
{
    memmove(column + to, column + from, (size_t)count * 8);
}

static void flat_insert(void *self, const item *in)
{
    flat *f = (flat *)self + in->resource;
    if (f->count == f->room) flat_grow(f, f->room * 2);
    int64_t at = upper(f->starts, f->count, in->span.start), behind = f->count - at;
    flat_shift(f->starts, at + 1, at, behind);
    flat_shift(f->ends, at + 1, at, behind);
    flat_shift(f->ids, at + 1, at, behind);
    memmove(f->units + at + 1, f->units + at, (size_t)behind * 4);
    f->starts[at] = in->span.start;
    f->ends[at] = in->span.end;
    f->ids[at] = in->id;
    f->units[at] = 1;
    f->count++;
    flat_mend(f, at);
}

static void flat_remove(void *self, const item *out)
{
    flat *f = (flat *)self + out->resource;
    int64_t at = upper(f->starts, f->count, out->span.start) - 1;
    while (f->ids[at] != out->id)
        at--;
    int64_t behind = f->count - at - 1;
    flat_shift(f->starts, at, at + 1, behind);
    flat_shift(f->ends, at, at + 1, behind);
    flat_shift(f->ids, at, at + 1, behind);
    memmove(f->units + at, f->units + at + 1, (size_t)behind * 4);
    f->count--;
    flat_mend(f, at);
}

/* a treap per resource: by start and id, with the latest end below each node */

typedef struct node {
    struct node *left, *right;
    rota_span span;
    int64_t id, latest;
    uint32_t weight;
    int32_t units;
} node;

static void node_mend(node *n)
{
    n->latest = n->span.end;
    if (n->left && n->left->latest > n->latest) n->latest = n->left->latest;
    if (n->right && n->right->latest > n->latest) n->latest = n->right->latest;
}

static bool node_before(const node *a, const item *b)
{
    return a->span.start != b->span.start ? a->span.start < b->span.start : a->id < b->id;
}

static void node_split(node *n, const item *key, node **left, node **right)
{
    if (!n) {
        *left = *right = NULL;
        return;
    }
    if (node_before(n, key)) {
        node_split(n->right, key, &n->right, right);
        *left = n;
    } else {
        node_split(n->left, key, left, &n->left);
        *right = n;
    }
    node_mend(n);
}

static node *node_insert(node *at, node *in, const item *key)
{
    if (!at || at->weight < in->weight) {
        node_split(at, key, &in->left, &in->right);
        at = in;
    } else if (node_before(at, key)) {
        at->right = node_insert(at->right, in, key);
    } else {
        at->left = node_insert(at->left, in, key);
    }
    node_mend(at);
    return at;
}

static node *node_merge(node *left, node *right)
{
    if (!left || !right) return left ? left : right;
    if (left->weight > right->weight) {
        left->right = node_merge(left->right, right);
        node_mend(left);
        return left;
    }
    right->left = node_merge(left, right->left);
    node_mend(right);
    return right;
}

static node *node_remove(node *at, const item *key)
{
    if (!at) bench_fail("treap: not there");
    if (at->id == key->id) {
        node *rest = node_merge(at->left, at->right);
        counted(NULL, at, 0);
        return rest;
    }
    if (node_before(at, key))
        at->right = node_remove(at->right, key);
    else
        at->left = node_remove(at->left, key);
    node_mend(at);
    return at;
}

static int64_t node_ask(const node *n, rota_span span)
{
    if (!n || n->latest <= span.start) return 0;
    int64_t sum = node_ask(n->left, span);
    if (n->span.start >= span.end) return sum;
    if (n->span.end > span.start) sum += n->id * n->units;
    return sum + node_ask(n->right, span);
}

static void treap_insert(void *self, const item *in)
{
    node **roots = self, *n = get(1, sizeof *n - 1);
    *n = (node){ .span = in->span,
                 .id = in->id,
                 .units = 1,
                 .weight = (uint32_t)((uint64_t)in->id * 0x9e3779b97f4a7c15u >> 32) };
    roots[in->resource] = node_insert(roots[in->resource], n, in);
}

static void *treap_build(const work *w)
{
    node **roots = get(w->resources, sizeof *roots);
    memset(roots, 0, (size_t)w->resources * sizeof *roots);
    for (int64_t i = 0; i < w->count; i++)
        treap_insert(roots, &w->shuffled[i]);
    return roots;
}

static int64_t treap_ask(void *self, const item *query)
{
    node **roots = self;
    return node_ask(roots[query->resource], query->span);
}

static void treap_remove(void *self, const item *out)
{
    node **roots = self;
    roots[out->resource] = node_remove(roots[out->resource], out);
}

/* SQLite in memory: a covering index, and the bound of the longest booking */

typedef struct sql {
    sqlite3 *db;
    sqlite3_stmt *query;
    int64_t longest;
} sql;

static void *sql_build(const work *w)
{
    sql *s = get(1, sizeof *s);
    s->longest = w->longest;
    s->db = bench_sql_open(":memory:", "");
    int64_t before = sqlite3_memory_used();
    bench_sql_run(s->db,
                  "CREATE TABLE busy(id INTEGER PRIMARY KEY, resource INT, start INT, end INT)");
    bench_sql_run(s->db, "BEGIN");
    sqlite3_stmt *insert = bench_sql_prepare(s->db, "INSERT INTO busy VALUES(?,?,?,?)");
    for (int64_t i = 0; i < w->count; i++) {
        const item *in = &w->items[i];
        sqlite3_bind_int64(insert, 1, in->id);
        sqlite3_bind_int64(insert, 2, in->resource);
        sqlite3_bind_int64(insert, 3, in->span.start);
        sqlite3_bind_int64(insert, 4, in->span.end);
        bench_sql_once(insert);
    }
    sqlite3_finalize(insert);
    bench_sql_run(s->db, "CREATE INDEX by_start ON busy(resource, start, end); COMMIT; BEGIN");
    s->query = bench_sql_prepare(s->db, "SELECT id FROM busy WHERE resource=?1 AND start<?3"
                                        " AND start>?4 AND end>?2");
    bytes_held += sqlite3_memory_used() - before;
    return s;
}

static int64_t sql_ask(void *self, const item *query)
{
    sql *s = self;
    int64_t sum = 0;
    sqlite3_bind_int64(s->query, 1, query->resource);
    sqlite3_bind_int64(s->query, 2, query->span.start);
    sqlite3_bind_int64(s->query, 3, query->span.end);
    sqlite3_bind_int64(s->query, 4, query->span.start - s->longest);
    while (sqlite3_step(s->query) == SQLITE_ROW)
        sum += sqlite3_column_int64(s->query, 0);
    sqlite3_reset(s->query);
    return sum;
}

static contender contenders[] = {
    { .name = "index",
      .build = index_build,
      .ask = index_ask,
      .insert = index_insert,
      .remove = index_remove },
    { .name = "flat array",
      .build = flat_build,
      .ask = flat_ask,
      .insert = flat_insert,
      .remove = flat_remove },
    { .name = "treap",
      .build = treap_build,
      .ask = treap_ask,
      .insert = treap_insert,
      .remove = treap_remove },
    { .name = "SQLite", .build = sql_build, .ask = sql_ask },
};
enum { CONTENDERS = sizeof contenders / sizeof contenders[0] };

/* --- rounds --- */

static double ask_all(const contender *c, const item *queries, int64_t count, int64_t *sum)
{
    *sum = 0;
    double begun = bench_cpu_ns();
    for (int64_t i = 0; i < count; i++) {
        *sum += c->ask(c->self, &queries[i]);
        bench_wait_for_loads();
    }
    return (bench_cpu_ns() - begun) / (double)count;
}

static void change_all(contender *c, const work *w)
{
    double begun = bench_cpu_ns();
    for (int64_t i = 0; i < w->changed; i++)
        c->insert(c->self, &w->changes[i]);
    double between = bench_cpu_ns();
    for (int64_t i = 0; i < w->changed; i++)
        c->remove(c->self, &w->changes[i]);
    bench_add(&c->put, (between - begun) / (double)w->changed);
    bench_add(&c->cut, (bench_cpu_ns() - between) / (double)w->changed);
}

static void report_ns(const char *measure, const contender *c, bench_samples *ns, double index)
{
    double value = bench_median(ns);
    bench_report((bench_line){ .measure = measure,
                               .who = c->name,
                               .value = value,
                               .unit = "ns",
                               .against = "the index",
                               .ratio = value / index });
}

static void report(void)
{
    contender *index = &contenders[0];
    for (int i = 0; i < CONTENDERS; i++)
        report_ns("miss", &contenders[i], &contenders[i].miss, bench_median(&index->miss));
    for (int i = 0; i < CONTENDERS; i++)
        report_ns("hit", &contenders[i], &contenders[i].hit, bench_median(&index->hit));
    for (int i = 0; i < CONTENDERS; i++)
        if (contenders[i].insert)
            report_ns("insert", &contenders[i], &contenders[i].put, bench_median(&index->put));
    for (int i = 0; i < CONTENDERS; i++)
        if (contenders[i].insert)
            report_ns("delete", &contenders[i], &contenders[i].cut, bench_median(&index->cut));
    for (int i = 0; i < CONTENDERS; i++)
        bench_report((bench_line){ .measure = "memory an interval",
                                   .who = contenders[i].name,
                                   .value = contenders[i].bytes,
                                   .unit = "bytes",
                                   .against = "the index",
                                   .ratio = contenders[i].bytes / index->bytes });
    for (int i = 0; i < CONTENDERS; i++) {
        bench_samples_free(&contenders[i].miss);
        bench_samples_free(&contenders[i].hit);
        bench_samples_free(&contenders[i].put);
        bench_samples_free(&contenders[i].cut);
    }
}

static void measure(int64_t count, int64_t resources, int64_t rounds, int64_t endless)
{
    int64_t most = endless > 0 ? 500 : 100000; /* some of them then look at everything */
    work w = { .resources = resources, .count = count, .asked = count < most ? count : most };
    w.items = get(count, sizeof(item));
    w.shuffled = get(count, sizeof(item));
    w.misses = get(w.asked, sizeof(item));
    w.hits = get(w.asked, sizeof(item));
    w.changes = get(w.asked, sizeof(item));
    draw_items(&w, endless);
    draw_queries(&w);
    /* a flat array of a million moves megabytes for each change */
    w.changed = 100000000 / (count / resources + 1) + 1;
    if (w.changed > w.asked) w.changed = w.asked;
    bench_case("%" PRId64 " intervals, %" PRId64 " resources, %" PRId64
               " of 100000 for ever; %" PRId64 " rounds of %" PRId64 " queries, %" PRId64
               " changes",
               count, resources, endless, rounds, w.asked, w.changed);

    for (int i = 0; i < CONTENDERS; i++) {
        int64_t before = bytes_held;
        contenders[i].self = contenders[i].build(&w);
        contenders[i].bytes = (double)(bytes_held - before) / (double)count;
    }
    int64_t hits = -1, misses = -1, sum;
    for (int64_t round = 0; round < rounds; round++)
        for (int turn = 0; turn < CONTENDERS; turn++) {
            contender *c = &contenders[(turn + round) % CONTENDERS];
            bench_add(&c->miss, ask_all(c, w.misses, w.asked, &sum));
            if (misses < 0) misses = sum;
            if (sum != misses) bench_fail("%s: another answer (miss)", c->name);
            bench_add(&c->hit, ask_all(c, w.hits, w.asked, &sum));
            if (hits < 0) hits = sum;
            if (sum != hits) bench_fail("%s: another answer (hit)", c->name);
        }
    for (int64_t round = 0; round < rounds; round++)
        for (int turn = 0; turn < CONTENDERS; turn++) {
            contender *c = &contenders[(turn + round) % CONTENDERS];
            if (c->insert) change_all(c, &w);
        }
    report();
}

int main(int argc, char **argv)
{
    int64_t given[4] = { 0, 0, 5, 0 };
    int numbers = 0; /* before the options that all programs have */
    while (numbers < 4 && numbers + 1 < argc && isdigit((unsigned char)*argv[numbers + 1])) {
        given[numbers] = atoll(argv[numbers + 1]);
        numbers++;
    }
    argv[numbers] = argv[0];
    bench_begin("itree", argc - numbers, argv + numbers);
    chance.state = bench_seed();
    if (numbers >= 2) {
        measure(given[0], given[1], given[2], given[3]);
    } else if (bench_scale() == BENCH_TINY) {
        measure(2000, 20, 2, 0);
        measure(1000, 1, 2, 20);
    } else {
        measure(100000, 1000, 5, 0);
        measure(10000, 1, 5, 0);
        measure(20000, 2, 3, 20);
    }
    bench_end();
    return 0;
}
