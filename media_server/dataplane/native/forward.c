/* The copies of a packet: cached once, numbered for each route, put into the outbox; tapped. */
#include "plane.h"

#include <string.h>

static const yt_block *block_of(yt_plane *plane, const yt_packet *packet, const yt_map *map, yt_hop hop) {
    yt_blocks *blocks = &plane->blocks;
    if (blocks->serial != packet->serial) {
        blocks->serial = packet->serial;
        blocks->read = false;
        blocks->count = 0;
    }
    for (uint32_t at = 0; at < blocks->count; at++) {
        if (blocks->list[at].map == map && !memcmp(&blocks->list[at].hop, &hop, sizeof hop))
            return &blocks->list[at].block;
    }
    const uint8_t *source = packet->data + packet->rtp.extension_at;
    if (!blocks->read)
        yt_elements_read(&blocks->elements, source, packet->rtp.extension_bytes);
    blocks->read = true;
    uint32_t most = sizeof blocks->list / sizeof *blocks->list;
    uint32_t at = blocks->count < most ? blocks->count++ : most - 1;
    blocks->list[at].map = map;
    blocks->list[at].hop = hop;
    yt_block_write(&blocks->list[at].block, source, &blocks->elements, map->ids, hop);
    return &blocks->list[at].block;
}

void yt_send_letter(yt_plane *plane, const yt_letter *letter, int64_t now_us) {
    yt_peer *out = letter->route->out;
    const yt_packet *packet = letter->packet;
    const yt_block *block = block_of(plane, packet, letter->route->map, out->hop);
    size_t body = packet->size - letter->replaced;
    size_t length = YT_RTP_FIXED_BYTES + block->bytes + letter->prefix_length + body;
    yt_seal_job *job = yt_outbox_add(&plane->outbox, out, letter->packet, length);
    job->head = (uint16_t)yt_rtp_write(job->out, letter->marker_and_type, (uint16_t)letter->index, letter->timestamp,
                                       letter->ssrc, block);
    if (out->congestion) {
        uint16_t number = yt_congestion_sent(out->congestion, length, now_us, 0);
        yt_block_stamp(block, job->out + YT_RTP_FIXED_BYTES, number, yt_abs_send_time(now_us));
    }
    job->prefix_length = letter->prefix_length;
    memcpy(job->prefix, letter->prefix, letter->prefix_length);
    job->body = yt_packet_payload(packet) + letter->replaced;
    job->body_length = (uint16_t)body;
    job->ssrc = letter->ssrc;
    job->index = (uint64_t)letter->index;
}

void yt_flush(yt_plane *plane) {
    yt_outbox_flush(&plane->outbox);
}

static void forward_on(yt_plane *plane, yt_route *route, yt_packet *packet, int64_t highest, int64_t now_us) {
    if (!route->live && !yt_route_start(route, packet, now_us))
        return;
    int64_t delta = route->delta;
    uint32_t timestamp_delta = route->timestamp_delta;
    if (packet->index < route->first) {
        const yt_segment *segment = yt_route_late(route, packet->index);
        if (!segment)
            return;
        delta = segment->delta;
        timestamp_delta = segment->timestamp_delta;
    }
    uint8_t type = route->types[packet->rtp.payload_type];
    if ((type == YT_NO_TYPE || !packet->size) && packet->index > highest) {
        yt_route_skip(route, packet->index);
        return;
    }
    if (type == YT_NO_TYPE)
        return;
    yt_letter letter = {
        .route = route,
        .packet = packet,
        .index = packet->index + delta,
        .ssrc = route->ssrc,
        .timestamp = packet->rtp.timestamp + timestamp_delta,
        .marker_and_type = packet->rtp.marker | type,
    };
    yt_send_letter(plane, &letter, now_us);
    route->packets++;
    route->payload_bytes += packet->size;
    plane->counts.forwarded++;
}

