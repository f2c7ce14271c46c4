import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { backUp } from '../backup/back-up.js';
import { placeOf } from '../place.js';
import type { Restored } from '../restore/restored.js';
import { leaf } from './group.js';

/** What a restore brings back, whatever happened to it since the backup. */
const AS_IT_WAS = [
  'passwords: whoever has changed theirs since has the old one again (users set-password)',
  'memberships, roles and visibility of rooms: who was removed since is back, what was made private is as it was',
  'edits and deletions of messages: none that came later',
  'accounts that were erased and rooms that were deleted since: they are back, and have to be ended again; ' +
    'the log names them (user.erased, chat.purged): users erase <id>, rooms delete <id>',
];

export function backup(): Command {
  const description = 'write a backup, and read it back; into BACKUP_DIR where no file is named';
  return leaf('backup [file]', description, async (session, [file]) => {
    const written = await backUp(placeOf(session.env), file);
    session.print(written, `Wrote ${written.file}, ${written.bytes} bytes, and read it back.`);
  });
}

export function restore(): Command {
  const description = 'put a backup where no data is; the server must not run';
  return leaf<{ keepSessions?: boolean }>(
    'restore <file>',
    description,
    async (session, [name], { keepSessions = false }) => {
      const { dataDir, databaseUrl } = placeOf(session.env);
      const file = resolve(name);
      if (!existsSync(file)) throw new Error(`${file} is not there`);
      const restored = databaseUrl
        ? await (
            await import('../restore/postgres-restore.js')
          ).restorePostgres(databaseUrl, file, keepSessions)
        : await (
            await import('../restore/sqlite-restore.js')
          ).restoreSqlite(dataDir, file, keepSessions);
      session.print({ ...restored, as_it_was: AS_IT_WAS }, told(restored));
    },
  ).option('--keep-sessions', 'let those who were signed in stay so');
}

function told(restored: Restored): string {
  const { accounts, rooms, messages, newest_message_at: newest, sessions } = restored;
  return [
    `Restored ${accounts} accounts, ${rooms} rooms and ${messages} messages, the newest of ${newest ?? 'no time'}.`,
    sessions > 0
      ? `Kept ${sessions} sessions, those too that were ended since.`
      : 'Every session has ended: everybody logs in anew.',
    'As it was then:',
    ...AS_IT_WAS.map((line) => `- ${line}`),
    'Before the server starts end again what has to be. It needs the master keys of that time.',
  ].join('\n');
}
