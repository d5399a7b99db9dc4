/* The main job on real input: book a semester of a university's lectures in their rooms,
 * each a weekly series, in a file on the disk, and let rota refuse those that were
 * double-booked. In its sixth week the clocks change. Then ask what people ask of it:
 * which rooms are free, when all have time, what they are to be reminded of.
 * Usage: rota-demo [CSV] */
#define _POSIX_C_SOURCE 200809L

#include "demo.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5, WEEKS = 14, DAY = 86400 };

static const char first_day[] = "2016-09-26"; /* a Monday */

/* What the clock shows: the demo sets it, and says the same on any day. */
static rota_time shown = 1474794000; /* the day before, 2016-09-25T09:00Z */

static rota_time clock_of(void *ctx)
{
    (void)ctx;
    return shown;
}

bool well(rota *r, int status, const char *what)
{
    if (status != ROTA_OK) fprintf(stderr, "rota-demo: %s: %s\n", what, rota_errmsg(r));
    return status == ROTA_OK;
}

/* What the clock shows so many days after the first, as rota reads it. */
static bool local_text(rota *r, int day, const char *hour, char text[32])
{
    char date[ROTA_TIME_TEXT];
    rota_time noon;

    snprintf(text, 32, "%sT12:00Z", first_day);
    if (!well(r, rota_time_parse(r, text, NULL, &noon), text) ||
        !well(r, rota_time_format(noon + day * DAY, date), text))
        return false;
    snprintf(text, 32, "%.10sT%s", date, hour);
    return true;
}

bool local_instant(rota *r, int week, int weekday, const char *hour, rota_time *out)
{
    char text[32];

    return local_text(r, 7 * week + weekday, hour, text) &&
           well(r, rota_time_parse(r, text, DEMO_ZONE, out), text);
}

bool local_clock(rota *r, rota_time t, char text[32])
{
    char utc[ROTA_TIME_TEXT];
    rota_time_reading clock = ROTA_INIT(rota_time_reading);

    if (!well(r, rota_time_format(t, utc), "time") ||
        !well(r, rota_time_resolve(r, utc, DEMO_ZONE, &clock), utc))
        return false;
    snprintf(text, 32, "%.16s", clock.local);
    return true;
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A calendar is a file and what SQLite keeps beside it: a directory of its own. */
static bool make_directory(char path[64])
{
    snprintf(path, 64, "%s",
             access("build", W_OK) == 0 ? "build/demo-XXXXXX" : "/tmp/rota-demo-XXXXXX");
    if (mkdtemp(path) == NULL) {
        perror(path);
        return false;
    }
    return true;
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        unlink(name); /* `.` and `..` stay, being directories */
    }
    if (directory != NULL) closedir(directory);
    rmdir(path);
}

static bool add_campus(rota *r, rota_id *campus)
{
    rota_resource_request want = ROTA_INIT(rota_resource_request);
    rota_receipt receipt = ROTA_INIT(rota_receipt);

    want.kind = "place";
    want.name = "Campus";
    want.ref = "campus";
    want.zone = DEMO_ZONE;
    if (!well(r, rota_resource_create(r, NULL, &want, &receipt), want.name)) return false;
    *campus = receipt.id;
    return true;
}

static bool add_rooms(rota *r, struct timetable *t, rota_id campus)
{
    for (size_t i = 0; i < t->room_count; i++) {
        struct room *room = &t->rooms[i];
        rota_resource_request want = ROTA_INIT(rota_resource_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);
        char seats[32];

        /* Seats are not units: a room is taken by one lecture, however full it is. */
        snprintf(seats, sizeof seats, "{\"seats\":%d}", room->first->seats);
        want.kind = "room";
        want.name = room->first->room;
        want.zone = DEMO_ZONE;
        want.data = seats;
        want.parent = campus;
        if (!well(r, rota_resource_create(r, NULL, &want, &receipt), want.name)) return false;
        room->id = receipt.id;
    }
    return true;
}

static bool add_groups(rota *r, struct timetable *t)
{
    for (int i = 0; i < t->group_count; i++) {
        rota_resource_request want = ROTA_INIT(rota_resource_request);
        rota_receipt receipt = ROTA_INIT(rota_receipt);

        want.kind = "students";
        want.name = t->groups[i].course;
        want.zone = DEMO_ZONE;
        want.capacity = t->groups[i].lectures;
        if (!well(r, rota_resource_create(r, NULL, &want, &receipt), want.name)) return false;
        t->groups[i].id = receipt.id;
    }
    return true;
}

static void print_lecture(const struct lecture *lecture)
{
    printf("%s %s-%s  %-28s %s\n", weekday_name(lecture->weekday), lecture->start, lecture->end,
           lecture->course, lecture->kind);
}

/* The refused lecture, and under it each one that has its room: in each week the same, so
 * those of the first are told. */
static bool print_refusal(rota *r, const struct timetable *t, const struct lecture *refused)
{
    rota_result *rows = NULL;

    if (!well(r, rota_conflict_list(r, &rows), "conflicts")) return false;
    printf("  %-10s refused   ", refused->room);
    print_lecture(refused);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict), first = ROTA_INIT(rota_conflict);
        if (rota_conflict_at(rows, i, &row) != ROTA_OK ||
            rota_conflict_at(rows, 0, &first) != ROTA_OK || row.ref == NULL ||
            row.asked != first.asked)
            continue;
        printf("  %-10s taken by  ", "");
        print_lecture(&t->lectures[strtoul(row.ref, NULL, 10)]);
    }
    rota_result_free(rows);
    return true;
}

