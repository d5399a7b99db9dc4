/* Reminders as the model keeps them: lists, how far they were made, what was noted, and
 * those that somebody was given; what a commit does about them, as of rota__remind in
 * store.h, and the reads. What comes due when is left to domain/reminder_due.c. */
#include "store/memory_private.h"

#include "base/id.h"
#include "base/sort.h"

/* --- where a row is --- */

rota__reminder_state rota__memory_state_of(const rota__memory *m)
{
    rota__reminder_state state = { 0 };
    if (m->state.count == 0) return state;
    memcpy(&state, m->state.items[0], sizeof state);
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        if (known && known->count > 0 && known->offsets[known->count - 1] > state.longest)
            state.longest = known->offsets[known->count - 1];
    }
    return state;
}

static int64_t find_next(const rota__memory *m, int64_t booking)
{
    for (int64_t i = 0; i < m->next.count; i++) {
        const rota__reminder_next *known = m->next.items[i];
        if (known && known->booking == booking) return i;
    }
    return -1;
}

static int64_t find_note(const rota__memory *m, const rota__reminder_note *wanted)
{
    for (int64_t i = 0; i < m->notes.count; i++) {
        const rota__reminder_note *known = m->notes.items[i];
        if (known && known->at == wanted->at && known->booking == wanted->booking &&
            known->occurrence == wanted->occurrence)
            return i;
    }
    return -1;
}

static int64_t find_list(const rota__memory *m, int32_t of, int64_t subject)
{
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        if (known && known->of == of && known->subject == subject) return i;
    }
    return -1;
}

static int64_t find_reminder(const rota__memory *m, const rota_id *id)
{
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *known = m->reminders.items[i];
        if (known && rota__id_compare(&known->id, id) == 0) return i;
    }
    return -1;
}

/* --- what a commit does --- */

static int put_next(rota__memory_writing *w, int64_t booking, rota_time at)
{
    rota__memory *m = w->m;
    rota__reminder_next *next = NULL;
    int64_t place = find_next(m, booking);
    if (at != ROTA_TIME_MAX) {
        if (!(next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next))) return ROTA_ENOMEM;
        *next = (rota__reminder_next){ booking, at };
    }
    if (place >= 0) return rota__memory_put_at(w, &m->next, place, next);
    return next ? rota__memory_append(w, &m->next, next) : ROTA_OK;
}

static int put_note(rota__memory_writing *w, const rota__reminder_note *note)
{
    if (find_note(w->m, note) >= 0) return ROTA_OK;
    rota__reminder_note *next = rota__arena_copy(&w->m->rows, note, (int64_t)sizeof *note);
    return next ? rota__memory_append(w, &w->m->notes, next) : ROTA_ENOMEM;
}

int rota__memory_remind_booking(rota__memory_writing *w, const rota__booking *now,
                                const rota__booking *next)
{
    rota__reminder_state state = rota__memory_state_of(w->m);
    rota__reminder_note note = { .at = ROTA_TIME_MIN, .booking = next->row };
    if (state.version == 0) return ROTA_OK;
    if (next->series) return put_next(w, next->row, ROTA_TIME_MIN);
    return rota__reminder_is_noted(&state, now, next) ? put_note(w, &note) : ROTA_OK;
}

static int look_again(rota__memory_writing *w)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < w->m->bookings.count && rc == ROTA_OK; i++) {
        const rota__booking *booking = w->m->bookings.items[i];
        if (booking->series) rc = put_next(w, booking->row, ROTA_TIME_MIN);
    }
    return rc;
}

static int put_state(rota__memory_writing *w)
{
    rota__memory *m = w->m;
    const rota__remind *remind = &w->batch->remind;
    rota__reminder_state *next = rota__arena_copy(&m->rows, &remind->state,
                                                  (int64_t)sizeof remind->state);
    if (!next) return ROTA_ENOMEM;
    next->version = remind->was + 1;
    next->longest = 0;
    int rc = remind->was ? rota__memory_put_at(w, &m->state, 0, next)
                         : rota__memory_append(w, &m->state, next);
    return rc == ROTA_OK && remind->look_again ? look_again(w) : rc;
}

