#include "domain/engine.h"

#include "store/shared.h"

int rota__engine_open(rota__env *env, const rota__mem *mem, int64_t budget, rota__engine **out)
{
    rota__mem own;
    rota__mem_init(&own, mem->fn, mem->ctx);
    rota__engine *engine = rota__mem_alloc(&own, 1, (int64_t)sizeof *engine);
    if (!engine) return rota__error_plain(env->error, ROTA_ENOMEM);
    memset(engine, 0, sizeof *engine);
    rota__mem_init(&engine->mem, mem->fn, mem->ctx);
    rota__mem_init(&engine->index, mem->fn, mem->ctx);
    bool busy = rota__busy_init(&engine->busy, &engine->index, budget);
    bool line = busy && rota__line_init(&engine->line);
    bool last_id = line && rota__id_last_init(&engine->last_id);
    bool mutex = last_id && pthread_mutex_init(&engine->mutex, NULL) == 0;
    if (mutex) {
        rota__pending_init(&engine->pending, &engine->busy, &engine->index);
        *out = engine;
        return ROTA_OK;
    }
    if (last_id) rota__id_last_free(&engine->last_id);
    if (line) rota__line_free(&engine->line);
    if (busy) rota__busy_free(&engine->busy);
    rota__mem_free(&own, engine);
    return rota__error_plain(env->error, ROTA_ENOMEM);
}

void rota__engine_close(rota__engine *engine)
{
    rota__mem own;
    rota__pending_free(&engine->pending);
    rota__busy_free(&engine->busy);
    if (engine->store) engine->store->ops->close(engine->store);
    rota__id_last_free(&engine->last_id);
    rota__line_free(&engine->line);
    (void)pthread_mutex_destroy(&engine->mutex);
    rota__mem_init(&own, engine->mem.fn, engine->mem.ctx);
    rota__mem_free(&own, engine);
}

int rota__engine_join(rota__engine *engine, rota__env *env, rota__looker *looker,
                      rota__store *store, rota__mem *mem, rota__meter *meter)
{
    looker->hits = &meter->hits;
    if (!rota__looker_join(looker, &engine->busy, store, mem))
        return rota__error_plain(env->error, ROTA_ENOMEM);
    (void)pthread_mutex_lock(&engine->mutex);
    engine->handles++;
    meter->next = engine->meters;
    engine->meters = meter;
    (void)pthread_mutex_unlock(&engine->mutex);
    return ROTA_OK;
}

void rota__engine_part(rota__engine *engine, rota__looker *looker, rota__meter *meter)
{
    rota__store *store = looker->store;
    rota__looker_part(looker);
    (void)pthread_mutex_lock(&engine->mutex);
    rota__meter **at = &engine->meters;
    while (*at != meter)
        at = &(*at)->next;
    *at = meter->next;
    rota__meter_keep(&engine->past, meter);
    /* Before anybody may find himself the last one: he closes what this one reads. */
    if (store != engine->store) store->ops->close(store);
    bool last = --engine->handles == 0;
    (void)pthread_mutex_unlock(&engine->mutex);
    if (last) rota__engine_close(engine);
}

/* Where only one handle is left out of all that could have one, the store serves it
 * for reading and writing. From the second one on nobody reads where others write. */
static int leave_to_writers(rota__engine *engine, rota__env *env, rota__looker *looker)
{
    rota__store *inner = engine->store, *session = NULL;
    const rota__store_ops *ops = inner->ops;
    int rc = ops->attach ? ops->attach(inner, env, looker->mem, &session) : ROTA_OK;
    if (rc == ROTA_OK && !session && !ops->turns)
        return rota__error_set(env->error, ROTA_ESTATE, "this store serves one handle only");
    if (rc == ROTA_OK && !session) {
        rota__store *first;
        rc = rota__shared_open(env, &engine->mem, inner, &first);
        if (rc != ROTA_OK) return rc;
        engine->store = looker->store = first;
        rc = first->ops->attach(first, env, looker->mem, &session);
    }
    if (rc == ROTA_OK) looker->store = session;
    return rc;
}

int rota__engine_attach(rota__engine *engine, rota__env *env, rota__looker *looker, rota__mem *mem,
                        rota__store **out)
{
    int rc = ROTA_OK;
    *out = NULL;
    if (looker->store == engine->store) rc = leave_to_writers(engine, env, looker);
    return rc == ROTA_OK ? looker->store->ops->attach(looker->store, env, mem, out) : rc;
}

void rota__engine_metrics(rota__engine *engine, rota__looker *looker, rota_metrics *out)
{
    (void)pthread_mutex_lock(&engine->mutex);
    out->handles = engine->handles;
    rota__meter_sum(&engine->past, out);
    for (const rota__meter *meter = engine->meters; meter; meter = meter->next)
        rota__meter_sum(meter, out);
    (void)pthread_mutex_unlock(&engine->mutex);
    out->loads = rota__meter_get(&engine->busy.loads);
    out->evictions = rota__meter_get(&engine->busy.evictions);
    out->memory = rota__busy_bytes(looker);
    out->timelines = rota__busy_count(looker);
}
