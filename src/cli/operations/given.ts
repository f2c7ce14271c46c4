import { InvalidInputError } from '../../common/errors.js';

/** Fields of a request, as whoever asks has given them. */
export type Given = Record<string, unknown>;

/** What is asked, by its name. */
export type Table = Record<string, (given: Given) => Promise<object>>;

/** @throws InvalidInputError */
export function textOf(given: Given, field: string): string {
  const value = given[field];
  return typeof value === 'string' ? value : refuse(field, 'must be a text');
}

/** From where on a list is to go, and how far. @throws InvalidInputError */
export function rangeOf(given: Given): { after: string; limit: number } {
  const after = given.after === undefined ? FIRST : requireId(textOf(given, 'after'), '--after');
  const limit = Number(given.limit ?? 100);
  const isSound = Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT;
  return { after, limit: isSound ? limit : refuse('--limit', `must be from 1 to ${MAX_LIMIT}`) };
}

/** @throws InvalidInputError */
export function requireId(text: string, field: string): string {
  return UUID.test(text) ? text.toLowerCase() : refuse(field, 'must be an id, a UUID');
}

export function refuse(field: string, fault: string): never {
  throw new InvalidInputError([{ field, messages: [`${field} ${fault}`] }]);
}

const FIRST = '00000000-0000-0000-0000-000000000000';
const MAX_LIMIT = 500;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
