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

static const struct word kinds[] = { { "booking", ROTA_KIND_BOOKING },
                                     { "maintenance", ROTA_KIND_MAINTENANCE },
                                     { "absence", ROTA_KIND_ABSENCE },
                                     { NULL, -1 } };

static const struct word strategies[] = { { "reject", ROTA_ON_CONFLICT_REJECT },
                                          { "override", ROTA_ON_CONFLICT_OVERRIDE },
                                          { "propose", ROTA_ON_CONFLICT_PROPOSE },
                                          { "displace", ROTA_ON_CONFLICT_DISPLACE },
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
rota_claim *claims_of(struct request *q, const char *field, int64_t *count)
{
    json_t *list = json_object_get(q->in, field), *item;
    size_t length = json_array_size(list), i;
    rota_claim *claims = NULL;

    if (list == NULL) return NULL;
    if (!json_is_array(list))
        fail(q, ROTA_EINVALID, "\"%s\" is not an array", field);
    else if (length > ROTA_MAX_CLAIMS) /* each is looked up: no more than can be taken */
        fail(q, ROTA_ELIMIT, "more than %d claims", ROTA_MAX_CLAIMS);
    else if ((claims = calloc(length + 1, sizeof *claims)) == NULL)
        fail(q, ROTA_ENOMEM, "out of memory for the claims");
    if (q->status == ROTA_OK) json_array_foreach(list, i, item) read_claim(q, item, &claims[i]);
    *count = (int64_t)length;
    return claims;
}

static int32_t kind_of(struct request *q)
{
    const char *text = text_of(q, "kind");
    int32_t kind = text == NULL ? ROTA_KIND_BOOKING : find_word(kinds, text);

    if (kind < 0) fail(q, ROTA_EINVALID, "\"kind\" is booking, maintenance or absence");
    return kind;
}

/* The span asked for: of a length alone one from zero on. */
static rota_span span_of(struct request *q)
{
    rota_span when = { .start = moment_of(q, "start", 0) };
    int64_t length = integer_of(q, "duration", 1, INT64_MAX, 0);

    if (has(q, "end") && has(q, "duration"))
        fail(q, ROTA_EINVALID, "\"end\" and \"duration\" are both given");
    check_dates(q);
    if (has(q, "end"))
        when.end = moment_of(q, "end", 0);
    else if (has(q, "duration"))
        when.end = end_of(q, when.start, length);
    else
        when.end = when.start;
    return when;
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
    if (receipt->recurs == ROTA_RECURS_OCCURRENCE)
        answer(q, "occurrence", instant_json(receipt->occurrence));
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
        if (rota_booking_at(rows, i, &row) != ROTA_OK) continue;
        if (row.recurs == ROTA_RECURS_OCCURRENCE)
            append(q, list,
                   json_pack("{s:o, s:o}", "booking", id_json(&row.id), "occurrence",
                             instant_json(row.occurrence)));
        else
            append(q, list, id_json(&row.id));
    }
    rota_result_free(rows);
    return list;
}

/* Whom it cancelled, and what it left out, is asked first: it is known until the next
 * call. */
static void answer_booked(struct request *q, const rota_receipt *receipt, int32_t strategy)
{
    bool overrides = strategy == ROTA_ON_CONFLICT_OVERRIDE || strategy == ROTA_ON_CONFLICT_DISPLACE;
    json_t *skipped = receipt->skipped > 0 ? skipped_json(q) : NULL;
    json_t *cancelled = overrides ? cancelled_json(q) : NULL;
    json_t *moved = overrides ? moved_json(q) : NULL;

    answer_state(q, receipt);
    answer(q, "start", instant_json(receipt->when.start));
    answer(q, "end", instant_json(receipt->when.end));
    if (receipt->status == ROTA_BOOKING_HELD)
        answer(q, "hold_expires", instant_json(receipt->hold_expires));
    if (cancelled != NULL) answer(q, "cancelled", cancelled);
    if (moved != NULL) answer(q, "moved", moved);
    if (receipt->recurs == ROTA_RECURS_SERIES) answer_series(q, receipt, skipped);
}

/* Who asked what could be booked instead is told so where nothing could. */
static void answer_none(struct request *q, int32_t strategy)
{
    bool refused = q->status == ROTA_ECONFLICT || q->status == ROTA_EPOLICY;

    if (refused && strategy == ROTA_ON_CONFLICT_PROPOSE && q->alternatives == NULL)
        q->alternatives = json_array();
}

/* ---- writing ----------------------------------------------------------- */

void booking_create(struct request *q)
{
    rota_call call = call_of(q);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_recurrence recurrence = { 0 };
    rota_placement placement;
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    need(q, "claims");
    if (!has(q, "duration")) need(q, "end");
    want.ref = text_of(q, "ref");
    want.title = text_of(q, "title");
    bool placed = is_placed(q);
    if (recurs(q)) {
        need(q, "start");
        recurrence = recurrence_of(q);
        want.recurrence = &recurrence;
    } else if (placed) {
        placement = placement_of(q);
        want.placement = &placement;
    } else {
        want.when = span_of(q);
    }
    if (flag_of(q, "partial", false)) want.flags |= ROTA_BOOKING_PARTIAL;
    if (want.flags != 0 && !recurs(q))
        fail(q, ROTA_EINVALID, "\"partial\" is for a series: there is no \"rrule\" or \"rdate\"");
    if (flag_of(q, "movable", false)) want.flags |= ROTA_BOOKING_MOVABLE;
    want.kind = kind_of(q);
    want.hold_secs = (int32_t)integer_of(q, "hold", 1, INT32_MAX, 0);
    want.priority = (int32_t)integer_of(q, "priority", INT32_MIN, INT32_MAX, 0);
    want.on_conflict = word_of(q, "on_conflict", strategies);
    want.alternatives = (int32_t)integer_of(q, "alternatives", 1, INT32_MAX, 0);
    if (want.on_conflict == ROTA_ON_CONFLICT_OVERRIDE) call.flags |= ROTA_CALL_OVERRIDE;
    rota_claim *claims = claims_of(q, "claims", &want.claim_count);
    want.claims = claims;

    if (q->status == ROTA_OK &&
        library_ok(q, rota_booking_create(q->host->r, &call, &want, &receipt)))
        answer_booked(q, &receipt, want.on_conflict);
    answer_none(q, want.on_conflict);
    free_recurrence(&recurrence);
    free(claims);
}

