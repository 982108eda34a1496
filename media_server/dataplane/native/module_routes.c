/* Verbs about routes, and totals. */
#include "module_calls.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    long long route;
    unsigned long ssrc;
    int on, stop;
    uint32_t shift;
    int spatial, temporal;
    long long in_peer, out_peer;
    yt_route *made;
    uint8_t ids[256];
    const uint16_t *sequences;
    size_t count;
    uint32_t found;
    yt_counts counts;
    struct {
        uint64_t packets, payload_bytes, retransmitted;
        uint32_t timestamp_offset, in_ssrc, queued;
        uint16_t sequence_offset;
        uint8_t spatial;
    } stats;
} route_call;

static yt_outcome add_route(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_grow_restless(plane, yt_now_us());
    yt_route *route = call->made;
    yt_peer *source = yt_find_peer(plane, call->in_peer);
    route->out = yt_find_peer(plane, call->out_peer);
    if (!source || !route->out)
        return YT_NO_PEER;
    /* Two senders with one SSRC and key would use one AES-GCM nonce twice. */
    if (yt_ssrc_taken(route->out, route->ssrc) ||
        (route->has_rtx && (route->rtx_ssrc == route->ssrc || yt_ssrc_taken(route->out, route->rtx_ssrc))))
        return YT_TAKEN;
    route->stream = yt_peer_stream(source, (uint32_t)call->ssrc);
    if (!route->stream || !yt_stream_carry(route->stream, route->codec) ||
        !yt_stream_depend(route->stream, route->dependency_id))
        return YT_NO_MEMORY;
    call->made = NULL;
    if (!yt_add_route(plane, route, call->ids))
        return YT_NO_MEMORY;
    call->route = route->id;
    return YT_DONE;
}

static yt_outcome switch_route(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_grow_restless(plane, yt_now_us());
    yt_route *route = yt_find_route(plane, call->route);
    if (!route)
        return YT_NO_ROUTE;
    const uint32_t *shift = call->on ? &call->shift : NULL;
    return yt_switch_route(route, (uint32_t)call->ssrc, shift, call->stop) ? YT_DONE : YT_NO_MEMORY;
}

static yt_outcome replay(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_route *route = yt_find_route(plane, call->route);
    if (!route)
        return YT_NO_ROUTE;
    call->on = yt_replay(plane, route, yt_now_us());
    if (plane->timed.count)
        yt_wake(plane);
    return YT_DONE;
}

static yt_outcome limit_layers(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_route *route = yt_find_route(plane, call->route);
    if (!route)
        return YT_NO_ROUTE;
    yt_route_limit(route, call->spatial, call->temporal);
    return YT_DONE;
}

static yt_outcome pause_route(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_grow_restless(plane, yt_now_us());
    yt_route *route = yt_find_route(plane, call->route);
    if (!route)
        return YT_NO_ROUTE;
    yt_route_pause(route, call->on);
    return YT_DONE;
}

static yt_outcome remove_route(yt_plane *plane, void *argument) {
    yt_route *route = yt_find_route(plane, ((route_call *)argument)->route);
    if (route)
        yt_remove_route(plane, route);
    return YT_DONE;
}

static yt_outcome route_stats(yt_plane *plane, void *argument) {
    route_call *call = argument;
    const yt_route *route = yt_find_route(plane, call->route);
    if (!route)
        return YT_NO_ROUTE;
    call->stats.packets = route->packets;
    call->stats.payload_bytes = route->payload_bytes;
    call->stats.retransmitted = route->retransmitted;
    call->stats.timestamp_offset = route->timestamp_delta;
    call->stats.sequence_offset = (uint16_t)route->delta;
    call->stats.in_ssrc = route->stream->ssrc;
    call->stats.queued = route->queued;
    call->stats.spatial = route->spatial;
    return YT_DONE;
}

static yt_outcome retransmit(yt_plane *plane, void *argument) {
    route_call *call = argument;
    yt_route *route = yt_find_route(plane, call->route);
    if (route)
        call->found = yt_retransmit(plane, route, call->sequences, call->count, yt_now_us());
    if (plane->timed.count)
        yt_wake(plane);
    return YT_DONE;
}

static yt_outcome totals(yt_plane *plane, void *argument) {
    ((route_call *)argument)->counts = yt_plane_counts(plane);
    return YT_DONE;
}

static PyObject *done(bool good) {
    return good ? Py_NewRef(Py_None) : NULL;
}

/* (in peer, in ssrc, out peer, out ssrc, clock rate, 128 types, 256 extension ids, rtx ssrc or -1, 128 rtx types,
 * keyframe first, codec, dependency descriptor's id, one-byte extensions only) */
