/* The timelines of the resources in use: what takes each one's time, who belongs
 * to whom, and the stamp of the store that this was true at. Built from the store on
 * first use; checked again, cheaply, when somebody else has written; given back, the
 * least recently used first, to stay within a budget. All handles of an engine share
 * them. Knows no capacity and no rule: that is admit.c.
 *
 * A timeline that somebody has pinned does not change: who has to change it changes
 * a copy and puts that in its place. So a decision looks at what stands still, and
 * nobody waits for it. What it rests on is compared when it is committed. */
#ifndef ROTA__BUSY_H
#define ROTA__BUSY_H

#include <stdatomic.h>

#include "base/share.h"
#include "domain/opening.h"
#include "domain/page.h"
#include "index/itree.h"
#include "store/store.h"

/* What a turn has written and not committed yet, beside a tree that does not know. */
typedef struct rota__delta {
    ROTA__LIST(rota__interval) added;
    ROTA__LIST(rota__recurring) recurring;
    ROTA__LIST(int64_t) removed; /* rows of bookings that are gone from the tree, or as series */
} rota__delta;

/* In which quarters of an hour a resource is taken, if only for a part of them; of one unit,
 * taken by nothing but its own bookings, none of which lapses. What is asked by the quarter
 * is so answered for a thousand at once. */
enum {
    ROTA__MAP_QUARTER = 900,
    ROTA__MAP_WORDS = 64,
    ROTA__MAP_SECONDS = ROTA__MAP_WORDS * 64 * ROTA__MAP_QUARTER
};
typedef struct rota__map {
    struct rota__map *next;
    int64_t number; /* of the stretch: start / ROTA__MAP_SECONDS, rounded down */
    uint64_t words[ROTA__MAP_WORDS];
} rota__map;

typedef struct rota__timeline {
    /* the file's own, and what a look at a thousand reads of each: it stands together */
    struct rota__timeline *next_by_id;
    rota__map *maps;        /* that were asked for since it changed; of the one in the index only */
    _Atomic uint64_t epoch; /* in which its stamp was seen to be the store's */
    _Atomic int32_t refs;   /* pins, and one while it is in the index */
    _Atomic bool used;      /* since the hand came by: see rota__busy_keep_budget() */

    rota__resource resource;  /* text lives in the arena below */
    rota__itree tree;         /* blocking claims on the resource itself */
    const rota__delta *delta; /* NULL but in a turn */
    rota__member *groups;     /* stays in groups */
    int64_t group_count;
    rota__member *members; /* stays of others in it */
    int64_t member_count;
    rota__recurring *recurring; /* series that claim it, by booking */
    int64_t recurring_count, recurring_room;
    ROTA__LIST(int64_t) changes; /* rows of those that came, changed or went since it was read */
    const struct rota__timeline *base; /* of a view in a turn: what it is a view of; else NULL */

    /* the file's own */
    uint64_t followed;        /* the last batch that it took over */
    rota__page *pages;        /* what lists were asked of it; of the one in the index only */
    rota__block **blocks;     /* of its series, hashed by number; of the one in the index only */
    rota__opening **openings; /* of its hours, the same */
    int64_t waste;            /* bytes of the arena that a series which changed has left */
    _Atomic bool listed;      /* it was asked for a list, and has not changed since */
    rota__arena arena;
    struct rota__timeline *next;
} rota__timeline;

/* What takes the time of a timeline within a span, by no certain order:
 *     rota__busy_cursor c;
 *     for (rota__busy_seek(t, span, &c); rota__busy_next(&c, &interval);) */
typedef struct rota__busy_cursor {
    rota__itree_cursor tree;
    const rota__delta *delta;
    rota_span span;
    int64_t at;
} rota__busy_cursor;

/* Does anything recur that takes it? */
static inline bool rota__busy_recurs(const rota__timeline *t)
{
    return t->recurring_count > 0 || (t->delta && t->delta->recurring.count > 0);
}

