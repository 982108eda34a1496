/* Which layers of a stream a route sends on. */
#include "route.h"

static uint8_t lower(uint8_t one, uint8_t other) {
    return one < other ? one : other;
}

static void note_layered(yt_route *route) {
    route->layered = lower(lower(route->spatial, route->temporal),
                           lower(route->wanted_spatial, route->wanted_temporal)) < YT_ALL_LAYERS;
}

static uint8_t bounded(int layer) {
    return (uint8_t)(layer < 0 ? 0 : layer > YT_ALL_LAYERS ? YT_ALL_LAYERS : layer);
}

void yt_route_begin_layers(yt_route *route) {
    route->spatial = route->wanted_spatial;
    route->temporal = route->wanted_temporal;
    route->picture = -1;
    note_layered(route);
}

void yt_route_limit(yt_route *route, int spatial, int temporal) {
    route->wanted_spatial = bounded(spatial);
    route->wanted_temporal = bounded(temporal);
    if (!route->live)
        yt_route_begin_layers(route);
    else if (!route->layered)
        route->picture = route->stream->highest_timestamp; /* the present picture is to be finished */
    note_layered(route);
}

/* A picture begins: fewer layers at once, more spatial ones with a keyframe. */
static void begin_picture(yt_route *route, const yt_packet *packet) {
    uint8_t spatial = packet->keyframe ? route->wanted_spatial : lower(route->spatial, route->wanted_spatial);
    route->picture = packet->rtp.timestamp;
    route->temporal = packet->keyframe ? route->wanted_temporal : lower(route->temporal, route->wanted_temporal);
    if (spatial != route->spatial)
        yt_route_divide(route, packet->index);
    route->spatial = spatial;
}

bool yt_route_admits(yt_route *route, const yt_packet *packet, const yt_layers *layers) {
    if (packet->rtp.timestamp != route->picture)
        begin_picture(route, packet);
    if (!layers->known) {
        note_layered(route);
        return true;
    }
    /* More temporal ones where a decoder can follow. */
    if (layers->begins && layers->up > route->temporal && (layers->temporal <= route->temporal || layers->sync)) {
        uint8_t up = lower((uint8_t)layers->up, route->wanted_temporal);
        if (up > route->temporal)
            route->temporal = up;
    }
    note_layered(route);
    return layers->spatial <= route->spatial && layers->temporal <= route->temporal;
}
