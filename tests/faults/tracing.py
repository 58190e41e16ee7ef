"""Kill a process at its n-th system call that changes the disk, by ptrace: no hook in the program, every write counts."""

import ctypes
import os
import platform
import signal
from collections.abc import Callable

_CALLS = {
    "x86_64": {
        1: "write", 18: "pwrite64", 20: "writev", 74: "fsync", 75: "fdatasync", 77: "ftruncate", 82: "rename", 83: "mkdir",
        84: "rmdir", 87: "unlink", 90: "chmod", 257: "openat", 258: "mkdirat", 263: "unlinkat", 264: "renameat", 316: "renameat2",
    },
    "aarch64": {
        34: "mkdirat", 35: "unlinkat", 38: "renameat", 46: "ftruncate", 53: "fchmodat", 56: "openat", 64: "write", 66: "writev",
        68: "pwrite64", 82: "fsync", 83: "fdatasync", 276: "renameat2",
    },
}.get(platform.machine(), {})  # fmt: skip
_OPEN_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

_TRACEME, _KILL, _SYSCALL, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 8, 24, 0x4200, 0x420E
_TRACESYSGOOD, _EXITKILL = 1, 0x100000
_ENTRY = 1


class _SyscallInfo(ctypes.Structure):
    _fields_ = (
        ("op", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 3), ("arch", ctypes.c_uint32), ("instruction", ctypes.c_uint64),
        ("stack", ctypes.c_uint64), ("number", ctypes.c_uint64), ("arguments", ctypes.c_uint64 * 6),
    )  # fmt: skip


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def can_trace() -> bool:
    """Whether this machine lets a process trace its child."""
    if not _CALLS:
        return False
    try:
        return run_until(lambda: None, 1 << 30) is None
    except OSError:
        return False


def run_until(work: Callable[[], object], n: int) -> str | None:
    """Run `work` in a forked child and kill it before its n-th call that changes the disk (counted from 1).

    Returns that call's name; None if the child ended before it.
    """
    child = os.fork()
    if child == 0:
        _libc.ptrace(_TRACEME, 0, None, None)
        os.kill(os.getpid(), signal.SIGSTOP)
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)
    _ptrace(_SETOPTIONS, child, 0, _TRACESYSGOOD | _EXITKILL)
    info, seen, deliver = _SyscallInfo(), 0, 0
    while True:
        _ptrace(_SYSCALL, child, 0, deliver)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            if status:
                raise AssertionError(f"the child ended with {status}")
            return None
        stopped_by, deliver = os.WSTOPSIG(status), 0
        if stopped_by != signal.SIGTRAP | 0x80:
            deliver = stopped_by
            continue
        _ptrace(_GET_SYSCALL_INFO, child, ctypes.sizeof(info), ctypes.addressof(info))
        name = _CALLS.get(info.number) if info.op == _ENTRY else None
        if name is None or (name == "openat" and not info.arguments[2] & _OPEN_FLAGS):
            continue
        seen += 1
        if seen == n:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return name


def _ptrace(request: int, child: int, address: int, data: int) -> None:
    if _libc.ptrace(request, child, address, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
