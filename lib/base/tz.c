/* Zones: from a name to a TZif file (RFC 8536 and 9636), from its bytes to a table
 * of changes and a rule for the years behind it, and with both from wall clock
 * to instant and back. Knows nothing of dates in rules or of how text is read.
 *
 * A file is taken for hostile: every count is checked against the bytes that are
 * there, and after rota__tz_read() no input can leave the table. */
#define _POSIX_C_SOURCE 200809L
#include "base/tz.h"

#include "base/id.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DAY = 86400,
    LONGEST_NAME = 255,
    LARGEST_FILE = 1 << 20,
    LARGEST_OFFSET = 26 * 3600, /* of RFC 8536; a rule of 24:59:59 and its hour stay below */
    AHEAD = 256 /* changes that are worked out beforehand: 128 years of most rules */
};

/* Where a stretch without a change begins or ends in nothing; with an offset
 * added it is still in range. Files use -2^59 for the beginning. */
#define ALWAYS ((int64_t)1 << 60)

/* A day of the year in a footer rule, and the clock's reading at the change. */
typedef struct rule_day {
    char form; /* 'J': 1..365 without Feb 29, '0': 0..365, 'M': month, week, weekday */
    int32_t day, month, week, weekday;
    int32_t clock; /* seconds, -167 h to 167 h */
} rule_day;

typedef struct rule {
    bool present, has_dst; /* whether the years beyond the table have a rule */
    int32_t standard, dst; /* seconds east */
    rule_day to_dst, to_standard;
} rule;

typedef struct change {
    int64_t at;
    int32_t offset; /* from `at` on */
} change;

struct rota__tz {
    rota__tz *next;
    uint8_t *bytes; /* of the file, NULL: there was none */
    int64_t size;
    uint64_t digest; /* of them */
    bool past;       /* the system has another file by now, or was never asked */
    char name[LONGEST_NAME + 1];
    rule rule;
    int32_t first; /* the offset before any change */
    int64_t count;
    int64_t known;    /* with those of the rule's next years, which are found as quickly */
    change changes[]; /* by `at`, ascending */
};

/* The longest time around an instant that is known to have one offset. */
typedef struct stretch {
    int64_t start, end;
    int32_t offset;
} stretch;

/* --- the footer's rule --- */

static bool skip(const char **at, char c)
{
    if (**at != c) return false;
    ++*at;
    return true;
}

static bool read_number(const char **at, int32_t most, int32_t *out)
{
    int32_t value = 0;
    int count = 0;

    while (**at >= '0' && **at <= '9' && count < 4) {
        value = value * 10 + (*(*at)++ - '0');
        ++count;
    }
    *out = value;
    return count > 0 && value <= most;
}

