#include "domain/event.h"

#include "base/str.h"
#include "domain/hours_text.h"
#include "domain/placement.h"
#include "domain/recurrence.h"

const char *rota_event_name(int32_t type)
{
    switch (type) {
#define NAME(constant, number, text) \
    case ROTA_EVENT_##constant:      \
        return text;
        ROTA_EVENT_MAP(NAME)
#undef NAME
    default:
        return "unknown";
    }
}

const char *rota__event_status(int32_t status)
{
    static const char *const names[] = {
        [ROTA_BOOKING_HELD] = "held",
        [ROTA_BOOKING_CONFIRMED] = "confirmed",
        [ROTA_BOOKING_CHECKED_IN] = "checked_in",
        [ROTA_BOOKING_COMPLETED] = "completed",
        [ROTA_BOOKING_CANCELLED] = "cancelled",
        [ROTA_BOOKING_EXPIRED] = "expired",
    };
    return status > 0 && status < ROTA__LENGTH(names) ? names[status] : "unknown";
}

static void add_name(rota__str *json, const char *name)
{
    bool first = json->length > 0 && json->text[json->length - 1] == '{';
    rota__str_add(json, first ? "\"" : ",\"");
    rota__str_add(json, name);
    rota__str_add(json, "\":");
}

/* Text in which nothing needs escaping. */
static void add_plain(rota__str *json, const char *name, const char *text)
{
    add_name(json, name);
    rota__str_add(json, "\"");
    rota__str_add(json, text);
    rota__str_add(json, "\"");
}

static void add_int(rota__str *json, const char *name, int64_t number)
{
    add_name(json, name);
    rota__str_int(json, number);
}

static void add_bool(rota__str *json, const char *name, bool value)
{
    add_name(json, name);
    rota__str_add(json, value ? "true" : "false");
}

static void add_id(rota__str *json, const char *name, const rota_id *id)
{
    char text[37];
    rota_id_format(id, text);
    add_plain(json, name, text);
}

static void add_text(rota__str *json, const char *name, const char *text)
{
    if (!text) return;
    add_name(json, name);
    rota__str_json(json, text);
}

static void add_time(rota__str *json, const char *name, rota_time t)
{
    char text[ROTA_TIME_TEXT];
    if (rota_time_format(t, text) == ROTA_OK) add_plain(json, name, text);
}

/* id NULL: of what has none yet. */
static void begin(rota__str *json, rota__write *w, const rota_id *id)
{
    rota__str_init(json, w->cx->env.arena);
    rota__str_add(json, "{");
    if (id) add_id(json, "id", id);
}

static void add_claims(rota__str *json, const rota__claim *claims, int64_t count)
{
    static const char *const roles[] = { "required", "optional", "organizer" };
    rota__str_add(json, ",\"claims\":[");
    for (int64_t i = 0; i < count; i++) {
        const rota__claim *claim = &claims[i];
        bool known = claim->role >= 0 && claim->role < ROTA__LENGTH(roles);
        char id[37];
        rota_id_format(&claim->resource_id, id);
        rota__str_add(json, i ? ",{\"resource\":\"" : "{\"resource\":\"");
        rota__str_add(json, id);
        rota__str_add(json, "\"");
        add_int(json, "units", claim->units);
        add_plain(json, "role", known ? roles[claim->role] : "unknown");
        add_bool(json, "free", claim->flags & ROTA_CLAIM_FREE);
        rota__str_add(json, "}");
    }
    rota__str_add(json, "]");
}

static void add_texts(rota__str *json, const char *name, const char *const *texts, int64_t count)
{
    add_name(json, name);
    rota__str_add(json, "[");
    for (int64_t i = 0; i < count; i++) {
        if (i) rota__str_add(json, ",");
        rota__str_json(json, texts[i]);
    }
    rota__str_add(json, "]");
}

/* Those that were changed by themselves have events of their own. */
static void add_skipped(rota__str *json, const rota__series *series)
{
    bool any = false;
    for (int64_t i = 0; i < series->exception_count; i++) {
        const rota__exception *is = &series->exceptions[i];
        char text[ROTA_TIME_TEXT];
        if (is->kind != ROTA__EXCEPT_SKIPPED || rota_time_format(is->original, text) != ROTA_OK)
            continue;
        rota__str_add(json, any ? ",\"" : ",\"skipped\":[\"");
        rota__str_add(json, text);
        rota__str_add(json, "\"");
        any = true;
    }
    if (any) rota__str_add(json, "]");
}

