/* A small calendar, and every call that writes with all that it needs to succeed there:
 * for tests that let each of them fail, or be cut off, at every point. */
#ifndef ROTA_VERBS_H
#define ROTA_VERBS_H

#include "fixture.h"

/* Who is on stage. */
struct cast {
    rota_id room, red, group, member, held, lapsed, confirmed, begun, given_up;
    rota_id green, course, trial; /* series: confirmed, and held */
    rota_id white;
    rota_id yellow, told, dead; /* reminders: one that is leased, and one that died */
};

struct verb {
    const char *name;
    int (*run)(struct fx *f, struct cast *who, const rota_call *call);
    bool keyless; /* an idempotency key means nothing to it */
};

/* The calls that make the calendar, in order: at 2031-03-10T08:00Z. */
extern const struct verb verbs_before[];
extern const int verbs_before_count;
/* The calls on it; each succeeds as the first after those: at 2031-03-10T08:05Z. */
extern const struct verb verbs[];
extern const int verbs_count;

/* All of verbs_before. */
void verbs_prepare(struct fx *f, struct cast *who);
/* fx_picture() and the consumers of the feed; free() it. */
char *verbs_picture(struct fx *f);
/* That, and the feed with all it tells, ids too. */
char *verbs_portrait(struct fx *f);

#endif
