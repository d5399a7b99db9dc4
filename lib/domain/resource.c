#include "domain/resource.h"

#include <inttypes.h>

#include "base/sort.h"
#include "base/str.h"
#include "domain/admit.h"
#include "domain/event.h"
#include "domain/reminder.h"
#include "domain/request.h"
#include "domain/resolve.h"
#include "domain/resource_find.h"
#include "domain/stay.h"

enum {
    SET_ALL = ROTA_RESOURCE_SET_REF | ROTA_RESOURCE_SET_KIND | ROTA_RESOURCE_SET_NAME |
              ROTA_RESOURCE_SET_ZONE | ROTA_RESOURCE_SET_DATA | ROTA_RESOURCE_SET_TAGS |
              ROTA_RESOURCE_SET_PARENT | ROTA_RESOURCE_SET_CAPACITY | ROTA_RESOURCE_SET_BEFORE |
              ROTA_RESOURCE_SET_AFTER | ROTA_RESOURCE_SET_ACTIVE,
    /* what a change of may make bookings not fit any more */
    SET_OCCUPANCY = ROTA_RESOURCE_SET_CAPACITY | ROTA_RESOURCE_SET_BEFORE |
                    ROTA_RESOURCE_SET_AFTER | ROTA_RESOURCE_SET_ACTIVE
};

/* --- requests --- */

static int compare_text(const void *left, const void *right)
{
    const char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

/* A sorted copy of the tags, each once, each checked. */
static int check_tags(rota__context *cx, rota_resource_request *request)
{
    int64_t count = request->tag_count, kept = 0;
    if (count > ROTA_MAX_TAGS)
        return rota__error_set(cx->env.error, ROTA_ELIMIT, "%" PRId64 " tags are more than %d",
                               count, (int)ROTA_MAX_TAGS);
    if (count < 0 || (count > 0 && !request->tags))
        return rota__error_set(cx->env.error, ROTA_EINVALID, "%" PRId64 " tags at no address",
                               count);
    const char **tags = rota__arena_alloc(cx->env.arena, count, (int64_t)sizeof *tags);
    if (!tags) return rota__context_nomem(cx);
    for (int64_t i = 0; i < count; i++) {
        int rc = rota__request_text(cx, "tag", request->tags[i], ROTA_MAX_NAME, ROTA__REQUIRED);
        if (rc != ROTA_OK) return rc;
        tags[i] = request->tags[i];
    }
    rota__sort(tags, count, sizeof *tags, compare_text);
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(tags[kept - 1], tags[i]) != 0) tags[kept++] = tags[i];
    request->tags = kept ? tags : NULL;
    request->tag_count = kept;
    return ROTA_OK;
}

static int check_texts(rota__context *cx, const rota_resource_request *request, uint32_t set)
{
    const struct {
        uint32_t bit;
        const char *what, *text;
        int64_t max;
        int flags;
    } texts[] = {
        { ROTA_RESOURCE_SET_REF, "ref", request->ref, ROTA_MAX_NAME, 0 },
        { ROTA_RESOURCE_SET_KIND, "kind", request->kind, ROTA_MAX_NAME, ROTA__REQUIRED },
        { ROTA_RESOURCE_SET_NAME, "name", request->name, ROTA_MAX_NAME, ROTA__REQUIRED },
        { ROTA_RESOURCE_SET_ZONE, "zone", request->zone, ROTA_MAX_NAME, 0 },
        { ROTA_RESOURCE_SET_DATA, "data", request->data, ROTA_MAX_DATA, ROTA__MAY_BE_EMPTY },
    };
    for (int64_t i = 0; i < ROTA__LENGTH(texts); i++) {
        if (!(set & texts[i].bit)) continue;
        int rc = rota__request_text(cx, texts[i].what, texts[i].text, texts[i].max, texts[i].flags);
        if (rc != ROTA_OK) return rc;
    }
    return ROTA_OK;
}

