/* The handle's memory: the host's allocator with sizes that cannot overflow,
 * and arenas, in which a call or a result keeps everything it needs and gives
 * it back at once. */
#ifndef ROTA__MEM_H
#define ROTA__MEM_H

#include <stdatomic.h>

#include "base/check.h"

/* Safe for several threads where fn is. */
typedef struct rota__mem {
    void *(*fn)(void *ctx, void *block, int64_t size); /* as rota_config.memory; never NULL here */
    void *ctx;
    _Atomic int64_t held; /* bytes asked of fn and not yet freed, headers included */
} rota__mem;

/* fn NULL: the C library's realloc and free. */
void rota__mem_init(rota__mem *mem, void *(*fn)(void *, void *, int64_t), void *ctx);

/* NULL where there is no memory or count * size does not fit into 2^62 bytes.
 * Blocks are aligned for any type; count 0 yields a block all the same. */
void *rota__mem_alloc(rota__mem *mem, int64_t count, int64_t size);
/* As realloc; on failure NULL, and the old block stays. block may be NULL. */
void *rota__mem_realloc(rota__mem *mem, void *block, int64_t count, int64_t size);
void rota__mem_free(rota__mem *mem, void *block); /* NULL is allowed */

typedef struct rota__arena {
    rota__mem *mem;
    struct rota__arena_block *blocks; /* newest first */
} rota__arena;

void rota__arena_init(rota__arena *arena, rota__mem *mem); /* allocates nothing */
/* Zeroed and aligned for any type; NULL as rota__mem_alloc(). */
void *rota__arena_alloc(rota__arena *arena, int64_t count, int64_t size);
/* The same, and not zeroed: for what is filled at once. */
void *rota__arena_room(rota__arena *arena, int64_t count, int64_t size);
/* A copy with a NUL behind it; length -1: up to the text's own NUL. text NULL
 * yields NULL, which is no failure: check `copy || !text`. */
char *rota__arena_text(rota__arena *arena, const char *text, int64_t length);
void *rota__arena_copy(rota__arena *arena, const void *bytes, int64_t size);
/* A block of old_size bytes made larger, at its place where it was the last one
 * given out, else as a copy; what is new is zero. NULL leaves the old one. */
void *rota__arena_grow(rota__arena *arena, void *old, int64_t old_size, int64_t size);
/* Frees everything but the largest block, for the next call to use. */
void rota__arena_reset(rota__arena *arena);
void rota__arena_free(rota__arena *arena);

/* A growing array in an arena, all zero at first. */
#define ROTA__LIST(type)     \
    struct {                 \
        type *items;         \
        int64_t count, room; \
    }
/* The new, zeroed last item, or NULL; the items may move. */
#define ROTA__PUSH(arena, list)                                                 \
    ((list)->count < (list)->room ||                                            \
             rota__arena_more((arena), (void **)&(list)->items, &(list)->room,  \
                              (int64_t)sizeof(*(list)->items))                  \
         ? (memset(&(list)->items[(list)->count++], 0, sizeof(*(list)->items)), \
            &(list)->items[(list)->count - 1])                                  \
         : NULL)
/* Makes a full array larger. */
bool rota__arena_more(rota__arena *arena, void **items, int64_t *room, int64_t size);

#endif
