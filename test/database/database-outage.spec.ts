import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { databaseOutage } from '../../src/database/database-outage.js';
import { UnavailableError } from '../../src/common/errors.js';

const refused = (code: string): Error =>
  new QueryFailedError('SELECT 1', [], Object.assign(new Error('x'), { code }));

describe('a database that is out of reach', () => {
  it.each([
    ['a connection that broke within a transaction', new QueryRunnerAlreadyReleasedError()],
    ['a silent connection', new Error('Connection terminated: silent for 6000 ms')],
    ['a statement that took too long', refused('57014')],
    ['a statement whose preparation took too long', refused('26000')],
    ['a transaction that was left open', refused('25P03')],
  ])('is an outage: %s', (_, error) => {
    expect(databaseOutage(error)).toBeInstanceOf(UnavailableError);
  });

  it.each([
    ['a constraint', refused('23505')],
    ['a bug', new TypeError('x is undefined')],
  ])('is no outage: %s', (_, error) => {
    expect(databaseOutage(error)).toBeUndefined();
  });
});
