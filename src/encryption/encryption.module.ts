import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MasterKeys } from './master-keys.js';
import { MessageCipher } from './message-cipher.js';
import { OwnerKeys } from './owner-keys.js';
import { WrappedKey } from './wrapped-key.entity.js';
import { EncryptionMetrics } from './encryption-metrics.js';

@Module({
  imports: [TypeOrmModule.forFeature([WrappedKey])],
  providers: [EncryptionMetrics, MasterKeys, OwnerKeys, MessageCipher],
  exports: [OwnerKeys, MessageCipher],
})
export class EncryptionModule {}
