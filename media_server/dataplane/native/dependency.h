/* AV1's dependency descriptor, a header extension (RTP payload format for AV1, appendix A): the layer of a packet.
 *
 * The structure that explains it comes with keyframes; each incoming stream keeps the last one. Twin of
 * `descriptors.py`. */
#ifndef YT_DEPENDENCY_H
#define YT_DEPENDENCY_H

#include "descriptors.h"

enum { YT_MAX_TEMPLATES = 64, YT_MAX_TARGETS = 32 };

/* Templates and decode targets of a stream. All zero at first (`templates` 0 = none known). */
typedef struct {
    int64_t since;     /* index of the packet that brought it */
    uint8_t first_id;  /* template_id_offset */
    uint8_t templates;
    uint8_t targets;
    uint8_t spatial[YT_MAX_TEMPLATES];
    uint8_t temporal[YT_MAX_TEMPLATES];
    uint64_t indications[YT_MAX_TEMPLATES]; /* 2 bits a decode target, the first one lowest */
    uint8_t target_spatial[YT_MAX_TARGETS];
    uint8_t target_temporal[YT_MAX_TARGETS];
} yt_dependency;

/* Layer of the packet with this index and element (without its id and length). A whole structure inside replaces the
 * one in `state`. Cut short, its template not known, or from before the present structure (a late repair): not known. */
void yt_dependency_read(yt_layers *layers, yt_dependency *state, int64_t index, const uint8_t *element, size_t length);

#endif