/* What a blocking claim of an occupying booking takes. */
static inline rota__interval rota__busy_interval(const rota__booking *booking,
                                                 const rota__claim *claim)
{
    return (rota__interval){
        .span = booking->when,
        .booking = booking->row,
        .expires = booking->status == ROTA_BOOKING_HELD ? booking->hold_expires : 0,
        .units = claim->units,
    };
}

/* The same of a series, whose bytes are the booking's still. */
static inline rota__recurring rota__busy_recurring(const rota__booking *booking,
                                                   const rota__claim *claim)
{
    rota__interval interval = rota__busy_interval(booking, claim);
    return (rota__recurring){ .taken = { .when = interval.span,
                                         .booking = interval.booking,
                                         .expires = interval.expires,
                                         .units = interval.units },
                              .series = booking->series,
                              .series_size = booking->series_size };
}

void rota__busy_seek(const rota__timeline *t, rota_span span, rota__busy_cursor *cursor);
bool rota__busy_next(rota__busy_cursor *cursor, rota__interval *out);
/* Is a booking of the tree, or a series, not there any more in this turn? */
bool rota__busy_gone(const rota__timeline *t, int64_t booking);
/* What recurs, as it is now, one after the other from *at = 0 on; NULL behind the last. */
const rota__recurring *rota__busy_next_recurring(const rota__timeline *t, int64_t *at);

typedef struct rota__busy {
    rota__mem *mem;
    int64_t budget;                /* bytes of mem; negative: no bound */
    rota__share share;             /* everything below but what is said to be otherwise */
    rota__timeline **slots, **ids; /* hashed by row, and by id */
    int64_t slot_count, count;
    int64_t hand;     /* the slot at which the next search for what to give back begins */
    uint64_t seen;    /* the store's token up to which all of this is accounted for */
    uint64_t epoch;   /* grows when anything may be out of date */
    uint64_t batches; /* taken over so far */
    int64_t page_bytes;
    _Atomic int64_t loads, evictions;

    pthread_mutex_t news; /* guards `flushing` */
    pthread_cond_t quiet; /* it has become false */
    bool flushing; /* a turn is being finished: its commit may be seen before its changes are */
} rota__busy;

/* One thread's way into the index. What it pins stays pinned until it lets go. */
typedef struct rota__looker {
    rota__busy *busy;
    rota__store *store; /* where it reads what is not in memory */
    rota__cell cell;
    uint64_t epoch;        /* what it looks at is at least as new */
    uint64_t token;        /* of the store, when it began to look */
    rota__mem *mem;        /* the thread's own */
    rota__timeline **pins; /* hashed by row */
    int64_t pin_count, pin_room;
    _Atomic int64_t *hits; /* looks that found a timeline in memory */
} rota__looker;

bool rota__busy_init(rota__busy *busy, rota__mem *mem, int64_t budget); /* false: no resources */
void rota__busy_free(rota__busy *busy);                                 /* no lookers are left */
void rota__busy_empty(rota__busy *busy); /* everything is read again when needed */
bool rota__looker_join(rota__looker *looker, rota__busy *busy, rota__store *store, rota__mem *mem);
void rota__looker_part(rota__looker *looker);
int64_t rota__busy_count(rota__looker *looker); /* timelines in memory */
int64_t rota__busy_bytes(rota__looker *looker); /* what the budget is held against */

/* Has anybody written since this looker began the last time? Then nothing is
 * trusted until its stamp was compared. It begins anew. */
int rota__busy_refresh(rota__looker *looker, rota__env *env);
/* The same question, and it goes on as it began. */
int rota__busy_moved(rota__looker *looker, rota__env *env, bool *moved);
/* Trust nothing cached until its stamp was compared. */
void rota__busy_doubt(rota__busy *busy);

/* The current timeline of a resource, pinned: it stands still until the looker lets
 * go. *fresh: it was not pinned before. ROTA_ENOTFOUND sets no error. */
int rota__busy_get(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out,
                   bool *fresh);
/* The current stamp, without building a timeline. */
int rota__busy_stamp(rota__looker *looker, rota__env *env, int64_t row, int64_t *stamp);
/* Pins what get() does not know of: a timeline of the caller's own, which must live
 * until the looker lets go. false: no memory. */
