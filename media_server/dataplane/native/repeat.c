/* What is sent again from the cache: answers to NACK, a new viewer's beginning, the filling of a probe. */
#include "plane.h"

#include <string.h>

enum { OLDEST_REPLAY_US = 2000000, MOST_REPLAY_BYTES = 600000, FILLING_PACKETS = 50 };

/* The repeat of a packet: as RTX (RFC 4588), else as it was, if its very bytes can be had again. */
static bool write_again(yt_letter *letter, yt_route *route, yt_packet *packet, const yt_segment *segment) {
    if (!yt_write_letter(letter, route, packet, segment))
        return false;
    letter->purpose = YT_REPEAT;
    uint8_t rtx_type = route->rtx_types[letter->marker_and_type & 0x7F];
    if (!route->has_rtx || rtx_type == YT_NO_TYPE)
        return !route->out->was_linked;
    letter->rtx = true;
    letter->marker_and_type = (letter->marker_and_type & 0x80) | rtx_type;
    memmove(letter->prefix + 2, letter->prefix, letter->prefix_length);
    letter->prefix[0] = (uint8_t)(letter->index >> 8);
    letter->prefix[1] = (uint8_t)letter->index;
    letter->prefix_length += 2;
    return true;
}

static bool repeat(yt_plane *plane, yt_route *route, uint16_t sequence, int64_t now_us) {
    yt_segment segment;
    yt_letter letter;
    int64_t index;
    if (!yt_route_find(route, sequence, &segment, &index))
        return false;
    yt_stream *stream = yt_peer_find(route->stream->peer, segment.ssrc);
    bool same = stream && stream->life == segment.life && !yt_stream_silent(stream);
    yt_packet *packet = same ? yt_stream_cached(stream, index - segment.delta) : NULL;
    if (!packet || !write_again(&letter, route, packet, &segment))
        return false;
    if (yt_route_just_resent(route, index, now_us))
        return true;
    route->retransmitted++;
    yt_post(plane, &letter, now_us);
    return true;
}

uint32_t yt_retransmit(yt_plane *plane, yt_route *route, const uint16_t *sequences, size_t count, int64_t now_us) {
    uint32_t found = 0;
    if (route->paused || route->stopped || yt_stream_silent(route->stream) || !route->out->outbound || !route->out->sending)
        return 0;
    for (size_t at = 0; at < count && at < YT_VIDEO_CACHE; at++)
        found += repeat(plane, route, sequences[at], now_us);
    yt_flush(plane);
    return found;
}

/* Where the newest keyframe begins, if everything since is there and young; else -1. */
static int64_t beginning(const yt_stream *stream, int64_t now_us) {
    const yt_packet *start = NULL;
    int64_t index = stream->window.highest;
    for (uint16_t seen = 0; seen < stream->cache_size; seen++, index--) {
        const yt_packet *packet = yt_stream_cached(stream, index);
        if (!packet || now_us - packet->arrival_us > OLDEST_REPLAY_US)
            break;
        if (start && packet->rtp.timestamp != start->rtp.timestamp)
            break;
        /* Parameter sets before the picture count as its beginning (H264). */
        if (packet->keyframe)
            start = packet;
    }
    return start ? start->index : -1;
}

bool yt_replay(yt_plane *plane, yt_route *route, int64_t now_us) {
    yt_stream *stream = route->stream;
    if (route->started || route->paused || route->stopped || yt_stream_silent(stream) || !route->out->outbound || !route->out->sending)
        return false;
    int64_t first = beginning(stream, now_us), last = stream->window.highest;
    size_t bytes = 0;
    for (int64_t index = first; index >= 0 && index <= last; index++)
        bytes += yt_stream_cached(stream, index)->size;
    if (first < 0 || bytes > MOST_REPLAY_BYTES || !yt_pace_room(route->out, (size_t)(last - first + 1), bytes))
        return false;
    route->first = first;
    for (int64_t index = first; index <= last; index++)
        yt_forward_on(plane, route, yt_stream_cached(stream, index), index - 1, now_us);
    yt_flush(plane);
    return true;
}

bool yt_filling(const yt_peer *peer, yt_letter *letter) {
    for (uint32_t at = 0; at < peer->routes.count; at++) {
        yt_route *route = peer->routes.items[at];
        if (!route->live || yt_stream_silent(route->stream) || !route->has_rtx)
            continue;
        int64_t highest = route->stream->window.highest, count = highest - route->first + 1;
        count = count > FILLING_PACKETS ? FILLING_PACKETS : count < 1 ? 1 : count;
        yt_segment present = yt_route_present(route);
        for (int64_t turn = peer->fillings; turn < (int64_t)peer->fillings + count; turn++) {
            int64_t index = highest - turn % count;
            yt_packet *packet = index < route->first ? NULL : yt_stream_cached(route->stream, index);
            if (!packet || !write_again(letter, route, packet, &present) || !letter->rtx)
                continue;
            letter->purpose = YT_PADDING;
            return true;
        }
    }
    return false;
}
