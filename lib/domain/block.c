#include "domain/block.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/sort.h"

static int32_t units_of(const rota__era *era, int64_t resource)
{
    for (int64_t i = 0; i < era->claim_count; i++)
        if (era->claims[i].resource == resource && rota__claim_blocks(&era->claims[i]))
            return era->claims[i].units;
    return 0;
}

/* Some series on their way to uses. Each is read into the same memory, and walked on the
 * same: there may be thousands of them, and most give a few. */
typedef struct expansion {
    rota__env *env; /* of the uses */
    const rota__block_source *source;
    rota_span window;
    rota__uses *uses;
    rota__series_walk *walk;
    rota__arena own; /* of one series */
} expansion;

static int begin(expansion *x, rota__env *env, const rota__block_source *source, rota_span window,
                 rota__uses *uses)
{
    *x = (expansion){ .env = env, .source = source, .window = window, .uses = uses };
    rota__arena_init(&x->own, env->arena->mem);
    x->walk = rota__arena_room(env->arena, 1, (int64_t)sizeof *x->walk);
    return x->walk ? ROTA_OK : rota__error_plain(env->error, ROTA_ENOMEM);
}

static void end(expansion *x)
{
    rota__arena_free(&x->own);
}

static int add_era(expansion *x, const rota__recurring *recurring, int32_t units)
{
    rota__error *error = x->env->error;
    rota__happening at;
    int rc;
    while ((rc = rota__series_next(x->walk, &at)) == ROTA_OK) {
        if (x->uses->count == ROTA__USES_MOST)
            return rota__error_set(error, ROTA_ELIMIT,
                                   "more than %d occurrences of series lie within the time looked "
                                   "at",
                                   (int)ROTA__USES_MOST);
        rota__use *use = ROTA__PUSH(x->env->arena, x->uses);
        if (!use) return rota__error_plain(error, ROTA_ENOMEM);
        *use = (rota__use){ .when = at.when,
                            .original = at.original,
                            .booking = recurring->taken.booking,
                            .expires = recurring->taken.expires,
                            .units = units };
    }
    if (rc == ROTA_ELIMIT)
        return rota__error_set(error, rc,
                               "a series needs too many steps to its next "
                               "occurrence");
    return rc == ROTA__RECUR_DONE ? ROTA_OK : rc;
}

static int expand_one(expansion *x, const rota__recurring *recurring)
{
    rota__env env = { .arena = &x->own, .error = x->env->error };
    rota__series series;
    if (!rota__time_overlap(recurring->taken.when, x->window)) return ROTA_OK;
    rota__arena_reset(&x->own);
    int rc = rota__series_read(&env, x->source->zones, recurring->series, recurring->series_size,
                               &series);
    for (int64_t i = 0; rc == ROTA_OK && i < series.era_count; i++) {
        int32_t units = units_of(&series.eras[i], x->source->resource);
        if (units == 0 || series.eras[i].cancelled) continue;
        rota__series_open(x->walk, &series, i, x->window, false);
        rc = add_era(x, recurring, units);
    }
    return rc;
}

int rota__block_expand(rota__env *env, const rota__block_source *source, rota_span window,
                       rota__uses *uses)
{
    expansion x;
    int rc = begin(&x, env, source, window, uses);
    for (int64_t i = 0; i < source->count && rc == ROTA_OK; i++)
        rc = expand_one(&x, &source->recurring[i]);
    end(&x);
    return rc;
}

static int by_start(const void *left, const void *right)
{
    const rota__use *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    if (a->booking != b->booking) return a->booking < b->booking ? -1 : 1;
    return (a->original > b->original) - (a->original < b->original);
}

static rota__block *make(const rota__mem *from, int64_t number, const rota__uses *uses)
{
    rota__mem mem;
    rota__mem_init(&mem, from->fn, from->ctx);
    int64_t size = (int64_t)sizeof(rota__block) + uses->count * (int64_t)sizeof(rota__use);
    rota__block *block = rota__mem_alloc(&mem, 1, size);
    if (!block) return NULL;
    memset(block, 0, sizeof *block);
    rota__mem_init(&block->mem, from->fn, from->ctx);
    atomic_init(&block->refs, 1);
    block->number = number;
    block->bytes = size;
    block->firm = true;
    block->count = uses->count;
    block->uses = (rota__use *)(block + 1);
    if (uses->count > 0)
        memcpy(block->uses, uses->items, (size_t)uses->count * sizeof *block->uses);
    for (int64_t i = 0; i < block->count; i++) {
        const rota__use *use = &block->uses[i];
        if (use->when.end - use->when.start > block->longest)
            block->longest = use->when.end - use->when.start;
        if (use->expires) block->firm = false;
    }
    return block;
}

static rota_span stretch(int64_t number)
{
    return (rota_span){ number * ROTA__BLOCK_SECONDS, (number + 1) * ROTA__BLOCK_SECONDS };
}

static void sort_few(rota__use *uses, int64_t count)
{
    enum { FEW = 16 };
    if (count > FEW) {
        rota__sort(uses, count, sizeof *uses, by_start);
        return;
    }
    for (int64_t i = 1; i < count; i++) {
        rota__use use = uses[i];
        int64_t at = i;
        for (; at > 0 && by_start(&uses[at - 1], &use) > 0; at--)
            uses[at] = uses[at - 1];
        uses[at] = use;
    }
}

/* A stretch is cut into parts of some two hours, in each of which there are few. */
enum { PART_SECONDS = 1 << 13, PARTS = ROTA__BLOCK_SECONDS / PART_SECONDS };

