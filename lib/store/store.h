/* The store: a narrow table of domain operations. No rule of scheduling lives
 * below it, no SQL above it. Behind it: sqlite.c, the embedded default; memory.c,
 * the model that tests compare with; chaos.c, which wraps either and makes it
 * fail.
 *
 * Everything is written by one operation, `commit`: a batch of rows, applied
 * only if every version it was decided on still stands. What a store must
 * promise is the conformance suite, tests/test_store.c. */
#ifndef ROTA__STORE_H
#define ROTA__STORE_H

#include "base/error.h"
#include "base/mem.h"
#include "base/time.h"

/* Where an operation puts what it found, and what went wrong. Rows and their
 * text live in the arena, not in the store. */
typedef struct rota__env {
    rota__arena *arena;
    rota__error *error;
} rota__env;

/* --- rows. `row` is the store's own integer for a record, 0 for none yet. --- */

typedef struct rota__resource {
    int64_t row;
    rota_id id;
    const char *ref, *kind, *name, *zone, *data; /* ref and data may be NULL */
    const char *const *tags;                     /* sorted, without repeats */
    int64_t tag_count;
    int64_t parent; /* row, 0: none */
    rota_id parent_id;
    int32_t capacity, before, after;
    bool active, removed; /* a removed one is found by its row only */
    const void *hours;    /* when it is open: bytes that the store keeps unread; NULL: none */
    int64_t hours_size;
    int64_t version; /* of the record, for the host */
    int64_t stamp;   /* of its occupancy: see rota__guard */
} rota__resource;

typedef struct rota__member {
    int64_t group, member; /* rows */
    rota_id group_id, member_id;
    rota_span when;
} rota__member;

typedef struct rota__claim {
    int64_t resource;    /* row */
    rota_id resource_id; /* of a put it may be none: then the store knows it by the row */
    int32_t units, role;
    uint32_t flags;
} rota__claim;

/* A booking that recurs has bytes, at least one, that say how: the store keeps them unread;
 * `when` is then all of its time, from the first start to the last end or ROTA_TIME_MAX.
 * An occurrence of one that is no longer like the others is a booking of its own. */
typedef struct rota__booking {
    int64_t row;
    rota_id id;
    const char *ref, *title, *data; /* each may be NULL */
    const void *series;             /* NULL: it does not recur */
    int64_t series_size;
    const void *placement;  /* where it may be put instead: bytes that are kept unread; NULL: */
    int64_t placement_size; /* it stays where it is */
    int64_t part_of;        /* row of the series that this is an occurrence of; 0: none */
    rota_id part_of_id;     /* of a put it may be none */
    rota_time occurrence;   /* and the start it has there; else 0 */
    rota_span when;
    int32_t status; /* as stored: a lapsed hold is still held here */
    int32_t priority;
    int32_t kind;           /* given once: ROTA_KIND_* */
    rota_time hold_expires; /* 0: not a hold */
    rota_time created_at, changed_at;
    int64_t version;
    const rota__claim *claims; /* by resource id */
    int64_t claim_count;
} rota__booking;

/* A booking, or an occurrence of one, as far as a reminder needs it. */
typedef struct rota__starting {
    int64_t row;
    rota_id id;
    rota_span when;
    int64_t part_of; /* as of rota__booking, this and what follows */
    rota_id part_of_id;
    rota_time occurrence;
    const rota__claim *claims;
    int64_t claim_count;
    rota_time changed_at; /* of one that is looked at by itself, and is a row of its own; else 0 */
} rota__starting;

static inline rota__starting rota__starting_of(const rota__booking *b)
{
    return (rota__starting){ .row = b->row,
                             .id = b->id,
                             .when = b->when,
                             .part_of = b->part_of,
                             .part_of_id = b->part_of_id,
                             .occurrence = b->occurrence,
                             .claims = b->claims,
                             .claim_count = b->claim_count };
}

