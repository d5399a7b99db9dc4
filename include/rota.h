/** @file rota.h
 *  rota: an embeddable scheduling engine. Open a calendar, add rooms, people
 *  and groups, and book them; no call can double-book.
 *
 *  Three rules hold everywhere:
 *  - **Time** is seconds since 1970-01-01T00:00Z; every span is `[start, end)`.
 *  - **Records** are sized: `rota_claim` and the other plain values stand in
 *    arrays as they are, records start from ROTA_INIT. A record may grow at its
 *    end in a later version; a program compiled against a shorter one goes on
 *    working.
 *  - **Ownership**: what you pass in is copied; text you read belongs to the
 *    rota_result it came from; outputs are untouched when a call fails.
 */
#ifndef ROTA_H
#define ROTA_H

#define ROTA_VERSION_MAJOR 0
#define ROTA_VERSION_MINOR 1
#define ROTA_VERSION_PATCH 0
#define ROTA_VERSION "0.1.0"

#include <rota/base.h>
#include <rota/time.h>
#include <rota/result.h>
#include <rota/call.h>
#include <rota/conflict.h>
#include <rota/violation.h>
#include <rota/handle.h>
#include <rota/resource.h>
#include <rota/group.h>
#include <rota/booking.h>
#include <rota/hours.h>
#include <rota/placement.h>
#include <rota/series.h>
#include <rota/free.h>
#include <rota/event.h>
#include <rota/consumer.h>
#include <rota/reminder.h>
#include <rota/metrics.h>

#endif
