/** @file rota/free.h
 *  When somebody is busy, when all of many are free, and what could be booked instead.
 */
#ifndef ROTA_FREE_H
#define ROTA_FREE_H

#include <rota/booking.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

enum {
    ROTA_MAX_POOLS = 16,        /* pools of one search */
    ROTA_MAX_ALTERNATIVES = 100 /* to what was refused */
};

/** Where starts may lie. */
enum {
    ROTA_ALIGN_LOCAL = 0, /* seconds since midnight on the clock are a multiple of `step` */
    ROTA_ALIGN_WINDOW = 1 /* seconds since the window's start are */
};

/** Which slots come first, and which members of a pool. */
enum {
    ROTA_FREE_EARLIEST = 0,   /* by start; members by name, then id */
    ROTA_FREE_PACKED = 1,     /* what leaves the fewest gaps beside what is booked, then by start */
    ROTA_FREE_LEAST_USED = 2, /* by start; the members that are booked least within the window first */
    ROTA_FREE_ROUND_ROBIN = 3 /* by start; members by name and id, those behind `turn` first */
};

/** Any `count` resources of some: of those named, or, where none are, of all that have
 *  what the other fields say; zero fields do not restrict. A plain value. */
typedef struct rota_free_pool {
    const rota_id *ids;
    int64_t        id_count;
    const char    *kind;
    const char    *tag;
    rota_id        parent;   /* in this place, or in one that is in it */
    int32_t        capacity; /* at least so many units */
    int32_t        units;    /* wanted of each; 0 stands for 1 */
    int32_t        count;    /* 1 or more */
    uint32_t       reserved; /* zero */
} rota_free_pool;

/** What is to be free, for how long, and when. */
typedef struct rota_free_query {
    uint32_t              size;
    uint32_t              flags;      /* 0 */
    const rota_claim     *all;        /* each of these, once */
    int64_t               all_count;
    const rota_free_pool *pools;      /* and so many of each of these */
    int64_t               pool_count;
    rota_span             window;     /* slots lie in it; setup and cleanup may reach out of it */
    int64_t               duration;   /* seconds, 1 to ROTA_MAX_BUFFER */
    int64_t               step;       /* seconds between starts, up to a day; 0 stands for 900 */
    int64_t               notice;     /* no start before the clock's now and so many seconds */
    int64_t               limit;      /* slots, up to ROTA_MAX_ROWS; 0 stands for 1000 */
    const char           *zone;       /* whose clock the starts are aligned to; NULL: that of the first resource */
    int32_t               align;      /* ROTA_ALIGN_* */
    int32_t               order;      /* ROTA_FREE_* */
    rota_id               turn;       /* of ROTA_FREE_ROUND_ROBIN: who came last, or none */
    rota_id               ignore;     /* a booking that is about to be moved, or none: it is not in its own way */
    rota_time             ignore_occurrence; /* of a series: only that occurrence of it; zero: all of it */
} rota_free_query;

/** What can be booked. */
typedef struct rota_slot {
    uint32_t       size;
    uint32_t       reserved;
    rota_span      when;
    const rota_id *resources; /* those of `all` in the order given, then of each pool those taken */
    int64_t        resource_count;
} rota_slot;

/** What could be booked instead of what was refused. */
typedef struct rota_alternative {
    uint32_t       size;
    int32_t        changed;   /* so many resources are other ones */
    rota_span      when;
    const rota_id *resources; /* one for each claim, in the order in which they were given; of a
                                 move that gives none in that of the booking's */
    int64_t        resource_count;
} rota_alternative;

ROTA_TYPES_END

/** When a resource cannot be taken: spans in which no unit of it is left, setup and
 *  cleanup included, and of a group those in which it or an active member of that moment is
 *  taken. Ascending, none touching another, cut to the window. They tell that somebody is
 *  busy, and never with what.
 *  @param window  up to ROTA_MAX_WINDOW long.
 *  @param out     receives the rows, for rota_span_at(); free it with rota_result_free().
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID, ROTA_ELIMIT; or a failure.
 *  @since 0.1 */
ROTA_API int rota_busy_list(rota *r, const rota_id *resource, rota_span window,
                            rota_result **out);

/** Find slots: spans in which every claim of `all`, and of each pool so many, can be
 *  booked. Each start comes once. What is listed can be booked at once, and each aligned
 *  start that is not listed before the last one cannot.
 *  @param query  copied.
 *  @param out    receives the rows, for rota_slot_at(); free it with rota_result_free().
 *  @return ROTA_OK, also where nothing is free; ROTA_ESTATE where a resource of `all` is
 *          not active; ROTA_ENOTFOUND for a resource, place or booking; ROTA_EINVALID;
 *          ROTA_ELIMIT, also where it would take too long; or a failure.  @since 0.1 */
ROTA_API int rota_free_find(rota *r, const rota_free_query *query, rota_result **out);

/** Why is a slot not listed? The answer for one start, whether or not it is aligned; every
 *  reason is told. `limit`, `step` and `order` do not matter.
 *  @return ROTA_OK: it is free; ROTA_ECONFLICT: rota_conflict_list() has every conflict, of
 *          a pool that has too few those of each member; ROTA_EPOLICY: it would start too
 *          early, or rota_violation_list() has what is not open; else as
 *          rota_free_find(). A slot that does not lie in the window is ROTA_EINVALID.
 *          @since 0.1 */
ROTA_API int rota_free_explain(rota *r, const rota_free_query *query, rota_time start);

/** Read row i of a result of rota_free_find(); the resources live as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_slot_at(const rota_result *rows, int64_t i, rota_slot *out);

/** What the last call on this handle, refused with ROTA_ECONFLICT or ROTA_EPOLICY under
 *  ROTA_ON_CONFLICT_PROPOSE, could book instead: by distance from the time asked for, then
 *  by how many resources are other ones, then by start and by their names. No rows after
 *  any other call.
 *  @param out  receives the rows; free them with rota_result_free().
 *  @return ROTA_OK; ROTA_EINVALID for NULL; ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_alternative_list(rota *r, rota_result **out);

/** Read row i.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_alternative_at(const rota_result *rows, int64_t i, rota_alternative *out);

#endif
