/* Free time: who is busy, what is free, and why something is not. */
#include "host.h"

#include <stdlib.h>

enum { BY_TZ = 100 }; /* local too, on the clock of the request's tz */

static const struct word aligns[] = { { "local", ROTA_ALIGN_LOCAL + 1 },
                                      { "tz", BY_TZ },
                                      { "window", ROTA_ALIGN_WINDOW + 1 },
                                      { NULL, 0 } };
static const struct word orders[] = { { "earliest", ROTA_FREE_EARLIEST + 1 },
                                      { "packed", ROTA_FREE_PACKED + 1 },
                                      { "least_used", ROTA_FREE_LEAST_USED + 1 },
                                      { "round_robin", ROTA_FREE_ROUND_ROBIN + 1 },
                                      { NULL, 0 } };

enum { USUAL_LIMIT = 10 };

void busy(struct request *q)
{
    rota_span window = { instant_of(q, "from", 0), instant_of(q, "to", 0) };
    rota_result *rows = NULL;

    need(q, "resource");
    need(q, "from");
    need(q, "to");
    rota_id resource = resource_of(q, "resource");
    if (q->status == ROTA_OK && library_ok(q, rota_busy_list(q->host->r, &resource, window, &rows)))
        answer(q, "spans", spans_json(q, rows));
    rota_result_free(rows);
}

/* ---- a query ----------------------------------------------------------- */

/* The array of ids is freed with the pools. */
static void read_members(struct request *q, json_t *of, rota_free_pool *pool)
{
    json_t *item;
    size_t i, length = json_array_size(of);
    rota_id *ids;

    if (length == 0 || length > ROTA_MAX_ROWS) {
        fail(q, length ? ROTA_ELIMIT : ROTA_EINVALID, "a pool of %zu resources", length);
        return;
    }
    if ((ids = calloc(length, sizeof *ids)) == NULL) {
        fail(q, ROTA_ENOMEM, "out of memory for a pool");
        return;
    }
    pool->ids = ids;
    pool->id_count = (int64_t)length;
    json_array_foreach(of, i, item)
    {
        if (!json_is_string(item))
            fail(q, ROTA_EINVALID, "a pool is of ids");
        else
            ids[i] = find_resource(q, json_string_value(item));
    }
}

static int32_t small(struct request *q, const char *what, json_int_t value)
{
    if (value < 0 || value > INT32_MAX)
        fail(q, ROTA_EINVALID, "%s of a pool is %" JSON_INTEGER_FORMAT, what, value);
    return q->status == ROTA_OK ? (int32_t)value : 0;
}

static void read_pool(struct request *q, json_t *item, rota_free_pool *pool)
{
    json_t *of = NULL;
    const char *parent = NULL;
    json_int_t count = 1, units = 1, capacity = 0;
    json_error_t error;

    if (json_unpack_ex(item, &error, 0, "{s:o, s?I, s?I !}", "of", &of, "count", &count, "units",
                       &units) != 0)
        fail(q, ROTA_EINVALID, "a pool is wrong: %s", error.text);
    else if (json_is_array(of))
        read_members(q, of, pool);
    else if (json_unpack_ex(of, &error, 0, "{s?s, s?s, s?I, s?s !}", "kind", &pool->kind, "tag",
                            &pool->tag, "capacity", &capacity, "parent", &parent) != 0)
        fail(q, ROTA_EINVALID, "what a pool is of is wrong: %s", error.text);
    if (parent != NULL) pool->parent = find_resource(q, parent);
    pool->count = small(q, "the count", count);
    pool->units = small(q, "the units", units);
    pool->capacity = small(q, "the capacity", capacity);
}

static rota_free_pool *pools_of(struct request *q, int64_t *count)
{
    json_t *list = json_object_get(q->in, "any"), *item;
    size_t length = json_array_size(list), i;
    rota_free_pool *pools = NULL;

    if (list == NULL) return NULL;
    if (!json_is_array(list))
        fail(q, ROTA_EINVALID, "\"any\" is not an array");
    else if (length > ROTA_MAX_POOLS)
        fail(q, ROTA_ELIMIT, "more than %d pools", ROTA_MAX_POOLS);
    else if ((pools = calloc(length + 1, sizeof *pools)) == NULL)
        fail(q, ROTA_ENOMEM, "out of memory for the pools");
    if (pools == NULL) return NULL;
    *count = (int64_t)length;
    json_array_foreach(list, i, item) read_pool(q, item, &pools[i]);
    return pools;
}

/* The zone that instants are read in says nothing of the clock that starts are aligned to,
 * unless that is asked for. */
static void read_align(struct request *q, rota_free_query *query)
{
    int32_t align = word_of(q, "align", aligns);

    if (align == BY_TZ) {
        need(q, "tz");
        query->zone = text_of(q, "tz");
    } else if (align != 0) {
        query->align = align - 1;
    }
}

/* Its arrays are given back by free_query(). */
static rota_free_query query_of(struct request *q)
{
    rota_free_query query = ROTA_INIT(rota_free_query);

    need(q, "duration");
    need(q, "from");
    need(q, "to");
    query.window.start = instant_of(q, "from", 0);
    query.window.end = instant_of(q, "to", 0);
    query.duration = integer_of(q, "duration", 1, INT64_MAX, 0);
    query.step = integer_of(q, "step", 1, INT64_MAX, 0);
    query.notice = integer_of(q, "notice", 0, INT64_MAX, 0);
    query.limit = integer_of(q, "limit", 1, INT64_MAX, USUAL_LIMIT);
    read_align(q, &query);
    if (has(q, "order")) query.order = word_of(q, "order", orders) - 1;
    query.turn = resource_of(q, "turn");
    query.ignore = booking_of(q, "ignore");
    query.ignore_occurrence = instant_of(q, "occurrence", 0);
    query.all = claims_of(q, "all", &query.all_count);
    query.pools = pools_of(q, &query.pool_count);
    return query;
}

static void free_query(rota_free_query *query)
{
    for (int64_t i = 0; i < query->pool_count; i++)
        free((void *)(uintptr_t)query->pools[i].ids);
    free((void *)(uintptr_t)query->pools);
    free((void *)(uintptr_t)query->all);
}

/* ---- answers ----------------------------------------------------------- */

json_t *slot_json(rota_span when, const rota_id *resources, int64_t count)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < count; i++)
        json_array_append_new(list, id_json(&resources[i]));
    return json_pack("{s:o, s:o, s:o}", "start", instant_json(when.start), "end",
                     instant_json(when.end), "resources", list);
}

void free_find(struct request *q)
{
    rota_free_query query = query_of(q);
    rota_result *rows = NULL;

    if (q->status == ROTA_OK && library_ok(q, rota_free_find(q->host->r, &query, &rows))) {
        json_t *list = json_array();
        for (int64_t i = 0; i < rota_result_count(rows); i++) {
            rota_slot row = ROTA_INIT(rota_slot);
            if (library_ok(q, rota_slot_at(rows, i, &row)))
                append(q, list, slot_json(row.when, row.resources, row.resource_count));
        }
        answer(q, "slots", list);
    }
    rota_result_free(rows);
    free_query(&query);
}

/* What is not free is refused, as booking it would be. */
void free_explain(struct request *q)
{
    need(q, "start");
    rota_time start = instant_of(q, "start", 0);
    rota_free_query query = query_of(q);

    if (q->status == ROTA_OK) library_ok(q, rota_free_explain(q->host->r, &query, start));
    if (q->status == ROTA_OK) answer(q, "free", json_true());
    free_query(&query);
}
