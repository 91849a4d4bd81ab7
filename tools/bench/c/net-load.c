/*
 * net-load MODE ADDRESS PORT CONNECTIONS SIZE SECONDS [SOURCE]: loads a TCP server over loopback, taps and virtual cables, and
 * prints one number. A program of its own because a client in Node.js is slower than the servers that are measured.
 *
 *   ping      one message of SIZE bytes on its way in each connection, and back: messages a second
 *   spin      the same, never asleep: without the time that waking this program takes
 *   echo      as many bytes as fit on their way: bytes a second each way
 *   send      bytes a second that the server takes
 *   receive   bytes a second that the server sends
 *   connect   connect, one byte there and back, close, again, CONNECTIONS at a time: connections a second
 *   first     microseconds of one connect() from the address SOURCE
 *   hold      opens all connections, sends SIZE bytes over each, says "open" and keeps them until its input ends
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK (256 * 1024)

static struct sockaddr_in server;
static char out[CHUNK], in[CHUNK];
static size_t size;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int open_socket(void) {
    int one = 1, s = socket(AF_INET, SOCK_STREAM, 0);
    if (s < 0) err(1, "socket");
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return s;
}

static int connected(void) {
    int s = open_socket();
    if (connect(s, (struct sockaddr *)&server, sizeof server) != 0) err(1, "connect");
    return s;
}

static void unblock(int s) {
    if (fcntl(s, F_SETFL, O_NONBLOCK) != 0) err(1, "fcntl");
}

/* Bytes that went in or out; 0: not now. */
static size_t moved(ssize_t length, const char *what) {
    if (length > 0) return (size_t)length;
    if (length < 0 && errno == EAGAIN) return 0;
    if (length == 0) errx(1, "the server closed");
    err(1, "%s", what);
}

static void send_all(int s, size_t length) {
    if (length > 0 && write(s, out, length) != (ssize_t)length) err(1, "write");
}

static size_t drain(int s) {
    size_t sum = 0, length;
    while ((length = moved(read(s, in, CHUNK), "read")) > 0) {
        sum += length;
        if (length < CHUNK) break;
    }
    return sum;
}

static size_t fill(int s) {
    size_t sum = 0, length;
    while ((length = moved(write(s, out, CHUNK), "write")) > 0) sum += length;
    return sum;
}

/* Counts from a second after the start on, when windows have grown and compilers are warm. */
static void stream(const char *mode, int count, double length) {
    int spin = strcmp(mode, "spin") == 0, ping = spin || strcmp(mode, "ping") == 0,
        receives = strcmp(mode, "receive") == 0, sends = strcmp(mode, "send") == 0;
    int events = epoll_create1(0);
    struct epoll_event ready[256];
    size_t *left = calloc((size_t)count + 4096, sizeof *left);
    if (events < 0 || left == NULL) err(1, "epoll");
    for (int i = 0; i < count; i++) {
        int s = connected();
        uint32_t wanted = receives ? EPOLLIN
                          : sends  ? EPOLLOUT
                          : ping   ? EPOLLIN
                                   : EPOLLIN | EPOLLOUT | (uint32_t)EPOLLET;
        struct epoll_event event = {.events = wanted, .data.fd = s};
        unblock(s);
        if (s >= count + 4096 || epoll_ctl(events, EPOLL_CTL_ADD, s, &event) != 0) err(1, "epoll_ctl");
        left[s] = size;
        if (ping) send_all(s, size);
    }
    double start = seconds(), from = start + 1, now = start;
    size_t sum = 0, before = 0;
    int counting = 0;
    while (now < from + length) {
        int n = epoll_wait(events, ready, 256, spin ? 0 : 100);
        for (int i = 0; i < n; i++) {
            int s = ready[i].data.fd;
            if (sends) {
                sum += fill(s);
            } else if (receives) {
                sum += drain(s);
            } else if (ping) {
                /* No more than one message is on its way. */
                left[s] -= drain(s);
                if (left[s] == 0) {
                    sum++;
                    left[s] = size;
                    send_all(s, size);
                }
            } else {
                if ((ready[i].events & EPOLLOUT) != 0) fill(s);
                size_t length_read;
                while ((length_read = moved(read(s, in, CHUNK), "read")) > 0) sum += length_read;
            }
        }
        now = seconds();
        if (!counting && now >= from) {
            counting = 1;
            from = now;
            before = sum;
        }
    }
    printf("%.0f\n", (double)(sum - before) / (now - from));
}

