/** @file rota/group.h
 *  Groups: a resource with members over time. Taking a group takes it and every
 *  active member who belongs to it at that moment; a member may be a group.
 */
#ifndef ROTA_GROUP_H
#define ROTA_GROUP_H

#include <rota/call.h>
#include <rota/result.h>

ROTA_TYPES_BEGIN

enum {
    ROTA_MEMBER_SET_FROM = 1, /* `from` is given */
    ROTA_MEMBER_SET_UNTIL = 2 /* `until` is given */
};

/** Who joins or leaves what, and when. */
typedef struct rota_member_request {
    uint32_t  size;
    uint32_t  set;    /* ROTA_MEMBER_SET_* */
    rota_id   group;
    rota_id   member;
    rota_time from;   /* joining: belongs from this instant on; unless set, from now on */
    rota_time until;  /* joining: belongs until then; unless set, without end. Leaving: the
                         moment of leaving; unless set, now */
} rota_member_request;

/** One stay of a member in a group. */
typedef struct rota_member {
    uint32_t  size;
    uint32_t  reserved;
    rota_id   group;
    rota_id   member;
    rota_span when;   /* ROTA_TIME_MIN or ROTA_TIME_MAX where it has no bound */
} rota_member;

/** Whose memberships to list: of the group, of the member, or of the pair. */
typedef struct rota_member_query {
    uint32_t size;
    uint32_t reserved;
    rota_id  group;
    rota_id  member;
} rota_member_query;

ROTA_TYPES_END

/** Join a group. The group must have capacity 1, so that it is never booked
 *  twice at once.
 *  @param receipt  receives the group's id and version, and the stay; may be
 *                  NULL. call->version is the version expected of the group.
 *  @return ROTA_OK; ROTA_ECONFLICT where, within the stay, bookings of the
 *          group collide with the member's own; ROTA_ESTATE where he belongs to
 *          it already at some moment of the stay, the group's capacity is not
 *          1, or it would become a member of itself; ROTA_ENOTFOUND,
 *          ROTA_EINVALID, ROTA_EVERSION, ROTA_EKEY; ROTA_ELIMIT beyond
 *          ROTA_MAX_NESTING; or a failure.  @since 0.1 */
ROTA_API int rota_member_add(rota *r, const rota_call *call,
                             const rota_member_request *request,
                             rota_receipt *receipt);

/** Leave a group: from that moment on the group's bookings do not take the
 *  member's time. Stays that begin later are taken back.
 *  @return ROTA_OK; ROTA_ENOTFOUND where he does not belong to it then or
 *          later; ROTA_EINVALID, ROTA_EVERSION, ROTA_EKEY; or a failure.
 *  @since 0.1 */
ROTA_API int rota_member_remove(rota *r, const rota_call *call,
                                const rota_member_request *request,
                                rota_receipt *receipt);

/** List stays, past ones too, by group, member and start.
 *  @return ROTA_OK; ROTA_EINVALID where the query names neither a group nor a
 *          member; ROTA_ENOTFOUND; or a failure.  @since 0.1 */
ROTA_API int rota_member_list(rota *r, const rota_member_query *query,
                              rota_result **out);

/** Read row i of a list of stays.
 *  @return ROTA_OK, or ROTA_EINVALID as rota_conflict_at().  @since 0.1 */
ROTA_API int rota_member_at(const rota_result *rows, int64_t i,
                            rota_member *out);

#endif
