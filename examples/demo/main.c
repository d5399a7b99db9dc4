/* The main job on real input: book one week of a university's lectures in their
 * rooms, in a file on the disk, and let rota refuse those that were double-booked.
 * Usage: rota-demo [CSV] */
#define _POSIX_C_SOURCE 200809L

#include "demo.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5 };

static const char *const dates[] = { "2016-09-26", "2016-09-27", "2016-09-28", "2016-09-29",
                                     "2016-09-30", "2016-10-01", "2016-10-02" };

bool well(rota *r, int status, const char *what)
{
    if (status != ROTA_OK) fprintf(stderr, "rota-demo: %s: %s\n", what, rota_errmsg(r));
    return status == ROTA_OK;
}

bool local_instant(rota *r, int weekday, const char *hour, rota_time *out)
{
    char text[32];

    snprintf(text, sizeof text, "%sT%s", dates[weekday], hour);
    return well(r, rota_time_parse(r, text, DEMO_ZONE, out), text);
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

static bool add_rooms(rota *r, struct timetable *t)
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
        if (!well(r, rota_resource_create(r, NULL, &want, &receipt), want.name)) return false;
        room->id = receipt.id;
    }
    return true;
}

static void print_lecture(const struct lecture *lecture)
{
    printf("%s %s-%s  %-28s %s\n", weekday_name(lecture->weekday), lecture->start, lecture->end,
           lecture->course, lecture->kind);
}

/* The refused lecture, and under it each one that has its room. */
static bool print_refusal(rota *r, const struct timetable *t, const struct lecture *refused)
{
    rota_result *rows = NULL;

    if (!well(r, rota_conflict_list(r, &rows), "conflicts")) return false;
    printf("  %-10s refused   ", refused->room);
    print_lecture(refused);
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_conflict row = ROTA_INIT(rota_conflict);
        if (rota_conflict_at(rows, i, &row) != ROTA_OK || row.ref == NULL) continue;
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
    rota_claim claim = { .resource = t->rooms[lecture->place].id, .units = 1 };
    char title[80], ref[24];

    snprintf(title, sizeof title, "%s %s", lecture->course, lecture->kind);
    snprintf(ref, sizeof ref, "%zu", i);
    want.title = title;
    want.ref = ref;
    want.claims = &claim;
    want.claim_count = 1;
    if (!local_instant(r, lecture->weekday, lecture->start, &want.when.start) ||
        !local_instant(r, lecture->weekday, lecture->end, &want.when.end))
        return false;

    int status = rota_booking_create(r, NULL, &want, NULL);
    if (status != ROTA_ECONFLICT) return well(r, status, title);
    ++*refused;
    return print_refusal(r, t, lecture);
}

/* Read the week of every room, some times over. */
static bool read_weeks(rota *r, const struct timetable *t, int64_t *read)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);

    if (!local_instant(r, 0, "00:00", &query.when.start)) return false;
    query.when.end = query.when.start + 7 * 86400;
    for (size_t i = 0; i < t->room_count * ROUNDS; i++) {
        rota_result *rows = NULL;
        query.resource = t->rooms[i % t->room_count].id;
        if (!well(r, rota_booking_list(r, &query, &rows), "bookings")) return false;
        *read += rota_result_count(rows);
        rota_result_free(rows);
    }
    return true;
}

static bool run(rota *r, struct timetable *t)
{
    size_t refused = 0;
    int64_t read = 0;

    if (!add_rooms(r, t)) return false;
    printf("\nRefused, for the room is taken:\n\n");
    double start = seconds();
    for (size_t i = 0; i < t->count; i++)
        if (!book(r, t, i, &refused)) return false;
    double booked = seconds() - start;

    if (!chart_print(r, t, 0, "10:00")) return false;
    start = seconds();
    if (!read_weeks(r, t, &read)) return false;
    double listed = seconds() - start;

    if (!well(r, rota_check(r, ROTA_TIME_MIN), "check")) return false;
    printf("\n%zu lectures: %zu booked, %zu refused; checked, no room is taken twice\n", t->count,
           t->count - refused, refused);
    printf("%.0f bookings/s, each on the disk before its answer; %.0f lists/s of a room's week,"
           "\n%.0f bookings/s read\n",
           (double)t->count / booked, (double)(t->room_count * ROUNDS) / listed,
           (double)read / listed);
    return true;
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
    rota *r = NULL;
    bool good = timetable_read(source, &t);

    if (good && (good = make_directory(directory))) {
        printf("rota %s books a week of %zu lectures in %zu rooms (%s)\n", rota_version(), t.count,
               t.room_count, source);
        snprintf(url, sizeof url, "%s/week.rota", directory);
        good = well(r, rota_open(url, NULL, &r), url) && run(r, &t);
        rota_close(r);
        remove_directory(directory);
    }
    timetable_free(&t);
    return good ? 0 : 1;
}
