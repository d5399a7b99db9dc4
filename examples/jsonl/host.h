/* What the files of rota-jsonl share: the request being answered, how its fields
 * are read and its answer is built, and the operations. Which fields a request may
 * carry is the table in main.c. */
#ifndef ROTA_JSONL_HOST_H
#define ROTA_JSONL_HOST_H

#include <jansson.h>
#include <rota.h>
#include <stdbool.h>

struct host {
    rota *r;
    bool stands; /* the clock stands at `now` until clock.set moves it */
    rota_time now;
};

/* The first thing that goes wrong decides the answer: once `status` is set, the
 * readers below return neutral values and leave it as it is. So an operation
 * reads all it wants, looks at `status` once, and then calls the library. */
struct request {
    struct host *host;
    json_t *in;           /* the object that was read */
    json_t *rest;         /* the answer beyond `ok` and `tag` */
    json_t *message;      /* beside a status */
    json_t *conflicts;    /* beside ECONFLICT */
    json_t *alternatives; /* beside a refusal that proposes; else NULL */
    json_t *violations;   /* beside EPOLICY, and ECONFLICT where there are any */
    int status;
};

struct word {
    const char *text;
    int32_t value;
};

/* Verdicts */
void fail(struct request *q, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool library_ok(struct request *q, int status); /* false: its error is now the answer's */

/* Fields of a request. A missing one gives the fallback, NULL, false or no id. */
bool has(const struct request *q, const char *field);
void need(struct request *q, const char *field);
const char *text_of(struct request *q, const char *field);
/* The texts stay in the request, the array is the caller's to free; NULL where it is empty. */
const char **texts_of(struct request *q, const char *field, int64_t *count);
int64_t integer_of(struct request *q, const char *field, int64_t least, int64_t most,
                   int64_t fallback);
bool flag_of(struct request *q, const char *field, bool fallback);
int32_t word_of(struct request *q, const char *field, const struct word *words);
rota_time instant_of(struct request *q, const char *field, rota_time fallback);
rota_id resource_of(struct request *q, const char *field);
rota_id booking_of(struct request *q, const char *field);
rota_call call_of(struct request *q);
rota_id find_resource(struct request *q, const char *id_or_ref);
int32_t find_word(const struct word *words, const char *text); /* 0 for none */

/* Values of an answer. One that is NULL found no memory, and fails the request. */
void answer(struct request *q, const char *field, json_t *value);
void answer_all(struct request *q, json_t *record); /* each field of it */
void append(struct request *q, json_t *list, json_t *value);
json_t *id_json(const rota_id *id); /* null for no id */
json_t *instant_json(rota_time t);
json_t *word_json(const struct word *words, int32_t value);

/* Booking statuses, shared by requests and answers. */
extern const struct word booking_statuses[];

json_t *conflict_json(const rota_conflict *row);
json_t *slot_json(rota_span when, const rota_id *resources, int64_t count);
/* The array is the caller's to free. */
rota_claim *claims_of(struct request *q, const char *field, int64_t *count);
json_t *violation_json(const rota_violation *row);

/* Series: occurrences.c. Both sides of a span are dates, or neither is. */
void check_dates(struct request *q);
/* An instant, or of a date its midnight in the request's zone. */
rota_time moment_of(struct request *q, const char *field, rota_time fallback);
rota_time end_of(struct request *q, rota_time start, int64_t seconds);
rota_span day_of(struct request *q, const char *field); /* from one midnight to the next */
bool is_date(const char *text);
/* Whether a booking goes from midnight to midnight of `tz`; of so many days of 86,400 seconds. */
bool takes_days(struct request *q, const rota_booking *was, int64_t *seconds);
void aim(struct request *q, rota_call *call); /* at the occurrence of the request */
/* The booking, or its occurrence that the request names; row is the caller's to free. */
rota_booking get_booking(struct request *q, const rota_id *id, rota_result **row);
bool recurs(const struct request *q); /* it is to be a series */
rota_recurrence recurrence_of(struct request *q);
void free_recurrence(rota_recurrence *made);
/* What was left out, and why: known until the next call. NULL: it cannot be said. */
json_t *skipped_json(struct request *q);
void answer_series(struct request *q, const rota_receipt *receipt, json_t *skipped);
void answer_recurrence(struct request *q, const rota_booking *row);

/* Operations: ops_resource.c */
void resource_put(struct request *q);
void resource_get(struct request *q);
void resource_remove(struct request *q);
void resource_list(struct request *q);
void member_add(struct request *q);
void member_remove(struct request *q);
void member_list(struct request *q);

/* ops_free.c */
void busy(struct request *q);
void free_find(struct request *q);
void free_explain(struct request *q);

/* ops_hours.c: a time of day, and days of the week as bits */
int32_t clock_of(struct request *q, const char *field, const char *text);
uint32_t weekdays_of(struct request *q, json_t *list);
json_t *spans_json(struct request *q, const rota_result *rows);
void hours_put(struct request *q);
void hours_get(struct request *q);
void hours_open(struct request *q);

/* ops_booking.c */
void booking_create(struct request *q);
void booking_move(struct request *q);
void booking_confirm(struct request *q);
void booking_check_in(struct request *q);
void booking_complete(struct request *q);
void booking_cancel(struct request *q);
void booking_restore(struct request *q);
void booking_get(struct request *q);
void booking_list(struct request *q);

/* Placement: placement.c. Where a booking may lie that gives no start. */
bool is_placed(struct request *q);
rota_placement placement_of(struct request *q);
json_t *moved_json(struct request *q);

/* ops_calendar.c */
void clock_set(struct request *q);
void event_list(struct request *q);
void tick(struct request *q);
void stats(struct request *q);

/* ops_reminder.c */
void reminder_put(struct request *q);
void reminder_due(struct request *q);
void reminder_ack(struct request *q);
void reminder_dead(struct request *q);
void reminder_retry(struct request *q);

/* ops_series.c */
void series_expand(struct request *q);
void time_resolve(struct request *q);
void zones_update(struct request *q);

#endif
