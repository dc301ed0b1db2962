"""The corpus: hostile(), one archive for each row and case of the table of bad inputs, and good(), which must unpack.

A hostile case is (name, bytes, options): exit codes, what the message has to name, arguments, the file's name.
"""
import itertools
import struct
import zlib
from dataclasses import dataclass, field

from craft import *

REFUSED, CORRUPT = 65, 66
ACCENT = 'é'.encode()  # one code point
ACCENT_TWIN = 'e\u0301'.encode()  # two


@dataclass
class Case:
    name: str
    data: bytes
    says: list = field(default_factory=list)
    codes: tuple = (REFUSED,)
    limit: int = None
    arguments: list = field(default_factory=list)
    file_name: str = 'archive'


def b31():
    names = [
        ('dotdot', b'../x'), ('dotdot_deep', b'../../../../../../tmp/x'), ('dotdot_middle', b'a/../../x'), ('dotdot_end', b'a/..'),
        ('absolute', b'/etc/x'), ('drive_backslash', b'C:\\x'), ('drive_slash', b'C:/x'), ('drive_relative', b'c:x'),
        ('unc', b'\\\\srv\\share\\x'), ('unc_slashes', b'//srv/share/x'), ('verbatim_path', b'\\\\?\\C:\\x'), ('empty', b''),
        ('dot', b'.'), ('dot_middle', b'a/./b'), ('dot_twice', b'././a'), ('empty_part', b'a//b'), ('newline', b'a\nb'),
        ('carriage_return', b'a\rb'), ('escape', b'a\x1b[31mb'), ('delete', b'a\x7fb'), ('invalid_utf8', b'a\xffb'),
        ('overlong_utf8', b'a\xc0\xafb'), ('surrogate_utf8', b'a\xed\xa0\x80b'), ('c1_control', 'a\u0085b'.encode()),
        ('bidi_override', 'a\u202egnp.exe'.encode()), ('zero_width', 'a\u200bb'.encode()), ('byte_order_mark', '\ufeffa'.encode()),
        ('backslash', b'a\\b'), ('backslash_dotdot', b'..\\x'), ('file_with_slash', b'a/'),
    ]
    for name, raw in names:
        shown = [printable(raw)]
        if name == 'file_with_slash':
            yield Case('b31_link_with_slash_tar', tar(symlink(raw, b'b')), shown)
            continue
        yield Case(f'b31_{name}_tar', tar(file(b'ok'), file(raw)), shown)
        yield Case(f'b31_{name}_pax', gz(tar(file(b'ok'), pax([(b'path', raw)]), file(b'short'))), shown)
        yield Case(f'b31_{name}_zip', zip_file(Item(b'ok'), Item(raw)), shown)
    long = b'n' * 200 + b'/'
    yield Case('b31_long_gnu', tar(long_name(b'n' * 5000), file(b'n' * 100)), ['"nnnnnnnn'], limit=1024)
    yield Case('b31_long_pax', tar(pax([(b'path', long * 25)]), file(b'n')), ['"nnnnnnnn'], limit=1024)
    yield Case('b31_long_zip', zip_file(Item(long * 25 + b'n')), ['"nnnnnnnn'], limit=1024)
    yield Case('b31_long_by_one', zip_file(Item(b'n' * 200 + (b'/' + b'n' * 200) * 4 + b'/' + b'm' * 20)), ['"nnnn'], limit=1024)
    yield Case('b31_part_256', zip_file(Item(b'n' * 256)), ['"nnnnnnnn'], limit=255)
    yield Case('b31_nul_ustar', tar(file(b'good\0/../../evil')), ['good\\x00/../../evil'])
    yield Case('b31_nul_pax', tar(pax([(b'path', b'good\0evil')]), file(b'x')), ['good\\x00evil'])
    yield Case('b31_nul_gnu', tar(long_name(b'good\0evil'), file(b'x')), ['good\\x00evil'])
    yield Case('b31_nul_zip', zip_file(Item(b'good\0evil')), ['good\\x00evil'])
    yield Case('b31_nul_link', tar(symlink(b'l', b'good\0evil')), ['good\\x00evil'])
    yield Case('b31_ustar_prefix_dotdot', tar(file(b'x', prefix=b'a/../..')), ['a/../../x'])


