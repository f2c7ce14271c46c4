import { randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from './call.js';

const PIECE_BYTES = 65_536;
const PART_BYTES = 4 * 2 ** 20;
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

/** One who sends and reads files. */
export interface Person {
  url: string;
  token: string;
  chatId: string;
}

function ask(
  { url, token }: Person,
  path: string,
  options: RequestOptions,
  write?: (body: NodeJS.WritableStream) => Promise<void>,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...options.headers };
    const outgoing = request(url + path, { ...options, headers, agent }, resolve);
    outgoing.once('error', reject);
    if (write) write(outgoing).catch(reject);
    else outgoing.end();
  });
}

/** Writes bytes at an even pace. @param rate bytes a second; Infinity: as they are taken */
async function writePaced(to: NodeJS.WritableStream, bytes: Buffer, rate: number): Promise<void> {
  const begun = performance.now();
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    const due = begun + (at / rate) * 1000 - performance.now();
    if (due > 0) await sleep(due);
    to.write(bytes.subarray(at, at + PIECE_BYTES));
  }
  to.end();
}

/** Uploads a file, part after part. @returns its id, or the status that refused a part */
export async function upload(
  person: Person,
  bytes: Buffer,
  rate = Infinity,
): Promise<string | number> {
  const { url, token, chatId: chat_id } = person;
  const body = { chat_id, file_name: 'bench', size: bytes.length };
  const { id } = await call<{ id: string }>(url, {
    method: 'POST',
    path: '/attachment/',
    token,
    body,
  });
  for (let at = 0, part = 1; at < bytes.length; at += PART_BYTES, part++) {
    const piece = bytes.subarray(at, at + PART_BYTES);
    const answer = await ask(
      person,
      `/attachment/${id}/parts/${part}`,
      { method: 'PUT', headers: { 'content-length': piece.length } },
      (outgoing) => writePaced(outgoing, piece, rate),
    );
    answer.resume();
    if (answer.statusCode === 204) continue;
    await drop(person, id);
    return answer.statusCode!;
  }
  return id;
}

export function drop({ url, token }: Person, id: string): Promise<unknown> {
  return call(url, { method: 'DELETE', path: `/attachment/${id}`, token });
}

/** Uploads at a pace, over and over, until told to end. @returns how many parts were refused */
export async function uploadOn(
  person: Person,
  rate: number,
  isOver: () => boolean,
): Promise<number> {
  const bytes = randomBytes(PART_BYTES);
  let refused = 0;
  while (!isOver()) {
    const result = await upload(person, bytes, rate).catch(() => 0);
    if (typeof result === 'number') refused++;
    else await drop(person, result);
  }
  return refused;
}

/** A range of a file. */
export async function readRange(person: Person, path: string, range: string): Promise<Buffer> {
  const answer = await ask(person, path, { headers: { range } });
  if (answer.statusCode !== 206) throw new Error(`${path}: ${answer.statusCode}`);
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Reads a file at a pace until told to end. @returns bytes read */
export async function downloadOn(
  person: Person,
  id: string,
  rate: number,
  isOver: () => boolean,
): Promise<number> {
  const answer = await ask(person, `/attachment/${id}/content`, {});
  if (answer.statusCode !== 200) throw new Error(`a download was refused: ${answer.statusCode}`);
  const begun = performance.now();
  let read = 0;
  for await (const piece of answer) {
    read += (piece as Buffer).length;
    const due = begun + (read / rate) * 1000 - performance.now();
    if (due > 0) await sleep(due);
    if (isOver()) break;
  }
  return read;
}