/* Of a booking; of an occurrence those of its series. */
static inline int64_t rota__starting_booking(const rota__starting *s)
{
    return s->part_of ? s->part_of : s->row;
}

static inline const rota_id *rota__starting_id(const rota__starting *s)
{
    return s->part_of ? &s->part_of_id : &s->id;
}

/* The data of a zone that series go by: what it said of the future may be another thing
 * on a system that is newer. */
typedef struct rota__zone {
    const char *name;
    uint64_t digest; /* of the data */
    const void *data;
    int64_t size;
} rota__zone;

typedef struct rota__event {
    int64_t seq; /* given by the commit */
    rota_time at;
    int32_t type;
    rota_id subject;
    const char *actor, *role, *trace, *before, *after; /* each may be NULL */
} rota__event;

/* Somebody who reads the feed, and how far he has come. */
typedef struct rota__consumer {
    const char *name;
    int64_t position; /* seq of the last event acknowledged, 0: none */
    rota_time created_at, changed_at;
} rota__consumer;

/* When reminders come: a list of the calendar, of a resource or of a booking. */
enum { ROTA__REMIND_ALL = 0, ROTA__REMIND_RESOURCE = 1, ROTA__REMIND_BOOKING = 2 };
typedef struct rota__reminder_list {
    int32_t of;             /* ROTA__REMIND_* */
    int32_t late;           /* ROTA_LATE_* */
    int64_t subject;        /* row; of the calendar 0 */
    int64_t late_secs;      /* of ROTA_LATE_SKIP */
    const int64_t *offsets; /* seconds before a start, ascending, none twice */
    int64_t count;          /* 0: none at all; ROTA__REMIND_INHERIT, in a put: there is no list */
} rota__reminder_list;
enum { ROTA__REMIND_INHERIT = -1 };

/* What another clock may say by now, for two differ by some seconds: what was written later
 * than that was written before the clock went back. */
static inline rota_time rota__clock_latest(rota_time now)
{
    enum { CLOCKS_DIFFER = 60 };
    return now + CLOCKS_DIFFER;
}

/* A reminder that somebody was given, or that waits to be given. */
enum { ROTA__REMINDER_DONE = 2 }; /* beside ROTA_REMINDER_OPEN and ROTA_REMINDER_DEAD */
typedef struct rota__reminder {
    rota_id id;           /* begins with the start, as a UUIDv7 does with its time */
    int64_t booking;      /* row; of an occurrence that of its series */
    rota_time occurrence; /* original start; else 0 */
    int64_t resource;     /* row */
    rota_time start, due;
    int32_t state;
    int32_t attempt;
    rota_time until; /* of an open one: leased until then; ROTA_TIME_MIN: nobody was given it */
} rota__reminder;

/* How far reminders were made. `version` 0: nobody has put a list yet, and the rest is
 * zero. Everything due before `cursor` is made, and of what is due then that of bookings
 * up to row `cursor_row`. */
typedef struct rota__reminder_state {
    int64_t version;
    rota_time cursor;
    int64_t cursor_row;
    rota_time reached; /* nothing was ever made that is due later */
    int64_t longest;   /* the largest offset of all lists; not put, but found out */
} rota__reminder_state;

/* A booking to be looked at by itself, from `at` on: it came to be as it is when
 * reminders of it were due already. */
typedef struct rota__reminder_note {
    rota_time at;
    int64_t booking;      /* row */
    rota_time occurrence; /* of a series; else 0 */
} rota__reminder_note;

/* A series, and when its next reminder is due. ROTA_TIME_MIN: not known. ROTA_TIME_MAX in
 * a put: it has none. */
typedef struct rota__reminder_next {
    int64_t booking; /* row */
    rota_time at;
} rota__reminder_next;

/* An idempotency key and the answer that was given. */
typedef struct rota__key {
    const char *actor; /* "" where the call named nobody */
    const char *key;
    uint64_t hash; /* of the request's content */
    rota_time at;
    const void *answer;
    int64_t answer_size;
} rota__key;

