/* Lists of reminders, and what becomes of one that was given. What is due is
 * reminder_due.c's to say. */
#include "domain/reminder.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/sort.h"
#include "base/str.h"
#include "domain/booking.h"
#include "domain/event.h"
#include "domain/request.h"
#include "domain/resource_find.h"

/* --- a list is put --- */

typedef struct putting {
    const rota_reminder_request *request;
    const int64_t *offsets; /* ascending */
} putting;

static int check_offsets(rota__context *cx, const rota_reminder_request *q, const int64_t **out)
{
    int rc = rota__request_range(cx, "offset_count", q->offset_count, 0, INT64_MAX);
    if (rc != ROTA_OK) return rc;
    if (q->offset_count > ROTA_MAX_REMINDERS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT,
                               "a list of %" PRId64 " reminders, at most %d are allowed",
                               q->offset_count, (int)ROTA_MAX_REMINDERS);
    if (q->offset_count > 0 && !q->offsets)
        return rota__error_set(cx->env.error, ROTA_EINVALID, "the offsets are NULL");
    int64_t *own = rota__arena_alloc(cx->env.arena, q->offset_count, (int64_t)sizeof *own);
    if (!own) return rota__context_nomem(cx);
    for (int64_t i = 0; i < q->offset_count && rc == ROTA_OK; i++) {
        own[i] = q->offsets[i];
        rc = rota__request_range(cx, "an offset", own[i], 0, ROTA_MAX_BUFFER);
    }
    if (rc != ROTA_OK) return rc;
    rota__sort(own, q->offset_count, sizeof *own, rota__by_value);
    for (int64_t i = 1; i < q->offset_count; i++)
        if (own[i] == own[i - 1])
            return rota__error_set(cx->env.error, ROTA_EINVALID,
                                   "an offset of %" PRId64 " seconds stands there twice", own[i]);
    *out = own;
    return ROTA_OK;
}

static int check_request(rota__context *cx, const rota_reminder_request *q)
{
    int rc = rota__request_bits(cx, "flags", q->flags, ROTA_REMINDER_INHERIT);
    if (rc == ROTA_OK)
        rc = rota__request_range(cx, "late", q->late, ROTA_LATE_SEND, ROTA_LATE_COLLAPSE);
    if (rc == ROTA_OK) rc = rota__request_range(cx, "late_secs", q->late_secs, 0, ROTA_MAX_BUFFER);
    if (rc != ROTA_OK) return rc;
    if (!rota__id_is_none(&q->booking) && !rota__id_is_none(&q->resource))
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "a list of reminders is a booking's or a resource's, not both");
    if ((q->flags & ROTA_REMINDER_INHERIT) && (q->offset_count || q->late || q->late_secs))
        return rota__error_set(cx->env.error, ROTA_EINVALID,
                               "a list that is not there any more has neither offsets nor late");
    return ROTA_OK;
}

static int find_subject(rota__write *w, const rota_reminder_request *q, rota__reminder_list *list)
{
    rota__context *cx = w->cx;
    rota__booking booking;
    rota__resource resource;
    int rc = ROTA_OK;
    list->of = ROTA__REMIND_ALL;
    if (!rota__id_is_none(&q->booking)) {
        list->of = ROTA__REMIND_BOOKING;
        if ((rc = rota__booking_get(cx, &q->booking, &booking)) == ROTA_OK)
            list->subject = booking.row;
        w->answer.receipt.id = q->booking;
    } else if (!rota__id_is_none(&q->resource)) {
        list->of = ROTA__REMIND_RESOURCE;
        if ((rc = rota__resource_get(cx, &q->resource, &resource)) == ROTA_OK)
            list->subject = resource.row;
        w->answer.receipt.id = q->resource;
    }
    return rc;
}

/* What is looked through at every poll is bounded. */
static int check_all_offsets(rota__context *cx, const rota__reminder_list *list)
{
    int64_t *known, count, fresh = 0;
    int rc = cx->store->ops->reminder_offsets(cx->store, &cx->env, &known, &count);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < list->count; i++)
        fresh += count == 0 ||
                 !bsearch(&list->offsets[i], known, (size_t)count, sizeof *known, rota__by_value);
    if (fresh == 0 || count + fresh <= ROTA_MAX_REMINDER_OFFSETS) return ROTA_OK;
    return rota__error_set(cx->env.error, ROTA_ELIMIT,
                           "the calendar's lists have %" PRId64
                           " different offsets, and at most %d are allowed",
                           count + fresh, (int)ROTA_MAX_REMINDER_OFFSETS);
}

int rota__reminder_list_of(rota__context *cx, int32_t of, int64_t subject,
                           const rota__reminder_list **out)
{
    rota__reminder_list *list = rota__arena_alloc(cx->env.arena, 1, (int64_t)sizeof *list);
    if (!list) return rota__context_nomem(cx);
    int rc = cx->store->ops->reminder_list(cx->store, &cx->env, of, subject, list);
    *out = rc == ROTA_OK ? list : NULL;
    return rc == ROTA_ENOTFOUND ? ROTA_OK : rc;
}

