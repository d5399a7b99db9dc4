/* Intervals in order of (start, end, booking), in chunks of up to CHUNK
 * neighbours, each a set of columns. This file knows order and overlap; what an
 * interval means, and whether it has lapsed, is its caller's.
 *
 * Search. Above each chunk's spans stands a pyramid of maxima: its lowest cells
 * are the latest ends of FAN spans each, those above of FAN cells, up to a level
 * of TOP cells or fewer. A second pyramid stands on the latest ends of the
 * chunks. So "the first interval at or behind p that ends after s" is a climb and
 * a descent whatever the lengths, and since starts are in order, the first one
 * found that starts at e or later closes the walk over [s, e): nothing searches
 * by start. A booking without end beside 100,000 short ones costs one step, and
 * not a wider window.
 *
 * Bounds, n intervals. A walk with k results reads O((k + 1) log n) cells and
 * spans, FAN at a time on each of log n / log FAN levels; results side by side
 * mostly cost one comparison each. Insertion and removal: O(log n) to find the
 * place, up to CHUNK entries moved and their maxima taken again; one change in
 * CHUNK/4 or so also splits or joins chunks and moves O(n / CHUNK) headers. Two
 * neighbouring chunks hold more than CHUNK/2 together. Memory: 28 bytes an
 * interval, 1.2 for the maxima, and what is empty: next to nothing after a
 * build, up to half of a chunk that grew entry by entry. Blocks do not shrink, so
 * one resource that has lost its bookings keeps 30 KB at most.
 *
 * Few intervals lapse, and only until they are confirmed: their expiry is kept
 * outside of the columns, in `extras`. */
#include "index/itree.h"

#include "base/sort.h"

enum {
    CHUNK = 1024,          /* entries */
    FILL = CHUNK / 8 * 7,  /* of each chunk that a build makes, where one does not do */
    SPLIT = CHUNK / 4 * 3, /* room of a new right half */
    FIRST_ROOM = 8,
    FAN = 8, /* cells of one cache line */
    TOP = 16,
    FIRST_EXTRAS = 4
};

#define NEVER INT64_MIN /* in cells that hold no end: later than nothing */

typedef rota__itree_chunk chunk;

/* --- pyramids: padded(n) cells, then the levels above them --- */

static int64_t padded(int64_t n)
{
    return (n + FAN - 1) / FAN * FAN;
}

static int64_t cells_for(int64_t count)
{
    int64_t n = padded(count), total = n;
    while (n > TOP) {
        n = padded(n / FAN);
        total += n;
    }
    return total;
}

static rota_time later(rota_time a, rota_time b)
{
    return a > b ? a : b;
}

static rota_time latest(const rota_time *c)
{
    return later(later(later(c[0], c[1]), later(c[2], c[3])),
                 later(later(c[4], c[5]), later(c[6], c[7])));
}

/* Cells `from` to `to` of n have changed. */
static void mend(rota_time *cells, int64_t n, int64_t from, int64_t to)
{
    for (n = padded(n); n > TOP; n = padded(n / FAN)) {
        rota_time *above = cells + n;
        from /= FAN;
        to /= FAN;
        for (int64_t i = from; i <= to; i++)
            above[i] = latest(cells + FAN * i);
        cells = above;
    }
}

static rota_time peak(const rota_time *cells, int64_t n)
{
    for (n = padded(n); n > TOP; n = padded(n / FAN))
        cells += n;
    rota_time found = NEVER;
    for (int64_t i = 0; i < n; i += FAN)
        found = later(found, latest(cells + i));
    return found;
}

/* The first of FAN cells after `bound`, or FAN. Without branches: which one it
 * is cannot be guessed. */
static int64_t first_of_group(const rota_time *c, rota_time bound)
{
    int64_t at = 0, before = 1;
    for (int i = 0; i < FAN; i++) {
        before &= c[i] <= bound;
        at += before;
    }
    return at;
}

