#include "state.h"

#include "route.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool yt_list_add(yt_list *list, void *item) {
    if (list->count == list->room) {
        uint32_t room = list->room ? 2 * list->room : 4;
        void **items = realloc(list->items, room * sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = item;
    return true;
}

void yt_list_remove(yt_list *list, const void *item) {
    for (uint32_t at = 0; at < list->count; at++) {
        if (list->items[at] != item)
            continue;
        memmove(list->items + at, list->items + at + 1, (--list->count - at) * sizeof *list->items);
        return;
    }
}

void yt_list_free(yt_list *list) {
    free(list->items);
    *list = (yt_list){0};
}

/* Streams */

bool yt_stream_silent(const yt_stream *stream) {
    return stream->muted || stream->hushed;
}

static void empty_cache(yt_stream *stream) {
    for (uint16_t at = 0; at < stream->cache_size; at++) {
        yt_packet_drop(stream->cache[at]);
        stream->cache[at] = NULL;
    }
}

bool yt_stream_carry(yt_stream *stream, yt_codec codec) {
    if (codec == stream->codec)
        return true;
    uint16_t size = codec == YT_OPUS ? YT_AUDIO_CACHE : YT_VIDEO_CACHE;
    yt_packet **cache = calloc(size, sizeof *cache);
    if (!cache)
        return false;
    empty_cache(stream);
    free(stream->cache);
    stream->cache = cache;
    stream->cache_size = size;
    stream->codec = codec;
    memset(stream->layer_bytes, 0, sizeof stream->layer_bytes);
    return true;
}

void yt_stream_count(yt_stream *stream, const yt_packet *packet) {
    const yt_layers *layers = &packet->layers;
    if (layers->known)
        stream->layer_bytes[layers->spatial % YT_LAYERS][layers->temporal % YT_LAYERS] += packet->size;
}

bool yt_stream_depend(yt_stream *stream, uint8_t id) {
    if (!id)
        return true;
    if (!stream->dependency && !(stream->dependency = calloc(1, sizeof *stream->dependency)))
        return false;
    stream->dependency_id = id;
    return true;
}

void yt_stream_silence(yt_stream *stream, bool muted, bool hushed) {
    bool was = yt_stream_silent(stream);
    stream->muted = muted;
    stream->hushed = hushed;
    if (was == yt_stream_silent(stream))
        return;
    for (uint32_t at = 0; at < stream->routes.count; at++) {
        if (was)
            yt_route_begin_anew(stream->routes.items[at]);
        else
            yt_route_withhold(stream->routes.items[at]);
    }
}

void yt_stream_restart(yt_stream *stream) {
    for (uint32_t at = 0; at < stream->routes.count; at++) {
        yt_route *route = stream->routes.items[at];
        yt_route_forget(route);
        route->first = 0;
    }
    stream->window = (yt_window)YT_WINDOW_NEW;
    if (stream->dependency)
        stream->dependency->since = 0;
    empty_cache(stream);
}

void yt_stream_accept(yt_stream *stream, int64_t index) {
    int64_t highest = stream->window.highest;
    for (uint32_t at = 0; highest >= 0 && index - highest > YT_JUMP && at < stream->routes.count; at++)
        yt_route_interrupt(stream->routes.items[at]);
    yt_window_accept(&stream->window, index);
}

void yt_stream_keep(yt_stream *stream, yt_packet *packet) {
    if (!stream->cache_size)
        return;
    yt_packet **place = &stream->cache[packet->index % stream->cache_size];
    yt_packet_drop(*place);
    *place = yt_packet_hold(packet);
}

yt_packet *yt_stream_cached(const yt_stream *stream, int64_t index) {
    if (!stream->cache_size || index < 0)
        return NULL;
    yt_packet *packet = stream->cache[index % stream->cache_size];
    return packet && packet->index == index ? packet : NULL;
}

void yt_stream_free(yt_stream *stream) {
    empty_cache(stream);
    free(stream->cache);
    free(stream->dependency);
    yt_list_free(&stream->routes);
    yt_list_free(&stream->waiting);
    free(stream);
}

/* Nobody asked for this stream: its state may be forgotten. */
static bool idle(const yt_stream *stream) {
    return !stream->routes.count && !stream->waiting.count && !stream->tapped && !yt_stream_silent(stream);
}

/* Peers */

yt_peer *yt_peer_new(int64_t id) {
    yt_peer *peer = calloc(1, sizeof *peer);
    if (peer) {
        peer->id = id;
        peer->tokens_us = -1;
        peer->limits = (yt_bandwidth_limits){.start_bps = 1000000, .least_bps = 50000, .most_bps = 20000000};
    }
    return peer;
}

void yt_peer_free(yt_peer *peer) {
    for (uint32_t at = 0; at < peer->streams.count; at++)
        yt_stream_free(peer->streams.items[at]);
    for (uint32_t at = 0; at < peer->rtx.count; at++)
        free(peer->rtx.items[at]);
    for (yt_numbering *each = peer->numberings, *next; each; each = next) {
        next = each->next;
        free(each);
    }
    yt_list_free(&peer->streams);
    yt_list_free(&peer->rtx);
    yt_list_free(&peer->routes);
    free(peer->queue.items);
    yt_srtp_free(peer->inbound);
    yt_srtp_free(peer->outbound);
    yt_consent_free(peer->consent);
    yt_congestion_free(peer->congestion);
    free(peer->arrivals);
    free(peer);
}

yt_stream *yt_peer_find(yt_peer *peer, uint32_t ssrc) {
    if (peer->last_stream && peer->last_stream->ssrc == ssrc)
        return peer->last_stream;
    for (uint32_t at = 0; at < peer->streams.count; at++) {
        yt_stream *stream = peer->streams.items[at];
        if (stream->ssrc == ssrc)
            return peer->last_stream = stream;
    }
    return NULL;
}

static void forget_stalest(yt_peer *peer) {
    yt_stream *stalest = NULL;
    for (uint32_t at = 0; at < peer->streams.count; at++) {
        yt_stream *stream = peer->streams.items[at];
        if (!idle(stream))
            continue;
        /* One that was named may come back (a paused layer): guesses go first. */
        bool named = stream->codec != YT_CODEC_UNKNOWN, other = stalest && stalest->codec != YT_CODEC_UNKNOWN;
        if (!stalest || (named == other ? stream->highest_us < stalest->highest_us : other))
            stalest = stream;
    }
    if (!stalest)
        return;
    yt_list_remove(&peer->streams, stalest);
    if (peer->last_stream == stalest)
        peer->last_stream = NULL;
    yt_stream_free(stalest);
}

yt_stream *yt_peer_stream(yt_peer *peer, uint32_t ssrc) {
    yt_stream *stream = yt_peer_find(peer, ssrc);
    if (stream)
        return stream;
    if (peer->streams.count >= YT_GUESSED_STREAMS)
        forget_stalest(peer);
    if (peer->streams.count >= YT_MOST_STREAMS || !(stream = calloc(1, sizeof *stream)))
        return NULL;
    stream->peer = peer;
    stream->ssrc = ssrc;
    stream->life = ++peer->lives;
    stream->window = (yt_window)YT_WINDOW_NEW;
    if (!yt_list_add(&peer->streams, stream)) {
        free(stream);
        return NULL;
    }
    return stream;
}

const yt_rtx *yt_peer_rtx(const yt_peer *peer, uint32_t rtx_ssrc) {
    for (uint32_t at = 0; at < peer->rtx.count; at++) {
        const yt_rtx *rtx = peer->rtx.items[at];
        if (rtx->rtx_ssrc == rtx_ssrc)
            return rtx;
    }
    return NULL;
}

bool yt_peer_set_rtx(yt_peer *peer, const yt_rtx *rtx) {
    yt_rtx *known = (yt_rtx *)yt_peer_rtx(peer, rtx->rtx_ssrc);
    if (known) {
        *known = *rtx;
        return true;
    }
    if (peer->rtx.count >= YT_MOST_RTX || !(known = malloc(sizeof *known)))
        return false;
    *known = *rtx;
    if (yt_list_add(&peer->rtx, known))
        return true;
    free(known);
    return false;
}

void yt_peer_set_keys(yt_peer *peer, int profile, yt_srtp *inbound, yt_srtp *outbound) {
    yt_srtp_free(peer->inbound);
    yt_srtp_free(peer->outbound);
    peer->inbound = inbound;
    peer->outbound = outbound;
    peer->tag_bytes = profile == YT_GCM ? 16 : 10;
    for (uint32_t at = 0; at < peer->streams.count; at++)
        yt_stream_restart(peer->streams.items[at]);
    for (uint32_t at = 0; at < peer->routes.count; at++)
        yt_route_forget(peer->routes.items[at]);
    for (yt_numbering *each = peer->numberings; each; each = each->next)
        each->index &= 0x7FFF, each->left = 0;
}

void yt_peer_stop_sending(yt_peer *peer) {
    peer->sending = false;
    for (uint32_t at = 0; at < peer->routes.count; at++)
        yt_route_withhold(peer->routes.items[at]);
}

/* The oldest that no route holds goes when there are too many. */
static void forget_numbering(yt_peer *peer) {
    yt_numbering **place = &peer->numberings;
    peer->last_numbering = NULL;
    while (*place) {
        yt_numbering *each = *place;
        if (!each->users && peer->numbering_count >= YT_MOST_NUMBERINGS) {
            *place = each->next;
            peer->numbering_count--;
            free(each);
        } else {
            peer->last_numbering = each;
            place = &each->next;
        }
    }
}

yt_numbering *yt_peer_number(yt_peer *peer, uint32_t ssrc) {
    for (yt_numbering *each = peer->numberings; each; each = each->next) {
        if (each->ssrc == ssrc) {
            each->users++;
            return each;
        }
    }
    if (peer->numbering_count >= YT_MOST_NUMBERINGS)
        forget_numbering(peer);
    uint16_t start;
    yt_numbering *fresh = getrandom(&start, sizeof start, 0) == sizeof start ? malloc(sizeof *fresh) : NULL;
    if (!fresh)
        return NULL;
    *fresh = (yt_numbering){.ssrc = ssrc, .index = start & 0x7FFF, .users = 1};
    if (peer->last_numbering)
        peer->last_numbering->next = fresh;
    else
        peer->numberings = fresh;
    peer->last_numbering = fresh;
    peer->numbering_count++;
    return fresh;
}
