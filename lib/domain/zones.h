/* When the system's zone data has changed: series go by the data they were made by until
 * they are told to go by the new one. Which occurrences move, and what they then meet. */
#ifndef ROTA__ZONES_H
#define ROTA__ZONES_H

#include "domain/write.h"

typedef ROTA__LIST(rota_zone_change) rota__zone_changes;

/* Every live series whose zone's data is not the system's; those that fit are written, each
 * by itself, unless the call is a dry run. The rows live in the arena of the context. */
int rota__zones_update(rota__context *cx, const rota_call *call, rota__zone_changes *rows);

#endif