/* The first of n cells, not before `from`, that is after `bound`; or n or more. */
static int64_t first_after(const rota_time *cells, int64_t n, int64_t from, rota_time bound)
{
    n = padded(n);
    while (from < n) {
        if (from % FAN != 0) {
            if (cells[from] > bound) return from;
            from++;
        } else if (n <= TOP) {
            int64_t at = first_of_group(cells + from, bound);
            if (at < FAN) return from + at;
            from += FAN;
        } else {
            int64_t group = first_after(cells + n, n / FAN, from / FAN, bound);
            if (group * FAN >= n) return n;
            return group * FAN + first_of_group(cells + group * FAN, bound);
        }
    }
    return n;
}

/* --- blocks: a chunk's columns, spans by groups of FAN with a pyramid above --- */

static int64_t groups_of(int64_t room)
{
    return padded(room) / FAN;
}

static rota_time latest_of_group(const rota_span *s)
{
    return later(later(later(s[0].end, s[1].end), later(s[2].end, s[3].end)),
                 later(later(s[4].end, s[5].end), later(s[6].end, s[7].end)));
}

static void mend_chunk(chunk *c, int64_t from, int64_t to)
{
    for (int64_t i = from / FAN; i <= to / FAN; i++)
        c->tops[i] = latest_of_group(c->spans + FAN * i);
    mend(c->tops, groups_of(c->room), from / FAN, to / FAN);
}

static rota_time latest_of_chunk(const chunk *c)
{
    return peak(c->tops, groups_of(c->room));
}

/* The first entry, not before `from`, that ends after `bound`; or c->count or more. */
static int64_t first_entry_after(const chunk *c, int64_t from, rota_time bound)
{
    for (; from % FAN != 0; from++)
        if (c->spans[from].end > bound) return from;
    int64_t groups = groups_of(c->room);
    int64_t group = first_after(c->tops, groups, from / FAN, bound);
    if (group >= groups) return c->room;
    const rota_span *s = c->spans + group * FAN;
    int64_t at = 0, before = 1;
    for (int i = 0; i < FAN; i++) {
        before &= s[i].end <= bound;
        at += before;
    }
    return group * FAN + at;
}

static void lay_out(chunk *c, void *block, int32_t room)
{
    int64_t cells = cells_for(groups_of(room)), places = padded(room);
    c->tops = block;
    c->spans = (rota_span *)(void *)(c->tops + cells);
    c->bookings = (int64_t *)(void *)(c->spans + places);
    c->units = (int32_t *)(void *)(c->bookings + room);
    c->room = room;
    c->count = 0;
    for (int64_t i = 0; i < cells; i++)
        c->tops[i] = NEVER;
    for (int64_t i = 0; i < places; i++)
        c->spans[i].end = NEVER;
}

static void *new_block(rota__mem *mem, int32_t room)
{
    int64_t words = cells_for(groups_of(room)) + 2 * padded(room) + (int64_t)room + (room + 1) / 2;
    return rota__mem_alloc(mem, words, (int64_t)sizeof(int64_t));
}

/* A chunk without entries and with room for so many; false where there is no
 * memory. */
static bool take_chunk(rota__itree *tree, int32_t room, chunk *out)
{
    void *block = new_block(tree->mem, room);
    if (block) lay_out(out, block, room);
    return block != NULL;
}

static void move_entries(chunk *to, int64_t at, const chunk *from, int64_t first, int64_t count)
{
    size_t n = (size_t)count;
    memmove(to->spans + at, from->spans + first, n * sizeof *to->spans);
    memmove(to->bookings + at, from->bookings + first, n * sizeof *to->bookings);
    memmove(to->units + at, from->units + first, n * sizeof *to->units);
}

/* The entries from `from` on have changed, and there may be fewer than `before`. */
static void recount(chunk *c, int64_t from, int64_t before, int64_t count)
{
    for (int64_t i = count; i < before; i++)
        c->spans[i].end = NEVER;
    c->count = (int32_t)count;
    int64_t last = (count > before ? count : before) - 1;
    if (last >= from) mend_chunk(c, from, last);
    if (count > 0) c->first = c->spans[0].start;
}

/* --- headers: `only` or chunks[chunk_count], and on these the second pyramid --- */

static chunk *chunk_at(rota__itree *tree, int64_t at)
{
    return tree->chunks ? &tree->chunks[at] : &tree->only;
}

