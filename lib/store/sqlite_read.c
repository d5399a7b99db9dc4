/* The reads of the store's table: which rows each asks for, and in which state of
 * the file. Those of one statement see one state by themselves, those of several
 * are one transaction.
 *
 * What a row means is left to sqlite_rows.c, the text of the statements and how
 * they are run to sqlite_query.c. */
#include "store/sqlite_private.h"

#include "base/id.h"
#include "base/sort.h"

/* A read of one statement. */
static void start_alone(rota__sqlite_query *query, rota__store *store, rota__env *env, int id)
{
    rota__sqlite *self = rota__sqlite_of(store);
    self->deadline = 0;
    rota__sqlite_start(query, self, env, id);
}

/* --- numbers --- */

/* What the statement tells of a resource in its last column, which is above zero, as all of
 * them are. */
static int read_of(rota__store *store, rota__env *env, int id, int64_t resource, int columns,
                   int64_t *out)
{
    int64_t value = 0;
    rota__sqlite_query query;
    start_alone(&query, store, env, id);
    rota__sqlite_bind_int(&query, resource);
    bool found = rota__sqlite_next(&query);
    while (found && query.column < columns)
        value = rota__sqlite_row(&query);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = value;
    return ROTA_OK;
}

int rota__sqlite_stamp(rota__store *store, rota__env *env, int64_t resource, int64_t *stamp)
{
    return read_of(store, env, ROTA__SQL_STAMP_GET, resource, 2, stamp);
}

int rota__sqlite_due_keys(rota__store *store, rota__env *env, rota_time horizon, int64_t limit,
                          int64_t *count)
{
    int64_t due = 0;
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_KEY_DUE);
    rota__sqlite_bind_int(&query, horizon);
    rota__sqlite_bind_int(&query, limit > 0 ? limit : 0);
    if (rota__sqlite_next(&query)) due = rota__sqlite_any(&query);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *count = due;
    return rc;
}

/* NULL: there is none yet. */
static int64_t last_number(rota__sqlite_query *query)
{
    if (!rota__sqlite_is_null(query)) return rota__sqlite_row(query);
    query->column++;
    return 0;
}

int rota__sqlite_counts(rota__store *store, rota__env *env, rota__counts *out)
{
    rota__counts counts = { 0 };
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_COUNTS);
    if (rota__sqlite_next(&query)) {
        counts.resources = rota__sqlite_any(&query);
        counts.bookings = last_number(&query);
        counts.events = last_number(&query);
    }
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) *out = counts;
    return rc;
}

/* --- one record --- */

/* Where a single record is looked for: of three statements the one that fits. */
static void start_by(rota__sqlite_query *query, rota__sqlite *self, rota__env *env,
                     const rota__by *by, int by_row, int by_id, int by_ref)
{
    rota__sqlite_start(query, self, env, by->row ? by_row : by->id ? by_id : by_ref);
    if (by->row)
        rota__sqlite_bind_int(query, by->row);
    else if (by->id)
        rota__sqlite_bind_bytes(query, by->id, (int64_t)sizeof *by->id);
    else
        rota__sqlite_bind_text(query, by->ref);
}

static int get_resource(rota__sqlite *self, rota__env *env, const rota__by *by, rota__resource *out)
{
    rota__sqlite_query query;
    start_by(&query, self, env, by, ROTA__SQL_RESOURCE_BY_ROW, ROTA__SQL_RESOURCE_BY_ID,
             by->removed ? ROTA__SQL_RESOURCE_REMOVED : ROTA__SQL_RESOURCE_BY_REF);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_resource(&query, out);
    int rc = rota__sqlite_end(&query);
    if (rc == ROTA_OK) rc = found ? rota__sqlite_read_tags(self, env, out) : ROTA_ENOTFOUND;
    return rc;
}

static int get_booking(rota__sqlite *self, rota__env *env, const rota__by *by, rota__booking *out)
{
    rota__sqlite_query query;
    if (by->part_of != 0) {
        rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_BY_OCCURRENCE);
        rota__sqlite_bind_int(&query, by->part_of);
        rota__sqlite_bind_int(&query, by->occurrence);
    } else {
        start_by(&query, self, env, by, ROTA__SQL_BOOKING_BY_ROW, ROTA__SQL_BOOKING_BY_ID,
                 ROTA__SQL_BOOKING_BY_REF);
    }
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_booking(&query, out);
    int rc = rota__sqlite_end(&query);
    return rc == ROTA_OK && !found ? ROTA_ENOTFOUND : rc;
}

