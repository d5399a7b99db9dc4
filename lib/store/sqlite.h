/* The embedded default: one SQLite file. */
#ifndef ROTA__SQLITE_H
#define ROTA__SQLITE_H

#include "store/store.h"

typedef struct rota__sqlite_options {
    uint32_t flags;  /* ROTA_OPEN_* */
    int32_t busy_ms; /* 0: do not wait */
    /* NULL: nobody listens. */
    void (*log)(void *ctx, int32_t level, const char *message);
    void *log_ctx;
} rota__sqlite_options;

/* path: a file, or ":memory:". Creates and migrates as needed. Statuses as
 * rota_open(); *out is NULL unless ROTA_OK. */
int rota__sqlite_open(rota__env *env, rota__mem *mem, const char *path,
                      const rota__sqlite_options *options, rota__store **out);

#endif
