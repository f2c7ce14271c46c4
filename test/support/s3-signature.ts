import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface S3Keys {
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z\d;-]+), ?Signature=([\da-f]{64})$/;
const SKEW_MS = 15 * 60_000;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

/** What is wrong with the signature of a request as it came, in S3's names for it. */
export function signatureFault(request: IncomingMessage, keys: S3Keys): string | undefined {
  const { headers } = request;
  const parts = AUTHORIZATION.exec(headers.authorization ?? '');
  if (!parts) return 'AccessDenied';
  const [, id, day, region, names, signature] = parts;
  if (id !== keys.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== keys.region) return 'AuthorizationHeaderMalformed';
  const time = String(headers['x-amz-date']);
  if (!time.startsWith(day) || Math.abs(Date.now() - parsed(time)) > SKEW_MS) {
    return 'RequestTimeTooSkewed';
  }
  const signed = names.split(';');
  const wanted = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  if (wanted.some((name) => !signed.includes(name))) return 'AccessDenied';
  const canonical = canonicalOf(request, signed);
  const text = `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/s3/aws4_request\n${sha256(canonical)}`;
  let key = hmac(`AWS4${keys.secretAccessKey}`, day);
  for (const step of [region, 's3', 'aws4_request']) key = hmac(key, step);
  const right = timingSafeEqual(hmac(key, text), Buffer.from(signature, 'hex'));
  return right ? undefined : 'SignatureDoesNotMatch';
}

/** Whether a body is what was signed. */
export function isSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const { 'x-amz-content-sha256': hash } = headers;
  return hash === 'UNSIGNED-PAYLOAD' || hash === sha256(body);
}

function canonicalOf({ method, url, headers }: IncomingMessage, signed: string[]): string {
  const [path, query = ''] = url!.split('?');
  const decoded = query === '' ? [] : query.split('&').map((pair) => pair.split('='));
  const pairs = decoded.map(([name, value = '']) => [name, value].map(strict).join('='));
  return [
    method,
    path.split('/').map(strict).join('/'),
    pairs.sort().join('&'),
    ...signed.map((name) => `${name}:${String(headers[name]).trim().replaceAll(/ +/g, ' ')}`),
    '',
    signed.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
}

/** Decoded, and encoded as AWS does: what was sent otherwise has another signature. */
function strict(text: string): string {
  return [...Buffer.from(decodeURIComponent(text))]
    .map((byte) => {
      const one = String.fromCharCode(byte);
      const hex = byte.toString(16).toUpperCase().padStart(2, '0');
      return /[A-Za-z\d._~-]/.test(one) ? one : `%${hex}`;
    })
    .join('');
}

/** Of `20130524T000000Z`. */
function parsed(time: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)?.map(Number) ?? [];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
