/* What is due: lapsed holds are marked and told, old keys forgotten. It only
 * tidies; whether a hold holds is decided by the clock everywhere (I7). */
#ifndef ROTA__TICK_H
#define ROTA__TICK_H

#include "domain/write.h"

int rota__tick(rota__write *w, rota_tick_report *report);

#endif
