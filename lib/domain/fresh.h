/* Occurrences that come to have their start when reminders of it are due already: a
 * series is one record, so that its store cannot tell which of them a change is about. */
#ifndef ROTA__FRESH_H
#define ROTA__FRESH_H

#include "domain/context.h"

/* Of the booking that was put last into the batch, a series or a new part of one; before: as
 * it was, or NULL. */
int rota__fresh_note(rota__context *cx, rota__batch *batch, const rota__booking *before);

#endif
