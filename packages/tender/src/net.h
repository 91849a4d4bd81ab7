/* Network devices: a TAP interface, or a descriptor that carries one Ethernet frame per read and write. */
#ifndef TENDER_NET_H
#define TENDER_NET_H

#include <stdbool.h>

#include "abi.h"
#include "failure.h"

/*
 * Opens `target` (an interface's name or @FD) without blocking, and fills in the entry's descriptor, MTU and (a random
 * one) MAC address. `headers`: the guest understands HOST_NET_HEADERS, which *gift then is where the target has them. 0, or
 * -1 and *failure.
 */
int net_attach(const char *target, bool headers, struct manifest_entry *entry, uint8_t *gift, struct failure *failure);

#endif
