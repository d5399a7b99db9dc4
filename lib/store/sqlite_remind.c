/* Reminders as the file keeps them: lists, how far they were made, what was noted, and
 * those that somebody was given. What comes due when is left to domain/reminder_due.c.
 *
 * The state is read once in a turn, and only if somebody else has written since: who
 * books where nobody is reminded of anything pays nothing for it. */
#include "store/sqlite_private.h"

#include "base/id.h"
#include "base/sort.h"
#include "base/words.h"

/* --- rows --- */

static uint8_t *pack_offsets(rota__arena *arena, const rota__reminder_list *list)
{
    uint8_t *bytes = rota__arena_alloc(arena, list->count, 4), *at = bytes;
    for (int64_t i = 0; bytes && i < list->count; i++)
        at = rota__little_put_32(at, (uint32_t)list->offsets[i]);
    return bytes;
}

void rota__sqlite_read_list(rota__sqlite_query *query, rota__reminder_list *out)
{
    *out = (rota__reminder_list){ 0 };
    query->column = 1;
    out->of = rota__sqlite_small(query, ROTA__REMIND_ALL, ROTA__REMIND_BOOKING);
    out->subject = rota__sqlite_int(query, 0, INT64_MAX);
    out->late = rota__sqlite_small(query, ROTA_LATE_SEND, ROTA_LATE_COLLAPSE);
    out->late_secs = rota__sqlite_int(query, 0, INT32_MAX);
    int64_t size = 0;
    const uint8_t *bytes = rota__sqlite_look_at_bytes(query, &size);
    if (query->status != ROTA_OK) return;
    int64_t *offsets = rota__arena_alloc(query->env->arena, size / 4, (int64_t)sizeof *offsets);
    if (!offsets) {
        query->status = rota__error_plain(query->env->error, ROTA_ENOMEM);
        return;
    }
    bool well = size % 4 == 0;
    for (int64_t i = 0; i < size / 4; i++) {
        offsets[i] = rota__little_32(bytes + 4 * i);
        well &= offsets[i] <= ROTA_MAX_BUFFER && (i == 0 || offsets[i - 1] < offsets[i]);
    }
    if (!well) rota__sqlite_damage(query, "offsets");
    out->offsets = offsets;
    out->count = size / 4;
}

void rota__sqlite_read_reminder(rota__sqlite_query *query, rota__reminder *out)
{
    *out = (rota__reminder){ .booking = rota__sqlite_row(query) };
    out->id = rota__sqlite_id(query);
    out->occurrence = rota__sqlite_instant(query);
    out->resource = rota__sqlite_row(query);
    out->start = rota__sqlite_instant(query);
    out->due = rota__sqlite_instant(query);
    out->state = rota__sqlite_small(query, ROTA_REMINDER_OPEN, ROTA_REMINDER_DEAD);
    out->attempt = rota__sqlite_small(query, 0, INT32_MAX);
    out->until = rota__sqlite_instant(query);
    if (query->status == ROTA_OK && out->due > out->start) rota__sqlite_damage(query, "due_at");
}

void rota__sqlite_read_note(rota__sqlite_query *query, rota__reminder_note *out)
{
    *out = (rota__reminder_note){ .booking = rota__sqlite_row(query) };
    out->at = rota__sqlite_instant(query);
    out->occurrence = rota__sqlite_instant(query);
}

void rota__sqlite_read_next(rota__sqlite_query *query, rota__reminder_next *out)
{
    *out = (rota__reminder_next){ .booking = rota__sqlite_row(query) };
    out->at = rota__sqlite_instant(query);
}

static void read_starting(rota__sqlite_query *query, rota__starting *out)
{
    out->row = rota__sqlite_row(query);
    out->id = rota__sqlite_id(query);
    out->when = rota__sqlite_span(query);
    out->claim_count = rota__sqlite_claims(query, &out->claims);
    if (!rota__sqlite_is_null(query)) out->part_of = rota__sqlite_row(query);
}

/* --- reads --- */

