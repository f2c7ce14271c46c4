import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ChatModule } from '../chat/chat.module.js';
import { Settings } from '../config/settings.js';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { UserModule } from '../user/user.module.js';
import { AttachmentAccess } from './attachment-access.js';
import { AttachmentEnds } from './attachment-ends.js';
import { AttachmentMetrics } from './attachment-metrics.js';
import { AttachmentRemoval } from './attachment-removal.js';
import { AttachmentViews } from './attachment-views.js';
import { AttachmentController } from './attachment.controller.js';
import { BLOB_STORE } from './blob-store.js';
import { Downloads } from './downloads.js';
import { FileChecks } from './file-checks.js';
import { FileFactsCipher } from './file-facts.js';
import { FileReader } from './file-reader.js';
import { FileVerification } from './file-verification.js';
import { FileController } from './file.controller.js';
import { LeftChecks } from './left-checks.js';
import { MessageAttachments } from './message-attachments.js';
import { openStore } from './open-store.js';
import { PartUploads } from './part-uploads.js';
import { StoreHealth } from './store-health.js';
import { Thumbnails } from './thumbnails.js';
import { TicketService } from './ticket-service.js';
import { Uploads } from './uploads.js';

@Module({
  imports: [AuthModule, ChatModule, EncryptionModule, UserModule],
  controllers: [AttachmentController, FileController],
  exports: [AttachmentEnds, AttachmentViews, MessageAttachments, StoreHealth],
  providers: [
    { provide: BLOB_STORE, inject: [Settings], useFactory: openStore },
    AttachmentAccess,
    AttachmentEnds,
    AttachmentMetrics,
    AttachmentRemoval,
    AttachmentViews,
    Downloads,
    FileChecks,
    FileFactsCipher,
    FileReader,
    FileVerification,
    LeftChecks,
    MessageAttachments,
    PartUploads,
    StoreHealth,
    Thumbnails,
    TicketService,
    Uploads,
  ],
})
export class AttachmentModule {}
