/* The Python type `Plane`: arguments in, results out, errors as exceptions. Limited API of Python 3.11. */
#ifndef YT_MODULE_H
#define YT_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "plane.h"

#include <unistd.h>

typedef struct {
    PyObject_HEAD
    yt_plane *plane; /* NULL after free */
    pid_t process;   /* a forked child has no thread: it leaves the plane alone */
} PlaneObject;

/* What one call does with the lock held, without Python: so it can run without the GIL when it had to wait. */
typedef enum { YT_DONE, YT_NO_PEER, YT_NO_ROUTE, YT_TAKEN, YT_NO_MEMORY } yt_outcome;
typedef yt_outcome yt_work(yt_plane *, void *call);
/* Runs it; true when it is done, else an exception is set. `flush`: what is under way leaves first. */
bool yt_run(PyObject *self, yt_work *, void *call, bool flush);

PyObject *yt_read_told(PyObject *self, PyObject *limit);

#endif