/* Does a claim take time while its booking does? */
static inline bool rota__claim_blocks(const rota__claim *claim)
{
    return claim->role != ROTA_ROLE_OPTIONAL && !(claim->flags & ROTA_CLAIM_FREE);
}

/* Has a hold lapsed (I7)? 0: it is none. */
static inline bool rota__lapsed(rota_time expires, rota_time now)
{
    return expires && expires <= now;
}

/* Does a booking of this stored status take time? Whether a hold has lapsed is
 * for the reader to judge, by hold_expires and the clock. */
static inline bool rota__status_occupies(int32_t status)
{
    return status == ROTA_BOOKING_HELD || status == ROTA_BOOKING_CONFIRMED ||
           status == ROTA_BOOKING_CHECKED_IN || status == ROTA_BOOKING_COMPLETED;
}

/* Is it to be reminded of? */
static inline bool rota__status_reminds(int32_t status)
{
    return status == ROTA_BOOKING_CONFIRMED || status == ROTA_BOOKING_CHECKED_IN;
}

/* Does it come to be reminded of, at this start, and has it not begun? before: NULL for a new
 * one. */
static inline bool rota__booking_is_fresh(const rota__booking *before, const rota__booking *after)
{
    bool stood = before && rota__status_reminds(before->status) &&
                 before->when.start == after->when.start;
    return rota__status_reminds(after->status) && !stood && after->when.start >= after->changed_at;
}

/* May something of what starts then be due that the cursor has come past? */
static inline bool rota__reminder_is_behind(const rota__reminder_state *state, rota_time start)
{
    return start - state->longest <= state->cursor;
}

/* Which bookings a store notes by itself: see rota__remind. */
static inline bool rota__reminder_is_noted(const rota__reminder_state *state,
                                           const rota__booking *before, const rota__booking *after)
{
    bool of_series = !before && after->part_of != 0;
    return !of_series && rota__booking_is_fresh(before, after) &&
           rota__reminder_is_behind(state, after->when.start);
}

/* --- what a write is --- */

/* A batch is looked at in this order: its key (a known one is REPLAYED, whatever
 * else would be stale), guards, then rows; stays and consumers are dropped before
 * others are put. A row that is not there, to guard, to put or to drop, is STALE. */

/* The second guard: a batch is not written, and the answer is ROTA_ECORRUPT, if with
 * all of its bookings put one of them begins to take time of a resource of capacity 1
 * that another takes too. Spans alone count, `[start, end)`; a claim begins where its
 * booking did not take all of that time before. It never refuses what the gate above
 * should admit, and has nothing to refuse while the gate is right. Bookings that recur it
 * does not know. */

/* A resource that the decision looked at: the commit happens only if its stamp
 * is still this one, and adds 1 to it where the batch changes what it is taken
 * by, how much of it there is, or who belongs to whom. */
typedef struct rota__guard {
    int64_t resource; /* row */
    int64_t stamp;
    bool bump;
} rota__guard;

/* A consumer as it shall be, and the position that this was decided on. A put of
 * one that is there never changes created_at. */
typedef struct rota__consumer_put {
    rota__consumer consumer;
    int64_t was; /* it must be there still, with this position; ROTA__CONSUMER_NEW: not be there */
} rota__consumer_put;
enum { ROTA__CONSUMER_NEW = -1 };

/* What a batch does about reminders, where `on`: STALE unless the state's version is
 * still `was`. The state is put whole, with version was + 1.
 *
 * Once there is a state, every put of a booking is looked at. One that recurs has its next
 * reminder set to ROTA_TIME_MIN. Another one is noted for ROTA_TIME_MIN, if it is confirmed
 * or checked in, was not so before or had another start, and its start is not before
 * changed_at, nor behind cursor + longest. So is what is in `fresh`, whose starts
 * obey the last condition; of a new one that is part of a series nothing else is known. A
 * list that is put sets the next reminder of every series, or of its own booking where that
 * recurs, to ROTA_TIME_MIN. */