int rota__sqlite_resource_get(rota__store *store, rota__env *env, const rota__by *by,
                              rota__resource *out)
{
    rota__sqlite *self = rota__sqlite_of(store);
    rota__resource found;
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(self, env, get_resource(self, env, by, &found));
    if (rc == ROTA_OK) *out = found;
    return rc;
}

int rota__sqlite_booking_get(rota__store *store, rota__env *env, const rota__by *by,
                             rota__booking *out)
{
    rota__sqlite *self = rota__sqlite_of(store);
    rota__booking found;
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(self, env, get_booking(self, env, by, &found));
    if (rc == ROTA_OK) *out = found;
    return rc;
}

int rota__sqlite_key_get(rota__store *store, rota__env *env, const char *actor, const char *key,
                         rota__key *out)
{
    rota__key value;
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_KEY_GET);
    rota__sqlite_bind_text(&query, actor);
    rota__sqlite_bind_text(&query, key);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_key(&query, &value);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = value;
    return ROTA_OK;
}

/* --- many --- */

static int64_t limit_or_all(int64_t limit)
{
    return limit > 0 ? limit : -1;
}

typedef struct resources {
    rota__resource *items;
    int64_t count, room;
} resources;

static int list_resources(rota__sqlite *self, rota__env *env, const rota__resource_filter *filter,
                          resources *found)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env,
                       filter->tag      ? ROTA__SQL_RESOURCE_WITH_TAG
                       : filter->parent ? ROTA__SQL_RESOURCE_IN_PARENT
                       : filter->kind   ? ROTA__SQL_RESOURCE_OF_KIND
                                        : ROTA__SQL_RESOURCE_ALL);
    rota__sqlite_bind_bytes(&query, &filter->after, (int64_t)sizeof filter->after);
    rota__sqlite_bind_int(&query, limit_or_all(filter->limit));
    rota__sqlite_bind_text(&query, filter->kind);
    rota__sqlite_bind_row(&query, filter->parent);
    if (filter->tag) rota__sqlite_bind_text(&query, filter->tag);
    rota__resource *resource = NULL;
    while ((resource = ROTA__SQLITE_NEXT(&query, found))) {
        rota__sqlite_read_resource(&query, resource);
        if (query.status == ROTA_OK) query.status = rota__sqlite_read_tags(self, env, resource);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_resource_list(rota__store *store, rota__env *env,
                               const rota__resource_filter *filter, rota__resource **rows,
                               int64_t *count)
{
    rota__sqlite *self = rota__sqlite_of(store);
    resources found = { 0 };
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK)
        rc = rota__sqlite_end_read(self, env, list_resources(self, env, filter, &found));
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

typedef struct members {
    rota__member *items;
    int64_t count, room;
} members;

static int list_members(rota__sqlite *self, rota__env *env, int64_t group, int64_t member,
                        members *found)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env,
                       group == 0    ? ROTA__SQL_MEMBER_OF_MEMBER
                       : member == 0 ? ROTA__SQL_MEMBER_OF_GROUP
                                     : ROTA__SQL_MEMBER_OF_BOTH);
    rota__sqlite_bind_int(&query, group);
    if (member != 0) rota__sqlite_bind_int(&query, member);
    rota__member *stay = NULL;
    while ((stay = ROTA__SQLITE_NEXT(&query, found)))
        rota__sqlite_read_member(&query, stay);
    return rota__sqlite_end(&query);
}

int rota__sqlite_member_list(rota__store *store, rota__env *env, int64_t group, int64_t member,
                             rota__member **rows, int64_t *count)
{
    members found = { 0 };
    rota__sqlite_of(store)->deadline = 0;
    int rc = list_members(rota__sqlite_of(store), env, group, member, &found);
    if (rc != ROTA_OK) return rc;
    *rows = found.items;
    *count = found.count;
    return ROTA_OK;
}

