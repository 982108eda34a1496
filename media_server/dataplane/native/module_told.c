/* What the thread told, as Python objects. */
#include "module.h"

#include <string.h>

/* Shared by every packet without extensions; nobody changes it. */
static PyObject *no_elements;

static PyObject *elements_of(const uint8_t *block, size_t length) {
    if (length <= 4) {
        if (!no_elements && !(no_elements = PyDict_New()))
            return NULL;
        return Py_NewRef(no_elements);
    }
    yt_elements elements;
    yt_elements_read(&elements, block, length);
    PyObject *result = PyDict_New();
    for (uint16_t at = 0; result && at < elements.count; at++) {
        const yt_element *each = &elements.list[at];
        PyObject *id = PyLong_FromLong(each->id);
        PyObject *value = PyBytes_FromStringAndSize((const char *)block + each->at, each->length);
        if (!id || !value || PyDict_SetItem(result, id, value) < 0)
            Py_CLEAR(result);
        Py_XDECREF(id);
        Py_XDECREF(value);
    }
    return result;
}

static bool set(PyObject *tuple, Py_ssize_t at, PyObject *value) {
    return value && !PyTuple_SetItem(tuple, at, value);
}

/* In the order of the fields of `ports.Received`. */
static PyObject *received_of(const yt_record *record, const uint8_t *data) {
    PyObject *row = PyTuple_New(10);
    if (row && set(row, 0, PyLong_FromLongLong(record->peer)) && set(row, 1, PyLong_FromUnsignedLong(record->ssrc)) &&
        set(row, 2, PyLong_FromLong(record->payload_type)) && set(row, 3, PyLong_FromLong(record->sequence)) &&
        set(row, 4, PyLong_FromUnsignedLong(record->timestamp)) && set(row, 5, PyBool_FromLong(record->marker)) &&
        set(row, 6, PyLong_FromLongLong(record->arrival_us)) && set(row, 7, PyLong_FromLong(record->size_bytes)) &&
        set(row, 8, elements_of(data, record->length)) && set(row, 9, PyBool_FromLong(record->keyframe)))
        return row;
    Py_XDECREF(row);
    return NULL;
}

static PyObject *stun_of(const yt_record *record, const uint8_t *data) {
    yt_address source;
    char host[YT_HOST_BYTES];
    memcpy(&source, data, sizeof source);
    yt_address_host(&source, host);
    return Py_BuildValue("iLy#sL", record->kind, (long long)record->peer, (const char *)data + sizeof source,
                         (Py_ssize_t)(record->length - sizeof source), host, (long long)source.port);
}

static PyObject *row_of(const yt_record *record, const uint8_t *data) {
    switch (record->kind) {
    case YT_TOLD_RECEIVED:
        return received_of(record, data);
    case YT_TOLD_STUN:
    case YT_TOLD_CONSENT:
        return stun_of(record, data);
    case YT_TOLD_TAP:
        return Py_BuildValue("LkLy#", (long long)record->peer, (unsigned long)record->ssrc,
                             (long long)record->arrival_us, (const char *)data, (Py_ssize_t)record->length);
    default:
        return Py_BuildValue("iLy#zL", record->kind, (long long)record->peer, (const char *)data,
                             (Py_ssize_t)record->length, NULL, (long long)record->arrival_us);
    }
}

PyObject *yt_read_told(PyObject *self, PyObject *limit) {
    PlaneObject *object = (PlaneObject *)self;
    long left = PyLong_AsLong(limit);
    if (left == -1 && PyErr_Occurred())
        return NULL;
    if (!object->plane || object->process != getpid())
        return PyErr_Format(PyExc_RuntimeError, "the data plane is closed");
    uint64_t count;
    if (read(object->plane->told_fd, &count, sizeof count) == sizeof count)
        atomic_store(&object->plane->woken, false);
    PyObject *controls = PyList_New(0), *received = PyList_New(0), *taps = PyList_New(0);
    bool good = controls && received && taps;
    yt_ring *ring = &object->plane->ring;
    const yt_record *record;
    while (good && left-- > 0 && (record = yt_ring_peek(ring))) {
        PyObject *row = row_of(record, (const uint8_t *)(record + 1));
        PyObject *list = record->kind == YT_TOLD_RECEIVED ? received : record->kind == YT_TOLD_TAP ? taps : controls;
        good = row && !PyList_Append(list, row);
        Py_XDECREF(row);
        yt_ring_next(ring);
    }
    PyObject *result = good ? Py_BuildValue("OOOO", controls, received, taps, yt_ring_peek(ring) ? Py_True : Py_False)
                            : NULL;
    Py_XDECREF(controls);
    Py_XDECREF(received);
    Py_XDECREF(taps);
    return result;
}