/* The fields that `set` names; a zone is looked up, never guessed. */
static int check_request(rota__context *cx, rota_resource_request *request, uint32_t set)
{
    const rota__tz *zone;
    int rc;
    if ((rc = check_texts(cx, request, set)) != ROTA_OK) return rc;
    if ((set & ROTA_RESOURCE_SET_ZONE) && !request->zone) request->zone = "UTC";
    if ((set & ROTA_RESOURCE_SET_ZONE) &&
        (rc = rota__tz_get(cx->zones, request->zone, cx->env.error, &zone)) != ROTA_OK)
        return rc;
    if ((set & ROTA_RESOURCE_SET_CAPACITY) &&
        (rc = rota__request_range(cx, "capacity", request->capacity, 1, INT32_MAX)) != ROTA_OK)
        return rc;
    if ((set & ROTA_RESOURCE_SET_BEFORE) &&
        (rc = rota__request_range(cx, "before", request->before, 0, ROTA_MAX_BUFFER)) != ROTA_OK)
        return rc;
    if ((set & ROTA_RESOURCE_SET_AFTER) &&
        (rc = rota__request_range(cx, "after", request->after, 0, ROTA_MAX_BUFFER)) != ROTA_OK)
        return rc;
    if ((set & ROTA_RESOURCE_SET_ACTIVE) &&
        (rc = rota__request_range(cx, "active", request->active, 0, 1)) != ROTA_OK)
        return rc;
    return set & ROTA_RESOURCE_SET_TAGS ? check_tags(cx, request) : ROTA_OK;
}

static const char *content_of(rota__write *w, const char *verb, const rota_id *id,
                              const rota_resource_request *request, uint32_t set)
{
    rota__str text;
    char hex[37] = "";
    if (!w->call.key) return "";
    if (id) rota_id_format(id, hex);
    rota__str_init(&text, w->cx->env.arena);
    rota__str_addf(&text, "%s %s %" PRIu32 " %" PRId64 " %" PRIu32, verb, hex,
                   w->call.flags & ROTA_CALL_OVERRIDE, w->call.version, set);
    if (set & ROTA_RESOURCE_SET_REF) rota__str_json(&text, request->ref);
    if (set & ROTA_RESOURCE_SET_KIND) rota__str_json(&text, request->kind);
    if (set & ROTA_RESOURCE_SET_NAME) rota__str_json(&text, request->name);
    if (set & ROTA_RESOURCE_SET_ZONE) rota__str_json(&text, request->zone);
    if (set & ROTA_RESOURCE_SET_DATA) rota__str_json(&text, request->data);
    for (int64_t i = 0; (set & ROTA_RESOURCE_SET_TAGS) && i < request->tag_count; i++)
        rota__str_json(&text, request->tags[i]);
    if (set & ROTA_RESOURCE_SET_PARENT) {
        rota_id_format(&request->parent, hex);
        rota__str_add(&text, hex);
    }
    if (set & SET_OCCUPANCY)
        rota__str_addf(&text, " %" PRId32 " %" PRId32 " %" PRId32 " %" PRId32,
                       set & ROTA_RESOURCE_SET_CAPACITY ? request->capacity : 0,
                       set & ROTA_RESOURCE_SET_BEFORE ? request->before : 0,
                       set & ROTA_RESOURCE_SET_AFTER ? request->after : 0,
                       set & ROTA_RESOURCE_SET_ACTIVE ? request->active : 0);
    return rota__str_done(&text);
}

/* --- what is common --- */

static int get_for(rota__write *w, const rota_id *id, rota__resource *out)
{
    int rc = rota__resource_get(w->cx, id, out);
    return rc == ROTA_OK ? rota__write_expect(w, out->name, out->version) : rc;
}

static int check_ref(rota__write *w, const rota__resource *resource)
{
    rota__context *cx = w->cx;
    rota__resource other;
    rota__by by = { .ref = resource->ref };
    if (!resource->ref) return ROTA_OK;
    int rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, &other);
    if (rc == ROTA_ENOTFOUND || (rc == ROTA_OK && other.row == resource->row)) return ROTA_OK;
    if (rc != ROTA_OK) return rc;
    return rota__error_set(cx->env.error, ROTA_ESTATE, "a resource with ref \"%.*s\" is there",
                           ROTA__SHOW_NAME(resource->ref));
}

/* A place is not in itself, nor in what is in it. Each place on the way is
 * guarded, so that two moves at once cannot close a circle. */
