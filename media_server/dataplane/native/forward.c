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
    yt_block_write(&blocks->list[at].block, source, &blocks->elements, map->ids, map->one_byte_only, hop);
    return &blocks->list[at].block;
}

void yt_send_letter(yt_plane *plane, const yt_letter *letter, int64_t now_us) {
    yt_route *route = letter->route;
    yt_peer *out = route->out;
    const yt_packet *packet = letter->packet;
    yt_numbering *numbering = letter->rtx ? route->rtx_numbering : route->numbering;
    int64_t index = letter->rtx ? numbering->index++ : letter->index;
    const yt_block *block = block_of(plane, packet, route->map, out->hop);
    size_t body = (size_t)packet->size - letter->replaced;
    size_t length = YT_RTP_FIXED_BYTES + (size_t)block->bytes + letter->prefix_length + body;
    yt_seal_job *job = yt_outbox_add(&plane->outbox, out, letter->packet, length);
    job->head = (uint16_t)yt_rtp_write(job->out, letter->marker_and_type, (uint16_t)index, letter->timestamp,
                                       numbering->ssrc, block);
    uint16_t number = 0;
    if (out->congestion)
        number = yt_congestion_sent(out->congestion, length + out->tag_bytes, now_us, out->probe.rate_bps != 0);
    yt_count_left(out, length + out->tag_bytes);
    yt_block_stamp(block, job->out + YT_RTP_FIXED_BYTES, number, yt_abs_send_time(now_us));
    job->prefix_length = letter->prefix_length;
    memcpy(job->prefix, letter->prefix, letter->prefix_length);
    job->body = yt_packet_payload(packet) + letter->replaced;
    job->body_length = (uint16_t)body;
    job->ssrc = numbering->ssrc;
    job->index = (uint64_t)index;
    if (numbering->left <= index)
        numbering->left = index + 1;
    if (letter->purpose == YT_MEDIA) {
        route->packets++;
        route->payload_bytes += packet->size;
        plane->counts.forwarded++;
    }
}

void yt_flush(yt_plane *plane) {
    yt_outbox_flush(&plane->outbox);
}

bool yt_write_letter(yt_letter *letter, yt_route *route, yt_packet *packet, const yt_segment *segment) {
    uint8_t type = route->types[packet->rtp.payload_type], marker = packet->rtp.marker;
    if (type == YT_NO_TYPE)
        return false;
    /* The picture ends with the highest layer that goes out. */
    if (packet->layers.known && packet->layers.ends && packet->layers.spatial == segment->spatial)
        marker = 0x80;
    *letter = (yt_letter){
        .route = route,
        .packet = packet,
        .index = packet->index + segment->delta,
        .timestamp = packet->rtp.timestamp + segment->timestamp_delta,
        .marker_and_type = marker | type,
        .purpose = YT_MEDIA,
    };
    const yt_vp8_offsets *moved = &segment->vp8;
    if (packet->numbered && (moved->picture || moved->tl0 || moved->key)) {
        size_t bytes = packet->size < YT_VP8_MAX_DESCRIPTOR ? packet->size : YT_VP8_MAX_DESCRIPTOR;
        memcpy(letter->prefix, yt_packet_payload(packet), bytes);
        yt_vp8_rewrite(letter->prefix, &packet->vp8, *moved);
        letter->prefix_length = letter->replaced = (uint8_t)bytes;
    }
    return true;
}

void yt_forward_on(yt_plane *plane, yt_route *route, yt_packet *packet, int64_t highest, int64_t now_us) {
    bool newest = packet->index > highest;
    if (!route->live) {
        if (!yt_route_start(route, packet, now_us))
            return;
        if (packet->numbered)
            yt_vp8_switched(&route->vp8, &packet->vp8);
        yt_route_begin_layers(route);
    }
    if (newest && (route->types[packet->rtp.payload_type] == YT_NO_TYPE || !packet->size)) {
        yt_route_skip(route, packet->index);
        return;
    }
    if (newest && route->layered && !yt_route_admits(route, packet, &packet->layers)) {
        yt_route_skip(route, packet->index);
        if (packet->numbered)
            yt_vp8_dropped(&route->vp8, &packet->vp8);
        return;
    }
    yt_segment present;
    const yt_segment *segment = &present;
    if (packet->index >= route->first)
        present = yt_route_present(route);
    else if (!(segment = yt_route_late(route, packet->index)))
        return;
    yt_letter letter;
    if (!yt_write_letter(&letter, route, packet, segment))
        return;
    letter.late = !newest;
    if (newest && packet->numbered)
        yt_vp8_sent(&route->vp8, &packet->vp8);
    yt_post(plane, &letter, now_us);
}

/* What the payload says of keyframe, layers and running numbers. */
static void describe(const yt_stream *stream, yt_packet *packet) {
    const uint8_t *payload = yt_packet_payload(packet);
    if (stream->codec == YT_CODEC_UNKNOWN || stream->codec == YT_OPUS)
        return;
    packet->keyframe = yt_is_keyframe(stream->codec, payload, packet->size);
    if (stream->codec == YT_VP8) {
        packet->numbered = yt_vp8_parse(&packet->vp8, payload, packet->size);
        if (packet->numbered)
            packet->layers = packet->vp8.layers;
    } else if (stream->codec == YT_VP9) {
        yt_layers_read(&packet->layers, stream->codec, payload, packet->size);
    } else if (stream->dependency_id && packet->rtp.extension_bytes) {
        const uint8_t *block = packet->data + packet->rtp.extension_at;
        yt_elements elements;
        yt_elements_read(&elements, block, packet->rtp.extension_bytes);
        const yt_element *found = yt_elements_find(&elements, stream->dependency_id);
        if (found)
            yt_dependency_read(&packet->layers, stream->dependency, packet->index, block + found->at, found->length);
    }
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
    describe(stream, packet);
    if (stream->muted)
        return false;
    yt_stream_keep(stream, packet);
    yt_stream_count(stream, packet);
    bool began = packet->keyframe && stream->waiting.count;
    if (began)
        switch_waiting(stream);
    if (!stream->hushed) {
        for (uint32_t at = 0; at < stream->routes.count; at++) {
            yt_route *route = stream->routes.items[at];
            bool waited = !route->live;
            yt_forward_on(plane, route, packet, highest, now_us);
            began |= waited && route->live;
        }
    }
    if (stream->tapped) {
        yt_record record = {.kind = YT_TOLD_TAP, .peer = stream->peer->id, .ssrc = stream->ssrc, .arrival_us = now_us};
        yt_tell(plane, record, packet->data, packet->length, NULL, 0);
    }
    return began;
}
