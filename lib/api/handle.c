#define _POSIX_C_SOURCE 200809L /* clock_gettime */

#include "api/handle.h"

#include <inttypes.h>
#include <time.h>

#include "base/cancel.h"
#include "base/forks.h"
#include "base/str.h"
#include "domain/request.h"
#include "store/sqlite.h"

enum { DEFAULT_BUSY_MS = 5000, MAX_URL = 4096, DEFAULT_CACHE = 256 * 1024 * 1024 };

/* --- opening and closing --- */

static int take_config(rota *r, const rota_config *config)
{
    int rc;
    if (!config) return ROTA_OK;
    if ((rc = rota__record_in(&r->error, "config", config, &r->config, (uint32_t)sizeof r->config,
                              ROTA__OLDEST(rota_config, ask_ctx))) != ROTA_OK)
        return rc;
    if (r->config.flags & ~(uint32_t)(ROTA_OPEN_READONLY | ROTA_OPEN_EXISTING))
        return rota__error_set(&r->error, ROTA_EINVALID, "config has unknown flags: 0x%" PRIx32,
                               r->config.flags);
    if (r->config.on_conflict < ROTA_ON_CONFLICT_DEFAULT ||
        r->config.on_conflict > ROTA_ON_CONFLICT_DISPLACE)
        return rota__error_set(&r->error, ROTA_EINVALID, "config has on_conflict %" PRId32,
                               r->config.on_conflict);
    return ROTA_OK;
}

/* In a turn the engine's store is asked as others are: it has what was put in the turn. */
static int kept_zone(void *ctx, const char *name, uint64_t digest, rota__error *error,
                     const void **bytes, int64_t *size)
{
    rota *r = ctx;
    rota__env env = { .arena = &r->work, .error = error };
    rota__store *store = r->looker.store;
    rota__zone zone;
    if (!store) return ROTA_ENOTFOUND;
    int rc = store->ops->zone_get(store, &env, name, digest, &zone);
    if (rc == ROTA_OK) *bytes = zone.data;
    if (rc == ROTA_OK) *size = zone.size;
    return rc;
}

/* A handle without an engine, from the host's memory. */
static rota *new_handle(const rota_config *config)
{
    rota__mem mem;
    if (!rota__forks_watch()) return NULL;
    bool whole = config && rota__record_size(config) >= ROTA__OLDEST(rota_config, ask_ctx);
    rota__mem_init(&mem, whole ? config->memory : NULL, whole ? config->memory_ctx : NULL);
    rota *r = rota__mem_alloc(&mem, 1, (int64_t)sizeof *r);
    if (!r) return NULL;
    memset(r, 0, sizeof *r);
    r->forks = rota__forks_count();
    rota__mem_init(&r->mem, mem.fn, mem.ctx);
    rota__arena_init(&r->work, &r->mem);
    rota__arena_init(&r->report, &r->mem);
    rota__tz_init(&r->zones, &r->mem);
    r->zones.kept = kept_zone;
    r->zones.kept_ctx = r;
    return r;
}

/* From here on the handle is one of the engine's. */
static int join(rota *r, rota__engine *engine, rota__store *store)
{
    rota__env env = { .arena = &r->work, .error = &r->error };
    r->ids.random = r->config.random;
    r->ids.ctx = r->config.random_ctx;
    r->ids.last = &engine->last_id;
    int rc = rota__engine_join(engine, &env, &r->looker, store, &r->mem, &r->meter);
    if (rc == ROTA_OK) r->engine = engine;
    return rc;
}

static int new_engine(rota *r, rota__engine **engine)
{
    rota__env env = { .arena = &r->work, .error = &r->error };
    int64_t budget = r->config.cache_bytes ? r->config.cache_bytes : DEFAULT_CACHE;
    return rota__engine_open(&env, &r->mem, budget, engine);
}

/* The first handle on an engine, which is closed with its store where this fails. */
static int found(rota *r, rota__engine *engine, rota__store *store)
{
    engine->store = store;
    int rc = join(r, engine, store);
    if (rc != ROTA_OK) rota__engine_close(engine);
    return rc;
}

static int32_t busy_ms(const rota *r)
{
    if (r->config.busy_ms < 0) return 0;
    return r->config.busy_ms ? r->config.busy_ms : DEFAULT_BUSY_MS;
}