static const chunk *seen_at(const rota__itree *tree, int64_t at)
{
    return tree->chunks ? &tree->chunks[at] : &tree->only;
}

static bool grow_headers(rota__itree *tree, int64_t room)
{
    if (room <= tree->chunk_room) return true;
    if (room > INT32_MAX) return false;
    int64_t cells = cells_for(room), count = tree->chunk_count;
    chunk *chunks = rota__mem_alloc(tree->mem,
                                    room * (int64_t)sizeof(chunk) +
                                        cells * (int64_t)sizeof(rota_time),
                                    1);
    if (!chunks) return false;
    memcpy(chunks, chunk_at(tree, 0), (size_t)count * sizeof(chunk));
    rota__mem_free(tree->mem, tree->chunks);
    tree->chunks = chunks;
    tree->chunk_room = (int32_t)room;
    tree->tops = (rota_time *)(void *)(chunks + room);
    for (int64_t i = 0; i < cells; i++)
        tree->tops[i] = i < count ? latest_of_chunk(&chunks[i]) : NEVER;
    if (count > 0) mend(tree->tops, room, 0, count - 1);
    return true;
}

static bool room_for_header(rota__itree *tree)
{
    if (tree->chunk_count < tree->chunk_room) return true;
    return grow_headers(tree, tree->chunk_room == 1 ? FAN : (int64_t)tree->chunk_room * 2);
}

static void mend_top(rota__itree *tree, int64_t at)
{
    if (!tree->tops) return;
    const chunk *c = chunk_at(tree, at);
    rota_time end = latest_of_chunk(c);
    if (end == tree->tops[at]) return;
    tree->tops[at] = end;
    mend(tree->tops, tree->chunk_room, at, at);
}

static void insert_header(rota__itree *tree, int64_t at, const chunk *c)
{
    assert(tree->chunk_count < tree->chunk_room);
    size_t behind = (size_t)(tree->chunk_count - at);
    chunk *here = chunk_at(tree, at);
    memmove(here + 1, here, behind * sizeof(chunk));
    *here = *c;
    tree->chunk_count++;
    if (!tree->tops) return;
    memmove(&tree->tops[at + 1], &tree->tops[at], behind * sizeof *tree->tops);
    tree->tops[at] = latest_of_chunk(c);
    mend(tree->tops, tree->chunk_room, at, tree->chunk_count - 1);
}

static void remove_chunk(rota__itree *tree, int64_t at)
{
    chunk *here = chunk_at(tree, at);
    rota__mem_free(tree->mem, here->tops);
    size_t behind = (size_t)(tree->chunk_count - at - 1);
    memmove(here, here + 1, behind * sizeof(chunk));
    tree->chunk_count--;
    if (!tree->tops) return;
    memmove(&tree->tops[at], &tree->tops[at + 1], behind * sizeof *tree->tops);
    tree->tops[tree->chunk_count] = NEVER;
    mend(tree->tops, tree->chunk_room, at, tree->chunk_count);
}

/* --- extras: what an interval has beyond its units --- */

static bool needs_extra(const rota__interval *interval)
{
    return interval->expires != 0 || interval->units < 0;
}

static bool room_for_extra(rota__itree *tree)
{
    if (tree->extra_free >= 0) return true;
    int32_t before = tree->extra_room;
    if (before > INT32_MAX / 2) return false;
    int32_t room = before > 0 ? before * 2 : FIRST_EXTRAS;
    rota__itree_extra *extras = rota__mem_realloc(tree->mem, tree->extras, room,
                                                  (int64_t)sizeof *extras);
    if (!extras) return false;
    for (int32_t i = before; i < room; i++)
        extras[i].next = i + 1 < room ? i + 1 : -1;
    tree->extras = extras;
    tree->extra_room = room;
    tree->extra_free = before;
    return true;
}

/* What stands for the interval in the column of units. There is room. */
static int32_t keep_units(rota__itree *tree, const rota__interval *interval)
{
    if (!needs_extra(interval)) return interval->units;
    int32_t place = tree->extra_free;
    assert(place >= 0);
    rota__itree_extra *extra = &tree->extras[place];
    tree->extra_free = extra->next;
    extra->expires = interval->expires;
    extra->units = interval->units;
    return ~place;
}

