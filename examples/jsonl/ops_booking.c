/* Bookings: made, moved, ended, read. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

static const struct word phases[] = { { "upcoming", ROTA_PHASE_UPCOMING },
                                      { "ongoing", ROTA_PHASE_ONGOING },
                                      { "past", ROTA_PHASE_PAST },
                                      { NULL, 0 } };

static const struct word roles[] = { { "required", ROTA_ROLE_REQUIRED },
                                     { "optional", ROTA_ROLE_OPTIONAL },
                                     { "organizer", ROTA_ROLE_ORGANIZER },
                                     { NULL, -1 } };

enum { LATER = -1 };

static const struct word strategies[] = { { "reject", ROTA_ON_CONFLICT_REJECT },
                                          { "override", ROTA_ON_CONFLICT_OVERRIDE },
                                          { "propose", LATER },
                                          { "displace", LATER },
                                          { NULL, 0 } };

/* ---- reading a request ------------------------------------------------- */

static void read_claim(struct request *q, json_t *item, rota_claim *claim)
{
    const char *resource = json_string_value(item), *role = "required";
    json_int_t units = 1;
    int free_of = 0;
    json_error_t error;

    if (resource == NULL &&
        json_unpack_ex(item, &error, 0, "{s:s, s?I, s?s, s?b !}", "resource", &resource, "units",
                       &units, "role", &role, "free", &free_of) != 0)
        fail(q, ROTA_EINVALID, "a claim is wrong: %s", error.text);
    else if (units < INT32_MIN || units > INT32_MAX)
        fail(q, ROTA_EINVALID, "%" JSON_INTEGER_FORMAT " units are no claim", units);
    else if ((claim->role = find_word(roles, role)) < 0)
        fail(q, ROTA_EINVALID, "a claim's role is required, optional or organizer");
    else
        claim->resource = find_resource(q, resource);
    claim->units = (int32_t)units;
    claim->flags = free_of ? ROTA_CLAIM_FREE : 0;
}

/* The array is the caller's to free. */
static rota_claim *claims_of(struct request *q, int64_t *count)
{
    json_t *list = json_object_get(q->in, "claims"), *item;
    size_t length = json_array_size(list), i;
    rota_claim *claims = NULL;

    if (list == NULL) return NULL;
    if (!json_is_array(list))
        fail(q, ROTA_EINVALID, "\"claims\" is not an array");
    else if (length > ROTA_MAX_CLAIMS) /* each is looked up: no more than can be taken */
        fail(q, ROTA_ELIMIT, "more than %d claims", ROTA_MAX_CLAIMS);
    else if ((claims = calloc(length + 1, sizeof *claims)) == NULL)
        fail(q, ROTA_ENOMEM, "out of memory for the claims");
    if (q->status == ROTA_OK) json_array_foreach(list, i, item) read_claim(q, item, &claims[i]);
    *count = (int64_t)length;
    return claims;
}

/* The span asked for: where only one side of it is given, `was` has the other. */
static rota_span span_of(struct request *q, rota_span was)
{
    rota_span when = { .start = instant_of(q, "start", was.start) };
    int64_t length = integer_of(q, "duration", 1, INT64_MAX, was.end - was.start);

    if (has(q, "end") && has(q, "duration"))
        fail(q, ROTA_EINVALID, "\"end\" and \"duration\" are both given");
    if (has(q, "end"))
        when.end = instant_of(q, "end", was.end);
    else if (length > ROTA_TIME_MAX - when.start)
        fail(q, ROTA_EINVALID, "the booking would end after the year 9999");
    else
        when.end = when.start + length;
    return when;
}

static int32_t strategy_of(struct request *q)
{
    int32_t strategy = word_of(q, "on_conflict", strategies);

    if (strategy == LATER)
        fail(q, ROTA_EINVALID, "on_conflict \"%s\" is not available yet",
             text_of(q, "on_conflict"));
    return strategy;
}

