/* What the thread tells upward, and when it wakes Python for it. */
#include "plane.h"

bool yt_tell(yt_plane *plane, yt_record record, const void *first, size_t first_length, const void *rest,
             size_t rest_length) {
    bool told = yt_ring_put(&plane->ring, record, first, first_length, rest, rest_length);
    yt_untold *untold = &plane->untold;
    switch (record.kind) {
    case YT_TOLD_RECEIVED:
        plane->counts.told_lost += !told;
        break;
    case YT_TOLD_TAP:
        plane->counts.taps_lost += !told;
        break;
    default:
        if (!record.patient) {
            untold->urgent = true;
            return told;
        }
    }
    if (!untold->records++)
        untold->since_us = record.arrival_us;
    return told;
}

void yt_grow_restless(yt_plane *plane, int64_t now_us) {
    plane->untold.restless_us = now_us;
}

static int64_t patience_us(const yt_untold *untold, int64_t now_us) {
    if (now_us - untold->restless_us < YT_RESTLESS_US)
        return YT_TELL_SOON_US;
    return untold->hushed ? YT_TELL_HUSHED_US : YT_TELL_US;
}

bool yt_tell_due(const yt_plane *plane, int64_t now_us) {
    const yt_untold *untold = &plane->untold;
    if (untold->urgent || !untold->records)
        return untold->urgent;
    return untold->records >= YT_TELL_RECORDS || yt_ring_used(&plane->ring) > YT_RING_BYTES / 4 ||
           now_us - untold->since_us >= patience_us(untold, now_us);
}

int64_t yt_tell_at_us(const yt_plane *plane, int64_t now_us) {
    const yt_untold *untold = &plane->untold;
    return untold->records ? untold->since_us + patience_us(untold, now_us) * 6 / 5 : -1;
}

void yt_note_told(yt_plane *plane) {
    plane->untold.urgent = plane->untold.hushed = false;
    plane->untold.records = 0;
}
