/** @file rota/violation.h
 *  Which rules a call would have broken.
 */
#ifndef ROTA_VIOLATION_H
#define ROTA_VIOLATION_H

#include <rota/result.h>

ROTA_TYPES_BEGIN

/** One rule that forbids what was asked for. */
typedef struct rota_violation {
    uint32_t    size;
    int32_t     asked_recurs;  /* ROTA_RECURS_OCCURRENCE: of a series, this one of its occurrences */
    const char *rule;          /* "hours": the resource is not open throughout; "past": the start
                                  lies before now; "notice": before the notice that a search
                                  asks for is over. Never NULL; later versions have more */
    const char *message;       /* for a person; never NULL */
    int64_t     limit;         /* what the rule allows and what was asked for, in the rule's own */
    int64_t     actual;        /* unit; zero where it has none. "past" and "notice": the soonest start
                                  and the start */
    rota_id     resource;      /* the resource, or the member of a group; or none */
    const char *resource_name; /* or NULL */
    const char *resource_ref;  /* or NULL */
    rota_span   when;          /* the time asked for */
    rota_time   asked;         /* which occurrence, by its original start */
} rota_violation;

ROTA_TYPES_END

/** Every violation of the last call on this handle that ended in ROTA_EPOLICY or
 *  ROTA_ECONFLICT, by resource id, then occurrence, those of no resource first; of a series
 *  the first 10,000. After a series was made in part, those of the occurrences left out. No
 *  rows after any other call.
 *  @param out  receives the rows; free them with rota_result_free().
 *  @return ROTA_OK; ROTA_EINVALID for NULL; ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_violation_list(rota *r, rota_result **out);

/** Read row i; text lives as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_violation_at(const rota_result *rows, int64_t i, rota_violation *out);

#endif
