/* The plane without Python: what leaves, in which order and with which numbers. */
/* links: plane tables state consent route layers queue pacer repeat forward receive tell outbox report arrivals packet ring srtp crypto ipsecmb rtp descriptors vp8 dependency congestion delay_trend feedback meters rate_control */
#include <pthread.h>
#include <sched.h>

#include "plane_world.h"

static void publish(uint32_t ssrc, int64_t index, uint32_t timestamp, size_t size) {
    uint8_t packet[PACKET_BYTES];
    const yt_block none = {0};
    size_t head = yt_rtp_write(packet, 96, (uint16_t)index, timestamp, ssrc, &none);
    memset(packet + head, 0x10, size);
    receive_sealed(packet, head, head + size, ssrc, (uint64_t)index);
    yt_flush(world.plane);
}

static const heard_source *heard(int64_t peer, uint32_t ssrc) {
    listener *ear = &world.listeners[peer];
    for (size_t at = 0; at < ear->count; at++) {
        if (ear->sources[at].ssrc == ssrc) return &ear->sources[at];
    }
    return NULL;
}

static void test_pause_leaves_no_gap(void) {
    begin_world();
    yt_route *route = made_route(1, 2, 100, YT_VP8, true);
    for (int64_t index = 10; index < 20; index++) publish(1, index, 3000, 50);
    CHECK(heard(2, 100)->packets == 10);
    uint16_t newest = heard(2, 100)->sequence;
    yt_route_pause(route, true);
    publish(1, 20, 3000, 50);
    CHECK(heard(2, 100)->packets == 10);
    yt_route_pause(route, false);
    publish(1, 21, 3000, 50);
    CHECK(heard(2, 100)->packets == 11 && heard(2, 100)->sequence == (uint16_t)(newest + 1));
    end_world();
}

/* What waits when a route is paused never leaves, and its numbers serve what comes next. */
static void test_a_pause_empties_the_queue(void) {
    begin_world();
    yt_route *route = made_route(1, 2, 100, YT_VP8, true);
    route->out->pace_bps = 400000; /* 250 bytes a step */
    for (int64_t index = 10; index < 30; index++) {
        if (index != 20) publish(1, index, 3000, 1000);
    }
    uint64_t sent = heard(2, 100)->packets;
    uint16_t newest = heard(2, 100)->sequence;
    CHECK(sent >= 1 && sent < 5 && route->queued == 19 - sent);
    yt_route_pause(route, true);
    CHECK(route->queued == 0 && !route->out->queue.count && !route->out->queue.bytes);
    run_us(500000);
    CHECK(heard(2, 100)->packets == sent);
    yt_route_pause(route, false);
    publish(1, 30, 6000, 1000);
    run_us(100000);
    CHECK(heard(2, 100)->packets == sent + 1 && heard(2, 100)->sequence == (uint16_t)(newest + 1));
    publish(1, 20, 3000, 1000); /* late: its number is another's now */
    run_us(100000);
    CHECK(heard(2, 100)->packets == sent + 1);
    end_world();
}

static void test_the_pace_is_kept(void) {
    begin_world();
    yt_route *route = made_route(1, 2, 100, YT_VP8, true);
    route->out->pace_bps = 1000000;
    for (int64_t index = 10; index < 110; index++) publish(1, index, 3000, 1000);
    uint64_t before = heard(2, 100)->packets;
    run_us(400000); /* 50 000 bytes */
    uint64_t left = heard(2, 100)->packets - before;
    CHECK(left >= 46 && left <= 52);
    run_us(1000000);
    CHECK(heard(2, 100)->packets == 100 && !world.plane->timed.count);
    end_world();
}

static void test_a_full_queue_drops_the_newest(void) {
    begin_world();
    yt_route *route = made_route(1, 2, 100, YT_VP8, true);
    route->out->pace_bps = 80000; /* a second: 10 000 bytes */
    uint64_t dropped = world.plane->counts.paced_out;
    for (int64_t index = 10; index < 40; index++) publish(1, index, 3000, 1000);
    CHECK(route->out->queue.bytes <= 10000);
    CHECK(heard(2, 100)->packets + route->queued + (world.plane->counts.paced_out - dropped) == 30);
    end_world();
}

