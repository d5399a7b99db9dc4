/* The host's allocator with checked sizes, and arenas on top of it. Knows
 * nothing of what is kept in them. */
#include "base/mem.h"

#include <stdlib.h>

/* Every block begins with its size, so that `held` is exact without asking the
 * host to remember. A union, so that what follows is aligned for any type. */
typedef union header {
    int64_t size;
    max_align_t align;
} header;

static const int64_t max_size = INT64_C(1) << 62;

static void *libc_memory(void *ctx, void *block, int64_t size)
{
    (void)ctx;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, (size_t)size);
}

void rota__mem_init(rota__mem *mem, void *(*fn)(void *, void *, int64_t), void *ctx)
{
    mem->fn = fn ? fn : libc_memory;
    mem->ctx = fn ? ctx : NULL;
    atomic_init(&mem->held, 0);
}

/* count * size with the header, or 0 where that is no size. */
static int64_t whole_size(int64_t count, int64_t size)
{
    int64_t room = max_size - (int64_t)sizeof(header);
    if (count < 0 || size < 0 || (size > 0 && count > room / size)) return 0;
    return count * size + (int64_t)sizeof(header);
}

void *rota__mem_alloc(rota__mem *mem, int64_t count, int64_t size)
{
    return rota__mem_realloc(mem, NULL, count, size);
}

void *rota__mem_realloc(rota__mem *mem, void *block, int64_t count, int64_t size)
{
    int64_t whole = whole_size(count, size);
    header *old = block ? (header *)block - 1 : NULL;
    int64_t before = old ? old->size : 0;
    if (!whole) return NULL;
    header *grown = mem->fn(mem->ctx, old, whole);
    if (!grown) return NULL;
    grown->size = whole;
    atomic_fetch_add_explicit(&mem->held, whole - before, memory_order_relaxed);
    return grown + 1;
}

void rota__mem_free(rota__mem *mem, void *block)
{
    if (!block) return;
    header *old = (header *)block - 1;
    atomic_fetch_sub_explicit(&mem->held, old->size, memory_order_relaxed);
    mem->fn(mem->ctx, old, 0);
}

/* --- arenas --- */

/* With ROTA_STRICT_ARENA each allocation is a block of its own, so that sanitizers
 * see its ends and a test can fail any one of them. Else the first one is, with its
 * headers, of a size that glibc keeps ready for each thread: up to 1,032 bytes. */
#ifdef ROTA_STRICT_ARENA
enum { FIRST_BLOCK = 1, LARGEST_STEP = 1 };
#else
enum { FIRST_BLOCK = 960, LARGEST_STEP = 1 << 20 };
#endif
enum { ALIGN = sizeof(max_align_t) };

typedef struct rota__arena_block arena_block;

struct rota__arena_block {
    arena_block *next;
    int64_t used, room;
    max_align_t bytes[];
};

void rota__arena_init(rota__arena *arena, rota__mem *mem)
{
    arena->mem = mem;
    arena->blocks = NULL;
}

/* Blocks double, so that their number stays small, up to a step that does not
 * waste much. */
static arena_block *add_block(rota__arena *arena, int64_t size)
{
    int64_t room = arena->blocks ? arena->blocks->room * 2 : FIRST_BLOCK;
    if (room > LARGEST_STEP) room = LARGEST_STEP;
    if (room < size) room = size;
    if (room > max_size - (int64_t)sizeof(arena_block)) return NULL;
    arena_block *block = rota__mem_alloc(arena->mem, 1, (int64_t)sizeof *block + room);
    if (!block) return NULL;
    block->next = arena->blocks;
    block->used = 0;
    block->room = room;
    arena->blocks = block;
    return block;
}

static int64_t rounded_up(int64_t size)
{
    return size ? (size + ALIGN - 1) / ALIGN * ALIGN : ALIGN;
}

void *rota__arena_room(rota__arena *arena, int64_t count, int64_t size)
{
    int64_t whole = whole_size(count, size);
    if (!whole) return NULL;
    whole -= (int64_t)sizeof(header);
    int64_t rounded = rounded_up(whole);
    arena_block *block = arena->blocks;
    if (!block || block->room - block->used < rounded) block = add_block(arena, rounded);
    if (!block) return NULL;
    char *bytes = (char *)block->bytes + block->used;
    block->used += rounded;
    return bytes;
}

void *rota__arena_alloc(rota__arena *arena, int64_t count, int64_t size)
{
    void *bytes = rota__arena_room(arena, count, size);
    return bytes ? memset(bytes, 0, (size_t)rounded_up(count * size)) : NULL;
}

/* What is new is not set. */
static char *grow(rota__arena *arena, void *old, int64_t old_size, int64_t size)
{
    arena_block *block = arena->blocks;
    if (size < 0 || size > max_size / 2) return NULL;
    int64_t had = rounded_up(old_size), more = rounded_up(size) - had;
    bool last = old && block && (char *)old + had == (char *)block->bytes + block->used;
    if (last && more <= block->room - block->used) {
        block->used += more;
        return old;
    }
    char *moved = rota__arena_room(arena, size, 1);
    if (moved && old_size > 0) memcpy(moved, old, (size_t)old_size);
    return moved;
}

void *rota__arena_grow(rota__arena *arena, void *old, int64_t old_size, int64_t size)
{
    char *grown = grow(arena, old, old_size, size);
    if (grown) memset(grown + old_size, 0, (size_t)(rounded_up(size) - old_size));
    return grown;
}

void *rota__arena_copy(rota__arena *arena, const void *bytes, int64_t size)
{
    void *copy = rota__arena_alloc(arena, size, 1);
    if (copy && size > 0) memcpy(copy, bytes, (size_t)size);
    return copy;
}

char *rota__arena_text(rota__arena *arena, const char *text, int64_t length)
{
    if (!text) return NULL;
    if (length < 0) length = (int64_t)strlen(text);
    if (length >= max_size) return NULL;
    char *copy = rota__arena_alloc(arena, length + 1, 1);
    if (copy) memcpy(copy, text, (size_t)length);
    return copy;
}

void rota__arena_reset(rota__arena *arena)
{
    arena_block *largest = arena->blocks;
    for (arena_block *b = arena->blocks; b; b = b->next)
        if (b->room > largest->room) largest = b;
    for (arena_block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        if (b != largest) rota__mem_free(arena->mem, b);
    }
    arena->blocks = largest;
    if (!largest) return;
    largest->next = NULL;
    largest->used = 0;
}

void rota__arena_free(rota__arena *arena)
{
    for (arena_block *b = arena->blocks, *next; b; b = next) {
        next = b->next;
        rota__mem_free(arena->mem, b);
    }
    arena->blocks = NULL;
}

bool rota__arena_more(rota__arena *arena, void **items, int64_t *room, int64_t size)
{
    int64_t larger = *room ? *room * 2 : 8;
    if (larger > max_size / 4 / size) return false;
    void *moved = grow(arena, *items, *room * size, larger * size);
    if (!moved) return false;
    *items = moved;
    *room = larger;
    return true;
}
