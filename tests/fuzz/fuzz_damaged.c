/* Files that are damaged: a small calendar is made once, with a log that has not
 * been written back; the input says what is changed in the bytes of the two, or in
 * the rows by way of SQL that no rule holds back. Then it is opened, read and
 * written in every way.
 *
 * What must hold: nothing crashes, hangs or trips an assertion; each call answers
 * with a status that there is; rows that are given have what each row has; a call
 * that fails has told the feed nothing. */
#define _GNU_SOURCE /* mkdtemp, unlink */

#include "fuzz.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 1 << 20, PAGE = 4096, LOG_HEAD = 32, FRAME_HEAD = 24 };

typedef struct image {
    uint8_t bytes[LARGEST_FILE];
    int64_t size;
} image;

/* Where it is not empty: most of each page is. */
typedef struct seed {
    image image;
    int32_t used[LARGEST_FILE];
    int64_t used_count;
} seed;

static seed seed_file, seed_log;
static image file, log_file;
static rota_id room, group, ana, booking, hold;
static char directory[64], path[96], log_path[128];

/* --- the calendar that is damaged --- */

static rota_id made(rota *r, int rc, const rota_receipt *receipt)
{
    FUZZ_EXPECT(rc == ROTA_OK, "the seed calendar: %s", rota_errmsg(r));
    return receipt->id;
}

static rota_id make_resource(rota *r, const char *name, int32_t capacity)
{
    static const char *const tags[] = { "ground", "quiet" };
    rota_resource_request want = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    want.kind = "room";
    want.name = want.ref = name;
    want.data = "kept as it is";
    want.capacity = capacity;
    want.after = 300;
    want.tags = tags;
    want.tag_count = 2;
    return made(r, rota_resource_create(r, NULL, &want, &receipt), &receipt);
}

static rota_booking_request request_for(const rota_claim *claim, int32_t hours)
{
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    want.when = (rota_span){ FUZZ_NOW + 3600 * hours, FUZZ_NOW + 3600 * (hours + 1) };
    want.claims = claim;
    want.claim_count = 1;
    want.title = "Standup";
    return want;
}

static rota_id make_booking(rota *r, rota_id resource, int32_t hours, int32_t hold_secs)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_booking_request want = request_for(&claim, hours);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    rota_call call = ROTA_INIT(rota_call);
    call.actor = "ines";
    call.key = hold_secs ? NULL : "k";
    want.hold_secs = hold_secs;
    return made(r, rota_booking_create(r, &call, &want, &receipt), &receipt);
}

static void make_member(rota *r)
{
    rota_member_request want = ROTA_INIT(rota_member_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);
    want.group = group;
    want.member = ana;
    (void)made(r, rota_member_add(r, NULL, &want, &receipt), &receipt);
}

static void read_seed(const char *from, seed *to)
{
    FILE *in = fopen(from, "rb");
    FUZZ_EXPECT(in, "%s cannot be read", from);
    to->image.size = (int64_t)fread(to->image.bytes, 1, sizeof to->image.bytes, in);
    fclose(in);
    for (int64_t i = 0; i < to->image.size; i++)
        if (to->image.bytes[i]) to->used[to->used_count++] = (int32_t)i;
}

static void copy_seed(const seed *from, image *to)
{
    memcpy(to->bytes, from->image.bytes, (size_t)from->image.size);
    to->size = from->image.size;
}

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-lock", "-journal" };
    char name[128];
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void remove_directory(void)
{
    remove_files();
    rmdir(directory);
}

/* In memory where the system has a place for that; one for each process. */
static void make_directory(void)
{
    struct stat shm;
    bool there = stat("/dev/shm", &shm) == 0 && S_ISDIR(shm.st_mode);
    snprintf(directory, sizeof directory, "%s/rota-fuzz-XXXXXX", there ? "/dev/shm" : "build");
    FUZZ_EXPECT(mkdtemp(directory), "%s cannot be made", directory);
    snprintf(path, sizeof path, "%s/calendar", directory);
    snprintf(log_path, sizeof log_path, "%s-wal", path);
    atexit(remove_directory);
    fuzz_last = remove_directory;
}

static void open_calendar(fuzz_host *host, uint32_t flags, rota **r)
{
    rota_config config;
    fuzz_configure(host, &config);
    config.flags = flags;
    config.busy_ms = -1;
    int rc = rota_open(path, &config, r);
    fuzz_expect_answer(*r, rc, "open");
}

