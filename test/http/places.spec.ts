import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/http/callers.js';
import { Places } from '../../src/http/places.js';

const LIMITS = { all: 20, withoutToken: 10, ofUser: 7, ofAddress: 4 };
const user = (key: string): Caller => ({ key, isUser: true });
const address = (key: string): Caller => ({ key, isUser: false });

/** Takes a place if there is one. */
function ask(places: Places, caller: Caller): string {
  const reason = places.refusalOf(caller);
  if (!reason) places.take(caller);
  return reason ?? 'taken';
}

const askOften = (places: Places, caller: Caller, times: number): string[] => [
  ...new Set(Array.from({ length: times }, () => ask(places, caller))),
];

describe('the places', () => {
  it('give one busy user of an idle server more than a share, and leave half to others', () => {
    const places = new Places(LIMITS);
    expect(askOften(places, user('busy'), 11)).toEqual(['taken']);
    expect(ask(places, user('busy'))).toBe('share');
    expect(askOften(places, user('other'), 7)).toEqual(['taken']);
    expect(ask(places, user('other'))).toBe('share');
    expect(askOften(places, user('third'), 2)).toEqual(['taken']);
    expect(ask(places, user('third'))).toBe('places');
  });

  it('give half of them at most to callers without a token, and a share to an address', () => {
    const places = new Places(LIMITS);
    expect(askOften(places, address('a'), 10)).toEqual(['taken']);
    expect(ask(places, address('b'))).toBe('places_without_token');
    expect(askOften(places, user('u'), 7)).toEqual(['taken']);
    places.giveBack(address('a'));
    expect(ask(places, address('a'))).toBe('share');
    expect(ask(places, address('b'))).toBe('taken');
  });

  it('are all there again, once given back', () => {
    const places = new Places(LIMITS);
    for (let round = 0; round < 3; round++) {
      askOften(places, user('u'), 11);
      askOften(places, address('a'), 4);
      expect(places.taken).toBe(15);
      for (let n = 0; n < 11; n++) places.giveBack(user('u'));
      for (let n = 0; n < 4; n++) places.giveBack(address('a'));
      expect(places.taken).toBe(0);
    }
  });
});