static bool copy_list(rota__arena *arena, const rota__reminder_list *from, rota__reminder_list *to)
{
    *to = *from;
    to->offsets = rota__arena_copy(arena, from->count ? (const void *)from->offsets : "",
                                   from->count * (int64_t)sizeof *from->offsets);
    return to->offsets != NULL;
}

static int put_list(rota__memory_writing *w, const rota__reminder_list *put)
{
    rota__memory *m = w->m;
    rota__reminder_list *next = NULL;
    int64_t at = find_list(m, put->of, put->subject);
    int rc = ROTA_OK;
    if (put->count >= 0) {
        next = rota__arena_alloc(&m->rows, 1, (int64_t)sizeof *next);
        if (!next || !copy_list(&m->rows, put, next)) return ROTA_ENOMEM;
    }
    if (at >= 0)
        rc = rota__memory_put_at(w, &m->lists, at, next);
    else if (next)
        rc = rota__memory_append(w, &m->lists, next);
    if (rc != ROTA_OK || put->of != ROTA__REMIND_BOOKING) return rc == ROTA_OK ? look_again(w) : rc;
    const rota__booking *booking = rota__memory_booking_at(m, put->subject);
    if (!booking) return ROTA__STALE;
    return booking->series ? put_next(w, booking->row, ROTA_TIME_MIN) : ROTA_OK;
}

/* Of one that is there only what became of it changes. */
static int put_reminder(rota__memory_writing *w, const rota__reminder *put)
{
    rota__memory *m = w->m;
    int64_t at = find_reminder(m, &put->id);
    rota__reminder *next = rota__arena_copy(&m->rows, at < 0 ? put : m->reminders.items[at],
                                            (int64_t)sizeof *put);
    if (!next) return ROTA_ENOMEM;
    next->state = put->state;
    next->attempt = put->attempt;
    next->until = put->until;
    return at < 0 ? rota__memory_append(w, &m->reminders, next)
                  : rota__memory_put_at(w, &m->reminders, at, next);
}

static int put_fresh(rota__memory_writing *w, int64_t bookings)
{
    const rota__batch *batch = w->batch;
    rota__reminder_state state = rota__memory_state_of(w->m);
    int rc = ROTA_OK;
    for (int64_t i = 0; i < batch->fresh.count && rc == ROTA_OK && state.version > 0; i++) {
        const rota__fresh *fresh = &batch->fresh.items[i];
        int64_t row = batch->bookings.items[fresh->booking].row, made = bookings;
        for (int64_t k = 0; row == 0 && k <= fresh->booking; k++)
            made += batch->bookings.items[k].row == 0;
        rota__reminder_note note = { ROTA_TIME_MIN, row ? row : made, fresh->occurrence };
        if (rota__reminder_is_behind(&state, fresh->start)) rc = put_note(w, &note);
    }
    return rc;
}

static int put_remind(rota__memory_writing *w)
{
    const rota__remind *remind = &w->batch->remind;
    if (!remind->on) return ROTA_OK;
    int rc = put_state(w);
    for (int64_t i = 0; i < remind->lists.count && rc == ROTA_OK; i++)
        rc = put_list(w, &remind->lists.items[i]);
    for (int64_t i = 0; i < remind->put.count && rc == ROTA_OK; i++)
        rc = put_reminder(w, &remind->put.items[i]);
    for (int64_t i = 0; i < remind->dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_reminder(w->m, &remind->dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : rota__memory_put_at(w, &w->m->reminders, at, NULL);
    }
    for (int64_t i = 0; i < remind->notes_dropped.count && rc == ROTA_OK; i++) {
        int64_t at = find_note(w->m, &remind->notes_dropped.items[i]);
        rc = at < 0 ? ROTA__STALE : rota__memory_put_at(w, &w->m->notes, at, NULL);
    }
    for (int64_t i = 0; i < remind->notes_put.count && rc == ROTA_OK; i++)
        rc = put_note(w, &remind->notes_put.items[i]);
    for (int64_t i = 0; i < remind->next.count && rc == ROTA_OK; i++)
        rc = put_next(w, remind->next.items[i].booking, remind->next.items[i].at);
    return rc;
}

static bool is_old(const rota__reminder *known, rota_time horizon)
{
    return known && known->state == ROTA__REMINDER_DONE && known->start < horizon;
}

/* The place of the old one with the lowest id; -1: there is none. */
static int64_t find_old(const rota__memory *m, rota_time horizon)
{
    int64_t lowest = -1;
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *known = m->reminders.items[i];
        if (!is_old(known, horizon)) continue;
        const rota__reminder *best = lowest < 0 ? NULL : m->reminders.items[lowest];
        if (!best || rota__id_compare(&known->id, &best->id) < 0) lowest = i;
    }
    return lowest;
}