/* A probe that the clock forgot for a while: what was missed is not made up for at once. */
static void test_a_late_clock_floods_nobody(void) {
    begin_world();
    yt_route *route = made_route(1, 2, 100, YT_VP8, true);
    CHECK((route->out->congestion = yt_congestion_new(&route->out->limits)));
    route->out->was_linked = true;
    publish(1, 10, 3000, 50);
    CHECK(yt_begin_probe(world.plane, route->out, 3000000000, 200000, world.now_us));
    world.now_us += 190000; /* 70 MB by the rate */
    yt_pace_all(world.plane, world.now_us);
    yt_flush(world.plane);
    CHECK(heard(2, 1100)->packets == 256);
    world.now_us += 100000;
    yt_pace_all(world.plane, world.now_us);
    yt_flush(world.plane);
    CHECK(heard(2, 1100)->packets == 512 && !world.plane->timed.count);
    end_world();
}

static void test_an_empty_pool_forwards_nothing_and_harms_nobody(void) {
    begin_world();
    made_route(1, 2, 100, YT_VP8, true);
    publish(1, 10, 3000, 50);
    world.plane->pool.most = world.plane->pool.bytes;
    publish(1, 11, 3000, 50);
    CHECK(heard(2, 100)->packets == 1);
    world.plane->pool.most = YT_POOL_BYTES;
    publish(1, 12, 3000, 50);
    CHECK(heard(2, 100)->packets == 2);
    end_world();
}

static void test_the_ring_keeps_room_for_taps(void) {
    yt_ring ring;
    uint8_t data[1000] = {0};
    size_t told = 0, control = 0, taps = 0;
    CHECK(yt_ring_open(&ring));
    while (yt_ring_put(&ring, (yt_record){.kind = YT_TOLD_RECEIVED}, data, 20, NULL, 0)) told++;
    while (yt_ring_put(&ring, (yt_record){.kind = YT_TOLD_RTCP}, data, 500, data, 500)) control++;
    while (yt_ring_put(&ring, (yt_record){.kind = YT_TOLD_TAP}, data, 1000, NULL, 0)) taps++;
    CHECK(told > 10000 && control > 1000 && taps > 1000 && yt_ring_used(&ring) <= YT_RING_BYTES);
    CHECK(!yt_ring_peek(&ring));
    yt_ring_publish(&ring);
    for (size_t read = 0; read < told + control + taps; read++) {
        const yt_record *record = yt_ring_peek(&ring);
        CHECK(record && record->kind == (read < told ? YT_TOLD_RECEIVED : read < told + control ? YT_TOLD_RTCP : YT_TOLD_TAP));
        yt_ring_next(&ring);
    }
    CHECK(!yt_ring_peek(&ring) && !yt_ring_used(&ring));
    for (int around = 0; around < 50000; around++) {
        size_t length = (size_t)(around * 7919 % 1500);
        uint8_t longer[1500];
        memset(longer, around & 0xFF, sizeof longer);
        CHECK(yt_ring_put(&ring, (yt_record){.kind = YT_TOLD_TAP}, longer, length / 2, longer, length - length / 2));
        yt_ring_publish(&ring);
        const yt_record *record = yt_ring_peek(&ring);
        CHECK(record && record->length == length && (!length || ((const uint8_t *)(record + 1))[length - 1] == (around & 0xFF)));
        yt_ring_next(&ring);
    }
    yt_ring_close(&ring);
}

