"""Builds tar and zip files byte by byte, so that they can be wrong in one chosen way."""
import gzip
import io
import lzma
import struct
import subprocess
import zlib

BLOCK = 512


def number(value, width):
    """Octal, or base 256 (GNU) for what octal cannot hold; negative ones too."""
    if 0 <= value < 8 ** (width - 1):
        return b'%0*o\0' % (width - 1, value)
    return (value % (1 << (8 * width - 1)) | 1 << (8 * width - 1)).to_bytes(width, 'big')


def header(name, size=0, kind=b'0', mode=0o644, link=b'', prefix=b'', magic=b'ustar\x0000', size_field=None):
    block = bytearray(BLOCK)

    def put(at, data):
        block[at:at + len(data)] = data

    put(0, name[:100])
    put(100, number(mode, 8))
    put(108, number(0, 8))
    put(116, number(0, 8))
    put(124, number(size, 12) if size_field is None else size_field)
    put(136, number(1700000000, 12))
    put(156, kind)
    put(157, link[:100])
    put(257, magic)
    put(345, prefix)
    put(148, b' ' * 8)
    put(148, b'%06o\0 ' % sum(block))
    return bytes(block)


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def file(name, data=b'content\n', **more):
    return header(name, len(data), **more) + padded(data)


def folder(name, **more):
    return header(name, kind=b'5', **{'mode': 0o755, **more})


def symlink(name, target, **more):
    return header(name, kind=b'2', mode=0o777, link=target, **more)


def hardlink(name, target, **more):
    return header(name, kind=b'1', link=target, **more)


def record(key, value):
    body = b' ' + key + b'=' + value + b'\n'
    length = len(body) + len(str(len(body)))
    if len(str(length)) != len(str(len(body))):
        length += 1
    return str(length).encode() + body


def pax(records, kind=b'x'):
    body = b''.join(record(k, v) for k, v in records)
    return header(b'PaxHeaders/x', len(body), kind=kind) + padded(body)


def long_name(name, kind=b'L'):
    return file(b'././@LongLink', name + b'\0', kind=kind, magic=b'ustar  \0')


END = bytes(2 * BLOCK)


def tar(*parts, end=END):
    return b''.join(parts) + end


def gz(data, level=9):
    return gzip.compress(data, level, mtime=0)


def xz(data):
    return lzma.compress(data, preset=1)


def zst(data):
    return subprocess.run(['zstd', '-q', '-c', '--check'], input=data, stdout=subprocess.PIPE, check=True).stdout


def zeros(count, packer):
    """`count` zero bytes as the content of one file in a packed tar, without holding them."""
    chunk = bytes(1 << 20)
    out = io.BytesIO()
    out.write(packer.compress(header(b'zeros.bin', count)))
    for _ in range(count // len(chunk)):
        out.write(packer.compress(chunk))
    out.write(packer.compress(END))
    out.write(packer.flush())
    return out.getvalue()


class Item:
    """One entry of a zip. Every field of both headers can be set apart from the truth."""

    def __init__(self, name, data=b'content\n', method=0, mode=0o100644, host=3, flags=0, extra=b'', local=None,
                 central=None, descriptor=None, before=b'', local_extra=None):
        self.name, self.data, self.extra, self.before = name, data, extra, before
        self.local_extra = extra if local_extra is None else local_extra
        packed = data
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packer.compress(data) + packer.flush()
        self.packed = packed
        self.descriptor = descriptor
        truth = dict(version=20, made_by=host << 8 | 20, flags=flags, method=method, stamp=0x21 << 16, crc=zlib.crc32(data),
                     packed=len(packed), size=len(data), attributes=mode << 16, offset=None, name=name)
        self.central = {**truth, **(central or {})}
        blank = dict(crc=0, packed=0, size=0) if flags & 8 else {}
        self.local = {**truth, **blank, **(local or {})}

    def local_bytes(self):
        f = self.local
        return struct.pack('<4sHHHIIIIHH', b'PK\3\4', f['version'], f['flags'], f['method'], f['stamp'], f['crc'],
                           f['packed'], f['size'], len(f['name']), len(self.local_extra)) + f['name'] + self.local_extra

    def descriptor_bytes(self):
        if self.descriptor is not None:
            return self.descriptor
        if not self.central['flags'] & 8:
            return b''
        f = self.central
        return struct.pack('<4sIII', b'PK\7\x08', f['crc'], f['packed'], f['size'])

    def central_bytes(self, offset):
        f = self.central
        return struct.pack('<4sHHHHIIIIHHHHHII', b'PK\1\2', f['made_by'], f['version'], f['flags'], f['method'], f['stamp'],
                           f['crc'], f['packed'], f['size'], len(f['name']), len(self.extra), 0, 0, 0, f['attributes'],
                           offset if f['offset'] is None else f['offset']) + f['name'] + self.extra


def zip_end(count, size, offset, comment=b'', disk=0, on_disk=None):
    return struct.pack('<4sHHHHIIH', b'PK\5\6', disk, disk, count if on_disk is None else on_disk, count, size, offset,
                       len(comment)) + comment


def zip64_end(count, size, offset, at, on_disk=None):
    return struct.pack('<4sQHHIIQQQQ', b'PK\6\6', 44, 45, 45, 0, 0, count if on_disk is None else on_disk, count, size,
                       offset) + struct.pack('<4sIQI', b'PK\6\7', 0, at, 1)


def zip_file(*items, prefix=b'', comment=b'', count=None, end=None, wide=False, before_directory=b'', after_directory=b''):
    out = bytearray(prefix)
    offsets = []
    for item in items:
        out += item.before
        offsets.append(len(out))
        out += item.local_bytes() + item.packed + item.descriptor_bytes()
    out += before_directory
    start = len(out)
    for item, offset in zip(items, offsets):
        out += item.central_bytes(offset)
    size = len(out) - start
    out += after_directory
    count = len(items) if count is None else count
    if end is not None:
        return bytes(out) + end(count, size, start, len(out))
    if wide:
        return bytes(out) + zip64_end(count, size, start, len(out)) + zip_end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(out) + zip_end(count, size, start, comment)


def zip_link(name, target, **more):
    return Item(name, target, mode=0o120777, **more)
