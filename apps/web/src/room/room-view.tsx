import type { Attachment, Place, RoomMessage } from '@conclave/client';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { SMALL_ROOM, useRoom } from '@conclave/client/react';
import { Viewer } from '../files/viewer';
import { roomName } from '../names';
import { SearchSheet } from '../search/search-sheet';
import { Composer } from './composer';
import { MessageList } from './message-list';
import { OfflineBanner } from './offline-banner';
import { Outside } from './outside';
import { RoomDetails } from './room-details';
import { RoomHead } from './room-head';
import { RoomStatus } from './room-status';
import { RowSheet } from './row-sheet';
import { useNews } from './news';

interface Props {
  id: string;
  /** The one that somebody looks for. */
  messageId?: string;
}

export function RoomView({ id, messageId }: Props): ReactNode {
  const [place] = useState<Place>(messageId ? { messageId } : 'unread');
  const used = useRoom(id, place);
  const { chat, messages, loadMembers } = used;
  const [replyTo, setReplyTo] = useState<RoomMessage | null>(null);
  const [isDetailed, setDetailed] = useState(false);
  const [isSearching, setSearching] = useState(false);
  const [stored, setStored] = useState<RoomMessage | null>(null);
  const [picture, setPicture] = useState<Attachment | null>(null);
  const closePicture = useCallback(() => setPicture(null), []);
  const isSmall = chat !== null && chat.member_count <= SMALL_ROOM;
  useEffect(() => {
    if (isSmall) loadMembers().catch(() => undefined); // then nobody is shown to have seen it
  }, [loadMembers, isSmall]);
  useNews(used);
  const answered = messages.find(({ key }) => key === replyTo?.key) ?? replyTo; // as it is by now
  if (!chat) return <Outside id={id} />;
  return (
    <main className="main room" aria-label={roomName(chat)}>
      <RoomHead
        chat={chat}
        onDetails={() => setDetailed(true)}
        onSearch={() => setSearching(true)}
      />
      <div className="room-middle">
        <OfflineBanner />
        <MessageList
          used={used}
          chat={chat}
          messageId={messageId}
          onReply={setReplyTo}
          onRow={setStored}
          onPicture={setPicture}
        />
      </div>
      <RoomStatus used={used} messages={messages} />
      <Composer used={used} chat={chat} replyTo={answered} onReplied={() => setReplyTo(null)} />
      {isDetailed && <RoomDetails used={used} chat={chat} onClose={() => setDetailed(false)} />}
      {picture && <Viewer messages={messages} first={picture.id} onClose={closePicture} />}
      {isSearching && <SearchSheet chat={chat} onClose={() => setSearching(false)} />}
      {stored && <RowSheet message={stored} onClose={() => setStored(null)} />}
    </main>
  );
}
