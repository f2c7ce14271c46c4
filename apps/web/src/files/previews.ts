import type { Upload } from '@conclave/client';
import { useSyncExternalStore } from 'react';
import { kindOf } from './kinds';

/** A picture that was chosen here: it is shown from here, before it is sent and after. */
export interface Preview {
  url: string;
  width: number;
  height: number;
}

/** Larger ones take too much memory as long as they are small on the screen. */
const MOST_BYTES = 20 * 1024 ** 2;

/** By key of the upload, and by id of the attachment once it has one. */
const previews = new Map<string, Preview>();
const listeners = new Set<() => void>();

export async function makePreview({ key, file, attachment, done }: Upload): Promise<void> {
  if (!file || kindOf(attachment) !== 'picture' || file.size > MOST_BYTES) return;
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await picture.decode();
  } catch {
    return URL.revokeObjectURL(picture.src); // it is none
  }
  const preview = {
    url: picture.src,
    width: picture.naturalWidth,
    height: picture.naturalHeight,
  };
  keep(key, preview);
  done.then(
    ({ id }) => keep(id, preview),
    () => undefined,
  );
}

/** Whoever comes next at this screen may be somebody else. */
export function forgetPreviews(): void {
  for (const { url } of previews.values()) URL.revokeObjectURL(url);
  previews.clear();
}

export function usePreview(name: string): Preview | null {
  return useSyncExternalStore(subscribe, () => previews.get(name) ?? null);
}

function keep(name: string, preview: Preview): void {
  previews.set(name, preview);
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
