/* Consumers are made, move on along the feed and are forgotten; the position of
 * each stands on one condition, that it is still the one that was read.
 *
 * None of this is told in the feed: an acknowledgement that made an event would
 * have to be acknowledged, for ever. What an event says is left to event.c. */
#include "domain/consumer.h"

#include <inttypes.h>

#include "domain/event.h"
#include "domain/request.h"

typedef struct request {
    const char *name;
    int64_t position; /* to begin behind, or to move on to */
} request;

static int check_name(rota__context *cx, const char *name)
{
    return rota__request_text(cx, "the consumer's name", name, ROTA_MAX_NAME, ROTA__REQUIRED);
}

static int no_such_event(rota__context *cx, int64_t seq)
{
    return rota__error_set(cx->env.error, ROTA_EINVALID, "the feed has no event %" PRId64 " yet",
                           seq);
}

/* ROTA_ENOTFOUND, and says so. */
static int get(rota__context *cx, const char *name, rota__consumer *out)
{
    int rc = cx->store->ops->consumer_get(cx->store, &cx->env, name, out);
    if (rc != ROTA_ENOTFOUND) return rc;
    return rota__error_set(cx->env.error, ROTA_ENOTFOUND, "there is no consumer \"%.*s\"",
                           ROTA__SHOW_NAME(name));
}

static int put(rota__write *w, const rota__consumer *consumer, int64_t was)
{
    rota__consumer_put *row = ROTA__PUSH(w->cx->env.arena, &w->batch.consumers_put);
    if (!row) return rota__context_nomem(w->cx);
    *row = (rota__consumer_put){ .consumer = *consumer, .was = was };
    row->consumer.changed_at = w->cx->now;
    return ROTA_OK;
}

/* Keys and versions mean nothing here: each of these calls may be repeated. */
static int run(rota__write *w, rota__decide decide, const request *what)
{
    int rc = check_name(w->cx, what->name);
    if (rc != ROTA_OK) return rc;
    w->call.key = NULL;
    w->call.version = 0;
    return rota__write_run(w, decide, what, "");
}

/* --- one begins --- */

static int decide_create(rota__write *w, const void *data)
{
    const request *what = data;
    rota__context *cx = w->cx;
    rota__counts counts;
    rota__consumer known;
    int rc;
    if ((rc = cx->store->ops->counts(cx->store, &cx->env, &counts)) != ROTA_OK) return rc;
    if (what->position > counts.events) return no_such_event(cx, what->position);
    rc = cx->store->ops->consumer_get(cx->store, &cx->env, what->name, &known);
    if (rc != ROTA_ENOTFOUND) return rc; /* there already, and stays as it is */

    bool from_now = what->position == ROTA_CONSUMER_NOW;
    rota__consumer made = { .name = what->name,
                            .position = from_now ? counts.events : what->position,
                            .created_at = cx->now };
    return put(w, &made, ROTA__CONSUMER_NEW);
}

int rota__consumer_create(rota__write *w, const char *name, int64_t after)
{
    request what = { .name = name, .position = after };
    int rc = rota__request_range(w->cx, "after", after, ROTA_CONSUMER_NOW, INT64_MAX);
    return rc == ROTA_OK ? run(w, decide_create, &what) : rc;
}

/* --- moves on --- */

static int decide_ack(rota__write *w, const void *data)
{
    const request *what = data;
    rota__context *cx = w->cx;
    rota__consumer known;
    rota__event *event;
    int64_t count;
    int rc = get(cx, what->name, &known);
    if (rc != ROTA_OK || what->position <= known.position) return rc;
    rc = cx->store->ops->feed(cx->store, &cx->env, what->position - 1, 1, &event, &count);
    if (rc != ROTA_OK) return rc;
    if (count == 0) return no_such_event(cx, what->position);
    int64_t was = known.position;
    known.position = what->position;
    return put(w, &known, was);
}

int rota__consumer_ack(rota__write *w, const char *name, int64_t seq)
{
    request what = { .name = name, .position = seq };
    int rc = rota__request_range(w->cx, "seq", seq, 0, INT64_MAX);
    return rc == ROTA_OK ? run(w, decide_ack, &what) : rc;
}

/* --- and ends --- */

static int decide_remove(rota__write *w, const void *data)
{
    const request *what = data;
    rota__consumer known;
    int rc = get(w->cx, what->name, &known);
    if (rc != ROTA_OK) return rc;
    const char **row = ROTA__PUSH(w->cx->env.arena, &w->batch.consumers_dropped);
    if (!row) return rota__context_nomem(w->cx);
    *row = what->name;
    return ROTA_OK;
}

int rota__consumer_remove(rota__write *w, const char *name)
{
    request what = { .name = name };
    return run(w, decide_remove, &what);
}

/* --- reads --- */

int rota__consumer_read(rota__context *cx, const char *name, int64_t limit, rota__event **rows,
                        int64_t *count)
{
    rota__consumer known;
    int rc;
    if ((rc = check_name(cx, name)) != ROTA_OK ||
        (rc = rota__request_limit(cx, limit)) != ROTA_OK || (rc = get(cx, name, &known)) != ROTA_OK)
        return rc;
    return cx->store->ops->feed(cx->store, &cx->env, known.position,
                                limit ? limit : ROTA__FEED_PAGE, rows, count);
}

/* The feed's end last: it grows, so that nobody seems to be ahead of it. */
int rota__consumer_list(rota__context *cx, rota__consumer **rows, int64_t *count, int64_t *last)
{
    rota__counts counts;
    int rc;
    if ((rc = cx->store->ops->consumer_list(cx->store, &cx->env, rows, count)) != ROTA_OK ||
        (rc = cx->store->ops->counts(cx->store, &cx->env, &counts)) != ROTA_OK)
        return rc;
    *last = counts.events;
    return ROTA_OK;
}
