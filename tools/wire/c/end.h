/* The two kinds of interface ends that frames are read from and written to. */
#ifndef WIRE_END_H
#define WIRE_END_H

/*
 * Opens `[tap:|packet:]NAME[@NETNS]`, non-blocking, one frame a read or write. `tap:` (also when nothing is said) becomes the
 * process behind the TAP interface NAME: it gets what the kernel sends out of NAME, and what it writes arrives at the kernel.
 * `packet:` stands on the kernel's side of an interface that another process (a tender, QEMU) is behind: it gets what that
 * process sends, and what it writes reaches that process. NETNS: a name of `ip netns`. Says on stderr what failed and exits 1.
 */
int end_open(const char *spec);

#endif
