import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/chat.module.js';
import { MessageModule } from '../message/message.module.js';
import { UserModule } from '../user/user.module.js';
import { SyncController } from './sync.controller.js';
import { SyncReader } from './sync-reader.js';
import { SyncService } from './sync.service.js';
import { SyncText } from './sync-text.js';

@Module({
  imports: [ChatModule, MessageModule, UserModule],
  controllers: [SyncController],
  providers: [SyncReader, SyncService, SyncText],
})
export class SyncModule {}
