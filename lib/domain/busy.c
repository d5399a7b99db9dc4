#include "domain/busy_private.h"

#include "base/cancel.h"
#include "domain/series.h"

enum { FIRST_SLOTS = 64, FIRST_PINS = 16, PINS_KEPT = 64 };

bool rota__busy_init(rota__busy *busy, rota__mem *mem, int64_t budget)
{
    memset(busy, 0, sizeof *busy);
    busy->mem = mem;
    busy->budget = budget;
    busy->epoch = 1;
    if (!rota__share_init(&busy->share)) return false;
    if (pthread_mutex_init(&busy->news, NULL) == 0) {
        if (pthread_cond_init(&busy->quiet, NULL) == 0) return true;
        (void)pthread_mutex_destroy(&busy->news);
    }
    rota__share_free(&busy->share);
    return false;
}

static void timeline_free(rota__busy *busy, rota__timeline *t)
{
    rota__itree_free(&t->tree);
    rota__arena_free(&t->arena);
    rota__mem_free(busy->mem, t);
}

void rota__busy_keep(rota__timeline *t)
{
    atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
}

void rota__busy_drop(rota__busy *busy, rota__timeline *t)
{
    if (atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1) timeline_free(busy, t);
}

void rota__busy_empty(rota__busy *busy)
{
    rota__share_change(&busy->share);
    for (int64_t i = 0; i < busy->slot_count; i++)
        for (rota__timeline *t = busy->slots[i], *next; t; t = next) {
            next = t->next;
            rota__busy_drop_made(busy, t);
            rota__busy_drop(busy, t);
        }
    rota__mem_free(busy->mem, busy->slots);
    rota__mem_free(busy->mem, busy->ids);
    busy->slots = busy->ids = NULL;
    busy->slot_count = busy->count = busy->hand = 0;
    rota__share_changed(&busy->share);
}

void rota__busy_free(rota__busy *busy)
{
    rota__busy_empty(busy);
    rota__share_free(&busy->share);
    (void)pthread_mutex_destroy(&busy->news);
    (void)pthread_cond_destroy(&busy->quiet);
}

bool rota__looker_join(rota__looker *looker, rota__busy *busy, rota__store *store, rota__mem *mem)
{
    looker->busy = busy;
    looker->store = store;
    looker->mem = mem;
    return rota__share_join(&busy->share, &looker->cell);
}

void rota__looker_part(rota__looker *looker)
{
    rota__busy_let_go(looker);
    rota__mem_free(looker->mem, looker->pins);
    rota__share_part(&looker->busy->share, &looker->cell);
}

int64_t rota__busy_count(rota__looker *looker)
{
    rota__share_read(&looker->cell);
    int64_t count = looker->busy->count;
    rota__share_leave(&looker->cell);
    return count;
}

int64_t rota__busy_bytes(rota__looker *looker)
{
    rota__share_read(&looker->cell);
    int64_t bytes = atomic_load(&looker->busy->mem->held) + looker->busy->page_bytes;
    rota__share_leave(&looker->cell);
    return bytes;
}

/* --- two hash tables. By row: rows are small and dense, so the row is its own hash.
 * By id: the last bytes of a UUIDv7 are random, those of another one will do. --- */

static rota__timeline **slot_of(const rota__busy *busy, int64_t row)
{
    return &busy->slots[(uint64_t)row & (uint64_t)(busy->slot_count - 1)];
}

static rota__timeline **id_slot_of(const rota__busy *busy, const rota_id *id)
{
    uint64_t hash;
    memcpy(&hash, id->b + 8, sizeof hash);
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return &busy->ids[hash >> 32 & (uint64_t)(busy->slot_count - 1)];
}

rota__timeline *rota__busy_find(const rota__busy *busy, int64_t row)
{
    if (busy->slot_count == 0) return NULL;
    rota__timeline *t = *slot_of(busy, row);
    while (t && t->resource.row != row)
        t = t->next;
    return t;
}

static rota__timeline *find_by_id(const rota__busy *busy, const rota_id *id)
{
    if (busy->slot_count == 0) return NULL;
    rota__timeline *t = *id_slot_of(busy, id);
    while (t && memcmp(&t->resource.id, id, sizeof *id) != 0)
        t = t->next_by_id;
    return t;
}

static void link_in(rota__busy *busy, rota__timeline *t)
{
    rota__timeline **slot = slot_of(busy, t->resource.row),
                   **by_id = id_slot_of(busy, &t->resource.id);
    t->next = *slot;
    *slot = t;
    t->next_by_id = *by_id;
    *by_id = t;
    busy->count++;
}

