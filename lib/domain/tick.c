#include "domain/tick.h"

#include "domain/reminder.h"
#include "domain/resolve.h"

/* One tick is one commit, and no other writer should wait long for it. */
enum { AT_ONCE = 500, KEYS_AT_ONCE = 5000, REMINDERS_AT_ONCE = 1000 };

typedef struct tick {
    rota_tick_report *report;
} tick;

static int decide(rota__write *w, const void *data)
{
    rota_tick_report *report = ((const tick *)data)->report;
    rota__context *cx = w->cx;
    rota__booking *rows;
    int64_t count, keys, old;
    rota_time horizon = cx->now - ROTA__KEY_SECONDS, begun;
    int rc;
    if ((rc = cx->store->ops->due_holds(cx->store, &cx->env, cx->now, AT_ONCE + 1, &rows,
                                        &count)) != ROTA_OK ||
        (rc = cx->store->ops->due_keys(cx->store, &cx->env, horizon, KEYS_AT_ONCE + 1, &keys)) !=
            ROTA_OK ||
        (rc = rota__reminder_horizon(cx, &begun)) != ROTA_OK ||
        (rc = cx->store->ops->reminder_old(cx->store, &cx->env, begun, KEYS_AT_ONCE + 1, &old)) !=
            ROTA_OK ||
        (rc = rota__reminder_count(w, REMINDERS_AT_ONCE, &report->reminders)) != ROTA_OK)
        return rc;
    report->more = count > AT_ONCE || keys > KEYS_AT_ONCE || old > KEYS_AT_ONCE;
    report->expired = count < AT_ONCE ? count : AT_ONCE;
    report->keys = keys < KEYS_AT_ONCE ? keys : KEYS_AT_ONCE;
    for (int64_t i = 0; i < report->expired && rc == ROTA_OK; i++)
        rc = rota__resolve_expire(w, &rows[i]);
    w->batch.key_horizon = horizon;
    w->batch.keys_dropped_max = report->keys;
    w->batch.reminders_horizon = begun;
    w->batch.reminders_dropped_max = old < KEYS_AT_ONCE ? old : KEYS_AT_ONCE;
    return rc;
}

int rota__tick(rota__write *w, rota_tick_report *report)
{
    tick t = { .report = report };
    w->call.key = NULL;
    w->call.version = 0;
    return rota__write_run(w, decide, &t, "");
}
