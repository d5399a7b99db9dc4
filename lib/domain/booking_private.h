/* Between booking.c, which knows one booking, and booking_series.c, which knows what a
 * call means for a series. Names are of the family: rota__booking_. */
#ifndef ROTA__BOOKING_PRIVATE_H
#define ROTA__BOOKING_PRIVATE_H

#include "domain/booking.h"
#include "domain/series.h"

/* Whether a step of the life cycle may be taken, and its record after it. */
int rota__booking_may_step(rota__write *w, const rota__booking *before, int step);
rota__booking rota__booking_after(const rota__booking *before, int step, rota_time now);
int32_t rota__booking_step_event(int step);
/* Whether it may be moved, and its record with the fields that the request sets. */
int rota__booking_apply(rota__write *w, const rota__booking *before,
                        const rota_booking_request *request, rota__booking *after);
/* The rows of the resources that a request claims, each guarded and touched. */
int rota__booking_claims(rota__write *w, const rota_booking_request *request, rota__booking *out);
int rota__booking_new(rota__write *w, const rota_booking_request *request, rota__booking *out);
/* A start that lies before now, where that is forbidden, is noted: the gate refuses it then. */
int rota__booking_future(rota__write *w, uint32_t flags, rota_span when);

/* --- booking_series.c --- */

/* Decisions of calls on a series; `before` is its record. */
int rota__booking_create_series(rota__write *w, const rota_booking_request *request);
int rota__booking_move_series(rota__write *w, const rota__booking *before,
                              const rota_booking_request *request);
int rota__booking_step_series(rota__write *w, const rota__booking *before, int step);

#endif
