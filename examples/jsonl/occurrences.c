/* Series in requests and answers: what makes a booking one, which of its occurrences a
 * request is for, dates that stand for midnights, and what was left out. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 86400, DATE_LENGTH = 10 };

static const struct word scopes[] = { { "this", ROTA_SCOPE_THIS },
                                      { "future", ROTA_SCOPE_FUTURE },
                                      { "all", ROTA_SCOPE_ALL },
                                      { NULL, 0 } };

/* ---- dates ------------------------------------------------------------- */

bool is_date(const char *text)
{
    return text != NULL && strlen(text) == DATE_LENGTH;
}

static rota_time midnight(struct request *q, const char *date, const char *zone)
{
    rota_time_reading found = ROTA_INIT(rota_time_reading);
    char text[] = "2031-03-10T00:00:00";

    memcpy(text, date, DATE_LENGTH);
    if (zone == NULL) fail(q, ROTA_EINVALID, "\"%s\" is a date, and \"tz\" is missing", date);
    if (q->status == ROTA_OK) library_ok(q, rota_time_resolve(q->host->r, text, zone, &found));
    return found.instant;
}

/* The midnight so many days behind that of a date. */
static rota_time midnight_after(struct request *q, const char *date, int64_t days)
{
    rota_time day = midnight(q, date, "UTC");
    char text[ROTA_TIME_TEXT] = "";

    if (days > (ROTA_TIME_MAX - day) / DAY)
        fail(q, ROTA_EINVALID, "the booking would end after the year 9999");
    else
        rota_time_format(day + days * DAY, text);
    return midnight(q, text, text_of(q, "tz"));
}

static int64_t days_of(struct request *q, int64_t seconds)
{
    if (seconds % DAY != 0)
        fail(q, ROTA_EINVALID, "from a date on, \"duration\" is whole days, of %d seconds", DAY);
    return seconds / DAY;
}

void check_dates(struct request *q)
{
    const char *start = text_of(q, "start"), *end = text_of(q, "end");

    if (start != NULL && end != NULL && is_date(start) != is_date(end))
        fail(q, ROTA_EINVALID, "\"start\" and \"end\" are both dates, or neither is");
}

rota_time moment_of(struct request *q, const char *field, rota_time fallback)
{
    const char *text = text_of(q, field);

    return is_date(text) ? midnight(q, text, text_of(q, "tz")) : instant_of(q, field, fallback);
}

/* Seconds count from an instant, and days from a date. */
rota_time end_of(struct request *q, rota_time start, int64_t seconds)
{
    const char *date = text_of(q, "start");

    if (is_date(date)) return midnight_after(q, date, days_of(q, seconds));
    if (seconds <= ROTA_TIME_MAX - start) return start + seconds;
    fail(q, ROTA_EINVALID, "the booking would end after the year 9999");
    return start;
}

/* The date that begins at this instant. */
static bool begins_date(struct request *q, rota_time t, rota_time *date)
{
    rota_time_reading found = ROTA_INIT(rota_time_reading);
    const char *zone = text_of(q, "tz");
    char text[ROTA_TIME_TEXT] = "";

    if (zone == NULL || rota_time_format(t, text) != ROTA_OK ||
        !library_ok(q, rota_time_resolve(q->host->r, text, zone, &found)))
        return false;
    *date = midnight(q, found.local, "UTC");
    return midnight(q, found.local, zone) == t;
}

/* The library keeps the seconds of what is moved, and a day may have 23 hours or 25. A series that
 * takes whole days is known to it. */
bool takes_days(struct request *q, const rota_booking *was, int64_t *seconds)
{
    rota_time first = 0, last = 0;
    bool whole = was->recurs == ROTA_RECURS_NOT && begins_date(q, was->when.start, &first) &&
                 begins_date(q, was->when.end, &last);

    *seconds = last - first;
    return whole;
}

