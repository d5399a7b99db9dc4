/** @file rota/consumer.h
 *  Named consumers of the feed: each keeps the position up to which it has done
 *  its work, in the calendar itself. Every event is given to each consumer at
 *  least once, in order: again after a crash, until it is acknowledged.
 */
#ifndef ROTA_CONSUMER_H
#define ROTA_CONSUMER_H

#include <rota/call.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

enum { ROTA_CONSUMER_NOW = -1 }; /* begin behind the newest event */

/** A consumer as it is. */
typedef struct rota_consumer {
    uint32_t    size;
    uint32_t    reserved;
    const char *name;       /* never NULL */
    int64_t     position;   /* `seq` of the last event acknowledged; 0: none yet */
    int64_t     behind;     /* events in the feed after it */
    rota_time   created_at;
    rota_time   changed_at; /* when it last moved on */
} rota_consumer;

ROTA_TYPES_END

/** Make a consumer. One that is there already stays as it is, so that a program
 *  may do this whenever it starts.
 *  @param name   1 to ROTA_MAX_NAME bytes of UTF-8.
 *  @param after  begin behind this event: 0 with the first, ROTA_CONSUMER_NOW
 *                with what is yet to come.
 *  @param call   `key` and `version` mean nothing here.
 *  @return ROTA_OK; ROTA_EINVALID, also where the feed has no such event;
 *          ROTA_ELIMIT; ROTA_EDENIED; or a failure.  @since 0.1 */
ROTA_API int rota_consumer_create(rota *r, const rota_call *call,
                                  const char *name, int64_t after);

/** The events after the consumer's position, as rota_event_list() gives them;
 *  read them with rota_event_at(). Asking does not move the position.
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID, ROTA_ELIMIT; or a
 *          failure.  @since 0.1 */
ROTA_API int rota_consumer_read(rota *r, const char *name, int64_t limit,
                                rota_result **out);

/** Acknowledge everything up to and with the event `seq`. A position never goes
 *  back: what was acknowledged already is ROTA_OK and changes nothing.
 *  @param call  `key` and `version` mean nothing here.
 *  @return ROTA_OK; ROTA_ENOTFOUND for the name; ROTA_EINVALID where the feed
 *          has no such event yet; ROTA_EDENIED; or a failure.  @since 0.1 */
ROTA_API int rota_consumer_ack(rota *r, const rota_call *call,
                               const char *name, int64_t seq);

/** Forget a consumer.
 *  @param call  `key` and `version` mean nothing here.
 *  @return as rota_consumer_ack().  @since 0.1 */
ROTA_API int rota_consumer_remove(rota *r, const rota_call *call,
                                  const char *name);

/** Every consumer, by name.
 *  @return ROTA_OK; ROTA_EINVALID for NULL; or a failure.  @since 0.1 */
ROTA_API int rota_consumer_list(rota *r, rota_result **out);

/** Read row i of a list of consumers; text lives as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_consumer_at(const rota_result *rows, int64_t i,
                              rota_consumer *out);

#endif