static int set_parent(rota__write *w, rota__resource *resource, const rota_id *parent)
{
    rota__context *cx = w->cx;
    rota__resource place;
    int rc;
    resource->parent = 0;
    resource->parent_id = *parent;
    if (rota__id_is_none(parent)) return ROTA_OK;
    if ((rc = rota__resource_get(cx, parent, &place)) != ROTA_OK ||
        (rc = rota__write_touch(w, place.row)) != ROTA_OK) /* it is not empty any more */
        return rc;
    resource->parent = place.row;
    /* Followed is what the guards stand on, never what was read before them. */
    int64_t row = place.row;
    for (int depth = 1;; depth++) {
        rota__timeline *guarded;
        if (row == resource->row)
            return rota__error_set(cx->env.error, ROTA_ESTATE, "\"%.*s\" would be in itself",
                                   ROTA__SHOW_NAME(resource->name));
        if ((rc = rota__resource_at(w, row, &guarded)) != ROTA_OK) return rc;
        row = guarded->resource.parent;
        if (!row) return ROTA_OK;
        if (depth == ROTA_MAX_NESTING)
            return rota__error_set(cx->env.error, ROTA_ELIMIT,
                                   "places are nested more than %d deep", (int)ROTA_MAX_NESTING);
    }
}

static int put(rota__write *w, int32_t event, const rota__resource *before,
               const rota__resource *after)
{
    rota__resource *row = ROTA__PUSH(w->cx->env.arena, &w->batch.resources);
    if (!row) return rota__context_nomem(w->cx);
    *row = *after;
    row->version = before ? before->version + 1 : 1;
    w->answer.receipt.id = row->id;
    w->answer.receipt.version = row->version;
    return rota__event_resource(w, event, before, row->removed ? NULL : row);
}

/* --- create --- */

static int decide_create(rota__write *w, const void *data)
{
    const rota_resource_request *request = data;
    rota__context *cx = w->cx;
    rota__resource resource = { .ref = request->ref,
                                .kind = request->kind,
                                .name = request->name,
                                .zone = request->zone,
                                .data = request->data,
                                .tags = request->tags,
                                .tag_count = request->tag_count,
                                .capacity = request->capacity,
                                .before = request->before,
                                .after = request->after,
                                .active = request->active != 0 };
    int rc;
    if ((rc = set_parent(w, &resource, &request->parent)) != ROTA_OK ||
        (rc = check_ref(w, &resource)) != ROTA_OK)
        return rc;
    if (rota__id_next(cx->ids, cx->now, &resource.id) != ROTA_OK)
        return rota__error_set(cx->env.error, ROTA_EIO, "no random bytes for a new id");
    return put(w, ROTA_EVENT_RESOURCE_CREATED, NULL, &resource);
}

int rota__resource_create(rota__write *w, const rota_resource_request *asked)
{
    rota_resource_request request = *asked;
    if (!(request.set & ROTA_RESOURCE_SET_ACTIVE)) request.active = 1;
    if (request.capacity == 0) request.capacity = 1;
    int rc = check_request(w->cx, &request, SET_ALL);
    if (rc != ROTA_OK) return rc;
    return rota__write_run(w, decide_create, &request,
                           content_of(w, "resource.create", NULL, &request, SET_ALL));
}

/* --- update --- */

typedef struct update {
    const rota_id *id;
    const rota_resource_request *request;
} update;