def b32():
    yield Case('b32_symlink_outside', tar(symlink(b'l', b'../canary')), ['"l"', 'leaves'])
    yield Case('b32_symlink_outside_deep', tar(folder(b'a/'), symlink(b'a/l', b'../../canary')), ['"a/l"', 'leaves'])
    yield Case('b32_symlink_absolute', tar(symlink(b'l', b'/etc/passwd')), ['"l"', 'absolute'])
    yield Case('b32_symlink_drive', tar(symlink(b'l', b'C:/x')), ['"l"'])
    yield Case('b32_symlink_backslash', tar(symlink(b'l', b'..\\canary')), ['"l"'])
    yield Case('b32_symlink_newline', tar(symlink(b'l', b'a\nb')), ['"l"'])
    yield Case('b32_symlink_empty', tar(symlink(b'l', b'')), ['"l"'])
    yield Case('b32_symlink_device', tar(symlink(b'l', b'NUL')), ['"l"'])
    yield Case('b32_file_through_symlink', tar(symlink(b'l', b'../canary'), file(b'l/keep.txt')), ['"l/keep.txt"'])
    yield Case('b32_file_through_inner_symlink', tar(folder(b'd/'), symlink(b'l', b'd'), file(b'l/x')), ['"l/x"', 'symbolic link'])
    yield Case('b32_file_over_symlink', tar(symlink(b'l', b'../canary/keep.txt'), file(b'l')), ['"l"', 'twice'])
    yield Case('b32_folder_over_symlink', tar(symlink(b'l', b'../canary'), folder(b'l/')), ['"l/"', 'twice'])
    yield Case('b32_symlink_over_folder', tar(file(b'd/x'), symlink(b'd', b'../canary'), file(b'd/keep.txt')), ['"d"', 'twice'])
    yield Case('b32_folder_mode_through_symlink', tar(symlink(b'l', b'../canary'), folder(b'l', mode=0o777)), ['"l"'])
    yield Case('b32_two_hops', tar(folder(b'a/'), symlink(b'a/up', b'..'), symlink(b'b', b'a/up/..')), ['"b"', 'leaves'])
    yield Case('b32_two_hops_file', tar(symlink(b'a', b'.'), symlink(b'b', b'a/..'), file(b'b/canary/keep.txt')), ['"b/canary/keep.txt"'])
    yield Case('b32_three_hops_deep', tar(folder(b'x/'), folder(b'x/y/'), symlink(b'd', b'x/y'), symlink(b'e', b'd/../..'),
                                          symlink(b'f', b'e/..')), ['leaves'])
    yield Case('b32_up_from_missing', tar(symlink(b'a/b/l', b'missing/../../../x'), file(b'x')), ['"a/b/l"', 'missing'])
    yield Case('b32_symlink_through_file', tar(file(b'f'), symlink(b'l', b'f/../g')), ['"l"', 'file'])
    yield Case('b32_cycle_self', tar(symlink(b'l', b'l')), ['"l"', 'circle'])
    yield Case('b32_cycle_two', tar(symlink(b'a', b'b'), symlink(b'b', b'a')), ['circle'])
    yield Case('b32_cycle_in_path', tar(symlink(b'a', b'b/x'), symlink(b'b', b'a/y')), ['circle'])
    yield Case('b32_symlink_with_content', tar(header(b'l', 8, kind=b'2', link=b'x'), padded(b'content\n')), ['"l"', 'content'])
    yield Case('b32_long_target', tar(long_name(b't' * 1025, kind=b'K'), symlink(b'l', b't')), ['"l"'], limit=1024)
    yield Case('b32_hardlink_outside', tar(hardlink(b'h', b'../canary/keep.txt')), ['"h"'])
    yield Case('b32_hardlink_absolute', tar(hardlink(b'h', b'/etc/passwd')), ['"h"'])
    yield Case('b32_hardlink_pax_outside', tar(pax([(b'linkpath', b'../canary/keep.txt')]), hardlink(b'h', b'x')), ['"h"'])
    yield Case('b32_hardlink_to_symlink', tar(symlink(b'l', b'x'), hardlink(b'h', b'l')), ['"h"', 'symbolic link'])
    yield Case('b32_hardlink_through_symlink', tar(file(b'd/x'), symlink(b'l', b'd'), hardlink(b'h', b'l/x')), ['"h"'])
    yield Case('b32_hardlink_to_folder', tar(folder(b'd/'), hardlink(b'h', b'd')), ['"h"', 'folder'])
    yield Case('b32_hardlink_missing', tar(file(b'a'), hardlink(b'h', b'nothing')), ['"h"', 'nothing'])
    yield Case('b32_hardlink_to_later', tar(hardlink(b'h', b'a'), file(b'a')), ['"h"'])
    yield Case('b32_hardlink_other_case', tar(file(b'a'), hardlink(b'h', b'A')), ['"h"'])
    yield Case('b32_hardlink_with_data', tar(file(b'a'), header(b'h', 8, kind=b'1', link=b'a'), padded(b'content\n')), ['"h"', 'content'])
    yield Case('b32_hardlink_over_file', tar(file(b'a'), file(b'h'), hardlink(b'h', b'a')), ['"h"', 'twice'])
    yield Case('b32_symlink_outside_zip', zip_file(zip_link(b'l', b'../canary')), ['"l"', 'leaves'])
    yield Case('b32_symlink_absolute_zip', zip_file(zip_link(b'l', b'/etc')), ['"l"', 'absolute'])
    yield Case('b32_file_through_symlink_zip', zip_file(zip_link(b'l', b'../canary'), Item(b'l/keep.txt')), ['"l/keep.txt"'])
    yield Case('b32_symlink_huge_zip', zip_file(zip_link(b'l', b'x' * 1025)), ['"l"'], limit=1024)
    yield Case('b32_symlink_empty_zip', zip_file(zip_link(b'l', b'')), ['"l"'])


