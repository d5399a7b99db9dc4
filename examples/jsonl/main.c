/* rota-jsonl: rota over standard input and output, one JSON object a line in, one
 * a line out. This file knows the lines and which operation may carry which
 * field; the values are in values.c, the operations in ops_*.c, and every rule of
 * scheduling is in the library. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LONGEST_LINE = 16 << 20, LONGEST_SHOWN = 64 };

#define FREE "all any duration from to tz step align notice limit order turn ignore occurrence"
#define WRITING "actor role key trace version dry_run "

struct operation {
    const char *name;
    const char *fields; /* beside `op` and `tag` */
    void (*run)(struct request *q);
};

static const struct operation operations[] = {
    { "clock.set", "now tz", clock_set },
    { "resource.put", WRITING "id ref kind name tz capacity before after tags parent active",
      resource_put },
    { "resource.get", "id", resource_get },
    { "resource.remove", WRITING "id", resource_remove },
    { "resource.list", "kind tag parent", resource_list },
    { "member.add", WRITING "group member from until tz", member_add },
    { "member.remove", WRITING "group member at tz", member_remove },
    { "member.list", "group member", member_list },
    { "booking.create",
      WRITING "ref title start end duration tz claims hold priority on_conflict rrule rdate exdate "
              "partial alternatives movable kind date from to step days earliest latest",
      booking_create },
    { "booking.confirm", WRITING "id occurrence scope", booking_confirm },
    { "booking.check_in", WRITING "id occurrence scope", booking_check_in },
    { "booking.complete", WRITING "id occurrence scope", booking_complete },
    { "booking.move",
      WRITING "id start end duration tz claims on_conflict alternatives movable "
              "occurrence scope",
      booking_move },
    { "booking.cancel", WRITING "id occurrence scope", booking_cancel },
    { "booking.restore", WRITING "id occurrence scope", booking_restore },
    { "booking.get", "id occurrence", booking_get },
    { "booking.list", "resource from to tz status limit after occurrence", booking_list },
    { "event.list", "after limit", event_list },
    { "tick", WRITING, tick },
    { "stats", "", stats },
    { "busy", "resource from to tz", busy },
    { "free.find", FREE, free_find },
    { "free.explain", FREE " start", free_explain },
    { "hours.put", WRITING "resource rules", hours_put },
    { "hours.get", "resource", hours_get },
    { "hours.open", "resource from to tz", hours_open },
    { "reminder.put", WRITING "booking resource before late late_secs inherit", reminder_put },
    { "reminder.due", WRITING "limit lease attempts", reminder_due },
    { "reminder.ack", WRITING "ids", reminder_ack },
    { "reminder.dead", "after limit", reminder_dead },
    { "reminder.retry", WRITING "ids", reminder_retry },
    { "series.expand", "dtstart tz rrule rdate exdate from to limit", series_expand },
    { "time.resolve", "tz local instant", time_resolve },
    { "zones.update", WRITING, zones_update }
};

/* ---- a request --------------------------------------------------------- */

static bool among(const char *words, const char *word)
{
    for (words += strspn(words, " "); *words != '\0'; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        if (length == strlen(word) && memcmp(words, word, length) == 0) return true;
        words += length;
    }
    return false;
}

/* What a message quotes: one line, and not too much of it. */
static const char *shown(const char *text)
{
    if (strlen(text) > LONGEST_SHOWN) return "...";
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at < ' ') return "...";
    return text;
}

static const struct operation *operation_of(struct request *q)
{
    const char *name = text_of(q, "op");
    size_t count = sizeof operations / sizeof operations[0];

    need(q, "op");
    for (size_t i = 0; name != NULL && i < count; i++)
        if (strcmp(operations[i].name, name) == 0) return &operations[i];
    if (name != NULL) fail(q, ROTA_EINVALID, "there is no op \"%s\"", shown(name));
    return NULL;
}

static void check_fields(struct request *q, const struct operation *op)
{
    const char *field;
    json_t *value;

    json_object_foreach(q->in, field, value)
    {
        if (!among("op tag", field) && !among(op->fields, field))
            fail(q, ROTA_EINVALID, "%s takes no \"%s\"", op->name, shown(field));
    }
}

static void run(struct request *q)
{
    const struct operation *op;

    if (!json_is_object(q->in)) fail(q, ROTA_EINVALID, "the line is not a JSON object");
    if (q->status != ROTA_OK || (op = operation_of(q)) == NULL) return;
    check_fields(q, op);
    if (q->status == ROTA_OK) op->run(q);
}

/* ---- an answer --------------------------------------------------------- */

