import type { Attachment } from '@conclave/client';
import { type ReactNode, useState } from 'react';
import { FileCard } from './file-card';
import { useKeptUrl } from './kept-url';

/** A sound or a film, with the controls of the browser; what that cannot play can be saved. */
export function Player({ file, kind }: { file: Attachment; kind: 'sound' | 'film' }): ReactNode {
  const { url, renew } = useKeptUrl(file);
  const [isBroken, setBroken] = useState(false);
  const media = {
    src: url ?? undefined,
    controls: true,
    'aria-label': file.file_name,
    // One that has expired meanwhile is followed by the next one.
    onError: () => renew() || setBroken(true),
  };
  return (
    <>
      {!isBroken && kind === 'sound' && <audio {...media} preload="none" />}
      {!isBroken && kind === 'film' && <video {...media} preload="metadata" playsInline />}
      <FileCard file={file} isSent />
    </>
  );
}