static int read_state(rota__sqlite *self, rota__env *env, rota__reminder_state *out)
{
    rota__reminder_state state = { 0 };
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_REMIND_STATE);
    if (rota__sqlite_next(&query)) {
        query.column = 1;
        state.version = rota__sqlite_row(&query);
        state.cursor = rota__sqlite_instant(&query);
        state.cursor_row = rota__sqlite_int(&query, 0, INT64_MAX);
        state.reached = rota__sqlite_instant(&query);
        state.longest = rota__sqlite_int(&query, 0, ROTA_MAX_BUFFER);
    }
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *out = state;
    return rc;
}

int rota__sqlite_reminder_state(rota__store *store, rota__env *env, rota__reminder_state *out)
{
    rota__sqlite_of(store)->deadline = 0;
    return read_state(rota__sqlite_of(store), env, out);
}

static void start(rota__sqlite_query *query, rota__store *store, rota__env *env, int id)
{
    rota__sqlite *self = rota__sqlite_of(store);
    self->deadline = 0;
    rota__sqlite_start(query, self, env, id);
}

static int get_list(rota__sqlite_query *query, int32_t of, int64_t subject,
                    rota__reminder_list *out)
{
    rota__reminder_list list;
    rota__sqlite_bind_int(query, of);
    rota__sqlite_bind_int(query, subject);
    bool found = rota__sqlite_next(query);
    if (found) rota__sqlite_read_list(query, &list);
    int rc = rota__sqlite_end(query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = list;
    return ROTA_OK;
}

int rota__sqlite_reminder_list(rota__store *store, rota__env *env, int32_t of, int64_t subject,
                               rota__reminder_list *out)
{
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_LIST_GET);
    return get_list(&query, of, subject, out);
}

int rota__sqlite_reminder_any(rota__store *store, rota__env *env, int32_t of, bool *any)
{
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_LIST_ANY);
    rota__sqlite_bind_int(&query, of);
    bool found = rota__sqlite_next(&query);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *any = found;
    return rc;
}

int rota__sqlite_reminder_offsets(rota__store *store, rota__env *env, int64_t **rows,
                                  int64_t *count)
{
    ROTA__LIST(int64_t) found = { 0 };
    rota__sqlite_query query;
    int64_t *next = NULL;
    start(&query, store, env, ROTA__SQL_OFFSET_ALL);
    while ((next = ROTA__SQLITE_NEXT(&query, &found)))
        *next = rota__sqlite_int(&query, 0, ROTA_MAX_BUFFER);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

int rota__sqlite_reminder_get(rota__store *store, rota__env *env, const rota_id *id,
                              rota__reminder *out)
{
    rota__reminder found;
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_REMINDER_GET);
    rota__sqlite_bind_bytes(&query, id, (int64_t)sizeof *id);
    bool there = rota__sqlite_next(&query);
    if (there) rota__sqlite_read_reminder(&query, &found);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!there) return ROTA_ENOTFOUND;
    *out = found;
    return ROTA_OK;
}

typedef struct reminders {
    rota__reminder *items;
    int64_t count, room;
} reminders;

static int list_reminders(rota__sqlite_query *query, reminders *found)
{
    rota__reminder *next = NULL;
    while ((next = ROTA__SQLITE_NEXT(query, found)))
        rota__sqlite_read_reminder(query, next);
    return rota__sqlite_end(query);
}

static int by_due(const void *left, const void *right)
{
    const rota__reminder *a = left, *b = right;
    if (a->due != b->due) return a->due < b->due ? -1 : 1;
    return rota__id_compare(&a->id, &b->id);
}

/* Mostly everything that was given is leased, and to see so is much less than to sort it. */
static int any_open(rota__store *store, rota__env *env, rota_time now, bool *any)
{
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_REMINDER_ANY);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, rota__clock_latest(now) + ROTA_MAX_LEASE);
    *any = rota__sqlite_next(&query) && rota__sqlite_any(&query) != 0;
    return rota__sqlite_end(&query);
}

/* Those that nobody was given lie in order; those whose lease is over are few, or sorted. */
static int list_open(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                     reminders *found)
{
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_REMINDER_OPEN);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, limit);
    rota__sqlite_bind_int(&query, ROTA_TIME_MIN);
    rota__sqlite_bind_int(&query, rota__clock_latest(now) + ROTA_MAX_LEASE);
    return list_reminders(&query, found);
}

