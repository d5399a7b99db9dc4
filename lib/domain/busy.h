/* The timelines of the resources in use: what takes each one's time, who belongs
 * to whom, and the version of the store that this was true at. Built from the
 * store on first use; checked again, cheaply, when somebody else has written.
 * Knows no capacity and no rule: that is admit.c. */
#ifndef ROTA__BUSY_H
#define ROTA__BUSY_H

#include "index/itree.h"
#include "store/store.h"

typedef struct rota__timeline {
    rota__resource resource; /* text lives in the arena below */
    rota__itree tree;        /* blocking claims on the resource itself */
    rota__member *groups;    /* stays in groups */
    int64_t group_count;
    rota__member *members; /* stays of others in it */
    int64_t member_count;

    uint64_t epoch;      /* of rota__busy, in which its stamp was seen to be the store's */
    uint64_t guarded_by; /* the attempt that has a guard on it: see write.c */
    rota__arena arena;
    struct rota__timeline *next;
} rota__timeline;

struct rota__busy {
    rota__mem *mem;
    rota__store *store;
    rota__timeline **slots; /* hashed by row */
    int64_t slot_count, count;
    uint64_t token;    /* of the store's `changed` */
    uint64_t epoch;    /* grows when anything cached may be out of date */
    uint64_t attempts; /* decisions taken: each marks the timelines it looked at */
    int64_t loads;
};

void rota__busy_init(struct rota__busy *busy, rota__mem *mem, rota__store *store);
void rota__busy_free(struct rota__busy *busy);

/* Has anybody else written since the last time? Then nothing cached is trusted
 * until its stamp was compared. *moved may be NULL. */
int rota__busy_refresh(struct rota__busy *busy, rota__env *env, bool *moved);
/* Trust nothing cached until its stamp was compared. */
void rota__busy_doubt(struct rota__busy *busy);

/* The current timeline of a resource; valid until its resource or members are
 * changed by rota__busy_apply(). ROTA_ENOTFOUND sets no error. */
int rota__busy_get(struct rota__busy *busy, rota__env *env, int64_t row, rota__timeline **out);
/* The current stamp, without building a timeline. */
int rota__busy_stamp(struct rota__busy *busy, rota__env *env, int64_t row, int64_t *stamp);

/* Follow a commit: before[i] is what batch->bookings.items[i] was (row 0: it is
 * new). Never fails: what cannot follow is dropped, and read again when needed. */
void rota__busy_apply(struct rota__busy *busy, const rota__batch *batch,
                      const rota__booking *before);

#endif
