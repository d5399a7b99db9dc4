/* Entry points for reminders: check, copy in, one domain call, report. */
#include "api/handle.h"
#include "domain/reminder.h"

int rota_reminder_put(rota *r, const rota_call *call, const rota_reminder_request *request,
                      rota_receipt *receipt)
{
    rota__context cx;
    rota__write w;
    rota_reminder_request own;
    int rc = rota__handle_begin_write(r, call, receipt, &cx, &w);
    if (rc != ROTA_OK) return rc;
    rc = rota__record_in(&r->error, "request", request, &own, (uint32_t)sizeof own,
                         ROTA__OLDEST(rota_reminder_request, late_secs));
    if (rc == ROTA_OK) rc = rota__reminder_put(&w, &own);
    return rota__handle_end_write(r, &w, receipt, rc);
}

int rota_reminder_due(rota *r, const rota_call *call, const rota_reminder_query *query,
                      rota_result **out)
{
    rota__context cx;
    rota__write w;
    rota_reminder_query own = { .size = (uint32_t)sizeof own };
    rota__reminder_rows rows = { 0 };
    rota_result *result = NULL;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if (!out) rc = rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the rows");
    if (rc == ROTA_OK && query)
        rc = rota__record_in(&r->error, "query", query, &own, (uint32_t)sizeof own,
                             ROTA__OLDEST(rota_reminder_query, reserved));
    if (rc == ROTA_OK && !(result = rota__result_new(&r->mem)))
        rc = rota__error_plain(&r->error, ROTA_ENOMEM);
    if (rc == ROTA_OK) rc = rota__reminder_due(&w, &own, &result->arena, &rows);
    if (rc == ROTA_OK) rota__result_reminders(result, rows.items, rows.count);
    return rota__handle_end_read(r, result, out, rc);
}

int rota_reminder_ack(rota *r, const rota_call *call, const rota_id *ids, int64_t count,
                      int64_t *acked)
{
    rota__context cx;
    rota__write w;
    int64_t done = 0;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    rc = rota__reminder_ack(&w, ids, count, &done);
    if (rc == ROTA_OK && acked) *acked = done;
    return rota__handle_end_write(r, &w, NULL, rc);
}

int rota_reminder_retry(rota *r, const rota_call *call, const rota_id *ids, int64_t count,
                        int64_t *retried)
{
    rota__context cx;
    rota__write w;
    int64_t done = 0;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    rc = rota__reminder_retry(&w, ids, count, &done);
    if (rc == ROTA_OK && retried) *retried = done;
    return rota__handle_end_write(r, &w, NULL, rc);
}

int rota_reminder_dead(rota *r, const rota_id *after, int64_t limit, rota_result **out)
{
    rota__context cx;
    rota_result *rows;
    rota__reminder_rows dead = { 0 };
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__reminder_dead(&cx, after, limit, &dead)) == ROTA_OK)
        rota__result_reminders(rows, dead.items, dead.count);
    return rota__handle_end_read(r, rows, out, rc);
}
