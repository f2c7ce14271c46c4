import type { Attachment, RoomMessage, Upload } from '@conclave/client';
import type { ReactNode } from 'react';
import { FileCard } from './file-card';
import { isShownSmall, kindOf } from './kinds';
import { Picture } from './picture';
import { Player } from './player';
import { usePreview } from './previews';

/** What was sent with a message. */
export function MessageFiles(props: {
  message: RoomMessage;
  onOpen: (file: Attachment) => void;
}): ReactNode {
  const { attachments, uploads } = props.message;
  if (attachments.length === 0) return null;
  const count = attachments.filter((file) => kindOf(file) === 'picture').length;
  return (
    <ul className={count > 1 ? 'files has-several' : 'files'} aria-label="Files">
      {attachments.map((file, i) => (
        <li key={i} className={`is-${kindOf(file)}`}>
          <OneFile
            file={file}
            upload={uploads[i]}
            isAlone={count === 1}
            onOpen={() => props.onOpen(file)}
          />
        </li>
      ))}
    </ul>
  );
}

function OneFile(props: {
  file: Attachment;
  /** Of one that is not sent yet. */
  upload: Upload | undefined;
  isAlone: boolean;
  onOpen: () => void;
}): ReactNode {
  const { file, upload, ...rest } = props;
  const kind = kindOf(file);
  const preview = usePreview(upload?.key ?? file.id);
  const isSent = !upload;
  if (preview || (isSent && isShownSmall(file)))
    return <Picture file={file} isSent={isSent} preview={preview} {...rest} />;
  if (isSent && (kind === 'sound' || kind === 'film')) return <Player file={file} kind={kind} />;
  const onOpen = kind === 'picture' ? rest.onOpen : undefined;
  return <FileCard file={file} isSent={isSent} onOpen={onOpen} />;
}
