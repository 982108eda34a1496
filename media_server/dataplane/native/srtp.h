/* SRTP and SRTCP (RFC 3711) with AEAD_AES_128_GCM (RFC 7714) and AES_CM_128_HMAC_SHA1_80, byte-equal to srtp.py.
 *
 * A `yt_srtp` is one direction of one association and for one thread at a time. RTP indices (48 bit: rollover counter
 * and sequence number) are the caller's, a `yt_window` keeps one stream's; SRTCP indices are kept here. */
#ifndef YT_SRTP_H
#define YT_SRTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct yt_srtp yt_srtp;
enum { YT_GCM = 0, YT_CM = 1 };
#define YT_SRTP_OVERHEAD 16  /* most bytes that sealing RTP adds */
#define YT_SRTCP_OVERHEAD 20 /* most bytes that sealing RTCP adds */
#define YT_PREFIX_BYTES 32
#define YT_WINDOW_PACKETS 1024

/* `salt_length`: 12 (GCM) or 14 (CM). NULL: libcrypto is not loaded, the salt does not fit, or no memory. */
yt_srtp *yt_srtp_new(int profile, const uint8_t *key16, const uint8_t *salt, size_t salt_length);
void yt_srtp_free(yt_srtp *); /* NULL is fine; wipes the keys */

/* One packet to seal out of place. The payload is `prefix` (a rewritten payload descriptor or the original sequence
 * number of RTX) followed by `body`; ciphertext and tag go to out + head, so `out` needs room for
 * head + prefix_length + body_length + YT_SRTP_OVERHEAD. `body` must not overlap `out`.
 *
 * One index of one SSRC must never be sealed twice with a different header or payload: with AES-GCM two such packets
 * give the authentication key away. Sealing the very same packet again is harmless. */
typedef struct {
    yt_srtp *srtp;
    uint8_t *out;  /* begins with the finished RTP header, extensions included */
    uint16_t head; /* its length, at least 12 */
    uint8_t prefix[YT_PREFIX_BYTES];
    uint8_t prefix_length;
    const uint8_t *body;
    uint16_t body_length;
    uint32_t ssrc;   /* as in the header */
    uint64_t index;  /* its low 16 bits are the sequence number in the header */
    uint16_t length; /* result: whole packet, 0 = failed (an impossible job, or longer than 65535) */
} yt_seal_job;
void yt_srtp_seal(yt_seal_job *jobs, size_t count);

/* Authenticates and decrypts in place; `head` is the RTP header's length, extensions included. Length without the
 * tag; 0 = forged or cut off, and what follows the header then means nothing. Replay is the caller's (`yt_window`). */
size_t yt_srtp_open(yt_srtp *, uint8_t *packet, size_t head, size_t length, uint32_t ssrc, uint64_t index);

/* A compound RTCP packet to SRTCP, in place, always encrypted; needs YT_SRTCP_OVERHEAD bytes of room behind it.
 * Length of the SRTCP packet; 0 when it is shorter than 8 bytes or 2^31 packets were sealed. */
size_t yt_srtcp_seal(yt_srtp *, uint8_t *packet, size_t length);
/* The other way. Length of the compound packet; 0 = forged, cut off, not encrypted or replayed. Replay is checked per
 * sender SSRC for the newest 128 of them. */
size_t yt_srtcp_open(yt_srtp *, uint8_t *packet, size_t length);

/* Which packet indices of one stream were seen: replay protection and rollover counting (RFC 3711 3.3). */
typedef struct {
    int64_t highest;                         /* highest accepted index; -1 before the first packet */
    uint64_t seen[YT_WINDOW_PACKETS / 64];   /* bit index % 1024 */
} yt_window;
#define YT_WINDOW_NEW {.highest = -1}
/* The 48-bit index that a 16-bit sequence number most likely stands for. Changes nothing. */
int64_t yt_window_index(const yt_window *, uint16_t sequence);
/* Whether `index` is new and not older than the window. */
bool yt_window_fresh(const yt_window *, int64_t index);
/* Remembers `index`; call only after the packet authenticated. */
void yt_window_accept(yt_window *, int64_t index);

#endif