static void take_out(rota__busy *busy, rota__timeline *t)
{
    rota__timeline **at = slot_of(busy, t->resource.row);
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    at = id_slot_of(busy, &t->resource.id);
    while (*at != t)
        at = &(*at)->next_by_id;
    *at = t->next_by_id;
    busy->count--;
    rota__busy_drop_made(busy, t);
    rota__busy_drop(busy, t);
}

static rota__timeline **new_slots(rota__busy *busy, int64_t count)
{
    rota__timeline **slots = rota__mem_alloc(busy->mem, count, (int64_t)sizeof(*slots));
    if (slots) memset(slots, 0, (size_t)count * sizeof(*slots));
    return slots;
}

static bool room_for_one(rota__busy *busy)
{
    if (busy->count < busy->slot_count) return true;
    rota__busy old = { .slots = busy->slots, .ids = busy->ids, .slot_count = busy->slot_count };
    int64_t room = old.slot_count ? old.slot_count * 2 : FIRST_SLOTS;
    rota__timeline **slots = new_slots(busy, room), **ids = new_slots(busy, room);
    if (!slots || !ids) {
        rota__mem_free(busy->mem, slots);
        rota__mem_free(busy->mem, ids);
        return false;
    }
    busy->slots = slots;
    busy->ids = ids;
    busy->slot_count = room;
    busy->count = busy->hand = 0;
    for (int64_t i = 0; i < old.slot_count; i++)
        for (rota__timeline *t = old.slots[i], *next; t; t = next) {
            next = t->next;
            link_in(busy, t);
        }
    rota__mem_free(busy->mem, old.slots);
    rota__mem_free(busy->mem, old.ids);
    return true;
}

/* A clock: the hand goes round, and takes out what was not used since it last came
 * by. Twice round takes out everything but `kept`. */
void rota__busy_keep_budget(rota__busy *busy, const rota__timeline *kept)
{
    if (busy->budget < 0) return;
    for (int64_t i = 0; i < 2 * busy->slot_count; i++) {
        if (atomic_load(&busy->mem->held) + busy->page_bytes <= busy->budget) return;
        rota__timeline *t = busy->slots[busy->hand], *next;
        for (; t; t = next) {
            next = t->next;
            if (t == kept || atomic_exchange(&t->used, false)) continue;
            take_out(busy, t);
            atomic_fetch_add(&busy->evictions, 1);
        }
        busy->hand = (busy->hand + 1) & (busy->slot_count - 1);
    }
}

/* --- is what is in memory still true? --- */

static int read_token(const rota__looker *looker, rota__env *env, uint64_t *token)
{
    rota__store *store = looker->store;
    if (!store->ops->turns) return store->ops->changed(store, env, token);
    *token = store->ops->turns->token(store);
    return ROTA_OK;
}

/* The token is not the one that is accounted for. Either a turn of our own is just
 * being finished, and the index follows in a moment, or somebody else has written. At a
 * glance this is the one wait, so the thread is made steady for it here. */
static int settle(rota__looker *looker, rota__env *env)
{
    rota__busy *busy = looker->busy;
    uint64_t token, seen;
    int rc, before = rota__cancel_hold();
    (void)pthread_mutex_lock(&busy->news);
    for (;;) {
        rc = read_token(looker, env, &token);
        rota__share_read(&looker->cell);
        seen = busy->seen;
        rota__share_leave(&looker->cell);
        if (rc != ROTA_OK || token == seen || !busy->flushing) break;
        (void)pthread_cond_wait(&busy->quiet, &busy->news);
    }
    (void)pthread_mutex_unlock(&busy->news);
    rota__cancel_release(before);
    if (rc != ROTA_OK || token == seen) return rc;
    rota__share_change(&busy->share);
    if (busy->seen == seen) { /* else a turn has accounted for more meanwhile */
        busy->epoch++;
        busy->seen = token;
    }
    rota__share_changed(&busy->share);
    return ROTA_OK;
}

/* Ends, where it is ROTA_OK, between rota__share_read() and rota__share_leave(). The
 * token is looked at when nothing can be put into the index any more: so all that is
 * there and current is of one state. Where somebody writes all the time, what is not
 * known to be newer than the last look is compared with the store. */