/* What began before the stretch is in its first part. */
static int64_t part_of(const rota__use *use, int64_t number)
{
    int64_t since = use->when.start - stretch(number).start;
    return since < 0 ? 0 : since / PART_SECONDS;
}

static int sort_by_parts(rota__env *env, int64_t number, rota__uses *uses)
{
    int32_t ends[PARTS] = { 0 };
    rota__use *sorted = rota__arena_room(env->arena, uses->count, (int64_t)sizeof *sorted);
    if (!sorted) return rota__error_plain(env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < uses->count; i++)
        ends[part_of(&uses->items[i], number)]++;
    for (int64_t i = 1; i < PARTS; i++)
        ends[i] += ends[i - 1];
    for (int64_t i = uses->count; i-- > 0;)
        sorted[--ends[part_of(&uses->items[i], number)]] = uses->items[i];
    for (int64_t i = 0; i < PARTS; i++) /* each end has become where its part begins */
        sort_few(&sorted[ends[i]], (i + 1 < PARTS ? ends[i + 1] : uses->count) - ends[i]);
    uses->items = sorted;
    uses->room = uses->count;
    return ROTA_OK;
}

static int sort_uses(rota__env *env, int64_t number, rota__uses *uses)
{
    bool sorted = true;
    for (int64_t i = 1; i < uses->count && sorted; i++)
        sorted = by_start(&uses->items[i - 1], &uses->items[i]) < 0;
    if (sorted) return ROTA_OK;
    if (uses->count >= PARTS) return sort_by_parts(env, number, uses);
    sort_few(uses->items, uses->count);
    return ROTA_OK;
}

/* In memory of its own, since a look through decades makes some hundred. */
int rota__block_new(rota__env *env, const rota__block_source *source, int64_t number,
                    rota__block **out)
{
    rota__arena own;
    rota__env scratch = { .arena = &own, .error = env->error };
    rota__uses uses = { 0 };
    rota__arena_init(&own, env->arena->mem);
    int rc = rota__block_expand(&scratch, source, stretch(number), &uses);
    if (rc == ROTA_OK) rc = sort_uses(&scratch, number, &uses);
    if (rc == ROTA_OK && !(*out = make(source->mem, number, &uses)))
        rc = rota__error_plain(env->error, ROTA_ENOMEM);
    rota__arena_free(&own);
    return rc;
}

static int by_booking(const void *left, const void *right)
{
    const rota__recurring *a = left, *b = right;
    return (a->taken.booking > b->taken.booking) - (a->taken.booking < b->taken.booking);
}

static bool is_among(const int64_t *rows, int64_t count, int64_t row)
{
    for (int64_t i = 0; i < count; i++)
        if (rows[i] == row) return true;
    return false;
}

static int expand_changed(rota__env *env, const rota__block_source *source, int64_t number,
                          const int64_t *changed, int64_t count, rota__uses *uses)
{
    expansion x;
    int rc = begin(&x, env, source, stretch(number), uses);
    for (int64_t i = 0; i < count && rc == ROTA_OK; i++) {
        const rota__recurring wanted = { .taken.booking = changed[i] };
        if (source->count == 0 || is_among(changed, i, changed[i])) continue;
        const rota__recurring *now = bsearch(&wanted, source->recurring, (size_t)source->count,
                                             sizeof wanted, by_booking);
        if (now) rc = expand_one(&x, now);
    }
    end(&x);
    return rc == ROTA_OK ? sort_uses(env, number, uses) : rc;
}

/* Both are sorted: what stays of the old one, and what is new. */
static int merge(rota__env *env, const rota__block *old, const int64_t *changed, int64_t count,
                 const rota__uses *new, rota__uses *all)
{
    all->items = rota__arena_room(env->arena, old->count + new->count, (int64_t)sizeof *all->items);
    if (!all->items) return rota__error_plain(env->error, ROTA_ENOMEM);
    int64_t n = 0;
    for (int64_t i = 0; i < old->count; i++) {
        if (is_among(changed, count, old->uses[i].booking)) continue;
        while (n < new->count && by_start(&new->items[n], &old->uses[i]) < 0)
            all->items[all->count++] = new->items[n++];
        all->items[all->count++] = old->uses[i];
    }
    while (n < new->count)
        all->items[all->count++] = new->items[n++];
    return ROTA_OK;
}

int rota__block_renew(rota__env *env, const rota__block_source *source, const rota__block *old,
                      const int64_t *changed, int64_t count, rota__block **out)
{
    rota__arena own;
    rota__env scratch = { .arena = &own, .error = env->error };
    rota__uses uses = { 0 }, all = { 0 };
    rota__arena_init(&own, env->arena->mem);
    int rc = expand_changed(&scratch, source, old->number, changed, count, &uses);
    if (rc == ROTA_OK) rc = merge(&scratch, old, changed, count, &uses, &all);
    if (rc == ROTA_OK && !(*out = make(source->mem, old->number, &all)))
        rc = rota__error_plain(env->error, ROTA_ENOMEM);
    rota__arena_free(&own);
    return rc;
}

void rota__block_keep(rota__block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
}

void rota__block_drop(rota__block *block)
{
    rota__mem mem;
    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1) return;
    rota__mem_init(&mem, block->mem.fn, block->mem.ctx);
    rota__mem_free(&mem, block);
}

int64_t rota__block_seek(const rota__block *block, rota_span span)
{
    int64_t low = 0, high = block->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (block->uses[middle].when.start <= span.start - block->longest)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
