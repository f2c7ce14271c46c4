import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { call } from './call.js';
import type { DatabaseKind } from './options.js';
import type { Server } from './server.js';
import { quantile } from './statistics.js';
import { Store } from './store.js';
import { conclave } from './targets.js';
import { type Person, upload } from './transfers.js';

export const PASSWORD = 'correct horse battery staple';
const PROBE = fileURLToPath(new URL('seal-turns.mjs', import.meta.url));

/** Where files lie: a folder, or a bucket of a server in memory, a process of its own. */
export type FileStoreKind = 'folder' | 's3';

/** A server, and people in one room of it. */
export interface Stage {
  server: Server;
  people: Person[];
  stop(): Promise<void>;
}

export async function makeStage(
  kind: DatabaseKind,
  files: FileStoreKind,
  count: number,
): Promise<Stage> {
  const bucket = files === 's3' ? await startBucket() : undefined;
  const args = ['--import', PROBE];
  const server = await conclave.start(
    await Store.create(kind),
    'default',
    args,
    bucket?.environment,
  );
  const { url } = server;
  const people: Person[] = [];
  for (let n = 0; n < count; n++) {
    const body = { email: `${n}@example.org`, password: PASSWORD };
    const path = '/userauth/userSignup';
    const signedUp = await call<{ access_token: string }>(url, { method: 'POST', path, body });
    people.push({ url, token: signedUp.access_token, chatId: people[0]?.chatId ?? '' });
    if (n > 0) continue;
    const room = { method: 'POST', path: '/chat/', token: people[0].token } as const;
    const chat = await call<{ id: string }>(url, { ...room, body: { chat_name: 'bench' } });
    people[0].chatId = chat.id;
  }
  const stop = async (): Promise<void> => {
    await server.stop();
    bucket?.child.kill();
  };
  return { server, people, stop };
}

async function startBucket(): Promise<{ child: ChildProcess; environment: NodeJS.ProcessEnv }> {
  const child = fork(fileURLToPath(new URL('bucket.ts', import.meta.url)));
  const [environment] = (await once(child, 'message')) as [NodeJS.ProcessEnv];
  return { child, environment };
}

/** Uploads a file and sends it. @returns its id */
export async function sendFile(person: Person, bytes: Buffer): Promise<string> {
  const id = (await upload(person, bytes)) as string;
  const body = { chatid: person.chatId, message: 'look', attachments: [id] };
  await call(person.url, { method: 'POST', path: '/message/', token: person.token, body });
  return id;
}

export function show(name: string, text: string): void {
  console.log(`${name.padEnd(44)} ${text}`);
}

export function showTimes(name: string, times: number[]): void {
  const [middle, p99, max] = [0.5, 0.99, 1].map((share) => quantile(times, share).toFixed(2));
  show(name, `median ${middle}, p99 ${p99}, max ${max} ms (${times.length})`);
}
