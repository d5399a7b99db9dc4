#include "domain/resolve.h"

#include <inttypes.h>

#include "base/sort.h"
#include "base/str.h"
#include "domain/event.h"
#include "domain/placement.h"
#include "domain/request.h"
#include "domain/way.h"

/* --- conflicts, as the host sees them --- */

typedef rota__rivals rivals;

/* To everybody but the store an occurrence with a row of its own is one of its series, and
 * has the id, the version and the name of that. */
static int adopt(rota__write *w, rota__booking *rival)
{
    rota__booking series;
    if (!rival->part_of) return ROTA_OK;
    int rc = rota__way_read(w, rival->part_of, &series);
    if (rc != ROTA_OK) return rc;
    rival->id = series.id;
    rival->version = series.version;
    rival->title = series.title;
    rival->ref = series.ref;
    rival->priority = series.priority;
    return ROTA_OK;
}

/* Every other booking among the clashes, once. */
static int read_rivals(rota__write *w, const rota__clashes *clashes, rivals *list)
{
    rota__context *cx = w->cx;
    int64_t *rows = rota__arena_alloc(cx->env.arena, clashes->count, (int64_t)sizeof *rows);
    if (!rows) return rota__context_nomem(cx);
    for (int64_t i = 0; i < clashes->count; i++)
        rows[i] = clashes->items[i].booking;
    const int64_t count = rota__sort_once(rows, clashes->count);
    for (int64_t i = 0; i < count; i++) {
        if (rows[i] == 0) continue;
        rota__booking *rival = ROTA__PUSH(cx->env.arena, list);
        if (!rival) return rota__context_nomem(cx);
        int rc = rota__way_read(w, rows[i], rival);
        if (rc == ROTA_OK) rc = adopt(w, rival);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static int keep_text(rota__write *w, const char *text, const char **out)
{
    *out = rota__arena_text(w->cx->report, text, -1);
    return *out || !text ? ROTA_OK : rota__context_nomem(w->cx);
}

static int add_conflict(rota__write *w, const rota__clash *clash, const rivals *list)
{
    const rota__resource *resource = &clash->resource->resource;
    rota_conflict row = { .size = (uint32_t)sizeof row,
                          .units_asked = (int32_t)clash->units_asked,
                          .resource = resource->id,
                          .overlap = clash->overlap,
                          .units_left = clash->units_left };
    const rota__booking *rival = rota__way_rival(list, clash->booking);
    int rc;
    if ((rc = keep_text(w, resource->name, &row.resource_name)) != ROTA_OK ||
        (rc = keep_text(w, resource->ref, &row.resource_ref)) != ROTA_OK)
        return rc;
    if (clash->via) {
        rota__timeline *via;
        if ((rc = rota__write_look(w, clash->via, &via)) != ROTA_OK) return rc;
        row.via = via->resource.id;
    }
    row.asked_recurs = clash->asked_recurs ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT;
    row.asked = clash->asked;
    if (rival) {
        bool apart = rival->part_of != 0;
        row.booking = rival->id;
        row.when = clash->recurs ? clash->when : rival->when;
        row.recurs = apart || clash->recurs ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT;
        row.occurrence = apart ? rival->occurrence : clash->original;
        row.version = rival->version;
        row.status = rival->status;
        row.priority = rival->priority;
        if ((rc = keep_text(w, rival->title, &row.title)) != ROTA_OK ||
            (rc = keep_text(w, rival->ref, &row.ref)) != ROTA_OK)
            return rc;
    } else {
        row.when = clash->overlap;
    }
    return rota__write_conflict(w, &row);
}

static int by_start(const void *left, const void *right)
{
    const rota_conflict *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    int order = rota__id_compare(&a->resource, &b->resource);
    if (order == 0) order = rota__id_compare(&a->booking, &b->booking);
    if (order == 0) order = (a->occurrence > b->occurrence) - (a->occurrence < b->occurrence);
    return order ? order : (a->asked > b->asked) - (a->asked < b->asked);
}

static int list_conflicts(rota__write *w, const rota__clashes *clashes, rivals *list)
{
    int rc = read_rivals(w, clashes, list);
    w->answer.conflicts.count = 0;
    for (int64_t i = 0; rc == ROTA_OK && i < clashes->count; i++)
        rc = add_conflict(w, &clashes->items[i], list);
    if (rc == ROTA_OK)
        rota__sort(w->answer.conflicts.items, w->answer.conflicts.count,
                   sizeof *w->answer.conflicts.items, by_start);
    return rc;
}

/* 'why "Blue" is taken … by "Standup", and 2 more conflicts'. */
static int say(rota__write *w, const char *why)
{
    const rota_conflict *first = &w->answer.conflicts.items[0];
    rota__str text;
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s\"%.*s\" ", why, ROTA__SHOW_NAME(first->resource_name));
    if (rota__id_is_none(&first->booking)) {
        rota__str_addf(&text, "has %" PRId64 " unit%s, not the %" PRId32 " asked for",
                       first->units_left, first->units_left == 1 ? "" : "s", first->units_asked);
        /* Of a series that may be the sum of two that are too near to each other. */
        if (first->asked_recurs == ROTA_RECURS_OCCURRENCE)
            rota__str_addf(&text, " by the series %s to %s, setup and cleanup included",
                           rota__request_show(first->overlap.start).text,
                           rota__request_show(first->overlap.end).text);
    } else {
        if (first->units_left > 0)
            rota__str_addf(&text, "has %" PRId64 " of the %" PRId32 " units asked for left",
                           first->units_left, first->units_asked);
        else
            rota__str_add(&text, "is taken");
        rota__str_addf(&text, " %s to %s by ", rota__request_show(first->when.start).text,
                       rota__request_show(first->when.end).text);
        char id[37];
        rota_id_format(&first->booking, id);
        if (first->title)
            rota__str_addf(&text, "\"%.*s\"", ROTA__SHOW_NAME(first->title));
        else
            rota__str_addf(&text, "booking %s", id);
    }
    if (w->answer.conflicts.count > 1)
        rota__str_addf(&text, ", and %" PRId64 " more conflict%s", w->answer.conflicts.count - 1,
                       w->answer.conflicts.count == 2 ? "" : "s");
    const char *message = rota__str_done(&text);
    return message ? rota__error_set(w->cx->env.error, ROTA_ECONFLICT, "%s", message)
                   : rota__context_nomem(w->cx);
}

/* --- what rules forbid --- */

/* Who may cancel what has begun may book at night too; where no new time is taken, what
 * was once allowed stays; and nobody uses what is blocked. */
bool rota__resolve_any_hours(const rota__write *w)
{
    return w->any_hours || (w->call.flags & ROTA_CALL_OVERRIDE);
}

static int add_violation(rota__write *w, const rota__breach *breach)
{
    const rota__resource *resource = &breach->resource->resource;
    rota__str text;
    rota_violation row = { .size = (uint32_t)sizeof row,
                           .asked_recurs = breach->recurs ? ROTA_RECURS_OCCURRENCE
                                                          : ROTA_RECURS_NOT,
                           .rule = "hours",
                           .resource = resource->id,
                           .when = breach->when,
                           .asked = breach->original };
    rota__str_init(&text, w->cx->report);
    rota__str_addf(&text, "\"%.*s\" is not open throughout %s to %s",
                   ROTA__SHOW_NAME(resource->name), rota__request_show(breach->when.start).text,
                   rota__request_show(breach->when.end).text);
    if (breach->closed != breach->resource)
        rota__str_addf(&text, ", as \"%.*s\" is not",
                       ROTA__SHOW_NAME(breach->closed->resource.name));
    row.message = rota__str_done(&text);
    if (!row.message) return rota__context_nomem(w->cx);
    int rc = keep_text(w, resource->name, &row.resource_name);
    if (rc == ROTA_OK) rc = keep_text(w, resource->ref, &row.resource_ref);
    return rc == ROTA_OK ? rota__write_violation(w, &row) : rc;
}

static int by_resource_id(const void *left, const void *right)
{
    const rota_violation *a = left, *b = right;
    int order = rota__id_compare(&a->resource, &b->resource);
    if (order == 0) order = (a->asked > b->asked) - (a->asked < b->asked);
    return order ? order : strcmp(a->rule, b->rule);
}

static int list_violations(rota__write *w, const rota__breaches *breaches)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < breaches->count && rc == ROTA_OK; i++)
        rc = add_violation(w, &breaches->items[i]);
    if (rc == ROTA_OK)
        rota__sort(w->answer.violations.items, w->answer.violations.count,
                   sizeof *w->answer.violations.items, by_resource_id);
    return rc;
}

