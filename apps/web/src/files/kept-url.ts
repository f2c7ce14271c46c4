import { useAttachmentUrl } from '@conclave/client/react';
import { useState } from 'react';

interface KeptUrl {
  url: string | null;
  /** Takes the next one where that has expired. @returns whether there is another one */
  renew: () => boolean;
}

/** The URL of a file for as long as it is shown: what is loaded stays, since the next one is of the same. */
export function useKeptUrl(
  file: { id: string },
  what: 'content' | 'thumbnail' = 'content',
): KeptUrl {
  const next = useAttachmentUrl(file, what);
  const [url, setUrl] = useState(next);
  if (url === null && next !== null) setUrl(next);
  const renew = (): boolean => {
    setUrl(next);
    return url !== next;
  };
  return { url, renew };
}
