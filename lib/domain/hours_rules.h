/* The calls on hours: putting rules that go together, and asking what they are and what they
 * give. */
#ifndef ROTA__HOURS_RULES_H
#define ROTA__HOURS_RULES_H

#include "domain/hours.h"

/* As they come from the host; they replace those that are there. */
int rota__hours_put(rota__write *w, const rota_id *resource, const rota_hours_rule *rules,
                    int64_t count);
/* As public records, of the arena that the context has. */
int rota__hours_get(rota__context *cx, const rota_id *resource, rota_hours_rule **rules,
                    int64_t *count);
int rota__hours_list(rota__context *cx, const rota_id *resource, rota_span window,
                     rota__spans *out);

#endif
