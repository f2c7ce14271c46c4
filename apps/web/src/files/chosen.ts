import type { Room, Upload } from '@conclave/client';
import { useSyncExternalStore } from 'react';
import { announce } from '../ui/announcer';
import { filesLine, sizeOf } from './kinds';
import { makePreview } from './previews';

/** The server takes no more in a message. */
const MOST_FILES = 10;
const NONE: readonly Upload[] = [];

/** What is chosen in each room for the next message, until its user signs out. */
const chosen = new Map<string, readonly Upload[]>();
const listeners = new Set<() => void>();

function put(chatId: string, uploads: readonly Upload[]): void {
  chosen.set(chatId, uploads);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useChosen(chatId: string): readonly Upload[] {
  return useSyncExternalStore(subscribe, () => chosen.get(chatId) ?? NONE);
}

/** Takes files for the next message, and brings them to the server. @returns what is wrong with the others */
export function choose(room: Room, files: readonly File[], maxBytes: number): string[] {
  const before = chosen.get(room.id) ?? NONE;
  const words = files.flatMap((file) => faultOf(file, maxBytes) ?? []);
  const good = files.filter((file) => faultOf(file, maxBytes) === null);
  const taken = good.slice(0, MOST_FILES - before.length);
  if (taken.length < good.length) words.push(`A message takes at most ${MOST_FILES} files.`);
  const uploads = taken.map((file) => room.attach(file));
  for (const upload of uploads) void makePreview(upload);
  put(room.id, [...before, ...uploads]);
  if (uploads.length > 0) announce(`Added: ${filesLine(uploads.map((it) => it.attachment))}`);
  return words;
}

export function removeChosen(upload: Upload, chatId: string): void {
  upload.cancel();
  put(
    chatId,
    (chosen.get(chatId) ?? NONE).filter((each) => each !== upload),
  );
  announce(`Removed: ${upload.attachment.file_name}`);
}

/** They are sent: nothing is chosen any more. */
export function takeChosen(chatId: string): readonly Upload[] {
  const uploads = chosen.get(chatId) ?? NONE;
  put(chatId, NONE);
  return uploads;
}

export function forgetChosen(): void {
  for (const upload of [...chosen.values()].flat()) upload.cancel();
  chosen.clear();
}

function faultOf({ name, size }: File, maxBytes: number): string | null {
  if (size === 0) return `“${name}” is empty, or a folder.`;
  if (size <= maxBytes) return null;
  return `“${name}” has ${sizeOf(size)}. A file may have at most ${sizeOf(maxBytes)}.`;
}
