#include "domain/event.h"

#include "base/str.h"

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
    rota__str_add(json, ",\"");
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

static void begin(rota__str *json, rota__write *w, const rota_id *id)
{
    char text[37];
    rota_id_format(id, text);
    rota__str_init(json, w->cx->env.arena);
    rota__str_add(json, "{\"id\":\"");
    rota__str_add(json, text);
    rota__str_add(json, "\"");
}

static const char *booking_json(rota__write *w, const rota__booking *b, const rota__booking *winner)
{
    static const char *const roles[] = { "required", "optional", "organizer" };
    rota__str json;
    if (!b) return NULL;
    begin(&json, w, &b->id);
    add_text(&json, "ref", b->ref);
    add_text(&json, "title", b->title);
    add_text(&json, "data", b->data);
    add_time(&json, "start", b->when.start);
    add_time(&json, "end", b->when.end);
    add_plain(&json, "status", rota__event_status(b->status));
    if (b->hold_expires) add_time(&json, "hold_expires", b->hold_expires);
    add_int(&json, "priority", b->priority);
    add_int(&json, "version", b->version);
    rota__str_add(&json, ",\"claims\":[");
    for (int64_t i = 0; i < b->claim_count; i++) {
        const rota__claim *claim = &b->claims[i];
        bool known = claim->role >= 0 && claim->role < ROTA__LENGTH(roles);
        char id[37];
        rota_id_format(&claim->resource_id, id);
        rota__str_add(&json, i ? ",{\"resource\":\"" : "{\"resource\":\"");
        rota__str_add(&json, id);
        rota__str_add(&json, "\"");
        add_int(&json, "units", claim->units);
        add_plain(&json, "role", known ? roles[claim->role] : "unknown");
        add_bool(&json, "free", claim->flags & ROTA_CLAIM_FREE);
        rota__str_add(&json, "}");
    }
    rota__str_add(&json, "]");
    if (winner) add_id(&json, "cancelled_for", &winner->id);
    rota__str_add(&json, "}");
    return rota__str_done(&json);
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
    if (before->version == 0) before = NULL; /* it is new */
    return append(w, type, &after->id, booking_json(w, before, NULL), before != NULL,
                  booking_json(w, after, winner), true);
}

int rota__event_resource(rota__write *w, int32_t type, const rota__resource *before,
                         const rota__resource *after)
{
    return append(w, type, after ? &after->id : &before->id, resource_json(w, before),
                  before != NULL, resource_json(w, after), after != NULL);
}

int rota__event_member(rota__write *w, int32_t type, const rota__member *before,
                       const rota__member *after)
{
    return append(w, type, after ? &after->group_id : &before->group_id, member_json(w, before),
                  before != NULL, member_json(w, after), after != NULL);
}