typedef struct rota__remind {
    bool on;
    bool look_again; /* the next reminder of every series is not known any more */
    int64_t was;
    rota__reminder_state state;
    ROTA__LIST(rota__reminder_list) lists;
    ROTA__LIST(rota__reminder) put; /* new, or in the place of one of the same id */
    ROTA__LIST(rota_id) dropped;    /* those that are there */
    ROTA__LIST(rota__reminder_note) notes_dropped;
    ROTA__LIST(rota__reminder_note) notes_put; /* may be there already */
    ROTA__LIST(rota__reminder_next) next;
} rota__remind;

/* An occurrence that came to have its start. */
typedef struct rota__fresh {
    int64_t booking;      /* its place in the batch's bookings: a series */
    rota_time occurrence; /* of that; of one that has a row of its own 0 */
    rota_time start;
} rota__fresh;

typedef struct rota__batch {
    ROTA__LIST(rota__guard) guards; /* each resource once */
    /* Records to put, whole. row 0: a new one, whose version is 1, and whose
     * row the commit fills in. Else the record must still have version - 1. A
     * put never changes id, ref or part_of of a booking, whether it
     * recurs, or created_at. The stamp of a new
     * resource is 1; of an old one only guards change it. */
    ROTA__LIST(rota__resource) resources;
    ROTA__LIST(rota__booking) bookings; /* claims replace the old ones */
    /* Stays, by group, member, when.start; not there yet once members_dropped are gone */
    ROTA__LIST(rota__member) members_put;
    ROTA__LIST(rota__member) members_dropped;
    ROTA__LIST(rota__zone) zones;   /* kept for ever, by name and digest; may be there already */
    ROTA__LIST(rota__event) events; /* in this order; seq filled in */
    ROTA__LIST(rota__consumer_put) consumers_put;
    ROTA__LIST(const char *) consumers_dropped; /* by name */
    rota__remind remind;
    ROTA__LIST(rota__fresh) fresh;
    rota_time reminders_horizon;   /* done ones of an earlier start are forgotten, by id, */
    int64_t reminders_dropped_max; /* so many now; 0: none */
    int64_t ends_at;               /* the feed's last event is still this one; 0: whichever */
    rota__key *key;                /* NULL: none. One older than key_horizon gives way */
    rota_time key_horizon;         /* keys made at or before this are forgotten */
    int64_t keys_dropped_max;      /* forget at most so many old keys now; 0: none */
} rota__batch;

enum {
    ROTA__COMMITTED = 1,
    ROTA__STALE, /* a guard, a version, or the place of a new row no longer stands: nothing written */
    ROTA__REPLAYED, /* the key is known: nothing was written */
    ROTA__UNKNOWN   /* it may be written or not: ask for the key */
};

typedef struct rota__commit {
    int32_t outcome;
    int64_t last_seq; /* position of the batch's last event, or of the feed's newest */
    int64_t keys_dropped;
    int64_t reminders_dropped;
} rota__commit;

/* --- what a read asks for --- */

/* One of them, the others zero; of an occurrence, which only a booking can be looked
 * for by, both. */
typedef struct rota__by {
    int64_t row;
    const rota_id *id;
    const char *ref;
    bool removed; /* of resources with the ref the last one that is removed */
    int64_t part_of;
    rota_time occurrence;
} rota__by;

typedef struct rota__taken {
    rota_span when;
    int64_t booking;   /* row */
    rota_time expires; /* 0: does not lapse */
    int32_t units;
} rota__taken;

/* The same of a booking that recurs: `when` of it is all of its time. */
typedef struct rota__recurring {
    rota__taken taken;
    const void *series;
    int64_t series_size;
} rota__recurring;

