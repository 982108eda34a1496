/* The bare cost of an SFU's last step: encrypt each packet for each subscriber, send each run with UDP_SEGMENT. */
#define _GNU_SOURCE
#include "load.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { MAX_GROUP = 48 };

struct sink {
    int fd;
    struct sockaddr_in address;
    struct side seal;
};

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_sink(struct sink *sink, int gcm, const uint8_t keys[100])
{
    int large = 8 << 20;
    socklen_t length = sizeof sink->address;
    sink->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sink->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(sink->fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    return side_init(&sink->seal, gcm, 1, keys) || sink->fd < 0 ||
           bind(sink->fd, (struct sockaddr *)&sink->address, length) ||
           getsockname(sink->fd, (struct sockaddr *)&sink->address, &length);
}

static int send_run(int fd, const struct sink *sink, uint8_t *data, int size, int segment)
{
    union {
        char bytes[CMSG_SPACE(sizeof(uint16_t))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec vector = {data, (size_t)size};
    struct msghdr message = {.msg_name = (void *)&sink->address, .msg_namelen = sizeof sink->address,
                             .msg_iov = &vector, .msg_iovlen = 1};
    if (size > segment) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = IPPROTO_UDP;
        header->cmsg_type = UDP_SEGMENT;
        header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        memcpy(CMSG_DATA(header), &(uint16_t){(uint16_t)segment}, sizeof(uint16_t));
    }
    return sendmsg(fd, &message, 0) == size ? 0 : -1;
}

/* CPU microseconds a packet on this thread, or -1. Emptying the sinks between rounds is not counted. */
double load_floor(int gcm, int subscribers, int group, int bytes, int rounds)
{
    static uint8_t out[MAX_GROUP * (MAX_PACKET + 64)];
    struct sink *sinks = calloc((size_t)subscribers, sizeof *sinks);
    uint8_t packet[MAX_PACKET + 64] = {0x80, 96}, keys[100];
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), failed = !sinks || fd < 0 || crypto_open() != NULL;
    int64_t total_ns = 0, index = 0;
    group = group > MAX_GROUP ? MAX_GROUP : group;
    group = group * (bytes + 16) > 60000 ? 60000 / (bytes + 16) : group;
    for (int i = 0; i < subscribers && !failed; i++) {
        memset(keys, i + 1, sizeof keys);
        failed = open_sink(&sinks[i], gcm, keys);
    }
    for (int round = 0; round < rounds && !failed; round++, index += group) {
        int64_t began_ns = cpu_ns();
        for (int i = 0; i < subscribers && !failed; i++) {
            int size = 0, one = 0;
            for (int k = 0; k < group; k++) {
                memcpy(out + size, packet, (size_t)bytes);
                put16(out + size + 2, (uint32_t)(index + k));
                one = rtp_seal(&sinks[i].seal, out + size, bytes, 12, 0, index + k);
                size += one;
            }
            failed = one < 0 || send_run(fd, &sinks[i], out, size, one);
        }
        total_ns += cpu_ns() - began_ns;
        for (int i = 0; i < subscribers; i++)
            while (recv(sinks[i].fd, packet + 12, sizeof packet - 12, MSG_DONTWAIT) > 0)
                ;
        memset(packet + 4, 0, sizeof packet - 4);
    }
    for (int i = 0; sinks && i < subscribers; i++) {
        side_free(&sinks[i].seal);
        if (sinks[i].fd > 0)
            close(sinks[i].fd);
    }
    free(sinks);
    if (fd >= 0)
        close(fd);
    return failed || rounds < 1 ? -1 : (double)total_ns / 1000 / ((double)rounds * subscribers * group);
}