static int say_forbidden(rota__write *w, const char *why)
{
    const int64_t more = w->answer.violations.count - 1;
    const char *first = w->answer.violations.items[0].message;
    if (more == 0) return rota__error_set(w->cx->env.error, ROTA_EPOLICY, "%s%s", why, first);
    return rota__error_set(w->cx->env.error, ROTA_EPOLICY, "%s%s, and %" PRId64 " more violation%s",
                           why, first, more, more == 1 ? "" : "s");
}

int rota__resolve_tell(rota__write *w, const rota__clashes *clashes, const rota__breaches *breaches)
{
    rivals list = { 0 };
    int rc = list_violations(w, breaches);
    if (rc == ROTA_OK && clashes->count > 0) rc = list_conflicts(w, clashes, &list);
    if (rc != ROTA_OK) return rc;
    return clashes->count > 0 ? say(w, "") : say_forbidden(w, "");
}

/* --- lapsed holds whose time is taken --- */

int rota__resolve_expire(rota__write *w, const rota__booking *hold)
{
    rota__booking after = *hold;
    after.status = ROTA_BOOKING_EXPIRED;
    int rc = rota__write_put(w, hold, &after);
    return rc == ROTA_OK ? rota__event_booking(w, ROTA_EVENT_BOOKING_EXPIRED, NULL) : rc;
}

