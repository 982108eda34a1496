/* Who is who: peers by number and by address, routes by number. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

static uint32_t bucket_of(uint64_t key, uint32_t buckets) {
    return (uint32_t)(key * 0x9E3779B97F4A7C15u >> 40) & (buckets - 1);
}

static yt_bound **bound_place(const yt_plane *plane, const yt_address *address) {
    uint64_t words[3];
    memcpy(words, address, sizeof words);
    uint64_t hash = plane->secret;
    for (int at = 0; at < 3; at++)
        hash = (hash ^ words[at]) * 0x9E3779B97F4A7C15u, hash ^= hash >> 29;
    yt_bound **place = &plane->bound[bucket_of(hash, YT_ADDRESS_BUCKETS)];
    while (*place && !yt_address_equal(&(*place)->address, address))
        place = &(*place)->next;
    return place;
}

yt_peer *yt_peer_at(const yt_plane *plane, const yt_address *address) {
    yt_bound *bound = *bound_place(plane, address);
    return bound ? bound->peer : NULL;
}

static void unbind(yt_plane *plane, const yt_address *address) {
    yt_bound **place = bound_place(plane, address), *bound = *place;
    if (bound) {
        *place = bound->next;
        free(bound);
    }
}

static void forget_address(yt_peer *peer, uint32_t at) {
    memmove(peer->addresses + at, peer->addresses + at + 1, (--peer->address_count - at) * sizeof *peer->addresses);
}

static uint32_t address_at(const yt_peer *peer, const yt_address *address) {
    uint32_t at = 0;
    while (at < peer->address_count && !yt_address_equal(&peer->addresses[at], address))
        at++;
    return at;
}

bool yt_bind(yt_plane *plane, yt_peer *peer, const yt_address *address) {
    yt_bound **place = bound_place(plane, address), *bound = *place;
    if (!bound) {
        if (!(bound = malloc(sizeof *bound)))
            return false;
        *bound = (yt_bound){.address = *address, .peer = peer};
        *place = bound;
    } else if (bound->peer != peer) {
        yt_peer *former = bound->peer;
        forget_address(former, address_at(former, address));
        if (former->sending && yt_address_equal(&former->target, address))
            yt_peer_stop_sending(former);
        bound->peer = peer;
    }
    uint32_t known = address_at(peer, address);
    if (known < peer->address_count) {
        forget_address(peer, known);
    } else if (peer->address_count == YT_MOST_ADDRESSES) {
        uint32_t oldest = peer->sending && yt_address_equal(&peer->addresses[0], &peer->target);
        unbind(plane, &peer->addresses[oldest]);
        forget_address(peer, oldest);
    }
    peer->addresses[peer->address_count++] = *address;
    return true;
}

static yt_peer **peer_place(const yt_plane *plane, int64_t id) {
    yt_peer **place = &plane->peers[bucket_of((uint64_t)id, YT_PEER_BUCKETS)];
    while (*place && (*place)->id != id)
        place = &(*place)->next;
    return place;
}

yt_peer *yt_find_peer(const yt_plane *plane, int64_t id) {
    return *peer_place(plane, id);
}

yt_peer *yt_add_peer(yt_plane *plane, int64_t id) {
    yt_peer **place = peer_place(plane, id);
    if (*place || plane->peer_count >= YT_MOST_PEERS || !(*place = yt_peer_new(id)))
        return *place;
    plane->peer_count++;
    return *place;
}

void yt_remove_peer(yt_plane *plane, int64_t id) {
    yt_peer **place = peer_place(plane, id), *peer = *place;
    if (!peer)
        return;
    while (peer->routes.count)
        yt_remove_route(plane, peer->routes.items[peer->routes.count - 1]);
    for (uint32_t at = 0; at < peer->streams.count; at++) {
        yt_stream *stream = peer->streams.items[at];
        while (stream->routes.count)
            yt_remove_route(plane, stream->routes.items[stream->routes.count - 1]);
    }
    for (uint32_t at = 0; at < peer->address_count; at++)
        unbind(plane, &peer->addresses[at]);
    *place = peer->next;
    plane->peer_count--;
    yt_list_remove(&plane->timed, peer);
    yt_list_remove(&plane->reported, peer);
    yt_peer_free(peer);
}

static yt_route **route_place(const yt_plane *plane, int64_t id) {
    yt_route **place = &plane->routes[bucket_of((uint64_t)id, YT_ROUTE_BUCKETS)];
    while (*place && (*place)->id != id)
        place = &(*place)->next;
    return place;
}

yt_route *yt_find_route(const yt_plane *plane, int64_t id) {
    return *route_place(plane, id);
}

bool yt_ssrc_taken(const yt_peer *out, uint32_t ssrc) {
    for (uint32_t at = 0; at < out->routes.count; at++) {
        const yt_route *other = out->routes.items[at];
        if (other->ssrc == ssrc || (other->has_rtx && other->rtx_ssrc == ssrc))
            return true;
    }
    return false;
}

/* Maps that no route has any more go when another is made. */
static yt_map *shared_map(yt_plane *plane, const uint8_t ids[256], bool one_byte_only) {
    yt_map *found = NULL;
    for (yt_map **place = &plane->maps, *each; (each = *place);) {
        if (each->one_byte_only == one_byte_only && !memcmp(each->ids, ids, sizeof each->ids)) {
            found = each;
        } else if (!each->users) {
            *place = each->next;
            free(each);
            plane->blocks.serial = 0; /* its blocks go with it: another map may come to stand at this address */
            continue;
        }
        place = &each->next;
    }
    if (!found && (found = calloc(1, sizeof *found))) {
        memcpy(found->ids, ids, sizeof found->ids);
        found->one_byte_only = one_byte_only;
        found->next = plane->maps;
        plane->maps = found;
    }
    if (found)
        found->users++;
    return found;
}

