/* Consumers of the feed: who reads it, and how far each has come. */
#ifndef ROTA__CONSUMER_H
#define ROTA__CONSUMER_H

#include "domain/write.h"

int rota__consumer_create(rota__write *w, const char *name, int64_t after);
int rota__consumer_ack(rota__write *w, const char *name, int64_t seq);
int rota__consumer_remove(rota__write *w, const char *name);

/* The events behind its position; limit 0: ROTA__FEED_PAGE. */
int rota__consumer_read(rota__context *cx, const char *name, int64_t limit, rota__event **rows,
                        int64_t *count);
/* last: the position of the feed's newest event. */
int rota__consumer_list(rota__context *cx, rota__consumer **rows, int64_t *count, int64_t *last);

#endif