int rota__sqlite_reminder_open(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder **rows, int64_t *count)
{
    reminders found = { 0 };
    bool any = false;
    int rc = any_open(store, env, now, &any);
    if (rc == ROTA_OK && any) rc = list_open(store, env, now, limit, &found);
    if (rc != ROTA_OK) return rc;
    rota__sort(found.items, found.count, sizeof *found.items, by_due);
    *rows = found.items;
    *count = found.count < limit ? found.count : limit;
    return ROTA_OK;
}

int rota__sqlite_reminder_dead(rota__store *store, rota__env *env, const rota_id *after,
                               int64_t limit, rota__reminder **rows, int64_t *count)
{
    reminders found = { 0 };
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_REMINDER_DEAD);
    rota__sqlite_bind_bytes(&query, after, (int64_t)sizeof *after);
    rota__sqlite_bind_int(&query, limit);
    int rc = list_reminders(&query, &found);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

int rota__sqlite_reminder_notes(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                                rota__reminder_note **rows, int64_t *count)
{
    ROTA__LIST(rota__reminder_note) found = { 0 };
    rota__reminder_note *next = NULL;
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_NOTE_DUE);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, limit);
    while ((next = ROTA__SQLITE_NEXT(&query, &found)))
        rota__sqlite_read_note(&query, next);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

int rota__sqlite_reminder_next(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                               rota__reminder_next **rows, int64_t *count)
{
    ROTA__LIST(rota__reminder_next) found = { 0 };
    rota__reminder_next *next = NULL;
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_NEXT_DUE);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, limit);
    while ((next = ROTA__SQLITE_NEXT(&query, &found)))
        rota__sqlite_read_next(&query, next);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

typedef struct startings {
    rota__starting *items;
    int64_t count, room;
} startings;

static int by_start(const void *left, const void *right)
{
    const rota__starting *a = left, *b = right;
    if (a->when.start != b->when.start) return a->when.start < b->when.start ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Few are, and to ask for it with all of them takes longer. */
static int read_part(rota__sqlite *self, rota__env *env, rota__starting *one)
{
    if (one->part_of == 0) return ROTA_OK;
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_PART);
    rota__sqlite_bind_int(&query, one->row);
    if (rota__sqlite_next(&query)) { /* it is there: it was read just now */
        query.column = 1;
        one->part_of_id = rota__sqlite_id(&query);
        one->occurrence = rota__sqlite_instant(&query);
    }
    return rota__sqlite_end(&query);
}

/* The first ones of all length classes are among the first ones of each. */
static int list_starts(rota__sqlite *self, rota__env *env, rota_time from, int64_t row,
                       rota_time to, int64_t limit, startings *found)
{
    int rc = ROTA_OK;
    for (int32_t reach = 0; reach < ROTA__SQLITE_REACHES && rc == ROTA_OK; reach++) {
        const int64_t earlier = found->count;
        rota__starting *next = NULL;
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_STARTS);
        rota__sqlite_bind_int(&query, reach);
        rota__sqlite_bind_int(&query, from);
        rota__sqlite_bind_int(&query, row);
        rota__sqlite_bind_int(&query, to);
        rota__sqlite_bind_int(&query, limit);
        while ((next = ROTA__SQLITE_NEXT(&query, found)))
            read_starting(&query, next);
        rc = rota__sqlite_end(&query);
        for (int64_t i = earlier; i < found->count && rc == ROTA_OK; i++)
            rc = read_part(self, env, &found->items[i]);
    }
    return rc;
}

int rota__sqlite_reminder_starts(rota__store *store, rota__env *env, rota_time from, int64_t row,
                                 rota_time to, int64_t limit, rota__starting **rows, int64_t *count)
{
    rota__sqlite *self = rota__sqlite_of(store);
    startings found = { 0 };
    int rc = rota__sqlite_begin(self, env);
    if (row == INT64_MAX) { /* none starts at `from` and is behind it: they need not be read past */
        from++;
        row = 0;
    }
    if (rc == ROTA_OK)
        rc = rota__sqlite_end_read(self, env, list_starts(self, env, from, row, to, limit, &found));
    if (rc != ROTA_OK) return rc;
    rota__sort(found.items, found.count, sizeof *found.items, by_start);
    *rows = found.items;
    *count = found.count < limit ? found.count : limit;
    return ROTA_OK;
}

