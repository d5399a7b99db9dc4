/* One store as a family: its sessions pass every operation on to it, one thread at a
 * time. What the operations mean is left to that store. Who has the turn holds the
 * lock for its whole length, and so reads through the family's first member: what
 * this is good for has no disk to wait for. */
#include "store/shared.h"

#include <pthread.h>

typedef struct family {
    rota__store *inner;
    pthread_mutex_t mutex;
    bool in_turn; /* the first member has it, and holds the lock */
} family;

typedef struct relative {
    rota__store base;
    rota__mem *mem;
    family *family;
    bool first;
} relative;

static relative *of(rota__store *self)
{
    return (relative *)(void *)self;
}

static bool holds(const relative *m)
{
    return m->first && m->family->in_turn;
}

static rota__store *enter(rota__store *self)
{
    if (!holds(of(self))) (void)pthread_mutex_lock(&of(self)->family->mutex);
    return of(self)->family->inner;
}

static int leave(rota__store *self, int status)
{
    if (!holds(of(self))) (void)pthread_mutex_unlock(&of(self)->family->mutex);
    return status;
}

static int commit(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->commit(inner, env, batch, out));
}

static int changed(rota__store *self, rota__env *env, uint64_t *token)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->changed(inner, env, token));
}

static int stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->stamp(inner, env, resource, out));
}

static int timeline(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->timeline(inner, env, resource, out));
}

static int resource_get(rota__store *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->resource_get(inner, env, by, out));
}

static int resource_list(rota__store *self, rota__env *env, const rota__resource_filter *filter,
                         rota__resource **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->resource_list(inner, env, filter, rows, count));
}

static int member_list(rota__store *self, rota__env *env, int64_t group, int64_t member,
                       rota__member **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->member_list(inner, env, group, member, rows, count));
}

static int group_next(rota__store *self, rota__env *env, int64_t resource, int64_t *group)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->group_next(inner, env, resource, group));
}

static int booking_get(rota__store *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->booking_get(inner, env, by, out));
}

static int booking_list(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                        rota__booking **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->booking_list(inner, env, filter, rows, count));
}

static int due_holds(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                     rota__booking **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->due_holds(inner, env, now, limit, rows, count));
}

static int due_keys(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                    int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->due_keys(inner, env, horizon, limit, count));
}

static int key_get(rota__store *self, rota__env *env, const char *actor, const char *key,
                   rota__key *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->key_get(inner, env, actor, key, out));
}

static int feed(rota__store *self, rota__env *env, int64_t after, int64_t limit, rota__event **rows,
                int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->feed(inner, env, after, limit, rows, count));
}

static int consumer_get(rota__store *self, rota__env *env, const char *name, rota__consumer *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->consumer_get(inner, env, name, out));
}

static int consumer_list(rota__store *self, rota__env *env, rota__consumer **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->consumer_list(inner, env, rows, count));
}

static int zone_get(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                    rota__zone *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->zone_get(inner, env, name, digest, out));
}

static int reminder_state(rota__store *self, rota__env *env, rota__reminder_state *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_state(inner, env, out));
}

static int reminder_list(rota__store *self, rota__env *env, int32_t of_what, int64_t subject,
                         rota__reminder_list *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_list(inner, env, of_what, subject, out));
}

static int reminder_any(rota__store *self, rota__env *env, int32_t of_what, bool *any)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_any(inner, env, of_what, any));
}

static int reminder_offsets(rota__store *self, rota__env *env, int64_t **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_offsets(inner, env, rows, count));
}

static int reminder_get(rota__store *self, rota__env *env, const rota_id *id, rota__reminder *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_get(inner, env, id, out));
}

static int reminder_open(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_open(inner, env, now, limit, rows, count));
}

static int reminder_dead(rota__store *self, rota__env *env, const rota_id *after, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_dead(inner, env, after, limit, rows, count));
}

static int reminder_notes(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                          rota__reminder_note **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_notes(inner, env, now, limit, rows, count));
}

static int reminder_next(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder_next **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_next(inner, env, now, limit, rows, count));
}

static int reminder_starts(rota__store *self, rota__env *env, rota_time from, int64_t row,
                           rota_time to, int64_t limit, rota__starting **rows, int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_starts(inner, env, from, row, to, limit, rows, count));
}

static int reminder_old(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                        int64_t *count)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->reminder_old(inner, env, horizon, limit, count));
}

static int counts(rota__store *self, rota__env *env, rota__counts *out)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->counts(inner, env, out));
}

static int check(rota__store *self, rota__env *env)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->check(inner, env));
}

