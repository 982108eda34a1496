#include "module_calls.h"

#include "ipsecmb.h"

bool yt_run(PyObject *self, yt_work *work, void *call, bool flush) {
    PlaneObject *object = (PlaneObject *)self;
    yt_plane *plane = object->plane;
    if (!plane || object->process != getpid()) {
        PyErr_SetString(PyExc_RuntimeError, "the data plane is closed");
        return false;
    }
    yt_outcome outcome;
    if (yt_try_enter(plane)) {
        if (flush)
            yt_flush(plane);
        outcome = work(plane, call);
        yt_leave(plane);
    } else {
        Py_BEGIN_ALLOW_THREADS
        yt_enter(plane);
        if (flush)
            yt_flush(plane);
        outcome = work(plane, call);
        yt_leave(plane);
        Py_END_ALLOW_THREADS
    }
    switch (outcome) {
    case YT_DONE:
        return true;
    case YT_NO_PEER:
        PyErr_SetString(PyExc_KeyError, "no such peer");
        return false;
    case YT_NO_ROUTE:
        PyErr_SetString(PyExc_KeyError, "no such route");
        return false;
    case YT_TAKEN:
        PyErr_SetString(PyExc_ValueError, "outgoing SSRC is in use");
        return false;
    default:
        PyErr_NoMemory();
        return false;
    }
}

static PyObject *plane_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(keywords)) {
    int fd;
    if (!PyArg_ParseTuple(args, "i", &fd))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PlaneObject *self = (PlaneObject *)allocate(type, 0);
    if (!self)
        return NULL;
    self->process = getpid();
    self->plane = yt_plane_new(fd);
    if (self->plane && yt_plane_start(self->plane))
        return (PyObject *)self;
    Py_DECREF(self);
    return PyErr_NoMemory();
}

static PyObject *plane_stop(PyObject *self, PyObject *Py_UNUSED(ignored)) {
    PlaneObject *object = (PlaneObject *)self;
    if (object->plane && object->process == getpid()) {
        Py_BEGIN_ALLOW_THREADS
        yt_plane_stop(object->plane);
        Py_END_ALLOW_THREADS
    }
    Py_RETURN_NONE;
}

static void plane_dealloc(PyObject *self) {
    PlaneObject *object = (PlaneObject *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (object->plane && object->process == getpid()) {
        Py_BEGIN_ALLOW_THREADS
        yt_plane_free(object->plane);
        Py_END_ALLOW_THREADS
    }
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static PyObject *plane_fileno(PyObject *self, PyObject *Py_UNUSED(ignored)) {
    PlaneObject *object = (PlaneObject *)self;
    return PyLong_FromLong(object->plane ? object->plane->told_fd : -1);
}

static PyMethodDef own_methods[] = {
    {"stop", plane_stop, METH_NOARGS, PyDoc_STR("End the thread; the socket may be closed then. Idempotent.")},
    {"fileno", plane_fileno, METH_NOARGS, PyDoc_STR("Readable when `read` has something.")},
    {"read", yt_read_told, METH_O, PyDoc_STR("At most so many records: controls, received, taps, whether there is more.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, plane_new},
    {Py_tp_dealloc, plane_dealloc},
    {Py_tp_methods, own_methods},
    {Py_tp_doc, "Plane(fd): forwards what the non-blocking UDP socket receives, on a thread of its own."},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "media_server.dataplane.native._plane.Plane",
    .basicsize = sizeof(PlaneObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = slots,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_plane",
    .m_doc = "The compiled data plane; see plane.py.",
    .m_size = -1,
};

/* The verbs stand in tables of their own: all become one before the type is made. */
static PyMethodDef *all_methods(void) {
    static PyMethodDef all[64];
    PyMethodDef *tables[] = {own_methods, yt_peer_methods, yt_route_methods, yt_path_methods};
    size_t count = 0;
    for (int table = 0; table < 4; table++) {
        for (PyMethodDef *each = tables[table]; each->ml_name && count < 63; each++)
            all[count++] = *each;
    }
    return all;
}

PyMODINIT_FUNC PyInit__plane(void) {
    char why[160];
    if (yt_crypto_load(why, sizeof why)) {
        PyErr_SetString(PyExc_ImportError, why);
        return NULL;
    }
    slots[2].pfunc = all_methods();
    PyObject *made = PyModule_Create(&module), *type = PyType_FromSpec(&spec);
    if (!made || !type || PyModule_AddObjectRef(made, "Plane", type) < 0 ||
        PyModule_AddStringConstant(made, "accelerator", yt_ipsecmb_status()) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(made);
        return NULL;
    }
    Py_DECREF(type);
    return made;
}
