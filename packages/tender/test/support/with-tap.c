/*
 * with-tap NAME (headers|plain) PROGRAM [ARGUMENTS…]: attaches to a TAP interface, by IFF_VNET_HDR or without, and becomes the program, which has
 * it as descriptor 9.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    struct ifreq request;
    int descriptor = open("/dev/net/tun", O_RDWR);
    if (argc < 4 || descriptor < 0) return 100;
    memset(&request, 0, sizeof request);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", argv[1]);
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    if (strcmp(argv[2], "headers") == 0) request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(descriptor, TUNSETIFF, &request) != 0 || dup2(descriptor, 9) != 9) return 101;
    close(descriptor);
    execv(argv[3], argv + 3);
    return 102;
}
