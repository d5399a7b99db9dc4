/* What the files of the model share: memory.c (what a row is and where; opening, closing
 * and the table), memory_commit.c, memory_read.c and memory_remind.c (what the table says).
 * Nobody else includes this. Names are of the family: rota__memory_. */
#ifndef ROTA__MEMORY_PRIVATE_H
#define ROTA__MEMORY_PRIVATE_H

#include "store/memory.h"

typedef struct rota__memory_list {
    const void **items; /* NULL: dropped */
    int64_t count, room;
} rota__memory_list;

typedef struct rota__memory {
    rota__store base; /* first, so that the one is the other */
    rota__mem *mem;
    rota__arena rows;
    rota__memory_list resources, bookings, members, events, keys, consumers, zones;
    /* Of reminders; the state is alone in its list. */
    rota__memory_list state, lists, reminders, notes, next;
} rota__memory;

static inline rota__memory *rota__memory_of(rota__store *store)
{
    return (rota__memory *)(void *)store;
}

static inline int rota__memory_nomem(rota__env *env)
{
    return rota__error_plain(env->error, ROTA_ENOMEM);
}

/* --- memory.c --- */

/* NULL where there is none. */
const rota__resource *rota__memory_resource_at(const rota__memory *m, int64_t row);
const rota__booking *rota__memory_booking_at(const rota__memory *m, int64_t row);
/* Of a resource that there is. */
rota_id rota__memory_id_at(const rota__memory *m, int64_t row);

/* The place in its list, or -1. */
int64_t rota__memory_find_key(const rota__memory *m, const char *actor, const char *key);
int64_t rota__memory_find_consumer(const rota__memory *m, const char *name);
/* NULL where there is none. */
const rota__zone *rota__memory_find_zone(const rota__memory *m, const char *name, uint64_t digest);

bool rota__memory_same_text(const char *a, const char *b); /* two that are NULL are not */
bool rota__memory_is_occurrence(const rota__booking *booking, int64_t series, rota_time at);

/* Copies: into the store with a batch, out of it with an answer. False: no memory. */
bool rota__memory_copy_resource(rota__arena *arena, const rota__resource *from, rota__resource *to);
bool rota__memory_copy_booking(const rota__memory *m, rota__arena *arena, const rota__booking *from,
                               rota__booking *to);
bool rota__memory_copy_event(rota__arena *arena, const rota__event *from, rota__event *to);
bool rota__memory_copy_key(rota__arena *arena, const rota__key *from, rota__key *to);
bool rota__memory_copy_consumer(rota__arena *arena, const rota__consumer *from, rota__consumer *to);
bool rota__memory_copy_zone(rota__arena *arena, const rota__zone *from, rota__zone *to);

/* --- memory_commit.c --- */

/* What was in a place of a list before. */
typedef struct rota__memory_change {
    rota__memory_list *in;
    int64_t at;
    const void *was;
    bool appended;
} rota__memory_change;

/* A claim that takes time which its booking did not take before. */
typedef struct rota__memory_taking {
    int64_t resource, booking; /* rows */
    rota_span when;
} rota__memory_taking;

/* A commit under way. */
typedef struct rota__memory_writing {
    rota__memory *m;
    rota__env *env;
    const rota__batch *batch;
    ROTA__LIST(rota__memory_change) changes;
    ROTA__LIST(rota__memory_taking) takings;
    int64_t keys_dropped, reminders_dropped;
} rota__memory_writing;

/* Steps of a commit. row: NULL drops what is there. */
int rota__memory_put_at(rota__memory_writing *w, rota__memory_list *in, int64_t at,
                        const void *row);
int rota__memory_append(rota__memory_writing *w, rota__memory_list *in, const void *row);

/* --- memory_read.c --- */

/* Rows that fit. */
typedef struct rota__memory_picked {
    const void **items;
    int64_t count, room;
} rota__memory_picked;

