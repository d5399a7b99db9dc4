/* A resource by its id: ROTA_ENOTFOUND, in the same words, where there is none. */
#ifndef ROTA__RESOURCE_FIND_H
#define ROTA__RESOURCE_FIND_H

#include "domain/write.h"

int rota__resource_get(rota__context *cx, const rota_id *id, rota__resource *out);
/* The same with its timeline, guarded, for a call that rests on its being there. */
int rota__resource_look(rota__write *w, const rota_id *id, rota__resource *out,
                        rota__timeline **timeline);
/* Its timeline alone, guarded, by its row; and by its id: what a claim needs. */
int rota__resource_at(rota__write *w, int64_t row, rota__timeline **timeline);
int rota__resource_claim(rota__write *w, const rota_id *id, rota__timeline **timeline);

#endif