static void test_a_ring_that_is_read_touches_no_more_than_waits_at_once(void) {
    yt_ring ring;
    uint8_t data[1000] = {0};
    CHECK(yt_ring_open(&ring));
    for (int burst = 0; burst < 10000; burst++) {
        for (int each = 0; each < 8; each++)
            CHECK(yt_ring_put(&ring, (yt_record){.kind = YT_TOLD_TAP}, data, sizeof data, NULL, 0));
        yt_ring_publish(&ring);
        for (int each = 0; each < 8; each++) {
            const yt_record *record = yt_ring_peek(&ring);
            CHECK(record && (const uint8_t *)record < ring.bytes + 10000);
            yt_ring_next(&ring);
        }
        CHECK(!yt_ring_peek(&ring) && !yt_ring_used(&ring));
    }
    yt_ring_close(&ring);
}

enum { PASSED_ON = 400000 };

static void *write_numbers(void *given) {
    yt_ring *ring = given;
    uint32_t data[300];
    for (uint32_t number = 0; number < PASSED_ON;) {
        size_t words = 1 + number * 31 % 300;
        for (size_t at = 0; at < words; at++) data[at] = number;
        if (yt_ring_put(ring, (yt_record){.kind = YT_TOLD_TAP, .ssrc = number}, data, 4 * words, NULL, 0)) number++;
        if (number % 7 == 0 || number == PASSED_ON) yt_ring_publish(ring);
        else if (yt_ring_used(ring) > YT_RING_BYTES / 2) sched_yield();
    }
    return NULL;
}

static void test_two_threads_pass_on_every_record_in_order(void) {
    yt_ring ring;
    pthread_t writer;
    CHECK(yt_ring_open(&ring) && !pthread_create(&writer, NULL, write_numbers, &ring));
    for (uint32_t number = 0; number < PASSED_ON; number++) {
        const yt_record *record;
        while (!(record = yt_ring_peek(&ring))) sched_yield();
        const uint32_t *data = (const uint32_t *)(const void *)(record + 1);
        CHECK(record->ssrc == number && record->length == 4 * (1 + number * 31 % 300));
        CHECK(data[0] == number && data[record->length / 4 - 1] == number);
        yt_ring_next(&ring);
    }
    CHECK(!pthread_join(writer, NULL) && !yt_ring_peek(&ring) && !yt_ring_used(&ring));
    yt_ring_close(&ring);
}

/* A smooth stream's packets wait for company; a gap, a copy that begins or a control datagram ends the patience. */
static void test_when_python_is_woken(void) {
    begin_world();
    yt_plane *plane = world.plane;
    made_route(1, 2, 100, YT_OPUS, false);
    publish(1, 10, 3000, 50); /* a new stream */
    CHECK(!yt_tell_due(plane, world.now_us) && yt_tell_due(plane, world.now_us + YT_TELL_SOON_US));
    yt_note_told(plane);
    world.now_us += YT_RESTLESS_US;
    CHECK(!yt_tell_due(plane, world.now_us) && yt_tell_at_us(plane, world.now_us) < 0);
    publish(1, 11, 3000, 50);
    CHECK(!yt_tell_due(plane, world.now_us + YT_TELL_US - 1) && yt_tell_due(plane, world.now_us + YT_TELL_US));
    CHECK(yt_tell_at_us(plane, world.now_us) > world.now_us + YT_TELL_US);
    publish(1, 13, 3000, 50); /* a gap */
    CHECK(!yt_tell_due(plane, world.now_us) && yt_tell_due(plane, world.now_us + YT_TELL_SOON_US));
    yt_note_told(plane);
    world.now_us += YT_RESTLESS_US;
    for (int64_t index = 14; index < 14 + YT_TELL_RECORDS; index++) {
        CHECK(!yt_tell_due(plane, world.now_us));
        publish(1, index, 3000, 50);
    }
    CHECK(yt_tell_due(plane, world.now_us));
    yt_note_told(plane);
    yt_stream_silence(yt_peer_stream(yt_find_peer(plane, 1), 1), false, true);
    publish(1, 14 + YT_TELL_RECORDS, 3000, 50); /* who is hushed may begin to speak */
    CHECK(!yt_tell_due(plane, world.now_us + YT_TELL_HUSHED_US - 1));
    CHECK(yt_tell_due(plane, world.now_us + YT_TELL_HUSHED_US));
    yt_note_told(plane);
    uint8_t stun[20] = {0};
    receive_raw(stun, sizeof stun);
    CHECK(yt_tell_due(plane, world.now_us));
    yt_note_told(plane);
    CHECK(!yt_tell_due(plane, world.now_us + 1000000));
    end_world();
}