int rota__sqlite_reminder_old(rota__store *store, rota__env *env, rota_time horizon, int64_t limit,
                              int64_t *count)
{
    int64_t old = 0;
    rota_id below = rota__id_lowest(horizon);
    rota__sqlite_query query;
    start(&query, store, env, ROTA__SQL_REMINDER_OLD);
    rota__sqlite_bind_bytes(&query, &below, (int64_t)sizeof below);
    rota__sqlite_bind_int(&query, limit);
    rota__sqlite_bind_int(&query, horizon);
    if (rota__sqlite_next(&query)) old = rota__sqlite_any(&query);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *count = old;
    return rc;
}

/* --- writes --- */

static int know(rota__sqlite *self, rota__env *env)
{
    return self->remind.version >= 0 ? ROTA_OK : read_state(self, env, &self->remind);
}

int rota__sqlite_remind_begin(rota__sqlite *self, rota__env *env, const rota__batch *batch)
{
    if (!batch->remind.on) return ROTA_OK;
    int rc = know(self, env);
    if (rc == ROTA_OK && self->remind.version != batch->remind.was) rc = ROTA__STALE;
    return rc;
}

static void start_note(rota__sqlite_query *query, rota__sqlite *self, rota__env *env, int id,
                       const rota__reminder_note *note)
{
    rota__sqlite_start(query, self, env, id);
    rota__sqlite_bind_int(query, note->at);
    rota__sqlite_bind_int(query, note->booking);
    rota__sqlite_bind_int(query, note->occurrence);
}

static int put_note(rota__sqlite *self, rota__env *env, const rota__reminder_note *note)
{
    rota__sqlite_query query;
    start_note(&query, self, env, ROTA__SQL_NOTE_PUT, note);
    return rota__sqlite_run(&query);
}

static int drop_note(rota__sqlite *self, rota__env *env, const rota__reminder_note *note)
{
    rota__sqlite_query query;
    start_note(&query, self, env, ROTA__SQL_NOTE_DROP, note);
    return rota__sqlite_change(&query);
}

static int put_next(rota__sqlite *self, rota__env *env, int64_t booking, rota_time at)
{
    rota__sqlite_query query;
    bool none = at == ROTA_TIME_MAX;
    rota__sqlite_start(&query, self, env, none ? ROTA__SQL_NEXT_DROP : ROTA__SQL_NEXT_PUT);
    rota__sqlite_bind_int(&query, booking);
    if (!none) rota__sqlite_bind_int(&query, at);
    return rota__sqlite_run(&query);
}

int rota__sqlite_remind_booking(rota__sqlite *self, rota__env *env, const rota__booking *stored,
                                const rota__booking *booking, int64_t row)
{
    int rc = know(self, env);
    if (rc != ROTA_OK || self->remind.version == 0) return rc;
    if (booking->series) return put_next(self, env, row, ROTA_TIME_MIN);
    if (!rota__reminder_is_noted(&self->remind, stored, booking)) return ROTA_OK;
    rota__reminder_note note = { .at = ROTA_TIME_MIN, .booking = row };
    return put_note(self, env, &note);
}

static int use_offsets(rota__sqlite *self, rota__env *env, const rota__reminder_list *list, int id)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < list->count && rc == ROTA_OK; i++) {
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, env, id);
        rota__sqlite_bind_int(&query, list->offsets[i]);
        rc = rota__sqlite_run(&query);
    }
    return rc;
}

static int drop_list(rota__sqlite *self, rota__env *env, const rota__reminder_list *list)
{
    rota__reminder_list stored;
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_LIST_GET);
    int rc = get_list(&query, list->of, list->subject, &stored);
    if (rc == ROTA_ENOTFOUND) return ROTA_OK;
    if (rc == ROTA_OK) rc = use_offsets(self, env, &stored, ROTA__SQL_OFFSET_LESS);
    if (rc != ROTA_OK) return rc;
    rota__sqlite_start(&query, self, env, ROTA__SQL_LIST_DROP);
    rota__sqlite_bind_int(&query, list->of);
    rota__sqlite_bind_int(&query, list->subject);
    return rota__sqlite_run(&query);
}

