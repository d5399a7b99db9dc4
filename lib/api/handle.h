/* The handle: what an open calendar is made of, and how a call enters and leaves
 * it. */
#ifndef ROTA__HANDLE_H
#define ROTA__HANDLE_H

#include "api/result.h"
#include "domain/context.h"
#include "domain/write.h"

struct rota {
    rota_config config;
    rota__mem mem;
    rota__engine *engine; /* NULL where opening failed */
    rota__looker looker;
    rota__meter meter;
    rota__tz_cache zones;
    rota__id_source ids;
    rota__error error;
    rota__arena work;   /* of the call; empty between calls */
    rota__arena report; /* what the last call left to be asked for */
    const rota_conflict *conflicts;
    int64_t conflict_count;
    const rota_alternative *alternatives;
    int64_t alternative_count;
    const rota_displacement *displacements;
    int64_t displacement_count;
    const rota_violation *violations;
    int64_t violation_count;
    const rota__cancelled *cancelled;
    int64_t cancelled_count;
    uint32_t forks; /* as many as there were when it was opened: else it is another process's */
    bool entered;
    bool steady; /* in a call: its thread cannot be cancelled ... */
    int cancel;  /* ... and this it was before */
};

/* Open a handle on a store that is open already; the handle closes it, also on
 * failure. What rota_open() does once it has one. */
int rota__handle_open(const rota_config *config, rota__store *store, rota **out);

/* Every call that uses the store begins and ends with these. begin: ROTA_OK, or
 * the call is over and end must not be called. end returns rc. */
int rota__handle_begin(rota *r, rota__context *cx);
int rota__handle_end(rota *r, int rc);
/* For what is mostly answered from memory: nothing that could wait may be done before it is
 * made steady. */
int rota__handle_begin_glance(rota *r, rota__context *cx);
void rota__handle_steady(rota *r);

/* Counts an answer in the metrics; end does it for the call's own. */
void rota__handle_count(rota *r, int rc);

/* The same for a writing call: the call record is taken over and checked. A scoped
 * one may be for a part of a series. */
int rota__handle_begin_write(rota *r, const rota_call *call, const rota_receipt *receipt,
                             rota__context *cx, rota__write *w);
int rota__handle_begin_scoped(rota *r, const rota_call *call, const rota_receipt *receipt,
                              rota__context *cx, rota__write *w);
int rota__handle_end_write(rota *r, rota__write *w, rota_receipt *receipt, int rc);

/* A read that makes rows: `rows` is where the context allocates. */
int rota__handle_begin_read(rota *r, const void *out, rota__context *cx, rota_result **rows);
int rota__handle_end_read(rota *r, rota_result *rows, rota_result **out, int rc);
/* The same of what refreshes for itself what it looks at. */
int rota__handle_begin_rows(rota *r, const void *out, rota__context *cx, rota_result **rows);
/* And of what the last call left to be asked for, which stays as it is. */
int rota__handle_begin_report(rota *r, const void *out, rota__context *cx, rota_result **rows);

/* ROTA_EINVALID for NULL. */
int rota__handle_need_id(rota *r, const rota_id *id);

#endif
