/* The verbs of `Plane`, in three tables. */
#ifndef YT_MODULE_CALLS_H
#define YT_MODULE_CALLS_H

#include "module.h"

#include "crypto.h"

extern PyMethodDef yt_peer_methods[], yt_route_methods[], yt_path_methods[];
/* Copies 128 payload types; false with an exception for another size. */
bool yt_types(const char *bytes, Py_ssize_t size, uint8_t types[128]);

#endif
