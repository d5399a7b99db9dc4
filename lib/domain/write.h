/* One writing call: decide in memory, commit on condition, again where somebody
 * else was faster. It keeps idempotency keys, guards what a decision looked at,
 * and knows nothing of what is decided. Calls of several threads at once are decided
 * and written one after the other by one of them, and flushed together: write_turn.c. */
#ifndef ROTA__WRITE_H
#define ROTA__WRITE_H

#include "domain/answer.h"

enum { ROTA__KEY_SECONDS = 24 * 60 * 60 }; /* how long a key is remembered (I5) */

/* What the host decided about other bookings, so that it is asked once each. */
typedef struct rota__verdict {
    rota_id booking;
    int64_t version;
    bool cancel;
} rota__verdict;

/* What a refused call could not place; its text lives in the report. */
typedef struct rota__unplaced {
    rota_id subject;
    const char *json; /* NULL: nothing */
} rota__unplaced;

typedef struct rota__write rota__write;

/* Decides one attempt: fills the batch and the receipt, or returns why not.
 * ROTA__ASK_FIRST: the conflicts must be put to the host, then decide again. */
typedef int (*rota__decide)(rota__write *w, const void *request);
enum { ROTA__ASK_FIRST = 1 };

struct rota__write {
    rota__context *cx;
    rota_call call;
    rota__batch batch;
    ROTA__LIST(rota__booking) before; /* of batch.bookings, one each */
    ROTA__LIST(int64_t) lapsed;       /* holds the gate passed over: see resolve.c */
    bool lapsed_known;                /* they are all noted: the gate is only asked again */
    bool any_hours; /* hours do not matter: no new time is taken, or it is a block */

    rota__unplaced unplaced;
    rota__answer answer;
    ROTA__LIST(rota__verdict) verdicts; /* across attempts */

    /* What a turn needs, and what became of it. */
    rota__decide decide;
    const void *request;
    const char *content;
    rota__key key;
    int64_t since;           /* of rota__clock_ns(): it waits for its turn; 0: not yet */
    int status;              /* what it was answered with; of one that was written, at the end */
    const rota__error *said; /* why, of one of several that was refused */
    bool wrote;              /* its batch is in the turn */
    bool on_others;          /* decided on what others had written in the same turn */
    bool again;              /* nothing came of it, and it has to be decided again */
    bool unknown;            /* a commit of it has ended so that nobody knows */
};

/* content: what makes this request the same as another one under its key; NULL
 * where there was no memory for it. */
int rota__write_run(rota__write *w, rota__decide decide, const void *request, const char *content);
/* Many at once, each prepared by the fields above, in order, all with one flush: each
 * has its status. Not ROTA_OK: nothing of any was written. They share one context. */
int rota__write_run_all(rota__write *writes, int64_t count);
/* Decided once and not written: but what is decided with `pending` from here on sees it, as
 * it would if it were. The batch stays in the write. */
int rota__write_rehearse(rota__write *w, rota__decide decide, const void *request,
                         rota__pending *pending);

/* --- between write.c and write_turn.c --- */

/* Nothing of an earlier attempt is left. */
void rota__write_begin(rota__write *w);
/* The answer of an earlier call under this key, if it has not been forgotten. */
int rota__write_replay(rota__write *w, bool *known);
/* The batch is complete: its key, its guards, each once. *empty: there is nothing to
 * write. *stale: it was decided on two states of one resource. */
int rota__write_settle(rota__write *w, bool *empty, bool *stale);
/* It was committed. */
void rota__write_count(rota__write *w);
int rota__write_unknown(rota__write *w);
/* Takes the turn for them, or has it taken by another one; each then has its status,
 * or has to be decided again. */
void rota__write_turn(rota__engine *engine, rota__write *writes, int64_t count);

/* The current timeline of a resource, guarded: the commit holds only while it
 * is as it was looked at. What matters to a decision is taken from here and not
 * from a record that was read before. ROTA_ENOTFOUND sets no error. */
int rota__write_look(rota__write *w, int64_t resource, rota__timeline **out);
/* This write changes what the resource is taken by. */
int rota__write_touch(rota__write *w, int64_t resource);

/* Memory for a part of a decision that is done many times. What is made in it is gone when it is
 * freed, but for the guards of what was looked at. In pairs, one in another too:
 *     rota__write_aside(w, &aside);
 *     rc = …
 *     rc = rota__write_back(w, &aside, rc);   here what is wanted of it is copied
 *     rota__arena_free(&aside.own); */
typedef struct rota__aside {
    rota__arena own, *all;
    const rota__guard *known;
} rota__aside;
void rota__write_aside(rota__write *w, rota__aside *aside);
/* Returns rc, or ROTA_ENOMEM. */
int rota__write_back(rota__write *w, rota__aside *aside, int rc);

/* Put a booking, which was `before` (NULL: new; of an occurrence that gets a row of its
 * own, as its series had it). Its version is set here, and what it claims or claimed is
 * touched. */
int rota__write_put(rota__write *w, const rota__booking *before, const rota__booking *after);

/* The receipt is that of this booking. */
void rota__write_answer(rota__write *w, const rota__booking *written);

/* ROTA_EVERSION where the call expects another version. */
int rota__write_expect(rota__write *w, const char *what, int64_t version);

/* The conflicts as the host sees them; used to explain and to ask. */
int rota__write_conflict(rota__write *w, const rota_conflict *conflict);
int rota__write_violation(rota__write *w, const rota_violation *violation);

/* What the host said of another booking as it is in this version; NULL: it was not
 * asked. */
const rota__verdict *rota__write_verdict(const rota__write *w, const rota_id *booking,
                                         int64_t version);

#endif
