import { Module } from '@nestjs/common';
import { AttachmentModule } from '../attachment/attachment.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { MessageModule } from '../message/message.module.js';
import { UserModule } from '../user/user.module.js';
import { AccountEraser } from './account-eraser.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureNews } from './erasure-news.js';
import { ErasureService } from './erasure.service.js';
import { ErasureTask } from './erasure-task.js';

@Module({
  imports: [AttachmentModule, AuthModule, ChatModule, EncryptionModule, MessageModule, UserModule],
  controllers: [ErasureController],
  providers: [AccountEraser, ErasureNews, ErasureService, ErasureTask],
  exports: [ErasureService],
})
export class ErasureModule {}
