/** @file rota/resource.h
 *  Resources: people, rooms, desks, devices, places; anything whose time can be
 *  taken.
 */
#ifndef ROTA_RESOURCE_H
#define ROTA_RESOURCE_H

#include <rota/call.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

/** Which fields of a rota_resource_request an update takes. */
enum {
    ROTA_RESOURCE_SET_REF = 1,
    ROTA_RESOURCE_SET_KIND = 2,
    ROTA_RESOURCE_SET_NAME = 4,
    ROTA_RESOURCE_SET_ZONE = 8,
    ROTA_RESOURCE_SET_DATA = 16,
    ROTA_RESOURCE_SET_TAGS = 32,
    ROTA_RESOURCE_SET_PARENT = 64,
    ROTA_RESOURCE_SET_CAPACITY = 128,
    ROTA_RESOURCE_SET_BEFORE = 256,
    ROTA_RESOURCE_SET_AFTER = 512,
    ROTA_RESOURCE_SET_ACTIVE = 1024
};

/** What a resource is to be. On creation the fields apply as they stand; only
 *  `active` does not unless `set` names it, for a resource is. On an update those
 *  apply that `set` names. */
typedef struct rota_resource_request {
    uint32_t           size;
    uint32_t           set;       /* updates: ROTA_RESOURCE_SET_* */
    const char        *ref;       /* the host's own key, unique among resources; NULL: none */
    const char        *kind;      /* "room", "person", ...: the host's word, required */
    const char        *name;      /* for people, required */
    const char        *zone;      /* IANA time zone; NULL: "UTC" */
    const char        *data;      /* the host's own text, kept as it is; NULL: none */
    const char *const *tags;      /* what it can be searched by; order and repeats do not matter */
    int64_t            tag_count;
    rota_id            parent;    /* the place it is in, or none */
    int32_t            capacity;  /* units that can be taken at once, 1 or more; on creation 0 stands for 1 */
    int32_t            before;    /* setup time in seconds, taken before each booking */
    int32_t            after;     /* cleanup time in seconds, taken after each booking */
    int32_t            active;    /* 0: takes no new bookings, and is not taken through its groups */
} rota_resource_request;

/** A resource as it is. */
typedef struct rota_resource {
    uint32_t           size;
    int32_t            active;
    rota_id            id;
    rota_id            parent;    /* or none */
    const char        *ref;       /* or NULL */
    const char        *kind;      /* never NULL */
    const char        *name;      /* never NULL */
    const char        *zone;      /* never NULL */
    const char        *data;      /* or NULL */
    const char *const *tags;      /* sorted by their bytes; NULL where there is none */
    int64_t            tag_count;
    int64_t            version;   /* 1 at first; each change of this record or of a group's members adds 1 */
    int32_t            capacity;
    int32_t            before;
    int32_t            after;
    int32_t            reserved;
} rota_resource;

/** Which resources to list; zero fields do not restrict. */
typedef struct rota_resource_query {
    uint32_t    size;
    uint32_t    reserved;
    const char *kind;
    const char *tag;
    rota_id     parent; /* those directly in this place */
    rota_id     after;  /* continue behind this id */
    int64_t     limit;  /* at most ROTA_MAX_ROWS; 0: all */
} rota_resource_query;

ROTA_TYPES_END

/** Add a resource.
 *  @param receipt  receives id and version; may be NULL.
 *  @return ROTA_OK; ROTA_EINVALID, ROTA_ELIMIT; ROTA_ENOTFOUND for the parent;
 *          ROTA_ESTATE where the ref is taken; ROTA_EKEY, ROTA_EVERSION; or a
 *          failure.  @since 0.1 */
ROTA_API int rota_resource_create(rota *r, const rota_call *call,
                                  const rota_resource_request *request,
                                  rota_receipt *receipt);

/** Change the fields that `request->set` names; where nothing changes, nothing
 *  is written. A change that its bookings from now on would not fit into
 *  (fewer units, longer buffers, active again) is refused.
 *  @return as rota_resource_create(); ROTA_ENOTFOUND for the resource; ROTA_ESTATE
 *          also for a place that would be in itself, and for a group of which
 *          somebody is a member and whose capacity would not be 1;
 *          ROTA_EVERSION where call->version is not its version; ROTA_ECONFLICT,
 *          explained by rota_conflict_list().  @since 0.1 */
ROTA_API int rota_resource_update(rota *r, const rota_call *call,
                                  const rota_id *id,
                                  const rota_resource_request *request,
                                  rota_receipt *receipt);

/** Remove a resource. Its past bookings and its events stay, its memberships
 *  end now, its ref can be given again.
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_ESTATE while a live booking claims it
 *          that has not ended, or another resource is in it; ROTA_EVERSION,
 *          ROTA_EKEY, ROTA_EINVALID; or a failure.  @since 0.1 */
ROTA_API int rota_resource_remove(rota *r, const rota_call *call,
                                  const rota_id *id, rota_receipt *receipt);

/** The id of the resource whose id or ref this text is; an id goes first.
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID, ROTA_ELIMIT; or a failure.
 *  @since 0.1 */
ROTA_API int rota_resource_find(rota *r, const char *id_or_ref, rota_id *id);

/** The id that a removed resource had, by its ref; of several that of the one that
 *  was made last. So a removal that is repeated with its key, by the ref that it has
 *  taken away, can be answered again.
 *  @return as rota_resource_find().  @since 0.1 */
ROTA_API int rota_resource_find_removed(rota *r, const char *ref, rota_id *id);

/** Read one resource.
 *  @param out  receives one row; free it with rota_result_free().
 *  @return ROTA_OK; ROTA_ENOTFOUND; ROTA_EINVALID; or a failure.  @since 0.1 */
ROTA_API int rota_resource_get(rota *r, const rota_id *id, rota_result **out);

/** List resources by id, which is the order of their creation; removed ones are
 *  left out.
 *  @param query  NULL for all.
 *  @return ROTA_OK; ROTA_ENOTFOUND for the parent; ROTA_EINVALID, ROTA_ELIMIT; or
 *          a failure.  @since 0.1 */
ROTA_API int rota_resource_list(rota *r, const rota_resource_query *query,
                                rota_result **out);

/** Read row i of a list of resources; text lives as long as rows.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_resource_at(const rota_result *rows, int64_t i,
                              rota_resource *out);

#endif
