/* Consent checks (RFC 7675): Binding requests that come again and again from the address we send to, and whose answer
 * needs nobody's judgement. Pure; twin of `consent.py`. */
#ifndef YT_CONSENT_H
#define YT_CONSENT_H

#include "crypto.h"
#include "udp.h"

enum { YT_TRANSACTION_BYTES = 12, YT_CONSENT_BYTES = 80, YT_MOST_CREDENTIAL_BYTES = 64 };

/* Our side's ICE credentials of a peer. */
typedef struct yt_consent yt_consent;
/* NULL: no memory, or one of them is empty or longer than YT_MOST_CREDENTIAL_BYTES. */
yt_consent *yt_consent_new(const char *ufrag, const char *password);
void yt_consent_free(yt_consent *); /* NULL is fine; wipes the password */

/* The Binding success for this request of `source`, its length returned; 0: not one that may be answered without
 * asking (not authentic, for other credentials, an attribute unknown, the wrong role). The transaction is at byte 8 of
 * the request. */
size_t yt_consent_answer(const yt_consent *, const uint8_t *request, size_t length, const yt_address *source,
                         uint8_t answer[YT_CONSENT_BYTES]);

#endif
