import { describe, expect, it } from 'vitest';
import { excerpt } from '../../apps/web/src/search/excerpt.js';

const hits = (text: string, highlights: [number, number][]): string[] =>
  excerpt(text, highlights)
    .filter((piece) => piece.isHit)
    .map((piece) => piece.text);
const whole = (text: string, highlights: [number, number][]): string =>
  excerpt(text, highlights)
    .map((piece) => piece.text)
    .join('');

describe('what is shown of a message that was found', () => {
  it('is all of a short one, in its pieces', () => {
    expect(excerpt('a cup of tea', [[2, 3]])).toEqual([
      { text: 'a ', isHit: false },
      { text: 'cup', isHit: true },
      { text: ' of tea', isHit: false },
    ]);
    expect(whole('tea', [])).toBe('tea');
  });

  it('counts code points', () => {
    expect(hits('👩‍🚀👍🏽 tea', [[6, 3]])).toEqual(['tea']);
  });

  it('of a long one is what stands around the first hit', () => {
    const text = `${'x'.repeat(1000)} tea ${'y'.repeat(1000)} tea`;
    const highlights: [number, number][] = [
      [1001, 3],
      [2006, 3],
    ];
    expect(hits(text, highlights)).toEqual(['tea']);
    expect(whole(text, highlights)).toMatch(/^… x{39} tea y{196} …$/);
  });

  it('cuts a hit at its end', () => {
    expect(hits('z'.repeat(500), [[0, 500]])).toEqual(['z'.repeat(240)]);
  });
});