/* Of one era that was never shifted all is said already. */
static int add_eras(rota__env *env, rota__str *json, const rota__series *series)
{
    if (series->era_count == 1 && series->eras[0].shift == 0) return ROTA_OK;
    rota__str_add(json, ",\"eras\":[");
    for (int64_t i = 0; i < series->era_count; i++) {
        const rota__era *era = &series->eras[i];
        const char *from = i ? rota__recurrence_local(env, era->from, false) : NULL;
        if (i && !from) return rota__error_plain(env->error, ROTA_ENOMEM);
        rota__str_add(json, i ? ",{\"from\":" : "{\"from\":");
        rota__str_json(json, from);
        add_int(json, "shift", era->shift);
        add_int(json, "length", era->length);
        add_bool(json, "cancelled", era->cancelled);
        add_claims(json, era->claims, era->claim_count);
        rota__str_add(json, "}");
    }
    rota__str_add(json, "]");
    return ROTA_OK;
}

static int add_recurrence(rota__write *w, rota__str *json, const rota__booking *b)
{
    rota__env *env = &w->cx->env;
    const rota_recurrence *made;
    rota__series series;
    int rc;
    if (!b->series) return ROTA_OK;
    if ((rc = rota__series_read(env, w->cx->zones, b->series, b->series_size, &series)) !=
            ROTA_OK ||
        (rc = rota__recurrence_write(env, &series, &made)) != ROTA_OK)
        return rc;
    if (series.checked_until < ROTA_TIME_MAX) add_time(json, "checked_until", series.checked_until);
    rota__str_add(json, ",\"recurrence\":{\"start\":");
    rota__str_json(json, made->start);
    add_text(json, "zone", made->zone);
    add_text(json, "rule", made->rule);
    add_int(json, "length", made->length);
    add_bool(json, "all_day", made->all_day);
    add_texts(json, "rdates", made->rdates, made->rdate_count);
    add_texts(json, "exdates", made->exdates, made->exdate_count);
    add_int(json, "exceptions", series.exception_count);
    add_skipped(json, &series);
    rc = add_eras(env, json, &series);
    rota__str_add(json, "}");
    return rc;
}

static void add_days(rota__str *json, uint32_t days)
{
    static const char *const names[] = { "MO", "TU", "WE", "TH", "FR", "SA", "SU" };
    bool first = true;
    if (days == 0) return;
    rota__str_add(json, ",\"days\":[");
    for (int64_t i = 0; i < ROTA__LENGTH(names); i++) {
        if (!(days & UINT32_C(1) << i)) continue;
        rota__str_addf(json, first ? "\"%s\"" : ",\"%s\"", names[i]);
        first = false;
    }
    rota__str_add(json, "]");
}

