"""Runs the unpack program on every archive of make.py: run.py DAMAGE_TOOL PROGRAM [words of its sub-command]

Hostile ones must be refused with the right exit code and one line that names entry and limit, and leave everything as it
was: a canary tree outside with links pointing to it, the target's folder, the bytes on disk. Good ones must unpack to
exactly their tree. Every damaged byte must be refused or not matter.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import make
from craft import *

DAMAGE = sys.argv[1]
PROGRAM = [os.path.abspath(sys.argv[2]), *sys.argv[3:]] if sys.argv[2:] else [os.environ['SLIPWAY_BIN'] + '/slipway-agent', 'unpack']
passed, failed, skipped = [], [], []


def snapshot(folder):
    """What is there: names, kinds, modes, links, contents; and the blocks on disk."""
    entries, blocks = {}, 0
    for path in [folder, *sorted(folder.rglob('*'))]:
        info = path.lstat()
        blocks += info.st_blocks
        content = None
        if stat.S_ISLNK(info.st_mode):
            content = os.readlink(path)
        elif stat.S_ISREG(info.st_mode):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        entries[str(path.relative_to(folder))] = (info.st_mode, info.st_nlink if not stat.S_ISDIR(info.st_mode) else 0, info.st_uid, content)
    return entries, blocks


class World:
    """A folder for the target, and a canary tree beside it that links in many places lead to."""

    def __init__(self, base, name):
        self.root = base / name
        self.host = self.root / 'host'
        self.target = self.host / 'release'
        canary = self.root / 'canary'
        (canary / 'folder').mkdir(parents=True)
        self.host.mkdir()
        (canary / 'keep.txt').write_text('do not touch\n')
        (canary / 'folder' / 'keep.txt').write_text('nor this\n')
        (self.host / 'canary').symlink_to('../canary')
        (self.host / 'x').symlink_to('../canary/keep.txt')
        os.link(canary / 'keep.txt', self.host / 'keep.txt')
        (self.host / 'neighbour').mkdir(mode=0o700)
        self.before = snapshot(self.root)

    def changes(self):
        after = snapshot(self.root)
        if after == self.before:
            return ''
        names = [k for k in after[0].keys() | self.before[0].keys() if after[0].get(k) != self.before[0].get(k)]
        return f'changed on disk: {sorted(names)[:5]} blocks {self.before[1]} -> {after[1]}'


def run(arguments, data=None, **more):
    done = subprocess.run([*PROGRAM, *map(str, arguments)], input=data, stdin=None if data is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **more)
    return done.returncode, done.stderr.decode(errors='replace')


def check_message(error, words, limit):
    if error.count('\n') != 1 or not error.endswith('\n'):
        return f'not one line: {error!r}'
    missing = [w for w in words if w not in error] + ([f'(limit {limit})'] if limit and f'(limit {limit})' not in error else [])
    return f'{missing} not in {error!r}' if missing else ''


def run_hostile(base, case, through_pipe):
    world = World(base, case.name)
    archive = base / (case.name + '.d') / case.file_name
    archive.parent.mkdir()
    archive.write_bytes(case.data)
    if through_pipe:
        code, error = run(['--into', world.target, *case.arguments], case.data)
    else:
        code, error = run(['--into', world.target, '--from', archive, *case.arguments])
    word = {65: 'refused', 66: 'corrupt'}.get(code, '?')
    problem = ''
    if code not in case.codes:
        problem = f'exit code {code}, not {case.codes}: {error!r}'
    problem = problem or check_message(error, [f'slipway-unpack: {word}: "', *case.says], case.limit) or world.changes()
    shutil.rmtree(world.root)
    shutil.rmtree(archive.parent)
    return problem


def tree_of(folder):
    tree = {}
    for path in sorted(folder.rglob('*')):
        info = path.lstat()
        mode = stat.S_IMODE(info.st_mode)
        name = str(path.relative_to(folder))
        if stat.S_ISLNK(info.st_mode):
            tree[name] = ('link', os.fsencode(os.readlink(path)), mode)
        elif stat.S_ISDIR(info.st_mode):
            tree[name] = ('folder', None, mode)
        else:
            tree[name] = ('file', path.read_bytes(), mode)
    return tree


def run_good(base, name, data, expected):
    world = World(base, 'good_' + name)
    archive = base / f'good_{name}.bin'
    archive.write_bytes(data)
    code, error = run(['--into', world.target, '--from', archive])
    problem = f'exit code {code}: {error!r}' if code else ''
    if not problem:
        found = tree_of(world.target)
        different = [k for k in found.keys() | expected.keys() if found.get(k) != expected.get(k)]
        problem = f'differs in {sorted(different)[:5]}' if different else ''
        attributes = [p for p in world.target.rglob('*') if not p.is_symlink() and os.listxattr(p)]
        problem = problem or (f'has extended attributes: {attributes}' if attributes else '')
        problem = problem or ('' if stat.S_IMODE(world.target.stat().st_mode) == 0o755 else 'mode of the target')
        shutil.rmtree(world.target)
    problem = problem or world.changes()
    shutil.rmtree(world.root)
    return problem


def names_and_content(folder):
    return {k: v[:2] for k, v in tree_of(folder).items()}


def run_damaged(base, name, data, attribute_bytes):
    """One bit wrong at each position, and each shorter length."""
    world = World(base, 'damaged_' + name)
    archive = base / f'damaged_{name}.bin'
    archive.write_bytes(data)
    run(['--into', world.target, '--from', archive])
    right = names_and_content(world.target)
    shutil.rmtree(world.target)
    variants = [(f'bit at {i}', data[:i] + bytes([data[i] ^ 1 << i % 8]) + data[i + 1:]) for i in range(len(data)) if i not in attribute_bytes]
    variants += [(f'length {i}', data[:i]) for i in range(len(data))]
    for what, variant in variants:
        archive.write_bytes(variant)
        code, error = run(['--into', world.target, '--from', archive])
        problem = f'exit code {code}: {error!r}' if code not in (0, 65, 66) else ''
        if code == 0:
            problem = problem or ('unpacked to something else' if names_and_content(world.target) != right else '')
            shutil.rmtree(world.target)
        problem = problem or world.changes()
        if problem:
            return f'{what}: {problem}'
    shutil.rmtree(world.root)
    return ''


def attribute_bytes_of(data, items):
    """The type of an entry stands in the directory only and no check value covers it: attributes, and their host."""
    uncovered, at = [], data.index(b'PK\1\2')
    for item in items:
        uncovered += [at + 5, *range(at + 38, at + 42)]
        at += 46 + len(item.name)
    return uncovered


def damaged():
    small = gz(tar(folder(b'd/'), file(b'd/a', b'alpha\n'), symlink(b'l', b'd/a')))
    yield 'tar_gz', small, ()
    items = [Item(b'd/a', b'alpha\n', method=8), Item(b'b', b'beta\n')]
    data = zip_file(*items)
    yield 'zip', data, attribute_bytes_of(data, items)


def run_ten_thousand(base, name, data, attribute_bytes):
    """The same in memory, in each of the 10,000 positions of a larger archive."""
    archive = base / f'ten_thousand_{name}.bin'
    archive.write_bytes(data)
    done = subprocess.run([DAMAGE, archive, *map(str, attribute_bytes)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=110)
    print(f'{name}: {done.stdout.decode().strip()}')
    return '' if done.returncode == 0 else f'exit code {done.returncode}'


def ten_thousand():
    noise = hashlib.shake_256(b'noise').digest(9_300)
    text = b''.join(b'line %d\n' % i for i in range(500))
    plain = tar(folder(b'd/'), file(b'd/noise', noise), file(b'd/text', text), symlink(b'l', b'd/noise'))
    for name, packer in [('tar_gz', gz), ('tar_xz', xz), ('tar_zst', zst)]:
        yield name, packer(plain), ()
    items = [Item(b'd/noise', noise), Item(b'd/text', text, method=8), zip_link(b'l', b'd/noise')]
    yield 'zip', zip_file(*items), attribute_bytes_of(zip_file(*items), items)


# How the program treats its surroundings.

def target_not_empty(world, archive):
    world.target.mkdir()
    (world.target / 'mine').write_text('x')
    world.before = snapshot(world.root)
    code, error = run(['--into', world.target, '--from', archive])
    return (f'{code} {error!r}' if code != 73 else '') or check_message(error, ['exists:', 'not empty', str(world.target)], None)


def target_is_file(world, archive):
    world.target.write_text('x')
    world.before = snapshot(world.root)
    code, error = run(['--into', world.target, '--from', archive])
    return (f'{code} {error!r}' if code != 73 else '') or check_message(error, ['exists:', 'no folder'], None)


def target_is_link(world, archive):
    world.target.symlink_to('../canary')
    world.before = snapshot(world.root)
    code, error = run(['--into', world.target, '--from', archive])
    return (f'{code} {error!r}' if code != 73 else '') or check_message(error, ['exists:', 'no folder'], None)


def target_is_empty_folder(world, archive):
    world.target.mkdir()
    code, error = run(['--into', world.target, '--from', archive])
    problem = '' if code == 0 and (world.target / 'a').read_bytes() == b'content\n' else f'{code} {error!r}'
    shutil.rmtree(world.target, ignore_errors=True)
    return problem


def missing_folders_are_made(world, archive):
    target = world.host / 'one' / 'two' / 'three'
    code, error = run(['--into', f'{target}/', '--from', archive])
    problem = '' if code == 0 and (target / 'a').read_bytes() == b'content\n' else f'{code} {error!r}'
    shutil.rmtree(world.host / 'one', ignore_errors=True)
    return problem


def missing_folders_are_not_left(world, archive):
    archive.write_bytes(tar(file(b'a'), file(b'../b')))
    code, error = run(['--into', world.host / 'one' / 'two', '--from', archive])
    return '' if code == 65 else f'{code} {error!r}'


def relative_paths(world, archive):
    code, error = run(['--into', 'release', '--from', os.path.relpath(archive, world.host)], cwd=world.host)
    problem = '' if code == 0 and (world.target / 'a').exists() else f'{code} {error!r}'
    shutil.rmtree(world.target, ignore_errors=True)
    return problem


def archive_missing(world, archive):
    code, error = run(['--into', world.target, '--from', str(archive) + '.not'])
    return '' if code == 74 and error.startswith('slipway-unpack: io: ') else f'{code} {error!r}'


def archive_is_link(world, archive):
    link = archive.with_suffix('.link')
    link.symlink_to(archive)
    code, error = run(['--into', world.target, '--from', link])
    return '' if code in (73, 74) else f'{code} {error!r}'


def wrong_usage(world, archive):
    for arguments in (['--from', archive], ['--into', world.target, '--colour', 'red'], ['--into', world.target, '--max-bytes', '0'],
                      ['--into', world.target, '--max-entries', '200001'], ['--into', world.target, '--from'], ['--into', '..']):
        code, error = run(arguments)
        if code not in (64, 65) or error.count('\n') != 1:
            return f'{arguments}: {code} {error!r}'
    return ''


def killed_one_is_cleaned_up(world, archive):
    victim = subprocess.Popen([*PROGRAM, '--into', str(world.target)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not list(world.host.glob('.slipway-unpack-*/tree')):
        if time.monotonic() > deadline:
            return 'no staging folder appeared'
        time.sleep(0.002)
    living = run(['--into', world.host / 'other', '--from', archive])
    if living[0] != 0 or not list(world.host.glob('.slipway-unpack-*')):
        return f'the staging folder of a living one was removed, or: {living}'
    shutil.rmtree(world.host / 'other')
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    victim.stdin.close()
    code, error = run(['--into', world.host / 'other', '--from', archive])
    shutil.rmtree(world.host / 'other', ignore_errors=True)
    return f'{code} {error!r}' if code else ''


def small_disk(options, archive_bytes, world, archive):
    archive.write_bytes(archive_bytes)
    disk = world.root / 'disk'
    disk.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk], stderr=subprocess.DEVNULL).returncode != 0:
        disk.rmdir()
        return None
    try:
        before = os.statvfs(disk)
        code, error = run(['--into', disk / 'release', '--from', archive])
        deadline = time.monotonic() + 10  # the kernel lets go of the sandbox's folder a moment later
        after = os.statvfs(disk)
        while (before.f_bfree, before.f_ffree) != (after.f_bfree, after.f_ffree) and time.monotonic() < deadline:
            time.sleep(0.005)
            after = os.statvfs(disk)
        problem = '' if code == 73 and error.startswith('slipway-unpack: disk_full: ') else f'{code} {error!r}'
        if (before.f_bfree, before.f_ffree) != (after.f_bfree, after.f_ffree) or list(disk.iterdir()):
            problem = problem or f'left on the disk: {list(disk.iterdir())}'
    finally:
        subprocess.run(['umount', disk], check=True)
        disk.rmdir()
    return problem or check_message(error, ['disk_full: "', 'space'], None)


def disk_full(world, archive):
    return small_disk('size=1m', tar(file(b'a'), file(b'big', bytes(3 << 20))), world, archive)


def inodes_full(world, archive):
    return small_disk('size=8m,nr_inodes=30', tar(*(file(b'f%d' % i) for i in range(60))), world, archive)


SURROUNDINGS = [target_not_empty, target_is_file, target_is_link, target_is_empty_folder, missing_folders_are_made, missing_folders_are_not_left,
                relative_paths, archive_missing, archive_is_link, wrong_usage, killed_one_is_cleaned_up, disk_full, inodes_full]


def run_surroundings(base, test):
    world = World(base, test.__name__)
    archive = base / (test.__name__ + '.bin')
    archive.write_bytes(tar(file(b'a')))
    problem = test(world, archive)
    return None if problem is None else problem or ('' if 'target_is_' in test.__name__ else world.changes())


def note(name, future):
    try:
        problem = future.result()
    except Exception as error:  # one broken case must not hide the others
        problem = repr(error)
    (skipped if problem is None else failed if problem else passed).append(name)
    if problem:
        print(f'FAILED {name}: {problem}')


def main():
    memory = pathlib.Path('/dev/shm')
    base = pathlib.Path(tempfile.mkdtemp(prefix='slipway-archives-', dir=memory if os.access(memory, os.W_OK) else None))
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            waiting, count = [], 0
            names = set()
            for number, case in enumerate(make.hostile()):
                assert case.name not in names, case.name
                names.add(case.name)
                count += 1
                through_pipe = number % 3 == 2 and case.file_name == 'archive' and len(case.data) < 1 << 20
                waiting.append((case.name, pool.submit(run_hostile, base, case, through_pipe)))
            for name, data, expected in make.good():
                waiting.append(('good_' + name, pool.submit(run_good, base, name, data, expected)))
            for test in SURROUNDINGS:
                waiting.append((test.__name__, pool.submit(run_surroundings, base, test)))
            for name, data, attribute_bytes in damaged():
                waiting.append(('damaged_' + name, pool.submit(run_damaged, base, name, data, attribute_bytes)))
            for name, data, attribute_bytes in ten_thousand():
                waiting.append(('ten_thousand_' + name, pool.submit(run_ten_thousand, base, name, data, attribute_bytes)))
            for name, future in waiting:
                note(name, future)
        print(f'{count} hostile archives, one for each row and case')
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print(f'{len(passed)} passed, {len(failed)} failed, {len(skipped)} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