rota_span day_of(struct request *q, const char *field)
{
    const char *date = text_of(q, field);

    if (!is_date(date)) {
        fail(q, ROTA_EINVALID, "\"%s\" is no date", field);
        return (rota_span){ 0 };
    }
    return (rota_span){ midnight(q, date, text_of(q, "tz")), midnight_after(q, date, 1) };
}

/* ---- which occurrence -------------------------------------------------- */

void aim(struct request *q, rota_call *call)
{
    bool named = has(q, "occurrence");

    call->scope = word_of(q, "scope", scopes);
    if (!named && call->scope != ROTA_SCOPE_NONE && call->scope != ROTA_SCOPE_ALL)
        fail(q, ROTA_EINVALID, "this \"scope\" needs an \"occurrence\"");
    if (!named)
        call->scope = ROTA_SCOPE_NONE;
    else if (call->scope == ROTA_SCOPE_NONE)
        call->scope = ROTA_SCOPE_THIS;
    call->occurrence = instant_of(q, "occurrence", 0);
}

rota_booking get_booking(struct request *q, const rota_id *id, rota_result **row)
{
    rota_booking now = ROTA_INIT(rota_booking);
    rota_time occurrence = instant_of(q, "occurrence", 0);
    rota *r = q->host->r;

    if (q->status != ROTA_OK) return now;
    if (library_ok(q, has(q, "occurrence") ? rota_occurrence_get(r, id, occurrence, row)
                                           : rota_booking_get(r, id, row)))
        library_ok(q, rota_booking_at(*row, 0, &now));
    return now;
}

/* ---- a recurrence ------------------------------------------------------ */

/* Of an all-day series in days. */
static int64_t length_of(struct request *q, const char *zone)
{
    const char *start = text_of(q, "start"), *end = text_of(q, "end");
    int64_t length = integer_of(q, "duration", 1, INT64_MAX, 0);
    rota_time begins = 0, ends = 0;

    check_dates(q);
    if (end == NULL || q->status != ROTA_OK) return is_date(start) ? days_of(q, length) : length;
    if (is_date(start)) return (midnight(q, end, "UTC") - midnight(q, start, "UTC")) / DAY;
    if (library_ok(q, rota_time_parse(q->host->r, start, zone, &begins)))
        library_ok(q, rota_time_parse(q->host->r, end, zone, &ends));
    return ends - begins;
}

bool recurs(const struct request *q)
{
    return has(q, "rrule") || has(q, "rdate") || has(q, "exdate");
}

/* Without a zone, a start with `Z` says that its clock is UTC. */
static const char *zone_of(struct request *q, const char *start)
{
    const char *zone = text_of(q, "tz");
    size_t length = start == NULL ? 0 : strlen(start);

    if (zone == NULL && length > 0 && (start[length - 1] == 'Z' || start[length - 1] == 'z'))
        return "UTC";
    if (zone == NULL) fail(q, ROTA_EINVALID, "\"tz\" is missing: a series goes by its clock");
    return zone;
}

rota_recurrence recurrence_of(struct request *q)
{
    rota_recurrence made = ROTA_INIT(rota_recurrence);

    made.start = text_of(q, "start");
    made.zone = zone_of(q, made.start);
    made.rule = text_of(q, "rrule");
    made.rdates = texts_of(q, "rdate", &made.rdate_count);
    made.exdates = texts_of(q, "exdate", &made.exdate_count);
    if (has(q, "end") && has(q, "duration"))
        fail(q, ROTA_EINVALID, "\"end\" and \"duration\" are both given");
    if (q->status == ROTA_OK) made.length = length_of(q, made.zone);
    return made;
}

void free_recurrence(rota_recurrence *made)
{
    /* The cast is C's: what frees takes no pointer to const. */
    free((void *)(uintptr_t)made->rdates);
    free((void *)(uintptr_t)made->exdates);
}

/* ---- answers ----------------------------------------------------------- */

