/* Records in and out: sized records between the host's idea of them and ours, and
 * rows that outlive the handle. */
#ifndef ROTA__RESULT_H
#define ROTA__RESULT_H

#include "base/error.h"
#include "base/mem.h"
#include "domain/booking.h"
#include "store/store.h"

enum {
    ROTA__ROWS_RESOURCE = 1,
    ROTA__ROWS_MEMBER,
    ROTA__ROWS_BOOKING,
    ROTA__ROWS_CONFLICT,
    ROTA__ROWS_EVENT,
    ROTA__ROWS_CONSUMER,
    ROTA__ROWS_OCCURRENCE,
    ROTA__ROWS_ZONE_CHANGE,
    ROTA__ROWS_HOURS,
    ROTA__ROWS_SPAN,
    ROTA__ROWS_SLOT,
    ROTA__ROWS_ALTERNATIVE,
    ROTA__ROWS_VIOLATION,
    ROTA__ROWS_REMINDER,
    ROTA__ROWS_DISPLACEMENT
};

struct rota_result {
    rota__mem mem; /* a copy: the handle may be gone before the rows */
    rota__arena arena;
    void *rows;                /* of the public record of the kind; or, of bookings, */
    const rota_booking **refs; /* where they lie on pages, as they are stored, */
    rota_time now;             /* to be shown as of this time */
    rota__page **pages;        /* kept as long as the rows */
    int64_t page_count;
    int64_t count;
    int32_t kind;
};

rota_result *rota__result_new(const rota__mem *mem); /* or NULL */

/* Where a record of 0.1 ends: the smallest size accepted. */
#define ROTA__OLDEST(type, last) ((uint32_t)(offsetof(type, last) + sizeof(((type *)0)->last)))

/* What the host says of its size. */
uint32_t rota__record_size(const void *record);
/* Take a record over: what the host left out is zero; what it knows and we do
 * not must be zero, else ROTA_EVERSION. */
int rota__record_in(rota__error *error, const char *what, const void *in, void *own,
                    uint32_t own_size, uint32_t oldest);
/* Is there a record of a size that can be filled? NULL: only if it may be. */
int rota__record_room(rota__error *error, const char *what, const void *out, uint32_t oldest);
/* Give a record: what the host does not know is left out, what we do not know is
 * zeroed. */
void rota__record_out(void *out, const void *own, uint32_t own_size);

/* The rows as public records. ROTA_OK or ROTA_ENOMEM. */
int rota__result_resources(rota_result *result, const rota__resource *rows, int64_t count);
int rota__result_members(rota_result *result, const rota__member *rows, int64_t count);
/* These take the rows as they are: of the result's own arena. */
void rota__result_bookings(rota_result *result, rota_booking *rows, int64_t count, rota_time now);
void rota__result_zone_changes(rota_result *result, rota_zone_change *rows, int64_t count);
void rota__result_occurrences(rota_result *result, rota_occurrence *rows, int64_t count);
void rota__result_hours(rota_result *result, rota_hours_rule *rows, int64_t count);
void rota__result_spans(rota_result *result, rota_span *rows, int64_t count);
void rota__result_slots(rota_result *result, rota_slot *rows, int64_t count);
void rota__result_reminders(rota_result *result, rota_reminder *rows, int64_t count);
/* Takes over the list's pages, whatever becomes of it. */
void rota__result_list(rota_result *result, rota__listing *list, rota_time now);
int rota__result_conflicts(rota_result *result, const rota_conflict *rows, int64_t count);
int rota__result_violations(rota_result *result, const rota_violation *rows, int64_t count);
int rota__result_alternatives(rota_result *result, const rota_alternative *rows, int64_t count);
int rota__result_displacements(rota_result *result, const rota_displacement *rows, int64_t count);
int rota__result_events(rota_result *result, const rota__event *rows, int64_t count);
/* last: the position of the feed's newest event. */
int rota__result_consumers(rota_result *result, const rota__consumer *rows, int64_t count,
                           int64_t last);

#endif