bool rota__busy_pin_own(rota__looker *looker, rota__timeline *own);
rota__timeline *rota__busy_pinned(const rota__looker *looker, int64_t row); /* or NULL */
/* A timeline as the looker's store has it, in nobody's index; given back by drop(). */
int rota__busy_read(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out);
/* One that is pinned, or was read: it stays until it is dropped as often. */
void rota__busy_keep(rota__timeline *t);
void rota__busy_drop(rota__busy *busy, rota__timeline *t);
/* The row of a resource by its id, where it is in memory; 0: it is not. */
int64_t rota__busy_row(rota__looker *looker, const rota_id *id);
void rota__busy_let_go(rota__looker *looker);

/* Without a pin, for a look that is over at once: between them nothing changes, and
 * nothing else of this file or of the store may be called. The timeline is NULL
 * where it is not in memory or not known to be current. */
int rota__busy_peek_begin(rota__looker *looker, rota__env *env);
const rota__timeline *rota__busy_peek(rota__looker *looker, const rota_id *id);
void rota__busy_peek_end(rota__looker *looker);

/* The pages of a pinned timeline from `first` on, kept for the caller, NULL where one
 * is not there; false where the index has another timeline by now. */
bool rota__busy_pages(rota__looker *looker, const rota__timeline *t, int64_t first, int64_t count,
                      rota__page **out);
/* A page that was read when the timeline was the current one. */
void rota__busy_put_page(rota__looker *looker, const rota__timeline *t, rota__page *page);
/* The block of that number of a pinned timeline, kept for the caller; NULL: it is not in
 * memory. It may know fewer changes than the timeline has. And one that was made of the
 * timeline's series, and knows them all. */
rota__block *rota__busy_block(rota__looker *looker, const rota__timeline *t, int64_t number);
void rota__busy_put_block(rota__looker *looker, const rota__timeline *t, rota__block *block);
/* The same of a timeline that is peeked at: not kept, and only one that knows them all. */
const rota__block *rota__busy_peek_block(const rota__timeline *t, int64_t number);
/* When it is open by its own hours, in the stretch of that number: as blocks, made by the
 * zone data of that digest. */
rota__opening *rota__busy_opening(rota__looker *looker, const rota__timeline *t, int64_t number,
                                  uint64_t zone);
void rota__busy_put_opening(rota__looker *looker, const rota__timeline *t, rota__opening *opening);
const rota__opening *rota__busy_peek_opening(const rota__timeline *t, int64_t number,
                                             uint64_t zone);
/* The map of that number of a pinned timeline, copied; false: it is not there. And keeps one
 * that was made of the timeline, where there is memory for it. */
bool rota__busy_map(rota__looker *looker, const rota__timeline *t, int64_t number,
                    uint64_t words[ROTA__MAP_WORDS]);
void rota__busy_put_map(rota__looker *looker, const rota__timeline *t, int64_t number,
                        const uint64_t words[ROTA__MAP_WORDS]);
/* Its words, of a timeline that is peeked at; NULL: it is not there. */
const uint64_t *rota__busy_peek_map(const rota__timeline *t, int64_t number);
/* Was it asked for a list before, and has not changed since? */
bool rota__busy_listed(rota__timeline *t);

/* Follow a commit: before[i] is what batch->bookings.items[i] was (row 0: it is
 * new). Never fails: what cannot follow is dropped, and read again when needed.
 * Between begin and end nobody looks. */
void rota__busy_follow_begin(rota__busy *busy);
void rota__busy_follow(rota__busy *busy, const rota__batch *batch, const rota__booking *before);
void rota__busy_follow_end(rota__busy *busy);

/* Around the store's finish(): the commit can be seen, by its token, before the
 * index has followed it. Who notices waits for that; nobody waits for the disk. */
void rota__busy_flush_begin(rota__busy *busy);
void rota__busy_flush_end(rota__busy *busy);
/* A turn has begun, or was followed by the index, and this is the store's token:
 * nobody else has written since the turn began. */
void rota__busy_begin(rota__looker *looker, uint64_t token);
void rota__busy_account(rota__busy *busy, uint64_t token); /* between follow_begin and follow_end */

#endif
