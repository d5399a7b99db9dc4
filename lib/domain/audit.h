/* Is what must be true of a calendar true? The store's own health, and I1 over
 * every resource. */
#ifndef ROTA__AUDIT_H
#define ROTA__AUDIT_H

#include "domain/write.h"

int rota__audit(rota__context *cx, rota_time from);

#endif
