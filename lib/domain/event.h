/* The feed's rows: what changed, by whom, as JSON before and after. Appended to
 * the batch, so that they are written with the change or not at all. */
#ifndef ROTA__EVENT_H
#define ROTA__EVENT_H

#include "domain/write.h"

enum { ROTA__FEED_PAGE = 1000 }; /* events in a list where no limit is given */

/* Of the booking that was put last. winner: the booking that this one had to make
 * room for, NULL mostly. */
int rota__event_booking(rota__write *w, int32_t type, const rota__booking *winner);
/* Of a booking for which there is no place: what to tell once the call that wanted one is
 * refused, and telling it. */
int rota__event_note_unplaced(rota__write *w, const rota__booking *booking, rota_span window,
                              int64_t length);
int rota__event_unplaced(rota__write *w, const rota__unplaced *unplaced);
/* before or after may be NULL. */
int rota__event_resource(rota__write *w, int32_t type, const rota__resource *before,
                         const rota__resource *after);
/* Of a resource whose hours change. */
int rota__event_hours(rota__write *w, const rota__resource *before, const rota__resource *after);
int rota__event_member(rota__write *w, int32_t type, const rota__member *before,
                       const rota__member *after);

/* Of a list of reminders, before and after; NULL: there is none. subject: its booking or
 * resource, none of the calendar's. */
int rota__event_reminders(rota__write *w, const rota_id *subject, const rota__reminder_list *before,
                          const rota__reminder_list *after);
/* One that is dead; the subject is its booking. */
int rota__event_reminder(rota__write *w, const rota_id *booking, bool recurs,
                         const rota__reminder *reminder, const rota_id *resource);

/* A status as the feed writes it, "confirmed"; "unknown" for none. */
const char *rota__event_status(int32_t status);

#endif
