/* Values between JSON and rota: instants, ids, durations, words, and the library's
 * errors. It knows shapes only; whether a value makes sense the library says. */
#include "host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_MESSAGE = 512 };

const struct word booking_statuses[] = { { "held", ROTA_BOOKING_HELD },
                                         { "confirmed", ROTA_BOOKING_CONFIRMED },
                                         { "checked_in", ROTA_BOOKING_CHECKED_IN },
                                         { "completed", ROTA_BOOKING_COMPLETED },
                                         { "cancelled", ROTA_BOOKING_CANCELLED },
                                         { "expired", ROTA_BOOKING_EXPIRED },
                                         { NULL, 0 } };

/* ---- verdicts ---------------------------------------------------------- */

void fail(struct request *q, int status, const char *format, ...)
{
    if (q->status != ROTA_OK) return;
    q->status = status;

    char text[LONGEST_MESSAGE];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    for (char *at = text; *at != '\0'; at++) /* of what a JSON error quotes */
        if ((unsigned char)*at < ' ' || *at == 0x7f) *at = '?';
    q->message = json_string(text);
}

json_t *conflict_json(const rota_conflict *row)
{
    /* Where the resource has too few units at all there is no other booking, and
     * the span that is short of units stands for its time. */
    static const rota_id none;
    bool nobody = memcmp(&row->booking, &none, sizeof none) == 0;
    rota_span when = nobody ? row->overlap : row->when;

    bool part = row->recurs == ROTA_RECURS_OCCURRENCE;

    return json_pack("{s:o, s:o, s:s?, s:o, s:o, s:o*}", "resource", id_json(&row->resource),
                     "booking", id_json(&row->booking), "title", row->title, "start",
                     instant_json(when.start), "end", instant_json(when.end), "occurrence",
                     part ? instant_json(row->occurrence) : NULL);
}

/* The library tells of each occurrence that was asked for what is in its way. Which one that is the
 * rows here do not say, so what is in the way of several would be the same row several times. */
static void append_once(json_t *list, json_t *row)
{
    size_t count = json_array_size(list);

    if (count == 0 || !json_equal(json_array_get(list, count - 1), row))
        json_array_append(list, row);
    json_decref(row);
}

static json_t *conflicts_json(struct request *q)
{
    rota_result *rows = NULL;
    json_t *list = json_array();

    if (rota_conflict_list(q->host->r, &rows) != ROTA_OK) return list;
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        if (rota_conflict_at(rows, i, &row) == ROTA_OK) append_once(list, conflict_json(&row));
    }
    rota_result_free(rows);
    return list;
}

json_t *violation_json(const rota_violation *row)
{
    bool one = row->resource_name != NULL, part = row->asked_recurs == ROTA_RECURS_OCCURRENCE;

    return json_pack("{s:s, s:s, s:I, s:I, s:o*, s:o*}", "rule", row->rule, "message", row->message,
                     "limit", (json_int_t)row->limit, "actual", (json_int_t)row->actual, "resource",
                     one ? id_json(&row->resource) : NULL, "occurrence",
                     part ? instant_json(row->asked) : NULL);
}

/* NULL where there are none. */
static json_t *violations_json(struct request *q)
{
    rota_result *rows = NULL;
    json_t *list = NULL;

    if (rota_violation_list(q->host->r, &rows) != ROTA_OK) return NULL;
    if (rota_result_count(rows) > 0) list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_violation row = ROTA_INIT(rota_violation);
        if (rota_violation_at(rows, i, &row) == ROTA_OK)
            json_array_append_new(list, violation_json(&row));
    }
    rota_result_free(rows);
    return list;
}

/* NULL where there are none, as after any call that was not asked to propose. */
static json_t *alternatives_json(struct request *q)
{
    rota_result *rows = NULL;

    if (rota_alternative_list(q->host->r, &rows) != ROTA_OK) return NULL;
    json_t *list = rota_result_count(rows) > 0 ? json_array() : NULL;
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_alternative row = ROTA_INIT(rota_alternative);
        if (rota_alternative_at(rows, i, &row) == ROTA_OK)
            json_array_append_new(list, slot_json(row.when, row.resources, row.resource_count));
    }
    rota_result_free(rows);
    return list;
}

bool library_ok(struct request *q, int status)
{
    if (status != ROTA_OK && q->status == ROTA_OK) {
        q->status = status;
        q->message = json_string(rota_errmsg(q->host->r));
        if (status == ROTA_ECONFLICT) q->conflicts = conflicts_json(q);
        if (status == ROTA_ECONFLICT || status == ROTA_EPOLICY) q->violations = violations_json(q);
        if (status == ROTA_ECONFLICT || status == ROTA_EPOLICY)
            q->alternatives = alternatives_json(q);
    }
    return status == ROTA_OK;
}

/* ---- fields of a request ----------------------------------------------- */

bool has(const struct request *q, const char *field)
{
    return json_object_get(q->in, field) != NULL;
}

void need(struct request *q, const char *field)
{
    if (!has(q, field)) fail(q, ROTA_EINVALID, "\"%s\" is missing", field);
}

const char *text_of(struct request *q, const char *field)
{
    json_t *value = json_object_get(q->in, field);

    if (value != NULL && !json_is_string(value))
        fail(q, ROTA_EINVALID, "\"%s\" is not a string", field);
    return json_string_value(value);
}

