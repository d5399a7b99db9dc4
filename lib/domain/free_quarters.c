/* By the quarter of an hour. Where all starts and ends lie on quarters, what meets a quarter
 * takes it: then of each resource a map of bits is enough, and a thousand of them are words
 * added to each other. What meets none of them is free by construction, since the maps are
 * the gate's own answers, of resources with which nothing else is to be asked. */
#include "domain/free_private.h"

#include "domain/resource_find.h"

/* Words are added in rows of a number that compilers know, and that processors take at once. */
enum {
    QUARTER = ROTA__MAP_QUARTER,
    ROW = 8,
    ROW_SECONDS = ROW * 64 * QUARTER,
    MAP_ROWS = ROTA__MAP_WORDS / ROW,
    MOST_ROWS = 32 * MAP_ROWS
};

typedef rota__offer offer;
typedef rota__quarters quarters;
typedef rota__search search;

/* Do all starts lie on quarters, and all ends? */
static bool is_on_quarters(const search *s)
{
    const rota_free_query *query = s->query;
    if (s->step % QUARTER != 0 || query->duration % QUARTER != 0) return false;
    if (query->align == ROTA_ALIGN_WINDOW) return query->window.start % QUARTER == 0;
    for (rota_time at = s->starts.start; at < s->starts.end;) {
        rota_span stretch;
        if (rota__tz_stretch(s->zone, at, &stretch) % QUARTER != 0) return false;
        at = stretch.end;
    }
    return true;
}

/* For those of such a setup and cleanup. */
static int begin(search *s, const rota__resource *as)
{
    quarters *q = &s->quarters;
    const rota_time end = s->starts.end - 1 + s->query->duration + as->after;
    q->before = as->before;
    q->after = as->after;
    q->first = rota__time_floor(s->starts.start - q->before, ROW_SECONDS);
    q->count = rota__time_floor(end - 1, ROW_SECONDS) - q->first + 1;
    q->first_map = rota__time_floor(q->first, MAP_ROWS);
    q->length = (q->before + s->query->duration + q->after) / QUARTER;
    q->last_map = rota__time_floor(q->first + q->count - 1, MAP_ROWS);
    q->fit = q->before % QUARTER == 0 && q->after % QUARTER == 0 && q->count <= MOST_ROWS &&
             is_on_quarters(s);
    if (!q->fit) return ROTA_OK;
    q->words = rota__arena_alloc(s->w->cx->env.arena, q->count * ROW, (int64_t)sizeof *q->words);
    return q->words ? ROTA_OK : rota__context_nomem(s->w->cx);
}

static void add_row(uint64_t *restrict words, const uint64_t *restrict more)
{
    for (int i = 0; i < ROW; i++)
        words[i] |= more[i];
}

/* What of a map lies in the window. */
static void add_words(const quarters *q, int64_t number, const uint64_t *map)
{
    const int64_t place = number * MAP_ROWS - q->first, rest = q->count - place;
    const int64_t from = place < 0 ? -place : 0, to = rest < MAP_ROWS ? rest : MAP_ROWS;
    for (int64_t row = from; row < to; row++)
        add_row(q->words + (place + row) * ROW, map + row * ROW);
}

static int make_map(search *s, const rota__timeline *t, int64_t number, uint64_t *made)
{
    const rota_time from = number * ROTA__MAP_SECONDS;
    const rota_span stretch = { from, from + ROTA__MAP_SECONDS };
    rota__spans full = { 0 };
    int rc = rota__admit_full(s->w, t->resource.row, stretch, 1, NULL, &full, NULL);
    memset(made, 0, ROTA__MAP_WORDS * sizeof *made);
    for (int64_t i = 0; i < full.count && rc == ROTA_OK; i++) {
        int64_t at = (full.items[i].start - from) / QUARTER;
        int64_t end = (full.items[i].end - from + QUARTER - 1) / QUARTER;
        for (; at < end; at++)
            made[at / 64] |= UINT64_C(1) << (at % 64);
    }
    if (rc == ROTA_OK) rota__busy_put_map(s->w->cx->looker, t, number, made);
    return rc;
}

int rota__quarters_add(search *s, const offer *o, bool *added)
{
    quarters *q = &s->quarters;
    rota__timeline *t;
    uint64_t map[ROTA__MAP_WORDS];
    *added = false;
    if (!q->fit) return ROTA_OK;
    int rc = rota__write_look(s->w, o->claim.resource, &t);
    if (rc != ROTA_OK || o->claim.units != 1 || !rota__admit_alone(t)) return rc;
    if (!q->words) rc = begin(s, &t->resource);
    if (rc != ROTA_OK || !q->fit) return rc;
    if (t->resource.before != q->before || t->resource.after != q->after) return ROTA_OK;
    for (int64_t i = q->first_map; i <= q->last_map && rc == ROTA_OK; i++) {
        if (!rota__busy_map(s->w->cx->looker, t, i, map)) rc = make_map(s, t, i, map);
        if (rc == ROTA_OK) add_words(q, i, map);
    }
    *added = rc == ROTA_OK;
    return rc;
}

/* The last quarter of [from, to) that is taken; -1: none is. */
static int64_t last_taken(const uint64_t *words, int64_t from, int64_t to)
{
    while (from < to) {
        const int64_t word = (to - 1) / 64;
        const uint64_t bits = words[word] << (63 - (to - 1) % 64);
        if (bits) {
            int64_t at = to - 64 + rota__highest_bit(bits);
            return at >= from ? at : -1;
        }
        to = word * 64;
    }
    return -1;
}