/* ---- answers ----------------------------------------------------------- */

/* The write is done when these run: what cannot be read of it now is left out, and
 * must not look like a refusal. */

/* The id, and the ref beside it: that of the request, for a dry run leaves no
 * record to read, else that of the record. */
static void answer_id(struct request *q, const rota_id *id)
{
    rota_booking now = ROTA_INIT(rota_booking);
    rota_result *row = NULL;
    const char *ref = text_of(q, "ref");

    if (has(q, "id") && rota_booking_get(q->host->r, id, &row) == ROTA_OK &&
        rota_booking_at(row, 0, &now) == ROTA_OK)
        ref = now.ref;
    answer(q, "id", id_json(id));
    if (ref != NULL) answer(q, "ref", json_string(ref));
    rota_result_free(row);
}

static void answer_state(struct request *q, const rota_receipt *receipt)
{
    answer_id(q, &receipt->id);
    answer(q, "status", word_json(booking_statuses, receipt->status));
    answer(q, "version", json_integer(receipt->version));
}

static json_t *cancelled_json(struct request *q)
{
    rota_result *rows = NULL;

    if (rota_cancelled_list(q->host->r, &rows) != ROTA_OK) return NULL;
    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        if (rota_booking_at(rows, i, &row) == ROTA_OK) append(q, list, id_json(&row.id));
    }
    rota_result_free(rows);
    return list;
}

/* Whom it cancelled is asked first: it is known until the next call. */
static void answer_booked(struct request *q, const rota_receipt *receipt, int32_t strategy)
{
    bool overrides = strategy == ROTA_ON_CONFLICT_OVERRIDE;
    json_t *cancelled = overrides ? cancelled_json(q) : NULL;

    answer_state(q, receipt);
    answer(q, "start", instant_json(receipt->when.start));
    answer(q, "end", instant_json(receipt->when.end));
    if (receipt->status == ROTA_BOOKING_HELD)
        answer(q, "hold_expires", instant_json(receipt->hold_expires));
    if (cancelled != NULL) answer(q, "cancelled", cancelled);
    if (overrides) answer(q, "moved", json_array());
}

/* ---- writing ----------------------------------------------------------- */

void booking_create(struct request *q)
{
    rota_call call = call_of(q);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    need(q, "start");
    need(q, "claims");
    if (!has(q, "duration")) need(q, "end");
    want.ref = text_of(q, "ref");
    want.title = text_of(q, "title");
    want.when = span_of(q, (rota_span){ 0 });
    want.hold_secs = (int32_t)integer_of(q, "hold", 1, INT32_MAX, 0);
    want.priority = (int32_t)integer_of(q, "priority", INT32_MIN, INT32_MAX, 0);
    want.on_conflict = strategy_of(q);
    rota_claim *claims = claims_of(q, &want.claim_count);
    want.claims = claims;

    if (q->status == ROTA_OK &&
        library_ok(q, rota_booking_create(q->host->r, &call, &want, &receipt)))
        answer_booked(q, &receipt, want.on_conflict);
    free(claims);
}

/* The time the booking has now: a new length alone counts from its start. */
static rota_span time_of(struct request *q, const rota_id *id)
{
    rota_booking now = ROTA_INIT(rota_booking);
    rota_result *row = NULL;

    if (q->status == ROTA_OK && library_ok(q, rota_booking_get(q->host->r, id, &row)))
        library_ok(q, rota_booking_at(row, 0, &now));
    rota_result_free(row);
    return now.when;
}

