/* Placement: where a booking may lie that gives no start, and what made way for another. */
#include "host.h"

enum { USUAL_DAYS = 28, DAY = 86400 };

bool is_placed(struct request *q)
{
    static const char *const fields[] = { "date", "from",     "to",     "step",
                                          "days", "earliest", "latest", NULL };

    for (int i = 0; has(q, "start") && fields[i] != NULL; i++)
        if (has(q, fields[i]))
            fail(q, ROTA_EINVALID, "\"%s\" is for a booking without a start", fields[i]);
    return !has(q, "start");
}

/* A date, or what lies between two moments: from now on, for four weeks, unless they say more.
 * What now is the library says: to a call that is repeated it is what it was. */
static rota_span window_of(struct request *q)
{
    rota_span window = { ROTA_TIME_MIN, ROTA_TIME_MAX };

    if (has(q, "date")) {
        if (has(q, "from") || has(q, "to"))
            fail(q, ROTA_EINVALID, "\"date\" and \"from\" or \"to\" are both given");
        return day_of(q, "date");
    }
    if (!has(q, "from") && !has(q, "to")) return window;
    window.start = moment_of(q, "from", ROTA_TIME_MIN);
    int64_t left = ROTA_TIME_MAX - window.start, usual = (int64_t)USUAL_DAYS * DAY;
    window.end = moment_of(q, "to", window.start + (left < usual ? left : usual));
    return window;
}

rota_placement placement_of(struct request *q)
{
    rota_placement placement = ROTA_INIT(rota_placement);

    if (has(q, "end")) fail(q, ROTA_EINVALID, "\"end\" is given, and no \"start\"");
    placement.window = window_of(q);
    placement.duration = integer_of(q, "duration", 1, INT64_MAX, 0);
    placement.step = integer_of(q, "step", 1, INT64_MAX, 0);
    placement.zone = text_of(q, "tz");
    placement.days = weekdays_of(q, json_object_get(q->in, "days"));
    if (has(q, "earliest")) placement.from = clock_of(q, "earliest", text_of(q, "earliest"));
    if (has(q, "latest")) placement.until = clock_of(q, "latest", text_of(q, "latest"));
    return placement;
}

json_t *moved_json(struct request *q)
{
    rota_result *rows = NULL;

    if (rota_displacement_list(q->host->r, &rows) != ROTA_OK) return NULL;
    json_t *list = json_array();
    for (int64_t i = 0; i < rota_result_count(rows); i++) {
        rota_displacement row = ROTA_INIT(rota_displacement);
        if (rota_displacement_at(rows, i, &row) != ROTA_OK) continue;
        json_t *moved = json_pack("{s:o, s:o, s:o}", "booking", id_json(&row.booking), "from",
                                  instant_json(row.from.start), "to", instant_json(row.to.start));
        if (row.recurs == ROTA_RECURS_OCCURRENCE)
            json_object_set_new(moved, "occurrence", instant_json(row.occurrence));
        append(q, list, moved);
    }
    rota_result_free(rows);
    return list;
}
