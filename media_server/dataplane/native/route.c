#include "route.h"

#include <stdlib.h>

#define REPEAT_US 20000
#define MOST_REPEAT_US 200000

yt_segment yt_route_present(const yt_route *route) {
    return (yt_segment){
        .first = route->first,
        .last = route->stream->window.highest,
        .delta = route->delta,
        .life = route->stream->life,
        .ssrc = route->stream->ssrc,
        .timestamp_delta = route->timestamp_delta,
        .vp8 = route->vp8.offsets,
        .spatial = route->spatial,
    };
}

static void close_segment(yt_route *route, int64_t last) {
    if (last < route->first)
        return;
    yt_segment *segment = &route->segments[route->segment_count++ % YT_SEGMENTS];
    *segment = yt_route_present(route);
    segment->last = last;
}

void yt_route_divide(yt_route *route, int64_t index) {
    close_segment(route, index - 1);
    if (route->first < index)
        route->first = index;
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
        yt_route_withhold(route);
    else
        yt_route_begin_anew(route);
}

void yt_route_stop(yt_route *route, bool stopped) {
    if (stopped && !route->stopped)
        yt_route_withhold(route);
    else if (route->stopped && !stopped)
        yt_route_begin_anew(route);
    route->stopped = stopped;
}

void yt_route_begin_anew(yt_route *route) {
    int64_t next = route->stream->window.highest + 1;
    if (!route->live && route->first < next)
        route->first = next;
}

/* The timestamp offset with which a new stream goes on: not before what was sent last. */
static uint32_t continued(const yt_route *route, uint32_t timestamp, int64_t now_us) {
    uint32_t delta = route->timestamp_delta - route->shift;
    if (!route->shifted) {
        int64_t elapsed = (now_us - route->last_us) * route->clock_rate_hz / 1000000;
        delta = route->last_timestamp + (uint32_t)elapsed - timestamp;
    }
    bool later = (int32_t)(timestamp + delta - route->last_timestamp) > 0;
    return later ? delta : route->last_timestamp + 1 - timestamp;
}

bool yt_route_start(yt_route *route, const yt_packet *packet, int64_t now_us) {
    if (route->paused || route->stopped || !route->out->outbound || !route->out->sending)
        return false;
    if ((route->keyframe_first && !packet->keyframe) || packet->index < route->first)
        return false;
    route->first = packet->index;
    route->delta = route->numbering->index - packet->index;
    if (route->started && route->last_us)
        route->timestamp_delta = continued(route, packet->rtp.timestamp, now_us);
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

void yt_route_withhold(yt_route *route) {
    int64_t next = yt_queue_purge(&route->out->queue, route, NULL);
    bool was_live = route->live;
    yt_route_hold(route);
    if (!was_live || next < route->numbering->left)
        return;
    /* Numbers from here on were never sealed: they serve what comes next, and no late packet or repeat. */
    route->numbering->index = next;
    for (uint32_t age = 0; age < kept_segments(route); age++) {
        yt_segment *each = &route->segments[(route->segment_count - 1 - age) % YT_SEGMENTS];
        if (each->last + each->delta >= next)
            each->last = next - 1 - each->delta;
    }
}

void yt_route_forget(yt_route *route) {
    yt_route_withhold(route);
    route->segment_count = 0;
}

void yt_route_interrupt(yt_route *route) {
    yt_route_hold(route);
    if (!route->last_us) {
        route->last_timestamp = route->stream->highest_timestamp + route->timestamp_delta;
        route->last_us = route->stream->highest_us;
    }
    route->shifted = false;
}

void yt_route_leave(yt_route *route, yt_stream *stream) {
    yt_route_withhold(route);
    yt_route_interrupt(route);
    if (route->stopped)
        route->segment_count = 0;
    route->stopped = false;
    route->shifted = route->next_shifted;
    route->shift = route->next_shift;
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
        if (each->life == route->stream->life && each->first <= index && index <= each->last)
            return each;
    }
    return NULL;
}

bool yt_route_find(const yt_route *route, uint16_t sequence, yt_segment *found, int64_t *index) {
    int64_t highest = yt_route_next_out(route) - 1;
    *index = highest - (uint16_t)((uint16_t)highest - sequence);
    if (route->live && *index - route->delta >= route->first) {
        *found = yt_route_present(route);
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

/* A viewer asks anew when it should have come; what it asks for before then is still on its way. */
static int64_t repeat_us(const yt_congestion *congestion) {
    int64_t trip_us = congestion ? yt_congestion_trip_us(congestion) * 3 / 4 : 0;
    return trip_us < REPEAT_US ? REPEAT_US : trip_us > MOST_REPEAT_US ? MOST_REPEAT_US : trip_us;
}

bool yt_route_just_resent(yt_route *route, int64_t index, int64_t now_us) {
    if (!route->resent && !(route->resent = calloc(YT_RESENT, sizeof *route->resent)))
        return false;
    yt_resent *place = &route->resent[(uint64_t)index % YT_RESENT];
    if (place->index == index && place->sent_us && now_us - place->sent_us < repeat_us(route->out->congestion))
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
