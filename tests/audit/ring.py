# SPDX-License-Identifier: Apache-2.0
"""A ring as `cloexec audit` makes it (audit/record.h), for tests that want to see each record themselves."""
import dataclasses
import pathlib
import struct

HEADER = struct.Struct("=8sIIII")
RECORD = struct.Struct("=IIiiBBHiiIIIQ")
SIZE = 512
EVENTS = ("start", "arrived", "forked", "made", "flagged", "closed", "exec", "given", "failed", "spawned")


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


class Ring:
    def __init__(self, path, slots):
        self.path = pathlib.Path(path)
        self.path.write_bytes(HEADER.pack(b"cloexec1", SIZE, slots, 0, 0).ljust(SIZE * (1 + slots), b"\0"))
        self.path.chmod(0o600)

    @property
    def lost(self):
        return HEADER.unpack_from(self.path.read_bytes())[4]

    def states(self):
        data = self.path.read_bytes()
        return [RECORD.unpack_from(data, at)[0] for at in range(SIZE, len(data), SIZE)]

    def records(self):
        """What is ready, in order."""
        data = self.path.read_bytes()
        found = []
        for at in range(SIZE, len(data), SIZE):
            state, ticket, pid, tid, event, flags, size, fd, other, *_ = RECORD.unpack_from(data, at)
            if state != 2:
                continue
            texts, text = [], data[at + RECORD.size:at + RECORD.size + size]
            while len(text) >= 2:
                length = int.from_bytes(text[:2], "little")
                texts.append(text[2:2 + length].decode(errors="replace"))
                text = text[2 + length:]
            found.append(Record(ticket, pid, tid, EVENTS[event], flags, fd, other, texts))
        return sorted(found, key=lambda one: one.ticket)
