# SPDX-License-Identifier: BSD-3-Clause
"""Reads `viosctl --json status` on stdin; exits 0 when every adapter has two usable paths, else prints why not."""
import json
import sys


def why_not(status, clients):
    for vios in status.get("vios", []):
        if vios.get("state") != "online":
            return "%s is %s" % (vios.get("name"), vios.get("state"))
        netd = (vios.get("netd") or {}).get("state")
        if netd != "up":
            return "the data plane of %s is %s" % (vios.get("name"), netd)
    adapters = status.get("adapters", [])
    if len(status.get("vios", [])) != 2 or len(adapters) < clients:
        return "%d VIOS and %d adapters are known" % (len(status.get("vios", [])), len(adapters))
    for adapter in adapters:
        if adapter.get("type") == "scsi" and not adapter.get("client_connected"):
            continue  # nobody has to be at a disk
        if not adapter.get("client_connected"):
            return "%s: its client is not connected" % adapter.get("adapter")
        phases = {name: path.get("phase") for name, path in (adapter.get("paths") or {}).items()}
        if sorted(phases.values()) != ["live", "ready"]:
            return "%s: paths are %s" % (adapter.get("adapter"), phases)
    return None


def main():
    try:
        status = json.load(sys.stdin)
    except ValueError:
        return "viosctl does not answer"
    return why_not(status, int(sys.argv[1]))


fault = main()
if fault:
    print(fault)
    sys.exit(1)
