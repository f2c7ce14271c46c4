import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { backUp } from '../backup/back-up.js';
import type { StoredFiles } from '../backup/backed-up-store.js';
import { filesOf, fillStore, storeAt } from '../backup/stored-files.js';
import { type Place, placeOf } from '../place.js';
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
    const lines = [`Wrote ${written.file}, ${written.bytes} bytes, and read it back.`];
    if (written.attachments?.files) lines.push(`Copied ${shown(written.attachments)} beside it.`);
    session.print(written, lines.join('\n'));
  });
}

export function restore(): Command {
  const description = 'put a backup where no data is; the server must not run';
  return leaf<{ keepSessions?: boolean }>(
    'restore <file>',
    description,
    async (session, [name], { keepSessions = false }) => {
      const place = placeOf(session.env);
      const file = resolve(name);
      if (!existsSync(file)) throw new Error(`${file} is not there`);
      const copied: { attachments: StoredFiles | null } = { attachments: null };
      const copy = async (): Promise<void> => {
        copied.attachments = await restoreFiles(place, file);
      };
      const restored = await restoreDatabase(place, file, keepSessions, copy).catch(
        async (error: unknown) => {
          if (copied.attachments) await storeAt(place.files!).empty();
          throw error;
        },
      );
      const { attachments } = copied;
      session.print(
        { ...restored, attachments, as_it_was: AS_IT_WAS },
        told(restored, attachments),
      );
    },
  ).option('--keep-sessions', 'let those who were signed in stay so');
}

/** @returns null where the backup has none */
async function restoreFiles({ files }: Place, file: string): Promise<StoredFiles | null> {
  const from = filesOf(file);
  if (!existsSync(from)) return null;
  if (files === null)
    throw new Error(`Set ATTACHMENT_STORE: there is ${from}, and no folder for it`);
  return fillStore(files, from);
}

async function restoreDatabase(
  { dataDir, databaseUrl }: Place,
  file: string,
  areSessionsKept: boolean,
  copyFirst: () => Promise<void>,
): Promise<Restored> {
  if (!databaseUrl) {
    const { restoreSqlite } = await import('../restore/sqlite-restore.js');
    return restoreSqlite(dataDir, file, areSessionsKept, copyFirst);
  }
  const { restorePostgres } = await import('../restore/postgres-restore.js');
  return restorePostgres(databaseUrl, file, areSessionsKept, copyFirst);
}

function shown({ files, bytes }: StoredFiles): string {
  return `${files} sealed parts of files, ${bytes} bytes,`;
}

function told(restored: Restored, attachments: StoredFiles | null): string {
  const { accounts, rooms, messages, newest_message_at: newest, sessions } = restored;
  return [
    `Restored ${accounts} accounts, ${rooms} rooms and ${messages} messages, the newest of ${newest ?? 'no time'}.`,
    attachments
      ? `Restored ${shown(attachments)} too.`
      : `No files of people lie beside the backup: those that it names are gone.`,
    sessions > 0
      ? `Kept ${sessions} sessions, those too that were ended since.`
      : 'Every session has ended: everybody logs in anew.',
    'As it was then:',
    ...AS_IT_WAS.map((line) => `- ${line}`),
    'Before the server starts end again what has to be. It needs the master keys of that time.',
  ].join('\n');
}
