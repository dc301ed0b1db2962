"""A file system of its own for one side of a deployment, small enough to be filled."""

import os
import pathlib
import subprocess
import time

MIB = 1 << 20
BYTES = 256 * MIB


class Refused(Exception):
    """This machine mounts nothing: the test counts as skipped."""


class SmallDisk:
    """ext4 in a file, mounted over `folder`. No block is kept for root, who runs the tests."""

    def __init__(self, image, folder):
        self.folder, self.ballast = pathlib.Path(folder), pathlib.Path(folder) / "ballast"
        with open(image, "wb") as file:
            file.truncate(BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True, capture_output=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        mounted = subprocess.run(["mount", "-o", "loop", image, folder], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise Refused(mounted.stderr.strip())

    def free(self):
        return os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize

    def fill(self, leave=0):
        """Something takes all of the disk but `leave` bytes."""
        with open(self.ballast, "ab") as file:
            while (more := self.free() - leave) >= 4096:
                try:
                    os.posix_fallocate(file.fileno(), file.tell(), min(more, 16 * MIB))
                except OSError:  # blocks for the file's own map are needed, too
                    if more < 64 * 1024:
                        break
                    os.posix_fallocate(file.fileno(), file.tell(), more // 2)
                file.seek(0, os.SEEK_END)

    def make_room(self):
        self.ballast.unlink()

    def close(self):
        for _ in range(200):  # a process that was killed may still be on its way out
            if subprocess.run(["umount", self.folder], capture_output=True).returncode == 0:
                return
            time.sleep(0.01)
        subprocess.run(["umount", "--lazy", self.folder], check=True)