static int drop_reminders(rota__memory_writing *w)
{
    int rc = ROTA_OK;
    while (rc == ROTA_OK && w->reminders_dropped < w->batch->reminders_dropped_max) {
        int64_t at = find_old(w->m, w->batch->reminders_horizon);
        if (at < 0) break;
        rc = rota__memory_put_at(w, &w->m->reminders, at, NULL);
        w->reminders_dropped++;
    }
    return rc;
}

int rota__memory_remind_write(rota__memory_writing *w, int64_t bookings)
{
    int rc = put_fresh(w, bookings);
    if (rc == ROTA_OK) rc = put_remind(w);
    return rc == ROTA_OK ? drop_reminders(w) : rc;
}

/* --- the reads --- */

int rota__memory_reminder_state(rota__store *self, rota__env *env, rota__reminder_state *out)
{
    (void)env;
    *out = rota__memory_state_of(rota__memory_of(self));
    return ROTA_OK;
}

int rota__memory_reminder_list(rota__store *self, rota__env *env, int32_t of, int64_t subject,
                               rota__reminder_list *out)
{
    const rota__memory *m = rota__memory_of(self);
    int64_t at = find_list(m, of, subject);
    if (at < 0) return ROTA_ENOTFOUND;
    return copy_list(env->arena, m->lists.items[at], out) ? ROTA_OK : rota__memory_nomem(env);
}

int rota__memory_reminder_any(rota__store *self, rota__env *env, int32_t of, bool *any)
{
    const rota__memory *m = rota__memory_of(self);
    (void)env;
    *any = false;
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        *any |= known && known->of == of;
    }
    return ROTA_OK;
}

int rota__memory_reminder_offsets(rota__store *self, rota__env *env, int64_t **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    ROTA__LIST(int64_t) found = { 0 };
    for (int64_t i = 0; i < m->lists.count; i++) {
        const rota__reminder_list *known = m->lists.items[i];
        for (int64_t k = 0; known && k < known->count; k++) {
            int64_t *next = ROTA__PUSH(env->arena, &found);
            if (!next) return rota__memory_nomem(env);
            *next = known->offsets[k];
        }
    }
    *rows = found.items;
    *count = rota__sort_once(found.items, found.count);
    return ROTA_OK;
}

int rota__memory_reminder_get(rota__store *self, rota__env *env, const rota_id *id,
                              rota__reminder *out)
{
    const rota__memory *m = rota__memory_of(self);
    int64_t at = find_reminder(m, id);
    (void)env;
    if (at < 0) return ROTA_ENOTFOUND;
    memcpy(out, m->reminders.items[at], sizeof *out);
    return ROTA_OK;
}

static int order_due(const void *a, const void *b)
{
    const rota__reminder *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->due, y->due);
    return order ? order : rota__id_compare(&x->id, &y->id);
}

static int order_ids(const void *a, const void *b)
{
    const rota__reminder *x = *(const void *const *)a, *y = *(const void *const *)b;
    return rota__id_compare(&x->id, &y->id);
}