static void make_seed(void)
{
    fuzz_host host;
    rota *r;
    make_directory();
    open_calendar(&host, 0, &r);
    room = make_resource(r, "Blue", 2);
    group = make_resource(r, "Team", 1);
    rota_close(r); /* into the file; what follows stays in the log */
    open_calendar(&host, 0, &r);
    ana = make_resource(r, "Ana", 1);
    make_member(r);
    booking = make_booking(r, room, 1, 0);
    (void)make_booking(r, group, 1, 1200);
    hold = make_booking(r, room, 2, 600);
    read_seed(path, &seed_file);
    read_seed(log_path, &seed_log);
    rota_close(r);
    remove_files();
}

/* --- damage to bytes --- */

/* Mostly where something is; now and then anywhere. */
static int64_t some_place(fuzz_input *in, const image *what, const seed *from)
{
    uint64_t at = fuzz_bytes(in, 2);
    if (what->size == 0) return -1;
    if (fuzz_byte(in) < 0xf0 && from->used_count > 0)
        return from->used[at % (uint64_t)from->used_count] % what->size;
    return (int64_t)((at * 16) % (uint64_t)what->size);
}

static void set_byte(image *what, int64_t at, uint8_t byte)
{
    if (at >= 0 && at < what->size) what->bytes[at] = byte;
}

static void change_bytes(fuzz_input *in, image *what, const seed *from)
{
    static const uint8_t fills[] = { 0x00, 0xff, 0x7f, 0x80, 0x01 };
    uint8_t kind = fuzz_byte(in), fill = fills[kind % 5u];
    int64_t at = some_place(in, what, from), other;
    switch (kind / 5 % 5) {
    case 0:
        set_byte(what, at, fuzz_byte(in));
        break;
    case 1:
        for (int64_t i = 0, count = fuzz_pick(in, 32); i < count; i++)
            set_byte(what, at + i, fuzz_byte(in));
        break;
    case 2:
        for (int64_t i = 0, count = 1 + fuzz_pick(in, 8); i < count; i++)
            set_byte(what, at + i, fill);
        break;
    case 3: /* one page over another */
        other = fuzz_pick(in, 64) * PAGE;
        at = at / PAGE * PAGE;
        if (at >= 0 && at + PAGE <= what->size && other + PAGE <= what->size)
            memmove(what->bytes + other, what->bytes + at, PAGE);
        break;
    default:
        if (at >= 0) what->size = fuzz_byte(in) % 2 ? at : at / PAGE * PAGE;
        break;
    }
}

