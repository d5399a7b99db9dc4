/* Who is where: the rooms in use at an hour, each with its day as a bar; and a room's week,
 * a day a bar. Everything drawn is read back from the calendar. */
#include "demo.h"

#include <stdio.h>
#include <string.h>

enum { QUARTER = 900, COLUMNS = (LAST_HOUR - FIRST_HOUR) * 4, ROWS = 24 };

static bool contains(rota_span span, rota_time t)
{
    return span.start <= t && t < span.end;
}

static bool read_room(rota *r, const struct room *room, rota_span when, rota_result **rows)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);

    query.resource = room->id;
    query.when = when;
    return well(r, rota_booking_list(r, &query, rows), room->first->room);
}

/* Neighbours are told apart by their shade. */
static void print_bar(const rota_result *rows, rota_time from)
{
    static const char *const shades[] = { "█", "▒" };
    rota_booking booking = ROTA_INIT(rota_booking);
    int64_t next = 0;

    for (int column = 0; column < COLUMNS; column++) {
        rota_time t = from + (rota_time)column * QUARTER;
        while (next < rota_result_count(rows) && rota_booking_at(rows, next, &booking) == ROTA_OK &&
               booking.when.end <= t)
            next++;
        bool taken = next < rota_result_count(rows) && contains(booking.when, t);
        fputs(taken ? shades[next % 2] : column % 4 == 0 ? "·" : " ", stdout);
    }
}

static void print_room(const struct room *room, const rota_result *rows, rota_time from,
                       rota_time at)
{
    rota_booking booking = ROTA_INIT(rota_booking);

    printf("  %-10s ", room->first->room);
    print_bar(rows, from);
    for (int64_t i = 0; i < rota_result_count(rows); i++)
        if (rota_booking_at(rows, i, &booking) == ROTA_OK && contains(booking.when, at))
            printf("  %s", booking.title);
    putchar('\n');
}

/* How many rooms are in use at that moment. */
static bool count_in_use(rota *r, rota_time at, int64_t *count)
{
    rota_booking_query query = ROTA_INIT(rota_booking_query);
    rota_result *rows = NULL;

    query.when = (rota_span){ at, at + 1 };
    if (!well(r, rota_booking_list(r, &query, &rows), "bookings")) return false;
    *count = rota_result_count(rows);
    rota_result_free(rows);
    return true;
}

const char *day_name(int weekday)
{
    static const char *const names[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
                                         "Friday", "Saturday", "Sunday" };
    return names[weekday];
}

static void print_heading(const struct timetable *t, int64_t in_use, int week, int weekday,
                          const char *hour)
{
    printf("\nWho is where on %s of week %d at %s: %lld of %zu rooms are in use", day_name(weekday),
           week + 1, hour, (long long)in_use, t->room_count);
    printf(in_use > ROWS ? ", here are %d of them\n\n  room       " : "\n\n  room       ", ROWS);
    for (int h = FIRST_HOUR; h < LAST_HOUR; h++)
        printf("%02d  ", h);
    printf("  at %s\n", hour);
}

bool chart_print(rota *r, const struct timetable *t, int week, int weekday, const char *hour)
{
    rota_span day;
    rota_time at;
    int64_t in_use = 0;
    int printed = 0;

    if (!local_instant(r, week, weekday, "08:00", &day.start) ||
        !local_instant(r, week, weekday, "20:00", &day.end) ||
        !local_instant(r, week, weekday, hour, &at) || !count_in_use(r, at, &in_use))
        return false;

    print_heading(t, in_use, week, weekday, hour);
    for (size_t i = 0; i < t->room_count && printed < ROWS; i++) {
        rota_result *now = NULL, *rows = NULL;
        if (!read_room(r, &t->rooms[i], (rota_span){ at, at + 1 }, &now)) return false;
        bool used = rota_result_count(now) > 0;
        rota_result_free(now);
        if (!used) continue;
        if (!read_room(r, &t->rooms[i], day, &rows)) return false;
        print_room(&t->rooms[i], rows, day.start, at);
        rota_result_free(rows);
        printed++;
    }
    return true;
}

/* --- a week --- */

enum { EARLY = FIRST_HOUR - 1, LATE = LAST_HOUR + 1, CELLS = (LATE - EARLY) * 4 };

/* A cell is of the kind that its first moment is. */
static bool paint(rota *r, const rota_result *spans, rota_time from, const char *paint_with,
                  const char *cells[CELLS])
{
    for (int64_t i = 0; i < rota_result_count(spans); i++) {
        rota_span span;
        if (!well(r, rota_span_at(spans, i, &span), "span")) return false;
        for (int cell = 0; cell < CELLS; cell++)
            if (contains(span, from + (rota_time)cell * QUARTER)) cells[cell] = paint_with;
    }
    return true;
}

static bool print_day(rota *r, const struct room *room, int week, int weekday)
{
    static const char closed[] = " ", open[] = "·", busy[] = "█";
    const char *cells[CELLS];
    rota_result *hours = NULL, *taken = NULL;
    rota_span day;
    int free_cells = 0;

    if (!local_instant(r, week, weekday, "07:00", &day.start) ||
        !local_instant(r, week, weekday, "21:00", &day.end))
        return false;
    for (int cell = 0; cell < CELLS; cell++)
        cells[cell] = closed;
    bool good = well(r, rota_hours_open(r, &room->id, day, &hours), "hours") &&
                well(r, rota_busy_list(r, &room->id, day, &taken), "busy") &&
                paint(r, hours, day.start, open, cells) && paint(r, taken, day.start, busy, cells);
    rota_result_free(hours);
    rota_result_free(taken);
    if (!good) return false;
    printf("  %-10s ", day_name(weekday));
    for (int cell = 0; cell < CELLS; cell++) {
        fputs(cells[cell], stdout);
        free_cells += cells[cell] == open;
    }
    printf("  %2d:%02d free\n", free_cells / 4, free_cells % 4 * 15);
    return true;
}

bool chart_week(rota *r, const struct room *room, int week)
{
    printf("\nWeek %d of %s: █ busy, · open and free\n\n             ", week + 1,
           room->first->room);
    for (int hour = EARLY; hour < LATE; hour++)
        printf(hour + 1 < LATE ? "%02d  " : "%02d", hour);
    putchar('\n');
    for (int weekday = 0; weekday < 7; weekday++)
        if (!print_day(r, room, week, weekday)) return false;
    return true;
}