static int check_url(rota *r, const char *url)
{
    if (!url || !*url) return rota__error_set(&r->error, ROTA_EINVALID, "no url");
    if (strnlen(url, MAX_URL + 1) > MAX_URL)
        return rota__error_set(&r->error, ROTA_ELIMIT, "the url is longer than %d bytes",
                               (int)MAX_URL);
    if (rota__str_utf8(url) < 0)
        return rota__error_set(&r->error, ROTA_EINVALID, "the url is not valid UTF-8");
    if (strstr(url, "://"))
        return rota__error_set(&r->error, ROTA_EINVALID,
                               "\"%.*s\" is neither a path nor \":memory:\"", ROTA__SHOW_NAME(url));
    return ROTA_OK;
}

static int open_url(rota *r, const char *url, const rota_config *config)
{
    rota__env env = { .arena = &r->work, .error = &r->error };
    rota__engine *engine;
    rota__store *store;
    int rc;
    if ((rc = take_config(r, config)) != ROTA_OK || (rc = check_url(r, url)) != ROTA_OK) return rc;
    rota__sqlite_options options = {
        .flags = r->config.flags,
        .busy_ms = busy_ms(r),
        .log = r->config.log,
        .log_ctx = r->config.log_ctx,
    };
    if ((rc = new_engine(r, &engine)) != ROTA_OK) return rc;
    rc = rota__sqlite_open(&env, &engine->mem, url, &options, &store);
    if (rc == ROTA_OK) return found(r, engine, store);
    rota__engine_close(engine);
    return rc;
}

int rota_open(const char *url, const rota_config *config, rota **out)
{
    if (!out) return ROTA_EINVALID;
    int before = rota__cancel_hold();
    rota *r = *out = new_handle(config);
    int rc = r ? rota__handle_end(r, open_url(r, url, config)) : ROTA_ENOMEM;
    rota__cancel_release(before);
    return rc;
}

int rota__handle_open(const rota_config *config, rota__store *store, rota **out)
{
    rota *r = *out = new_handle(config);
    if (!r) {
        store->ops->close(store);
        return ROTA_ENOMEM;
    }
    rota__engine *engine;
    int rc = take_config(r, config);
    if (rc == ROTA_OK) rc = new_engine(r, &engine);
    if (rc == ROTA_OK)
        rc = found(r, engine, store);
    else
        store->ops->close(store);
    return rota__handle_end(r, rc);
}

static int attach(rota *r, rota__context *cx, rota *made)
{
    rota__store *store;
    made->config = r->config;
    int rc = rota__engine_attach(r->engine, &cx->env, &r->looker, &made->mem, &store);
    if (rc != ROTA_OK) return rc;
    if ((rc = join(made, r->engine, store)) != ROTA_OK) store->ops->close(store);
    return rc;
}

int rota_attach(rota *r, rota **out)
{
    rota__context cx;
    int rc = rota__handle_begin(r, &cx);
    if (rc != ROTA_OK) return rc;
    if (!out)
        return rota__handle_end(r, rota__error_set(&r->error, ROTA_EINVALID,
                                                   "nowhere to put the handle"));
    rota *made = new_handle(&r->config);
    rc = made ? attach(r, &cx, made) : rota__error_plain(&r->error, ROTA_ENOMEM);
    if (rc == ROTA_OK)
        *out = made;
    else
        rota_close(made);
    return rota__handle_end(r, rc);
}

static bool is_inherited(const rota *r)
{
    return r->forks != rota__forks_count();
}

/* The engine of an inherited one is left as it is, memory and all: threads that stayed behind
 * in the parent may hold its mutexes, and to close its files would be to write to them under
 * locks that only SQLite believes in. */
void rota_close(rota *r)
{
    if (!r || r->entered) return;
    int before = rota__cancel_hold();
    if (r->engine && !is_inherited(r)) rota__engine_part(r->engine, &r->looker, &r->meter);
    rota__tz_free(&r->zones);
    rota__arena_free(&r->work);
    rota__arena_free(&r->report);
    rota__mem mem; /* its own is in it */
    rota__mem_init(&mem, r->mem.fn, r->mem.ctx);
    rota__mem_free(&mem, r);
    rota__cancel_release(before);
}

