import type { Message } from '@conclave/client';
import type { ReactNode } from 'react';
import { nameOf } from '../names';
import { lineOf } from '../words';

/** The message that is answered, once it is here; a click leads to it. */
export function Quote(props: { of: Message | null; onGo: () => void }): ReactNode {
  const { of, onGo } = props;
  return (
    <button type="button" className="quote" dir="auto" onClick={onGo}>
      <span className="for-readers">In reply to </span>
      <b>{of ? nameOf(of.sender) : '…'}</b> {of && lineOf(of)}
    </button>
  );
}