/* What the index keeps of one resource. */
typedef struct rota__timeline_rows {
    rota__resource resource;
    rota__taken *intervals; /* every blocking claim of an occupying booking, by start if cheap */
    int64_t interval_count;
    rota__recurring *recurring; /* those of bookings that recur, by booking; not in intervals */
    int64_t recurring_count;
    rota__member *groups; /* stays in groups, as member */
    int64_t group_count;
    rota__member *members; /* stays of others, as group */
    int64_t member_count;
} rota__timeline_rows;

typedef struct rota__source {
    int64_t resource; /* row */
    rota_span when;
} rota__source;

/* Bookings that overlap `when`, by start, end, id. */
typedef struct rota__booking_filter {
    rota_span when;
    /* Claiming one of these (in any role), while overlapping its span: the
     * resource itself and the groups it belonged to. count 0: every booking. */
    const rota__source *sources;
    int64_t source_count;
    uint32_t statuses; /* bits 1 << status, as stored */
    int64_t longer;    /* only those longer than so many seconds */
    bool recurring;    /* only those that recur, each once; else only the others */
    int64_t part_of;   /* only occurrences of this series (row); 0: any */
    rota_span after;   /* only behind (after.start, after.end, after_id); */
    rota_id after_id;  /* none: from the beginning */
    int64_t limit;     /* 0: all */
} rota__booking_filter;

typedef struct rota__resource_filter {
    const char *kind, *tag; /* NULL: any */
    int64_t parent;         /* row, 0: any */
    rota_id after;          /* ids above this */
    int64_t limit;          /* 0: all */
} rota__resource_filter;

typedef struct rota__counts {
    int64_t resources, bookings, events;
} rota__counts;

/* --- turns: several batches, written one after the other and flushed together.
 * From begin() to finish() or cancel() nobody else writes, and the reads of this
 * store see what was written so far. Batches are applied on condition, as by
 * commit(), and their rows and positions are filled in at once: they count when
 * finish() has answered ROTA__COMMITTED. A turn that met anything but
 * ROTA__COMMITTED or ROTA__REPLAYED for one of its batches can only be cancelled.
 * A store whose writers do not exclude each other has none: its batches are
 * committed one by one, and may turn out stale. --- */

typedef struct rota__store rota__store;

typedef struct rota__turn_ops {
    /* A number that is another one after every commit by anybody, also by stores of
     * other processes; the same for all stores of one attach() family. It costs
     * some nanoseconds, and never fails. */
    uint64_t (*token)(rota__store *self);
    /* Waits for its turn until the deadline (of rota__clock_ns(); a past one: not
     * at all); then ROTA_EBUSY. */
    int (*begin)(rota__store *self, rota__env *env, int64_t deadline);
    int (*write)(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out);
    /* ROTA_OK: out->outcome is COMMITTED or UNKNOWN, and *token what token() says
     * with this commit as the last one. Another status: nothing was written. Either
     * way the turn is over. */
    int (*finish)(rota__store *self, rota__env *env, rota__commit *out, uint64_t *token);
    void (*cancel)(rota__store *self);
    /* What is better done when nobody waits for an answer; after a turn. */
    void (*tidy)(rota__store *self);
} rota__turn_ops;

/* --- the table. Every operation returns a ROTA_ status and sets the error where
 * it is not ROTA_OK; ROTA_ENOTFOUND sets none. --- */

