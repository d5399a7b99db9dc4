/* Sorting of what mostly is in order already. */
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

#endif