static bool is_same(const rota__reminder_list *a, const rota__reminder_list *b)
{
    if (!a || !b) return a == b;
    return a->late == b->late && a->late_secs == b->late_secs && a->count == b->count &&
           (a->count == 0 ||
            memcmp(a->offsets, b->offsets, (size_t)a->count * sizeof *a->offsets) == 0);
}

/* Of a list that says nothing else than the one that is there nothing is written. */
static int write_list(rota__write *w, const rota_id *subject, const rota__reminder_list *list)
{
    rota__context *cx = w->cx;
    rota__remind *remind = &w->batch.remind;
    const rota__reminder_list *was, *is = list->count == ROTA__REMIND_INHERIT ? NULL : list;
    int rc;
    if ((rc = rota__reminder_list_of(cx, list->of, list->subject, &was)) != ROTA_OK ||
        is_same(was, is) ||
        (rc = cx->store->ops->reminder_state(cx->store, &cx->env, &remind->state)) != ROTA_OK ||
        (rc = rota__event_reminders(w, subject, was, is)) != ROTA_OK)
        return rc;
    rota__reminder_list *put = ROTA__PUSH(cx->env.arena, &remind->lists);
    if (!put) return rota__context_nomem(cx);
    *put = *list;
    remind->on = true;
    remind->was = remind->state.version;
    if (remind->was > 0) return rota__reminder_settle(w);
    /* The first list of all: what was due before is nobody's. */
    remind->state = (rota__reminder_state){ .cursor = cx->now,
                                            .cursor_row = INT64_MAX,
                                            .reached = cx->now };
    return ROTA_OK;
}

static int decide_put(rota__write *w, const void *data)
{
    const putting *p = data;
    const rota_reminder_request *q = p->request;
    bool inherit = q->flags & ROTA_REMINDER_INHERIT, skips = q->late == ROTA_LATE_SKIP;
    rota__reminder_list list = { .late = q->late,
                                 .late_secs = skips && q->late_secs ? q->late_secs : 300,
                                 .offsets = p->offsets,
                                 .count = inherit ? ROTA__REMIND_INHERIT : q->offset_count };
    int rc = find_subject(w, q, &list);
    if (rc == ROTA_OK) rc = check_all_offsets(w->cx, &list);
    return rc == ROTA_OK ? write_list(w, &w->answer.receipt.id, &list) : rc;
}

int rota__reminder_forget(rota__write *w, const rota__resource *resource)
{
    const rota__reminder_list none = { .of = ROTA__REMIND_RESOURCE,
                                       .subject = resource->row,
                                       .count = ROTA__REMIND_INHERIT };
    return write_list(w, &resource->id, &none);
}

/* It is remembered until a day after its start, so that it is not given again where a clock
 * goes back by less, or a booking is restored; and, however late it was given, until the
 * cursor, which would find it once more, has passed it. */
int rota__reminder_horizon(rota__context *cx, rota_time *horizon)
{
    enum { DAY = 86400 };
    rota__reminder_state state;
    int rc = cx->store->ops->reminder_state(cx->store, &cx->env, &state);
    if (rc == ROTA_OK) *horizon = state.cursor < cx->now - DAY ? state.cursor : cx->now - DAY;
    return rc;
}

/* offsets: in their order, whatever that of the request is. */
static const char *content_of(rota__context *cx, const rota_reminder_request *q,
                              const int64_t *offsets)
{
    rota__str text;
    char booking[37], resource[37];
    rota_id_format(&q->booking, booking);
    rota_id_format(&q->resource, resource);
    rota__str_init(&text, cx->env.arena);
    rota__str_addf(&text, "reminder_put %s %s %" PRIu32 " %" PRId32 " %" PRId32, booking, resource,
                   q->flags, q->late, q->late_secs);
    for (int64_t i = 0; i < q->offset_count; i++)
        rota__str_addf(&text, " %" PRId64, offsets[i]);
    return rota__str_done(&text);
}

int rota__reminder_put(rota__write *w, const rota_reminder_request *request)
{
    putting p = { .request = request };
    int rc = check_request(w->cx, request);
    if (rc == ROTA_OK) rc = check_offsets(w->cx, request, &p.offsets);
    w->call.version = 0;
    return rc == ROTA_OK ? rota__write_run(w, decide_put, &p, content_of(w->cx, request, p.offsets))
                         : rc;
}

/* --- done, or once more --- */

typedef struct marking {
    const rota_id *ids;
    int64_t count;
    int64_t *marked;
    bool again;
} marking;

/* What becomes of one; false: nothing. One that is due again is as if a lease had ended: it
 * was given in time. */
