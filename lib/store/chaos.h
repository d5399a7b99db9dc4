/* A wrapper that makes another store stale, busy, failing, or silent about what
 * became of a commit: for tests, not in the library that is installed. */
#ifndef ROTA__CHAOS_H
#define ROTA__CHAOS_H

#include "store/store.h"

enum {
    ROTA__CHAOS_NONE = 0,
    ROTA__CHAOS_STALE,      /* commit: outcome STALE, nothing written; changed(): a new token */
    ROTA__CHAOS_BUSY,       /* ROTA_EBUSY */
    ROTA__CHAOS_IO,         /* ROTA_EIO */
    ROTA__CHAOS_NOMEM,      /* ROTA_ENOMEM */
    ROTA__CHAOS_LOST,       /* commit: not written, outcome UNKNOWN */
    ROTA__CHAOS_UNANSWERED, /* commit: written, outcome UNKNOWN */
    ROTA__CHAOS_MEANWHILE   /* `meanwhile` is called, and then the operation goes through */
};

typedef struct rota__chaos {
    int64_t at;     /* the n-th operation from now on meets the fault, 1 the next; 0: none */
    int64_t repeat; /* and so many after it */
    int32_t fault;  /* ROTA__CHAOS_*; one that only a commit knows waits for the next commit */
    int64_t calls;  /* operations seen so far */
    int64_t hits;   /* faults injected so far */
    void (*meanwhile)(void *ctx); /* what somebody else does just then */
    void *meanwhile_ctx;
} rota__chaos;

/* Owns inner, which it closes. `chaos` is the test's to set, and outlives the store. */
int rota__chaos_open(rota__env *env, rota__mem *mem, rota__store *inner, rota__chaos *chaos,
                     rota__store **out);

#endif
