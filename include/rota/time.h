/** @file rota/time.h
 *  Instants as text: RFC 3339 in, RFC 3339 out; and what a clock shows.
 */
#ifndef ROTA_TIME_H
#define ROTA_TIME_H

#include <rota/base.h>

enum { ROTA_TIME_TEXT = 21 }; /* bytes of "2025-02-14T04:30:00Z" with its NUL */

/* What a wall-clock time is in its zone. */
enum {
    ROTA_TIME_UNIQUE = 1, /* the clock shows it once */
    ROTA_TIME_GAP = 2,    /* never: the clocks are put forward past it */
    ROTA_TIME_FOLD = 3    /* twice: the clocks are put back */
};

ROTA_TYPES_BEGIN

/** An instant and what the clock of a zone shows then: `instant + offset` is
 *  `local`. */
typedef struct rota_time_reading {
    uint32_t size;  /* ROTA_INIT */
    int32_t kind;   /* ROTA_TIME_GAP: of the wall-clock time that was asked for; the
                       clock never shows it, and `local` is another */
    rota_time instant;
    int32_t offset; /* seconds east of UTC, at the instant */
    int32_t reserved;
    char local[24]; /* "2025-02-14T10:00:00" */
} rota_time_reading;

ROTA_TYPES_END

/** Read an instant. `2025-02-14T10:00:00+05:30` and `...Z` stand for
 *  themselves; without an offset the text is a wall-clock time in `zone`.
 *  Seconds may be left out; a fraction of a second is refused unless it is
 *  zero, as in `...:00.000Z`, and so is a leap second. A wall-clock time that
 *  the clocks skip is read with the offset before the gap (02:30 becomes
 *  03:30), one that happens twice is the first of the two: RFC 5545, 3.3.5.
 *  @param zone  an IANA name ("Europe/Berlin"), or NULL where text carries an
 *               offset. A zone beside an offset is checked and not used.
 *  @return ROTA_OK, or ROTA_EINVALID: not an instant, outside of ROTA_TIME_MIN
 *          to ROTA_TIME_MAX, no offset and no zone, or an unknown zone (never
 *          taken for UTC); ROTA_EIO, ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_time_parse(rota *r, const char *text, const char *zone,
                             rota_time *out);

/** Write an instant in UTC, "2025-02-14T04:30:00Z".
 *  @param text  receives ROTA_TIME_TEXT bytes.
 *  @return ROTA_OK, or ROTA_EINVALID outside of ROTA_TIME_MIN to ROTA_TIME_MAX
 *          (text is then the empty string).  @since 0.1 */
ROTA_API int rota_time_format(rota_time t, char text[ROTA_TIME_TEXT]);

/** Resolve a wall-clock time to its instant, or an instant to the wall clock.
 *  @param text  without an offset: a wall-clock time in `zone`, resolved as
 *               RFC 5545, 3.3.5, says: in a gap with the offset before it, of a
 *               fold the first. With `Z` or an offset: an instant; its kind is
 *               then ROTA_TIME_FOLD where the clock shows the same time twice,
 *               whichever of the two it is, else ROTA_TIME_UNIQUE.
 *  @param zone  an IANA name; not NULL.
 *  @param out   receives the reading.
 *  @return ROTA_OK, or ROTA_EINVALID: neither of the two, outside of the years
 *          1 to 9999 there or in UTC, an unknown zone (never taken for UTC);
 *          ROTA_EIO, ROTA_ENOMEM.  @since 0.1 */
ROTA_API int rota_time_resolve(rota *r, const char *text, const char *zone,
                               rota_time_reading *out);

#endif
