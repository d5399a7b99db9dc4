/* Placement: where a booking that gives no start may lie, as bytes that its row keeps. */
#ifndef ROTA__PLACEMENT_H
#define ROTA__PLACEMENT_H

#include "domain/context.h"

typedef struct rota__placement {
    rota_span window;
    int64_t step;
    uint32_t days;      /* bits, Monday is 1; never 0 */
    int32_t start, end; /* wall-clock seconds since the midnight before, end at most a day later */
    const char *zone;   /* NULL: not known yet */
} rota__placement;

/* Checks what a booking is asked for with; there is no zone unless it says one. */
int rota__placement_check(rota__context *cx, const rota_placement *asked, rota__placement *out);
/* Of one that was given a time, and may yet be moved: four weeks from its start on. */
rota__placement rota__placement_default(rota_span when);
/* Where there is no zone, that of the resource that is claimed first. */
int rota__placement_zone(rota__context *cx, const rota_id *first, rota__placement *out);

int rota__placement_write(rota__env *env, const rota__placement *placement, rota__booking *booking);
/* ROTA_ECORRUPT where the bytes are not as they were written. */
int rota__placement_read(rota__env *env, const rota__booking *booking, rota__placement *out);
/* The one that it has, or else the default. */
int rota__placement_of(rota__context *cx, const rota__booking *booking, rota__placement *out);

#endif