/* Those that had none may have one now. */
static int look_again(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_NEXT_MAKE);
    rota__sqlite_bind_int(&query, ROTA_TIME_MIN);
    return rota__sqlite_run(&query);
}

/* What does not recur has no next reminder. */
static int look_at_booking(rota__sqlite *self, rota__env *env, int64_t row)
{
    rota__booking booking;
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_BY_ROW);
    rota__sqlite_bind_int(&query, row);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_booking(&query, &booking);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK || !found) return rc == ROTA_OK ? ROTA__STALE : rc;
    return booking.series ? put_next(self, env, row, ROTA_TIME_MIN) : ROTA_OK;
}

static int put_list(rota__sqlite *self, rota__env *env, const rota__reminder_list *list)
{
    rota__sqlite_query query;
    int rc = drop_list(self, env, list);
    if (rc == ROTA_OK && list->count >= 0) {
        uint8_t *packed = pack_offsets(env->arena, list);
        if (!packed) return rota__error_plain(env->error, ROTA_ENOMEM);
        rota__sqlite_start(&query, self, env, ROTA__SQL_LIST_PUT);
        rota__sqlite_bind_int(&query, list->of);
        rota__sqlite_bind_int(&query, list->subject);
        rota__sqlite_bind_int(&query, list->late);
        rota__sqlite_bind_int(&query, list->late_secs);
        rota__sqlite_bind_bytes(&query, packed, list->count * 4);
        rc = rota__sqlite_run(&query);
        if (rc == ROTA_OK) rc = use_offsets(self, env, list, ROTA__SQL_OFFSET_MORE);
    }
    if (rc == ROTA_OK) {
        rota__sqlite_start(&query, self, env, ROTA__SQL_OFFSET_DROP);
        rc = rota__sqlite_run(&query);
    }
    if (rc == ROTA_OK)
        rc = list->of == ROTA__REMIND_BOOKING ? look_at_booking(self, env, list->subject)
                                              : look_again(self, env);
    return rc;
}

static int put_reminder(rota__sqlite *self, rota__env *env, const rota__reminder *r)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_REMINDER_PUT);
    rota__sqlite_bind_bytes(&query, &r->id, (int64_t)sizeof r->id);
    rota__sqlite_bind_int(&query, r->booking);
    rota__sqlite_bind_int(&query, r->occurrence);
    rota__sqlite_bind_int(&query, r->resource);
    rota__sqlite_bind_int(&query, r->start);
    rota__sqlite_bind_int(&query, r->due);
    rota__sqlite_bind_int(&query, r->state);
    rota__sqlite_bind_int(&query, r->attempt);
    rota__sqlite_bind_int(&query, r->until);
    return rota__sqlite_run(&query);
}

static int drop_reminder(rota__sqlite *self, rota__env *env, const rota_id *id)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_REMINDER_DROP);
    rota__sqlite_bind_bytes(&query, id, (int64_t)sizeof *id);
    return rota__sqlite_change(&query);
}

static int put_state(rota__sqlite *self, rota__env *env, const rota__remind *remind)
{
    rota__sqlite_query query;
    bool first = remind->was == 0;
    rota__sqlite_start(&query, self, env, first ? ROTA__SQL_REMIND_MAKE : ROTA__SQL_REMIND_MOVE);
    rota__sqlite_bind_int(&query, remind->state.cursor);
    rota__sqlite_bind_int(&query, remind->state.cursor_row);
    rota__sqlite_bind_int(&query, remind->state.reached);
    if (!first) rota__sqlite_bind_int(&query, remind->was);
    int rc = rota__sqlite_change(&query);
    if (rc == ROTA_OK && remind->look_again) rc = look_again(self, env);
    return rc;
}

/* It looked at the bookings of the batch with the state as it was: what this one sets is
 * for those that come. */
