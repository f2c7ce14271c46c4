import { type ReactNode, useId } from 'react';
import { IconButton } from './icon';
import { useModal } from './modal';

/** A panel at the side, over the page: the browser keeps the focus in it, and Escape closes it. */
export function Sheet(props: {
  title: string;
  /** The name of the field that whoever opens it most likely fills in. */
  startsAt?: string;
  onClose: () => void;
  children: ReactNode;
}): ReactNode {
  const dialog = useModal(props.startsAt);
  const id = useId();
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby={id}
      onClose={props.onClose}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      <div className="sheet-page">
        <header className="sheet-head">
          <h2 id={id}>{props.title}</h2>
          <IconButton icon="close" label="Close" onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