rota_time rota__quarters_until(const search *s, rota_time start)
{
    const quarters *q = &s->quarters;
    if (!q->words) return start;
    const rota_time zero = q->first * ROW_SECONDS + q->before;
    const int64_t from = (start - zero) / QUARTER;
    const int64_t at = last_taken(q->words, from, from + q->length);
    return at < 0 ? start : zero + (at + 1) * QUARTER;
}

/* --- all of a search, at once --- */

/* What a look without a pin finds of those asked for. */
typedef struct glance {
    search *s;
    int64_t *rows; /* hashed by themselves */
    uint64_t mask;
    int64_t *missing; /* those of which a map has to be made, by their place in `all` */
    int64_t missing_count;
} glance;

static bool is_simple(const rota_claim *claim)
{
    bool required = claim->role == ROTA_ROLE_REQUIRED || claim->role == ROTA_ROLE_ORGANIZER;
    return claim->units == 1 && required && claim->flags == 0 && claim->reserved == 0;
}

/* false: it was there before. */
static bool is_new(const glance *g, int64_t row)
{
    uint64_t at = (uint64_t)row & g->mask;
    for (; g->rows[at]; at = (at + 1) & g->mask)
        if (g->rows[at] == row) return false;
    g->rows[at] = row;
    return true;
}

/* The clock that starts are aligned to, if it is known without a look at any file. */
static bool set_zone(search *s, const rota__timeline *first)
{
    const char *name = s->query->zone ? s->query->zone : first->resource.zone;
    if (s->query->align == ROTA_ALIGN_WINDOW) return true;
    s->zone = name ? rota__tz_known(s->w->cx->zones, name) : NULL;
    return s->zone != NULL;
}

/* The maps of one; *known: there is nothing else to be asked of it. */
static int glance_at(glance *g, int64_t place, bool *known)
{
    search *s = g->s;
    quarters *q = &s->quarters;
    const rota_claim *claim = &s->query->all[place];
    const rota__timeline *t = rota__busy_peek(s->w->cx->looker, &claim->resource);
    *known = false;
    if (!t || !is_simple(claim) || !is_new(g, t->resource.row)) return ROTA_OK;
    if (place == 0) {
        int rc = set_zone(s, t) ? begin(s, &t->resource) : ROTA_OK;
        if (rc != ROTA_OK || !q->words) return rc;
    }
    if (t->resource.before != q->before || t->resource.after != q->after) return ROTA_OK;
    *known = true;
    for (int64_t i = q->first_map; i <= q->last_map; i++) {
        const uint64_t *map = rota__busy_peek_map(t, i);
        if (!map) {
            *known = rota__admit_alone(t);
            g->missing[g->missing_count++] = place;
            break;
        }
        add_words(q, i, map);
    }
    return ROTA_OK;
}

/* All of what is looked at is of one state, as it is of a check at a glance. */
static int glance_at_all(glance *g, bool *known)
{
    search *s = g->s;
    rota__looker *looker = s->w->cx->looker;
    int rc = rota__busy_peek_begin(looker, &s->w->cx->env);
    if (rc != ROTA_OK) return rc;
    memset(g->rows, 0, (g->mask + 1) * sizeof *g->rows);
    g->missing_count = 0;
    s->quarters = (quarters){ .fit = true };
    *known = true;
    for (int64_t i = 0; i < s->query->all_count && *known && rc == ROTA_OK; i++)
        rc = glance_at(g, i, known);
    rota__busy_peek_end(looker);
    return rc;
}

/* Of those that were booked since. *known as above. */
static int make_missing(const glance *g, bool *known)
{
    search *s = g->s;
    rota__looker *looker = s->w->cx->looker;
    const quarters *q = &s->quarters;
    uint64_t map[ROTA__MAP_WORDS];
    int rc = ROTA_OK;
    for (int64_t k = 0; k < g->missing_count && *known && rc == ROTA_OK; k++) {
        rota__timeline *t;
        *known = rota__resource_claim(s->w, &s->query->all[g->missing[k]].resource, &t) ==
                     ROTA_OK &&
                 rota__admit_alone(t);
        for (int64_t i = q->first_map; i <= q->last_map && *known && rc == ROTA_OK; i++)
            if (!rota__busy_map(looker, t, i, map)) rc = make_map(s, t, i, map);
    }
    rota__write_begin(s->w);
    return rc;
}

static bool can_be_known(const search *s)
{
    const rota_free_query *query = s->query;
    return query->all_count > 0 && query->pool_count == 0 && rota__id_is_none(&query->ignore) &&
           query->order != ROTA_FREE_PACKED && s->starts.start < s->starts.end;
}

int rota__quarters_all(search *s, bool *known)
{
    rota__arena *arena = s->w->cx->env.arena;
    const int64_t count = s->query->all_count;
    glance g = { .s = s, .mask = 1 };
    *known = can_be_known(s);
    if (!*known) return ROTA_OK;
    while (g.mask < 2 * (uint64_t)count)
        g.mask = 2 * g.mask + 1;
    g.rows = rota__arena_room(arena, (int64_t)g.mask + 1, (int64_t)sizeof *g.rows);
    g.missing = rota__arena_room(arena, count, (int64_t)sizeof *g.missing);
    if (!g.rows || !g.missing) return rota__context_nomem(s->w->cx);
    int rc = glance_at_all(&g, known);
    if (rc != ROTA_OK || !*known || g.missing_count == 0) return rc;
    if ((rc = make_missing(&g, known)) == ROTA_OK && *known) rc = glance_at_all(&g, known);
    *known &= g.missing_count == 0;
    return rc;
}
