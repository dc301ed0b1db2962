"""Prints unicode_tables.cpp from Python's own Unicode database: python3 make_unicode_tables.py | clang-format > unicode_tables.cpp"""
import unicodedata as u

points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
other = {c for c in points if u.normalize('NFC', chr(c)) != chr(c)}
other |= set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))  # Hangul vowels and finals compose by rule
pairs = []
for c in points:
    parts = u.decomposition(chr(c)).split()
    if len(parts) == 2 and not parts[0].startswith('<') and c not in other:
        first, second = int(parts[0], 16), int(parts[1], 16)
        if second < 0x370 or 0x3000 <= second < 0x3100:
            other.add(second)  # Latin, Greek, Cyrillic and Kana: such a mark always has a better spelling
        else:
            pairs.append([first, second])


def ranges():
    rows = []
    for c in sorted(other):
        if rows and rows[-1][1] == c - 1:
            rows[-1][1] = c
        else:
            rows.append([c, c])
    return rows


def classes():
    rows = []
    for c in points:
        k = u.combining(chr(c))
        if not k or c in other:
            continue
        if rows and rows[-1][1] == c - 1 and rows[-1][2] == k:
            rows[-1][1] = c
        else:
            rows.append([c, c, k])
    return rows


def fold(c):
    upper = chr(c).upper()
    if len(upper) != 1:
        upper = chr(c)
    folded = upper.casefold()
    if len(folded) != 1:
        folded = upper.lower() if len(upper.lower()) == 1 else upper
    return ord(folded)


def folds():
    rows = []
    for c in points:
        delta = fold(c) - c
        if c in other or c < 128 or delta == 0:
            continue
        last = rows[-1] if rows else None
        if last and last[2] == delta and c - last[1] in (1, 2) and last[3] in (0, c - last[1]):
            last[1], last[3] = c, c - last[1]
        else:
            rows.append([c, c, delta, 0])
    return [[a, b, d, step or 1] for a, b, d, step in rows]


def show(name, kind, rows):
    print('std::span<const %s> %s() {\n static constexpr %s rows[] = {' % (kind, name, kind))
    print(', '.join('{%s}' % ', '.join(hex(v) if i < 2 else str(v) for i, v in enumerate(row)) for row in rows))
    print('}; return rows; }\n')


print('// Made by make_unicode_tables.py from Unicode %s; change that, not this.' % u.unidata_version)
print('#include "platform/archive/unicode_tables.h"\n\nnamespace slipway::archive {\n')
show('other_normal_form', 'CodeRange', ranges())
show('composing_pairs', 'ComposingPair', sorted(pairs))
show('combining_classes', 'CombiningRange', classes())
show('case_folds', 'FoldRange', folds())
print('}  // namespace slipway::archive')
