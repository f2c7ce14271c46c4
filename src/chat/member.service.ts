import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { AuthUser } from '../http/current-user.js';
import { pageOf } from '../common/page.js';
import { UserService } from '../user/user.service.js';
import { ChatService } from './chat.service.js';
import { MemberDto, type MemberPageDto, type MemberQuery } from './member.dto.js';
import { Member } from './member.entity.js';

@Injectable()
export class MemberService {
  constructor(
    @InjectRepository(Member) private readonly members: Repository<Member>,
    private readonly chats: ChatService,
    private readonly users: UserService,
  ) {}

  async list(user: AuthUser, chatId: string, query: MemberQuery): Promise<MemberPageDto> {
    const { chat } = await this.chats.requireReader(user.id, chatId);
    const rows = await this.members.find({
      where: { chatId, ...(query.after && { userId: MoreThan(query.after) }) },
      order: { userId: 'ASC' },
      take: query.limit + 1,
    });
    const { data, has_more } = pageOf(rows, query.limit);
    const profiles = await this.users.profiles(data.map((member) => member.userId));
    const { memberCount } = chat;
    return {
      data: data.map((row) => MemberDto.of(row, profiles.get(row.userId)!, memberCount)),
      has_more,
    };
  }
}
