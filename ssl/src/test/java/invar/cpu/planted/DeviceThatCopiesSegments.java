package invar.cpu.planted;

import java.lang.foreign.MemorySegment;

/// Breaks the rule that nothing is copied from segment to segment.
final class DeviceThatCopiesSegments {

    private DeviceThatCopiesSegments() {}

    static void upload(MemorySegment host, MemorySegment device) {
        MemorySegment.copy(host, 0, device, 0, host.byteSize());
    }
}
