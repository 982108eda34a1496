#define _GNU_SOURCE
#include "udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { PATIENCE = 64 }; /* refused runs in a row until GSO that has worked goes off */

typedef union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} socket_address;

static const uint8_t MAPPED[12] = {[10] = 0xff, [11] = 0xff};

_Static_assert(sizeof(yt_address) == 24, "an address must have no padding");

bool yt_address_equal(const yt_address *a, const yt_address *b) { return memcmp(a, b, sizeof *a) == 0; }

static void address_v4(yt_address *address, const void *ip, uint16_t port) {
    *address = (yt_address){.port = port, .family = 4};
    memcpy(address->ip, MAPPED, sizeof MAPPED);
    memcpy(address->ip + sizeof MAPPED, ip, 4);
}

static void address_v6(yt_address *address, const struct in6_addr *ip, uint32_t scope, uint16_t port) {
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        address_v4(address, ip->s6_addr + sizeof MAPPED, port);
        return;
    }
    *address = (yt_address){.scope = IN6_IS_ADDR_LINKLOCAL(ip) ? scope : 0, .port = port, .family = 6};
    memcpy(address->ip, ip->s6_addr, sizeof address->ip);
}

bool yt_address_parse(yt_address *address, const char *host, uint16_t port) {
    char plain[YT_HOST_BYTES];
    struct in_addr v4;
    struct in6_addr v6;
    size_t length = strcspn(host, "%");
    if (length >= sizeof plain) return false;
    memcpy(plain, host, length);
    plain[length] = '\0';
    if (inet_pton(AF_INET, plain, &v4) == 1 && host[length] == '\0') {
        address_v4(address, &v4, port);
        return true;
    }
    if (inet_pton(AF_INET6, plain, &v6) != 1) return false;
    uint32_t scope = 0;
    if (host[length] == '%') {
        char *end;
        unsigned long number = strtoul(host + length + 1, &end, 10);
        scope = *end == '\0' && number <= UINT32_MAX ? (uint32_t)number : if_nametoindex(host + length + 1);
    }
    address_v6(address, &v6, scope, port);
    return true;
}

void yt_address_host(const yt_address *address, char host[YT_HOST_BYTES]) {
    const void *ip = address->family == 4 ? address->ip + sizeof MAPPED : address->ip;
    if (inet_ntop(address->family == 4 ? AF_INET : AF_INET6, ip, host, YT_HOST_BYTES) == NULL) host[0] = '\0';
}

static void address_from_socket(yt_address *address, const socket_address *from) {
    if (from->any.sa_family == AF_INET)
        address_v4(address, &from->v4.sin_addr, ntohs(from->v4.sin_port));
    else if (from->any.sa_family == AF_INET6)
        address_v6(address, &from->v6.sin6_addr, from->v6.sin6_scope_id, ntohs(from->v6.sin6_port));
    else
        *address = (yt_address){0};
}

static socklen_t address_to_socket(socket_address *to, const yt_address *address, bool v6_socket) {
    if (!v6_socket) {
        to->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(address->port)};
        memcpy(&to->v4.sin_addr, address->ip + sizeof MAPPED, sizeof to->v4.sin_addr);
        return sizeof to->v4;
    }
    to->v6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(address->port), .sin6_scope_id = address->scope};
    memcpy(&to->v6.sin6_addr, address->ip, sizeof to->v6.sin6_addr);
    return sizeof to->v6;
}

struct yt_receiver {
    int fd;
    yt_datagram batch[YT_BATCH];
    struct mmsghdr messages[YT_BATCH];
    struct iovec vectors[YT_BATCH];
    socket_address sources[YT_BATCH];
    uint8_t buffers[YT_BATCH][YT_DATAGRAM_BYTES];
};

