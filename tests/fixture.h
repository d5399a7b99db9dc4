/* A calendar to test with: a clock we set, memory that counts and fails when told to,
 * randomness that repeats, a directory of its own; and the few calls that every test
 * would otherwise spell out. What is checked here fails the test that calls it. */
#ifndef ROTA_FIXTURE_H
#define ROTA_FIXTURE_H

#include <check.h>
#include <rota.h>
#include <stdbool.h>
#include <stddef.h>

#include "tests.h"

struct flock;
struct rota__store;

/* Zero at first. Hooks put into `config` before fx_open() stay; clock, memory and
 * randomness are the fixture's. */
struct fx {
    rota *r;
    rota_config config;
    rota_time now;       /* what the clock says; fx_open() sets 2031-03-10T08:00Z where it is 0 */
    uint64_t random;     /* the state of the random bytes */
    int64_t live_bytes;  /* given out and not yet given back */
    int64_t most_bytes;  /* that there were of those at once */
    int64_t allocations; /* asked for so far, refused ones too */
    int64_t fail_at;     /* the allocation, 1 the next, that is refused; 0: none */
    bool fail_on;        /* and all after it */
    int64_t refused;     /* so many were */
};

/* Opens, and checks that it did. url as rota_open(). */
void fx_open(struct fx *f, const char *url);
/* As fx_open() on a store of the test's own, which the handle takes over. */
void fx_open_store(struct fx *f, struct rota__store *store);
/* Closes, and checks that all memory came back: free results first. */
void fx_close(struct fx *f);
/* Only fills in `config`, for a test that calls rota_open() itself. */
void fx_configure(struct fx *f);

/* A path in a directory that is removed when the test's process ends. */
void fx_path(const struct fx *f, const char *name, char *path, size_t size);

/* The instant of "2031-03-10T08:00Z", seconds optional; read without rota's own reader. */
rota_time t(const char *text);
void fx_clock(struct fx *f, const char *now);

/* The n-th allocation from now on is refused, 1 the next; 0: none. */
void fx_fail_allocation(struct fx *f, int64_t n);

/* A number below `below` that depends on f->random alone. */
int64_t fx_random(struct fx *f, int64_t below);

/* Is this a build with sanitizers? There all takes several times as long, and what a sweep
 * tries is sampled more coarsely. */
bool fx_sanitized(void);
/* The next point of a sweep behind n: n + 1, or under sanitizers any of the next `stride`.
 * What one run leaves out another takes. */
int64_t fx_next(struct fx *chance, int64_t n, int64_t stride);
/* Is every point of every sweep asked for? With ROTA_FAULTS=all, that is `make faults`. */
bool fx_thorough(void);

rota_id fx_resource(struct fx *f, const char *kind, const char *name, int32_t capacity);
rota_id fx_room(struct fx *f, const char *name, int32_t capacity);
/* One unit, confirmed, booked without conflict. */
rota_id fx_book(struct fx *f, rota_id resource, const char *start, const char *end);
rota_id fx_hold(struct fx *f, rota_id resource, const char *start, const char *end,
                int32_t seconds);
/* As fx_book(), but the answer is the caller's to judge; id may be NULL. */
int fx_try(struct fx *f, rota_id resource, const char *start, const char *end, rota_id *id);
/* Belongs to the group from ever to ever. */
void fx_join(struct fx *f, rota_id group, rota_id member);
int32_t fx_status(struct fx *f, rota_id booking);
/* What can be seen of a calendar but for its ids, a sorted line a thing; free() it. */
char *fx_picture(struct fx *f);

/* Where it is set, every call that locks a part of a file, or gives it back, comes here
 * first. True: that is the answer, and nothing was locked. */
extern bool (*fx_locking)(const struct flock *what, int *answer);

/* Where coverage is measured: what a child has run counts too. Before its _exit(). */
void fx_count_child(void);

/* Says what a call answered, and why: of a handle, and of the calendar. */
#define ck_answer(r, call, expected) fx_ck_answer(r, #call, call, expected)
#define ck_status(f, call, expected) fx_ck_answer((f)->r, #call, call, expected)
#define fx_ck_answer(r, text, call, expected)                                                \
    do {                                                                                     \
        int got_ = (call), expected_ = (expected);                                           \
        ck_assert_msg(got_ == expected_, "%s: %s, not %s: %s", text, rota_status_name(got_), \
                      rota_status_name(expected_), rota_errmsg(r));                          \
    } while (0)

#endif
