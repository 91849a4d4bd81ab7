/*
 * spawn-time COUNT COMMAND…: runs a command COUNT times, one after another, its output thrown away, and prints the microseconds
 * from fork to exit of each run. A program of its own because the spawn of a large process (Node.js) takes longer than the
 * images that are measured.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double microseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    if (argc < 3) errx(2, "usage: spawn-time COUNT COMMAND…");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (int left = atoi(argv[1]); left > 0; left--) {
        double start = microseconds();
        pid_t pid;
        int status;
        if (posix_spawn(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0) errx(1, "%s did not start", argv[2]);
        if (waitpid(pid, &status, 0) < 0) err(1, "waitpid");
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) errx(1, "%s ended with %d", argv[2], status);
        printf("%.0f\n", microseconds() - start);
    }
    return 0;
}