static int begin_look(rota__looker *looker, rota__env *env)
{
    enum { LOOKS = 8 };
    rota__busy *busy = looker->busy;
    const rota__turn_ops *turns = looker->store->ops->turns;
    for (int i = 0; i < LOOKS; i++) {
        int rc = turns ? ROTA_OK : read_token(looker, env, &looker->token);
        if (rc != ROTA_OK) return rc;
        rota__share_read(&looker->cell);
        if (turns) looker->token = turns->token(looker->store);
        looker->epoch = busy->epoch;
        if (looker->token == busy->seen) return ROTA_OK;
        rota__share_leave(&looker->cell);
        if ((rc = settle(looker, env)) != ROTA_OK) return rc;
    }
    rota__share_read(&looker->cell);
    looker->epoch = busy->epoch;
    return ROTA_OK;
}

int rota__busy_refresh(rota__looker *looker, rota__env *env)
{
    int rc = begin_look(looker, env);
    if (rc == ROTA_OK) rota__share_leave(&looker->cell);
    return rc;
}

int rota__busy_moved(rota__looker *looker, rota__env *env, bool *moved)
{
    uint64_t token;
    int rc = read_token(looker, env, &token);
    *moved = rc == ROTA_OK && token != looker->token;
    return rc;
}

void rota__busy_doubt(rota__busy *busy)
{
    rota__share_change(&busy->share);
    busy->epoch++;
    rota__share_changed(&busy->share);
}

void rota__busy_begin(rota__looker *looker, uint64_t token)
{
    rota__busy *busy = looker->busy;
    rota__share_change(&busy->share);
    if (busy->seen != token) {
        busy->epoch++;
        busy->seen = token;
    }
    looker->epoch = busy->epoch;
    looker->token = token;
    rota__share_changed(&busy->share);
}

void rota__busy_account(rota__busy *busy, uint64_t token)
{
    busy->seen = token;
}

void rota__busy_flush_begin(rota__busy *busy)
{
    (void)pthread_mutex_lock(&busy->news);
    busy->flushing = true;
    (void)pthread_mutex_unlock(&busy->news);
}

void rota__busy_flush_end(rota__busy *busy)
{
    (void)pthread_mutex_lock(&busy->news);
    busy->flushing = false;
    (void)pthread_cond_broadcast(&busy->quiet);
    (void)pthread_mutex_unlock(&busy->news);
}

/* --- building --- */

static rota__timeline *new_timeline(rota__busy *busy)
{
    rota__timeline *t = rota__mem_alloc(busy->mem, 1, (int64_t)sizeof *t);
    if (!t) return NULL;
    memset(t, 0, sizeof *t);
    atomic_init(&t->refs, 1);
    rota__arena_init(&t->arena, busy->mem);
    rota__itree_init(&t->tree, busy->mem);
    return t;
}

static int build(rota__timeline *t, const rota__timeline_rows *rows, rota__arena *arena)
{
    rota__interval *intervals = rota__arena_alloc(arena, rows->interval_count,
                                                  (int64_t)sizeof *intervals);
    if (!intervals) return ROTA_ENOMEM;
    for (int64_t i = 0; i < rows->interval_count; i++) {
        intervals[i].span = rows->intervals[i].when;
        intervals[i].booking = rows->intervals[i].booking;
        intervals[i].expires = rows->intervals[i].expires;
        intervals[i].units = rows->intervals[i].units;
    }
    return rota__itree_build(&t->tree, intervals, rows->interval_count);
}

static bool adopt_recurring(rota__timeline *t, const rota__recurring *recurring, int64_t count)
{
    if (count == 0) return true;
    t->recurring = rota__arena_copy(&t->arena, recurring, count * (int64_t)sizeof *recurring);
    if (!t->recurring) return false;
    t->recurring_count = t->recurring_room = count;
    for (int64_t i = 0; i < count; i++) {
        rota__recurring *own = &t->recurring[i];
        own->series = rota__series_copy_for(&t->arena, t->resource.row, own->series,
                                            &own->series_size);
        if (!own->series) return false;
    }
    return true;
}

/* Keep what a timeline needs of its resource: the texts that messages and
 * conflict rows show, when it is open, who belongs to whom, and what recurs. */
