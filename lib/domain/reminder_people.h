/* Whom the reminders of a booking concern, and by which list. What is read of lists and groups
 * is kept until the call ends, for many bookings share them. */
#ifndef ROTA__REMINDER_PEOPLE_H
#define ROTA__REMINDER_PEOPLE_H

#include "domain/write.h"

typedef struct rota__person {
    int64_t resource, rank; /* of several ways to him the lowest counts, */
    bool of_group;          /* and one that is his own before that of a group */
    rota_id id;
    const rota__reminder_list *list;
} rota__person;

typedef struct rota__people {
    rota__write *w;
    bool of_bookings, of_resources; /* is there any list of such? */
    ROTA__LIST(struct rota__known_list) lists;
    ROTA__LIST(struct rota__known_group) groups;
    int64_t asked, next_group;      /* the first row from `asked` on that has members */
    const rota__starting *last;     /* whose people are known; NULL: nobody's */
    ROTA__LIST(rota__person) known; /* its people, by resource, each once */
} rota__people;

int rota__people_begin(rota__people *p, rota__write *w);

/* Into `known`: those that are claimed by themselves, and members of the groups that are. What it
 * is asked of is kept, and has to stay until it is asked of another one. */
int rota__people_find(rota__people *p, const rota__starting *s);

/* One of those that are known; NULL: it is none of them. */
const rota__person *rota__people_get(const rota__people *p, int64_t resource);

/* Whose people are known, where that is what is asked for; else NULL. */
const rota__starting *rota__people_last(const rota__people *p, int64_t booking,
                                        rota_time occurrence);

#endif
