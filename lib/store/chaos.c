/* Passes every operation on to the store it wraps, but for the one that was
 * asked to meet a fault. Knows what an honest store could do wrong, and nothing
 * of what the operations mean.
 *
 * A fault of a read is a status; a fault of a commit may also be an outcome. An
 * outcome that tells nothing tells no row numbers either: a caller that used
 * them would go unnoticed with a store that is not so honest. */
#include "store/chaos.h"

typedef struct chaos {
    rota__store base;
    rota__mem *mem;
    rota__store *inner;
    rota__chaos *plan;
    uint64_t token; /* ours: one more for each news, the inner store's or made up */
    uint64_t inner_token;
} chaos;

enum { READ = 1, COMMIT = 2, CHANGED = 4 };

static chaos *of(rota__store *self)
{
    return (chaos *)(void *)self;
}

/* The kinds of operation that can meet a fault. */
static int reach(int32_t fault)
{
    switch (fault) {
    case ROTA__CHAOS_BUSY:
    case ROTA__CHAOS_IO:
    case ROTA__CHAOS_NOMEM:
    case ROTA__CHAOS_MEANWHILE:
        return READ | COMMIT | CHANGED;
    case ROTA__CHAOS_STALE:
        return COMMIT | CHANGED;
    case ROTA__CHAOS_LOST:
    case ROTA__CHAOS_UNANSWERED:
        return COMMIT;
    default:
        return 0;
    }
}

/* Counts the operation, and says which fault it meets. */
static int32_t meet(chaos *c, int operation)
{
    rota__chaos *plan = c->plan;
    plan->calls++;
    if (plan->at == 0) return ROTA__CHAOS_NONE;
    if (plan->at > 1) {
        plan->at--;
        return ROTA__CHAOS_NONE;
    }
    if (!(reach(plan->fault) & operation)) return ROTA__CHAOS_NONE;
    plan->hits++;
    if (plan->repeat > 0)
        plan->repeat--;
    else
        plan->at = 0;
    if (plan->fault != ROTA__CHAOS_MEANWHILE) return plan->fault;
    plan->meanwhile(plan->meanwhile_ctx);
    return ROTA__CHAOS_NONE;
}

static int status_of(rota__env *env, int32_t fault)
{
    switch (fault) {
    case ROTA__CHAOS_BUSY:
        return rota__error_set(env->error, ROTA_EBUSY, "the calendar is locked, by request");
    case ROTA__CHAOS_IO:
        return rota__error_set(env->error, ROTA_EIO, "the storage failed, by request");
    case ROTA__CHAOS_NOMEM:
        return rota__error_plain(env->error, ROTA_ENOMEM);
    default:
        return ROTA_OK;
    }
}

/* A read, and everything else that can only fail with a status. */
static int before(chaos *c, rota__env *env)
{
    return status_of(env, meet(c, READ));
}

/* Commits a copy, so that the batch shows nothing of what became of it. */
static int commit_unanswered(chaos *c, rota__env *env, const rota__batch *batch, rota__commit *out)
{
    rota__batch copy = *batch;
    copy.resources.items = rota__arena_copy(env->arena, batch->resources.items,
                                            batch->resources.count *
                                                (int64_t)sizeof *batch->resources.items);
    copy.bookings.items = rota__arena_copy(env->arena, batch->bookings.items,
                                           batch->bookings.count *
                                               (int64_t)sizeof *batch->bookings.items);
    copy.events.items = rota__arena_copy(env->arena, batch->events.items,
                                         batch->events.count *
                                             (int64_t)sizeof *batch->events.items);
    if ((!copy.resources.items && batch->resources.count > 0) ||
        (!copy.bookings.items && batch->bookings.count > 0) ||
        (!copy.events.items && batch->events.count > 0))
        return rota__error_plain(env->error, ROTA_ENOMEM);

    rota__commit untold;
    int rc = c->inner->ops->commit(c->inner, env, &copy, &untold);
    if (rc == ROTA_OK) *out = (rota__commit){ .outcome = ROTA__UNKNOWN };
    return rc;
}

static int commit(rota__store *self, rota__env *env, rota__batch *batch, rota__commit *out)
{
    chaos *c = of(self);
    int32_t fault = meet(c, COMMIT);
    switch (fault) {
    case ROTA__CHAOS_NONE:
        return c->inner->ops->commit(c->inner, env, batch, out);
    case ROTA__CHAOS_STALE:
        *out = (rota__commit){ .outcome = ROTA__STALE };
        return ROTA_OK;
    case ROTA__CHAOS_LOST:
        *out = (rota__commit){ .outcome = ROTA__UNKNOWN };
        return ROTA_OK;
    case ROTA__CHAOS_UNANSWERED:
        return commit_unanswered(c, env, batch, out);
    default:
        return status_of(env, fault);
    }
}

static int changed(rota__store *self, rota__env *env, uint64_t *token)
{
    chaos *c = of(self);
    int32_t fault = meet(c, CHANGED);
    int rc = status_of(env, fault);
    uint64_t inner = 0;
    if (rc == ROTA_OK) rc = c->inner->ops->changed(c->inner, env, &inner);
    if (rc != ROTA_OK) return rc;
    if (fault == ROTA__CHAOS_STALE || inner != c->inner_token) c->token++;
    c->inner_token = inner;
    *token = c->token;
    return ROTA_OK;
}

