/* Sorting of what mostly is in order already, and of numbers. */
#ifndef ROTA__SORT_H
#define ROTA__SORT_H

#include <stdint.h>
#include <stdlib.h>

/* As qsort(), which is not asked where nothing has to move. items may be NULL where there
 * are none. */
static inline void rota__sort(void *items, int64_t count, size_t size,
                              int (*compare)(const void *, const void *))
{
    const char *at = items;
    int64_t left = count;
    for (; left > 1 && compare(at, at + size) <= 0; left--)
        at += size;
    if (left > 1) qsort(items, (size_t)count, size, compare);
}

static inline int rota__compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* For qsort() and bsearch() among numbers, rows and times alike. */
static inline int rota__by_value(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return rota__compare(*a, *b);
}

/* Ascending, each once; returns how many those are. */
static inline int64_t rota__sort_once(int64_t *values, int64_t count)
{
    int64_t kept = 0;
    rota__sort(values, count, sizeof *values, rota__by_value);
    for (int64_t i = 0; i < count; i++)
        if (kept == 0 || values[kept - 1] != values[i]) values[kept++] = values[i];
    return kept;
}

#endif