/* [+-]hours[:minutes[:seconds]] */
static bool read_duration(const char **at, int32_t most_hours, int32_t *seconds)
{
    int32_t hour, minute = 0, second = 0;
    int32_t sign = **at == '-' ? -1 : 1;

    if (**at == '+' || **at == '-') ++*at;
    if (!read_number(at, most_hours, &hour)) return false;
    if (skip(at, ':')) {
        if (!read_number(at, 59, &minute)) return false;
        if (skip(at, ':') && !read_number(at, 59, &second)) return false;
    }
    *seconds = sign * (hour * 3600 + minute * 60 + second);
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* CET, or <+03>; the name itself is of no use here. */
static bool skip_name(const char **at)
{
    bool quoted = skip(at, '<');
    int length = 0;

    while (is_letter(**at) || (quoted && (is_digit(**at) || **at == '+' || **at == '-'))) {
        ++*at;
        ++length;
    }
    return length >= 3 && (!quoted || skip(at, '>'));
}

static bool read_rule_day(const char **at, rule_day *out)
{
    out->clock = 2 * 3600;
    if (!skip(at, ',')) return false;
    if (skip(at, 'M')) {
        out->form = 'M';
        if (!read_number(at, 12, &out->month) || out->month < 1 || !skip(at, '.')) return false;
        if (!read_number(at, 5, &out->week) || out->week < 1 || !skip(at, '.')) return false;
        if (!read_number(at, 6, &out->weekday)) return false;
    } else {
        out->form = skip(at, 'J') ? 'J' : '0';
        if (!read_number(at, 365, &out->day)) return false;
        if (out->form == 'J' && out->day < 1) return false;
    }
    return !skip(at, '/') || read_duration(at, 167, &out->clock);
}

/* A POSIX TZ text; what it counts to the west, we count to the east. */
static bool read_rule(const char *at, rule *out)
{
    memset(out, 0, sizeof *out);
    if (!*at) return true; /* the file says that nothing is known */
    out->present = true;
    if (!skip_name(&at) || !read_duration(&at, 24, &out->standard)) return false;
    out->standard = -out->standard;
    if (!*at) return true;
    out->has_dst = true;
    if (!skip_name(&at)) return false;
    out->dst = out->standard + 3600;
    if (*at != ',') {
        if (!read_duration(&at, 24, &out->dst)) return false;
        out->dst = -out->dst;
    }
    return read_rule_day(&at, &out->to_dst) && read_rule_day(&at, &out->to_standard) && !*at;
}

static int64_t day_in_month(const rule_day *day, int32_t year)
{
    int64_t first = rota__time_days(year, day->month, 1);
    int64_t next = day->month < 12 ? rota__time_days(year, day->month + 1, 1)
                                   : rota__time_days(year + 1, 1, 1);
    int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t found = first + (day->weekday - weekday + 7) % 7 + (day->week - 1) * 7;

    return found < next ? found : found - 7; /* week 5 is the last */
}

/* When the rule's clocks change in a year; `before` is their offset until then. */
static int64_t rule_time(const rule_day *day, int32_t year, int32_t before)
{
    int64_t days;

    if (day->form == 'M') {
        days = day_in_month(day, year);
    } else {
        days = rota__time_days(year, 1, 1) + day->day;
        if (day->form == 'J') {
            bool leap = rota__time_days(year, 3, 1) - rota__time_days(year, 2, 1) == 29;

            days -= !(leap && day->day >= 60);
        }
    }
    return days * DAY + day->clock - before;
}

/* The changes around `instant`, ascending, at least one to each side of it. A
 * rule's clock may reach a week into another year, with both changes of a year,
 * so it takes two years to each side. Where summer time ends and begins at the
 * same instant it has not ended: such a rule means dst all year. */
enum { RULE_CHANGES = 10 };

static void rule_changes(const rule *r, int64_t instant, change changes[RULE_CHANGES])
{
    rota__civil civil;
    int count = 0, i, j;

    rota__time_to_civil(instant + r->standard, &civil);
    for (i = -2; i <= 2; ++i) {
        int32_t year = civil.year + i;
        change pair[2] = {
            { rule_time(&r->to_standard, year, r->dst), r->standard },
            { rule_time(&r->to_dst, year, r->standard), r->dst },
        };

        for (j = 0; j < 2; ++j) {
            int at = count++;

            for (;
                 at > 0 && (changes[at - 1].at > pair[j].at ||
                            (changes[at - 1].at == pair[j].at && changes[at - 1].offset == r->dst));
                 --at)
                changes[at] = changes[at - 1];
            changes[at] = pair[j];
        }
    }
}

static stretch rule_stretch(const rule *r, int64_t instant)
{
    stretch found = { -ALWAYS, ALWAYS, r->standard };
    change changes[RULE_CHANGES];
    int i;

    if (!r->has_dst) return found;
    rule_changes(r, instant, changes);
    for (i = 0; i < RULE_CHANGES && changes[i].at <= instant; ++i) {
        found.start = changes[i].at;
        found.offset = changes[i].offset;
    }
    if (i < RULE_CHANGES) found.end = changes[i].at;
    return found;
}

/* --- instants --- */

static stretch stretch_at(const rota__tz *zone, int64_t instant)
{
    stretch found = { -ALWAYS, ALWAYS, zone->first };
    int64_t low = 0, high = zone->known; /* changes[low - 1].at <= instant < changes[high].at */

    while (low < high) {
        int64_t middle = low + (high - low) / 2;

        if (zone->changes[middle].at <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->known && zone->rule.present) {
        found = rule_stretch(&zone->rule, instant);
        if (low > 0 && found.start < zone->changes[low - 1].at)
            found.start = zone->changes[low - 1].at;
        return found;
    }
    if (low > 0) {
        found.start = zone->changes[low - 1].at;
        found.offset = zone->changes[low - 1].offset;
    }
    if (low < zone->known) found.end = zone->changes[low].at;
    return found;
}

/* From the table's end on, by the rule as it is asked for behind them. The first one says
 * what the rule says at that moment, which may be another offset than the table's. */
static void look_ahead(rota__tz *zone)
{
    int64_t at = zone->count > 0 ? zone->changes[zone->count - 1].at : ROTA_TIME_MAX;

    zone->known = zone->count;
    if (!zone->rule.present || !zone->rule.has_dst || at < ROTA_TIME_MIN) return;
    for (int i = 0; i < AHEAD && at < ROTA_TIME_MAX; ++i) {
        stretch s = rule_stretch(&zone->rule, at);

        zone->changes[zone->known++] = (change){ at, s.offset };
        at = s.end;
    }
}

int32_t rota__tz_offset(const rota__tz *zone, rota_time instant)
{
    return stretch_at(zone, instant).offset;
}

int32_t rota__tz_stretch(const rota__tz *zone, rota_time instant, rota_span *when)
{
    stretch s = stretch_at(zone, instant);

    *when = (rota_span){ s.start, s.end };
    return s.offset;
}

static bool shows(stretch s, rota__local local)
{
    return s.start + s.offset <= local && local < s.end + s.offset;
}

/* Whether another stretch behind this one shows the same reading. */
static bool shown_again(const rota__tz *zone, stretch s, rota__local local)
{
    while (s.end < ALWAYS && s.end - LARGEST_OFFSET <= local) {
        s = stretch_at(zone, s.end);
        if (shows(s, local)) return true;
    }
    return false;
}

/* Goes through the stretches in which the clock can show `local`, which the
 * largest offset bounds. The first that shows it is the answer; where none does,
 * the clock went past it at the end of one, and the first such end is the gap. */
rota_time rota__tz_instant(const rota__tz *zone, rota__local local, int *kind)
{
    stretch s = stretch_at(zone, local - LARGEST_OFFSET);
    bool skipped = false;
    int32_t before = s.offset;
    int found = ROTA__TZ_GAP;

    for (;;) {
        stretch next;

        if (shows(s, local)) {
            found = shown_again(zone, s, local) ? ROTA__TZ_FOLD : ROTA__TZ_UNIQUE;
            before = s.offset;
            break;
        }
        if (s.end >= ALWAYS || s.end - LARGEST_OFFSET > local) break;
        next = stretch_at(zone, s.end);
        if (!skipped && s.end + s.offset <= local && local < s.end + next.offset) {
            skipped = true;
            before = s.offset;
        }
        s = next;
    }
    if (kind) *kind = found;
    return local - before;
}

/* --- what lies ahead --- */

enum { WEEK = 7 * DAY, APART = 3 * DAY };

static void add_offset(rota__tz_outlook *out, int32_t offset)
{
    if (offset < out->least) out->least = offset;
    if (offset > out->most) out->most = offset;
}

/* 1970-01-01 was a Thursday. */
static void add_forward(rota__tz_outlook *out, rota__local shown)
{
    int64_t since = shown + 3 * DAY;
    int32_t second = (int32_t)(since - rota__time_floor(since, WEEK) * WEEK);

    if (out->forward_count < 0) return;
    for (int32_t i = 0; i < out->forward_count; ++i)
        if (out->forwards[i] == second) return;
    if (out->forward_count == ROTA__TZ_FORWARDS)
        out->forward_count = -1;
    else
        out->forwards[out->forward_count++] = second;
}

/* What the clock shows behind one gap says what it skipped only where the next change is
 * not in the same night. */
static void add_change(rota__tz_outlook *out, int64_t at, int32_t before, stretch after)
{
    add_offset(out, after.offset);
    if (after.end - at < APART) out->forward_count = -1;
    if (after.offset > before) add_forward(out, at + after.offset);
}

static void add_rule(rota__tz_outlook *out, const rule *r)
{
    const rule_day *day = r->dst > r->standard ? &r->to_dst : &r->to_standard;
    int32_t months = r->to_dst.month - r->to_standard.month;

    add_offset(out, r->standard);
    if (!r->has_dst) return;
    add_offset(out, r->dst);
    /* Two months or more between both, each way round the year. */
    if (r->to_dst.form != 'M' || r->to_standard.form != 'M' || (months + 13) % 12 <= 2) {
        out->forward_count = -1;
        return;
    }
    int32_t skipped = r->dst > r->standard ? r->dst - r->standard : r->standard - r->dst;
    /* Rules count weekdays from Sunday; 1970-01-04 was one. */
    if (skipped > 0) add_forward(out, (3 + day->weekday) * DAY + day->clock + skipped);
}

void rota__tz_ahead(const rota__tz *zone, rota_time instant, rota__tz_outlook *out)
{
    stretch s = stretch_at(zone, instant);

    memset(out, 0, sizeof *out);
    out->least = out->most = s.offset;
    out->settled = zone->count > 0 ? zone->changes[zone->count - 1].at : ROTA_TIME_MIN;
    while (s.end <= out->settled) {
        stretch next = stretch_at(zone, s.end);

        add_change(out, s.end, s.offset, next);
        s = next;
    }
    if (zone->rule.present) add_rule(out, &zone->rule);
}

/* --- TZif --- */

typedef struct reader {
    const uint8_t *at;
    int64_t left;
} reader;

/* What a data block holds, from the header in front of it. */
typedef struct counts {
    int version;
    int64_t ut, standard, leap, time, type, abbreviation;
} counts;

static uint64_t read_big(const uint8_t *bytes, int count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 8 | *bytes++;
    return value;
}

/* Two's complement, without leaning on how a cast treats what does not fit. */
static int64_t read_signed(const uint8_t *bytes, int count)
{
    uint64_t value = read_big(bytes, count);
    uint64_t sign = (uint64_t)1 << (8 * count - 1);

    return value & sign ? -(int64_t)(sign - 1 - (value & (sign - 1))) - 1 : (int64_t)value;
}

static const uint8_t *take(reader *r, int64_t count)
{
    const uint8_t *taken = r->at;

    if (count > r->left) return NULL;
    r->at += count;
    r->left -= count;
    return taken;
}

static bool read_header(reader *r, counts *out)
{
    const uint8_t *h = take(r, 44);

    if (!h || memcmp(h, "TZif", 4) != 0 || (h[4] != 0 && h[4] < '2')) return false;
    out->version = h[4] ? h[4] - '0' : 1;
    out->ut = (int64_t)read_big(h + 20, 4);
    out->standard = (int64_t)read_big(h + 24, 4);
    out->leap = (int64_t)read_big(h + 28, 4);
    out->time = (int64_t)read_big(h + 32, 4);
    out->type = (int64_t)read_big(h + 36, 4);
    out->abbreviation = (int64_t)read_big(h + 40, 4);
    return (out->ut == 0 || out->ut == out->type) &&
           (out->standard == 0 || out->standard == out->type) && out->type >= 1 &&
           out->type <= 256 && out->abbreviation >= 1;
}

/* Counts have 32 bits, so no sum of these overflows 64. */
static int64_t block_size(const counts *c, int width)
{
    return c->time * (width + 1) + c->type * 6 + c->abbreviation + c->leap * (width + 4) +
           c->standard + c->ut;
}

static bool fill_offsets(rota__tz *zone, const counts *c, const uint8_t *kinds,
                         const uint8_t *types)
{
    int64_t i;

    for (i = 0; i < c->type; ++i) {
        int64_t offset = read_signed(types + i * 6, 4);

        if (offset < -LARGEST_OFFSET || offset > LARGEST_OFFSET) return false;
    }
    zone->first = (int32_t)read_signed(types, 4);
    for (i = 0; i < c->time; ++i) {
        if (kinds[i] >= c->type) return false;
        zone->changes[i].offset = (int32_t)read_signed(types + kinds[i] * 6, 4);
    }
    return true;
}

static bool fill_times(rota__tz *zone, const counts *c, const uint8_t *times, int width)
{
    int64_t i, last = INT64_MIN;

    for (i = 0; i < c->time; ++i) {
        int64_t at = read_signed(times + i * width, width);

        if (i > 0 && at <= last) return false;
        last = at;
        if (at < -ALWAYS) at = -ALWAYS;
        if (at > ALWAYS) at = ALWAYS;
        zone->changes[i].at = at;
    }
    return true;
}

/* The line between two line feeds behind the block of version 2. */
static bool read_footer(reader *r, rule *out)
{
    char text[256];
    const uint8_t *line = take(r, 1), *end;

    if (!line || *line != '\n') return false;
    end = memchr(r->at, '\n', (size_t)r->left);
    if (!end || end - r->at >= (int64_t)sizeof text) return false;
    memcpy(text, r->at, (size_t)(end - r->at));
    text[end - r->at] = '\0';
    if (strlen(text) != (size_t)(end - r->at)) return false;
    return read_rule(text, out);
}

int rota__tz_read(rota__mem *mem, const void *bytes, int64_t size, rota__tz **out)
{
    reader r = { bytes, size };
    counts c;
    int width = 4, rc = ROTA_EINVALID;
    const uint8_t *block;
    rota__tz *zone = NULL;

    if (!read_header(&r, &c)) goto done;
    if (c.version >= 2) { /* the block of version 1 is for readers that know no other */
        if (!take(&r, block_size(&c, 4)) || !read_header(&r, &c)) goto done;
        width = 8;
    }
    block = take(&r, block_size(&c, width));
    if (!block || c.leap > 0) goto done;
    zone = rota__mem_alloc(mem, 1,
                           (int64_t)sizeof *zone + (c.time + AHEAD) * (int64_t)sizeof(change));
    if (!zone) {
        rc = ROTA_ENOMEM;
        goto done;
    }
    memset(zone, 0, sizeof *zone);
    zone->count = c.time;
    if (!fill_times(zone, &c, block, width)) goto done;
    if (!fill_offsets(zone, &c, block + c.time * width, block + c.time * (width + 1))) goto done;
    if (c.version >= 2 && !read_footer(&r, &zone->rule)) goto done;
    look_ahead(zone);
    rc = ROTA_OK;
done:
    if (rc == ROTA_OK)
        *out = zone;
    else
        rota__mem_free(mem, zone);
    return rc;
}

/* --- files --- */

static bool is_name(const char *name)
{
    int64_t i, segment = 0;

    for (i = 0; name[i]; ++i) {
        if (i >= LONGEST_NAME) return false;
        if (name[i] == '/') {
            if (segment == 0) return false;
            segment = 0;
            continue;
        }
        /* No dots: neither "..", nor the tables that lie beside the zones. */
        if (!is_letter(name[i]) && !is_digit(name[i]) && !strchr("_+-", name[i])) return false;
        ++segment;
    }
    return segment > 0;
}

static bool is_missing(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

/* The open file, -1 where no directory has it, or -2 where it cannot be opened. A
 * pipe or device in its place must not make us wait. */
static int open_zone(const char *directory, const char *name)
{
    enum { LONGEST_DIRECTORY = 256 };
    static const char *const system[] = { "/usr/share/zoneinfo/", "/usr/lib/zoneinfo/" };
    const char *const *directories = directory ? &directory : system;
    int64_t i, count = directory ? 1 : ROTA__LENGTH(system);
    char path[LONGEST_NAME + LONGEST_DIRECTORY];

    for (i = 0; i < count; ++i) {
        size_t length = strlen(directories[i]);
        int file;

        assert(length < LONGEST_DIRECTORY);
        memcpy(path, directories[i], length);
        memcpy(path + length, name, strlen(name) + 1);
        do {
            file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        } while (file < 0 && errno == EINTR);
        if (file >= 0) return file;
        if (!is_missing(errno)) return -2;
    }
    return -1;
}

/* Bytes read, up to `room`, or -1. */
static int64_t read_all(int file, uint8_t *bytes, int64_t room)
{
    int64_t count = 0;

    while (count < room) {
        ssize_t got = read(file, bytes + count, (size_t)(room - count));

        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        count += got;
    }
    return count;
}

static uint64_t digest_of(const void *bytes, int64_t size)
{
    uint64_t hash = rota__id_hash(bytes, size);

    return hash ? hash : 1;
}

/* The bytes belong to the zone then. */
static int read_own(rota__mem *mem, uint8_t *bytes, int64_t size, rota__tz **out)
{
    int rc = rota__tz_read(mem, bytes, size, out);

    if (rc != ROTA_OK) return rc;
    (*out)->bytes = bytes;
    (*out)->size = size;
    (*out)->digest = digest_of(bytes, size);
    return ROTA_OK;
}

static int read_file(rota__mem *mem, int file, rota__tz **out)
{
    struct stat about;
    uint8_t *bytes;
    int64_t count;
    int rc;

    if (fstat(file, &about) != 0) return ROTA_EIO;
    if (!S_ISREG(about.st_mode) || about.st_size > LARGEST_FILE) return ROTA_EINVALID;
    bytes = rota__mem_alloc(mem, (int64_t)about.st_size, 1);
    if (!bytes) return ROTA_ENOMEM;
    count = read_all(file, bytes, (int64_t)about.st_size);
    rc = count < 0 ? ROTA_EIO : read_own(mem, bytes, count, out);
    if (rc != ROTA_OK) rota__mem_free(mem, bytes);
    return rc;
}

/* A table without changes and a rule without summer time. */
static int make_utc(rota__mem *mem, rota__tz **out)
{
    rota__tz *zone = rota__mem_alloc(mem, 1, (int64_t)sizeof *zone);

    if (!zone) return ROTA_ENOMEM;
    memset(zone, 0, sizeof *zone);
    *out = zone;
    return ROTA_OK;
}

/* Beside the zones lie copies of them: posixrules, and all of them below posix/ and right/, there
 * with leap seconds, which no clock here counts. What is no copy begins in upper case, but for the
 * machine's own. */
static bool is_copy(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' && strcmp(name, "localtime") != 0;
}

static int load(const rota__tz_cache *cache, const char *name, rota__tz **out)
{
    rota__mem *mem = cache->mem;
    int file, rc;

    if (!is_name(name) || is_copy(name)) return ROTA_EINVALID;
    if (strcmp(name, "UTC") == 0) return make_utc(mem, out);
    file = open_zone(cache->directory, name);
    if (file < 0) return file == -1 ? ROTA_EINVALID : ROTA_EIO;
    rc = read_file(mem, file, out);
    close(file);
    return rc;
}

void rota__tz_init(rota__tz_cache *cache, rota__mem *mem)
{
    memset(cache, 0, sizeof *cache);
    cache->mem = mem;
}

void rota__tz_free(rota__tz_cache *cache)
{
    rota__tz *zone, *next;

    for (zone = cache->zones; zone; zone = next) {
        next = zone->next;
        rota__mem_free(cache->mem, zone->bytes);
        rota__mem_free(cache->mem, zone);
    }
    cache->zones = NULL;
}

static void add_zone(rota__tz_cache *cache, rota__tz *zone, const char *name)
{
    memcpy(zone->name, name, strlen(name) + 1);
    zone->next = cache->zones;
    cache->zones = zone;
}

/* The file may be the one that was read before. */
static rota__tz *again(rota__tz_cache *cache, const char *name, uint64_t digest)
{
    rota__tz *zone;

    for (zone = cache->zones; zone; zone = zone->next)
        if (zone->digest == digest && strcmp(zone->name, name) == 0) return zone;
    return NULL;
}

const rota__tz *rota__tz_known(const rota__tz_cache *cache, const char *name)
{
    for (const rota__tz *zone = cache->zones; zone; zone = zone->next)
        if (!zone->past && strcmp(zone->name, name) == 0) return zone;
    return NULL;
}

int rota__tz_get(rota__tz_cache *cache, const char *name, rota__error *error, const rota__tz **out)
{
    rota__tz *zone, *known;
    int rc;

    for (zone = cache->zones; zone; zone = zone->next) {
        if (zone->past || strcmp(zone->name, name) != 0) continue;
        *out = zone;
        return ROTA_OK;
    }
    rc = load(cache, name, &zone);
    if (rc == ROTA_ENOMEM) return rota__error_plain(error, rc);
    if (rc == ROTA_EIO)
        return rota__error_set(error, rc, "the file of zone \"%s\" cannot be read", name);
    if (rc != ROTA_OK)
        return rota__error_set(error, rc, "no time zone \"%s\" on this system", name);
    known = again(cache, name, zone->digest);
    if (known) {
        rota__mem_free(cache->mem, zone->bytes);
        rota__mem_free(cache->mem, zone);
        known->past = false;
        zone = known;
    } else {
        add_zone(cache, zone, name);
    }
    *out = zone;
    return ROTA_OK;
}

static int get_kept(rota__tz_cache *cache, const char *name, uint64_t digest, rota__error *error,
                    rota__tz **out)
{
    const void *bytes = NULL;
    int64_t size = 0;
    uint8_t *own;
    int rc = cache->kept ? cache->kept(cache->kept_ctx, name, digest, error, &bytes, &size)
                         : ROTA_ENOTFOUND;

    if (rc == ROTA_ENOTFOUND || (rc == ROTA_OK && digest_of(bytes, size) != digest))
        return rota__error_set(error, ROTA_ECORRUPT,
                               "the data of zone \"%s\" that a series was made by is not there",
                               name);
    if (rc != ROTA_OK) return rc;
    own = rota__mem_alloc(cache->mem, size, 1);
    if (!own) return rota__error_plain(error, ROTA_ENOMEM);
    memcpy(own, bytes, (size_t)size);
    rc = read_own(cache->mem, own, size, out);
    if (rc == ROTA_OK) return rc;
    rota__mem_free(cache->mem, own);
    if (rc == ROTA_ENOMEM) return rota__error_plain(error, rc);
    return rota__error_set(error, ROTA_ECORRUPT, "the kept data of zone \"%s\" is damaged", name);
}

int rota__tz_get_as(rota__tz_cache *cache, const char *name, uint64_t digest, rota__error *error,
                    const rota__tz **out)
{
    rota__error ignored;
    const rota__tz *now;
    rota__tz *zone = again(cache, name, digest);
    int rc = ROTA_OK;

    if (!zone && rota__tz_get(cache, name, &ignored, &now) == ROTA_OK)
        zone = again(cache, name, digest);
    if (!zone && !is_name(name))
        return rota__error_set(error, ROTA_EINVALID, "no time zone \"%s\"", name);
    if (!zone && (rc = get_kept(cache, name, digest, error, &zone)) == ROTA_OK) {
        zone->past = true;
        add_zone(cache, zone, name);
    }
    if (rc == ROTA_OK) *out = zone;
    return rc;
}

void rota__tz_look_again(rota__tz_cache *cache)
{
    for (rota__tz *zone = cache->zones; zone; zone = zone->next)
        zone->past = true;
}

uint64_t rota__tz_digest(const rota__tz *zone)
{
    return zone->digest;
}

const void *rota__tz_bytes(const rota__tz *zone, int64_t *size)
{
    *size = zone->size;
    return zone->bytes;
}
