import type { Attachment, RoomMessage } from '@conclave/client';
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react';
import { announce } from '../ui/announcer';
import { IconButton } from '../ui/icon';
import { useModal } from '../ui/modal';
import { Download } from './file-card';
import { useKeptUrl } from './kept-url';
import { kindOf, sizeOf } from './kinds';

interface Props {
  messages: readonly RoomMessage[];
  /** The id of the picture to begin with. */
  first: string;
  onClose: () => void;
}

/** A picture as large as the screen lets it be; the arrows lead to the others of the room, Escape back. */
export function Viewer({ messages, first, onClose }: Props): ReactNode {
  const dialog = useModal();
  const [id, setId] = useState(first);
  const pictures = picturesOf(messages);
  const at = pictures.findIndex((each) => each.id === id);
  const file = pictures[at] as Attachment | undefined;
  const isGone = !file;
  useEffect(() => {
    if (isGone) onClose(); // its message was deleted
  }, [isGone, onClose]);
  if (!file) return null;
  const go = (step: number): void => {
    const next = pictures[at + step] as Attachment | undefined;
    if (!next) return;
    setId(next.id);
    announce(`${next.file_name}, ${at + step + 1} of ${pictures.length}`);
  };
  const onKeyDown = ({ key }: KeyboardEvent): void => {
    if (key === 'ArrowLeft') go(-1);
    if (key === 'ArrowRight') go(1);
  };
  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-label={file.file_name}
      onClose={onClose}
      onKeyDown={onKeyDown}
    >
      <Head file={file} onClose={onClose} />
      <div
        className="viewer-middle"
        onClick={(event) => event.target === event.currentTarget && onClose()}
      >
        <Whole key={file.id} file={file} />
      </div>
      {pictures.length > 1 && <Steps at={at} count={pictures.length} onGo={go} />}
    </dialog>
  );
}

function Head({ file, onClose }: { file: Attachment; onClose: () => void }): ReactNode {
  return (
    <header className="viewer-head">
      <p className="viewer-name">
        <b dir="auto">{file.file_name}</b> <span>{sizeOf(file.size)}</span>
      </p>
      <Download file={file} />
      <IconButton icon="close" label="Close" onClick={onClose} />
    </header>
  );
}

/** Leads to the pictures beside the one that is shown. */
function Steps(props: { at: number; count: number; onGo: (step: number) => void }): ReactNode {
  const { at, count, onGo } = props;
  return (
    <footer className="viewer-foot">
      <IconButton
        icon="back"
        label="Previous picture"
        isDisabled={at === 0}
        onClick={() => onGo(-1)}
      />
      <span>
        {at + 1} of {count}
      </span>
      <IconButton
        icon="next"
        label="Next picture"
        isDisabled={at === count - 1}
        onClick={() => onGo(1)}
      />
    </footer>
  );
}

function Whole({ file }: { file: Attachment }): ReactNode {
  const { url } = useKeptUrl(file);
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <p>This picture cannot be shown. It can be downloaded.</p>;
  return (
    <img
      className="whole"
      src={url ?? undefined}
      alt={file.file_name}
      onError={() => url && setBroken(true)}
    />
  );
}

function picturesOf(messages: readonly RoomMessage[]): Attachment[] {
  const sent = messages.filter(({ state }) => state === 'sent');
  return sent.flatMap(({ attachments }) => attachments.filter((it) => kindOf(it) === 'picture'));
}