const char *rota_errmsg(const rota *r)
{
    if (!r) return rota_status_text(ROTA_ENOMEM);
    return r->error.message;
}

/* --- entering and leaving --- */

static rota_time system_now(void)
{
    struct timespec now = { 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    return (rota_time)now.tv_sec;
}

void rota__handle_steady(rota *r)
{
    if (r->steady) return;
    r->cancel = rota__cancel_hold();
    r->steady = true;
}

static void forget_report(rota *r)
{
    rota__arena_reset(&r->report);
    r->alternative_count = r->conflict_count = r->violation_count = r->cancelled_count =
        r->displacement_count = 0;
}

/* What another thread of the parent may have been changing is not looked at. And what the host's
 * own hooks wait for nobody knows. */
static int enter(rota *r, rota__context *cx, bool anew)
{
    if (!r) return ROTA_EINVALID;
    if (is_inherited(r))
        return rota__error_set(&r->error, ROTA_ESTATE,
                               "the calendar was opened before this process was forked: open it "
                               "after the fork");
    if (r->entered) return ROTA_ESTATE; /* a hook that uses its own handle */
    if (!r->engine) return rota__error_set(&r->error, ROTA_EINVALID, "the calendar is not open");
    if (r->config.now || r->config.memory) rota__handle_steady(r);
    if (anew) forget_report(r);
    r->entered = true;
    rota__error_plain(&r->error, ROTA_OK);
    *cx = (rota__context){
        .engine = r->engine,
        .store = r->looker.store,
        .looker = &r->looker,
        .ids = &r->ids,
        .zones = &r->zones,
        .meter = &r->meter,
        .busy_ms = busy_ms(r),
        .env = { .arena = &r->work, .error = &r->error },
        .report = &r->report,
        .now = r->config.now ? r->config.now(r->config.now_ctx) : system_now(),
        .on_conflict = r->config.on_conflict ? r->config.on_conflict : ROTA_ON_CONFLICT_REJECT,
        .ask = r->config.ask,
        .ask_ctx = r->config.ask_ctx,
    };
    if (cx->now >= ROTA_TIME_MIN && cx->now <= ROTA_TIME_MAX) return ROTA_OK;
    return rota__handle_end(r, rota__error_set(&r->error, ROTA_EINVALID,
                                               "the clock says %" PRId64
                                               ", outside of the years 1 to 9999",
                                               cx->now));
}

int rota__handle_begin_glance(rota *r, rota__context *cx)
{
    return enter(r, cx, true);
}

int rota__handle_begin(rota *r, rota__context *cx)
{
    int rc = enter(r, cx, true);
    if (rc == ROTA_OK) rota__handle_steady(r);
    return rc;
}

void rota__handle_count(rota *r, int rc)
{
    if (rc == ROTA_ECONFLICT)
        rota__meter_add(&r->meter.conflicts, 1);
    else if (rc <= ROTA_EBUSY)
        rota__meter_add(&r->meter.failures, 1);
    else if (rc != ROTA_OK)
        rota__meter_add(&r->meter.refusals, 1);
}

int rota__handle_end(rota *r, int rc)
{
    if (rc == ROTA_OK)
        rota__error_plain(&r->error, ROTA_OK);
    else if (r->error.code != rc)
        rota__error_plain(&r->error, rc);
    if ((rc == ROTA_EIO || rc == ROTA_ECORRUPT) && r->config.log)
        r->config.log(r->config.log_ctx, ROTA_LOG_ERROR, r->error.message);
    rota__handle_count(r, rc);
    rota__busy_let_go(&r->looker);
    rota__arena_reset(&r->work);
    r->entered = false;
    if (!r->steady) return rc;
    r->steady = false;
    rota__cancel_release(r->cancel);
    return rc;
}

int rota__handle_begin_scoped(rota *r, const rota_call *call, const rota_receipt *receipt,
                              rota__context *cx, rota__write *w)
{
    int rc = rota__handle_begin(r, cx);
    if (rc != ROTA_OK) return rc;
    memset(w, 0, sizeof *w);
    w->cx = cx;
    if ((rc = rota__record_room(&r->error, "receipt", receipt,
                                ROTA__OLDEST(rota_receipt, cancelled))) == ROTA_OK &&
        call)
        rc = rota__record_in(&r->error, "call", call, &w->call, (uint32_t)sizeof w->call,
                             ROTA__OLDEST(rota_call, version));
    if (rc == ROTA_OK) rc = rota__request_call(cx, &w->call);
    if (rc == ROTA_OK && (r->config.flags & ROTA_OPEN_READONLY))
        rc = rota__error_set(&r->error, ROTA_EDENIED, "the calendar was opened for reading only");
    return rc == ROTA_OK ? rc : rota__handle_end(r, rc);
}

int rota__handle_begin_write(rota *r, const rota_call *call, const rota_receipt *receipt,
                             rota__context *cx, rota__write *w)
{
    int rc = rota__handle_begin_scoped(r, call, receipt, cx, w);
    if (rc != ROTA_OK || w->call.scope == ROTA_SCOPE_NONE) return rc;
    return rota__handle_end(r, rota__error_set(&r->error, ROTA_EINVALID,
                                               "this call is not for a part of a series: its "
                                               "scope is %" PRId32,
                                               w->call.scope));
}

int rota__handle_end_write(rota *r, rota__write *w, rota_receipt *receipt, int rc)
{
    if (rc == ROTA_OK) {
        w->answer.receipt.cancelled = (int32_t)w->answer.cancelled.count;
        r->cancelled = w->answer.cancelled.items;
        r->cancelled_count = w->answer.cancelled.count;
        w->answer.receipt.moved = (int32_t)w->answer.moved.count;
        r->displacements = w->answer.moved.items;
        r->displacement_count = w->answer.moved.count;
        if (receipt)
            rota__record_out(receipt, &w->answer.receipt, (uint32_t)sizeof w->answer.receipt);
    }
    bool told = rc == ROTA_ECONFLICT || (rc == ROTA_OK && w->answer.receipt.skipped > 0);
    if (told || rc == ROTA_EPOLICY) {
        r->violations = w->answer.violations.items;
        r->violation_count = w->answer.violations.count;
    }
    if (rc == ROTA_ECONFLICT || rc == ROTA_EPOLICY) {
        r->alternatives = w->answer.alternatives.items;
        r->alternative_count = w->answer.alternatives.count;
    }
    if (told) {
        r->conflicts = w->answer.conflicts.items;
        r->conflict_count = w->answer.conflicts.count;
    }
    return rota__handle_end(r, rc);
}

int rota__handle_need_id(rota *r, const rota_id *id)
{
    return id ? ROTA_OK : rota__error_set(&r->error, ROTA_EINVALID, "the id is NULL");
}

/* What reads share, those that leave the report of the call before as it is too. */
static int make_rows(rota *r, const void *out, rota__context *cx, rota_result **rows)
{
    int rc = out ? ROTA_OK : rota__error_set(&r->error, ROTA_EINVALID, "nowhere to put the rows");
    if (rc == ROTA_OK && !(*rows = rota__result_new(&r->mem)))
        rc = rota__error_plain(&r->error, ROTA_ENOMEM);
    if (rc != ROTA_OK) return rota__handle_end(r, rc);
    cx->env.arena = &(*rows)->arena;
    return ROTA_OK;
}

int rota__handle_begin_rows(rota *r, const void *out, rota__context *cx, rota_result **rows)
{
    int rc = rota__handle_begin(r, cx);
    return rc == ROTA_OK ? make_rows(r, out, cx, rows) : rc;
}

int rota__handle_begin_read(rota *r, const void *out, rota__context *cx, rota_result **rows)
{
    int rc = rota__handle_begin_rows(r, out, cx, rows);
    if (rc != ROTA_OK) return rc;
    rc = rota__busy_refresh(cx->looker, &cx->env);
    return rc == ROTA_OK ? rc : rota__handle_end_read(r, *rows, NULL, rc);
}

int rota__handle_begin_report(rota *r, const void *out, rota__context *cx, rota_result **rows)
{
    int rc = enter(r, cx, false);
    if (rc != ROTA_OK) return rc;
    rota__handle_steady(r);
    return make_rows(r, out, cx, rows);
}

int rota__handle_end_read(rota *r, rota_result *rows, rota_result **out, int rc)
{
    if (rc == ROTA_OK)
        *out = rows;
    else
        rota_result_free(rows);
    return rota__handle_end(r, rc);
}
