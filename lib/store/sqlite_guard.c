/* The second guard: no commit leaves a resource of capacity 1 with two claims that
 * take the same time, even where the gate above was wrong. It looks at the spans of
 * the claims as they are stored, and only for claims that begin to take time with
 * this batch. Units of a larger capacity, setup and cleanup, and what reaches a
 * resource through a group are the gate's business alone (domain/admit.c).
 *
 * Bookings that recur it does not see: their claims are in another table, and when
 * they take time is nothing that a span says.
 *
 * What takes no more than before is let through, though it may stand where another
 * does: a capacity that was lowered leaves such bookings behind, and they must be
 * free to end. */
#include "store/sqlite_private.h"

/* Did the booking take all of this time of the resource before? */
static bool took(const rota__booking *before, const rota__booking *booking, int64_t resource)
{
    if (!before || before->when.start > booking->when.start || before->when.end < booking->when.end)
        return false;
    for (int64_t i = 0; i < before->claim_count; i++)
        if (before->claims[i].resource == resource)
            return rota__sqlite_takes(before, &before->claims[i]);
    return false;
}

int rota__sqlite_note(rota__env *env, rota__sqlite_takings *takings, const rota__booking *before,
                      const rota__booking *booking, int64_t row)
{
    if (booking->series) return ROTA_OK;
    for (int64_t i = 0; i < booking->claim_count; i++) {
        int64_t resource = booking->claims[i].resource;
        if (!rota__sqlite_takes(booking, &booking->claims[i]) || took(before, booking, resource))
            continue;
        rota__sqlite_taking *taking = ROTA__PUSH(env->arena, takings);
        if (!taking) return rota__error_plain(env->error, ROTA_ENOMEM);
        *taking = (rota__sqlite_taking){ .resource = resource,
                                         .booking = row,
                                         .when = booking->when };
    }
    return ROTA_OK;
}

static int say(rota__sqlite *self, rota__env *env, const rota__sqlite_taking *taking, int64_t rival)
{
    return rota__error_set(
        env->error, ROTA_ECORRUPT,
        "%s: booking row %lld was admitted where row %lld takes the only unit of "
        "resource row %lld: nothing is written",
        self->path, (long long)taking->booking, (long long)rival, (long long)taking->resource);
}

/* Class by class, up to the longest that the resource has any claims of: mostly there
 * are none but the shortest. */
static int check(rota__sqlite *self, rota__env *env, const rota__sqlite_taking *taking)
{
    int32_t longest = 0;
    int rc = ROTA_OK;
    for (int32_t reach = 0; reach <= longest && rc == ROTA_OK; reach++) {
        int64_t rival = 0;
        rota__sqlite_query query;
        rota__sqlite_start(&query, self, env,
                           reach ? ROTA__SQL_CLAIM_RIVAL : ROTA__SQL_CLAIM_RIVAL_FIRST);
        rota__sqlite_bind_int(&query, taking->resource);
        rota__sqlite_bind_int(&query, taking->booking);
        rota__sqlite_bind_int(&query, taking->when.start);
        rota__sqlite_bind_int(&query, taking->when.end);
        rota__sqlite_bind_int(&query, reach);
        rota__sqlite_bind_int(&query, rota__sqlite_reach_back(reach, taking->when.start));
        while (rival <= 0 && rota__sqlite_next(&query)) {
            rival = rota__sqlite_int(&query, 1 - ROTA__SQLITE_REACHES, INT64_MAX);
            if (rival < 0) longest = (int32_t)-rival;
        }
        rc = rota__sqlite_end(&query);
        if (rc == ROTA_OK && rival > 0) rc = say(self, env, taking, rival);
    }
    return rc;
}

int rota__sqlite_guard(rota__sqlite *self, rota__env *env, const rota__sqlite_takings *takings)
{
    int rc = ROTA_OK;
    for (int64_t i = 0; i < takings->count && rc == ROTA_OK; i++)
        rc = check(self, env, &takings->items[i]);
    return rc;
}
