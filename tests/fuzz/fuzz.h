/* What the fuzz targets share. A target is a file fuzz_<name>.c with
 * LLVMFuzzerTestOneInput(): libFuzzer calls it with what it makes up (`make fuzz`),
 * replay.c with what is kept in corpus/<name> (`make check`). Here are the bytes of
 * an input as values, what the host brings along, and how a finding ends the run.
 *
 * A checker that finds nothing may be one that does not look: with
 * ROTA_FUZZ_CONTROL each target plants one bug of its own, which must be found. */
#ifndef ROTA_FUZZ_H
#define ROTA_FUZZ_H

#include <rota.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- findings --- */

/* Says what was found and aborts. */
void fuzz_found(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
/* Done before that, where a target leaves something behind. */
extern void (*fuzz_last)(void);

#define FUZZ_EXPECT(good, ...)                                    \
    do {                                                          \
        if (!(good)) fuzz_found(__FILE__, __LINE__, __VA_ARGS__); \
    } while (0)

/* What any call must leave: a status that there is, and a message of one line. */
void fuzz_expect_answer(const rota *r, int status, const char *call);
/* UTF-8, or NULL: what the library gives back was checked when it came in. */
void fuzz_expect_text(const char *text, const char *what);

/* --- an input as values: at its end everything is zero --- */

typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

uint8_t fuzz_byte(fuzz_input *in);
uint64_t fuzz_bytes(fuzz_input *in, int count); /* at most 8, the lowest first */
/* One of `count`, by one byte. */
int64_t fuzz_pick(fuzz_input *in, int64_t count);
/* Mostly small; else at an end of some type, or any. */
int64_t fuzz_int(fuzz_input *in);
/* Mostly a quarter of an hour near `near`; else at an end of what there is. */
rota_time fuzz_time(fuzz_input *in, rota_time near);
/* A string in a block that ends behind its NUL: a word, raw bytes, or one that is
 * just too long. NULL now and then. */
const char *fuzz_text(fuzz_input *in);

/* --- blocks that end with the call, so that reading on is seen --- */

void *fuzz_block(size_t size); /* zeroed; size 0 is one that must not be read */
void *fuzz_copy(const void *bytes, size_t size);
void fuzz_release(void);

/* A record of `own_size` bytes as a host with another idea of its size would give
 * it: shorter, or longer with a tail of zeros or not. */
void *fuzz_record(fuzz_input *in, const void *own, uint32_t own_size);
/* The same to be filled: bytes that are not zero behind its size. */
void *fuzz_room(fuzz_input *in, uint32_t own_size);

/* --- what the host brings along --- */

typedef struct fuzz_host {
    rota_time now;
    rota_time latest;  /* of those the clock said, and that are instants */
    uint64_t random;   /* state of the bytes for ids */
    int64_t blocks;    /* given out and not given back */
    int64_t refuse_in; /* so many allocations from now, one is refused; 0: none */
    bool refused;      /* one was */
} fuzz_host;

enum { FUZZ_NOW = 1930464000 }; /* 2031-03-05T08:00:00Z, where a clock begins */

/* Zero but for the clock; the hooks point to it. */
void fuzz_configure(fuzz_host *host, rota_config *config);

#endif
