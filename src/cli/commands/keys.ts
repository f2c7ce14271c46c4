import type { Command } from 'commander';
import type { RenewalReport } from '../../encryption/key-renewal.js';
import type { RotationReport } from '../../encryption/key-rotation.js';
import type { KeysReport } from '../../encryption/key-status.js';
import type { VerificationReport } from '../../encryption/key-verification.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../table.js';
import { group, leaf } from './group.js';

/** A million messages take half a minute of one core, in slices that let others in. */
const LONG_MS = 6 * 3_600_000;

export function keys(): Command {
  return group('keys', 'master keys, and the keys of rooms and accounts that they wrap')
    .addCommand(status())
    .addCommand(rotate())
    .addCommand(verify())
    .addCommand(renew());
}

function status(): Command {
  const description =
    'which master keys are in use, and which can go (exit 3: not yet, 4: one is missing)';
  return leaf('status', description, async (session) => {
    const report = await session.ask<KeysReport>('keys.status', {});
    const rows = report.keys.map((key) => [
      key.key_id,
      key.state,
      key.chats,
      key.authors,
      key.failed,
      `${key.processes_sealing} / ${key.processes_opening}`,
      key.safe_to_drop ? 'now' : (key.safe_from ?? '-'),
    ]);
    const head = ['key', 'state', 'rooms', 'accounts', 'failed', 'seal / have it', 'safe to drop'];
    session.print(report, [table(head, rows), ...remarks(report)].join('\n'));
    const { exitCodeOf } = await import('../../encryption/key-status.js');
    process.exitCode = exitCodeOf(report);
  });
}

function rotate(): Command {
  const description = 'wrap everything under the first master key, now';
  return leaf('rotate', description, async (session) => {
    const report = await session.ask<RotationReport>('keys.rotate', {}, LONG_MS);
    const { rows, seconds, failed, waits_for: others } = report;
    const done = `Wrapped ${rows} keys anew in ${seconds} s; ${failed} do not open.`;
    const waits = `Nothing was done: other processes wrap under ${others.join(', ')}. Give all of them the same first key.`;
    session.print(report, others.length > 0 ? waits : done);
    if (others.length > 0 || failed > 0) process.exitCode = EXIT.unfinished;
  });
}

function verify(): Command {
  const description =
    'open every key, and with --messages every message and file; exit 1 if any does not';
  return leaf<{ messages?: true }>('verify', description, async (session, _, { messages }) => {
    const report = await session.ask<VerificationReport>('keys.verify', { messages }, LONG_MS);
    const rows = report.parts.map(({ part, opened, failed }) => [part, opened, failed]);
    const failures = report.parts.flatMap((part) => part.failures);
    const named = failures.length > 0 ? `\nDo not open: ${failures.join(' ')}` : '';
    session.print(report, table(['part', 'open', 'do not'], rows) + named);
    if (report.failed > 0) process.exitCode = EXIT.failed;
  }).option('--messages', 'every message and file too');
}

function renew(): Command {
  const description = 'new keys for what is sent from an hour ahead on, after a leak';
  return leaf<{ room?: string; user?: string; all?: true }>(
    'renew',
    description,
    async (session, _, { room, user, all }) => {
      const given = { room, user, all };
      const report = await session.ask<RenewalReport>('keys.renew', given, LONG_MS);
      const { renewed, counts_from: from } = report;
      session.print(report, `Renewed ${renewed} keys, which count from ${from} on.`);
    },
  )
    .option('--room <id>', 'of one room')
    .option('--user <user>', 'of one account')
    .option('--all', 'of all');
}

function remarks({ left, missing, other_first_keys: others }: KeysReport): string[] {
  return [
    left > 0 ? `${left} keys are not under the first master key yet.` : 'Nothing is left.',
    ...missing.map((id) => `The master key ${id} is missing: put it back into MASTER_KEYS.`),
    ...others.map((id) => `Another process wraps under ${id}: the rotation waits for it.`),
  ];
}
