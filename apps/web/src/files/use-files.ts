import type { Upload } from '@conclave/client';
import { useClient } from '@conclave/client/react';
import { useState } from 'react';
import { useServer } from '../server';
import { choose, takeChosen, useChosen } from './chosen';

export interface Files {
  uploads: readonly Upload[];
  /** Null where the server takes no files. */
  take: ((files: File[]) => void) | null;
  /** What is wrong with those that were chosen last. */
  words: string;
  /** For the message that is sent now. @returns null where one of them has failed */
  collect: () => readonly Upload[] | null;
}

/** The files of the message that is being written in a room. */
export function useFiles(chatId: string): Files {
  const room = useClient().room(chatId);
  const maxBytes = useServer()?.attachments?.max_bytes;
  const uploads = useChosen(chatId);
  const [words, setWords] = useState('');
  return {
    uploads,
    words,
    take:
      maxBytes === undefined ? null : (files) => setWords(choose(room, files, maxBytes).join(' ')),
    collect: () => {
      const hasFailed = uploads.some((upload) => upload.getSnapshot().state === 'failed');
      setWords(hasFailed ? 'Not every file could be uploaded: try again, or remove it.' : '');
      return hasFailed ? null : takeChosen(chatId);
    },
  };
}
