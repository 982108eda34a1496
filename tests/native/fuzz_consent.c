/* Any datagram: only what is read stays inside it, and an answer is a whole STUN message. */
/* links: consent crypto ipsecmb udp */
#include "consent.h"

#include <string.h>

#include "checks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static yt_consent *consent;
    char why[200];
    if (!consent) {
        CHECK(!yt_crypto_load(why, sizeof why));
        consent = yt_consent_new("u", "password");
    }
    uint8_t answer[YT_CONSENT_BYTES];
    yt_address source = {.family = size % 2 ? 4 : 6, .port = 9};
    size_t length = yt_consent_answer(consent, data, size, &source, answer);
    CHECK(length == 0 || (length <= sizeof answer && length % 4 == 0 && !memcmp(answer + 4, data + 4, 16)));
    return 0;
}