static PyObject *py_add_route(PyObject *self, PyObject *args) {
    route_call call = {0};
    unsigned long out_ssrc, clock_rate;
    long long rtx_ssrc;
    const char *types, *ids, *rtx_types, *codec;
    Py_ssize_t types_size, ids_size, rtx_types_size;
    int keyframe_first, one_byte_only;
    unsigned char dependency_id;
    if (!PyArg_ParseTuple(args, "LkLkky#y#Ly#psbp", &call.in_peer, &call.ssrc, &call.out_peer, &out_ssrc, &clock_rate,
                          &types, &types_size, &ids, &ids_size, &rtx_ssrc, &rtx_types, &rtx_types_size,
                          &keyframe_first, &codec, &dependency_id, &one_byte_only))
        return NULL;
    if (ids_size != (Py_ssize_t)sizeof call.ids)
        return PyErr_Format(PyExc_ValueError, "256 extension ids expected");
    memcpy(call.ids, ids, sizeof call.ids);
    yt_route *route = call.made = calloc(1, sizeof *route);
    if (!route)
        return PyErr_NoMemory();
    route->ssrc = (uint32_t)out_ssrc;
    route->clock_rate_hz = (uint32_t)clock_rate;
    route->has_rtx = rtx_ssrc >= 0;
    route->rtx_ssrc = (uint32_t)rtx_ssrc;
    route->keyframe_first = keyframe_first;
    route->codec = yt_codec_named(codec);
    route->dependency_id = dependency_id;
    route->one_byte_only = one_byte_only;
    bool good = yt_types(types, types_size, route->types) && yt_types(rtx_types, rtx_types_size, route->rtx_types) &&
                yt_run(self, add_route, &call, false);
    free(call.made);
    return good ? PyLong_FromLongLong(call.route) : NULL;
}

/* (route, ssrc, whether the shift is known, shift modulo 2^32, whether the present stream ends now) */
static PyObject *py_switch_route(PyObject *self, PyObject *args) {
    route_call call = {0};
    unsigned long shift;
    if (!PyArg_ParseTuple(args, "Lkpkp", &call.route, &call.ssrc, &call.on, &shift, &call.stop))
        return NULL;
    call.shift = (uint32_t)shift;
    return done(yt_run(self, switch_route, &call, call.stop));
}

static PyObject *py_replay(PyObject *self, PyObject *args) {
    route_call call = {0};
    if (!PyArg_ParseTuple(args, "L", &call.route) || !yt_run(self, replay, &call, true))
        return NULL;
    return PyBool_FromLong(call.on);
}

/* (route, spatial, temporal) */
static PyObject *py_limit_layers(PyObject *self, PyObject *args) {
    route_call call = {0};
    return done(PyArg_ParseTuple(args, "Lii", &call.route, &call.spatial, &call.temporal) &&
                yt_run(self, limit_layers, &call, false));
}

static PyObject *py_pause_route(PyObject *self, PyObject *args) {
    route_call call = {0};
    return done(PyArg_ParseTuple(args, "Lp", &call.route, &call.on) && yt_run(self, pause_route, &call, true));
}

static PyObject *py_remove_route(PyObject *self, PyObject *args) {
    route_call call = {0};
    return done(PyArg_ParseTuple(args, "L", &call.route) && yt_run(self, remove_route, &call, true));
}

/* In the order of the fields of `ports.RouteStats`. */
static PyObject *py_route_stats(PyObject *self, PyObject *args) {
    route_call call = {0};
    if (!PyArg_ParseTuple(args, "L", &call.route) || !yt_run(self, route_stats, &call, false))
        return NULL;
    return Py_BuildValue("KKKkikki", (unsigned long long)call.stats.packets, (unsigned long long)call.stats.payload_bytes,
                         (unsigned long long)call.stats.retransmitted, (unsigned long)call.stats.timestamp_offset,
                         (int)call.stats.sequence_offset, (unsigned long)call.stats.in_ssrc,
                         (unsigned long)call.stats.queued, (int)call.stats.spatial);
}

/* (route, sequence numbers as native 16-bit integers) */
static PyObject *py_retransmit(PyObject *self, PyObject *args) {
    route_call call = {0};
    const char *data;
    Py_ssize_t size;
    uint16_t sequences[YT_VIDEO_CACHE];
    if (!PyArg_ParseTuple(args, "Ly#", &call.route, &data, &size))
        return NULL;
    size_t bytes = (size_t)size < sizeof sequences ? (size_t)size & ~(size_t)1 : sizeof sequences;
    memcpy(sequences, data, bytes);
    call.sequences = sequences;
    call.count = bytes / 2;
    return yt_run(self, retransmit, &call, true) ? PyLong_FromUnsignedLong(call.found) : NULL;
}

/* In the order of the fields of `ports.PlaneStats`. */
static PyObject *py_stats(PyObject *self, PyObject *Py_UNUSED(ignored)) {
    route_call call = {0};
    if (!yt_run(self, totals, &call, false))
        return NULL;
    const yt_counts *counts = &call.counts;
    const uint64_t values[] = {counts->received, counts->forwarded, counts->dropped_unbound, counts->dropped_auth,
                               counts->dropped_malformed, counts->send_blocked, counts->paced_out, counts->taps_lost,
                               counts->told_lost, counts->busy_us};
    PyObject *result = PyTuple_New(sizeof values / sizeof *values);
    for (Py_ssize_t at = 0; result && at < (Py_ssize_t)(sizeof values / sizeof *values); at++) {
        PyObject *value = PyLong_FromUnsignedLongLong(values[at]);
        if (!value || PyTuple_SetItem(result, at, value))
            Py_CLEAR(result);
    }
    return result;
}

PyMethodDef yt_route_methods[] = {
    {"add_route", py_add_route, METH_VARARGS, NULL},
    {"switch_route", py_switch_route, METH_VARARGS, NULL},
    {"replay", py_replay, METH_VARARGS, NULL},
    {"limit_layers", py_limit_layers, METH_VARARGS, NULL},
    {"pause_route", py_pause_route, METH_VARARGS, NULL},
    {"remove_route", py_remove_route, METH_VARARGS, NULL},
    {"route_stats", py_route_stats, METH_VARARGS, NULL},
    {"retransmit", py_retransmit, METH_VARARGS, NULL},
    {"stats", py_stats, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
