/* The one gate: may these resources be taken for this span? It answers for
 * creating, moving, confirming, joining a group and changing a resource alike, and
 * names every conflict, not just the first. It looks at timelines and the clock,
 * not at the store, but for rota__admit_members(); and decides nothing about what
 * to do next: that is resolve.c. */
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
    bool recurs; /* the booking is a series; then of which occurrence: */
    rota_time original;
    rota_span when;
    bool asked_recurs; /* it is in the way of one of a series, this one: */
    rota_time asked;
} rota__clash;

/* By resource as they were looked at, then booking row; of a series by what is asked. */
typedef ROTA__LIST(rota__clash) rota__clashes;

/* A resource that is not open throughout the time asked of it: one for each resource, in the
 * way in which it is asked for longest, and of a series for each occurrence. */
typedef struct rota__breach {
    const rota__timeline *resource;
    const rota__timeline *closed; /* itself, or a place that it is in */
    int64_t level;                /* of these, the nearer one goes first */
    rota_span when;
    bool recurs;
    rota_time original; /* of the occurrence */
} rota__breach;

typedef ROTA__LIST(rota__breach) rota__breaches;

/* As qsort() has it: of what happens once, by resource, and the longer one first. */
int rota__breach_compare(const void *left, const void *right);

/* So many units of a resource, asked for within a span of it. */
typedef struct rota__wish {
    int64_t resource;
    rota_span within;
    int64_t units;
} rota__wish;

typedef ROTA__LIST(rota__wish) rota__wishes;

/* What a booking takes of resources that is about to be where no timeline knows it yet. In a
 * clash it has -1 - its number for a row. */
typedef struct rota__arrival {
    rota_span when;
    const rota__wishes *wishes;
    rota_time original; /* of an occurrence */
} rota__arrival;

/* Bookings that are taken not to be there: the one being moved, those about to
 * be cancelled or moved; or one occurrence of a series. And those that are taken to be
 * where they will be. */
typedef struct rota__gone {
    int64_t booking; /* row */
    rota_time original;
} rota__gone;
#define ROTA__GONE_WHOLE INT64_MIN /* as its original */
typedef struct rota__absent {
    rota__gone *items;
    int64_t count, room;
    ROTA__LIST(rota__arrival) arrivals;
} rota__absent;
/* One more; false: no memory. They are sorted before they are of use. */
bool rota__admit_absent(rota__write *w, rota__absent *absent, int64_t booking, rota_time original);
/* A booking, or an occurrence, whether or not it has a row of its own. */
bool rota__admit_absent_booking(rota__write *w, rota__absent *absent, const rota__booking *booking);
void rota__admit_sort_absent(rota__absent *absent);
/* Nothing is taken to be otherwise; NULL: likewise. */
bool rota__admit_as_it_is(const rota__absent *absent);

/* What claims that block wish for, of those too who are taken with their resources at a
 * time that meets `when`. ROTA_ESTATE for a resource that is not active. */
int rota__admit_wishes(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       rota__wishes *list);
void rota__admit_sort_wishes(rota__wishes *list); /* by resource */

/* One more booking, or occurrence, that is taken to be there. */
int rota__admit_arrive(rota__write *w, const rota__booking *booking, rota__absent *absent);
/* Likewise those occurrences of a series that a booking could meet. */
int rota__admit_arrive_series(rota__write *w, const rota__series *series,
                              const rota__booking *beside, rota__absent *absent);

/* Would the claims fit into `when`? ROTA_OK either way, with the clashes, and with what is
 * not open then, which is not looked at where breaches is NULL; any
 * other status where it could not be looked at: ROTA_ESTATE for a resource that
 * is not active, ROTA_ELIMIT for groups nested too deep. near: look only where
 * another booking of this span would be; NULL: everywhere. */
int rota__admit_claims(rota__write *w, rota_span when, const rota__claim *claims, int64_t count,
                       const rota__absent *absent, const rota_span *near, rota__clashes *clashes,
                       rota__breaches *breaches);

/* The spans within the window, which may be any, in which fewer than `units` of a resource
 * are left: it can take a claim of so many from where none of these is met, and only there.
 * Ascending, disjoint, apart, put into `out`, which is
 * empty. *load, unless NULL, grows by what is taken in
 * the window: units times seconds. */
int rota__admit_full(rota__write *w, int64_t resource, rota_span window, int64_t units,
                     const rota__absent *absent, rota__spans *out, double *load);

/* Can the claim be taken for `when`, as far as that is known at a glance? ROTA__ADMIT_*, below:
 * UNKNOWN where the whole gate has to be asked. The resource is looked at. */
int rota__admit_glance(rota__write *w, rota_span when, const rota__claim *claim, int *answer);
/* Is it of one unit, and taken by nothing but its own bookings, none of which lapses, at any
 * hour? */
bool rota__admit_alone(const rota__timeline *t);

/* An endless series is checked for so long at least: 28 years, after which weekdays and
 * dates fall together again as they did, most of the time. */
#define ROTA__CHECK_SECONDS (INT64_C(10227) * 86400)

/* The same for every occurrence of a series that starts at `from` or later, and as far as
 * it can be known: *checked_until as in a rota_receipt. The clashes by what is asked; all
 * of the first 28 years, of an endless one with another then the first one. Two of its own
 * that overlap are ROTA_EINVALID, too many of them ROTA_ELIMIT. Breaches likewise; NULL:
 * hours do not matter. */
int rota__admit_series(rota__write *w, const rota__series *series, rota_time from,
                       const rota__absent *absent, rota__clashes *clashes, rota__breaches *breaches,
                       rota_time *checked_until);
enum { ROTA__SERIES_CLASHES = 10000 }; /* after so many it looks no further */

/* The same question, for an answer at once and no reason: it looks only at what is in
 * memory, and pins nothing. UNKNOWN where the whole gate has to be asked: groups,
 * units that are left, what is not in memory, or what would be refused for another
 * reason than time. */
enum { ROTA__ADMIT_UNKNOWN = 0, ROTA__ADMIT_FREE, ROTA__ADMIT_TAKEN, ROTA__ADMIT_CLOSED };
int rota__admit_peek(rota__context *cx, rota_span when, const rota_claim *claims, int64_t count,
                     int *answer);

/* What is about to be so, though the timelines do not know it yet; each NULL
 * where nothing of the kind changes. */
typedef struct rota__change {
    const rota__resource *resource; /* as it is to be */
    const rota__member *joining;    /* one more stay */
    bool eases;                     /* of the resource: whatever fitted fits then */
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
/* The same for ever, as the store has it: neither guarded nor kept in memory. */
int rota__admit_members(rota__write *w, int64_t resource, rota__reach *reach);
/* The groups through which it is taken, itself first. */
int rota__admit_above(rota__write *w, int64_t resource, rota_span window,
                      const rota__change *change, bool all, rota__reach *reach);

#endif
