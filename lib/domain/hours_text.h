/* Hours as the host sees them: rules with dates as text. */
#ifndef ROTA__HOURS_TEXT_H
#define ROTA__HOURS_TEXT_H

#include "domain/opening.h"

typedef struct rota__date {
    char text[16];
} rota__date;
rota__date rota__hours_date(int64_t day); /* since 1970 */

/* The rules that a resource has, in the order in which they were put. */
int rota__hours_show(rota__env *env, const rota__resource *resource, rota_hours_rule **rules,
                     int64_t *count);

#endif
