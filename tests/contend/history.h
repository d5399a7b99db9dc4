/* Records what the members of a crew call and are answered, on cells of resources that are
 * contended, and has it checked to be linearizable. */
#ifndef HISTORY_H
#define HISTORY_H

#include "contend/crew.h"
#include "contend/lincheck.h"

typedef struct history_plan {
    crew_plan crew;
    int64_t calls; /* at least so many, of all members together */
    int cells;
    bool blind; /* negative control: looks whether it is free, and then takes it unasked */
    bool quiet;
    const char
        *file; /* receives the history; NULL: only where it is refused, beside the calendar */
} history_plan;

/* Records; NULL where a call failed or a member did. free() it. */
lin_call *history_record(const history_plan *plan, int64_t *count);
/* Records and checks, and checks that the checker refuses the same history with two answers
 * swapped. Prints what was done. */
bool history(const history_plan *plan);

/* Swaps the answers of two calls of which one was over when the other began: a booking that
 * was made and one that was refused. False where there are no such two. */
bool history_swap(lin_call *calls, int64_t count, uint64_t *chance);

#endif