int rota__sqlite_group_next(rota__store *store, rota__env *env, int64_t resource, int64_t *group)
{
    return read_of(store, env, ROTA__SQL_GROUP_NEXT, resource, 1, group);
}

typedef struct takings {
    ROTA__LIST(rota__taken) intervals;
    ROTA__LIST(rota__recurring) recurring;
} takings;

static void read_taken(rota__sqlite_query *query, rota__taken *out)
{
    out->booking = rota__sqlite_row(query);
    out->when = rota__sqlite_span(query);
    out->expires = rota__sqlite_instant(query);
    out->units = rota__sqlite_small(query, 1, INT32_MAX);
}

static int read_takings(rota__sqlite *self, rota__env *env, int64_t resource, takings *found)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_CLAIM_TAKING);
    rota__sqlite_bind_int(&query, resource);
    rota__taken *taken = NULL;
    while ((taken = ROTA__SQLITE_NEXT(&query, &found->intervals)))
        read_taken(&query, taken);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;

    rota__sqlite_start(&query, self, env, ROTA__SQL_RECURRENCE_TAKING);
    rota__sqlite_bind_int(&query, resource);
    rota__recurring *next = NULL;
    while ((next = ROTA__SQLITE_NEXT(&query, &found->recurring))) {
        read_taken(&query, &next->taken);
        rota__sqlite_read_kept(&query, "series", &next->series, &next->series_size);
    }
    return rota__sqlite_end(&query);
}

int rota__sqlite_timeline(rota__store *store, rota__env *env, int64_t resource,
                          rota__timeline_rows *out)
{
    rota__sqlite *self = rota__sqlite_of(store);
    rota__timeline_rows rows = { .intervals = NULL };
    takings taken = { 0 };
    members groups = { 0 }, inside = { 0 };
    rota__by by = { .row = resource };

    int rc = rota__sqlite_begin(self, env);
    if (rc != ROTA_OK) return rc;
    rc = resource > 0 ? get_resource(self, env, &by, &rows.resource) : ROTA_ENOTFOUND;
    if (rc == ROTA_OK) rc = read_takings(self, env, resource, &taken);
    if (rc == ROTA_OK) rc = list_members(self, env, 0, resource, &groups);
    if (rc == ROTA_OK) rc = list_members(self, env, resource, 0, &inside);
    rc = rota__sqlite_end_read(self, env, rc);
    if (rc != ROTA_OK) return rc;

    rows.intervals = taken.intervals.items;
    rows.interval_count = taken.intervals.count;
    rows.recurring = taken.recurring.items;
    rows.recurring_count = taken.recurring.count;
    rows.groups = groups.items;
    rows.group_count = groups.count;
    rows.members = inside.items;
    rows.member_count = inside.count;
    *out = rows;
    return ROTA_OK;
}

/* --- lists of bookings --- */

typedef struct finding {
    rota__sqlite *self;
    rota__env *env;
    const rota__booking_filter *filter;
    ROTA__LIST(rota__booking) list;
} finding;

static int by_time(const void *a, const void *b)
{
    const rota__booking *const *x = a, *const *y = b;
    rota_span first = (*x)->when, second = (*y)->when;
    if (first.start != second.start) return first.start < second.start ? -1 : 1;
    if (first.end != second.end) return first.end < second.end ? -1 : 1;
    return rota__id_compare(&(*x)->id, &(*y)->id);
}

static int statement_of(const rota__booking_filter *filter, bool source)
{
    if (filter->part_of != 0) return ROTA__SQL_BOOKING_OF_SERIES;
    if (filter->recurring)
        return source ? ROTA__SQL_BOOKING_RECURRING_CLAIMING : ROTA__SQL_BOOKING_RECURRING;
    return source ? ROTA__SQL_BOOKING_CLAIMING : ROTA__SQL_BOOKING_IN_TIME;
}

static bool has_source(const rota__booking_filter *filter, const rota__booking *booking)
{
    for (int64_t i = 0; i < filter->source_count; i++) {
        if (!rota__time_overlap(booking->when, filter->sources[i].when)) continue;
        for (int64_t k = 0; k < booking->claim_count; k++)
            if (booking->claims[k].resource == filter->sources[i].resource) return true;
    }
    return filter->source_count == 0;
}

