import type { Chat, RoomMessage } from '@conclave/client';
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { UsedRoom } from '@conclave/client/react';
import { nameOf, roomName } from '../names';
import { IconButton } from '../ui/icon';
import { editing } from './editing';

/** What is begun in each room, as long as the page is open. */
const drafts = new Map<string, string>();

export function Composer(props: {
  used: UsedRoom;
  chat: Chat;
  replyTo: RoomMessage | null;
  onReplied: () => void;
}): ReactNode {
  const { used, chat, replyTo, onReplied } = props;
  const { messages } = used;
  const [text, setText] = useState(() => drafts.get(chat.id) ?? '');
  const area = useRef<HTMLTextAreaElement>(null);
  useGrowing(area, text);
  useEffect(() => {
    if (replyTo) area.current?.focus();
  }, [replyTo]);
  const write = (next: string): void => {
    drafts.set(chat.id, next);
    setText(next);
  };
  const send = (): void => {
    if (!text.trim()) return;
    used.send(text, { replyTo: replyTo?.id });
    write('');
    onReplied();
    if (used.hasNewer) void used.open('newest').catch(() => undefined);
  };
  const onKey = (event: KeyboardEvent): void => {
    const isEnter = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    const last = messages.findLast((each) => each.isMine && each.message);
    if (isEnter) send();
    else if (event.key === 'ArrowUp' && text === '' && last?.state === 'sent')
      editing.set(last.key);
    else if (event.key === 'Escape' && replyTo) onReplied();
    else return;
    event.preventDefault();
  };
  const name = roomName(chat);
  return (
    <div className="composer">
      {replyTo && (
        <div className="composer-reply">
          <span className="quote">
            <b>{nameOf(replyTo.sender)}</b> {replyTo.message}
          </span>
          <IconButton icon="close" label="Do not reply" onClick={onReplied} />
        </div>
      )}
      <div className="composer-line">
        <textarea
          ref={area}
          rows={1}
          value={text}
          dir="auto"
          aria-label={`Message to ${name}`}
          placeholder={`Message to ${name}`}
          onChange={(event) => {
            write(event.target.value);
            used.type();
          }}
          onKeyDown={onKey}
        />
        <IconButton icon="send" label="Send" className="send" onClick={send} />
      </div>
    </div>
  );
}

/** As high as what is in it, up to the limit of its style. */
export function useGrowing(area: React.RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const { style } = area.current!;
    style.height = 'auto';
    style.height = `${area.current!.scrollHeight + 2}px`; // its borders
  }, [area, text]);
}
