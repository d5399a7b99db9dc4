/* Until the engine is there: what stands in for its new calls. */
#ifndef STANDIN_H
#define STANDIN_H
#ifdef USE_STANDIN
#include <rota.h>
static inline int standin_check(rota *r, const rota_booking_request *q)
{
    rota_call call = ROTA_INIT(rota_call);
    call.flags = ROTA_CALL_DRY_RUN;
    return rota_booking_create(r, &call, q, NULL);
}
static inline int standin_all(rota *r, const rota_call *call, const rota_booking_request *q,
                              int64_t count, int32_t *answers, rota_receipt *receipts)
{
    for (int64_t i = 0; i < count; i++)
        answers[i] = rota_booking_create(r, call, &q[i], &receipts[i]);
    return ROTA_OK;
}
#define rota_booking_check standin_check
#define rota_booking_create_all standin_all
#endif
#endif
