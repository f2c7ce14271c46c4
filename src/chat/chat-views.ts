import { Injectable } from '@nestjs/common';
import { UserService } from '../user/user.service.js';
import { ChatDto } from './chat.dto.js';
import type { ChatSeen } from './chat.repository.js';

/** Rooms as their members see them, direct ones with the other user. */
@Injectable()
export class ChatViews {
  constructor(private readonly users: UserService) {}

  async one(seen: ChatSeen): Promise<ChatDto> {
    const [view] = await this.many([seen]);
    return view;
  }

  async many(seen: ChatSeen[]): Promise<ChatDto[]> {
    const peerIds = seen.flatMap((one) => peerIdOf(one) ?? []);
    const peers =
      peerIds.length > 0 ? await this.users.profiles(peerIds) : new Map<string, never>();
    return seen.map((one) => ChatDto.of(one.chat, one.member, peers.get(peerIdOf(one) ?? '')));
  }
}

/** Of a direct room, the one of the two who does not look at it. */
function peerIdOf({ chat, member }: ChatSeen): string | undefined {
  return chat.directKey?.split(' ').find((id) => id !== member?.userId);
}