def b33():
    for name, kind, says in [('char_device', b'3', 'character device'), ('block_device', b'4', 'block device'), ('fifo', b'6', 'FIFO'),
                             ('socket', b's', 'socket'), ('contiguous', b'7', 'contiguous'), ('sparse_gnu', b'S', 'sparse'),
                             ('dump_folder', b'D', 'dump'), ('volume', b'M', 'volume'), ('volume_name', b'V', 'volume'),
                             ('solaris_attributes', b'X', 'type'), ('solaris_acl', b'A', 'type'), ('unknown_type', b'Z', 'type')]:
        yield Case(f'b33_{name}', tar(file(b'ok'), header(b'special', kind=kind)), ['"special"', says])
    for key in [b'GNU.sparse.major', b'GNU.sparse.map', b'GNU.sparse.name', b'SUN.holesdata', b'SCHILY.realsize']:
        yield Case('b33_sparse_' + key.decode().lower().replace('.', '_'), tar(file(b'before'), pax([(key, b'1')]), file(b'sparse')),
                   [key.decode(), 'sparse', '"before"'])
    yield Case('b33_pax_unknown_key', tar(file(b'before'), pax([(b'VENDOR.thing', b'1')]), file(b'x')), ['VENDOR.thing'])
    yield Case('b33_pax_global_path', tar(file(b'before'), pax([(b'path', b'x')], kind=b'g'), file(b'y')), ['path'])
    yield Case('b33_pax_charset', tar(file(b'before'), pax([(b'hdrcharset', b'KOI8-R')]), file(b'y')), ['hdrcharset'])
    for name, kind in [('fifo', 0o010000), ('char_device', 0o020000), ('block_device', 0o060000), ('socket', 0o140000), ('whiteout', 0o160000)]:
        yield Case(f'b33_{name}_zip', zip_file(Item(b'ok'), Item(b'special', mode=kind | 0o644)), ['"special"'])


def b34():
    pairs = [
        ('duplicate', b'a', b'a'), ('duplicate_dot', b'a', b'./a'), ('case', b'A', b'a'), ('case_folder', b'Dir/x', b'dir/y'),
        ('case_file_folder', b'A', b'a/b'), ('case_accent', 'É'.encode(), 'é'.encode()), ('case_greek', 'Σ'.encode(), 'ς'.encode()),
        ('case_cyrillic', 'Ж'.encode(), 'ж'.encode()), ('case_dotless', 'ı'.encode(), b'I'), ('case_long_s', 'ſ'.encode(), b's'),
        ('nfc_nfd', ACCENT, ACCENT_TWIN), ('nfd_nfc', ACCENT_TWIN, ACCENT),
    ]
    for name, first, second in pairs:
        bad = first if name == 'nfd_nfc' else second
        yield Case(f'b34_{name}_tar', tar(file(first), file(second)), [printable(bad)])
        yield Case(f'b34_{name}_zip', zip_file(Item(first), Item(second)), [printable(bad)])
    yield Case('b34_duplicate_folder', tar(folder(b'd/'), folder(b'd/')), ['"d/"', 'twice'])
    yield Case('b34_duplicate_root', tar(folder(b'./'), folder(b'./')), ['"./"', 'twice'])
    yield Case('b34_folder_then_file', tar(folder(b'd/'), file(b'd')), ['"d"', 'twice'])
    yield Case('b34_file_then_below', tar(file(b'd'), file(b'd/x')), ['"d/x"', 'file'])
    names = [
        ('nfd', ACCENT_TWIN), ('jamo', '\u1112\u1161\u11ab'.encode()), ('kelvin', '\u212a'.encode()), ('compatibility_ideograph', '\uf900'.encode()),
        ('mark_order', 'x\u0315\u0300'.encode()), ('bengali_parts', '\u0995\u09c7\u09be'.encode()),
        ('trailing_dot', b'a.'), ('trailing_space', b'a '), ('trailing_dot_folder', b'a./b'), ('three_dots', b'...'), ('con', b'CON'),
        ('nul_txt', b'NUL.txt'), ('aux_space', b'aux .txt'), ('com1', b'com1'), ('com_superscript', 'COM¹'.encode()), ('lpt9_ext', b'LPT9.log.txt'),
        ('conin', b'CONIN$'), ('prn_folder', b'prn/x'), ('stream', b'a:b'), ('stream_type', b'a::$DATA'), ('short_name', b'PROGRA~1'),
        ('short_name_ext', b'foo~12.txt'), ('question', b'a?b'), ('star', b'a*'), ('pipe', b'a|b'), ('quote', b'a"b'), ('less', b'a<b'),
    ]
    for name, raw in names:
        yield Case(f'b34_{name}_tar', tar(file(b'ok'), file(raw)), [printable(raw)])
        yield Case(f'b34_{name}_zip', zip_file(Item(b'ok'), Item(raw)), [printable(raw)])


def many_links(count):
    block = bytearray(symlink(b'l0000000', b'x'))
    base = sum(block) - sum(block[148:156]) + 8 * 32
    out = []
    for i in range(count):
        name = b'%07d' % i
        block[1:8] = name
        block[148:156] = b'%06o\0 ' % (base - 7 * 48 + sum(name))
        out.append(bytes(block))
    return b''.join(out) + END


def many_in_zip(count):
    items = bytearray()
    central = bytearray()
    for i in range(count):
        name = b'%07x' % i
        central += struct.pack('<4sHHHHIIIIHHHHHII', b'PK\1\2', 20, 20, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, len(items)) + name
        items += struct.pack('<4sHHHIIIIHH', b'PK\3\4', 20, 0, 0, 0, 0, 0, 0, 7, 0) + name
    at = len(items) + len(central)
    return bytes(items + central) + zip64_end(count, len(central), len(items), at) + zip_end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)