bool yt_add_route(yt_plane *plane, yt_route *route, const uint8_t ids[256]) {
    yt_peer *out = route->out;
    route->numbering = yt_peer_number(out, route->ssrc);
    route->rtx_numbering = route->has_rtx ? yt_peer_number(out, route->rtx_ssrc) : NULL;
    route->map = shared_map(plane, ids, route->one_byte_only);
    route->first = route->stream->window.highest + 1;
    yt_route_limit(route, YT_ALL_LAYERS, YT_ALL_LAYERS);
    bool listed = route->numbering && (!route->has_rtx || route->rtx_numbering) && route->map &&
                  plane->route_count < YT_MOST_ROUTES && yt_list_add(&out->routes, route);
    if (!listed || !yt_list_add(&route->stream->routes, route)) {
        if (listed)
            yt_list_remove(&out->routes, route);
        yt_route_free(route);
        return false;
    }
    route->id = ++plane->next_route;
    *route_place(plane, route->id) = route;
    plane->route_count++;
    return true;
}

bool yt_switch_route(yt_route *route, uint32_t ssrc, const uint32_t *shift, bool stop) {
    if (route->waiting)
        yt_list_remove(&route->waiting->waiting, route);
    route->waiting = NULL;
    route->next_shifted = shift != NULL;
    route->next_shift = shift ? *shift : 0;
    yt_route_stop(route, stop && ssrc != route->stream->ssrc);
    if (ssrc == route->stream->ssrc)
        return true;
    yt_stream *stream = yt_peer_stream(route->stream->peer, ssrc);
    if (!stream || !yt_stream_carry(stream, route->codec) || !yt_stream_depend(stream, route->dependency_id) ||
        !yt_list_add(&stream->waiting, route))
        return false;
    route->waiting = stream;
    return true;
}

void yt_remove_route(yt_plane *plane, yt_route *route) {
    yt_route_withhold(route);
    if (route->waiting)
        yt_list_remove(&route->waiting->waiting, route);
    yt_list_remove(&route->stream->routes, route);
    yt_list_remove(&route->out->routes, route);
    *route_place(plane, route->id) = route->next;
    plane->route_count--;
    yt_route_free(route);
}
