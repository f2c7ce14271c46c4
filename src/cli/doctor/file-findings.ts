import { existsSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('files');
const OTHERS_WRITE = 0o002;
/** What others have made nobody else may take away there. */
const STICKY = 0o1000;
const OTHERS_READ = 0o004;
const NOT_OWNER = 0o077;
const KEY_FILES = new Set(['master.key', 'jwt.secret']);
const KEY_SETTINGS = ['MASTER_KEYS_FILE', 'JWT_SECRET_FILE', 'EXCHANGE_SECRET_FILE'];

/** Whose the files are and who may read them. @param umask with which the command was called */
export function fileFindings(
  folders: { dataDir: string; backupDir?: string },
  env: NodeJS.ProcessEnv,
  umask: number,
): Finding[] {
  return [
    ...inDataDir(folders.dataDir),
    ...(folders.backupDir === undefined ? [] : inFolder(folders.backupDir)),
    ...KEY_SETTINGS.flatMap((name) => ofKeyFile(env[name]?.trim())),
    ...ofUmask(umask),
  ];
}

function inDataDir(dataDir: string): Finding[] {
  if (!existsSync(dataDir)) return [];
  const isOpen = (statSync(dataDir).mode & (OTHERS_WRITE | STICKY)) === OTHERS_WRITE;
  const what = `Everybody may put files into ${dataDir}, or take them away.`;
  return [...(isOpen ? [danger(what, `chmod o-w ${dataDir}`)] : []), ...inFolder(dataDir)];
}

function inFolder(folder: string): Finding[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => ofFile(folder, name));
}

function ofFile(folder: string, name: string): Finding[] {
  const path = join(folder, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found || (!found.isFile() && !found.isSocket())) return [];
  const uid = process.getuid?.() ?? found.uid;
  if (found.uid !== uid) {
    const what = `${path} belongs to uid ${found.uid}, and the server runs as ${uid}.`;
    return [danger(what, `As root: chown ${uid} ${path}`)];
  }
  if ((found.mode & NOT_OWNER) === 0) return [];
  if (KEY_FILES.has(name)) return ofKeyFile(path);
  return [
    danger(`${path} has mode ${modeOf(found)}: others may read or write it.`, `chmod 600 ${path}`),
  ];
}

function ofKeyFile(path: string | undefined): Finding[] {
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (!path || !found || (found.mode & OTHERS_READ) === 0) return [];
  const what = `${path} has mode ${modeOf(found)}: everybody on this machine may read the secret.`;
  return [
    advice(
      what,
      `chmod 600 ${path}, for the server's user; a secret of Compose lies in a container of its own.`,
    ),
  ];
}

function ofUmask(umask: number): Finding[] {
  if ((umask & NOT_OWNER) === NOT_OWNER) return [];
  const mode = umask.toString(8).padStart(4, '0');
  const what = `The umask is ${mode}: others may read what is made here by hand, such as a copy.`;
  return [
    advice(what, 'umask 077 in this shell, and UMask=0077 in the unit; the server sets its own.'),
  ];
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
