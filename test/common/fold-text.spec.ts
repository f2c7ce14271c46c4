import { describe, expect, it } from 'vitest';
import { foldText, wordsOf } from '../../src/common/fold-text.js';

/** Words with a `*` where they are looked for within others too. */
const words = (text: string): string[] =>
  wordsOf(text).map(({ text: word, isUnspaced }) => (isUnspaced ? `${word}*` : word));

describe('a text is folded', () => {
  const texts: [script: string, text: string, folded: string][] = [
    ['Latin', 'Crème BRÛLÉE', 'creme brulee'],
    ['German', 'Straße STRASSE ẞ', 'strasse strasse ss'],
    ['Turkish, its dotless i as it falls', 'İstanbul ISPARTA ısı', 'istanbul isparta ısı'],
    ['Vietnamese', 'Tiếng Việt, Đà Nẵng', 'tieng viet, đa nang'],
    ['Greek', 'ΟΔΟΣ Ἀθῆναι Σίσυφος ς', 'οδοσ αθηναι σισυφοσ σ'],
    ['Cyrillic', 'Йод ЁЛКА', 'иод елка'],
    ['Armenian', 'ՀԱՅԵՐԵՆ', 'հայերեն'],
    ['Georgian', 'ᲥᲐᲠᲗᲣᲚᲘ', 'ქართული'],
    ['Cherokee', 'ᏣᎳᎩ', 'ꮳꮃꭹ'.toLowerCase()],
    ['Deseret', '𐐔𐐇𐐝', '𐐼𐐯𐑅'],
    ['Adlam', '𞤀𞤁', '𞤢𞤣'],
    ['Hebrew, whose points stay', 'שָׁלוֹם', 'שָׁלוֹם'.normalize('NFC')],
    ['Arabic, in the forms of old fonts', 'ﺳﻼﻡ', 'سلام'],
    ['Arabic, whose vowels stay', 'سَلَام', 'سَلَام'],
    ['Persian', 'فارسی', 'فارسی'],
    ['Syriac', 'ܣܘܪܝܝܐ', 'ܣܘܪܝܝܐ'],
    ['Hindi', 'हिन्दी ज़', 'हिन्दी ज़'.normalize('NFC')],
    ['Bengali', 'বাংলা', 'বাংলা'],
    ['Gurmukhi', 'ਪੰਜਾਬੀ', 'ਪੰਜਾਬੀ'],
    ['Gujarati', 'ગુજરાતી', 'ગુજરાતી'],
    ['Odia', 'ଓଡ଼ିଆ', 'ଓଡ଼ିଆ'.normalize('NFC')],
    ['Tamil', 'தமிழ் கொ', 'தமிழ் கொ'.normalize('NFC')],
    ['Telugu', 'తెలుగు', 'తెలుగు'],
    ['Kannada', 'ಕನ್ನಡ', 'ಕನ್ನಡ'],
    ['Malayalam', 'മലയാളം', 'മലയാളം'],
    ['Sinhala', 'සිංහල', 'සිංහල'],
    ['Thai', 'ภาษาไทย', 'ภาษาไทย'],
    ['Lao', 'ພາສາລາວ', 'ພາສາລາວ'],
    ['Khmer', 'ភាសាខ្មែរ', 'ភាសាខ្មែរ'],
    ['Burmese', 'မြန်မာဘာသာ', 'မြန်မာဘာသာ'],
    ['Tibetan', 'བོད་སྐད', 'བོད་སྐད'],
    ['Ethiopic', 'አማርኛ', 'አማርኛ'],
    ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ', 'ᠮᠣᠩᠭᠣᠯ'],
    ['Korean', '한국어', '한국어'],
    ['Chinese', '中文 繁體', '中文 繁體'],
    ['Japanese, whose で stays', 'で ガ ﾃﾞｰﾀ', 'で ガ データ'],
    ['full width', 'ＡＢＣ１２３', 'abc123'],
    ['numbers', '①Ⅷ ٣ ५', '1viii ٣ ५'],
    ['ligatures', 'ﬁ ﬀ Ǆ', 'fi ff dz'],
    ['emoji, however they are to look', '❤️ ❤ ❤︎', '❤ ❤ ❤'],
    ['ideographs, whichever of their forms', '葛\u{e0100}城', '葛城'],
  ];
  it.each(texts)('in %s', (_script, text, folded) => {
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
      expect(foldText(text.normalize(form))).toBe(folded);
    }
    expect(foldText(folded)).toBe(folded);
  });

  it('once and for all, whatever it holds', () => {
    const again: string[] = [];
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const folded = foldText(String.fromCodePoint(point));
      if (foldText(folded) !== folded) again.push(point.toString(16));
    }
    expect(again).toEqual([]);
  });

  it('but other letters stay other letters', () => {
    const pairs = ['ıi', 'でて', 'ガカ', 'đd', 'øo', 'łl', 'شس', 'กข', '가각', 'ंँ'];
    for (const pair of pairs) {
      const [one, other] = [...pair].map(foldText);
      expect(one, pair).not.toBe(other);
    }
  });
});

describe('words', () => {
  const texts: [text: string, words: string[]][] = [
    ['', []],
    [' \t.,!?-_/\\"\'()[]{}…–„“&#@%*\0', []],
    ['Engine room, level 2', ['engine', 'room', 'level', '2']],
    ['foo_bar-baz don’t', ['foo', 'bar', 'baz', 'don', 't']],
    ['हिन्दी में', ['हिन्दी', 'में']],
    ['한국어 방', ['한국어', '방']],
    ['東京支社', ['東京支社*']],
    ['東京abc支社9', ['東京*', 'abc', '支社*', '9']],
    ['カタカナとひらがな々〆ー', ['カタカナとひらがな々〆ー*']],
    ['ภาษาไทย abc ພາສາ', ['ภาษาไทย*', 'abc', 'ພາສາ*']],
    ['ភាសា မြန်မာ', ['ភាសា*', 'မြန်မာ*']],
    ['がﾞ', ['が\u3099*']],
    ['👍👍🏽 ❤️', ['👍*', '👍🏽*', '❤*']],
    ['👨‍👩‍👧👋', ['👨‍👩‍👧*', '👋*']],
    ['🏳️‍🌈🏴‍☠️', ['🏳‍🌈*', '🏴‍☠*']],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿🇩🇪🇫🇷', ['🏴󠁧󠁢󠁥󠁮󠁧󠁿*', '🇩🇪*', '🇫🇷*']],
    ['1️⃣ General', ['1\u20e3', 'general']],
    ['🏽', ['🏽*']],
    ['C++ $5 €6 A→B ★', ['c', '+*', '+*', '$*', '5', '€*', '6', 'a', '→*', 'b', '★*']],
    ['½ 1/2', ['1', '2', '1', '2']],
  ];
  it.each(texts)('of %j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it('are the same folded once and twice', () => {
    for (const [text] of texts) expect(words(foldText(text)), text).toEqual(words(text));
  });
});
