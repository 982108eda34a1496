/* The least that a server can do with media: open each packet, seal it for each subscriber, send what came together to
   each subscriber in one piece (UDP_SEGMENT), all in one system call. No RTCP, no repeats, no pacing: whatever else
   arrives is read and dropped. */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { BATCH = 32, ROOM = MAX_PACKET + 64, HEADER = 12, MOST_MESSAGES = 1024, LOOK_US = 500000 };

/* Filled by Python through ctypes: keep the order of the fields equal to structs.py. */
struct least_peer {
    uint8_t ip[4];
    int32_t port;
    int32_t publisher; /* whose packets it gets, a place in the list; -1: it is a publisher itself */
    int32_t gcm;
    uint8_t keys[100]; /* a publisher's to open, a subscriber's to seal */
};

struct end {
    struct sockaddr_in address;
    struct side side;
    int publisher;
    int64_t highest;
};

/* One run to one subscriber. */
struct run {
    struct iovec vector;
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control;
};

struct least {
    int fd, count, held_us;
    volatile int stopping;
    struct end *ends;
    uint8_t in[BATCH][ROOM];
    int sizes[BATCH], from[BATCH]; /* opened; the publisher's place, -1: not media */
    int64_t indices[BATCH];
    uint8_t *out; /* BATCH packets for each peer */
    struct run *runs;
    struct mmsghdr *messages;
};

void least_free(struct least *least)
{
    for (int i = 0; least->ends && i < least->count; i++)
        side_free(&least->ends[i].side);
    free(least->ends);
    free(least->out);
    free(least->runs);
    free(least->messages);
    free(least);
}

/* The socket stays the caller's. `held_us`: how long the first packet of a burst waits for the others. NULL: no memory,
   or no libcrypto. */
struct least *least_new(int fd, const struct least_peer *peers, int count, int held_us)
{
    struct least *least = calloc(1, sizeof *least);
    struct timeval look = {.tv_usec = LOOK_US};
    size_t most = (size_t)count * BATCH;
    if (!least || crypto_open())
        return free(least), NULL;
    *least = (struct least){.fd = fd, .count = count, .held_us = held_us};
    least->ends = calloc((size_t)count, sizeof *least->ends);
    least->out = malloc(most * ROOM);
    least->runs = calloc(most, sizeof *least->runs);
    least->messages = calloc(most, sizeof *least->messages);
    int failed = !least->ends || !least->out || !least->runs || !least->messages;
    for (int i = 0; i < count && !failed; i++) {
        struct end *end = &least->ends[i];
        *end = (struct end){.publisher = peers[i].publisher, .highest = -1};
        end->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)peers[i].port)};
        memcpy(&end->address.sin_addr, peers[i].ip, 4);
        failed = side_init(&end->side, peers[i].gcm, end->publisher >= 0, peers[i].keys);
    }
    failed = failed || fcntl(fd, F_SETFL, 0) || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &look, sizeof look);
    return failed ? least_free(least), NULL : least;
}

static int sender_of(const struct least *least, const struct sockaddr_in *source)
{
    for (int i = 0; i < least->count; i++) {
        const struct end *end = &least->ends[i];
        if (end->publisher < 0 && end->address.sin_port == source->sin_port &&
            end->address.sin_addr.s_addr == source->sin_addr.s_addr)
            return i;
    }
    return -1;
}

/* Media has no extensions here: none were negotiated. */
static void open_packet(struct least *least, int at, int size, const struct sockaddr_in *source)
{
    uint8_t *packet = least->in[at];
    int media = size > HEADER && packet[0] == 0x80 && (packet[1] < 192 || packet[1] > 223);
    int from = media ? sender_of(least, source) : -1;
    least->from[at] = -1;
    if (from < 0)
        return;
    struct end *end = &least->ends[from];
    uint32_t sequence = get16(packet + 2);
    int64_t index = end->highest < 0 ? (int64_t)sequence : end->highest + (int16_t)(sequence - (uint32_t)end->highest);
    least->sizes[at] = rtp_open(&end->side, packet, size, HEADER, get32(packet + 8), index);
    if (least->sizes[at] < 0)
        return;
    least->from[at] = from;
    least->indices[at] = index;
    end->highest = index > end->highest ? index : end->highest;
}

static struct iovec *begin_run(struct least *least, int number, struct end *to, uint8_t *bytes, int segment)
{
    struct run *run = &least->runs[number];
    struct msghdr *message = &least->messages[number].msg_hdr;
    run->vector = (struct iovec){.iov_base = bytes};
    *message = (struct msghdr){.msg_name = &to->address, .msg_namelen = sizeof to->address,
                               .msg_iov = &run->vector, .msg_iovlen = 1,
                               .msg_control = run->control.bytes, .msg_controllen = sizeof run->control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    header->cmsg_level = IPPROTO_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    memcpy(CMSG_DATA(header), &(uint16_t){(uint16_t)segment}, sizeof(uint16_t));
    return &run->vector;
}

/* Seals what came for every subscriber; the number of runs. */
static int seal_all(struct least *least, int count)
{
    int runs = 0;
    for (int i = 0; i < least->count; i++) {
        struct end *to = &least->ends[i];
        uint8_t *bytes = least->out + (size_t)i * BATCH * ROOM;
        struct iovec *run = NULL;
        int segment = 0;
        for (int at = 0; to->publisher >= 0 && at < count; at++) {
            if (least->from[at] != to->publisher)
                continue;
            const uint8_t *packet = least->in[at];
            memcpy(bytes, packet, (size_t)least->sizes[at]);
            int size = rtp_seal(&to->side, bytes, least->sizes[at], HEADER, get32(packet + 8), least->indices[at]);
            if (size < 0)
                continue;
            if (!run || size != segment)
                run = begin_run(least, runs++, to, bytes, segment = size);
            run->iov_len += (size_t)size;
            bytes += size;
        }
    }
    return runs;
}

/* Forward until `least_stop`. */
void least_run(struct least *least)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec vectors[BATCH];
    struct sockaddr_in sources[BATCH];
    struct timespec held = {.tv_nsec = least->held_us * 1000L};
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){least->in[i], MAX_PACKET};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_name = &sources[i]};
    }
    while (!least->stopping) {
        for (int i = 0; i < BATCH; i++)
            messages[i].msg_hdr.msg_namelen = sizeof *sources;
        if (least->held_us && poll(&(struct pollfd){least->fd, POLLIN, 0}, 1, LOOK_US / 1000) > 0)
            nanosleep(&held, NULL);
        int count = recvmmsg(least->fd, messages, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++)
            open_packet(least, i, (int)messages[i].msg_len, &sources[i]);
        int runs = count > 0 ? seal_all(least, count) : 0;
        for (int sent = 0, now; sent < runs; sent += now > 0 ? now : 1) {
            int left = runs - sent;
            now = sendmmsg(least->fd, least->messages + sent, left > MOST_MESSAGES ? MOST_MESSAGES : (unsigned)left, 0);
        }
    }
}

/* From another thread: `least_run` returns within half a second. */
void least_stop(struct least *least)
{
    least->stopping = 1;
}
