/* Verbs about the path to a peer: hop extensions, bandwidth, pace, probes. */
#include "module_calls.h"

#include <stdlib.h>

typedef struct {
    long long peer, rate_bps, duration_us;
    yt_hop hop;
    yt_bandwidth_limits limits;
    yt_bandwidth bandwidth;
    bool began;
} path_call;

static yt_outcome set_hop(yt_plane *plane, void *argument) {
    path_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    if (call->hop.transport_cc && !peer->congestion && !(peer->congestion = yt_congestion_new(&peer->limits)))
        return YT_NO_MEMORY;
    if (!call->hop.transport_cc) {
        yt_congestion_free(peer->congestion);
        peer->congestion = NULL;
    }
    peer->hop = call->hop;
    peer->was_linked |= call->hop.transport_cc || call->hop.abs_send_time;
    return YT_DONE;
}

static yt_outcome limit_bandwidth(yt_plane *plane, void *argument) {
    path_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    peer->limits = call->limits;
    if (peer->congestion)
        yt_congestion_limit(peer->congestion, &call->limits);
    return YT_DONE;
}

static yt_outcome bandwidth(yt_plane *plane, void *argument) {
    path_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    if (peer->congestion)
        yt_congestion_read(peer->congestion, &call->bandwidth, yt_now_us());
    else
        call->bandwidth = (yt_bandwidth){.estimate_bps = peer->limits.start_bps};
    return YT_DONE;
}

typedef struct {
    struct {
        long long peer, least_bps;
        bool strained;
    } *watched;
    Py_ssize_t count;
    double lossy;
} strained_call;

static yt_outcome strained(yt_plane *plane, void *argument) {
    strained_call *call = argument;
    int64_t now_us = yt_now_us();
    for (Py_ssize_t at = 0; at < call->count; at++) {
        yt_peer *peer = yt_find_peer(plane, call->watched[at].peer);
        if (!peer || !peer->congestion)
            continue;
        yt_bandwidth known;
        yt_congestion_read(peer->congestion, &known, now_us);
        bool worse = known.overusing || known.jammed || known.loss > known.inherent_loss + call->lossy;
        call->watched[at].strained = worse || known.estimate_bps < call->watched[at].least_bps;
    }
    return YT_DONE;
}

static yt_outcome pace(yt_plane *plane, void *argument) {
    path_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    peer->pace_bps = call->rate_bps;
    peer->was_linked |= call->rate_bps != 0;
    if (peer->timed) {
        peer->step_us = 0; /* what waits is looked at now */
        yt_wake(plane);
    }
    return YT_DONE;
}

static yt_outcome probe(yt_plane *plane, void *argument) {
    path_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    call->began = yt_begin_probe(plane, peer, call->rate_bps, call->duration_us, yt_now_us());
    if (call->began)
        yt_wake(plane);
    return YT_DONE;
}

/* (peer, transport-cc id, abs-send-time id) */
static PyObject *py_set_hop(PyObject *self, PyObject *args) {
    path_call call = {0};
    unsigned char transport_cc, abs_send_time;
    if (!PyArg_ParseTuple(args, "Lbb", &call.peer, &transport_cc, &abs_send_time))
        return NULL;
    call.hop = (yt_hop){.transport_cc = transport_cc, .abs_send_time = abs_send_time};
    return yt_run(self, set_hop, &call, true) ? Py_NewRef(Py_None) : NULL;
}

/* (peer, start, least, most) */
static PyObject *py_limit_bandwidth(PyObject *self, PyObject *args) {
    path_call call = {0};
    long long start, least, most;
    if (!PyArg_ParseTuple(args, "LLLL", &call.peer, &start, &least, &most))
        return NULL;
    call.limits = (yt_bandwidth_limits){.start_bps = start, .least_bps = least, .most_bps = most};
    return yt_run(self, limit_bandwidth, &call, false) ? Py_NewRef(Py_None) : NULL;
}

/* In the order of the fields of `ports.Bandwidth`. */
static PyObject *py_bandwidth(PyObject *self, PyObject *args) {
    path_call call = {0};
    if (!PyArg_ParseTuple(args, "L", &call.peer) || !yt_run(self, bandwidth, &call, false))
        return NULL;
    const yt_bandwidth *known = &call.bandwidth;
    return Py_BuildValue("LLddOOLLL", (long long)known->estimate_bps, (long long)known->acknowledged_bps, known->loss,
                         known->inherent_loss, known->overusing ? Py_True : Py_False, known->jammed ? Py_True : Py_False,
                         (long long)known->probed_bps, (long long)known->feedback_us, (long long)known->round_trip_us);
}

/* ({peer: bits per second}, share lost beyond what is lost at any rate) */
static PyObject *py_strained(PyObject *self, PyObject *args) {
    PyObject *watched, *peer, *least_bps, *result = NULL;
    Py_ssize_t position = 0;
    strained_call call = {0};
    if (!PyArg_ParseTuple(args, "O!d", &PyDict_Type, &watched, &call.lossy))
        return NULL;
    if (!(call.watched = calloc((size_t)PyDict_Size(watched) + 1, sizeof *call.watched)))
        return PyErr_NoMemory();
    while (PyDict_Next(watched, &position, &peer, &least_bps)) {
        call.watched[call.count].peer = PyLong_AsLongLong(peer);
        call.watched[call.count++].least_bps = PyLong_AsLongLong(least_bps);
    }
    bool good = !PyErr_Occurred() && yt_run(self, strained, &call, false) && (result = PyList_New(0));
    for (Py_ssize_t at = 0; good && at < call.count; at++) {
        if (!call.watched[at].strained)
            continue;
        PyObject *id = PyLong_FromLongLong(call.watched[at].peer);
        good = id && !PyList_Append(result, id);
        Py_XDECREF(id);
    }
    free(call.watched);
    if (!good)
        Py_CLEAR(result);
    return result;
}

/* (peer, bits per second or 0 for at once) */
static PyObject *py_pace(PyObject *self, PyObject *args) {
    path_call call = {0};
    bool good = PyArg_ParseTuple(args, "LL", &call.peer, &call.rate_bps) && yt_run(self, pace, &call, false);
    return good ? Py_NewRef(Py_None) : NULL;
}

/* (peer, bits per second, microseconds) */
static PyObject *py_probe(PyObject *self, PyObject *args) {
    path_call call = {0};
    if (!PyArg_ParseTuple(args, "LLL", &call.peer, &call.rate_bps, &call.duration_us) ||
        !yt_run(self, probe, &call, false))
        return NULL;
    return PyBool_FromLong(call.began);
}

PyMethodDef yt_path_methods[] = {
    {"set_hop", py_set_hop, METH_VARARGS, NULL},
    {"limit_bandwidth", py_limit_bandwidth, METH_VARARGS, NULL},
    {"bandwidth", py_bandwidth, METH_VARARGS, NULL},
    {"strained", py_strained, METH_VARARGS, NULL},
    {"pace", py_pace, METH_VARARGS, NULL},
    {"probe", py_probe, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
