import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Chat } from '../chat/chat.entity.js';
import { ChatModule } from '../chat/chat.module.js';
import { Member } from '../chat/member.entity.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { UserModule } from '../user/user.module.js';
import { BodyCache } from './body-cache.js';
import { LockedMessages } from './locked-message.js';
import { MessageEditor } from './message-editor.js';
import { MessageViews } from './message-views.js';
import { Reaction } from './reaction.entity.js';
import { ReactionController } from './reaction.controller.js';
import { RoomEnds } from './room-ends.js';
import { ReactionService } from './reaction.service.js';
import { RoomPurge } from './room-purge.js';
import { SyncController } from './sync.controller.js';
import { SyncService } from './sync.service.js';
import { MessageController } from './message.controller.js';
import { Message } from './message.entity.js';
import { MessageRepository } from './message.repository.js';
import { MessageService } from './message.service.js';
import { MessageSubscriber } from './message.subscriber.js';
import { MessageWriter } from './message.writer.js';
import { MessageMetrics } from './message-metrics.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Chat, Member, Message, Reaction]),
    ChatModule,
    EncryptionModule,
    UserModule,
  ],
  controllers: [MessageController, ReactionController, SyncController],
  exports: [MessageRepository, MessageViews, RoomPurge],
  providers: [
    BodyCache,
    LockedMessages,
    MessageEditor,
    MessageMetrics,
    MessageRepository,
    MessageService,
    MessageSubscriber,
    MessageViews,
    MessageWriter,
    ReactionService,
    RoomEnds,
    RoomPurge,
    SyncService,
  ],
})
export class MessageModule {}
