import type { Attachment } from '@conclave/client';

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];
const SOUNDS = ['audio/mpeg', 'audio/ogg', 'audio/wav'];
const FILMS = ['video/mp4', 'video/webm'];
/** Larger originals are loaded when they are opened. */
const SMALL_BYTES = 1024 ** 2;

export type Kind = 'picture' | 'sound' | 'film' | 'other';

/** What a browser can show of it. */
export function kindOf({ content_type }: Pick<Attachment, 'content_type'>): Kind {
  if (PICTURES.includes(content_type)) return 'picture';
  if (SOUNDS.includes(content_type)) return 'sound';
  return FILMS.includes(content_type) ? 'film' : 'other';
}

/** Whether there is something of it that is small enough to be shown among messages. */
export function isShownSmall(file: Attachment): boolean {
  return kindOf(file) === 'picture' && (file.has_thumbnail || file.size <= SMALL_BYTES);
}

/** In the words of a file manager. */
export function sizeOf(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const number = bytes / 1024 ** power;
  const form = new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: units[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: number < 10 && power > 0 ? 1 : 0,
  });
  return form.format(number);
}

/** Files in a line: the name of one, else how many. */
export function filesLine(
  files: readonly Pick<Attachment, 'file_name' | 'content_type'>[],
): string {
  if (files.length === 1) return files[0].file_name;
  const arePictures = files.every((file) => kindOf(file) === 'picture');
  return `${files.length} ${arePictures ? 'pictures' : 'files'}`;
}