static void add_clock(rota__str *json, const char *name, int32_t seconds)
{
    int32_t rest = seconds % 60;
    add_name(json, name);
    rota__str_addf(json, "\"%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    if (rest) rota__str_addf(json, ":%02d", (int)rest);
    rota__str_add(json, "\"");
}

static int add_placement(rota__write *w, rota__str *json, const rota__booking *b)
{
    enum { DAY = 86400 };
    rota__placement placement;
    int rc = rota__placement_read(&w->cx->env, b, &placement);
    if (rc != ROTA_OK) return rc;
    rota__str_add(json, ",\"placement\":{\"zone\":");
    rota__str_json(json, placement.zone);
    add_time(json, "from", placement.window.start);
    add_time(json, "until", placement.window.end);
    add_int(json, "step", placement.step);
    if (placement.days != ROTA__EVERY_DAY) add_days(json, placement.days);
    if (placement.start != 0 || placement.end != DAY) {
        add_clock(json, "start", placement.start);
        add_clock(json, "end", placement.end > DAY ? placement.end - DAY : placement.end);
    }
    rota__str_add(json, "}");
    return ROTA_OK;
}

/* Who it is to the host: an occurrence goes by its series. */
static const rota_id *id_of(const rota__booking *b)
{
    return b->part_of ? &b->part_of_id : &b->id;
}

static const char *const booking_kinds[] = { "booking", "maintenance", "absence" };

static int booking_json(rota__write *w, const rota__booking *b, const rota__booking *winner,
                        const char **out)
{
    rota__str json;
    bool endless = b && b->series && b->when.end == ROTA_TIME_MAX;
    *out = NULL;
    if (!b) return ROTA_OK;
    begin(&json, w, id_of(b));
    if (b->part_of) add_time(&json, "occurrence", b->occurrence);
    add_text(&json, "ref", b->ref);
    add_text(&json, "title", b->title);
    add_text(&json, "data", b->data);
    add_time(&json, "start", b->when.start);
    if (!endless) add_time(&json, "end", b->when.end);
    if (b->kind) add_plain(&json, "kind", booking_kinds[b->kind]);
    add_plain(&json, "status", rota__event_status(b->status));
    if (b->hold_expires) add_time(&json, "hold_expires", b->hold_expires);
    add_int(&json, "priority", b->priority);
    if (!b->part_of) add_int(&json, "version", b->version);
    add_claims(&json, b->claims, b->claim_count);
    int rc = add_recurrence(w, &json, b);
    if (rc == ROTA_OK && b->placement) rc = add_placement(w, &json, b);
    if (rc != ROTA_OK) return rc;
    if (winner)
        add_id(&json, b->status == ROTA_BOOKING_CANCELLED ? "cancelled_for" : "displaced_by",
               id_of(winner));
    rota__str_add(&json, "}");
    *out = rota__str_done(&json);
    return *out ? ROTA_OK : rota__context_nomem(w->cx);
}

static const char *resource_json(rota__write *w, const rota__resource *r)
{
    rota__str json;
    if (!r) return NULL;
    begin(&json, w, &r->id);
    add_text(&json, "ref", r->ref);
    add_text(&json, "kind", r->kind);
    add_text(&json, "name", r->name);
    add_text(&json, "tz", r->zone);
    add_text(&json, "data", r->data);
    add_int(&json, "capacity", r->capacity);
    add_int(&json, "before", r->before);
    add_int(&json, "after", r->after);
    add_bool(&json, "active", r->active);
    add_int(&json, "version", r->version);
    rota__str_add(&json, ",\"tags\":[");
    for (int64_t i = 0; i < r->tag_count; i++) {
        if (i) rota__str_add(&json, ",");
        rota__str_json(&json, r->tags[i]);
    }
    rota__str_add(&json, "]");
    if (r->parent) add_id(&json, "parent", &r->parent_id);
    rota__str_add(&json, "}");
    return rota__str_done(&json);
}

static void add_hours_rule(rota__str *json, const rota_hours_rule *rule)
{
    static const char *const kinds[] = { "", "weekly", "dates", "exception" };
    rota__str_addf(json, "{\"kind\":\"%s\"", kinds[rule->kind]);
    add_days(json, rule->days);
    add_text(json, "from_date", rule->from_date);
    add_text(json, "to_date", rule->to_date);
    if (rule->closed) {
        add_bool(json, "closed", true);
    } else {
        add_clock(json, "start", rule->start);
        add_clock(json, "end", rule->end);
    }
    rota__str_add(json, "}");
}

static int hours_json(rota__write *w, const rota__resource *r, const char **out)
{
    rota__str json;
    rota_hours_rule *rules;
    int64_t count;
    int rc = rota__hours_show(&w->cx->env, r, &rules, &count);
    if (rc != ROTA_OK) return rc;
    begin(&json, w, &r->id);
    add_int(&json, "version", r->version);
    rota__str_add(&json, ",\"rules\":[");
    for (int64_t i = 0; i < count; i++) {
        if (i) rota__str_add(&json, ",");
        add_hours_rule(&json, &rules[i]);
    }
    rota__str_add(&json, "]}");
    *out = rota__str_done(&json);
    return *out ? ROTA_OK : rota__context_nomem(w->cx);
}

static const char *member_json(rota__write *w, const rota__member *m)
{
    rota__str json;
    if (!m) return NULL;
    begin(&json, w, &m->group_id);
    add_id(&json, "member", &m->member_id);
    if (m->when.start > ROTA_TIME_MIN) add_time(&json, "from", m->when.start);
    if (m->when.end < ROTA_TIME_MAX) add_time(&json, "until", m->when.end);
    rota__str_add(&json, "}");
    return rota__str_done(&json);
}

static int append(rota__write *w, int32_t type, const rota_id *subject, const char *before,
                  bool has_before, const char *after, bool has_after)
{
    rota__event *event = ROTA__PUSH(w->cx->env.arena, &w->batch.events);
    if (!event || (has_before && !before) || (has_after && !after))
        return rota__context_nomem(w->cx);
    *event = (rota__event){ .at = w->cx->now,
                            .type = type,
                            .subject = *subject,
                            .actor = w->call.actor,
                            .role = w->call.role,
                            .trace = w->call.trace,
                            .before = before,
                            .after = after };
    return ROTA_OK;
}

int rota__event_booking(rota__write *w, int32_t type, const rota__booking *winner)
{
    const rota__booking *before = &w->before.items[w->before.count - 1];
    const rota__booking *after = &w->batch.bookings.items[w->batch.bookings.count - 1];
    const char *was, *is;
    int rc;
    if (before->version == 0) before = NULL; /* it is new */
    if ((rc = booking_json(w, before, NULL, &was)) != ROTA_OK ||
        (rc = booking_json(w, after, winner, &is)) != ROTA_OK)
        return rc;
    return append(w, type, id_of(after), was, before != NULL, is, true);
}

int rota__event_note_unplaced(rota__write *w, const rota__booking *booking, rota_span window,
                              int64_t length)
{
    const rota_id *subject = booking->row ? &booking->id : &booking->claims[0].resource_id;
    rota__str json;
    begin(&json, w, booking->row ? &booking->id : NULL);
    add_text(&json, "ref", booking->ref);
    add_text(&json, "title", booking->title);
    add_int(&json, "length", length);
    add_time(&json, "from", window.start);
    add_time(&json, "until", window.end);
    add_claims(&json, booking->claims, booking->claim_count);
    rota__str_add(&json, "}");
    w->unplaced.subject = *subject;
    w->unplaced.json = rota__arena_text(w->cx->report, rota__str_done(&json), -1);
    return w->unplaced.json ? ROTA_OK : rota__context_nomem(w->cx);
}

int rota__event_unplaced(rota__write *w, const rota__unplaced *unplaced)
{
    return append(w, ROTA_EVENT_BOOKING_UNPLACED, &unplaced->subject, NULL, false, unplaced->json,
                  true);
}

int rota__event_resource(rota__write *w, int32_t type, const rota__resource *before,
                         const rota__resource *after)
{
    return append(w, type, after ? &after->id : &before->id, resource_json(w, before),
                  before != NULL, resource_json(w, after), after != NULL);
}

int rota__event_hours(rota__write *w, const rota__resource *before, const rota__resource *after)
{
    const char *was, *is;
    int rc;
    if ((rc = hours_json(w, before, &was)) != ROTA_OK ||
        (rc = hours_json(w, after, &is)) != ROTA_OK)
        return rc;
    return append(w, ROTA_EVENT_HOURS_CHANGED, &after->id, was, true, is, true);
}

int rota__event_member(rota__write *w, int32_t type, const rota__member *before,
                       const rota__member *after)
{
    return append(w, type, after ? &after->group_id : &before->group_id, member_json(w, before),
                  before != NULL, member_json(w, after), after != NULL);
}

static const char *list_json(rota__write *w, const rota_id *subject,
                             const rota__reminder_list *list)
{
    static const char *const lates[] = {
        [ROTA_LATE_SEND] = "send", [ROTA_LATE_SKIP] = "skip", [ROTA_LATE_COLLAPSE] = "collapse"
    };
    rota__str json;
    if (!list) return NULL;
    begin(&json, w, subject);
    rota__str_add(&json, ",\"before\":[");
    for (int64_t i = 0; i < list->count; i++) {
        if (i) rota__str_add(&json, ",");
        rota__str_int(&json, list->offsets[i]);
    }
    rota__str_add(&json, "]");
    add_plain(&json, "late", lates[list->late]);
    add_int(&json, "late_secs", list->late_secs);
    rota__str_add(&json, "}");
    return rota__str_done(&json);
}

int rota__event_reminders(rota__write *w, const rota_id *subject, const rota__reminder_list *before,
                          const rota__reminder_list *after)
{
    return append(w, ROTA_EVENT_REMINDERS_CHANGED, subject, list_json(w, subject, before),
                  before != NULL, list_json(w, subject, after), after != NULL);
}

int rota__event_reminder(rota__write *w, const rota_id *booking, bool recurs,
                         const rota__reminder *reminder, const rota_id *resource)
{
    rota__str json;
    begin(&json, w, &reminder->id);
    add_id(&json, "booking", booking);
    if (recurs) add_time(&json, "occurrence", reminder->occurrence);
    add_id(&json, "resource", resource);
    add_time(&json, "start", reminder->start);
    add_time(&json, "due", reminder->due);
    add_int(&json, "attempt", reminder->attempt);
    rota__str_add(&json, "}");
    return append(w, ROTA_EVENT_REMINDER_DEAD, booking, NULL, false, rota__str_done(&json), true);
}