static int adopt(rota__timeline *t, const rota__timeline_rows *rows)
{
    const rota__resource *resource = &rows->resource;
    t->resource = *resource;
    t->resource.name = rota__arena_text(&t->arena, resource->name, -1);
    t->resource.ref = rota__arena_text(&t->arena, resource->ref, -1);
    t->resource.zone = rota__arena_text(&t->arena, resource->zone, -1);
    t->resource.kind = t->resource.data = NULL;
    t->resource.tags = NULL;
    t->resource.tag_count = 0;
    t->group_count = rows->group_count;
    t->member_count = rows->member_count;
    bool kept = t->resource.name && (t->resource.zone || !resource->zone) &&
                (t->resource.ref || !resource->ref);
    if (kept && resource->hours) {
        t->resource.hours = rota__arena_copy(&t->arena, resource->hours, resource->hours_size);
        kept = t->resource.hours != NULL;
    }
    if (kept && t->group_count > 0) {
        t->groups = rota__arena_copy(&t->arena, rows->groups,
                                     t->group_count * (int64_t)sizeof *t->groups);
        kept = t->groups != NULL;
    }
    if (kept && t->member_count > 0) {
        t->members = rota__arena_copy(&t->arena, rows->members,
                                      t->member_count * (int64_t)sizeof *t->members);
        kept = t->members != NULL;
    }
    kept = kept && adopt_recurring(t, rows->recurring, rows->recurring_count);
    return kept ? ROTA_OK : ROTA_ENOMEM;
}

static int read_rows(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__timeline_rows rows;
    rota__busy *busy = looker->busy;
    int rc = looker->store->ops->timeline(looker->store, env, row, &rows);
    if (rc != ROTA_OK) return rc;
    atomic_fetch_add(&busy->loads, 1);
    rota__timeline *t = new_timeline(busy);
    if (!t) return rota__error_plain(env->error, ROTA_ENOMEM);
    if (adopt(t, &rows) != ROTA_OK || build(t, &rows, env->arena) != ROTA_OK) {
        timeline_free(busy, t);
        return rota__error_plain(env->error, ROTA_ENOMEM);
    }
    *out = t;
    return ROTA_OK;
}

/* The rows are needed only here: a result that the host keeps must not hold them. */
int rota__busy_read(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__arena own;
    rota__env scratch = { .arena = &own, .error = env->error };
    rota__arena_init(&own, looker->mem);
    int rc = read_rows(looker, &scratch, row, out);
    rota__arena_free(&own);
    return rc;
}

/* Puts a timeline that was just read into the index, unless a newer one has come
 * there meanwhile; *t becomes the one that is there, kept once for the caller. One
 * that was read while the index followed a commit may lack it: it is believed when
 * its stamp was compared. */
static bool put_in(rota__busy *busy, rota__timeline **t, uint64_t epoch, uint64_t batches)
{
    rota__timeline *read = *t;
    rota__share_change(&busy->share);
    rota__timeline *there = rota__busy_find(busy, read->resource.row);
    bool newer = there && there->resource.stamp >= read->resource.stamp;
    bool room = newer || room_for_one(busy);
    if (newer) {
        rota__busy_keep(there);
        *t = there;
    } else if (room) {
        if (there) take_out(busy, there);
        if (busy->batches == batches) atomic_store(&read->epoch, epoch);
        rota__busy_keep(read);
        link_in(busy, read);
        rota__busy_keep_budget(busy, read);
    }
    rota__share_changed(&busy->share);
    if (newer || !room) rota__busy_drop(busy, read);
    return room;
}

/* --- pins --- */

static rota__timeline **pin_slot(const rota__looker *looker, int64_t row)
{
    uint64_t mask = (uint64_t)(looker->pin_room - 1), at = (uint64_t)row & mask;
    while (looker->pins[at] && looker->pins[at]->resource.row != row)
        at = (at + 1) & mask;
    return &looker->pins[at];
}

rota__timeline *rota__busy_pinned(const rota__looker *looker, int64_t row)
{
    return looker->pin_count > 0 ? *pin_slot(looker, row) : NULL;
}

static bool room_for_pin(rota__looker *looker)
{
    if (2 * looker->pin_count < looker->pin_room) return true;
    rota__looker old = { .pins = looker->pins, .pin_room = looker->pin_room };
    int64_t room = old.pin_room ? old.pin_room * 2 : FIRST_PINS;
    rota__timeline **pins = rota__mem_alloc(looker->mem, room, (int64_t)sizeof(*pins));
    if (!pins) return false;
    memset(pins, 0, (size_t)room * sizeof(*pins));
    looker->pins = pins;
    looker->pin_room = room;
    for (int64_t i = 0; i < old.pin_room; i++)
        if (old.pins[i]) *pin_slot(looker, old.pins[i]->resource.row) = old.pins[i];
    rota__mem_free(looker->mem, old.pins);
    return true;
}

