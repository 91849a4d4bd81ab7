/*
 * How a step of the tender fails: it returns -1 and leaves one line for the user. Steps print nothing and end nothing;
 * main.c does both, and so a test can run them in a loop.
 */
#ifndef TENDER_FAILURE_H
#define TENDER_FAILURE_H

struct failure {
    char text[512];
};

/* Writes the line (shortened when it is too long) and returns -1. */
int fail(struct failure *failure, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