static uint32_t big(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put_big(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void sum(const uint8_t *at, int64_t count, bool reversed, uint32_t sums[2])
{
    for (int64_t i = 0; i + 8 <= count; i += 8) {
        uint32_t a = big(at + i), b = big(at + i + 4);
        if (reversed) {
            a = __builtin_bswap32(a);
            b = __builtin_bswap32(b);
        }
        sums[0] += a + sums[1];
        sums[1] += b + sums[0];
    }
}

/* A log whose sums are wrong is not read at all: make them right, as somebody
 * would who wants it to be read. */
static void mend_sums(image *what)
{
    uint32_t sums[2] = { 0, 0 };
    if (what->size < LOG_HEAD) return;
    bool reversed = (big(what->bytes) & 1) == 0;
    sum(what->bytes, 24, reversed, sums);
    put_big(what->bytes + 24, sums[0]);
    put_big(what->bytes + 28, sums[1]);
    for (int64_t at = LOG_HEAD; at + FRAME_HEAD + PAGE <= what->size; at += FRAME_HEAD + PAGE) {
        memcpy(what->bytes + at + 8, what->bytes + 16, 8); /* the salts */
        sum(what->bytes + at, 8, reversed, sums);
        sum(what->bytes + at + FRAME_HEAD, PAGE, reversed, sums);
        put_big(what->bytes + at + 16, sums[0]);
        put_big(what->bytes + at + 20, sums[1]);
    }
}

static void write_image(const char *to, const image *from)
{
    FILE *out = fopen(to, "wb");
    FUZZ_EXPECT(out, "%s cannot be written", to);
    FUZZ_EXPECT(fwrite(from->bytes, 1, (size_t)from->size, out) == (size_t)from->size, "%s", to);
    FUZZ_EXPECT(fclose(out) == 0, "%s", to);
}

/* --- damage to rows --- */

static const char *const places[] = { "resource SET capacity=",
                                      "resource SET before_secs=",
                                      "resource SET after_secs=",
                                      "resource SET active=",
                                      "resource SET removed=",
                                      "resource SET version=",
                                      "resource SET parent=",
                                      "resource SET id=",
                                      "resource SET ref=",
                                      "resource SET kind=",
                                      "resource SET name=",
                                      "resource SET zone=",
                                      "resource SET data=",
                                      "occupancy SET stamp=",
                                      "occupancy SET resource=",
                                      "tag SET tag=",
                                      "tag SET resource=",
                                      "member SET grp=",
                                      "member SET member=",
                                      "member SET from_at=",
                                      "member SET until_at=",
                                      "booking SET row=",
                                      "booking SET id=",
                                      "booking SET ref=",
                                      "booking SET title=",
                                      "booking SET data=",
                                      "booking SET start_at=",
                                      "booking SET end_at=",
                                      "booking SET reach=",
                                      "booking SET status=",
                                      "booking SET priority=",
                                      "booking SET hold_expires=",
                                      "booking SET version=",
                                      "booking SET created_at=",
                                      "claim SET resource=",
                                      "claim SET reach=",
                                      "claim SET start_at=",
                                      "claim SET end_at=",
                                      "claim SET booking=",
                                      "claim SET units=",
                                      "claim SET role=",
                                      "claim SET flags=",
                                      "claim SET takes=",
                                      "claim SET expires=",
                                      "idempotency SET hash=",
                                      "idempotency SET at=",
                                      "idempotency SET answer=",
                                      "idempotency SET actor=",
                                      "sqlite_schema SET sql=",
                                      "sqlite_schema SET name=",
                                      "sqlite_schema SET rootpage=",
                                      "sqlite_schema SET tbl_name=",
                                      "booking SET claims=",
                                      "booking SET series=",
                                      "booking SET part_of=",
                                      "booking SET occurrence=",
                                      "recurrence SET resource=",
                                      "recurrence SET booking=",
                                      "recurrence SET start_at=",
                                      "recurrence SET end_at=",
                                      "recurrence SET units=",
                                      "recurrence SET role=",
                                      "recurrence SET flags=",
                                      "recurrence SET takes=",
                                      "recurrence SET expires=" };

static const char *some_value(fuzz_input *in, char text[64])
{
    static const char *const values[] = { "NULL",
                                          "''",
                                          "x''",
                                          "'x'",
                                          "zeroblob(16)",
                                          "zeroblob(49)",
                                          "zeroblob(65)",
                                          "x'ff'",
                                          "CAST(x'ff00fe' AS TEXT)",
                                          "1.5",
                                          "printf('%070000d',1)",
                                          "zeroblob(9000000)" };
    uint8_t kind = fuzz_byte(in);
    if (kind >= 0x80) return values[kind % (sizeof values / sizeof values[0])];
    if (kind >= 0x60)
        snprintf(text, 64, "%lld", FUZZ_NOW + (kind % 32 - 16) * 900LL);
    else
        snprintf(text, 64, "%lld", (long long)fuzz_int(in));
    return text;
}

static void change_row(fuzz_input *in, sqlite3 *db)
{
    size_t which = fuzz_byte(in) % (sizeof places / sizeof places[0]);
    char sql[256], text[64], table[32];
    const char *value = some_value(in, text);
    unsigned row = fuzz_byte(in) % 16u;
    bool dropped = fuzz_byte(in) >= 0xe0;
    snprintf(table, sizeof table, "%.*s", (int)strcspn(places[which], " "), places[which]);
    if (dropped && table[0] != 's') {
        snprintf(sql, sizeof sql, "DELETE FROM %s", table);
    } else {
        /* Rows without a number of their own: all of them. */
        bool numbered = strchr("rbeos", table[0]) && strcmp(table, "recurrence") != 0;
        snprintf(sql, sizeof sql, numbered && row ? "UPDATE %s%s WHERE rowid=%u" : "UPDATE %s%s",
                 places[which], value, row);
    }
    (void)sqlite3_exec(db, sql, NULL, NULL, NULL); /* what does not work damages nothing */
}

static void change_rows(fuzz_input *in)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) == SQLITE_OK) {
        (void)sqlite3_exec(db,
                           "PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON;"
                           "PRAGMA writable_schema=ON; PRAGMA synchronous=OFF; BEGIN",
                           NULL, NULL, NULL);
        for (int i = 0; i < 8 && in->left > 0; i++)
            change_row(in, db);
        (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    (void)sqlite3_close(db);
}

/* --- every call --- */

typedef struct visit {
    fuzz_host host;
    rota *r;
} visit;

static int64_t count_events(visit *v)
{
    rota_stats now = ROTA_INIT(rota_stats);
    return rota_stats_get(v->r, &now) == ROTA_OK ? now.events : -1;
}

/* The status, once it was looked at. */
static int judged(visit *v, int rc, const char *call)
{
#ifdef ROTA_FUZZ_CONTROL
    if (rc == ROTA_ECORRUPT && strstr(call, "list")) rc = -99;
#endif
    fuzz_expect_answer(v->r, rc, call);
    return rc;
}

static void read_bookings(visit *v, int rc, rota_result *const *rows, const char *call)
{
    if (judged(v, rc, call) != ROTA_OK) return;
    for (int64_t i = 0; i < rota_result_count(*rows); i++) {
        rota_booking row = ROTA_INIT(rota_booking);
        FUZZ_EXPECT(rota_booking_at(*rows, i, &row) == ROTA_OK, "%s: no row", call);
        FUZZ_EXPECT(row.when.start < row.when.end && row.version >= 1, "%s: a booking", call);
        FUZZ_EXPECT(row.status >= ROTA_BOOKING_HELD && row.status <= ROTA_BOOKING_EXPIRED,
                    "%s: status %d", call, (int)row.status);
        fuzz_expect_text(row.title, "a title");
        fuzz_expect_text(row.ref, "a ref");
        for (int64_t k = 0; k < row.claim_count; k++)
            FUZZ_EXPECT(row.claims[k].units >= 1, "%s: a claim", call);
    }
    rota_result_free(*rows);
}

static void read_resources(visit *v, int rc, rota_result *const *rows, const char *call)
{
    if (judged(v, rc, call) != ROTA_OK) return;
    for (int64_t i = 0; i < rota_result_count(*rows); i++) {
        rota_resource row = ROTA_INIT(rota_resource);
        FUZZ_EXPECT(rota_resource_at(*rows, i, &row) == ROTA_OK, "%s: no row", call);
        FUZZ_EXPECT(row.kind && row.name && row.zone && row.capacity >= 1, "%s: a resource", call);
        fuzz_expect_text(row.name, "a name");
        for (int64_t k = 0; k < row.tag_count; k++)
            fuzz_expect_text(row.tags[k], "a tag");
    }
    rota_result_free(*rows);
}

static void read_stays(visit *v, int rc, rota_result *const *rows)
{
    if (judged(v, rc, "member_list") != ROTA_OK) return;
    for (int64_t i = 0; i < rota_result_count(*rows); i++) {
        rota_member row = ROTA_INIT(rota_member);
        FUZZ_EXPECT(rota_member_at(*rows, i, &row) == ROTA_OK, "no row");
        FUZZ_EXPECT(row.when.start < row.when.end, "an empty stay");
    }
    rota_result_free(*rows);
}

static void read_events(visit *v, int rc, rota_result *const *rows)
{
    if (judged(v, rc, "event_list") != ROTA_OK) return;
    for (int64_t i = 0; i < rota_result_count(*rows); i++) {
        rota_event row = ROTA_INIT(rota_event);
        FUZZ_EXPECT(rota_event_at(*rows, i, &row) == ROTA_OK, "no row");
        FUZZ_EXPECT(row.name, "an event without a name");
        fuzz_expect_text(row.after, "an event");
    }
    rota_result_free(*rows);
}

static void read_all(visit *v)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_member_query stays = ROTA_INIT(rota_member_query);
    rota_result *rows = NULL;
    rota_id found;
    query.when = (rota_span){ ROTA_TIME_MIN, ROTA_TIME_MAX };
    read_bookings(v, rota_booking_list(v->r, &query, &rows), &rows, "booking_list");
    query.resource = ana;
    query.limit = 1;
    read_bookings(v, rota_booking_list(v->r, &query, &rows), &rows, "booking_list of ana");
    read_bookings(v, rota_booking_get(v->r, &booking, &rows), &rows, "booking_get");
    read_resources(v, rota_resource_list(v->r, NULL, &rows), &rows, "resource_list");
    read_resources(v, rota_resource_get(v->r, &room, &rows), &rows, "resource_get");
    stays.group = group;
    read_stays(v, rota_member_list(v->r, &stays, &rows), &rows);
    read_events(v, rota_event_list(v->r, 0, 0, &rows), &rows);
    (void)judged(v, rota_booking_find(v->r, "b", &found), "booking_find");
    (void)judged(v, rota_resource_find(v->r, "Blue", &found), "resource_find");
}

