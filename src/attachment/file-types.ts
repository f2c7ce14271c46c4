/**
 * What a file is by its first bytes, of the types that browsers show where they stand, and that hold no
 * script: https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern
 */
export const SHOWN_TYPES = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
] as const;
export type ShownType = (typeof SHOWN_TYPES)[number];

export function isPicture(type: ShownType | undefined): boolean {
  return type?.startsWith('image/') ?? false;
}

/** So many bytes are looked at. */
export const HEAD_BYTES = 4096;

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
const EBML = Buffer.from('1a45dfa3', 'hex');
const AVIF_BRANDS = ['avif', 'avis'];
const MP4_BRANDS = /^(mp4[12]|isom|iso[2-9]|avc1|mp71|M4V |M4A |dash|msdh|MSNV|f4v )$/;

/** Undefined for all that is not to be shown. */
export function typeOfBytes(head: Buffer): ShownType | undefined {
  const text = (start: number, end: number): string => head.toString('latin1', start, end);
  if (head.subarray(0, 8).equals(PNG)) return 'image/png';
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return 'image/jpeg';
  if (/^GIF8[79]a$/.test(text(0, 6))) return 'image/gif';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'audio/wav';
  if (text(0, 4) === 'OggS') return 'audio/ogg';
  if (text(4, 8) === 'ftyp') return ofBrands(text, head.readUInt32BE(0));
  if (head.subarray(0, 4).equals(EBML) && text(0, 64).includes('webm')) return 'video/webm';
  if (text(0, 3) === 'ID3' || isMp3Frame(head)) return 'audio/mpeg';
  return undefined;
}

/** The type is that of the first brand that is known. @param length of the box that names them */
function ofBrands(
  text: (start: number, end: number) => string,
  length: number,
): ShownType | undefined {
  const brands = [text(8, 12)];
  for (let at = 16; at + 4 <= Math.min(length, 128); at += 4) brands.push(text(at, at + 4));
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return 'image/avif';
  return brands.some((brand) => MP4_BRANDS.test(brand)) ? 'video/mp4' : undefined;
}

/** Layer III of MPEG 1 or 2, with a bit rate and a sampling rate that there are. */
function isMp3Frame([one, two, three]: Buffer): boolean {
  if (one !== 0xff || (two & 0xe6) !== 0xe2 || (two & 0x18) === 0x08) return false;
  const [rate, sampling] = [three >> 4, (three >> 2) & 3];
  return rate !== 0 && rate !== 15 && sampling !== 3;
}