static bool print_answer(struct request *q)
{
    json_t *tag = json_object_get(q->in, "tag");
    json_t *line = json_pack("{s:b, s:O*}", "ok", q->status == ROTA_OK, "tag", tag);

    if (q->status == ROTA_OK) {
        json_object_update(line, q->rest);
    } else {
        if (q->message == NULL) /* no memory, or text that is not UTF-8 */
            q->message = json_string(rota_status_text(q->status));
        json_object_set_new(line, "error", json_string(rota_status_name(q->status)));
        json_object_set(line, "message", q->message);
        if (q->conflicts != NULL) json_object_set(line, "conflicts", q->conflicts);
        if (q->alternatives != NULL) json_object_set(line, "alternatives", q->alternatives);
        if (q->violations != NULL) json_object_set(line, "violations", q->violations);
    }
    if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0)
        fputs("{\"ok\":false,\"error\":\"ENOMEM\",\"message\":\"out of memory\"}", stdout);
    json_decref(line);
    putchar('\n');
    return fflush(stdout) == 0;
}

static bool answer_line(struct host *host, const char *text, size_t length)
{
    struct request q = { .host = host, .rest = json_object() };
    json_error_t error;

    if (length > LONGEST_LINE) {
        fail(&q, ROTA_ELIMIT, "the line is longer than %d bytes", LONGEST_LINE);
    } else if ((q.in = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error)) == NULL) {
        fail(&q, ROTA_EINVALID, "the line is not JSON: %s", error.text);
    }
    run(&q);

    bool printed = print_answer(&q);
    json_decref(q.in);
    json_decref(q.rest);
    json_decref(q.message);
    json_decref(q.conflicts);
    json_decref(q.alternatives);
    json_decref(q.violations);
    return printed;
}

/* ---- lines ------------------------------------------------------------- */

struct line {
    char *text;
    size_t length; /* beyond LONGEST_LINE: too long, and only its start is kept */
    size_t space;
    bool blank;
};

static bool keep(struct line *line, int c)
{
    if (line->length == line->space) {
        size_t space = line->space == 0 ? 4096 : line->space * 2;
        char *text = realloc(line->text, space);
        if (text == NULL) return false;
        line->text = text;
        line->space = space;
    }
    line->text[line->length] = (char)c;
    return true;
}

/* False at the end of the input. Without memory a line counts as too long. */
static bool read_line(struct line *line)
{
    int c = getchar();

    line->length = 0;
    line->blank = true;
    if (c == EOF) return false;
    for (; c != EOF && c != '\n'; c = getchar()) {
        if (c != ' ' && c != '\t' && c != '\r') line->blank = false;
        if (line->length > LONGEST_LINE) continue;
        if (line->length == LONGEST_LINE || !keep(line, c)) line->length = LONGEST_LINE;
        line->length++;
    }
    return true;
}

static bool serve(struct host *host)
{
    struct line line = { 0 };
    bool printed = true;

    while (printed && read_line(&line))
        if (!line.blank) printed = answer_line(host, line.text, line.length);
    free(line.text);
    return printed && ferror(stdin) == 0;
}

/* ---- the program ------------------------------------------------------- */

static rota_time host_now(const struct host *host)
{
    return host->stands ? host->now : (rota_time)time(NULL);
}

static rota_time clock_now(void *ctx)
{
    return host_now(ctx);
}

/* The clock must stand before the calendar is opened, and reading an instant takes
 * a handle: one that ends here. */
static bool stop_clock(struct host *host, const char *instant)
{
    rota *r = NULL;
    bool good = rota_open(":memory:", NULL, &r) == ROTA_OK &&
                rota_time_parse(r, instant, NULL, &host->now) == ROTA_OK;

    if (!good) fprintf(stderr, "rota-jsonl: --now: %s\n", rota_errmsg(r));
    host->stands = good;
    rota_close(r);
    return good;
}

int main(int argc, char **argv)
{
    struct host host = { 0 };
    rota_config config = ROTA_INIT(rota_config);
    int at = 1;

    config.now = clock_now;
    config.now_ctx = &host;
    if (argc == 4 && strcmp(argv[1], "--now") == 0) {
        if (!stop_clock(&host, argv[2])) return 2;
        at = 3;
    }
    if (argc != at + 1 || strncmp(argv[at], "--", 2) == 0) {
        fprintf(stderr, "usage: rota-jsonl [--now INSTANT] URL\n"
                        "URL is the path of a file, or :memory:\n");
        return 2;
    }

    bool served = false;
    if (rota_open(argv[at], &config, &host.r) == ROTA_OK)
        served = serve(&host);
    else
        fprintf(stderr, "rota-jsonl: %s\n", rota_errmsg(host.r));
    rota_close(host.r);
    return served ? 0 : 1;
}