/* A booking's ref is its lecture's place in the file: so a conflict leads back. */
static bool book(rota *r, const struct timetable *t, size_t i, size_t *refused)
{
    const struct lecture *lecture = &t->lectures[i];
    rota_booking_request want = ROTA_INIT(rota_booking_request);
    rota_recurrence weekly = ROTA_INIT(rota_recurrence);
    rota_claim claims[2] = { { .resource = t->rooms[lecture->place].id, .units = 1 } };
    char title[80], ref[24], first[32], rule[40];
    rota_span when;

    snprintf(title, sizeof title, "%s %s", lecture->course, lecture->kind);
    snprintf(ref, sizeof ref, "%zu", i);
    snprintf(rule, sizeof rule, "FREQ=WEEKLY;COUNT=%d", WEEKS);
    want.title = title;
    want.ref = ref;
    want.claims = claims;
    want.claim_count = 1;
    if (lecture->group != NO_GROUP)
        claims[want.claim_count++] = (rota_claim){ .resource = t->groups[lecture->group].id,
                                                   .units = 1 };
    want.recurrence = &weekly;
    if (!local_text(r, lecture->weekday, lecture->start, first) ||
        !local_instant(r, 0, lecture->weekday, lecture->start, &when.start) ||
        !local_instant(r, 0, lecture->weekday, lecture->end, &when.end))
        return false;
    weekly.start = first;
    weekly.zone = DEMO_ZONE;
    weekly.rule = rule;
    weekly.length = when.end - when.start;

    int status = rota_booking_create(r, NULL, &want, NULL);
    if (status != ROTA_ECONFLICT) return well(r, status, title);
    ++*refused;
    return print_refusal(r, t, lecture);
}

/* Read the last week of every room, some times over. */
static bool read_weeks(rota *r, const struct timetable *t, int64_t *read)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);

    if (!local_instant(r, WEEKS - 1, 0, "00:00", &query.when.start)) return false;
    query.when.end = query.when.start + 7 * DAY;
    for (size_t i = 0; i < t->room_count * ROUNDS; i++) {
        rota_result *rows = NULL;
        query.resource = t->rooms[i % t->room_count].id;
        if (!well(r, rota_booking_list(r, &query, &rows), "bookings")) return false;
        *read += rota_result_count(rows);
        rota_result_free(rows);
    }
    return true;
}

static bool book_all(rota *r, struct timetable *t, size_t *refused, double *took)
{
    rota_id campus;

    if (!add_campus(r, &campus) || !add_rooms(r, t, campus) || !add_groups(r, t)) return false;
    printf("\nRefused, for the room is taken:\n\n");
    double start = seconds();
    for (size_t i = 0; i < t->count; i++)
        if (!book(r, t, i, refused)) return false;
    *took = seconds() - start;
    return true;
}

/* In another process it might be: everything is read from the file. */
static bool look(rota *r, struct timetable *t, size_t refused, double took)
{
    enum { AFTER_CHANGE = 5, THIS_WEEK = 6 }; /* the clocks go back on 2016-10-30, a Sunday */
    int64_t read = 0;

    if (!chart_print(r, t, AFTER_CHANGE, 0, "10:00") ||
        !local_instant(r, THIS_WEEK, 0, "09:40", &shown) || !ask(r, t, THIS_WEEK, 0, &shown))
        return false;
    double start = seconds();
    if (!read_weeks(r, t, &read)) return false;
    double listed = seconds() - start;

    if (!well(r, rota_check(r, ROTA_TIME_MIN), "check")) return false;
    printf("\n%zu lectures of %d weeks: %zu booked, %zu refused; checked, no room is taken twice\n",
           t->count, (int)WEEKS, t->count - refused, refused);
    printf("%.0f series/s, each on the disk before its answer; %.0f lists/s of a room's week,"
           "\n%.0f lectures/s read\n",
           (double)t->count / took, (double)(t->room_count * ROUNDS) / listed,
           (double)read / listed);
    return true;
}

static bool run(const char *url, struct timetable *t)
{
    rota_config config = ROTA_INIT(rota_config);
    rota *r = NULL;
    size_t refused = 0;
    double took = 0;

    config.now = clock_of;
    bool good = well(r, rota_open(url, &config, &r), url) && book_all(r, t, &refused, &took);

    rota_close(r);
    r = NULL;
    good = good && well(r, rota_open(url, &config, &r), url) && look(r, t, refused, took);
    rota_close(r);
    return good;
}

static const char *find_timetable(const char *argument, char path[512])
{
    static const char *const name = "data/university-timetable.csv";
    const char *shared = getenv("ROTA_SHARED");

    if (argument != NULL) return argument;
    snprintf(path, 512, "%s/%s", shared != NULL ? shared : "../shared", name);
    return access(path, R_OK) == 0 ? path : "examples/demo/timetable.csv";
}

int main(int argc, char **argv)
{
    char directory[64], url[128], path[512];
    const char *source = find_timetable(argc > 1 ? argv[1] : NULL, path);
    struct timetable t;
    bool good = timetable_read(source, &t);

    if (good && (good = make_directory(directory))) {
        printf("rota %s books %d weeks of %zu lectures in %zu rooms (%s)\n", rota_version(),
               (int)WEEKS, t.count, t.room_count, source);
        snprintf(url, sizeof url, "%s/semester.rota", directory);
        good = run(url, &t);
        remove_directory(directory);
    }
    timetable_free(&t);
    return good ? 0 : 1;
}
