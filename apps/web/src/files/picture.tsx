import type { Attachment } from '@conclave/client';
import { type ReactNode, useState } from 'react';
import { FileCard } from './file-card';
import { useKeptUrl } from './kept-url';
import type { Preview } from './previews';

/** A picture alone is as large as this, unless it is smaller itself. */
const BOX = { width: 320, height: 260 };
/** Of one of several, and of one whose size is not known. */
const TILE = { width: 144, height: 144 };
const UNKNOWN = { width: 240, height: 180 };

interface Size {
  width: number;
  height: number;
}

interface Props {
  file: Attachment;
  isSent: boolean;
  /** Where it was chosen here. */
  preview: Preview | null;
  isAlone: boolean;
  onOpen: () => void;
}

/** A picture among messages, in a place that is there before it is. */
export function Picture({ file, isSent, preview, isAlone, onOpen }: Props): ReactNode {
  const what = file.has_thumbnail ? 'thumbnail' : 'content';
  const { url, renew } = useKeptUrl({ id: isSent && !preview ? file.id : '' }, what);
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <FileCard file={file} isSent={isSent} />;
  const src = preview?.url ?? url ?? undefined;
  const { width, height } = isAlone ? fitted(dimensionsOf(file) ?? preview) : TILE;
  return (
    <button
      type="button"
      className="picture"
      title={file.file_name}
      disabled={!isSent}
      onClick={onOpen}
    >
      <img
        src={src}
        alt={file.file_name}
        width={width}
        style={{ aspectRatio: `${width} / ${height}` }} // whatever that of its file is
        decoding="async"
        loading="lazy"
        onError={() => renew() || setBroken(true)} // one that has expired is followed by the next one
      />
    </button>
  );
}

function dimensionsOf({ width, height }: Attachment): Size | null {
  return width !== null && height !== null ? { width, height } : null;
}

function fitted(size: Size | null): Size {
  if (!size) return UNKNOWN;
  const scale = Math.min(1, BOX.width / size.width, BOX.height / size.height);
  return { width: Math.round(size.width * scale), height: Math.round(size.height * scale) };
}
