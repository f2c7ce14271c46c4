import type { Attachment, RoomMessage } from '@conclave/client';
import { useAttachmentUrl } from '@conclave/client/react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { announce } from '../ui/announcer';
import { IconButton } from '../ui/icon';
import { Download } from './file-card';
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
      <header className="viewer-head">
        <p className="viewer-name">
          <b dir="auto">{file.file_name}</b> <span>{sizeOf(file.size)}</span>
        </p>
        <Download file={file} />
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div
        className="viewer-middle"
        onClick={(event) => event.target === event.currentTarget && onClose()}
      >
        <Whole key={file.id} file={file} />
      </div>
      {pictures.length > 1 && (
        <footer className="viewer-foot">
          <IconButton
            icon="back"
            label="Previous picture"
            isDisabled={at === 0}
            onClick={() => go(-1)}
          />
          <span>
            {at + 1} of {pictures.length}
          </span>
          <IconButton
            icon="next"
            label="Next picture"
            isDisabled={at === pictures.length - 1}
            onClick={() => go(1)}
          />
        </footer>
      )}
    </dialog>
  );
}

function Whole({ file }: { file: Attachment }): ReactNode {
  const next = useAttachmentUrl(file);
  const [url, setUrl] = useState(next);
  const [isBroken, setBroken] = useState(false);
  if (url === null && next !== null) setUrl(next);
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

/** The focus is in it as long as it is open, and back where it was then. */
function useModal(): React.RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return dialog;
}

function picturesOf(messages: readonly RoomMessage[]): Attachment[] {
  const sent = messages.filter(({ state }) => state === 'sent');
  return sent.flatMap(({ attachments }) => attachments.filter((it) => kindOf(it) === 'picture'));
}
