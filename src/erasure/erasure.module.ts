import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module.js';
import { Chat } from '../chat/chat.entity.js';
import { ChatModule } from '../chat/chat.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { Message } from '../message/message.entity.js';
import { Reaction } from '../message/reaction.entity.js';
import { User } from '../user/user.entity.js';
import { UserModule } from '../user/user.module.js';
import { AccountEraser } from './account-eraser.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureNews } from './erasure-news.js';
import { ErasureService } from './erasure.service.js';
import { ErasureTask } from './erasure-task.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([Chat, Message, Reaction, User]),
    AuthModule,
    ChatModule,
    EncryptionModule,
    UserModule,
  ],
  controllers: [ErasureController],
  providers: [AccountEraser, ErasureNews, ErasureService, ErasureTask],
})
export class ErasureModule {}