static int checkpoint(rota__store *self, rota__env *env)
{
    rota__store *inner = enter(self);
    return leave(self, inner->ops->checkpoint(inner, env));
}

/* --- turns --- */

static uint64_t token(rota__store *self)
{
    rota__store *inner = of(self)->family->inner;
    return inner->ops->turns->token(inner);
}

static int begin(rota__store *self, rota__env *env, int64_t deadline)
{
    family *f = of(self)->family;
    (void)pthread_mutex_lock(&f->mutex);
    int rc = f->inner->ops->turns->begin(f->inner, env, deadline);
    f->in_turn = rc == ROTA_OK;
    if (rc != ROTA_OK) (void)pthread_mutex_unlock(&f->mutex);
    return rc;
}

static int write_batch(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    rota__store *inner = of(self)->family->inner;
    return inner->ops->turns->write(inner, env, batch, out);
}

static void end(family *f)
{
    f->in_turn = false;
    (void)pthread_mutex_unlock(&f->mutex);
}

static int finish(rota__store *self, rota__env *env, rota__commit *out, uint64_t *token_then)
{
    family *f = of(self)->family;
    int rc = f->inner->ops->turns->finish(f->inner, env, out, token_then);
    f->inner->ops->turns->tidy(f->inner);
    end(f);
    return rc;
}

static void cancel(rota__store *self)
{
    family *f = of(self)->family;
    f->inner->ops->turns->cancel(f->inner);
    end(f);
}

static void tidy(rota__store *self)
{
    (void)self; /* done */
}

/* --- the family --- */

static int attach(rota__store *self, rota__env *env, rota__mem *mem, rota__store **out);

static void close_member(rota__store *self)
{
    relative *m = of(self);
    if (m->first) {
        family *f = m->family;
        f->inner->ops->close(f->inner);
        (void)pthread_mutex_destroy(&f->mutex);
        rota__mem_free(m->mem, f);
    }
    rota__mem_free(m->mem, m);
}

static const rota__turn_ops turns = {
    .token = token,
    .begin = begin,
    .write = write_batch,
    .finish = finish,
    .cancel = cancel,
    .tidy = tidy,
};

static const rota__store_ops operations = {
    .turns = &turns,
    .attach = attach,
    .commit = commit,
    .changed = changed,
    .stamp = stamp,
    .timeline = timeline,
    .resource_get = resource_get,
    .resource_list = resource_list,
    .member_list = member_list,
    .group_next = group_next,
    .booking_get = booking_get,
    .booking_list = booking_list,
    .due_holds = due_holds,
    .due_keys = due_keys,
    .key_get = key_get,
    .feed = feed,
    .consumer_get = consumer_get,
    .consumer_list = consumer_list,
    .reminder_state = reminder_state,
    .reminder_list = reminder_list,
    .reminder_any = reminder_any,
    .reminder_offsets = reminder_offsets,
    .reminder_get = reminder_get,
    .reminder_open = reminder_open,
    .reminder_dead = reminder_dead,
    .reminder_notes = reminder_notes,
    .reminder_next = reminder_next,
    .reminder_starts = reminder_starts,
    .reminder_old = reminder_old,
    .zone_get = zone_get,
    .counts = counts,
    .check = check,
    .checkpoint = checkpoint,
    .close = close_member,
};

static rota__store *new_member(rota__mem *mem, family *f, bool first)
{
    relative *m = rota__mem_alloc(mem, 1, (int64_t)sizeof *m);
    if (!m) return NULL;
    *m = (relative){ .base.ops = &operations, .mem = mem, .family = f, .first = first };
    return &m->base;
}

static int attach(rota__store *self, rota__env *env, rota__mem *mem, rota__store **out)
{
    *out = new_member(mem, of(self)->family, false);
    return *out ? ROTA_OK : rota__error_plain(env->error, ROTA_ENOMEM);
}

int rota__shared_open(rota__env *env, rota__mem *mem, rota__store *inner, rota__store **out)
{
    assert(inner->ops->turns);
    family *f = rota__mem_alloc(mem, 1, (int64_t)sizeof *f);
    rota__store *first = f ? new_member(mem, f, true) : NULL;
    if (!first || pthread_mutex_init(&f->mutex, NULL) != 0) {
        rota__mem_free(mem, first);
        rota__mem_free(mem, f);
        return rota__error_plain(env->error, ROTA_ENOMEM);
    }
    f->inner = inner;
    f->in_turn = false;
    *out = first;
    return ROTA_OK;
}