static int write_remind(rota__sqlite *self, rota__env *env, const rota__remind *remind)
{
    int rc = put_state(self, env, remind);
    for (int64_t i = 0; i < remind->lists.count && rc == ROTA_OK; i++)
        rc = put_list(self, env, &remind->lists.items[i]);
    for (int64_t i = 0; i < remind->put.count && rc == ROTA_OK; i++)
        rc = put_reminder(self, env, &remind->put.items[i]);
    for (int64_t i = 0; i < remind->dropped.count && rc == ROTA_OK; i++)
        rc = drop_reminder(self, env, &remind->dropped.items[i]);
    for (int64_t i = 0; i < remind->notes_dropped.count && rc == ROTA_OK; i++)
        rc = drop_note(self, env, &remind->notes_dropped.items[i]);
    for (int64_t i = 0; i < remind->notes_put.count && rc == ROTA_OK; i++)
        rc = put_note(self, env, &remind->notes_put.items[i]);
    for (int64_t i = 0; i < remind->next.count && rc == ROTA_OK; i++)
        rc = put_next(self, env, remind->next.items[i].booking, remind->next.items[i].at);
    self->remind.version = -1;
    return rc;
}

static int note_fresh(rota__sqlite *self, rota__env *env, const rota__batch *batch,
                      const int64_t *rows)
{
    int rc = know(self, env);
    if (self->remind.version == 0) return rc;
    for (int64_t i = 0; i < batch->fresh.count && rc == ROTA_OK; i++) {
        const rota__fresh *fresh = &batch->fresh.items[i];
        rota__reminder_note note = { .at = ROTA_TIME_MIN,
                                     .booking = rows[fresh->booking],
                                     .occurrence = fresh->occurrence };
        if (!rota__reminder_is_behind(&self->remind, fresh->start)) continue;
        rc = put_note(self, env, &note);
    }
    return rc;
}

int rota__sqlite_remind_write(rota__sqlite *self, rota__env *env, const rota__batch *batch,
                              const int64_t *rows)
{
    int rc = batch->fresh.count > 0 ? note_fresh(self, env, batch, rows) : ROTA_OK;
    return rc == ROTA_OK && batch->remind.on ? write_remind(self, env, &batch->remind) : rc;
}

int rota__sqlite_remind_forget(rota__sqlite *self, rota__env *env, const rota__batch *batch,
                               int64_t *dropped)
{
    if (batch->reminders_dropped_max <= 0) return ROTA_OK;
    rota_id below = rota__id_lowest(batch->reminders_horizon);
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_REMINDER_FORGET);
    rota__sqlite_bind_bytes(&query, &below, (int64_t)sizeof below);
    rota__sqlite_bind_int(&query, batch->reminders_dropped_max);
    rota__sqlite_bind_int(&query, batch->reminders_horizon);
    int rc = rota__sqlite_run(&query);
    if (rc == ROTA_OK) *dropped = sqlite3_changes(self->db);
    return rc;
}

/* --- what must be true --- */

static int check_none(rota__sqlite *self, rota__env *env, int id, const char *what)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, id);
    if (rota__sqlite_next(&query)) rota__sqlite_damage(&query, what);
    return rota__sqlite_end(&query);
}

/* Offsets that are not counted would never come due. */
static int check_offsets(rota__sqlite *self, rota__env *env)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CHECK_OFFSETS);
    if (rota__sqlite_next(&query)) {
        int64_t uses = rota__sqlite_any(&query), bytes = rota__sqlite_any(&query);
        if (query.status == ROTA_OK && uses * 4 != bytes)
            query.status = rota__error_set(env->error, ROTA_ECORRUPT,
                                           "%s: lists of reminders have %lld offsets, and %lld "
                                           "are counted",
                                           self->path, (long long)(bytes / 4), (long long)uses);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_check_reminders(rota__sqlite *self, rota__env *env)
{
    int rc = check_offsets(self, env);
    if (rc == ROTA_OK) rc = check_none(self, env, ROTA__SQL_CHECK_SUBJECTS, "subject");
    return rc == ROTA_OK ? check_none(self, env, ROTA__SQL_CHECK_NEXT, "booking") : rc;
}
