/* Free time: when a resource is busy, the slots that many have in common, and why one is
 * not among them. It asks the gate where each resource can be taken at all, walks the
 * starts that are left, and lists what the gate lets through. */
#ifndef ROTA__FREE_H
#define ROTA__FREE_H

#include "domain/admit.h"

typedef ROTA__LIST(rota_slot) rota__slots;

/* Spans and slots live in `arena`, everything else in the context's. */
int rota__free_busy(rota__context *cx, const rota_id *resource, rota_span window,
                    rota__arena *arena, rota__spans *out);
int rota__free_find(rota__context *cx, const rota_free_query *query, rota__arena *arena,
                    rota__slots *out);
/* Where the first slot begins, if there is one; and how much the searches have looked at
 * that share this. */
typedef struct rota__free_hit {
    bool there;
    rota_time start;
    int64_t work;
} rota__free_hit;

/* The first slot of a search with limit 1 that lies in one of the spans allowed, and with
 * what is taken to be otherwise. Lapsed holds are passed over. */
int rota__free_first(rota__write *w, const rota_free_query *query, const rota__spans *allowed,
                     const rota__absent *absent, rota__free_hit *hit);
/* The conflicts are in the answer of `w`. */
int rota__free_explain(rota__write *w, const rota_free_query *query, rota_time start);

/* The starts within [starts.start, starts.end) at which a claim cannot be taken for so many
 * seconds: ascending, apart. It may reach out of them. hours: also not where it is closed.
 * ROTA_ESTATE where its resource is not active. */
int rota__free_blocked(rota__write *w, const rota__claim *claim, rota_span starts, int64_t duration,
                       const rota__absent *absent, bool hours, rota__spans *out);

#endif
