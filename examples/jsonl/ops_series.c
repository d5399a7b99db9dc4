/* Recurrence, and what a clock shows: answers that need no calendar. */
#include "host.h"

#include <stdlib.h>

static const struct word kinds[] = { { "unique", ROTA_TIME_UNIQUE },
                                     { "gap", ROTA_TIME_GAP },
                                     { "fold", ROTA_TIME_FOLD },
                                     { NULL, 0 } };

static void answer_starts(struct request *q, rota_result *rows, int32_t more)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_occurrence row = ROTA_INIT(rota_occurrence);
        if (library_ok(q, rota_occurrence_at(rows, i, &row)))
            append(q, list, instant_json(row.start));
    }
    answer(q, "starts", list);
    if (more) answer(q, "more", json_true());
}

void series_expand(struct request *q)
{
    rota_series_query query = ROTA_INIT(rota_series_query);
    rota_result *rows = NULL;
    int32_t more = 0;

    need(q, "dtstart");
    need(q, "tz");
    query.start = text_of(q, "dtstart");
    query.zone = text_of(q, "tz");
    query.rule = text_of(q, "rrule");
    query.window.start = instant_of(q, "from", ROTA_TIME_MIN);
    query.window.end = instant_of(q, "to", ROTA_TIME_MAX + 1);
    query.limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    const char **rdates = texts_of(q, "rdate", &query.rdate_count);
    const char **exdates = texts_of(q, "exdate", &query.exdate_count);
    query.rdates = rdates;
    query.exdates = exdates;

    if (q->status == ROTA_OK && library_ok(q, rota_series_expand(q->host->r, &query, &rows, &more)))
        answer_starts(q, rows, more);
    rota_result_free(rows);
    free(rdates);
    free(exdates);
}

void time_resolve(struct request *q)
{
    rota_time_reading found = ROTA_INIT(rota_time_reading);
    const char *zone = text_of(q, "tz");
    const char *local = text_of(q, "local"), *instant = text_of(q, "instant");
    rota_time t;

    need(q, "tz");
    if ((local == NULL) == (instant == NULL))
        fail(q, ROTA_EINVALID, "either \"local\" or \"instant\" is needed");
    if (q->status == ROTA_OK && local != NULL &&
        rota_time_parse(q->host->r, local, NULL, &t) == ROTA_OK)
        fail(q, ROTA_EINVALID, "\"local\" has an offset: it is an instant");
    if (q->status != ROTA_OK ||
        !library_ok(q, rota_time_resolve(q->host->r, local ? local : instant, zone, &found)))
        return;
    answer(q, "instant", instant_json(found.instant));
    answer(q, "local", json_string(found.local));
    answer(q, "offset", json_integer(found.offset));
    answer(q, "kind", word_json(kinds, found.kind));
}

static json_t *change_json(const rota_zone_change *row)
{
    json_t *change = json_pack("{s:o, s:s?, s:s, s:o, s:o, s:o, s:I, s:b}", "booking",
                               id_json(&row->booking), "title", row->title, "tz", row->zone,
                               "occurrence", instant_json(row->occurrence), "from",
                               instant_json(row->was.start), "to", instant_json(row->is.start),
                               "moved", (json_int_t)row->moved, "collides",
                               row->status == ROTA_ECONFLICT);

    if (change != NULL && row->status == ROTA_ECONFLICT) {
        json_object_set_new(change, "other", id_json(&row->other));
        json_object_set_new(change, "other_start", instant_json(row->other_when.start));
    }
    return change;
}

void zones_update(struct request *q)
{
    rota_call call = call_of(q);
    rota_result *rows = NULL;

    if (q->status != ROTA_OK || !library_ok(q, rota_zones_update(q->host->r, &call, &rows))) return;
    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_zone_change row = ROTA_INIT(rota_zone_change);
        if (library_ok(q, rota_zone_change_at(rows, i, &row))) append(q, list, change_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}
