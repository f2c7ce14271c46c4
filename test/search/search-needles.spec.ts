import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/common/errors.js';
import { needlesOf, soughtText } from '../../src/search/search-needles.js';

const isFound = (q: string, text: string, isPrefix = false): boolean =>
  needlesOf(q, isPrefix).every((needle) => soughtText(text).includes(needle));

function messagesOf(q: string): string[] {
  try {
    return [`found ${needlesOf(q, false).length}`];
  } catch (error) {
    return (error as InvalidInputError).fields.flatMap(({ messages }) => messages);
  }
}

describe('a message', () => {
  const found: [q: string, text: string][] = [
    ['hello', 'Hello, room!'],
    ['room hello', 'Hello, room!'],
    ['HELLO', 'hello'],
    ['hello hello', 'hello'],
    ['creme', 'Crème brûlée'],
    ['crème', 'CREME'],
    ['strasse', 'Lange Straße'],
    ['σισυφος', 'ΣΙΣΥΦΟΣ'],
    ['łódź', 'Łódź'],
    ['हिन्दी', 'वह हिन्दी है'],
    ['한국어', '한국어 방'],
    ['שלום', 'שלום עולם'],
    ['سلام', 'ﺳﻼﻡ'],
    ['京都', '東京都'],
    ['東京 都', '東京都'],
    ['東京 abc', '東京abc'],
    ['ｶﾀｶﾅ', 'カタカナ語'],
    ['ไทย', 'ภาษาไทย'],
    ['ສາ', 'ພາສາ'],
    ['ខ្មែរ', 'ភាសាខ្មែរ'],
    ['ဘာသာ', 'မြန်မာဘာသာ'],
    ['👍', 'Yes👍🏽'],
    ['👩', 'We 👨‍👩‍👧'],
    ['❤️', 'I ❤ NY'],
    ['🇩🇪', '🇫🇷🇩🇪'],
    ['c++', 'C++'],
    ['€6', 'for 6 €'],
    ['example.org', 'https://example.org/x'],
    ['a_b', 'see b, then a'],
    ['3.141', 'π = 3.141'],
    ['１２', '12'],
    ['½', '1/2'],
    ['"hello room"', 'Hello, room!'],
    ['“hello room”', 'Oh hello room'],
    ['„hello room“ oh', 'Oh hello room'],
    ['"hello room', 'Hello room'],
    ['"room"', 'Hello room'],
    ['"" room', 'Hello room'],
    ['"foo.bar-baz"', 'foo bar baz'],
    ['"東京 tower"', '新東京tower'],
    ['"tower 東京"', 'tower東京都'],
    ['"c++"', 'C++ and C'],
    ['"👍 👍"', '👍👍👍'],
    ['\n hello \t', 'hello'],
    ['don’t', "I don't"],
  ];
  it.each(found)('is found by %j: %j', (q, text) => {
    for (const form of ['NFC', 'NFD']) {
      expect(isFound(q.normalize(form), text)).toBe(true);
      expect(isFound(q, text.normalize(form))).toBe(true);
    }
  });

  const lost: [q: string, text: string][] = [
    ['hell', 'Hello, room!'],
    ['ello', 'Hello, room!'],
    ['rooms', 'room'],
    ['hello you', 'Hello, room!'],
    ['京都', '東京 都'],
    ['都京', '東京都'],
    ['て', 'で'],
    ['i', 'ı'],
    ['국어', '한국어'],
    ['शब', 'शब्द'],
    ['👎', 'Yes 👍'],
    ['🇪🇫', '🇩🇪🇫🇷'],
    ['1', '1️⃣'],
    ['"room hello"', 'Hello, room!'],
    ['"hello room"', 'Hello, big room!'],
    ['"ello room"', 'Hello, room!'],
    ['"hello roo"', 'Hello, room!'],
    ['"hello" "big room"', 'Hello, room!'],
    ['"京 tower"', '東京都tower'],
    ['x', ''],
  ];
  it.each(lost)('is not found by %j: %j', (q, text) => {
    expect(isFound(q, text)).toBe(false);
  });

  const begun: [q: string, text: string, found: boolean][] = [
    ['hel', 'Hello, room!', true],
    ['room hel', 'Hello, room!', true],
    ['hel room', 'Hello, room!', false],
    ['ello', 'Hello, room!', false],
    ['hello roo', 'Hello, room!', true],
    ['"hello roo', 'Hello, room!', true],
    ['"hello roo"', 'Hello, room!', true],
    ['"hel room"', 'Hello, room!', false],
    ['hello hel', 'Hello', true],
    ['京', '東京', true],
    ['한국', '한국어', true],
    ['हिन्', 'हिन्दी', true],
    ['👍', '👍🏽', true],
    ['straß', 'Strasse', true],
  ];
  it.each(begun)('is found by the beginning of the last word: %j, %j: %j', (q, text, expected) => {
    expect(isFound(q, text, true)).toBe(expected);
  });
});

describe('what is looked for', () => {
  it('has the longest first', () => {
    expect(needlesOf('a room "of one\'s own" 京都', false)).toEqual([
      ' of one s own ',
      ' room ',
      ' a ',
      '京都',
    ]);
    expect(needlesOf('room ro', true)).toEqual([' room ', ' ro']);
  });

  it.each(['', ' ', '""', '"', '...', '\u0000', '-_-', '“”', '\u200d'])('has a word: %j', (q) => {
    expect(messagesOf(q)).toEqual(['q must hold a letter, a digit, an emoji or another symbol']);
  });

  it.each(['❤️', '+', '→', '京', 'a'])('may be but %j', (q) => {
    expect(messagesOf(q)).toEqual(['found 1']);
  });

  it('has at most eight different words, those of phrases counted too', () => {
    expect(messagesOf('a b c d e f g h')).toEqual(['found 8']);
    expect(messagesOf('a b c d e f g h A b')).toEqual(['found 8']);
    expect(messagesOf('"a b c d" e f g h')).toEqual(['found 5']);
    expect(messagesOf('😀'.repeat(200))).toEqual(['found 1']);
    expect(messagesOf('漢'.repeat(200))).toEqual(['found 1']);
    expect(messagesOf('\ufdfa '.repeat(100))).toEqual(['found 4']);
    const words = 'q must not hold more than 8 different words; it holds 9';
    expect(messagesOf('a b c d e f g h i')).toEqual([words]);
    expect(messagesOf('"a b c d e" f g h i')).toEqual([words]);
  });
});
