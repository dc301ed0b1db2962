#pragma once

#include <cstdint>
#include <span>

namespace slipway::archive {

/// Tables made by make_unicode_tables.py, each sorted by `first`.
struct CodeRange {
    std::uint32_t first, last;
};
struct ComposingPair {
    std::uint32_t first, second;
};
struct CombiningRange {
    std::uint32_t first, last;
    std::uint8_t combining_class;
};
struct FoldRange {
    std::uint32_t first, last;
    std::int32_t delta;
    std::uint8_t step;  ///< 2: every second code point from `first` on
};

/// Code points that a name in normal form C does not hold, and the combining marks that nearly always compose (UAX 15).
std::span<const CodeRange> other_normal_form();
/// Pairs of the remaining ones that have one code point of their own. A name without either, whose combining classes
/// never fall, has no second spelling.
std::span<const ComposingPair> composing_pairs();
/// Canonical combining classes other than 0 of the code points that are not in other_normal_form().
std::span<const CombiningRange> combining_classes();
/// Simple case folding beyond ASCII, upper case first, so that everything that any file system takes for one name is
/// one.
std::span<const FoldRange> case_folds();

}  // namespace slipway::archive
