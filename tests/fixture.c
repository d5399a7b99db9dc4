#define _GNU_SOURCE /* timegm, nftw, F_OFD_SETLK */

#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/handle.h"

/* --- what the handle asks its host for --- */

static rota_time now(void *ctx)
{
    const struct fx *f = ctx;
    return f->now;
}

static uint64_t next_random(struct fx *f)
{
    /* splitmix64 */
    uint64_t z = f->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int random_bytes(void *ctx, void *bytes, int64_t count)
{
    unsigned char *out = bytes;
    for (int64_t i = 0; i < count; i++)
        out[i] = (unsigned char)next_random(ctx);
    return 0;
}

/* Before each block, its size; a whole max_align_t, so that the block stays aligned. */
typedef union prefix {
    int64_t size;
    max_align_t align;
} prefix;

static bool refuses(struct fx *f)
{
    f->allocations++;
    if (f->fail_at == 0 || f->allocations < f->fail_at) return false;
    if (f->allocations > f->fail_at && !f->fail_on) return false;
    f->refused++;
    return true;
}

static void *memory(void *ctx, void *block, int64_t size)
{
    struct fx *f = ctx;
    prefix *old = block ? (prefix *)block - 1 : NULL;
    int64_t before = old ? old->size : 0;
    if (size == 0) {
        f->live_bytes -= before;
        free(old);
        return NULL;
    }
    if (refuses(f)) return NULL;
    prefix *grown = realloc(old, sizeof *grown + (size_t)size);
    if (!grown) return NULL;
    f->live_bytes += size - before;
    if (f->live_bytes > f->most_bytes) f->most_bytes = f->live_bytes;
    grown->size = size;
    return grown + 1;
}

/* --- opening and closing --- */

void fx_configure(struct fx *f)
{
    if (f->now == 0) f->now = t("2031-03-10T08:00Z");
    f->config.size = (uint32_t)sizeof f->config;
    f->config.now = now;
    f->config.random = random_bytes;
    f->config.memory = memory;
    f->config.now_ctx = f->config.random_ctx = f->config.memory_ctx = f;
}

void fx_open(struct fx *f, const char *url)
{
    fx_configure(f);
    ck_status(f, rota_open(url, &f->config, &f->r), ROTA_OK);
}

void fx_open_store(struct fx *f, struct rota__store *store)
{
    fx_configure(f);
    ck_status(f, rota__handle_open(&f->config, store, &f->r), ROTA_OK);
}

void fx_close(struct fx *f)
{
    rota_close(f->r);
    f->r = NULL;
    ck_assert_msg(f->live_bytes == 0, "%" PRId64 " bytes were not given back", f->live_bytes);
}

/* --- a directory for each process: each test has one of its own --- */

static struct {
    char path[128];
    pid_t owner;
} directory;

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

static void remove_directory(void)
{
    if (directory.owner == getpid()) nftw(directory.path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directory(void)
{
    if (directory.owner == getpid()) return;
    snprintf(directory.path, sizeof directory.path, "%.96s/rota-test-XXXXXX", tests_scratch());
    ck_assert_msg(mkdtemp(directory.path) != NULL, "%s cannot be made", directory.path);
    directory.owner = getpid();
    atexit(remove_directory);
}

void fx_path(const struct fx *f, const char *name, char *path, size_t size)
{
    (void)f;
    make_directory();
    int length = snprintf(path, size, "%s/%s", directory.path, name);
    ck_assert_msg(length > 0 && (size_t)length < size, "the path of %s is too long", name);
}

/* --- time, memory, chance --- */

rota_time t(const char *text)
{
    struct tm tm = { 0 };
    int read = 0;
    int fields = sscanf(text, "%4d-%2d-%2dT%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                        &tm.tm_hour, &tm.tm_min, &read);
    if (fields == 5 && text[read] == ':') {
        int more = 0;
        fields = sscanf(text + read, ":%2d%n", &tm.tm_sec, &more) == 1 ? 5 : 0;
        read += more;
    }
    ck_assert_msg(fields == 5 && strcmp(text + read, "Z") == 0, "\"%s\" is no instant", text);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return (rota_time)timegm(&tm);
}

void fx_clock(struct fx *f, const char *text)
{
    f->now = t(text);
}

void fx_fail_allocation(struct fx *f, int64_t n)
{
    f->allocations = f->refused = 0;
    f->fail_at = n;
}

int64_t fx_random(struct fx *f, int64_t below)
{
    return (int64_t)(next_random(f) % (uint64_t)below);
}

bool fx_sanitized(void)
{
    const char *flags = getenv("ROTA_INSTRUMENT");
    return flags && strstr(flags, "-fsanitize") != NULL;
}

bool fx_thorough(void)
{
    const char *setting = getenv("ROTA_FAULTS");
    return setting && strcmp(setting, "all") == 0;
}

int64_t fx_next(struct fx *chance, int64_t n, int64_t stride)
{
    return n + 1 + (fx_sanitized() && !fx_thorough() ? fx_random(chance, stride) : 0);
}

/* --- rooms and bookings --- */

rota_id fx_resource(struct fx *f, const char *kind, const char *name, int32_t capacity)
{
    rota_resource_request request = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    request.kind = kind;
    request.name = name;
    request.capacity = capacity;
    ck_status(f, rota_resource_create(f->r, NULL, &request, &receipt), ROTA_OK);
    return receipt.id;
}

rota_id fx_room(struct fx *f, const char *name, int32_t capacity)
{
    return fx_resource(f, "room", name, capacity);
}

static int book(struct fx *f, rota_id resource, const char *start, const char *end,
                int32_t hold_secs, rota_id *id)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_booking_request request = ROTA_INIT(rota_booking_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    request.when.start = t(start);
    request.when.end = t(end);
    request.claims = &claim;
    request.claim_count = 1;
    request.hold_secs = hold_secs;
    int rc = rota_booking_create(f->r, NULL, &request, &receipt);
    if (rc == ROTA_OK && id) *id = receipt.id;
    return rc;
}

rota_id fx_book(struct fx *f, rota_id resource, const char *start, const char *end)
{
    return fx_hold(f, resource, start, end, 0);
}

rota_id fx_hold(struct fx *f, rota_id resource, const char *start, const char *end, int32_t seconds)
{
    rota_id id = { { 0 } };
    ck_status(f, book(f, resource, start, end, seconds, &id), ROTA_OK);
    return id;
}

int fx_try(struct fx *f, rota_id resource, const char *start, const char *end, rota_id *id)
{
    return book(f, resource, start, end, 0, id);
}

void fx_join(struct fx *f, rota_id group, rota_id member)
{
    rota_member_request request = ROTA_INIT(rota_member_request);
    request.set = ROTA_MEMBER_SET_FROM;
    request.group = group;
    request.member = member;
    request.from = ROTA_TIME_MIN;
    ck_status(f, rota_member_add(f->r, NULL, &request, NULL), ROTA_OK);
}

int32_t fx_status(struct fx *f, rota_id id)
{
    rota_booking booking = ROTA_INIT(rota_booking);
    rota_result *rows;
    ck_status(f, rota_booking_get(f->r, &id, &rows), ROTA_OK);
    ck_assert_int_eq(rota_booking_at(rows, 0, &booking), ROTA_OK);
    rota_result_free(rows);
    return booking.status;
}

/* --- a calendar as text --- */

static void draw_bookings(struct fx *f, FILE *out)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows;
    query.when.start = ROTA_TIME_MIN;
    query.when.end = ROTA_TIME_MAX;
    query.statuses = 0x7e;
    query.limit = ROTA_MAX_ROWS; /* some series have no end */
    ck_status(f, rota_booking_list(f->r, &query, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_booking b = ROTA_INIT(rota_booking);
        rota_booking_at(rows, i, &b);
        fprintf(out, "booking %d %" PRId64 " %" PRId64 " %" PRId64 " %s\n", b.status, b.version,
                b.when.start, b.when.end, b.title ? b.title : "");
    }
    rota_result_free(rows);
}

static void draw_members(struct fx *f, const rota_resource *group, FILE *out)
{
    rota_member_query query = ROTA_INIT(rota_member_query);
    rota_result *rows;
    query.group = group->id;
    ck_status(f, rota_member_list(f->r, &query, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_member m = ROTA_INIT(rota_member);
        char member[37];
        rota_member_at(rows, i, &m);
        rota_id_format(&m.member, member);
        fprintf(out, "member %s %s %" PRId64 " %" PRId64 "\n", group->name, member, m.when.start,
                m.when.end);
    }
    rota_result_free(rows);
}

static void draw_resources(struct fx *f, FILE *out)
{
    rota_result *rows;
    ck_status(f, rota_resource_list(f->r, NULL, &rows), ROTA_OK);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_resource r = ROTA_INIT(rota_resource);
        char parent[37];
        rota_resource_at(rows, i, &r);
        rota_id_format(&r.parent, parent);
        fprintf(out, "resource %s %" PRId64 " %d %d %d %d in %s\n", r.name, r.version, r.capacity,
                r.before, r.after, r.active, parent);
        draw_members(f, &r, out);
    }
    rota_result_free(rows);
}

static int by_line(const void *left, const void *right)
{
    char *const *a = left, *const *b = right;
    return strcmp(*a, *b);
}

static char *sorted_lines(char *text, size_t size)
{
    char *sorted = calloc(1, size + 1), **lines = calloc(size + 1, sizeof *lines);
    size_t count = 0, used = 0;
    ck_assert(sorted && lines);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, by_line);
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(sorted + used, size + 1 - used, "%s\n", lines[i]);
    free(lines);
    free(text);
    return sorted;
}

char *fx_picture(struct fx *f)
{
    char *text = NULL;
    size_t size = 0;
    rota_result *rows;
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    draw_bookings(f, out);
    draw_resources(f, out);
    ck_status(f, rota_event_list(f->r, 0, ROTA_MAX_ROWS, &rows), ROTA_OK);
    fprintf(out, "events %" PRId64 "\n", rota_result_count(rows));
    rota_result_free(rows);
    fclose(out);
    return sorted_lines(text, size);
}

/* --- locks: the test program is linked with --wrap=fcntl --- */

bool (*fx_locking)(const struct flock *what, int *answer);

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

int __wrap_fcntl(int fd, int command, ...)
{
    va_list list;
    int answer;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    bool locks = command == F_OFD_SETLK || command == F_OFD_SETLKW;
    if (locks && fx_locking && fx_locking(argument, &answer)) return answer;
    return __real_fcntl(fd, command, argument);
}

extern void __gcov_dump(void) __attribute__((weak));

void fx_count_child(void)
{
    if (__gcov_dump) __gcov_dump();
}
