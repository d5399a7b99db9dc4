/* Reminders: which lists there are, what is due, and what becomes of it. */
#ifndef ROTA__REMINDER_H
#define ROTA__REMINDER_H

#include "domain/write.h"

typedef ROTA__LIST(rota_reminder) rota__reminder_rows;

int rota__reminder_put(rota__write *w, const rota_reminder_request *request);
/* *out: NULL where there is none. */
int rota__reminder_list_of(rota__context *cx, int32_t of, int64_t subject,
                           const rota__reminder_list **out);
/* Of a resource that is removed, within that decision: its list goes with it. */
int rota__reminder_forget(rota__write *w, const rota__resource *resource);
/* The rows are in `room`, and are there before anything is leased. */
int rota__reminder_due(rota__write *w, const rota_reminder_query *query, rota__arena *room,
                       rota__reminder_rows *rows);
int rota__reminder_ack(rota__write *w, const rota_id *ids, int64_t count, int64_t *acked);
int rota__reminder_retry(rota__write *w, const rota_id *ids, int64_t count, int64_t *retried);
int rota__reminder_dead(rota__context *cx, const rota_id *after, int64_t limit,
                        rota__reminder_rows *rows);

/* Within a decision that changes a list, once the state is in its batch: what has come to be late by
 * the lists as they are waits to be given, and nothing is late by those that come. */
int rota__reminder_settle(rota__write *w);

/* Within a decision: how many there are to be given now, to `most`. */
int rota__reminder_count(rota__write *w, int64_t most, int64_t *count);

/* What was acknowledged, and starts before this, may be forgotten. */
int rota__reminder_horizon(rota__context *cx, rota_time *horizon);

#endif
