/* The one gate: may these resources be taken for this span? It answers for
 * creating, moving, confirming, joining a group and changing a resource alike, and
 * names every conflict, not just the first. It looks at timelines and the clock,
 * never at the store, and decides nothing about what to do next: that is
 * resolve.c. */
#ifndef ROTA__ADMIT_H
#define ROTA__ADMIT_H

#include "domain/write.h"

/* One other booking on one resource that has too few units. */
typedef struct rota__clash {
    const rota__timeline *resource;
    int64_t booking;    /* row; 0: the resource has too few units at all */
    int64_t via;        /* row of the group through which it takes the resource; 0: none */
    rota_span overlap;  /* the first span in which the units run out */
    int64_t units_left; /* throughout it */
    int64_t units_asked;
} rota__clash;

/* By resource as they were looked at, then booking row. */
typedef ROTA__LIST(rota__clash) rota__clashes;

/* Bookings that are taken not to be there: the one being moved, those about to
 * be cancelled. */
typedef ROTA__LIST(int64_t) rota__absent; /* rows, ascending */

/* Would the claims fit into `when`? ROTA_OK either way, with the clashes; any
 * other status where it could not be looked at: ROTA_ESTATE for a resource that
 * is not active, ROTA_ELIMIT for groups nested too deep. near: look only where
 * another booking of this span would be; NULL: everywhere. */
int rota__admit_claims(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       const rota__absent *absent, const rota_span *near, rota__clashes *clashes);

/* The same question, for an answer at once and no reason: it looks only at what is in
 * memory, and pins nothing. UNKNOWN where the whole gate has to be asked: groups,
 * units that are left, what is not in memory, or what would be refused for another
 * reason than time. */
enum { ROTA__ADMIT_UNKNOWN = 0, ROTA__ADMIT_FREE, ROTA__ADMIT_TAKEN };
int rota__admit_peek(rota__context *cx, rota_span when, const rota_claim *claims, int64_t count,
                     int *answer);

/* What is about to be so, though the timelines do not know it yet; each NULL
 * where nothing of the kind changes. */
typedef struct rota__change {
    const rota__resource *resource; /* as it is to be */
    const rota__member *joining;    /* one more stay */
} rota__change;

/* After the change, would everything fit that takes this resource, or anybody
 * who is taken through it, within `when`? Clashes as above. */
int rota__admit_change(rota__write *w, int64_t resource, rota_span when, const rota__change *change,
                       rota__clashes *clashes);

/* Does everything fit that takes this resource within `when`, as things are? */
int rota__admit_self(rota__write *w, int64_t resource, rota_span when, rota__clashes *clashes);

/* Every resource that taking this one takes beside it: active members, and
 * theirs, each with the span in which he belongs to it. */
typedef struct rota__reached {
    int64_t resource; /* row */
    rota_span within;
} rota__reached;

typedef ROTA__LIST(rota__reached) rota__reach;

/* The resource itself first, without a bound; one that is reached in two ways
 * stands there twice. Stays that do not meet the window are left out. `change` may
 * be NULL. all: through inactive ones too. */
int rota__admit_below(rota__write *w, int64_t resource, rota_span window,
                      const rota__change *change, bool all, rota__reach *reach);
/* The groups through which it is taken, itself first. */
int rota__admit_above(rota__write *w, int64_t resource, rota_span window,
                      const rota__change *change, bool all, rota__reach *reach);

#endif
