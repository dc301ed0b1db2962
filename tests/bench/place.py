"""Where the state directories of a run lie: one ext4 file system with a journal for each side, made for the run.

They are mounted in a mount namespace of this process alone, their loop devices let go of themselves when the last mount
is gone, and their backing files have no name any more: whatever ends the run, kill -9 included, nothing is left behind.
"""

import ctypes
import itertools
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

SIDES = ("coordinator", "agent")
CLONE_NEWNS = 0x00020000


class Refused(Exception):
    """The kernel does not let this process mount."""


def leave_mount_namespace():
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(CLONE_NEWNS) != 0:
        raise Refused("a mount namespace of its own: " + os.strerror(ctypes.get_errno()))
    run("mount", "--make-rprivate", "/")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout.strip()


class Place:
    """`with Place(folder) as place:` mounts; `fresh()` answers an empty directory of one side. `must_mount=False`: where
    the kernel refuses, plain directories do, and facts() says so."""

    def __init__(self, folder, size_bytes=24 << 30, must_mount=True):
        self.folder = pathlib.Path(folder)
        self.size_bytes, self.must_mount = size_bytes, must_mount
        self.root = None
        self.mounted = []
        self.numbers = itertools.count(1)

    def __enter__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="place-", dir=self.folder))
        try:
            for side in SIDES:
                (self.root / side).mkdir()
            self.mount_all()
        except BaseException:
            self.close()
            raise
        return self

    def mount_all(self):
        try:
            leave_mount_namespace()
            for side in SIDES:
                self.mount(side)
        except Refused:
            if self.must_mount:
                raise
            self.unmount()

    def mount(self, side):
        image = self.root / (side + ".image")
        with open(image, "wb") as file:
            file.truncate(self.size_bytes)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-i", "65536", image)
        device = run("losetup", "--find", "--show", "--direct-io=on", image)
        try:
            run("mount", "-o", "noatime", device, self.root / side)
            self.mounted.append(self.root / side)
        finally:
            run("losetup", "--detach", device)  # takes effect when it is unmounted
            image.unlink()

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.unmount()
        shutil.rmtree(self.root, ignore_errors=True)

    def unmount(self):
        for path in reversed(self.mounted):
            try:
                run("umount", path)
            except Refused:
                run("umount", "--lazy", path)  # a process of the run still sits in it
        self.mounted = []

    def fresh(self, side):
        path = self.root / side / str(next(self.numbers))
        path.mkdir()
        return path

    def facts(self, times):
        """What the durable figures of this run have to be compared with; each the median of so many."""
        side = self.root / "coordinator"
        return {"file_system": self.file_system(side), "bare_fdatasync_ms": bare_fdatasync_ms(side, times),
                "bare_spawn_ms": bare_spawn_ms(times)}

    def file_system(self, path):
        kind = run("findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "--target", path)
        if not self.mounted:
            return f"{kind} (not made for the run: durable figures mean nothing)"
        return f"{kind}, with a journal, loop with direct I/O, one per side"


def bare_fdatasync_ms(directory, count):
    """Median of an append of 128 bytes with its fdatasync."""
    times = []
    path = directory / "bare-fdatasync"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(count):
            begin = time.perf_counter()
            os.write(descriptor, bytes(128))
            os.fdatasync(descriptor)
            times.append(time.perf_counter() - begin)
    finally:
        os.close(descriptor)
        path.unlink()
    return sorted(times)[len(times) // 2] * 1000


def bare_spawn_ms(count):
    """Median from posix_spawn of /bin/true to its end."""
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        times.append(time.perf_counter() - begin)
    return sorted(times)[len(times) // 2] * 1000