static void pin(rota__looker *looker, rota__timeline *t)
{
    *pin_slot(looker, t->resource.row) = t;
    looker->pin_count++;
}

bool rota__busy_pin_own(rota__looker *looker, rota__timeline *own)
{
    bool room = room_for_pin(looker);
    if (room) pin(looker, own);
    return room;
}

/* Those of a turn's own are not counted. */
void rota__busy_let_go(rota__looker *looker)
{
    if (looker->pin_count == 0) return;
    for (int64_t i = 0; i < looker->pin_room; i++) {
        rota__timeline *t = looker->pins[i];
        if (t && !t->delta) rota__busy_drop(looker->busy, t);
        looker->pins[i] = NULL;
    }
    looker->pin_count = 0;
    if (looker->pin_room <= PINS_KEPT) return;
    rota__mem_free(looker->mem, looker->pins);
    looker->pins = NULL;
    looker->pin_room = 0;
}

/* --- looking --- */

static void raise_epoch(rota__timeline *t, uint64_t epoch)
{
    uint64_t was = atomic_load(&t->epoch);
    while (was < epoch && !atomic_compare_exchange_weak(&t->epoch, &was, epoch))
        ;
}

static bool is_current(rota__timeline *t, const rota__looker *looker)
{
    return atomic_load_explicit(&t->epoch, memory_order_relaxed) >= looker->epoch;
}

static void use(rota__timeline *t)
{
    if (!atomic_load_explicit(&t->used, memory_order_relaxed))
        atomic_store_explicit(&t->used, true, memory_order_relaxed);
}

/* One that is known to be current, kept once for the caller. */
static int look(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out)
{
    rota__busy *busy = looker->busy;
    rota__store *store = looker->store;
    for (;;) {
        rota__share_read(&looker->cell);
        rota__timeline *t = rota__busy_find(busy, row);
        uint64_t epoch = busy->epoch, batches = busy->batches;
        if (t) rota__busy_keep(t);
        rota__share_leave(&looker->cell);
        *out = t;
        if (t && is_current(t, looker)) {
            atomic_fetch_add_explicit(looker->hits, 1, memory_order_relaxed);
            use(t);
            return ROTA_OK;
        }
        if (t) {
            int64_t stamp;
            int rc = store->ops->stamp(store, env, row, &stamp);
            bool same = rc == ROTA_OK && stamp == t->resource.stamp;
            if (same) {
                raise_epoch(t, epoch);
                return ROTA_OK;
            }
            rota__busy_drop(busy, t);
            if (rc != ROTA_OK) return rc;
        }
        int rc = rota__busy_read(looker, env, row, out);
        if (rc != ROTA_OK) return rc;
        if (!put_in(busy, out, epoch, batches)) return rota__error_plain(env->error, ROTA_ENOMEM);
        if (is_current(*out, looker)) return ROTA_OK;
        rota__busy_drop(busy, *out);
    }
}

int rota__busy_get(rota__looker *looker, rota__env *env, int64_t row, rota__timeline **out,
                   bool *fresh)
{
    rota__timeline *t = rota__busy_pinned(looker, row);
    *fresh = !t;
    if (!t) {
        if (!room_for_pin(looker)) return rota__error_plain(env->error, ROTA_ENOMEM);
        int rc = look(looker, env, row, &t);
        if (rc != ROTA_OK) return rc;
        pin(looker, t);
    }
    *out = t;
    return ROTA_OK;
}

int rota__busy_stamp(rota__looker *looker, rota__env *env, int64_t row, int64_t *stamp)
{
    const rota__timeline *pinned = rota__busy_pinned(looker, row);
    int64_t known = pinned ? pinned->resource.stamp : 0;
    if (!pinned) {
        rota__share_read(&looker->cell);
        rota__timeline *t = rota__busy_find(looker->busy, row);
        if (t && is_current(t, looker)) known = t->resource.stamp;
        rota__share_leave(&looker->cell);
    }
    if (!known) return looker->store->ops->stamp(looker->store, env, row, stamp);
    *stamp = known;
    return ROTA_OK;
}

int64_t rota__busy_row(rota__looker *looker, const rota_id *id)
{
    rota__share_read(&looker->cell);
    const rota__timeline *t = find_by_id(looker->busy, id);
    int64_t row = t ? t->resource.row : 0;
    rota__share_leave(&looker->cell);
    return row;
}