const char **texts_of(struct request *q, const char *field, int64_t *count)
{
    json_t *list = json_object_get(q->in, field);
    size_t length = json_array_size(list);
    const char **texts = NULL;

    *count = 0;
    if (list != NULL && !json_is_array(list))
        fail(q, ROTA_EINVALID, "\"%s\" is not an array of strings", field);
    if (length == 0) return NULL;
    if ((texts = calloc(length, sizeof *texts)) == NULL) {
        fail(q, ROTA_ENOMEM, "out of memory for \"%s\"", field);
        return NULL;
    }
    for (size_t i = 0; i < length; i++)
        if ((texts[i] = json_string_value(json_array_get(list, i))) == NULL)
            fail(q, ROTA_EINVALID, "\"%s\" is not an array of strings", field);
    *count = (int64_t)length;
    return texts;
}

int64_t integer_of(struct request *q, const char *field, int64_t least, int64_t most,
                   int64_t fallback)
{
    json_t *value = json_object_get(q->in, field);
    int64_t number = json_integer_value(value);

    if (value == NULL) return fallback;
    if (!json_is_integer(value))
        fail(q, ROTA_EINVALID, "\"%s\" is not an integer", field);
    else if (number < least)
        fail(q, ROTA_EINVALID, "\"%s\" is %" JSON_INTEGER_FORMAT ", below %" JSON_INTEGER_FORMAT,
             field, (json_int_t)number, (json_int_t)least);
    else if (number > most)
        fail(q, ROTA_EINVALID, "\"%s\" is %" JSON_INTEGER_FORMAT ", above %" JSON_INTEGER_FORMAT,
             field, (json_int_t)number, (json_int_t)most);
    else
        return number;
    return fallback;
}

bool flag_of(struct request *q, const char *field, bool fallback)
{
    json_t *value = json_object_get(q->in, field);

    if (value == NULL) return fallback;
    if (!json_is_boolean(value)) fail(q, ROTA_EINVALID, "\"%s\" is neither true nor false", field);
    return json_is_true(value);
}

int32_t find_word(const struct word *words, const char *text)
{
    while (words->text != NULL && strcmp(words->text, text) != 0)
        words++;
    return words->value;
}

int32_t word_of(struct request *q, const char *field, const struct word *words)
{
    const char *text = text_of(q, field);
    int32_t value = text == NULL ? 0 : find_word(words, text);

    if (text != NULL && value == 0) fail(q, ROTA_EINVALID, "\"%s\" is not a word for it", field);
    return value;
}

rota_time instant_of(struct request *q, const char *field, rota_time fallback)
{
    const char *text = text_of(q, field);
    const char *zone = text_of(q, "tz");
    rota_time t = fallback;

    if (text != NULL && q->status == ROTA_OK)
        library_ok(q, rota_time_parse(q->host->r, text, zone, &t));
    return t;
}

/* An id that nothing has (any more) is passed on all the same: the call says that
 * it is not there, or knows its idempotency key and answers as it did before. */
static rota_id found(struct request *q, int status, rota_id id, const char *text)
{
    if (status == ROTA_ENOTFOUND && rota_id_parse(text, &id) == ROTA_OK) return id;
    library_ok(q, status);
    return id;
}

rota_id find_resource(struct request *q, const char *id_or_ref)
{
    rota_id id = { { 0 } };

    if (q->status != ROTA_OK) return id;
    int status = rota_resource_find(q->host->r, id_or_ref, &id);
    if (status == ROTA_ENOTFOUND && has(q, "key")) /* which may be the one of its removal */
        status = rota_resource_find_removed(q->host->r, id_or_ref, &id);
    return found(q, status, id, id_or_ref);
}

rota_id resource_of(struct request *q, const char *field)
{
    const char *text = text_of(q, field);

    return text == NULL ? (rota_id){ { 0 } } : find_resource(q, text);
}

rota_id booking_of(struct request *q, const char *field)
{
    const char *text = text_of(q, field);
    rota_id id = { { 0 } };

    if (text == NULL || q->status != ROTA_OK) return id;
    int status = rota_booking_find(q->host->r, text, &id);
    return found(q, status, id, text);
}

rota_call call_of(struct request *q)
{
    rota_call call = ROTA_INIT(rota_call);

    call.actor = text_of(q, "actor");
    call.role = text_of(q, "role");
    call.key = text_of(q, "key");
    call.trace = text_of(q, "trace");
    call.version = integer_of(q, "version", 1, INT64_MAX, 0);
    if (flag_of(q, "dry_run", false)) call.flags |= ROTA_CALL_DRY_RUN;
    return call;
}

/* ---- values of an answer ----------------------------------------------- */

void answer(struct request *q, const char *field, json_t *value)
{
    if (json_object_set_new(q->rest, field, value) != 0)
        fail(q, ROTA_ENOMEM, "out of memory for the answer");
}

void answer_all(struct request *q, json_t *record)
{
    if (json_object_update(q->rest, record) != 0)
        fail(q, ROTA_ENOMEM, "out of memory for the answer");
    json_decref(record);
}

void append(struct request *q, json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) != 0)
        fail(q, ROTA_ENOMEM, "out of memory for the answer");
}

json_t *id_json(const rota_id *id)
{
    static const rota_id none;
    char text[37];

    if (memcmp(id, &none, sizeof none) == 0) return json_null();
    rota_id_format(id, text);
    return json_string(text);
}

json_t *instant_json(rota_time t)
{
    char text[ROTA_TIME_TEXT];

    return rota_time_format(t, text) == ROTA_OK ? json_string(text) : json_null();
}

json_t *word_json(const struct word *words, int32_t value)
{
    while (words->text != NULL && words->value != value)
        words++;
    return words->text == NULL ? json_null() : json_string(words->text);
}
