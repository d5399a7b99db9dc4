/* A semester of lectures: what the demo's files share. */
#ifndef ROTA_DEMO_H
#define ROTA_DEMO_H

#include <rota.h>
#include <stdbool.h>
#include <stddef.h>

#define DEMO_ZONE "Europe/Lisbon"

enum { FIRST_HOUR = 8, LAST_HOUR = 20, GROUPS = 5, NO_GROUP = -1 };

struct lecture {
    char room[24];
    int seats;
    int weekday;   /* 0: Monday */
    char start[6]; /* local, "09:30" */
    char end[6];
    int students;
    char course[32];
    char kind[32];
    size_t place; /* of the room in timetable.rooms */
    int group;    /* in timetable.groups, or NO_GROUP */
};

struct room {
    const struct lecture *first; /* has its name and seats */
    rota_id id;
};

/* Who takes a course. Of its lectures some are at the same time, in several rooms: each
 * takes one unit, and they are all free where every unit is. */
struct group {
    const char *course;
    int lectures;
    rota_id id;
};

struct timetable {
    struct lecture *lectures;
    size_t count;
    struct room *rooms; /* as they first appear */
    size_t room_count;
    struct group groups[GROUPS]; /* the courses with the most lectures */
    int group_count;
};

/* timetable.c */
bool timetable_read(const char *path, struct timetable *out);
void timetable_free(struct timetable *t);
const char *weekday_name(int weekday); /* "MO" */

/* chart.c */
bool chart_print(rota *r, const struct timetable *t, int week, int weekday, const char *hour);
bool chart_week(rota *r, const struct room *room, int week);

/* ask.c */
bool ask(rota *r, const struct timetable *t, int week, int weekday, rota_time *now);

/* main.c */
bool well(rota *r, int status, const char *what); /* false: it has been told */
bool local_instant(rota *r, int week, int weekday, const char *hour, rota_time *out);
bool local_clock(rota *r, rota_time t, char text[32]); /* "2016-11-07T09:40" */
const char *day_name(int weekday);                     /* "Monday" */

#endif
