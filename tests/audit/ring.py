# SPDX-License-Identifier: Apache-2.0
"""A ring as `cloexec audit` makes it (audit/record.h), for tests that want to see each record themselves."""
import dataclasses
import os
import pathlib
import struct
import sys

# Of the machine that writes it, which may be an emulated one.
ORDER = os.environ.get("BYTE_ORDER", sys.byteorder)
SIGN = {"little": "<", "big": ">"}[ORDER]
HEADER = struct.Struct(SIGN + "8sIIIIIII")
RECORD = struct.Struct(SIGN + "IIiiBBHiiIIIQ")
SIZE = 512
EVENTS = ("start", "arrived", "forked", "made", "flagged", "closed", "exec", "given", "kept", "failed", "spawned", "thread", "missed")
# audit/stack.h
STACK = struct.Struct(SIGN + "IIQQQHHHH13Q")
STACK_SIZE, MOST_WORDS = 4096, 352
MODULE = struct.Struct(SIGN + "QQQII")
HAS_STACK = 16


@dataclasses.dataclass
class Stack:
    """What a process has left of a call stack."""
    ticket: int
    caller: int
    begin: int
    end: int
    machine: int
    is_cut: bool
    registers: tuple
    words: dict  # by their place
    modules: list  # (begin, end, bias, first bytes of the build-id, path)


@dataclasses.dataclass
class Record:
    ticket: int
    pid: int
    tid: int
    event: str
    flags: int
    fd: int
    other: int
    texts: list
    stack: Stack = None


class Ring:
    def __init__(self, path, slots, stacks=0):
        self.path = pathlib.Path(path)
        self.slots = slots
        header = HEADER.pack(b"cloexec2", SIZE, slots, 0, 0, stacks, 0, 0)
        self.path.write_bytes(header.ljust(SIZE * (1 + slots) + STACK_SIZE * stacks, b"\0"))
        self.path.chmod(0o600)

    @property
    def lost(self):
        return HEADER.unpack_from(self.path.read_bytes())[4]

    @property
    def lost_stacks(self):
        return HEADER.unpack_from(self.path.read_bytes())[7]

    def records_end(self):
        return SIZE * (1 + self.slots)

    def states(self):
        data = self.path.read_bytes()
        return [RECORD.unpack_from(data, at)[0] for at in range(SIZE, self.records_end(), SIZE)]

    def stacks(self):
        """What is ready, by ticket."""
        data = self.path.read_bytes()
        found = {}
        for at in range(self.records_end(), len(data), STACK_SIZE):
            state, ticket, caller, begin, end, machine, cut, words, size, *registers = STACK.unpack_from(data, at)
            if state != 2:
                continue
            start = at + STACK.size
            values = struct.unpack_from(f"{SIGN}{words}Q", data, start)
            packed, modules = data[start + 8 * MOST_WORDS:start + 8 * MOST_WORDS + size], []
            while packed:
                low, high, bias, build_id, length = MODULE.unpack_from(packed)
                modules.append((low, high, bias, build_id, packed[MODULE.size:MODULE.size + length].decode()))
                packed = packed[MODULE.size + length:]
            found[ticket] = Stack(ticket, caller, begin, end, machine, bool(cut), tuple(registers), {one >> 48: one & ((1 << 48) - 1) for one in values}, modules)
        return found

    def records(self):
        """What is ready, in order."""
        data = self.path.read_bytes()
        found, stacks = [], self.stacks()
        for at in range(SIZE, self.records_end(), SIZE):
            state, ticket, pid, tid, event, flags, size, fd, other, seen, *_ = RECORD.unpack_from(data, at)
            if state != 2:
                continue
            texts, text = [], data[at + RECORD.size:at + RECORD.size + size]
            while len(text) >= 2:
                length = int.from_bytes(text[:2], ORDER)
                texts.append(text[2:2 + length].decode(errors="replace"))
                text = text[2 + length:]
            found.append(Record(ticket, pid, tid, EVENTS[event], flags, fd, other, texts,
                                stacks.get(seen) if EVENTS[event] in ("made", "flagged") and flags & HAS_STACK else None))
        return sorted(found, key=lambda one: one.ticket)