/* What the statement did not ask. */
static bool fits(const rota__booking_filter *filter, const rota__booking *booking)
{
    if (booking->when.end - booking->when.start <= filter->longer) return false;
    return filter->part_of == 0 ||
           ((booking->series != NULL) == filter->recurring && has_source(filter, booking));
}

/* One length class, of all bookings or of one source. Whatever the number of
 * classes and sources, the first `limit` bookings of them all are among the
 * first `limit` of each; those that start together are all read. */
static int find_reach(finding *f, int32_t reach, const rota__source *source)
{
    const rota__booking_filter *filter = f->filter;
    rota_time from = filter->when.start, to = filter->when.end;
    if (source && source->when.start > from) from = source->when.start;
    if (source && source->when.end < to) to = source->when.end;
    rota_span behind = { rota__sqlite_reach_back(reach, from), INT64_MIN };
    if (!rota__id_is_none(&filter->after_id) && filter->after.start >= behind.start)
        behind = filter->after;

    rota__sqlite_query query;
    rota__sqlite_start(&query, f->self, f->env, statement_of(filter, source != NULL));
    rota__sqlite_bind_int(&query, reach);
    rota__sqlite_bind_int(&query, to);
    rota__sqlite_bind_int(&query, from);
    rota__sqlite_bind_int(&query, filter->statuses);
    rota__sqlite_bind_int(&query, behind.start);
    rota__sqlite_bind_int(&query, behind.end);
    rota__sqlite_bind_bytes(&query, &filter->after_id, (int64_t)sizeof filter->after_id);
    if (filter->part_of != 0)
        rota__sqlite_bind_int(&query, filter->part_of);
    else if (source)
        rota__sqlite_bind_int(&query, source->resource);

    const int64_t earlier = f->list.count;
    rota__booking *next = NULL;
    while ((next = ROTA__SQLITE_NEXT(&query, &f->list))) {
        rota__sqlite_read_booking(&query, next);
        if (!fits(filter, next)) {
            f->list.count--;
            continue;
        }
        int64_t found = f->list.count - earlier;
        bool enough = filter->limit > 0 && found > filter->limit &&
                      next->when.start > f->list.items[earlier + filter->limit - 1].when.start;
        if (enough || query.status != ROTA_OK) break;
    }
    return rota__sqlite_end(&query);
}

/* Each once, by start, end and id. One that was found through several sources stands
 * beside itself then. */
static int sort_bookings(finding *f, rota__booking **rows, int64_t *count)
{
    int64_t found = f->list.count, kept = 0;
    rota__arena *arena = f->env->arena;
    const rota__booking **order = rota__arena_alloc(arena, found, (int64_t)sizeof(*order));
    rota__booking *sorted = rota__arena_alloc(arena, found, (int64_t)sizeof *sorted);
    if (!order || !sorted) return rota__error_plain(f->env->error, ROTA_ENOMEM);
    for (int64_t i = 0; i < found; i++)
        order[i] = &f->list.items[i];
    rota__sort(order, found, sizeof(*order), by_time);
    for (int64_t i = 0; i < found && (f->filter->limit <= 0 || kept < f->filter->limit); i++)
        if (kept == 0 || sorted[kept - 1].row != order[i]->row) sorted[kept++] = *order[i];
    *rows = sorted;
    *count = kept;
    return ROTA_OK;
}

static int list_bookings(finding *f, rota__booking **rows, int64_t *count)
{
    const rota__booking_filter *filter = f->filter;
    int rc = ROTA_OK;
    int64_t sources = filter->part_of != 0 ? 0 : filter->source_count;
    int32_t shortest = filter->recurring || filter->part_of != 0
                           ? ROTA__SQLITE_REACHES - 1 /* one class for all of them */
                           : rota__sqlite_reach((rota_span){ 0, filter->longer + 1 });
    for (int32_t reach = shortest; reach < ROTA__SQLITE_REACHES && rc == ROTA_OK; reach++) {
        if (sources == 0) rc = find_reach(f, reach, NULL);
        for (int64_t i = 0; i < sources && rc == ROTA_OK; i++)
            rc = find_reach(f, reach, &filter->sources[i]);
    }
    return rc == ROTA_OK ? sort_bookings(f, rows, count) : rc;
}

