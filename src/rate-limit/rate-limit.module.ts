import { Module } from '@nestjs/common';
import { RateCounter } from './rate-counter.js';

@Module({ providers: [RateCounter], exports: [RateCounter] })
export class RateLimitModule {}
