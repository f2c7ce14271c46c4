import { Module } from '@nestjs/common';
import { ChatModule } from '../chat/chat.module.js';
import { MessageModule } from '../message/message.module.js';
import { FoundMessages } from './found-messages.js';
import { Matching } from './matching.js';
import { RowSearch } from './row-search.js';
import { SearchController } from './search.controller.js';
import { SearchLane } from './search-lane.js';
import { SearchMetrics } from './search-metrics.js';
import { SearchService } from './search.service.js';
import { SearchedRooms } from './searched-rooms.js';
import { SegmentHits } from './segment-hits.js';
import { SegmentSearch } from './segment-search.js';
import { SegmentsModule } from './segments.module.js';

@Module({
  imports: [ChatModule, MessageModule, SegmentsModule],
  controllers: [SearchController],
  providers: [
    FoundMessages,
    Matching,
    RowSearch,
    SearchLane,
    SearchMetrics,
    SearchService,
    SearchedRooms,
    SegmentHits,
    SegmentSearch,
  ],
})
export class SearchModule {}