def overlapping(count):
    """As in David Fifield's bombs: many directory records, one content."""
    whole = Item(b'a', bytes(1 << 16), method=8)
    out = whole.local_bytes() + whole.packed
    central = b''
    for i in range(count):
        entry = Item(b'a', bytes(1 << 16), method=8, central=dict(name=b'%05d' % i))
        central += entry.central_bytes(0)
    return out + central + zip_end(count, len(central), len(out))


def b35():
    gib = 1 << 30
    yield Case('b35_zeros_gz', zeros(gib // 4, zlib.compressobj(9, zlib.DEFLATED, 31)), ['"zeros.bin"'], limit=200)
    yield Case('b35_zeros_xz', xz(tar(file(b'zeros.bin', bytes(64 << 20)))), ['"zeros.bin"'], limit=200)
    yield Case('b35_zeros_zst', zst(tar(file(b'zeros.bin', bytes(64 << 20)))), ['"zeros.bin"'], limit=200)
    yield Case('b35_zeros_zip', zip_file(Item(b'zeros.bin', bytes(64 << 20), method=8)), ['"zeros.bin"'], limit=200)
    yield Case('b35_many_zeros_zip', zip_file(*(Item(b'z%d' % i, bytes(4 << 20), method=8) for i in range(4))), ['"z2"'], limit=200)
    yield Case('b35_ratio_argument', gz(tar(*(file(b'f%d' % i, bytes(1 << 20)) for i in range(11)))), ['"f'], limit=100,
               arguments=['--max-ratio', '100'])
    yield Case('b35_entries_tar', many_links(200_001), ['"l'], limit=200_000)
    yield Case('b35_entries_zip', many_in_zip(200_001), ['the archive'], limit=200_000)
    yield Case('b35_entries_declared_zip', zip_file(Item(b'a'), end=lambda c, s, o, at: zip64_end(10 ** 7, s, o, at) +
                                                    zip_end(0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)), ['the archive'], limit=200_000)
    yield Case('b35_entries_argument', tar(*(file(b'f%d' % i) for i in range(11))), ['"f10"'], limit=10, arguments=['--max-entries', '10'])
    yield Case('b35_folders_count_too', tar(file(b'a/b/c/d/e/f'), file(b'g/h/i/j/k/l')), ['"g/h'], limit=10,
               arguments=['--max-entries', '10'])
    yield Case('b35_depth_65', tar(pax([(b'path', b'd/' * 64 + b'f')]), file(b'f')), ['"d/d/'], limit=64)
    yield Case('b35_depth_10000', tar(pax([(b'path', b'd/' * 10_000 + b'f')]), file(b'f')), ['"d/d/'], limit=1024)
    yield Case('b35_depth_step_by_step', gz(tar(*(folder(b'd/' * i) for i in range(1, 80) if i <= 49))
                                            [:-1024] + tar(*(pax([(b'path', b'd/' * i)]) + folder(b'x') for i in range(50, 80)))),
               ['"d/d/'], limit=64)
    yield Case('b35_names_total', gz(tar(*(pax([(b'path', b'%07d/' % i + (b'n' * 250 + b'/') * 4)]) + folder(b'x') for i in range(33_500))), 1),
               ['/nnnn'], limit=32 << 20)
    yield Case('b35_declared_total', tar(header(b'huge', 1 << 40)), ['"huge"'], limit=64 << 30)
    yield Case('b35_declared_base256', tar(header(b'huge', 1 << 62)), ['"huge"'], limit=64 << 30)
    yield Case('b35_declared_endless', tar(header(b'huge', size_field=b'\x80' + b'\xff' * 11)), ['"huge"'], codes=(CORRUPT,))
    yield Case('b35_declared_negative', tar(header(b'huge', -1)), ['"huge"'], codes=(CORRUPT,))
    yield Case('b35_declared_pax', tar(pax([(b'size', b'9223372036854775808')]), header(b'huge')), ['"huge"'], limit=64 << 30)
    yield Case('b35_declared_pax_overflow', tar(file(b'before'), pax([(b'size', b'18446744073709551617')]), header(b'huge')), ['"before"', 'size'])
    yield Case('b35_bytes_argument', tar(file(b'a', bytes(60)), file(b'b', bytes(41))), ['"b"'], limit=100, arguments=['--max-bytes', '100'])
    yield Case('b35_bytes_argument_zip', zip_file(Item(b'a', bytes(60)), Item(b'b', bytes(41))), ['"b"'], limit=100, arguments=['--max-bytes', '100'])
    yield Case('b35_extension_header', tar(pax([(b'comment', bytes(300_000))]), file(b'x')), ['the archive'], limit=256 << 10)
    yield Case('b35_overlapping_zip', overlapping(1000), ['overlaps'])
    yield Case('b35_overlapping_directory_zip', zip_file(Item(b'a', b'x' * 100), Item(b'b', b'y', central=dict(packed=200, size=200))), ['"b"'])
    yield Case('b35_quoted_header_zip', zip_file(Item(b'a', Item(b'b', b'y' * 30).local_bytes() + b'y' * 30), Item(b'b', b'y' * 30, central=dict(offset=31))), ['"a"'],
               codes=(REFUSED, CORRUPT))
    nested = gz(tar(file(b'x')))
    yield Case('b35_gz_in_gz', gz(nested), ['more than once'])
    for _ in range(30):
        nested = gz(nested)
    yield Case('b35_gz_thirty_times', nested, ['the archive'], codes=(REFUSED, CORRUPT))
    yield Case('b35_zst_in_zst', zst(zst(tar(file(b'x')))), ['more than once'])
    one = struct.pack('<HHQQ', 1, 16, 1 << 61, 1 << 61)
    wide = dict(packed=0xFFFFFFFF, size=0xFFFFFFFF)
    yield Case('b35_zip64_size_lie', zip_file(Item(b'a', extra=one, central=wide, local=wide)), ['"a"'], codes=(REFUSED, CORRUPT))
    yield Case('b35_zip64_missing', zip_file(Item(b'a', central=wide, local=wide)), ['"a"'], codes=(CORRUPT,))
    yield Case('b35_zip64_end_differs', zip_file(Item(b'a'), end=lambda c, s, o, at: zip64_end(c, s, o, at) + zip_end(c, s, o + 1)), ['differ'], codes=(CORRUPT,))
    yield Case('b35_zip64_end_elsewhere', zip_file(Item(b'a'), end=lambda c, s, o, at: zip64_end(c, s, o, at - 1) + zip_end(c, s, o)), ['zip64'], codes=(CORRUPT,))
    yield Case('b35_size_small_lie_zip', zip_file(Item(b'a', b'x' * 100, method=8, central=dict(size=10), local=dict(size=10))), ['"a"'], codes=(CORRUPT,))
    yield Case('b35_size_large_lie_zip', zip_file(Item(b'a', b'x' * 100, method=8, central=dict(size=1000), local=dict(size=1000))), ['"a"'], codes=(CORRUPT,))


def b36_zip():
    item = Item(b'a')
    yield Case('b36_encrypted_zip', zip_file(Item(b'a', flags=1)), ['"a"', 'encrypted'])
    yield Case('b36_encrypted_strong_zip', zip_file(Item(b'a', flags=0x40)), ['"a"', 'encrypted'])
    yield Case('b36_encrypted_aes_zip', zip_file(Item(b'a', method=99, extra=struct.pack('<HHHHBH', 0x9901, 7, 2, 0x4541, 3, 8))), ['"a"', 'encrypted'])
    for method in (1, 6, 9, 12, 14, 93, 95, 98):
        yield Case(f'b36_method_{method}_zip', zip_file(Item(b'a', central=dict(method=method), local=dict(method=method))), ['"a"', f'method {method}'])
    yield Case('b36_local_name_zip', zip_file(Item(b'a', local=dict(name=b'../../evil'))), ['"a"', '../../evil'])
    yield Case('b36_local_size_zip', zip_file(Item(b'a', local=dict(size=7))), ['"a"', 'differ'])
    yield Case('b36_local_crc_zip', zip_file(Item(b'a', local=dict(crc=7))), ['"a"', 'differ'])
    yield Case('b36_local_method_zip', zip_file(Item(b'a', local=dict(method=8))), ['"a"', 'differ'])
    yield Case('b36_local_flags_zip', zip_file(Item(b'a', local=dict(flags=0x800))), ['"a"', 'differ'])
    yield Case('b36_local_missing_zip', zip_file(Item(b'a'), Item(b'b', before=b'x' * 40, central=dict(offset=50))), ['"'], codes=(REFUSED, CORRUPT))
    yield Case('b36_offset_past_end_zip', zip_file(Item(b'a', central=dict(offset=0xFFFFFFF0))), ['"'], codes=(REFUSED, CORRUPT))
    yield Case('b36_crc_zip', zip_file(Item(b'a', central=dict(crc=7), local=dict(crc=7))), ['"a"'], codes=(CORRUPT,))
    yield Case('b36_crc_deflate_zip', zip_file(Item(b'a', b'x' * 99, method=8, central=dict(crc=7), local=dict(crc=7))), ['"a"'], codes=(CORRUPT,))
    yield Case('b36_stored_sizes_zip', zip_file(Item(b'a', central=dict(size=9), local=dict(size=9))), ['"a"'], codes=(CORRUPT,))
    yield Case('b36_descriptor_lie_zip', zip_file(Item(b'a', flags=8, descriptor=struct.pack('<4sIII', b'PK\7\x08', 1, 8, 8))), ['"a"', 'descriptor'])
    yield Case('b36_descriptor_missing_zip', zip_file(Item(b'a', flags=8, descriptor=b'')), ['"a"'])
    yield Case('b36_link_crc_zip', zip_file(zip_link(b'l', b'x', central=dict(crc=7), local=dict(crc=7))), ['"l"'], codes=(CORRUPT,))
    yield Case('b36_unicode_name_zip', zip_file(Item(b'a', extra=struct.pack('<HHBI', 0x7075, 12, 1, zlib.crc32(b'a')) + b'../evil')), ['"a"', 'second'])
    yield Case('b36_type_in_extra_zip', zip_file(Item(b'a', extra=struct.pack('<HHBHI', 0x6c78, 7, 4, 0, 0xA1FF0000))), ['"a"'])
    yield Case('b36_extra_damaged_zip', zip_file(Item(b'a', extra=b'\x01\x00\xff\x00x')), ['"a"'], codes=(CORRUPT,))
    yield Case('b36_folder_with_content_zip', zip_file(Item(b'd/', mode=0o040755)), ['"d/"', 'content'])
    yield Case('b36_folder_without_slash_zip', zip_file(Item(b'd', b'', mode=0o040755)), ['"d"'])
    yield Case('b36_file_with_slash_zip', zip_file(Item(b'd/', b'', mode=0o100644)), ['"d/"'])
    yield Case('b36_front_bytes_zip', zip_file(item, prefix=item.local_bytes() + item.packed), ['come before'])
    yield Case('b36_front_bytes_shifted_zip', b'PK\3\4' + zip_file(item), ['in front'], codes=(CORRUPT,))
    yield Case('b36_gap_zip', zip_file(item, Item(b'b', before=b'hidden')), ['"a"', 'no entry'])
    yield Case('b36_gap_before_directory_zip', zip_file(item, before_directory=b'hidden'), ['"a"', 'no entry'])
    yield Case('b36_gap_after_directory_zip', zip_file(item, after_directory=b'hidden'), ['directory'], codes=(CORRUPT,))
    yield Case('b36_count_low_zip', zip_file(item, Item(b'b'), count=1), ['directory'], codes=(CORRUPT,))
    yield Case('b36_count_high_zip', zip_file(item, count=2), ['directory'], codes=(CORRUPT,))
    yield Case('b36_several_disks_zip', zip_file(item, end=lambda c, s, o, at: zip_end(c, s, o, disk=1)), ['several'])
    yield Case('b36_no_entries_zip', zip_file(), ['no entries'])
    second = zip_file(Item(b'evil'))
    yield Case('b36_second_archive_in_comment_zip', zip_file(item, comment=second), ['the archive'], codes=(REFUSED, CORRUPT))


def b36():
    whole = tar(file(b'first', b'1' * 700), file(b'second'))
    random = bytes(zlib.crc32(b'%d' % i) & 255 for i in range(3000))
    noisy = tar(file(b'first', random))
    yield Case('b36_cut_content_tar', whole[:700], ['"first"'], codes=(CORRUPT,))
    yield Case('b36_cut_header_tar', whole[:512 + 1024 + 100], ['"first"'], codes=(CORRUPT,))
    yield Case('b36_no_end_tar', whole[:-1024], ['"second"'], codes=(CORRUPT,))
    yield Case('b36_half_end_tar', whole[:-512], ['"second"'], codes=(CORRUPT,))
    yield Case('b36_end_without_entry_tar', tar(file(b'first'), long_name(b'lost')), ['"first"'], codes=(CORRUPT,))
    yield Case('b36_no_entries_tar', tar(pax([(b'comment', b'x')], kind=b'g')), ['no entries'])
    yield Case('b36_two_names_tar', tar(long_name(b'one'), long_name(b'two'), file(b'x')), ['"two', 'twice'])
    yield Case('b36_two_names_mixed_tar', tar(long_name(b'one'), pax([(b'path', b'two')]), file(b'x')), ['"two"', 'twice'])
    yield Case('b36_checksum_tar', whole[:1536] + b'X' + whole[1537:], ['"first"', 'checksum'], codes=(CORRUPT,))
    yield Case('b36_pax_length_tar', tar(file(b'first'), file(b'x', b'99 path=x\n', kind=b'x'), file(b'y')), ['"first"'], codes=(CORRUPT,))
    yield Case('b36_pax_no_newline_tar', tar(file(b'first'), file(b'x', b'10 path=xx', kind=b'x'), file(b'y')), ['"first"'], codes=(CORRUPT,))
    yield Case('b36_number_tar', tar(header(b'first', size_field=b'00000000x10\0')), ['"first"'], codes=(CORRUPT,))
    for name, packer in [('gz', gz), ('xz', xz), ('zst', zst)]:
        packed = packer(noisy)
        yield Case(f'b36_cut_{name}', packed[:len(packed) // 2], ['cut off'], codes=(CORRUPT,))
        yield Case(f'b36_cut_last_byte_{name}', packed[:-1], ['"'], codes=(CORRUPT,))
        yield Case(f'b36_cut_head_{name}', packed[:8], ['the archive'], codes=(CORRUPT, REFUSED))
        yield Case(f'b36_two_archives_{name}', packed + packer(tar(file(b'evil'))), ['"'], codes=(REFUSED, CORRUPT))
        yield Case(f'b36_garbage_{name}', packed + b'garbage', ['"'], codes=(REFUSED, CORRUPT))
        yield Case(f'b36_garbage_byte_{name}', packed + b'g', ['"'], codes=(REFUSED, CORRUPT))
        yield Case(f'b36_garbage_inside_{name}', packer(noisy + b'garbage'), ['follow'], codes=(REFUSED, CORRUPT))
        yield Case(f'b36_second_tar_inside_{name}', packer(whole + tar(file(b'evil'))), ['follow'])
        yield Case(f'b36_text_in_{name}', packer(b'no archive at all\n' * 100), ['not a tar'])
        yield Case(f'b36_nothing_in_{name}', packer(b''), ['the archive'], codes=(REFUSED, CORRUPT))
        yield Case(f'b36_zip_in_{name}', packer(zip_file(Item(b'a'), Item(b'b', b'x' * 600))), ['not a tar'])
    yield Case('b36_two_archives_tar', whole + tar(file(b'evil')), ['follow'])
    yield Case('b36_garbage_tar', whole + b'garbage' + bytes(505), ['follow'])
    yield Case('b36_garbage_short_tar', whole + b'garbage', ['follow'])
    zipped = zip_file(Item(b'first', random), Item(b'second'))
    yield Case('b36_cut_zip', zipped[:len(zipped) // 2], ['cut off'], codes=(CORRUPT,))
    yield Case('b36_cut_last_byte_zip', zipped[:-1], ['cut off'], codes=(CORRUPT,))
    yield Case('b36_two_archives_zip', zipped + zip_file(Item(b'evil')), ['directory'], codes=(CORRUPT,))
    yield Case('b36_garbage_zip', zipped + b'garbage', ['follow'], codes=(CORRUPT,))
    for name, content, says in [
            ('rar', b'Rar!\x1a\x07\x01\x00' + random, 'RAR'), ('rar4', b'Rar!\x1a\x07\x00' + random, 'RAR'), ('7z', b'7z\xbc\xaf\x27\x1c' + random, '7z'),
            ('cab', b'MSCF' + random, 'CAB'), ('iso', bytes(0x8001) + b'CD001' + random, 'ISO'), ('bzip2', b'BZh9' + random, 'bzip2'),
            ('lz4', b'\x04\x22\x4d\x18' + random, 'lz4'), ('cpio', b'070701' + random, 'cpio'), ('deb', b'!<arch>\n' + random, 'ar'),
            ('rpm', b'\xed\xab\xee\xdb' + random, 'RPM'), ('program', b'\x7fELF' + random, 'program'), ('exe', b'MZ' + random, 'program')]:
        yield Case(f'b36_{name}_named_zip', content, [says], file_name='archive.zip')
    yield Case('b36_text', b'hello, this is no archive\n' * 50, ['not known'])
    yield Case('b36_zeros', bytes(10240), ['zeros'])
    yield Case('b36_empty_file', b'', ['empty'], codes=(CORRUPT,))
    yield Case('b36_tar_gz_named_zip', gz(whole), ['archive.zip'], file_name='archive.zip')
    yield Case('b36_zip_named_tar_gz', zipped, ['archive.tar.gz'], file_name='archive.tar.gz')
    yield Case('b36_tar_named_tar_xz', whole, ['archive.tar.xz'], file_name='archive.tar.xz')
    yield Case('b36_zip_named_rar', zipped, ['archive.rar'], file_name='archive.rar')
    yield Case('b36_tar_asked_zip', whole, ['zip was asked for'], arguments=['--format', 'zip'])
    yield Case('b36_zip_asked_tar', zipped, ['tar was asked for'], arguments=['--format', 'tar'])
    yield from b36_zip()


def hostile():
    return itertools.chain(b31(), b32(), b33(), b34(), b35(), b36())


def printable(raw):
    """As platform/base shows text of strangers, for the names of this corpus."""
    out = ''
    try:
        decoded = raw.decode()
    except UnicodeDecodeError:
        decoded = None
    if decoded is None:
        return ''.join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f'\\x{b:02x}' for b in raw)
    for char in decoded:
        out += char if ord(char) >= 128 or (32 <= ord(char) < 127 and char not in '"\\') else f'\\x{ord(char):02x}'
    return out


def good():
    """(name, bytes, expected tree): a tree is {path: (kind, content or target, mode)}."""
    body = bytes(zlib.crc32(b'%d' % i) & 255 for i in range(70_000))
    tree = {
        'app': ('folder', None, 0o755), 'app/empty': ('folder', None, 0o755), 'app/run.sh': ('file', b'#!/bin/sh\n', 0o755),
        'app/data.bin': ('file', body, 0o644), 'app/zero': ('file', b'', 0o644), 'app/current': ('link', b'data.bin', 0o777),
        'app/empty/up': ('link', b'../run.sh', 0o777), 'app/' + 'größe-日本語-한글.txt': ('file', b'x', 0o644),
    }
    parts = [folder(b'app/'), folder(b'app/empty/'), file(b'app/run.sh', b'#!/bin/sh\n', mode=0o755), file(b'app/data.bin', body),
             file(b'app/zero', b''), symlink(b'app/current', b'data.bin'), symlink(b'app/empty/up', b'../run.sh'),
             file('app/größe-日本語-한글.txt'.encode(), b'x')]
    plain = tar(*parts)
    yield 'tar', plain, tree
    yield 'tar_gz', gz(plain), tree
    yield 'tar_xz', xz(plain), tree
    yield 'tar_zst', zst(plain), tree
    yield 'tar_padded', plain + bytes(8192), tree
    items = [Item(b'app/', b'', mode=0o040755), Item(b'app/empty/', b'', mode=0o040755), Item(b'app/run.sh', b'#!/bin/sh\n', mode=0o100755),
             Item(b'app/data.bin', body, method=8), Item(b'app/zero', b''), zip_link(b'app/current', b'data.bin'),
             zip_link(b'app/empty/up', b'../run.sh'), Item('app/größe-日本語-한글.txt'.encode(), b'x', flags=0x800)]
    yield 'zip', zip_file(*items), tree
    yield 'zip_comment', zip_file(*items, comment=b'made for a test'), tree
    yield 'zip_wide', zip_file(*items, wide=True), tree
    yield 'zip_streamed', zip_file(*(Item(i.name, i.data, method=8 if i.data else 0, mode=i.central['attributes'] >> 16, flags=8 | i.central['flags']) for i in items)), tree
    one = struct.pack('<HHQQ', 1, 16, 8, 8)
    wide = dict(packed=0xFFFFFFFF, size=0xFFFFFFFF)
    yield 'zip_wide_entry', zip_file(Item(b'a', extra=one, central=wide, local=wide)), {'a': ('file', b'content\n', 0o644)}
    yield 'zip_from_dos', zip_file(Item(b'a', host=0, mode=0)), {'a': ('file', b'content\n', 0o644)}
    yield 'zip_unicode_name_agrees', zip_file(Item(b'a', extra=struct.pack('<HHBI', 0x7075, 6, 1, zlib.crc32(b'a')) + b'a')), {'a': ('file', b'content\n', 0o644)}
    yield 'zip_of_zips', zip_file(Item(b'0.zip', zip_file(Item(b'0.zip', zip_file(Item(b'a')))))), {
        '0.zip': ('file', zip_file(Item(b'0.zip', zip_file(Item(b'a')))), 0o644)}
    long = '/'.join(['d' * 100] * 5) + '/' + 'f' * 200
    nodes = {'/'.join(['d' * 100] * i): ('folder', None, 0o755) for i in range(1, 6)}
    yield 'tar_long_pax', tar(pax([(b'path', long.encode())]), file(b'short')), {**nodes, long: ('file', b'content\n', 0o644)}
    yield 'tar_long_gnu', tar(long_name(long.encode()), file(b'short', magic=b'ustar  \0')), {**nodes, long: ('file', b'content\n', 0o644)}
    yield 'tar_prefix', tar(file(b'f', prefix=b'a/b')), {'a': ('folder', None, 0o755), 'a/b': ('folder', None, 0o755), 'a/b/f': ('file', b'content\n', 0o644)}
    yield 'tar_v7', tar(folder(b'd/', magic=b'\0' * 8), file(b'd/f', magic=b'\0' * 8)), {'d': ('folder', None, 0o755), 'd/f': ('file', b'content\n', 0o644)}
    yield 'tar_here', tar(folder(b'./'), file(b'./a'), folder(b'./d/'), file(b'./d/b')), {
        'a': ('file', b'content\n', 0o644), 'd': ('folder', None, 0o755), 'd/b': ('file', b'content\n', 0o644)}
    yield 'tar_pax_global_comment', tar(pax([(b'comment', b'0123abcd')], kind=b'g'), file(b'a')), {'a': ('file', b'content\n', 0o644)}
    yield 'tar_hard_links', tar(file(b'd/a'), hardlink(b'd/b', b'd/a'), hardlink(b'e/c', b'd/b')), {
        'd': ('folder', None, 0o755), 'd/a': ('file', b'content\n', 0o644), 'd/b': ('file', b'content\n', 0o644),
        'e': ('folder', None, 0o755), 'e/c': ('file', b'content\n', 0o644)}
    yield 'tar_links_in_chain', tar(symlink(b'a', b'b'), symlink(b'b', b'd/c'), file(b'd/c')), {
        'a': ('link', b'b', 0o777), 'b': ('link', b'd/c', 0o777), 'd': ('folder', None, 0o755), 'd/c': ('file', b'content\n', 0o644)}
    yield 'tar_link_to_nothing_yet', tar(symlink(b'a', b'later/x')), {'a': ('link', b'later/x', 0o777)}
    yield 'tar_depth_64', tar(pax([(b'path', b'd/' * 63 + b'f')]), file(b'f')), {
        **{'/'.join(['d'] * i): ('folder', None, 0o755) for i in range(1, 64)}, 'd/' * 63 + 'f': ('file', b'content\n', 0o644)}
    yield 'b33_special_bits_are_masked', tar(file(b'suid', mode=0o6755), file(b'world', mode=0o666), file(b'secret', mode=0o600),
                                             file(b'closed', mode=0), folder(b'sticky/', mode=0o1777), folder(b'shut/', mode=0)), {
        'suid': ('file', b'content\n', 0o755), 'world': ('file', b'content\n', 0o644), 'secret': ('file', b'content\n', 0o600),
        'closed': ('file', b'content\n', 0o600), 'sticky': ('folder', None, 0o755), 'shut': ('folder', None, 0o700)}
    yield 'b33_special_bits_are_masked_zip', zip_file(Item(b'suid', mode=0o106777)), {'suid': ('file', b'content\n', 0o755)}
    yield 'b33_attributes_are_ignored', tar(pax([(b'SCHILY.xattr.security.capability', b'\1\0\0\2\0\x20\0\0' + bytes(12)), (b'SCHILY.xattr.user.x', b'y'),
                                                 (b'LIBARCHIVE.xattr.user.z', b'eQ'), (b'SCHILY.acl.access', b'user:1000:rwx'),
                                                 (b'SCHILY.fflags', b'immutable'), (b'uname', b'root')]), file(b'a')), {'a': ('file', b'content\n', 0o644)}
    yield 'b35_zeros_below_the_free_bytes', gz(tar(file(b'zeros', bytes(9 << 20)))), {'zeros': ('file', bytes(9 << 20), 0o644)}
    yield 'bengali_and_thai_names', tar(file('বাংলা'.encode()), file('ที่อยู่'.encode())), {
        'বাংলা': ('file', b'content\n', 0o644), 'ที่อยู่': ('file', b'content\n', 0o644)}


if __name__ == '__main__':
    import pathlib
    import sys
    for case in hostile():
        pathlib.Path(sys.argv[1], case.name).write_bytes(case.data)
    for name, data, _ in good():
        pathlib.Path(sys.argv[1], 'good_' + name).write_bytes(data)
