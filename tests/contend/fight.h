/* The fight: in each round all members of a crew ask for the same thing at once, and
 * one of them then checks that exactly the right ones have it and that each of the
 * others was told truly who has. */
#ifndef FIGHT_H
#define FIGHT_H

#include "contend/crew.h"

typedef struct fight_plan {
    crew_plan crew;
    int rounds;
    bool blind; /* negative control: members look whether it is free, and then take it unasked */
    bool quiet; /* prints nothing but findings */
} fight_plan;

/* True where every round ended as it must. Prints what was done and how long it took. */
bool fight(const fight_plan *plan);

#endif