bool rota__memory_pick(rota__env *env, rota__memory_picked *rows, const void *row);
/* And cuts them to the limit; 0: there is none. */
void rota__memory_sort(rota__memory_picked *rows, int64_t limit,
                       int (*order)(const void *, const void *));
/* Copies of rows that point at nothing, size bytes each; NULL: no memory. */
void *rota__memory_copies(rota__env *env, const rota__memory_picked *rows, int64_t size);
int rota__memory_give_bookings(const rota__memory *m, rota__env *env,
                               const rota__memory_picked *found, rota__booking **rows,
                               int64_t *count);

/* --- memory_remind.c --- */

/* Version 0: there is none yet. */
rota__reminder_state rota__memory_state_of(const rota__memory *m);
/* Steps of a commit. A booking is put; now: NULL for a new one. */
int rota__memory_remind_booking(rota__memory_writing *w, const rota__booking *now,
                                const rota__booking *next);
/* What the batch itself says of reminders. bookings: how many there were before it. */
int rota__memory_remind_write(rota__memory_writing *w, int64_t bookings);

/* --- memory_commit.c, memory_read.c and memory_remind.c: as the store's table says --- */

int rota__memory_commit(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out);
int rota__memory_stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out);
int rota__memory_timeline(rota__store *self, rota__env *env, int64_t resource,
                          rota__timeline_rows *out);
int rota__memory_resource_get(rota__store *self, rota__env *env, const rota__by *by,
                              rota__resource *out);
int rota__memory_resource_list(rota__store *self, rota__env *env,
                               const rota__resource_filter *filter, rota__resource **rows,
                               int64_t *count);
int rota__memory_member_list(rota__store *self, rota__env *env, int64_t group, int64_t member,
                             rota__member **rows, int64_t *count);
int rota__memory_group_next(rota__store *self, rota__env *env, int64_t resource, int64_t *group);
int rota__memory_booking_get(rota__store *self, rota__env *env, const rota__by *by,
                             rota__booking *out);
int rota__memory_booking_list(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                              rota__booking **rows, int64_t *count);
int rota__memory_due_holds(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                           rota__booking **rows, int64_t *count);
int rota__memory_due_keys(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                          int64_t *count);
int rota__memory_key_get(rota__store *self, rota__env *env, const char *actor, const char *key,
                         rota__key *out);
int rota__memory_feed(rota__store *self, rota__env *env, int64_t after, int64_t limit,
                      rota__event **rows, int64_t *count);
int rota__memory_consumer_get(rota__store *self, rota__env *env, const char *name,
                              rota__consumer *out);
int rota__memory_consumer_list(rota__store *self, rota__env *env, rota__consumer **rows,
                               int64_t *count);
int rota__memory_reminder_state(rota__store *self, rota__env *env, rota__reminder_state *out);
int rota__memory_reminder_list(rota__store *self, rota__env *env, int32_t of, int64_t subject,
                               rota__reminder_list *out);
int rota__memory_reminder_any(rota__store *self, rota__env *env, int32_t of, bool *any);
int rota__memory_reminder_offsets(rota__store *self, rota__env *env, int64_t **rows,
                                  int64_t *count);
int rota__memory_reminder_get(rota__store *self, rota__env *env, const rota_id *id,
                              rota__reminder *out);
int rota__memory_reminder_open(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder **rows, int64_t *count);
int rota__memory_reminder_dead(rota__store *self, rota__env *env, const rota_id *after,
                               int64_t limit, rota__reminder **rows, int64_t *count);
int rota__memory_reminder_notes(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                                rota__reminder_note **rows, int64_t *count);
int rota__memory_reminder_next(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder_next **rows, int64_t *count);
int rota__memory_reminder_starts(rota__store *self, rota__env *env, rota_time from, int64_t row,
                                 rota_time to, int64_t limit, rota__starting **rows,
                                 int64_t *count);
int rota__memory_reminder_old(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                              int64_t *count);
int rota__memory_zone_get(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                          rota__zone *out);
int rota__memory_counts(rota__store *self, rota__env *env, rota__counts *out);

#endif
