#include "outbox.h"

#include <stdlib.h>

bool yt_outbox_open(yt_outbox *box, int fd) {
    box->sender = yt_sender_new(fd);
    box->bytes = malloc(YT_OUT_BYTES);
    box->out = calloc(YT_OUT_DATAGRAMS + 1, sizeof *box->out);
    return box->sender && box->bytes && box->out;
}

void yt_outbox_close(yt_outbox *box) {
    for (uint32_t at = 0; at < box->count - box->sealed; at++)
        yt_packet_drop(box->bodies[at]);
    yt_sender_free(box->sender);
    free(box->bytes);
    free(box->out);
    *box = (yt_outbox){0};
}

static void seal(yt_outbox *box) {
    uint32_t jobs = box->count - box->sealed;
    yt_srtp_seal(box->jobs, jobs);
    for (uint32_t at = 0; at < jobs; at++) {
        box->out[box->sealed + at + 1].length = box->jobs[at].length;
        box->failed += !box->jobs[at].length;
        yt_packet_drop(box->bodies[at]);
    }
    box->sealed = box->count;
}

yt_seal_job *yt_outbox_add(yt_outbox *box, yt_peer *peer, yt_packet *body, size_t length) {
    length += YT_SRTP_OVERHEAD;
    if (box->count == YT_OUT_DATAGRAMS || box->used + length > YT_OUT_BYTES)
        yt_outbox_flush(box);
    else if (box->count - box->sealed == YT_OUT_JOBS)
        seal(box);
    uint32_t job = box->count - box->sealed, number = ++box->count;
    yt_out *out = &box->out[number];
    *out = (yt_out){.data = box->bytes + box->used};
    box->used += length;
    if (peer->last_out) {
        box->out[peer->last_out].next = number;
    } else {
        peer->first_out = number;
        if (box->last_dirty)
            box->last_dirty->next_dirty = peer;
        else
            box->first_dirty = peer;
        box->last_dirty = peer;
    }
    peer->last_out = number;
    box->bodies[job] = yt_packet_hold(body);
    box->jobs[job].srtp = peer->outbound;
    box->jobs[job].out = out->data;
    return &box->jobs[job];
}

void yt_outbox_flush(yt_outbox *box) {
    if (!box->count)
        return;
    seal(box);
    for (yt_peer *peer = box->first_dirty, *next; peer; peer = next) {
        for (uint32_t at = peer->first_out; at; at = box->out[at].next) {
            if (box->out[at].length && peer->sending && !box->closed)
                yt_sender_add(box->sender, box->out[at].data, box->out[at].length, &peer->target);
        }
        next = peer->next_dirty;
        peer->first_out = peer->last_out = 0;
        peer->next_dirty = NULL;
    }
    yt_sender_flush(box->sender);
    box->first_dirty = box->last_dirty = NULL;
    box->count = box->sealed = 0;
    box->used = 0;
}
