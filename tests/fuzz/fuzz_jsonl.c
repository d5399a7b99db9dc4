/* Lines for rota-jsonl: the input is what its standard input says, and the host is
 * the example itself, with its main() under another name.
 *
 * What must hold: each line that is not blank has exactly one answer, on one line,
 * a JSON object that says whether it went well and, where not, which status that
 * is; none is a failure, since nothing fails; at the end the calendar is sound. */
#define _POSIX_C_SOURCE 200809L /* fmemopen, open_memstream */

#include "fuzz.h"

#include "../../examples/jsonl/host.h"

#ifdef ROTA_FUZZ_CONTROL
/* A refusal whose tag is an object comes on several lines. */
#undef JSON_COMPACT
#define JSON_COMPACT (json_is_object(tag) && q->status != ROTA_OK ? JSON_INDENT(1) : (size_t)0)
#endif

int rota_jsonl_main(int argc, char **argv); /* not called: what it calls is */
#define main rota_jsonl_main
#include "../../examples/jsonl/main.c"
#undef main

/* --- the host's clock, and its streams --- */

typedef struct session {
    struct host host;
    fuzz_host hooks;
    char *out;
    size_t out_size;
} session;

static rota_time watched(void *ctx)
{
    session *s = ctx;
    rota_time now = clock_now(&s->host);
    if (now > s->hooks.latest) s->hooks.latest = now;
    return now;
}

/* stdin and stdout are variables that a program may set (glibc). */
static void serve_input(session *s, const uint8_t *data, size_t size)
{
    FILE *in = stdin, *out = stdout;
    stdin = fmemopen((void *)(uintptr_t)data, size, "r");
    stdout = open_memstream(&s->out, &s->out_size);
    FUZZ_EXPECT(stdin && stdout, "no streams");
    bool served = serve(&s->host);
    fclose(stdin);
    fclose(stdout);
    stdin = in;
    stdout = out;
    FUZZ_EXPECT(served, "it ended before its input did");
}

/* --- what must hold --- */

static const char *end_of_line(const char *at, const char *end)
{
    const char *found = memchr(at, '\n', (size_t)(end - at));
    return found ? found : end;
}

static int count_lines(const char *at, const char *end)
{
    int count = 0;
    for (const char *next; at < end; at = next + 1) {
        next = end_of_line(at, end);
        const char *c = at;
        while (c < next && (*c == ' ' || *c == '\t' || *c == '\r'))
            c++;
        count += c < next;
    }
    return count;
}

static int status_named(const char *name)
{
    for (int status = ROTA_STATUS_LAST; name && status < ROTA_OK; status++)
        if (strcmp(rota_status_name(status), name) == 0) return status;
    return ROTA_OK;
}

static void judge(const char *text, size_t length)
{
    json_error_t error;
    json_t *answer = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    FUZZ_EXPECT(json_is_object(answer), "no answer: %.*s", (int)length, text);
    const json_t *ok = json_object_get(answer, "ok");
    const char *name = json_string_value(json_object_get(answer, "error"));
    const char *message = json_string_value(json_object_get(answer, "message"));
    int status = status_named(name);
    FUZZ_EXPECT(json_is_boolean(ok), "neither well nor not: %.*s", (int)length, text);
    FUZZ_EXPECT(json_is_true(ok) == (status == ROTA_OK) && json_is_true(ok) == !name,
                "no status: %.*s", (int)length, text);
    FUZZ_EXPECT(status > ROTA_EBUSY, "nothing fails here: %.*s", (int)length, text);
    FUZZ_EXPECT(json_is_true(ok) || (message && *message && !strpbrk(message, "\n\r\t")),
                "no message of one line: %.*s", (int)length, text);
    json_decref(answer);
}

static int judge_all(const char *at, const char *end)
{
    int count = 0;
    for (const char *next; at < end; at = next + 1, count++) {
        next = end_of_line(at, end);
        FUZZ_EXPECT(next < end, "an answer without its end");
        judge(at, (size_t)(next - at));
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rota_config config;
    session s = { .host = { .stands = true, .now = FUZZ_NOW } };
    const char *lines = (const char *)data;
    if (size == 0) return 0;
    fuzz_configure(&s.hooks, &config);
    config.now = watched;
    config.now_ctx = &s;
    FUZZ_EXPECT(rota_open(":memory:", &config, &s.host.r) == ROTA_OK, "open: %s",
                rota_errmsg(s.host.r));
    serve_input(&s, data, size);
    int answers = judge_all(s.out, s.out + s.out_size), asked = count_lines(lines, lines + size);
    FUZZ_EXPECT(answers == asked, "%d answers to %d lines", answers, asked);
    free(s.out);
    int rc = s.hooks.latest < ROTA_TIME_MIN ? ROTA_OK : rota_check(s.host.r, s.hooks.latest);
    FUZZ_EXPECT(rc == ROTA_OK, "check: %s", rota_errmsg(s.host.r));
    rota_close(s.host.r);
    FUZZ_EXPECT(s.hooks.blocks == 0, "%lld blocks were not given back", (long long)s.hooks.blocks);
    return 0;
}