yt_receiver *yt_receiver_new(int fd) {
    yt_receiver *receiver = calloc(1, sizeof *receiver);
    if (receiver == NULL) return NULL;
    receiver->fd = fd;
    for (size_t i = 0; i < YT_BATCH; i++) {
        receiver->batch[i].data = receiver->buffers[i];
        receiver->vectors[i] = (struct iovec){receiver->buffers[i], YT_DATAGRAM_BYTES};
        receiver->messages[i].msg_hdr.msg_iov = &receiver->vectors[i];
        receiver->messages[i].msg_hdr.msg_iovlen = 1;
        receiver->messages[i].msg_hdr.msg_name = &receiver->sources[i];
    }
    return receiver;
}

void yt_receiver_free(yt_receiver *receiver) { free(receiver); }

size_t yt_receiver_read(yt_receiver *receiver, yt_datagram **batch) {
    int count;
    for (size_t i = 0; i < YT_BATCH; i++) receiver->messages[i].msg_hdr.msg_namelen = sizeof *receiver->sources;
    do {
        count = recvmmsg(receiver->fd, receiver->messages, YT_BATCH, MSG_DONTWAIT, NULL);
    } while (count < 0 && errno == EINTR);
    *batch = receiver->batch;
    for (int i = 0; i < count; i++) {
        const struct mmsghdr *message = &receiver->messages[i];
        bool whole = !(message->msg_hdr.msg_flags & MSG_TRUNC) && message->msg_len <= YT_DATAGRAM_BYTES;
        receiver->batch[i].length = whole ? (uint16_t)message->msg_len : 0;
        address_from_socket(&receiver->batch[i].source, &receiver->sources[i]);
    }
    return count > 0 ? (size_t)count : 0;
}

typedef union {
    struct cmsghdr header;
    uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
} control;

struct yt_sender {
    int fd;
    bool v6, refuse, worked;
    unsigned refused; /* runs, since one was taken */
    yt_send_counts counts;
    size_t count;
    struct iovec vectors[YT_SEND_BATCH]; /* what is held, in order */
    size_t sizes[YT_SEND_BATCH];
    yt_address addresses[YT_SEND_BATCH];
    struct mmsghdr messages[YT_SEND_BATCH]; /* one for each run */
    control controls[YT_SEND_BATCH];
    socket_address targets[YT_SEND_BATCH];
};

yt_sender *yt_sender_new(int fd) {
    yt_sender *sender = calloc(1, sizeof *sender);
    if (sender == NULL) return NULL;
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof bound;
    const char *wish = getenv("YUNTING_GSO");
    sender->fd = fd;
    sender->v6 = getsockname(fd, (struct sockaddr *)&bound, &length) == 0 && bound.ss_family == AF_INET6;
    sender->counts.gso = wish == NULL || strcmp(wish, "off") != 0;
    sender->refuse = wish != NULL && strcmp(wish, "refuse") == 0;
    return sender;
}

void yt_sender_free(yt_sender *sender) { free(sender); }

yt_send_counts yt_sender_counts(const yt_sender *sender) { return sender->counts; }

void yt_sender_add(yt_sender *sender, const uint8_t *data, size_t length, const yt_address *to) {
    if (to->family != 4 && !(to->family == 6 && sender->v6)) {
        sender->counts.blocked++;
        return;
    }
    if (sender->count == YT_SEND_BATCH) yt_sender_flush(sender);
    size_t at = sender->count++;
    sender->vectors[at] = (struct iovec){(void *)(uintptr_t)data, length}; /* sendmmsg only reads it */
    sender->sizes[at] = length;
    sender->addresses[at] = *to;
}

size_t yt_run_length(const size_t *sizes, const yt_address *addresses, size_t count) {
    if (count == 0) return 0;
    size_t size = sizes[0], total = size, run = 1;
    if (size == 0 || size > YT_GSO_SEGMENT_BYTES) return 1;
    while (run < count && run < YT_GSO_SEGMENTS && sizes[run] > 0 && sizes[run] <= size &&
           total + sizes[run] <= YT_GSO_RUN_BYTES && yt_address_equal(&addresses[run], &addresses[0])) {
        total += sizes[run++];
        if (sizes[run - 1] < size) break;
    }
    return run;
}

