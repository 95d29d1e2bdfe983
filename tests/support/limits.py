# SPDX-License-Identifier: Apache-2.0
"""What the shim may cost, and the only place that says so: the tests that are named hold it to that, and
scripts/check-docs the documentation to these figures."""

# Instructions are Debian 12's: with another compiler and loader it is so many percent more that is let pass (Debian 13: 14).
ELSEWHERE = 15

# tests/bench/budgets.py: what a call may cost on top of the bare one, in user instructions, without the closes that the
# program makes beside it.
INSTRUCTIONS = {"open": 30, "socket": 30, "pipe": 30, "pipe2": 30, "dup": 60, "dup2": 60, "accept": 60, "accept4": 60,
                "fopen": 130}
CLOSE_INSTRUCTIONS = {"close": 14, "fclose": 14}
EXEC_INSTRUCTIONS = {"exec": 500}  # one that fails, and has nothing to give
# Of what no budget was promised: one that is made by the common body, and a received one.
COMMON_INSTRUCTIONS = {"eventfd": 130, "recvmsg": 400}
SYSTEM_CALLS = 0              # on top of a call, whose flag is forced
STARTUP_INSTRUCTIONS = 15000  # on top of a start without any preload
STARTUP_SYSTEM_CALLS = 3      # on top of a start with an empty preload
DIRTY_MEMORY = 12             # KiB, private, on top of a process with an empty preload
# What a file of 1,000 rules that do not concern the program may cost a start on top; a call costs the same.
RULES = 1000
RULES_INSTRUCTIONS = 12_000_000
RULES_SYSTEM_CALLS = 6

# tests/giving/cost.py, in user instructions that the shim adds.
CLOSE_ALL = 500          # to a close_range or closefrom when nothing is open
CLOSE_ALL_HIGH = 60_000  # to one when a number near the limit has been in use: it was 1.2 million
CLOSE_EACH = 100         # for each descriptor that is open then
WORD = 850               # to an exec, for each word of 10 to 20 letters that could speak of descriptors
DESCRIPTOR = 1_000       # to an exec, for each descriptor that could be given

# tests/artefact/check.py
STRIPPED_SIZE = 80 * 1024  # bytes
# Where the same code takes more instructions, or longer ones; by what CMake calls the processor.
LARGER_STRIPPED_SIZE = 118 * 1024
LARGER_PROCESSORS = {"armv5tel", "mips64", "ppc64le", "s390x"}
