import { describe, expect, it } from 'vitest';
import { foldWords } from '../../src/search/fold-words.js';
import { highlightsOf } from '../../src/search/highlights.js';
import { needlesOf, soughtText } from '../../src/search/search-needles.js';

/** All but those that stand for themselves beside whatever they stand. */
const COMPOSED = /(?!\p{Unified_Ideograph}|\p{Co}|\p{Cs}|\p{Script=Tangut})\p{Assigned}/u;

/** The text with brackets around what is told of. */
function marked(text: string, q: string, isPrefix = false): string {
  const points = [...text];
  const places = highlightsOf(text, needlesOf(q, isPrefix)).reverse();
  for (const [start, length] of places) {
    points.splice(start, length, `[${points.slice(start, start + length).join('')}]`);
  }
  return points.join('');
}

describe('what was looked for', () => {
  const texts: [q: string, text: string, marked: string][] = [
    ['room', 'Hello, room!', 'Hello, [room]!'],
    ['room hello', 'Hello, room! Rooms?', '[Hello], [room]! Rooms?'],
    ['a', 'a a\na', '[a] [a]\n[a]'],
    ['"foo bar"', 'foo, (Foo bar) foo', 'foo, ([Foo bar]) foo'],
    ['"foo foo"', 'foo foo foo', '[foo foo foo]'],
    ['strasse', 'Lange Straße!', 'Lange [Straße]!'],
    [
      'creme',
      'Cre\u0301me\u0302 cre\u0300me',
      'Cre\u0301me\u0302 cre\u0300me'.replace(/\S+/g, '[$&]'),
    ],
    ['istanbul', 'İstanbul’da', '[İstanbul]’da'],
    ['office', 'An oﬃce', 'An [oﬃce]'],
    ['x', '😀😀 x 😀x', '😀😀 [x] 😀[x]'],
    ['👍', 'Yes👍🏽👍!', 'Yes[👍]🏽[👍]!'],
    ['👩', '👨‍👩‍👧 👩🏽‍🚀', '👨‍[👩]‍👧 [👩]🏽‍🚀'],
    ['👨‍👩‍👧', 'We 👨‍👩‍👧!', 'We [👨‍👩‍👧]!'],
    ['❤', '❤️❤ ❤', '[❤️❤] [❤]'],
    ['京都', '東京都と京都', '東[京都]と[京都]'],
    ['京', '東京 tower', '東[京] tower'],
    ['ああ', 'あああ', '[あああ]'],
    ['データ', 'ﾃﾞｰﾀ!', '[ﾃﾞｰﾀ]!'],
    ['ไทย', 'ภาษาไทย', 'ภาษา[ไทย]'],
    ['한국어', '우리 한국어'.normalize('NFD'), `우리 [한국어]`.normalize('NFD')],
    ['12', '１２ 12', '[１２] [12]'],
    ['2', '½', '[½]'],
    ['عليه', '\ufdfa', '[\ufdfa]'],
    ['1 2', '½', '[½]'],
  ];
  it('is found after more marks in a row than count', () => {
    const marks = '\u0591'.repeat(20);
    expect(highlightsOf(`가${marks}\uff9e${marks} hello`, [' hello '])).toEqual([[43, 5]]);
  });

  it.each(texts)('is shown: %j in %j', (q, text, expected) => {
    expect(marked(text, q)).toBe(expected);
  });

  it('is shown of the beginning of a word too', () => {
    expect(marked('Hello hell, shell', 'hel', true)).toBe('[Hel]lo [hel]l, shell');
    expect(marked('Strasse, Straße', 'stras', true)).toBe('[Stras]se, [Straß]e');
  });

  it('counts code points', () => {
    expect(highlightsOf('😀 𝒳 x', [' x '])).toEqual([
      [2, 1],
      [4, 1],
    ]);
  });

  it('is told of a hundred times', () => {
    expect(highlightsOf('a b '.repeat(200), [' a '])).toHaveLength(100);
    expect(highlightsOf('漢'.repeat(16_384), ['漢'.repeat(200)])).toEqual([[0, 16_384]]);
  });

  /** Composing what stands next to each other would move places. */
  it('is found where it stands, whatever stands beside it', () => {
    const wrong: string[] = [];
    for (const before of ['', 'e', '한', '하', 'ㄱ', '\u1100', 'が', 'ﾊ', 'Σ', '㉠', 'க']) {
      for (let point = 0; point < 0x110000; point++) {
        const character = String.fromCodePoint(point);
        if (!COMPOSED.test(character)) continue;
        const text = `${before}${character}`;
        const [place] = highlightsOf(`${text} mark`, [' mark ']);
        if (String(place) !== `${[...text].length + 1},4`)
          wrong.push(`${before} ${point.toString(16)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is found wherever a message is found', () => {
    const text = 'Ångström ﬁne 東京都 👩🏽‍🚀 한국어 Straße';
    for (const word of foldWords(text).split(' ')) {
      expect(highlightsOf(text, needlesOf(word, false)).length, word).toBeGreaterThan(0);
      expect(soughtText(text)).toContain(needlesOf(word, false)[0]);
    }
  });
});
