import type { Chat, RoomMessage } from '@conclave/client';
import { type ReactNode, useEffect, useRef } from 'react';
import type { UsedRoom } from '@conclave/client/react';
import { AttachButton } from '../files/attach-button';
import { ChosenFiles } from '../files/chosen-files';
import { takePasted, useDropping } from '../files/dropping';
import { useFiles } from '../files/use-files';
import { roomName } from '../names';
import { IconButton } from '../ui/icon';
import { useDraft } from './drafts';
import { editing } from './editing';
import { MessageField } from './message-field';
import { QuoteLine } from './quote';

/** Elsewhere a keyboard would cover half of what there is to read. */
const HAS_KEYS = matchMedia('(pointer: fine)').matches;

interface Props {
  used: UsedRoom;
  chat: Chat;
  replyTo: RoomMessage | null;
  onReplied: () => void;
}

/** Enter sends, Shift and Enter begin a line, the arrow upwards edits what was sent last. */
export function Composer({ used, chat, replyTo, onReplied }: Props): ReactNode {
  const [text, write] = useDraft(chat.id);
  const area = useRef<HTMLTextAreaElement>(null);
  const { uploads, take, words, collect } = useFiles(chat.id);
  const isOver = useDropping(take);
  useEffect(() => {
    if (replyTo || HAS_KEYS) area.current?.focus();
  }, [replyTo?.id]);
  const send = (): void => {
    const hasText = text.trim() !== '';
    const attachments = hasText || uploads.length > 0 ? collect() : null;
    if (!attachments) return;
    used.send(hasText ? text : '', { replyTo: replyTo?.id, attachments });
    write('');
    onReplied();
    area.current?.focus();
    if (used.hasNewer) void used.open('newest').catch(() => undefined);
  };
  const onKey = (key: string): boolean => {
    if (key === 'ArrowUp') return text === '' && editLast(used.messages);
    if (key !== 'Escape' || !replyTo) return false;
    onReplied();
    return true;
  };
  const label = `Message to ${roomName(chat)}`;
  return (
    <div className="composer">
      {replyTo && <ReplyTo message={replyTo} onEnd={onReplied} />}
      <ChosenFiles uploads={uploads} chatId={chat.id} />
      <p role="alert" className="composer-word">
        {words}
      </p>
      {isOver && <p className="dropping">Let go to add the files to your message.</p>}
      <div className="composer-line">
        {take && <AttachButton onFiles={take} />}
        <MessageField
          area={area}
          text={text}
          label={label}
          placeholder={label}
          onText={(next) => {
            write(next);
            used.type();
          }}
          onEnter={send}
          onKey={onKey}
          onPaste={take ? (event) => takePasted(event, take) : undefined}
        />
        <IconButton icon="send" label="Send" className="send" onClick={send} />
      </div>
    </div>
  );
}

/** @returns whether there is one */
function editLast(messages: readonly RoomMessage[]): boolean {
  const last = messages.findLast((each) => each.isMine && each.message);
  if (last?.state !== 'sent') return false;
  editing.set(last.key);
  return true;
}

function ReplyTo({ message, onEnd }: { message: RoomMessage; onEnd: () => void }): ReactNode {
  return (
    <div className="composer-reply">
      <p className="quote">
        <QuoteLine of={message} />
      </p>
      <IconButton icon="close" label="Do not reply" onClick={onEnd} />
    </div>
  );
}
