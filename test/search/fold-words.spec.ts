import { describe, expect, it } from 'vitest';
import { foldWords } from '../../src/search/fold-words.js';
import { cpuMs } from '../support/turns.js';

describe('the words of a message', () => {
  const texts: [what: string, text: string, words: string][] = [
    ['nothing', '', ''],
    ['no word', ' …?!\n\t— "()" \0 @#% ', ''],
    ['lines', 'Hello,\n  room!\r\nHow\tare you?', 'hello room how are you'],
    [
      'an address',
      'see https://Example.org:8080/a_b?q=Z%C3%A9#top',
      'see https example org 8080 a b q = z c3 a9 top',
    ],
    ['an e-mail', 'Mail ada.lovelace+x@example.org', 'mail ada lovelace + x example org'],
    ['a path', '~/src/fold-words.ts', '~ src fold words ts'],
    ['numbers', '3.141 1,000 -5 1e9 0x1F v2.0 ½', '3 141 1 000 5 1e9 0x1f v2 0 1 2'],
    ['digits of others', '٣٫١٤ ५ ๓ １２', '٣ ١٤ ५ ๓ 12'],
    ['Latin', 'Crème BRÛLÉE, Łódź', 'creme brulee łodz'],
    ['German', 'Straße, ÄÖÜ', 'strasse aou'],
    ['Turkish', 'İstanbul ısı', 'istanbul ısı'],
    ['Vietnamese', 'Tiếng Việt', 'tieng viet'],
    ['Greek', 'Ὁ Σίσυφος', 'ο σισυφοσ'],
    ['Cyrillic', 'ЁЛКА й', 'елка и'],
    ['Armenian', 'Հայերեն', 'հայերեն'],
    ['Georgian', 'ᲥᲐᲠᲗᲣᲚᲘ ქართული', 'ქართული ქართული'],
    ['Hebrew', 'שלום עולם', 'שלום עולם'],
    ['Arabic', 'السَّلام عليكم', 'السَّلام عليكم'],
    ['Persian, by a joiner two', 'می‌خواهم', 'می خواهم'],
    ['Syriac', 'ܣܘܪܝܝܐ', 'ܣܘܪܝܝܐ'],
    ['Hindi', 'हिन्दी में', 'हिन्दी में'],
    ['Bengali', 'বাংলা', 'বাংলা'],
    ['Gurmukhi', 'ਪੰਜਾਬੀ', 'ਪੰਜਾਬੀ'],
    ['Gujarati', 'ગુજરાતી', 'ગુજરાતી'],
    ['Odia', 'ଓଡ଼ିଆ', 'ଓଡ଼ିଆ'],
    ['Tamil', 'தமிழ் மொழி', 'தமிழ் மொழி'],
    ['Telugu', 'తెలుగు', 'తెలుగు'],
    ['Kannada', 'ಕನ್ನಡ', 'ಕನ್ನಡ'],
    ['Malayalam', 'മലയാളം', 'മലയാളം'],
    ['Sinhala', 'සිංහල', 'සිංහල'],
    ['Tibetan', 'བོད་སྐད', 'བོད སྐད'],
    ['Ethiopic', 'አማርኛ፡ቋንቋ', 'አማርኛ ቋንቋ'],
    ['Mongolian', 'ᠮᠣᠩᠭᠣᠯ', 'ᠮᠣᠩᠭᠣᠯ'],
    ['Cherokee', 'ᏣᎳᎩ', 'ꮳꮃꭹ'.toLowerCase()],
    ['Adlam', '𞤀𞤁', '𞤢𞤣'],
    ['Tifinagh', 'ⵜⴰⵎⴰⵣⵉⵖⵜ', 'ⵜⴰⵎⴰⵣⵉⵖⵜ'],
    ['Korean', '한국어 방', '한국어 방'],
    ['Chinese', '我在東京。你呢？', '我在東京 你呢'],
    ['Chinese with others', '用Git提交3次', '用 git 提交 3 次'],
    ['Japanese', '東京タワーは高い！', '東京タワーは高い'],
    ['Japanese of half width', 'ﾄｳｷｮｳﾀﾜｰ ﾃﾞｰﾀ', 'トウキョウタワー データ'],
    ['Thai', 'สวัสดีครับ hello', 'สวัสดีครับ hello'],
    ['Lao', 'ສະບາຍດີ', 'ສະບາຍດີ'],
    ['Khmer', 'សួស្តី', 'សួស្តី'],
    ['Burmese', 'မင်္ဂလာပါ', 'မင်္ဂလာပါ'],
    ['emoji', 'Yes👍👍🏽 ❤️!', 'yes 👍 👍🏽 ❤'],
    ['joined emoji', '👨‍👩‍👧👩🏽‍🚀', '👨‍👩‍👧 👩🏽‍🚀'],
    ['flags', '🇩🇪🇫🇷🏴󠁧󠁢󠁥󠁮󠁧󠁿🏳️‍🌈', '🇩🇪 🇫🇷 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏳‍🌈'],
    ['symbols', 'C++ → $5 ★', 'c + + → $ 5 ★'],
  ];
  it.each(texts)('of %s, however it is composed', (_what, text, words) => {
    const expected = words.normalize('NFC');
    for (const form of ['NFC', 'NFD']) {
      expect(foldWords(text.normalize(form)), form).toBe(expected);
    }
    expect(foldWords(expected)).toBe(expected);
  });

  it('are all there of the longest message, but where its characters stand for many', () => {
    const longest = ['😀', '漢', 'x ', 'x', '한', 'e\u0301', '🇩🇪', 'ﾃﾞ'];
    for (const unit of longest) {
      const text = `${unit.repeat(16_379 / [...unit].length)} last`;
      expect(foldWords(text).endsWith(' last'), unit).toBe(true);
    }
    expect(foldWords(`${'\ufdfa'.repeat(16_379)} last`).length).toBeLessThan(2 * 65_536);
  });

  it('take no longer of marks that nobody can read', () => {
    const classes =
      '\u0345\u0315\u0301\u302e\u0316\u0321\u0f74\u0f72\u0652\u0651\u05b0\u094d\u3099\u0334';
    const text = `a${[...classes].map((mark) => mark.repeat(1169)).join('')} last`;
    const begun = cpuMs();
    expect(foldWords(text).endsWith(' last')).toBe(true);
    expect(cpuMs() - begun).toBeLessThan(20);
  });

  it('hold neither a space nor a line break, whatever the message holds', () => {
    for (let point = 0; point < 0x110000; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const words = foldWords(`a${String.fromCodePoint(point)}b`);
      if (/^ | $| {2}|[^\S ]/.test(words)) expect(words, point.toString(16)).toBe('');
      if (foldWords(words) !== words) expect(words, point.toString(16)).toBe(foldWords(words));
    }
  });
});