/* By occurrence, and of one in the order of the library: conflicts, then violations. */
struct in_the_way {
    rota_time asked;
    int64_t at;
    rota_conflict conflict;
    rota_violation violation;
    bool forbidden;
};

static int by_asked(const void *left, const void *right)
{
    const struct in_the_way *a = left, *b = right;

    if (a->asked != b->asked) return a->asked < b->asked ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static json_t *group(struct request *q, const struct in_the_way *all, int64_t count)
{
    json_t *list = json_array(), *conflicts = NULL, *violations = NULL;

    for (int64_t i = 0; i < count; i++) {
        if (i == 0 || all[i].asked != all[i - 1].asked) {
            conflicts = json_array();
            violations = json_array();
            append(q, list,
                   json_pack("{s:o, s:o, s:o}", "occurrence", instant_json(all[i].asked),
                             "conflicts", conflicts, "violations", violations));
        }
        if (all[i].forbidden)
            append(q, violations, violation_json(&all[i].violation));
        else
            append(q, conflicts, conflict_json(&all[i].conflict));
    }
    return list;
}

static void read_one(const rota_result *conflicts, const rota_result *violations, int64_t i,
                     struct in_the_way *out)
{
    int64_t first = rota_result_count(conflicts);

    *out = (struct in_the_way){ .at = i,
                                .conflict = ROTA_INIT(rota_conflict),
                                .violation = ROTA_INIT(rota_violation),
                                .forbidden = i >= first };
    if (out->forbidden)
        rota_violation_at(violations, i - first, &out->violation);
    else
        rota_conflict_at(conflicts, i, &out->conflict);
    out->asked = out->forbidden ? out->violation.asked : out->conflict.asked;
}

json_t *skipped_json(struct request *q)
{
    rota_result *conflicts = NULL, *violations = NULL;
    struct in_the_way *all = NULL;
    json_t *list = NULL;

    if (rota_conflict_list(q->host->r, &conflicts) == ROTA_OK &&
        rota_violation_list(q->host->r, &violations) == ROTA_OK) {
        int64_t count = rota_result_count(conflicts) + rota_result_count(violations);
        all = calloc((size_t)count + 1, sizeof *all);
        for (int64_t i = 0; all != NULL && i < count; i++)
            read_one(conflicts, violations, i, &all[i]);
        if (all != NULL) {
            qsort(all, (size_t)count, sizeof *all, by_asked);
            list = group(q, all, count);
        }
    }
    free(all);
    rota_result_free(conflicts);
    rota_result_free(violations);
    return list;
}

void answer_series(struct request *q, const rota_receipt *receipt, json_t *skipped)
{
    bool endless = receipt->count < 0, ever = receipt->checked_until == ROTA_TIME_MAX;

    answer(q, "series", json_true());
    answer(q, "count", endless ? json_null() : json_integer(receipt->count));
    answer(q, "checked_until", ever ? json_null() : instant_json(receipt->checked_until));
    answer(q, "skipped", skipped != NULL ? skipped : json_array());
}

static json_t *texts_json(const char *const *texts, int64_t count)
{
    json_t *list = json_array();

    for (int64_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(texts[i]));
    return list;
}

void answer_recurrence(struct request *q, const rota_booking *row)
{
    const rota_recurrence *made = row->recurrence;
    bool ever = row->checked_until == ROTA_TIME_MAX;

    answer(q, "series", json_true());
    answer(q, "dtstart", json_string(made->start));
    answer(q, "tz", json_string(made->zone));
    answer(q, "rrule", made->rule == NULL ? json_null() : json_string(made->rule));
    answer(q, "rdate", texts_json(made->rdates, made->rdate_count));
    answer(q, "exdate", texts_json(made->exdates, made->exdate_count));
    answer(q, "all_day", json_boolean(made->all_day));
    answer(q, "duration", json_integer(made->all_day ? made->length * DAY : made->length));
    answer(q, "checked_until", ever ? json_null() : instant_json(row->checked_until));
}
