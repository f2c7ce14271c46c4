import type { RoomMessage } from '@conclave/client';
import type { ReactNode } from 'react';

const LINK = /\bhttps?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/gi;

/** What was written, as text: of all that it may hold only addresses of the web become anything else. */
export function MessageText({ message }: { message: RoomMessage }): ReactNode {
  if (message.deleted_at) return <p className="text is-gone">This message was deleted.</p>;
  if (message.unreadable || message.message === null)
    return <p className="text is-gone">This message cannot be opened.</p>;
  if (message.message === '') return null; // it is its files
  return (
    <p className="text" dir="auto">
      {withLinks(message.message)}
    </p>
  );
}

function withLinks(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const { 0: url, index } of text.matchAll(LINK)) {
    if (!URL.canParse(url)) continue;
    parts.push(
      text.slice(end, index),
      <a key={index} href={url} dir="ltr" target="_blank" rel="noopener noreferrer nofollow">
        {url}
      </a>,
    );
    end = index + url.length;
  }
  return [...parts, text.slice(end)];
}
