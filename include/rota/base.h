/** @file rota/base.h
 *  Values, statuses, and what every other header needs.
 */
#ifndef ROTA_BASE_H
#define ROTA_BASE_H

#include <stdint.h>

#if defined(_WIN32)
#define ROTA_EXPORT __declspec(dllimport)
#elif defined(__GNUC__)
#define ROTA_EXPORT __attribute__((visibility("default")))
#else
#define ROTA_EXPORT
#endif

#ifdef __cplusplus
#define ROTA_API extern "C" ROTA_EXPORT
#define ROTA_TYPES_BEGIN extern "C" {
#define ROTA_TYPES_END }
#else
#define ROTA_API ROTA_EXPORT
#define ROTA_TYPES_BEGIN
#define ROTA_TYPES_END
#endif

/* A record that is zero but for its size, which says what you compiled
 * against: `rota_booking b = ROTA_INIT(rota_booking);`. A binding writes
 * sizeof(record) into the first field of a zeroed record instead. */
#ifdef __cplusplus
template <typename T> inline T rota_init()
{
    T record = T();
    record.size = (uint32_t)sizeof(T);
    return record;
}
#define ROTA_INIT(type) (rota_init<type>())
#else
#define ROTA_INIT(type) { .size = (uint32_t)sizeof(type) }
#endif

ROTA_TYPES_BEGIN

typedef struct rota rota;               /* an open calendar; used by one thread at a time */
typedef struct rota_result rota_result; /* rows that a read produced; outlives the handle */

typedef int64_t rota_time; /* seconds since 1970-01-01T00:00Z, leap seconds not counted */

/* The instants that rota knows: the years 1 to 9999, as RFC 3339 can write
 * them. Where a span has no bound on one side it ends at these. */
#define ROTA_TIME_MIN ((rota_time)-62135596800)
#define ROTA_TIME_MAX ((rota_time)253402300799)

/* The longest window that can be asked for what is in it, in seconds: 28 years. */
#define ROTA_MAX_WINDOW ((int64_t)883612800)

/** A UUIDv7 (RFC 9562) as 16 bytes in network order; all zero is "none". */
typedef struct rota_id {
    uint8_t b[16];
} rota_id;

/** A half-open span of time, `[start, end)`. */
typedef struct rota_span {
    rota_time start;
    rota_time end;
} rota_span;

/* Limits on what is passed in; beyond them the answer is ROTA_ELIMIT, for a
 * number of seconds ROTA_EINVALID. Text in bytes of UTF-8 without its NUL. */
enum {
    ROTA_MAX_NAME = 1024,       /* names, titles, kinds, refs, tags, actors, keys, traces */
    ROTA_MAX_DATA = 65536,      /* the host's own text on a record */
    ROTA_MAX_TAGS = 64,         /* tags of one resource */
    ROTA_MAX_CLAIMS = 1000,     /* claims of one booking */
    ROTA_MAX_CANCELLED = 1000,  /* bookings that one call cancels to make room */
    ROTA_MAX_NESTING = 16,      /* groups within groups, places within places */
    ROTA_MAX_BUFFER = 31622400, /* setup, cleanup and hold time: 366 days in seconds */
    ROTA_MAX_RULE = 16384,      /* a recurrence rule */
    ROTA_MAX_DATES = 10000,     /* additions of one series, and its exceptions */
    ROTA_MAX_HOURS = 1000,      /* rules of the hours of one resource */
    ROTA_MAX_SPANS = 100000,    /* spans of hours in one answer */
    ROTA_MAX_ROWS = 10000       /* the largest `limit` of a list */
};

/* name, code, text. -1..-19 are refusals: tell the person, offer another time.
 * -20..-39: the request itself is wrong. -40 and below are failures: retry,
 * report or stop. After any of them the calendar is as it was. */
#define ROTA_STATUS_MAP(X)                                                     \
    X(OK, 0, "success")                                                        \
    X(ECONFLICT, -1, "the time is not free")                                   \
    X(EPOLICY, -2, "a booking rule forbids this")                              \
    X(ESTATE, -3, "the record's state does not allow this")                    \
    X(EVERSION, -4, "the version is not the expected one")                     \
    X(EDENIED, -5, "not allowed")                                              \
    X(ENOTFOUND, -20, "no such record")                                        \
    X(EINVALID, -21, "the request is not valid")                               \
    X(EKEY, -22, "the idempotency key belongs to another request")             \
    X(ELIMIT, -23, "a limit is exceeded")                                      \
    X(EBUSY, -40, "the calendar is locked")                                    \
    X(EIO, -41, "the storage failed")                                          \
    X(ENOMEM, -42, "out of memory")                                            \
    X(ECORRUPT, -43, "the file is damaged or is not a calendar")

enum {
#define ROTA_STATUS_ENUM(name, code, text) ROTA_##name = (code),
    ROTA_STATUS_MAP(ROTA_STATUS_ENUM)
#undef ROTA_STATUS_ENUM
    ROTA_STATUS_LAST = -43
};

ROTA_TYPES_END

/** The library's version, as "MAJOR.MINOR.PATCH"; never NULL.  @since 0.1 */
ROTA_API const char *rota_version(void);

/** A status as the name of its constant without the prefix, "ECONFLICT";
 *  "EUNKNOWN" for a number that is no status. Never NULL.  @since 0.1 */
ROTA_API const char *rota_status_name(int status);

/** A status as a sentence for a person, "the time is not free"; never NULL.
 *  rota_errmsg() says more of the call at hand.  @since 0.1 */
ROTA_API const char *rota_status_text(int status);

/** Write an id as text, 36 characters in lower case and a NUL.
 *  @param text  receives 37 bytes.  @since 0.1 */
ROTA_API void rota_id_format(const rota_id *id, char text[37]);

/** Read an id from its text of 36 characters, in either case.
 *  @param id  receives the id; untouched on error.
 *  @return ROTA_OK, or ROTA_EINVALID where the text is NULL or is no UUID.
 *  @since 0.1 */
ROTA_API int rota_id_parse(const char *text, rota_id *id);

#endif
