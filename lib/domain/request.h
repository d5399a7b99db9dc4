/* What every request is checked for before anything is looked up: text, spans,
 * numbers. Knows limits, not rules. */
#ifndef ROTA__REQUEST_H
#define ROTA__REQUEST_H

#include "base/str.h"
#include "domain/context.h"

enum { ROTA__REQUIRED = 1, ROTA__MAY_BE_EMPTY = 2 };

/* UTF-8 of at most max bytes. `what` names it in the message. */
int rota__request_text(rota__context *cx, const char *what, const char *text, int64_t max,
                       int flags);
int rota__request_span(rota__context *cx, const char *what, rota_span span);
/* One that is looked through as a whole: of at most ROTA_MAX_WINDOW. */
int rota__request_window(rota__context *cx, rota_span window);
int rota__request_range(rota__context *cx, const char *what, int64_t value, int64_t low,
                        int64_t high);
/* Bits of `known` only. */
int rota__request_bits(rota__context *cx, const char *what, uint32_t value, uint32_t known);
int rota__request_claim(rota__context *cx, const rota_claim *claim);
int rota__request_limit(rota__context *cx, int64_t limit);
int rota__request_call(rota__context *cx, const rota_call *call);

/* An instant for a message; a number where it is out of range. */
typedef struct rota__shown {
    char text[32];
} rota__shown;
rota__shown rota__request_show(rota_time t);

/* `booking "Standup"`, or by its id; of an occurrence which one of its series it is. */
const char *rota__request_booking(rota__context *cx, const rota__booking *booking);

/* Name for a message, cut to what a line can hold: use with "%.*s". */
#define ROTA__SHOW_NAME(name) (int)rota__str_cut((name), 80), (name)

#endif
