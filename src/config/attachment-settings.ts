import { isAbsolute, join } from 'node:path';
import type { EnvReader } from './env-reader.js';

export interface AttachmentSettings {
  store: StorePlace;
  /** Of one file. */
  maxBytes: number;
  /** Of all files of one user. */
  quotaBytes: number;
  /** Whether pictures get small ones. */
  thumbnails: boolean;
}

/** Where the bytes of files lie. */
export type StorePlace = FolderPlace | S3Place;

export interface FolderPlace {
  kind: 'folder';
  /** Absolute. */
  path: string;
}

export interface S3Place {
  kind: 's3';
  /** Without the bucket, which stands in the path. */
  endpoint: URL;
  bucket: string;
  /** Of every object's name, without a slash at its end; may be empty. */
  prefix: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const MIB = 2 ** 20;
const MOST_BYTES = 2 ** 40;
/** Of a bucket that every S3 knows, and of names that nobody has to encode. */
const BUCKET = /^s3:\/\/([a-z\d][a-z\d.-]{1,61}[a-z\d])((?:\/[\w.-]+)*)\/?$/;
const MOST_PREFIX = 512;

/**
 * Null where it is off: by the setting, or because several processes would each keep files in a folder
 * of their own.
 */
export function readAttachments(
  read: EnvReader,
  { dataDir, redisUrl }: { dataDir: string; redisUrl: string | undefined },
): AttachmentSettings | null {
  const place = read.text('ATTACHMENT_STORE', redisUrl ? 'off' : join(dataDir, 'attachments'));
  const maxBytes = read.integer('ATTACHMENT_MAX_BYTES', { min: 1, max: MOST_BYTES }, 100 * MIB);
  const quota = { min: maxBytes, max: 2 ** 50 };
  const quotaBytes = read.integer('ATTACHMENT_QUOTA_BYTES', quota, Math.max(1024 * MIB, maxBytes));
  const thumbnails = read.oneOf('ATTACHMENT_THUMBNAILS', ['on', 'off'], 'on') === 'on';
  const store = readStore(read, place);
  return store && { store, maxBytes, quotaBytes, thumbnails };
}

function readStore(read: EnvReader, place: string): StorePlace | null {
  if (place === 'off') return null;
  if (isAbsolute(place)) return { kind: 'folder', path: place };
  if (place.startsWith('s3:')) return readS3(read, place);
  const rule = 'the absolute path of a folder, a bucket such as s3://bucket/prefix, or off';
  return read.fault(`ATTACHMENT_STORE must be ${rule}`, null);
}

function readS3(read: EnvReader, place: string): S3Place | null {
  const region = readRegion(read);
  const endpoint = readEndpoint(read, region);
  const accessKeyId = readKey(read, 'S3_ACCESS_KEY_ID');
  const secretAccessKey = readKey(read, 'S3_SECRET_ACCESS_KEY');
  const [, bucket, path] = BUCKET.exec(place) ?? [];
  const isPlain = path !== undefined && !/\/\.{1,2}(\/|$)/.test(path) && path.length <= MOST_PREFIX;
  if (!isPlain) {
    const rule =
      'a bucket such as s3://bucket/prefix: the prefix of letters, digits and -._ between single slashes';
    return read.fault(`ATTACHMENT_STORE must name ${rule}`, null);
  }
  const prefix = path.slice(1);
  return endpoint && { kind: 's3', endpoint, bucket, prefix, region, accessKeyId, secretAccessKey };
}

function readRegion(read: EnvReader): string {
  const region = read.text('S3_REGION', 'us-east-1');
  if (/^[a-z\d-]{1,64}$/i.test(region)) return region;
  return read.fault('S3_REGION must be a name such as eu-central-1', 'us-east-1');
}

function readEndpoint(read: EnvReader, region: string): URL | null {
  const text = read.text('S3_ENDPOINT', `https://s3.${region}.amazonaws.com`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && url.origin + url.pathname === url.href;
  if (isPlain) return url;
  const rule = 'an http:// or https:// URL, without user, query and the bucket';
  return read.fault(`S3_ENDPOINT must be ${rule}`, null);
}

/** As it stands in a header. */
function readKey(read: EnvReader, name: string): string {
  const value = read.text(name);
  if (value !== undefined && /^[\x21-\x7e]+$/.test(value)) return value;
  if (value !== undefined) return read.fault(`${name} must be printable ASCII characters`, '');
  return read.fault(`${name} must be set where ATTACHMENT_STORE is a bucket`, '');
}
