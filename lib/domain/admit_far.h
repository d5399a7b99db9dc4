/* What lies so far ahead that it is not looked at one by one: around all that has an end there
 * the sweep looks; what has none is compared as patterns. For admit_series.c, which puts a series
 * among what is there, and for rota__admit_far(), which goes by what is there already. */
#ifndef ROTA__ADMIT_FAR_H
#define ROTA__ADMIT_FAR_H

#include "domain/admit_private.h"
#include "domain/forever.h"

typedef struct rota__far {
    rota__write *w;
    rota_time until;   /* up to here it is looked at one by one */
    rota_time last;    /* what begins behind it does not matter */
    int64_t reach;     /* the longest setup and cleanup, both together */
    rota__spans noted; /* where something of a series lies that comes once, or has an end */
    rota__spans ends;  /* what has an end, and its surroundings, once merged in order and apart */
} rota__far;

/* Where it begins: what starts behind `until` is seen to reach back up to here. */
rota_time rota__far_begins(const rota__far *far);

/* Into `noted`, what there was is gone: of a series that is there, and of another one. */
int rota__far_note(rota__far *far, const rota__recurring *recurring);
int rota__far_note_series(rota__far *far, const rota__series *series);
/* Later than *last? */
void rota__far_latest(const rota__far *far, rota_time *last);

/* Into `ends`: what is noted, what takes a timeline, and where a stay begins and ends, for there
 * what is taken is cut. In between, two that have no end meet as they would without a stay. */
int rota__far_add_noted(rota__far *far);
int rota__far_add_ends(rota__far *far, const rota__timeline *t);
int rota__far_add_edges(rota__far *far, rota_span stay);

/* *units: that it takes of the source for ever; 0: it does not, or has an end. */
int rota__far_endless(rota__far *far, const rota__recurring *recurring, int64_t source,
                      rota__series *out, int64_t *units);

/* The first meeting far away of two that have no end, while both stays last. */
int rota__far_meet(rota__far *far, const rota__resource *resource, const rota__series *mine,
                   rota_span my_stay, const rota__series *other, rota_span other_stay,
                   int64_t *work, rota__meeting *found);
/* The same of so many occurrences of one that there are too few units for them. */
int rota__far_meet_itself(rota__far *far, const rota__resource *resource,
                          const rota__series *series, int64_t units, rota_span stay, int64_t *work,
                          rota__meeting *found);
/* May it be there several times at once? */
bool rota__far_may_stack(const rota__far *far, const rota__resource *resource,
                         const rota__series *series, rota_span stay);

/* Steps of comparing patterns, each of some 50 ns. */
#define ROTA__FAR_WORK INT64_C(2000000)

#endif