static int stamp(rota__store *self, rota__env *env, int64_t resource, int64_t *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->stamp(c->inner, env, resource, out) : rc;
}

static int timeline(rota__store *self, rota__env *env, int64_t resource, rota__timeline_rows *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->timeline(c->inner, env, resource, out) : rc;
}

static int resource_get(rota__store *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->resource_get(c->inner, env, by, out) : rc;
}

static int resource_list(rota__store *self, rota__env *env, const rota__resource_filter *filter,
                         rota__resource **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->resource_list(c->inner, env, filter, rows, count) : rc;
}

static int member_list(rota__store *self, rota__env *env, int64_t group, int64_t member,
                       rota__member **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->member_list(c->inner, env, group, member, rows, count)
                         : rc;
}

static int group_next(rota__store *self, rota__env *env, int64_t resource, int64_t *group)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->group_next(c->inner, env, resource, group) : rc;
}

static int booking_get(rota__store *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->booking_get(c->inner, env, by, out) : rc;
}

static int booking_list(rota__store *self, rota__env *env, const rota__booking_filter *filter,
                        rota__booking **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->booking_list(c->inner, env, filter, rows, count) : rc;
}

static int due_holds(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                     rota__booking **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->due_holds(c->inner, env, now, limit, rows, count) : rc;
}

static int due_keys(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                    int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->due_keys(c->inner, env, horizon, limit, count) : rc;
}

static int key_get(rota__store *self, rota__env *env, const char *actor, const char *key,
                   rota__key *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->key_get(c->inner, env, actor, key, out) : rc;
}

static int feed(rota__store *self, rota__env *env, int64_t after, int64_t limit, rota__event **rows,
                int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->feed(c->inner, env, after, limit, rows, count) : rc;
}

static int consumer_get(rota__store *self, rota__env *env, const char *name, rota__consumer *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->consumer_get(c->inner, env, name, out) : rc;
}

static int consumer_list(rota__store *self, rota__env *env, rota__consumer **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->consumer_list(c->inner, env, rows, count) : rc;
}

static int zone_get(rota__store *self, rota__env *env, const char *name, uint64_t digest,
                    rota__zone *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->zone_get(c->inner, env, name, digest, out) : rc;
}

static int reminder_state(rota__store *self, rota__env *env, rota__reminder_state *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_state(c->inner, env, out) : rc;
}

static int reminder_list(rota__store *self, rota__env *env, int32_t of_what, int64_t subject,
                         rota__reminder_list *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_list(c->inner, env, of_what, subject, out) : rc;
}

static int reminder_any(rota__store *self, rota__env *env, int32_t of_what, bool *any)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_any(c->inner, env, of_what, any) : rc;
}

static int reminder_offsets(rota__store *self, rota__env *env, int64_t **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_offsets(c->inner, env, rows, count) : rc;
}

static int reminder_get(rota__store *self, rota__env *env, const rota_id *id, rota__reminder *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_get(c->inner, env, id, out) : rc;
}

static int reminder_open(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_open(c->inner, env, now, limit, rows, count)
                         : rc;
}

static int reminder_dead(rota__store *self, rota__env *env, const rota_id *after, int64_t limit,
                         rota__reminder **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_dead(c->inner, env, after, limit, rows, count)
                         : rc;
}

static int reminder_notes(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                          rota__reminder_note **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_notes(c->inner, env, now, limit, rows, count)
                         : rc;
}

static int reminder_next(rota__store *self, rota__env *env, rota_time now, int64_t limit,
                         rota__reminder_next **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_next(c->inner, env, now, limit, rows, count)
                         : rc;
}

static int reminder_starts(rota__store *self, rota__env *env, rota_time from, int64_t row,
                           rota_time to, int64_t limit, rota__starting **rows, int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK
               ? c->inner->ops->reminder_starts(c->inner, env, from, row, to, limit, rows, count)
               : rc;
}

static int reminder_old(rota__store *self, rota__env *env, rota_time horizon, int64_t limit,
                        int64_t *count)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->reminder_old(c->inner, env, horizon, limit, count) : rc;
}

static int counts(rota__store *self, rota__env *env, rota__counts *out)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->counts(c->inner, env, out) : rc;
}

static int check(rota__store *self, rota__env *env)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->check(c->inner, env) : rc;
}

static int checkpoint(rota__store *self, rota__env *env)
{
    chaos *c = of(self);
    int rc = before(c, env);
    return rc == ROTA_OK ? c->inner->ops->checkpoint(c->inner, env) : rc;
}

static void close_chaos(rota__store *self)
{
    chaos *c = of(self);
    c->inner->ops->close(c->inner);
    rota__mem_free(c->mem, c);
}

static const rota__store_ops operations = {
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
    .close = close_chaos,
};

int rota__chaos_open(rota__env *env, rota__mem *mem, rota__store *inner, rota__chaos *plan,
                     rota__store **out)
{
    *out = NULL;
    chaos *c = rota__mem_alloc(mem, 1, (int64_t)sizeof *c);
    if (!c) {
        inner->ops->close(inner); /* it is ours from here on, also where we fail */
        return rota__error_plain(env->error, ROTA_ENOMEM);
    }
    *c = (chaos){ .base = { .ops = &operations }, .mem = mem, .inner = inner, .plan = plan };
    *out = &c->base;
    return ROTA_OK;
}
