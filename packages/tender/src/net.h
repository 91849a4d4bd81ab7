/* Network devices: a TAP interface, or a descriptor that carries one Ethernet frame per read and write. */
#ifndef TENDER_NET_H
#define TENDER_NET_H

#include "abi.h"
#include "failure.h"

/*
 * Opens `target` (an interface's name or @FD) without blocking, and fills in the entry's descriptor, MTU and (a random
 * one) MAC address. 0, or -1 and *failure.
 */
int net_attach(const char *target, struct manifest_entry *entry, struct failure *failure);

#endif
