import { describe, expect, it } from 'vitest';
import { newChat } from '../../src/chat/chat-factory.js';
import { fits, rangeOf, wordRows, wordsOfName } from '../../src/chat/name-words.js';
import { wordsOf } from '../../src/common/fold-text.js';
import { newId } from '../../src/crypto/ids.js';

const room = (name: string | null) => newChat(newId(), 'public', name);
const kept = (name: string): unknown[] => wordRows(room(name)).map(({ word }) => word);
const bytes = (text: unknown): Buffer => Buffer.from(String(text));

/** Whether the table would lead from the words asked for to the room. */
function isFound(q: string, name: string): boolean {
  return wordsOf(q).every((word) => {
    const [from, to] = rangeOf(word).map(bytes);
    return kept(name).some((each) => {
      return bytes(each).compare(from) >= 0 && bytes(each).compare(to) < 0;
    });
  });
}

describe('the words of a name', () => {
  it('are kept once each, and where there are no spaces whatever stands at the end', () => {
    expect(kept('Engine room, ENGINE')).toEqual(['engine', 'room']);
    expect(kept('東京支社 A')).toEqual(['東京支社', '京支社', '支社', '社', 'a']);
    expect(kept('👍🏽')).toEqual(['👍🏽', '🏽']);
    expect(kept('...')).toEqual([]);
  });

  it('are kept of public rooms alone', () => {
    expect(wordRows({ ...room('Room'), visibility: 'private' })).toEqual([]);
    expect(wordRows({ ...room('Room'), deletedAt: new Date() })).toEqual([]);
    expect(wordRows({ ...room(null), visibility: 'direct' })).toEqual([]);
  });

  it('are looked for in 400 units, however many a character stands for', () => {
    const long = `${'\ufdfa'.repeat(199)}😀`;
    expect(wordsOf(long).reduce((sum, { text }) => sum + text.length, 0)).toBeGreaterThan(2000);
    expect(wordsOfName(long).reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(400);
    expect(fits(wordsOf('😀'), long)).toBe(false);
    expect(fits(wordsOf('😀'), '😀'.repeat(200))).toBe(true);
  });

  it('take no more room than an index has, whatever the name', () => {
    const names = ['𝕏'.repeat(200), '漢'.repeat(200), '\ufdfa'.repeat(200), '㌖'.repeat(200)];
    for (const name of names) {
      const words = kept(name);
      expect(words.length).toBeLessThanOrEqual(200);
      expect(Math.max(...words.map((word) => bytes(word).length))).toBeLessThanOrEqual(128);
    }
  });
});

describe('a room', () => {
  const found: [q: string, name: string][] = [
    ['eng', 'Engine room'],
    ['room ENGINE', 'Engine room'],
    ['ro eng e', 'Engine room'],
    ['creme', 'Crème'],
    ['crème', 'CREME'],
    ['strasse', 'Lange Straße'],
    ['支社', '東京支社'],
    ['東京 支社', '東京支社'],
    ['ｶﾀｶﾅ', 'カタカナ'],
    ['ไทย', 'ภาษาไทย'],
    ['한국', '한국어'],
    ['👍', 'Yes 👍🏽'],
    ['❤️', 'I ❤ NY'],
    ['c+', 'C++'],
    ['+', 'C++'],
    ['1', '1️⃣ General'],
    ['😀'.repeat(40), '😀'.repeat(200)],
    ['x'.repeat(100), 'x'.repeat(200)],
    [' eng!', 'Engine room'],
  ];
  it.each(found)('is found by %j: %j', (q, name) => {
    expect([fits(wordsOf(q), name), isFound(q, name)]).toEqual([true, true]);
  });

  const lost: [q: string, name: string][] = [
    ['ngine', 'Engine room'],
    ['eng boiler', 'Engine room'],
    ['engines', 'Engine room'],
    ['京東', '東京支社'],
    ['て', 'で'],
    ['i', 'ısı'],
    ['국어', '한국어'],
    ['👎', 'Yes 👍🏽'],
  ];
  it.each(lost)('is not found by %j: %j', (q, name) => {
    expect([fits(wordsOf(q), name), isFound(q, name)]).toEqual([false, false]);
  });

  it('is looked at as a whole where a word is longer than what is kept of it', () => {
    const [name, q] = [`${'x'.repeat(40)}y`, 'x'.repeat(41)];
    expect([fits(wordsOf(q), name), isFound(q, name)]).toEqual([false, true]);
  });
});
