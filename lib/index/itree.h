/* The intervals that take one resource's time, searched by overlap: those of
 * [s, e) in O((k + 1) log n). Knows nothing of capacity, clocks or bookings' rules. */
#ifndef ROTA__ITREE_H
#define ROTA__ITREE_H

#include "base/mem.h"
#include "base/time.h"

typedef struct rota__interval {
    rota_span span;    /* not empty */
    int64_t booking;   /* the key: row of the booking, at most one interval each */
    rota_time expires; /* of a hold; 0: does not lapse */
    int32_t units;
    int32_t reserved;
} rota__interval;

/* The file's own: a run of neighbours. All columns are in one block. */
typedef struct rota__itree_chunk {
    rota_time first; /* spans[0].start, here so that finding a chunk touches none */
    rota_time *tops; /* the block itself: maxima of the ends, see itree.c */
    rota_span *spans;
    int64_t *bookings;
    int32_t *units; /* below zero: ~place in rota__itree.extras */
    int32_t count, room;
} rota__itree_chunk;

/* The file's own: what has no place in a chunk's columns. */
typedef struct rota__itree_extra {
    rota_time expires;
    int32_t units;
    int32_t next; /* while free: the next free one, or -1 */
} rota__itree_extra;

typedef struct rota__itree {
    rota__mem *mem;
    int64_t count;
    /* the rest is the file's own */
    int32_t chunk_count, chunk_room;
    rota__itree_chunk *chunks; /* NULL while one is enough: */
    rota__itree_chunk only;
    rota_time *tops; /* the latest end in each of chunks, and the maxima of these */
    rota__itree_extra *extras;
    int32_t extra_room, extra_free;
} rota__itree;

void rota__itree_init(rota__itree *tree, rota__mem *mem); /* allocates nothing */
void rota__itree_free(rota__itree *tree);                 /* leaves it empty, as after init */

/* ROTA_OK; or, what is in the tree then unchanged, ROTA_ENOMEM, or ROTA_ECORRUPT where
 * the same (span, booking) is in it already. */
int rota__itree_insert(rota__itree *tree, const rota__interval *interval);
/* Removes the interval with this span and booking; false where it is not there.
 * Never fails otherwise. */
bool rota__itree_remove(rota__itree *tree, rota_span span, int64_t booking);
/* Fills an empty tree, from intervals in any order (quick where they are sorted by
 * start, end, booking). ROTA_OK or ROTA_ENOMEM, the tree then empty. */
int rota__itree_build(rota__itree *tree, const rota__interval *intervals, int64_t count);

/* Fills an empty tree with what another one holds; that one may be read meanwhile by
 * others. ROTA_OK or ROTA_ENOMEM, the tree then empty. */
int rota__itree_copy(rota__itree *tree, const rota__itree *from);

/* A walk over what overlaps a span, by start, end, booking:
 *     rota__itree_cursor c;
 *     for (rota__itree_seek(tree, span, &c); rota__itree_next(&c, &interval);)
 * The tree must not change meanwhile. */
typedef struct rota__itree_cursor {
    const rota__itree *tree;
    rota_span span;
    int64_t chunk, at; /* the file's own: where to look on */
} rota__itree_cursor;

/* Is there anything that overlaps the span? Quicker than a walk: it looks at spans
 * alone. */
bool rota__itree_meets(const rota__itree *tree, rota_span span);
/* Does nothing in it lapse? */
static inline bool rota__itree_is_firm(const rota__itree *tree)
{
    return !tree->extras;
}

void rota__itree_seek(const rota__itree *tree, rota_span span, rota__itree_cursor *cursor);
bool rota__itree_next(rota__itree_cursor *cursor, rota__interval *out);

#endif
