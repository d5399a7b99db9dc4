/* When resources are open: what their rules give, and those of the places that they are in.
 * Knows no bookings, and not how rules come: that is hours_rules.h. */
#ifndef ROTA__HOURS_H
#define ROTA__HOURS_H

#include "domain/write.h"

/* The spans within the window in which the resource (row) is open by its own rules and by
 * those of the places it is in: ascending, disjoint, apart (merged), cut to the window.
 * Without any rule: the whole window. It is looked at (and guarded) through `w`, as the
 * gate does with rota__write_look(). ROTA_ELIMIT beyond ROTA__SPANS_MOST spans. */
int rota__hours_open(rota__write *w, int64_t resource, rota_span window, rota__spans *out);

/* A look at what is open by the own rules of a timeline that is pinned, one span after the
 * other, in any order; best by start. keep: what is made for it is kept with the timeline. */
typedef struct rota__hours_walk {
    rota__context *cx;
    const rota__timeline *t;
    const rota__tz *zone;
    rota__opening *held; /* the last one that was looked at */
    rota__hours hours;   /* read when something has to be made of it */
    bool keep;
    int64_t made; /* stretches */
} rota__hours_walk;
int rota__hours_begin(rota__hours_walk *walk, rota__context *cx, const rota__timeline *t,
                      bool keep);
void rota__hours_end(rota__hours_walk *walk);
/* How long it stays open from span.start on, at most to span.end; span.start: it is closed. */
int rota__hours_until(rota__hours_walk *walk, rota_span span, rota_time *until);
/* From here on its rules are the same for ever; *unbroken: and it is never closed. */
int rota__hours_outlook(rota__hours_walk *walk, rota_time *settled, bool *unbroken);

#endif
