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
    json_t *in;        /* the object that was read */
    json_t *rest;      /* the answer beyond `ok` and `tag` */
    json_t *message;   /* beside a status */
    json_t *conflicts; /* beside ECONFLICT */
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

/* Operations: ops_resource.c */
void resource_put(struct request *q);
void resource_get(struct request *q);
void resource_remove(struct request *q);
void resource_list(struct request *q);
void member_add(struct request *q);
void member_remove(struct request *q);
void member_list(struct request *q);

/* ops_booking.c */
void booking_create(struct request *q);
void booking_move(struct request *q);
void booking_confirm(struct request *q);
void booking_check_in(struct request *q);
void booking_complete(struct request *q);
void booking_cancel(struct request *q);
void booking_get(struct request *q);
void booking_list(struct request *q);

/* ops_calendar.c */
void clock_set(struct request *q);
void event_list(struct request *q);
void tick(struct request *q);
void stats(struct request *q);

/* ops_series.c */
void series_expand(struct request *q);
void time_resolve(struct request *q);

#endif
