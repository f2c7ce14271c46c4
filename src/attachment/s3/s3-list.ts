import { S3Error } from './s3-error.js';

export interface ListedObject {
  key: string;
  bytes: number;
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/**
 * A page of `ListObjectsV2`.
 *
 * @returns `next`: what to ask for the following one with
 * @throws S3Error where it is none
 */
export function parseList(xml: string): { objects: ListedObject[]; next: string | undefined } {
  const [, list] = /<ListBucketResult[^>]*>([^]*)<\/ListBucketResult>\s*$/.exec(xml) ?? [];
  if (list === undefined) throw S3Error.wrong('answers what is no list');
  const objects = [...list.matchAll(/<Contents>([^]*?)<\/Contents>/g)].map(([, content]) => ({
    key: textIn(content, 'Key') ?? '',
    bytes: Number(textIn(content, 'Size')),
  }));
  const isCut = textIn(list, 'IsTruncated') === 'true';
  const next = isCut ? textIn(list, 'NextContinuationToken') : undefined;
  if (isCut && !next) throw S3Error.wrong('answers with a list that does not go on');
  return { objects, next };
}

function textIn(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text?.replaceAll(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, toCharacter);
}

function toCharacter(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? entity;
  return String.fromCodePoint(decimal !== undefined ? Number(decimal) : parseInt(hex!, 16));
}