/* A keyframe is here: routes that waited for it take this stream from now on. */
static void switch_waiting(yt_stream *stream) {
    for (uint32_t at = 0; at < stream->waiting.count; at++) {
        yt_route *route = stream->waiting.items[at];
        if (!yt_list_add(&stream->routes, route))
            continue; /* no memory: it stays where it is */
        yt_list_remove(&route->stream->routes, route);
        yt_route_leave(route, stream);
        route->waiting = NULL;
        stream->waiting.items[at] = NULL;
    }
    uint32_t left = 0;
    for (uint32_t at = 0; at < stream->waiting.count; at++) {
        if (stream->waiting.items[at])
            stream->waiting.items[left++] = stream->waiting.items[at];
    }
    stream->waiting.count = left;
}

bool yt_forward(yt_plane *plane, yt_stream *stream, yt_packet *packet, int64_t highest, int64_t now_us) {
    if (packet->index > highest) {
        stream->highest_timestamp = packet->rtp.timestamp;
        stream->highest_us = now_us;
    }
    packet->keyframe = stream->codec != YT_CODEC_UNKNOWN && stream->codec != YT_OPUS &&
                       yt_is_keyframe(stream->codec, yt_packet_payload(packet), packet->size);
    if (stream->muted)
        return packet->keyframe;
    yt_stream_keep(stream, packet);
    if (packet->keyframe && stream->waiting.count)
        switch_waiting(stream);
    if (!stream->hushed) {
        for (uint32_t at = 0; at < stream->routes.count; at++)
            forward_on(plane, stream->routes.items[at], packet, highest, now_us);
    }
    if (stream->tapped) {
        yt_record record = {.kind = YT_TOLD_TAP, .peer = stream->peer->id, .ssrc = stream->ssrc, .arrival_us = now_us};
        yt_tell(plane, record, packet->data, packet->length, NULL, 0);
    }
    return packet->keyframe;
}

static bool repeat(yt_plane *plane, yt_route *route, uint16_t sequence, int64_t now_us) {
    yt_segment segment;
    int64_t index;
    if (!yt_route_find(route, sequence, &segment, &index))
        return false;
    yt_stream *stream = yt_peer_find(route->stream->peer, segment.ssrc);
    if (!stream || yt_stream_silent(stream))
        return false;
    yt_packet *packet = yt_stream_cached(stream, index - segment.delta);
    uint8_t type = packet ? route->types[packet->rtp.payload_type] : YT_NO_TYPE;
    if (type == YT_NO_TYPE)
        return false;
    uint8_t rtx_type = route->rtx_types[type];
    bool over_rtx = route->has_rtx && rtx_type != YT_NO_TYPE;
    /* Hop values are new each time, and AES-GCM gives its key away when one index is sealed with two headers. */
    if (!over_rtx && (route->out->hop.transport_cc || route->out->hop.abs_send_time))
        return false;
    if (yt_route_just_resent(route, index, now_us))
        return true;
    yt_letter letter = {
        .route = route,
        .packet = packet,
        .index = index,
        .ssrc = route->ssrc,
        .timestamp = packet->rtp.timestamp + segment.timestamp_delta,
        .marker_and_type = packet->rtp.marker | type,
    };
    if (over_rtx) {
        letter.prefix[0] = (uint8_t)(index >> 8);
        letter.prefix[1] = (uint8_t)index;
        letter.prefix_length = 2;
        letter.marker_and_type = packet->rtp.marker | rtx_type;
        letter.ssrc = route->rtx_ssrc;
        letter.index = route->rtx_numbering->index++;
    }
    yt_send_letter(plane, &letter, now_us);
    route->retransmitted++;
    return true;
}

uint32_t yt_retransmit(yt_plane *plane, yt_route *route, const uint16_t *sequences, size_t count, int64_t now_us) {
    uint32_t found = 0;
    if (route->paused || yt_stream_silent(route->stream) || !route->out->outbound || !route->out->sending)
        return 0;
    for (size_t at = 0; at < count && at < YT_VIDEO_CACHE; at++)
        found += repeat(plane, route, sequences[at], now_us);
    yt_flush(plane);
    return found;
}
