/* Between the gate's files: admit.c, which knows one resource and one span; admit_series.c,
 * which asks it for every occurrence of a series; admit_hours.c, which knows when a resource
 * is open; admit_reach.c, which knows the groups; admit_absent.c, what is to be taken as gone
 * or moved; admit_peek.c, which answers at a glance or not at all; and admit_far.c, which looks
 * at what lies behind all that is looked at one by one. */
#ifndef ROTA__ADMIT_PRIVATE_H
#define ROTA__ADMIT_PRIVATE_H

#include "domain/admit.h"
#include "domain/hours.h"

/* So many units for so long. booking 0: what is asked for. */
typedef struct rota__piece {
    int64_t booking, via;
    rota_time original; /* of an occurrence */
    bool recurs;        /* it is one */
    bool stands;        /* asked for, and there already: it is not told what is in its way */
    rota_span span;     /* setup and cleanup included */
    rota_span when;     /* of an occurrence; else not known here */
    int64_t units;
} rota__piece;

typedef ROTA__LIST(rota__piece) rota__pieces;

static const rota_span rota__unbounded = { INT64_MIN, INT64_MAX };

/* Series that are looked at from here on are looked at one by one up to there. */
static inline rota_time rota__admit_near_end(rota_time from)
{
    return from < ROTA_TIME_MAX - ROTA__CHECK_SECONDS ? from + ROTA__CHECK_SECONDS : ROTA_TIME_MAX;
}

/* Where a booking lies whose setup and cleanup may reach into a span. */
static inline rota_span rota__admit_widened(rota_span span, int64_t before, int64_t after)
{
    if (span.start > ROTA_TIME_MIN) span.start -= after;
    if (span.end < ROTA_TIME_MAX) span.end += before;
    return span;
}

/* Is the booking, or the occurrence of it, to be taken as gone? The list is sorted. */
bool rota__admit_is_absent(const rota__absent *absent, int64_t booking, rota_time original);

/* What a booking of `when` takes of a resource that belongs to its group within `stay`;
 * empty where it takes nothing. Who is not in the booking itself needs no setup and no cleanup
 * for it. */
static inline rota_span rota__admit_occupied(const rota__resource *resource, rota_span when,
                                             rota_span stay)
{
    static const rota_span nothing = { 0, 0 };
    rota_span whole = { when.start - resource->before, when.end + resource->after };
    return rota__time_overlap(when, stay) ? rota__time_common(whole, stay) : nothing;
}

/* A resource and the places it is in, those that have hours. */
typedef struct rota__places {
    const rota__timeline *items[ROTA_MAX_NESTING + 1];
    int64_t count;
} rota__places;
int rota__admit_places(rota__write *w, int64_t resource, rota__places *out);

/* Is everything that is wished for open? The wishes are sorted. */
int rota__admit_open(rota__write *w, rota_span when, const rota__wishes *list,
                     rota__breaches *breaches);
/* The same of occurrences of a series on one resource. */
typedef struct rota__asking {
    rota_span when; /* cut to the stay */
    rota_time original;
} rota__asking;
int rota__admit_open_each(rota__write *w, const rota__timeline *t, const rota__places *places,
                          const rota__asking *asked, int64_t count, rota__breaches *breaches);

/* Does what is asked of one resource fit within the window, which it lies in? */
int rota__admit_pieces(rota__write *w, int64_t resource, rota_span window, rota__pieces *asked,
                       const rota__absent *absent, rota__clashes *clashes);

/* Does what takes the resource within the window fit, after the change? */
int rota__admit_within(rota__write *w, int64_t resource, rota_span window,
                       const rota__change *change, rota__clashes *clashes);

/* The same of all that is there within `far`, up to where series have been looked at: around
 * everything that has an end, of each that has none whether it ever meets itself, and of each
 * two. It looks no further than the first clash. *proven is false where that could not be said;
 * where there are several units it is not held against the change. */
int rota__admit_far(rota__write *w, int64_t resource, const rota__change *change, rota_span far,
                    rota__clashes *clashes, bool *proven);

/* More of them, where the first ones are kept. */
int rota__admit_keep(rota__write *w, const rota__clashes *found, rota__clashes *out);

/* A lapsed hold takes nothing (I7). But somebody with a slower clock may still see it held:
 * whoever takes its time must end it in the same commit. */
int rota__admit_pass_over(rota__write *w, int64_t booking);

#endif
