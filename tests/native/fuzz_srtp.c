/* Opening whatever a peer sends: first byte says how, the rest is the packet, in memory of exactly its size. */
/* links: crypto ipsecmb srtp */
#include <string.h>

#include "checks.h"
#include "srtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static yt_srtp *directions[2];
    static const uint8_t key[16] = {1}, salt[14] = {2};
    if (directions[0] == NULL) {
        directions[0] = yt_srtp_new(YT_GCM, key, salt, 12);
        directions[1] = yt_srtp_new(YT_CM, key, salt, 14);
        CHECK(directions[0] != NULL && directions[1] != NULL);
    }
    if (size < 2) return 0;
    yt_srtp *srtp = directions[data[0] & 1];
    size_t length = size - 2, head = 12 + (data[1] & 0x7f), room = YT_SRTCP_OVERHEAD;
    uint8_t *packet = malloc(length + room);
    CHECK(packet != NULL);
    if (data[0] & 2) {
        CHECK(yt_srtcp_open(srtp, memcpy(packet, data + 2, length), length) == 0);
    } else if (data[0] & 4) {
        CHECK(yt_srtp_open(srtp, memcpy(packet, data + 2, length), head, length, 7, data[1]) == 0);
    } else if (length >= 8) { /* what is sealed opens, once */
        size_t sealed = yt_srtcp_seal(srtp, memcpy(packet, data + 2, length), length);
        CHECK(sealed > length && sealed <= length + room);
        uint8_t *copy = malloc(sealed);
        CHECK(copy != NULL);
        memcpy(copy, packet, sealed);
        CHECK(yt_srtcp_open(srtp, packet, sealed) == length && memcmp(packet, data + 2, length) == 0);
        CHECK(yt_srtcp_open(srtp, copy, sealed) == 0);
        free(copy);
    }
    free(packet);
    return 0;
}
