/* What the handles on one calendar share, when they come from one rota_open(): the
 * store that writes, the index, and the line in which writing calls stand. */
#ifndef ROTA__ENGINE_H
#define ROTA__ENGINE_H

#include "base/id.h"
#include "base/line.h"
#include "domain/meter.h"
#include "domain/pending.h"

typedef struct rota__engine {
    rota__mem mem;      /* of the store */
    rota__mem index;    /* of the index and of turns: what cache_bytes bounds */
    rota__store *store; /* of who leads; an only handle reads from it as well */
    rota__busy busy;
    rota__line line;
    rota__pending pending; /* of who leads */
    rota__id_last last_id;

    pthread_mutex_t mutex; /* guards the rest */
    int64_t handles;
    rota__meter *meters; /* one for each handle */
    rota__meter past;    /* of those that are closed */
} rota__engine;

/* `mem` says where memory comes from. It has no store yet: that is opened with the
 * engine's memory, which lives as long as it, and closed by the engine. */
int rota__engine_open(rota__env *env, const rota__mem *mem, int64_t budget, rota__engine **out);
/* A handle more, or one less: the last one closes the engine. */
int rota__engine_join(rota__engine *engine, rota__env *env, rota__looker *looker,
                      rota__store *store, rota__mem *mem, rota__meter *meter);
void rota__engine_close(rota__engine *engine); /* one without a handle; the store too */
void rota__engine_part(rota__engine *engine, rota__looker *looker, rota__meter *meter);
/* A store for one more handle, whose memory is `mem`; asked for by a handle of which
 * this is the looker. A handle that was alone gets a store of its own by it. */
int rota__engine_attach(rota__engine *engine, rota__env *env, rota__looker *looker, rota__mem *mem,
                        rota__store **out);

void rota__engine_metrics(rota__engine *engine, rota__looker *looker, rota_metrics *out);

#endif
