import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_WORD } from '../../src/common/fold-text.js';
import { foldWords } from '../../src/search/fold-words.js';
import { needlesOf, soughtText, wholeWordsOf } from '../../src/search/search-needles.js';
import { SegmentPart, writePart } from '../../src/search/segment-part.js';
import { WordFilter } from '../../src/search/word-filter.js';

/** As a segment has them. */
function filterOf(texts: string[]): WordFilter {
  const messages = texts.map((text, seq) => ({ seq, words: foldWords(text) }));
  const { text } = new SegmentPart(writePart(0, messages), 0);
  const filter = new WordFilter(text.length);
  filter.add(text);
  return filter;
}

const SCRIPTS = [
  ...[
    'harbour',
    'Straße',
    'CAFÉ',
    'ΣΊΣΥΦΟΣ',
    'Ёлка',
    'हिन्दी',
    'ภาษาไทย',
    '東京都',
    'データ',
    'ﾃﾞｰﾀ',
  ],
  ...[
    '한국어',
    'שלום',
    'سَلام',
    '👍🏽',
    '👨‍👩‍👧',
    '🇩🇪',
    'C++',
    '3.14',
    '½',
    'ﷺ',
    'don’t',
    '𞤀𞤁',
    '“',
    '"',
    '…',
  ],
];
const piece = fc.oneof(fc.constantFrom(...SCRIPTS), fc.string({ unit: 'grapheme', maxLength: 6 }));
const text = fc
  .array(fc.tuple(piece, fc.constantFrom('', ' ', ', ', '\n')), { maxLength: 8 })
  .map((pieces) => pieces.flat().join(''));

function needlesIn(q: string, isPrefix: boolean): string[] | undefined {
  try {
    return needlesOf(q, isPrefix);
  } catch {
    return undefined; // no word, or too many
  }
}

describe('the filter of words', () => {
  it('denies nothing that is found, in whichever script', () => {
    let found = 0;
    const asked = fc.tuple(fc.nat(), fc.nat(), fc.nat(20), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(fc.array(text, { maxLength: 20 }), asked, (texts, of) => {
        const [index, from, length, isQuoted, isPrefix] = of;
        const said = texts[index % texts.length] ?? '';
        const part = said.slice(from % (said.length + 1)).slice(0, length);
        const needles = needlesIn(isQuoted ? `"${part}"` : part, isPrefix);
        if (!needles || !texts.some((one) => needles.every((n) => soughtText(one).includes(n)))) {
          return;
        }
        found++;
        const filter = filterOf(texts);
        for (const word of wholeWordsOf(needles)) expect(filter.mayHold(word), word).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(found).toBeGreaterThan(500); // else it has shown nothing
  });

  it('denies most of the words that are not there', () => {
    const words = (from: number, count: number): string[] =>
      Array.from({ length: count }, (_, n) => (Math.imul(from + n, 2654435761) >>> 0).toString(36));
    const filter = filterOf(words(0, 5000).map((word) => `${word} and a few that are said often`));
    const passed = words(5000, 10_000).filter((word) => filter.mayHold(word));
    expect(passed.length).toBeLessThan(200);
    expect(filter.bytes).toBeLessThan(20_000);
  });

  it('holds words of whichever length and place, the last one of a text too', () => {
    const words = Array.from({ length: 40 }, (_, n) => 'wörter'.repeat(8).slice(0, 1 + n));
    for (const word of words) {
      const filter = new WordFilter(0);
      filter.add(Buffer.from(word));
      expect(filter.mayHold(word), word).toBe(true);
    }
    for (const gap of [' ', '  ', ' \n ', '    ']) {
      const filter = new WordFilter(20_000);
      filter.add(Buffer.from(`xxx${words.join(gap)}`).subarray(3)); // no multiple of four
      for (const word of words) expect(filter.mayHold(word), word).toBe(true);
      const others = words.map((word) => `${word.slice(0, -1)}x`);
      expect(others.filter((word) => filter.mayHold(word)).length).toBeLessThan(4);
    }
  });

  it('denies all where there is nothing', () => {
    expect(new WordFilter(0).mayHold(NO_WORD)).toBe(false);
  });
});