static int apply(rota__write *w, const rota_resource_request *request, rota__resource *resource)
{
    const uint32_t set = request->set;
    if (set & ROTA_RESOURCE_SET_REF) resource->ref = request->ref;
    if (set & ROTA_RESOURCE_SET_KIND) resource->kind = request->kind;
    if (set & ROTA_RESOURCE_SET_NAME) resource->name = request->name;
    if (set & ROTA_RESOURCE_SET_ZONE) resource->zone = request->zone;
    if (set & ROTA_RESOURCE_SET_DATA) resource->data = request->data;
    if (set & ROTA_RESOURCE_SET_CAPACITY) resource->capacity = request->capacity;
    if (set & ROTA_RESOURCE_SET_BEFORE) resource->before = request->before;
    if (set & ROTA_RESOURCE_SET_AFTER) resource->after = request->after;
    if (set & ROTA_RESOURCE_SET_ACTIVE) resource->active = request->active != 0;
    if (set & ROTA_RESOURCE_SET_TAGS) {
        resource->tags = request->tags;
        resource->tag_count = request->tag_count;
    }
    return set & ROTA_RESOURCE_SET_PARENT ? set_parent(w, resource, &request->parent) : ROTA_OK;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_occupancy(const rota__resource *a, const rota__resource *b)
{
    return a->capacity == b->capacity && a->before == b->before && a->after == b->after &&
           a->active == b->active;
}

/* Whatever fitted before fits then. */
static bool takes_no_more(const rota__resource *after, const rota__resource *before)
{
    return after->capacity >= before->capacity && after->before <= before->before &&
           after->after <= before->after && (before->active || !after->active);
}

static bool same(const rota__resource *a, const rota__resource *b)
{
    if (a->tag_count != b->tag_count) return false;
    for (int64_t i = 0; i < a->tag_count; i++)
        if (strcmp(a->tags[i], b->tags[i]) != 0) return false;
    return same_text(a->ref, b->ref) && same_text(a->kind, b->kind) &&
           same_text(a->name, b->name) && same_text(a->zone, b->zone) &&
           same_text(a->data, b->data) && a->parent == b->parent && same_occupancy(a, b);
}

/* What is booked from now on must fit the resource as it is to be. */
static int check_fit(rota__write *w, const rota__resource *before, const rota__resource *after)
{
    rota__timeline *t;
    int rc = rota__write_look(w, before->row, &t);
    if (rc != ROTA_OK) return rc;
    for (int64_t i = 0; i < t->member_count && after->capacity != 1; i++)
        if (t->members[i].when.end > w->cx->now)
            return rota__error_set(w->cx->env.error, ROTA_ESTATE,
                                   "\"%.*s\" has members: its capacity is 1, not %" PRId32,
                                   ROTA__SHOW_NAME(after->name), after->capacity);
    rota_span from_now = { w->cx->now, INT64_MAX };
    rota__change change = { .resource = after, .eases = takes_no_more(after, before) };
    return rota__resolve_change(w, before->row, from_now, &change);
}

static int decide_update(rota__write *w, const void *data)
{
    const update *asked = data;
    rota__resource before, after;
    int rc;
    if ((rc = get_for(w, asked->id, &before)) != ROTA_OK) return rc;
    after = before;
    if ((rc = apply(w, asked->request, &after)) != ROTA_OK ||
        (rc = check_ref(w, &after)) != ROTA_OK)
        return rc;
    w->answer.receipt.id = before.id;
    w->answer.receipt.version = before.version;
    if (same(&before, &after)) return ROTA_OK;
    if (!same_occupancy(&before, &after) && (rc = check_fit(w, &before, &after)) != ROTA_OK)
        return rc;
    /* Timelines show names and hold buffers: any change makes them stale. */
    if ((rc = rota__write_touch(w, before.row)) != ROTA_OK) return rc;
    return put(w, ROTA_EVENT_RESOURCE_UPDATED, &before, &after);
}

int rota__resource_update(rota__write *w, const rota_id *id, const rota_resource_request *asked)
{
    rota_resource_request request = *asked;
    update u = { .id = id, .request = &request };
    int rc;
    if ((rc = rota__request_bits(w->cx, "set", request.set, SET_ALL)) != ROTA_OK ||
        (rc = check_request(w->cx, &request, request.set)) != ROTA_OK)
        return rc;
    return rota__write_run(w, decide_update, &u,
                           content_of(w, "resource.update", id, &request, request.set));
}

/* --- remove --- */

static bool names(const rota__era *era, int64_t resource)
{
    for (int64_t i = 0; i < era->claim_count; i++)
        if (era->claims[i].resource == resource) return true;
    return false;
}

/* The first occurrence of a series that claims the resource and has not ended; empty where
 * there is none. */
static int first_use(rota__write *w, const rota__booking *booking, int64_t resource,
                     rota_span *when)
{
    rota__context *cx = w->cx;
    rota__series series;
    rota__series_walk *walk = rota__arena_room(cx->env.arena, 1, (int64_t)sizeof *walk);
    const rota_span rest = { cx->now, ROTA_TIME_MAX };
    if (!walk) return rota__context_nomem(cx);
    int rc = rota__series_read(&cx->env, cx->zones, booking->series, booking->series_size, &series);
    *when = (rota_span){ 0, 0 };
    for (int64_t e = 0; rc == ROTA_OK && e < series.era_count; e++) {
        rota__happening first;
        if (!names(&series.eras[e], resource)) continue;
        rota__series_open(walk, &series, e, rest, false);
        if ((rc = rota__series_next(walk, &first)) == ROTA_OK) {
            *when = first.when;
            return ROTA_OK;
        }
        if (rc == ROTA__RECUR_DONE) rc = ROTA_OK;
    }
    return rc == ROTA_ELIMIT
               ? rota__error_set(cx->env.error, rc, "the occurrences of a series are too far apart")
               : rc;
}

static int check_live(rota__write *w, const rota__resource *resource, const rota__booking *booking)
{
    rota_span when = booking->when;
    bool lapsed = booking->status == ROTA_BOOKING_HELD &&
                  rota__lapsed(booking->hold_expires, w->cx->now);
    /* Else somebody with a slower clock confirms it still. */
    if (lapsed) return rota__resolve_expire(w, booking);
    int rc = booking->series ? first_use(w, booking, resource->row, &when) : ROTA_OK;
    if (rc != ROTA_OK || when.start >= when.end) return rc;
    return rota__error_set(w->cx->env.error, ROTA_ESTATE, "\"%.*s\" is booked from %s to %s",
                           ROTA__SHOW_NAME(resource->name), rota__request_show(when.start).text,
                           rota__request_show(when.end).text);
}

/* A live booking that claims the resource and has not ended. */
static int check_unclaimed(rota__write *w, const rota__resource *resource)
{
    rota__context *cx = w->cx;
    rota__source own = { .resource = resource->row, .when = { ROTA_TIME_MIN, ROTA_TIME_MAX } };
    rota__booking_filter filter = { .when = { cx->now, ROTA_TIME_MAX },
                                    .sources = &own,
                                    .source_count = 1,
                                    .statuses = ROTA__BIT(ROTA_BOOKING_HELD) |
                                                ROTA__BIT(ROTA_BOOKING_CONFIRMED) |
                                                ROTA__BIT(ROTA_BOOKING_CHECKED_IN) };
    int rc = ROTA_OK;
    if (filter.when.start >= filter.when.end) return ROTA_OK;
    for (int recurring = 0; recurring <= 1 && rc == ROTA_OK; recurring++) {
        rota__booking *rows;
        int64_t count;
        filter.recurring = recurring;
        rc = cx->store->ops->booking_list(cx->store, &cx->env, &filter, &rows, &count);
        for (int64_t i = 0; rc == ROTA_OK && i < count; i++)
            rc = check_live(w, resource, &rows[i]);
    }
    return rc;
}

static int check_empty(rota__write *w, const rota__resource *resource)
{
    rota__context *cx = w->cx;
    rota__resource_filter filter = { .parent = resource->row, .limit = 1 };
    rota__resource *rows;
    int64_t count;
    int rc = cx->store->ops->resource_list(cx->store, &cx->env, &filter, &rows, &count);
    if (rc != ROTA_OK || count == 0) return rc;
    return rota__error_set(cx->env.error, ROTA_ESTATE, "\"%.*s\" is in \"%.*s\"",
                           ROTA__SHOW_NAME(rows[0].name), ROTA__SHOW_NAME(resource->name));
}

/* Its stays in groups, and those of its members in it, end now; those to come are
 * taken back. */
static int end_stays(rota__write *w, const rota__timeline *t)
{
    rota__context *cx = w->cx;
    int rc = ROTA_OK;
    for (int64_t i = 0; i < t->group_count && rc == ROTA_OK; i++) {
        rota__by by = { .row = t->groups[i].group };
        rota__resource group;
        if (t->groups[i].when.end <= cx->now) continue;
        if ((rc = cx->store->ops->resource_get(cx->store, &cx->env, &by, &group)) == ROTA_OK &&
            (rc = rota__stay_count(w, &group)) == ROTA_OK)
            rc = rota__stay_end(w, &t->groups[i], cx->now);
    }
    for (int64_t i = 0; i < t->member_count && rc == ROTA_OK; i++) {
        if (t->members[i].when.end <= cx->now) continue;
        if ((rc = rota__write_touch(w, t->members[i].member)) == ROTA_OK)
            rc = rota__stay_end(w, &t->members[i], cx->now);
    }
    return rc;
}

static int decide_remove(rota__write *w, const void *data)
{
    const rota_id *id = data;
    rota__resource before, after;
    rota__timeline *t;
    int rc;
    if ((rc = get_for(w, id, &before)) != ROTA_OK ||
        (rc = rota__write_look(w, before.row, &t)) != ROTA_OK ||
        (rc = check_unclaimed(w, &before)) != ROTA_OK ||
        (rc = check_empty(w, &before)) != ROTA_OK ||
        (rc = rota__write_touch(w, before.row)) != ROTA_OK || (rc = end_stays(w, t)) != ROTA_OK ||
        (rc = rota__reminder_forget(w, &before)) != ROTA_OK)
        return rc;
    after = before;
    after.removed = true;
    after.active = false;
    return put(w, ROTA_EVENT_RESOURCE_REMOVED, &before, &after);
}

int rota__resource_remove(rota__write *w, const rota_id *id)
{
    return rota__write_run(w, decide_remove, id, content_of(w, "resource.remove", id, NULL, 0));
}

/* --- reads --- */

static int id_by(rota__context *cx, const rota__by *by, rota_id *id)
{
    rota__resource found;
    int rc = cx->store->ops->resource_get(cx->store, &cx->env, by, &found);
    if (rc == ROTA_OK) *id = found.id;
    return rc;
}

static int found_by_text(rota__context *cx, int rc, const char *text)
{
    if (rc != ROTA_ENOTFOUND) return rc;
    return rota__error_set(cx->env.error, rc, "no resource \"%.*s\"", ROTA__SHOW_NAME(text));
}

int rota__resource_find(rota__context *cx, const char *id_or_ref, rota_id *id)
{
    rota_id parsed;
    int rc = rota__request_text(cx, "id or ref", id_or_ref, ROTA_MAX_NAME, ROTA__REQUIRED);
    if (rc != ROTA_OK) return rc;
    rc = ROTA_ENOTFOUND;
    if (rota_id_parse(id_or_ref, &parsed) == ROTA_OK)
        rc = id_by(cx, &(rota__by){ .id = &parsed }, id);
    if (rc == ROTA_ENOTFOUND) rc = id_by(cx, &(rota__by){ .ref = id_or_ref }, id);
    return found_by_text(cx, rc, id_or_ref);
}

int rota__resource_find_removed(rota__context *cx, const char *ref, rota_id *id)
{
    int rc = rota__request_text(cx, "ref", ref, ROTA_MAX_NAME, ROTA__REQUIRED);
    if (rc != ROTA_OK) return rc;
    return found_by_text(cx, id_by(cx, &(rota__by){ .ref = ref, .removed = true }, id), ref);
}

int rota__resource_list(rota__context *cx, const rota_resource_query *query, rota__resource **rows,
                        int64_t *count)
{
    rota__resource_filter filter = {
        .kind = query->kind, .tag = query->tag, .after = query->after, .limit = query->limit
    };
    int rc;
    if ((rc = rota__request_text(cx, "kind", query->kind, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_text(cx, "tag", query->tag, ROTA_MAX_NAME, 0)) != ROTA_OK ||
        (rc = rota__request_range(cx, "reserved field", query->reserved, 0, 0)) != ROTA_OK ||
        (rc = rota__request_limit(cx, query->limit)) != ROTA_OK)
        return rc;
    if (!rota__id_is_none(&query->parent)) {
        rota__resource place;
        if ((rc = rota__resource_get(cx, &query->parent, &place)) != ROTA_OK) return rc;
        filter.parent = place.row;
    }
    return cx->store->ops->resource_list(cx->store, &cx->env, &filter, rows, count);
}
