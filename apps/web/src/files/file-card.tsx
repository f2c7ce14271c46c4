import type { Attachment } from '@conclave/client';
import { useAttachmentUrl } from '@conclave/client/react';
import type { ReactNode } from 'react';
import { Icon, IconButton } from '../ui/icon';
import { sizeOf } from './kinds';

interface Props {
  file: Attachment;
  /** Whether others have it too. */
  isSent: boolean;
  /** Where it can be looked at. */
  onOpen?: () => void;
}

/** A file by its name and size, with a link to save it. */
export function FileCard({ file, isSent, onOpen }: Props): ReactNode {
  return (
    <div className="file-card">
      <Icon name="file" />
      <FileFacts file={file} />
      {isSent && onOpen && (
        <IconButton icon="eye" label={`Open ${file.file_name}`} onClick={onOpen} />
      )}
      {isSent && <Download file={file} />}
    </div>
  );
}

export function FileFacts({ file, state }: { file: Attachment; state?: string }): ReactNode {
  return (
    <span className="file-facts">
      <b className="file-name" dir="auto" title={file.file_name}>
        {file.file_name}
      </b>
      <span className="file-size">{state ?? sizeOf(file.size)}</span>
    </span>
  );
}

export function Download({ file }: { file: Attachment }): ReactNode {
  const label = `Download ${file.file_name}`;
  return (
    <a
      className="icon-button"
      href={useAttachmentUrl(file) ?? undefined}
      download={file.file_name}
      aria-label={label}
      title={label}
    >
      <Icon name="download" />
    </a>
  );
}