/* Whole days that are moved to a date stay as many: of what the booking has now, for the request
 * does not say. */
static void keep_days(struct request *q, const rota_id *id, rota_booking_request *want)
{
    rota_result *row = NULL;
    int64_t seconds;

    if (want->set != ROTA_BOOKING_SET_START || !is_date(text_of(q, "start"))) return;
    const rota_booking was = get_booking(q, id, &row);
    if (q->status == ROTA_OK && takes_days(q, &was, &seconds)) {
        want->when.end = end_of(q, want->when.start, seconds);
        want->set |= ROTA_BOOKING_SET_END;
    }
    rota_result_free(row);
}

void booking_move(struct request *q)
{
    rota_call call = call_of(q);
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    bool starts = has(q, "start"), lasts = has(q, "duration");
    bool ends = has(q, "end") || (starts && lasts);

    need(q, "id");
    aim(q, &call);
    rota_id id = booking_of(q, "id");
    want.on_conflict = word_of(q, "on_conflict", strategies);
    want.alternatives = (int32_t)integer_of(q, "alternatives", 1, INT32_MAX, 0);
    if (want.on_conflict == ROTA_ON_CONFLICT_OVERRIDE) call.flags |= ROTA_CALL_OVERRIDE;
    if (starts || ends || lasts) want.when = span_of(q);
    if (flag_of(q, "movable", false)) want.flags |= ROTA_BOOKING_MOVABLE;
    if (starts) want.set |= ROTA_BOOKING_SET_START;
    if (ends) want.set |= ROTA_BOOKING_SET_END;
    if (lasts && !starts) want.set |= ROTA_BOOKING_SET_LENGTH;
    keep_days(q, &id, &want);
    rota_claim *claims = claims_of(q, "claims", &want.claim_count);
    want.claims = claims;
    if (claims != NULL) want.set |= ROTA_BOOKING_SET_CLAIMS;

    if (q->status == ROTA_OK &&
        library_ok(q, rota_booking_move(q->host->r, &call, &id, &want, &receipt)))
        answer_booked(q, &receipt, want.on_conflict);
    answer_none(q, want.on_conflict);
    free(claims);
}

/* Confirm, check in, complete, cancel and restore differ only in what they call. */
static void change(struct request *q,
                   int (*step)(rota *, const rota_call *, const rota_id *, rota_receipt *))
{
    rota_call call = call_of(q);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    need(q, "id");
    aim(q, &call);
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

void booking_restore(struct request *q)
{
    change(q, rota_booking_restore);
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
    bool part = row->recurs == ROTA_RECURS_OCCURRENCE;

    return json_pack("{s:o, s:s*, s:s?, s:o, s:o, s:o, s:o*, s:o}", "id", id_json(&row->id), "ref",
                     row->ref, "title", row->title, "start", instant_json(row->when.start), "end",
                     instant_json(row->when.end), "status",
                     word_json(booking_statuses, row->status), "occurrence",
                     part ? instant_json(row->occurrence) : NULL, "resources", resources_json(row));
}

void booking_get(struct request *q)
{
    need(q, "id");
    rota_id id = booking_of(q, "id");
    rota_result *row = NULL;
    rota_booking now = get_booking(q, &id, &row);

    if (q->status == ROTA_OK) {
        answer_all(q, row_json(&now));
        answer(q, "phase", word_json(phases, now.phase));
        answer(q, "version", json_integer(now.version));
        answer(q, "priority", json_integer(now.priority));
        answer(q, "kind", word_json(kinds, now.kind));
        answer(q, "movable", json_boolean(now.flags & ROTA_BOOKING_MOVABLE));
        if (now.status == ROTA_BOOKING_HELD || now.status == ROTA_BOOKING_EXPIRED)
            answer(q, "hold_expires", instant_json(now.hold_expires));
        answer(q, "claims", claims_json(&now));
        if (now.recurrence != NULL) answer_recurrence(q, &now);
    }
    rota_result_free(row);
}

/* An occurrence has the id of its series, so that alone is no place in a list: who went on behind
 * it would get the same rows for ever. */
static void check_place(struct request *q, const rota_id *after)
{
    rota_booking row = ROTA_INIT(rota_booking);
    rota_result *rows = NULL;

    if (q->status != ROTA_OK || !has(q, "after") || has(q, "occurrence")) return;
    if (rota_booking_get(q->host->r, after, &rows) == ROTA_OK &&
        rota_booking_at(rows, 0, &row) == ROTA_OK && row.recurs == ROTA_RECURS_SERIES)
        fail(q, ROTA_EINVALID, "\"after\" is a series: \"occurrence\" says which row of it");
    rota_result_free(rows);
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
    query.after_occurrence = instant_of(q, "occurrence", 0);
    query.limit = integer_of(q, "limit", 1, INT64_MAX, 0);
    check_place(q, &query.after);
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