static bool mark(const marking *m, rota__reminder *reminder, rota_time now)
{
    int32_t state = reminder->state;
    if (m->again ? state != ROTA_REMINDER_DEAD : state == ROTA__REMINDER_DONE) return false;
    reminder->state = m->again ? ROTA_REMINDER_OPEN : ROTA__REMINDER_DONE;
    if (m->again) reminder->attempt = 0;
    reminder->until = m->again ? now : ROTA_TIME_MIN;
    return true;
}

static int compare_ids(const void *left, const void *right)
{
    return rota__id_compare(left, right);
}

static int decide_mark(rota__write *w, const void *data)
{
    const marking *m = data;
    rota__context *cx = w->cx;
    rota__remind *remind = &w->batch.remind;
    int rc = cx->store->ops->reminder_state(cx->store, &cx->env, &remind->state);
    remind->was = remind->state.version;
    *m->marked = 0;
    for (int64_t i = 0; i < m->count && rc == ROTA_OK; i++) {
        rota__reminder found;
        if (i > 0 && rota__id_compare(&m->ids[i - 1], &m->ids[i]) == 0) continue;
        rc = cx->store->ops->reminder_get(cx->store, &cx->env, &m->ids[i], &found);
        if (rc == ROTA_ENOTFOUND)
            rc = ROTA_OK;
        else if (rc == ROTA_OK && mark(m, &found, cx->now)) {
            rota__reminder *put = ROTA__PUSH(cx->env.arena, &remind->put);
            if (!put) return rota__context_nomem(cx);
            *put = found;
            ++*m->marked;
        }
    }
    remind->on = rc == ROTA_OK && remind->put.count > 0;
    return rc;
}

static int run_mark(rota__write *w, const rota_id *ids, int64_t count, int64_t *marked, bool again)
{
    rota__context *cx = w->cx;
    marking m = { .count = count, .marked = marked, .again = again };
    int rc = rota__request_range(cx, "count", count, 0, INT64_MAX);
    if (rc != ROTA_OK) return rc;
    if (count > ROTA_MAX_ROWS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT,
                               "%" PRId64 " ids, at most %d are allowed at once", count,
                               (int)ROTA_MAX_ROWS);
    if (count > 0 && !ids) return rota__error_set(cx->env.error, ROTA_EINVALID, "the ids are NULL");
    if (count > 0) {
        rota_id *own = rota__arena_copy(cx->env.arena, ids, count * (int64_t)sizeof *ids);
        if (!own) return rota__context_nomem(cx);
        rota__sort(own, count, sizeof *own, compare_ids);
        m.ids = own;
    }
    w->call.key = NULL;
    w->call.version = 0;
    rc = rota__write_run(w, decide_mark, &m, "");
    if (rc == ROTA_OK && !again) rota__meter_add(&cx->meter->reminded, *marked);
    return rc;
}

int rota__reminder_ack(rota__write *w, const rota_id *ids, int64_t count, int64_t *acked)
{
    return run_mark(w, ids, count, acked, false);
}

int rota__reminder_retry(rota__write *w, const rota_id *ids, int64_t count, int64_t *retried)
{
    return run_mark(w, ids, count, retried, true);
}

/* --- those that are dead --- */

static int show_dead(rota__context *cx, const rota__reminder *dead, rota_reminder *out)
{
    rota__by booking = { .row = dead->booking }, resource = { .row = dead->resource };
    rota__booking of;
    rota__resource whom;
    int rc;
    if ((rc = cx->store->ops->booking_get(cx->store, &cx->env, &booking, &of)) != ROTA_OK ||
        (rc = cx->store->ops->resource_get(cx->store, &cx->env, &resource, &whom)) != ROTA_OK)
        return rc == ROTA_ENOTFOUND
                   ? rota__error_set(cx->env.error, ROTA_ECORRUPT, "a reminder is of nothing")
                   : rc;
    *out = (rota_reminder){ .size = (uint32_t)sizeof *out,
                            .attempt = dead->attempt,
                            .id = dead->id,
                            .booking = of.id,
                            .occurrence = dead->occurrence,
                            .resource = whom.id,
                            .start = dead->start,
                            .due = dead->due,
                            .late = cx->now - dead->due,
                            .recurs = of.series ? ROTA_RECURS_OCCURRENCE : ROTA_RECURS_NOT,
                            .state = dead->state };
    return ROTA_OK;
}

int rota__reminder_dead(rota__context *cx, const rota_id *after, int64_t limit,
                        rota__reminder_rows *rows)
{
    static const rota_id none;
    rota__reminder *dead;
    int64_t count;
    int rc = rota__request_limit(cx, limit);
    if (rc == ROTA_OK)
        rc = cx->store->ops->reminder_dead(cx->store, &cx->env, after ? after : &none,
                                           limit ? limit : 1000, &dead, &count);
    for (int64_t i = 0; rc == ROTA_OK && i < count; i++) {
        rota_reminder *row = ROTA__PUSH(cx->env.arena, rows);
        rc = row ? show_dead(cx, &dead[i], row) : rota__context_nomem(cx);
    }
    return rc;
}
