package invar.cuda;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// Lets a native library that was linked with one version of another library, say `libcublas.so.12`, load with a later
/// one, `libcublas.so.13`. Nothing but the name differs for the functions that both have; but the name stands in two
/// places, as the file that is needed and as the version of each of its symbols, with a hash of it beside the latter.
///
/// What is read is what the loader of the system reads: program headers, the dynamic section, its string table and its
/// needed versions (System V ABI, gABI chapter 5; Linux Standard Base 5, chapter 10.7). No section header is looked at,
/// so a stripped file will do. Whatever is unusual is refused rather than guessed at.
final class ElfRebind {

    /// Why a file is left alone, in one sentence.
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;

        private Refusal(String message) {
            super(message);
        }
    }

    private static final String CUT_OFF = "the library is cut off, or points outside of itself";
    private static final int HEADER = 64, PROGRAM_HEADER = 56, DYNAMIC_ENTRY = 16, VERSION_ENTRY = 16;
    private static final int LARGEST = 64 << 20, MOST_SEGMENTS = 64, MOST_ENTRIES = 4096;
    private static final int LOAD = 1, DYNAMIC = 2;                                                       // p_type
    private static final int NULL = 0, NEEDED = 1, STRTAB = 5, STRSZ = 10, SONAME = 14, RPATH = 15, RUNPATH = 29,
            VERDEF = 0x6ffffffc, VERNEED = 0x6ffffffe, VERNEEDNUM = 0x6fffffff, AUXILIARY = 0x7ffffffd,
            FILTER = 0x7fffffff;                                                                          // d_tag

    private record Segment(long address, long offset, long size, long memory) {}

    /// Where the name stands in the string table of the file, and where its hashes stand.
    private record Places(TreeSet<Integer> names, TreeSet<Integer> hashes) {}

    private final ByteBuffer file;
    private final List<Segment> segments = new ArrayList<>();
    private Segment dynamic;
    private final List<Integer> needed = new ArrayList<>(), otherNames = new ArrayList<>();  // in the table
    private long strings = -1, stringsSize = -1, versions = -1, versionCount = -1;

    private ElfRebind(byte[] library) {
        file = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// A copy of `library` that asks for `to` where it asked for `from`.
    ///
    /// @throws Refusal if the library is not what is expected: ELF for x86-64, which needs `from` and of it one version
    ///         of the same name
    static byte[] rebind(byte[] library, String from, String to) throws Refusal {
        if (from.isEmpty() || from.length() != to.length()) {
            throw new Refusal("the names " + from + " and " + to + " are not of one length");
        }
        if (library.length > LARGEST) throw new Refusal("the library is larger than 64 MiB");
        Places places = places(library, from);
        byte[] copy = library.clone();
        byte[] name = to.getBytes(StandardCharsets.ISO_8859_1);
        for (int at : places.names) System.arraycopy(name, 0, copy, at, name.length);
        for (int at : places.hashes) ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(at, hash(to));
        if (!places(copy, to).equals(places)) throw new Refusal("parts of the library overlap");
        return copy;
    }

    /// The hash of a version's name (gABI, figure 5-13).
    static int hash(String name) {
        int h = 0;
        for (int i = 0; i < name.length(); i++) {
            h = (h << 4) + name.charAt(i);
            int high = h & 0xf0000000;
            h = (h ^ high >>> 24) & ~high;
        }
        return h;
    }

    private static Places places(byte[] library, String name) throws Refusal {
        try {
            ElfRebind elf = new ElfRebind(library);
            elf.readHeaders();
            elf.readDynamic();
            return elf.find(name);
        } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
            throw new Refusal(CUT_OFF);
        }
    }

    private void readHeaders() throws Refusal {
        if (file.capacity() < HEADER || file.getInt(0) != 0x464c457f) throw new Refusal("the library is not ELF");
        boolean suits = file.get(4) == 2 && file.get(5) == 1 && file.get(6) == 1 && file.getShort(16) == 3
                && file.getShort(18) == 62;
        if (!suits) throw new Refusal("the library is not a shared object for x86-64");
        long table = file.getLong(32);
        int count = file.getShort(56) & 0xffff;
        if (file.getShort(54) != PROGRAM_HEADER || count > MOST_SEGMENTS) {
            throw new Refusal("the library has unusual program headers");
        }
        for (int i = 0; i < count; i++) readSegment(place(table, (long) PROGRAM_HEADER * count) + PROGRAM_HEADER * i);
        if (dynamic == null) throw new Refusal("the library has no dynamic section");
        if (offset(dynamic.address, dynamic.size) != dynamic.offset) {
            throw new Refusal("the dynamic section is not where it is loaded from");
        }
    }

    private void readSegment(int at) throws Refusal {
        int type = file.getInt(at);
        if (type != LOAD && type != DYNAMIC) return;
        Segment s = new Segment(file.getLong(at + 16), file.getLong(at + 8), file.getLong(at + 32),
                file.getLong(at + 40));
        place(s.offset, s.size);
        if (s.address < 0 || s.memory < s.size || s.memory > Long.MAX_VALUE - s.address) {
            throw new Refusal("the library has an impossible segment");
        }
        if (type == DYNAMIC) {
            if (dynamic != null) throw new Refusal("the library has two dynamic sections");
            dynamic = s;
        } else {
            if (!segments.isEmpty() && s.address < segments.getLast().address + segments.getLast().memory) {
                throw new Refusal("segments of the library overlap");
            }
            segments.add(s);
        }
    }

    private void readDynamic() throws Refusal {
        for (long i = 0; i < Math.min(dynamic.size / DYNAMIC_ENTRY, MOST_ENTRIES); i++) {
            int at = (int) (dynamic.offset + DYNAMIC_ENTRY * i);
            long tag = file.getLong(at), value = file.getLong(at + 8);
            if (tag == NULL) return;
            if (tag != (int) tag) continue;                              // of somebody's own
            switch ((int) tag) {
                case NEEDED -> needed.add(Math.toIntExact(limited(value)));
                case SONAME, RPATH, RUNPATH, AUXILIARY, FILTER -> otherNames.add(Math.toIntExact(limited(value)));
                case STRTAB -> strings = once(strings, value);
                case STRSZ -> stringsSize = once(stringsSize, value);
                case VERNEED -> versions = once(versions, value);
                case VERNEEDNUM -> versionCount = once(versionCount, value);
                case VERDEF -> throw new Refusal("the library defines versions of its own");
                default -> { }
            }
        }
        throw new Refusal("the dynamic section has no end");
    }

    private long once(long before, long value) throws Refusal {
        if (before >= 0 || value < 0) throw new Refusal("the dynamic section contradicts itself");
        return value;
    }

    private long limited(long value) throws Refusal {
        if (value < 0 || value >= file.capacity()) throw new Refusal("a name lies outside of the library");
        return value;
    }

    private Places find(String name) throws Refusal {
        if (strings < 0 || stringsSize < 0) throw new Refusal("the library has no string table");
        if (versions < 0 || versionCount < 0) throw new Refusal("the library needs no versions");
        int table = offset(strings, stringsSize);
        Places places = new Places(new TreeSet<>(), new TreeSet<>());
        for (int index : needed) {
            if (is(name, table, index)) places.names.add(table + index);
            else otherNames.add(index);
        }
        if (places.names.size() != 1) throw new Refusal("the library does not need " + name);
        readVersions(name, table, places);
        if (places.hashes.size() != 1) throw new Refusal("the library does not need one version of " + name);
        for (int index : otherNames) {
            if (index >= stringsSize) throw new Refusal("a name lies outside of the string table");
            for (int at : places.names) {
                if (table + index >= at && table + index <= at + name.length()) {
                    throw new Refusal("another name of the library is a part of " + name);
                }
            }
        }
        return places;
    }

    /// Walks along the files of which versions are needed, and along the versions of each.
    private void readVersions(String name, int table, Places places) throws Refusal {
        if (versionCount > MOST_ENTRIES) throw new Refusal("the library needs too many versions");
        long address = versions;
        int left = MOST_ENTRIES;
        for (long i = 0; i < versionCount; i++) {
            int at = offset(address, VERSION_ENTRY);
            int count = file.getShort(at + 2) & 0xffff, fileName = file.getInt(at + 4);
            if (file.getShort(at) != 1) throw new Refusal("the library's list of versions has an unknown form");
            boolean here = is(name, table, fileName);
            if (here) places.names.add(table + fileName);
            else otherNames.add(index(fileName));
            left -= count + 1;
            if (left < 0 || here && count != 1) throw new Refusal("the library needs too many versions");
            long version = address + unsigned(at + 8);
            for (int j = 0; j < count; j++) {
                int entry = offset(version, VERSION_ENTRY), versionName = file.getInt(entry + 8);
                if (here) {
                    if (!is(name, table, versionName) || file.getInt(entry) != hash(name)) {
                        throw new Refusal("the library needs another version of " + name);
                    }
                    places.names.add(table + versionName);
                    places.hashes.add(entry);
                } else {
                    otherNames.add(index(versionName));
                }
                version += unsigned(entry + 12);
            }
            address += unsigned(at + 12);
        }
    }

    private long unsigned(int at) {
        return file.getInt(at) & 0xffffffffL;
    }

    private int index(int value) throws Refusal {
        return (int) limited(value);
    }

    /// Whether the string at `index` of the table is this name, and not the end of a longer one. No symbol can be a
    /// part of it: the names have a point or begin with a digit wherever one cuts them.
    private boolean is(String name, int table, int index) throws Refusal {
        if (index < 1 || index + (long) name.length() >= stringsSize) return false;
        for (int i = 0; i < name.length(); i++) {
            if (file.get(table + index + i) != name.charAt(i)) return false;
        }
        if (file.get(table + index + name.length()) != 0) return false;
        if (file.get(table + index - 1) != 0) throw new Refusal(name + " is the end of another name of the library");
        return true;
    }

    /// The place in the file of what is loaded to `address`.
    private int offset(long address, long size) throws Refusal {
        if (size < 0 || size > file.capacity()) throw new Refusal(CUT_OFF);
        for (Segment s : segments) {
            if (address >= s.address && address - s.address <= s.size - size) {
                return place(s.offset + (address - s.address), size);
            }
        }
        throw new Refusal(CUT_OFF);
    }

    private int place(long offset, long size) throws Refusal {
        if (offset < 0 || size < 0 || size > file.capacity() || offset > file.capacity() - size) {
            throw new Refusal(CUT_OFF);
        }
        return (int) offset;
    }
}
