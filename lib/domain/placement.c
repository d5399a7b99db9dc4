#include "domain/placement.h"

#include "base/bytes.h"
#include "domain/opening.h"
#include "domain/request.h"
#include "domain/resource_find.h"

enum { VERSION = 1, DAY = 86400, USUAL_STEP = 900, USUAL_WINDOW = 28 * DAY };

/* --- what is asked --- */

/* "From now on" is resolved here and not by the host, to whom a call that is repeated would be
 * another one. That it is over by then is no reason to refuse it: its key may be known. */
static rota_span window_of(const rota__context *cx, const rota_placement *asked)
{
    const rota_span window = asked->window;
    const rota_time least = ROTA_TIME_MIN + asked->duration, left = ROTA_TIME_MAX - cx->now;
    if (window.start != ROTA_TIME_MIN || window.end <= least) return window;
    if (window.end == ROTA_TIME_MAX)
        return (rota_span){ cx->now, cx->now + (left < USUAL_WINDOW ? left : USUAL_WINDOW) };
    return (rota_span){ window.end > cx->now ? cx->now : window.end - asked->duration, window.end };
}

int rota__placement_check(rota__context *cx, const rota_placement *asked, rota__placement *out)
{
    const uint32_t every = ROTA__EVERY_DAY;
    const rota__tz *zone;
    int rc;
    if ((rc = rota__request_range(cx, "duration of a placement", asked->duration, 1,
                                  ROTA_MAX_BUFFER)) != ROTA_OK)
        return rc;
    const rota_span window = window_of(cx, asked);
    if ((rc = rota__request_window(cx, window)) != ROTA_OK ||
        (rc = rota__request_range(cx, "step of a placement", asked->step, 0, DAY)) != ROTA_OK ||
        (rc = rota__request_bits(cx, "days of a placement", asked->days, every)) != ROTA_OK ||
        (rc = rota__request_range(cx, "from of a placement", asked->from, 0, DAY - 1)) != ROTA_OK ||
        (rc = rota__request_range(cx, "until of a placement", asked->until, 0, DAY)) != ROTA_OK ||
        (rc = rota__request_text(cx, "zone of a placement", asked->zone, ROTA_MAX_NAME, 0)) !=
            ROTA_OK)
        return rc;
    *out = (rota__placement){ .window = window,
                              .step = asked->step ? asked->step : USUAL_STEP,
                              .days = asked->days ? asked->days : every,
                              .start = asked->from,
                              .end = asked->until > asked->from ? asked->until : asked->until + DAY,
                              .zone = asked->zone };
    return out->zone ? rota__tz_get(cx->zones, out->zone, cx->env.error, &zone) : ROTA_OK;
}

rota__placement rota__placement_default(rota_span when)
{
    rota_time end = when.end + USUAL_WINDOW;
    if (end > when.start + ROTA_MAX_WINDOW) end = when.start + ROTA_MAX_WINDOW;
    if (end > ROTA_TIME_MAX) end = ROTA_TIME_MAX;
    return (rota__placement){
        .window = { when.start, end }, .step = USUAL_STEP, .days = ROTA__EVERY_DAY, .end = DAY
    };
}

int rota__placement_zone(rota__context *cx, const rota_id *first, rota__placement *out)
{
    rota__resource resource;
    if (out->zone) return ROTA_OK;
    int rc = rota__resource_get(cx, first, &resource);
    if (rc == ROTA_OK) out->zone = resource.zone;
    return rc;
}

/* --- bytes --- */

int rota__placement_write(rota__env *env, const rota__placement *placement, rota__booking *booking)
{
    rota__str w;
    rota__str_init(&w, env->arena);
    rota__bytes_put(&w, VERSION);
    rota__bytes_put_number(&w, (uint64_t)(placement->window.start - ROTA_TIME_MIN));
    rota__bytes_put_number(&w, (uint64_t)(placement->window.end - ROTA_TIME_MIN));
    rota__bytes_put_number(&w, (uint64_t)placement->step);
    rota__bytes_put_number(&w, placement->days);
    rota__bytes_put_number(&w, (uint64_t)placement->start);
    rota__bytes_put_number(&w, (uint64_t)(placement->end - placement->start));
    rota__bytes_put_text(&w, placement->zone);
    return rota__bytes_done(&w, env->error, &booking->placement, &booking->placement_size);
}

static int corrupt(rota__env *env, const char *why)
{
    return rota__error_set(env->error, ROTA_ECORRUPT, "a stored placement is damaged: %s", why);
}

int rota__placement_read(rota__env *env, const rota__booking *booking, rota__placement *out)
{
    const int64_t most = ROTA_TIME_MAX - ROTA_TIME_MIN;
    rota__reader r = { 0 };
    if (!rota__bytes_open(&r, booking->placement, booking->placement_size))
        return corrupt(env, "it is not the one that was written");
    if (rota__bytes_get(&r) != VERSION) rota__bytes_fail(&r, "its version is not known");
    out->window.start = ROTA_TIME_MIN + rota__bytes_int(&r, 0, most);
    out->window.end = ROTA_TIME_MIN + rota__bytes_int(&r, 1, most);
    out->step = rota__bytes_int(&r, 1, DAY);
    out->days = (uint32_t)rota__bytes_int(&r, 1, ROTA__EVERY_DAY);
    out->start = (int32_t)rota__bytes_int(&r, 0, DAY - 1);
    out->end = out->start + (int32_t)rota__bytes_int(&r, 1, DAY);
    out->zone = rota__bytes_text(&r);
    if (out->window.end <= out->window.start) rota__bytes_fail(&r, "its window is empty");
    if (out->window.end - out->window.start > ROTA_MAX_WINDOW)
        rota__bytes_fail(&r, "its window is too long");
    if (r.left > 0) rota__bytes_fail(&r, "it goes on behind its end");
    return r.wrong ? corrupt(env, r.wrong) : ROTA_OK;
}

int rota__placement_of(rota__context *cx, const rota__booking *booking, rota__placement *out)
{
    if (booking->placement) return rota__placement_read(&cx->env, booking, out);
    *out = rota__placement_default(booking->when);
    return rota__placement_zone(cx, &booking->claims[0].resource_id, out);
}
