/* What a key remembers of a call: its answer, in layouts that never change: one for what
 * happens once, one for series, which has more to tell, and one for series that lack what
 * rules forbid, and one for what made others move. */
#ifndef ROTA__ANSWER_H
#define ROTA__ANSWER_H

#include "domain/context.h"

/* A booking that was cancelled to make room. An occurrence has a row of its own from then on,
 * but after a dry run: there it is known by its series and its original start. */
typedef struct rota__cancelled {
    rota_id id; /* of the row */
    rota_id series;
    rota_time occurrence;
} rota__cancelled;

typedef ROTA__LIST(rota_conflict) rota__conflicts;
typedef ROTA__LIST(rota_violation) rota__violations;

/* What a call says beside its status. Lists live in the report. */
typedef struct rota__answer {
    rota_receipt receipt;
    ROTA__LIST(rota__cancelled) cancelled;
    rota__conflicts conflicts;
    rota__violations violations;
    ROTA__LIST(rota_alternative) alternatives;
    ROTA__LIST(rota_displacement) moved;
} rota__answer;

/* Into the key. */
int rota__answer_write(rota__context *cx, const rota__answer *answer, rota__key *key);
/* And back, as a replay; ROTA_ECORRUPT for what was never written. */
int rota__answer_read(rota__context *cx, const rota__key *key, rota__answer *answer);

#endif
