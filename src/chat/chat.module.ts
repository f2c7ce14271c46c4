import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { ChatController } from './chat.controller.js';
import { Chat } from './chat.entity.js';
import { ChatEditor } from './chat-editor.js';
import { ChatEvents } from './chat-events.js';
import { ChatRepository } from './chat.repository.js';
import { ChatService } from './chat.service.js';
import { ChatViews } from './chat-views.js';
import { DirectService } from './direct.service.js';
import { KeyEviction } from './key-eviction.js';
import { MemberController } from './member.controller.js';
import { MemberEditor } from './member-editor.js';
import { MemberService } from './member.service.js';
import { UserModule } from '../user/user.module.js';
import { Member } from './member.entity.js';
import { ReadMarkers } from './read-markers.js';

@Module({
  imports: [TypeOrmModule.forFeature([Chat, Member]), EncryptionModule, UserModule],
  controllers: [ChatController, MemberController],
  providers: [
    ChatEditor,
    ChatEvents,
    ChatRepository,
    ChatService,
    ChatViews,
    DirectService,
    KeyEviction,
    MemberEditor,
    MemberService,
    ReadMarkers,
  ],
  exports: [ChatEvents, ChatRepository, ChatService, ChatViews],
})
export class ChatModule {}
