/* Groups: who belongs, and when. Asks admit.c before somebody joins. */
#ifndef ROTA__GROUP_H
#define ROTA__GROUP_H

#include "domain/write.h"

int rota__group_add(rota__write *w, const rota_member_request *request);
int rota__group_remove(rota__write *w, const rota_member_request *request);
int rota__group_list(rota__context *cx, const rota_member_query *query, rota__member **rows,
                     int64_t *count);

#endif