static int try_booking(visit *v, rota_id resource, int32_t on_conflict, const char *key)
{
    rota_claim claim = { .resource = resource, .units = 1 };
    rota_booking_request want = request_for(&claim, 1);
    rota_call call = ROTA_INIT(rota_call);
    call.actor = "ines";
    call.key = key;
    want.on_conflict = on_conflict;
    want.priority = key ? 0 : 9;
    return rota_booking_create(v->r, &call, &want, NULL);
}

static int try_move(visit *v)
{
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    want.set = ROTA_BOOKING_SET_START;
    want.when.start = FUZZ_NOW + 5400;
    return rota_booking_move(v->r, NULL, &booking, &want, NULL);
}

static int try_update(visit *v, const rota_id *id)
{
    rota_resource_request want = ROTA_INIT(rota_resource_request);
    want.set = ROTA_RESOURCE_SET_BEFORE | ROTA_RESOURCE_SET_CAPACITY;
    want.before = 60;
    want.capacity = 1;
    return rota_resource_update(v->r, NULL, id, &want, NULL);
}

static int try_member(visit *v, bool joins)
{
    rota_member_request want = ROTA_INIT(rota_member_request);
    want.group = group;
    want.member = joins ? room : ana;
    return joins ? rota_member_add(v->r, NULL, &want, NULL)
                 : rota_member_remove(v->r, NULL, &want, NULL);
}

