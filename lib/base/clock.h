/* Time that only runs forward: for deadlines and durations, never for bookings. */
#ifndef ROTA__CLOCK_H
#define ROTA__CLOCK_H

#include "base/check.h"

#define ROTA__MS INT64_C(1000000) /* nanoseconds */

int64_t rota__clock_ns(void);

#endif