int rota__sqlite_booking_list(rota__store *store, rota__env *env,
                              const rota__booking_filter *filter, rota__booking **rows,
                              int64_t *count)
{
    finding f = { .self = rota__sqlite_of(store), .env = env, .filter = filter };
    rota__booking *items = NULL;
    int64_t found = 0;
    int rc = rota__sqlite_begin(f.self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(f.self, env, list_bookings(&f, &items, &found));
    if (rc != ROTA_OK) return rc;
    *rows = items;
    *count = found;
    return ROTA_OK;
}

/* --- what is due, what was told --- */

typedef struct bookings {
    rota__booking *items;
    int64_t count, room;
} bookings;

static int list_due(rota__sqlite *self, rota__env *env, rota_time now, int64_t limit, bookings *due)
{
    rota__sqlite_query query;
    rota__sqlite_start(&query, self, env, ROTA__SQL_BOOKING_DUE);
    rota__sqlite_bind_int(&query, now);
    rota__sqlite_bind_int(&query, limit_or_all(limit));
    rota__booking *booking = NULL;
    while ((booking = ROTA__SQLITE_NEXT(&query, due)))
        rota__sqlite_read_booking(&query, booking);
    return rota__sqlite_end(&query);
}

int rota__sqlite_due_holds(rota__store *store, rota__env *env, rota_time now, int64_t limit,
                           rota__booking **rows, int64_t *count)
{
    rota__sqlite *self = rota__sqlite_of(store);
    bookings due = { 0 };
    int rc = rota__sqlite_begin(self, env);
    if (rc == ROTA_OK) rc = rota__sqlite_end_read(self, env, list_due(self, env, now, limit, &due));
    if (rc != ROTA_OK) return rc;
    *rows = due.items;
    *count = due.count;
    return ROTA_OK;
}

int rota__sqlite_feed(rota__store *store, rota__env *env, int64_t after, int64_t limit,
                      rota__event **rows, int64_t *count)
{
    ROTA__LIST(rota__event) events = { 0 };
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_EVENT_FROM);
    rota__sqlite_bind_int(&query, after);
    rota__sqlite_bind_int(&query, limit_or_all(limit));
    rota__event *event = NULL;
    while ((event = ROTA__SQLITE_NEXT(&query, &events)))
        rota__sqlite_read_event(&query, event);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = events.items;
    *count = events.count;
    return ROTA_OK;
}

/* --- who reads it, and how far --- */

int rota__sqlite_consumer_get(rota__store *store, rota__env *env, const char *name,
                              rota__consumer *out)
{
    rota__consumer value;
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_CONSUMER_GET);
    rota__sqlite_bind_text(&query, name);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_consumer(&query, &value);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = value;
    return ROTA_OK;
}

int rota__sqlite_consumer_list(rota__store *store, rota__env *env, rota__consumer **rows,
                               int64_t *count)
{
    ROTA__LIST(rota__consumer) consumers = { 0 };
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_CONSUMER_ALL);
    rota__consumer *consumer = NULL;
    while ((consumer = ROTA__SQLITE_NEXT(&query, &consumers)))
        rota__sqlite_read_consumer(&query, consumer);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    *rows = consumers.items;
    *count = consumers.count;
    return ROTA_OK;
}

int rota__sqlite_zone_get(rota__store *store, rota__env *env, const char *name, uint64_t digest,
                          rota__zone *out)
{
    rota__zone value;
    rota__sqlite_query query;
    start_alone(&query, store, env, ROTA__SQL_ZONE_GET);
    rota__sqlite_bind_text(&query, name);
    rota__sqlite_bind_int(&query, (int64_t)digest);
    bool found = rota__sqlite_next(&query);
    if (found) rota__sqlite_read_zone(&query, &value);
    int rc = rota__sqlite_end(&query);
    if (rc != ROTA_OK) return rc;
    if (!found) return ROTA_ENOTFOUND;
    *out = value;
    return ROTA_OK;
}