void booking_move(struct request *q)
{
    rota_call call = call_of(q);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    bool starts = has(q, "start"), ends = has(q, "end") || has(q, "duration");

    need(q, "id");
    rota_id id = booking_of(q, "id");
    want.on_conflict = strategy_of(q);
    if (starts || ends)
        want.when = span_of(q, has(q, "duration") && !starts ? time_of(q, &id) : (rota_span){ 0 });
    if (starts) want.set |= ROTA_BOOKING_SET_START;
    if (ends) want.set |= ROTA_BOOKING_SET_END;
    rota_claim *claims = claims_of(q, &want.claim_count);
    want.claims = claims;
    if (claims != NULL) want.set |= ROTA_BOOKING_SET_CLAIMS;

    if (q->status == ROTA_OK &&
        library_ok(q, rota_booking_move(q->host->r, &call, &id, &want, &receipt)))
        answer_booked(q, &receipt, want.on_conflict);
    free(claims);
}

/* Confirm, check in, complete and cancel differ only in what they call. */
static void change(struct request *q,
                   int (*step)(rota *, const rota_call *, const rota_id *, rota_receipt *))
{
    rota_call call = call_of(q);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    need(q, "id");
    rota_id id = booking_of(q, "id");
    if (q->status == ROTA_OK && library_ok(q, step(q->host->r, &call, &id, &receipt)))
        answer_state(q, &receipt);
}

void booking_confirm(struct request *q)
{
    change(q, rota_booking_confirm);
}

void booking_check_in(struct request *q)
{
    change(q, rota_booking_check_in);
}

void booking_complete(struct request *q)
{
    change(q, rota_booking_complete);
}

void booking_cancel(struct request *q)
{
    change(q, rota_booking_cancel);
}

/* ---- reading ----------------------------------------------------------- */

static json_t *resources_json(const rota_booking *row)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < row->claim_count; i++)
        json_array_append_new(list, id_json(&row->claims[i].resource));
    return list;
}

static json_t *claims_json(const rota_booking *row)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < row->claim_count; i++) {
        const rota_claim *claim = &row->claims[i];
        json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:b}", "resource",
                                              id_json(&claim->resource), "units", (int)claim->units,
                                              "role", word_json(roles, claim->role), "free",
                                              (claim->flags & ROTA_CLAIM_FREE) != 0));
    }
    return list;
}

static json_t *row_json(const rota_booking *row)
{
    return json_pack("{s:o, s:s*, s:s?, s:o, s:o, s:o, s:o}", "id", id_json(&row->id), "ref",
                     row->ref, "title", row->title, "start", instant_json(row->when.start), "end",
                     instant_json(row->when.end), "status",
                     word_json(booking_statuses, row->status), "resources", resources_json(row));
}

void booking_get(struct request *q)
{
    need(q, "id");
    rota_id id = booking_of(q, "id");
    rota_booking now = ROTA_INIT(rota_booking);
    rota_result *row = NULL;

    if (q->status != ROTA_OK || !library_ok(q, rota_booking_get(q->host->r, &id, &row))) return;
    if (library_ok(q, rota_booking_at(row, 0, &now))) {
        answer_all(q, row_json(&now));
        answer(q, "phase", word_json(phases, now.phase));
        answer(q, "version", json_integer(now.version));
        answer(q, "priority", json_integer(now.priority));
        if (now.status == ROTA_BOOKING_HELD || now.status == ROTA_BOOKING_EXPIRED)
            answer(q, "hold_expires", instant_json(now.hold_expires));
        answer(q, "claims", claims_json(&now));
    }
    rota_result_free(row);
}

void booking_list(struct request *q)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;

    need(q, "from");
    need(q, "to");
    query.resource = resource_of(q, "resource");
    query.when.start = instant_of(q, "from", 0);
    query.when.end = instant_of(q, "to", 0);
    if (has(q, "status")) query.statuses = 1u << word_of(q, "status", booking_statuses);
    query.after = booking_of(q, "after");
    query.limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    if (q->status != ROTA_OK || !library_ok(q, rota_booking_list(q->host->r, &query, &rows)))
        return;

    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        if (library_ok(q, rota_booking_at(rows, i, &row))) append(q, list, row_json(&row));
    }
    rota_result_free(rows);
    answer(q, "rows", list);
}
