import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { ChatController } from './chat.controller.js';
import { ChatEditor } from './chat-editor.js';
import { ChatEvents } from './chat-events.js';
import { ChatRepository } from './chat.repository.js';
import { ChatService } from './chat.service.js';
import { ChatViews } from './chat-views.js';
import { DirectService } from './direct.service.js';
import { LastMessages } from './last-messages.js';
import { MemberController } from './member.controller.js';
import { MemberEditor } from './member-editor.js';
import { Memberships } from './memberships.js';
import { MemberService } from './member.service.js';
import { NameSearch } from './name-search.js';
import { UserModule } from '../user/user.module.js';
import { Member } from './member.entity.js';
import { ReadMarkers } from './read-markers.js';
import { RoomMaker } from './room-maker.js';

@Module({
  imports: [TypeOrmModule.forFeature([Member]), EncryptionModule, UserModule],
  controllers: [ChatController, MemberController],
  providers: [
    ChatEditor,
    ChatEvents,
    ChatRepository,
    ChatService,
    ChatViews,
    DirectService,
    LastMessages,
    MemberEditor,
    MemberService,
    Memberships,
    NameSearch,
    ReadMarkers,
    RoomMaker,
  ],
  exports: [
    ChatEditor,
    ChatEvents,
    ChatRepository,
    ChatService,
    ChatViews,
    LastMessages,
    Memberships,
  ],
})
export class ChatModule {}
