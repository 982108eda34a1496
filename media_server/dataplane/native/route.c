#include "route.h"

#include <stdlib.h>

#define REPEAT_US 20000

static void close_segment(yt_route *route, int64_t last) {
    if (last < route->first)
        return;
    route->segments[route->segment_count++ % YT_SEGMENTS] = (yt_segment){
        .first = route->first,
        .last = last,
        .delta = route->delta,
        .ssrc = route->stream->ssrc,
        .timestamp_delta = route->timestamp_delta,
        .vp8 = route->vp8.offsets,
    };
}

static uint32_t kept_segments(const yt_route *route) {
    return route->segment_count < YT_SEGMENTS ? route->segment_count : YT_SEGMENTS;
}

/* The newest is 0. */
static const yt_segment *segment(const yt_route *route, uint32_t age) {
    return &route->segments[(route->segment_count - 1 - age) % YT_SEGMENTS];
}

void yt_route_pause(yt_route *route, bool paused) {
    if (paused == route->paused)
        return;
    route->paused = paused;
    if (paused)
        yt_route_hold(route);
    else
        yt_route_begin_anew(route);
}

void yt_route_begin_anew(yt_route *route) {
    int64_t next = route->stream->window.highest + 1;
    if (!route->live && route->first < next)
        route->first = next;
}

bool yt_route_start(yt_route *route, const yt_packet *packet, int64_t now_us) {
    if (route->paused || !route->out->outbound || !route->out->sending)
        return false;
    if ((route->keyframe_first && !packet->keyframe) || packet->index < route->first)
        return false;
    route->first = packet->index;
    route->delta = route->numbering->index - packet->index;
    if (route->started && route->last_us) {
        int64_t elapsed = (now_us - route->last_us) * route->clock_rate_hz / 1000000;
        route->timestamp_delta = route->last_timestamp + (uint32_t)(elapsed > 1 ? elapsed : 1) - packet->rtp.timestamp;
    }
    route->last_us = 0;
    route->started = route->live = true;
    return true;
}

void yt_route_hold(yt_route *route) {
    if (!route->live)
        return;
    int64_t highest = route->stream->window.highest;
    route->live = false;
    close_segment(route, highest);
    route->first = highest + 1;
    route->numbering->index = highest + route->delta + 1;
}

void yt_route_forget(yt_route *route) {
    yt_route_hold(route);
    route->segment_count = 0;
}

void yt_route_leave(yt_route *route, yt_stream *stream) {
    yt_route_hold(route);
    if (!route->last_us) {
        route->last_timestamp = route->stream->highest_timestamp + route->timestamp_delta;
        route->last_us = route->stream->highest_us;
    }
    route->stream = stream;
    route->first = 0;
}

void yt_route_skip(yt_route *route, int64_t index) {
    close_segment(route, index - 1);
    route->first = index + 1;
    route->delta--;
}

const yt_segment *yt_route_late(const yt_route *route, int64_t index) {
    for (uint32_t age = 0; age < kept_segments(route); age++) {
        const yt_segment *each = segment(route, age);
        if (each->ssrc == route->stream->ssrc && each->first <= index && index <= each->last)
            return each;
    }
    return NULL;
}

bool yt_route_find(const yt_route *route, uint16_t sequence, yt_segment *found, int64_t *index) {
    int64_t highest = yt_route_next_out(route) - 1;
    *index = highest - (uint16_t)((uint16_t)highest - sequence);
    if (route->live && *index - route->delta >= route->first) {
        *found = (yt_segment){.first = route->first, .last = route->stream->window.highest, .delta = route->delta,
                              .ssrc = route->stream->ssrc, .timestamp_delta = route->timestamp_delta,
                              .vp8 = route->vp8.offsets};
        return true;
    }
    for (uint32_t age = 0; age < kept_segments(route); age++) {
        const yt_segment *each = segment(route, age);
        int64_t incoming = *index - each->delta;
        if (each->first <= incoming && incoming <= each->last) {
            *found = *each;
            return true;
        }
    }
    return false;
}

int64_t yt_route_next_out(const yt_route *route) {
    return route->live ? route->stream->window.highest + route->delta + 1 : route->numbering->index;
}

bool yt_route_just_resent(yt_route *route, int64_t index, int64_t now_us) {
    if (!route->resent && !(route->resent = calloc(YT_RESENT, sizeof *route->resent)))
        return false;
    yt_resent *place = &route->resent[(uint64_t)index % YT_RESENT];
    if (place->index == index && place->sent_us && now_us - place->sent_us < REPEAT_US)
        return true;
    *place = (yt_resent){.index = index, .sent_us = now_us};
    return false;
}

void yt_route_free(yt_route *route) {
    if (route->numbering)
        route->numbering->users--;
    if (route->rtx_numbering)
        route->rtx_numbering->users--;
    if (route->map)
        route->map->users--;
    free(route->resent);
    free(route);
}