static void drop_units(rota__itree *tree, int32_t units)
{
    if (units >= 0) return;
    tree->extras[~units].next = tree->extra_free;
    tree->extra_free = ~units;
}

/* --- order --- */

static int compare(rota_span a, int64_t a_booking, rota_span b, int64_t b_booking)
{
    if (a.start != b.start) return a.start < b.start ? -1 : 1;
    if (a.end != b.end) return a.end < b.end ? -1 : 1;
    return (a_booking > b_booking) - (a_booking < b_booking);
}

static int compare_entry(const chunk *c, int64_t at, rota_span span, int64_t booking)
{
    const rota_span *s = &c->spans[at];
    if (s->start != span.start) return s->start < span.start ? -1 : 1;
    return compare(*s, c->bookings[at], span, booking);
}

/* The chunk in whose stretch the key lies: the last that begins at or before it. */
static int64_t find_chunk(const rota__itree *tree, rota_span span, int64_t booking)
{
    int64_t low = 0, high = tree->chunk_count;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        const chunk *c = seen_at(tree, middle);
        bool behind = c->first != span.start ? c->first > span.start
                                             : compare_entry(c, 0, span, booking) > 0;
        if (behind)
            high = middle;
        else
            low = middle;
    }
    return low;
}

/* The first entry that is not before the key. */
static int64_t find_entry(const chunk *c, rota_span span, int64_t booking)
{
    int64_t low = 0, high = c->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (compare_entry(c, middle, span, booking) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- life --- */

void rota__itree_init(rota__itree *tree, rota__mem *mem)
{
    memset(tree, 0, sizeof *tree);
    tree->mem = mem;
    tree->chunk_room = 1;
    tree->extra_free = -1;
}

void rota__itree_free(rota__itree *tree)
{
    for (int64_t i = 0; i < tree->chunk_count; i++)
        rota__mem_free(tree->mem, chunk_at(tree, i)->tops);
    rota__mem_free(tree->mem, tree->chunks);
    rota__mem_free(tree->mem, tree->extras);
    rota__itree_init(tree, tree->mem);
}

/* --- insertion --- */

static int32_t grown(int32_t room)
{
    int64_t more = padded((int64_t)room + room / 2);
    return more < CHUNK ? (int32_t)more : CHUNK;
}

static bool grow_chunk(rota__itree *tree, chunk *c)
{
    chunk larger;
    if (!take_chunk(tree, grown(c->room), &larger)) return false;
    move_entries(&larger, 0, c, 0, c->count);
    recount(&larger, 0, 0, c->count);
    rota__mem_free(tree->mem, c->tops);
    *c = larger;
    return true;
}

/* Cuts the full chunk in two: in the middle, or behind its end where the next
 * entry comes last of all, so that bookings made in order leave full chunks. */
static bool split_chunk(rota__itree *tree, int64_t at, bool at_the_end)
{
    chunk right;
    if (!room_for_header(tree) || !take_chunk(tree, SPLIT, &right)) return false;
    chunk *left = chunk_at(tree, at);
    int64_t cut = at_the_end ? left->count - 1 : left->count / 2;
    move_entries(&right, 0, left, cut, left->count - cut);
    recount(&right, 0, 0, left->count - cut);
    recount(left, cut, left->count, cut);
    mend_top(tree, at);
    insert_header(tree, at + 1, &right);
    return true;
}

/* Sees to it that the chunk of this key has room for it: *at is that chunk. */
static bool make_room(rota__itree *tree, rota_span span, int64_t booking, int64_t *at)
{
    if (tree->chunk_count == 0) {
        chunk c;
        if (!room_for_header(tree) || !take_chunk(tree, FIRST_ROOM, &c)) return false;
        c.first = span.start;
        insert_header(tree, 0, &c);
    }
    *at = find_chunk(tree, span, booking);
    chunk *c = chunk_at(tree, *at);
    if (c->count < c->room) return true;
    if (c->room < CHUNK) return grow_chunk(tree, c);
    bool last = *at == tree->chunk_count - 1 && compare_entry(c, c->count - 1, span, booking) < 0;
    if (!split_chunk(tree, *at, last)) return false;
    *at = find_chunk(tree, span, booking);
    return true;
}

int rota__itree_insert(rota__itree *tree, const rota__interval *interval)
{
    rota_span span = interval->span;
    assert(span.start < span.end);
    int64_t at;
    if (needs_extra(interval) && !room_for_extra(tree)) return ROTA_ENOMEM;
    if (!make_room(tree, span, interval->booking, &at)) return ROTA_ENOMEM;

    chunk *c = chunk_at(tree, at);
    int64_t place = find_entry(c, span, interval->booking);
    if (place < c->count && compare_entry(c, place, span, interval->booking) == 0)
        return ROTA_ECORRUPT; /* what it was built from contradicts itself */
    move_entries(c, place + 1, c, place, c->count - place);
    c->spans[place] = span;
    c->bookings[place] = interval->booking;
    c->units[place] = keep_units(tree, interval);
    recount(c, place, c->count, c->count + 1);
    mend_top(tree, at);
    tree->count++;
    return ROTA_OK;
}

/* --- removal --- */

/* Joins a chunk with the next where both are small. It needs no memory: in a
 * tree of several chunks each has room for CHUNK/2 at least. */
static void join(rota__itree *tree, int64_t at)
{
    if (at < 0 || at + 1 >= tree->chunk_count) return;
    chunk *left = chunk_at(tree, at);
    const chunk *right = left + 1;
    int64_t count = left->count, together = count + right->count;
    if (together > CHUNK / 2) return;
    assert(left->room >= together);
    move_entries(left, count, right, 0, right->count);
    recount(left, count, count, together);
    mend_top(tree, at);
    remove_chunk(tree, at + 1);
}

bool rota__itree_remove(rota__itree *tree, rota_span span, int64_t booking)
{
    if (tree->count == 0) return false;
    int64_t at = find_chunk(tree, span, booking);
    chunk *c = chunk_at(tree, at);
    int64_t place = find_entry(c, span, booking);
    if (place == c->count || compare_entry(c, place, span, booking) != 0) return false;

    drop_units(tree, c->units[place]);
    move_entries(c, place, c, place + 1, c->count - place - 1);
    recount(c, place, c->count, c->count - 1);
    mend_top(tree, at);
    tree->count--;
    if (c->count == 0) {
        remove_chunk(tree, at);
    } else {
        join(tree, at);
        join(tree, at - 1);
    }
    return true;
}

/* --- building --- */

static int by_key(const void *left, const void *right)
{
    const rota__interval *const *a = left, *const *b = right;
    return compare((*a)->span, (*a)->booking, (*b)->span, (*b)->booking);
}

static bool is_sorted(const rota__interval *intervals, int64_t count)
{
    for (int64_t i = 1; i < count; i++) {
        const rota__interval *a = &intervals[i - 1], *b = &intervals[i];
        if (compare(a->span, a->booking, b->span, b->booking) > 0) return false;
    }
    return true;
}

/* One chunk of exactly this room; `order`, where it is not NULL, says which
 * interval comes when. */
static bool append_chunk(rota__itree *tree, const rota__interval *intervals,
                         const rota__interval *const *order, int64_t first, int64_t count)
{
    chunk c;
    if (!take_chunk(tree, (int32_t)count, &c)) return false;
    bool made = true;
    int64_t i = 0;
    for (; made && i < count; i++) {
        const rota__interval *from = order ? order[first + i] : &intervals[first + i];
        assert(from->span.start < from->span.end);
        c.spans[i] = from->span;
        c.bookings[i] = from->booking;
        made = !needs_extra(from) || room_for_extra(tree);
        if (made) c.units[i] = keep_units(tree, from);
    }
    recount(&c, 0, 0, i);
    insert_header(tree, tree->chunk_count, &c);
    return made;
}

int rota__itree_build(rota__itree *tree, const rota__interval *intervals, int64_t count)
{
    assert(tree->count == 0 && tree->chunk_count == 0);
    if (count == 0) return ROTA_OK;
    int rc = ROTA_ENOMEM;
    int64_t chunks = count <= CHUNK ? 1 : (count - 1) / FILL + 1;
    const rota__interval **order = NULL;
    if (!is_sorted(intervals, count)) {
        order = rota__mem_alloc(tree->mem, count, (int64_t)sizeof *order);
        if (!order) goto done;
        for (int64_t i = 0; i < count; i++)
            order[i] = &intervals[i];
        rota__sort(order, count, sizeof *order, by_key);
    }

    if (!grow_headers(tree, chunks)) goto done;
    for (int64_t i = 0, first = 0; i < chunks; i++) {
        int64_t share = (count - first) / (chunks - i);
        if (!append_chunk(tree, intervals, order, first, share)) goto done;
        first += share;
    }
    tree->count = count;
    rc = ROTA_OK;
done:
    rota__mem_free(tree->mem, order);
    if (rc != ROTA_OK) rota__itree_free(tree);
    return rc;
}

/* --- copying --- */

static bool append_copy(rota__itree *tree, const chunk *from)
{
    chunk c;
    if (!take_chunk(tree, from->room, &c)) return false;
    move_entries(&c, 0, from, 0, from->count);
    recount(&c, 0, 0, from->count);
    insert_header(tree, tree->chunk_count, &c);
    return true;
}

int rota__itree_copy(rota__itree *tree, const rota__itree *from)
{
    assert(tree->count == 0 && tree->chunk_count == 0);
    bool made = grow_headers(tree, from->chunk_count);
    for (int64_t i = 0; made && i < from->chunk_count; i++)
        made = append_copy(tree, seen_at(from, i));
    if (made && from->extra_room > 0) {
        size_t size = (size_t)from->extra_room * sizeof *from->extras;
        tree->extras = rota__mem_alloc(tree->mem, from->extra_room, (int64_t)sizeof *from->extras);
        made = tree->extras != NULL;
        if (made) memcpy(tree->extras, from->extras, size);
        if (made) tree->extra_room = from->extra_room;
        if (made) tree->extra_free = from->extra_free;
    }
    tree->count = made ? from->count : 0;
    if (!made) rota__itree_free(tree);
    return made ? ROTA_OK : ROTA_ENOMEM;
}

/* --- search --- */

static int64_t next_chunk(const rota__itree *tree, int64_t from, rota_time bound)
{
    return tree->tops ? first_after(tree->tops, tree->chunk_room, from, bound) : from;
}

void rota__itree_seek(const rota__itree *tree, rota_span span, rota__itree_cursor *cursor)
{
    cursor->tree = tree;
    cursor->span = span;
    cursor->chunk = next_chunk(tree, 0, span.start);
    cursor->at = 0;
}

/* The next entry at or behind the cursor, where it then stands; NULL: there is none. */
static const chunk *find_next(rota__itree_cursor *cursor)
{
    const rota__itree *tree = cursor->tree;
    rota_span span = cursor->span;
    for (; cursor->chunk < tree->chunk_count;
         cursor->chunk = next_chunk(tree, cursor->chunk + 1, span.start), cursor->at = 0) {
        const chunk *c = seen_at(tree, cursor->chunk);
        if (c->first >= span.end) break;
        int64_t at = first_entry_after(c, cursor->at, span.start);
        if (at >= c->count) continue;
        if (c->spans[at].start >= span.end) break;
        cursor->at = at;
        return c;
    }
    cursor->chunk = tree->chunk_count;
    return NULL;
}

bool rota__itree_next(rota__itree_cursor *cursor, rota__interval *out)
{
    const chunk *c = find_next(cursor);
    if (!c) return false;
    int64_t at = cursor->at++;
    int32_t units = c->units[at];
    const rota__itree_extra *extra = units < 0 ? &cursor->tree->extras[~units] : NULL;
    *out = (rota__interval){ .span = c->spans[at],
                             .booking = c->bookings[at],
                             .expires = extra ? extra->expires : 0,
                             .units = extra ? extra->units : units };
    assert(rota__time_overlap(out->span, cursor->span));
    return true;
}

bool rota__itree_meets(const rota__itree *tree, rota_span span)
{
    rota__itree_cursor cursor;
    rota__itree_seek(tree, span, &cursor);
    return find_next(&cursor) != NULL;
}
