#include "route.h"

#include <stdlib.h>

size_t yt_letter_bytes(const yt_letter *letter) {
    return letter->prefix_length + (size_t)(letter->packet->size - letter->replaced);
}

static yt_letter *place(const yt_queue *queue, uint32_t at) {
    return &queue->items[(queue->first + at) % queue->room];
}

static bool grow(yt_queue *queue) {
    uint32_t room = queue->room ? 2 * queue->room : 32;
    yt_letter *items = malloc(room * sizeof *items);
    if (!items)
        return false;
    for (uint32_t at = 0; at < queue->count; at++)
        items[at] = *place(queue, at);
    free(queue->items);
    queue->items = items;
    queue->room = room;
    queue->first = 0;
    return true;
}

bool yt_queue_put(yt_queue *queue, const yt_letter *letter) {
    if (queue->count >= YT_MOST_QUEUED || (queue->count == queue->room && !grow(queue)))
        return false;
    yt_letter *kept = place(queue, queue->count);
    if (letter->purpose == YT_REPEAT) {
        queue->first = (queue->first + queue->room - 1) % queue->room;
        for (uint32_t at = 0; at < queue->ahead; at++)
            *place(queue, at) = *place(queue, at + 1);
        kept = place(queue, queue->ahead++);
    }
    queue->count++;
    *kept = *letter;
    yt_packet_hold(kept->packet);
    kept->route->queued++;
    queue->bytes += yt_letter_bytes(letter);
    return true;
}

yt_letter yt_queue_pop(yt_queue *queue) {
    yt_letter letter = *place(queue, 0);
    queue->first = (queue->first + 1) % queue->room;
    queue->count--;
    if (queue->ahead)
        queue->ahead--;
    queue->bytes -= yt_letter_bytes(&letter);
    letter.route->queued--;
    return letter;
}

int64_t yt_queue_purge(yt_queue *queue, const yt_route *route, const yt_stream *stream) {
    uint32_t kept = 0, count = queue->count, ahead = queue->ahead;
    int64_t lowest = -1;
    for (uint32_t at = 0; at < count; at++) {
        yt_letter *letter = place(queue, at);
        bool goes = letter->route == route || (stream && letter->packet->rtp.ssrc == stream->ssrc &&
                                               letter->route->stream->peer == stream->peer);
        if (!goes) {
            *place(queue, kept++) = *letter;
            continue;
        }
        if (at < ahead)
            queue->ahead--;
        if (lowest < 0 && !letter->late && letter->purpose == YT_MEDIA)
            lowest = letter->index;
        queue->bytes -= yt_letter_bytes(letter);
        letter->route->queued--;
        yt_packet_drop(letter->packet);
    }
    queue->count = kept;
    return lowest;
}
