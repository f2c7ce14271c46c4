import type { Attachment } from '@conclave/client';
import { useAttachmentUrl } from '@conclave/client/react';
import { type ReactNode, useState } from 'react';
import { FileCard } from './file-card';

/** A sound or a film, with the controls of the browser; what that cannot play can be saved. */
export function Player({ file, kind }: { file: Attachment; kind: 'sound' | 'film' }): ReactNode {
  const next = useAttachmentUrl(file);
  const [url, setUrl] = useState(next);
  const [isBroken, setBroken] = useState(false);
  if (url === null && next !== null) setUrl(next);
  const media = {
    src: url ?? undefined,
    controls: true,
    'aria-label': file.file_name,
    // One that has expired meanwhile is followed by the next one.
    onError: () => (url === next ? setBroken(true) : setUrl(next)),
  };
  return (
    <>
      {!isBroken && kind === 'sound' && <audio {...media} preload="none" />}
      {!isBroken && kind === 'film' && <video {...media} preload="metadata" playsInline />}
      <FileCard file={file} isSent />
    </>
  );
}
