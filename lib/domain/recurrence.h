/* What a host says of a recurrence, in text, as a series. The one place where its times
 * are read, and written. */
#ifndef ROTA__RECURRENCE_H
#define ROTA__RECURRENCE_H

#include "domain/series.h"

/* Start, zone, rule, additions and exceptions; what it points to in `from` stays where it
 * is. The series is prepared, and has no era yet. ROTA_EINVALID, ROTA_ELIMIT. */
int rota__recurrence_read(rota__env *env, rota__tz_cache *zones, const rota_recurrence *from,
                          rota__series *out);
int rota__recurrence_zone(rota__env *env, rota__tz_cache *zones, const char *name,
                          const rota__tz **out);

/* What a series was made of, as it can be given again. */
int rota__recurrence_write(rota__env *env, const rota__series *series, const rota_recurrence **out);
/* A wall clock, "2031-03-10T09:00:00", or its date; NULL: no memory. */
const char *rota__recurrence_local(rota__env *env, rota__local local, bool date);

#endif
