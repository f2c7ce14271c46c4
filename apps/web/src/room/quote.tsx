import type { Message } from '@conclave/client';
import type { ReactNode } from 'react';
import { nameOf } from '../names';
import { lineOf } from '../words';

/** The message that is answered, once it is here; a click leads to it. */
export function Quote({ of, onGo }: { of: Message | null; onGo: () => void }): ReactNode {
  return (
    <button type="button" className="quote" onClick={onGo}>
      <span className="for-readers">In reply to </span>
      {of ? <QuoteLine of={of} /> : '…'}
    </button>
  );
}

/** Who it is of, and what was said, in one line. */
export function QuoteLine({ of }: { of: Message }): ReactNode {
  return (
    <>
      <b dir="auto">{nameOf(of.sender)}</b> <span dir="auto">{lineOf(of)}</span>
    </>
  );
}
