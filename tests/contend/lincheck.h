/* Was a recorded history of concurrent calls one that could have happened one call after
 * the other? Each call must seem to happen at one moment between its beginning and its
 * end, and each answer must be that of a small model of one's own, which knows nothing of
 * how rota is made.
 *
 * The history is of cells: sets of resources that no call crosses. What is linearizable in
 * each is so as a whole (Herlihy and Wing), so each is searched by itself. */
#ifndef LINCHECK_H
#define LINCHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* --- the world of one cell --- */

enum { LIN_A, LIN_B, LIN_C, LIN_GROUP, LIN_RESOURCES }; /* A and B are members of the group */
enum { LIN_SHAPES = 12, LIN_SLOTS = 8, LIN_CELLS = 32 };

extern const int lin_capacity[LIN_RESOURCES];
/* What a booking claims, in units: one of a few shapes. */
extern const int8_t lin_shape[LIN_SHAPES][LIN_RESOURCES];

/* --- calls --- */

typedef enum lin_op {
    LIN_CREATE, /* hold: seconds, 0: confirmed at once */
    LIN_CONFIRM,
    LIN_CANCEL,
    LIN_MOVE, /* shape -1: keeps its claims */
    LIN_CHECK,
    LIN_LIST, /* of one resource, what is held or confirmed */
    LIN_GET,
    LIN_CLOCK, /* from now on it is `hold` */
    LIN_OPS
} lin_op;

extern const char *const lin_op_name[LIN_OPS];

typedef struct lin_call {
    int64_t called, returned;
    int64_t hold;
    uint64_t booking; /* the subject, or what was made; 0: none */
    uint64_t told;    /* of rows: what they say, as a sum over them; see below */
    int32_t answer, version;
    int8_t op, cell, shape, start, end, status, resource;
} lin_call;

/* Rows are compared as the sum of these, in which their order does not matter. */
uint64_t lin_told_conflict(int resource, uint64_t booking);
uint64_t lin_told_claim(int resource, int units);
uint64_t lin_told_row(uint64_t booking, int status, int version, int start, int end);

/* --- checking --- */

/* True where it is linearizable. Else says to `say`, which may be NULL, what could not be
 * explained. `steps`, which may be NULL, receives how many were tried. The calls may be in
 * any order. */
bool lin_check(const lin_call *calls, int64_t count, int64_t *steps, FILE *say);

/* One call a line. */
void lin_write(const lin_call *calls, int64_t count, FILE *out);
/* NULL where it cannot be read; free() it. */
lin_call *lin_read(FILE *in, int64_t *count);

#endif