int rota__busy_peek_begin(rota__looker *looker, rota__env *env)
{
    return begin_look(looker, env);
}

const rota__timeline *rota__busy_peek(rota__looker *looker, const rota_id *id)
{
    rota__timeline *t = find_by_id(looker->busy, id);
    if (!t || !is_current(t, looker)) return NULL;
    use(t);
    return t;
}

void rota__busy_peek_end(rota__looker *looker)
{
    rota__share_leave(&looker->cell);
}

/* --- a walk over what takes the time --- */

static bool is_removed(const rota__delta *delta, int64_t booking)
{
    for (int64_t i = 0; delta && i < delta->removed.count; i++)
        if (delta->removed.items[i] == booking) return true;
    return false;
}

bool rota__busy_gone(const rota__timeline *t, int64_t booking)
{
    return is_removed(t->delta, booking);
}

const rota__recurring *rota__busy_next_recurring(const rota__timeline *t, int64_t *at)
{
    const rota__recurring *next;
    while (*at < t->recurring_count) {
        next = &t->recurring[(*at)++];
        if (!rota__busy_gone(t, next->taken.booking)) return next;
    }
    const int64_t new = *at - t->recurring_count;
    if (!t->delta || new == t->delta->recurring.count) return NULL;
    ++*at;
    return &t->delta->recurring.items[new];
}

void rota__busy_seek(const rota__timeline *t, rota_span span, rota__busy_cursor *cursor)
{
    rota__itree_seek(&t->tree, span, &cursor->tree);
    cursor->delta = t->delta;
    cursor->span = span;
    cursor->at = 0;
}

bool rota__busy_next(rota__busy_cursor *cursor, rota__interval *out)
{
    const rota__delta *delta = cursor->delta;
    while (rota__itree_next(&cursor->tree, out))
        if (!delta || !is_removed(delta, out->booking)) return true;
    while (delta && cursor->at < delta->added.count) {
        *out = delta->added.items[cursor->at++];
        if (rota__time_overlap(out->span, cursor->span)) return true;
    }
    return false;
}

/* --- what is to be changed --- */

/* Without them the blocks would not know what they know. */
static bool copy_changes(rota__timeline *copy, const rota__timeline *t)
{
    int64_t count = t->changes.count;
    if (count == 0) return true;
    copy->changes.items = rota__arena_copy(&copy->arena, t->changes.items,
                                           count * (int64_t)sizeof *t->changes.items);
    if (!copy->changes.items) return false;
    copy->changes.count = copy->changes.room = count;
    return true;
}

/* A copy in the place of one that somebody has pinned; NULL where there is no memory
 * for it, and then there is none. */
static rota__timeline *replace(rota__busy *busy, rota__timeline *t)
{
    rota__timeline *copy = new_timeline(busy);
    rota__timeline_rows rows = { .resource = t->resource,
                                 .recurring = t->recurring,
                                 .recurring_count = t->recurring_count,
                                 .groups = t->groups,
                                 .group_count = t->group_count,
                                 .members = t->members,
                                 .member_count = t->member_count };
    bool made = copy && adopt(copy, &rows) == ROTA_OK &&
                rota__itree_copy(&copy->tree, &t->tree) == ROTA_OK;
    if (made) {
        atomic_store(&copy->epoch, atomic_load(&t->epoch));
        atomic_store(&copy->used, true);
        copy->pages = t->pages;
        t->pages = NULL;
        copy->blocks = t->blocks;
        t->blocks = NULL;
        if (!copy_changes(copy, t)) rota__busy_drop_blocks(busy, copy);
        copy->openings = t->openings;
        t->openings = NULL;
    } else if (copy) {
        timeline_free(busy, copy);
    }
    take_out(busy, t);
    if (made) link_in(busy, copy);
    return made ? copy : NULL;
}

/* That of the row, to be changed; NULL where there is none. */
rota__timeline *rota__busy_own(rota__busy *busy, int64_t row)
{
    rota__timeline *t = rota__busy_find(busy, row);
    bool pinned = t && atomic_load_explicit(&t->refs, memory_order_acquire) > 1;
    return pinned ? replace(busy, t) : t;
}

void rota__busy_forget(rota__busy *busy, int64_t row)
{
    rota__timeline *t = rota__busy_find(busy, row);
    if (t) take_out(busy, t);
}
