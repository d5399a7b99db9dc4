/* The timetable as a file: room,capacity,weekday,start,end,students,course,kind, one
 * lecture a line under one line of headings. It knows nothing of rota. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const weekdays[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };

const char *weekday_name(int weekday)
{
    return weekdays[weekday];
}

static bool read_lecture(const char *line, struct lecture *out)
{
    char weekday[3];

    if (sscanf(line, "%23[^,],%d,%2[^,],%5[^,],%5[^,],%d,%31[^,],%31[^,\r\n]", out->room,
               &out->seats, weekday, out->start, out->end, &out->students, out->course,
               out->kind) != 8)
        return false;
    for (out->weekday = 0; out->weekday < 7; out->weekday++)
        if (strcmp(weekday, weekdays[out->weekday]) == 0) return true;
    return false;
}

static bool read_lectures(FILE *file, const char *path, struct timetable *t)
{
    char line[256];
    size_t space = 0;

    for (size_t number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        if (number == 1) continue;
        if (t->count == space) {
            space = space == 0 ? 256 : space * 2;
            struct lecture *more = realloc(t->lectures, space * sizeof *more);
            if (more == NULL) {
                fprintf(stderr, "%s: out of memory\n", path);
                return false;
            }
            t->lectures = more;
        }
        if (!read_lecture(line, &t->lectures[t->count])) {
            fprintf(stderr, "%s: line %zu is no lecture\n", path, number);
            return false;
        }
        t->count++;
    }
    return true;
}

static bool number_rooms(struct timetable *t)
{
    t->rooms = calloc(t->count + 1, sizeof *t->rooms);
    if (t->rooms == NULL) return false;
    for (size_t i = 0; i < t->count; i++) {
        struct lecture *lecture = &t->lectures[i];
        size_t place = 0;
        while (place < t->room_count && strcmp(t->rooms[place].first->room, lecture->room) != 0)
            place++;
        if (place == t->room_count) t->rooms[t->room_count++].first = lecture;
        lecture->place = place;
    }
    return true;
}

/* Those with the most lectures; of as many, the first in the file. */
static void choose_groups(struct timetable *t)
{
    for (size_t i = 0; i < t->count; i++)
        t->lectures[i].group = NO_GROUP;
    for (int g = 0; g < GROUPS; g++) {
        struct group best = { 0 };
        for (size_t i = 0; i < t->count; i++) {
            const char *course = t->lectures[i].course;
            int lectures = 0;
            if (t->lectures[i].group != NO_GROUP) continue;
            for (size_t k = i; k < t->count; k++)
                lectures += strcmp(t->lectures[k].course, course) == 0;
            if (lectures > best.lectures)
                best = (struct group){ .course = course, .lectures = lectures };
        }
        if (best.course == NULL) return;
        for (size_t i = 0; i < t->count; i++)
            if (strcmp(t->lectures[i].course, best.course) == 0) t->lectures[i].group = g;
        t->groups[t->group_count++] = best;
    }
}

bool timetable_read(const char *path, struct timetable *out)
{
    FILE *file = fopen(path, "r");

    *out = (struct timetable){ 0 };
    if (file == NULL) {
        perror(path);
        return false;
    }
    bool good = read_lectures(file, path, out) && number_rooms(out);
    if (good) choose_groups(out);
    fclose(file);
    return good;
}

void timetable_free(struct timetable *t)
{
    free(t->lectures);
    free(t->rooms);
}
