import type { Message } from '@conclave/client';
import { type ReactNode, useEffect, useState } from 'react';
import { useClient } from '@conclave/client/react';
import { nameOf } from '../names';

/** Answered messages that are not among those shown, by id; null for those that are gone. */
const fetched = new Map<string, Promise<Message | null>>();

/** The message that is answered; a click leads to it. */
export function Quote(props: {
  id: string;
  held: Message | undefined;
  onGo: (id: string) => void;
}): ReactNode {
  const { id, held, onGo } = props;
  const { calls } = useClient();
  const [message, setMessage] = useState<Message | null>(null);
  const isHeld = held !== undefined;
  useEffect(() => {
    if (isHeld) return;
    let isWanted = true;
    const asked = fetched.get(id) ?? calls.getMessage(id).catch(() => null);
    fetched.set(id, asked);
    void asked.then((found) => isWanted && setMessage(found));
    return () => {
      isWanted = false;
    };
  }, [calls, id, isHeld]);
  const shown = held ?? message;
  return (
    <button type="button" className="quote" onClick={() => onGo(id)}>
      <span className="for-readers">In reply to </span>
      <b>{shown ? nameOf(shown.sender) : '…'}</b> {shown ? (shown.message ?? 'Deleted') : ''}
    </button>
  );
}
