/* Verbs about peers and their incoming streams. */
#include "module_calls.h"

#include <string.h>

typedef struct {
    long long peer;
    unsigned long ssrc;
    int on;
    yt_address address;
    int profile;
    yt_srtp *inbound, *outbound;
    yt_rtx rtx;
    yt_codec codec;
    uint8_t dependency_id, transport_cc;
    uint64_t (*layer_bytes)[YT_LAYERS];
    const uint8_t *data;
    size_t length;
    yt_consent *consent;
} peer_call;

static yt_outcome add_peer(yt_plane *plane, void *argument) {
    return yt_add_peer(plane, ((peer_call *)argument)->peer) ? YT_DONE : YT_NO_MEMORY;
}

static yt_outcome remove_peer(yt_plane *plane, void *argument) {
    yt_remove_peer(plane, ((peer_call *)argument)->peer);
    return YT_DONE;
}

static yt_outcome bind_address(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    return !peer ? YT_NO_PEER : yt_bind(plane, peer, &call->address) ? YT_DONE : YT_NO_MEMORY;
}

static yt_outcome send_to_address(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    if (!call->on) {
        yt_peer_stop_sending(peer);
    } else if (yt_peer_at(plane, &call->address) == peer) {
        peer->target = call->address;
        peer->sending = true;
    }
    return YT_DONE;
}

static yt_outcome answer_checks(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    yt_consent *former = peer->consent;
    peer->consent = call->consent;
    call->consent = former;
    return YT_DONE;
}

static yt_outcome set_keys(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    yt_peer_set_keys(peer, call->profile, call->inbound, call->outbound);
    call->inbound = call->outbound = NULL;
    return YT_DONE;
}

static yt_outcome set_rtx(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    return !peer ? YT_NO_PEER : yt_peer_set_rtx(peer, &call->rtx) ? YT_DONE : YT_NO_MEMORY;
}

/* The stream of a call, made when new. */
static yt_outcome stream_of(yt_plane *plane, const peer_call *call, yt_stream **stream) {
    yt_peer *peer = yt_find_peer(plane, call->peer);
    *stream = peer ? yt_peer_stream(peer, (uint32_t)call->ssrc) : NULL;
    return !peer ? YT_NO_PEER : *stream ? YT_DONE : YT_NO_MEMORY;
}

static yt_outcome set_stream(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_stream *stream;
    yt_outcome outcome = stream_of(plane, call, &stream);
    if (outcome == YT_DONE && !(yt_stream_carry(stream, call->codec) && yt_stream_depend(stream, call->dependency_id)))
        return YT_NO_MEMORY;
    return outcome;
}

static yt_outcome inner_layers(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    yt_stream *stream = peer ? yt_peer_find(peer, (uint32_t)call->ssrc) : NULL;
    if (stream)
        memcpy(call->layer_bytes, stream->layer_bytes, sizeof stream->layer_bytes);
    return peer ? YT_DONE : YT_NO_PEER;
}

static void silence(yt_plane *plane, yt_stream *stream, bool muted, bool hushed) {
    yt_stream_silence(stream, muted, hushed);
    /* Routes that have left this stream may still have some of it waiting. */
    if (yt_stream_silent(stream))
        yt_withhold_stream(plane, stream);
}

static yt_outcome mute(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_stream *stream;
    yt_outcome outcome = stream_of(plane, call, &stream);
    if (outcome == YT_DONE)
        silence(plane, stream, call->on, stream->hushed);
    return outcome;
}

static yt_outcome hush(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_stream *stream;
    yt_outcome outcome = stream_of(plane, call, &stream);
    if (outcome == YT_DONE)
        silence(plane, stream, stream->muted, call->on);
    return outcome;
}

static yt_outcome tap(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_stream *stream;
    if (!call->on && !yt_find_peer(plane, call->peer))
        return YT_DONE;
    yt_outcome outcome = stream_of(plane, call, &stream);
    if (outcome == YT_DONE)
        stream->tapped = call->on;
    return outcome;
}

static yt_outcome send_rtcp(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (peer)
        yt_send_rtcp(plane, peer, call->data, call->length);
    return YT_DONE;
}

