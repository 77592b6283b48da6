#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# timeout: 400
"""
libiscsi's test suite, run by a stock guest on its virtual disk: what it does not pass is named, with the reason, in
tests/guest/iscsi_known.txt. VIOS_LONG=1: the whole suite; else the parts where a disk's commands differ most.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.environ["VIOS_TOP"] + "/tests/guest")
import disks  # noqa: E402
import suite  # noqa: E402
from disks import LONG, check  # noqa: E402
from scsid_lib.rig import Rig, lun  # noqa: E402

SUBSET = ["CompareAndWrite", "Inquiry", "ModeSense6", "ProutRegister", "ProutReserve", "ReportSupportedOpcodes", "Unmap",
          "WriteSame10.Unmap*", "WriteSame16.Unmap*"]


def test():
    with Rig(faults=False) as rig:
        # Less than 65,536 blocks: the suite would read and write so many with one command, which Linux does not let it do.
        target = rig.target().start([lun(rig.disk("disk0", 24)), lun(rig.disk("read-only"), 1, read_only=True)]).go(1)
        guest = disks.start(rig.dir + "/guest", [target.sock])
        try:
            # Not /dev/sda: with longer transfers the suite asks COMPARE AND WRITE for 256 blocks, of which its CDB holds 8 bits.
            disk, results = disks.disk_of(guest, 0, kind="scsi_generic"), {}
            for tests in [""] if LONG else SUBSET:
                began = time.monotonic()
                results.update(suite.run(guest, tests, [disk], 300))
                print("  %-24s %.1f s" % (tests or "all", time.monotonic() - began), flush=True)
            wrong = suite.judge(results) + (suite.stale(results) if LONG else [])
            protected = suite.run(guest, "ReadOnly", [disks.disk_of(guest, 1, kind="scsi_generic")], 240)
            wrong += ["write-protected: %s: %s" % item for item in protected.items() if item[1]]
            print("  %d tests, %d passed" % (len(results), sum(not why for why in results.values())))
            check(not wrong, "\n".join(wrong))
            disks.sound(guest)
        finally:
            guest.close()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
test()
