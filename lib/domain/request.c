#define _POSIX_C_SOURCE 200809L /* strnlen */

#include "domain/request.h"

#include <inttypes.h>
#include <stdio.h>

int rota__request_text(rota__context *cx, const char *what, const char *text, int64_t max,
                       int flags)
{
    if (!text)
        return flags & ROTA__REQUIRED
                   ? rota__error_set(cx->env.error, ROTA_EINVALID, "%s is missing", what)
                   : ROTA_OK;
    if (!*text && !(flags & ROTA__MAY_BE_EMPTY))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "%s is empty", what);

    /* The length first: what is too long is not looked at any further. */
    int64_t length = (int64_t)strnlen(text, (size_t)max + 1);
    if (length > max)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "%s is longer than %" PRId64 " bytes",
                               what, max);
    if (rota__str_utf8(text) < 0)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "%s is not valid UTF-8", what);
    return ROTA_OK;
}

rota__shown rota__request_show(rota_time t)
{
    rota__shown shown;
    char text[ROTA_TIME_TEXT];
    if (rota_time_format(t, text) == ROTA_OK)
        memcpy(shown.text, text, sizeof text);
    else
        snprintf(shown.text, sizeof shown.text, "%" PRId64, t);
    return shown;
}

int rota__request_span(rota__context *cx, const char *what, rota_span span)
{
    if (span.start < ROTA_TIME_MIN || span.start > ROTA_TIME_MAX || span.end < ROTA_TIME_MIN ||
        span.end > ROTA_TIME_MAX)
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "%s from %s to %s is outside of the years 1 to 9999", what,
                               rota__request_show(span.start).text,
                               rota__request_show(span.end).text);
    if (span.end <= span.start)
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "%s ends at %s, not after its start at %s", what,
                               rota__request_show(span.end).text,
                               rota__request_show(span.start).text);
    return ROTA_OK;
}

int rota__request_window(rota__context *cx, rota_span window)
{
    int rc = rota__request_span(cx, "the window", window);
    if (rc != ROTA_OK || window.end - window.start <= ROTA_MAX_WINDOW) return rc;
    return rota__error_set(cx->env.error, ROTA_ELIMIT,
                           "a window of %" PRId64 " seconds is longer than %" PRId64,
                           window.end - window.start, ROTA_MAX_WINDOW);
}

int rota__request_range(rota__context *cx, const char *what, int64_t value, int64_t low,
                        int64_t high)
{
    if (value < low || value > high)
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "%s is %" PRId64 ", not %" PRId64 " to %" PRId64, what, value, low,
                               high);
    return ROTA_OK;
}

int rota__request_bits(rota__context *cx, const char *what, uint32_t value, uint32_t known)
{
    if (value & ~known)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "%s has unknown bits: 0x%" PRIx32,
                               what, value & ~known);
    return ROTA_OK;
}

int rota__request_claim(rota__context *cx, const rota_claim *claim)
{
    int rc;
    if ((rc = rota__request_range(cx, "units", claim->units, 1, INT32_MAX)) != ROTA_OK ||
        (rc = rota__request_range(cx, "role", claim->role, ROTA_ROLE_REQUIRED,
                                  ROTA_ROLE_ORGANIZER)) != ROTA_OK ||
        (rc = rota__request_bits(cx, "claim flags", claim->flags, ROTA_CLAIM_FREE)) != ROTA_OK)
        return rc;
    return rota__request_range(cx, "reserved field of a claim", claim->reserved, 0, 0);
}

int rota__request_limit(rota__context *cx, int64_t limit)
{
    if (limit < 0) return rota__error_set(cx->env.error, ROTA_EINVALID, "limit is %" PRId64, limit);
    if (limit > ROTA_MAX_ROWS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "limit is %" PRId64 ", more than %d",
                               limit, (int)ROTA_MAX_ROWS);
    return ROTA_OK;
}

/* Which part of a series, and of which occurrence on. */
static int check_scope(rota__context *cx, const rota_call *call)
{
    bool scoped = call->scope != ROTA_SCOPE_NONE;
    int rc;
    if ((rc = rota__request_range(cx, "scope", call->scope, ROTA_SCOPE_NONE, ROTA_SCOPE_ALL)) !=
            ROTA_OK ||
        (rc = rota__request_range(cx, "reserved field of a call", call->reserved, 0, 0)) != ROTA_OK)
        return rc;
    if (!scoped && call->occurrence)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "an occurrence without a scope");
    return rota__request_range(cx, "occurrence", call->occurrence, scoped ? ROTA_TIME_MIN : 0,
                               scoped ? ROTA_TIME_MAX : 0);
}

int rota__request_call(rota__context *cx, const rota_call *call)
{
    int rc;
    if ((rc = rota__request_bits(cx, "call flags", call->flags,
                                 ROTA_CALL_DRY_RUN | ROTA_CALL_OVERRIDE)) != ROTA_OK ||
        (rc = rota__request_text(cx, "actor", call->actor, ROTA_MAX_NAME, ROTA__MAY_BE_EMPTY)) !=
            ROTA_OK ||
        (rc = rota__request_text(cx, "role", call->role, ROTA_MAX_NAME, ROTA__MAY_BE_EMPTY)) !=
            ROTA_OK ||
        (rc = rota__request_text(cx, "key", call->key, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_text(cx, "trace", call->trace, ROTA_MAX_NAME, ROTA__MAY_BE_EMPTY)) !=
            ROTA_OK ||
        (rc = check_scope(cx, call)) != ROTA_OK)
        return rc;
    return rota__request_range(cx, "expected version", call->version, 0, INT64_MAX);
}

const char *rota__request_booking(rota__context *cx, const rota__booking *b)
{
    rota__str text;
    char id[37];
    rota_id_format(b->part_of ? &b->part_of_id : &b->id, id);
    rota__str_init(&text, cx->env.arena);
    if (b->part_of)
        rota__str_addf(&text, "occurrence %s of ", rota__request_show(b->occurrence).text);
    if (b->title)
        rota__str_addf(&text, "booking \"%.*s\"", ROTA__SHOW_NAME(b->title));
    else if (b->row)
        rota__str_addf(&text, "booking %s", id);
    else /* nobody has seen the id of one that is not made yet */
        rota__str_add(&text, "the booking");
    const char *name = rota__str_done(&text);
    return name ? name : "the booking";
}
