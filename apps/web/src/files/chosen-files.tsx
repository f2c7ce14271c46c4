import type { Upload } from '@conclave/client';
import { useUpload } from '@conclave/client/react';
import { type ReactNode, useEffect } from 'react';
import { announce } from '../ui/announcer';
import { Icon, IconButton } from '../ui/icon';
import { wordsOf } from '../words';
import { removeChosen } from './chosen';
import { FileFacts } from './file-card';
import { usePreview } from './previews';

/** The files of the message that is being written, with how far each is. */
export function ChosenFiles(props: { uploads: readonly Upload[]; chatId: string }): ReactNode {
  const { uploads, chatId } = props;
  if (uploads.length === 0) return null;
  return (
    <ul className="chosen" aria-label="Files to send">
      {uploads.map((upload) => (
        <ChosenFile
          key={upload.key}
          upload={upload}
          onRemove={() => {
            document.querySelector<HTMLElement>('.attach')?.focus(); // else it would be nowhere
            removeChosen(upload, chatId);
          }}
        />
      ))}
    </ul>
  );
}

function ChosenFile({ upload, onRemove }: { upload: Upload; onRemove: () => void }): ReactNode {
  const { state, sent, problem } = useUpload(upload);
  const { file_name, size } = upload.attachment;
  const preview = usePreview(upload.key);
  const words = problem && wordsOf(problem);
  const hasFailed = state === 'failed';
  useEffect(() => {
    if (hasFailed && words) announce(`${file_name}: ${words}`);
  }, [hasFailed, words, file_name]);
  return (
    <li className={`chosen-file is-${state}`}>
      {preview ? <img src={preview.url} alt="" /> : <Icon name="file" />}
      <FileFacts file={upload.attachment} state={words ?? undefined} />
      {hasFailed && (
        <button type="button" className="link" onClick={() => void upload.retry()}>
          Try again<span className="for-readers">: {file_name}</span>
        </button>
      )}
      <IconButton
        icon="close"
        label={`${state === 'uploading' ? 'Cancel' : 'Remove'} ${file_name}`}
        onClick={onRemove}
      />
      {state === 'uploading' && (
        <progress
          aria-label={`Upload of ${file_name}`}
          max={size}
          value={sent > 0 ? sent : undefined}
        />
      )}
    </li>
  );
}