static int expire_lapsed(rota__write *w)
{
    rota__context *cx = w->cx;
    rota__sort(w->lapsed.items, w->lapsed.count, sizeof *w->lapsed.items, rota__by_value);
    for (int64_t i = 0; i < w->lapsed.count; i++) {
        if (i > 0 && w->lapsed.items[i] == w->lapsed.items[i - 1]) continue;
        rota__booking hold;
        int rc = rota__way_read(w, w->lapsed.items[i], &hold);
        if (rc != ROTA_OK) return rc;
        bool lapsed = hold.status == ROTA_BOOKING_HELD && rota__lapsed(hold.hold_expires, cx->now);
        if (lapsed && (rc = rota__resolve_expire(w, &hold)) != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

static bool all_decided(const rota__write *w, const rivals *list)
{
    for (int64_t i = 0; i < list->count; i++)
        if (!rota__write_verdict(w, &list->items[i].id, list->items[i].version)) return false;
    return true;
}

static int say_stuck(rota__write *w, const rota__booking *stuck)
{
    rota__placement placement;
    rota__str text;
    int rc = rota__placement_of(w->cx, stuck, &placement);
    if (rc == ROTA_OK)
        rc = rota__event_note_unplaced(w, stuck, placement.window,
                                       stuck->when.end - stuck->when.start);
    if (rc != ROTA_OK) return rc;
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "there is no other place for %s, and ",
                   rota__request_booking(w->cx, stuck));
    const char *why = rota__str_done(&text);
    return why ? say(w, why) : rota__context_nomem(w->cx);
}

int rota__resolve_claims(rota__write *w, const rota__booking *booking, int32_t on_conflict,
                         const char *why)
{
    rota__context *cx = w->cx;
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    rivals list = { 0 };
    const rota__booking *stuck = NULL;
    bool made = false;
    int rc = rota__way_clear(w, booking, &clashes, rota__resolve_any_hours(w) ? NULL : &breaches);
    if (rc == ROTA_OK) rc = list_violations(w, &breaches);
    if (rc != ROTA_OK) return rc;
    const bool forbidden = w->answer.violations.count > 0;
    if (clashes.count == 0) return forbidden ? say_forbidden(w, why) : expire_lapsed(w);
    if ((rc = list_conflicts(w, &clashes, &list)) != ROTA_OK) return rc;
    if (forbidden) return say(w, why);

    if (on_conflict == ROTA_ON_CONFLICT_DEFAULT) on_conflict = cx->on_conflict;
    bool asks = on_conflict == ROTA_ON_CONFLICT_ASK && cx->ask;
    if (asks && !all_decided(w, &list)) return ROTA__ASK_FIRST;
    if (asks || on_conflict == ROTA_ON_CONFLICT_OVERRIDE ||
        on_conflict == ROTA_ON_CONFLICT_DISPLACE) {
        rc = rota__way_make(w, booking, on_conflict, &clashes, &list, &made, &stuck);
        if (rc != ROTA_OK) return rc;
    }
    if (stuck) return say_stuck(w, stuck);
    if (!made) return say(w, why);
    w->answer.conflicts.count = 0;
    return expire_lapsed(w);
}

static int admit_with(rota__write *w, const rota__series *series, const rota__booking *with,
                      const rota__absent *absent, rota__clashes *clashes, rota__breaches *breaches)
{
    rota__arena *arena = w->cx->env.arena;
    rota__absent changed = { .items = absent->items, .count = absent->count };
    rota__clashes found = { 0 };
    rota__breaches closed = { 0 };
    int rc = rota__admit_arrive_series(w, series, with, &changed);
    if (rc == ROTA_OK)
        rc = rota__admit_claims(w, with->when, with->claims, with->claim_count, &changed, NULL,
                                &found, breaches ? &closed : NULL);
    for (int64_t i = 0; i < found.count && rc == ROTA_OK; i++) {
        rota__clash *clash = ROTA__PUSH(arena, clashes);
        if (!clash) return rota__context_nomem(w->cx);
        *clash = found.items[i];
        clash->asked_recurs = true;
        clash->asked = with->occurrence;
        if (clash->booking >= 0) continue;
        const rota__arrival *own = &changed.arrivals.items[-1 - clash->booking];
        clash->booking = with->part_of;
        clash->recurs = true;
        clash->original = own->original;
        clash->when = own->when;
    }
    for (int64_t i = 0; i < closed.count && rc == ROTA_OK; i++) {
        rota__breach *breach = ROTA__PUSH(arena, breaches);
        if (!breach) return rota__context_nomem(w->cx);
        *breach = closed.items[i];
        breach->recurs = true;
        breach->original = with->occurrence;
    }
    return rc;
}

int rota__resolve_series(rota__write *w, const rota__series *series, rota_time from,
                         const rota__booking *with, const rota__absent *absent, bool partial,
                         const char *why, rota_time *checked_until)
{
    rota__clashes clashes = { 0 };
    rota__breaches breaches = { 0 };
    rivals list = { 0 };
    const bool forbidden = w->answer.violations.count > 0; /* altogether */
    int rc = rota__admit_series(w, series, from, absent, &clashes,
                                rota__resolve_any_hours(w) ? NULL : &breaches, checked_until);
    if (rc == ROTA_OK && with)
        rc = admit_with(w, series, with, absent, &clashes,
                        rota__resolve_any_hours(w) ? NULL : &breaches);
    if (rc != ROTA_OK) return rc;
    if (clashes.count == 0 && breaches.count == 0)
        return forbidden ? say_forbidden(w, why) : expire_lapsed(w);
    if (partial &&
        (clashes.count >= ROTA__SERIES_CLASHES || breaches.count >= ROTA__SERIES_CLASHES))
        return rota__error_set(w->cx->env.error, ROTA_ELIMIT,
                               "more than %d conflicts are in the way of the series",
                               (int)ROTA__SERIES_CLASHES);
    if (clashes.count > ROTA__SERIES_CLASHES) clashes.count = ROTA__SERIES_CLASHES;
    if (breaches.count > ROTA__SERIES_CLASHES) breaches.count = ROTA__SERIES_CLASHES;
    if ((rc = list_violations(w, &breaches)) != ROTA_OK) return rc;
    if (clashes.count > 0 && (rc = list_conflicts(w, &clashes, &list)) != ROTA_OK) return rc;
    if (!partial || forbidden) return clashes.count > 0 ? say(w, why) : say_forbidden(w, why);
    w->lapsed.count = 0; /* what is left of it is asked again, and ends those in its way */
    return ROTA_OK;
}

int rota__resolve_change(rota__write *w, int64_t resource, rota_span when,
                         const rota__change *change)
{
    rota__clashes clashes = { 0 };
    const rota__breaches breaches = { 0 };
    int rc = rota__admit_change(w, resource, when, change, &clashes);
    if (rc != ROTA_OK) return rc;
    return clashes.count == 0 ? expire_lapsed(w) : rota__resolve_tell(w, &clashes, &breaches);
}