static yt_outcome report_arrivals(yt_plane *plane, void *argument) {
    peer_call *call = argument;
    yt_peer *peer = yt_find_peer(plane, call->peer);
    if (!peer)
        return YT_NO_PEER;
    return yt_report_arrivals(plane, peer, (uint32_t)call->ssrc, call->transport_cc) ? YT_DONE : YT_NO_MEMORY;
}

static PyObject *done(bool good) {
    return good ? Py_NewRef(Py_None) : NULL;
}

static PyObject *py_add_peer(PyObject *self, PyObject *args) {
    peer_call call = {0};
    return done(PyArg_ParseTuple(args, "L", &call.peer) && yt_run(self, add_peer, &call, false));
}

static PyObject *py_remove_peer(PyObject *self, PyObject *args) {
    peer_call call = {0};
    return done(PyArg_ParseTuple(args, "L", &call.peer) && yt_run(self, remove_peer, &call, true));
}

/* (peer, host or None, port) */
static bool address_args(PyObject *args, peer_call *call) {
    const char *host;
    unsigned short port;
    if (!PyArg_ParseTuple(args, "LzH", &call->peer, &host, &port))
        return false;
    call->on = host != NULL;
    if (!host || yt_address_parse(&call->address, host, port))
        return true;
    PyErr_Format(PyExc_ValueError, "not an address: %s", host);
    return false;
}

static PyObject *py_bind_address(PyObject *self, PyObject *args) {
    peer_call call = {0};
    return done(address_args(args, &call) && yt_run(self, bind_address, &call, true));
}

static PyObject *py_send_to_address(PyObject *self, PyObject *args) {
    peer_call call = {0};
    return done(address_args(args, &call) && yt_run(self, send_to_address, &call, true));
}

/* (peer, ufrag or None, password) */
static PyObject *py_answer_checks(PyObject *self, PyObject *args) {
    peer_call call = {0};
    const char *ufrag, *password;
    if (!PyArg_ParseTuple(args, "Lzs", &call.peer, &ufrag, &password))
        return NULL;
    if (ufrag && !(call.consent = yt_consent_new(ufrag, password)))
        return PyErr_Format(PyExc_ValueError, "these are no ICE credentials");
    bool good = yt_run(self, answer_checks, &call, false);
    yt_consent_free(call.consent);
    return done(good);
}

/* (peer, profile, rx key, rx salt, tx key, tx salt) */
static PyObject *py_set_keys(PyObject *self, PyObject *args) {
    peer_call call = {0};
    const char *rx_key, *rx_salt, *tx_key, *tx_salt;
    Py_ssize_t rx_key_size, rx_salt_size, tx_key_size, tx_salt_size;
    if (!PyArg_ParseTuple(args, "Liy#y#y#y#", &call.peer, &call.profile, &rx_key, &rx_key_size, &rx_salt, &rx_salt_size,
                          &tx_key, &tx_key_size, &tx_salt, &tx_salt_size))
        return NULL;
    if (rx_key_size == YT_KEY_BYTES && tx_key_size == YT_KEY_BYTES) {
        call.inbound = yt_srtp_new(call.profile, (const uint8_t *)rx_key, (const uint8_t *)rx_salt, (size_t)rx_salt_size);
        call.outbound = yt_srtp_new(call.profile, (const uint8_t *)tx_key, (const uint8_t *)tx_salt, (size_t)tx_salt_size);
    }
    bool good = call.inbound && call.outbound;
    if (!good)
        PyErr_SetString(PyExc_ValueError, "no SRTP keys");
    good = good && yt_run(self, set_keys, &call, true);
    yt_srtp_free(call.inbound);
    yt_srtp_free(call.outbound);
    return done(good);
}

bool yt_types(const char *bytes, Py_ssize_t size, uint8_t types[128]) {
    if (size == 128)
        memcpy(types, bytes, 128);
    else
        PyErr_SetString(PyExc_ValueError, "128 payload types expected");
    return size == 128;
}

