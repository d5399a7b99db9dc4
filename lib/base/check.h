/* Small things every file may use: promises, bits, array lengths. */
#ifndef ROTA__CHECK_H
#define ROTA__CHECK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <rota.h>

#define ROTA__BIT(n) (1u << (n))
#define ROTA__LENGTH(array) ((int64_t)(sizeof(array) / sizeof((array)[0])))

#if defined(__GNUC__)
#define ROTA__PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#else
#define ROTA__PRINTF(fmt, first)
#endif

/* Of what is not 0. */
static inline int rota__highest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return 63 - __builtin_clzll(bits);
#else
    int at = 0;
    while (bits >>= 1)
        at++;
    return at;
#endif
}

#endif
