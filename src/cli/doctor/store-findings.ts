import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreFullError } from '../../attachment/attachment.errors.js';
import { MissingObjectError } from '../../attachment/blob-store.js';
import { FolderStore } from '../../attachment/folder-store.js';
import { S3Error } from '../../attachment/s3/s3-error.js';
import { S3Store } from '../../attachment/s3/s3-store.js';
import type { S3Place } from '../../config/attachment-settings.js';
import type { Settings } from '../../config/settings.js';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('attachments');
const OTHERS = 0o007;
/** No id of a file. */
const TRIAL = 'doctor';
const KEYS = 'Look at S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.';
/** What S3 calls it, and what to do. */
const WORDS: Record<string, string> = {
  NoSuchBucket: 'There is no such bucket: look at ATTACHMENT_STORE and S3_ENDPOINT.',
  InvalidAccessKeyId: KEYS,
  SignatureDoesNotMatch: KEYS,
  AuthorizationHeaderMalformed: 'Look at S3_REGION.',
  PermanentRedirect: 'Look at S3_REGION and S3_ENDPOINT: the bucket is elsewhere.',
  TemporaryRedirect: 'Look at S3_REGION and S3_ENDPOINT: the bucket is elsewhere.',
  RequestTimeTooSkewed: 'Have NTP set the clock of this machine.',
};

/** Whether files can be stored, read and removed where they are to lie. */
export async function storeFindings({ attachments }: Settings): Promise<Finding[]> {
  if (attachments === null) return [];
  const { store } = attachments;
  return store.kind === 's3' ? ofBucket(store) : ofFolder(store.path);
}

async function ofFolder(folder: string): Promise<Finding[]> {
  if (!existsSync(folder)) return existsSync(dirname(folder)) ? [] : [missing(folder)];
  const { uid, mode } = statSync(folder);
  const own = process.getuid?.() ?? uid;
  if (uid !== own) {
    const what = `${folder} belongs to uid ${uid}, and the server runs as ${own}.`;
    return [danger(what, `As root: chown -R ${own} ${folder}`)];
  }
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const what = `${folder} cannot be used (${(error as NodeJS.ErrnoException).code}).`;
    return [danger(what, `chmod u+rwx ${folder}, or mount it writable.`)];
  }
  return [...(await ofSpace(folder)), ...ofMode(folder, mode)];
}

async function ofSpace(folder: string): Promise<Finding[]> {
  try {
    await new FolderStore(folder).requireSpace();
    return [];
  } catch (error) {
    if (!(error instanceof StoreFullError)) throw error;
    const what = `The disk of ${folder} has less free than a tenth, and than 2 GiB: uploads are 503.`;
    return [danger(what, 'Make room, or move it to a disk of its own.')];
  }
}

function ofMode(folder: string, mode: number): Finding[] {
  if ((mode & OTHERS) === 0) return [];
  const what = `Everybody on this machine may look into ${folder}: files are sealed, their number is plain.`;
  return [advice(what, `chmod o-rwx ${folder}`)];
}

function missing(folder: string): Finding {
  const what = `${folder} is not there, nor the folder that it would lie in.`;
  return danger(what, 'Make it, or mount it, before the server starts; or name another one.');
}

/** Does what the server does, with an object of its own. */
async function ofBucket(place: S3Place): Promise<Finding[]> {
  const store = new S3Store(place);
  const name = `1-${randomBytes(4).toString('hex')}`;
  const bytes = randomBytes(16);
  const steps: [string, () => Promise<unknown>][] = [
    ['listed', () => store.list(TRIAL)],
    ['written', () => store.put(TRIAL, name, bytes.length, one(bytes))],
    ['read', () => readBack(store, name, bytes)],
    ['removed', () => store.remove(TRIAL, [name])],
  ];
  const found: Finding[] = [];
  for (const [what, step] of steps) {
    const finding = await tried(place, what, step);
    if (finding) found.push(finding);
    // Without an answer, or a bucket, the rest would say the same.
    if (found.length === 1 && what === 'listed' && !finding!.what.includes('AccessDenied')) break;
  }
  return found;
}

async function tried(
  { bucket, endpoint }: S3Place,
  what: string,
  step: () => Promise<unknown>,
): Promise<Finding | undefined> {
  try {
    await step();
    return undefined;
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const said = `In the bucket ${bucket} at ${endpoint.host} nothing can be ${what}`;
    const why = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof S3Error ? cause.code : undefined;
    const mend =
      (code && WORDS[code]) ??
      (code === 'AccessDenied'
        ? 'Give its user the right to: docs/operations.md has the policy.'
        : 'Look whether it runs, and at S3_ENDPOINT; servers go on by themselves.');
    return danger(`${said}: ${why}.`, mend);
  }
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}

/** What could not be written is no news here. */
async function readBack(store: S3Store, name: string, bytes: Buffer): Promise<void> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of store.read(TRIAL, name, { start: 0, end: bytes.length }))
      pieces.push(piece);
  } catch (error) {
    if (error instanceof MissingObjectError) return;
    throw error;
  }
  if (!Buffer.concat(pieces).equals(bytes)) throw new Error('it gives other bytes than it took');
}
