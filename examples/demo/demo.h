/* A week of lectures: what the demo's files share. */
#ifndef ROTA_DEMO_H
#define ROTA_DEMO_H

#include <rota.h>
#include <stdbool.h>
#include <stddef.h>

#define DEMO_ZONE "Europe/Lisbon"

enum { FIRST_HOUR = 8, LAST_HOUR = 20 };

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
};

struct room {
    const struct lecture *first; /* has its name and seats */
    rota_id id;
};

struct timetable {
    struct lecture *lectures;
    size_t count;
    struct room *rooms; /* as they first appear */
    size_t room_count;
};

/* timetable.c */
bool timetable_read(const char *path, struct timetable *out);
void timetable_free(struct timetable *t);
const char *weekday_name(int weekday); /* "MO" */

/* chart.c */
bool chart_print(rota *r, const struct timetable *t, int weekday, const char *hour);

/* main.c */
bool well(rota *r, int status, const char *what); /* false: it has been told */
bool local_instant(rota *r, int weekday, const char *hour, rota_time *out);

#endif
