/* Whom the reminders of a booking concern, and by which list. What is read of lists and groups
 * is kept until the call ends, for many bookings share them. */
#ifndef ROTA__REMINDER_PEOPLE_H
#define ROTA__REMINDER_PEOPLE_H

#include "domain/write.h"

/* What there is to be reminded of: a booking, or one occurrence. */
typedef struct rota__subject {
    int64_t booking; /* row; of an occurrence that of its series */
    rota_id id;
    rota_time occurrence;
    bool recurs, alive;
    rota_span when;
    const rota__claim *claims;
    int64_t claim_count;
} rota__subject;

typedef struct rota__person {
    int64_t resource, rank; /* of several ways to him the lowest counts */
    rota_id id;
    const rota__reminder_list *list;
} rota__person;

typedef struct rota__people {
    rota__write *w;
    bool of_bookings, of_resources; /* is there any list of such? */
    ROTA__LIST(struct rota__known_list) lists;
    ROTA__LIST(struct rota__known_group) groups;
    int64_t asked, next_group; /* the first row from `asked` on that has members */
    rota__subject last;        /* whose people are known */
    bool last_known;
    ROTA__LIST(rota__person) known; /* its people, by resource, each once */
} rota__people;

int rota__people_begin(rota__people *p, rota__write *w);

/* Into `known`: those that are claimed by themselves, and members of the groups that are. */
int rota__people_find(rota__people *p, const rota__subject *s);

/* One of those that are known; NULL: it is none of them. */
const rota__person *rota__people_get(const rota__people *p, int64_t resource);

/* Whose people are known, where that is what is asked for; else NULL. */
const rota__subject *rota__people_last(const rota__people *p, int64_t booking,
                                       rota_time occurrence);

#endif