static void connect_again(int count, double length) {
    struct pollfd *sockets = calloc((size_t)count, sizeof *sockets);
    if (sockets == NULL) err(1, "calloc");
    size_t sum = 0;
    double start = seconds(), now = start;
    for (int i = 0; i < count; i++) sockets[i].fd = -1;
    while (now < start + length) {
        int done = 0;
        for (int i = 0; i < count; i++) {
            struct pollfd *p = &sockets[i];
            if (p->fd < 0) {
                p->fd = open_socket();
                unblock(p->fd);
                if (connect(p->fd, (struct sockaddr *)&server, sizeof server) != 0 && errno != EINPROGRESS)
                    err(1, "connect");
                p->events = POLLOUT;
            } else if ((p->revents & (POLLERR | POLLHUP)) != 0) {
                errx(1, "a connection failed");
            } else if ((p->revents & POLLOUT) != 0) {
                send_all(p->fd, 1);
                p->events = POLLIN;
            } else if ((p->revents & POLLIN) != 0) {
                if (read(p->fd, in, 1) != 1) errx(1, "no byte came back");
                close(p->fd);
                p->fd = -1;
                sum++;
                done = 1;
            }
            p->revents = 0;
        }
        /* poll() skips the places that are free: those are filled in the next round, at once. */
        if (poll(sockets, (nfds_t)count, done ? 0 : 1000) < 0) err(1, "poll");
        now = seconds();
    }
    printf("%.0f\n", (double)sum / (now - start));
}

static void connect_first(const char *source) {
    struct sockaddr_in from = {.sin_family = AF_INET};
    int s = open_socket();
    if (inet_pton(AF_INET, source, &from.sin_addr) != 1) errx(2, "no address: %s", source);
    if (bind(s, (struct sockaddr *)&from, sizeof from) != 0) err(1, "bind");
    double start = seconds();
    if (connect(s, (struct sockaddr *)&server, sizeof server) != 0) err(1, "connect");
    printf("%.0f\n", (seconds() - start) * 1e6);
}

static void hold(int count) {
    for (int i = 0; i < count; i++) send_all(connected(), size);
    puts("open");
    fflush(stdout);
    while (read(0, in, 1) > 0) {
    }
}

int main(int argc, char **argv) {
    if (argc < 7) errx(2, "usage: net-load MODE ADDRESS PORT CONNECTIONS SIZE SECONDS [SOURCE]");
    const char *mode = argv[1];
    int count = atoi(argv[4]);
    double length = atof(argv[6]);
    struct rlimit files;
    size = (size_t)atol(argv[5]);
    if (size > CHUNK) errx(2, "at most %d bytes", CHUNK);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)atoi(argv[3]));
    if (inet_pton(AF_INET, argv[2], &server.sin_addr) != 1) errx(2, "no address: %s", argv[2]);
    if (strcmp(mode, "connect") == 0)
        connect_again(count, length);
    else if (strcmp(mode, "first") == 0 && argc > 7)
        connect_first(argv[7]);
    else if (strcmp(mode, "hold") == 0)
        hold(count);
    else if (strcmp(mode, "ping") == 0 || strcmp(mode, "spin") == 0 || strcmp(mode, "echo") == 0 ||
             strcmp(mode, "send") == 0 || strcmp(mode, "receive") == 0)
        stream(mode, count, length);
    else
        errx(2, "no mode called %s", mode);
    return 0;
}
