/* What the forwarding thread tells Python: records in one ring of bytes, one writer, one reader, no lock.
 *
 * The ring is bounded: `Received` may fill half of it, control datagrams (STUN, DTLS, RTCP) three quarters, tapped
 * packets all of it. What finds no room is refused, and the writer counts it. Written records show to the reader when
 * `yt_ring_publish` says so, so that Python hears of a packet after its copies were sent. Whenever all was read the
 * writer begins at the front again: only as many of the bytes are ever touched as wait at once. */
#ifndef YT_RING_H
#define YT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YT_RING_BYTES (8u << 20)

typedef enum { YT_TOLD_SKIP, YT_TOLD_RECEIVED, YT_TOLD_STUN, YT_TOLD_DTLS, YT_TOLD_RTCP, YT_TOLD_TAP, YT_TOLD_CONSENT } yt_told;

/* A record; `length` bytes of data follow. STUN: data is a `yt_address` and the datagram; CONSENT: a `yt_address` and
 * the transaction. RECEIVED: data is the extension block, empty when there is none. */
typedef struct {
    uint32_t bytes; /* of the whole record, a multiple of 8 */
    uint16_t length;
    uint8_t kind;
    uint8_t payload_type;
    int64_t peer;
    int64_t arrival_us;
    uint32_t ssrc;
    uint32_t timestamp;
    uint16_t sequence;
    uint16_t size_bytes;
    bool marker;
    bool keyframe;
    bool patient; /* a control datagram that may wait for company */
} yt_record;

/* Positions only grow, by 8 MB or less at a time: 64 bits last. */
_Static_assert(sizeof(size_t) == 8, "the compiled data plane is for 64-bit machines");

typedef struct {
    uint8_t *bytes;
    size_t written;              /* writer's own, not shown yet */
    atomic_size_t base;          /* the writer's: what is before was read, wherever the tail still stands */
    _Alignas(64) atomic_size_t head; /* shown up to here */
    _Alignas(64) atomic_size_t tail; /* read up to here */
} yt_ring;

bool yt_ring_open(yt_ring *); /* false: no memory */
void yt_ring_close(yt_ring *);

/* Writer. `record` says what; its `bytes` and `length` are set here. False when there is no room for this kind. */
bool yt_ring_put(yt_ring *, yt_record record, const void *first, size_t first_length, const void *rest, size_t rest_length);
void yt_ring_publish(yt_ring *);
/* Bytes that wait for the reader, unpublished ones included. */
size_t yt_ring_used(const yt_ring *);

/* Reader. The oldest record with its data behind it, NULL when there is none; valid until `yt_ring_next`. */
const yt_record *yt_ring_peek(yt_ring *);
void yt_ring_next(yt_ring *);

#endif