enum { WRITES = 14 };

static int write_one(visit *v, int which)
{
    switch (which) {
    case 0:
        return try_booking(v, room, ROTA_ON_CONFLICT_REJECT, "k"); /* known, if it still is */
    case 1:
        return try_booking(v, group, ROTA_ON_CONFLICT_REJECT, NULL);
    case 2:
        return try_booking(v, ana, ROTA_ON_CONFLICT_OVERRIDE, NULL);
    case 3:
        return try_booking(v, room, ROTA_ON_CONFLICT_OVERRIDE, NULL);
    case 4:
        return try_move(v);
    case 5:
        return rota_booking_confirm(v->r, NULL, &hold, NULL);
    case 6:
        return rota_booking_cancel(v->r, NULL, &booking, NULL);
    case 7:
        return try_update(v, &room);
    case 8:
        return try_update(v, &ana);
    case 9:
        return try_member(v, true);
    case 10:
        return try_member(v, false);
    case 11:
        v->host.now += 86400; /* so that the hold has lapsed, and the key is old */
        return rota_tick(v->r, NULL, NULL);
    case 12:
        return rota_resource_remove(v->r, NULL, &ana, NULL);
    default:
        return rota_check(v->r, ROTA_TIME_MIN);
    }
}

static void write_all(visit *v)
{
    char name[24];
    for (int i = 0; i < WRITES; i++) {
        int64_t before = count_events(v);
        snprintf(name, sizeof name, "write %d", i);
        int rc = judged(v, write_one(v, i), name);
        int64_t after = count_events(v);
        FUZZ_EXPECT(rc == ROTA_OK || before < 0 || after < 0 || before == after,
                    "%s: %s, and the feed went from %lld to %lld", name, rota_errmsg(v->r),
                    (long long)before, (long long)after);
    }
}

/* --- an input --- */

enum { READ_ONLY = 1, ROWS = 2, MEND = 4, NO_LOG = 8, CHECK_FIRST = 16, EXISTING = 32 };

static void make_damage(fuzz_input *in, uint8_t how)
{
    remove_files();
    copy_seed(&seed_file, &file);
    copy_seed(&seed_log, &log_file);
    for (int i = 0; !(how & ROWS) && i < 16 && in->left > 0; i++) {
        bool log = fuzz_byte(in) % 3 == 0;
        change_bytes(in, log ? &log_file : &file, log ? &seed_log : &seed_file);
    }
    if (how & MEND) mend_sums(&log_file);
    write_image(path, &file);
    if (!(how & NO_LOG)) write_image(log_path, &log_file);
    if (how & ROWS) change_rows(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { .at = data, .left = size };
    visit v = { .r = NULL };
    if (!directory[0]) make_seed();
    uint8_t how = fuzz_byte(&in);
    make_damage(&in, how);
    open_calendar(&v.host,
                  (how & READ_ONLY ? ROTA_OPEN_READONLY : 0u) |
                      (how & EXISTING ? ROTA_OPEN_EXISTING : 0u),
                  &v.r);
    if (how & CHECK_FIRST) (void)judged(&v, rota_check(v.r, FUZZ_NOW), "check");
    read_all(&v);
    write_all(&v);
    read_all(&v);
    rota_close(v.r);
    FUZZ_EXPECT(v.host.blocks == 0, "%lld blocks were not given back", (long long)v.host.blocks);
    return 0;
}