/* One message for each run of what is held. */
static unsigned prepare(yt_sender *sender) {
    unsigned count = 0;
    for (size_t at = 0, run; at < sender->count; at += run, count++) {
        run = 1;
        if (sender->counts.gso)
            run = yt_run_length(sender->sizes + at, sender->addresses + at, sender->count - at);
        struct msghdr *message = &sender->messages[count].msg_hdr;
        *message = (struct msghdr){.msg_iov = &sender->vectors[at], .msg_iovlen = run};
        message->msg_name = &sender->targets[count];
        message->msg_namelen = address_to_socket(&sender->targets[count], &sender->addresses[at], sender->v6);
        if (run > 1) {
            uint16_t size = (uint16_t)sender->sizes[at];
            message->msg_control = &sender->controls[count];
            message->msg_controllen = sizeof sender->controls[count];
            struct cmsghdr *header = CMSG_FIRSTHDR(message);
            header->cmsg_level = SOL_UDP;
            header->cmsg_type = UDP_SEGMENT;
            header->cmsg_len = CMSG_LEN(sizeof size);
            memcpy(CMSG_DATA(header), &size, sizeof size);
        }
    }
    return count;
}

/* sendmmsg; when a refusing kernel is acted out, only up to the first run. */
static int transmit(yt_sender *sender, struct mmsghdr *messages, unsigned count) {
    int sent;
    if (sender->refuse) {
        unsigned plain = 0;
        while (plain < count && messages[plain].msg_hdr.msg_iovlen == 1) plain++;
        if (plain == 0) {
            errno = EINVAL;
            return -1;
        }
        count = plain;
    }
    do {
        sender->counts.calls++;
        sent = sendmmsg(sender->fd, messages, count, MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    return sent;
}

/* Whether the kernel did not want a run in one piece, rather than the datagrams in it. EMSGSIZE speaks of the path
 * alone: newer kernels give it, older ones EINVAL, for a segment longer than the MTU. */
static bool refuses_run(yt_sender *sender, int error) {
    if (error == EMSGSIZE) return true;
    if (error != EINVAL && error != EIO && error != ENOPROTOOPT && error != EOPNOTSUPP) return false;
    if (++sender->refused >= (sender->worked ? PATIENCE : 1)) sender->counts.gso = false;
    return true;
}

static bool socket_full(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

static void send_singly(yt_sender *sender, const struct msghdr *run) {
    struct mmsghdr messages[YT_GSO_SEGMENTS];
    unsigned count = (unsigned)run->msg_iovlen, next = 0;
    for (unsigned i = 0; i < count; i++)
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = run->msg_name,
                                                   .msg_namelen = run->msg_namelen,
                                                   .msg_iov = run->msg_iov + i,
                                                   .msg_iovlen = 1}};
    while (next < count) {
        int sent = transmit(sender, messages + next, count - next);
        if (sent > 0) {
            sender->counts.sent += (unsigned)sent;
            next += (unsigned)sent;
        } else {
            unsigned lost = socket_full(errno) ? count - next : 1;
            sender->counts.blocked += lost;
            next += lost;
        }
    }
}

void yt_sender_flush(yt_sender *sender) {
    unsigned count = prepare(sender), next = 0;
    while (next < count) {
        int sent = transmit(sender, sender->messages + next, count - next);
        for (int i = 0; i < sent; i++, next++) {
            size_t run = sender->messages[next].msg_hdr.msg_iovlen;
            sender->counts.sent += run;
            if (run > 1) {
                sender->worked = true;
                sender->refused = 0;
            }
        }
        if (sent > 0) continue;
        const struct msghdr *failed = &sender->messages[next].msg_hdr;
        if (socket_full(errno)) {
            for (; next < count; next++) sender->counts.blocked += sender->messages[next].msg_hdr.msg_iovlen;
        } else if (failed->msg_iovlen > 1 && refuses_run(sender, errno)) {
            send_singly(sender, failed);
            next++;
        } else {
            sender->counts.blocked += failed->msg_iovlen;
            next++;
        }
    }
    sender->count = 0;
}
