import { describe, expect, it } from 'vitest';
import {
  nodeFindings,
  postgresFindings,
  sqliteFindings,
} from '../../src/cli/doctor/version-findings.js';

const now = new Date('2026-11-29T12:00:00Z');

describe('versions', () => {
  it.each([
    ['22.14.0', []],
    ['26.1.0', []],
    ['28.0.0', []],
    ['20.20.2', ['advice']],
    ['25.1.0', ['advice']],
    ['20.18.3', ['danger']],
    ['18.20.0', ['danger']],
  ])('of Node, %s: %s', (version, expected) => {
    expect(nodeFindings(version, now).map(({ severity }) => severity)).toEqual(expected);
  });

  it('of PostgreSQL that are out of support', () => {
    const of = (version: string): number => postgresFindings(version, now).length;
    expect(['9.6.3', '13.2', '14.9', '15.20', '18.1', '19.0'].map(of)).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('of SQLite that may damage a database', () => {
    expect(sqliteFindings('3.46.1')).toHaveLength(1);
    expect(sqliteFindings('3.53.2')).toEqual([]);
  });
});
