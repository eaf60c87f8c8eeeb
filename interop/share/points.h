// IstSyncPoint in the device's words: which rung, whose semaphore, and what is submitted for it.
#pragma once

#include <ist/share.h>

#include "capi/entry.h"
#include "contract/share_ops.h"

namespace ist::share {

// not_supported: a device that shares nothing.
Result<ShareOps*> share_ops(Runtime& runtime);

// Fills in AUTO for a signal: the forced rung, else TIMELINE where the runtime has a timeline of its own and the
// other side is on the same device, else HOST.
IstRung choose_rung(Runtime& runtime, bool same_device);

// Errors as ist_signal_point tells them; nothing is recorded. `point` has a rung other than AUTO.
Status check_signal(Runtime& runtime, const IstSyncPoint& point);
// Puts the signal behind all recorded work, submits, and fills in what the point waits for.
Status signal(Runtime& runtime, IstSyncPoint& point);

// Errors as ist_wait_point tells them; nothing is recorded.
Status check_wait(Runtime& runtime, const IstSyncPoint& point);
// Work recorded from now on waits for the point on the device; nothing for QUEUE and HOST.
Status wait(Runtime& runtime, const IstSyncPoint& point);

}  // namespace ist::share
