/* Entry points for the calendar as a whole, and for reading a time by its zones. */
#include "api/handle.h"
#include "domain/audit.h"
#include "domain/tick.h"

int rota_tick(rota *r, const rota_call *call, rota_tick_report *report)
{
    rota__context cx;
    rota__write w;
    rota_tick_report found = { .size = (uint32_t)sizeof found };
    int rc = rota__handle_begin_write(r, call, NULL, &cx, &w);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__record_room(&r->error, "report", report,
                                ROTA__OLDEST(rota_tick_report, keys))) == ROTA_OK)
        rc = rota__tick(&w, &found);
    if (rc == ROTA_OK && report) rota__record_out(report, &found, (uint32_t)sizeof found);
    return rota__handle_end_write(r, &w, NULL, rc);
}

int rota_check(rota *r, rota_time from)
{
    rota__context cx;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if ((rc = rota__busy_refresh(cx.looker, &cx.env)) == ROTA_OK) rc = rota__audit(&cx, from);
    return rota__handle_end(r, rc);
}

int rota_time_parse(rota *r, const char *text, const char *zone, rota_time *out)
{
    rota__context cx;
    const rota__tz *tz = NULL;
    int64_t value = 0;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    int kind = text ? rota__time_read(text, &value) : 0;
    if (!out || !text)
        rc = rota__error_set(&r->error, ROTA_EINVALID, "%s is NULL", out ? "the text" : "out");
    else if (kind <= 0)
        rc = rota__error_set(&r->error, ROTA_EINVALID, "\"%.60s\" %s", text,
                             rota__time_fault(kind));
    else if (zone)
        rc = rota__tz_get(&r->zones, zone, &r->error, &tz);
    else if (kind == ROTA__TIME_LOCAL)
        rc = rota__error_set(&r->error, ROTA_EINVALID,
                             "\"%.60s\" has neither an offset nor a time zone", text);
    if (rc == ROTA_OK && kind == ROTA__TIME_LOCAL) value = rota__tz_instant(tz, value, NULL);
    if (rc == ROTA_OK && (value < ROTA_TIME_MIN || value > ROTA_TIME_MAX))
        rc = rota__error_set(&r->error, ROTA_EINVALID,
                             "\"%.60s\" is outside of the years 1 to 9999", text);
    if (rc == ROTA_OK) *out = value;
    return rota__handle_end(r, rc);
}
