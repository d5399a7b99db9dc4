/** @file rota/time.h
 *  Instants as text: RFC 3339 in, RFC 3339 out.
 */
#ifndef ROTA_TIME_H
#define ROTA_TIME_H

#include <rota/base.h>

enum { ROTA_TIME_TEXT = 21 }; /* bytes of "2025-02-14T04:30:00Z" with its NUL */

/** Read an instant. `2025-02-14T10:00:00+05:30` and `...Z` stand for
 *  themselves; without an offset the text is a wall-clock time in `zone`.
 *  Seconds may be left out; a fraction of a second is refused, and so is a leap
 *  second. A wall-clock time that the clocks skip is read with the offset
 *  before the gap (02:30 becomes 03:30), one that happens twice is the first of
 *  the two: RFC 5545, 3.3.5.
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

#endif
