#include "ring.h"

#include <stdlib.h>
#include <string.h>

static const size_t room_of[] = {
    [YT_TOLD_SKIP] = YT_RING_BYTES,
    [YT_TOLD_RECEIVED] = YT_RING_BYTES / 2,
    [YT_TOLD_STUN] = YT_RING_BYTES / 4 * 3,
    [YT_TOLD_DTLS] = YT_RING_BYTES / 4 * 3,
    [YT_TOLD_RTCP] = YT_RING_BYTES / 4 * 3,
    [YT_TOLD_TAP] = YT_RING_BYTES,
    [YT_TOLD_CONSENT] = YT_RING_BYTES / 4 * 3,
};

bool yt_ring_open(yt_ring *ring) {
    ring->bytes = malloc(YT_RING_BYTES);
    ring->written = 0;
    atomic_init(&ring->base, 0);
    atomic_init(&ring->head, 0);
    atomic_init(&ring->tail, 0);
    return ring->bytes != NULL;
}

void yt_ring_close(yt_ring *ring) {
    free(ring->bytes);
    ring->bytes = NULL;
}

size_t yt_ring_used(const yt_ring *ring) {
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t base = atomic_load_explicit(&ring->base, memory_order_relaxed);
    return ring->written - (tail < base ? base : tail);
}

/* All was read: go on at the beginning of the bytes, which are in a core's cache and in memory already. */
static void rewind_empty(yt_ring *ring) {
    ring->written += (YT_RING_BYTES - ring->written % YT_RING_BYTES) % YT_RING_BYTES;
    atomic_store_explicit(&ring->base, ring->written, memory_order_release);
}

bool yt_ring_put(yt_ring *ring, yt_record record, const void *first, size_t first_length, const void *rest,
                 size_t rest_length) {
    size_t length = first_length + rest_length, used = yt_ring_used(ring);
    size_t bytes = (sizeof record + length + 7) & ~(size_t)7;
    if (!used)
        rewind_empty(ring);
    size_t at = ring->written % YT_RING_BYTES, to_end = YT_RING_BYTES - at;
    size_t skipped = bytes > to_end ? to_end : 0;
    if (length > UINT16_MAX || used + skipped + bytes > room_of[record.kind])
        return false;
    if (skipped) {
        /* A record never wraps; where even its head does not fit, the reader skips by itself. */
        if (to_end >= sizeof record) {
            yt_record skip = {.bytes = (uint32_t)to_end, .kind = YT_TOLD_SKIP};
            memcpy(ring->bytes + at, &skip, sizeof skip);
        }
        ring->written += to_end;
        at = 0;
    }
    record.bytes = (uint32_t)bytes;
    record.length = (uint16_t)length;
    memcpy(ring->bytes + at, &record, sizeof record);
    if (first_length)
        memcpy(ring->bytes + at + sizeof record, first, first_length);
    if (rest_length)
        memcpy(ring->bytes + at + sizeof record + first_length, rest, rest_length);
    ring->written += bytes;
    return true;
}

void yt_ring_publish(yt_ring *ring) {
    atomic_store_explicit(&ring->head, ring->written, memory_order_release);
}

const yt_record *yt_ring_peek(yt_ring *ring) {
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t base = atomic_load_explicit(&ring->base, memory_order_acquire);
    if (tail < base)
        tail = base < head ? base : head;
    while (tail != head) {
        size_t to_end = YT_RING_BYTES - tail % YT_RING_BYTES;
        const yt_record *record = (const yt_record *)(const void *)(ring->bytes + tail % YT_RING_BYTES);
        if (to_end >= sizeof *record && record->kind != YT_TOLD_SKIP)
            return record;
        tail += to_end;
        atomic_store_explicit(&ring->tail, tail, memory_order_release);
    }
    return NULL;
}

void yt_ring_next(yt_ring *ring) {
    const yt_record *record = yt_ring_peek(ring);
    if (!record)
        return;
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    size_t base = atomic_load_explicit(&ring->base, memory_order_acquire);
    atomic_store_explicit(&ring->tail, (tail < base ? base : tail) + record->bytes, memory_order_release);
}
