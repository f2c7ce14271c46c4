import type { Chat } from '@conclave/client';
import type { ReactNode } from 'react';
import { roomName } from '../names';
import { IconButton } from '../ui/icon';
import { PageHead } from '../ui/page-head';

const KINDS = { public: 'Public', private: 'Private', direct: 'Between you two' };

interface Props {
  chat: Chat;
  onDetails: () => void;
  onSearch: () => void;
}

export function RoomHead({ chat, onDetails, onSearch }: Props): ReactNode {
  const count = chat.member_count;
  const people = `${count} ${count === 1 ? 'member' : 'members'}`;
  return (
    <PageHead>
      <div className="room-title">
        <h2>{roomName(chat)}</h2>
        <p className="soft">
          {KINDS[chat.visibility]}
          {chat.visibility !== 'direct' && `, ${people}`}
        </p>
      </div>
      <IconButton icon="search" label="Search this room" onClick={onSearch} />
      <IconButton icon="people" label="Members and settings" onClick={onDetails} />
    </PageHead>
  );
}
