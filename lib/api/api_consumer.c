/* Entry points for consumers of the feed: check, copy in, one domain call, report. */
#include "api/handle.h"
#include "domain/consumer.h"

int rota_consumer_create(rota *r, const rota_call *call, const char *name, int64_t after)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    return rota__handle_end_write(r, &w, NULL, rota__consumer_create(&w, name, after));
}

int rota_consumer_ack(rota *r, const rota_call *call, const char *name, int64_t seq)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    return rota__handle_end_write(r, &w, NULL, rota__consumer_ack(&w, name, seq));
}

int rota_consumer_remove(rota *r, const rota_call *call, const char *name)
{
    rota__context cx;
    rota__write w;
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    return rota__handle_end_write(r, &w, NULL, rota__consumer_remove(&w, name));
}

int rota_consumer_read(rota *r, const char *name, int64_t limit, rota_result **out)
{
    rota__context cx;
    rota__event *found;
    rota_result *rows;
    int64_t count;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__consumer_read(&cx, name, limit, &found, &count)) == ROTA_OK)
        rc = rota__result_events(rows, found, count);
    return rota__handle_end_read(r, rows, out, rc);
}

int rota_consumer_list(rota *r, rota_result **out)
{
    rota__context cx;
    rota__consumer *found;
    rota_result *rows;
    int64_t count, last;
    int rc = rota__handle_begin_read(r, out, &cx, &rows);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__consumer_list(&cx, &found, &count, &last)) == ROTA_OK)
        rc = rota__result_consumers(rows, found, count, last);
    return rota__handle_end_read(r, rows, out, rc);
}