typedef struct rota__store_ops {
    const rota__turn_ops *turns; /* NULL: there are none */
    /* Another store on the same calendar, to be read by another thread; NULL, or
     * ROTA_OK with *out NULL, where there can be only one. */
    int (*attach)(rota__store *self, rota__env *env, rota__mem *mem, rota__store **out);
    /* Writes the whole batch or nothing. ROTA_OK means that `out` tells; any
     * other status that nothing was written. */
    int (*commit)(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out);
    /* Changes whenever anybody else (not this store object) has committed
     * since it was last asked; cheap. */
    int (*changed)(rota__store *self, rota__env *env, uint64_t *token);

    int (*stamp)(rota__store *self, rota__env *env, int64_t resource, int64_t *stamp);
    int (*timeline)(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out);

    int (*resource_get)(rota__store *self, rota__env *env, const rota__by *by, rota__resource *out);
    int (*resource_list)(rota__store *self, rota__env *env, const rota__resource_filter *filter,
                         rota__resource **rows, int64_t *count);
    int (*member_list)(rota__store *self, rota__env *env, int64_t group,
                       int64_t member, /* 0: any, not both */
                       rota__member **rows, int64_t *count);
    /* The lowest row, this one or above it, of a resource that has members or had some;
     * ROTA_ENOTFOUND: there is none. */
    int (*group_next)(rota__store *self, rota__env *env, int64_t resource, int64_t *group);
    int (*booking_get)(rota__store *self, rota__env *env, const rota__by *by, rota__booking *out);
    int (*booking_list)(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                        rota__booking **rows, int64_t *count);
    /* Held bookings whose hold_expires <= now, by hold_expires, then row. */
    int (*due_holds)(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                     rota__booking **rows, int64_t *count);
    /* How many keys were made at or before the horizon; counts to limit only. */
    int (*due_keys)(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                    int64_t *count);
    int (*key_get)(rota__store *self, rota__env *env, const char *actor, const char *key,
                   rota__key *out);
    int (*feed)(rota__store *self, rota__env *env, int64_t after, int64_t limit, rota__event **rows,
                int64_t *count);
    int (*consumer_get)(rota__store *self, rota__env *env, const char *name, rota__consumer *out);
    int (*consumer_list)(rota__store *self, rota__env *env, rota__consumer **rows,
                         int64_t *count); /* by name */
    int (*reminder_state)(rota__store *self, rota__env *env, rota__reminder_state *out);
    int (*reminder_list)(rota__store *self, rota__env *env, int32_t of, int64_t subject,
                         rota__reminder_list *out);
    /* Is there any list of such subjects? */
    int (*reminder_any)(rota__store *self, rota__env *env, int32_t of, bool *any);
    /* All different ones of all lists, ascending. */
    int (*reminder_offsets)(rota__store *self, rota__env *env, int64_t **rows, int64_t *count);
    int (*reminder_get)(rota__store *self, rota__env *env, const rota_id *id, rota__reminder *out);
    /* Open ones whose lease is over at `now`, or ends more than ROTA_MAX_LEASE after the latest
     * clock, which only one that went back since can have meant; by due, then id. */
    int (*reminder_open)(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder **rows, int64_t *count);
    int (*reminder_dead)(rota__store *self, rota__env *env, const rota_id *after, int64_t limit,
                         rota__reminder **rows, int64_t *count); /* by id */
    /* Noted for `now` or before, by at, booking, occurrence. */
    int (*reminder_notes)(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                          rota__reminder_note **rows, int64_t *count);
    /* Series whose next reminder is due at `now` or before, or not known; by at, booking. */
    int (*reminder_next)(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder_next **rows, int64_t *count);
    /* Bookings that do not recur and are confirmed or checked in, behind (from, row) by
     * start and row, up to `to`, by start, then row. */
    int (*reminder_starts)(rota__store *self, rota__env *env, rota_time from, int64_t row,
                           rota_time to, int64_t limit, rota__starting **rows, int64_t *count);
    /* How many are done whose start is before the horizon; counts to limit only. */
    int (*reminder_old)(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                        int64_t *count);
    /* Its data too. */
    int (*zone_get)(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                    rota__zone *out);
    int (*counts)(rota__store *self, rota__env *env, rota__counts *out);
    /* What the store itself can tell of its health; ROTA_ECORRUPT with the first finding. */
    int (*check)(rota__store *self, rota__env *env);
    int (*checkpoint)(rota__store *self, rota__env *env);
    void (*close)(rota__store *self); /* and frees */
} rota__store_ops;

struct rota__store {
    const rota__store_ops *ops;
};

#endif