static int give_reminders(rota__env *env, const rota__memory_picked *found, rota__reminder **rows,
                          int64_t *count)
{
    rota__reminder *out = rota__memory_copies(env, found, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    *rows = out;
    *count = found->count;
    return ROTA_OK;
}

int rota__memory_reminder_open(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *r = m->reminders.items[i];
        if (!r || r->state != ROTA_REMINDER_OPEN) continue;
        if (r->until > now && r->until <= rota__clock_latest(now) + ROTA_MAX_LEASE) continue;
        if (!rota__memory_pick(env, &found, r)) return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_due);
    return give_reminders(env, &found, rows, count);
}

int rota__memory_reminder_dead(rota__store *self, rota__env *env, const rota_id *after,
                               int64_t limit, rota__reminder **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->reminders.count; i++) {
        const rota__reminder *r = m->reminders.items[i];
        if (!r || r->state != ROTA_REMINDER_DEAD || rota__id_compare(&r->id, after) <= 0) continue;
        if (!rota__memory_pick(env, &found, r)) return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_ids);
    return give_reminders(env, &found, rows, count);
}

static int order_notes(const void *a, const void *b)
{
    const rota__reminder_note *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->at, y->at);
    if (order == 0) order = rota__compare(x->booking, y->booking);
    return order ? order : rota__compare(x->occurrence, y->occurrence);
}

int rota__memory_reminder_notes(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                                rota__reminder_note **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->notes.count; i++) {
        const rota__reminder_note *known = m->notes.items[i];
        if (known && known->at <= now && !rota__memory_pick(env, &found, known))
            return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_notes);
    rota__reminder_note *out = rota__memory_copies(env, &found, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_next(const void *a, const void *b)
{
    const rota__reminder_next *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->at, y->at);
    return order ? order : rota__compare(x->booking, y->booking);
}

int rota__memory_reminder_next(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder_next **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->next.count; i++) {
        const rota__reminder_next *known = m->next.items[i];
        if (known && known->at <= now && !rota__memory_pick(env, &found, known))
            return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_next);
    rota__reminder_next *out = rota__memory_copies(env, &found, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    *rows = out;
    *count = found.count;
    return ROTA_OK;
}

static int order_starts(const void *a, const void *b)
{
    const rota__booking *x = *(const void *const *)a, *y = *(const void *const *)b;
    int order = rota__compare(x->when.start, y->when.start);
    return order ? order : rota__compare(x->row, y->row);
}

int rota__memory_reminder_starts(rota__store *self, rota__env *env, rota_time from, int64_t row,
                                 rota_time to, int64_t limit, rota__starting **rows, int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    rota__booking *bookings;
    int64_t told;
    rota__memory_picked found = { 0 };
    for (int64_t i = 0; i < m->bookings.count; i++) {
        const rota__booking *b = m->bookings.items[i];
        bool behind = b->when.start > from || (b->when.start == from && b->row > row);
        if (b->series || !rota__status_reminds(b->status) || !behind || b->when.start > to)
            continue;
        if (!rota__memory_pick(env, &found, b)) return rota__memory_nomem(env);
    }
    rota__memory_sort(&found, limit, order_starts);
    int rc = rota__memory_give_bookings(m, env, &found, &bookings, &told);
    if (rc != ROTA_OK) return rc;
    rota__starting *out = rota__arena_alloc(env->arena, told, (int64_t)sizeof *out);
    if (!out) return rota__memory_nomem(env);
    for (int64_t i = 0; i < told; i++)
        out[i] = rota__starting_of(&bookings[i]);
    *rows = out;
    *count = told;
    return ROTA_OK;
}

int rota__memory_reminder_old(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                              int64_t *count)
{
    const rota__memory *m = rota__memory_of(self);
    (void)env;
    int64_t old = 0;
    for (int64_t i = 0; i < m->reminders.count && old < limit; i++)
        old += is_old(m->reminders.items[i], horizon);
    *count = old;
    return ROTA_OK;
}
