/* What waits for a peer's pace, and the probe under way. Twin of `pacer.py`: tokens are bits times microseconds. */
#include "plane.h"

enum { STEP_US = 5000, BURST_STEPS = 4, PER_BYTE = 8000000, DEBT_STEPS = 20, MOST_FILLINGS = 256 };

static void set_timed(yt_plane *plane, yt_peer *peer, int64_t step_us) {
    if (peer->timed || !yt_list_add(&plane->timed, peer))
        return; /* no memory: the next packet tries again */
    peer->timed = true;
    peer->step_us = step_us;
}

static bool may_leave(yt_peer *peer, int64_t now_us) {
    if (!peer->pace_bps)
        return true;
    int64_t rate = peer->pace_bps > peer->probe.rate_bps ? peer->pace_bps : peer->probe.rate_bps;
    int64_t most = rate * BURST_STEPS * STEP_US, elapsed = now_us - peer->tokens_us;
    /* Nothing in debt is left after so long: the product stays small. */
    bool full = peer->tokens_us < 0 || elapsed > 2 * DEBT_STEPS * STEP_US;
    peer->tokens = full ? most : peer->tokens + elapsed * rate;
    if (peer->tokens > most)
        peer->tokens = most;
    peer->tokens_us = now_us;
    if (peer->tokens <= 0)
        return false;
    /* What is under way is bounded, save for a probe, which is to fill the path. */
    return peer->probe.rate_bps || !peer->congestion || yt_congestion_has_room(peer->congestion, now_us);
}

void yt_count_left(yt_peer *peer, size_t bytes) {
    if (peer->probe.rate_bps)
        peer->probe.sent_bytes += (int64_t)bytes;
    if (!peer->pace_bps)
        return;
    /* What does not wait (audio) may not starve the rest for longer than this. */
    int64_t debt = -DEBT_STEPS * STEP_US * peer->pace_bps;
    peer->tokens -= (int64_t)bytes * PER_BYTE;
    if (peer->tokens < debt)
        peer->tokens = debt;
}

bool yt_pace_room(const yt_peer *peer, size_t packets, size_t bytes) {
    return !peer->pace_bps || (peer->queue.count + packets <= YT_MOST_QUEUED &&
                               (int64_t)(peer->queue.bytes + bytes) * 8 <= peer->pace_bps);
}

void yt_post(yt_plane *plane, const yt_letter *letter, int64_t now_us) {
    yt_peer *out = letter->route->out;
    uint32_t before = letter->purpose == YT_REPEAT ? out->queue.ahead : out->queue.count;
    if (letter->route->codec == YT_OPUS || (!before && may_leave(out, now_us))) {
        yt_send_letter(plane, letter, now_us);
        return;
    }
    /* An empty queue takes one packet at any pace. */
    bool fits = !out->queue.count || yt_pace_room(out, 1, yt_letter_bytes(letter));
    if (!fits || !yt_queue_put(&out->queue, letter))
        plane->counts.paced_out++;
    else
        set_timed(plane, out, now_us + STEP_US);
}

bool yt_begin_probe(yt_plane *plane, yt_peer *peer, int64_t rate_bps, int64_t duration_us, int64_t now_us) {
    yt_letter filling;
    if (!peer->congestion || peer->probe.rate_bps || rate_bps <= 0 || duration_us <= 0 || !peer->sending ||
        !yt_filling(peer, &filling))
        return false;
    yt_congestion_begin_probe(peer->congestion);
    peer->probe = (yt_probe){.begun_us = now_us, .until_us = now_us + duration_us, .rate_bps = rate_bps};
    set_timed(plane, peer, now_us);
    return true;
}

static bool probe_lacks(const yt_probe *probe, int64_t now_us) {
    int64_t until_us = now_us + STEP_US < probe->until_us ? now_us + STEP_US : probe->until_us;
    return probe->rate_bps && probe->sent_bytes * PER_BYTE < probe->rate_bps * (until_us - probe->begun_us);
}

/* Lets leave what may leave now, and fills up a probe; whether the clock must look again. */
static bool step(yt_plane *plane, yt_peer *peer, int64_t now_us) {
    while (peer->queue.count && may_leave(peer, now_us)) {
        yt_letter letter = yt_queue_pop(&peer->queue);
        yt_send_letter(plane, &letter, now_us);
        yt_packet_drop(letter.packet);
    }
    yt_letter filling;
    /* Bounded: a clock that was late does not make up for it with a flood, and a caller waits for so many at most. */
    uint32_t last = peer->fillings + MOST_FILLINGS;
    while (peer->fillings != last && probe_lacks(&peer->probe, now_us) && peer->sending && yt_filling(peer, &filling)) {
        peer->fillings++;
        yt_send_letter(plane, &filling, now_us);
    }
    if (peer->probe.rate_bps && now_us >= peer->probe.until_us) {
        peer->probe.rate_bps = 0;
        if (peer->congestion)
            yt_congestion_end_probe(peer->congestion);
    }
    return peer->queue.count || peer->probe.rate_bps;
}

void yt_pace_all(yt_plane *plane, int64_t now_us) {
    for (uint32_t at = plane->timed.count; at-- > 0;) {
        /* Whoever had the lock meanwhile may have removed some: a peer passed over gets its turn a step later. */
        yt_peer *peer = at < plane->timed.count ? plane->timed.items[at] : NULL;
        if (!peer || now_us < peer->step_us)
            continue;
        peer->step_us = now_us + STEP_US;
        if (!step(plane, peer, now_us)) {
            yt_list_remove(&plane->timed, peer);
            peer->timed = false;
        }
        yt_give_way(plane);
    }
}

int64_t yt_next_step_us(const yt_plane *plane) {
    int64_t next = -1;
    for (uint32_t at = 0; at < plane->timed.count; at++) {
        const yt_peer *peer = plane->timed.items[at];
        if (next < 0 || peer->step_us < next)
            next = peer->step_us;
    }
    return next;
}

void yt_withhold_stream(yt_plane *plane, const yt_stream *stream) {
    for (uint32_t at = 0; at < plane->timed.count; at++) {
        yt_peer *peer = plane->timed.items[at];
        yt_queue_purge(&peer->queue, NULL, stream);
    }
}
