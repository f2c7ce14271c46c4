import { Module } from '@nestjs/common';
import { EncryptionModule } from '../encryption/encryption.module.js';
import { MessageModule } from '../message/message.module.js';
import { MessageSegments } from './message-segments.js';
import { RoomsToIndex } from './rooms-to-index.js';
import { SegmentBuilder } from './segment-builder.js';
import { SegmentCache } from './segment-cache.js';
import { SegmentIndexer } from './segment-indexer.js';
import { SegmentMerger } from './segment-merger.js';
import { SegmentMetrics } from './segment-metrics.js';
import { SegmentSizes } from './segment-plan.js';
import { SegmentReader } from './segment-reader.js';
import { SegmentSealer } from './segment-sealer.js';
import { SegmentStore } from './segment-store.js';
import { SegmentVerification } from './segment-verification.js';

/** What search finds messages by more quickly than by their rows. */
@Module({
  imports: [EncryptionModule, MessageModule],
  exports: [SegmentCache, SegmentReader],
  providers: [
    MessageSegments,
    RoomsToIndex,
    SegmentBuilder,
    SegmentCache,
    SegmentIndexer,
    SegmentMerger,
    SegmentMetrics,
    SegmentReader,
    SegmentSealer,
    SegmentSizes,
    SegmentStore,
    SegmentVerification,
  ],
})
export class SegmentsModule {}
