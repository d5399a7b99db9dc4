/* Entry points for free time: check the records, one domain call, report. */
#include "api/handle.h"
#include "domain/free.h"

/* What is found is the rows', what it takes to find it the call's. */
static int begin(rota *r, const void *out, rota__context *cx, rota_result **rows)
{
    int rc = rota__handle_begin_rows(r, out, cx, rows);
    if (rc == ROTA_OK) cx->env.arena = &r->work;
    return rc;
}

int rota_busy_list(rota *r, const rota_id *resource, rota_span window, rota_result **out)
{
    rota__context cx;
    rota_result *rows;
    rota__spans found = { 0 };
    int rc = begin(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__handle_need_id(r, resource)) == ROTA_OK &&
        (rc = rota__free_busy(&cx, resource, window, &rows->arena, &found)) == ROTA_OK)
        rota__result_spans(rows, found.items, found.count);
    return rota__handle_end_read(r, rows, out, rc);
}

static int take(rota *r, const rota_free_query *in, rota_free_query *own)
{
    return rota__record_in(&r->error, "query", in, own, (uint32_t)sizeof *own,
                           ROTA__OLDEST(rota_free_query, ignore_occurrence));
}

int rota_free_find(rota *r, const rota_free_query *query, rota_result **out)
{
    rota__context cx;
    rota_free_query own;
    rota_result *rows;
    rota__slots found = { 0 };
    int rc = begin(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = take(r, query, &own)) == ROTA_OK &&
        (rc = rota__free_find(&cx, &own, &rows->arena, &found)) == ROTA_OK)
        rota__result_slots(rows, found.items, found.count);
    return rota__handle_end_read(r, rows, out, rc);
}

/* Its answer is a refusal's, so it ends as a refused call does. */
int rota_free_explain(rota *r, const rota_free_query *query, rota_time start)
{
    rota__context cx;
    rota_free_query own;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    rota__write w = { .cx = &cx };
    if ((rc = take(r, query, &own)) == ROTA_OK) rc = rota__free_explain(&w, &own, start);
    return rota__handle_end_write(r, &w, NULL, rc);
}