/* (peer, rtx ssrc, media ssrc, 128 types) */
static PyObject *py_set_rtx(PyObject *self, PyObject *args) {
    peer_call call = {0};
    unsigned long rtx_ssrc, media_ssrc;
    const char *types;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "Lkky#", &call.peer, &rtx_ssrc, &media_ssrc, &types, &size) ||
        !yt_types(types, size, call.rtx.types))
        return NULL;
    call.rtx.rtx_ssrc = (uint32_t)rtx_ssrc;
    call.rtx.media_ssrc = (uint32_t)media_ssrc;
    return done(yt_run(self, set_rtx, &call, false));
}

/* (peer, ssrc, codec, dependency descriptor's id) */
static PyObject *py_set_stream(PyObject *self, PyObject *args) {
    peer_call call = {0};
    const char *codec;
    if (!PyArg_ParseTuple(args, "Lksb", &call.peer, &call.ssrc, &codec, &call.dependency_id))
        return NULL;
    call.codec = yt_codec_named(codec);
    return done(yt_run(self, set_stream, &call, false));
}

/* (peer, ssrc): rows in the order of the fields of `ports.InnerLayer`. */
static PyObject *py_inner_layers(PyObject *self, PyObject *args) {
    uint64_t bytes[YT_LAYERS][YT_LAYERS] = {0};
    peer_call call = {.layer_bytes = bytes};
    if (!PyArg_ParseTuple(args, "Lk", &call.peer, &call.ssrc) || !yt_run(self, inner_layers, &call, false))
        return NULL;
    PyObject *rows = PyList_New(0);
    for (int at = 0; rows && at < YT_LAYERS * YT_LAYERS; at++) {
        int spatial = at / YT_LAYERS, temporal = at % YT_LAYERS;
        if (!bytes[spatial][temporal])
            continue;
        PyObject *row = Py_BuildValue("iiK", spatial, temporal, (unsigned long long)bytes[spatial][temporal]);
        if (!row || PyList_Append(rows, row))
            Py_CLEAR(rows);
        Py_XDECREF(row);
    }
    return rows;
}

/* (peer, ssrc, on) */
static PyObject *py_switch(PyObject *self, PyObject *args, yt_work *work) {
    peer_call call = {0};
    return done(PyArg_ParseTuple(args, "Lkp", &call.peer, &call.ssrc, &call.on) && yt_run(self, work, &call, true));
}

static PyObject *py_mute(PyObject *self, PyObject *args) {
    return py_switch(self, args, mute);
}

static PyObject *py_hush(PyObject *self, PyObject *args) {
    return py_switch(self, args, hush);
}

static PyObject *py_tap(PyObject *self, PyObject *args) {
    return py_switch(self, args, tap);
}

static PyObject *py_send_rtcp(PyObject *self, PyObject *args) {
    peer_call call = {0};
    const char *data;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "Ly#", &call.peer, &data, &length))
        return NULL;
    call.data = (const uint8_t *)data;
    call.length = (size_t)length;
    return done(yt_run(self, send_rtcp, &call, false));
}

/* (peer, our ssrc, extension id) */
static PyObject *py_report_arrivals(PyObject *self, PyObject *args) {
    peer_call call = {0};
    return done(PyArg_ParseTuple(args, "Lkb", &call.peer, &call.ssrc, &call.transport_cc) &&
                yt_run(self, report_arrivals, &call, false));
}

PyMethodDef yt_peer_methods[] = {
    {"add_peer", py_add_peer, METH_VARARGS, NULL},
    {"remove_peer", py_remove_peer, METH_VARARGS, NULL},
    {"bind_address", py_bind_address, METH_VARARGS, NULL},
    {"send_to_address", py_send_to_address, METH_VARARGS, NULL},
    {"answer_checks", py_answer_checks, METH_VARARGS, NULL},
    {"set_keys", py_set_keys, METH_VARARGS, NULL},
    {"set_rtx", py_set_rtx, METH_VARARGS, NULL},
    {"set_stream", py_set_stream, METH_VARARGS, NULL},
    {"inner_layers", py_inner_layers, METH_VARARGS, NULL},
    {"mute", py_mute, METH_VARARGS, NULL},
    {"hush", py_hush, METH_VARARGS, NULL},
    {"tap", py_tap, METH_VARARGS, NULL},
    {"send_rtcp", py_send_rtcp, METH_VARARGS, NULL},
    {"report_arrivals", py_report_arrivals, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};
