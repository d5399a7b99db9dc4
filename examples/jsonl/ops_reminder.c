/* Operations on reminders. */
#include <stdlib.h>

#include "host.h"

static const struct word lates[] = { { "send", ROTA_LATE_SEND + 1 },
                                     { "skip", ROTA_LATE_SKIP + 1 },
                                     { "collapse", ROTA_LATE_COLLAPSE + 1 },
                                     { NULL, 0 } };

static const json_t *array_of(struct request *q, const char *field)
{
    const json_t *list = json_object_get(q->in, field);
    if (list && json_is_array(list)) return list;
    fail(q, ROTA_EINVALID, "%s must be an array", field);
    return NULL;
}

/* The caller's to free. */
static int64_t *seconds_of(struct request *q, const json_t *list, size_t count)
{
    int64_t *seconds = calloc(count ? count : 1, sizeof *seconds);
    if (!seconds) fail(q, ROTA_ENOMEM, "out of memory");
    for (size_t i = 0; seconds && i < count; i++) {
        const json_t *value = json_array_get(list, i);
        seconds[i] = json_integer_value(value);
        if (!json_is_integer(value)) fail(q, ROTA_EINVALID, "before must be whole seconds");
    }
    return seconds;
}

void reminder_put(struct request *q)
{
    rota_call call = call_of(q);
    rota_reminder_request want = ROTA_INIT(rota_reminder_request);
    bool inherit = flag_of(q, "inherit", false);
    if (has(q, "booking")) want.booking = booking_of(q, "booking");
    if (has(q, "resource")) want.resource = resource_of(q, "resource");
    int32_t late = word_of(q, "late", lates);
    want.late = late ? late - 1 : ROTA_LATE_SEND;
    want.late_secs = (int32_t)integer_of(q, "late_secs", 0, ROTA_MAX_BUFFER, 0);
    const json_t *list = inherit && !has(q, "before") ? NULL : array_of(q, "before");
    if (q->status != ROTA_OK) return;
    int64_t *seconds = seconds_of(q, list, json_array_size(list));
    want.flags = inherit ? ROTA_REMINDER_INHERIT : 0;
    want.offsets = seconds;
    want.offset_count = (int64_t)json_array_size(list);
    if (q->status == ROTA_OK)
        (void)library_ok(q, rota_reminder_put(q->host->r, &call, &want, NULL));
    free(seconds);
}

static json_t *reminder_json(const rota_reminder *row)
{
    json_t *made = json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:I}", "id", id_json(&row->id),
                             "booking", id_json(&row->booking), "resource", id_json(&row->resource),
                             "start", instant_json(row->start), "due", instant_json(row->due),
                             "attempt", (int)row->attempt, "late", (json_int_t)row->late);
    if (made && row->recurs == ROTA_RECURS_OCCURRENCE &&
        json_object_set_new(made, "occurrence", instant_json(row->occurrence)) != 0) {
        json_decref(made);
        return NULL;
    }
    return made;
}

static void answer_rows(struct request *q, rota_result *rows)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_reminder row = ROTA_INIT(rota_reminder);
        if (library_ok(q, rota_reminder_at(rows, i, &row))) append(q, list, reminder_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}

void reminder_due(struct request *q)
{
    rota_call call = call_of(q);
    rota_reminder_query want = ROTA_INIT(rota_reminder_query);
    rota_result *rows = NULL;
    want.limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    want.lease = (int32_t)integer_of(q, "lease", 1, INT32_MAX, 0);
    want.attempts = (int32_t)integer_of(q, "attempts", 1, INT32_MAX, 0);
    if (q->status == ROTA_OK && library_ok(q, rota_reminder_due(q->host->r, &call, &want, &rows)))
        answer_rows(q, rows);
}

static void mark(struct request *q,
                 int (*how)(rota *, const rota_call *, const rota_id *, int64_t, int64_t *))
{
    rota_call call = call_of(q);
    const json_t *list = array_of(q, "ids");
    int64_t done = 0;
    if (q->status != ROTA_OK) return;
    size_t count = json_array_size(list);
    rota_id *ids = calloc(count ? count : 1, sizeof *ids);
    if (!ids) fail(q, ROTA_ENOMEM, "out of memory");
    for (size_t i = 0; ids && i < count; i++)
        if (rota_id_parse(json_string_value(json_array_get(list, i)), &ids[i]) != ROTA_OK)
            fail(q, ROTA_EINVALID, "ids must be ids of reminders");
    if (q->status == ROTA_OK && library_ok(q, how(q->host->r, &call, ids, (int64_t)count, &done)))
        answer(q, "count", json_integer(done));
    free(ids);
}

void reminder_ack(struct request *q)
{
    mark(q, rota_reminder_ack);
}

void reminder_retry(struct request *q)
{
    mark(q, rota_reminder_retry);
}

void reminder_dead(struct request *q)
{
    rota_id after = { { 0 } };
    const char *text = text_of(q, "after");
    int64_t limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    rota_result *rows = NULL;
    if (text && rota_id_parse(text, &after) != ROTA_OK)
        fail(q, ROTA_EINVALID, "after must be the id of a reminder");
    if (q->status == ROTA_OK && library_ok(q, rota_reminder_dead(q->host->r, &after, limit, &rows)))
        answer_rows(q, rows);
}