/* Every packet here is a keyframe: only that which a copy waited for makes Python listen closely. */
static void test_a_keyframe_nobody_waits_for_may_wait(void) {
    begin_world();
    yt_plane *plane = world.plane;
    publish(1, 10, 3000, 50); /* a new stream */
    yt_route *route = made_route(1, 2, 100, YT_VP8, false);
    world.now_us += YT_RESTLESS_US;
    yt_note_told(plane);
    publish(1, 11, 6000, 50);
    CHECK(route->live && yt_tell_due(plane, world.now_us + YT_TELL_SOON_US));
    world.now_us += YT_RESTLESS_US;
    yt_note_told(plane);
    publish(1, 12, 9000, 50);
    CHECK(!yt_tell_due(plane, world.now_us + YT_TELL_US - 1) && yt_tell_due(plane, world.now_us + YT_TELL_US));
    end_world();
}

/* The first of what was not told waits for an interval, the clock looks a fifth later; one packet tells all. */
static void test_a_publisher_hears_of_its_arrivals(void) {
    begin_world();
    yt_plane *plane = world.plane;
    yt_peer *peer = yt_find_peer(plane, 1);
    listener *ear = &world.listeners[1];
    const yt_block none = {0};
    CHECK(yt_report_arrivals(plane, peer, 7, 3) && yt_report_arrivals(plane, peer, 7, 3));
    CHECK(plane->reported.count == 1 && yt_report_at_us(plane) < 0);
    for (int64_t index = 10; index < 14; index++) {
        uint8_t packet[64];
        size_t head = yt_rtp_write(packet, 96, (uint16_t)index, 3000, 1, &none);
        const uint8_t block[] = {0xBE, 0xDE, 0, 1, 0x31, 0xFF, (uint8_t)(0xF0 + index), 0};
        packet[0] |= 0x10;
        memcpy(packet + head, block, sizeof block);
        receive_sealed(packet, head + sizeof block, head + sizeof block + 20, 1, (uint64_t)index);
    }
    CHECK(yt_report_at_us(plane) == world.now_us + YT_ARRIVALS_LATEST_US);
    yt_report_all(plane, world.now_us + YT_ARRIVALS_US - 1);
    CHECK(!ear->reports);
    yt_report_all(plane, world.now_us + YT_ARRIVALS_US);
    CHECK(ear->reports == 1 && yt_report_at_us(plane) < 0);
    const uint8_t said[] = {0x8F, 205, 0, 6, 0, 0, 0, 7, 0, 0, 0, 1, 0xFF, 0xFA, 0, 4};
    CHECK(ear->report_length == 28 && (ear->report[0] & 0xDF) == said[0] && !memcmp(ear->report + 1, said + 1, 15));
    yt_report_all(plane, world.now_us + 1000000);
    CHECK(ear->reports == 1);
    end_world();
}

int main(void) {
    test_a_publisher_hears_of_its_arrivals();
    test_when_python_is_woken();
    test_a_keyframe_nobody_waits_for_may_wait();
    test_pause_leaves_no_gap();
    test_a_pause_empties_the_queue();
    test_the_pace_is_kept();
    test_a_full_queue_drops_the_newest();
    test_a_late_clock_floods_nobody();
    test_an_empty_pool_forwards_nothing_and_harms_nobody();
    test_the_ring_keeps_room_for_taps();
    test_a_ring_that_is_read_touches_no_more_than_waits_at_once();
    test_two_threads_pass_on_every_record_in_order();
    yt_plane_free(world.plane);
    return 0;
}
