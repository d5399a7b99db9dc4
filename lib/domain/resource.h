/* Resources: creating, changing and removing them. Asks admit.c whether what is
 * booked still fits. */
#ifndef ROTA__RESOURCE_H
#define ROTA__RESOURCE_H

#include "domain/write.h"

int rota__resource_create(rota__write *w, const rota_resource_request *request);
int rota__resource_update(rota__write *w, const rota_id *id, const rota_resource_request *request);
int rota__resource_remove(rota__write *w, const rota_id *id);

int rota__resource_find(rota__context *cx, const char *id_or_ref, rota_id *id);
int rota__resource_find_removed(rota__context *cx, const char *ref, rota_id *id);
int rota__resource_list(rota__context *cx, const rota_resource_query *query, rota__resource **rows,
                        int64_t *count);

#endif
