import { Module } from '@nestjs/common';
import { ClientKeys } from './client-keys.js';
import { FileCipher } from './file-cipher.js';
import { KeyCounts } from './key-counts.js';
import { KeyEviction } from './key-eviction.js';
import { KeyRenewal } from './key-renewal.js';
import { KeyReports } from './key-reports.js';
import { KeyRotation } from './key-rotation.js';
import { KeyStatus } from './key-status.js';
import { KeyVerification } from './key-verification.js';
import { MasterKeyReload } from './master-key-reload.js';
import { MasterKeys } from './master-keys.js';
import { MessageCipher } from './message-cipher.js';
import { OwnerKeys } from './owner-keys.js';
import { SegmentKeys } from './segment-keys.js';
import { EncryptionMetrics } from './encryption-metrics.js';

@Module({
  providers: [
    ClientKeys,
    EncryptionMetrics,
    FileCipher,
    KeyCounts,
    KeyEviction,
    KeyRenewal,
    KeyReports,
    KeyRotation,
    KeyStatus,
    KeyVerification,
    MasterKeyReload,
    MasterKeys,
    OwnerKeys,
    MessageCipher,
    SegmentKeys,
  ],
  exports: [
    ClientKeys,
    FileCipher,
    KeyRenewal,
    KeyReports,
    KeyRotation,
    KeyStatus,
    KeyVerification,
    MasterKeyReload,
    MessageCipher,
    OwnerKeys,
    SegmentKeys,
  ],
})
export class EncryptionModule {}
